//! Calls of actions, and the needs that they are told as.

use std::collections::BTreeSet;

use stackpass_policy::action::Action;
use stackpass_policy::condition::Conditions;

use crate::names::{self, NameTemplate};
use crate::need::{Hardness, Need, Needs, Phase, Scoping, Who, Why};
use crate::pattern::Pattern;
use crate::property_path::shown;
use crate::rules::On;

use super::conditions::{self, Open};
use super::target::{Target, Targets};
use super::{PropertyAt, Subject, origins};

/// An action that is called, with all that its needs have in common.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) action: Action,
    pub(super) phases: BTreeSet<Phase>,
    pub(super) targets: Targets,
    pub(super) conditions: Conditions,
    /// Conditions that are left out.
    pub(super) open: Vec<Open>,
    pub(super) hardness: Hardness,
    pub(super) reason: Reason,
}

/// Why an action is needed: the property that asks for it, and the evidence.
#[derive(Clone, Debug)]
pub(super) struct Reason {
    pub(super) asked_by: PropertyAt,
    pub(super) evidence: Vec<String>,
    /// What tells on which resources it acts, where that is not the property that asks for it.
    pub(super) named_by: Option<PropertyAt>,
}

impl Subject<'_> {
    /// Turns targets into needs, one a phase, and unknown values into gaps.
    pub(super) fn emit(&self, call: Call, needs: &mut Needs) {
        // Working out a place reads the text up to it.
        let why = self.why(&call.reason);
        let conditions = conditions::of_key(self, &call.action, call.conditions);
        if !call.targets.0.is_empty() && !call.phases.is_empty() {
            needs.gaps.extend(call.open.iter().map(|open| self.open_condition(open)));
        }
        for Target { scoping, arns } in call.targets.0 {
            if arns.is_empty() {
                needs.gaps.push(self.unusable(&call.action, &call.reason));
                continue;
            }
            match scoping {
                Scoping::UnknownValue => needs.gaps.push(self.unresolved(&call.reason)),
                Scoping::OutOfReach => needs.gaps.push(self.out_of_reach(&call.reason)),
                _ => {}
            }
            let scoping = if call.open.is_empty() { scoping } else { Scoping::UnknownValue };
            for &phase in &call.phases {
                needs.needs.push(Need {
                    who: Who::Executor,
                    action: call.action.clone(),
                    phase,
                    resources: arns.clone(),
                    conditions: conditions.clone(),
                    hardness: call.hardness,
                    scoping: scoping.clone(),
                    why: why.clone(),
                });
            }
        }
    }

    /// What tells on which resources a rule with this `on` acts, as far as one thing alone does.
    pub(super) fn named_by(&self, on: &[On]) -> Option<PropertyAt> {
        let is_open =
            |own: &Pattern| matches!(own.scoping(), Scoping::UnknownValue | Scoping::OutOfReach);
        let acts_on_itself = on.is_empty() || on.iter().any(|on| matches!(on, On::Itself(_)));
        if acts_on_itself && self.arns().iter().any(is_open) {
            return Some(self.itself());
        }
        on.iter().find_map(|on| match on {
            On::Reference { path, .. }
            | On::Profile(path)
            | On::Unqualified(path)
            | On::Through { path, .. } => {
                let is_there = self.resource.presence_at(path).possible();
                is_there.then(|| self.property(path))
            }
            On::Arn(template) => {
                self.told_by(template).map(|path| self.property(path)).or_else(|| {
                    let mut own = origins::naming(&self.resource.resource_type);
                    let is_own = |property| own.any(|own| own == property);
                    NameTemplate::new(template).properties().any(is_own).then(|| self.itself())
                })
            }
            On::Itself(_) | On::Executor | On::Any => None,
        })
    }

    /// The property that an ARN template names another resource by, if it is there.
    pub(super) fn told_by<'b>(&self, template: &'b str) -> Option<&'b str> {
        let properties = NameTemplate::new(template).properties();
        let mut told = properties.filter(|property| {
            let names_itself =
                origins::naming(&self.resource.resource_type).any(|own| own == *property);
            !names_itself && self.resource.presence_at(property).possible()
        });
        told.next()
    }

    fn why(&self, reason: &Reason) -> Why {
        Why {
            stack: names::stack_name(self.stack),
            resource: Some(self.resource_ref()),
            property: reason.asked_by.path.as_deref().map(|path| shown(path).into_owned()),
            place: self.place(reason.asked_by.span),
            evidence: reason.evidence.clone(),
        }
    }
}

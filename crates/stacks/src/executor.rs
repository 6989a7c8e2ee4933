//! What CloudFormation needs, acting for a stack: the needs of each resource.
//!
//! The base are the handler permissions of the registry. Rules refine them; references to roles, keys and objects are treated
//! alike for all types; what a type's permissions act on is worked out from its ARN and the catalogue.
//! A type with neither handlers nor rules is a gap.

mod calls;
mod conditions;
mod follow;
mod followed;
mod gaps;
mod handlers;
mod kinds;
mod objects;
mod once;
mod origins;
mod phases;
mod profiles;
mod references;
mod target;
mod targets;
mod uses;
mod when;

use std::collections::BTreeSet;

use stackpass_ground::source::Span;
use stackpass_ground::wildcard::{Case, Glob, Syntax};
use stackpass_policy::action::Action;

use crate::generic;
use crate::need::{Hardness, Needs, Phase, Place, ResourceRef};
use crate::registry::{self, ResourceType};
use crate::resolve::{Resource, Stack};
use crate::rules::{self, On, Rule, TypeRules};

use calls::{Call, Reason};
use followed::FollowedReferences;
use handlers::{Verbs, handler_evidence, named_actions, tagging_verbs};
use once::Once;
use references::Treatment;
use target::Targets;

/// Works out what CloudFormation needs for a stack and the stacks nested in it.
pub(crate) fn executor_needs(stack: &Stack) -> Needs {
    let mut needs = Needs::default();
    for resource in stack.resources.values() {
        needs.extend(resource_needs(stack, resource));
    }
    needs.extend(uses::needs(stack));
    let stacks = stack.resources.values().filter(|resource| resource.resource_type == NESTED_STACK);
    for resource in stacks {
        match stack.nested.get(&resource.logical_id) {
            Some(nested) => {
                needs.extend(executor_needs(nested));
                needs.extend(uses::needs_of_nested(nested));
            }
            None => needs.gaps.push(gaps::unknown_nested_stack(stack, resource)),
        }
    }
    needs.sorted()
}

/// The name by which the registry lists every action of a service.
const WHOLE_SERVICE: &str = "*";

/// The type of a nested stack.
const NESTED_STACK: &str = "AWS::CloudFormation::Stack";

/// Works out what CloudFormation needs for one resource.
fn resource_needs(stack: &Stack, resource: &Resource) -> Needs {
    let registered = registry::resource_type(&resource.resource_type);
    let rules = rules::of(&resource.resource_type);
    let has_handlers = registered.is_some_and(ResourceType::has_handlers);
    if !has_handlers && rules.is_none() {
        return Needs {
            needs: Vec::new(),
            gaps: vec![gaps::unknown_type(stack, resource, registered.is_some())],
        };
    }
    let followed = FollowedReferences::default();
    let once = Once::default();
    let subject = Subject { stack, resource, registered, rules, followed: &followed, once: &once };
    let mut needs = Needs::default();
    let named = named_actions(rules);
    for (action, verbs) in subject.actions(&named) {
        match named.get(&action) {
            Some(rules) => {
                for rule in rules {
                    subject.rule_needs(&action, &verbs, rule, &mut needs);
                }
            }
            None => subject.action_needs(&action, &verbs, &mut needs),
        }
    }
    needs.gaps.extend(subject.whole_services());
    let mut nowhere = followed.leading_nowhere();
    nowhere.retain(|(path, arn)| !subject.is_unchecked(path, arn));
    needs.gaps.extend(nowhere.iter().map(|(path, arn)| subject.leads_nowhere(path, arn)));
    needs
}

/// One resource with what is known of its type.
#[derive(Clone, Copy, Debug)]
struct Subject<'a> {
    stack: &'a Stack,
    resource: &'a Resource,
    registered: Option<ResourceType>,
    rules: Option<&'static TypeRules>,
    followed: &'a FollowedReferences,
    once: &'a Once,
}

/// A property and its place; without a property, the resource itself.
#[derive(Clone, Debug)]
struct PropertyAt {
    path: Option<String>,
    span: Span,
}

impl Subject<'_> {
    /// A property with its place.
    fn property(&self, path: &str) -> PropertyAt {
        PropertyAt { path: Some(path.to_owned()), span: self.span_of(path) }
    }

    /// A property with the place of one of its values, if that is known.
    fn property_at(&self, path: &str, span: Span) -> PropertyAt {
        let known = (span != Span::default()).then_some(span);
        PropertyAt {
            path: Some(path.to_owned()),
            span: known.unwrap_or_else(|| self.span_of(path)),
        }
    }

    /// The resource itself in place of a property.
    fn itself(&self) -> PropertyAt {
        PropertyAt { path: None, span: self.resource.span }
    }

    /// The needs for an action of which the rules say nothing.
    fn action_needs(&self, action: &Action, verbs: &Verbs, needs: &mut Needs) {
        if self.is_tagging(action) {
            self.tagging_needs(action, verbs, needs);
            return;
        }
        let phases = self.phases_of(verbs);
        let evidence = vec![handler_evidence(verbs)];
        let reason = Reason { asked_by: self.itself(), evidence, named_by: None };
        match references::of(self, action) {
            Treatment::Followed(followed) => {
                for reference in followed {
                    let call = Call {
                        action: action.clone(),
                        phases: phases.clone(),
                        targets: reference.targets,
                        conditions: conditions::build(&reference.conditions),
                        open: reference.open,
                        hardness: Hardness::Must,
                        reason: Reason { asked_by: reference.at, ..reason.clone() },
                    };
                    self.emit(call, needs);
                }
                let linked = generic::linked_services(&self.resource.resource_type);
                if action.as_str().eq_ignore_ascii_case("iam:GetRole") && !linked.is_empty() {
                    let targets = targets::service_linked_roles(self.stack, linked);
                    let call = self.automatic(action, phases, reason);
                    self.emit(Call { targets, ..call }, needs);
                }
            }
            Treatment::NotNamed => needs.gaps.push(self.unknown_role()),
            Treatment::Ordinary => self.emit(self.automatic(action, phases, reason), needs),
        }
    }

    /// The needs for an action that is called for tags.
    fn tagging_needs(&self, action: &Action, verbs: &Verbs, needs: &mut Needs) {
        let Some(asked_by) = self.tags() else { return };
        let of_tags;
        let verbs = if verbs.is_empty() {
            of_tags = tagging_verbs(action);
            &of_tags
        } else {
            verbs
        };
        let evidence = vec!["registry tagging permissions".to_owned()];
        let reason = Reason { asked_by, evidence, named_by: self.named_by(&[]) };
        self.emit(self.automatic(action, self.phases_of(verbs), reason), needs);
    }

    /// A call on what the catalogue says that its action acts on.
    fn automatic(&self, action: &Action, phases: BTreeSet<Phase>, reason: Reason) -> Call {
        let is_made = action.as_str().eq_ignore_ascii_case("iam:CreateServiceLinkedRole");
        let linked = if is_made || is_about_linked_roles(action) {
            generic::linked_services(&self.resource.resource_type)
        } else {
            &[]
        };
        let targets = if linked.is_empty() {
            targets::automatic(self, action)
        } else {
            targets::service_linked_roles(self.stack, linked)
        };
        Call {
            action: action.clone(),
            phases,
            targets,
            conditions: conditions::linked_services(if is_made { linked } else { &[] }),
            open: Vec::new(),
            hardness: Hardness::Must,
            reason,
        }
    }

    fn rule_needs(&self, action: &Action, verbs: &Verbs, rule: &Rule, needs: &mut Needs) {
        let Some(mut asked_by) = self.applies(&rule.when) else { return };
        // Where nothing but the type asks for it, what it acts on tells the reader most.
        let told = match rule.on.first() {
            Some(On::Reference { path, .. }) => Some(path.as_str()),
            Some(On::Arn(template)) => self.told_by(template),
            _ => None,
        };
        if let (None, Some(path)) = (&asked_by.path, told) {
            asked_by = self.property(path);
        }
        let phases = if rule.phases.is_empty() {
            self.phases_of(verbs)
        } else {
            self.phases_after(&rule.phases)
        };
        let mut named_by = self.named_by(&rule.on);
        let targets = if rule.on.is_empty() {
            match references::of(self, action) {
                Treatment::Followed(followed) => {
                    named_by = followed.first().map(|first| first.at.clone());
                    Targets::merged(followed.into_iter().map(|reference| reference.targets))
                }
                Treatment::NotNamed => {
                    needs.gaps.push(self.unknown_role());
                    return;
                }
                Treatment::Ordinary => targets::automatic(self, action),
            }
        } else {
            targets::given(self, action, &rule.on)
        };
        let call = Call {
            action: action.clone(),
            phases,
            targets,
            conditions: conditions::build(&conditions::given(self, rule)),
            open: conditions::open(self, rule),
            hardness: rule.hardness,
            reason: Reason { asked_by, evidence: rule.evidence.clone(), named_by },
        };
        self.emit(call, needs);
    }

    fn place(&self, span: Span) -> Place {
        self.stack.place(span)
    }

    fn resource_ref(&self) -> ResourceRef {
        resource_ref(self.resource)
    }

    /// Whether the rules say that nobody asks for a permission on what a property refers to.
    fn is_unchecked(&self, path: &str, arn: &str) -> bool {
        let unchecked = self.rules.into_iter().flat_map(|rules| &rules.unchecked);
        unchecked.into_iter().any(|it| {
            let glob = Glob::new(&it.like, Case::Sensitive, Syntax::Plain);
            it.property == path && glob.matches(arn)
        })
    }

    /// Where a property path stands; the resource, if nothing is there.
    fn span_of(&self, path: &str) -> Span {
        let mut path = path;
        loop {
            let found = self.resource.at(path);
            if let Some(found) = found.values.first().filter(|found| found.span != Span::default())
            {
                return found.span;
            }
            match path.rsplit_once('.') {
                Some((parent, _)) => path = parent,
                None => return self.resource.span,
            }
        }
    }
}

/// Whether an action is about a service-linked role that is there.
fn is_about_linked_roles(action: &Action) -> bool {
    ["iam:DeleteServiceLinkedRole", "iam:GetServiceLinkedRoleDeletionStatus"]
        .iter()
        .any(|name| action.as_str().eq_ignore_ascii_case(name))
}

fn resource_ref(resource: &Resource) -> ResourceRef {
    ResourceRef {
        logical_id: resource.logical_id.to_string(),
        resource_type: resource.resource_type.clone(),
    }
}

#[cfg(test)]
mod tests;

//! What CloudFormation looks up while it works a template out, with the executor's permissions.

use std::collections::BTreeSet;

use stackpass_ground::arn::ArnPattern;
use stackpass_ground::source::Span;
use stackpass_policy::action::Action;
use stackpass_policy::catalogue;
use stackpass_policy::condition::{Comparison, ConditionKey, Conditions};

use super::gaps;
use crate::generic;
use crate::names::{self, NameTemplate};
use crate::need::{Hardness, Need, Needs, Phase, Scoping, Who, Why};
use crate::pattern::Pattern;
use crate::resolve::{Stack, Use, UseKind};
use crate::transforms;
use crate::value::{Part, Text};

/// Works out what the look-ups of a template need.
pub(super) fn needs(stack: &Stack) -> Needs {
    let mut needs = Needs::default();
    for used in &stack.uses {
        match &used.kind {
            UseKind::AvailabilityZones => {
                look_up(stack, used, "availability-zones", None, &mut needs);
            }
            UseKind::Secret(name) => {
                look_up(stack, used, "secret", Some(name), &mut needs);
                push_key(stack, used, name, &mut needs);
            }
            UseKind::SecureParameter(name) | UseKind::DynamicParameter(name) => {
                look_up(stack, used, "parameter", Some(name), &mut needs);
            }
            UseKind::Loop(name) => needs.gaps.push(gaps::open_loop(stack, used.span, name)),
            UseKind::Include(location) => {
                needs.gaps.push(gaps::include(stack, used.span, location));
            }
            UseKind::Transform(name) if !name.starts_with("AWS::") => {
                needs.gaps.push(gaps::unknown_macro(stack, used.span, name));
            }
            UseKind::Application(id) if names::patterns(stack, id).iter().any(is_unknown) => {
                needs.gaps.push(gaps::unknown_application(stack, used.span));
            }
            UseKind::Import
            | UseKind::StoredParameter(_)
            | UseKind::ParameterType(_)
            | UseKind::Application(_)
            | UseKind::Transform(_) => {}
        }
    }
    needs
}

fn is_unknown(pattern: &Pattern) -> bool {
    !pattern.is_named()
}

/// Works out what the parameters and the transforms of a nested stack need. Those of the stack itself are read and run with the
/// caller's permissions, when its change set is made; a nested stack is made by its parent.
pub(super) fn needs_of_nested(stack: &Stack) -> Needs {
    let mut needs = Needs::default();
    for call in transforms::calls(stack) {
        let Ok(action) = call.action.parse::<Action>() else { continue };
        for phase in [Phase::Create, Phase::Update] {
            needs.needs.push(need(
                stack,
                call.span,
                (action.clone(), phase),
                (&call.resources, &call.scoping),
                (Hardness::Must, call.evidence),
            ));
        }
    }
    for used in &stack.uses {
        if let UseKind::StoredParameter(name) = &used.kind {
            look_up(stack, used, "parameter-of-nested-stack", Some(name), &mut needs);
        }
    }
    needs
}

/// A secret that may be of another account is encrypted with a key of that account, which is asked for as well.
/// <https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_examples_cross.html>
fn push_key(stack: &Stack, used: &Use, name: &Text, needs: &mut Needs) {
    let own = stack.setting.account.as_deref();
    let begins_open =
        |part: &Part| matches!(part, Part::Any | Part::Parameter(_) | Part::Import(_));
    let may_be_arn = name.parts().first().is_some_and(begins_open);
    let keys = names::patterns(stack, name).into_iter().filter_map(|pattern| {
        let parts: Vec<&str> = pattern.as_str().splitn(6, ':').collect();
        match parts.as_slice() {
            ["arn", partition, _, region, account, ..] => (own != Some(account))
                .then(|| format!("arn:{partition}:kms:{region}:{account}:key/*")),
            _ if may_be_arn && pattern.begins_open() => Some("arn:*:kms:*:*:key/*".to_owned()),
            _ => None,
        }
    });
    let resources: BTreeSet<ArnPattern> = keys.filter_map(|key| key.parse().ok()).collect();
    let (Ok(action), Ok(via)) =
        ("kms:Decrypt".parse::<Action>(), "kms:ViaService".parse::<ConditionKey>())
    else {
        return;
    };
    if resources.is_empty() {
        return;
    }
    let through = ["secretsmanager.*.amazonaws.com", "secretsmanager.*.amazonaws.com.cn"];
    let evidence = "a secret of another account is encrypted with a key of that account";
    for phase in [Phase::Create, Phase::Update] {
        let about = (action.clone(), phase);
        let need = need(
            stack,
            used.span,
            about,
            (&resources, &Scoping::AnyOfType),
            (Hardness::Must, evidence),
        );
        let conditions = Conditions::new().with(Comparison::StringLike, via.clone(), through);
        needs.needs.push(Need { conditions, ..need });
    }
}

/// The needs of a look-up of something that has this name, or that has none.
fn look_up(stack: &Stack, used: &Use, kind: &str, name: Option<&Text>, needs: &mut Needs) {
    for looked_up in generic::look_ups(kind) {
        for action in &looked_up.actions {
            let (resources, scoping) = named(stack, action, name)
                .unwrap_or_else(|| (BTreeSet::from([ArnPattern::any()]), Scoping::NoResourceLevel));
            for phase in [Phase::Create, Phase::Update] {
                needs.needs.push(need(
                    stack,
                    used.span,
                    (action.clone(), phase),
                    (&resources, &scoping),
                    (looked_up.hardness, &looked_up.evidence),
                ));
            }
        }
    }
}

/// The ARNs of what has a name, of the first kind that an action accepts; `None` if it accepts none, or there is no name.
fn named(
    stack: &Stack,
    action: &Action,
    name: Option<&Text>,
) -> Option<(BTreeSet<ArnPattern>, Scoping)> {
    let facts = catalogue::action(action.service(), action.name())?;
    let mut templates = facts.resource_types().flat_map(|(kind, _)| NameTemplate::of_kind(kind));
    let template = templates.next()?;
    let patterns = names::referred_or_any(stack, name?, template);
    let scoping = patterns.first().map_or(Scoping::UnknownValue, |first| first.scoping().clone());
    let has_random_end = generic::naming(action.service()).random_end;
    let whole = |pattern: Pattern| if has_random_end { pattern.followed_by("*") } else { pattern };
    Some((patterns.into_iter().filter_map(|pattern| whole(pattern).arn()).collect(), scoping))
}

/// A need of the template itself.
fn need(
    stack: &Stack,
    span: Span,
    (action, phase): (Action, Phase),
    (resources, scoping): (&BTreeSet<ArnPattern>, &Scoping),
    (hardness, evidence): (Hardness, &str),
) -> Need {
    Need {
        who: Who::Executor,
        action,
        phase,
        resources: resources.clone(),
        conditions: Conditions::new(),
        hardness,
        scoping: scoping.clone(),
        why: Why {
            stack: names::stack_name(stack),
            resource: None,
            property: None,
            place: stack.place(span),
            evidence: vec![evidence.to_owned()],
        },
    }
}

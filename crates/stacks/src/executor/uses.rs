//! What CloudFormation looks up while it works a template out, with the executor's permissions.

use std::collections::BTreeSet;

use stackpass_ground::arn::ArnPattern;
use stackpass_ground::source::Span;
use stackpass_policy::action::Action;
use stackpass_policy::catalogue;
use stackpass_policy::condition::{Comparison, ConditionKey, Conditions};

use super::gaps;
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
                let evidence =
                    "`Fn::GetAZs` asks EC2 for the zones, and for the subnets of the default VPC";
                for action in [
                    "ec2:DescribeAvailabilityZones",
                    "ec2:DescribeSubnets",
                    "ec2:DescribeAccountAttributes",
                ] {
                    let hardness = if action == "ec2:DescribeAvailabilityZones" {
                        Hardness::Must
                    } else {
                        Hardness::Soft
                    };
                    push(stack, used, action, None, hardness, evidence, &mut needs);
                }
            }
            UseKind::Secret(name) => {
                let evidence = "the dynamic reference `secretsmanager` reads the secret";
                push(
                    stack,
                    used,
                    "secretsmanager:GetSecretValue",
                    Some(name),
                    Hardness::Must,
                    evidence,
                    &mut needs,
                );
                push_key(stack, used, name, &mut needs);
            }
            UseKind::SecureParameter(name) | UseKind::DynamicParameter(name) => {
                let evidence = "the dynamic references `ssm` and `ssm-secure` read the parameter";
                push(
                    stack,
                    used,
                    "ssm:GetParameters",
                    Some(name),
                    Hardness::Must,
                    evidence,
                    &mut needs,
                );
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
            let evidence = "a nested stack reads the parameters that its own parameters name";
            let action = "ssm:GetParameters";
            push(stack, used, action, Some(name), Hardness::Must, evidence, &mut needs);
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

fn push(
    stack: &Stack,
    used: &Use,
    action: &str,
    name: Option<&Text>,
    hardness: Hardness,
    evidence: &str,
    needs: &mut Needs,
) {
    let Ok(action) = action.parse::<Action>() else { return };
    let template = catalogue::action(action.service(), action.name()).and_then(|facts| {
        facts.resource_types().flat_map(|(kind, _)| NameTemplate::of_kind(kind)).next()
    });
    let (resources, scoping) = match (name, template) {
        (Some(name), Some(template)) => {
            let patterns = names::referred_or_any(stack, name, template);
            let scoping =
                patterns.first().map_or(Scoping::UnknownValue, |first| first.scoping().clone());
            // A secret's ARN ends in six characters that the service adds.
            let suffix = |glob: String| {
                if action.service() == "secretsmanager" && !glob.ends_with('*') {
                    format!("{glob}*")
                } else {
                    glob
                }
            };
            (
                patterns
                    .into_iter()
                    .filter_map(|pattern| suffix(pattern.into_string()).parse().ok())
                    .collect(),
                scoping,
            )
        }
        _ => (BTreeSet::from([ArnPattern::any()]), Scoping::NoResourceLevel),
    };
    for phase in [Phase::Create, Phase::Update] {
        needs.needs.push(need(
            stack,
            used.span,
            (action.clone(), phase),
            (&resources, &scoping),
            (hardness, evidence),
        ));
    }
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

//! What holds for every template: laws over templates that are put together from pieces at random.

mod templates;

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};
use stackpass_ground::arn::ArnPattern;
use stackpass_ground::source::Source;
use stackpass_ground::wildcard::{Case, Glob, Syntax};
use stackpass_policy::condition::{Comparison, Conditions};
use stackpass_stacks::deployment::{Input, Mode, Options, Tool};
use stackpass_stacks::need::{Need, Needs, Phase, ResourceRef, Scoping, Who};
use stackpass_stacks::{needs, plan};

use super::deployments::{options, template};

pub(crate) use templates::templates;
use templates::*;

fn needs_with(template_value: &Value, options: &Options) -> Needs {
    needs(&plan(&[template(&template_value.to_string())], options).0)
}

/// A need without its place in the text.
fn bare(need: &Need) -> String {
    format!(
        "{} {} {} {:?} {:?} {} {:?} {:?}",
        need.who,
        need.phase,
        need.action,
        need.resources,
        need.conditions,
        need.hardness,
        need.scoping,
        need.why.resource,
    )
}

/// What is needed, for which resource; not on what.
pub(crate) fn identities(needs: &Needs) -> BTreeSet<(Who, String, Option<ResourceRef>)> {
    let identity = |need: &Need| (need.who, need.action.to_string(), need.why.resource.clone());
    needs.needs.iter().map(identity).collect()
}

fn bare_all(needs: &Needs) -> BTreeSet<String> {
    needs.needs.iter().map(bare).collect()
}

/// Whether conditions let everything through that others let through.
fn is_no_stricter(wider: &Conditions, narrower: &Conditions) -> bool {
    wider.iter().all(|(operator, key, allowed)| {
        let matches = |value: &str| {
            allowed.iter().any(|pattern| match operator.comparison {
                Comparison::StringEquals => pattern == value,
                _ => Glob::new(pattern, Case::Sensitive, Syntax::Plain).matches(value),
            })
        };
        narrower
            .iter()
            .any(|(_, of, values)| of == key && values.iter().all(|value| matches(value)))
    })
}

/// The first part of a need that no need of the others covers.
fn uncovered<'a>(narrow: &'a Needs, wide: &Needs) -> Option<(&'a Need, &'a ArnPattern)> {
    let covers = |need: &Need, arn: &ArnPattern| {
        wide.needs.iter().any(|other| {
            other.who == need.who
                && other.phase == need.phase
                && other.action == need.action
                && other.resources.iter().any(|pattern| pattern.covers(arn))
                && is_no_stricter(&other.conditions, &need.conditions)
        })
    };
    narrow
        .needs
        .iter()
        .flat_map(|need| need.resources.iter().map(move |arn| (need, arn)))
        .find(|(need, arn)| !covers(need, arn))
}

/// A need that is bound by a condition while everything is known, and that is not bound when less is known, which nothing says.
fn silently_open<'a>(known: &Needs, unknown: &'a Needs) -> Option<(&'a Need, String)> {
    let same = |need: &Need, other: &Need| {
        need.who == other.who
            && need.phase == other.phase
            && need.action == other.action
            && need.why.resource == other.why.resource
            && need.why.evidence == other.why.evidence
    };
    let is_said = |need: &Need, key: &str| {
        need.scoping == Scoping::UnknownValue
            && unknown.gaps.iter().any(|gap| {
                gap.resource == need.why.resource && gap.message.contains(&format!("`{key}`"))
            })
    };
    known.needs.iter().find_map(|need| {
        need.conditions.iter().find_map(|(_, key, _)| {
            let open = unknown.needs.iter().find(|other| {
                same(need, other)
                    && other.conditions.iter().all(|(_, of, _)| of != key)
                    && !is_said(other, key.as_str())
            })?;
            Some((open, key.to_string()))
        })
    })
}

/// Writes the entries of every mapping in an order of its own.
fn written(value: &Value, backwards: bool) -> String {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<String> = map
                .iter()
                .map(|(key, value)| format!("{}:{}", json!(key), written(value, backwards)))
                .collect();
            if backwards {
                entries.reverse();
            }
            format!("{{{}}}", entries.join(","))
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| written(item, backwards)).collect();
            format!("[{}]", items.join(","))
        }
        value => value.to_string(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(96) })]

    #[test]
    fn an_unknown_parameter_needs_what_each_value_needs(value in templates(), given in assignments()) {
        let known = needs_with(&value, &Options { parameters: given.clone(), ..options() });
        let unknown = needs_with(&value, &options());
        if let Some((need, arn)) = uncovered(&known, &unknown) {
            let same: Vec<_> = unknown.needs.iter().filter(|other| other.action == need.action).collect();
            prop_assert!(false, "{arn} with {given:?}\n{need:#?}\n{same:#?}\n{value:#}");
        }
    }

    #[test]
    fn an_unknown_value_of_a_condition_is_a_gap_and_a_finding(value in templates(), given in assignments()) {
        let known = needs_with(&value, &Options { parameters: given.clone(), ..options() });
        let unknown = needs_with(&value, &options());
        if let Some((need, key)) = silently_open(&known, &unknown) {
            prop_assert!(false, "{key} with {given:?}\n{need:#?}\n{:#?}\n{value:#}", unknown.gaps);
        }
    }

    #[test]
    fn an_unknown_setting_needs_what_each_setting_needs(value in templates()) {
        let known = needs_with(&value, &options());
        let nothing = Options { stack_name: None, account: None, region: None, ..options() };
        let unknown = needs_with(&value, &nothing);
        if let Some((need, arn)) = uncovered(&known, &unknown) {
            prop_assert!(false, "{arn}\n{need:#?}\n{value:#}");
        }
    }

    #[test]
    fn the_order_of_the_input_does_not_matter(value in templates()) {
        let of = |backwards| {
            let (deployment, problems) = plan(&[template(&written(&value, backwards))], &options());
            let mut codes: Vec<&str> = problems.iter().map(|problem| problem.diagnostic.code.as_str()).collect();
            codes.sort_unstable();
            (bare_all(&needs(&deployment)), codes.join(" "))
        };
        prop_assert_eq!(of(false), of(true));
    }

    #[test]
    fn the_order_of_the_stacks_does_not_matter(first in templates(), second in templates()) {
        let input = |name: &str, value: &Value| Input::Template(Source::new(name, value.to_string()));
        let forwards = plan(&[input("a", &first), input("b", &second)], &options());
        let backwards = plan(&[input("b", &second), input("a", &first)], &options());
        prop_assert_eq!(needs(&forwards.0), needs(&backwards.0));
    }

    #[test]
    fn another_resource_takes_no_need_away(value in templates(), bytes in proptest::collection::vec(any::<u8>(), 1..40)) {
        let before = bare_all(&needs_with(&value, &options()));
        let first = value["Resources"].as_object().and_then(|resources| resources.iter().next());
        let (id, twin) = first.map(|(id, resource)| (id.clone(), resource.clone())).unwrap();
        let (_, other) = Choices { bytes: &bytes, at: 0 }.resource();
        let mut more = value;
        more["Resources"]["Another"] = other;
        // One that is called as another one is, and stands behind it.
        more["Resources"][format!("{id}Twin")] = twin;
        let after = bare_all(&needs_with(&more, &options()));
        let missing: Vec<_> = before.difference(&after).collect();
        prop_assert!(missing.is_empty(), "{missing:#?}");
    }

    #[test]
    fn retaining_takes_away_deletions_only(value in templates()) {
        let with = |policy: &str, replaced: &str| {
            let mut value = value.clone();
            for (_, resource) in value["Resources"].as_object_mut().unwrap() {
                resource["DeletionPolicy"] = json!(policy);
                resource["UpdateReplacePolicy"] = json!(replaced);
            }
            needs_with(&value, &options())
        };
        let both = with("Delete", "Delete");
        let kept = with("Retain", "Delete");
        for need in &both.needs {
            let is_kept = kept.needs.iter().any(|other| bare(other) == bare(need));
            let deletes = matches!(need.phase, Phase::Delete | Phase::Rollback);
            prop_assert!(is_kept || deletes, "{need:#?}");
        }
        // A replaced resource is deleted in an update; what a deletion never calls stays.
        let replaced_kept = with("Delete", "Retain");
        for need in &both.needs {
            let is_kept = replaced_kept.needs.iter().any(|other| bare(other) == bare(need));
            let deletes = need.phase == Phase::Update
                && both.needs.iter().any(|other| other.phase == Phase::Delete && other.action == need.action);
            prop_assert!(is_kept || deletes, "{need:#?}");
        }
        prop_assert!(bare_all(&kept).is_subset(&bare_all(&both)));
        prop_assert!(bare_all(&replaced_kept).is_subset(&bare_all(&both)));
    }

    #[test]
    fn another_stack_name_changes_arns_only(value in templates(), name in "[A-Za-z][A-Za-z0-9-]{0,40}") {
        let without_arns = |needs: &Needs| -> BTreeSet<String> {
            let bare = needs.needs.iter().map(|need| {
                let keys: Vec<_> = need.conditions.iter().map(|(_, key, _)| key.as_str().to_owned()).collect();
                format!("{} {} {} {:?} {} {:?}", need.who, need.phase, need.action, need.why.resource, need.hardness, keys)
            });
            bare.collect()
        };
        let before = needs_with(&value, &options());
        let after = needs_with(&value, &Options { stack_name: Some(name), ..options() });
        prop_assert_eq!(without_arns(&before), without_arns(&after));
        prop_assert_eq!(before.gaps.len(), after.gaps.len());
    }

    #[test]
    fn another_account_and_region_change_arns_only(value in templates()) {
        let before = needs_with(&value, &options());
        let elsewhere = Options {
            account: Some("999988887777".to_owned()),
            region: Some("ap-southeast-2".to_owned()),
            ..options()
        };
        let after = needs_with(&value, &elsewhere);
        prop_assert_eq!(identities(&before), identities(&after), "{:#}", value);
    }

    #[test]
    fn nothing_is_lost_when_more_is_told(value in templates(), given in assignments()) {
        let nothing = Options { stack_name: None, account: None, region: None, ..options() };
        let told = |more: Options| -> Vec<_> {
            let more = identities(&needs_with(&value, &more));
            identities(&needs_with(&value, &nothing)).difference(&more).cloned().collect()
        };
        let lost = told(Options { account: options().account, ..nothing.clone() });
        prop_assert!(lost.is_empty(), "account: {lost:#?}\n{value:#}");
        let lost = told(Options { region: options().region, ..nothing.clone() });
        prop_assert!(lost.is_empty(), "region: {lost:#?}\n{value:#}");
        let mut given = given;
        given.retain(|name, _| !DECIDING.contains(&name.as_str()));
        let lost = told(Options { parameters: given.clone(), ..nothing.clone() });
        prop_assert!(lost.is_empty(), "{given:?}: {lost:#?}\n{value:#}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(150) })]

    #[test]
    fn broken_templates_never_panic(
        value in templates(),
        edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0..4_u8), 0..6),
        tool in prop::sample::select(vec![None, Some(Tool::Cdk), Some(Tool::CdkLegacy), Some(Tool::CdkBootstrap), Some(Tool::SstV1)]),
        mode in prop::sample::select(vec![None, Some(Mode::Bootstrap), Some(Mode::Direct), Some(Mode::ServiceRole)]),
    ) {
        const WORDS: [&str; 12] = [
            "{", "}", "[]", "null", "{\"Ref\":\"Role\"}", "{\"Fn::GetAtt\":\"Role.Arn\"}", "{\"Fn::If\":[]}", "-1",
            "\"*\"", "{\"Fn::Sub\":\"${Role.Arn}${\"}", "\"{{resolve:ssm:\"", "{\"Fn::Transform\":{\"Name\":\"x\"}}",
        ];
        let mut text: Vec<char> = value.to_string().chars().collect();
        for (from, to, kind) in edits {
            let (from, to) = (from.index(text.len().max(1)), to.index(text.len().max(1)));
            let (start, end) = (from.min(to), from.max(to).min(from.min(to) + 40).min(text.len()));
            let word = WORDS[(start + usize::from(kind)) % WORDS.len()];
            let replacement: Vec<char> = if kind == 0 { Vec::new() } else { word.chars().collect() };
            text.splice(start..end, replacement);
        }
        let text: String = text.into_iter().collect();
        let options = Options { tool, mode, live: true, service_role: Some("role".to_owned()), ..options() };
        let (deployment, _) = plan(&[template(&text)], &options);
        let found = needs(&deployment);
        let idle = found.needs.iter().find(|need| need.resources.is_empty());
        prop_assert!(idle.is_none(), "a need acts on something: {idle:#?}");
    }
}

#[test]
fn the_pieces_are_not_empty() {
    // Each byte alone is a template; together they ask for most of the services above.
    let mut services = BTreeSet::new();
    for seed in 0..=255_u8 {
        let bytes: Vec<u8> = (0..60_u8)
            .map(|at| seed.wrapping_mul(31).wrapping_add(at.wrapping_mul(seed | 1)))
            .collect();
        let found = needs_with(&template_of(&bytes), &options());
        services.extend(found.needs.iter().map(|need| need.action.service().to_owned()));
    }
    for service in [
        "dynamodb",
        "lambda",
        "sns",
        "sqs",
        "logs",
        "ecr",
        "ssm",
        "events",
        "states",
        "iam",
        "s3",
        "kms",
        "secretsmanager",
        "apigateway",
    ] {
        assert!(services.contains(service), "{service} is not in {services:?}");
    }
}

//! The access that comes and goes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::Serialize;
use stackpass_ground::arn::ArnPattern;
use stackpass_iam::principal::Principal;
use stackpass_policy::action::ActionPattern;
use stackpass_policy::compare::{Actions, Change, Gain};
use stackpass_policy::condition::Conditions;
use stackpass_policy::grant::Grant;

use super::changes::{Sign, warning};
use crate::gain::{Limits, grants, manages_permissions, matched, passes_role};
use crate::text::{FAINT, clean, count, list, paint};

/// How many kinds of access are shown one by one; of more, only what deserves a look.
const MAX_SHOWN: usize = 12;

/// How many actions of one kind are shown; of more, what deserves a look and the services.
const MAX_ACTIONS: usize = 30;

/// How many of the actions that deserve a look are named.
const MAX_RISKY: usize = 20;

/// How many services are named.
const MAX_SERVICES: usize = 12;

/// How many resources of one kind are shown.
const MAX_RESOURCES: usize = 4;

/// What comes and goes for one principal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Access {
    /// Whose access it is.
    pub(crate) principal: Principal,
    /// What comes and what goes.
    pub(crate) change: Change,
    /// The policies that could not be compared.
    pub(crate) unread: BTreeSet<String>,
}

/// For programs.
#[derive(Serialize)]
pub(crate) struct AccessView {
    principal: String,
    added: Vec<GrantView>,
    removed: Vec<GrantView>,
}

type ConditionsView = BTreeMap<String, BTreeMap<String, Vec<String>>>;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct GrantView {
    action: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    but_actions: Vec<String>,
    resources: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    but_resources: Vec<String>,
    conditions: ConditionsView,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unless: Vec<ConditionsView>,
}

/// For people.
pub(crate) fn text(access: &[Access]) -> String {
    let mut text = String::new();
    for Access { principal, change, unread } in access {
        let _ = writeln!(text, "\naccess of {}:", clean(&principal.to_string()));
        text.push_str(&part(Sign::Add, &change.added));
        text.push_str(&part(Sign::Remove, &change.removed));
        if *change == Change::default() {
            let _ = writeln!(text, "    {}", paint(FAINT, "the same as before"));
        }
        for name in unread {
            text.push_str(&warning(&format!(
                "policy {name} cannot be read, so it is left out here"
            )));
        }
    }
    text
}

fn part(sign: Sign, gains: &[Gain]) -> String {
    let deserves_a_look = |gain: &&Gain| gains.len() <= MAX_SHOWN || is_risky(&gain.actions);
    let (shown, rest): (Vec<&Gain>, Vec<&Gain>) = gains.iter().partition(deserves_a_look);
    let mut text: String = shown.iter().take(MAX_SHOWN).map(|gain| one(sign, gain)).collect();
    let rest: Vec<&Gain> = shown.into_iter().skip(MAX_SHOWN).chain(rest).collect();
    if !rest.is_empty() {
        let patterns = rest.iter().flat_map(|gain| &gain.actions.patterns);
        text.push_str(&marked(sign, &words(&services(patterns))));
        let hint = "        on what `--output json` lists";
        let _ = writeln!(text, "{}", paint(FAINT, hint));
    }
    text
}

/// One kind of access: actions on the same resources under the same conditions.
fn one(sign: Sign, gain: &Gain) -> String {
    let mut text = marked(sign, &actions(&gain.actions));
    let mut line = |line: &str| {
        let _ = writeln!(text, "        {}", paint(FAINT, clean(line)));
    };
    let shown: Vec<&str> = gain.resources.iter().map(ArnPattern::as_str).collect();
    let fit = if shown.len() == MAX_RESOURCES + 1 { shown.len() } else { MAX_RESOURCES };
    shown.iter().take(fit).for_each(|resource| line(&format!("on {resource}")));
    if let Some(more) = shown.len().checked_sub(fit).filter(|more| *more > 0) {
        line(&format!("and on {}", count(more, "more resource", "more resources")));
    }
    for (operator, key, values) in gain.conditions.iter() {
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        line(&format!("if {} {operator} {}", key.as_str(), values.join(", ")));
    }
    let limits = Limits {
        actions: BTreeSet::new(),
        resources: gain.except.clone(),
        unless: gain.unless.clone(),
    };
    limits.lines().iter().for_each(|it| line(it));
    text
}

/// The actions, filled into lines; of many, those that deserve a look, and the services.
fn actions(actions: &Actions) -> String {
    let Actions { patterns, but } = actions;
    let risky: BTreeSet<&ActionPattern> =
        patterns.iter().filter(|it| is_risky_pattern(it)).take(MAX_RISKY).collect();
    let mut texts = few(patterns).unwrap_or_else(|| {
        let others = patterns.iter().filter(|it| !risky.contains(it));
        let risky = risky.iter().map(|it| it.as_str().to_owned());
        risky.chain(services(others)).collect()
    });
    if let [only] = texts.as_mut_slice()
        && only == "*"
        && !but.is_empty()
    {
        "all actions".clone_into(only);
    }
    let mut shown = words(&texts);
    if !but.is_empty() {
        shown.push_str("        but ");
        let but = list(&refs(&few(but).unwrap_or_else(|| services(but))), 12);
        shown.push_str(but.trim_start());
    }
    shown
}

/// All of them, unless they are many.
fn few(patterns: &BTreeSet<ActionPattern>) -> Option<Vec<String>> {
    let all = || patterns.iter().map(|it| it.as_str().to_owned()).collect();
    (patterns.len() <= MAX_ACTIONS).then(all)
}

fn refs(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

/// Texts filled into lines.
fn words(texts: &[String]) -> String {
    list(&refs(texts), 4)
}

/// How many patterns of actions of which services.
fn services<'p>(patterns: impl IntoIterator<Item = &'p ActionPattern>) -> Vec<String> {
    let mut services: BTreeMap<&str, usize> = BTreeMap::new();
    for pattern in patterns {
        *services.entry(pattern.service()).or_default() += 1;
    }
    let mut texts: Vec<String> = services
        .iter()
        .take(MAX_SERVICES)
        .map(|(service, number)| format!("{number} of {service}"))
        .collect();
    if let Some(more) = services.len().checked_sub(MAX_SERVICES).filter(|more| *more > 0) {
        let actions: usize = services.values().skip(MAX_SERVICES).sum();
        texts.push(format!("{actions} of {}", count(more, "more service", "more services")));
    }
    texts
}

/// Whether the actions can change who may do what.
fn is_risky(actions: &Actions) -> bool {
    actions.patterns.iter().any(is_risky_pattern)
}

fn is_risky_pattern(pattern: &ActionPattern) -> bool {
    let is_wide = pattern.name() == "*";
    is_wide || matched(pattern).into_iter().any(|it| passes_role(it) || manages_permissions(it))
}

/// Lines that are indented by four, with the sign in the third column of the first.
fn marked(sign: Sign, lines: &str) -> String {
    lines.replacen("    ", &format!("  {} ", paint(sign.style(), sign.text())), 1)
}

/// For programs.
pub(crate) fn json(access: &[Access]) -> Vec<AccessView> {
    let views = |gains: &[Gain]| gains.iter().flat_map(grants).map(view).collect();
    access
        .iter()
        .map(|Access { principal, change, .. }| AccessView {
            principal: principal.to_string(),
            added: views(&change.added),
            removed: views(&change.removed),
        })
        .collect()
}

fn view((grant, limits): (Grant, Limits)) -> GrantView {
    let resources = |patterns: &BTreeSet<ArnPattern>| {
        patterns.iter().map(|it| it.as_str().to_owned()).collect()
    };
    GrantView {
        action: grant.action.as_str().to_owned(),
        but_actions: limits.actions.iter().map(|it| it.as_str().to_owned()).collect(),
        resources: resources(&grant.resources),
        but_resources: resources(&limits.resources),
        conditions: conditions(&grant.conditions),
        unless: limits.unless.iter().map(conditions).collect(),
    }
}

fn conditions(conditions: &Conditions) -> ConditionsView {
    let mut view = ConditionsView::new();
    for (operator, key, values) in conditions.iter() {
        let values = values.iter().cloned().collect();
        view.entry(operator.to_string()).or_default().insert(key.as_str().to_owned(), values);
    }
    view
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;
    use insta::assert_snapshot;
    use stackpass_ground::source::Source;
    use stackpass_policy::compare::{Holder, change};
    use stackpass_policy::document::Document;
    use stackpass_policy::read::read;

    use super::*;

    fn policy(statements: &str) -> Document {
        let text = format!("{{\"Version\": \"2012-10-17\", \"Statement\": [{statements}]}}");
        read(&Source::new("p", text)).0.unwrap()
    }

    fn allow(actions: &str, resource: &str) -> String {
        format!(r#"{{"Effect": "Allow", "Action": [{actions}], "Resource": "{resource}"}}"#)
    }

    fn shown(old: &str, new: &str) -> String {
        let (old, new) = (policy(old), policy(new));
        let holder = |policy| Holder { policies: vec![policy], boundary: None };
        let access = Access {
            principal: Principal::role("deploy"),
            change: change(&holder(&old), &holder(&new)),
            unread: BTreeSet::new(),
        };
        strip_str(&text(&[access])).to_string()
    }

    #[test]
    fn actions_on_the_same_resources_stand_together() {
        let files = allow(r#""s3:PutObject", "s3:GetObject""#, "arn:aws:s3:::a/*");
        let new = format!("{files}, {}", allow(r#""sqs:SendMessage""#, "*"));
        assert_snapshot!(shown(&allow(r#""sns:Publish""#, "*"), &new), @"
        access of role/deploy:
          + s3:GetObject, s3:PutObject
                on arn:aws:s3:::a/*
          + sqs:SendMessage
                on *
          - sns:Publish
                on *
        ");
    }

    #[test]
    fn what_is_left_out_is_told() {
        let all = allow(r#""*""#, "*");
        let iam = r#"{"Effect": "Deny", "Action": "iam:*", "Resource": "*"}"#;
        let insecure = r#"{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}"#;
        let secret = r#"{"Effect": "Deny", "Action": "*", "Resource": "arn:aws:s3:::secret/*"}"#;
        assert_snapshot!(shown("", &format!("{all}, {iam}, {insecure}, {secret}")), @"
        access of role/deploy:
          + all actions
                but iam:*
                on *
                but not on arn:aws:s3:::secret/*
                unless denied if aws:SecureTransport Bool false
        ");
    }

    #[test]
    fn of_too_much_to_read_what_deserves_a_look_is_named() {
        let statements: Vec<String> = (0..20)
            .map(|it| allow(r#""s3:CreateBucket""#, &format!("arn:aws:s3:::b{it}")))
            .collect();
        let text = shown("", &statements.join(", "));
        assert!(text.contains("on arn:aws:s3:::b0\n"), "{text}");
        assert!(text.contains("and on 16 more resources\n"), "{text}");
        let level = |it: &usize| format!(r#""s3:Get{}""#, "A".repeat(*it));
        let many: Vec<String> = (1..50).collect::<Vec<_>>().iter().map(level).collect();
        let text = shown("", &allow(&format!("{}, \"iam:PassRole\"", many.join(", ")), "*"));
        assert!(text.contains("+ iam:PassRole, 49 of s3\n"), "{text}");
    }
}

//! What is changed in IAM, as a plan, as it happens, and afterwards.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use serde_json::{Map, Value};
use stackpass_ground::source::Source;
use stackpass_iam::account::name_of;
use stackpass_iam::desired::ApplyId;
use stackpass_iam::journal::{Journal, Kind, Progress};
use stackpass_iam::plan::{Note, Planned, Problem};
use stackpass_iam::run::{Difference, Event, Outcome};
use stackpass_iam::step::Step;
use stackpass_iam::text::PolicyText;
use stackpass_policy::condition::{ConditionKey, Conditions, Operator};
use stackpass_policy::principal::Principal;
use stackpass_policy::read::read;
use stackpass_policy::statement::{Effect, Selection, Statement};

use crate::text::{ERROR, FAINT, HINT, WARNING, clean, count, paint, wrap};

/// What a step does to what it touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Sign {
    /// Something comes.
    Add,
    /// Something is another than before.
    Change,
    /// Something goes.
    Remove,
}

impl Sign {
    /// The sign of a step.
    pub(crate) fn of(planned: &Planned) -> Sign {
        let is_new = matches!(&planned.before, Value::Null | Value::Bool(false));
        match &planned.step {
            Step::CreateProvider { .. }
            | Step::AddClientId { .. }
            | Step::CreatePolicy { .. }
            | Step::CreateRole { .. }
            | Step::RestoreVersion { .. }
            | Step::Attach { .. } => Sign::Add,
            Step::PutBoundary { .. } | Step::PutInline { .. } if is_new => Sign::Add,
            Step::DeleteProvider { .. }
            | Step::RemoveClientId { .. }
            | Step::DeletePolicy { .. }
            | Step::DeleteVersion { .. }
            | Step::DeleteRole { .. }
            | Step::DeleteBoundary { .. }
            | Step::Detach { .. }
            | Step::DeleteInline { .. } => Sign::Remove,
            _ => Sign::Change,
        }
    }

    /// The sign itself.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Sign::Add => "+",
            Sign::Change => "~",
            Sign::Remove => "-",
        }
    }

    /// Its color.
    pub(crate) fn style(self) -> Style {
        match self {
            Sign::Add => AnsiColor::Green.on_default(),
            Sign::Change => AnsiColor::Yellow.on_default(),
            Sign::Remove => AnsiColor::Red.on_default(),
        }
    }
}

/// All steps, one a line, and how many of which kind.
pub(crate) fn steps(steps: &[Planned]) -> String {
    let mut text = String::new();
    for planned in steps {
        let sign = Sign::of(planned);
        let step = planned.step.to_string();
        let _ = writeln!(text, "  {} {}", paint(sign.style(), sign.text()), clean(&step));
        for detail in details(&planned.step) {
            let _ = writeln!(text, "        {}", paint(FAINT, clean(&detail)));
        }
    }
    let number = |sign| steps.iter().filter(|planned| Sign::of(planned) == sign).count();
    let parts = [
        (number(Sign::Add), "to add"),
        (number(Sign::Change), "to change"),
        (number(Sign::Remove), "to remove"),
    ];
    let parts: Vec<String> = parts
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, what)| format!("{number} {what}"))
        .collect();
    let all = count(steps.len(), "step", "steps");
    let _ = writeln!(text, "\n{all}: {}", parts.join(", "));
    text
}

/// What a step says beside its line: who gets into a role, and what holds it in.
fn details(step: &Step) -> Vec<String> {
    match step {
        Step::CreateRole { trust, boundary, .. } => {
            let boundary = boundary.as_ref().map(|arn| format!("within boundary {}", name_of(arn)));
            trusted(trust).into_iter().chain(boundary).collect()
        }
        Step::UpdateTrust { trust, .. } => trusted(trust),
        _ => Vec::new(),
    }
}

/// Who may assume a role, by its trust policy, and what has to hold for that.
fn trusted(trust: &PolicyText) -> Vec<String> {
    let (document, _) = read(&Source::new("trust", trust.as_str()));
    let mut lines: Vec<String> = Vec::new();
    let mut always = BTreeSet::new();
    let mut denies = false;
    for statement in document.iter().flat_map(|document| &document.statements) {
        if statement.effect == Effect::Deny {
            denies = true;
        } else if statement.conditions.is_empty() {
            always.extend(principals(statement));
        } else {
            let names: Vec<String> = principals(statement).into_iter().collect();
            lines.push(format!("may be assumed by {} if", names.join(", ")));
            lines.extend(conditions(&statement.conditions));
        }
    }
    if !always.is_empty() {
        let names: Vec<String> = always.into_iter().collect();
        lines.insert(0, format!("may be assumed by {}", names.join(", ")));
    }
    if lines.is_empty() {
        lines.push("may be assumed by nobody".to_owned());
    } else if denies {
        lines.push("but not where its trust policy denies it".to_owned());
    }
    lines
}

fn principals(statement: &Statement) -> BTreeSet<String> {
    match &statement.principal {
        Some(Selection::Only(Principal::Named(named))) => {
            named.values().flatten().cloned().collect()
        }
        Some(Selection::Only(Principal::Anyone)) => ["anyone".to_owned()].into(),
        Some(Selection::Except(_)) => ["all but some".to_owned()].into(),
        None => BTreeSet::new(),
    }
}

/// Each condition in a line: all of them have to hold.
fn conditions(conditions: &Conditions) -> Vec<String> {
    let line = |(operator, key, values): (Operator, &ConditionKey, &BTreeSet<String>)| {
        let operator = match operator.to_string().as_str() {
            "StringEquals" => "is".to_owned(),
            "StringLike" => "is like".to_owned(),
            other => other.to_owned(),
        };
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        format!("  {key} {operator} {}", values.join(" or "))
    };
    conditions.iter().map(line).collect()
}

/// What one should know before agreeing.
pub(crate) fn notes(notes: &[Note]) -> String {
    notes.iter().map(|note| warning(&note.to_string())).collect()
}

/// A warning in as many lines as it takes.
pub(crate) fn warning(text: &str) -> String {
    let text = wrap(&format!("warning: {}", clean(text)), 0);
    text.replacen("warning", &paint(WARNING, "warning"), 1)
}

/// Why there is no plan.
pub(crate) fn problems(problems: &[Problem]) -> String {
    let mut text = String::new();
    for problem in problems {
        let _ = writeln!(text, "{}: {}", paint(ERROR, "error"), clean(&problem.message));
        let _ = writeln!(text, "{}: {}", paint(HINT, "hint"), clean(&problem.help));
    }
    text
}

/// What is not as a journal has it, one step a paragraph.
pub(crate) fn differences(differences: &[Difference]) -> String {
    let mut text = String::new();
    for difference in differences {
        let by: Vec<String> = difference.by.iter().map(|id| format!("`{id}`")).collect();
        let by = if by.is_empty() { String::new() } else { format!(", by {}", by.join(" and ")) };
        let _ = writeln!(text, "{}: changed since{by}", clean(&difference.step));
        for line in differing(&difference.expected, &difference.found) {
            let _ = writeln!(text, "  {}", clean(&line));
        }
    }
    text
}

/// In which respects two values differ. Documents are not written out: they are long, and IAM shows them.
fn differing(expected: &Value, found: &Value) -> Vec<String> {
    let is_document = |map: &Map<String, Value>| map.contains_key("Statement");
    match (expected, found) {
        (Value::Object(old), Value::Object(new)) if !is_document(old) && !is_document(new) => {
            let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
            let pairs = keys.into_iter().map(|key| {
                let [old, new] = [old, new].map(|map| map.get(key).unwrap_or(&Value::Null));
                (key, old, new)
            });
            let differing = pairs.filter(|(_, old, new)| old != new);
            differing.map(|(key, old, new)| format!("{key}: {}", change(old, new))).collect()
        }
        _ => vec![change(expected, found)],
    }
}

fn change(old: &Value, new: &Value) -> String {
    match (old, new) {
        (Value::Object(_), Value::Object(_)) => "another document".to_owned(),
        _ => format!("was {}, is {}", short(old), short(new)),
    }
}

/// A value in a few words.
fn short(value: &Value) -> String {
    match value {
        Value::Null => "not there".to_owned(),
        Value::Bool(true) => "so".to_owned(),
        Value::Bool(false) => "not so".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => "nothing".to_owned(),
        Value::Array(items) => items.iter().map(short).collect::<Vec<_>>().join(", "),
        Value::Object(_) => "a document".to_owned(),
    }
}

/// What just happened; nothing for what begins.
pub(crate) fn event(event: &Event<'_>) -> String {
    let line = |index: usize, all: usize, step: &Step, what: &str| {
        let place = paint(FAINT, format!("[{}/{all}]", index + 1));
        format!("{place} {}{what}\n", clean(&step.to_string()))
    };
    match event {
        Event::Done(index, all, step) => line(*index, *all, step, ""),
        Event::Skipped(index, all, step) => line(*index, *all, step, ": it is so already"),
        Event::NotVisibleYet(index, all, step) => {
            line(*index, *all, step, ": done, though IAM does not show it yet")
        }
        _ => String::new(),
    }
}

/// A journal that has no end.
pub(crate) fn interrupted(journal: &Journal) -> String {
    let what = match &journal.header.kind {
        Kind::Rollback(id) => format!("the rollback of `{id}`"),
        Kind::Apply => "the apply".to_owned(),
    };
    let done = done(journal);
    let all = count(journal.header.steps.len(), "step", "steps");
    let occasion = &journal.header.occasion;
    warning(&format!(
        "{what} `{}` of {} ({}) was interrupted after {done} of {all}",
        journal.id(),
        occasion.time,
        occasion.title
    ))
}

/// How many steps of a journal are known to be done.
pub(crate) fn done(journal: &Journal) -> usize {
    let is_done = |it: &&Progress| matches!(it, Progress::Done { .. } | Progress::Skipped);
    journal.progress.iter().filter(is_done).count()
}

/// What became of a journal that had no end.
pub(crate) fn settled(answer: &str, id: &ApplyId, outcome: &Outcome) -> String {
    let word = if answer == "finish" { "finished" } else { "rolled back" };
    format!("`{id}` is {word}: {}\n\n", count(outcome.done, "step", "steps"))
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;
    use serde_json::json;

    use super::*;

    fn planned(step: Step, before: Value) -> Planned {
        Planned { step, undo: Vec::new(), before, after: Value::Null }
    }

    #[track_caller]
    fn check_trusted(statements: &str, expected: &[&str]) {
        let trust = format!(r#"{{"Statement": [{statements}]}}"#);
        assert_eq!(trusted(&PolicyText::parse(&trust).unwrap()), expected);
    }

    #[test]
    fn who_may_assume_a_role_is_told() {
        let services = r#"{"Effect": "Allow", "Principal": {"Service": "b", "AWS": ["a"]}, "Action": "sts:AssumeRole"}"#;
        check_trusted(services, &["may be assumed by a, b"]);
        check_trusted("", &["may be assumed by nobody"]);
        let deny = r#"{"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"}"#;
        check_trusted(
            &format!("{services}, {deny}"),
            &["may be assumed by a, b", "but not where its trust policy denies it"],
        );
    }

    #[test]
    fn what_a_token_has_to_say_is_told() {
        check_trusted(
            r#"{"Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/a.example"},
              "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {
                "StringEquals": {"a.example:aud": "sts.amazonaws.com"},
                "StringLike": {"a.example:sub": ["repo:acme/shop:ref:refs/heads/*", "repo:acme/shop:environment:x"]}}}"#,
            &[
                "may be assumed by arn:aws:iam::111122223333:oidc-provider/a.example if",
                "  a.example:aud is sts.amazonaws.com",
                "  a.example:sub is like repo:acme/shop:environment:x or repo:acme/shop:ref:refs/heads/*",
            ],
        );
    }

    #[test]
    fn differences_are_told_without_documents() {
        let document = |action: &str| json!({"Statement": [{"Action": action}]});
        let policy = |action: &str, holders: &[&str]| json!({"in force": document(action), "versions": 1, "held by": holders, "apply": "a"});
        let difference = |expected, found, by: &[&str]| Difference {
            step: "create policy x".to_owned(),
            expected,
            found,
            by: by.iter().map(|id| id.parse().unwrap()).collect(),
        };
        let text = differences(&[
            difference(
                policy("a:B", &[]),
                policy("a:C", &["role/a", "user/b"]),
                &["apply-3", "apply-2"],
            ),
            difference(document("a:B"), document("a:C"), &[]),
            difference(document("a:B"), Value::Null, &[]),
            difference("arn:old".into(), "arn:new".into(), &[]),
        ]);
        insta::assert_snapshot!(strip_str(&text).to_string(), @r"
        create policy x: changed since, by `apply-3` and `apply-2`
          held by: was nothing, is role/a, user/b
          in force: another document
        create policy x: changed since
          another document
        create policy x: changed since
          was a document, is not there
        create policy x: changed since
          was arn:old, is arn:new
        ");
    }

    #[test]
    fn sign_says_what_becomes_of_it() {
        let principal = stackpass_iam::principal::Principal::role("deploy");
        let boundary = Step::PutBoundary { principal: principal.clone(), policy: "p".to_owned() };
        assert_eq!(Sign::of(&planned(boundary.clone(), Value::Null)), Sign::Add);
        assert_eq!(Sign::of(&planned(boundary, "old".into())), Sign::Change);
        let detach = Step::Detach { principal, policy: "p".to_owned() };
        assert_eq!(Sign::of(&planned(detach, true.into())), Sign::Remove);
    }
}

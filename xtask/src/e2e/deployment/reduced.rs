//! Policies with a statement less: what `check` says of them, and what a deployment does with them.

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::tools::{self, Phase};
use super::{Plan, documents, principals};
use crate::e2e::calls::{self, Call};
use crate::e2e::judge::{Judge, Verdict};
use crate::e2e::replay::{Holder, Report};
use crate::e2e::world::Keys;

/// AWS's words in a refusal, as every tool repeats them.
const REFUSED: &str = "is not authorized to perform";

/// The documents without one statement. A document that had only this one may then do nothing that matters.
fn without(documents: &[Value], document: usize, statement: usize) -> Vec<Value> {
    let mut reduced = documents.to_vec();
    let statements = reduced
        .get_mut(document)
        .and_then(|document| document.get_mut("Statement"))
        .and_then(Value::as_array_mut);
    if let Some(statements) = statements {
        if statement < statements.len() {
            statements.remove(statement);
        }
        if statements.is_empty() {
            let harmless =
                json!({"Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*"});
            statements.push(harmless);
        }
    }
    reduced
}

/// The place of each statement: of the document, and in it.
fn places(documents: &[Value]) -> Vec<(usize, usize)> {
    let statements =
        |document: &Value| document.get("Statement").and_then(Value::as_array).map_or(0, Vec::len);
    let of = |(at, document)| (0..statements(document)).map(move |statement| (at, statement));
    documents.iter().enumerate().flat_map(of).collect()
}

/// Takes each statement away in turn: `check` must name exactly the actions of the needs that are then not covered, and with the
/// statements that it says would mend that, nothing.
pub(super) fn check_each(plan: &Plan<'_>, report: &Report) -> Result<()> {
    let holders = [report.caller(), Holder::Executor];
    for holder in holders {
        let full = documents(report, holder);
        for (document, statement) in places(&full) {
            let reduced = without(&full, document, statement);
            let removed = full
                .get(document)
                .and_then(|document| document.pointer(&format!("/Statement/{statement}")))
                .unwrap_or(&Value::Null);
            let Checked { named, mends } = checked(plan, report, holder, &reduced)?;
            let expected = uncovered(report, holder, &reduced);
            if named != expected {
                bail!(
                    "`check` of the {holder:?} without {removed} names {named:?}, expected {expected:?}"
                );
            }
            let mended: Vec<Value> = reduced.into_iter().chain(mends).collect();
            let left = checked(plan, report, holder, &mended)?.named;
            if !left.is_empty() {
                bail!("what `check` says would mend {removed} does not: {left:?} is left");
            }
        }
    }
    Ok(())
}

/// What `check` says.
struct Checked {
    /// The actions that are missing.
    named: BTreeSet<String>,
    /// The policies that would mend it.
    mends: Vec<Value>,
}

/// Asks `check` about the policies of a holder.
fn checked(plan: &Plan<'_>, report: &Report, holder: Holder, reduced: &[Value]) -> Result<Checked> {
    let option = if holder == Holder::Executor { "--executor-policy" } else { "--policy" };
    let mut command = vec!["stackpass".to_owned(), "check".to_owned()];
    command.extend(plan.about());
    for path in principals::write(reduced, &plan.folder.join("reduced"))? {
        command.extend([option.to_owned(), path.display().to_string()]);
    }
    if holder == Holder::Executor {
        let caller = documents(report, report.caller());
        for path in principals::write(&caller, &plan.folder.join("caller"))? {
            command.extend(["--policy".to_owned(), path.display().to_string()]);
        }
    }
    command.extend(["--strict", "--output", "json"].map(str::to_owned));
    let ended = plan.world.run_as(&plan.admin, &command, &plan.folder)?;
    let answer: Value = serde_json::from_str(&ended.stdout).with_context(|| ended.to_string())?;
    let uncovered = answer.get("uncovered").and_then(Value::as_array).context("no `uncovered`")?;
    let actions = uncovered.iter().filter_map(|lack| lack.get("action")?.as_str());
    let mends = answer.get("mends").and_then(Value::as_array).into_iter().flatten();
    let documents = mends.filter_map(|mend| mend.get("documents")?.as_array()).flatten().cloned();
    Ok(Checked { named: actions.map(str::to_owned).collect(), mends: documents.collect() })
}

/// The actions of needs that the documents do not cover, by an account of our own: texts with wildcards, no evaluator.
fn uncovered(report: &Report, holder: Holder, documents: &[Value]) -> BTreeSet<String> {
    let statements: Vec<&Value> = documents
        .iter()
        .filter_map(|document| document.get("Statement")?.as_array())
        .flatten()
        .collect();
    let mut actions = BTreeSet::new();
    for grant in report.grants(holder) {
        let need = grant.first;
        let needed = conditions(Some(&need.conditions));
        let covers = |statement: &&&Value, resource: &str| {
            let has = |name: &str, text: &str| {
                texts(statement.get(name)).iter().any(|pattern| matches(pattern, text))
            };
            let conditions = conditions(statement.get("Condition"));
            has("Action", &need.action)
                && has("Resource", resource)
                && (conditions.is_empty() || conditions == needed)
        };
        let is_covered = need
            .resources
            .iter()
            .all(|resource| statements.iter().any(|statement| covers(&statement, resource)));
        if !is_covered {
            actions.insert(need.action.clone());
        }
    }
    actions
}

/// Conditions as lines of operator, key and value, since one value may stand with or without a list.
fn conditions(value: Option<&Value>) -> BTreeSet<(&str, &str, &str)> {
    let mut lines = BTreeSet::new();
    for (operator, keys) in value.and_then(Value::as_object).into_iter().flatten() {
        for (key, values) in keys.as_object().into_iter().flatten() {
            let values = texts(Some(values));
            lines.extend(values.into_iter().map(|value| (operator.as_str(), key.as_str(), value)));
        }
    }
    lines
}

fn texts(value: Option<&Value>) -> Vec<&str> {
    match value {
        Some(Value::String(text)) => vec![text],
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Whether a pattern matches a text, in which wildcards stand for themselves.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut left) = text.strip_prefix(head) else { return false };
    loop {
        if matches(rest, left) {
            return true;
        }
        let mut characters = left.chars();
        if characters.next().is_none() {
            return false;
        }
        left = characters.as_str();
    }
}

/// Takes a statement away that the recording needed, applies that, and deploys: it must be refused, and `check` must say why.
///
/// Gives the action that was refused.
pub(super) fn deploy_refused(
    plan: &Plan<'_>,
    report: &Report,
    recorded: &[Call],
    caller: &Keys,
) -> Result<String> {
    let full = documents(report, report.caller());
    let (reduced, action) = needed(plan, &full, recorded)?.context("no statement was needed")?;
    replace(plan, &full, &reduced)?;
    let found = principals::read_back(plan, "user", &plan.user)?;
    principals::enforce(plan, "user", &plan.user, &found)?;
    plan.world.server.enter("refused");
    let mut ended = None;
    for words in Phase::ALL.into_iter().flat_map(|phase| tools::commands(plan, phase)) {
        let end = plan.world.run_as(caller, &words, &plan.folder)?;
        if !end.is_success() {
            ended = Some(end.to_string());
            break;
        }
    }
    let refusals = plan.world.server.take().refusals;
    // A tool may try something else after the refusal, and show only how that ended.
    let is_refused = refusals.iter().any(|refusal| refusal.contains(&action));
    match ended {
        Some(said) if is_refused && said.contains(REFUSED) => {}
        said => bail!(
            "without {action} the deployment was not refused with it: {}",
            said.unwrap_or_else(|| "it succeeded".to_owned())
        ),
    }
    let named = checked(plan, report, report.caller(), &reduced)?.named;
    if !named.contains(&action) {
        bail!("`check` does not name {action}, which was refused");
    }
    Ok(action)
}

/// The documents without the first statement that a call of the caller needed, with the action of that call.
fn needed(
    plan: &Plan<'_>,
    full: &[Value],
    recorded: &[Call],
) -> Result<Option<(Vec<Value>, String)>> {
    let user = plan.user_arn();
    let of_caller = recorded.iter().filter(|call| call.principal.as_deref() == Some(&user));
    let mut requests = Vec::new();
    for call in of_caller {
        requests.extend(calls::requests(call)?);
    }
    for (document, statement) in places(full) {
        let reduced = without(full, document, statement);
        let files = principals::write(&reduced, &plan.folder.join("candidate"))?;
        let mut judge = Judge::start(plan.world.stackpass(), &files, None)?;
        for request in &requests {
            if judge.decide(request)?.verdict != Verdict::Allowed {
                return Ok(Some((reduced, request.action.clone())));
            }
        }
    }
    Ok(None)
}

/// Makes the reduced documents the new default versions of the user's policies.
fn replace(plan: &Plan<'_>, full: &[Value], reduced: &[Value]) -> Result<()> {
    let list = ["aws", "iam", "list-attached-user-policies", "--user-name", &plan.user];
    let list: Value =
        serde_json::from_str(&plan.world.succeed_as(&plan.admin, &list, &plan.folder)?)?;
    let arns = list.pointer("/AttachedPolicies").and_then(Value::as_array);
    for arn in arns.into_iter().flatten().filter_map(|policy| policy.get("PolicyArn")?.as_str()) {
        let document = principals::read_policy(plan, arn)?;
        let changed = full.iter().zip(reduced).find(|(old, new)| **old == document && old != new);
        let Some((_, new)) = changed else { continue };
        let text = new.to_string();
        let put = ["aws", "iam", "create-policy-version", "--set-as-default", "--policy-arn", arn];
        let mut put = put.to_vec();
        put.extend(["--policy-document", &text]);
        plan.world.succeed_as(&plan.admin, &put, &plan.folder)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy() -> Vec<Value> {
        vec![json!({"Statement": [
            {"Effect": "Allow", "Action": ["s3:Get*", "s3:PutObject"], "Resource": "arn:aws:s3:::b/*"},
            {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": ["arn:aws:s3:::b"]}]})]
    }

    fn report() -> Report {
        let need = |action: &str, resource: &str| json!({"who": "caller", "phase": "create", "action": action, "resources": [resource], "conditions": {}});
        let needs = [
            need("s3:GetObject", "arn:aws:s3:::b/*"),
            need("s3:PutObject", "arn:aws:s3:::b/k"),
            need("s3:ListBucket", "arn:aws:s3:::b"),
        ];
        serde_json::from_value(json!({"needs": needs, "policies": []})).unwrap()
    }

    fn check(documents: &[Value], expected: &[&str]) {
        let named = uncovered(&report(), Holder::Caller, documents);
        assert_eq!(named.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn the_whole_policy_leaves_nothing_uncovered() {
        check(&policy(), &[]);
    }

    #[test]
    fn what_only_the_removed_statement_granted_is_uncovered() {
        check(&without(&policy(), 0, 0), &["s3:GetObject", "s3:PutObject"]);
        check(&without(&policy(), 0, 1), &["s3:ListBucket"]);
    }

    #[test]
    fn the_last_statement_leaves_a_valid_policy() {
        let one = [json!({"Statement": [{"Effect": "Allow", "Action": "a:B", "Resource": "*"}]})];
        let reduced = without(&one, 0, 0);
        assert_eq!(reduced[0]["Statement"][0]["Action"], "sts:GetCallerIdentity");
    }

    #[test]
    fn every_statement_has_a_place() {
        assert_eq!(places(&policy()), [(0, 0), (0, 1)]);
    }

    #[test]
    fn a_star_matches_any_text_and_a_star() {
        assert!(matches("a*c", "abbc") && matches("a*", "a*") && matches("*", ""));
        assert!(!matches("a*c", "ab") && !matches("a", "a*"));
    }
}

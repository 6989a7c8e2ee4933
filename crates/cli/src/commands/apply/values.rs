//! What documents name: values that somebody still has to fill in, and accounts.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use stackpass_ground::account::AccountId;
use stackpass_ground::source::Source;
use stackpass_iam::account::Account;
use stackpass_iam::desired::Desired;
use stackpass_iam::plan::Note;
use stackpass_iam::text::PolicyText;
use stackpass_policy::action::ActionPattern;
use stackpass_policy::catalogue;
use stackpass_policy::read::read;

use crate::error::{CliError, Kind};
use crate::gain::is_about;
use crate::similar::nearest;

/// Elements of a statement that name something.
const NAMING: [&str; 5] = ["Principal", "NotPrincipal", "Resource", "NotResource", "Condition"];

/// Refuses a document in which something stands for a value: IAM would take some of it literally, and refuse some of it only after
/// other steps are done.
pub(super) fn check_filled_in(name: &str, text: &PolicyText) -> Result<(), CliError> {
    let values = values(text);
    let Some(placeholder) = values.iter().find_map(|value| placeholder(value)) else {
        return Ok(());
    };
    let message = format!("`{name}` has `{placeholder}` where a value belongs");
    let help = if placeholder.to_ascii_lowercase().contains("account") {
        "put the account in its place; `stackpass generate` writes it with `--account ID`"
    } else {
        "put the value in its place"
    };
    Err(CliError::new(Kind::Input, message).with_hint(help))
}

/// Says so if policies are for other accounts only: then they allow nothing that is meant in this one.
pub(super) fn other_accounts(wanted: &Desired) -> Vec<Note> {
    let here = &wanted.account;
    let policies: BTreeSet<String> = wanted
        .policies
        .iter()
        .flat_map(|policy| values(&policy.document))
        .filter_map(|value| account(&value).map(str::to_owned))
        .collect();
    let mut notes = Vec::new();
    if !policies.is_empty() && !policies.contains(&here.id) {
        notes.push(Note(format!(
            "the policies name {}, and nothing in account {}, which they are put into: were they \
             made with `--account` for another one?",
            numbers(&policies),
            here.id
        )));
    }
    let providers: BTreeSet<String> =
        wanted.roles.iter().flat_map(|role| other_providers(&role.trust, here)).collect();
    notes.extend(providers.into_iter().map(|arn| {
        Note(format!(
            "the trust policy names the identity provider `{arn}` of another account: with it \
             nobody can assume the role"
        ))
    }));
    notes
}

fn other_providers(trust: &PolicyText, here: &Account) -> Vec<String> {
    let is_provider = |value: &String| {
        value.contains(":oidc-provider/") && account(value).is_some_and(|it| it != here.id)
    };
    values(trust).into_iter().filter(is_provider).collect()
}

/// Says so if policies name actions that no service has: they are written wrong, or newer than the catalogue.
pub(super) fn unknown_actions(wanted: &Desired) -> Vec<Note> {
    let mut unknown: BTreeMap<ActionPattern, &str> = BTreeMap::new();
    for policy in &wanted.policies {
        let (document, _) = read(&Source::new(policy.name.clone(), policy.document.as_str()));
        let statements = document.into_iter().flat_map(|document| document.statements);
        let patterns = statements.flat_map(|statement| statement.actions.value().clone());
        for pattern in patterns.filter(|pattern| !is_known(pattern)) {
            unknown.entry(pattern).or_insert(&policy.name);
        }
    }
    let note = |(pattern, policy): (ActionPattern, &str)| {
        let names = catalogue::actions(pattern.service());
        let names = names.map(|facts| format!("{}:{}", facts.service(), facts.name()));
        let near = nearest(pattern.as_str(), names);
        let near = near.first().map_or(String::new(), |name| format!("; `{name}` is one"));
        Note(format!("policy {policy} has `{pattern}`, and no action is known that this is{near}"))
    };
    unknown.into_iter().map(note).collect()
}

fn is_known(pattern: &ActionPattern) -> bool {
    pattern.service().contains(['*', '?'])
        || catalogue::actions(pattern.service()).any(|facts| is_about(pattern, facts))
}

fn numbers(accounts: &BTreeSet<String>) -> String {
    let numbers: Vec<&str> = accounts.iter().map(String::as_str).collect();
    let word = if numbers.len() == 1 { "account" } else { "accounts" };
    format!("{word} {}", numbers.join(", "))
}

/// All texts of the statements that name something.
fn values(text: &PolicyText) -> Vec<String> {
    let statements = text.meaning().get("Statement").and_then(Value::as_array);
    let mut found = Vec::new();
    for statement in statements.into_iter().flatten() {
        for element in NAMING {
            collect(statement.get(element), &mut found);
        }
    }
    found
}

fn collect(value: Option<&Value>, found: &mut Vec<String>) {
    match value {
        Some(Value::String(text)) => found.push(text.clone()),
        Some(Value::Array(items)) => items.iter().for_each(|item| collect(Some(item), found)),
        Some(Value::Object(map)) => map.values().for_each(|item| collect(Some(item), found)),
        _ => {}
    }
}

/// The account that a value is or that its ARN has.
fn account(value: &str) -> Option<&str> {
    let account = account_part(value).unwrap_or(value);
    account.parse::<AccountId>().is_ok().then_some(account)
}

/// Where an ARN has its account.
fn account_part(value: &str) -> Option<&str> {
    value.strip_prefix("arn:")?.split(':').nth(3)
}

/// What in a value stands for another.
fn placeholder(value: &str) -> Option<&str> {
    let literal = ["ACCOUNT_ID", "YOUR_ACCOUNT"].into_iter().find(|it| value.contains(it));
    if literal.is_some() {
        return literal;
    }
    // What AWS owns has the name of a service there, in small letters.
    let part = account_part(value).filter(|part| !part.contains('$'));
    let is_word = |part: &&str| part.chars().any(|character| character.is_ascii_uppercase());
    part.filter(is_word)
        .or_else(|| enclosed(value, "<", ">"))
        .or_else(|| enclosed(value, "{{", "}}"))
        .or_else(|| enclosed(value, "${", "}").filter(|it| is_no_variable(it)))
}

/// The first part between two marks, with them.
fn enclosed<'v>(value: &'v str, open: &str, close: &str) -> Option<&'v str> {
    let start = value.find(open)?;
    let (_, rest) = value.split_at(start);
    let end = rest.find(close)?;
    rest.get(..end + close.len())
}

/// Whether IAM knows no such variable: its own have a prefix, those of CloudFormation have another.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>
fn is_no_variable(enclosed: &str) -> bool {
    let name = enclosed.trim_start_matches("${").trim_end_matches('}');
    !matches!(name, "*" | "?" | "$") && (!name.contains(':') || name.starts_with("AWS::"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: &str, expected: Option<&str>) {
        assert_eq!(placeholder(value), expected, "{value}");
    }

    #[test]
    fn what_stands_for_a_value_is_found() {
        check("arn:aws:iam::ACCOUNT_ID:oidc-provider/a.example", Some("ACCOUNT_ID"));
        check("ACCOUNT_ID", Some("ACCOUNT_ID"));
        check("arn:aws:iam::AccountNumber:role/x", Some("AccountNumber"));
        check("arn:aws:iam::<account>:role/x", Some("<account>"));
        check("repo:<org>/shop:*", Some("<org>"));
        check("arn:aws:iam::${AWS::AccountId}:role/x", Some("${AWS::AccountId}"));
        check("arn:aws:s3:::${Bucket}/*", Some("${Bucket}"));
        check("arn:aws:s3:::{{bucket}}/*", Some("{{bucket}}"));
    }

    #[test]
    fn what_is_meant_as_it_stands_is_left_alone() {
        for value in [
            "*",
            "111122223333",
            "arn:aws:iam::111122223333:role/ACCOUNT",
            "arn:aws:iam::*:role/Deploy",
            "arn:aws:iam::aws:policy/ReadOnlyAccess",
            "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1",
            "arn:aws:iam::${aws:PrincipalAccount}:role/x",
            "arn:aws:s3:::home/${aws:username}/${*}",
            "arn:aws:s3:::B",
            "repo:acme/shop:ref:refs/heads/main",
            "",
            "arn:",
            "${",
            "a<b",
        ] {
            check(value, None);
        }
    }

    #[test]
    fn account_is_read_where_it_stands() {
        assert_eq!(account("arn:aws:sqs:eu-west-1:111122223333:q"), Some("111122223333"));
        assert_eq!(account("111122223333"), Some("111122223333"));
        for value in ["arn:aws:s3:::111122223333", "arn:aws:iam::*:role/x", "11112222333", "*"] {
            assert_eq!(account(value), None, "{value}");
        }
    }
}

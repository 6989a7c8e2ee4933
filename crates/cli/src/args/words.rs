//! Readers of single values of the command line.

use std::str::FromStr;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use stackpass_ground::account::{AccountId, ParseAccountIdError};
use stackpass_ground::arn::Arn;
use stackpass_ground::partition::Partition;
use stackpass_ground::region::{ParseRegionError, Region};
use stackpass_policy::condition::{ConditionKey, ParseConditionKeyError};
use stackpass_stacks::deployment::{Mode, Tool};
use stackpass_stacks::need::{Lifetime, UnknownWord, Who};

/// Reads a tool.
pub(crate) fn tools() -> impl TypedValueParser<Value = Tool> {
    choice([
        ("aws-cli", "`aws cloudformation deploy`, or anything that makes a change set"),
        ("cdk", "`cdk deploy` with the roles of the bootstrap stack"),
        ("cdk-bootstrap", "`cdk bootstrap`"),
        ("cdk-legacy", "`cdk deploy` with the caller's own permissions"),
        ("sam", "`sam deploy` and `sam delete`"),
        ("sst-v1", "`sst deploy` and `sst remove` before version 2"),
    ])
}

/// Reads who executes.
pub(crate) fn modes() -> impl TypedValueParser<Value = Mode> {
    choice([
        ("bootstrap", "Those of the execution role of the CDK bootstrap stack"),
        ("direct", "Those of the caller"),
        ("service-role", "Those of a role that the caller passes"),
    ])
}

/// Reads a part of a stack's life.
pub(crate) fn lifetimes() -> impl TypedValueParser<Value = Lifetime> {
    choice([
        ("first", "The first deployment, and its rollback"),
        ("update", "Later deployments, and their rollback"),
        ("destroy", "The removal"),
        ("all", "All of it"),
    ])
}

/// Reads a side.
pub(crate) fn whos() -> impl TypedValueParser<Value = Who> {
    let words = described([
        ("caller", "Who runs the tool"),
        ("executor", "CloudFormation acting for the stack"),
    ]);
    words.map(|word| if word == "caller" { Who::Caller } else { Who::Executor })
}

/// Reads a partition.
pub(crate) fn partitions() -> impl TypedValueParser<Value = Partition> {
    let words = PossibleValuesParser::new(Partition::all().map(Partition::as_str));
    words.try_map(|word| word.parse::<Partition>())
}

/// Reads `KEY=VALUE`; the value may be empty and may hold more `=`.
pub(crate) fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some(("", _)) => Err("the key before `=` is missing".to_owned()),
        Some((key, value)) => Ok((key.to_owned(), value.to_owned())),
        None => Err("expected KEY=VALUE, found no `=`".to_owned()),
    }
}

/// Reads `KEY=VALUE` with a condition key.
pub(crate) fn condition(text: &str) -> Result<(ConditionKey, String), String> {
    let (key, value) = pair(text)?;
    let key = key.parse().map_err(|error: ParseConditionKeyError| error.to_string())?;
    Ok((key, value))
}

/// Reads an account id. That and the next ones leave out what was found: the text is named by whoever asks.
pub(crate) fn account(text: &str) -> Result<AccountId, String> {
    text.parse().map_err(|_: ParseAccountIdError| "an account id has 12 digits".to_owned())
}

/// Reads a region.
pub(crate) fn region(text: &str) -> Result<Region, String> {
    text.parse().map_err(|_: ParseRegionError| "expected a region such as `eu-west-1`".to_owned())
}

/// Reads the address of an endpoint.
pub(crate) fn url(text: &str) -> Result<String, String> {
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next());
    match host {
        Some(host) if !host.is_empty() && !text.contains(char::is_whitespace) => {
            Ok(text.to_owned())
        }
        _ => Err("expected a URL such as `http://127.0.0.1:4566`".to_owned()),
    }
}

/// Reads a stack's name, or a pattern of names with `*`.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-using-console-create-stack-parameters.html>
pub(crate) fn stack_name(text: &str) -> Result<String, String> {
    let fits = text.len() <= 128
        && text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '*')
        && text
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || "-*".contains(character));
    if fits {
        return Ok(text.to_owned());
    }
    Err("a stack's name has up to 128 letters, digits and hyphens and begins with a letter"
        .to_owned())
}

/// Reads a qualifier of a bootstrap stack.
pub(crate) fn qualifier(text: &str) -> Result<String, String> {
    let fits = (1..=10).contains(&text.len())
        && text
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || "_-".contains(character));
    if fits {
        return Ok(text.to_owned());
    }
    Err("a qualifier has up to 10 letters, digits, hyphens and underscores".to_owned())
}

/// Reads the name of a role, with its path before it if it has one, or its ARN.
pub(crate) fn service_role(text: &str) -> Result<String, String> {
    let arn: Option<Arn> = text.parse().ok();
    let name = arn.as_ref().map_or(text, |arn| role_in(arn).unwrap_or_default());
    let (path, last) = name.rsplit_once('/').unwrap_or(("", name));
    let is_step = |step: &str| !step.is_empty() && step.chars().all(is_of_name);
    let has_path = path.is_empty() != name.contains('/');
    if has_path
        && (path.is_empty() || path.len() <= 510 && path.split('/').all(is_step))
        && last.len() <= 64
        && is_step(last)
    {
        return Ok(text.to_owned());
    }
    Err("expected the name of a role, `NAME` or `PATH/NAME`, or its ARN, `arn:aws:iam::111122223333:role/NAME`"
        .to_owned())
}

/// The path and the name of the role that an ARN is of, in one account or in any.
fn role_in(arn: &Arn) -> Option<&str> {
    let account = arn.account();
    let is_of_iam = arn.service() == "iam" && arn.region().is_empty();
    let has_account = account == "*" || account.parse::<AccountId>().is_ok();
    arn.resource().strip_prefix("role/").filter(|_| is_of_iam && has_account)
}

/// Reads the path of a policy or role; the slashes at its ends may be left out.
pub(crate) fn policy_path(text: &str) -> Result<String, String> {
    let inner = text.trim_matches('/');
    let fits = inner.len() <= 510
        && !inner.contains("//")
        && inner.bytes().all(|byte| byte.is_ascii_graphic());
    match inner {
        _ if !fits => Err("expected a path such as `/teams/api/`".to_owned()),
        "" => Ok("/".to_owned()),
        inner => Ok(format!("/{inner}/")),
    }
}

/// Reads the name of a role or user.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
pub(crate) fn principal_name(text: &str) -> Result<String, String> {
    if (1..=64).contains(&text.len()) && text.chars().all(is_of_name) {
        return Ok(text.to_owned());
    }
    Err("a name has up to 64 letters, digits and characters of +=,.@_-".to_owned())
}

/// Reads the name of a managed policy.
pub(crate) fn policy_name(text: &str) -> Result<String, String> {
    if (1..=128).contains(&text.len()) && text.chars().all(is_of_name) {
        return Ok(text.to_owned());
    }
    Err("a policy's name has up to 128 letters, digits and characters of +=,.@_-".to_owned())
}

/// Whether IAM allows a character in names.
fn is_of_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || "+=,.@_-".contains(character)
}

/// Reads one of some words that the engine knows.
fn choice<T, const N: usize>(
    words: [(&'static str, &'static str); N],
) -> impl TypedValueParser<Value = T>
where
    T: FromStr<Err = UnknownWord> + Clone + Send + Sync + 'static,
{
    described(words).try_map(|word| word.parse::<T>())
}

/// Reads one of some words, each with what it means.
fn described<const N: usize>(words: [(&'static str, &'static str); N]) -> PossibleValuesParser {
    PossibleValuesParser::new(words.map(|(word, help)| PossibleValue::new(word).help(help)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(reader: fn(&str) -> Result<String, String>, good: &[&str], bad: &[&str]) {
        for text in good {
            assert_eq!(reader(text).as_deref(), Ok(*text));
        }
        for text in bad {
            assert!(reader(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn what_was_found_is_left_to_clap() {
        assert_eq!(account("1111").unwrap_err(), "an account id has 12 digits");
        assert_eq!(region("eu").unwrap_err(), "expected a region such as `eu-west-1`");
    }

    #[test]
    fn stack_name_begins_with_a_letter() {
        check(
            stack_name,
            &["dev-app", "A1", "pr-*-app"],
            &["", "1a", "a_b", "a b", &"a".repeat(129)],
        );
    }

    #[test]
    fn service_role_is_a_name_or_an_arn() {
        let arn = "arn:aws:iam::111122223333:role/ci/deploy";
        let good = ["deploy", "ci/deploy", arn, "arn:aws:iam::*:role/x", "a+b=c,d.e@f_g-h"];
        let bad = [
            "",
            "/a",
            "a/",
            "a//b",
            "*",
            "arn:aws:iam::111122223333:user/x",
            "arn:aws:iam::111122223333:role/",
            "arn:aws:iam::1:role/x",
            "arn:aws:iam:eu-west-1:111122223333:role/x",
            "arn:aws:s3:::role/x",
        ];
        check(service_role, &good, &bad);
    }

    #[test]
    fn path_gets_its_slashes() {
        for (text, expected) in [("/", "/"), ("", "/"), ("a", "/a/"), ("/a/b", "/a/b/")] {
            assert_eq!(policy_path(text).as_deref(), Ok(expected));
        }
        assert!(policy_path("a b").is_err() && policy_path("a//b").is_err());
    }

    #[test]
    fn names_of_iam_have_a_length() {
        check(principal_name, &["alice", "ci.deploy@team"], &["", "a b", "a;b", &"a".repeat(65)]);
        check(policy_name, &["Bound", &"a".repeat(128)], &["", "a/b", "$x", &"a".repeat(129)]);
    }

    #[test]
    fn qualifier_is_short() {
        check(qualifier, &["hnb659fds", "my-q_1"], &["", "elevenchars", "a.b"]);
    }

    #[test]
    fn pair_is_cut_at_the_first_equals_sign() {
        assert_eq!(pair("a=b=c"), Ok(("a".to_owned(), "b=c".to_owned())));
        assert_eq!(pair("a="), Ok(("a".to_owned(), String::new())));
        assert!(pair("a").is_err());
        assert!(pair("=a").is_err());
    }
}

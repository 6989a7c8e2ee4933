//! Readers of single values of the command line.

use std::str::FromStr;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use stackpass_stacks::deploy::{Mode, Tool};
use stackpass_stacks::need::{Lifetime, UnknownWord, Who};

/// The partitions of AWS.
const PARTITIONS: [&str; 8] =
    ["aws", "aws-cn", "aws-eusc", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-us-gov"];

/// Reads a tool.
pub(crate) fn tools() -> impl TypedValueParser<Value = Tool> {
    choice([
        ("aws-cli", "`aws cloudformation deploy`, or anything that makes a change set"),
        ("cdk", "`cdk deploy` with the roles of the bootstrap stack"),
        ("cdk-bootstrap", "`cdk bootstrap`"),
        ("cdk-legacy", "`cdk deploy` with the caller's own permissions"),
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
pub(crate) fn partitions() -> PossibleValuesParser {
    PossibleValuesParser::new(PARTITIONS)
}

/// Reads `KEY=VALUE`; the value may be empty and may hold more `=`.
pub(crate) fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some(("", _)) => Err("the key before `=` is missing".to_owned()),
        Some((key, value)) => Ok((key.to_owned(), value.to_owned())),
        None => Err("expected KEY=VALUE, found no `=`".to_owned()),
    }
}

/// Reads an account id.
pub(crate) fn account(text: &str) -> Result<String, String> {
    if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(text.to_owned());
    }
    Err("an account id has 12 digits".to_owned())
}

/// Reads a region by its form; which regions exist changes too often to know.
pub(crate) fn region(text: &str) -> Result<String, String> {
    let words: Vec<&str> = text.split('-').collect();
    let is_word =
        |word: &&str| word.len() >= 2 && word.bytes().all(|byte| byte.is_ascii_lowercase());
    match words.as_slice() {
        [names @ .., number]
            if names.len() >= 2
                && names.iter().all(is_word)
                && !number.is_empty()
                && number.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            Ok(text.to_owned())
        }
        _ => Err("expected a region such as `eu-west-1`".to_owned()),
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

/// Reads the name or the ARN of a role.
pub(crate) fn service_role(text: &str) -> Result<String, String> {
    let name = match text.split_once(":role/") {
        Some((before, path)) if before.starts_with("arn:") && before.matches(':').count() == 4 => {
            path.rsplit('/').next().unwrap_or_default()
        }
        Some(_) => "",
        None => text,
    };
    let is_name =
        |character: char| character.is_ascii_alphanumeric() || "+=,.@_-".contains(character);
    if (1..=64).contains(&name.len()) && name.chars().all(is_name) {
        return Ok(text.to_owned());
    }
    Err("expected the name of a role or its ARN, `arn:aws:iam::111122223333:role/NAME`".to_owned())
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
    fn account_has_twelve_digits() {
        check(
            account,
            &["111122223333", "000000000001"],
            &["", "1111", "11112222333x", "１１１１"],
        );
    }

    #[test]
    fn region_is_checked_by_its_form() {
        let good = ["eu-west-1", "us-gov-east-1", "ap-southeast-12", "eusc-de-east-1"];
        check(region, &good, &["", "eu", "eu-west", "west-1", "eu-west-1a", "EU-west-1", "eu--1"]);
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
        let good = ["deploy", "arn:aws:iam::111122223333:role/ci/deploy", "a+b=c,d.e@f_g-h"];
        let bad = ["", "a/b", "arn:aws:iam::111122223333:user/x", "arn:aws:iam::1:role/"];
        check(service_role, &good, &bad);
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

//! The roles that an apply made or found, and how they are used next.

use std::fmt::Write as _;

use serde::Serialize;
use stackpass_iam::desired::{Desired, Role};

use crate::text::{HEADING, clean, paint};

/// Who CloudFormation is in a trust policy.
const CLOUDFORMATION: &str = "\"cloudformation.amazonaws.com\"";

/// How the ARN of GitHub's provider ends.
const GITHUB: &str = "/token.actions.githubusercontent.com";

/// What takes the ARN of a role that CloudFormation acts with.
const DEPLOY: [&str; 4] = [
    "cdk deploy --role-arn",
    "sst deploy --role-arn",
    "sam deploy --role-arn",
    "aws cloudformation deploy --template-file FILE --stack-name NAME --role-arn",
];

/// A role for programs.
#[derive(Serialize)]
pub(super) struct RoleView<'a> {
    name: &'a str,
    arn: String,
    /// The lines that use it next.
    uses: Vec<String>,
}

/// The roles of an apply.
pub(super) fn views(wanted: &Desired) -> Vec<RoleView<'_>> {
    let roles = wanted.roles.iter();
    roles
        .map(|role| {
            let arn = wanted.account.role_arn(&role.path, &role.name);
            RoleView { name: &role.name, uses: uses(role, wanted, &arn), arn }
        })
        .collect()
}

/// The same for people.
pub(super) fn text(wanted: &Desired) -> String {
    let mut text = String::new();
    for role in views(wanted) {
        let _ = writeln!(text, "\n{} {}", paint(HEADING, "role"), clean(&role.arn));
        for line in &role.uses {
            let _ = writeln!(text, "  {}", clean(line));
        }
    }
    text
}

fn uses(role: &Role, wanted: &Desired, arn: &str) -> Vec<String> {
    let providers = role.providers(&wanted.account);
    if role.trust.as_str().contains(CLOUDFORMATION) {
        DEPLOY.iter().map(|command| format!("{command} {arn}")).collect()
    } else if providers.iter().any(|provider| provider.ends_with(GITHUB)) {
        vec![format!("role-to-assume: {arn}")]
    } else if !providers.is_empty() {
        vec![format!("AWS_ROLE_ARN: {arn}")]
    } else {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;
    use stackpass_iam::account::Account;
    use stackpass_iam::text::PolicyText;

    use super::*;

    #[track_caller]
    fn check(principal: &str, expected: &[&str]) {
        let account = Account::new("111122223333", "aws");
        let mut wanted = Desired::new("a".parse().unwrap(), account);
        let trust =
            format!(r#"{{"Statement": [{{"Effect": "Allow", "Principal": {principal}}}]}}"#);
        wanted.roles.push(Role {
            name: "app".to_owned(),
            path: "/ci/".to_owned(),
            description: String::new(),
            trust: PolicyText::parse(&trust).unwrap(),
            max_session: None,
            tags: [].into(),
        });
        let text = strip_str(&text(&wanted)).to_string();
        let lines: Vec<&str> = text.trim_start().lines().collect();
        let (role, uses) = lines.split_first().unwrap();
        assert_eq!(*role, "role arn:aws:iam::111122223333:role/ci/app");
        let end = " arn:aws:iam::111122223333:role/ci/app";
        let uses: Vec<&str> = uses.iter().map(|it| it.trim().trim_end_matches(end)).collect();
        assert_eq!(uses, expected);
    }

    #[test]
    fn use_of_a_role_follows_from_who_may_assume_it() {
        check(r#"{"Service": "cloudformation.amazonaws.com"}"#, &DEPLOY);
        let provider = "arn:aws:iam::111122223333:oidc-provider";
        check(
            &format!(r#"{{"Federated": "{provider}/token.actions.githubusercontent.com"}}"#),
            &["role-to-assume:"],
        );
        check(&format!(r#"{{"Federated": ["{provider}/gitlab.com"]}}"#), &["AWS_ROLE_ARN:"]);
        check(r#"{"AWS": "111122223333"}"#, &[]);
    }
}

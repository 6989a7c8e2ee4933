//! Whose credentials are in use.

use std::fmt::Write as _;

use serde::Serialize;

use super::json;
use crate::aws::Aws;
use crate::aws::identity::{Identity, Principal};
use crate::aws::origin::Chosen;
use crate::error::CliError;
use crate::text::{FAINT, HEADING, clean, paint};

/// How wide the column of labels is.
const LABEL: usize = 13;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    version: &'static str,
    account: &'a str,
    arn: &'a str,
    user_id: &'a str,
    partition: &'a str,
    principal: PrincipalView<'a>,
    credentials: &'a str,
    profile: Option<&'a str>,
    region: &'a str,
    region_from: String,
    endpoint: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PrincipalView<'a> {
    kind: &'static str,
    name: Option<&'a str>,
    session: Option<&'a str>,
    permission_set: Option<&'a str>,
}

/// For people.
pub(crate) fn text(aws: &Aws, identity: &Identity) -> String {
    let region = format!("{}  {}", aws.region.value, paint(FAINT, origin(&aws.region)));
    let mut rows = vec![
        ("account", identity.account.clone()),
        ("principal", identity.principal.to_string()),
        ("arn", identity.arn.clone()),
        ("user id", identity.user_id.clone()),
        ("partition", identity.partition().to_owned()),
        ("credentials", aws.credentials.clone()),
    ];
    let mut text = String::new();
    if let Some(endpoint) = aws.config.endpoint_url() {
        rows.push(("endpoint", endpoint.to_owned()));
    }
    for (label, value) in rows {
        let label = format!("{label:LABEL$}");
        let _ = writeln!(text, "{}{}", paint(HEADING, label), clean(&value));
    }
    let _ = writeln!(text, "{}{region}", paint(HEADING, format!("{:LABEL$}", "region")));
    text
}

fn origin(chosen: &Chosen) -> String {
    format!("({})", clean(&chosen.origin.to_string()))
}

/// For programs.
pub(crate) fn json(aws: &Aws, identity: &Identity) -> Result<String, CliError> {
    let (name, session) = match &identity.principal {
        Principal::User { name } | Principal::Federated { name } => (Some(name.as_str()), None),
        Principal::Role { name, session } => (Some(name.as_str()), Some(session.as_str())),
        Principal::Root | Principal::Other => (None, None),
    };
    json::text(&Answer {
        version: env!("CARGO_PKG_VERSION"),
        account: &identity.account,
        arn: &identity.arn,
        user_id: &identity.user_id,
        partition: identity.partition(),
        principal: PrincipalView {
            kind: identity.principal.word(),
            name,
            session,
            permission_set: identity.principal.permission_set(),
        },
        credentials: &aws.credentials,
        profile: aws.profile.as_ref().map(|profile| profile.value.as_str()),
        region: &aws.region.value,
        region_from: aws.region.origin.to_string().replace('`', ""),
        endpoint: aws.config.endpoint_url(),
    })
}

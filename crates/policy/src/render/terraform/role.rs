//! Roles and identity providers in Terraform's language.
//!
//! A role becomes an `aws_iam_role`, an `aws_iam_role_policy` for each inline policy and an
//! `aws_iam_role_policy_attachment` for each managed one.

use super::super::definition::{
    ACCOUNT_ID, OidcProviderDefinition, PARTITION, PolicyRef, RoleDefinition,
};
use super::super::identifier;
use super::{document, list_at, quoted, resource, snake_case};

const ACCOUNT: &str = "${data.aws_caller_identity.current.account_id}";
const OWN_PARTITION: &str = "${data.aws_partition.current.partition}";

/// The blocks of a role. An output gives its ARN.
pub(super) fn blocks(role: &RoleDefinition) -> Vec<String> {
    let label = snake_case(&identifier(&role.name));
    let (data, trust) = document(&format!("{label}_trust"), &role.trust);
    let mut blocks: Vec<String> = data.as_deref().map(interpolated).into_iter().collect();
    let text = |name, value: &Option<String>| value.as_ref().map(|value| (name, quoted(value)));
    let arguments = [
        text("name", &role.role_name),
        text("path", &role.path),
        text("description", &role.description),
        role.max_session.map(|seconds| ("max_session_duration", seconds.to_string())),
        Some(("assume_role_policy", interpolated(&trust))),
        role.boundary.as_ref().map(|boundary| ("permissions_boundary", reference(boundary))),
        role.after.as_ref().map(|name| {
            let provider = snake_case(&identifier(name));
            ("depends_on", format!("[aws_iam_openid_connect_provider.{provider}]"))
        }),
    ];
    let arguments: Vec<_> = arguments.into_iter().flatten().collect();
    blocks.push(resource("aws_iam_role", &label, &arguments));
    for (number, policy) in (1..).zip(&role.policies) {
        let label_of_policy = format!("{label}_inline_{number}");
        let (data, expression) = document(&label_of_policy, &policy.document);
        blocks.extend(data);
        let arguments = [
            ("name", quoted(&policy.name)),
            ("role", format!("aws_iam_role.{label}.name")),
            ("policy", expression),
        ];
        blocks.push(resource("aws_iam_role_policy", &label_of_policy, &arguments));
    }
    for (number, policy) in (1..).zip(&role.managed_policies) {
        let arguments =
            [("role", format!("aws_iam_role.{label}.name")), ("policy_arn", reference(policy))];
        let label = format!("{label}_{number}");
        blocks.push(resource("aws_iam_role_policy_attachment", &label, &arguments));
    }
    blocks.push(format!("output \"{label}_arn\" {{\n  value = aws_iam_role.{label}.arn\n}}\n"));
    blocks
}

/// The block of an identity provider.
pub(super) fn provider(provider: &OidcProviderDefinition) -> String {
    let label = snake_case(&identifier(&provider.name));
    let mut arguments =
        vec![("url", quoted(&provider.url)), ("client_id_list", list_at(&provider.client_ids, 1))];
    if !provider.thumbprints.is_empty() {
        arguments.push(("thumbprint_list", list_at(&provider.thumbprints, 1)));
    }
    resource("aws_iam_openid_connect_provider", &label, &arguments)
}

/// Puts the sources of account and partition in front, if a block asks for them.
pub(super) fn with_sources(blocks: Vec<String>) -> Vec<String> {
    let is_asked = |kind: &&str| {
        let asked = format!("${{data.{kind}.current.");
        let quoted = format!("${asked}");
        blocks.iter().any(|block| block.matches(&asked).count() > block.matches(&quoted).count())
    };
    let sources = ["aws_caller_identity", "aws_partition"].into_iter().filter(is_asked);
    let mut all: Vec<String> =
        sources.map(|kind| format!("data \"{kind}\" \"current\" {{}}\n")).collect();
    all.extend(blocks);
    all
}

fn reference(policy: &PolicyRef) -> String {
    match policy {
        PolicyRef::Arn(arn) => quoted(arn),
        PolicyRef::Named(name) => {
            interpolated(&quoted(&format!("arn:{PARTITION}:iam::{ACCOUNT_ID}:policy/{name}")))
        }
        PolicyRef::Defined(name) => {
            format!("aws_iam_policy.{}.arn", snake_case(&identifier(name)))
        }
    }
}

/// A written text with partition and account filled in. Quoting has made `$${` of their `${`, and of nothing else.
fn interpolated(text: &str) -> String {
    text.replace(&format!("${PARTITION}"), OWN_PARTITION)
        .replace(&format!("${ACCOUNT_ID}"), ACCOUNT)
}

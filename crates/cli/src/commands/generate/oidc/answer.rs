//! The answer in its forms, and how to use it.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::value::RawValue;
use stackpass_policy::render::{
    Definition, NamedDocument, OidcProviderDefinition, PolicyDefinition, PolicyRef, RoleDefinition,
    render, render_definitions,
};

use super::{AUDIENCE, Access, AttachedPolicy, OidcArgs, REGION, ROLE_ARN, host};
use crate::args::{PolicyFormat, Reader};
use crate::error::CliError;
use crate::exit::Exit;
use crate::files::{self, NewFile};
use crate::output::Output;
use crate::policies::name_of_role;
use crate::text::{HEADING, HINT, WARNING, clean, paint, quoted, wrap};
use crate::view::json;

/// The audience that `stackpass apply --oidc-provider` takes where none is given.
const USUAL_AUDIENCE: &str = "sts.amazonaws.com";

/// Prints the answer and how to use it.
pub(super) fn print(
    access: &Access<'_>,
    args: &OidcArgs,
    output: &mut Output<'_>,
) -> Result<Exit, CliError> {
    let (stem, text) = text(access, args.format);
    if let Some(folder) = &args.out {
        let name = format!("{stem}.{}", args.format.extension());
        output.talk(&files::write(folder, &[NewFile { name, text: text.clone() }])?);
    }
    match args.output.output {
        Reader::Human => {
            if args.out.is_none() {
                output.answer(&text)?;
            }
            output.talk(&talk(access, args.format));
        }
        Reader::Json => output.answer(&json(access, args.format)?)?,
    }
    Ok(Exit::Done)
}

/// The answer, and what a file of it is called.
fn text(access: &Access<'_>, format: PolicyFormat) -> (String, String) {
    match format {
        PolicyFormat::Json | PolicyFormat::Yaml => {
            let trust = NamedDocument { name: "trust".to_owned(), document: access.trust.clone() };
            ("trust".to_owned(), render(&[trust], format.format()))
        }
        PolicyFormat::CloudFormation | PolicyFormat::Cdk | PolicyFormat::Terraform => {
            let name = format!("{}-role", access.pipeline.brand.to_ascii_lowercase());
            (name, render_definitions(&definitions(access), format.format()))
        }
    }
}

fn definitions(access: &Access<'_>) -> Vec<Definition> {
    let policies = access.policies.iter().map(|policy| PolicyDefinition {
        document: policy.document.clone(),
        policy_name: Some(name_of_role(&access.role_name, &policy.stem)),
    });
    let provider = access.provider_is_new.then(|| OidcProviderDefinition {
        name: format!("{}Provider", logical(access.pipeline.brand)),
        url: access.pipeline.url.clone(),
        client_ids: vec![access.audience.clone()],
        thumbprints: Vec::new(),
    });
    let reference = |policy: &AttachedPolicy| PolicyRef::Defined(policy.document.name.clone());
    let name = format!("{}Role", logical(access.pipeline.brand));
    let role = RoleDefinition {
        role_name: Some(access.role_name.clone()),
        description: Some(format!("What pipelines of {} deploy with", access.pipeline.brand)),
        managed_policies: access.policies.iter().map(reference).collect(),
        after: provider.as_ref().map(|provider| provider.name.clone()),
        ..RoleDefinition::new(name, access.open_trust.clone())
    };
    policies
        .map(Definition::from)
        .chain(provider.map(Definition::from))
        .chain([Definition::from(role)])
        .collect()
}

/// The brand as one word, so that no format cuts it into two.
fn logical(brand: &str) -> String {
    let mut letters = brand.chars();
    let first = letters.next();
    first.into_iter().chain(letters.map(|letter| letter.to_ascii_lowercase())).collect()
}

fn talk(access: &Access<'_>, format: PolicyFormat) -> String {
    let mut text = String::from("\n");
    let _ = writeln!(text, "{} tokens of", paint(HEADING, "Trusts"));
    for subject in &access.pipeline.subjects {
        let _ = writeln!(text, "  {}", clean(subject));
    }
    text.push('\n');
    for warning in &access.pipeline.warnings {
        let warning = wrap(&format!("warning: {}", clean(warning)), 0);
        text.push_str(&warning.replacen("warning:", &paint(WARNING, "warning:"), 1));
    }
    if !access.pipeline.warnings.is_empty() {
        text.push('\n');
    }
    if let Some(command) = own_command(access, format) {
        let saved = if access.is_saved { "" } else { ", once saved with `--out .`" };
        let _ = writeln!(text, "{}{saved}", paint(HEADING, "Set up"));
        let _ = writeln!(text, "  {}", clean(&command));
        let commands = aws_commands(access, format);
        if !commands.is_empty() {
            text.push_str("or with the AWS CLI\n");
        }
        for command in commands {
            let _ = writeln!(text, "  {}", clean(&command));
        }
        text.push('\n');
    }
    let _ = writeln!(text, "{} {}", paint(HEADING, "In"), access.pipeline.file);
    for line in snippet(access).lines() {
        let _ = writeln!(text, "  {}", clean(line));
    }
    text.push('\n');
    for hint in hints(access, format) {
        text.push_str(&wrap(&format!("hint: {hint}"), 0).replacen(
            "hint:",
            &paint(HINT, "hint:"),
            1,
        ));
    }
    text
}

fn hints(access: &Access<'_>, format: PolicyFormat) -> Vec<String> {
    let mut hints = access.pipeline.hints.clone();
    let makes_provider = access.provider_is_new && !is_of_documents(format);
    if makes_provider {
        hints.push(
            "an account has one provider for each URL: `--existing-provider` leaves it out"
                .to_owned(),
        );
    }
    if format == PolicyFormat::CloudFormation {
        hints.push("a stack of this template needs `--capabilities CAPABILITY_NAMED_IAM`, since the role has a name".to_owned());
    }
    if access.policies.is_empty() {
        hints.push("the role has no permissions yet: `--policy FILE` gives it some, the caller policy of `stackpass generate` for one".to_owned());
    }
    if access.account.is_none() {
        hints.push(if is_of_documents(format) {
            "put the account in the place of ACCOUNT_ID, or give it with `--account`".to_owned()
        } else {
            "`--account ID` names the account in the lines above".to_owned()
        });
    }
    hints
}

fn is_of_documents(format: PolicyFormat) -> bool {
    matches!(format, PolicyFormat::Json | PolicyFormat::Yaml)
}

/// How to make provider and role of the trust policy, where the answer does not make them itself: with one command of ours.
fn own_command(access: &Access<'_>, format: PolicyFormat) -> Option<String> {
    if !is_of_documents(format) {
        return None;
    }
    let mut command = format!("stackpass apply --create-role {}", quoted(&access.role_name));
    let mut add = |option: &str, value: &str| {
        let _ = write!(command, " {option} {}", quoted(value));
    };
    add("--trust", &access.trust_file);
    if access.provider_is_new {
        add("--oidc-provider", &access.pipeline.url);
        if access.audience != USUAL_AUDIENCE {
            add("--oidc-audience", &access.audience);
        }
    }
    for policy in &access.policies {
        add("--policy", &policy.path);
    }
    if let Some(account) = &access.account {
        add("--expect-account", account);
    }
    Some(command)
}

/// The same with the commands of AWS, which read JSON only.
fn aws_commands(access: &Access<'_>, format: PolicyFormat) -> Vec<String> {
    if format != PolicyFormat::Json {
        return Vec::new();
    }
    let Access { role_name, audience, trust_file, .. } = access;
    let file = |path: &str| quoted(&format!("file://{path}")).into_owned();
    let mut commands = Vec::new();
    if access.provider_is_new {
        commands.push(format!(
            "aws iam create-open-id-connect-provider --url {} --client-id-list {}",
            access.pipeline.url,
            quoted(audience)
        ));
    }
    commands.push(format!(
        "aws iam create-role --role-name {role_name} --assume-role-policy-document {}",
        file(trust_file)
    ));
    commands.extend(access.policies.iter().map(|policy| {
        let (name, path) = (&policy.document.name, file(&policy.path));
        format!("aws iam put-role-policy --role-name {role_name} --policy-name {name} --policy-document {path}")
    }));
    commands
}

fn snippet(access: &Access<'_>) -> String {
    access
        .pipeline
        .snippet
        .replace(ROLE_ARN, &access.role_arn)
        .replace(REGION, access.region.as_deref().unwrap_or("eu-west-1"))
        .replace(AUDIENCE, &access.audience)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    version: &'static str,
    provider: ProviderView<'a>,
    role: RoleView<'a>,
    subjects: &'a [String],
    trust: Box<RawValue>,
    policies: Vec<PolicyView<'a>>,
    commands: Vec<String>,
    pipeline: String,
    warnings: &'a [String],
    hints: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ProviderView<'a> {
    url: &'a str,
    arn: String,
    audience: &'a str,
    is_new: bool,
}

#[derive(Serialize)]
struct RoleView<'a> {
    name: &'a str,
    arn: &'a str,
}

#[derive(Serialize)]
struct PolicyView<'a> {
    name: &'a str,
    file: &'a str,
    document: Box<RawValue>,
}

fn json(access: &Access<'_>, format: PolicyFormat) -> Result<String, CliError> {
    let url = access.pipeline.url.as_str();
    let before = access.role_arn.split(":role/").next().unwrap_or_default();
    let policies = access.policies.iter().map(|policy| {
        Ok(PolicyView {
            name: &policy.document.name,
            file: &policy.path,
            document: json::document(&policy.document.document, 3)?,
        })
    });
    json::text(&Answer {
        version: env!("CARGO_PKG_VERSION"),
        provider: ProviderView {
            url,
            arn: format!("{before}:oidc-provider/{}", host(url)),
            audience: &access.audience,
            is_new: access.provider_is_new,
        },
        role: RoleView { name: &access.role_name, arn: &access.role_arn },
        subjects: &access.pipeline.subjects,
        trust: json::document(&access.trust, 1)?,
        policies: policies.collect::<Result<_, CliError>>()?,
        commands: own_command(access, format)
            .into_iter()
            .chain(aws_commands(access, format))
            .collect(),
        pipeline: snippet(access),
        warnings: &access.pipeline.warnings,
        hints: hints(access, format),
    })
}

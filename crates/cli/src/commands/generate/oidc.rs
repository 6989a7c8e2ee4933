//! What the commands for pipelines have in common: a role that is assumed with the token of a pipeline, not with a key.

mod answer;
pub(super) mod refs;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use stackpass_ground::account::AccountId;
use stackpass_ground::partition::Partition;
use stackpass_ground::region::Region;
use stackpass_ground::source::{LocatedDiagnostic, Severity};
use stackpass_policy::condition::{Comparison, Conditions};
use stackpass_policy::document::Document;
use stackpass_policy::minimize::Limits;
use stackpass_policy::read;
use stackpass_policy::render::{ACCOUNT_ID, NamedDocument, PARTITION};
use stackpass_policy::size::size;
use stackpass_policy::trust;

use crate::args::words;
use crate::args::{AwsArgs, OutputArgs, PolicyFormat};
use crate::error::{CliError, Kind};
use crate::exit::Exit;
use crate::input;
use crate::output::Output;
use crate::view::summary;

/// The options of every command for pipelines.
#[derive(Args, Debug)]
pub(super) struct OidcArgs {
    /// Name of the role; else one made of the name of the project
    #[arg(long, value_name = "NAME", value_parser = super::service_role::role_name, help_heading = "Role")]
    role_name: Option<String>,
    /// Account of the role, 12 digits
    #[arg(long, value_name = "ID", value_parser = words::account, help_heading = "Role")]
    account: Option<AccountId>,
    /// Partition of the account
    #[arg(long, value_parser = words::partitions(), hide_possible_values = true, help_heading = "Role")]
    partition: Option<Partition>,
    /// Policy that the role is given (can be repeated)
    #[arg(long = "policy", value_name = "FILE", help_heading = "Role")]
    policies: Vec<PathBuf>,
    /// The account has the identity provider already; there can be one for each URL
    #[arg(long, help_heading = "Identity provider")]
    existing_provider: bool,
    /// Audience of the tokens, if it is not the usual one
    #[arg(long, value_name = "TEXT", value_parser = audience, help_heading = "Identity provider")]
    audience: Option<String>,
    /// Format of the answer
    ///
    /// JSON and YAML are the trust policy alone; the other formats make provider, role and policies.
    #[arg(long, value_enum, default_value_t = PolicyFormat::Json, help_heading = "Output")]
    format: PolicyFormat,
    /// Write a file into this folder
    #[arg(long, value_name = "FOLDER", help_heading = "Output")]
    out: Option<PathBuf>,
    #[command(flatten)]
    output: OutputArgs,
}

impl OidcArgs {
    /// The audience, if it is not the usual one.
    pub(super) fn audience(&self) -> Option<&str> {
        self.audience.as_deref()
    }
}

/// Stand for values in the file of a pipeline. No name that a user gives has such characters.
pub(super) const ROLE_ARN: char = '\u{1}';
pub(super) const REGION: char = '\u{2}';
pub(super) const AUDIENCE: char = '\u{3}';

/// A pipeline, as its own command describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pipeline {
    /// Whose tokens they are, in upper camel case.
    pub(super) brand: &'static str,
    /// The URL of the identity provider.
    pub(super) url: String,
    /// The usual audience of its tokens.
    pub(super) audience: String,
    /// The subjects that are let in; `*` and `?` are wildcards, `${` is written as IAM wants it.
    pub(super) subjects: Vec<String>,
    /// A name for the role.
    pub(super) role_name: String,
    /// What to be careful with.
    pub(super) warnings: Vec<String>,
    /// What may have to be said.
    pub(super) hints: Vec<String>,
    /// What the file of the pipeline has to have; [`ROLE_ARN`], [`REGION`] and [`AUDIENCE`] stand for their values.
    pub(super) snippet: String,
    /// What that file is called.
    pub(super) file: &'static str,
}

/// All that is answered.
#[derive(Debug)]
struct Access<'a> {
    pipeline: &'a Pipeline,
    role_name: String,
    /// To copy; what is not known has a placeholder.
    role_arn: String,
    audience: String,
    provider_is_new: bool,
    trust: Document,
    /// The trust policy with what the formats fill in.
    open_trust: Document,
    policies: Vec<AttachedPolicy>,
    /// The file of the trust policy, as it is written or would be.
    trust_file: String,
    /// Whether it is written.
    is_saved: bool,
    account: Option<String>,
    region: Option<String>,
}

/// A policy of the user's.
#[derive(Debug)]
struct AttachedPolicy {
    path: String,
    /// The name of its file.
    stem: String,
    document: NamedDocument,
}

/// Makes the answer for a pipeline and prints it.
pub(super) fn run(
    args: &OidcArgs,
    pipeline: &Pipeline,
    aws: &AwsArgs,
    output: &mut Output<'_>,
) -> Result<Exit, CliError> {
    let mut policies = Vec::new();
    for path in &args.policies {
        let (policy, problems) = policy(path)?;
        output.talk(&summary::problems(&problems));
        match policy {
            Some(policy) => policies.push(policy),
            None => return Ok(Exit::Input),
        }
    }
    no_doubles(&policies)?;
    let role_name = args.role_name.clone().unwrap_or_else(|| short(&pipeline.role_name));
    let audience = args.audience.clone().unwrap_or_else(|| pipeline.audience.clone());
    let trust = |partition: &str, account: &str| {
        let host = host(&pipeline.url);
        let provider = format!("arn:{partition}:iam::{account}:oidc-provider/{host}");
        trust::by_web_identity(&provider, conditions(host, &audience, &pipeline.subjects))
    };
    let partition = args.partition.map(Partition::as_str);
    let account = args.account.as_ref().map(AccountId::as_str);
    let shown = (partition.unwrap_or("aws"), account.unwrap_or("ACCOUNT_ID"));
    let access = Access {
        role_arn: format!("arn:{}:iam::{}:role/{role_name}", shown.0, shown.1),
        role_name,
        provider_is_new: !args.existing_provider,
        trust: trust(shown.0, shown.1),
        open_trust: trust(partition.unwrap_or(PARTITION), account.unwrap_or(ACCOUNT_ID)),
        audience,
        pipeline,
        policies,
        trust_file: {
            let folder = args.out.as_deref().unwrap_or(Path::new(""));
            let name = format!("trust.{}", args.format.extension());
            folder.join(name).display().to_string()
        },
        is_saved: args.out.is_some(),
        account: account.map(str::to_owned),
        region: aws.region.as_ref().map(Region::to_string),
    };
    answer::print(&access, args, output)
}

/// The URL without its scheme, as ARNs and condition keys have it.
fn host(url: &str) -> &str {
    url.strip_prefix("https://").unwrap_or(url)
}

/// Audience and subject of a token. Exact subjects are compared as they are; with a wildcard among them all are patterns,
/// since two operators on the same key would both have to hold.
fn conditions(host: &str, audience: &str, subjects: &[String]) -> Conditions {
    let has_wildcard = subjects.iter().any(|subject| subject.contains(['*', '?']));
    let comparison = if has_wildcard { Comparison::StringLike } else { Comparison::StringEquals };
    let mut conditions = Conditions::new();
    for (comparison, claim, values) in [
        (Comparison::StringEquals, "aud", &[audience.to_owned()][..]),
        (comparison, "sub", subjects),
    ] {
        if let Ok(key) = format!("{host}:{claim}").parse() {
            conditions.add(comparison, key, values.iter().cloned());
        }
    }
    conditions
}

/// Reads a policy to attach. It must be one of an identity, and fit into a managed policy.
fn policy(path: &Path) -> Result<(Option<AttachedPolicy>, Vec<LocatedDiagnostic>), CliError> {
    let source = Arc::new(input::read(path)?);
    let (document, diagnostics) = read::read(&source);
    let has_error = diagnostics.iter().any(|problem| problem.severity == Severity::Error);
    let problems: Vec<LocatedDiagnostic> = diagnostics
        .into_iter()
        .map(|diagnostic| LocatedDiagnostic { source: Arc::clone(&source), diagnostic })
        .collect();
    let Some(document) = document.filter(|_| !has_error) else { return Ok((None, problems)) };
    let shown = path.display().to_string();
    if document.statements.is_empty()
        || document.statements.iter().any(|it| it.principal.is_some() || it.resources.is_none())
    {
        let message = format!("`{shown}` is no policy of permissions");
        return Err(CliError::new(Kind::Input, message).with_hint(
            "its statements need `Resource` and no `Principal`; is it a trust policy?",
        ));
    }
    let (found, allowed) = (size(&document), Limits::MANAGED.characters);
    if found > allowed {
        let message = format!("`{shown}` has {found} characters, a managed policy {allowed}");
        return Err(CliError::new(Kind::OverQuota, message)
            .with_hint("`stackpass generate` splits policies that are too large"));
    }
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let stem = stem.unwrap_or_default();
    let name = upper_camel(&stem);
    let document = NamedDocument { name, document };
    Ok((Some(AttachedPolicy { path: shown, stem, document }), problems))
}

fn no_doubles(policies: &[AttachedPolicy]) -> Result<(), CliError> {
    for (index, policy) in policies.iter().enumerate() {
        let is_same = |other: &&AttachedPolicy| other.document.name == policy.document.name;
        if let Some(other) = policies.iter().take(index).find(is_same) {
            let message =
                format!("`{}` and `{}` would have the same name", other.path, policy.path);
            return Err(CliError::new(Kind::Usage, message).with_hint("rename one of the files"));
        }
    }
    Ok(())
}

/// A file's name as the name of a definition; one of a service role's files says so.
fn upper_camel(stem: &str) -> String {
    let words = stem.split(|character: char| !character.is_ascii_alphanumeric());
    let capital = |word: &str| {
        let mut letters = word.chars();
        let first = letters.next().map(|first| first.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    };
    let name: String = words.map(capital).collect();
    format!("Stackpass{name}")
}

/// The longest name of a role that begins like this.
fn short(name: &str) -> String {
    let name: String = name.chars().take(64).collect();
    name.trim_end_matches(['-', '.', '_']).to_owned()
}

/// Reads an audience.
fn audience(text: &str) -> Result<String, String> {
    let is_plain = |character: char| character.is_ascii_graphic() && !"*?$\"\\".contains(character);
    if (1..=255).contains(&text.len()) && text.chars().all(is_plain) {
        return Ok(text.to_owned());
    }
    Err("an audience is a name or a URL, without spaces and wildcards".to_owned())
}

/// Reads the URL of an identity provider, as IAM takes it: without port, query and fragment.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html>
pub(super) fn provider_url(text: &str) -> Result<String, String> {
    let trimmed = text.trim_end_matches('/');
    let rest = trimmed.strip_prefix("https://").unwrap_or_default();
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && label.chars().all(|it| it.is_ascii_alphanumeric() || it == '-')
    };
    let is_step = |step: &str| {
        !step.is_empty()
            && step != ".."
            && step.chars().all(|it| it.is_ascii_alphanumeric() || "._~-".contains(it))
    };
    let fits = text.len() <= 255
        && host.contains('.')
        && host.split('.').all(is_label)
        && (path.is_empty() || path.split('/').all(is_step));
    if fits {
        return Ok(trimmed.to_owned());
    }
    Err("expected a URL such as `https://gitlab.example.com`, without port and query".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn provider_url_is_what_iam_takes() {
        assert_eq!(provider_url("https://a.example/"), Ok("https://a.example".to_owned()));
        let path = "https://github.example.com/_services/token";
        assert_eq!(provider_url(path), Ok(path.to_owned()));
        for bad in [
            "",
            "https://",
            "https://localhost",
            "http://a.example",
            "https://a.example:8443",
            "https://a.example/?q",
            "https://a.example/../b",
            "https://*.example",
            "https://a..example",
            "https://user@a.example",
            "https://a.example/a b",
        ] {
            assert!(provider_url(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn names_of_files_become_names_of_definitions() {
        assert_eq!(upper_camel("caller"), "StackpassCaller");
        assert_eq!(upper_camel("my deploy-policy.v2"), "StackpassMyDeployPolicyV2");
        assert_eq!(upper_camel("ä"), "Stackpass");
    }

    #[test]
    fn one_wildcard_makes_patterns_of_all_subjects() {
        let shown = |subjects: &[&str]| {
            let subjects: Vec<String> = subjects.iter().map(|it| (*it).to_owned()).collect();
            let conditions = conditions("a.example", "me", &subjects);
            let shown: Vec<String> = conditions
                .iter()
                .map(|(operator, key, values)| format!("{operator} {key} {values:?}"))
                .collect();
            shown
        };
        assert_eq!(
            shown(&["a", "b"]),
            [r#"StringEquals a.example:aud {"me"}"#, r#"StringEquals a.example:sub {"a", "b"}"#]
        );
        assert_eq!(
            shown(&["a", "b*"]),
            [r#"StringEquals a.example:aud {"me"}"#, r#"StringLike a.example:sub {"a", "b*"}"#]
        );
    }
}

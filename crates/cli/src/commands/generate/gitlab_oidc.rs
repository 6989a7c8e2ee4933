//! `stackpass generate gitlab-oidc`.

use clap::Args;

use super::oidc::{self, AUDIENCE, OidcArgs, Pipeline, REGION, ROLE_ARN, provider_url, refs};
use crate::args::AwsArgs;
use crate::error::{CliError, Kind};
use crate::exit::Exit;
use crate::output::Output;

/// Let GitLab pipelines deploy without stored keys
///
/// The answer is the trust policy of a role that pipelines of one project can assume, with the token that GitLab gives them.
/// In CloudFormation, CDK and Terraform it also makes the identity provider and the role. What to write into
/// `.gitlab-ci.yml` is told on standard error.
///
/// Without --branch and --tag, pipelines of the branch `main` are trusted.
#[derive(Args)]
#[command(after_help = "\
Examples:
  stackpass generate gitlab-oidc --project acme/shop --account 111122223333
  stackpass generate gitlab-oidc --project acme/web/shop --tag 'v*' --format terraform
  stackpass generate gitlab-oidc --project acme/shop --url https://gitlab.example.com")]
pub(crate) struct GitlabOidcArgs {
    /// Path of the project, with all its groups
    #[arg(long, value_name = "GROUP/PROJECT", value_parser = project, help_heading = "Pipelines")]
    project: String,
    /// Pipelines of this branch; `*` stands for any text (can be repeated)
    #[arg(long = "branch", value_name = "NAME", value_parser = refs::branch, help_heading = "Pipelines")]
    branches: Vec<String>,
    /// Pipelines of this tag; without a name, of any tag (can be repeated)
    #[arg(long = "tag", value_name = "NAME", value_parser = refs::tag, num_args = 0..=1, default_missing_value = "*", help_heading = "Pipelines")]
    tags: Vec<String>,
    /// Refused, with what to do in its place
    #[arg(long = "environment", value_name = "NAME", hide = true)]
    environments: Vec<String>,
    /// Address of GitLab
    #[arg(long, value_name = "URL", default_value = "https://gitlab.com", value_parser = provider_url, help_heading = "Identity provider")]
    url: String,
    #[command(flatten)]
    oidc: OidcArgs,
}

/// Makes the trust policy and prints it.
pub(crate) fn run(
    args: &GitlabOidcArgs,
    aws: &AwsArgs,
    output: &mut Output<'_>,
) -> Result<Exit, CliError> {
    if !args.environments.is_empty() {
        let message = "the subject of GitLab's tokens names no environment, and AWS looks at no other claim of them";
        return Err(CliError::new(Kind::Usage, message).with_hint(
            "give the branch or tag that deploys the environment, and protect it in GitLab",
        ));
    }
    oidc::run(&args.oidc, &pipeline(args), aws, output)
}

fn pipeline(args: &GitlabOidcArgs) -> Pipeline {
    let of = |kind: &str, names: &[String]| {
        let subject = |name: &String| {
            format!("project_path:{}:ref_type:{kind}:ref:{}", args.project, refs::literal(name))
        };
        names.iter().map(subject).collect::<Vec<_>>()
    };
    let mut subjects = of("branch", &args.branches);
    subjects.extend(of("tag", &args.tags));
    if subjects.is_empty() {
        subjects = of("branch", &["main".to_owned()]);
    }
    subjects.sort();
    subjects.dedup();
    let mut warnings = Vec::new();
    for (kind, names) in [("branch", &args.branches), ("tag", &args.tags)] {
        if names.iter().any(|name| name == "*") {
            warnings.push(format!("every {kind} is trusted: who may push one may use the role"));
        }
    }
    let hint = "the subject is GitLab's usual one; a project can change it with `ci_id_token_sub_claim_components`";
    Pipeline {
        brand: "GitLab",
        url: args.url.clone(),
        audience: args.url.clone(),
        subjects,
        role_name: format!("gitlab-{}", args.project.replace('/', "-")),
        warnings,
        hints: vec![hint.to_owned()],
        snippet: snippet(),
        file: ".gitlab-ci.yml",
    }
}

fn snippet() -> String {
    format!(
        "\
deploy:
  id_tokens:
    AWS_TOKEN:
      aud: {AUDIENCE}
  variables:
    AWS_ROLE_ARN: {ROLE_ARN}
    AWS_REGION: {REGION}
  before_script:
    - export AWS_WEB_IDENTITY_TOKEN_FILE=\"$(mktemp)\"
    - echo \"$AWS_TOKEN\" > \"$AWS_WEB_IDENTITY_TOKEN_FILE\"
"
    )
}

/// Reads the path of a project: a group, perhaps more groups, and the project.
/// <https://docs.gitlab.com/user/reserved_names/>
fn project(text: &str) -> Result<String, String> {
    let is_step = |step: &str| {
        let first = step.chars().next();
        first.is_some_and(|it| it.is_ascii_alphanumeric() || it == '_')
            && step.chars().all(|it| it.is_ascii_alphanumeric() || "._-".contains(it))
            && !step.ends_with('.')
            && !step.contains("..")
    };
    if text.contains(['*', '?']) {
        return Err("a wildcard would trust projects of others; name one project".to_owned());
    }
    if text.len() <= 255 && text.contains('/') && text.split('/').all(is_step) {
        return Ok(text.to_owned());
    }
    Err("expected GROUP/PROJECT, as in the project's address".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn project_is_one() {
        for good in ["acme/shop", "acme/web/shop.js", "_a/b-c"] {
            assert_eq!(project(good).as_deref(), Ok(good));
        }
        for bad in [
            "",
            "acme",
            "acme/",
            "/shop",
            "acme/*",
            "*/shop",
            "acme//shop",
            "acme/..",
            "acme/../b",
            "a b/c",
            "acme/x:y",
            "https://gitlab.com/acme/shop",
            "acme/s?p",
        ] {
            assert!(project(bad).is_err(), "{bad}");
        }
    }
}

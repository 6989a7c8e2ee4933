//! `stackpass generate github-oidc`.

use clap::Args;

use super::oidc::{self, AUDIENCE, OidcArgs, Pipeline, REGION, ROLE_ARN, provider_url, refs};
use crate::args::AwsArgs;
use crate::error::{CliError, Kind};
use crate::exit::Exit;
use crate::output::Output;

/// Let GitHub Actions deploy without stored keys
///
/// The answer is the trust policy of a role that runs of one repository can assume, with the token that GitHub gives them.
/// In CloudFormation, CDK and Terraform it also makes the identity provider and the role. What to write into the workflow
/// is told on standard error.
///
/// Without --branch, --tag, --environment and --pull-request, runs of the branch `main` are trusted.
#[derive(Args)]
#[command(after_help = "\
Examples:
  stackpass generate github-oidc --repo acme/shop --account 111122223333
  stackpass generate github-oidc --repo acme/shop --environment production --policy policies/caller.json --format cdk
  stackpass generate github-oidc --repo acme/shop --owner-id 1234567 --repo-id 89012345 --branch main")]
pub(crate) struct GithubOidcArgs {
    /// Repository
    #[arg(long, value_name = "ORG/REPO", value_parser = repository, help_heading = "Runs")]
    repo: (String, String),
    /// Id of the repository's owner, which is part of the subject if the repository is newer than July 15, 2026
    #[arg(long, value_name = "NUMBER", requires = "repo_id", help_heading = "Runs")]
    owner_id: Option<u64>,
    /// Id of the repository
    #[arg(long, value_name = "NUMBER", requires = "owner_id", help_heading = "Runs")]
    repo_id: Option<u64>,
    /// Runs of this branch; `*` stands for any text (can be repeated)
    #[arg(long = "branch", value_name = "NAME", value_parser = refs::branch, help_heading = "Runs")]
    branches: Vec<String>,
    /// Runs of this tag; without a name, of any tag (can be repeated)
    #[arg(long = "tag", value_name = "NAME", value_parser = refs::tag, num_args = 0..=1, default_missing_value = "*", help_heading = "Runs")]
    tags: Vec<String>,
    /// Jobs with this environment, whatever their branch (can be repeated)
    #[arg(long = "environment", value_name = "NAME", value_parser = refs::environment, help_heading = "Runs")]
    environments: Vec<String>,
    /// Runs of pull requests
    #[arg(long, help_heading = "Runs")]
    pull_request: bool,
    /// Issuer of the tokens, for GitHub Enterprise
    #[arg(long, value_name = "URL", default_value = URL, value_parser = provider_url, help_heading = "Identity provider")]
    url: String,
    #[command(flatten)]
    oidc: OidcArgs,
}

/// The issuer of tokens on github.com.
const URL: &str = "https://token.actions.githubusercontent.com";

/// Makes the trust policy and prints it.
pub(crate) fn run(
    args: &GithubOidcArgs,
    aws: &AwsArgs,
    output: &mut Output<'_>,
) -> Result<Exit, CliError> {
    let is_enterprise = args.url != URL;
    if is_enterprise && args.owner_id.is_some() && !args.url.contains(".ghe.com") {
        let message = "GitHub Enterprise Server has no ids in its subjects";
        let error = CliError::new(Kind::Usage, message);
        return Err(error.with_hint("leave out `--owner-id` and `--repo-id`"));
    }
    oidc::run(&args.oidc, &pipeline(args), aws, output)
}

fn pipeline(args: &GithubOidcArgs) -> Pipeline {
    let (owner, repo) = &args.repo;
    let id = |id: Option<u64>| id.map_or_else(String::new, |id| format!("@{id}"));
    let repository = format!("repo:{owner}{}/{repo}{}", id(args.owner_id), id(args.repo_id));
    Pipeline {
        brand: "GitHub",
        url: args.url.clone(),
        audience: "sts.amazonaws.com".to_owned(),
        subjects: runs(args).into_iter().map(|run| format!("{repository}:{run}")).collect(),
        role_name: format!("github-{owner}-{repo}"),
        warnings: warnings(args),
        hints: hints(args),
        snippet: snippet(args),
        file: ".github/workflows/NAME.yml",
    }
}

/// What follows the repository in a subject. A colon in a name is written as `%3A` there.
/// <https://docs.github.com/en/actions/reference/security/oidc#example-subject-claims>
fn runs(args: &GithubOidcArgs) -> Vec<String> {
    let of = |kind: &'static str, names: &[String]| {
        let name = |name: &String| format!("{kind}:{}", refs::literal(&name.replace(':', "%3A")));
        names.iter().map(name).collect::<Vec<_>>()
    };
    let heads: Vec<String> = args.branches.iter().map(|it| format!("refs/heads/{it}")).collect();
    let tags: Vec<String> = args.tags.iter().map(|it| format!("refs/tags/{it}")).collect();
    let mut runs = of("ref", &heads);
    runs.extend(of("ref", &tags));
    runs.extend(of("environment", &args.environments));
    if args.pull_request {
        runs.push("pull_request".to_owned());
    }
    if runs.is_empty() {
        runs.push("ref:refs/heads/main".to_owned());
    }
    runs.sort();
    runs.dedup();
    runs
}

fn warnings(args: &GithubOidcArgs) -> Vec<String> {
    let mut warnings = Vec::new();
    if args.branches.iter().any(|it| it == "*") {
        warnings.push("every branch is trusted: who may push one may use the role".to_owned());
    }
    if args.tags.iter().any(|it| it == "*") {
        warnings.push("every tag is trusted: who may push one may use the role".to_owned());
    }
    if args.environments.iter().any(|it| it == "*") {
        warnings.push("every environment is trusted, also those without rules".to_owned());
    }
    if args.pull_request {
        warnings.push("pull requests run code that nobody has approved: give this role nothing that changes something".to_owned());
    }
    warnings
}

fn hints(args: &GithubOidcArgs) -> Vec<String> {
    let mut hints = Vec::new();
    let (owner, repo) = &args.repo;
    if args.owner_id.is_none() && args.url == URL {
        hints.push(format!("a repository that was made, renamed or moved after July 15, 2026 has ids in its subject: give them with `--owner-id` and `--repo-id`; `gh api repos/{owner}/{repo} --jq '.owner.id, .id'` shows them, `gh api repos/{owner}/{repo}/actions/oidc/customization/sub` whether they are used"));
    }
    if args.environments.is_empty() {
        hints.push("the subject of a job with an `environment` names that and no branch: it needs `--environment`".to_owned());
    }
    hints
}

fn snippet(args: &GithubOidcArgs) -> String {
    let audience = match args.oidc.audience() {
        Some(_) => format!("          audience: {AUDIENCE}\n"),
        None => String::new(),
    };
    let environment = match args.environments.as_slice() {
        [only] if !only.contains(['*', '?']) => {
            format!("    environment: '{}'\n", only.replace('\'', "''"))
        }
        _ => String::new(),
    };
    format!(
        "\
permissions:
  id-token: write
  contents: read
jobs:
  deploy:
    runs-on: ubuntu-latest
{environment}    steps:
      - uses: aws-actions/configure-aws-credentials@v6
        with:
          role-to-assume: {ROLE_ARN}
          aws-region: {REGION}
{audience}"
    )
}

/// Reads `ORG/REPO`. Wildcards are refused: a role for more than one repository should name each.
fn repository(text: &str) -> Result<(String, String), String> {
    let is_owner = |owner: &str| {
        (1..=100).contains(&owner.len())
            && !owner.starts_with('-')
            && owner.chars().all(|it| it.is_ascii_alphanumeric() || "-_".contains(it))
    };
    let is_repository = |repo: &str| {
        (1..=100).contains(&repo.len())
            && !matches!(repo, "." | "..")
            && repo.chars().all(|it| it.is_ascii_alphanumeric() || "._-".contains(it))
    };
    if text.contains(['*', '?']) {
        return Err("a wildcard would trust repositories of others; name one repository".to_owned());
    }
    match text.split_once('/') {
        Some((owner, repo)) if is_owner(owner) && is_repository(repo) => {
            Ok((owner.to_owned(), repo.to_owned()))
        }
        _ => Err("expected ORG/REPO, as in the repository's address".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repository_is_one() {
        let good = repository("acme/shop.js");
        assert_eq!(good, Ok(("acme".to_owned(), "shop.js".to_owned())));
        for bad in [
            "",
            "acme",
            "acme/",
            "/shop",
            "acme/*",
            "*/shop",
            "acme/a/b",
            "acme/..",
            "ac me/x",
            "acme/x y",
            "acme/x:y",
            "-a/b",
            "https://github.com/acme/shop",
            "acme/sh?p",
            "acme/${x}",
        ] {
            assert!(repository(bad).is_err(), "{bad}");
        }
    }
}

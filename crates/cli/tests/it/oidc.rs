//! Roles for pipelines: who is let in, and what is refused.

use serde_json::{Value, json};
use stackpass_ground::source::Source;
use stackpass_policy::document::Document;
use stackpass_policy::evaluate::{Request, Requester, allows};
use stackpass_policy::principal::PrincipalKind;
use stackpass_policy::read::read;

use crate::common::Folder;

const GITHUB: &str = "token.actions.githubusercontent.com";

/// The trust policy that a command prints.
fn trust(test: &str, arguments: &str) -> Document {
    let ran = Folder::new(test).run(&format!("generate {arguments} --account 111122223333"));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let (document, problems) = read(&Source::new("trust.json", ran.stdout));
    assert_eq!(problems, []);
    document.unwrap()
}

/// Whether a token with audience and subject is let in.
fn lets_in(trust: &Document, host: &str, audience: &str, subject: &str) -> bool {
    let key = |claim: &str| format!("{host}:{claim}").parse().unwrap();
    let request = Request::new("sts:AssumeRoleWithWebIdentity".parse().unwrap(), None)
        .with(key("aud"), [audience])
        .with(key("sub"), [subject]);
    let name = format!("arn:aws:iam::111122223333:oidc-provider/{host}");
    let requester = Requester { kind: PrincipalKind::Federated, name };
    allows(trust, &Request { principal: Some(requester), ..request })
}

fn check(trust: &Document, host: &str, audience: &str, good: &[&str], bad: &[&str]) {
    for subject in good {
        assert!(lets_in(trust, host, audience, subject), "{subject}");
        assert!(!lets_in(trust, host, "another", subject), "{subject}");
        assert!(!lets_in(trust, "other.example.com", audience, subject), "{subject}");
    }
    for subject in bad {
        assert!(!lets_in(trust, host, audience, subject), "{subject}");
    }
}

fn check_github(test: &str, arguments: &str, good: &[&str], bad: &[&str]) {
    let trust = trust(test, &format!("github-oidc {arguments}"));
    check(&trust, GITHUB, "sts.amazonaws.com", good, bad);
}

#[test]
fn one_branch_of_one_repository_is_let_in() {
    let good = ["repo:acme/shop:ref:refs/heads/main"];
    let bad = [
        "repo:acme/shop:ref:refs/heads/main2",
        "repo:acme/shop:ref:refs/heads/feature/main",
        "repo:acme/shop:ref:refs/tags/main",
        "repo:acme/shop:pull_request",
        "repo:acme/shop:environment:main",
        "repo:acme/shop2:ref:refs/heads/main",
        "repo:fork/shop:ref:refs/heads/main",
        "repo:ACME/shop:ref:refs/heads/main",
        "repo:acme@1/shop@2:ref:refs/heads/main",
        "",
    ];
    check_github("github-default", "--repo acme/shop", &good, &bad);
    check_github("github-branch", "--repo acme/shop --branch main", &good, &bad);
}

#[test]
fn ids_hold_on_to_the_repository_that_was_meant() {
    check_github(
        "github-ids",
        "--repo acme/shop --owner-id 12 --repo-id 34 --branch main",
        &["repo:acme@12/shop@34:ref:refs/heads/main"],
        &[
            "repo:acme/shop:ref:refs/heads/main",
            "repo:acme@13/shop@34:ref:refs/heads/main",
            "repo:acme@12/shop@35:ref:refs/heads/main",
            "repo:acme@12/shop@345:ref:refs/heads/main",
        ],
    );
}

#[test]
fn wildcards_reach_no_further_than_their_place() {
    check_github(
        "github-wildcards",
        "--repo acme/shop --branch release/* --branch main --tag --environment pr-?",
        &[
            "repo:acme/shop:ref:refs/heads/release/1.0",
            "repo:acme/shop:ref:refs/heads/main",
            "repo:acme/shop:ref:refs/tags/v1",
            "repo:acme/shop:environment:pr-1",
        ],
        &[
            "repo:acme/shop:ref:refs/heads/release",
            "repo:acme/shop:ref:refs/heads/mainly",
            "repo:acme/shop:environment:pr-12",
            "repo:acme/shop:environment:production",
            "repo:acme/shop:pull_request",
            "repo:acme/other:ref:refs/tags/v1",
        ],
    );
}

#[test]
fn pull_requests_and_environments_are_let_in_when_asked_for() {
    check_github(
        "github-events",
        "--repo acme/shop --pull-request --environment prod:eu",
        &["repo:acme/shop:pull_request", "repo:acme/shop:environment:prod%3Aeu"],
        &["repo:acme/shop:ref:refs/heads/main", "repo:acme/shop:environment:prod"],
    );
}

#[test]
fn names_never_become_policy_variables() {
    check_github(
        "github-variable",
        "--repo acme/shop --branch a${b} --environment ${aws:username}",
        &["repo:acme/shop:ref:refs/heads/a${b}", "repo:acme/shop:environment:${aws%3Ausername}"],
        &["repo:acme/shop:ref:refs/heads/a"],
    );
}

#[test]
fn one_ref_of_one_gitlab_project_is_let_in() {
    let of = |arguments: &str, test: &str| trust(test, &format!("gitlab-oidc {arguments}"));
    let branch = of("--project acme/web/shop", "gitlab-branch");
    check(
        &branch,
        "gitlab.com",
        "https://gitlab.com",
        &["project_path:acme/web/shop:ref_type:branch:ref:main"],
        &[
            "project_path:acme/web/shop:ref_type:tag:ref:main",
            "project_path:acme/web/shop:ref_type:branch:ref:dev",
            "project_path:acme/web/shop2:ref_type:branch:ref:main",
            "project_path:fork/web/shop:ref_type:branch:ref:main",
        ],
    );
    let own = of(
        "--project acme/shop --tag v* --url https://git.example.com/ --audience aws",
        "gitlab-own",
    );
    check(
        &own,
        "git.example.com",
        "aws",
        &["project_path:acme/shop:ref_type:tag:ref:v1"],
        &["project_path:acme/shop:ref_type:branch:ref:v1"],
    );
}

#[test]
fn github_is_told_how_to_go_on() {
    let folder = Folder::new("github-talk").with("caller.json", POLICY);
    let ran = folder.run(
        "generate github-oidc --repo acme/shop --environment production --policy caller.json --region us-east-1",
    );
    insta::assert_snapshot!(ran.all(), @r#"
    exit code 0
    --- stdout
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Effect": "Allow",
          "Principal": {
            "Federated": "arn:aws:iam::ACCOUNT_ID:oidc-provider/token.actions.githubusercontent.com"
          },
          "Action": "sts:AssumeRoleWithWebIdentity",
          "Condition": {
            "StringEquals": {
              "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
              "token.actions.githubusercontent.com:sub": "repo:acme/shop:environment:production"
            }
          }
        }
      ]
    }
    --- stderr

    Trusts tokens of
      repo:acme/shop:environment:production

    Set up, once saved with `--out .`
      stackpass apply --create-role github-acme-shop --trust trust.json --oidc-provider https://token.actions.githubusercontent.com --policy caller.json
    or with the AWS CLI
      aws iam create-open-id-connect-provider --url https://token.actions.githubusercontent.com --client-id-list sts.amazonaws.com
      aws iam create-role --role-name github-acme-shop --assume-role-policy-document file://trust.json
      aws iam put-role-policy --role-name github-acme-shop --policy-name StackpassCaller --policy-document file://caller.json

    In .github/workflows/NAME.yml
      permissions:
        id-token: write
        contents: read
      jobs:
        deploy:
          runs-on: ubuntu-latest
          environment: 'production'
          steps:
            - uses: aws-actions/configure-aws-credentials@v6
              with:
                role-to-assume: arn:aws:iam::ACCOUNT_ID:role/github-acme-shop
                aws-region: us-east-1

    hint: a repository that was made, renamed or moved after July 15, 2026 has ids
    in its subject: give them with `--owner-id` and `--repo-id`; `gh api
    repos/acme/shop --jq '.owner.id, .id'` shows them, `gh api
    repos/acme/shop/actions/oidc/customization/sub` whether they are used
    hint: put the account in the place of ACCOUNT_ID, or give it with `--account`
    "#);
}

#[test]
fn gitlab_is_told_how_to_go_on() {
    let ran = Folder::new("gitlab-talk")
        .run("generate gitlab-oidc --project acme/shop --branch * --account 111122223333");
    insta::assert_snapshot!(ran.all(), @r#"
    exit code 0
    --- stdout
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Effect": "Allow",
          "Principal": {
            "Federated": "arn:aws:iam::111122223333:oidc-provider/gitlab.com"
          },
          "Action": "sts:AssumeRoleWithWebIdentity",
          "Condition": {
            "StringEquals": {
              "gitlab.com:aud": "https://gitlab.com"
            },
            "StringLike": {
              "gitlab.com:sub": "project_path:acme/shop:ref_type:branch:ref:*"
            }
          }
        }
      ]
    }
    --- stderr

    Trusts tokens of
      project_path:acme/shop:ref_type:branch:ref:*

    warning: every branch is trusted: who may push one may use the role

    Set up, once saved with `--out .`
      stackpass apply --create-role gitlab-acme-shop --trust trust.json --oidc-provider https://gitlab.com --oidc-audience https://gitlab.com --expect-account 111122223333
    or with the AWS CLI
      aws iam create-open-id-connect-provider --url https://gitlab.com --client-id-list https://gitlab.com
      aws iam create-role --role-name gitlab-acme-shop --assume-role-policy-document file://trust.json

    In .gitlab-ci.yml
      deploy:
        id_tokens:
          AWS_TOKEN:
            aud: https://gitlab.com
        variables:
          AWS_ROLE_ARN: arn:aws:iam::111122223333:role/gitlab-acme-shop
          AWS_REGION: eu-west-1
        before_script:
          - export AWS_WEB_IDENTITY_TOKEN_FILE="$(mktemp)"
          - echo "$AWS_TOKEN" > "$AWS_WEB_IDENTITY_TOKEN_FILE"

    hint: the subject is GitLab's usual one; a project can change it with
    `ci_id_token_sub_claim_components`
    hint: the role has no permissions yet: `--policy FILE` gives it some, the caller
    policy of `stackpass generate` for one
    "#);
}

const POLICY: &str =
    r#"{"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}"#;

#[test]
fn one_file_makes_provider_role_and_policies() {
    let folder = Folder::new("oidc-template").with("my-caller.json", POLICY);
    let ran = folder.run(
        "generate github-oidc --repo acme/shop --policy my-caller.json --format cloudformation --out made",
    );
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""));
    assert_eq!(folder.list("made"), ["github-role.template.yaml"]);
    let template: Value =
        serde_yaml_ng::from_str(&folder.read("made/github-role.template.yaml")).unwrap();
    let resources = &template["Resources"];
    let types: Vec<&Value> =
        resources.as_object().unwrap().values().map(|resource| &resource["Type"]).collect();
    assert_eq!(types, ["AWS::IAM::OIDCProvider", "AWS::IAM::Role", "AWS::IAM::ManagedPolicy"]);
    let role = &resources["GithubRole"]["Properties"];
    assert_eq!(role["ManagedPolicyArns"], json!([{"Ref": "StackpassMyCaller"}]));
    assert_eq!(
        role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["Federated"]["Fn::Sub"],
        json!(format!("arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:oidc-provider/{GITHUB}"))
    );
    let existing =
        folder.run("generate github-oidc --repo acme/shop --existing-provider --format terraform");
    assert!(!existing.stdout.contains("aws_iam_openid_connect_provider"), "{}", existing.stdout);
}

#[test]
fn programs_get_everything() {
    let folder = Folder::new("oidc-json").with("caller.json", POLICY);
    let ran = folder.run(
        "generate gitlab-oidc --project acme/shop --account 111122223333 --policy caller.json --output json",
    );
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let answer = ran.json();
    assert_eq!(
        answer["provider"],
        json!({
            "url": "https://gitlab.com",
            "arn": "arn:aws:iam::111122223333:oidc-provider/gitlab.com",
            "audience": "https://gitlab.com",
            "isNew": true,
        })
    );
    assert_eq!(answer["role"]["arn"], json!("arn:aws:iam::111122223333:role/gitlab-acme-shop"));
    assert_eq!(answer["subjects"], json!(["project_path:acme/shop:ref_type:branch:ref:main"]));
    assert_eq!(answer["policies"][0]["name"], json!("StackpassCaller"));
    assert_eq!(answer["trust"]["Statement"][0]["Effect"], json!("Allow"));
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let folder = Folder::new("oidc-refused")
        .with(
            "trust.json",
            r#"{"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*"}]}"#,
        )
        .with("broken.json", "{")
        .with("a/x.json", POLICY)
        .with("b/x.json", POLICY);
    for (arguments, code, expected) in [
        ("github-oidc", 2, "--repo <ORG/REPO>"),
        ("github-oidc --repo */shop", 2, "a wildcard would trust repositories of others"),
        ("github-oidc --repo acme/*", 2, "a wildcard would trust repositories of others"),
        ("github-oidc --repo acme", 2, "expected ORG/REPO"),
        ("github-oidc --repo acme/..", 2, "expected ORG/REPO"),
        ("github-oidc --repo a/b --branch a..b", 2, "Git allows no branch of this name"),
        ("github-oidc --repo a/b --branch refs/heads/main", 2, "`main`, not `refs/heads/main`"),
        ("github-oidc --repo a/b --owner-id 1", 2, "--repo-id <NUMBER>"),
        ("github-oidc --repo a/b --owner-id 1x --repo-id 2", 2, "invalid digit"),
        ("github-oidc --repo a/b --url http://x.example", 2, "expected a URL such as"),
        (
            "github-oidc --repo a/b --url https://gh.example.com/_services/token --owner-id 1 --repo-id 2",
            2,
            "GitHub Enterprise Server has no ids",
        ),
        ("github-oidc --repo a/b --audience *", 2, "an audience is"),
        ("github-oidc --repo a/b --account 1", 2, "an account id has 12 digits"),
        ("github-oidc --repo a/b --role-name a/b", 2, "a role's name has"),
        ("github-oidc --repo a/b --policy none.json", 3, "cannot read `none.json`"),
        ("github-oidc --repo a/b --policy broken.json", 3, "broken.json:1:"),
        ("github-oidc --repo a/b --policy trust.json", 3, "is it a trust policy?"),
        ("github-oidc --repo a/b --policy a/x.json --policy b/x.json", 2, "the same name"),
        ("gitlab-oidc --project acme", 2, "expected GROUP/PROJECT"),
        ("gitlab-oidc --project acme/*", 2, "a wildcard would trust projects of others"),
        ("gitlab-oidc --project acme/x --environment production", 2, "names no environment"),
    ] {
        let ran = folder.run(&format!("generate {arguments}"));
        assert_eq!((ran.code, ran.stdout.as_str()), (code, ""), "{arguments}: {}", ran.stderr);
        assert!(ran.stderr.contains(expected), "{arguments}: {}", ran.stderr);
    }
    for empty in ["--branch", "--environment"] {
        let mut command = folder.command("generate github-oidc --repo a/b");
        let output = command.args([empty, ""]).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{empty}");
    }
}

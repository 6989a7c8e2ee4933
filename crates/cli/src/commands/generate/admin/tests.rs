use stackpass_policy::catalogue;
use stackpass_policy::document::Document;
use stackpass_policy::evaluate::{Decision, Request, decide};
use stackpass_policy::render::{Format, Layout, NamedDocument, render};

use super::*;

const ACCOUNT: &str = "111122223333";

fn written(statements: Vec<Statement>) -> String {
    let document = NamedDocument { name: String::new(), document: Document::new(statements) };
    render(&[document], Format::Json { layout: Layout::Compact })
}

fn request(action: &str, resource: &str, boundary: Option<&str>) -> Request {
    let request = Request::new(action.parse().unwrap(), resource.parse().ok())
        .with("aws:PrincipalAccount".parse().unwrap(), [ACCOUNT]);
    match boundary {
        Some(arn) => request.with("iam:PermissionsBoundary".parse().unwrap(), [arn]),
        None => request,
    }
}

#[test]
fn policy_is_that_of_aws() {
    assert_eq!(
        written(vec![everything(None).unwrap()]),
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#
    );
}

#[test]
fn policy_grants_nothing_in_another_account() {
    let policy = Document::new(vec![everything(Some(ACCOUNT)).unwrap()]);
    let here = request("s3:DeleteBucket", "arn:aws:s3:::b", None);
    assert_eq!(decide(&[&policy], &here), Decision::Allowed);
    let elsewhere = here.with("aws:PrincipalAccount".parse().unwrap(), ["444455556666"]);
    assert_eq!(decide(&[&policy], &elsewhere), Decision::ImplicitDeny);
}

#[test]
fn boundary_cannot_be_got_around() {
    let own = format!("arn:aws:iam::{ACCOUNT}:policy/Bound");
    let other = format!("arn:aws:iam::{ACCOUNT}:policy/Other");
    let role = format!("arn:aws:iam::{ACCOUNT}:role/r");
    let user = format!("arn:aws:iam::{ACCOUNT}:user/u");
    for account in [None, Some(ACCOUNT)] {
        let boundary = Document::new(boundary("Bound", Partition::AWS, account).unwrap());
        let check = |action: &str, resource: &str, with: Option<&str>, expected: Decision| {
            let found = decide(&[&boundary], &request(action, resource, with));
            assert_eq!(found, expected, "{action} on {resource} with {with:?}");
        };
        check("s3:DeleteBucket", "arn:aws:s3:::b", None, Decision::Allowed);
        check("iam:CreateRole", &role, Some(&own), Decision::Allowed);
        check("iam:CreateRole", &role, Some(&other), Decision::ExplicitDeny);
        check("iam:CreateRole", &role, None, Decision::ExplicitDeny);
        check("iam:CreateUser", &user, None, Decision::ExplicitDeny);
        check("iam:PutRolePermissionsBoundary", &role, Some(&own), Decision::Allowed);
        check("iam:PutRolePermissionsBoundary", &role, Some(&other), Decision::ExplicitDeny);
        check("iam:AttachRolePolicy", &role, Some(&own), Decision::Allowed);
        check("iam:AttachRolePolicy", &role, None, Decision::ExplicitDeny);
        check("iam:DeleteRolePermissionsBoundary", &role, Some(&own), Decision::ExplicitDeny);
        check("iam:DeleteUserPermissionsBoundary", &user, Some(&own), Decision::ExplicitDeny);
        check("iam:CreatePolicyVersion", &own, None, Decision::ExplicitDeny);
        check("iam:CreatePolicyVersion", &other, None, Decision::Allowed);
        check("organizations:LeaveOrganization", "*", None, Decision::ExplicitDeny);
    }
}

/// A condition on a key that a request does not have would deny it always, a misspelled action never.
#[test]
fn denied_actions_exist_and_know_the_boundary() {
    for action in LEAVING.iter().chain(&CHANGING_POLICY).chain(&FREEING).chain(&GIVING) {
        let (service, name) = action.split_once(':').unwrap();
        let facts = catalogue::action(service, name).expect(action);
        assert_eq!(facts.name(), name);
    }
    for action in GIVING {
        let (service, name) = action.split_once(':').unwrap();
        let mut keys = catalogue::action(service, name).unwrap().condition_keys();
        assert!(keys.any(|key| key == "iam:PermissionsBoundary"), "{action}");
    }
}

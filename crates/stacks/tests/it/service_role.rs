//! What holds for every service role: the caller can do nothing but deploy with it, both together can do what is needed, and
//! a boundary takes nothing from the executor but principals without it.

use std::collections::BTreeSet;

use proptest::prelude::*;
use stackpass_ground::arn::ArnPattern;
use stackpass_policy::condition::{Comparison, Conditions};
use stackpass_policy::contains::contains;
use stackpass_policy::document::Document;
use stackpass_policy::evaluate::{Decision, Request, decide};
use stackpass_policy::grant::statements;
use stackpass_policy::minimize::{Limits, minimize};
use stackpass_stacks::builtin;
use stackpass_stacks::deployment::{Input, Mode, Options, Tool};
use stackpass_stacks::need::{Hardness, Need, Needs, Who};
use stackpass_stacks::service_role::{bound, boundary, findings};
use stackpass_stacks::{needs, plan};

use super::deployments::{assembly, options, repository, template};
use super::laws;

const ROLE: &str = "arn:aws:iam::111122223333:role/deployer";
const BOUNDARY: &str = "arn:aws:iam::111122223333:policy/deployer-boundary";

fn with_role(tool: Option<Tool>) -> Options {
    Options {
        tool,
        mode: Some(Mode::ServiceRole),
        service_role: Some(ROLE.to_owned()),
        ..options()
    }
}

fn document_of<'a>(needs: impl IntoIterator<Item = &'a Need>) -> Document {
    let statements = statements(needs.into_iter().map(Need::grant));
    let limits = Limits { documents: 1, characters: usize::MAX };
    let mut minimized = minimize(&statements, &limits).unwrap();
    minimized.documents.pop().unwrap_or_else(|| Document::new(Vec::new()))
}

fn of(who: Who, needs: &Needs) -> impl Iterator<Item = &Need> {
    needs.needs.iter().filter(move |need| need.who == who)
}

/// Nothing but calls of the tool: on stacks, on what it uploads, and to pass this role.
fn check_caller(needs: &Needs) {
    // What only something beside the deployment calls is not in the policy, unless it is asked for.
    for need in of(Who::Caller, needs).filter(|need| need.hardness != Hardness::Feature) {
        let action = need.action.as_str();
        match need.action.service() {
            "cloudformation" | "sts" | "s3" | "ssm" | "ecr" => {}
            "iam" => {
                let passed: Vec<&str> = need.resources.iter().map(ArnPattern::as_str).collect();
                assert_eq!((action, passed.as_slice()), ("iam:PassRole", &[ROLE][..]));
            }
            // CloudFormation looks up what parameters of such a type name.
            _ => assert!(
                need.action.name().starts_with("Describe")
                    || need.action.name().starts_with("List"),
                "{action}"
            ),
        }
        let changes_stack = ["CreateChangeSet", "CreateStack", "UpdateStack"];
        let of_transform = need.resources.iter().all(|arn| arn.as_str().contains(":transform/"));
        if changes_stack.contains(&need.action.name()) && !of_transform {
            let key = "cloudformation:RoleArn".parse().unwrap();
            let values = need.conditions.values(Comparison::StringEquals.into(), &key);
            assert_eq!(values, Some(&BTreeSet::from([ROLE.to_owned()])), "{need:#?}");
        }
    }
}

/// What one who deploys with own permissions needs is held by caller and executor together.
fn check_together(inputs: &[Input], tool: Option<Tool>) {
    let found = needs(&plan(inputs, &with_role(tool)).0);
    check_caller(&found);
    let both = document_of(&found.needs);
    let direct = Options { mode: Some(Mode::Direct), service_role: None, ..with_role(tool) };
    let with_role = |need: &Need| {
        let mut grant = need.grant();
        if need.action.service() == "cloudformation" && need.who == Who::Caller {
            let key = "cloudformation:RoleArn".parse().unwrap();
            grant.conditions.add(Comparison::StringEquals, key, [ROLE]);
        }
        grant
    };
    let direct = needs(&plan(inputs, &direct).0);
    for grant in direct.needs.iter().map(with_role).collect::<BTreeSet<_>>() {
        assert!(contains(&both, &grant), "{grant:#?}");
    }
}

/// A request that a need is about, with the boundary that the principal has, if it has one.
fn request(need: &Need, pattern: &ArnPattern, carried: Option<&str>) -> Request {
    let filled = |text: &str| text.replace("arn:*:", "arn:aws:").replace(['*', '?'], "x");
    let resource = (!pattern.is_any()).then(|| filled(pattern.as_str()).parse().unwrap());
    let mut request = Request::new(need.action.clone(), resource);
    for (operator, key, values) in need.conditions.iter() {
        let is_positive =
            !operator.comparison.is_negated() && operator.comparison != Comparison::Null;
        if let Some(value) = values.iter().next().filter(|_| is_positive) {
            request = request.with(key.clone(), [filled(value)]);
        }
    }
    let key = "iam:PermissionsBoundary".parse().unwrap();
    request.context.remove(&key);
    match carried {
        Some(boundary) => request.with(key, [boundary]),
        None => request,
    }
}

/// With the boundary the executor can do what it could, but for principals without it.
fn check_bound(found: Needs) {
    let gives = |need: &Need| {
        let name = need.action.name();
        need.action.service() == "iam"
            && (["CreateRole", "CreateUser", "UpdateAssumeRolePolicy"].contains(&name)
                || ["Put", "Attach"].iter().any(|verb| name.starts_with(verb))
                    && ["Role", "User"].iter().any(|kind| name.contains(kind)))
    };
    let found = bound(found, BOUNDARY);
    let executor: Vec<&Need> = of(Who::Executor, &found).collect();
    let policy = document_of(executor.iter().copied());
    let limit = boundary(&executor, ROLE, BOUNDARY).unwrap();
    for need in &executor {
        assert!(!need.action.name().ends_with("PermissionsBoundary") || gives(need), "{need:#?}");
        for pattern in &need.resources {
            let decision = |carried| {
                let request = request(need, pattern, carried);
                let each = [&policy, &limit].map(|document| decide(&[document], &request));
                (each[0], each[1])
            };
            let allowed = (Decision::Allowed, Decision::Allowed);
            let carried =
                (!pattern.as_str().contains(":role/aws-service-role/")).then_some(BOUNDARY);
            assert_eq!(decision(carried), allowed, "{need:#?} {pattern}");
            // Roles of services take no boundary.
            if gives(need) && !pattern.as_str().contains(":role/aws-service-role/") {
                let refused = (Decision::ImplicitDeny, Decision::ExplicitDeny);
                assert_eq!(decision(None), refused, "{need:#?} {pattern}");
                let other = "arn:aws:iam::aws:policy/AdministratorAccess";
                assert_eq!(decision(Some(other)), refused, "{need:#?} {pattern}");
            }
        }
    }
}

/// What runs in no test may be done to the boundary and to the role, whatever a policy allows.
fn check_protected(limit: &Document) {
    let everything = Document::new(vec![stackpass_policy::statement::Statement::allow(
        [stackpass_policy::action::ActionPattern::any()],
        [ArnPattern::any()],
    )]);
    let key = || "iam:PermissionsBoundary".parse().unwrap();
    for (action, resource) in [
        ("iam:DeleteRolePermissionsBoundary", "arn:aws:iam::111122223333:role/shop-x"),
        ("iam:DeleteUserPermissionsBoundary", "arn:aws:iam::111122223333:user/shop-x"),
        ("iam:CreatePolicyVersion", BOUNDARY),
        ("iam:SetDefaultPolicyVersion", BOUNDARY),
        ("iam:PutRolePolicy", ROLE),
        ("iam:UpdateAssumeRolePolicy", ROLE),
        ("iam:AttachRolePolicy", ROLE),
    ] {
        let request = Request::new(action.parse().unwrap(), Some(resource.parse().unwrap()))
            .with(key(), [BOUNDARY]);
        assert_eq!(decide(&[&everything], &request), Decision::Allowed);
        assert_eq!(decide(&[limit], &request), Decision::ExplicitDeny, "{action} {resource}");
    }
    for action in [
        "account:CloseAccount",
        "controltower:CreateManagedAccount",
        "iam:CreateAccessKey",
        "iam:CreateLoginProfile",
        "identitystore:CreateGroupMembership",
        "organizations:LeaveOrganization",
        "rolesanywhere:CreateTrustAnchor",
        "sso:CreateAccountAssignment",
        "sso-directory:AddMemberToGroup",
        "sts:AssumeRole",
        "sts:AssumeRoot",
        "sts:GetDelegatedAccessToken",
    ] {
        let any = "arn:aws:iam::111122223333:role/administrator".parse().unwrap();
        let request = Request::new(action.parse().unwrap(), Some(any));
        assert_eq!(decide(&[limit], &request), Decision::ImplicitDeny, "{action}");
    }
}

fn known() -> Vec<(Vec<Input>, Option<Tool>)> {
    let example =
        |name: &str| vec![assembly(repository().join("examples").join(name).join("cdk.out"))];
    vec![
        (vec![builtin::bootstrap()], Some(Tool::CdkBootstrap)),
        (vec![builtin::debug_stack("shop", "dev")], Some(Tool::SstV1)),
        (example("crud-api"), Some(Tool::CdkLegacy)),
        (example("custom-domain"), Some(Tool::CdkLegacy)),
    ]
}

#[test]
fn known_stacks_are_deployed_by_caller_and_executor_together() {
    for (inputs, tool) in known() {
        check_together(&inputs, tool);
    }
}

#[test]
fn a_boundary_takes_nothing_from_known_stacks() {
    for (inputs, tool) in known() {
        let (deployment, _) = plan(&inputs, &with_role(tool));
        check_bound(needs(&deployment));
    }
}

#[test]
fn the_boundary_protects_itself_and_the_role() {
    check_protected(&boundary(&[], ROLE, BOUNDARY).unwrap());
}

#[test]
fn roles_of_the_bootstrap_are_not_the_way_to_deploy_with_own_credentials() {
    let example = || [assembly(repository().join("examples/crud-api/cdk.out"))];
    let assumes = |tool| {
        let found = needs(&plan(&example(), &with_role(Some(tool))).0);
        of(Who::Caller, &found).any(|need| need.action.as_str() == "sts:AssumeRole")
    };
    assert!(assumes(Tool::Cdk));
    assert!(!assumes(Tool::CdkLegacy) && !assumes(Tool::SstV1));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(24) })]

    #[test]
    fn caller_and_executor_together_can_do_what_is_needed(
        value in laws::templates(),
        tool in prop::sample::select(vec![Tool::AwsCli, Tool::CdkLegacy, Tool::SstV1]),
    ) {
        let inputs = [template(&value.to_string())];
        check_together(&inputs, Some(tool));
        let (deployment, _) = plan(&inputs, &with_role(Some(tool)));
        let found = needs(&deployment);
        // A role whose name nobody knows may be the service role, which the boundary then protects.
        let all: Vec<&Need> = found.needs.iter().collect();
        let reaches_itself =
            findings(&deployment, &all, ROLE).iter().any(|it| it.code == "changes-itself");
        prop_assume!(!reaches_itself);
        check_bound(found);
    }
}

#[test]
fn conditions_of_a_bound_need_are_those_it_had_and_one_more() {
    let example = [assembly(repository().join("examples/crud-api/cdk.out"))];
    let before = needs(&plan(&example, &with_role(Some(Tool::CdkLegacy))).0);
    let after = bound(before.clone(), BOUNDARY);
    assert_eq!(before.needs.len(), after.needs.len());
    let unbound = |need: &Need| {
        let mut conditions = Conditions::new();
        for (operator, key, values) in need.conditions.iter() {
            if key.as_str() != "iam:PermissionsBoundary" {
                conditions.add(operator, key.clone(), values.clone());
            }
        }
        Need { conditions, ..need.clone() }
    };
    let mut restored: Vec<Need> = after.needs.iter().map(unbound).collect();
    restored.sort();
    assert_eq!(restored, before.needs);
}

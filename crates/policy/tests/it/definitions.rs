//! Roles and identity providers read back, with the readers of others.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use stackpass_policy::document::Document;
use stackpass_policy::principal::{Principal, PrincipalKind};
use stackpass_policy::render::{
    ACCOUNT_ID, Definition, Format, Layout, NamedDocument, OidcProviderDefinition, PARTITION,
    PolicyDefinition, PolicyRef, RoleDefinition, render, render_definitions,
};
use stackpass_policy::statement::Selection;

use super::arbitrary;
use super::render::{attribute, evaluate, expected, terraform_document};

/// A role with everything that a role can have, beside the policy `Executor` and the provider `Hub`.
fn definitions() -> impl Strategy<Value = (PolicyDefinition, RoleDefinition, OidcProviderDefinition)>
{
    let text = || arbitrary::odd_text();
    let trust = (arbitrary::odd_document(), text(), text()).prop_map(|(mut trust, a, b)| {
        let name = format!("{a}arn:{PARTITION}:iam::{ACCOUNT_ID}:oidc-provider/{b}");
        for statement in &mut trust.statements {
            let principal = Principal::one(PrincipalKind::Federated, name.clone());
            statement.principal = Some(Selection::Only(principal));
        }
        trust
    });
    let reference = prop_oneof![
        text().prop_map(PolicyRef::Arn),
        "[a-z]{1,3}".prop_map(PolicyRef::Named),
        Just(PolicyRef::Defined("Exec-utor".to_owned())),
    ];
    let inline = (text(), arbitrary::odd_document())
        .prop_map(|(name, document)| NamedDocument { name, document });
    let role = (
        option::of(text()),
        (option::of(text()), option::of(text()), option::of(3600..43200_u32)),
        trust,
        option::of(reference.clone()),
        vec(inline, 0..3),
        vec(reference, 0..3),
    )
        .prop_map(
            |(
                role_name,
                (path, description, max_session),
                trust,
                boundary,
                policies,
                managed_policies,
            )| {
                RoleDefinition {
                    name: "Ro-le".to_owned(),
                    role_name,
                    path,
                    description,
                    max_session,
                    trust,
                    boundary,
                    policies,
                    managed_policies,
                    after: None,
                }
            },
        );
    let policy =
        (arbitrary::odd_document(), option::of(text())).prop_map(|(document, policy_name)| {
            let document = NamedDocument { name: "Exec-utor".to_owned(), document };
            PolicyDefinition { document, policy_name }
        });
    let provider = (text(), vec(text(), 1..3), vec(text(), 0..2)).prop_map(
        |(url, client_ids, thumbprints)| OidcProviderDefinition {
            name: "Hub".to_owned(),
            url,
            client_ids,
            thumbprints,
        },
    );
    (policy, role, provider)
}

/// Fills in account and partition, as each format does in the end.
fn filled(value: Value) -> Value {
    match value {
        Value::String(text) => {
            json!(text.replace(PARTITION, "aws-cn").replace(ACCOUNT_ID, "444455556666"))
        }
        Value::Array(items) => items.into_iter().map(filled).collect(),
        Value::Object(map) => map.into_iter().map(|(key, value)| (key, filled(value))).collect(),
        other => other,
    }
}

fn trust(role: &RoleDefinition) -> Value {
    filled(expected(&role.trust))
}

/// What a role is, written down from CloudFormation's documentation and not by the library.
fn expected_role(role: &RoleDefinition, reference: &dyn Fn(&PolicyRef) -> Value) -> Value {
    let mut value = Map::new();
    let mut add = |key: &str, found: Option<Value>| {
        value.extend(found.map(|found| (key.to_owned(), found)));
    };
    add("RoleName", role.role_name.as_ref().map(|it| json!(it)));
    add("Path", role.path.as_ref().map(|it| json!(it)));
    add("Description", role.description.as_ref().map(|it| json!(it)));
    add("MaxSessionDuration", role.max_session.map(|it| json!(it)));
    add("PermissionsBoundary", role.boundary.as_ref().map(reference));
    add("AssumeRolePolicyDocument", Some(trust(role)));
    let managed: Vec<Value> = role.managed_policies.iter().map(reference).collect();
    add("ManagedPolicyArns", (!managed.is_empty()).then_some(managed.into()));
    let inline: Vec<Value> = role
        .policies
        .iter()
        .map(|it| json!({"PolicyName": it.name, "PolicyDocument": expected(&it.document)}))
        .collect();
    add("Policies", (!inline.is_empty()).then_some(inline.into()));
    Value::Object(value)
}

fn expected_provider(provider: &OidcProviderDefinition) -> Value {
    let mut value = json!({"Url": provider.url, "ClientIdList": provider.client_ids});
    if !provider.thumbprints.is_empty() {
        value["ThumbprintList"] = json!(provider.thumbprints);
    }
    value
}

fn named_arn(name: &str) -> Value {
    json!(format!("arn:aws-cn:iam::444455556666:policy/{name}"))
}

/// What CloudFormation makes of `Fn::Sub` anywhere in a value.
fn substituted(value: Value) -> Value {
    match value {
        Value::Object(map) if map.len() == 1 && map.contains_key("Fn::Sub") => {
            let mut rest = map["Fn::Sub"].as_str().unwrap();
            let mut text = String::new();
            while let Some((before, after)) = rest.split_once("${") {
                text.push_str(before);
                let (inside, after) = after.split_once('}').unwrap_or((after, ""));
                match inside {
                    "AWS::AccountId" => text.push_str("444455556666"),
                    "AWS::Partition" => text.push_str("aws-cn"),
                    inside => {
                        // Only the start is looked at: what follows `${!` is literal.
                        assert!(inside.starts_with('!'), "{inside}");
                        text.push_str("${");
                        rest = rest.split_once("${!").unwrap().1;
                        continue;
                    }
                }
                rest = after;
            }
            json!(text + rest)
        }
        Value::Array(items) => items.into_iter().map(substituted).collect(),
        Value::Object(map) => {
            map.into_iter().map(|(key, value)| (key, substituted(value))).collect()
        }
        other => other,
    }
}

fn block<'a>(body: &'a hcl::Body, labels: [&str; 2]) -> &'a hcl::Body {
    let is_it = |block: &&hcl::Block| block.labels().iter().map(hcl::BlockLabel::as_str).eq(labels);
    body.blocks().find(is_it).unwrap().body()
}

fn terraform_reference(expression: &hcl::Expression) -> Value {
    match hcl::format::to_string(expression).unwrap().as_str() {
        "aws_iam_policy.executor.arn" => json!("defined"),
        _ => evaluate(expression),
    }
}

/// A missing version and the old one are the same to IAM.
fn with_version(mut expected: Value, read: &Value) -> Value {
    if expected.get("Version").is_none() && read.get("Version").is_some() {
        expected["Version"] = json!("2008-10-17");
    }
    expected
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn policies_are_written_as_ever(a in arbitrary::odd_document(), b in arbitrary::odd_document()) {
        let documents = [("Caller", a), ("Executor", b)].map(|(name, document)| NamedDocument {
            name: name.to_owned(),
            document,
        });
        let formats = [
            Format::Json { layout: Layout::Pretty },
            Format::Json { layout: Layout::Compact },
            Format::Yaml,
            Format::CloudFormation,
            Format::Cdk,
            Format::Terraform,
        ];
        for format in formats {
            for documents in [&documents[..], &documents[..1]] {
                let definitions: Vec<Definition> =
                    documents.iter().cloned().map(Definition::from).collect();
                prop_assert_eq!(render_definitions(&definitions, format), render(documents, format));
            }
        }
    }

    #[test]
    fn json_and_yaml_read_back((policy, role, provider) in definitions()) {
        let arn = |name: &str| json!(format!("arn:aws:iam::ACCOUNT_ID:policy/{name}"));
        let reference = |it: &PolicyRef| match it {
            PolicyRef::Arn(arn) => json!(arn),
            PolicyRef::Named(name) => arn(name),
            PolicyRef::Defined(_) => arn(policy.policy_name.as_deref().unwrap_or("Executor")),
        };
        let mut expected = json!({
            "Exec-utor": expected(&policy.document.document),
            "Ro-le": expected_role(&role, &reference),
            "Hub": expected_provider(&provider),
        });
        let trust = serde_json::to_string(&self::expected(&role.trust)).unwrap();
        let trust = trust.replace(PARTITION, "aws").replace(ACCOUNT_ID, "ACCOUNT_ID");
        expected["Ro-le"]["AssumeRolePolicyDocument"] = serde_json::from_str(&trust).unwrap();
        let all: [Definition; 3] = [policy.clone().into(), role.into(), provider.into()];
        let pretty = render_definitions(&all, Format::Json { layout: Layout::Pretty });
        prop_assert_eq!(&serde_json::from_str::<Value>(&pretty).unwrap(), &expected);
        let compact = render_definitions(&all, Format::Json { layout: Layout::Compact });
        prop_assert_eq!(&serde_json::from_str::<Value>(&compact).unwrap(), &expected);
        let yaml = render_definitions(&all, Format::Yaml);
        prop_assert_eq!(&serde_yaml_ng::from_str::<Value>(&yaml).unwrap(), &expected, "{}", yaml);
    }

    #[test]
    fn cloudformation_reads_back((policy, role, provider) in definitions()) {
        let reference = |it: &PolicyRef| match it {
            PolicyRef::Arn(arn) => json!(arn),
            PolicyRef::Named(name) => named_arn(name),
            PolicyRef::Defined(_) => json!({"Ref": "Executor"}),
        };
        let mut managed = json!({"PolicyDocument": expected(&policy.document.document)});
        if let Some(name) = &policy.policy_name {
            managed["ManagedPolicyName"] = json!(name);
        }
        let expected = json!({
            "AWSTemplateFormatVersion": "2010-09-09",
            "Resources": {
                "Executor": {"Type": "AWS::IAM::ManagedPolicy", "Properties": managed},
                "Role": {"Type": "AWS::IAM::Role", "Properties": expected_role(&role, &reference)},
                "Hub": {"Type": "AWS::IAM::OIDCProvider", "Properties": expected_provider(&provider)},
            },
            "Outputs": {
                "ExecutorArn": {"Value": {"Ref": "Executor"}},
                "RoleArn": {"Value": {"Fn::GetAtt": ["Role", "Arn"]}},
                "HubArn": {"Value": {"Ref": "Hub"}},
            },
        });
        let all: [Definition; 3] = [policy.into(), role.into(), provider.into()];
        let text = render_definitions(&all, Format::CloudFormation);
        let read = substituted(serde_yaml_ng::from_str(&text).unwrap());
        prop_assert_eq!(read, expected, "{}", text);
    }

    #[test]
    fn terraform_reads_back((policy, role, provider) in definitions()) {
        // The reader decodes an escape behind another sign of a template twice if the string has an expression in it.
        let written = expected(&role.trust).to_string();
        prop_assume!(!["$$", "%%", "$%", "%$"].iter().any(|signs| written.contains(signs)));
        let all: [Definition; 3] = [
            policy.clone().into(),
            role.clone().into(),
            provider.clone().into(),
        ];
        let text = render_definitions(&all, Format::Terraform);
        let body: hcl::Body = hcl::parse(&text).unwrap();
        let reference = |it: &PolicyRef| match it {
            PolicyRef::Arn(arn) => json!(arn),
            PolicyRef::Named(name) => named_arn(name),
            PolicyRef::Defined(_) => json!("defined"),
        };

        let block_of_role = block(&body, ["aws_iam_role", "role"]);
        let text_of = |name: &str| attribute(block_of_role, name).map(evaluate);
        prop_assert_eq!(text_of("name"), role.role_name.as_ref().map(|it| json!(it)));
        prop_assert_eq!(text_of("path"), role.path.as_ref().map(|it| json!(it)));
        prop_assert_eq!(text_of("description"), role.description.as_ref().map(|it| json!(it)));
        prop_assert_eq!(text_of("max_session_duration"), role.max_session.map(|it| json!(it)));
        let boundary = attribute(block_of_role, "permissions_boundary").map(terraform_reference);
        prop_assert_eq!(boundary, role.boundary.as_ref().map(reference));
        let assume = attribute(block_of_role, "assume_role_policy").unwrap();
        let read = filled(terraform_document(&body, assume, "role_trust"));
        prop_assert_eq!(&read, &with_version(trust(&role), &read), "{}", text);

        for (number, inline) in (1..).zip(&role.policies) {
            let label = format!("role_inline_{number}");
            let found = block(&body, ["aws_iam_role_policy", &label]);
            prop_assert_eq!(attribute(found, "name").map(evaluate), Some(json!(inline.name)));
            let read = terraform_document(&body, attribute(found, "policy").unwrap(), &label);
            prop_assert_eq!(&read, &with_version(expected(&inline.document), &read));
        }
        for (number, managed) in (1..).zip(&role.managed_policies) {
            let label = format!("role_{number}");
            let found = block(&body, ["aws_iam_role_policy_attachment", &label]);
            let read = attribute(found, "policy_arn").map(terraform_reference);
            prop_assert_eq!(read, Some(reference(managed)));
        }
        let attached = body.blocks().filter(|it| {
            it.labels().first().is_some_and(|it| it.as_str() == "aws_iam_role_policy_attachment")
        });
        prop_assert_eq!(attached.count(), role.managed_policies.len());

        let found = block(&body, ["aws_iam_openid_connect_provider", "hub"]);
        let read = |name: &str| attribute(found, name).map(evaluate);
        prop_assert_eq!(read("url"), Some(json!(provider.url)));
        prop_assert_eq!(read("client_id_list"), Some(json!(provider.client_ids)));
        let thumbprints = (!provider.thumbprints.is_empty()).then(|| json!(provider.thumbprints));
        prop_assert_eq!(read("thumbprint_list"), thumbprints);
    }
}

#[test]
fn names_of_account_and_partition_are_asked_for_where_they_are_used() {
    let trust = stackpass_policy::trust::by_service("lambda.amazonaws.com");
    let role = RoleDefinition::new("Role", trust);
    let named =
        RoleDefinition { boundary: Some(PolicyRef::Named("limit".to_owned())), ..role.clone() };
    for (role, asked) in [(role, false), (named, true)] {
        let terraform = render_definitions(&[role.clone().into()], Format::Terraform);
        assert_eq!(terraform.contains("data \"aws_caller_identity\" \"current\" {}"), asked);
        assert_eq!(terraform.contains("data \"aws_partition\" \"current\" {}"), asked);
        let cdk = render_definitions(&[role.into()], Format::Cdk);
        assert_eq!(cdk.contains("import { Aws } from"), asked);
    }
    let document = Document::new(Vec::new());
    let named = NamedDocument { name: "A".to_owned(), document };
    assert_eq!(
        render_definitions(&[named.into()], Format::Terraform).matches("current").count(),
        0
    );
}

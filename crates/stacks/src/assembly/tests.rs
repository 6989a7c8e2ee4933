mod nested;

use std::{collections::BTreeMap, sync::Arc};

use proptest::prelude::*;
use stackpass_ground::source::{Severity, Source};

use super::{Assembly, Asset, StackInput, StackTemplate, nested_stacks, read};
use crate::template;

const TEMPLATE: &str = r#"{"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}"#;

/// Reads an assembly of files, and lists its problems as `file:line:column code message`, warnings with a `?`.
fn read_files(files: &[(&str, &str)]) -> (Assembly, Vec<String>) {
    let files: BTreeMap<&str, &str> = files.iter().copied().collect();
    let look_up = |path: &str| files.get(path).map(|text| Source::new(path, *text));
    let (assembly, problems) = read(&look_up);
    let problems = problems.iter().map(|problem| {
        let diagnostic = &problem.diagnostic;
        let mark = if diagnostic.severity == Severity::Warning { "?" } else { "" };
        let place = problem.source.position(diagnostic.span.start);
        let (name, code) = (problem.source.name(), diagnostic.code);
        format!("{name}:{place} {code}{mark}: {}", diagnostic.message)
    });
    (assembly, problems.collect())
}

/// Reads an assembly of one manifest, whose artifacts are given, and of other files.
#[track_caller]
fn check(artifacts: &str, files: &[(&str, &str)], expected: &[&str]) -> Vec<StackInput> {
    let manifest = format!(r#"{{"version": "36.0.0", "artifacts": {artifacts}}}"#);
    let mut files = files.to_vec();
    files.push(("manifest.json", &manifest));
    let (assembly, problems) = read_files(&files);
    assert_eq!(problems, expected);
    assembly.stacks
}

/// An artifact for a stack whose template is `t.json`.
fn stack(id: &str, more: &str) -> String {
    format!(
        r#""{id}": {{"type": "aws:cloudformation:stack", "properties": {{"templateFile": "t.json"}} {more}}}"#
    )
}

fn names(stacks: &[StackInput]) -> Vec<&str> {
    stacks.iter().map(|stack| stack.artifact.name.as_str()).collect()
}

#[test]
fn a_stack_has_what_its_artifact_says() {
    let stacks = check(
        r#"{"App": {
            "type": "aws:cloudformation:stack",
            "environment": "aws://111111111111/eu-west-1",
            "displayName": "Prod/App",
            "properties": {
                "templateFile": "t.json",
                "stackName": "prod-app",
                "terminationProtection": true,
                "tags": {"team": "x"},
                "parameters": {"Stage": "prod"},
                "assumeRoleArn": "arn:${AWS::Partition}:iam::111111111111:role/deploy",
                "cloudFormationExecutionRoleArn": "arn:${AWS::Partition}:iam::111111111111:role/exec",
                "lookupRole": {"arn": "arn:${AWS::Partition}:iam::111111111111:role/lookup"},
                "bootstrapStackVersionSsmParameter": "/cdk-bootstrap/x/version"
            }
        }}"#,
        &[("t.json", TEMPLATE)],
        &[],
    );
    let [stack] = stacks.as_slice() else { panic!("one stack") };
    assert_eq!(stack.artifact.id, "App");
    assert_eq!(stack.artifact.name, "prod-app");
    assert_eq!(stack.artifact.display_name, "Prod/App");
    assert_eq!(stack.artifact.environment.account.as_deref(), Some("111111111111"));
    assert_eq!(stack.artifact.environment.region.as_deref(), Some("eu-west-1"));
    assert!(stack.artifact.termination_protection);
    assert_eq!(stack.artifact.tags, BTreeMap::from([("team".to_owned(), "x".to_owned())]));
    assert_eq!(
        stack.artifact.parameters,
        BTreeMap::from([("Stage".to_owned(), "prod".to_owned())])
    );
    let role = |name: &str| Some(format!("arn:${{AWS::Partition}}:iam::111111111111:role/{name}"));
    assert_eq!(stack.artifact.deploy_role, role("deploy"));
    assert_eq!(stack.artifact.execution_role, role("exec"));
    assert_eq!(stack.artifact.lookup_role, role("lookup"));
    assert_eq!(stack.artifact.bootstrap_parameter.as_deref(), Some("/cdk-bootstrap/x/version"));
    assert_eq!(stack.root.template.resources["Q"].resource_type, "AWS::SQS::Queue");
    assert_eq!(stack.root.source.name(), "t.json");
}

#[test]
fn unknown_environments_are_none() {
    let artifact = stack("A", r#", "environment": "aws://unknown-account/unknown-region""#);
    let stacks = check(&format!("{{{artifact}}}"), &[("t.json", TEMPLATE)], &[]);
    assert_eq!(stacks[0].artifact.environment.account, None);
    assert_eq!(stacks[0].artifact.environment.region, None);
}

#[test]
fn broken_environments_are_errors() {
    let artifact = stack("A", r#", "environment": "somewhere""#);
    check(
        &format!("{{{artifact}}}"),
        &[("t.json", TEMPLATE)],
        &["manifest.json:1:137 invalid-manifest: `somewhere` is no environment"],
    );
}

#[test]
fn accounts_and_regions_that_are_none_are_errors_with_their_place() {
    for (environment, message) in [
        ("aws://11112222333:x/eu-west-1", "`11112222333:x` is no account"),
        ("aws://11112222333/eu-west-1", "`11112222333` is no account"),
        ("aws://1111222233334/eu-west-1", "`1111222233334` is no account"),
        ("aws://11112222333x/eu-west-1", "`11112222333x` is no account"),
        ("aws:///eu-west-1", "`` is no account"),
        ("aws://*/eu-west-1", "`*` is no account"),
        ("aws://111122223333/", "`` is no region"),
        ("aws://111122223333/moon", "`moon` is no region"),
        ("aws://111122223333/eu-west", "`eu-west` is no region"),
        ("aws://111122223333/eu-west-1/x", "`eu-west-1/x` is no region"),
        ("aws://111122223333/eu-*-1", "`eu-*-1` is no region"),
    ] {
        let artifact = stack("A", &format!(r#", "environment": "{environment}""#));
        let expected = format!("manifest.json:1:137 invalid-manifest: {message}");
        check(&format!("{{{artifact}}}"), &[("t.json", TEMPLATE)], &[&expected]);
    }
    for region in ["us-gov-west-1", "us-isob-east-1", "eusc-de-east-1", "ap-southeast-7"] {
        let artifact = stack("A", &format!(r#", "environment": "aws://unknown-account/{region}""#));
        let stacks = check(&format!("{{{artifact}}}"), &[("t.json", TEMPLATE)], &[]);
        assert_eq!(stacks[0].artifact.environment.region.as_deref(), Some(region));
        assert_eq!(stacks[0].artifact.environment.account, None);
    }
}

#[test]
fn the_artifact_id_is_the_name_if_there_is_no_other() {
    let stacks = check(&format!("{{{}}}", stack("A", "")), &[("t.json", TEMPLATE)], &[]);
    assert_eq!(
        (stacks[0].artifact.name.as_str(), stacks[0].artifact.display_name.as_str()),
        ("A", "A")
    );
}

#[test]
fn stacks_stand_behind_those_they_depend_on() {
    let artifacts = [
        stack("C", ""),
        stack("A", r#", "dependencies": ["B", "assets"]"#),
        stack("B", ""),
        r#""assets": {"type": "cdk:asset-manifest", "properties": {"file": "a.json"}}"#.to_owned(),
    ];
    let stacks = check(
        &format!("{{{}}}", artifacts.join(",")),
        &[("t.json", TEMPLATE), ("a.json", "{}")],
        &[],
    );
    assert_eq!(names(&stacks), ["B", "C", "A"]);
}

#[test]
fn cycles_of_stacks_are_errors() {
    let (a, b) =
        (stack("A", r#", "dependencies": ["B"]"#), stack("B", r#", "dependencies": ["A"]"#));
    let stacks = check(
        &format!("{{{a}, {b}}}"),
        &[("t.json", TEMPLATE)],
        &["manifest.json:1:37 dependency-cycle: the artifacts `A`, `B` depend on one another"],
    );
    assert_eq!(names(&stacks), ["A", "B"]);
}

#[test]
fn assets_come_from_the_asset_manifests_of_the_stack() {
    let artifacts = [
        stack("A", r#", "dependencies": ["A.assets"]"#),
        stack("B", ""),
        r#""A.assets": {"type": "cdk:asset-manifest", "properties": {"file": "A.assets.json"}}"#
            .to_owned(),
    ];
    let assets = r#"{"version": "36.0.0",
        "files": {"h": {"source": {"path": "asset.h", "packaging": "zip"}, "destinations": {
            "two": {"bucketName": "b2", "objectKey": "h.zip", "region": "us-east-1"},
            "one": {"bucketName": "b1", "objectKey": "h.zip", "assumeRoleArn": "role"}}}},
        "dockerImages": {"i": {"source": {"directory": "asset.i"}, "destinations": {
            "one": {"repositoryName": "r", "imageTag": "i"}}}}}"#;
    let stacks = check(
        &format!("{{{}}}", artifacts.join(",")),
        &[("t.json", TEMPLATE), ("A.assets.json", assets)],
        &[],
    );
    let file = |bucket: &str, role: Option<&str>| Asset::File {
        bucket: bucket.to_owned(),
        key: "h.zip".to_owned(),
        publishing_role: role.map(str::to_owned),
        session_tags: false,
        path: Some("asset.h".to_owned()),
    };
    assert_eq!(
        stacks[0].artifact.assets,
        [
            file("b1", Some("role")),
            file("b2", None),
            Asset::Image {
                repository: "r".to_owned(),
                region: None,
                publishing_role: None,
                session_tags: false,
            },
        ]
    );
    assert_eq!(stacks[1].artifact.assets, []);
}

const METADATA: &str = r#"{"/A": [
    {"type": "aws:cdk:stack-tags", "data": [{"key": "k", "value": "v"}, {"Key": "K", "Value": "V"}]},
    {"type": "aws:cdk:asset", "data": {"path": "asset.h", "id": "h", "packaging": "zip", "sourceHash": "h",
        "s3BucketParameter": "PB", "s3KeyParameter": "PK", "artifactHashParameter": "PH"}},
    {"type": "aws:cdk:asset", "data": {"path": "asset.i", "id": "i", "packaging": "container-image",
        "repositoryName": "aws-cdk/assets", "imageTag": "i"}}
]}"#;

#[track_caller]
fn check_metadata(stack: &StackInput) {
    let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    assert_eq!(stack.artifact.tags, BTreeMap::from([pair("k", "v"), pair("K", "V")]));
    assert_eq!(
        stack.artifact.assets,
        [
            Asset::LegacyFile {
                path: "asset.h".to_owned(),
                bucket_parameter: "PB".to_owned(),
                key_parameter: "PK".to_owned(),
                hash_parameter: Some("PH".to_owned()),
            },
            Asset::LegacyImage { repository: Some("aws-cdk/assets".to_owned()) },
        ]
    );
}

#[test]
fn legacy_assets_and_tags_come_from_the_metadata() {
    let artifact = stack("A", &format!(r#", "metadata": {METADATA}"#));
    check_metadata(&check(&format!("{{{artifact}}}"), &[("t.json", TEMPLATE)], &[])[0]);
    let artifact = stack("A", r#", "additionalMetadataFile": "A.metadata.json""#);
    let files = [("t.json", TEMPLATE), ("A.metadata.json", METADATA)];
    check_metadata(&check(&format!("{{{artifact}}}"), &files, &[])[0]);
}

#[test]
fn missing_metadata_is_a_warning() {
    let artifact = stack("A", r#", "additionalMetadataFile": "A.metadata.json""#);
    let stacks = check(
        &format!("{{{artifact}}}"),
        &[("t.json", TEMPLATE)],
        &["manifest.json:1:148 missing-file?: the file `A.metadata.json` is missing"],
    );
    assert_eq!(names(&stacks), ["A"]);
}

#[test]
fn stages_are_read() {
    let inner = format!(
        r#"{{"version": "36.0.0", "artifacts": {{{}}}}}"#,
        r#""ProdApi": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "t.json", "stackName": "Prod-Api"}}"#
    );
    let stage = r#"{"assembly-Prod": {"type": "cdk:cloud-assembly", "properties": {"directoryName": "assembly-Prod", "displayName": "Prod"}}}"#;
    let files =
        [("assembly-Prod/manifest.json", inner.as_str()), ("assembly-Prod/t.json", TEMPLATE)];
    let stacks = check(stage, &files, &[]);
    assert_eq!(names(&stacks), ["Prod-Api"]);
    assert_eq!(stacks[0].artifact.display_name, "Prod/Prod-Api");
    assert_eq!(stacks[0].root.source.name(), "assembly-Prod/t.json");
}

#[test]
fn a_stage_is_read_once() {
    let stage = |id: &str, name: &str| {
        format!(
            r#""{id}": {{"type": "cdk:cloud-assembly", "properties": {{"directoryName": "{name}"}}}}"#
        )
    };
    let inner = r#"{"version": "36.0.0", "artifacts": {}}"#;
    check(
        &format!(
            "{{{}, {}, {}, {}}}",
            stage("A", "s"),
            stage("B", "./s"),
            stage("C", "."),
            stage("D", "..")
        ),
        &[("s/manifest.json", inner)],
        &[
            "manifest.json:1:180 invalid-manifest: the folder `./s` is that of another stage",
            "manifest.json:1:257 invalid-manifest: the folder `.` is that of another stage",
            "manifest.json:1:332 outside-path: the path `..` leads out of the assembly",
        ],
    );
}

#[test]
fn missing_files_are_errors_where_they_are_named() {
    check(
        &format!("{{{}}}", stack("A", "")),
        &[],
        &["manifest.json:1:110 missing-file: the file `t.json` is missing"],
    );
    let (_, problems) = read_files(&[]);
    assert_eq!(problems, ["manifest.json:1:1 missing-manifest: there is no manifest"]);
}

#[test]
fn paths_that_lead_out_are_not_looked_up() {
    let artifact = stack("A", "").replace("t.json", "../secret.json");
    check(
        &format!("{{{artifact}}}"),
        &[("../secret.json", TEMPLATE), ("secret.json", TEMPLATE)],
        &["manifest.json:1:110 outside-path: the path `../secret.json` leads out of the assembly"],
    );
}

#[test]
fn problems_of_templates_stand_in_their_files() {
    let stacks = check(
        &format!("{{{}}}", stack("A", "")),
        &[("t.json", "{\"Resources\": {\n  \"a-b\": {}, \"Q\": {\"Type\": \"X::Y::Z\"}}}")],
        &["t.json:2:3 invalid-logical-id: `a-b` cannot be a logical id"],
    );
    assert_eq!(stacks[0].root.template.resources.len(), 1);
}

#[test]
fn empty_stacks_are_not_deployed() {
    let stacks = check(
        &format!("{{{}}}", stack("A", "")),
        &[("t.json", r#"{"Parameters": {}}"#)],
        &["manifest.json:1:37 empty-stack?: the stack `A` has no resources and is not deployed"],
    );
    assert_eq!(stacks, []);
}

#[test]
fn broken_manifests_are_errors() {
    let problems = |text: &str| read_files(&[("manifest.json", text)]).1;
    assert_eq!(
        problems("{}"),
        ["manifest.json:1:1 not-a-manifest: a manifest has the keys `version` and `artifacts`"]
    );
    assert_eq!(
        problems(r#"{"version": "1", "artifacts": []}"#),
        ["manifest.json:1:31 invalid-manifest: `artifacts` has to be a mapping, this is a list"]
    );
    assert_eq!(
        problems(r#"{"version": "1", "artifacts": {}}"#),
        ["manifest.json:1:1 no-stacks: the assembly has no stacks"]
    );
    assert_eq!(
        problems(r#"{"version": "1", "artifacts": {"A": {"type": "aws:cloudformation:stack"}}}"#),
        ["manifest.json:1:1 invalid-manifest: the artifact has no `templateFile`"]
    );
}

#[test]
fn broken_assets_are_errors_and_the_rest_is_kept() {
    let artifacts = format!(
        r#"{{{}, "a": {{"type": "cdk:asset-manifest", "properties": {{"file": "a.json"}}}}}}"#,
        stack("A", r#", "dependencies": ["a"]"#)
    );
    let assets = r#"{"files": {"x": {"destinations": {"d": {"bucketName": "b"}}},
        "y": {"destinations": {"d": {"bucketName": "b", "objectKey": "k"}}}}, "dockerImages": 1}"#;
    let stacks = check(
        &artifacts,
        &[("t.json", TEMPLATE), ("a.json", assets)],
        &[
            "a.json:1:40 invalid-asset: the asset has no `objectKey`",
            "a.json:2:95 invalid-manifest: `dockerImages` has to be a mapping, this is a number",
        ],
    );
    assert_eq!(stacks[0].artifact.assets.len(), 1);
}

proptest! {
    #[test]
    fn broken_assemblies_are_read_or_reported(
        start in 0..METADATA.len(),
        length in 0..20_usize,
        noise in prop::sample::select(vec!["", "{", "}", "[", "\"", ",", "1", "null", "\"type\":"]),
        file in 0..3_usize,
    ) {
        let manifest = format!(
            r#"{{"version": "36.0.0", "artifacts": {{{}, "a": {{"type": "cdk:asset-manifest", "properties": {{"file": "a.json"}}}},
            "s": {{"type": "cdk:cloud-assembly", "properties": {{"directoryName": "s"}}}}}}}}"#,
            stack("A", r#", "dependencies": ["a"], "additionalMetadataFile": "m.json""#)
        );
        let assets = r#"{"files": {"abc": {"source": {"path": "n.json"}, "destinations": {"d": {"bucketName": "b", "objectKey": "abc.json"}}}}}"#;
        let mut texts = [manifest, METADATA.to_owned(), assets.to_owned()];
        let text = &mut texts[file];
        let start = start.min(text.len());
        let end = (start + length).min(text.len());
        text.replace_range(start..end, noise);
        let (assembly, problems) = read_files(&[
            ("manifest.json", &texts[0]), ("m.json", &texts[1]), ("a.json", &texts[2]), ("t.json", TEMPLATE),
        ]);
        prop_assert!(!assembly.stacks.is_empty() || !problems.is_empty());
    }
}

//! Nested stacks of an assembly.

use super::*;

/// A template with a nested stack `N`.
fn parent(url: &str, metadata: &str) -> String {
    format!(
        r#"{{"Resources": {{"N": {{"Type": "AWS::CloudFormation::Stack", "Properties": {{"TemplateURL": {url}}}, "Metadata": {{{metadata}}}}}}}}}"#
    )
}

fn nested_ids(nested: &BTreeMap<template::LogicalId, StackTemplate>) -> Vec<String> {
    nested.iter().map(|(id, stack)| format!("{id}={}", stack.source.name())).collect()
}

#[test]
fn nested_templates_are_found_by_metadata() {
    let template = parent(r#""https://s3/x""#, r#""aws:asset:path": "n.json""#);
    let files = [("t.json", template.as_str()), ("n.json", TEMPLATE)];
    let stacks = check(&format!("{{{}}}", stack("A", "")), &files, &[]);
    assert_eq!(nested_ids(&stacks[0].root.nested), ["N=n.json"]);
}

#[test]
fn nested_templates_are_found_by_the_key_of_their_asset() {
    let template =
        parent(r#"{"Fn::Join": ["", ["https://", {"Ref": "AWS::Region"}, "/abc.json"]]}"#, "");
    let assets = r#"{"files": {"abc": {"source": {"path": "n.json"}, "destinations": {"d": {"bucketName": "b", "objectKey": "abc.json"}}}}}"#;
    let artifacts = format!(
        r#"{{{}, "a": {{"type": "cdk:asset-manifest", "properties": {{"file": "a.json"}}}}}}"#,
        stack("A", r#", "dependencies": ["a"]"#)
    );
    let files = [("t.json", template.as_str()), ("a.json", assets), ("n.json", TEMPLATE)];
    let stacks = check(&artifacts, &files, &[]);
    assert_eq!(nested_ids(&stacks[0].root.nested), ["N=n.json"]);
}

#[test]
fn nested_templates_are_found_by_the_parameters_of_legacy_assets() {
    let asset = r#", "metadata": {"/A": [{"type": "aws:cdk:asset", "data": {"path": "n.json", "packaging": "file",
        "s3BucketParameter": "AssetParametersabcS3Bucket01234567", "s3KeyParameter": "AssetParametersabcS3VersionKey89ABCDEF"}}]}"#;
    for name in
        ["AssetParametersabcS3Bucket01234567", "referencetoAAssetParametersabcS3Bucket76543210Ref"]
    {
        let template =
            parent(&format!(r#"{{"Fn::Join": ["/", ["https://", {{"Ref": "{name}"}}]]}}"#), "");
        let files = [("t.json", template.as_str()), ("n.json", TEMPLATE)];
        let stacks = check(&format!("{{{}}}", stack("A", asset)), &files, &[]);
        assert_eq!(nested_ids(&stacks[0].root.nested), ["N=n.json"]);
    }
}

#[test]
fn nested_templates_outside_of_the_assembly_are_left_out() {
    let template = parent(r#""https://s3.amazonaws.com/b/k.json""#, "");
    let stacks = check(&format!("{{{}}}", stack("A", "")), &[("t.json", template.as_str())], &[]);
    assert!(stacks[0].root.nested.is_empty());
}

#[test]
fn missing_nested_templates_are_errors() {
    let template = parent(r#""n.json""#, "");
    check(
        &format!("{{{}}}", stack("A", "")),
        &[("t.json", template.as_str())],
        &["t.json:1:30 missing-file: the template `n.json` of the nested stack `N` is missing"],
    );
}

#[test]
fn stacks_that_nest_themselves_are_errors() {
    let (first, second) = (parent(r#""n.json""#, ""), parent(r#""t.json""#, ""));
    let stacks = check(
        &format!("{{{}}}", stack("A", "")),
        &[("t.json", first.as_str()), ("n.json", second.as_str())],
        &["n.json:1:30 recursive-stack: the stack `N` creates itself by `t.json`"],
    );
    assert_eq!(nested_ids(&stacks[0].root.nested), ["N=n.json"]);
}

#[test]
fn nested_stacks_are_bounded() {
    // Ten levels of ten nested stacks each would be ten thousand million.
    let level = |next: usize| {
        let stacks: Vec<String> = (0..10)
            .map(|id| {
                format!(r#""N{id}": {{"Type": "AWS::CloudFormation::Stack", "Properties": {{"TemplateURL": "{next}.json"}}}}"#)
            })
            .collect();
        format!(r#"{{"Resources": {{{}}}}}"#, stacks.join(","))
    };
    let files: Vec<(String, String)> =
        (0..10).map(|depth| (format!("{depth}.json"), level(depth + 1))).collect();
    let mut files: Vec<(&str, &str)> =
        files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    files.push(("10.json", TEMPLATE));
    let artifact = stack("A", "").replace("t.json", "0.json");
    let manifest = format!(r#"{{"version": "1", "artifacts": {{{artifact}}}}}"#);
    files.push(("manifest.json", &manifest));
    let (_, problems) = read_files(&files);
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].contains("too-many-stacks"), "{problems:?}");
}

#[test]
fn templates_alone_find_nested_ones_by_path() {
    let source = Arc::new(Source::new(
        "infra/main.yaml",
        "Resources:\n  N:\n    Type: AWS::CloudFormation::Stack\n    Properties: {TemplateURL: ../shared/n.yaml}\n",
    ));
    let template = template::read(&source).0.unwrap();
    let files = |path: &str| (path == "shared/n.yaml").then(|| Source::new(path, TEMPLATE));
    let (nested, problems) = nested_stacks(&template, &source, "infra/main.yaml", &files);
    assert_eq!(problems, []);
    assert_eq!(nested_ids(&nested), ["N=shared/n.yaml"]);
}

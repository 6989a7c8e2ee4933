use stackpass_ground::{
    source::{Severity, Source},
    tree::{Kind, Node},
};

use super::Reach;
use super::{LogicalId, Template, read};

/// Writes a tree in one line.
fn render(node: &Node) -> String {
    assert_eq!(node.tag, None, "no tag is left in a template");
    match &node.kind {
        Kind::Null => "null".to_owned(),
        Kind::Bool(value) => value.to_string(),
        Kind::Number(text) => text.clone(),
        Kind::String(text) => format!("{text:?}"),
        Kind::List(items) => {
            format!("[{}]", items.iter().map(render).collect::<Vec<_>>().join(", "))
        }
        Kind::Map(entries) => {
            let entries =
                entries.iter().map(|entry| format!("{}: {}", entry.key, render(&entry.value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
    }
}

/// Every problem as `line:column code message`, warnings with a `?`.
fn problems(text: &str) -> (Option<Template>, Vec<String>) {
    let source = Source::new("t", text);
    let (template, diagnostics) = read(&source);
    let problems = diagnostics.iter().map(|problem| {
        let mark = if problem.severity == Severity::Warning { "?" } else { "" };
        let place = source.position(problem.span.start);
        format!("{place} {}{mark}: {}", problem.code, problem.message)
    });
    (template, problems.collect())
}

#[track_caller]
fn check_problems(text: &str, expected: &[&str]) -> Template {
    let (template, problems) = problems(text);
    assert_eq!(problems, expected);
    template.expect("a template")
}

#[track_caller]
fn check_not_a_template(text: &str, expected: &str) {
    let (template, problems) = problems(text);
    assert_eq!(template, None);
    assert_eq!(problems, [expected]);
}

/// Checks a property's value after reading.
#[track_caller]
fn check_value(value: &str, expected: &str) {
    let text = format!("Resources:\n  A:\n    Type: X::Y::Z\n    Properties:\n      P: {value}\n");
    let template = check_problems(&text, &[]);
    let properties = &template.resources["A"].properties;
    assert_eq!(render(properties.field("P").unwrap()), expected);
}

#[test]
fn short_forms_become_long_forms() {
    check_value("!Ref X", r#"{Ref: "X"}"#);
    check_value("!GetAtt X.Arn", r#"{Fn::GetAtt: ["X", "Arn"]}"#);
    check_value("!GetAtt X.Outputs.Y", r#"{Fn::GetAtt: ["X", "Outputs.Y"]}"#);
    check_value("!GetAtt [X, Arn]", r#"{Fn::GetAtt: ["X", "Arn"]}"#);
    check_value("{'Fn::GetAtt': X.Arn}", r#"{Fn::GetAtt: ["X", "Arn"]}"#);
    check_value("!Sub '${X}-y'", r#"{Fn::Sub: "${X}-y"}"#);
    check_value("!Condition C", r#"{Condition: "C"}"#);
    check_value("!Base64 x", r#"{Fn::Base64: "x"}"#);
    check_value("!GetAZs ''", r#"{Fn::GetAZs: ""}"#);
    check_value("!ImportValue x", r#"{Fn::ImportValue: "x"}"#);
    check_value("!FindInMap [M, !Ref K, v]", r#"{Fn::FindInMap: ["M", {Ref: "K"}, "v"]}"#);
    check_value(
        "!Transform {Name: AWS::Include, Parameters: {Location: s3://b/k}}",
        r#"{Fn::Transform: {Name: "AWS::Include", Parameters: {Location: "s3://b/k"}}}"#,
    );
}

#[test]
fn short_forms_nest() {
    check_value(
        "!If [C, !Sub ['${a}', {a: !GetAtt X.Arn}], !Ref AWS::NoValue]",
        r#"{Fn::If: ["C", {Fn::Sub: ["${a}", {a: {Fn::GetAtt: ["X", "Arn"]}}]}, {Ref: "AWS::NoValue"}]}"#,
    );
    check_value(
        "\n        Fn::Join:\n        - ','\n        - !Split ['-', !Ref X]",
        r#"{Fn::Join: [",", {Fn::Split: ["-", {Ref: "X"}]}]}"#,
    );
}

#[test]
fn a_made_long_form_stands_where_the_short_one_does() {
    let text =
        "Resources:\n  A:\n    Type: X::Y::Z\n    Properties:\n      P: !Ref ü\n      Q: 1\n";
    let template = check_problems(text, &[]);
    let span = template.resources["A"].properties.field("P").unwrap().span;
    assert_eq!(text.get(span.start..span.end), Some("!Ref ü"));
}

#[test]
fn unquoted_words_are_booleans_in_properties_only() {
    check_value("[yes, Off, 'yes', \"no\", y, true]", r#"[true, false, "yes", "no", "y", true]"#);
    check_value("|-\n        yes", r#""yes""#);
    let template = check_problems(
        "Parameters: {P: {Type: String, Default: No, AllowedValues: [Yes, No]}}\n\
         Conditions: {C: !Equals [!Ref P, Yes]}\n\
         Resources: {A: {Type: X::Y::Z}}\n",
        &[],
    );
    assert_eq!(render(template.parameters["P"].default.as_ref().unwrap()), r#""No""#);
    assert_eq!(render(&template.conditions["C"]), r#"{Fn::Equals: [{Ref: "P"}, "Yes"]}"#);
}

#[test]
fn unknown_tags_are_errors_and_no_plain_values() {
    let text = "Resources:\n  A:\n    Type: X::Y::Z\n    Properties:\n      P: !ref X\n      Q: !Rain::Embed f\n";
    let template = check_problems(
        text,
        &[
            "5:10 unknown-tag: CloudFormation has no short form `!ref`",
            "6:10 unknown-tag: CloudFormation has no short form `!Rain::Embed`",
        ],
    );
    assert_eq!(
        render(&template.resources["A"].properties),
        r#"{P: {Fn::ref: "X"}, Q: {Fn::Rain::Embed: "f"}}"#
    );
}

#[test]
fn json_and_yaml_read_alike() {
    let (from_json, problems_of_json) = problems(
        r#"{"Resources": {"A": {"Type": "X::Y::Z", "Properties": {"P": {"Fn::GetAtt": ["B", "Arn"]}, "Q": "yes"}}}}"#,
    );
    let (from_yaml, problems_of_yaml) = problems(
        "Resources:\n  A:\n    Type: X::Y::Z\n    Properties: {P: !GetAtt B.Arn, Q: 'yes'}\n",
    );
    assert_eq!((problems_of_json, problems_of_yaml), (vec![], vec![]));
    let properties =
        |template: Option<Template>| render(&template.unwrap().resources["A"].properties);
    assert_eq!(properties(from_json), properties(from_yaml));
}

#[test]
fn attributes_stand_in_fields() {
    let template = check_problems(
        "Resources:
  B:
    Type: AWS::S3::Bucket
    Condition: C
    DependsOn: [Z, A]
    DeletionPolicy: Retain
    UpdateReplacePolicy: !If [C, Delete, Retain]
    Metadata: {aws:asset:path: x}
  A:
    Type: AWS::SQS::Queue
    DependsOn: B
    Properties:
",
        &[],
    );
    let ids: Vec<&str> = template.resources.keys().map(LogicalId::as_str).collect();
    assert_eq!(ids, ["A", "B"]);
    let bucket = &template.resources["B"];
    assert_eq!(bucket.resource_type, "AWS::S3::Bucket");
    assert_eq!(bucket.condition.as_deref(), Some("C"));
    assert_eq!(bucket.depends_on, ["Z".parse().unwrap(), "A".parse().unwrap()]);
    assert_eq!(render(bucket.deletion_policy.as_ref().unwrap()), r#""Retain""#);
    assert_eq!(
        render(bucket.update_replace_policy.as_ref().unwrap()),
        r#"{Fn::If: ["C", "Delete", "Retain"]}"#
    );
    assert_eq!(render(bucket.metadata.as_ref().unwrap()), r#"{aws:asset:path: "x"}"#);
    let queue = &template.resources["A"];
    assert_eq!(queue.depends_on, ["B".parse().unwrap()]);
    assert_eq!(render(&queue.properties), "{}");
}

#[test]
fn all_sections_are_read() {
    let template = check_problems(
        "AWSTemplateFormatVersion: 2010-09-09
Description: d
Transform: [AWS::Serverless-2016-10-31, {Name: AWS::Include}]
Globals: {Function: {Timeout: 3}}
Metadata: {m: 1}
Parameters:
  P: {Type: Number, Default: 007, AllowedValues: [007, 8], NoEcho: true}
Mappings: {M: {us-east-1: {v: x}}}
Conditions: {C: !Not [!Equals [a, b]]}
Rules: {R: {Assertions: []}}
Resources: {A: {Type: X::Y::Z}}
Outputs: {O: {Value: !Ref A, Condition: C, Export: {Name: !Sub '${AWS::StackName}-o'}}}
",
        &[],
    );
    assert_eq!(template.description.as_deref(), Some("d"));
    let transforms: Vec<&str> = template.transforms.iter().map(|of| of.name.as_str()).collect();
    assert_eq!(transforms, ["AWS::Serverless-2016-10-31", "AWS::Include"]);
    let parameter = &template.parameters["P"];
    assert_eq!(parameter.parameter_type, "Number");
    assert_eq!(render(parameter.default.as_ref().unwrap()), "007");
    assert_eq!(parameter.allowed_values.as_ref().unwrap().len(), 2);
    assert!(parameter.no_echo);
    assert_eq!(render(&template.mappings["M"]), r#"{us-east-1: {v: "x"}}"#);
    assert_eq!(render(&template.conditions["C"]), r#"{Fn::Not: [{Fn::Equals: ["a", "b"]}]}"#);
    assert_eq!(render(&template.rules["R"]), "{Assertions: []}");
    assert_eq!(render(template.globals.as_ref().unwrap()), "{Function: {Timeout: 3}}");
    assert_eq!(render(template.metadata.as_ref().unwrap()), "{m: 1}");
    let output = &template.outputs["O"];
    assert_eq!(render(&output.value), r#"{Ref: "A"}"#);
    assert_eq!(output.condition.as_deref(), Some("C"));
    assert_eq!(render(output.export_name.as_ref().unwrap()), r#"{Fn::Sub: "${AWS::StackName}-o"}"#);
}

#[test]
fn broken_resources_are_reported_and_the_rest_is_kept() {
    let template = check_problems(
        "Resources:
  Good: {Type: X::Y::Z}
  my-id: {Type: X::Y::Z}
  Text: hello
  NoType: {Properties: {}}
  ListType: {Type: [X]}
  ListProperties: {Type: X::Y::Z, Properties: [1]}
  Odd: {Type: X::Y::Z, Name: x, Condition: [c], DependsOn: [a-b, {}]}
  Tagged: !Sub x
",
        &[
            "3:3 invalid-logical-id: `my-id` cannot be a logical id",
            "4:9 invalid-resource: `Text` has to be a mapping, this is a string",
            "5:3 missing-type: the resource `NoType` has no `Type`",
            "6:20 invalid-type: `Type` has to be the name of a resource type, this is a list",
            "7:47 invalid-properties: `Properties` has to be a mapping, this is a list",
            "8:24 unknown-attribute?: a resource has no attribute `Name`",
            "8:44 invalid-attribute: `Condition` has to be the name of a condition, this is a list",
            "8:61 invalid-attribute: `a-b` is no logical id, which is 1 to 255 letters and digits",
            "8:66 invalid-attribute: `DependsOn` has to be a logical id, or a list of them, this is a mapping",
            "9:11 invalid-resource: `Tagged` has to be a mapping, this is `!Sub`",
        ],
    );
    let ids: Vec<&str> = template.resources.keys().map(LogicalId::as_str).collect();
    assert_eq!(ids, ["Good", "ListProperties", "Odd"]);
}

#[test]
fn the_last_of_two_resources_counts() {
    let template = check_problems(
        "Resources:\n  A: {Type: X::Y::Z}\n  A: {Type: X::Y::Other}\n",
        &["3:3 duplicate-key?: the key `A` stands twice in one mapping"],
    );
    assert_eq!(template.resources["A"].resource_type, "X::Y::Other");
}

#[test]
fn broken_sections_are_reported_and_the_rest_is_kept() {
    let template = check_problems(
        "Parameters: [1]
Conditions: {C: x}
Outputs: {O: {}}
Transform: [{}]
Resource: {}
Resources: {A: {Type: X::Y::Z}}
",
        &[
            "1:13 invalid-section: `Parameters` has to be a mapping, this is a list",
            "2:17 invalid-entry: `C` has to be a mapping, this is a string",
            "3:11 invalid-entry: the output `O` has no `Value`",
            "4:13 invalid-section: `Transform` has to be the name of a macro, or a list of such names, this is a mapping",
            "5:1 unknown-section?: a template has no section `Resource`",
        ],
    );
    assert_eq!(template.resources.len(), 1);
}

#[test]
fn broken_parameters_are_reported_and_kept() {
    let template = check_problems(
        "Parameters:\n  P: {Default: x}\n  Q: {Type: [], AllowedValues: x}\nResources: {A: {Type: X::Y::Z}}\n",
        &[
            "2:3 missing-type: the parameter `P` has no `Type`",
            "3:13 invalid-type: `Type` has to be a string, this is a list",
            "3:32 invalid-entry: `AllowedValues` has to be a list, this is a string",
        ],
    );
    assert_eq!(template.parameters.len(), 2);
}

#[test]
fn loops_and_transforms_of_parts_are_kept() {
    let template = check_problems(
        "Resources:
  Fn::ForEach::Loop: [Id, [a, b], {'Queue${Id}': {Type: AWS::SQS::Queue}}]
  Fn::Transform: {Name: AWS::Include}
  A: {Type: X::Y::Z, Properties: {P: !Transform {Name: Mine}}}
Outputs:
  Fn::ForEach::Outs: []
Fn::Transform: {Name: AWS::Include}
Mappings: {Fn::Other: {}}
",
        &["8:12 unexpanded: what `Fn::Other` makes is not known before it is expanded"],
    );
    assert_eq!(template.resources.len(), 1);
    let loops: Vec<&str> = template.loops.iter().map(|it| it.entry.key.as_str()).collect();
    assert_eq!(loops, ["Fn::ForEach::Loop", "Fn::ForEach::Outs"]);
    let transforms = template.transforms.iter();
    let transforms: Vec<_> = transforms.map(|it| (it.name.as_str(), it.reach)).collect();
    assert_eq!(
        transforms,
        [
            ("AWS::Include", Reach::Entries),
            ("Mine", Reach::Value),
            ("AWS::Include", Reach::Entries)
        ]
    );
}

#[test]
fn a_template_without_resources_is_an_error() {
    check_problems("Resources: {}\n", &["1:12 no-resources: the template has no resources"]);
    check_problems("Resources:\n", &["1:10 no-resources: the template has no resources"]);
}

#[test]
fn broken_syntax_is_reported_alone_when_nothing_is_left() {
    check_not_a_template(
        "Parameters:\n\tP: 1\nResources: {A: {Type: X::Y::Z}}\n",
        "2:1 yaml-syntax: a tab cannot indent YAML",
    );
    check_not_a_template("", "1:1 empty-input: there is nothing to read");
}

#[test]
fn broken_syntax_keeps_the_resources_before_it() {
    let template = check_problems(
        "Resources:\n  A: {Type: X::Y::Z}\n  B: \"x\n",
        &["3:6 yaml-syntax: the quoted string is never closed"],
    );
    assert_eq!(template.resources.len(), 1);
}

#[test]
fn other_files_are_told_apart() {
    check_not_a_template("[1]", "1:1 not-a-template: a template is a mapping, this is a list");
    check_not_a_template("hello", "1:1 not-a-template: a template is a mapping, this is a string");
    check_not_a_template(
        r#"{"Version": "2012-10-17", "Statement": []}"#,
        "1:1 not-a-template: this is an IAM policy, not a template",
    );
    check_not_a_template(
        r#"{"$schema": "http://json-schema.org/draft-07/schema#"}"#,
        "1:1 not-a-template: this is a JSON schema, not a template",
    );
    check_not_a_template(
        r#"{"version": "21.0.0", "artifacts": {}}"#,
        "1:1 not-a-template: this is the manifest of a CDK app, not a template",
    );
    check_not_a_template(
        "service: x\nprovider: {name: aws}\n",
        "1:1 not-a-template: this is a configuration of the Serverless Framework, not a template",
    );
    check_not_a_template(
        "Transform: AWS::Serverless-2016-10-31\nGlobals: {}\n",
        "1:1 not-a-template: this mapping has no key `Resources`",
    );
}

#[test]
fn help_names_the_likely_slip() {
    let help = |text: &str| read(&Source::new("t", text)).1[0].help.clone().unwrap();
    assert_eq!(help("resources: {}"), "write `Resources` in place of `resources`");
    assert_eq!(help("A: {Type: AWS::S3::Bucket}"), "put the resources under a key `Resources`");
}

#[test]
fn logical_ids_are_letters_and_digits() {
    let check = |text: &str, expected: bool| {
        assert_eq!(text.parse::<LogicalId>().is_ok(), expected, "{text}");
    };
    check("A1", true);
    check(&"a".repeat(255), true);
    check("", false);
    check(&"a".repeat(256), false);
    check("a_b", false);
    check("ä", false);
}

#[test]
fn more_resources_than_cloudformation_takes_are_read_all_the_same() {
    let resources: Vec<String> =
        (0..501).map(|number| format!("  R{number}: {{Type: T}}\n")).collect();
    let resources = resources.concat();
    let (template, problems) = problems(&format!("Resources:\n{resources}"));
    assert_eq!(template.unwrap().resources.len(), 501);
    assert_eq!(
        problems,
        ["2:3 many-resources?: the template has 501 resources, CloudFormation takes 500"]
    );
}

#[test]
fn far_too_many_resources_are_refused() {
    let resources =
        (0..20_001).map(|number| format!("  R{number}: {{}}\n")).collect::<Vec<_>>().concat();
    let (template, problems) = problems(&format!("Resources:\n{resources}"));
    assert_eq!(template, None);
    assert_eq!(
        problems,
        [
            "2:3 too-many-resources: the template has 20001 resources; CloudFormation takes 500, and more than 20000 are not read"
        ]
    );
}

//! Loops: what `Fn::ForEach` makes of a template, and what is said where that is not known.

use std::collections::BTreeSet;

use stackpass_ground::source::{LocatedDiagnostic, Source};
use stackpass_stacks::deployment::{Deployment, Input, Options};
use stackpass_stacks::need::Gap;
use stackpass_stacks::{needs, plan};

use super::deployments;

const LANGUAGE_EXTENSIONS: &str = "Transform: AWS::LanguageExtensions\n";

fn options() -> Options {
    Options { stack_name: Some("app".to_owned()), ..deployments::options() }
}

/// The deployment, and the problems as `line:column code`.
fn planned(text: &str, options: &Options) -> (Deployment, Vec<String>) {
    let source = Source::new("t.yaml", text);
    let (deployment, problems) = plan(&[Input::Template(source)], options);
    let told = |problem: &LocatedDiagnostic| {
        let at = problem.source.position(problem.diagnostic.span.start);
        format!("{at} {}", problem.diagnostic.code)
    };
    (deployment, problems.iter().map(told).collect())
}

fn ids(deployment: &Deployment) -> Vec<String> {
    let stacks = deployment.stacks.iter();
    stacks.flat_map(|it| it.stack.resources.keys().map(ToString::to_string)).collect()
}

fn gaps(deployment: &Deployment) -> Vec<Gap> {
    needs(deployment).gaps
}

fn granted(deployment: &Deployment, action: &str) -> BTreeSet<String> {
    let all = needs(deployment).needs;
    let of = all.iter().filter(|need| need.action.to_string() == action);
    of.flat_map(|need| need.resources.iter().map(ToString::to_string)).collect()
}

/// Checks which resources the loops of a template make, without a problem or a gap.
fn check(text: &str, expected: &[&str]) -> Deployment {
    let (deployment, problems) = planned(&format!("{LANGUAGE_EXTENSIONS}{text}"), &options());
    assert_eq!(problems, [""; 0], "{text}");
    assert_eq!(ids(&deployment), expected, "{text}");
    assert_eq!(gaps(&deployment), [], "{text}");
    deployment
}

/// Checks the problems of a template.
fn check_problems(text: &str, expected: &[&str]) {
    assert_eq!(planned(text, &options()).1, expected, "{text}");
}

#[test]
fn a_loop_makes_a_resource_for_each_item() {
    let deployment = check(
        "Resources:
  Fn::ForEach::Queues:
    - Name
    - [a, b]
    - Queue${Name}: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub 'jobs-${Name}'}}
",
        &["Queuea", "Queueb"],
    );
    let queues =
        ["jobs-a", "jobs-b"].map(|name| format!("arn:aws:sqs:eu-west-1:111122223333:{name}"));
    assert_eq!(granted(&deployment, "sqs:CreateQueue"), BTreeSet::from(queues));
    // What a loop makes stands where the loop's fragment stands.
    let places: BTreeSet<usize> = needs(&deployment)
        .needs
        .iter()
        .filter(|need| need.action.to_string() == "sqs:CreateQueue")
        .map(|need| need.why.place.position.line)
        .collect();
    assert_eq!(places, BTreeSet::from([6]));
}

#[test]
fn a_change_set_with_loops_is_authorized_on_the_transform() {
    let text = "Resources: {Fn::ForEach::Q: [N, [a], {'Q${N}': {Type: AWS::SQS::Queue}}]}";
    let deployment = check(text, &["Qa"]);
    let transform = "arn:aws:cloudformation:eu-west-1:aws:transform/LanguageExtensions";
    assert!(granted(&deployment, "cloudformation:CreateChangeSet").contains(transform));
}

#[test]
fn collections_are_parameters_and_mappings_too() {
    let of = |declared: &str, collection: &str| {
        format!(
            "{declared}\nResources: {{Fn::ForEach::Q: [N, {collection}, {{'Q${{N}}': {{Type: AWS::SQS::Queue}}}}]}}\n"
        )
    };
    let parameter = "Parameters: {L: {Type: CommaDelimitedList, Default: 'a, b'}, T: {Type: String, Default: c}}";
    check(&of(parameter, "!Ref L"), &["Qa", "Qb"]);
    check(&of(parameter, "{Ref: L}"), &["Qa", "Qb"]);
    check(&of(parameter, "[!Ref T, d]"), &["Qc", "Qd"]);
    check(&of(parameter, "[!Ref L, d]"), &["Qa", "Qb", "Qd"]);
    check(&of(parameter, "!Split ['-', 'x-y']"), &["Qx", "Qy"]);
    let mapping = "Mappings: {M: {eu-west-1: {L: [e]}, us-east-1: {L: [u]}}}";
    check(&of(mapping, "!FindInMap [M, !Ref AWS::Region, L]"), &["Qe"]);
    // Where the region is not known, every queue that there may be is there.
    let text =
        format!("{LANGUAGE_EXTENSIONS}{}", of(mapping, "!FindInMap [M, !Ref AWS::Region, L]"));
    let (deployment, _) = planned(&text, &Options { region: None, ..options() });
    assert_eq!(ids(&deployment), ["Qe", "Qu"]);
}

#[test]
fn the_ampersand_leaves_out_what_no_logical_id_may_hold() {
    let deployment = check(
        "Resources: {Fn::ForEach::B: [Name, [a.b-c, d], {'Bucket&{Name}': {Type: AWS::S3::Bucket, Properties: {BucketName: '${Name}'}}}]}",
        &["Bucketabc", "Bucketd"],
    );
    let buckets = ["arn:aws:s3:::a.b-c", "arn:aws:s3:::d"].map(str::to_owned);
    assert_eq!(granted(&deployment, "s3:CreateBucket"), BTreeSet::from(buckets));
    check_problems(
        "Transform: AWS::LanguageExtensions\nResources: {Fn::ForEach::B: [N, [a-b], {'B${N}': {Type: AWS::S3::Bucket}}]}",
        &["2:41 invalid-logical-id"],
    );
}

#[test]
fn loops_nest_and_the_inner_one_sees_the_outer() {
    let deployment = check(
        "Mappings: {M: {x: {L: ['1']}, y: {L: ['2', '3']}}}
Resources:
  Fn::ForEach::Outer:
    - A
    - [x, y]
    - Fn::ForEach::Inner:
        - B
        - !FindInMap [M, !Ref A, L]
        - Q${A}${B}: {Type: AWS::SQS::Queue, Properties: {QueueName: !Join ['-', [!Ref A, !Ref B]]}}
",
        &["Qx1", "Qy2", "Qy3"],
    );
    let queues =
        ["x-1", "y-2", "y-3"].map(|name| format!("arn:aws:sqs:eu-west-1:111122223333:{name}"));
    assert_eq!(granted(&deployment, "sqs:CreateQueue"), BTreeSet::from(queues));
}

#[test]
fn loops_make_properties_conditions_and_outputs() {
    let deployment = check(
        "Parameters: {P: {Type: String, Default: a}}
Conditions: {Fn::ForEach::C: [N, [a, b], {'Is${N}': !Equals [!Ref P, '${N}']}]}
Resources:
  Fn::ForEach::T: [N, [a, b], {'Topic${N}': {Type: AWS::SNS::Topic, Condition: 'Is${N}'}}]
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Statement: []}
      Fn::ForEach::Properties: [Key, [RoleName, Path], {'${Key}': /deploy/}]
Outputs: {Fn::ForEach::O: [N, [a], {'Arn${N}': {Value: !Ref 'Topic${N}'}}]}
",
        &["Role", "Topica"],
    );
    let stack = &deployment.stacks[0].stack;
    assert!(stack.outputs.contains_key("Arna"));
    let role = stack.resources.get("Role").map(|role| role.properties.clone()).unwrap();
    assert_eq!(role.at("Path").values.len(), 1);
    assert!(role.at("Description").complete, "the loop adds nothing else");
}

#[test]
fn references_are_found_by_functions() {
    let deployment = check(
        "Resources:
  Fn::ForEach::R:
    - N
    - [a]
    - Role${N}: {Type: AWS::IAM::Role, Properties: {RoleName: worker, AssumeRolePolicyDocument: {Statement: []}}}
      Function${N}:
        Type: AWS::Lambda::Function
        Properties: {FunctionName: f, Runtime: python3.13, Handler: a.b, Code: {ZipFile: x}, Role: !GetAtt [!Sub 'Role${N}', Arn]}
",
        &["Functiona", "Rolea"],
    );
    let role = BTreeSet::from(["arn:aws:iam::111122223333:role/worker".to_owned()]);
    assert_eq!(granted(&deployment, "iam:PassRole"), role);
}

#[test]
fn loops_run_before_the_transform_of_sam() {
    let (deployment, problems) = planned(
        "Transform: [AWS::LanguageExtensions, AWS::Serverless-2016-10-31]
Resources:
  Fn::ForEach::F: [N, [a], {'F${N}': {Type: AWS::Serverless::Function, Properties: {Runtime: python3.13, Handler: a.b, InlineCode: x}}}]
",
        &options(),
    );
    assert_eq!(problems, [""; 0]);
    assert_eq!(ids(&deployment), ["Fa", "FaRole"]);
}

#[test]
fn a_loop_over_what_is_not_known_is_a_gap() {
    let text = "Transform: AWS::LanguageExtensions
Parameters: {L: {Type: CommaDelimitedList}}
Resources:
  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: !Sub '${Qa}'}}
  Fn::ForEach::Q: [N, !Ref L, {'Q${N}': {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref N}}}]
";
    let (deployment, problems) = planned(text, &options());
    assert_eq!(problems, [""; 0]);
    let found = gaps(&deployment);
    let gap = found.iter().find(|gap| gap.code == "open-loop").unwrap();
    assert_eq!(gap.place.to_string(), "t.yaml:5:3");
    assert!(gap.help.to_string().contains("--change-set-name"), "{}", gap.help);
    assert!(gap.help.to_string().contains("--template-stage Processed"), "{}", gap.help);
    let parameters = [("L".to_owned(), "a,b".to_owned())].into();
    let (deployment, _) = planned(text, &Options { parameters, ..options() });
    assert_eq!(ids(&deployment), ["Qa", "Qb", "Topic"]);
    assert!(gaps(&deployment).iter().all(|gap| gap.code != "open-loop"));
}

#[test]
fn a_property_of_a_loop_over_what_is_not_known_may_be_any() {
    let text = "Transform: AWS::LanguageExtensions
Parameters: {L: {Type: CommaDelimitedList}}
Resources:
  F:
    Type: AWS::Lambda::Function
    Properties: {Fn::ForEach::P: [N, !Ref L, {'${N}': !Ref N}]}
";
    let (deployment, problems) = planned(text, &options());
    assert_eq!(problems, [""; 0]);
    let found = gaps(&deployment);
    assert!(found.iter().any(|gap| gap.message.contains("`Role`")), "{found:?}");
}

#[test]
fn loops_that_cloudformation_refuses_are_errors() {
    let of = |transform: &str, rest: &str| {
        format!("{transform}Resources:\n  A: {{Type: AWS::SQS::Queue}}\n  {rest}\n")
    };
    let one = "Fn::ForEach::Q: [N, [a], {'Q${N}': {Type: AWS::SQS::Queue}}]";
    check_problems(&of("", one), &["3:3 missing-transform"]);
    check_problems(
        &of(
            "",
            "B: {Type: AWS::SQS::Queue, Properties: {Fn::ForEach::Q: [N, [QueueName], {'${N}': x}]}}",
        ),
        &["3:43 missing-transform"],
    );
    // A macro of the account may have loops of its own.
    check_problems(&of("Transform: Mine\n", one), &[]);
    let with =
        |rest: &str, expected: &[&str]| check_problems(&of(LANGUAGE_EXTENSIONS, rest), expected);
    with("Fn::ForEach::Q: [N, [a]]", &["4:3 invalid-loop"]);
    with(
        "Fn::ForEach::Q: [N, [a, a], {'Q${N}': {Type: AWS::SQS::Queue}}]",
        &["4:32 duplicate-entry"],
    );
    with("Fn::ForEach::Q: [N, [a], {A: {Type: AWS::SQS::Queue}}]", &["4:29 duplicate-entry"]);
}

#[test]
fn loops_are_bounded() {
    let hundred = (0..100).map(|n| n.to_string()).collect::<Vec<_>>().join(", ");
    let level = |name: char, inner: &str| {
        format!("{{Fn::ForEach::{name}: [{name}, [{hundred}], {inner}]}}")
    };
    let inside = "{'Q${A}x${B}x${C}': {Type: AWS::SQS::Queue}}";
    let text = level('A', &level('B', &level('C', inside)));
    let text = format!("{LANGUAGE_EXTENSIONS}Resources: {text}");
    let (deployment, problems) = planned(&text, &options());
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems.iter().all(|problem| problem.ends_with("loop-too-large")), "{problems:?}");
    assert!(ids(&deployment).len() <= 500);
    let long = "a".repeat(100_000);
    let marks = "${N}".repeat(10_000);
    let text = format!(
        "{LANGUAGE_EXTENSIONS}Resources: {{Fn::ForEach::Q: [N, [{long}], {{Q: {{Type: AWS::SQS::Queue, Properties: {{QueueName: '{marks}'}}}}}}]}}"
    );
    let (_, problems) = planned(&text, &options());
    assert!(problems.iter().all(|problem| problem.ends_with("loop-too-large")), "{problems:?}");
}

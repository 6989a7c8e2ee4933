//! Names that follow from themselves, that lie far away, and values that name nothing.

use std::collections::BTreeSet;

use stackpass_ground::source::{LocatedDiagnostic, Source};
use stackpass_stacks::deployment::{Deployment, Input, Options};
use stackpass_stacks::need::{Need, Scoping, Who};
use stackpass_stacks::{needs, plan};

use super::deployments;

fn options() -> Options {
    Options { stack_name: Some("app".to_owned()), ..deployments::options() }
}

/// The deployment, and the problems as `line:column code`.
fn planned(text: &str) -> (Deployment, Vec<String>) {
    let (deployment, problems) = plan(&[Input::Template(Source::new("t.yaml", text))], &options());
    let told = |problem: &LocatedDiagnostic| {
        let at = problem.source.position(problem.diagnostic.span.start);
        format!("{at} {}", problem.diagnostic.code)
    };
    let problems = problems.iter().map(told).collect();
    (deployment, problems)
}

fn check_problems(text: &str, expected: &[&str]) {
    assert_eq!(planned(text).1, expected, "{text}");
}

fn gap_codes(deployment: &Deployment) -> BTreeSet<&'static str> {
    needs(deployment).gaps.iter().map(|gap| gap.code.as_str()).collect()
}

fn of_executor(deployment: &Deployment, action: &str) -> Vec<Need> {
    let all = needs(deployment).needs.into_iter();
    all.filter(|need| need.who == Who::Executor && need.action.to_string() == action).collect()
}

#[test]
fn what_waits_for_itself_is_an_error() {
    let one = |rest: &str| format!("Resources:\n  B: {{Type: AWS::S3::Bucket, {rest}}}\n");
    check_problems(&one("Properties: {BucketName: !Ref B}"), &["2:55 circular-dependency"]);
    check_problems(&one("Properties: {BucketName: !GetAtt B.Arn}"), &["2:55 circular-dependency"]);
    check_problems(&one("Properties: {BucketName: !Sub 'x-${B}'}"), &["2:55 circular-dependency"]);
    check_problems(
        &one("Properties: {Tags: [{Key: a, Value: !Sub ['${x}', {x: !Ref B}]}]}"),
        &["2:84 circular-dependency"],
    );
    check_problems(
        &one("Properties: {Tags: [{Key: a, Value: !Base64 {Ref: B}}]}"),
        &["2:66 circular-dependency"],
    );
    check_problems(&one("DependsOn: B"), &["2:3 circular-dependency"]);
    check_problems(&one("Properties: {BucketName: !Sub ['${B}', {B: x}]}"), &[]);
    check_problems(&one("Properties: {BucketName: !Sub 'a${!B}'}"), &[]);
}

#[test]
fn resources_that_wait_for_each_other_are_an_error() {
    let text = "Resources:
  A: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref B}}
  B: {Type: AWS::S3::Bucket, Properties: {BucketName: !Sub '${C}'}}
  C: {Type: AWS::S3::Bucket, DependsOn: [A]}
  D: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref A}}
  E: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref F}}
  F: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref E}}
";
    check_problems(text, &["2:55 circular-dependency", "6:55 circular-dependency"]);
    check_problems(&text.replace("DependsOn: [A]", "DependsOn: []").replace("!Ref E", "f"), &[]);
}

#[test]
fn a_circle_that_a_condition_opens_is_none() {
    let of = |condition: &str| {
        format!(
            "Parameters: {{P: {{Type: String}}}}
Conditions: {{C: {condition}}}
Resources:
  A: {{Type: AWS::S3::Bucket, Properties: {{BucketName: !If [C, !Ref A, x]}}}}
"
        )
    };
    check_problems(&of("!Equals [a, b]"), &[]);
    check_problems(&of("!Equals [a, a]"), &["4:63 circular-dependency"]);
    // Where nothing tells, the name is out of reach, and that is said.
    let (deployment, problems) = planned(&of("!Equals [!Ref P, a]"));
    assert_eq!(problems, [""; 0]);
    assert!(gap_codes(&deployment).contains("out-of-reach"));
}

#[test]
fn a_condition_that_needs_itself_is_an_error() {
    check_problems(
        "Conditions: {A: !Not [!Condition B], B: !Not [!Condition A]}\nResources: {Q: {Type: AWS::SQS::Queue, Condition: A}}",
        &["1:47 circular-condition"],
    );
}

/// A template in which each of so many queues has the name of the next one.
fn chain(length: usize) -> String {
    let links = (0..length).map(|n| {
        format!(
            "  Q{n}: {{Type: AWS::SQS::Queue, Properties: {{QueueName: !GetAtt Q{}.QueueName}}}}\n",
            n + 1
        )
    });
    let last = format!("  Q{length}: {{Type: AWS::SQS::Queue, Properties: {{QueueName: last}}}}\n");
    format!("Resources:\n{}{last}", links.collect::<String>())
}

#[test]
fn long_ways_are_followed_and_longer_ones_are_gaps() {
    let (deployment, problems) = planned(&chain(40));
    assert_eq!((problems.len(), gap_codes(&deployment).len()), (0, 0));
    let created = of_executor(&deployment, "sqs:CreateQueue");
    let on: BTreeSet<String> =
        created.iter().flat_map(|need| &need.resources).map(ToString::to_string).collect();
    assert_eq!(on, BTreeSet::from(["arn:aws:sqs:eu-west-1:111122223333:last".to_owned()]));

    let (deployment, _) = planned(&chain(400));
    assert!(gap_codes(&deployment).contains("out-of-reach"));
    let wide = of_executor(&deployment, "sqs:CreateQueue");
    let scopings: BTreeSet<&Scoping> = wide.iter().map(|need| &need.scoping).collect();
    assert_eq!(scopings, BTreeSet::from([&Scoping::Named, &Scoping::OutOfReach]));
}

#[test]
fn no_role_is_called_by_a_wildcard() {
    let of = |role: &str| {
        format!(
            "Parameters: {{P: {{Type: String, Default: '*'}}}}
Resources:
  F: {{Type: AWS::Lambda::Function, Properties: {{FunctionName: f, Runtime: python3.13, Handler: a.b, Code: {{ZipFile: x}}, Role: {role}}}}}
"
        )
    };
    for role in [
        "'*'",
        "'arn:aws:iam::111122223333:role/*'",
        "'arn:aws:iam::*:role/worker'",
        "!Sub 'arn:aws:iam::${AWS::AccountId}:role/work?r'",
        "!Ref P",
        "!Sub 'arn:aws:iam::111122223333:role/${P}'",
    ] {
        let (deployment, _) = planned(&of(role));
        assert_eq!(of_executor(&deployment, "iam:PassRole"), [], "{role}");
        assert!(gap_codes(&deployment).contains("unusable-value"), "{role}");
    }
    let (deployment, _) = planned(&of("worker"));
    assert!(!of_executor(&deployment, "iam:PassRole").is_empty());
    assert!(!gap_codes(&deployment).contains("unusable-value"));
}

#[test]
fn instances_and_rules_pass_no_wildcard_either() {
    for resources in [
        "  P: {Type: AWS::IAM::InstanceProfile, Properties: {InstanceProfileName: p, Roles: ['*']}}
  I: {Type: AWS::EC2::Instance, Properties: {ImageId: ami-1, IamInstanceProfile: !Ref P}}",
        "  S: {Type: AWS::StepFunctions::StateMachine, Properties: {StateMachineName: s, DefinitionString: '{}', RoleArn: 'arn:aws:iam::111122223333:role/*'}}",
        "  C: {Type: AWS::CodePipeline::Pipeline, Properties: {Name: p, RoleArn: 'arn:aws:iam::111122223333:role/*', Stages: []}}",
    ] {
        let (deployment, _) = planned(&format!("Resources:\n{resources}\n"));
        assert_eq!(of_executor(&deployment, "iam:PassRole"), [], "{resources}");
        assert!(gap_codes(&deployment).contains("unusable-value"), "{resources}");
    }
}

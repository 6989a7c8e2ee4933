//! What transforms take, and what is said of what they bring in.

use std::collections::BTreeSet;

use stackpass_ground::source::Source;
use stackpass_stacks::deployment::{Deployment, Input, Mode, Options, Tool};
use stackpass_stacks::need::{Scoping, Who};
use stackpass_stacks::{needs, plan};

use super::deployments;

fn options() -> Options {
    Options { stack_name: Some("app".to_owned()), ..deployments::options() }
}

fn planned(text: &str, options: &Options) -> Deployment {
    let (deployment, problems) = plan(&[Input::Template(Source::new("t.yaml", text))], options);
    assert!(problems.is_empty(), "{problems:?}");
    deployment
}

/// The resources on which someone may call an action.
fn granted(deployment: &Deployment, who: Who, action: &str) -> BTreeSet<String> {
    let all = needs(deployment).needs;
    let of = all.iter().filter(|need| need.who == who && need.action.to_string() == action);
    of.flat_map(|need| need.resources.iter().map(ToString::to_string)).collect()
}

fn gap_codes(deployment: &Deployment) -> BTreeSet<&'static str> {
    needs(deployment).gaps.iter().map(|gap| gap.code.as_str()).collect()
}

const TRANSFORM: &str = "arn:aws:cloudformation:eu-west-1:aws:transform/Include";

/// Checks that a template with an include lets the caller run it and read the file, and says that its content is not known.
fn check_include(text: &str) {
    let deployment = planned(text, &options());
    let sets = granted(&deployment, Who::Caller, "cloudformation:CreateChangeSet");
    assert!(sets.contains(TRANSFORM), "{text}: {sets:?}");
    let read = granted(&deployment, Who::Caller, "s3:GetObject");
    assert_eq!(read, BTreeSet::from(["arn:aws:s3:::b/more.yaml".to_owned()]), "{text}");
    assert!(gap_codes(&deployment).contains("include"), "{text}");
}

#[test]
fn an_include_may_stand_anywhere() {
    let include = "{Name: AWS::Include, Parameters: {Location: s3://b/more.yaml}}";
    let topic = "  T: {Type: AWS::SNS::Topic, Properties: {TopicName: !Ref Other}}";
    for text in [
        format!("Transform: {include}\nResources:\n{topic}"),
        format!("Transform: [{include}]\nResources:\n{topic}"),
        format!("Fn::Transform: {include}\nResources:\n{topic}"),
        format!("Resources:\n{topic}\n  Fn::Transform: {include}"),
        format!("Resources:\n{topic}\n  Other: {{Fn::Transform: {include}}}"),
        format!("Resources:\n{topic}\n  Other: !Transform {include}"),
        format!(
            "Resources:\n  Other: {{Type: AWS::SQS::Queue, Fn::Transform: {include}}}\n{topic}"
        ),
    ] {
        check_include(&text);
    }
    let queue = "  Q: {Type: AWS::SQS::Queue}";
    for text in [
        format!(
            "Mappings: {{M: {{Fn::Transform: {include}}}}}\nResources:\n  Q: {{Type: AWS::SQS::Queue, Properties: {{QueueName: !FindInMap [M, a, b]}}}}"
        ),
        format!(
            "Mappings: {{Fn::Transform: {include}}}\nResources:\n  Q: {{Type: AWS::SQS::Queue, Properties: {{QueueName: !FindInMap [M, a, b]}}}}"
        ),
        format!(
            "Conditions: {{Fn::Transform: {include}}}\nResources:\n  Q: {{Type: AWS::SQS::Queue, Condition: C}}"
        ),
        format!("Outputs: {{Fn::Transform: {include}}}\nResources:\n{queue}"),
        format!("Outputs: {{O: {{Fn::Transform: {include}}}}}\nResources:\n{queue}"),
        format!("Metadata: {{M: {{Fn::Transform: {include}}}}}\nResources:\n{queue}"),
        format!(
            "Resources:\n  Q: {{Type: AWS::SQS::Queue, Properties: {{Fn::Transform: {include}}}}}"
        ),
        format!(
            "Resources:\n  Q: {{Type: AWS::SQS::Queue, Properties: {{Tags: [{{Fn::Transform: {include}}}]}}}}"
        ),
        format!(
            "Resources:\n  Q: {{Type: AWS::SQS::Queue, Properties: {{Tags: !Transform {include}}}}}"
        ),
    ] {
        check_include(&text);
    }
}

#[test]
fn a_part_that_is_included_hides_no_mistake_elsewhere() {
    let text = "Resources: {Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref Nobody, Tags: {Fn::Transform: {Name: AWS::Include, Parameters: {Location: s3://b/k}}}}}}";
    let (_, problems) = plan(&[Input::Template(Source::new("t.yaml", text))], &options());
    let codes: Vec<&str> =
        problems.iter().map(|problem| problem.diagnostic.code.as_str()).collect();
    assert_eq!(codes, ["unknown-reference"]);
}

#[test]
fn the_place_of_an_include_follows_from_parameters() {
    let text = "Parameters: {B: {Type: String}}
Resources:
  Q: {Type: AWS::SQS::Queue, Properties: {Tags: {Fn::Transform: {Name: AWS::Include, Parameters: {Location: !Sub 's3://${B}/k.yaml'}}}}}
";
    let parameters = [("B".to_owned(), "mine".to_owned())].into();
    let given = planned(text, &Options { parameters, ..options() });
    let read = granted(&given, Who::Caller, "s3:GetObject");
    assert_eq!(read, BTreeSet::from(["arn:aws:s3:::mine/k.yaml".to_owned()]));
    let open = planned(text, &options());
    let read = granted(&open, Who::Caller, "s3:GetObject");
    assert_eq!(read, BTreeSet::from(["arn:aws:s3:::*/k.yaml".to_owned()]));
    let scoping: BTreeSet<Scoping> = needs(&open)
        .needs
        .into_iter()
        .filter(|need| need.action.to_string() == "s3:GetObject")
        .map(|need| need.scoping)
        .collect();
    assert_eq!(scoping, BTreeSet::from([Scoping::UnknownValue]));
}

#[test]
fn a_macro_is_a_gap_whoever_acts() {
    let text = "Resources: {Q: {Type: AWS::SQS::Queue, Properties: {Fn::Transform: {Name: Mine}}}}";
    for mode in [Mode::Direct, Mode::Bootstrap] {
        let options = Options { mode: Some(mode), tool: Some(Tool::Cdk), ..options() };
        assert!(gap_codes(&planned(text, &options)).contains("macro"), "{mode}");
    }
}

#[test]
fn an_application_of_the_repository_is_fetched_by_who_makes_the_change_set() {
    let of = |id: &str| {
        format!(
            "Transform: AWS::Serverless-2016-10-31
Parameters: {{Id: {{Type: String}}}}
Resources:
  App: {{Type: AWS::Serverless::Application, Properties: {{Location: {{ApplicationId: {id}, SemanticVersion: 1.0.0}}}}}}
"
        )
    };
    let arn = "arn:aws:serverlessrepo:us-east-1:444455556666:applications/edge-auth";
    let actions =
        ["serverlessrepo:CreateCloudFormationTemplate", "serverlessrepo:GetCloudFormationTemplate"];
    let known = planned(&of(&format!("'{arn}'")), &options());
    let open = planned(&of("!Ref Id"), &options());
    for action in actions {
        let granted_on = |deployment| granted(deployment, Who::Caller, action);
        assert_eq!(granted_on(&known), BTreeSet::from([arn.to_owned()]));
        let any = "arn:aws:serverlessrepo:*:*:applications/*".to_owned();
        assert_eq!(granted_on(&open), BTreeSet::from([any]));
    }
    assert!(gap_codes(&known).contains("nested-template"));
    let says_so = |deployment: &Deployment| {
        let gaps = needs(deployment).gaps;
        gaps.iter().any(|gap| gap.resource.is_none() && gap.code == "unresolved-value")
    };
    assert!(says_so(&open) && !says_so(&known));
}

#[test]
fn the_executor_runs_the_transforms_of_nested_stacks() {
    let parent =
        "Resources: {N: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: ./n.yaml}}}";
    let nested = "Transform: AWS::Serverless-2016-10-31
Resources:
  T: {Type: AWS::SNS::Topic, Properties: {Fn::Transform: {Name: AWS::Include, Parameters: {Location: s3://b/more.yaml}}}}
";
    let input = Input::TemplateFile {
        source: Source::new("t.yaml", parent),
        file: "t.yaml".to_owned(),
        files: Box::new(move |file| (file == "n.yaml").then(|| Source::new("n.yaml", nested))),
    };
    let (deployment, problems) = plan(&[input], &options());
    assert!(problems.is_empty(), "{problems:?}");
    let sets = granted(&deployment, Who::Executor, "cloudformation:CreateChangeSet");
    let sam = "arn:aws:cloudformation:eu-west-1:aws:transform/Serverless-2016-10-31";
    assert_eq!(sets, BTreeSet::from([TRANSFORM.to_owned(), sam.to_owned()]));
    let read = granted(&deployment, Who::Executor, "s3:GetObject");
    assert!(read.contains("arn:aws:s3:::b/more.yaml"), "{read:?}");
}

#[test]
fn the_template_of_a_stack_set_is_read() {
    let of = |rest: &str| {
        let text = format!(
            "Resources: {{S: {{Type: AWS::CloudFormation::StackSet, Properties: {{StackSetName: s, PermissionModel: SELF_MANAGED, {rest}}}}}}}"
        );
        granted(&planned(&text, &options()), Who::Executor, "s3:GetObject")
    };
    let object = BTreeSet::from(["arn:aws:s3:::b/x.yaml".to_owned()]);
    assert_eq!(of("TemplateURL: 'https://s3.amazonaws.com/b/x.yaml'"), object);
    assert_eq!(of("TemplateBody: '{}'"), BTreeSet::new());
}

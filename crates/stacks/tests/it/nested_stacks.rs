//! Stacks inside stacks.

use stackpass_ground::source::Source;
use stackpass_stacks::deployment::{Input, Options};

use super::deployments::{options, resources, sound, texts};

/// A stack `Inner` in a stack, in files beside one another.
fn nested(outer: &str, inner: &'static str, options: &Options) -> stackpass_stacks::need::Needs {
    let input = Input::TemplateFile {
        source: Source::new("outer.yaml", outer),
        file: "outer.yaml".to_owned(),
        files: Box::new(move |path| (path == "inner.yaml").then(|| Source::new(path, inner))),
    };
    sound(&[input], options)
}

const INNER: &str = "
Parameters:
  Name: {Type: String, Default: standard}
  Image: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /image}
Resources:
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub '${Name}-jobs'}}
  Topic: {Type: AWS::SNS::Topic}
Outputs:
  QueueName: {Value: !GetAtt Queue.QueueName}
";

fn outer(parameters: &str) -> String {
    format!(
        "Parameters: {{Open: {{Type: String}}}}\nConditions: {{Maybe: !Equals [!Ref Open, x]}}\nResources:\n  Inner: {{Type: AWS::CloudFormation::Stack, Properties: {{TemplateURL: inner.yaml{parameters}}}}}\n"
    )
}

#[test]
fn a_nested_stack_is_named_after_its_parent() {
    let needs = nested(&outer(""), INNER, &options());
    for arn in resources(&needs, "sns:CreateTopic") {
        // `shop-Inner-RANDOM-Topic-RANDOM`
        assert!(arn.starts_with("arn:aws:sns:eu-west-1:111122223333:shop-Inner-"), "{arn}");
        assert!(arn.contains("-Topic-"), "{arn}");
    }
    assert_eq!(
        resources(&needs, "cloudformation:CreateStack"),
        texts(["arn:aws:cloudformation:eu-west-1:111122223333:stack/shop-Inner-*/*"])
    );
}

#[test]
fn a_nested_stack_has_the_parameters_of_its_parent() {
    for (parameters, names) in [
        ("", &["standard-jobs"][..]),
        (", Parameters: {Name: own}", &["own-jobs"]),
        (", Parameters: {Name: !Sub '${AWS::StackName}-x'}", &["shop-x-jobs"]),
        (
            ", Parameters: {Name: !If [Maybe, own, !Ref AWS::NoValue]}",
            &["own-jobs", "standard-jobs"],
        ),
        (", Parameters: !If [Maybe, {Name: own}, !Ref AWS::NoValue]", &["*-jobs"]),
        (", Parameters: {Name: !Ref Open}", &["*-jobs"]),
    ] {
        let found = resources(&nested(&outer(parameters), INNER, &options()), "sqs:CreateQueue");
        let expected =
            names.iter().map(|name| format!("arn:aws:sqs:eu-west-1:111122223333:{name}"));
        assert_eq!(found, expected.collect(), "{parameters}");
    }
}

#[test]
fn outputs_of_a_nested_stack_are_followed() {
    let text = format!(
        "{}  Copy: {{Type: AWS::SSM::Parameter, Properties: {{Name: !Sub '/of/${{Inner.Outputs.QueueName}}', Type: String, Value: x}}}}\n",
        outer(", Parameters: {Name: own}")
    );
    assert_eq!(
        resources(&nested(&text, INNER, &options()), "ssm:PutParameter"),
        texts(["arn:aws:ssm:eu-west-1:111122223333:parameter/of/own-jobs"])
    );
}

#[test]
fn a_nested_stack_reads_its_stored_parameters() {
    assert_eq!(
        resources(&nested(&outer(""), INNER, &options()), "ssm:GetParameters"),
        texts(["arn:aws:ssm:eu-west-1:111122223333:parameter/image"])
    );
}

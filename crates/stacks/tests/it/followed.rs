//! What a template names is followed to the ARN, also where it does not stand in a property of its own.

use super::scoping::{check, executor, resources};

#[test]
fn an_alias_deploys_with_the_group_that_its_update_policy_names() {
    let alias = |application: &str, group: &str| {
        format!(
            "  A: {{Type: AWS::Lambda::Alias, Properties: {{FunctionName: f, FunctionVersion: '1', Name: live}}, UpdatePolicy: {{CodeDeployLambdaAliasUpdate: {{ApplicationName: {application}, DeploymentGroupName: {group}}}}}}}"
        )
    };
    let arn = |resource: &str| format!("arn:aws:codedeploy:eu-west-1:111122223333:{resource}");
    let literal = alias("shop", "canary");
    for action in ["CreateDeployment", "GetDeployment", "GetDeploymentGroup"] {
        check(&literal, &format!("codedeploy:{action}"), &[&arn("deploymentgroup:shop/canary")]);
    }
    let made_here = "
  D: {Type: AWS::CodeDeploy::Application, Properties: {ComputePlatform: Lambda}}
  G: {Type: AWS::CodeDeploy::DeploymentGroup, Properties: {ApplicationName: !Ref D, DeploymentConfigName: slow, ServiceRoleArn: 'arn:aws:iam::111122223333:role/r'}}";
    let referred = executor(&(alias("!Ref D", "!Ref G") + made_here));
    let of_alias: Vec<_> = referred
        .into_iter()
        .filter(|need| need.why.resource.as_ref().is_some_and(|of| of.logical_id == "A"))
        .collect();
    let groups = resources(&of_alias, "codedeploy:CreateDeployment");
    assert_eq!(groups, [arn("deploymentgroup:app-D-*/app-G-*")].into());
    let configurations = resources(&of_alias, "codedeploy:GetDeploymentConfig");
    let expected = [arn("deploymentconfig:slow"), arn("deploymentconfig:CodeDeployDefault.*")];
    assert_eq!(configurations, expected.into());
    let without = "  A: {Type: AWS::Lambda::Alias, Properties: {FunctionName: f, FunctionVersion: '1', Name: live}}";
    check(without, "codedeploy:CreateDeployment", &[]);
}

#[test]
fn a_distribution_replicates_the_versions_that_its_behaviors_name() {
    let version = "arn:aws:lambda:us-east-1:111122223333:function:f:3";
    let distribution = |first: &str, second: &str| {
        let behavior = |function: &str| {
            format!(
                "{{TargetOriginId: o, ViewerProtocolPolicy: allow-all, LambdaFunctionAssociations: [{{EventType: viewer-request, LambdaFunctionARN: {function}}}]}}"
            )
        };
        format!(
            "  D: {{Type: AWS::CloudFront::Distribution, Properties: {{DistributionConfig: {{Enabled: true, DefaultCacheBehavior: {}, CacheBehaviors: [{}]}}}}}}",
            behavior(first),
            behavior(second)
        )
    };
    let made_here = "
  V: {Type: AWS::Lambda::Version, Properties: {FunctionName: !Ref F}}
  F: {Type: AWS::Lambda::Function, Properties: {FunctionName: edge, Role: 'arn:aws:iam::111122223333:role/r', Code: {ZipFile: a}}}";
    let template = distribution(&format!("'{version}'"), "!Ref V") + made_here;
    let own = "arn:aws:lambda:eu-west-1:111122223333:function:edge:*";
    for action in ["lambda:EnableReplication", "lambda:DisableReplication"] {
        check(&template, action, &[version, own]);
    }
    let unknown = distribution("!GetAtt C.Arn", "!GetAtt C.Arn")
        + "\n  C: {Type: 'Custom::Edge', Properties: {ServiceToken: 'arn:aws:lambda:eu-west-1:111122223333:function:g'}}";
    let anywhere = "arn:aws:lambda:us-east-1:111122223333:function:*";
    check(&unknown, "lambda:EnableReplication", &[anywhere]);
}

//! What a template looks up while CloudFormation works it out.

use std::collections::BTreeSet;

use stackpass_stacks::need::{Hardness, Need};

use crate::deployments::{needs_of, of_executor, options};

/// The look-ups of a template whose queue has a tag with this value.
fn looked_up(value: &str) -> Vec<Need> {
    let text = format!(
        "Resources: {{Queue: {{Type: AWS::SQS::Queue, Properties: {{QueueName: {value}}}}}}}"
    );
    let needs = needs_of(&text, &options());
    of_executor(&needs).filter(|need| need.why.resource.is_none()).cloned().collect()
}

fn resources(needs: &[Need], action: &str) -> BTreeSet<String> {
    let of_action = needs.iter().filter(|need| need.action.as_str() == action);
    of_action.flat_map(|need| &need.resources).map(ToString::to_string).collect()
}

#[test]
fn a_secret_has_characters_behind_its_name() {
    let needs = looked_up("'{{resolve:secretsmanager:db/password}}'");
    assert_eq!(
        resources(&needs, "secretsmanager:GetSecretValue"),
        BTreeSet::from([
            "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db/password*".to_owned()
        ])
    );
}

#[test]
fn a_parameter_has_none() {
    for reference in ["ssm:limit:1", "ssm-secure:limit:1"] {
        assert_eq!(
            resources(&looked_up(&format!("'{{{{resolve:{reference}}}}}'")), "ssm:GetParameters"),
            BTreeSet::from(["arn:aws:ssm:eu-west-1:111122223333:parameter/limit".to_owned()])
        );
    }
}

#[test]
fn zones_are_needed_and_the_default_network_is_only_looked_at() {
    let needs = looked_up("!Select [0, !GetAZs '']");
    let found: BTreeSet<(&str, Hardness)> =
        needs.iter().map(|need| (need.action.as_str(), need.hardness)).collect();
    assert_eq!(
        found,
        BTreeSet::from([
            ("ec2:DescribeAccountAttributes", Hardness::Soft),
            ("ec2:DescribeAvailabilityZones", Hardness::Must),
            ("ec2:DescribeSubnets", Hardness::Soft),
        ])
    );
}

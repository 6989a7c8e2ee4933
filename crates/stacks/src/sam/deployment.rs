//! `DeploymentPreference`: traffic moves to a new version step by step, which `CodeDeploy` does.

use stackpass_ground::tree::Node;

use super::build::{At, Properties, field, is_false};
use super::resource::{Macro, is_wanted};
use super::{Expansion, tags};
use crate::template::function;

const APPLICATION: &str = "ServerlessDeploymentApplication";
const ROLE: &str = "CodeDeployServiceRole";

/// The configurations of `CodeDeploy` that SAM knows by their short names.
/// <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/automating-updates-to-serverless-apps.html>
const PREDEFINED: [&str; 9] = [
    "AllAtOnce",
    "Canary10Percent5Minutes",
    "Canary10Percent10Minutes",
    "Canary10Percent15Minutes",
    "Canary10Percent30Minutes",
    "Linear10PercentEvery1Minute",
    "Linear10PercentEvery2Minutes",
    "Linear10PercentEvery3Minutes",
    "Linear10PercentEvery10Minutes",
];

/// A function that is deployed step by step.
#[derive(Clone, Debug)]
pub(super) struct Preference {
    sam: Macro,
    group: String,
    has_role: bool,
    is_conditional: bool,
}

/// Notes that a function is deployed step by step, and says so of its alias.
pub(super) fn prefer(expansion: &mut Expansion<'_>, sam: &Macro, alias: Option<&str>) {
    let Some(preference) = sam.field("DeploymentPreference") else { return };
    if !is_wanted(preference) || field(preference, "Enabled").is_some_and(is_false) {
        return;
    }
    let at = sam.at_property("DeploymentPreference");
    let group = format!("{}DeploymentGroup", sam.id());
    let mut policy = Properties::default();
    policy.set("ApplicationName", at.reference(APPLICATION));
    policy.set("DeploymentGroupName", at.reference(&group));
    if let Some(hooks) = field(preference, "Hooks") {
        policy.copy_as(hooks, "PreTraffic", "BeforeAllowTrafficHook");
        policy.copy_as(hooks, "PostTraffic", "AfterAllowTrafficHook");
    }
    let policy = at.map([("CodeDeployLambdaAliasUpdate", policy.into_node(at))]);
    if let Some(alias) = alias.and_then(|alias| expansion.resource_mut(alias)) {
        alias.update_policy = Some(policy);
    }
    // A reference may stand for either, and then the group may be there although the function is not.
    let passed = field(preference, "PassthroughCondition");
    expansion.deployments.push(Preference {
        sam: sam.clone(),
        group,
        has_role: field(preference, "Role").is_some_and(|role| !super::build::is_no_value(role)),
        is_conditional: passed
            .is_some_and(|passed| function(passed).is_none() && !is_false(passed)),
    });
}

/// Adds the application and the role that all share, and a group for each function.
pub(super) fn expand(expansion: &mut Expansion<'_>) {
    let preferences = std::mem::take(&mut expansion.deployments);
    let Some(first) = preferences.first() else { return };
    let at = first.sam.at_property("DeploymentPreference");
    // What all share has no condition, unless each has one, and then it may still be needed.
    let shared = first.sam.bare();
    let tags: Vec<Node> =
        preferences.iter().flat_map(|preference| passed_tags(&preference.sam)).collect();
    let mut application = Properties::default();
    set_tags(&mut application, at, &tags);
    application.set("ComputePlatform", at.text("Lambda"));
    expansion.add(&shared, APPLICATION, "AWS::CodeDeploy::Application", at, application);
    if preferences.iter().any(|preference| !preference.has_role) {
        let mut role = Properties::default();
        set_tags(&mut role, at, &tags);
        role.set("AssumeRolePolicyDocument", at.trust("codedeploy.amazonaws.com"));
        let is_in = |partition| {
            at.map([("Fn::Equals", at.list([at.reference("AWS::Partition"), at.text(partition)]))])
        };
        let policy = at.choice(
            at.map([("Fn::Or", at.list([is_in("aws-iso"), is_in("aws-iso-b")]))]),
            at.managed_policy("service-role/AWSCodeDeployRoleForLambdaLimited"),
            at.managed_policy("service-role/AWSCodeDeployRoleForLambda"),
        );
        role.set("ManagedPolicyArns", at.list([policy]));
        expansion.add(&shared, ROLE, "AWS::IAM::Role", at, role);
    }
    for preference in &preferences {
        add_group(expansion, preference);
    }
}

fn add_group(expansion: &mut Expansion<'_>, preference: &Preference) {
    let Preference { sam, group, .. } = preference;
    let at = sam.at_property("DeploymentPreference");
    let Some(given) = sam.field("DeploymentPreference") else { return };
    let mut properties = Properties::default();
    properties.set("ApplicationName", at.reference(APPLICATION));
    properties.set("ServiceRoleArn", at.attribute(ROLE, "Arn"));
    properties.copy_as(given, "Role", "ServiceRoleArn");
    match field(given, "Type").and_then(Node::as_str) {
        Some(kind) if PREDEFINED.contains(&kind) => properties
            .set("DeploymentConfigName", at.text(format!("CodeDeployDefault.Lambda{kind}"))),
        _ => properties.copy_as(given, "Type", "DeploymentConfigName"),
    }
    properties.copy(given, &["TriggerConfigurations"]);
    if let Some(alarms) = field(given, "Alarms") {
        properties
            .set("AlarmConfiguration", at.map([("Enabled", at.yes()), ("Alarms", alarms.clone())]));
    }
    set_tags(&mut properties, at, &passed_tags(sam));
    let mut origin = sam.bare();
    if preference.is_conditional {
        origin.resource.condition.clone_from(&sam.resource.condition);
    }
    expansion.add(&origin, group, "AWS::CodeDeploy::DeploymentGroup", at, properties);
}

/// The tags that a function passes on to what comes with it.
fn passed_tags(sam: &Macro) -> Vec<Node> {
    let tags = sam.field("Tags").filter(|_| sam.wants("PropagateTags"));
    tags.into_iter().flat_map(tags::pairs).collect()
}

fn set_tags(properties: &mut Properties, at: At, tags: &[Node]) {
    if !tags.is_empty() {
        properties.set("Tags", at.list(tags.iter().cloned()));
    }
}

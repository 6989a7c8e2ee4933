//! `AWS::Serverless::Api`: a REST API with its deployment and stage, its custom domain, and its usage plan.

use stackpass_ground::tree::Node;

use super::build::{At, Properties, entry_at, field, is_no_value};
use super::event::{has_policy, is_role, permit};
use super::resource::{Macro, is_wanted};
use super::{Expansion, code, domain, tags};
use crate::template::function;

/// The properties that a REST API has too.
const SAME: [&str; 10] = [
    "ApiKeySourceType",
    "BinaryMediaTypes",
    "Description",
    "EndpointAccessMode",
    "FailOnWarnings",
    "MinimumCompressionSize",
    "Mode",
    "Name",
    "Policy",
    "SecurityPolicy",
];

/// The properties that belong to the stage.
const OF_STAGE: [&str; 8] = [
    "AccessLogSetting",
    "CacheClusterEnabled",
    "CacheClusterSize",
    "CanarySetting",
    "MethodSettings",
    "StageName",
    "TracingEnabled",
    "Variables",
];

pub(super) fn expand(expansion: &mut Expansion<'_>, sam: &Macro) {
    let at = sam.at();
    let mut api = Properties::default();
    api.copy(&sam.properties, &SAME);
    if let Some(endpoint) = sam.field("EndpointConfiguration") {
        api.set("EndpointConfiguration", endpoint_configuration(endpoint));
    }
    if sam.wants("DefinitionUri") && !sam.wants("DefinitionBody") {
        let at = sam.at_property("DefinitionUri");
        let uri = sam.field("DefinitionUri");
        let location = code::location(expansion, uri, at, code::DEFINITION);
        api.set("BodyS3Location", location.into_node(at));
    } else {
        api.set("Body", definition(expansion, sam));
    }
    expansion.add_main(sam, "AWS::ApiGateway::RestApi", api);
    let mut deployment = Properties::default();
    deployment.set("RestApiId", at.reference(sam.id()));
    if sam.field("OpenApiVersion").is_none() {
        deployment.set("StageName", at.text("Stage"));
    }
    let id = format!("{}Deployment", sam.id());
    let deployment = expansion.add(sam, &id, "AWS::ApiGateway::Deployment", at, deployment);
    expansion.set_part(sam, "Deployment", &deployment);
    let mut stage = Properties::default();
    stage.set("RestApiId", at.reference(sam.id()));
    stage.set("DeploymentId", at.reference(&deployment));
    stage.copy(&sam.properties, &OF_STAGE);
    if let Some(tags) = sam.field("Tags") {
        stage.set("Tags", sam.at_property("Tags").list(tags::pairs(tags)));
    }
    let id = format!("{}{}Stage", sam.id(), stage_word(sam));
    let at = sam.at_property("StageName");
    let stage = expansion.add(sam, &id, "AWS::ApiGateway::Stage", at, stage);
    expansion.set_part(sam, "Stage", &stage);
    permit_authorizers(expansion, sam, |authorizer| {
        !field(authorizer, "DisableFunctionDefaultPermissions").is_some_and(is_wanted)
    });
    domain::of_rest_api(expansion, sam, &stage);
    add_usage_plan(expansion, sam, &stage);
}

/// What a stage's name adds to its logical id: a name of letters and digits, or nothing.
pub(super) fn stage_word(sam: &Macro) -> &str {
    let name = sam.field("StageName").and_then(Node::as_str).unwrap_or_default();
    if name.chars().all(|c| c.is_ascii_alphanumeric()) { name } else { "" }
}

fn endpoint_configuration(given: &Node) -> Node {
    let at = At(given.span);
    let kind = if function(given).is_none() { field(given, "Type") } else { None };
    let mut endpoint = Properties::default();
    endpoint.set("Types", at.list([kind.unwrap_or(given).clone()]));
    if kind.is_some() {
        endpoint.copy(given, &["IpAddressType"]);
        endpoint.copy_as(given, "VPCEndpointIds", "VpcEndpointIds");
        endpoint.copy(given, &["VpcEndpointIds"]);
    }
    endpoint.into_node(at)
}

/// The definition of an API as far as it decides about permissions: what the user wrote, and the roles that the API takes on.
///
/// SAM writes those among the paths and authorizers; where they stand does not matter.
pub(super) fn definition(expansion: &Expansion<'_>, sam: &Macro) -> Node {
    let at = sam.at();
    let mut roles: Vec<Node> = Vec::new();
    if let Some(auth) = sam.field("Auth") {
        roles.extend(field(auth, "InvokeRole").filter(|role| is_role(role)).cloned());
        let authorizers = field(auth, "Authorizers").map_or(&[][..], Node::entries);
        let of = |key| authorizers.iter().filter_map(move |entry| field(&entry.value, key));
        roles.extend(of("FunctionInvokeRole").filter(|role| is_role(role)).cloned());
    }
    let routes = expansion.routes.get(sam.id());
    roles.extend(routes.into_iter().flat_map(|routes| routes.roles.clone()));
    let roles = roles.into_iter().map(|role| At(role.span).map([("credentials", role)]));
    let mut body = Properties::default();
    let at_body = sam.at_property("DefinitionBody");
    if let Some(given) = sam.field("DefinitionBody") {
        if function(given).is_some() {
            body.set("x-given", given.clone());
        } else {
            body.copy_all_but(given, &[]);
        }
    }
    body.set("x-roles", at.list(roles));
    if sam.field("Auth").is_some_and(has_policy) || routes.is_some_and(|routes| routes.has_policy) {
        body.set("x-amazon-apigateway-policy", at.yes());
    }
    body.into_node(at_body)
}

/// Lets the API call the functions that authorize its calls.
pub(super) fn permit_authorizers(
    expansion: &mut Expansion<'_>,
    sam: &Macro,
    is_permitted: impl Fn(&Node) -> bool,
) {
    let authorizers = sam.field("Auth").and_then(|auth| field(auth, "Authorizers"));
    for found in authorizers.map_or(&[][..], Node::entries) {
        let Some(arn) = field(&found.value, "FunctionArn") else { continue };
        if !is_permitted(&found.value) || is_no_value(arn) {
            continue;
        }
        let at = entry_at(found);
        let mut given = Properties::default();
        let source = "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/authorizers/*";
        given.set("SourceArn", at.sub_with(source, "Api", at.reference(sam.id())));
        let id = format!("{}{}AuthorizerPermission", sam.id(), found.key);
        permit(expansion, sam, &id, at, arn.clone(), "apigateway.amazonaws.com", given);
    }
}

/// Adds a usage plan and a key, of this API's own or shared with others.
fn add_usage_plan(expansion: &mut Expansion<'_>, sam: &Macro, stage: &str) {
    let Some(given) = sam.field("Auth").and_then(|auth| field(auth, "UsagePlan")) else { return };
    let Some(wish) = field(given, "CreateUsagePlan") else { return };
    let at = At(given.span);
    let word = expansion.word_or_default(wish);
    let mut origin = sam.clone();
    let (ids, stages) = match word.as_deref() {
        Some("NONE") => return,
        Some("SHARED") => {
            expansion.shared_plan.push((sam.id().to_owned(), stage.to_owned()));
            // It is there if one of the APIs is, and may go if one of them may.
            origin = sam.bare();
            let ids = ["ServerlessUsagePlan", "ServerlessApiKey", "ServerlessUsagePlanKey"];
            (ids.map(str::to_owned), expansion.shared_plan.clone())
        }
        _ => {
            let ids = ["UsagePlan", "ApiKey", "UsagePlanKey"];
            let ids = ids.map(|suffix| format!("{}{suffix}", sam.id()));
            (ids, vec![(sam.id().to_owned(), stage.to_owned())])
        }
    };
    let [plan_id, key_id, link_id] = ids;
    let of_stages = |names: [&str; 2]| {
        let [api_name, stage_name] = names;
        let of = |(api, stage): &(String, String)| {
            at.map([(api_name, at.reference(api)), (stage_name, at.reference(stage))])
        };
        at.list(stages.iter().map(of))
    };
    let mut plan = Properties::default();
    plan.copy(given, &["UsagePlanName", "Description", "Quota", "Tags", "Throttle"]);
    plan.set("ApiStages", of_stages(["ApiId", "Stage"]));
    let plan = expansion.add(&origin, &plan_id, "AWS::ApiGateway::UsagePlan", at, plan);
    let mut key = Properties::default();
    key.set("Enabled", at.yes());
    key.set("StageKeys", of_stages(["RestApiId", "StageName"]));
    let key = expansion.add(&origin, &key_id, "AWS::ApiGateway::ApiKey", at, key);
    let mut link = Properties::default();
    link.set("KeyId", at.reference(&key));
    link.set("KeyType", at.text("API_KEY"));
    link.set("UsagePlanId", at.reference(&plan));
    let link = expansion.add(&origin, &link_id, "AWS::ApiGateway::UsagePlanKey", at, link);
    for (part, id) in [("UsagePlan", plan), ("ApiKey", key), ("UsagePlanKey", link)] {
        expansion.set_part(sam, part, &id);
    }
}

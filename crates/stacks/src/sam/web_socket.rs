//! `AWS::Serverless::WebSocketApi`: a WebSocket API with its routes, its stage and its custom domain.

use stackpass_ground::tree::{Entry, Node};

use super::build::{At, Properties, entry_at, field};
use super::event::permit;
use super::resource::Macro;
use super::{Expansion, domain};
use crate::template::function;

const CREATOR: &str = "websocketapi:createdBy";

/// The properties that belong to the stage, or are written in another form.
const OWN: [&str; 11] = [
    "AccessLogSettings",
    "Auth",
    "DefaultRouteSettings",
    "Domain",
    "FailOnWarnings",
    "PropagateTags",
    "RouteSettings",
    "Routes",
    "StageName",
    "StageVariables",
    "Tags",
];

pub(super) fn expand(expansion: &mut Expansion<'_>, sam: &Macro) {
    // SAM gives neither the API's condition nor its policies on.
    let sam = &sam.bare();
    let at = sam.at();
    let mut api = Properties::default();
    api.set("Name", at.text(sam.id()));
    api.set("ProtocolType", at.text("WEBSOCKET"));
    api.copy_all_but(&sam.properties, &["Name"].into_iter().chain(OWN).collect::<Vec<_>>());
    api.copy(&sam.properties, &["Name"]);
    let mut tags = Properties::default();
    if let Some(given) = sam.field("Tags").filter(|tags| function(tags).is_none()) {
        tags.copy_all_but(given, &[]);
    }
    tags.set(CREATOR, at.text("SAM"));
    api.set("Tags", tags.into_node(at));
    expansion.add_main(sam, "AWS::ApiGatewayV2::Api", api);
    let auth = sam.field("Auth");
    let authorizer =
        auth.filter(|auth| field(auth, "AuthType").and_then(Node::as_str) == Some("CUSTOM"));
    let authorizer = authorizer.and_then(|auth| add_authorizer(expansion, sam, auth));
    for route in sam.field("Routes").map_or(&[][..], Node::entries) {
        add_route(expansion, sam, route, authorizer.as_deref());
    }
    let at = sam.at_property("StageName");
    let mut stage = Properties::default();
    stage.set("ApiId", at.reference(sam.id()));
    stage.set("StageName", at.text("default"));
    stage.copy(
        &sam.properties,
        &[
            "AccessLogSettings",
            "DefaultRouteSettings",
            "RouteSettings",
            "StageName",
            "StageVariables",
        ],
    );
    stage.set("AutoDeploy", at.yes());
    stage.set("Tags", at.map([(CREATOR, at.text("SAM"))]));
    let name = match sam.field("StageName") {
        Some(name) if name.as_str() != Some("default") => name.as_str().unwrap_or_default(),
        _ => "Default",
    };
    let id: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    let id = format!("{}{id}Stage", sam.id());
    let stage = expansion.add(sam, &id, "AWS::ApiGatewayV2::Stage", at, stage);
    expansion.set_part(sam, "Stage", &stage);
    domain::of_http_api(expansion, sam, &stage, Some(CREATOR));
}

/// Adds the function that decides who may connect.
fn add_authorizer(expansion: &mut Expansion<'_>, sam: &Macro, auth: &Node) -> Option<String> {
    let function = field(auth, "AuthArn")?;
    let at = sam.at_property("Auth");
    let id = format!("{}ConnectAuthorizer", sam.id());
    let mut authorizer = Properties::default();
    authorizer.set("ApiId", at.reference(sam.id()));
    authorizer.set("AuthorizerType", at.text("REQUEST"));
    authorizer.set("Name", at.text(id.clone()));
    authorizer.copy(auth, &["IdentitySource", "Name"]);
    authorizer.copy_as(auth, "InvokeRole", "AuthorizerCredentialsArn");
    authorizer.set("AuthorizerUri", integration_uri(at, function));
    let id = expansion.add(sam, &id, "AWS::ApiGatewayV2::Authorizer", at, authorizer);
    if field(auth, "InvokeRole").is_none() {
        let permission = format!("{}AuthorizerPermission", sam.id());
        let mut given = Properties::default();
        given.set("SourceArn", calls_of(at, sam, "authorizers/*"));
        permit(
            expansion,
            sam,
            &permission,
            at,
            function.clone(),
            "apigateway.amazonaws.com",
            given,
        );
    }
    Some(id)
}

fn add_route(expansion: &mut Expansion<'_>, sam: &Macro, route: &Entry, authorizer: Option<&str>) {
    let at = entry_at(route);
    let letters: String = route.key.chars().filter(char::is_ascii_alphanumeric).collect();
    let base = format!("{}{}", sam.id(), capitalized(&letters));
    let function = field(&route.value, "FunctionArn").cloned().unwrap_or_else(|| at.any_text());
    let mut integration = Properties::default();
    integration.set("ApiId", at.reference(sam.id()));
    integration.set("IntegrationType", at.text("AWS_PROXY"));
    integration.set("IntegrationUri", integration_uri(at, &function));
    integration.copy_as(&route.value, "IntegrationTimeout", "TimeoutInMillis");
    let id = format!("{base}Integration");
    let integration = expansion.add(sam, &id, "AWS::ApiGatewayV2::Integration", at, integration);
    let mut properties = Properties::default();
    properties.copy_all_but(&route.value, &["FunctionArn", "IntegrationTimeout"]);
    properties.set("ApiId", at.reference(sam.id()));
    properties.set("RouteKey", at.text(route.key.clone()));
    properties.set("Target", at.sub(format!("integrations/${{{integration}}}")));
    if let Some(authorizer) = authorizer.filter(|_| route.key == "$connect") {
        properties.set("AuthorizerId", at.reference(authorizer));
    }
    expansion.add(sam, &format!("{base}Route"), "AWS::ApiGatewayV2::Route", at, properties);
    let mut given = Properties::default();
    given.set("SourceArn", calls_of(at, sam, &format!("*/{}", route.key)));
    let id = format!("{base}Permission");
    permit(expansion, sam, &id, at, function, "apigateway.amazonaws.com", given);
}

/// The ARN of the calls that an API takes at a path.
fn calls_of(at: At, sam: &Macro, path: &str) -> Node {
    let api = sam.id();
    at.sub(format!(
        "arn:${{AWS::Partition}}:execute-api:${{AWS::Region}}:${{AWS::AccountId}}:${{{api}}}/{path}"
    ))
}

/// The address by which API Gateway calls a function.
fn integration_uri(at: At, function: &Node) -> Node {
    let uri = "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Function}/invocations";
    at.sub_with(uri, "Function", function.clone())
}

/// The first letter large, the others small, as SAM writes the names of routes.
fn capitalized(word: &str) -> String {
    let lower = word.to_ascii_lowercase();
    let mut letters = lower.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

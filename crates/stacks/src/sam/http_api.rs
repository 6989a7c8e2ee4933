//! `AWS::Serverless::HttpApi`: an HTTP API with its stage and its custom domain.

use stackpass_ground::tree::Node;

use super::build::{Properties, field, referred};
use super::event::{Event, note_route};
use super::resource::{Macro, is_wanted};
use super::target::Target;
use super::{Expansion, api, code, domain, implicit};
use crate::template::function;

const CREATOR: &str = "httpapi:createdBy";

pub(super) fn expand(expansion: &mut Expansion<'_>, sam: &Macro) {
    let mut http = Properties::default();
    http.copy(&sam.properties, &["FailOnWarnings"]);
    let mut tags = Properties::default();
    if sam.wants("DefinitionUri") && !sam.wants("DefinitionBody") {
        let at = sam.at_property("DefinitionUri");
        let uri = sam.field("DefinitionUri");
        let location = code::location(expansion, uri, at, code::DEFINITION);
        http.set("BodyS3Location", location.into_node(at));
    } else {
        http.set("Body", api::definition(expansion, sam));
        if let Some(given) = sam.field("Tags").filter(|tags| function(tags).is_none()) {
            tags.copy_all_but(given, &[]);
        }
        tags.set(CREATOR, sam.at().text("SAM"));
    }
    let at = sam.at_property("Tags");
    let tags = tags.into_node(at);
    let is_tagged = !tags.entries().is_empty();
    if is_tagged {
        // SAM writes them into the definition, whose import tags the API.
        http.set("Tags", tags.clone());
    }
    expansion.add_main(sam, "AWS::ApiGatewayV2::Api", http);
    api::permit_authorizers(expansion, sam, |authorizer| {
        field(authorizer, "EnableFunctionDefaultPermissions").is_some_and(is_wanted)
    });
    let at = sam.at_property("StageName");
    let mut stage = Properties::default();
    stage.set("ApiId", at.reference(sam.id()));
    stage.set("StageName", at.text("$default"));
    let own = [
        "AccessLogSettings",
        "DefaultRouteSettings",
        "RouteSettings",
        "StageName",
        "StageVariables",
    ];
    stage.copy(&sam.properties, &own);
    stage.set("AutoDeploy", at.yes());
    if is_tagged {
        stage.set("Tags", tags);
    }
    let is_default = match sam.field("StageName") {
        Some(name) => !is_wanted(name) || name.as_str() == Some("$default"),
        None => true,
    };
    let id = if is_default {
        format!("{}ApiGatewayDefaultStage", sam.id())
    } else {
        format!("{}{}Stage", sam.id(), api::stage_word(sam))
    };
    let stage = expansion.add(sam, &id, "AWS::ApiGatewayV2::Stage", at, stage);
    expansion.set_part(sam, "Stage", &stage);
    domain::of_http_api(expansion, sam, &stage, Some(CREATOR));
}

/// Lets an HTTP API call the function on one route.
pub(super) fn add_route(
    expansion: &mut Expansion<'_>,
    sam: &Macro,
    target: &Target,
    event: &Event<'_>,
) {
    let given = field(event.properties, "ApiId");
    let at = event.at;
    let id =
        given.map_or(implicit::HTTP_API, |api| referred(api).or(api.as_str()).unwrap_or_default());
    note_route(expansion, sam, id, event, None);
    if !is_catch_all(event) && !target.is_alias && is_covered(expansion, sam, id) {
        return;
    }
    let mut permission = Properties::default();
    let arn = "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*";
    let reference = given.cloned().unwrap_or_else(|| at.reference(id));
    permission.set("SourceArn", at.sub_with(arn, "Api", reference));
    event.permit(expansion, sam, target, "apigateway.amazonaws.com", "", permission);
}

/// Whether an event takes the calls that no other route takes.
fn is_catch_all(event: &Event<'_>) -> bool {
    let word = |key| field(event.properties, key).and_then(Node::as_str).unwrap_or_default();
    match (word("Path"), word("Method")) {
        ("", "") => true,
        ("$default", method) => {
            method.eq_ignore_ascii_case("any") || method == "x-amazon-apigateway-any-method"
        }
        _ => false,
    }
}

/// Whether another event of the same function takes all calls of an API, so that its permission is enough.
///
/// SAM sees that in the definition of the API, if it writes it, and only of a function without an alias.
fn is_covered(expansion: &Expansion<'_>, sam: &Macro, api: &str) -> bool {
    let given = expansion.template.resources.get(api);
    if given.is_some_and(|api| field(&api.properties, "DefinitionUri").is_some()) {
        return false;
    }
    let events = sam.field("Events").map_or(&[][..], Node::entries);
    events.iter().filter_map(|found| Event::new(sam, found)).any(|event| {
        let given = field(event.properties, "ApiId");
        let id = given
            .map_or(implicit::HTTP_API, |api| referred(api).or(api.as_str()).unwrap_or_default());
        event.kind == "HttpApi" && id == api && is_catch_all(&event)
    })
}

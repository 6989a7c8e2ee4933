//! `Domain`: the custom domain of an API, with its mappings and its records in Route 53.

use stackpass_ground::tree::Node;

use super::Expansion;
use super::build::{At, Properties, append, digest, field, is_false};
use super::resource::{Macro, is_wanted, weaker};
use crate::template::function;

/// The domain of a REST API.
pub(super) fn of_rest_api(expansion: &mut Expansion<'_>, sam: &Macro, stage: &str) {
    let Some(given) = domain(expansion, sam) else { return };
    let at = sam.at_property("Domain");
    let endpoint = field(given, "EndpointConfiguration");
    let endpoint_word = endpoint.and_then(|endpoint| expansion.word_or_default(endpoint));
    if endpoint.is_some_and(|endpoint| function(endpoint).is_some()) {
        let message = format!("whether the domain of `{}` is private is not known", sam.id());
        expansion.keep_part(sam, &format!("{}Domain", sam.id()), at, message);
    }
    let is_private = endpoint_word.as_deref() == Some("PRIVATE");
    let name = field(given, "DomainName").cloned().unwrap_or_else(|| at.any_text());
    let mut properties = Properties::default();
    properties.set("DomainName", name.clone());
    let own = [
        "EndpointAccessMode",
        "MutualTlsAuthentication",
        "OwnershipVerificationCertificateArn",
        "Policy",
        "SecurityPolicy",
    ];
    properties.copy(given, &own);
    let certificate = match endpoint_word.as_deref() {
        None | Some("REGIONAL") => "RegionalCertificateArn",
        Some(_) => "CertificateArn",
    };
    properties.copy_as(given, "CertificateArn", certificate);
    let mut types = Properties::default();
    types.set("Types", at.list([endpoint.cloned().unwrap_or_else(|| at.text("REGIONAL"))]));
    types.copy(given, &["IpAddressType"]);
    properties.set("EndpointConfiguration", types.into_node(at));
    let (prefix, domain_type, mapping_type, key) = if is_private {
        (
            "ApiGatewayDomainNameV2",
            "AWS::ApiGateway::DomainNameV2",
            "AWS::ApiGateway::BasePathMappingV2",
            "DomainNameArn",
        )
    } else {
        (
            "ApiGatewayDomainName",
            "AWS::ApiGateway::DomainName",
            "AWS::ApiGateway::BasePathMapping",
            "DomainName",
        )
    };
    let id = format!("{prefix}{}", digest(&name));
    let domain = expansion.add(sam, &id, domain_type, at, properties);
    expansion.set_part(sam, if is_private { "DomainNameV2" } else { "DomainName" }, &domain);
    for (path, word) in base_paths(expansion, given) {
        let mut mapping = Properties::default();
        mapping.set(key, at.reference(&domain));
        mapping.set("RestApiId", at.reference(sam.id()));
        mapping.set("Stage", at.reference(stage));
        mapping.set_some("BasePath", path);
        let id = format!("{}{word}BasePathMapping", sam.id());
        expansion.add(sam, &id, mapping_type, at, mapping);
    }
    if let Some(access) = field(given, "AccessAssociation").filter(|_| is_private) {
        let source = field(access, "VpcEndpointId").cloned().unwrap_or_else(|| at.any_text());
        let id = format!("DomainNameAccessAssociation{}", digest(&at.list([source.clone(), name])));
        let mut association = Properties::default();
        association.set("DomainNameArn", at.reference(&domain));
        association.set("AccessAssociationSourceType", at.text("VPCE"));
        association.set("AccessAssociationSource", source);
        expansion.add(sam, &id, "AWS::ApiGateway::DomainNameAccessAssociation", at, association);
    }
    add_records(expansion, sam, given, &domain);
}

/// The domain of an HTTP API or a WebSocket API.
pub(super) fn of_http_api(
    expansion: &mut Expansion<'_>,
    sam: &Macro,
    stage: &str,
    creator: Option<&str>,
) {
    let Some(given) = domain(expansion, sam) else { return };
    let at = sam.at_property("Domain");
    let name = field(given, "DomainName").cloned().unwrap_or_else(|| at.any_text());
    let mut configuration = Properties::default();
    configuration.set("EndpointType", at.text("REGIONAL"));
    configuration.copy_as(given, "EndpointConfiguration", "EndpointType");
    configuration
        .copy(given, &["CertificateArn", "OwnershipVerificationCertificateArn", "SecurityPolicy"]);
    let mut properties = Properties::default();
    properties.set("DomainName", name.clone());
    properties.set("DomainNameConfigurations", at.list([configuration.into_node(at)]));
    properties.copy(given, &["MutualTlsAuthentication"]);
    if let Some(creator) = creator {
        let mut tags = Properties::default();
        if let Some(given) = sam.field("Tags").filter(|tags| function(tags).is_none()) {
            tags.copy_all_but(given, &[]);
        }
        tags.set(creator, at.text("SAM"));
        properties.set("Tags", tags.into_node(at));
    }
    let id = format!("ApiGatewayDomainNameV2{}", digest(&name));
    let domain = expansion.add(sam, &id, "AWS::ApiGatewayV2::DomainName", at, properties);
    expansion.set_part(sam, "DomainName", &domain);
    for (path, word) in base_paths(expansion, given) {
        let mut mapping = Properties::default();
        mapping.set("DomainName", at.reference(&domain));
        mapping.set("ApiId", at.reference(sam.id()));
        mapping.set("Stage", at.reference(stage));
        mapping.set_some("ApiMappingKey", path);
        let id = format!("{}{word}ApiMapping", sam.id());
        expansion.add(sam, &id, "AWS::ApiGatewayV2::ApiMapping", at, mapping);
    }
    add_records(expansion, sam, given, &domain);
}

/// The domain that a resource asks for, if that can be read.
fn domain<'s>(expansion: &mut Expansion<'_>, sam: &'s Macro) -> Option<&'s Node> {
    let given = sam.field("Domain").filter(|given| is_wanted(given))?;
    if function(given).is_some() {
        let message = format!("the domain of `{}` cannot be expanded", sam.id());
        let at = sam.at_property("Domain");
        expansion.keep_part(sam, &format!("{}Domain", sam.id()), at, message);
        return None;
    }
    Some(given)
}

/// The paths under which an API is mapped, and what each adds to a logical id; one without a path if there are none.
fn base_paths(expansion: &Expansion<'_>, given: &Node) -> Vec<(Option<Node>, String)> {
    let paths = field(given, "BasePath").filter(|paths| is_wanted(paths));
    let Some(paths) = paths else { return vec![(None, String::new())] };
    let paths = match paths.items() {
        [] => std::slice::from_ref(paths),
        items => items,
    };
    let of = |path: &Node| {
        let word = expansion.word_or_default(path).unwrap_or_default();
        (Some(path.clone()), word.chars().filter(char::is_ascii_alphanumeric).collect())
    };
    paths.iter().map(of).collect()
}

/// Adds the records that point to the domain, to the group of their zone.
fn add_records(expansion: &mut Expansion<'_>, sam: &Macro, given: &Node, domain: &str) {
    let Some(route) = field(given, "Route53").filter(|route| is_wanted(route)) else { return };
    let at = At(route.span);
    let zone = field(route, "HostedZoneId").or(field(route, "HostedZoneName"));
    let zone = zone.cloned().unwrap_or_else(|| at.any_text());
    let name = field(given, "DomainName").cloned().unwrap_or_else(|| at.any_text());
    let is_separate =
        field(route, "SeparateRecordSetGroup").is_some_and(|own| is_wanted(own) && !is_false(own));
    let key = if is_separate { at.list([zone, name.clone()]) } else { zone };
    let id = format!("RecordSetGroup{}", digest(&key));
    let has_ipv6 = field(route, "IpV6").is_some_and(|wish| is_wanted(wish) && !is_false(wish));
    let kinds: &[&str] = if has_ipv6 { &["A", "AAAA"] } else { &["A"] };
    let record = |kind: &&str| {
        let mut record = Properties::default();
        record.set("Name", name.clone());
        record.set("Type", at.text(*kind));
        let target = at.map([
            ("HostedZoneId", at.attribute(domain, "RegionalHostedZoneId")),
            ("DNSName", at.attribute(domain, "RegionalDomainName")),
        ]);
        record.set("AliasTarget", target);
        record.copy(route, &["Region", "SetIdentifier"]);
        record.into_node(at)
    };
    let records: Vec<Node> = kinds.iter().map(record).collect();
    if expansion.made.contains(&id) {
        if let Some(group) = expansion.resource_mut(&id) {
            *group = weaker(group.clone(), &sam.resource);
            append(&mut group.properties, at, &["RecordSets"], records);
        }
        return;
    }
    let mut group = Properties::default();
    group.copy(route, &["HostedZoneId", "HostedZoneName"]);
    group.set("RecordSets", at.list(records));
    expansion.add(sam, &id, "AWS::Route53::RecordSetGroup", at, group);
}

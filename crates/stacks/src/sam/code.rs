//! Where code lies: in the template, in a bucket, in an image repository, or in a local folder that is packaged first.

use stackpass_ground::source::{Diagnostic, Span};
use stackpass_ground::tree::Node;

use super::build::{At, Properties, field};
use super::resource::Macro;
use super::{Expansion, PACKAGE_BUCKET};
use crate::codes;
use crate::template::{Parameter, Template, function};

/// What the fields of a location in S3 are called: bucket, key, version.
pub(super) type Names = [&'static str; 3];

/// The names that functions and layers use.
const CODE: Names = ["S3Bucket", "S3Key", "S3ObjectVersion"];

/// The names that API definitions use.
pub(super) const DEFINITION: Names = ["Bucket", "Key", "Version"];

/// The code of a function.
pub(super) fn code(expansion: &mut Expansion<'_>, sam: &Macro) -> Node {
    if let Some(inline) = sam.field("InlineCode") {
        return sam.at_property("InlineCode").map([("ZipFile", inline.clone())]);
    }
    let is_image = sam.word("PackageType") == Some("Image");
    if is_image || sam.field("ImageUri").is_some() && sam.field("CodeUri").is_none() {
        let at = sam.at_property("ImageUri");
        // The name of an image on the machine that packages is replaced by where it is pushed.
        let is_local = |uri: &Node| uri.as_str().is_some_and(|uri| !uri.contains(".dkr.ecr"));
        let uri = sam.field("ImageUri").filter(|uri| !is_local(uri)).cloned();
        return at.map([("ImageUri", uri.unwrap_or_else(|| at.any_text()))]);
    }
    let at = sam.at_property("CodeUri");
    let mut code = location(expansion, sam.field("CodeUri"), at, CODE);
    code.copy_as(&sam.properties, "SourceKMSKeyArn", "SourceKMSKeyArn");
    code.into_node(at)
}

/// A location in S3, given as a mapping, as `s3://bucket/key`, or as a local path.
pub(super) fn location(
    expansion: &mut Expansion<'_>,
    uri: Option<&Node>,
    at: At,
    names: Names,
) -> Properties {
    let [bucket, key, version] = names;
    let mut properties = Properties::default();
    let given = uri.and_then(|uri| uri.as_str()).and_then(|uri| uri.strip_prefix("s3://"));
    if let Some((bucket_name, path)) = given.and_then(|uri| uri.split_once('/')) {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        properties.set(bucket, at.text(bucket_name));
        properties.set(key, at.text(path.trim_start_matches('/')));
        let id = query.split('&').find_map(|part| part.strip_prefix("versionId="));
        properties.set_some(version, id.map(|id| at.text(id)));
        return properties;
    }
    if let Some(uri) = uri.filter(|uri| function(uri).is_none() && field(uri, "Bucket").is_some()) {
        properties.copy_as(uri, "Bucket", bucket);
        properties.copy_as(uri, "Key", key);
        properties.copy_as(uri, "Version", version);
        return properties;
    }
    properties.set(bucket, package_bucket(expansion, at));
    properties.set(key, at.any_text());
    properties
}

/// An address in S3, given as `s3://bucket/key`, or as a local path.
pub(super) fn address(expansion: &mut Expansion<'_>, uri: &Node) -> Node {
    if function(uri).is_some() || uri.as_str().is_some_and(|uri| uri.contains("://")) {
        return uri.clone();
    }
    let at = At(uri.span);
    let variables = at.map([("Bucket", package_bucket(expansion, at)), ("Key", at.any_text())]);
    at.map([("Fn::Sub", at.list([at.text("s3://${Bucket}/${Key}"), variables]))])
}

/// The bucket into which local folders are packaged.
fn package_bucket(expansion: &mut Expansion<'_>, at: At) -> Node {
    expansion.local_code = Some(expansion.local_code.map_or(at.0, |first| first.min(at.0)));
    at.reference(PACKAGE_BUCKET)
}

/// Makes the bucket for local folders a parameter, so that it can be given.
pub(super) fn declare_bucket(
    template: &mut Template,
    span: Span,
    diagnostics: &mut Vec<Diagnostic>,
) {
    if template.parameters.contains_key(PACKAGE_BUCKET) {
        return;
    }
    let parameter = Parameter {
        parameter_type: "String".to_owned(),
        default: None,
        allowed_values: None,
        no_echo: false,
        span,
    };
    template.parameters.insert(PACKAGE_BUCKET.to_owned(), parameter);
    let message = "local folders are packaged into a bucket that is not in the template";
    diagnostics.push(Diagnostic::warning(codes::SAM_PACKAGE, span, message).with_help(format!(
        "give the bucket with `--parameter {PACKAGE_BUCKET}=NAME`, or give the output of `sam package`"
    )));
}

/// `AWS::Serverless::LayerVersion`.
pub(super) fn expand_layer(expansion: &mut Expansion<'_>, sam: &Macro) {
    let mut properties = Properties::default();
    properties.set("LayerName", sam.at().text(sam.id()));
    let own = ["ContentUri", "RetentionPolicy", "PublishLambdaVersion", "LayerName"];
    properties.copy_all_but(&sam.properties, &own);
    properties.copy(&sam.properties, &["LayerName"]);
    let at = sam.at_property("ContentUri");
    let content = location(expansion, sam.field("ContentUri"), at, CODE);
    properties.set("Content", content.into_node(at));
    expansion.add_main(sam, "AWS::Lambda::LayerVersion", properties);
    let retention = match sam.word("RetentionPolicy") {
        Some(word) if word.eq_ignore_ascii_case("Delete") => Some("Delete"),
        Some(_) => Some("Retain"),
        // A reference may stand for either, so that the layer may be deleted.
        None if sam.field("RetentionPolicy").is_some() => Some("Delete"),
        None if sam.resource.deletion_policy.is_none() => Some("Retain"),
        None => None,
    };
    let at = sam.at_property("RetentionPolicy");
    if let (Some(policy), Some(layer)) = (retention, expansion.resource_mut(sam.id())) {
        layer.deletion_policy = Some(at.text(policy));
    }
}

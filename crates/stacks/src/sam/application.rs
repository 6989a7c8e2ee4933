//! `AWS::Serverless::Application`: a nested stack.

use super::build::{Properties, field};
use super::resource::Macro;
use super::{Expansion, tags};

pub(super) fn expand(expansion: &mut Expansion<'_>, sam: &Macro) {
    let mut properties = Properties::default();
    properties.copy(&sam.properties, &["Parameters", "NotificationARNs", "TimeoutInMinutes"]);
    let at = sam.at_property("Location");
    let location = sam.field("Location");
    let is_address = |text: &str| text.starts_with("https://") || text.starts_with("s3://");
    let address = location.filter(|location| location.as_str().is_some_and(is_address));
    properties.set("TemplateURL", address.cloned().unwrap_or_else(|| at.any_text()));
    let mut tags = vec![sam.at().tag("lambda:createdBy", sam.at().text("SAM"))];
    let published = [
        ("ApplicationId", "serverlessrepo:applicationId"),
        ("SemanticVersion", "serverlessrepo:semanticVersion"),
    ];
    for (key, tag) in published {
        let value = location.and_then(|location| field(location, key));
        tags.extend(value.map(|value| at.tag(tag, value.clone())));
    }
    tags.extend(sam.field("Tags").into_iter().flat_map(tags::pairs));
    properties.set("Tags", sam.at_property("Tags").list(tags));
    expansion.add_main(sam, "AWS::CloudFormation::Stack", properties);
    // What it needs is not known, which is a gap of the nested stack; fetching it is known.
    let id = location.and_then(|location| field(location, "ApplicationId"));
    expansion.applications.extend(id.cloned());
}

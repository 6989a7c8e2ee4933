//! `AWS::Serverless::SimpleTable`: a DynamoDB table with one key.

use super::build::{Properties, entry_at, field};
use super::resource::Macro;
use super::{Expansion, tags};
use crate::sam::build::entry;

pub(super) fn expand(expansion: &mut Expansion<'_>, sam: &Macro) {
    let at = sam.at_property("PrimaryKey");
    let key = sam.field("PrimaryKey");
    let name = key.and_then(|key| field(key, "Name")).cloned().unwrap_or_else(|| at.text("id"));
    let kind = key.and_then(|key| field(key, "Type")).cloned().unwrap_or_else(|| at.text("String"));
    let letter = match kind.as_str() {
        Some("Number") => at.text("N"),
        Some("Binary") => at.text("B"),
        Some(_) => at.text("S"),
        None => kind,
    };
    let mut properties = Properties::default();
    let attribute = at.map([("AttributeName", name.clone()), ("AttributeType", letter)]);
    properties.set("AttributeDefinitions", at.list([attribute]));
    let schema = at.map([("AttributeName", name), ("KeyType", at.text("HASH"))]);
    properties.set("KeySchema", at.list([schema]));
    properties.copy_all_but(&sam.properties, &["PrimaryKey", "Tags"]);
    if !sam.wants("ProvisionedThroughput") {
        properties.set("BillingMode", sam.at().text("PAY_PER_REQUEST"));
    }
    if let Some(tags) = entry(&sam.properties, "Tags") {
        properties.set("Tags", entry_at(tags).list(tags::pairs(&tags.value)));
    }
    expansion.add_main(sam, "AWS::DynamoDB::Table", properties);
}

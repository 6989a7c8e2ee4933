//! A log in the Static Analysis Results Interchange Format, version 2.1.0.
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/sarif-v2.1.0-os.html>

use std::fmt::Write as _;

use serde::Serialize;

use super::CheckReport;
use super::notes::{Level, Note, NotePlace, RULES, notes};
use crate::error::CliError;
use crate::view::json;

#[derive(Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Tool,
    /// Columns are counted in characters, as everywhere in this program.
    column_kind: &'static str,
    results: Vec<Finding<'a>>,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    semantic_version: &'static str,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: &'static str,
    short_description: Message<'static>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Finding<'a> {
    rule_id: &'static str,
    rule_index: usize,
    level: &'static str,
    message: Message<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    locations: Vec<Location<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location<'a>>,
}

#[derive(Serialize)]
struct Message<'a> {
    text: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location<'a> {
    physical_location: PhysicalLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
}

#[derive(Serialize)]
struct ArtifactLocation {
    uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_column: Option<usize>,
}

/// Writes the log.
pub(crate) fn log(report: &CheckReport<'_>) -> Result<String, CliError> {
    let notes = notes(report);
    let rules =
        RULES.iter().map(|&(id, text)| Rule { id, short_description: Message { text } }).collect();
    let driver =
        Driver { name: env!("CARGO_PKG_NAME"), semantic_version: env!("CARGO_PKG_VERSION"), rules };
    json::text(&Log {
        schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        version: "2.1.0",
        runs: [Run {
            tool: Tool { driver },
            column_kind: "unicodeCodePoints",
            results: notes.iter().map(finding).collect(),
        }],
    })
}

fn finding(note: &Note) -> Finding<'_> {
    let related = note.related.iter();
    Finding {
        rule_id: note.rule,
        rule_index: RULES.iter().position(|(id, _)| *id == note.rule).unwrap_or_default(),
        level: match note.level {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Note => "note",
        },
        message: Message { text: &note.message },
        locations: location(&note.place, None).into_iter().collect(),
        related_locations: related
            .filter_map(|(place, text)| location(place, Some(text)))
            .collect(),
    }
}

/// A place in a file, if it is in one.
fn location<'a>(place: &NotePlace, text: Option<&'a str>) -> Option<Location<'a>> {
    let region = place.line.map(|start_line| Region { start_line, start_column: place.column });
    place.file.as_ref().map(|file| Location {
        physical_location: PhysicalLocation {
            artifact_location: ArtifactLocation { uri: uri(file) },
            region,
        },
        message: text.map(|text| Message { text }),
    })
}

/// A path as a reference relative to where the program ran, or as a `file` URI.
fn uri(path: &str) -> String {
    let path = path.replace('\\', "/");
    let mut uri = String::from(if path.starts_with('/') { "file://" } else { "" });
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_references() {
        assert_eq!(uri("cdk.out/My Stack.json"), "cdk.out/My%20Stack.json");
        assert_eq!(uri("cdk.out\\ü.json"), "cdk.out/%C3%BC.json");
        assert_eq!(uri("/a/b.json"), "file:///a/b.json");
    }
}

//! The files of an assembly, and the fields in them. What is missing or of another kind is reported.

use std::{collections::BTreeSet, sync::Arc};

use stackpass_ground::{
    source::{Diagnostic, LocatedDiagnostic, Source, Span},
    tree::{self, Entry, Kind, Node},
};

use super::{Files, path};
use crate::codes;

/// What is carried through while reading.
pub(super) struct Reading<'a> {
    pub(super) files: Files<'a>,
    pub(super) problems: Vec<LocatedDiagnostic>,
    /// The folders whose manifests were read, each of which is read once.
    pub(super) folders: BTreeSet<String>,
    pub(super) nested_templates: usize,
}

impl Reading<'_> {
    pub(super) fn new(files: Files<'_>) -> Reading<'_> {
        Reading { files, problems: Vec::new(), folders: BTreeSet::new(), nested_templates: 0 }
    }

    pub(super) fn report(&mut self, source: &Arc<Source>, diagnostic: Diagnostic) {
        self.problems.push(LocatedDiagnostic { source: Arc::clone(source), diagnostic });
    }

    pub(super) fn report_all(&mut self, source: &Arc<Source>, diagnostics: Vec<Diagnostic>) {
        for diagnostic in diagnostics {
            self.report(source, diagnostic);
        }
    }
}

/// A manifest and the folder it stands in.
pub(super) struct Manifest<'a> {
    pub(super) folder: &'a str,
    pub(super) source: Arc<Source>,
    pub(super) artifacts: &'a Node,
}

/// Finds a file that a field names; the field's absence, a missing file and a path that leads out are problems.
pub(super) fn file(
    manifest: &Manifest<'_>,
    properties: &Node,
    key: &str,
    reading: &mut Reading<'_>,
) -> Option<(String, Arc<Source>)> {
    let Some(name) = text(properties, key, &manifest.source, reading) else {
        let message = format!("the artifact has no `{key}`");
        let problem = Diagnostic::error(codes::INVALID_MANIFEST, properties.span, message);
        reading.report(&manifest.source, problem.with_help("run `cdk synth` again"));
        return None;
    };
    let span = properties.field(key).map_or(properties.span, |value| value.span);
    find(manifest, &name, span, reading)
}

/// Finds a file by its name in a manifest's folder.
pub(super) fn find(
    manifest: &Manifest<'_>,
    name: &str,
    span: Span,
    reading: &mut Reading<'_>,
) -> Option<(String, Arc<Source>)> {
    let Some(file) = path::join(manifest.folder, name) else {
        let message = format!("the path `{name}` leads out of the assembly");
        reading.report(&manifest.source, Diagnostic::error(codes::OUTSIDE_PATH, span, message));
        return None;
    };
    if let Some(source) = (reading.files)(&file) {
        return Some((file, Arc::new(source)));
    }
    let problem =
        Diagnostic::error(codes::MISSING_FILE, span, format!("the file `{file}` is missing"));
    reading.report(&manifest.source, problem.with_help("run `cdk synth` again"));
    None
}

/// Reads a file of the assembly as a tree.
pub(super) fn read_tree(source: &Arc<Source>, reading: &mut Reading<'_>) -> Option<Node> {
    let (node, diagnostics) = tree::json::read(source.text());
    reading.report_all(source, diagnostics);
    node
}

/// The value if it is a mapping; else a problem.
pub(super) fn expect_map<'n>(
    key: &str,
    node: &'n Node,
    source: &Arc<Source>,
    reading: &mut Reading<'_>,
) -> Option<&'n [Entry]> {
    if let Kind::Map(entries) = &node.kind {
        return Some(entries);
    }
    let message = format!("`{key}` has to be a mapping, this is {}", node.kind_name());
    reading.report(source, Diagnostic::error(codes::INVALID_MANIFEST, node.span, message));
    None
}

/// The text of a field, if it is there; a problem if it is no text.
pub(super) fn text(
    node: &Node,
    key: &str,
    source: &Arc<Source>,
    reading: &mut Reading<'_>,
) -> Option<String> {
    let value = node.field(key).filter(|value| value.kind != Kind::Null)?;
    let text = value.scalar();
    if text.is_none() {
        let message = format!("`{key}` has to be a string, this is {}", value.kind_name());
        reading.report(source, Diagnostic::error(codes::INVALID_MANIFEST, value.span, message));
    }
    text.map(str::to_owned)
}

/// The text of a field that has to be there.
pub(super) fn required(
    node: &Node,
    key: &str,
    source: &Arc<Source>,
    reading: &mut Reading<'_>,
) -> Option<String> {
    if node.field(key).is_none_or(|value| value.kind == Kind::Null) {
        let problem =
            Diagnostic::error(codes::INVALID_ASSET, node.span, format!("the asset has no `{key}`"));
        reading.report(source, problem.with_help("run `cdk synth` again"));
        return None;
    }
    text(node, key, source, reading)
}

/// Whether the role that a stack or a destination names is assumed with session tags.
pub(super) fn has_session_tags(node: &Node) -> bool {
    let options = node.field("assumeRoleAdditionalOptions");
    options.and_then(|options| options.field("Tags")).is_some_and(|tags| !tags.items().is_empty())
}

//! Cases as folders: `testdata/templates/*/template.*` and `testdata/assemblies/*/app/`, with what is read from them in
//! `expected.txt`. With the variable `UPDATE_EXPECTED` set, the files are written anew; read the diff before accepting it.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use stackpass_ground::{
    source::{Diagnostic, Severity, Source},
    tree::{Kind, Node},
};
use stackpass_stacks::{
    assembly::{self, Asset, StackInput, StackTemplate},
    template::{self, LogicalId, Template},
};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The entries of a folder, sorted.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn read_source(path: &Path, name: &str) -> Source {
    let text =
        fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    // A checkout may have turned the line ends.
    Source::new(name, text.replace("\r\n", "\n"))
}

/// Compares with `expected.txt` in the case's folder, or writes it.
fn compare(case: &Path, found: &str) {
    let path = case.join("expected.txt");
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        fs::write(&path, found).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    assert!(found == expected, "{} differs:\n{found}", path.display());
}

fn write_diagnostic(out: &mut String, source: &Source, diagnostic: &Diagnostic) {
    let place = source.position(diagnostic.span.start);
    let severity = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let (name, code, message) = (source.name(), diagnostic.code, &diagnostic.message);
    writeln!(out, "{severity} {name}:{place} {code}: {message}").unwrap();
    if let Some(help) = &diagnostic.help {
        writeln!(out, "    {help}").unwrap();
    }
}

/// A tree in one line, with the line of the source in front.
fn write_node(out: &mut String, source: &Source, label: &str, node: &Node) {
    let line = source.position(node.span.start).line;
    writeln!(out, "{line:>5} {label} = {}", render(node)).unwrap();
}

fn render(node: &Node) -> String {
    assert_eq!(node.tag, None, "no short form is left");
    match &node.kind {
        Kind::Null => "null".to_owned(),
        Kind::Bool(value) => value.to_string(),
        Kind::Number(text) => text.clone(),
        Kind::String(text) => format!("{text:?}"),
        Kind::List(items) => {
            format!("[{}]", items.iter().map(render).collect::<Vec<_>>().join(", "))
        }
        Kind::Map(entries) => {
            let entries =
                entries.iter().map(|entry| format!("{}: {}", entry.key, render(&entry.value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
    }
}

fn write_template(out: &mut String, source: &Source, template: &Template) {
    for transform in &template.transforms {
        writeln!(out, "transform {}", transform.name).unwrap();
    }
    for (name, parameter) in &template.parameters {
        writeln!(out, "parameter {name}: {}", parameter.parameter_type).unwrap();
        if let Some(default) = &parameter.default {
            write_node(out, source, "default", default);
        }
    }
    for (name, condition) in &template.conditions {
        writeln!(out, "condition {name}").unwrap();
        write_node(out, source, "value", condition);
    }
    for (id, resource) in &template.resources {
        let line = source.position(resource.span.start).line;
        writeln!(out, "resource {id}: {} (line {line})", resource.resource_type).unwrap();
        for id in &resource.depends_on {
            writeln!(out, "      depends on {id}").unwrap();
        }
        if let Some(policy) = &resource.deletion_policy {
            write_node(out, source, "DeletionPolicy", policy);
        }
        for entry in resource.properties.entries() {
            write_node(out, source, &entry.key, &entry.value);
        }
    }
    for (name, output) in &template.outputs {
        writeln!(out, "output {name}").unwrap();
        write_node(out, source, "value", &output.value);
    }
    for it in &template.loops {
        let line = source.position(it.entry.key_span.start).line;
        writeln!(out, "loop {} in {:?} (line {line})", it.entry.key, it.section).unwrap();
    }
}

#[test]
fn templates_are_read_as_expected() {
    let cases = entries(&repository().join("testdata/templates"));
    assert!(!cases.is_empty(), "there are cases");
    for case in cases {
        let files = entries(&case);
        let is_template = |path: &&PathBuf| path.file_stem().is_some_and(|stem| stem == "template");
        let path = files.iter().find(is_template).expect("a case has a template");
        let source = read_source(path, &path.file_name().unwrap().to_string_lossy());
        let (template, diagnostics) = template::read(&source);
        let mut found = String::new();
        for diagnostic in &diagnostics {
            write_diagnostic(&mut found, &source, diagnostic);
        }
        if let Some(template) = &template {
            write_template(&mut found, &source, template);
        }
        compare(&case, &found);
    }
}

fn write_nested(out: &mut String, nested: &BTreeMap<LogicalId, StackTemplate>, depth: usize) {
    for (id, stack) in nested {
        let indent = "  ".repeat(depth);
        let ids: Vec<&str> = stack.template.resources.keys().map(LogicalId::as_str).collect();
        writeln!(out, "{indent}nested {id}: {}: {}", stack.source.name(), ids.join(", ")).unwrap();
        write_nested(out, &stack.nested, depth + 1);
    }
}

fn write_asset(out: &mut String, asset: &Asset) {
    let text = match asset {
        Asset::File { bucket, key, publishing_role, path, .. } => {
            format!("file {path:?} to {bucket}/{key} as {publishing_role:?}")
        }
        Asset::Image { repository, region, publishing_role, .. } => {
            format!("image to {repository} in {region:?} as {publishing_role:?}")
        }
        Asset::LegacyFile { path, bucket_parameter, key_parameter, hash_parameter } => {
            format!("legacy file {path} by {bucket_parameter} {key_parameter} {hash_parameter:?}")
        }
        Asset::LegacyImage { repository } => format!("legacy image {repository:?}"),
        other => format!("{other:?}"),
    };
    writeln!(out, "  {text}").unwrap();
}

#[test]
fn assemblies_are_read_as_expected() {
    let cases = entries(&repository().join("testdata/assemblies"));
    assert!(!cases.is_empty(), "there are cases");
    for case in cases {
        let app = case.join("app");
        let files = |path: &str| {
            let file = app.join(path);
            file.is_file().then(|| read_source(&file, path))
        };
        let (assembly, problems) = assembly::read(&files);
        let mut found = String::new();
        for problem in &problems {
            write_diagnostic(&mut found, &problem.source, &problem.diagnostic);
        }
        for stack in &assembly.stacks {
            let StackInput { artifact, root } = stack;
            writeln!(found, "stack {} {} {}", artifact.id, artifact.name, artifact.display_name)
                .unwrap();
            let environment = &artifact.environment;
            writeln!(found, "  in {:?} {:?}", environment.account, environment.region).unwrap();
            writeln!(found, "  tags {:?}", artifact.tags).unwrap();
            writeln!(found, "  protected {}", artifact.termination_protection).unwrap();
            writeln!(found, "  deploy role {:?}", artifact.deploy_role).unwrap();
            writeln!(found, "  execution role {:?}", artifact.execution_role).unwrap();
            writeln!(found, "  lookup role {:?}", artifact.lookup_role).unwrap();
            writeln!(found, "  bootstrap parameter {:?}", artifact.bootstrap_parameter).unwrap();
            for asset in &artifact.assets {
                write_asset(&mut found, asset);
            }
            let ids: Vec<&str> = root.template.resources.keys().map(LogicalId::as_str).collect();
            writeln!(found, "  resources {}", ids.join(", ")).unwrap();
            write_nested(&mut found, &root.nested, 1);
        }
        compare(&case, &found);
    }
}

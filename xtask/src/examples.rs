//! `cargo xtask examples [--check]`: synthesizes the apps under `examples/` with the real CDK and keeps the result beside them.
//!
//! Needs Node.js and the npm registry, so it is no part of `cargo xtask ci`. The versions are those of each app's lock file.
//! Of the assembly only what says what will be deployed is kept: the construct tree, the report on feature flags and the
//! metadata files (which hold paths of the machine) are left out, from the manifest too.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value};

use crate::shell;

/// The files of a folder: path relative to it with `/`, and content.
type Files = BTreeMap<String, Vec<u8>>;

const ASSEMBLY: &str = "cdk.out";
const LEFT_OUT_ARTIFACTS: [&str; 2] = ["cdk:feature-flag-report", "cdk:tree"];

/// Runs the task.
pub(crate) fn run(mut args: Vec<String>) -> Result<()> {
    let check = shell::take_flag(&mut args, "--check");
    shell::none_left(&args)?;
    let mut stale = Vec::new();
    for app in apps()? {
        let name = app.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let committed = read_folder(&app.join(ASSEMBLY))?;
        let synthesized = kept(synthesize(&app, &name)?)?;
        let changed = differences(&committed, &synthesized);
        println!("examples: {name}: {} files, {} differ", synthesized.len(), changed.len());
        for path in &changed {
            println!("  {path}");
        }
        if check && !changed.is_empty() {
            stale.push(name);
        } else if !changed.is_empty() {
            replace_folder(&app.join(ASSEMBLY), &synthesized)?;
        }
    }
    if !stale.is_empty() {
        bail!("not what the apps synthesize: {}; run `cargo xtask examples`", stale.join(", "));
    }
    Ok(())
}

/// The folders under `examples/` that are npm packages, sorted.
fn apps() -> Result<Vec<PathBuf>> {
    let folder = shell::root().join("examples");
    let entries =
        fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let mut apps: Vec<PathBuf> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.join("package-lock.json").is_file())
        .collect();
    apps.sort();
    Ok(apps)
}

/// Synthesizes an app in a copy, so that nothing is left beside its source.
fn synthesize(app: &Path, name: &str) -> Result<Files> {
    let copy = shell::root().join("target/examples").join(name);
    let mut source = read_folder(app)?;
    source.retain(|path, _| !path.starts_with("cdk.out/") && !path.starts_with("node_modules/"));
    replace_folder(&copy, &source)?;
    shell::run(
        npm().args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(&copy),
    )?;
    let mut cdk = shell::program("node");
    cdk.arg("node_modules/aws-cdk/bin/cdk").args(["synth", "--quiet", "--no-notices"]);
    cdk.env("CDK_DISABLE_CLI_TELEMETRY", "true").current_dir(&copy);
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("AWS_") || text.starts_with("CDK_DEFAULT_") {
            cdk.env_remove(&name);
        }
    }
    shell::run(&mut cdk)?;
    read_folder(&copy.join(ASSEMBLY))
}

fn npm() -> Command {
    shell::program(if cfg!(windows) { "npm.cmd" } else { "npm" })
}

/// The part of an assembly that is committed.
fn kept(assembly: Files) -> Result<Files> {
    let mut files = Files::new();
    for (path, content) in assembly {
        let name = path.rsplit('/').next().unwrap_or(&path);
        if name == "manifest.json" {
            files.insert(path, trimmed_manifest(&content)?);
        } else if !is_left_out(name) {
            files.insert(path, content);
        }
    }
    Ok(files)
}

fn is_left_out(name: &str) -> bool {
    matches!(name, "tree.json" | "validation-report.json") || name.ends_with(".metadata.json")
}

/// The manifest without the artifacts and files that are left out; keys sorted.
fn trimmed_manifest(content: &[u8]) -> Result<Vec<u8>> {
    let mut manifest: Value = serde_json::from_slice(content).context("manifest.json")?;
    let artifacts = manifest.get_mut("artifacts").and_then(Value::as_object_mut);
    if let Some(artifacts) = artifacts {
        artifacts.retain(|_, artifact| {
            let kind = artifact.get("type").and_then(Value::as_str).unwrap_or_default();
            !LEFT_OUT_ARTIFACTS.contains(&kind)
        });
        for artifact in artifacts.values_mut().filter_map(Value::as_object_mut) {
            artifact.remove("additionalMetadataFile");
        }
    }
    let mut text = serde_json::to_vec_pretty(&sorted(manifest))?;
    text.push(b'\n');
    Ok(text)
}

/// The same value with the keys of every mapping in order, whichever way the JSON library keeps them.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let entries: BTreeMap<String, Value> = map.into_iter().collect();
            let sorted: Map<String, Value> =
                entries.into_iter().map(|(key, value)| (key, sorted(value))).collect();
            Value::Object(sorted)
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        scalar => scalar,
    }
}

/// The paths that only one side has, or whose contents differ.
fn differences(left: &Files, right: &Files) -> Vec<String> {
    let paths = left.keys().chain(right.keys());
    let mut changed: Vec<String> =
        paths.filter(|path| left.get(*path) != right.get(*path)).cloned().collect();
    changed.sort();
    changed.dedup();
    changed
}

/// All files below a folder; none if there is no such folder.
fn read_folder(folder: &Path) -> Result<Files> {
    let mut files = Files::new();
    let mut waiting = vec![folder.to_path_buf()];
    while let Some(current) = waiting.pop() {
        let Ok(entries) = fs::read_dir(&current) else { continue };
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() && path.file_name().is_some_and(|name| name != "node_modules") {
                waiting.push(path);
            } else if path.is_file() {
                let content =
                    fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
                files.insert(relative(folder, &path), content);
            }
        }
    }
    Ok(files)
}

fn relative(folder: &Path, path: &Path) -> String {
    let parts = path.strip_prefix(folder).unwrap_or(path).iter();
    parts.map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}

/// Makes a folder hold these files and nothing else.
fn replace_folder(folder: &Path, files: &Files) -> Result<()> {
    if folder.is_dir() {
        fs::remove_dir_all(folder)
            .with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    for (path, content) in files {
        let target = folder.join(path);
        if let Some(above) = target.parent() {
            fs::create_dir_all(above)
                .with_context(|| format!("cannot make {}", above.display()))?;
        }
        fs::write(&target, content).with_context(|| format!("cannot write {path}"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_loses_the_tree_and_the_metadata_file() {
        let manifest = br#"{"version":"1","artifacts":{
            "Tree":{"type":"cdk:tree"},
            "App":{"type":"aws:cloudformation:stack","additionalMetadataFile":"App.metadata.json"}}}"#;
        let trimmed: Value = serde_json::from_slice(&trimmed_manifest(manifest).unwrap()).unwrap();
        let expected = serde_json::json!({
            "artifacts": {"App": {"type": "aws:cloudformation:stack"}},
            "version": "1",
        });
        assert_eq!(trimmed, expected);
    }

    #[test]
    fn metadata_is_left_out_and_templates_are_kept() {
        let paths = ["App.metadata.json", "App.template.json", "tree.json", "asset.1/tree.mjs"];
        let assembly = paths.map(|path| (path.to_owned(), Vec::new())).into_iter().collect();
        let kept: Vec<String> = kept(assembly).unwrap().into_keys().collect();
        assert_eq!(kept, ["App.template.json", "asset.1/tree.mjs"]);
    }

    #[test]
    fn a_missing_and_a_changed_file_differ() {
        let files = |pairs: &[(&str, &str)]| -> Files {
            pairs
                .iter()
                .map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()))
                .collect()
        };
        let left = files(&[("a", "1"), ("b", "1")]);
        let right = files(&[("b", "2"), ("c", "1"), ("a", "1")]);
        assert_eq!(differences(&left, &right), ["b", "c"]);
    }
}

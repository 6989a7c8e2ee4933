//! Real input: the templates and apps of the repository, and those of a folder that `STACKPASS_CORPUS` names, as `cargo xtask score` does.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use stackpass_ground::source::Source;
use stackpass_stacks::deployment::{Input, Options};
use stackpass_stacks::need::Needs;
use stackpass_stacks::{needs, plan};

use super::deployments::{assembly, options, repository};
use super::laws::identities;

/// Inputs whose properties depend on the region by a condition, so that needs may rightly go.
const DECIDED_BY_REGION: [&str; 1] = ["testdata/sam/roles-and-globals/template.yaml"];

/// The inputs: files that may be templates, and folders of assemblies.
pub(crate) fn paths() -> Vec<PathBuf> {
    let mut paths = Vec::new();
    for folder in ["testdata/templates", "testdata/sam", "testdata/e2e"] {
        let found = files(&repository().join(folder)).into_iter();
        paths.extend(found.filter(|path| {
            path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("template."))
        }));
    }
    for folder in [
        "examples/crud-api/cdk.out",
        "examples/custom-domain/cdk.out",
        "testdata/assemblies/stages-and-nested-stacks/app",
    ] {
        paths.push(repository().join(folder));
    }
    if let Some(corpus) = std::env::var_os("STACKPASS_CORPUS").map(PathBuf::from) {
        let kinds = ["json", "template", "yaml", "yml"];
        let found = files(&corpus.join("templates")).into_iter();
        paths.extend(found.filter(|path| {
            path.extension().is_some_and(|it| kinds.contains(&it.to_string_lossy().as_ref()))
        }));
        let apps = fs::read_dir(corpus.join("assemblies")).unwrap();
        paths.extend(apps.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()));
    }
    paths.sort();
    paths
}

/// What an input needs, wrong or broken as it may be; nothing, if it is no text.
pub(crate) fn needs_at(path: &Path, options: &Options) -> Needs {
    if path.is_dir() {
        return needs(&plan(&[assembly(path.to_owned())], options).0);
    }
    let Ok(text) = fs::read_to_string(path) else { return Needs::default() };
    let source = Source::new(path.display().to_string(), text);
    needs(&plan(&[Input::Template(source)], options).0)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn telling_account_and_region_takes_no_need_away() {
    let nothing = Options { stack_name: None, account: None, region: None, ..options() };
    let elsewhere = Options {
        account: Some("999988887777".to_owned()),
        region: Some("ap-southeast-2".to_owned()),
        ..nothing.clone()
    };
    let mut compared = 0;
    let mut lost = Vec::new();
    let is_decided = |path: &PathBuf| DECIDED_BY_REGION.iter().any(|it| path.ends_with(it));
    for path in paths().into_iter().filter(|path| !is_decided(path)) {
        let before = identities(&needs_at(&path, &nothing));
        let after = identities(&needs_at(&path, &elsewhere));
        compared += before.len();
        // A condition on the region decides which resources there are.
        let there: BTreeSet<_> = after.iter().map(|(_, _, resource)| resource).collect();
        // What the tools ask for, to find the account for one, belongs to no resource.
        let gone = before
            .difference(&after)
            .filter(|(_, _, resource)| resource.is_some() && there.contains(resource));
        let gone: Vec<_> = gone.collect();
        if !gone.is_empty() {
            lost.push(format!("{}: {gone:#?}", path.display()));
        }
    }
    assert!(compared > 500, "{compared}");
    assert!(lost.is_empty(), "{}", lost.join("\n"));
}

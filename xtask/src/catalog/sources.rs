//! `SOURCES.md`: where the data comes from, written for people and read back by `--check`.

use std::fmt::Write as _;

use anyhow::{Context as _, Result};

use crate::table::Table;

/// Where facts come from that are too few to be taken over by a task.
const BY_HAND: &str = "\n\
    `crates/ground/data/partitions.tsv` is kept by hand. It has the partitions, the beginning of their regions' names and the DNS suffixes of\n\
    `botocore/data/partitions.json` in botocore 1.44.8 (PyPI, 2026-11-20, Apache-2.0).\n";

/// The file, from the root of the repository.
pub(crate) const PATH: &str = "SOURCES.md";

/// A package that data comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Source {
    /// The registry: `npm` or `PyPI`.
    pub(crate) registry: String,
    /// The name of the package.
    pub(crate) package: String,
    /// The version of the package.
    pub(crate) version: String,
    /// The day of its data, `2026-11-20`.
    pub(crate) date: String,
    /// The licence as an SPDX expression.
    pub(crate) licence: String,
    /// SHA-256 of the archive.
    pub(crate) sha256: String,
}

/// The text of `SOURCES.md`.
pub(crate) fn render(sources: &[Source], tables: &[Table]) -> String {
    let mut text = String::from(
        "# Sources of the data\n\
         \n\
         `cargo xtask catalog` writes this file and the data files below from the newest versions of these packages.\n\
         `cargo xtask catalog --check` derives them again from the versions named here and compares every byte.\n\
         Only facts are taken over, no descriptions. Corrections are kept apart, in `data/overrides/`, each with its reason.\n\
         \n\
         | registry | package | version | date of the data | licence | SHA-256 of the archive |\n\
         |---|---|---|---|---|---|\n",
    );
    for Source { registry, package, version, date, licence, sha256 } in sources {
        let _ = writeln!(
            text,
            "| {registry} | {package} | {version} | {date} | {licence} | {sha256} |"
        );
    }
    text.push_str("\n| file | records |\n|---|---|\n");
    for table in tables {
        let _ = writeln!(text, "| {} | {} |", table.path, table.len());
    }
    text.push_str(BY_HAND);
    text
}

/// Reads the packages of `SOURCES.md`.
pub(crate) fn parse(text: &str) -> Vec<Source> {
    text.lines().filter_map(row).collect()
}

/// The package called `name` in `SOURCES.md`.
pub(crate) fn find<'a>(sources: &'a [Source], name: &str) -> Result<&'a Source> {
    let found = sources.iter().find(|source| source.package == name);
    found.with_context(|| format!("{PATH} has no row for `{name}`; run `cargo xtask catalog`"))
}

fn row(line: &str) -> Option<Source> {
    let cells: Vec<&str> =
        line.strip_prefix('|')?.strip_suffix('|')?.split('|').map(str::trim).collect();
    let [registry, package, version, date, licence, sha256] = cells.as_slice() else { return None };
    let is_hash = sha256.len() == 64 && sha256.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hash.then(|| Source {
        registry: (*registry).to_owned(),
        package: (*package).to_owned(),
        version: (*version).to_owned(),
        date: (*date).to_owned(),
        licence: (*licence).to_owned(),
        sha256: (*sha256).to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let source = Source {
            registry: "npm".to_owned(),
            package: "@scope/name".to_owned(),
            version: "1.2.3".to_owned(),
            date: "2026-11-20".to_owned(),
            licence: "MIT".to_owned(),
            sha256: "0f".repeat(32),
        };
        let text = render(std::slice::from_ref(&source), &[Table::new("a.tsv", &["a"])]);
        assert_eq!(parse(&text), std::slice::from_ref(&source));
        assert_eq!(find(&parse(&text), "@scope/name").unwrap(), &source);
        assert!(find(&[], "@scope/name").is_err());
    }
}

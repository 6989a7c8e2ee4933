//! The data files: sorted, unique, one record a line, fields separated by tabs.
//!
//! The first line starts with `#` and names the columns. A field that holds several values joins them with commas.

use std::{collections::BTreeSet, fmt::Write as _, path::Path};

use anyhow::{Context as _, Result, bail, ensure};

/// A data file in memory.
#[derive(Debug)]
pub(crate) struct Table {
    /// Path from the root of the repository, with forward slashes.
    pub(crate) path: &'static str,
    columns: &'static [&'static str],
    lines: BTreeSet<String>,
}

impl Table {
    /// An empty table.
    pub(crate) fn new(path: &'static str, columns: &'static [&'static str]) -> Self {
        Self { path, columns, lines: BTreeSet::new() }
    }

    /// Adds a record. A record that is already there is an error: the caller merges, so that nothing is lost in silence.
    pub(crate) fn push(&mut self, fields: &[&str]) -> Result<()> {
        ensure!(
            fields.len() == self.columns.len(),
            "{}: {} fields in {fields:?}",
            self.path,
            fields.len()
        );
        for field in fields {
            ensure!(
                !field.contains(['\t', '\n', '\r']),
                "{}: control character in {field:?}",
                self.path
            );
        }
        ensure!(
            self.lines.insert(fields.join("\t")),
            "{}: twice the same record {fields:?}",
            self.path
        );
        Ok(())
    }

    /// How many records there are.
    pub(crate) fn len(&self) -> usize {
        self.lines.len()
    }

    /// The text of the file.
    pub(crate) fn render(&self) -> String {
        let mut text = format!("# {}\n", self.columns.join("\t"));
        for line in &self.lines {
            let _ = writeln!(text, "{line}");
        }
        text
    }
}

/// Joins the values of one field.
pub(crate) fn join<'a>(values: impl IntoIterator<Item = &'a str>) -> Result<String> {
    let mut field = String::new();
    for value in values {
        if value.contains(',') || value.is_empty() {
            bail!("a value of a list is empty or holds a comma: `{value}`");
        }
        if !field.is_empty() {
            field.push(',');
        }
        field.push_str(value);
    }
    Ok(field)
}

/// Splits a field that holds several values.
pub(crate) fn split(field: &str) -> impl Iterator<Item = &str> {
    field.split(',').filter(|value| !value.is_empty())
}

/// The records of a data file's text, without the line that names the columns.
pub(crate) fn records(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.starts_with('#') && !line.is_empty())
}

/// Reads a data file into records of exactly `N` fields.
pub(crate) fn read<const N: usize>(root: &Path, path: &str) -> Result<Vec<[String; N]>> {
    let text =
        std::fs::read_to_string(root.join(path)).with_context(|| format!("cannot read {path}"))?;
    let mut rows = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if line.starts_with('#') || line.is_empty() {
            continue;
        }
        let fields: Vec<String> = line.split('\t').map(str::to_owned).collect();
        let row = fields.try_into().map_err(|fields: Vec<String>| {
            anyhow::anyhow!("{path}:{}: {} fields where {N} are expected", number + 1, fields.len())
        })?;
        rows.push(row);
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_sorted_below_the_column_names() {
        let mut table = Table::new("t.tsv", &["b", "a"]);
        table.push(&["y", ""]).unwrap();
        table.push(&["x", "1,2"]).unwrap();
        assert_eq!(table.render(), "# b\ta\nx\t1,2\ny\t\n");
        assert_eq!(records(&table.render()).count(), table.len());
    }

    #[test]
    fn a_record_is_refused_when_it_is_there_or_malformed() {
        let mut table = Table::new("t.tsv", &["a"]);
        table.push(&["x"]).unwrap();
        assert!(table.push(&["x"]).is_err());
        assert!(table.push(&["x\ty"]).is_err());
        assert!(table.push(&["x", "y"]).is_err());
    }

    #[test]
    fn a_list_survives_joining_and_splitting() {
        assert_eq!(split(&join(["a", "b"]).unwrap()).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(split("").count(), 0);
        assert!(join(["a,b"]).is_err());
    }
}

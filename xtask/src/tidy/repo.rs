//! The repository in memory: every file that a person may have written, by its path.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// Folders that hold nothing of ours.
const SKIPPED: [&str; 5] = [".git", "artifacts", "book", "node_modules", "target"];

/// Paths with `/`, relative to the workspace, and what the files hold.
pub(super) struct Repo {
    files: BTreeMap<String, Content>,
}

/// What a file holds.
struct Content {
    bytes: u64,
    /// `None` for what is no UTF-8.
    text: Option<String>,
}

impl Repo {
    /// Reads every file below a folder.
    pub(super) fn read(root: &Path) -> Result<Repo> {
        let mut files = BTreeMap::new();
        let mut waiting = vec![(root.to_path_buf(), String::new())];
        while let Some((folder, prefix)) = waiting.pop() {
            let entries = fs::read_dir(&folder)
                .with_context(|| format!("cannot list {}", folder.display()))?;
            for entry in entries {
                let entry = entry?;
                let name = entry.file_name().to_string_lossy().into_owned();
                let path = format!("{prefix}{name}");
                let kind = entry.file_type()?;
                if kind.is_dir() && !SKIPPED.contains(&name.as_str()) {
                    waiting.push((entry.path(), format!("{path}/")));
                } else if kind.is_file() && name != ".git" {
                    let bytes =
                        fs::read(entry.path()).with_context(|| format!("cannot read {path}"))?;
                    files.insert(path, Content::new(bytes));
                }
            }
        }
        Ok(Repo { files })
    }

    /// A repository of these files, for tests.
    #[cfg(test)]
    pub(super) fn planted(files: &[(&str, &str)]) -> Repo {
        let content = |text: &str| Content::new(text.as_bytes().to_vec());
        Repo {
            files: files.iter().map(|(path, text)| ((*path).to_owned(), content(text))).collect(),
        }
    }

    /// How many files there are.
    pub(super) fn len(&self) -> usize {
        self.files.len()
    }

    /// The text of one file.
    pub(super) fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path)?.text.as_deref()
    }

    /// Every path with the size of the file in bytes.
    pub(super) fn sizes(&self) -> impl Iterator<Item = (&str, u64)> {
        self.files.iter().map(|(path, content)| (path.as_str(), content.bytes))
    }

    /// Every text file.
    pub(super) fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files
            .iter()
            .filter_map(|(path, content)| Some((path.as_str(), content.text.as_deref()?)))
    }

    /// Every file of Rust.
    pub(super) fn rust(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts().filter(|(path, _)| path.rsplit('.').next() == Some("rs"))
    }
}

impl Content {
    fn new(bytes: Vec<u8>) -> Content {
        Content { bytes: bytes.len() as u64, text: String::from_utf8(bytes).ok() }
    }
}

/// Whether a path names generated code, data of a refresh or a synthesized app, which rules on style leave alone.
pub(super) fn is_generated(path: &str) -> bool {
    let mut parts = path.split('/');
    let is_data = parts.next() == Some("crates") && parts.nth(1) == Some("data");
    is_data || path.contains("/generated/") || path.contains("/cdk.out/")
}

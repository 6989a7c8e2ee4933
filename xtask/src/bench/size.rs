//! How large the binary is, and the files that its source embeds.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::shell;

const BINARY_LIMIT: u64 = 14 * 1_000_000;
const DATA_LIMIT: u64 = 2 * 1_000_000;

/// The macros that put a file into the binary.
const EMBEDDING: [&str; 2] = ["include_bytes!", "include_str!"];

/// A thing with a size and the most that it may have.
pub(super) struct Size {
    what: String,
    bytes: u64,
    limit: Option<u64>,
}

/// Measures the binary, and each file that the source of the product embeds.
pub(super) fn measure(binary: &Path) -> Result<Vec<Size>> {
    let mut files = embedded(&shell::root().join("crates"))?;
    files.sort();
    files.dedup();
    let mut sizes =
        vec![Size { what: "binary".to_owned(), bytes: bytes(binary)?, limit: Some(BINARY_LIMIT) }];
    let mut total = 0;
    for file in &files {
        let bytes = bytes(file)?;
        total += bytes;
        let what = file.strip_prefix(shell::root()).unwrap_or(file).display().to_string();
        sizes.push(Size { what, bytes, limit: None });
    }
    sizes.push(Size { what: "embedded data".to_owned(), bytes: total, limit: Some(DATA_LIMIT) });
    Ok(sizes)
}

/// The sizes as a table.
pub(super) fn table(sizes: &[Size]) -> String {
    let header = ["size", "bytes", "limit"].map(str::to_owned).to_vec();
    let limit = |size: &Size| size.limit.map_or_else(String::new, |limit| limit.to_string());
    let rows =
        sizes.iter().map(|size| vec![size.what.clone(), size.bytes.to_string(), limit(size)]);
    shell::aligned(&std::iter::once(header).chain(rows).collect::<Vec<_>>())
}

/// The sizes over their limit, told as failures.
pub(super) fn too_large(sizes: &[Size]) -> Vec<String> {
    let large = sizes.iter().filter_map(|size| Some((size, size.limit?)));
    let large = large.filter(|(size, limit)| size.bytes >= *limit);
    large
        .map(|(size, limit)| format!("{}: {} bytes, the limit is {limit}", size.what, size.bytes))
        .collect()
}

fn bytes(path: &Path) -> Result<u64> {
    let metadata =
        fs::metadata(path).with_context(|| format!("cannot measure {}", path.display()))?;
    Ok(metadata.len())
}

/// The files that the Rust files below a folder embed, outside tests.
fn embedded(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && name != "tests" {
            files.extend(embedded(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") && name != "tests.rs"
        {
            let text = shell::read(&path)?;
            let beside = path.parent().unwrap_or(&path);
            files.extend(
                named_files(&text).map(|name| beside.join(name)).filter(|file| file.is_file()),
            );
        }
    }
    Ok(files)
}

/// The relative paths that `include_bytes!("...")` and `include_str!("...")` name, before the tests of a file.
fn named_files(text: &str) -> impl Iterator<Item = &str> {
    let code = text.split("\n#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let lines =
        code.lines().filter(|line| !line.contains("doc =") && !line.trim_start().starts_with("//"));
    lines.flat_map(|line| {
        EMBEDDING.iter().flat_map(move |embedding| {
            line.split(embedding).skip(1).filter_map(|rest| rest.split('"').nth(1))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn embedded_files_are_found_outside_tests_and_docs() {
        let text = "#![doc = include_str!(\"../README.md\")]\n\
                    static A: &[u8] = include_bytes!(\"../data/a.bin\");\n\
                    const FILES: [&str; 2] = [include_str!(\"b.toml\"), include_str!(\"c.toml\")];\n\
                    \n#[cfg(test)]\nmod tests {\n    const D: &str = include_str!(\"d.txt\");\n}";
        let names: Vec<&str> = named_files(text).collect();
        assert_eq!(names, ["../data/a.bin", "b.toml", "c.toml"]);
    }

    #[test]
    fn too_much_data_is_told() {
        let size =
            |bytes| Size { what: "embedded data".to_owned(), bytes, limit: Some(DATA_LIMIT) };
        assert!(too_large(&[size(DATA_LIMIT - 1)]).is_empty());
        assert_eq!(
            too_large(&[size(DATA_LIMIT)]),
            ["embedded data: 2000000 bytes, the limit is 2000000"]
        );
    }
}

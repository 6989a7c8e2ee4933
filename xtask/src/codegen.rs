//! `cargo xtask codegen`: makes the text that the crates embed from the data files and their corrections. Offline.
//!
//! The text is laid out for look-ups without any parsing at start-up; `stackpass_ground::sorted_lines` reads it.

mod checks;
mod overrides;
mod pack;
mod policy;
mod rules;
mod stacks;

use std::{collections::BTreeSet, fs, path::Path};

use anyhow::{Context as _, Result, bail, ensure};

use crate::catalog::{root, sources};

/// All that is embedded stays below this many bytes.
const BUDGET: usize = 1_960_000;

/// The folders that hold nothing but what this task makes.
const FOLDERS: [&str; 2] = [policy::FOLDER, stacks::FOLDER];

/// A generated file: its path from the root of the repository, and its text.
type File = (String, String);

/// Runs the task.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let check = match args {
        [] => false,
        [only] if only == "--check" => true,
        _ => bail!("unknown options {args:?}; the only option is --check"),
    };
    let root = root()?;
    let files = files(&root)?;
    let size: usize = files.iter().map(|(_, text)| text.len()).sum();
    ensure!(size < BUDGET, "{size} bytes would be embedded, the budget is {BUDGET}");
    if check {
        compare(&root, &files)
    } else {
        write(&root, &files)?;
        for (path, text) in &files {
            println!("{:>9} bytes in {path}", text.len());
        }
        println!("{size:>9} bytes of {BUDGET}");
        Ok(())
    }
}

fn files(root: &Path) -> Result<Vec<File>> {
    let text = fs::read_to_string(root.join(sources::PATH)).context("cannot read SOURCES.md")?;
    let sources = sources::parse(&text);
    let (mut files, actions) = policy::files(root, &sources)?;
    files.extend(stacks::files(root, &sources, &actions)?);
    files.extend(rules::files(root)?);
    files.sort();
    Ok(files)
}

fn write(root: &Path, files: &[File]) -> Result<()> {
    for folder in FOLDERS {
        fs::create_dir_all(root.join(folder)).with_context(|| format!("cannot create {folder}"))?;
    }
    for path in unexpected(root, files)? {
        fs::remove_file(root.join(&path)).with_context(|| format!("cannot remove {path}"))?;
    }
    for (path, text) in files {
        fs::write(root.join(path), text).with_context(|| format!("cannot write {path}"))?;
    }
    Ok(())
}

fn compare(root: &Path, files: &[File]) -> Result<()> {
    let differs =
        |(path, text): &&File| fs::read_to_string(root.join(path)).ok().as_ref() != Some(text);
    let mut different: Vec<String> =
        files.iter().filter(differs).map(|(path, _)| path.clone()).collect();
    different.extend(unexpected(root, files)?);
    ensure!(different.is_empty(), "not what `cargo xtask codegen` makes: {}", different.join(", "));
    Ok(())
}

/// The files in the generated folders that this task would not make.
fn unexpected(root: &Path, files: &[File]) -> Result<Vec<String>> {
    let made: BTreeSet<&str> = files.iter().map(|(path, _)| path.as_str()).collect();
    let mut unexpected = Vec::new();
    for folder in FOLDERS {
        let Ok(entries) = fs::read_dir(root.join(folder)) else { continue };
        for entry in entries {
            let path = format!("{folder}/{}", entry?.file_name().to_string_lossy());
            if !made.contains(path.as_str()) {
                unexpected.push(path);
            }
        }
    }
    unexpected.sort();
    Ok(unexpected)
}

//! The lists of codes hold together, whichever crate declares them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::*;

/// The crates that declare codes.
fn declared() -> [(&'static str, Vec<Code>); 4] {
    use stackpass_stacks::codes as stacks;
    [
        ("ground", stackpass_ground::codes::DIAGNOSTICS.to_vec()),
        ("policy", stackpass_policy::codes::DIAGNOSTICS.to_vec()),
        ("stacks", [stacks::DIAGNOSTICS, stacks::GAPS, stacks::FINDINGS].concat()),
        ("cli", codes::FINDINGS.to_vec()),
    ]
}

/// The sources of a crate but its list of codes and its tests.
fn sources(crate_: &str) -> Vec<String> {
    let mut texts = Vec::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(crate_).join("src");
    let mut waiting: Vec<PathBuf> = vec![root];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() {
                waiting.push(path);
            } else if !["codes.rs", "tests.rs"].contains(&name) && !path.ends_with("src/code.rs") {
                let text = fs::read_to_string(&path).unwrap();
                texts.push(text.split("#[cfg(test)]\nmod tests {").next().unwrap().to_owned());
            }
        }
    }
    texts
}

fn has_word(text: &str, word: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|it| it == word)
}

#[test]
fn no_two_codes_have_one_name() {
    let mut places: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (crate_, codes) in declared() {
        for code in codes {
            places.entry(code.as_str()).or_default().push(crate_);
        }
    }
    places.retain(|_, crates| crates.len() > 1);
    assert!(places.is_empty(), "{places:?}");
}

#[test]
fn names_are_kebab_case_and_meanings_are_sentences() {
    for code in declared().into_iter().flat_map(|(_, codes)| codes) {
        let is_kebab =
            |part: &str| !part.is_empty() && part.bytes().all(|it| it.is_ascii_lowercase());
        assert!(code.as_str().split('-').all(is_kebab), "{code}");
        assert!(code.meaning().ends_with('.') && code.meaning().len() > 10, "{code}");
    }
}

#[test]
fn every_code_is_used_where_it_is_declared() {
    for (crate_, codes) in declared() {
        let sources = sources(crate_);
        let is_used = |code: &&Code| {
            let name = code.as_str().to_uppercase().replace('-', "_");
            sources.iter().any(|text| has_word(text, &name))
        };
        let unused: Vec<&Code> = codes.iter().filter(|code| !is_used(code)).collect();
        assert!(unused.is_empty(), "{crate_} does not use {unused:?}");
    }
}

#[test]
fn codes_are_declared_in_the_lists_alone() {
    for (crate_, _) in declared() {
        let by_hand = sources(crate_).into_iter().find(|text| text.contains("Code::declared"));
        assert!(by_hand.is_none(), "{crate_}: {by_hand:?}");
    }
}

#[test]
fn every_code_has_a_row() {
    let page = page();
    for code in declared().into_iter().flat_map(|(_, codes)| codes) {
        let row = format!("\n| `{code}` | {} |\n", code.meaning());
        assert_eq!(page.matches(&row).count(), 1, "{code}");
    }
}

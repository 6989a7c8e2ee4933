//! What the `stacks` crate embeds of its rules and of the tools' calls. Of the rules: one line a resource type, so that a run reads only the types that it meets.
//!
//! A line is the type's name, a tab and its rules in JSON. Evidence is kept once; a rule has the offsets of its lines.

use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use super::{File, checks, pack::sort_key, stacks::FOLDER};

/// The folder of the rule files, from the root of the repository.
const RULES: &str = "crates/stacks/rules";

/// The folder of the tools' calls.
const TOOLS: &str = "crates/stacks/tools";

/// Rule files that are not about the types of one service.
const OTHERS: [&str; 3] = ["allowed-actions", CHECKS, "generic"];

/// The rule file with what services check beside their own actions.
const CHECKS: &str = "checked-by-services";

pub(super) fn files(root: &Path) -> Result<Vec<File>> {
    let mut types: BTreeMap<String, (String, Value)> = BTreeMap::new();
    let mut generic = String::new();
    let mut checks = Value::Null;
    for entry in fs::read_dir(root.join(RULES)).with_context(|| format!("cannot read {RULES}"))? {
        let path = entry?.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let text =
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let mut file: Value =
            toml::from_str(&text).with_context(|| format!("cannot use {}", path.display()))?;
        if name == "generic" {
            generic = format!("{file}\n");
        }
        if name == CHECKS {
            checks = file.get_mut("check").map(Value::take).unwrap_or_default();
        }
        let Some(Value::Object(found)) = file.get_mut("type").map(Value::take) else {
            ensure!(OTHERS.contains(&name.as_str()), "{} has no types", path.display());
            continue;
        };
        for (name, rules) in found {
            let twice = types.insert(sort_key(&name), (name.clone(), rules));
            ensure!(twice.is_none(), "`{name}` has rules in two files");
        }
    }
    checks::add(root, checks, &mut types)?;
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for line in types.values().flat_map(|(_, rules)| evidence_of(rules)) {
        *counts.entry(line.to_owned()).or_default() += 1;
    }
    // What is said most often comes first, so that most offsets are short.
    let mut evidence: Vec<(usize, String)> =
        counts.into_iter().map(|(line, count)| (count, line)).collect();
    evidence.sort_by(|left, right| right.0.cmp(&left.0).then_with(|| left.1.cmp(&right.1)));
    let mut offsets = BTreeMap::new();
    let mut evidence_text = String::new();
    for (_, line) in evidence {
        ensure!(!line.contains('\n'), "evidence of two lines: {line}");
        offsets.insert(line.clone(), evidence_text.len());
        writeln!(evidence_text, "{line}")?;
    }
    let mut rules_text = String::new();
    for (name, mut rules) in types.into_values() {
        for list in rules.get_mut("rule").and_then(Value::as_array_mut).into_iter().flatten() {
            let Some(lines) = list.get_mut("evidence").and_then(Value::as_array_mut) else {
                continue;
            };
            for line in lines {
                let offset = line
                    .as_str()
                    .and_then(|line| offsets.get(line))
                    .context("evidence is no text")?;
                *line = Value::from(offset.to_string());
            }
        }
        writeln!(rules_text, "{name}\t{rules}")?;
    }
    let mut files = tool_files(root)?;
    files.extend([
        (format!("{FOLDER}/evidence.txt"), evidence_text),
        (format!("{FOLDER}/generic.json"), generic),
        (format!("{FOLDER}/rules.txt"), rules_text),
    ]);
    Ok(files)
}

/// The calls of each tool, in JSON.
fn tool_files(root: &Path) -> Result<Vec<File>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(root.join(TOOLS)).with_context(|| format!("cannot read {TOOLS}"))? {
        let path = entry?.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let text =
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let calls: Value =
            toml::from_str(&text).with_context(|| format!("cannot use {}", path.display()))?;
        files.push((format!("{FOLDER}/tool-{name}.json"), format!("{calls}\n")));
    }
    Ok(files)
}

fn evidence_of(rules: &Value) -> impl Iterator<Item = &str> {
    let list = rules.get("rule").and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|rule| rule.get("evidence")?.as_array()).flatten().filter_map(Value::as_str)
}

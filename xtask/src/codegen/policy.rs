//! What the `policy` crate embeds: the IAM catalogue. `crates/policy/src/catalogue.rs` describes and reads it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    path::Path,
};

use anyhow::{Context as _, Result, ensure};

use super::{
    File,
    pack::{digit, number, reference, sort_key},
};
use crate::{
    catalog::{IAM_DATA, sources, sources::Source},
    table,
};

/// The folder of the generated files.
pub(crate) const FOLDER: &str = "crates/policy/src/generated";

/// The access levels, each one bit, in this order.
const LEVELS: [&str; 5] = ["List", "Read", "Write", "Permissions management", "Tagging"];
/// The types of condition keys and the letter of each.
const KEY_TYPES: [(&str, char); 9] = [
    ("ARN", 'R'),
    ("ArrayOfARN", 'r'),
    ("ArrayOfBool", 'b'),
    ("ArrayOfString", 's'),
    ("Bool", 'B'),
    ("Date", 'D'),
    ("IPAddress", 'I'),
    ("Numeric", 'N'),
    ("String", 'S'),
];

/// A service's part of the catalogue, by the lower-case names of its actions and resource types.
#[derive(Default)]
struct Service {
    actions: BTreeMap<String, [String; 5]>,
    types: BTreeMap<String, [String; 4]>,
}

/// Where the line of each action begins in `actions.txt`, by the lower-case action.
pub(crate) type ActionOffsets = BTreeMap<String, usize>;

/// The generated files, and where the actions stand in them.
pub(crate) fn files(root: &Path, sources: &[Source]) -> Result<(Vec<File>, ActionOffsets)> {
    let source = sources::find(sources, IAM_DATA)?;
    let mut services: BTreeMap<String, Service> = BTreeMap::new();
    for [service, _] in table::read::<2>(root, "crates/policy/data/services.tsv")? {
        services.insert(service, Service::default());
    }
    for row in table::read::<5>(root, "crates/policy/data/actions.tsv")? {
        let service =
            services.get_mut(&row[0]).with_context(|| format!("unknown service `{}`", row[0]))?;
        let twice = service.actions.insert(sort_key(&row[1]), row);
        ensure!(twice.is_none(), "two actions differ in case only: {twice:?}");
    }
    for row in table::read::<4>(root, "crates/policy/data/resource-types.tsv")? {
        let service =
            services.get_mut(&row[0]).with_context(|| format!("unknown service `{}`", row[0]))?;
        let twice = service.types.insert(sort_key(&row[1]), row);
        ensure!(twice.is_none(), "two resource types differ in case only: {twice:?}");
    }

    let (keys, key_offsets) =
        condition_keys(&table::read::<2>(root, "crates/policy/data/condition-keys.tsv")?)?;
    let rows = services.values();
    let used = rows.flat_map(|of| {
        of.actions
            .values()
            .map(|[.., keys]| keys)
            .chain(of.types.values().map(|[.., keys]| keys))
            .map(String::as_str)
    });
    let (sets, set_offsets) = key_sets(used.collect(), &key_offsets)?;

    let (mut index, mut actions, mut types) = (String::new(), String::new(), String::new());
    let mut action_offsets = ActionOffsets::new();
    for (service, of) in &services {
        let starts = [actions.len(), types.len()];
        for [_, name, levels, on, keys] in of.actions.values() {
            action_offsets.insert(sort_key(&format!("{service}:{name}")), actions.len());
            let _ =
                write!(actions, "{name}\t{}{}", level_digit(levels)?, type_letters(on, &of.types)?);
            push_line_end(&mut actions, set_offsets.get(keys.as_str()).copied())?;
        }
        for [_, name, arn, keys] in of.types.values() {
            let _ = write!(types, "{name}\t{arn}");
            push_line_end(&mut types, set_offsets.get(keys.as_str()).copied())?;
        }
        let ends = [actions.len(), types.len()];
        let _ = write!(index, "{service}\t");
        for offset in [starts[0], ends[0], starts[1], ends[1]] {
            index.push_str(&number::<4>(offset)?);
        }
        index.push('\n');
    }

    let file = |name: &str, text: String| (format!("{FOLDER}/{name}"), text);
    let files = vec![
        file("actions.txt", actions),
        file("condition-key-sets.txt", sets),
        file("condition-keys.txt", keys),
        file("date.txt", source.date.clone()),
        file("resource-types.txt", types),
        file("services.txt", index),
        file("version.txt", source.version.clone()),
    ];
    Ok((files, action_offsets))
}

/// The lines of the condition keys, and where each begins.
fn condition_keys(rows: &[[String; 2]]) -> Result<(String, BTreeMap<String, usize>)> {
    let sorted: BTreeMap<String, &[String; 2]> =
        rows.iter().map(|row| (sort_key(&row[0]), row)).collect();
    ensure!(sorted.len() == rows.len(), "two condition keys differ in case only");
    let (mut text, mut offsets) = (String::new(), BTreeMap::new());
    for (lower, [key, kind]) in sorted {
        let letter = KEY_TYPES.iter().find(|(name, _)| name == kind);
        let (_, letter) =
            letter.with_context(|| format!("`{key}` has the unknown type `{kind}`"))?;
        offsets.insert(lower, text.len());
        let _ = writeln!(text, "{key}\t{letter}");
    }
    Ok((text, offsets))
}

/// The lines of the sets of condition keys, and where each begins; the empty set has no line.
fn key_sets<'a>(
    used: BTreeSet<&'a str>,
    key_offsets: &BTreeMap<String, usize>,
) -> Result<(String, BTreeMap<&'a str, usize>)> {
    let (mut text, mut offsets) = (String::new(), BTreeMap::new());
    for set in used.into_iter().filter(|set| !set.is_empty()) {
        offsets.insert(set, text.len());
        for key in table::split(set) {
            let offset = key_offsets
                .get(&sort_key(key))
                .with_context(|| format!("unknown condition key `{key}`"))?;
            text.push_str(&reference(*offset)?);
        }
        text.push('\n');
    }
    Ok((text, offsets))
}

/// The access levels as a bit set of one digit.
fn level_digit(levels: &str) -> Result<char> {
    let mut bits = 0;
    for level in table::split(levels) {
        let bit = LEVELS.iter().position(|known| *known == level);
        bits |= 1 << bit.with_context(|| format!("unknown access level `{level}`"))?;
    }
    digit(bits)
}

/// The resource types of an action: a letter each, upper case when required, `a` for the service's first type.
/// A number before the letter counts alphabets: `1a` is the 27th type.
fn type_letters(on: &str, types: &BTreeMap<String, [String; 4]>) -> Result<String> {
    let mut text = String::new();
    for on in table::split(on) {
        let (name, required) = on.strip_suffix('*').map_or((on, false), |name| (name, true));
        let position = types.keys().position(|known| *known == sort_key(name));
        let position = position.with_context(|| format!("unknown resource type `{name}`"))?;
        if position >= 26 {
            let _ = write!(text, "{}", position / 26);
        }
        let letter = char::from(b'a' + u8::try_from(position % 26)?);
        text.push(if required { letter.to_ascii_uppercase() } else { letter });
    }
    Ok(text)
}

/// Ends a line with the reference to its set of condition keys, if it has one.
fn push_line_end(text: &mut String, set: Option<usize>) -> Result<()> {
    if let Some(offset) = set {
        text.push('\t');
        text.push_str(&reference(offset)?);
    }
    text.push('\n');
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resource_types_are_letters() {
        let names = (0..60).map(|number| format!("t{number:02}"));
        let types = names.map(|name| (name, <[String; 4]>::default())).collect();
        assert_eq!(type_letters("t00,t25*,t26,t53*", &types).unwrap(), "aZ1a2B");
        assert!(type_letters("other", &types).is_err());
    }

    #[test]
    fn access_levels_are_bits() {
        assert_eq!(level_digit("List").unwrap(), '1');
        assert_eq!(level_digit("Permissions management,Write").unwrap(), 'C');
        assert!(level_digit("Other").is_err());
    }
}

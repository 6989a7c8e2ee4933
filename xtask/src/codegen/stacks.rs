//! What the `stacks` crate embeds: the resource types. `crates/stacks/src/registry.rs` describes and reads it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    path::Path,
};

use anyhow::{Context as _, Result, ensure};

use super::{
    File,
    overrides::Corrections,
    pack::{Pool, digit, number, sort_key},
    policy::ActionOffsets,
};
use crate::{
    catalog::{CFN_LINT, sources, sources::Source},
    table,
};

/// The folder of the generated files.
pub(crate) const FOLDER: &str = "crates/stacks/src/generated";

/// The hand-written list of what stands for variables of ARN templates that are no property.
const VARIABLES: &str = "crates/stacks/data/overrides/arn-variables.tsv";

/// The hand-written ARN templates of types for which the registry has none.
const TEMPLATES: &str = "crates/stacks/data/overrides/arn-templates.tsv";

/// The handlers, each one bit, in this order.
const VERBS: &str = "CRUDL";
/// What is known of tagging, each one bit, in this order; the next bit says that the type can be tagged.
const TAGGING: &str = "SCU";
const TAGGABLE: usize = 8;
/// References from here on are to actions that the catalogue lacks: those with the last digit in front.
const UNLISTED: usize = 63 << 18;

/// Everything about one resource type that is not in its own row.
#[derive(Default)]
struct Extras {
    /// The bits of the handlers, by action.
    permissions: BTreeMap<Action, usize>,
    tagging: BTreeSet<Action>,
    /// Property and target, the target as its line.
    references: BTreeSet<(String, String)>,
    name_length: String,
}

/// An action that sorts without regard to case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Action {
    /// Lower-case service and name.
    key: (String, String),
    service: String,
    name: String,
}

impl Action {
    fn new(action: &str) -> Result<Self> {
        let (service, name) =
            action.split_once(':').with_context(|| format!("`{action}` is no action"))?;
        let key = (sort_key(service), sort_key(name));
        Ok(Self { key, service: service.to_owned(), name: name.to_owned() })
    }
}

/// The generated files.
pub(crate) fn files(
    root: &Path,
    sources: &[Source],
    catalogue: &ActionOffsets,
) -> Result<Vec<File>> {
    let source = sources::find(sources, CFN_LINT)?;
    let rows = table::read::<10>(root, "crates/stacks/data/types.tsv")?;
    let extras = read_extras(root)?;
    let variables = read_variables(root)?;
    let templates = read_templates(root, &rows)?;

    let actions: BTreeSet<&Action> =
        extras.values().flat_map(|of| of.permissions.keys().chain(of.tagging.iter())).collect();
    let (actions, action_references) = action_lines(&actions, catalogue)?;
    let paths = Pool::new(&used_paths(&rows, &extras));
    let targets = Pool::new(
        &extras.values().flat_map(|of| &of.references).map(|(_, target)| target.as_str()).collect(),
    );

    let action = |action: &Action| {
        let reference = action_references.get(action);
        reference.with_context(|| format!("{action:?} has no line")).cloned()
    };
    let none = Extras::default();
    let mut lines: BTreeMap<String, String> = BTreeMap::new();
    for [
        name,
        _,
        verbs,
        tag_property,
        tagging,
        primary,
        create_only,
        read_only,
        ref_identifier,
        arn,
    ] in &rows
    {
        let of = extras.get(name).unwrap_or(&none);
        let mut line = format!("{name}\t{}", digit(bits(verbs, VERBS)?)?);
        let taggable = if tag_property.is_empty() { 0 } else { TAGGABLE };
        line.push(digit(bits(tagging, TAGGING)? | taggable)?);
        let _ = write!(line, "\t{}", of.name_length);
        for field in [tag_property, primary, create_only, read_only, ref_identifier] {
            let _ = write!(line, "\t{}", paths.references(table::split(field))?);
        }
        let arn = match templates.get(name) {
            Some(template) => template.clone(),
            None => named(name, arn, &variables)?,
        };
        let _ = write!(line, "\t{arn}\t");
        for (permission, verbs) in &of.permissions {
            let _ = write!(line, "{}{}", action(permission)?, digit(*verbs)?);
        }
        line.push('\t');
        for permission in &of.tagging {
            line.push_str(&action(permission)?);
        }
        line.push('\t');
        for (property, target) in &of.references {
            let _ = write!(line, "{}{}", paths.reference(property)?, targets.reference(target)?);
        }
        let line = line.trim_end_matches('\t').to_owned();
        ensure!(
            lines.insert(sort_key(name), line).is_none(),
            "two types differ in case only: {name}"
        );
    }
    ensure!(
        extras.keys().all(|name| lines.contains_key(&sort_key(name))),
        "a file names a type that types.tsv lacks"
    );
    let types = lines.into_values().fold(String::new(), |text, line| text + &line + "\n");

    let file = |name: &str, text: String| (format!("{FOLDER}/{name}"), text);
    Ok(vec![
        file("unlisted-actions.txt", actions),
        file("date.txt", source.date.clone()),
        file("paths.txt", paths.text),
        file("targets.txt", targets.text),
        file("types.txt", types),
    ])
}

fn read_extras(root: &Path) -> Result<BTreeMap<String, Extras>> {
    let mut corrections = Corrections::read(root)?;
    let mut dropped = BTreeSet::new();
    let mut extras: BTreeMap<String, Extras> = BTreeMap::new();
    for [name, action, verbs] in table::read::<3>(root, "crates/stacks/data/handlers.tsv")? {
        let of = extras.entry(name.clone()).or_default();
        let corrected = corrections.correct(&action, &name);
        for action in &corrected {
            *of.permissions.entry(Action::new(action)?).or_default() |= bits(&verbs, VERBS)?;
        }
        if corrected.is_empty() {
            dropped.insert((name, action));
        }
    }
    for [name, action] in table::read::<2>(root, "crates/stacks/data/tagging.tsv")? {
        let of = extras.entry(name.clone()).or_default();
        let corrected = corrections.correct(&action, &name);
        for action in &corrected {
            of.tagging.insert(Action::new(action)?);
        }
        if corrected.is_empty() {
            dropped.insert((name, action));
        }
    }
    for [name, property, target, attribute, _] in
        table::read::<5>(root, "crates/stacks/data/references.tsv")?
    {
        extras
            .entry(name)
            .or_default()
            .references
            .insert((property, format!("{target}\t{attribute}")));
    }
    for [name, _, length] in table::read::<3>(root, "crates/stacks/data/names.tsv")? {
        extras.entry(name).or_default().name_length = length;
    }
    println!("{} handler and tagging entries dropped, of them by their shape:", dropped.len());
    for malformed in &corrections.malformed {
        println!("  {malformed}");
    }
    for unused in corrections.unused() {
        println!("override without effect: {unused}");
    }
    Ok(extras)
}

/// What stands for a variable of an ARN template, by type.
type Variables = BTreeMap<String, (String, String)>;

/// The variables of ARN templates that are no property of their type, and what stands for them.
fn read_variables(root: &Path) -> Result<Variables> {
    let mut variables = Variables::new();
    for [name, variable, stands_for, reason] in table::read::<4>(root, VARIABLES)? {
        ensure!(!reason.is_empty(), "{VARIABLES}: `{name}` has no reason");
        variables.insert(name, (variable, stands_for));
    }
    Ok(variables)
}

/// The ARN templates that the registry lacks, by type.
fn read_templates(root: &Path, rows: &[[String; 10]]) -> Result<BTreeMap<String, String>> {
    let mut templates = BTreeMap::new();
    for [name, template, reason] in table::read::<3>(root, TEMPLATES)? {
        ensure!(!reason.is_empty(), "{TEMPLATES}: `{name}` has no reason");
        let lacks = rows.iter().any(|row| row[0] == name && row[9].is_empty());
        ensure!(lacks, "{TEMPLATES}: the registry has no type `{name}` without an ARN");
        templates.insert(name, template);
    }
    Ok(templates)
}

/// An ARN template with the property that names the resource.
fn named(name: &str, arn: &str, variables: &Variables) -> Result<String> {
    let Some((variable, stands_for)) = variables.get(name) else { return Ok(arn.to_owned()) };
    let written = format!("${{{variable}}}");
    ensure!(arn.contains(&written), "{VARIABLES}: the ARN of `{name}` has no {written}");
    if stands_for == "-" {
        return Ok(arn.to_owned());
    }
    Ok(arn.replace(&written, &format!("${{{stands_for}}}")))
}

/// The actions that the catalogue lacks, one a line, and the reference to each action: where it begins in the catalogue's text,
/// or else, from [`UNLISTED`] on, in these lines.
fn action_lines<'a>(
    actions: &BTreeSet<&'a Action>,
    catalogue: &ActionOffsets,
) -> Result<(String, BTreeMap<&'a Action, String>)> {
    let (mut text, mut references) = (String::new(), BTreeMap::new());
    for action in actions {
        let (service, name) = &action.key;
        let offset = if let Some(offset) = catalogue.get(&format!("{service}:{name}")) {
            ensure!(*offset < UNLISTED, "the catalogue is too long for references to it");
            *offset
        } else {
            let offset = UNLISTED + text.len();
            let _ = writeln!(text, "{}:{}", action.service, action.name);
            offset
        };
        references.insert(*action, number::<4>(offset)?);
    }
    Ok((text, references))
}

fn used_paths<'a>(
    rows: &'a [[String; 10]],
    extras: &'a BTreeMap<String, Extras>,
) -> BTreeSet<&'a str> {
    let identifiers = rows.iter().flat_map(
        |[_, _, _, tags, _, primary, create_only, read_only, ref_identifier, _]| {
            [tags, primary, create_only, read_only, ref_identifier]
                .into_iter()
                .flat_map(|field| table::split(field))
        },
    );
    let references =
        extras.values().flat_map(|of| of.references.iter().map(|(property, _)| property.as_str()));
    identifiers.chain(references).collect()
}

/// A bit for each letter, at its position in the alphabet.
fn bits(letters: &str, alphabet: &str) -> Result<usize> {
    let mut bits = 0;
    for letter in letters.chars() {
        bits |= 1
            << alphabet
                .find(letter)
                .with_context(|| format!("unknown letter `{letter}` in `{letters}`"))?;
    }
    Ok(bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_bits() {
        assert_eq!(bits("CL", VERBS).unwrap(), 17);
        assert!(bits("X", VERBS).is_err());
    }

    #[test]
    fn the_property_that_names_a_resource_stands_for_the_variable() {
        let entry = |stands_for: &str| ("ClusterName".to_owned(), stands_for.to_owned());
        let of = |stands_for: &str| Variables::from([("A".to_owned(), entry(stands_for))]);
        let arn = "arn:x:cluster/${ClusterName}";
        assert_eq!(named("A", arn, &of("Name")).unwrap(), "arn:x:cluster/${Name}");
        assert_eq!(named("A", arn, &of("-")).unwrap(), arn);
        assert_eq!(named("B", arn, &of("Name")).unwrap(), arn);
        assert!(named("A", "arn:x:cluster/${Id}", &of("Name")).is_err());
    }

    #[test]
    fn actions_of_the_catalogue_have_no_line_of_their_own() {
        let actions = ["s3:B", "kms:X", "s3:a"].map(|action| Action::new(action).unwrap());
        let catalogue = ActionOffsets::from([("s3:a".to_owned(), 65)]);
        let (text, references) = action_lines(&actions.iter().collect(), &catalogue).unwrap();
        assert_eq!(text, "kms:X\ns3:B\n");
        assert_eq!(
            actions.each_ref().map(|action| references[action].as_str()),
            ["_006", "_000", "0011"]
        );
    }
}

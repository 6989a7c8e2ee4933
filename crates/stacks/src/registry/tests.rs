use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use stackpass_policy::catalogue;

use super::*;
use crate::rules;
use crate::rules::tests::{Schemas, template_problems};

/// The data files, read in a way that shares nothing with the look-ups.
fn rows<const N: usize>(text: &'static str) -> impl Iterator<Item = [&'static str; N]> {
    let records = text.lines().filter(|line| !line.starts_with('#'));
    records.map(|line| line.split('\t').collect::<Vec<_>>().try_into().unwrap())
}

fn types_tsv() -> impl Iterator<Item = [&'static str; 10]> {
    rows(include_str!("../../data/types.tsv"))
}

fn handlers_tsv() -> impl Iterator<Item = [&'static str; 3]> {
    rows(include_str!("../../data/handlers.tsv"))
}

fn tagging_tsv() -> impl Iterator<Item = [&'static str; 2]> {
    rows(include_str!("../../data/tagging.tsv"))
}

fn references_tsv() -> impl Iterator<Item = [&'static str; 5]> {
    rows(include_str!("../../data/references.tsv"))
}

fn names_tsv() -> impl Iterator<Item = [&'static str; 3]> {
    rows(include_str!("../../data/names.tsv"))
}

/// The variables of ARN templates that are no property: type, variable, what stands for it, why.
fn variables_tsv() -> impl Iterator<Item = [&'static str; 4]> {
    rows(include_str!("../../data/overrides/arn-variables.tsv"))
}

/// The corrections by lower-case action and type (`*` for all): the replacement, or nothing to drop the action.
fn overrides() -> BTreeMap<(String, String), String> {
    let text = fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("data/overrides/actions.tsv"),
    );
    let text = text.unwrap_or_default();
    let records = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let fields = records.map(|line| line.split('\t').collect::<Vec<_>>());
    fields.map(|of| ((of[0].to_lowercase(), of[1].to_owned()), of[2].to_owned())).collect()
}

/// The action as the program is expected to give it, in lower case: corrected, and none when it is no action.
fn corrected(
    action: &str,
    of: &str,
    overrides: &BTreeMap<(String, String), String>,
) -> Vec<String> {
    let lower = action.to_lowercase();
    let found = [of, "*"].into_iter().find_map(|of| overrides.get(&(lower.clone(), of.to_owned())));
    let action = found.map_or(lower, |replacement| replacement.to_lowercase());
    let is_one = |action: &&str| !["noservice:noaction", "s3:rest.put.object"].contains(action);
    action.split_whitespace().filter(is_one).map(str::to_owned).collect()
}

fn list(field: &str) -> Vec<&str> {
    field.split(',').filter(|value| !value.is_empty()).collect()
}

fn letters(verbs: Verbs) -> String {
    let letter = |verb| match verb {
        Verb::Create => 'C',
        Verb::Read => 'R',
        Verb::Update => 'U',
        Verb::Delete => 'D',
        Verb::List => 'L',
    };
    verbs.iter().map(letter).collect()
}

#[test]
fn every_type_of_the_data_is_found_and_says_the_same() {
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
    ] in types_tsv()
    {
        let of = resource_type(name).expect(name);
        assert_eq!(of.name(), name);
        assert_eq!(letters(of.handlers()), verbs, "{name}");
        assert_eq!(of.has_handlers(), !verbs.is_empty());
        let flags = of.tagging().map(|tags| {
            let flags = [('S', tags.system_tags), ('C', tags.on_create), ('U', tags.updatable)];
            flags.into_iter().filter(|(_, set)| *set).map(|(letter, _)| letter).collect::<String>()
        });
        assert_eq!(of.tagging().map_or("", |tags| tags.property), tag_property, "{name}");
        assert_eq!(flags.unwrap_or_default(), tagging, "{name}");
        assert_eq!(of.primary_identifier().collect::<Vec<_>>(), list(primary), "{name}");
        assert_eq!(of.create_only().collect::<Vec<_>>(), list(create_only), "{name}");
        assert_eq!(of.read_only().collect::<Vec<_>>(), list(read_only), "{name}");
        let ref_identifier = if ref_identifier.is_empty() { primary } else { ref_identifier };
        assert_eq!(of.ref_identifier().collect::<Vec<_>>(), list(ref_identifier), "{name}");
        let named = variables_tsv().find(|[of, ..]| *of == name).filter(|of| of[2] != "-");
        let arn = named.map_or_else(
            || arn.to_owned(),
            |[_, variable, property, _]| {
                arn.replace(&format!("${{{variable}}}"), &format!("${{{property}}}"))
            },
        );
        let added = templates_tsv().find(|[of, ..]| *of == name);
        let arn = added.map_or(arn, |[_, template, _]| template.to_owned());
        assert_eq!(of.arn_template().unwrap_or_default(), arn, "{name}");
    }
    assert!(resource_types().map(ResourceType::name).is_sorted_by_key(str::to_lowercase));
    assert_eq!(resource_types().count(), types_tsv().count());
}

#[test]
fn every_permission_of_the_data_is_given_and_no_other() {
    let overrides = overrides();
    let mut handlers: BTreeMap<&str, BTreeMap<String, BTreeSet<char>>> = BTreeMap::new();
    for [name, action, verbs] in handlers_tsv() {
        for action in corrected(action, name, &overrides) {
            handlers.entry(name).or_default().entry(action).or_default().extend(verbs.chars());
        }
    }
    let mut tagging: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for [name, action] in tagging_tsv() {
        tagging.entry(name).or_default().extend(corrected(action, name, &overrides));
    }
    let lower = |service: &str, name: &str| format!("{service}:{name}").to_lowercase();
    for of in resource_types() {
        let given = of
            .permissions()
            .map(|of| (lower(of.service, of.name), letters(of.verbs).chars().collect()));
        let given: BTreeMap<String, BTreeSet<char>> = given.collect();
        assert_eq!(given, handlers.remove(of.name()).unwrap_or_default(), "{of:?}");
        assert_eq!(of.permissions().count(), given.len(), "{of:?}");
        assert!(
            of.permissions().is_sorted_by_key(|of| (of.service, of.name.to_lowercase())),
            "{of:?}"
        );
        let given: BTreeSet<String> =
            of.tagging_permissions().map(|(service, name)| lower(service, name)).collect();
        assert_eq!(given, tagging.remove(of.name()).unwrap_or_default(), "{of:?}");
    }
    assert!(handlers.is_empty() && tagging.is_empty());
}

#[test]
fn every_reference_of_the_data_is_given_and_no_other() {
    let mut expected: BTreeMap<&str, Vec<[&str; 3]>> = BTreeMap::new();
    for [name, property, target, attribute, _] in references_tsv() {
        expected.entry(name).or_default().push([property, target, attribute]);
    }
    for of in resource_types() {
        let given = of.references().map(|of| [of.property, of.target_type, of.target_attribute]);
        assert_eq!(
            given.collect::<Vec<_>>(),
            expected.remove(of.name()).unwrap_or_default(),
            "{of:?}"
        );
    }
    assert!(expected.is_empty());
    assert!(references_tsv().all(|[_, _, target, ..]| resource_type(target).is_some()));
}

#[test]
fn every_name_length_of_the_data_is_given_and_no_other() {
    for [name, property, length] in names_tsv() {
        let of = resource_type(name).expect(name);
        assert_eq!(of.name_max_length(), length.parse().ok(), "{name}");
        assert!(of.primary_identifier().eq([property]), "{name}");
    }
    assert_eq!(
        resource_types().filter(|of| of.name_max_length().is_some()).count(),
        names_tsv().count()
    );
}

#[test]
fn known_actions_are_spelled_as_in_the_catalogue() {
    let mut unknown = BTreeSet::new();
    for of in resource_types().flat_map(ResourceType::permissions) {
        match catalogue::action(of.service, of.name) {
            Some(known) => assert_eq!((of.service, of.name), (known.service(), known.name())),
            None => _ = unknown.insert((of.service, of.name)),
        }
        assert!(!of.service.is_empty() && !of.name.is_empty());
    }
    // The registry names 203 actions in us-east-1 that IAM does not have, before any correction.
    assert!(unknown.len() < 235, "{}", unknown.len());
}

#[test]
fn the_data_is_sorted_and_has_no_record_twice() {
    let files = [
        include_str!("../../data/handlers.tsv"),
        include_str!("../../data/names.tsv"),
        include_str!("../../data/properties.tsv"),
        include_str!("../../data/references.tsv"),
        include_str!("../../data/tagging.tsv"),
        include_str!("../../data/types.tsv"),
    ];
    for file in files {
        assert!(file.starts_with("# "));
        assert!(file.lines().is_sorted_by(|left, right| left < right));
    }
}

/// Numbers counted by another program from the schemas themselves; a refresh counts them again.
#[test]
fn counts_are_those_of_the_source() {
    assert_eq!(DATE, "2026-10-20");
    let first: Vec<_> = types_tsv().filter(|[_, region, ..]| *region == "us-east-1").collect();
    let names: BTreeSet<&str> = first.iter().map(|[name, ..]| *name).collect();
    assert_eq!(names.len(), 1_854);
    assert_eq!(types_tsv().count(), 1_854 + 30, "30 types are in other regions only");
    let with = |verb| {
        first
            .iter()
            .filter(|[name, ..]| resource_type(name).unwrap().handlers().contains(verb))
            .count()
    };
    assert_eq!(
        [Verb::Create, Verb::Read, Verb::Update, Verb::Delete, Verb::List].map(with),
        [1_744, 1_737, 1_571, 1_744, 1_666]
    );
    let entries = handlers_tsv().filter(|[name, ..]| names.contains(name));
    assert_eq!(entries.map(|[_, _, verbs]| verbs.len()).sum::<usize>(), 31_936);
    let actions = handlers_tsv()
        .filter(|[name, ..]| names.contains(name))
        .map(|[_, action, _]| action.to_lowercase());
    assert_eq!(actions.collect::<BTreeSet<_>>().len(), 9_775);
    let tags = names.iter().filter_map(|name| resource_type(name).unwrap().tagging());
    assert_eq!(tags.filter(|tags| tags.system_tags).count(), 901);
    assert_eq!(resource_types().filter(|of| of.arn_template().is_some()).count(), 1_026);
}

#[test]
fn known_facts_hold() {
    let function = resource_type("AWS::Lambda::Function").unwrap();
    let role =
        Reference { property: "Role", target_type: "AWS::IAM::Role", target_attribute: "Arn" };
    assert!(function.references().any(|of| of == role));
    let template = "arn:${Partition}:lambda:${Region}:${Account}:function:${FunctionName}";
    assert_eq!(function.arn_template(), Some(template));
    assert_eq!(function.tagging().map(|tags| tags.property), Some("Tags"));

    let alarm = resource_type("AWS::CloudWatch::Alarm").unwrap();
    assert_eq!(alarm.name_max_length(), Some(255));

    let project = resource_type("AWS::CodeBuild::Project").unwrap();
    assert!(!project.has_handlers() && project.permissions().next().is_none());
    assert!(project.ref_identifier().eq(["Name"]), "Ref gives the name, the identifier is another");

    // AWS says of this type that stack tags never reach it, so no policy may rely on them.
    assert!(!resource_type("AWS::IAM::Role").unwrap().tagging().unwrap().system_tags);
}

#[test]
fn a_type_is_found_by_its_exact_name_only() {
    for name in [
        "",
        "AWS::S3",
        "aws::s3::bucket",
        "AWS::S3::Bucket ",
        "Custom::Thing",
        "AWS::Nothing::There",
    ] {
        assert_eq!(resource_type(name), None, "{name}");
    }
}

/// The limit is that of the whole program.
#[test]
fn what_both_crates_embed_stays_below_two_megabytes() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut bytes = 0;
    for folder in ["src/generated", "../policy/src/generated"] {
        for entry in fs::read_dir(here.join(folder)).unwrap() {
            bytes += entry.unwrap().metadata().unwrap().len();
        }
    }
    assert!((1_000_000..2_000_000).contains(&bytes), "{bytes}");
}

/// The ARN templates that are written by hand: type, template, reason.
fn templates_tsv() -> impl Iterator<Item = [&'static str; 3]> {
    rows(include_str!("../../data/overrides/arn-templates.tsv"))
}

#[test]
fn every_arn_template_of_ours_is_a_format_of_the_catalogue_with_properties() {
    let schemas = Schemas::read();
    let shape = |format: &str| {
        let parts = format.split("${").enumerate();
        let parts = parts.map(|(at, part)| match part.split_once('}') {
            Some((_, rest)) if at > 0 => format!("*{rest}"),
            _ => part.to_owned(),
        });
        parts.collect::<String>()
    };
    for [name, template, _] in templates_tsv() {
        assert_eq!(template_problems(&schemas, name, template), Vec::<String>::new());
        let service = template.split(':').nth(2).unwrap();
        let formats =
            catalogue::resource_types(service).flat_map(catalogue::ResourceTypeFacts::arns);
        let shapes: BTreeSet<String> = formats.map(shape).collect();
        assert!(shapes.contains(&shape(template)), "{name}: no format like {template}");
        assert!(rules::of(name).is_none_or(|rules| rules.arn.is_none()), "{name}: twice");
    }
}

/// The variables of a template, without what IAM itself replaces.
fn variables(template: &str) -> impl Iterator<Item = &str> {
    let parts = template.split("${").skip(1).filter_map(|part| part.split('}').next());
    parts.filter(|part| !["Partition", "Region", "Account", "AccountId"].contains(part))
}

#[test]
fn what_a_template_can_name_is_named_in_its_arn_or_listed_with_a_reason() {
    let mut properties: BTreeSet<(&str, &str)> = BTreeSet::new();
    for [name, property] in rows(include_str!("../../data/properties.tsv")) {
        properties.insert((name, property));
    }
    let listed: BTreeSet<(&str, &str)> =
        variables_tsv().map(|[name, variable, ..]| (name, variable)).collect();
    let (mut open, mut found) = (BTreeSet::new(), BTreeSet::new());
    for [name, _, _, _, _, primary, _, read_only, _, arn] in types_tsv() {
        let is_settable = |property: &str| !list(read_only).contains(&property);
        let can_be_named = list(primary).into_iter().any(is_settable);
        let kind = name.rsplit("::").next().unwrap();
        let names = ["Name".to_owned(), format!("{kind}Name")];
        let has_name =
            names.iter().any(|own| properties.contains(&(name, own)) && is_settable(own));
        for variable in variables(arn).filter(|variable| !properties.contains(&(name, variable))) {
            open.insert((name, variable));
            if can_be_named || has_name && variable.to_lowercase().ends_with("name") {
                found.insert((name, variable));
            }
        }
    }
    let by_rules = |name: &str| rules::of(name).is_some_and(|rules| rules.arn.is_some());
    let silent: Vec<_> = found.difference(&listed).filter(|(name, _)| !by_rules(name)).collect();
    assert!(silent.is_empty(), "neither a property nor in arn-variables.tsv: {silent:?}");
    let idle: Vec<_> = listed.difference(&open).collect();
    assert!(idle.is_empty(), "needlessly in arn-variables.tsv: {idle:?}");
    for [name, _, stands_for, _] in variables_tsv().filter(|of| of[2] != "-") {
        let property = stands_for.trim_start_matches("lower:").split('#').next().unwrap();
        assert!(properties.contains(&(name, property)), "{name} has no {property}");
    }
}

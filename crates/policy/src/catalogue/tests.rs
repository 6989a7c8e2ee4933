use std::collections::{BTreeMap, BTreeSet};

use super::*;

/// The data files, read in a way that shares nothing with the look-ups.
fn rows<const N: usize>(text: &'static str) -> impl Iterator<Item = [&'static str; N]> {
    let records = text.lines().filter(|line| !line.starts_with('#'));
    records.map(|line| line.split('\t').collect::<Vec<_>>().try_into().unwrap())
}

fn services_tsv() -> impl Iterator<Item = [&'static str; 2]> {
    rows(include_str!("../../data/services.tsv"))
}

fn actions_tsv() -> impl Iterator<Item = [&'static str; 5]> {
    rows(include_str!("../../data/actions.tsv"))
}

fn resource_types_tsv() -> impl Iterator<Item = [&'static str; 4]> {
    rows(include_str!("../../data/resource-types.tsv"))
}

fn condition_keys_tsv() -> impl Iterator<Item = [&'static str; 2]> {
    rows(include_str!("../../data/condition-keys.tsv"))
}

fn list(field: &str) -> Vec<&str> {
    field.split(',').filter(|value| !value.is_empty()).collect()
}

fn level(level: AccessLevel) -> &'static str {
    match level {
        AccessLevel::List => "List",
        AccessLevel::Read => "Read",
        AccessLevel::Write => "Write",
        AccessLevel::PermissionsManagement => "Permissions management",
        AccessLevel::Tagging => "Tagging",
    }
}

#[test]
fn every_action_of_the_data_is_found_and_says_the_same() {
    for [service, name, levels, types, keys] in actions_tsv() {
        let facts = action(&service.to_uppercase(), &name.to_lowercase()).expect(name);
        assert_eq!((facts.service(), facts.name()), (service, name));
        let expected: BTreeSet<&str> = list(levels).into_iter().collect();
        assert_eq!(
            facts.access_levels().map(level).collect::<BTreeSet<_>>(),
            expected,
            "{service}:{name}"
        );
        let expected: BTreeSet<&str> = list(types).into_iter().collect();
        let marked = facts
            .resource_types()
            .map(|(of, required)| (of.name(), if required { "*" } else { "" }));
        let marked: BTreeSet<String> = marked.map(|(name, mark)| format!("{name}{mark}")).collect();
        assert_eq!(
            marked.iter().map(String::as_str).collect::<BTreeSet<_>>(),
            expected,
            "{service}:{name}"
        );
        assert_eq!(
            facts.condition_keys().map(str::to_lowercase).collect::<Vec<_>>().len(),
            list(keys).len()
        );
        let expected: BTreeSet<String> = list(keys).into_iter().map(str::to_lowercase).collect();
        assert_eq!(
            facts.condition_keys().map(str::to_lowercase).collect::<BTreeSet<_>>(),
            expected
        );
    }
}

#[test]
fn every_resource_type_of_the_data_is_found_and_says_the_same() {
    for [service, name, arn, keys] in resource_types_tsv() {
        let facts = resource_type(service, &name.to_uppercase()).expect(name);
        assert_eq!((facts.service(), facts.name()), (service, name));
        assert!(facts.arns().eq(arn.split(", ")), "{service} {name}");
        let expected: BTreeSet<String> = list(keys).into_iter().map(str::to_lowercase).collect();
        assert_eq!(
            facts.condition_keys().map(str::to_lowercase).collect::<BTreeSet<_>>(),
            expected
        );
    }
}

#[test]
fn every_condition_key_of_the_data_is_found_and_has_its_type() {
    for [key, kind] in condition_keys_tsv() {
        let found = condition_key_type(&key.to_uppercase()).expect(key);
        assert_eq!(format!("{found:?}").to_lowercase(), kind.to_lowercase(), "{key}");
    }
    assert_eq!(condition_keys().count(), condition_keys_tsv().count());
}

#[test]
fn listing_gives_all_of_the_data_and_nothing_else() {
    assert!(
        services().eq(services_tsv().map(|[service, _]| service)),
        "the data is sorted, so is the listing"
    );
    let mut expected: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for [service, name, ..] in actions_tsv() {
        expected.entry(service).or_default().insert(name);
    }
    for service in services() {
        let listed: Vec<&str> = actions(service).map(ActionFacts::name).collect();
        assert!(listed.is_sorted_by_key(|name| name.to_lowercase()), "{service}");
        assert_eq!(
            listed.into_iter().collect::<BTreeSet<_>>(),
            expected.remove(service).unwrap_or_default()
        );
    }
    assert!(expected.is_empty());
    assert_eq!(services().flat_map(resource_types).count(), resource_types_tsv().count());
}

#[test]
fn the_data_is_sorted_and_has_no_record_twice() {
    let files = [
        include_str!("../../data/services.tsv"),
        include_str!("../../data/actions.tsv"),
        include_str!("../../data/resource-types.tsv"),
        include_str!("../../data/condition-keys.tsv"),
    ];
    for file in files {
        assert!(file.starts_with("# "));
        assert!(file.lines().is_sorted_by(|left, right| left < right));
    }
}

/// Numbers counted by another program from the package itself; a refresh counts them again.
#[test]
fn counts_are_those_of_the_source() {
    assert_eq!((VERSION, DATE), ("0.21.202609261", "2026-09-26"));
    assert_eq!(services().count(), 456);
    assert_eq!(services().flat_map(actions).count(), 22_091);
    let of = |wanted: AccessLevel| {
        services()
            .flat_map(actions)
            .filter(|of| of.access_levels().any(|level| level == wanted))
            .count()
    };
    assert_eq!(of(AccessLevel::List), 3_719);
    assert_eq!(of(AccessLevel::Read), 5_871);
    assert_eq!(of(AccessLevel::PermissionsManagement), 425);
    assert_eq!(of(AccessLevel::Tagging), 719);
    assert_eq!(of(AccessLevel::Write), 11_357 + 425 + 719);
}

#[test]
fn known_facts_hold() {
    let pass = action("iam", "PassRole").unwrap();
    let types: Vec<_> = pass
        .resource_types()
        .flat_map(|(of, required)| of.arns().map(move |arn| (arn, required)))
        .collect();
    assert_eq!(types, [("arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}", true)]);
    assert!(pass.condition_keys().any(|key| key == "iam:PassedToService"));

    let buckets = action("s3", "ListAllMyBuckets").unwrap();
    assert_eq!(buckets.access_levels().collect::<Vec<_>>(), [AccessLevel::List]);
    assert_eq!(buckets.resource_types().count(), 0, "no resource-level support");

    // More resource types than the alphabet has letters.
    assert!(action("ec2", "CreateTags").unwrap().resource_types().count() > 100);
}

#[test]
fn names_that_do_not_exist_are_not_found() {
    assert_eq!(action("s3", "ListObjectsV2"), None, "the API, not the action");
    assert_eq!(action("nothing", "GetObject"), None);
    assert_eq!(action("", ""), None);
    assert_eq!(action("s3", ""), None);
    assert_eq!(actions("nothing").count(), 0);
    assert_eq!(resource_type("s3", "nothing"), None);
    assert_eq!(resource_types("nothing").count(), 0);
    assert_eq!(condition_key_type("aws:Nothing"), None);
    assert_eq!(condition_key_type("aws:RequestTag/"), None);
}

#[test]
fn a_condition_key_with_the_users_part_has_its_templates_type() {
    let check = |key: &str, expected: ConditionKeyType| {
        assert_eq!(condition_key_type(key), Some(expected), "{key}");
    };
    check("aws:RequestTag/team", ConditionKeyType::String);
    check("AWS:requesttag/a/b", ConditionKeyType::String);
    check("kms:EncryptionContext:app", ConditionKeyType::String);
    check("codebuild:secondaryArtifacts/x.encryptionDisabled", ConditionKeyType::Bool);
    check("aws:TagKeys", ConditionKeyType::ArrayOfString);
    check("aws:SourceIp", ConditionKeyType::IpAddress);
    assert!(
        ConditionKeyType::ArrayOfString.is_multivalued()
            && !ConditionKeyType::String.is_multivalued()
    );
}

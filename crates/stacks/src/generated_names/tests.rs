#![expect(clippy::string_slice, reason = "all names here are ASCII")]

use super::*;
use crate::rules;

const SPLIT_64: NameRule = NameRule { max: 64, case: Case::Keep, style: Style::Split };

/// The registry's generator, step by step as its source has it: rounds that hand out half of what remains.
fn registry_name(stack: &str, logical_id: &str, max: usize, random: &str) -> String {
    let clean = without_repeated_hyphens(stack);
    let parts = rounds(max - 14, [clean.len(), logical_id.len()]);
    format!("{}-{}-{random}", &clean[..parts[0]], &logical_id[..parts[1]])
}

/// The older generator: one random character more, and nothing known to be done to repeated hyphens.
fn older_name(stack: &str, logical_id: &str, max: usize, random: &str) -> String {
    let parts = rounds(max - 15, [stack.len(), logical_id.len()]);
    format!("{}-{}-{random}", &stack[..parts[0]], &logical_id[..parts[1]])
}

/// The older generator as it named roles: a hyphen at the cut is not doubled.
fn older_role_name(stack: &str, logical_id: &str, max: usize, random: &str) -> String {
    let parts = rounds(max - 15, [stack.len(), logical_id.len()]);
    format!("{}-{}-{random}", stack[..parts[0]].trim_end_matches('-'), &logical_id[..parts[1]])
}

fn rounds(room: usize, wanted: [usize; 2]) -> [usize; 2] {
    let mut remaining = room;
    let mut given = [0, 0];
    while remaining > 0 && given != wanted {
        let portion = (remaining / 2).max(1);
        for part in 0..2 {
            let more = portion.min(wanted[part] - given[part]).min(remaining);
            given[part] += more;
            remaining -= more;
        }
    }
    given
}

/// Matches with `*` only, which is all that patterns from here have.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => text.strip_prefix(start).is_some_and(|text| {
            rest.is_empty() || (0..=text.len()).any(|at| matches(rest, &text[at..]))
        }),
    }
}

#[track_caller]
fn check(stack: StackName<'_>, logical_id: &str, expected: &str) {
    assert_eq!(generated_name_pattern(stack, logical_id, &SPLIT_64), expected);
}

#[test]
fn short_parts_are_kept_whole() {
    check(StackName::Known("MyStack"), "MyFunction", "MyStack-MyFunction-*");
}

#[test]
fn a_long_logical_id_ends_where_the_older_generator_cuts_it() {
    let logical_id = "CustomS3AutoDeleteObjectsCustomResourceProviderHandler9D90184F";
    check(
        StackName::Known("Multiverse-Test"),
        logical_id,
        "Multiverse-Test-CustomS3AutoDeleteObjectsCustomRes*",
    );
}

#[test]
fn two_long_parts_get_half_each() {
    let (stack, logical_id) = ("s".repeat(60), "l".repeat(60));
    check(
        StackName::Known(&stack),
        &logical_id,
        &format!("{}-{}*", "s".repeat(25), "l".repeat(24)),
    );
}

#[test]
fn a_stack_part_that_the_generators_cut_apart_keeps_the_logical_id() {
    let (stack, logical_id) = ("s".repeat(60), "l".repeat(60));
    let rule = NameRule { max: 63, ..SPLIT_64 };
    let pattern = generated_name_pattern(StackName::Known(&stack), &logical_id, &rule);
    assert_eq!(pattern, format!("{}*-{}-*", "s".repeat(24), "l".repeat(24)));
}

#[test]
fn lower_case_covers_both_parts() {
    let rule = NameRule { max: 63, case: Case::Lower, ..SPLIT_64 };
    assert_eq!(
        generated_name_pattern(StackName::Known("MyStack"), "Assets", &rule),
        "mystack-assets-*"
    );
}

#[test]
fn repeated_hyphens_may_be_kept_or_not() {
    check(StackName::Known("my--stack"), "Role", "my-*-Role-*");
}

#[test]
fn an_unknown_stack_leaves_the_logical_id() {
    check(StackName::Unknown, "MyFunction", "*-MyFunction-*");
    check(StackName::Unknown, &"l".repeat(60), &format!("*-{}*", "l".repeat(24)));
}

#[test]
fn a_nested_stack_keeps_what_is_known_of_its_name() {
    check(StackName::Pattern("Parent-Nested-*"), "Table", "Parent-Nested*-Table-*");
    check(StackName::Pattern("Parent-Nested-?*"), "Table", "Parent-Nested-*-Table-*");
    let long = "VeryLongParentName-VeryLongNestedName-*";
    check(
        StackName::Pattern(long),
        &"l".repeat(60),
        &format!("VeryLongParentName-VeryLo-{}*", "l".repeat(24)),
    );
}

#[test]
fn a_log_group_is_cut_as_a_whole() {
    let rule = NameRule { max: 512, case: Case::Keep, style: Style::Whole };
    let logical_id = "l".repeat(255);
    let pattern = generated_name_pattern(StackName::Known("MyStack"), &logical_id, &rule);
    assert_eq!(pattern, format!("MyStack-{logical_id}-*"));
    assert_eq!(generated_name_pattern(StackName::Unknown, "Logs", &rule), "*-Logs-*");
    let short = NameRule { max: 30, ..rule };
    assert_eq!(
        generated_name_pattern(StackName::Known("MyStack"), "MyLongLogicalId", &short),
        "MyStack-MyLongLo*"
    );
    assert_eq!(generated_name_pattern(StackName::Pattern("My*"), "MyLongLogicalId", &short), "My*");
}

#[test]
fn a_hyphen_at_the_cut_may_be_dropped() {
    // The role and the function of one stack: `serverless-admin-backend-CronJobServiceRole742AEF-2CJ880FW7FPF`
    // and `serverless-admin-backend-services--CronJob6D181881-jgSPpqsBFH5O`.
    let stack = StackName::Pattern("serverless-admin-backend-services-*");
    check(
        stack,
        "CronJobServiceRole742AEF00",
        "serverless-admin-backend*-CronJobServiceRole742AEF*",
    );
    check(stack, "CronJob6D181881", "serverless-admin-backend-services*-CronJob6D181881-*");
}

#[test]
fn a_name_without_the_stack_is_the_logical_id() {
    let rule = NameRule { max: 80, style: Style::Logical, ..SPLIT_64 };
    assert_eq!(
        generated_name_pattern(StackName::Known("MyStack"), "StateMachine", &rule),
        "StateMachine-*"
    );
    let rule = NameRule { max: 40, ..rule };
    let pattern =
        generated_name_pattern(StackName::Unknown, "CFN-ParameterWithALongLogicalId", &rule);
    assert_eq!(pattern, "CFN-ParameterWithALongLogi*");
}

#[test]
fn every_generated_name_matches_for_all_lengths() {
    let stack_text = "Stack-Name-Of--Some-Length-".repeat(5);
    let logical_text = "LogicalIdOfSomeLength".repeat(5);
    for max in [18, 25, 32, 40, 63, 64, 80, 128, 255, 256, 512] {
        for stack_length in 1..=STACK_NAME_MAX {
            for logical_length in [1, 2, 5, 11, 12, 19, 23, 24, 25, 26, 40, 64, 105] {
                let rule = NameRule { max, ..SPLIT_64 };
                let (stack, logical_id) =
                    (&stack_text[..stack_length], &logical_text[..logical_length]);
                let names = [
                    registry_name(stack, logical_id, max, "aB3dE5gH7jK9"),
                    older_name(stack, logical_id, max, "1ABCDEFGHIJ2Z"),
                    older_role_name(stack, logical_id, max, "1ABCDEFGHIJ2Z"),
                ];
                let head = stack_length / 2;
                let known = |pattern: &str| {
                    generated_name_pattern(StackName::Pattern(pattern), logical_id, &rule)
                };
                let mut patterns =
                    vec![known(stack), known("*"), known(&format!("{}*", &stack[..head]))];
                if !stack.ends_with('-') {
                    patterns.push(known(&format!("{}?*", &stack[..stack_length - 1])));
                }
                for pattern in &patterns {
                    for name in &names {
                        assert!(name.len() <= max, "{name} is longer than {max}");
                        assert!(matches(pattern, name), "{pattern} does not match {name}");
                    }
                }
            }
        }
    }
}

#[test]
fn every_name_of_a_nested_stack_matches() {
    for nested in ["Nested", "NestedStackNestedStackResource51B94FB2"] {
        let rule = NameRule { max: 128, ..SPLIT_64 };
        let stack = generated_name_pattern(StackName::Known("Parent"), nested, &rule);
        for random in ["aB3dE5gH7jK9", "1ABCDEFGHIJ2Z"] {
            let name = registry_name("Parent", nested, 128, random);
            let role = "CustomS3AutoDeleteObjectsCustomResourceProviderRole3B1BD092";
            let pattern = generated_name_pattern(StackName::Pattern(&stack), role, &SPLIT_64);
            assert!(matches(&pattern, &registry_name(&name, role, 64, random)), "{pattern}");
            assert!(matches(&pattern, &older_name(&name, role, 64, random)), "{pattern}");
        }
    }
}

/// Names that real stacks got, as public repositories and pages show them. Type, stack, logical id, name, source.
#[test]
fn every_public_name_matches_a_telling_pattern_of_its_types_rule() {
    let vectors = include_str!("../../data/name-vectors.tsv");
    let mut seen = 0;
    for line in vectors.lines().filter(|line| !line.starts_with('#')) {
        let [resource_type, stack, logical_id, name, _source] =
            line.split('\t').collect::<Vec<_>>().try_into().expect("five columns");
        let rule = rules::of(resource_type).and_then(|rules| rules.name.as_ref());
        let rule = rule.unwrap_or_else(|| panic!("{resource_type} has no rule for its name"));
        let stack = if stack == "*" { StackName::Unknown } else { StackName::Pattern(stack) };
        let patterns = rule.patterns(stack, logical_id);
        let pattern = patterns.iter().find(|pattern| matches(pattern, name));
        let pattern = pattern.unwrap_or_else(|| panic!("{patterns:?} do not match {name}"));
        assert!(pattern.len() > 3, "{pattern} says too little of {name}");

        // All but the random part is said, less one character of each cut part and two hyphens.
        let random = match rule.style {
            Style::Bare => 0,
            _ => name.rsplit('-').next().expect("a last part").len() + 1,
        };
        let known = name.len().saturating_sub(random);
        let literal = pattern.replace('*', "").len();
        let short = known.saturating_sub(literal);
        assert!(short <= 2 || rule.least.is_some(), "{pattern} says too little of {name}");

        let unknown = rule.patterns(StackName::Unknown, logical_id);
        let matched = unknown.iter().any(|pattern| matches(pattern, name));
        assert!(matched, "{unknown:?} do not match {name}");
        seen += 1;
    }
    assert!(seen >= 133, "only {seen} names");
}

#[test]
fn a_maximum_that_is_not_known_leaves_open_where_the_parts_are_cut() {
    let of = |stack, logical_id| {
        generated_name_pattern_from(StackName::Known(stack), logical_id, &SPLIT_64, 25)
    };
    assert_eq!(of("demo", "Db"), "demo-Db-*");
    assert_eq!(of("production", "Database"), "produ*-Datab*");
}

#[test]
fn names_without_hyphens_have_the_parts_side_by_side() {
    let of = |stack, max, style| {
        let rule = NameRule { max, style, ..SPLIT_64 };
        generated_name_pattern(stack, "Rule", &rule)
    };
    assert_eq!(of(StackName::Known("demo"), 128, Style::Joined), "demoRule*");
    assert_eq!(of(StackName::Known("my-demo"), 128, Style::Joined), "my*Rule*");
    assert_eq!(of(StackName::Pattern("demo*"), 128, Style::Joined), "demo*Rule*");
    assert_eq!(of(StackName::Unknown, 128, Style::Joined), "*Rule*");
    // Sixteen characters, of which thirteen or twelve are random.
    assert_eq!(of(StackName::Known("demo"), 16, Style::Split), "deR*");
}

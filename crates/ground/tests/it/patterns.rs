//! Wildcards and inclusion, against a matcher that tries everything.

use proptest::prelude::*;
use stackpass_ground::arn::{Arn, ArnPattern};
use stackpass_ground::wildcard::{Case, Glob, Syntax, escape};

/// Matches by trying every split. Exponential, and plainly right.
fn tries_everything(pattern: &[char], text: &[char]) -> bool {
    match (pattern, text) {
        ([], []) => true,
        (['*', rest @ ..], _) => {
            (0..=text.len()).any(|length| tries_everything(rest, &text[length..]))
        }
        (['?', rest @ ..], [_, others @ ..]) => tries_everything(rest, others),
        ([first, rest @ ..], [other, others @ ..]) if first == other => {
            tries_everything(rest, others)
        }
        _ => false,
    }
}

fn naive(pattern: &str, text: &str) -> bool {
    let characters = |text: &str| text.chars().collect::<Vec<_>>();
    tries_everything(&characters(pattern), &characters(text))
}

fn glob(text: &str) -> Glob<'_> {
    Glob::new(text, Case::Sensitive, Syntax::Variables)
}

/// ARN patterns that often cover or overlap each other.
fn resource() -> impl Strategy<Value = ArnPattern> {
    let bucket = "[ab]{0,3}[*?]{0,2}[/]?[ab]?[*]?".prop_map(|name| format!("arn:aws:s3:::{name}"));
    let role = ("[12*]", "[ab]{0,2}[*?]?")
        .prop_map(|(account, name)| format!("arn:aws:iam::{account}:role/{name}"));
    let variable = Just("arn:aws:s3:::a/${aws:username}".to_owned());
    let any = Just("*".to_owned());
    prop_oneof![12 => bucket, 6 => role, 1 => variable, 1 => any]
        .prop_map(|text| text.parse().unwrap())
}

/// All texts of up to some length over a small alphabet; `c` stands for what no pattern names.
fn texts(longest: usize) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut from = 0;
    for _ in 0..longest {
        let until = all.len();
        for index in from..until {
            all.extend(["a", "b", "c"].map(|letter| format!("{}{letter}", all[index])));
        }
        from = until;
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn matcher_agrees_with_trying_everything(pattern in "[ab*?]{0,9}", text in "[ab]{0,9}") {
        prop_assert_eq!(glob(&pattern).matches(&text), naive(&pattern, &text));
    }

    #[test]
    fn case_does_not_count_when_told(pattern in "[aB*?]{0,7}", text in "[Ab]{0,7}") {
        let matched = Glob::new(&pattern, Case::Insensitive, Syntax::Plain).matches(&text);
        prop_assert_eq!(matched, naive(&pattern.to_lowercase(), &text.to_lowercase()));
    }

    #[test]
    fn escaped_text_is_literal(text in "[ab*?${}]{0,8}", other in "[ab*?${}]{0,8}") {
        let escaped = escape(&text);
        prop_assert!(glob(&escaped).is_literal());
        prop_assert!(glob(&escaped).matches(&text));
        prop_assert_eq!(glob(&escaped).matches(&other), text == other);
    }

    #[test]
    fn arn_inclusion_holds_for_every_sample(
        outer in resource(),
        inner in resource(),
        samples in proptest::collection::vec("arn:aws:(s3::|iam::[12]):(role/)?[ab]{0,3}/?[ab]?", 20),
    ) {
        let covers = outer.covers(&inner);
        let overlaps = outer.overlaps(&inner);
        prop_assert_eq!(overlaps, inner.overlaps(&outer));
        for sample in samples {
            let arn: Arn = sample.parse().unwrap();
            prop_assert!(!covers || !inner.matches(&arn) || outer.matches(&arn), "{}", sample);
            prop_assert!(overlaps || !inner.matches(&arn) || !outer.matches(&arn), "{}", sample);
            prop_assert_eq!(outer.matches(&arn), naive_arn(&outer, &arn), "{}", sample);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// With texts long enough for patterns this short, inclusion and overlap are known by enumeration.
    #[test]
    fn inclusion_and_overlap_agree_with_enumeration(outer in "[ab*?]{0,4}", inner in "[ab*?]{0,4}") {
        let mut included = true;
        let mut overlapping = false;
        for text in texts(7) {
            let matched = (naive(&outer, &text), naive(&inner, &text));
            included &= matched.0 || !matched.1;
            overlapping |= matched.0 && matched.1;
        }
        prop_assert_eq!(glob(&outer).includes(glob(&inner)), included);
        prop_assert_eq!(glob(&outer).overlaps(glob(&inner)), overlapping);
    }

    #[test]
    fn inclusion_is_transitive(a in "[ab*?]{0,5}", b in "[ab*?]{0,5}", c in "[ab*?]{0,5}") {
        let chained = glob(&a).includes(glob(&b)) && glob(&b).includes(glob(&c));
        prop_assert!(!chained || glob(&a).includes(glob(&c)));
    }
}

/// Matches an ARN part by part; a pattern with a variable matches nothing.
fn naive_arn(pattern: &ArnPattern, arn: &Arn) -> bool {
    let parts = |text: &str| text.splitn(6, ':').map(str::to_owned).collect::<Vec<_>>();
    let (pattern, arn) = (pattern.as_str(), arn.as_str());
    pattern == "*"
        || (!pattern.contains("${")
            && parts(pattern).iter().zip(parts(arn)).all(|(pattern, text)| naive(pattern, &text)))
}

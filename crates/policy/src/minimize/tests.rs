use std::collections::BTreeSet;

use super::*;
use crate::condition::{Comparison, Conditions};
use crate::render::{Format, Layout, NamedDocument, render};
use crate::statement::{Effect, Selection};

fn allow(actions: &[&str], resources: &[&str]) -> Statement {
    Statement::allow(
        actions.iter().map(|action| action.parse().unwrap()),
        resources.iter().map(|resource| format!("arn:aws:s3:::{resource}").parse().unwrap()),
    )
}

fn tagged(value: &str) -> Conditions {
    Conditions::new().with(
        Comparison::StringEquals,
        "aws:RequestTag/team".parse().unwrap(),
        [value],
    )
}

/// Writes each statement as `sid: actions on resources`, and policies one after the other.
fn minimized(statements: &[Statement], limits: &Limits) -> String {
    let documents = minimize(statements, limits).unwrap().documents;
    let line = |statement: &Statement| {
        let names = |selection: String| selection.replace("arn:aws:s3:::", "");
        let actions: Vec<String> =
            statement.actions.value().iter().map(ToString::to_string).collect();
        let resources: Vec<String> = statement
            .resources
            .iter()
            .flat_map(Selection::value)
            .map(|it| names(it.to_string()))
            .collect();
        let sid = statement.sid.as_ref().map_or("-", |sid| sid.as_str());
        let when = if statement.conditions.is_empty() { "" } else { " when" };
        format!("{sid}: {} on {}{when}\n", actions.join(" "), resources.join(" "))
    };
    let documents: Vec<String> =
        documents.iter().map(|document| document.statements.iter().map(line).collect()).collect();
    documents.join("---\n")
}

fn check(statements: &[Statement], expected: &str) {
    assert_eq!(minimized(statements, &Limits::MANAGED), expected);
}

#[test]
fn nothing_becomes_no_policy() {
    check(&[], "");
    check(&[allow(&[], &["b"]), allow(&["s3:Get"], &[])], "");
}

#[test]
fn equal_resources_join_actions() {
    check(
        &[allow(&["s3:Put"], &["a", "b"]), allow(&["s3:Get"], &["b", "a"])],
        "ManageS3: s3:Get s3:Put on a b\n",
    );
}

#[test]
fn equal_actions_join_resources() {
    check(&[allow(&["s3:Get"], &["a"]), allow(&["s3:Get"], &["b"])], "ManageS3: s3:Get on a b\n");
}

#[test]
fn no_combination_is_made_that_was_not_there() {
    check(
        &[allow(&["s3:Get"], &["a"]), allow(&["s3:Put"], &["b"])],
        "ManageS3: s3:Get on a\nManageS3Part2: s3:Put on b\n",
    );
}

#[test]
fn covered_resources_and_actions_are_dropped() {
    check(
        &[allow(&["s3:Get", "s3:GetX", "s3:Ge*"], &["a", "a*", "?"])],
        "ReadS3: s3:Ge* on ? a*\n",
    );
}

#[test]
fn equal_patterns_in_other_words_cover_each_other_once() {
    check(&[allow(&["s3:**", "s3:*"], &["**", "*"])], "ManageS3: s3:* on *\n");
}

#[test]
fn spelling_of_an_action_does_not_depend_on_the_order() {
    let spellings = ["S3:getx", "s3:getX", "s3:GetX"];
    for first in spellings {
        let statements: Vec<Statement> =
            [first].iter().chain(&spellings).map(|it| allow(&[it], &["a"])).collect();
        check(&statements, "ManageS3: s3:GetX on a\n");
    }
}

#[test]
fn unconditional_statement_covers_the_same_with_conditions() {
    let conditional = allow(&["s3:Get", "s3:Put"], &["a"]).with_conditions(tagged("x"));
    check(
        &[conditional.clone(), allow(&["s3:G*"], &["*"])],
        "ReadS3: s3:G* on *\nManageS3: s3:Put on a when\n",
    );
    let other = conditional.clone().with_conditions(tagged("y"));
    assert_eq!(
        minimize(&[conditional, other], &Limits::MANAGED).unwrap().documents[0].statements.len(),
        2
    );
}

#[test]
fn allow_does_not_cover_deny() {
    let deny = Statement { effect: Effect::Deny, ..allow(&["s3:Get"], &["a"]) };
    check(&[deny, allow(&["s3:*"], &["*"])], "ManageS3: s3:* on *\nDenyS3: s3:Get on a\n");
}

#[test]
fn not_action_is_kept_as_it_is_but_once() {
    let except = Statement {
        actions: Selection::Except(BTreeSet::from(["iam:*".parse().unwrap()])),
        ..allow(&[], &["a"])
    };
    check(&[except.clone(), except], "ManageAllButIam: iam:* on a\n");
}

#[test]
fn form_of_the_input_is_kept_where_it_is_shorter() {
    // By resources or by actions this would take three statements.
    let statements =
        [allow(&["s3:Aa", "s3:Bb"], &["r1", "r2"]), allow(&["s3:Bb", "s3:Cc"], &["r2", "r3"])];
    check(&statements, "ManageS3: s3:Aa s3:Bb on r1 r2\nManageS3Part2: s3:Bb s3:Cc on r2 r3\n");
}

#[test]
fn sid_is_kept_if_all_that_is_joined_had_it() {
    let named = |action: &str, sid: &str| allow(&[action], &["a"]).with_sid(sid.parse().unwrap());
    check(&[named("s3:Get", "Mine"), named("s3:Put", "Mine")], "Mine: s3:Get s3:Put on a\n");
    check(&[named("s3:Get", "Mine"), named("s3:Put", "Yours")], "ManageS3: s3:Get s3:Put on a\n");
    check(&[named("s3:Get", "Mine"), allow(&["s3:Put"], &["a"])], "ManageS3: s3:Get s3:Put on a\n");
}

#[test]
fn large_statement_is_cut_by_the_longer_of_its_sets() {
    let limits = Limits { documents: 3, characters: 160 };
    let actions = ["s3:A1", "s3:A2", "s3:A3", "s3:A4", "s3:A5", "s3:A6"];
    insta::assert_snapshot!(minimized(&[allow(&actions, &["b"])], &limits), @"
    ManageS3: s3:A1 s3:A2 s3:A3 s3:A4 on b
    ---
    ManageS3Part2: s3:A5 s3:A6 on b
    ");
    insta::assert_snapshot!(
        minimized(&[allow(&["s3:A"], &["b1", "b2", "b3", "b4", "b5"])], &limits),
        @"
        ManageS3: s3:A on b1 b2
        ---
        ManageS3Part2: s3:A on b3 b4
        ---
        ManageS3Part3: s3:A on b5
        "
    );
}

#[test]
fn sids_are_left_out_when_they_do_not_fit() {
    let statements = [allow(&["s3:GetObject"], &["b/*"])];
    let bare = size(&Document::new(statements.to_vec()));
    let limits = Limits { documents: 1, characters: bare + 1 };
    assert_eq!(minimized(&statements, &limits), "-: s3:GetObject on b/*\n");
}

#[test]
fn too_large_tells_what_is_needed() {
    let statements = [allow(&["s3:GetObject"], &["b/*"])];
    let needed = size(&Document::new(statements.to_vec()));
    let limits = Limits { documents: 1, characters: needed - 1 };
    let error = minimize(&statements, &limits).unwrap_err();
    assert_eq!(error, MinimizeError::TooLarge { needed, allowed: needed - 1 });
}

#[test]
fn quotas_are_those_of_iam() {
    let resources: Vec<String> = (0..4000).map(|number| format!("bucket-{number:04}/*")).collect();
    let resources: Vec<&str> = resources.iter().map(String::as_str).collect();
    let documents =
        |count: usize, limits| minimize(&[allow(&["s3:GetObject"], &resources[..count])], &limits);
    let managed = documents(2000, Limits::MANAGED).unwrap().documents;
    // 30 characters each, and about 120 around them in each policy.
    assert_eq!(managed.len(), 10);
    assert!(matches!(documents(4000, Limits::MANAGED), Err(MinimizeError::TooLarge { .. })));
    for (limits, fits) in
        [(Limits::USER_INLINE, 60), (Limits::GROUP_INLINE, 160), (Limits::ROLE_INLINE, 330)]
    {
        assert_eq!(documents(fits, limits).unwrap().documents.len(), 1);
        assert!(documents(fits + 30, limits).is_err());
    }
}

#[test]
fn too_many_pairs_are_refused() {
    let many =
        |prefix: &str| (0..1001).map(|number| format!("{prefix}{number}")).collect::<Vec<_>>();
    let (actions, resources) = (many("s3:A"), many("b"));
    let actions: Vec<&str> = actions.iter().map(String::as_str).collect();
    let resources: Vec<&str> = resources.iter().map(String::as_str).collect();
    assert_eq!(
        minimize(&[allow(&actions, &resources)], &Limits::MANAGED),
        Err(MinimizeError::TooManyPairs { found: 1001 * 1001, allowed: 1_000_000 })
    );
}

#[test]
fn recheck_finds_what_is_missing_and_what_is_too_much() {
    let input = [
        allow(&["s3:Get", "s3:Put"], &["a", "b"]),
        allow(&["s3:Del"], &["a"]).with_conditions(tagged("x")),
    ];
    let names = Names::of(&input);
    let holds = |statements: &[Statement]| {
        recheck::means_the_same(&input, &[Document::new(statements.to_vec())], &names)
    };
    assert!(holds(&input));
    assert!(holds(&[
        allow(&["s3:Get"], &["a", "b"]),
        allow(&["s3:Put"], &["a", "b"]),
        input[1].clone()
    ]));
    assert!(!holds(&input[..1]), "a statement is missing");
    assert!(!holds(&[
        allow(&["s3:Get"], &["a", "b"]),
        allow(&["s3:Put"], &["a"]),
        input[1].clone()
    ]));
    assert!(!holds(&[input[0].clone(), allow(&["s3:Del"], &["a"])]), "the condition is lost");
    assert!(!holds(&[
        input[0].clone(),
        input[1].clone(),
        allow(&["s3:Del"], &["b"]).with_conditions(tagged("x"))
    ]));
    assert!(!holds(&[allow(&["s3:*"], &["a", "b"]), input[1].clone()]), "a pattern is new");
    let deny = Statement { effect: Effect::Deny, ..input[0].clone() };
    assert!(!holds(&[input[0].clone(), input[1].clone(), deny]));
}

#[test]
fn result_is_a_policy_as_iam_takes_it() {
    let documents =
        minimize(&[allow(&["s3:GetObject"], &["b/*"])], &Limits::MANAGED).unwrap().documents;
    let named = NamedDocument { name: "Read".to_owned(), document: documents[0].clone() };
    insta::assert_snapshot!(render(&[named], Format::Json { layout: Layout::Pretty }), @r#"
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Sid": "ReadS3",
          "Effect": "Allow",
          "Action": "s3:GetObject",
          "Resource": "arn:aws:s3:::b/*"
        }
      ]
    }
    "#);
}

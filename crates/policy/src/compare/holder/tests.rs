use super::*;
use crate::read::read;
use crate::source::Source;

fn policy(statements: &str) -> Document {
    let text = format!("{{\"Version\": \"2012-10-17\", \"Statement\": [{statements}]}}");
    let (document, problems) = read(&Source::new("p", text));
    document.unwrap_or_else(|| panic!("{problems:?}"))
}

fn shown(gains: &[Gain]) -> Vec<String> {
    let show = |gain: &Gain| {
        let join = |patterns: &BTreeSet<ArnPattern>| {
            patterns.iter().map(ArnPattern::as_str).collect::<Vec<_>>().join(" ")
        };
        let mut text = format!("{} on {}", gain.actions, join(&gain.resources));
        if !gain.except.is_empty() {
            text = format!("{text} but {}", join(&gain.except));
        }
        if !gain.conditions.is_empty() {
            text.push_str(" if");
        }
        if !gain.unless.is_empty() {
            text.push_str(" unless");
        }
        text
    };
    gains.iter().map(show).collect()
}

/// Statements of the old policies and of the new ones, each policy a text.
fn check(old: &[&str], new: &[&str], added: &[&str], removed: &[&str]) {
    check_bounded((old, None), (new, None), added, removed);
}

fn check_bounded(
    old: (&[&str], Option<&str>),
    new: (&[&str], Option<&str>),
    added: &[&str],
    removed: &[&str],
) {
    let documents = |texts: &[&str]| texts.iter().map(|it| policy(it)).collect::<Vec<_>>();
    let (olds, news) = (documents(old.0), documents(new.0));
    let boundaries = (old.1.map(policy), new.1.map(policy));
    let old = Holder { policies: olds.iter().collect(), boundary: boundaries.0.as_ref() };
    let new = Holder { policies: news.iter().collect(), boundary: boundaries.1.as_ref() };
    let change = change(&old, &new);
    assert_eq!(shown(&change.added), added, "added");
    assert_eq!(shown(&change.removed), removed, "removed");
}

fn allow(actions: &str, resource: &str) -> String {
    format!(r#"{{"Effect": "Allow", "Action": [{actions}], "Resource": "{resource}"}}"#)
}

fn deny(actions: &str, resource: &str) -> String {
    format!(r#"{{"Effect": "Deny", "Action": [{actions}], "Resource": "{resource}"}}"#)
}

fn all_but(actions: &str) -> String {
    format!(r#"{{"Effect": "Allow", "NotAction": [{actions}], "Resource": "*"}}"#)
}

const ALL: &str = r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#;

#[test]
fn the_same_in_other_words_is_no_change() {
    let denied = format!("{ALL}, {}", deny("\"iam:*\"", "*"));
    check(&[&denied], &[&all_but("\"iam:*\"")], &[], &[]);
    check(&[&all_but("\"iam:*\"")], &[ALL, &deny("\"iam:*\"", "*")], &[], &[]);
    check(&[&allow("\"sts:*\"", "*")], &[&allow("\"STS:*\"", "*")], &[], &[]);
}

#[test]
fn all_but_some_is_told_as_that() {
    check(&[], &[&all_but("\"iam:*\"")], &["all but iam:* on *"], &[]);
    check(&[&all_but("\"iam:*\"")], &[ALL], &["iam:* on *"], &[]);
    check(&[], &[ALL], &["* on *"], &[]);
}

#[test]
fn pattern_is_told_with_the_few_that_it_has_too_much() {
    let get = allow("\"s3:Get*\"", "*");
    check(&[&allow("\"s3:GetObject\"", "*")], &[&get], &["s3:Get* but s3:GetObject on *"], &[]);
    check(&[], &[&get, &deny("\"s3:GetB*\"", "*")], &["s3:Get* but s3:GetB* on *"], &[]);
}

#[test]
fn deny_of_one_policy_counts_against_the_others() {
    let pass = allow("\"iam:PassRole\"", "*");
    check(&[&deny("\"iam:*\"", "*")], &[&deny("\"iam:*\"", "*"), &pass], &[], &[]);
    check(&[&pass], &[&deny("\"iam:Pass*\"", "*"), &pass], &[], &["iam:PassRole on *"]);
}

#[test]
fn deny_on_some_resources_leaves_them_out() {
    let get = allow("\"s3:GetObject\"", "*");
    let denied = deny("\"s3:*\"", "arn:aws:s3:::secret/*");
    let expected = ["s3:GetObject on * but arn:aws:s3:::secret/*"];
    check(&[], &[&get, &denied], &expected, &[]);
    check(&[&get, &denied], &[&format!("{denied}, {get}")], &[], &[]);
    let not_resource =
        r#"{"Effect": "Allow", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::secret/*"}"#;
    check(&[not_resource], &[&get, &denied], &[], &[]);
}

#[test]
fn what_both_have_is_left_out() {
    let one = allow("\"s3:GetObject\"", "arn:aws:s3:::a/*");
    let all = allow("\"s3:GetObject\"", "*");
    check(&[&one], &[&all], &["s3:GetObject on * but arn:aws:s3:::a/*"], &[]);
}

#[test]
fn deny_of_all_but_some_resources_keeps_to_these() {
    let get = allow("\"s3:GetObject\"", "*");
    let denied = r#"{"Effect": "Deny", "Action": "s3:*", "NotResource": ["arn:aws:s3:::a/*", "arn:aws:s3:::b/*"]}"#;
    check(&[], &[&get, denied], &["s3:GetObject on arn:aws:s3:::a/* arn:aws:s3:::b/*"], &[]);
}

#[test]
fn deny_under_conditions_is_told() {
    let get = allow("\"s3:GetObject\"", "*");
    let denied = r#"{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}"#;
    check(&[], &[&get, denied], &["s3:GetObject on * unless"], &[]);
    check(&[&get, denied], &[denied, &get], &[], &[]);
    check(&[&get], &[&get, denied], &[], &["s3:GetObject on * if"]);
}

#[test]
fn what_a_new_deny_takes_is_told_and_no_more() {
    let get = allow("\"s3:GetObject\"", "*");
    let denied = deny("\"s3:*\"", "arn:aws:s3:::secret/*");
    check(&[&get], &[&get, &denied], &[], &["s3:GetObject on arn:aws:s3:::secret/*"]);
    check(&[&get, &denied], &[&get], &["s3:GetObject on arn:aws:s3:::secret/*"], &[]);
}

#[test]
fn boundary_limits_what_comes_and_what_goes() {
    let read = allow("\"s3:GetObject\", \"s3:ListBucket\"", "*");
    let expected = ["s3:GetObject, s3:ListBucket on *"];
    check_bounded((&[], None), (&[ALL], Some(&read)), &expected, &[]);
    let gone = ["all but s3:GetObject, s3:ListBucket on *"];
    check_bounded((&[ALL], None), (&[ALL], Some(&read)), &[], &gone);
    check_bounded((&[ALL], Some(&read)), (&[&read], None), &[], &[]);
    let one = allow("\"s3:*\"", "arn:aws:s3:::a/*");
    check_bounded(
        (&[], None),
        (&[&read], Some(&one)),
        &expected.map(|it| it.replace('*', "arn:aws:s3:::a/*")).each_ref().map(String::as_str),
        &[],
    );
}

#[test]
fn action_that_no_catalogue_has_is_compared_too() {
    let made_up = allow("\"s3:GetOject\", \"nothing:Real\"", "*");
    check(&[], &[&made_up], &["nothing:Real, s3:GetOject on *"], &[]);
    check(&[&made_up], &[&made_up], &[], &[]);
}

#[test]
fn variables_mean_nothing_in_an_old_document() {
    let home = allow("\"s3:GetObject\"", "arn:aws:s3:::a/${aws:username}");
    let new = policy(&home);
    let old = Document { version: None, ..new.clone() };
    let of = |document| Holder { policies: vec![document], boundary: None };
    assert_eq!(change(&of(&new), &of(&old)).added.len(), 1);
    assert_eq!(change(&of(&new), &of(&new)), Change::default());
}

#[test]
fn of_patterns_that_match_the_same_one_is_told() {
    let twice = r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": ["arn:aws:s3:::a*", "arn:aws:s3:::a**"]}"#;
    check(&[twice], &[], &[], &["s3:GetObject on arn:aws:s3:::a*"]);
}

#[test]
fn all_but_what_depends_on_the_caller_gives_nothing_for_sure() {
    let all_but =
        r#"{"Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::a/${aws:username}"}"#;
    let one = allow("\"s3:GetObject\"", "arn:aws:s3:::b");
    let holder = |document| Holder { policies: vec![document], boundary: None };
    let (all_but, one) = (policy(all_but), policy(&one));
    let added = change(&holder(&all_but), &holder(&one)).added;
    assert_eq!(shown(&added), ["s3:GetObject on arn:aws:s3:::b"]);
}

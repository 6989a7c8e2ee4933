//! Random parts of policies. Alphabets are small, so that patterns meet each other often.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::{btree_map, btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use stackpass_policy::action::ActionPattern;
use stackpass_policy::arn::ArnPattern;
use stackpass_policy::condition::{Comparison, ConditionKey, Conditions, Operator, Qualifier};
use stackpass_policy::document::{Document, Version};
use stackpass_policy::evaluate::Request;
use stackpass_policy::principal::{Principal, PrincipalKind};
use stackpass_policy::statement::{Effect, Selection, Statement};

/// Actions of two services, with wildcards.
pub(crate) fn action() -> impl Strategy<Value = ActionPattern> {
    let name = "(Get|Put|Get|Put)[AB]?[*?]?|\\*|get[ab]";
    let listed = (select(vec!["s3", "S3", "iam"]), name)
        .prop_map(|(service, name)| format!("{service}:{name}"));
    prop_oneof![20 => listed, 1 => Just("*".to_owned())].prop_map(|text| text.parse().unwrap())
}

/// ARN patterns that often cover or overlap each other.
pub(crate) fn resource() -> impl Strategy<Value = ArnPattern> {
    let bucket = "[ab]{0,3}[*?]{0,2}[/]?[ab]?[*]?".prop_map(|name| format!("arn:aws:s3:::{name}"));
    let role = ("[12*]", "[ab]{0,2}[*?]?")
        .prop_map(|(account, name)| format!("arn:aws:iam::{account}:role/{name}"));
    let variable = Just("arn:aws:s3:::a/${aws:username}".to_owned());
    let any = Just("*".to_owned());
    prop_oneof![12 => bucket, 6 => role, 1 => variable, 1 => any]
        .prop_map(|text| text.parse().unwrap())
}

/// No condition mostly, else one of a few.
pub(crate) fn conditions() -> impl Strategy<Value = Conditions> {
    let operators = vec![
        "StringEquals",
        "StringLike",
        "ForAnyValue:StringEquals",
        "StringNotEquals",
        "StringEqualsIfExists",
        "Null",
    ];
    let one = (
        select(operators),
        select(vec!["aws:k", "AWS:K", "aws:l"]),
        btree_set("[ab][*]?", 1..3),
        any::<bool>(),
    )
        .prop_map(|(operator, key, values, is_missing)| {
            let operator: Operator = operator.parse().unwrap();
            let is_null = operator.comparison == Comparison::Null;
            let values = if is_null { BTreeSet::from([is_missing.to_string()]) } else { values };
            Conditions::new().with(operator, key.parse().unwrap(), values)
        });
    prop_oneof![3 => Just(Conditions::new()), 2 => one]
}

/// Statements of all forms; most can be taken apart.
pub(crate) fn statement() -> impl Strategy<Value = Statement> {
    let sets = (btree_set(action(), 0..4), btree_set(resource(), 0..4));
    let sid = option::weighted(0.3, select(vec!["One", "Two", "OnePart2"]));
    let effect = prop_oneof![4 => Just(Effect::Allow), 1 => Just(Effect::Deny)];
    (sid, effect, sets, conditions(), 0..12).prop_map(
        |(sid, effect, (actions, resources), conditions, form)| Statement {
            sid: sid.map(|sid| sid.parse().unwrap()),
            effect,
            principal: None,
            actions: if form == 0 { Selection::Except(actions) } else { Selection::Only(actions) },
            resources: Some(if form == 1 {
                Selection::Except(resources)
            } else {
                Selection::Only(resources)
            }),
            conditions,
        },
    )
}

/// Some statements.
pub(crate) fn statements() -> impl Strategy<Value = Vec<Statement>> {
    vec(statement(), 0..12)
}

/// Requests that the random statements are often about.
pub(crate) fn request() -> impl Strategy<Value = Request> {
    let action = "(s3|iam):(Get|Put)[AB]?|s3:Get[AB][AB]";
    let resource =
        option::weighted(0.95, "arn:aws:s3:::[ab]{0,3}/?[ab]?|arn:aws:iam::[12]:role/[ab]{0,3}");
    let values = vec("[ab]\\*?", 0..3);
    let key = select(vec!["aws:k", "aws:l", "aws:username"]);
    let context = btree_map(key, values, 0..3);
    (action, resource, context).prop_map(|(action, resource, context)| {
        let context: BTreeMap<ConditionKey, Vec<String>> =
            context.into_iter().map(|(key, values)| (key.parse().unwrap(), values)).collect();
        let resource = resource.map(|resource| resource.parse().unwrap());
        Request { context, ..Request::new(action.parse().unwrap(), resource) }
    })
}

/// Text with all that is special in some format.
pub(crate) fn odd_text() -> impl Strategy<Value = String> {
    let pieces = vec![
        "${",
        "$${",
        "%{",
        "%%{",
        "&{",
        "}",
        "\"",
        "'",
        "\\",
        "\n",
        "\t",
        "\r",
        " ",
        ": ",
        " #",
        "- ",
        "*",
        "?",
        "ä",
        "漢",
        "😀",
        "\u{7f}",
        "\u{85}",
        "\u{2028}",
        "\u{feff}",
        "\u{0}",
        "yes",
        "1",
        "a",
        "Z",
        "{",
        "[",
        "!",
        "&",
        "@",
        "`",
        ",",
        "$",
        "%",
        "~",
        "null",
        "0x1",
        "1e3",
        "2012-10-17",
        "=",
    ];
    vec(select(pieces), 0..6).prop_map(|pieces| pieces.concat())
}

/// Documents with odd text wherever text may be odd.
pub(crate) fn odd_document() -> impl Strategy<Value = Document> {
    let version = select(vec![None, Some(Version::V2008), Some(Version::V2012)]);
    (version, option::weighted(0.2, odd_text()), vec(odd_statement(), 0..4))
        .prop_map(|(version, id, statements)| Document { version, id, statements })
}

fn odd_statement() -> impl Strategy<Value = Statement> {
    let resource = prop_oneof![
        resource(),
        odd_text().prop_map(|text| format!("arn:aws:s3:::{text}").parse().unwrap()),
    ];
    let operator = (
        select(Comparison::ALL.to_vec()),
        select(vec![None, Some(Qualifier::ForAllValues), Some(Qualifier::ForAnyValue)]),
        any::<bool>(),
    )
        .prop_map(|(comparison, qualifier, if_exists)| {
            let if_exists = if_exists && comparison != Comparison::Null;
            Operator { qualifier, comparison, if_exists }
        });
    let key = odd_text().prop_map(|text| format!("aws:RequestTag/{text}").parse().unwrap());
    let condition = (operator, key, btree_set(odd_text(), 0..3));
    let conditions = vec(condition, 0..3).prop_map(|list| {
        list.into_iter()
            .fold(Conditions::new(), |all, (operator, key, values)| all.with(operator, key, values))
    });
    (
        option::weighted(0.5, "[A-Za-z0-9]{0,8}"),
        select(vec![Effect::Allow, Effect::Deny]),
        option::weighted(0.3, selection(principal())),
        selection(btree_set(action(), 0..4)),
        option::weighted(0.9, selection(btree_set(resource, 0..4))),
        conditions,
    )
        .prop_map(|(sid, effect, principal, actions, resources, conditions)| {
            let resources = match (&principal, resources) {
                (None, None) => Some(Selection::Only(BTreeSet::from([ArnPattern::any()]))),
                (_, resources) => resources,
            };
            let sid = sid.map(|sid| sid.parse().unwrap());
            Statement { sid, effect, principal, actions, resources, conditions }
        })
}

fn selection<T: Clone + std::fmt::Debug>(
    value: impl Strategy<Value = T>,
) -> impl Strategy<Value = Selection<T>> {
    (any::<bool>(), value).prop_map(|(only, value)| {
        if only { Selection::Only(value) } else { Selection::Except(value) }
    })
}

fn principal() -> impl Strategy<Value = Principal> {
    let kind = select(PrincipalKind::ALL.to_vec());
    let named = btree_map(kind, btree_set(odd_text(), 0..3), 0..3);
    prop_oneof![1 => Just(Principal::Anyone), 3 => named.prop_map(Principal::Named)]
}

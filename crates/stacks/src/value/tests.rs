//! Equality, and what stands at a path.

use std::collections::BTreeMap;

use stackpass_ground::source::Span;

use super::{List, Located, MAX_ALTERNATIVES, Map, Part, Text, Truth, Value};

fn located(value: Value) -> Located {
    Located { value, span: Span::default() }
}

fn list(items: impl IntoIterator<Item = Value>, open: bool) -> Value {
    Value::List(List { items: items.into_iter().map(located).collect(), open })
}

fn map<const N: usize>(entries: [(&str, Value); N], open: bool) -> Value {
    let entries = entries.into_iter().map(|(key, value)| (key.to_owned(), located(value)));
    Value::Map(Map { entries: entries.collect::<BTreeMap<_, _>>(), open })
}

fn any() -> Value {
    Value::Text(Text::any())
}

#[test]
fn choices_are_flat_sorted_and_bounded() {
    let (a, b) = (Value::text("a"), Value::text("b"));
    let nested = Value::one_of([Value::one_of([b.clone(), a.clone()]), a.clone()]);
    assert_eq!(nested, Value::OneOf(vec![a.clone(), b]));
    assert_eq!(Value::one_of([a.clone(), a.clone()]), a);
    assert_eq!(Value::one_of([a, Value::Unknown]), Value::Unknown);
    assert_eq!(Value::one_of([]), Value::Absent);
    let many = (0..=MAX_ALTERNATIVES).map(|number| Value::text(number.to_string()));
    assert_eq!(Value::one_of(many), Value::Unknown);
}

#[test]
fn texts_are_joined() {
    let text =
        Text::literal("a").concat(Text::literal("b")).concat(Text::any()).concat(Text::any());
    assert_eq!(text.parts(), [Part::Literal("ab".to_owned()), Part::Any]);
    assert_eq!(Text::literal("").known(), Some(""));
    assert_eq!(Text::glob("a*b").parts().len(), 3);
    assert!(Text::glob("*").is_any());
    assert_eq!(Text::glob("a${*}${?}${$}{$").known(), Some("a*?${$"));
    assert_eq!(Text::glob("a-?*").parts(), [Part::Literal("a-".to_owned()), Part::One, Part::Any]);
}

#[test]
fn equality() {
    let id: crate::template::LogicalId = "Bucket".parse().unwrap();
    let reference = Value::Text(Text::attribute(id, None));
    let choice = Value::one_of([Value::text("a"), Value::text("b")]);
    for (left, right, expected) in [
        (Value::text("a"), Value::text("a"), Truth::Yes),
        (Value::text("a"), Value::text("b"), Truth::No),
        (Value::text("true"), Value::Bool(true), Truth::Yes),
        (any(), Value::text("a"), Truth::Maybe),
        (any(), any(), Truth::Maybe),
        (reference.clone(), reference, Truth::Yes),
        (choice.clone(), Value::text("a"), Truth::Maybe),
        (choice.clone(), Value::text("c"), Truth::No),
        (choice.clone(), choice, Truth::Maybe),
        (Value::Unknown, Value::Absent, Truth::Maybe),
        (Value::Absent, Value::Absent, Truth::Yes),
        (Value::Absent, Value::text(""), Truth::No),
        (list([Value::text("a")], false), list([Value::text("a")], false), Truth::Yes),
        (list([Value::text("a")], false), list([Value::text("b")], false), Truth::No),
        (list([any()], false), list([Value::text("b")], false), Truth::Maybe),
        (list([], true), list([], false), Truth::Maybe),
        (list([], false), Value::text(""), Truth::No),
    ] {
        assert_eq!(left.equality(&right), expected, "{left:?} and {right:?}");
        assert_eq!(right.equality(&left), expected, "{right:?} and {left:?}");
    }
}

#[test]
fn presence_at_a_path() {
    let role = || map([("Role", Value::text("r"))], false);
    let choice = |value| Value::one_of([value, Value::Absent]);
    for (value, path, expected) in [
        (role(), "Role", Truth::Yes),
        (role(), "Other", Truth::No),
        (role(), "Role.Deeper", Truth::No),
        (map([], true), "Role", Truth::Maybe),
        (map([("Role", Value::text("r"))], true), "Role", Truth::Yes),
        (Value::Unknown, "Role", Truth::Maybe),
        (
            map([("Targets", list([role(), map([], false)], false))], false),
            "Targets.Role",
            Truth::Yes,
        ),
        (map([("Targets", list([], false))], false), "Targets", Truth::No),
        (map([("Targets", list([], true))], false), "Targets.Role", Truth::Maybe),
        (map([("Targets", list([Value::Unknown], false))], false), "Targets.Role", Truth::Maybe),
        (
            map([("Targets", list([role(), Value::Unknown], false))], false),
            "Targets.Role",
            Truth::Yes,
        ),
        (map([("Role", choice(Value::text("r")))], false), "Role", Truth::Maybe),
        (
            map([("Role", Value::one_of([Value::text("r"), Value::text("s")]))], false),
            "Role",
            Truth::Yes,
        ),
        (map([("Inner", choice(role()))], false), "Inner.Role", Truth::Maybe),
        (map([("Body", any())], false), "Body.Role", Truth::Maybe),
        (map([("Actions", map([("one", role())], false))], false), "Actions.*.Role", Truth::Yes),
        (map([("Actions", map([], true))], false), "Actions.*.Role", Truth::Maybe),
        (map([("Actions", map([], false))], false), "Actions.*.Role", Truth::No),
        (map([("A", map([("B", role())], false))], false), "A.**.Role", Truth::Yes),
        (map([("A", role())], false), "A.**.Role", Truth::Yes),
        (
            map([("A", list([map([("B", Value::Unknown)], false)], false))], false),
            "A.**.Role",
            Truth::Maybe,
        ),
        (map([("A", map([("B", map([], true))], false))], false), "A.**.Role", Truth::Maybe),
        (map([("A", map([("B", Value::text("r"))], false))], false), "A.**.Role", Truth::No),
        (map([("A", map([("B", any())], false))], false), "A.**.Role", Truth::No),
        (map([("A", map([("B", any())], false))], false), "A.**.B.Role", Truth::Maybe),
    ] {
        assert_eq!(value.presence_at(path), expected, "{path} in {value:?}");
    }
}

#[test]
fn a_choice_is_complete_and_an_unknown_is_not() {
    let choice = map([("Role", Value::one_of([Value::text("r"), Value::text("s")]))], false);
    let found = choice.at("Role");
    assert_eq!((found.values.len(), found.complete), (2, true));
    assert_eq!(choice.equality_at("Role", "r"), Truth::Maybe);
    assert_eq!(choice.equality_at("Role", "t"), Truth::No);

    let inside = map([("B", map([("Role", Value::text("r"))], false))], false);
    let deep = map([("A", list([inside, Value::Unknown], false))], false);
    let found = deep.at("A.**.Role");
    assert_eq!((found.values.len(), found.complete), (1, false));

    for incomplete in [Value::Unknown, map([], true), map([("Role", list([], true))], false)] {
        assert!(!incomplete.at("Role").complete, "{incomplete:?}");
        assert_eq!(incomplete.equality_at("Role", "r"), Truth::Maybe);
    }
    let actions = map(
        [(
            "Actions",
            map(
                [
                    ("a", map([("R", Value::text("x"))], false)),
                    ("b", map([("R", Value::text("y"))], false)),
                ],
                false,
            ),
        )],
        false,
    );
    assert_eq!(actions.at("Actions.*.R").values.len(), 2);
}

#[test]
fn empty_list_is_asked_but_nothing_is_found_in_it() {
    let empty = map([("Targets", list([], false))], false);
    let found = empty.at("Targets");
    assert_eq!((found.values.len(), found.complete), (0, true));
    assert_eq!(empty.any_at("Targets", &|_| Truth::Maybe), Truth::Maybe);
    assert_eq!(empty.any_at("Targets.Role", &|_| Truth::Maybe), Truth::No);
}

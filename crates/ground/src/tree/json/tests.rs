use std::fmt::Write as _;

use proptest::prelude::*;

use super::read;
use crate::{
    source::{Severity, Source, Span},
    tree::{Kind, MAX_DEPTH, Node},
};

/// Writes a tree back as JSON, by its own few lines so that it shares nothing with the reader.
fn render(node: &Node) -> String {
    match &node.kind {
        Kind::Null => "null".to_owned(),
        Kind::Bool(value) => value.to_string(),
        Kind::Number(text) => text.clone(),
        Kind::String(text) => serde_json::to_string(text).unwrap(),
        Kind::List(items) => {
            format!("[{}]", items.iter().map(render).collect::<Vec<_>>().join(","))
        }
        Kind::Map(entries) => {
            let entries = entries.iter().map(|entry| {
                format!("{}:{}", serde_json::to_string(&entry.key).unwrap(), render(&entry.value))
            });
            format!("{{{}}}", entries.collect::<Vec<_>>().join(","))
        }
    }
}

/// Checks what was read, and every problem as `line:column code`, warnings with a `?`.
#[track_caller]
fn check(text: &str, expected: &str, problems: &[&str]) {
    let (node, diagnostics) = read(text);
    assert_eq!(node.as_ref().map(render).unwrap_or_default(), expected, "{text}");
    let source = Source::new("t", text);
    let found: Vec<String> = diagnostics
        .iter()
        .map(|diagnostic| {
            let mark = if diagnostic.severity == Severity::Warning { "?" } else { "" };
            format!("{} {}{mark}", source.position(diagnostic.span.start), diagnostic.code)
        })
        .collect();
    assert_eq!(found, problems, "{text}");
}

#[test]
fn valid_json_has_no_problems() {
    check(
        r#" {"a": [1, -2.5e+10, true, false, null, "x"], "b": {}, "c": [], "": 0} "#,
        r#"{"a":[1,-2.5e+10,true,false,null,"x"],"b":{},"c":[],"":0}"#,
        &[],
    );
}

#[test]
fn numbers_keep_their_text() {
    check(
        "[1.0, 1E5, 0, -0, 123456789012345678901234567890]",
        "[1.0,1E5,0,-0,123456789012345678901234567890]",
        &[],
    );
}

#[test]
fn escapes_are_decoded() {
    check(
        r#"["\"\\\/\b\f\n\r\t", "\u00e9", "\ud83d\ude00", "é😀"]"#,
        r#"["\"\\/\b\f\n\r\t","é","😀","é😀"]"#,
        &[],
    );
}

#[test]
fn half_a_surrogate_pair_is_an_error() {
    check(r#"["\ud83d"]"#, "[\"\u{FFFD}\"]", &["1:3 invalid-escape"]);
    check(r#"["\ud83d\u0041"]"#, "[\"\u{FFFD}A\"]", &["1:3 invalid-escape"]);
    check(r#"["\ude00"]"#, "[\"\u{FFFD}\"]", &["1:3 invalid-escape"]);
    check(r#"["\u12"]"#, "[\"\u{FFFD}\"]", &["1:3 invalid-escape"]);
}

#[test]
fn unknown_escapes_keep_the_character() {
    check(r#"["\d+"]"#, r#"["d+"]"#, &["1:3 invalid-escape"]);
}

#[test]
fn blank_text_has_no_value() {
    check("", "", &["1:1 empty-input"]);
    check(" \n ", "", &["2:2 empty-input"]);
}

#[test]
fn byte_order_mark_is_fixable() {
    check("\u{FEFF}[]", "[]", &["1:1 byte-order-mark?"]);
}

#[test]
fn comments_are_fixable() {
    check(
        "// one\n[1, /* two */ 2] # three",
        "[1,2]",
        &["1:1 comment?", "2:5 comment?", "2:18 comment?"],
    );
    check("[/*/1]", "[null]", &["1:2 comment?", "1:7 value-expected", "1:1 unclosed-bracket"]);
}

#[test]
fn trailing_commas_are_fixable() {
    check(r#"{"a": [1,],}"#, r#"{"a":[1]}"#, &["1:9 trailing-comma?", "1:11 trailing-comma?"]);
}

#[test]
fn commas_without_items_are_errors() {
    check("[,1,,2]", "[1,2]", &["1:2 extra-comma", "1:5 extra-comma"]);
    check(r#"{,"a":1}"#, r#"{"a":1}"#, &["1:2 extra-comma"]);
}

#[test]
fn invisible_characters_are_fixable() {
    check("[\u{A0}1]", "[1]", &["1:2 invisible-character?"]);
}

#[test]
fn missing_commas_are_found_behind_the_item() {
    check("[1 2]", "[1,2]", &["1:3 missing-comma"]);
    check("{\"a\": 1\n \"b\": 2}", r#"{"a":1,"b":2}"#, &["1:8 missing-comma"]);
}

#[test]
fn missing_colons_are_found_behind_the_key() {
    check(r#"{"a" 1}"#, r#"{"a":1}"#, &["1:5 colon-expected"]);
    check(r#"{"a" = 1}"#, r#"{"a":1}"#, &["1:5 colon-expected"]);
    check(r#"{"a", "b": 1}"#, r#"{"a":null,"b":1}"#, &["1:5 colon-expected"]);
}

#[test]
fn missing_values_are_null() {
    check(
        r#"{"a": , "b": }"#,
        r#"{"a":null,"b":null}"#,
        &["1:7 value-expected", "1:14 value-expected"],
    );
    check(r#"{"a":"#, r#"{"a":null}"#, &["1:6 value-expected", "1:1 unclosed-bracket"]);
}

#[test]
fn other_quotes_are_errors_and_read() {
    check("['it\\'s']", r#"["it's"]"#, &["1:2 wrong-quote"]);
    check("{\u{201C}a\u{201D}: 1}", r#"{"a":1}"#, &["1:2 wrong-quote"]);
}

#[test]
fn text_without_quotes_is_read() {
    check("{a: b-c}", r#"{"a":"b-c"}"#, &["1:2 unquoted-key", "1:5 unquoted-text"]);
    check("[2012-10-17]", r#"["2012-10-17"]"#, &["1:2 unquoted-text"]);
    check("[*]", r#"["*"]"#, &["1:2 unquoted-text"]);
}

#[test]
fn literals_of_other_languages_are_read() {
    check("[True, None]", "[true,null]", &["1:2 invalid-literal", "1:8 invalid-literal"]);
}

#[test]
fn numbers_of_other_languages_keep_their_text() {
    check(
        "[012345678901, +1]",
        "[012345678901,+1]",
        &["1:2 invalid-number", "1:16 invalid-number"],
    );
}

#[test]
fn raw_control_characters_are_errors() {
    check("[\"a\tb\"]", r#"["a\tb"]"#, &["1:4 control-character"]);
}

#[test]
fn unclosed_strings_end_with_their_line() {
    check("{\"a\": \"x,\n \"b\": 1}", r#"{"a":"x","b":1}"#, &["1:7 unclosed-string"]);
    check("[\"x", r#"["x"]"#, &["1:2 unclosed-string", "1:1 unclosed-bracket"]);
}

#[test]
fn duplicate_keys_are_kept_and_reported() {
    check("{\"a\": 1,\n\"a\": 2}", r#"{"a":1,"a":2}"#, &["2:1 duplicate-key?"]);
}

#[test]
fn mismatched_brackets_close_what_they_can() {
    check(r#"{"a": [1, 2}"#, r#"{"a":[1,2]}"#, &["1:12 mismatched-bracket"]);
    check("[1}", "[1]", &["1:3 mismatched-bracket"]);
    check(r#"[{"a": 1]"#, r#"[{"a":1}]"#, &["1:9 mismatched-bracket"]);
}

#[test]
fn the_innermost_unclosed_bracket_is_pointed_to() {
    check("{\"a\":\n [1", r#"{"a":[1]}"#, &["2:2 unclosed-bracket"]);
    let (_, diagnostics) = read("{\"a\":\n [1");
    assert_eq!(diagnostics[0].help.as_deref(), Some("add the missing `]}`"));
}

#[test]
fn text_behind_the_value_is_an_error() {
    check("{}\n{}", "{}", &["2:1 trailing-content"]);
}

#[test]
fn keys_that_are_no_strings_are_errors() {
    check(r#"{[1]: 2, "a": 3}"#, r#"{"a":3}"#, &["1:2 key-expected"]);
    check("{: 2}", "{}", &["1:2 key-expected"]);
}

#[test]
fn all_problems_are_found_in_one_pass() {
    check(
        "{\n  // note\n  'a': 1\n  b: [True,],\n}",
        r#"{"a":1,"b":[true]}"#,
        &[
            "2:3 comment?",
            "3:3 wrong-quote",
            "3:9 missing-comma",
            "4:3 unquoted-key",
            "4:7 invalid-literal",
            "4:11 trailing-comma?",
            "4:13 trailing-comma?",
        ],
    );
}

#[test]
fn spans_cover_the_value_as_written() {
    let text = r#"{"ä": ["x", 12]}"#;
    let (node, _) = read(text);
    let node = node.unwrap();
    let slice = |span: Span| text.get(span.start..span.end).unwrap();
    assert_eq!(slice(node.span), text);
    let entry = &node.entries()[0];
    assert_eq!(slice(entry.key_span), r#""ä""#);
    assert_eq!(slice(entry.value.span), r#"["x", 12]"#);
    assert_eq!(slice(entry.value.items()[0].span), r#""x""#);
    assert_eq!(slice(entry.value.items()[1].span), "12");
}

fn depth(node: &Node) -> usize {
    let below = node.items().iter().chain(node.entries().iter().map(|entry| &entry.value));
    1 + below.map(depth).max().unwrap_or(0)
}

#[test]
fn deep_nesting_is_one_error() {
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}"), (r#"[{"a":"#, "}]")] {
        let text = format!("{}1{}", open.repeat(10_000), close.repeat(10_000));
        let (node, diagnostics) = read(&text);
        let codes: Vec<_> = diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
        assert_eq!(codes, ["too-deep"], "{open}");
        assert!(depth(&node.unwrap()) <= MAX_DEPTH + 1);
    }
    let (_, diagnostics) = read(&"[".repeat(10_000));
    assert_eq!(diagnostics.len(), 1, "{diagnostics:?}");
}

#[test]
fn too_many_problems_are_summed_up() {
    let (_, diagnostics) = read(&format!("[{}]", "a,".repeat(10_000)));
    assert!(diagnostics.len() < 300, "{}", diagnostics.len());
    assert!(diagnostics.iter().any(|diagnostic| diagnostic.code == "too-many-problems"));
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(serde_json::Value::from),
        any::<i64>().prop_map(serde_json::Value::from),
        any::<f64>().prop_map(serde_json::Value::from),
        any::<String>().prop_map(serde_json::Value::from),
    ];
    leaf.prop_recursive(6, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(serde_json::Value::from),
            prop::collection::vec((any::<String>(), inner), 0..8)
                .prop_map(|entries| serde_json::Value::Object(entries.into_iter().collect())),
        ]
    })
}

/// Replaces every character outside of ASCII by escapes, pairs for those that need two.
fn escape_all(text: &str) -> String {
    text.chars().fold(String::new(), |mut escaped, character| {
        if character.is_ascii() {
            escaped.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(escaped, "\\u{unit:04x}").unwrap();
            }
        }
        escaped
    })
}

proptest! {
    #[test]
    fn agrees_with_serde_json_on_valid_json(value in json()) {
        let pretty = serde_json::to_string_pretty(&value).unwrap();
        for text in [value.to_string(), escape_all(&pretty), pretty] {
            let (node, diagnostics) = read(&text);
            prop_assert_eq!(diagnostics, vec![]);
            // Serde's numbers are not exact, so both texts go through it.
            let read: serde_json::Value = serde_json::from_str(&render(&node.unwrap())).unwrap();
            let expected: serde_json::Value = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(read, expected);
        }
    }

    #[test]
    fn accepts_only_what_serde_json_accepts(text in r#"[\[\]{}:,"' \n0-9a-fnrtul.eE+\\/*-]{0,40}"#) {
        let (_, diagnostics) = read(&text);
        let is_valid = serde_json::from_str::<&serde_json::value::RawValue>(&text).is_ok();
        let is_accepted = diagnostics.iter().all(|problem| problem.code == "duplicate-key");
        prop_assert_eq!(is_accepted, is_valid, "{:?}", diagnostics);
    }
}

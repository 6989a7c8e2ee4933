use std::fmt::Write as _;

use super::read;
use crate::{
    source::{Severity, Source, Span},
    tree::{Kind, MAX_DEPTH, Node},
};

/// Writes a tree in one line: strings in quotes, tags in front.
fn render(node: &Node) -> String {
    let value = match &node.kind {
        Kind::Null => "null".to_owned(),
        Kind::Bool(value) => value.to_string(),
        Kind::Number(text) => text.clone(),
        Kind::String(text) => format!("{text:?}"),
        Kind::List(items) => {
            format!("[{}]", items.iter().map(render).collect::<Vec<_>>().join(", "))
        }
        Kind::Map(entries) => {
            let entries =
                entries.iter().map(|entry| format!("{}: {}", entry.key, render(&entry.value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
    };
    match &node.tag {
        Some(tag) => format!("!{tag} {value}"),
        None => value,
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

fn slice(text: &str, span: Span) -> &str {
    text.get(span.start..span.end).unwrap()
}

#[test]
fn block_and_flow_forms_are_read() {
    check(
        "a:\n  - x\n  - {b: [1, two]}\nc: {}\nd: []\n",
        r#"{a: ["x", {b: [1, "two"]}], c: {}, d: []}"#,
        &[],
    );
}

#[test]
fn empty_values_are_null() {
    check("a:\nb: ~\nc: null\nd: ''\n", r#"{a: null, b: null, c: null, d: ""}"#, &[]);
}

#[test]
fn only_true_and_false_are_booleans() {
    check(
        "[true, False, yes, no, on, Off, y]",
        r#"[true, false, "yes", "no", "on", "Off", "y"]"#,
        &[],
    );
    check(
        "[!!bool true, !!str true, 'true', \"false\"]",
        r#"[true, "true", "true", "false"]"#,
        &[],
    );
}

#[test]
fn numbers_keep_their_text() {
    check(
        "[1, -1.50, 1e3, 012345678901, 0x1F, .5, +7]",
        "[1, -1.50, 1e3, 012345678901, 0x1F, .5, +7]",
        &[],
    );
}

#[test]
fn dates_times_versions_and_ranges_are_strings() {
    check(
        "[2010-09-09, 12:30:45, 1.2.3, 10.0.0.0/16, 1_000, '.', 1e, e5, 0x]",
        r#"["2010-09-09", "12:30:45", "1.2.3", "10.0.0.0/16", "1_000", ".", "1e", "e5", "0x"]"#,
        &[],
    );
}

#[test]
fn local_tags_are_kept() {
    check(
        "a: !Ref X\nb: !Sub [\"${y}\", {y: !GetAtt Z.Arn}]\nc: !If\n  - C\n  - 1\n  - !Ref AWS::NoValue\n",
        r#"{a: !Ref "X", b: !Sub ["${y}", {y: !GetAtt "Z.Arn"}], c: !If ["C", 1, !Ref "AWS::NoValue"]}"#,
        &[],
    );
}

#[test]
fn a_tagged_value_is_judged_like_one_without() {
    check("[!X 1, !X '1', ! 1]", r#"[!X 1, !X "1", "1"]"#, &[]);
}

#[test]
fn block_scalars_are_read() {
    check(
        "a: |\n  one\n  two\nb: >-\n  one\n  two\n\n  three\nc: |2\n    x\n",
        r#"{a: "one\ntwo\n", b: "one two\nthree", c: "  x\n"}"#,
        &[],
    );
}

#[test]
fn plain_and_quoted_scalars_span_lines() {
    check(
        "a: one\n  two\nb: \"one\n  two\\\n  three\"\n",
        r#"{a: "one two", b: "one twothree"}"#,
        &[],
    );
}

#[test]
fn line_ends_of_any_system_are_read() {
    check("a: 1\r\nb: |\r\n  x\r\n  y\r\n", r#"{a: 1, b: "x\ny\n"}"#, &[]);
}

#[test]
fn byte_order_mark_is_skipped() {
    check("\u{FEFF}a: 1\n", "{a: 1}", &[]);
}

#[test]
fn aliases_are_resolved() {
    check(
        "a: &x {k: [1]}\nb: *x\nc: &y z\n*y : 2\n",
        r#"{a: {k: [1]}, b: {k: [1]}, c: "z", z: 2}"#,
        &[],
    );
}

#[test]
fn an_alias_stands_at_its_own_place() {
    let text = "a: &x [1]\nb: *x\n";
    let (node, _) = read(text);
    let node = node.unwrap();
    let span = node.field("b").unwrap().span;
    assert_eq!(slice(text, span), "*x");
    let span = node.field("b").unwrap().items()[0].span;
    assert_eq!(slice(text, span), "1");
}

#[test]
fn unknown_and_recursive_aliases_are_errors() {
    check("a: *x\nb: 1\n", "{a: null, b: 1}", &["1:4 unknown-alias"]);
    check("a: &x [1, *x]\n", "{a: [1, null]}", &["1:11 recursive-alias"]);
}

#[test]
fn merge_keys_add_what_is_not_said() {
    check(
        "a: &a {x: 1, y: 2}\nb: &b {y: 3, z: 4}\nc:\n  <<: *a\n  x: 0\nd:\n  <<: [*a, *b]\n",
        "{a: {x: 1, y: 2}, b: {y: 3, z: 4}, c: {x: 0, y: 2}, d: {x: 1, y: 2, z: 4}}",
        &[],
    );
    check("a:\n  <<: 1\n  b: 2\n", "{a: {b: 2}}", &["2:3 invalid-merge"]);
    check("'<<': 1\n", "{<<: 1}", &[]);
}

#[test]
fn aliases_of_aliases_are_bounded() {
    let mut text = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
    for level in 1..30 {
        let aliases = vec![format!("*a{}", level - 1); 9].join(", ");
        writeln!(text, "a{level}: &a{level} [{aliases}]").unwrap();
    }
    let (node, diagnostics) = read(&text);
    assert_eq!(node.unwrap().entries().len(), 30);
    let codes: Vec<_> = diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
    assert_eq!(codes, ["too-many-aliases"]);
}

#[test]
fn aliases_cannot_nest_deeper_than_values() {
    let mut text = "- &a0 [x]\n".to_owned();
    for level in 1..400 {
        writeln!(text, "- &a{level} [*a{}]", level - 1).unwrap();
    }
    let (node, diagnostics) = read(&text);
    assert!(diagnostics.iter().all(|diagnostic| diagnostic.code == "too-deep"), "{diagnostics:?}");
    assert_eq!(depth(&node.unwrap()), MAX_DEPTH + 1);
}

fn depth(node: &Node) -> usize {
    let below = node.items().iter().chain(node.entries().iter().map(|entry| &entry.value));
    1 + below.map(depth).max().unwrap_or(0)
}

#[test]
fn deep_nesting_is_one_error() {
    let flow = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
    let block: Vec<_> = (0..10_000).map(|level| format!("{}a:", " ".repeat(level))).collect();
    let block = block.join("\n");
    let mixed = format!("{}{}{}", "- ".repeat(150), "[".repeat(150), "]".repeat(150));
    for text in [flow, block, "- ".repeat(10_000), mixed] {
        let (node, diagnostics) = read(&text);
        let codes: Vec<_> = diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
        assert_eq!(codes, ["too-deep"], "{:?}", text.get(..10));
        assert!(node.is_none_or(|node| depth(&node) <= MAX_DEPTH + 1));
    }
    let (_, diagnostics) = read(&"? ".repeat(10_000));
    assert_eq!(diagnostics[0].code, "too-deep");
}

#[test]
fn duplicate_keys_are_kept_and_reported() {
    check("a: 1\nb: 2\n\"a\": 3\n", "{a: 1, b: 2, a: 3}", &["3:1 duplicate-key?"]);
}

#[test]
fn keys_that_are_no_scalars_are_errors() {
    check("? [1, 2]\n: x\nb: 3\n", "{b: 3}", &["1:3 key-expected"]);
}

#[test]
fn only_the_first_document_is_read() {
    check("---\na: 1\n---\nb: 2\n", "{a: 1}", &["3:1 several-documents?"]);
    check("---\na: 1\n...\n", "{a: 1}", &[]);
}

#[test]
fn blank_text_has_no_value() {
    check("", "", &["1:1 empty-input"]);
    check("# only\n# comments\n", "", &["3:1 empty-input"]);
}

#[test]
fn tabs_are_found_at_their_place() {
    check("Resources:\n  A:\n\tType: x\n", "{Resources: {}}", &["3:1 yaml-syntax"]);
    let (_, diagnostics) = read("a:\n\tb: 1\n");
    assert_eq!(diagnostics[0].message, "a tab cannot indent YAML");
}

#[test]
fn broken_syntax_keeps_what_stood_before_it() {
    check("a: 1\nb: [1, x: [2]\n", "{a: 1, b: [1, {x: [2]}]}", &["2:4 yaml-syntax"]);
    check("é: 'ü'\nb: c: d\n", r#"{é: "ü", b: "c"}"#, &["2:5 yaml-syntax"]);
    check("a: \"x\nb: 1\n", "{}", &["1:4 yaml-syntax"]);
}

#[test]
fn spans_cover_the_value_as_written() {
    let text = "ä:\n  - !Sub 'ü'\n  - b: {c: 1}\n\n\nd: 2\n";
    let (node, _) = read(text);
    let node = node.unwrap();
    let entry = &node.entries()[0];
    assert_eq!(slice(text, entry.key_span), "ä");
    assert_eq!(slice(text, entry.value.span), "- !Sub 'ü'\n  - b: {c: 1}");
    assert_eq!(slice(text, entry.value.items()[0].span), "!Sub 'ü'");
    assert_eq!(slice(text, entry.value.items()[1].span), "b: {c: 1}");
    assert_eq!(slice(text, entry.value.items()[1].field("b").unwrap().span), "{c: 1}");
}

#[test]
fn spans_of_tagged_blocks_start_at_the_tag() {
    let text = "a: !Join\n  - x\n  - y\nb: !If {c: d}\n";
    let (node, _) = read(text);
    let node = node.unwrap();
    assert_eq!(slice(text, node.field("a").unwrap().span), "!Join\n  - x\n  - y");
    assert_eq!(slice(text, node.field("b").unwrap().span), "!If {c: d}");
}

use proptest::prelude::*;

use super::{Kind, Node, json, read, yaml};
use crate::source::{Diagnostic, Source, Span};

fn codes(text: &str) -> Vec<&'static str> {
    read(&Source::new("t", text)).1.into_iter().map(|diagnostic| diagnostic.code.as_str()).collect()
}

#[test]
fn a_text_that_starts_with_a_brace_is_json() {
    assert_eq!(codes("{\"a\": 1,\n}"), ["trailing-comma"]);
    assert_eq!(codes("\u{FEFF} [1]"), ["byte-order-mark"]);
}

#[test]
fn other_texts_are_yaml() {
    let (node, _) = read(&Source::new("t", "a: 1"));
    assert_eq!(node.unwrap().field("a").and_then(Node::scalar), Some("1"));
}

#[test]
fn braces_of_yaml_are_read_as_yaml() {
    assert_eq!(codes("{a: 1, b: !Ref c}"), [""; 0]);
}

#[test]
fn what_is_neither_is_reported_as_json() {
    assert_eq!(codes("{\"a\": 1 \"b\": 2"), ["missing-comma", "unclosed-bracket"]);
}

#[test]
fn field_takes_the_last_of_two() {
    let (node, _) = json::read(r#"{"a": 1, "a": 2}"#);
    assert_eq!(node.unwrap().field("a").and_then(Node::scalar), Some("2"));
}

/// Every span that a reader gives has to be a piece of the text.
fn spans_hold(text: &str, node: Option<&Node>, diagnostics: &[Diagnostic]) -> bool {
    fn collect(node: &Node, spans: &mut Vec<Span>) {
        spans.push(node.span);
        for item in node.items() {
            collect(item, spans);
        }
        for entry in node.entries() {
            spans.push(entry.key_span);
            collect(&entry.value, spans);
        }
    }
    let mut spans: Vec<Span> = diagnostics.iter().map(|diagnostic| diagnostic.span).collect();
    if let Some(node) = node {
        collect(node, &mut spans);
    }
    spans.iter().all(|span| text.get(span.start..span.end).is_some())
}

const TEMPLATE: &str = r#"# Ünïcode — comment
Description: "a \"quoted\" text – with ünïcode"
Parameters: {Stage: {Type: String, AllowedValues: [dev, 'prod']}}
Resources:
  Tëst: &anchor
    Type: AWS::SQS::Queue
    Properties:
      QueueName: !Sub '${Stage}-queue'
      Text: |
        two
          lines
  Other:
    <<: *anchor
    DependsOn: [Tëst]
"#;

const POLICY: &str = r#"{
  "Version": "2012-10-17", // ünïcode
  "Statement": [{"Effect": "Allow", "Action": ["s3:Get*", "\ud83d\ude00"], "Resource": '*',}]
}"#;

/// A text with some pieces of it taken out, doubled, or replaced by what breaks syntax.
fn mutated(text: &'static str) -> impl Strategy<Value = String> {
    let noise = prop::sample::select(vec![
        "", "\t", "\n", "{", "}", "[", "]", ":", ",", "\"", "'", "&a ", "*a", "<<: ", "!X ", "- ",
        "? ", "| ", "\\", "\\u", "é", "😀", "\r", "\u{FEFF}", "\u{0}", "---\n", "#", "%", "/*",
    ]);
    let characters: Vec<char> = text.chars().collect();
    let length = characters.len();
    prop::collection::vec((0..length, 0..6_usize, noise), 1..6).prop_map(move |changes| {
        let mut characters: Vec<String> = characters.iter().map(char::to_string).collect();
        for (start, length, noise) in changes {
            let end = (start + length).min(characters.len());
            for character in &mut characters[start..end] {
                character.clear();
            }
            characters[start].push_str(noise);
        }
        characters.concat()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn readers_keep_spans_inside_of_any_text(text in any::<String>()) {
        let (node, diagnostics) = json::read(&text);
        prop_assert!(spans_hold(&text, node.as_ref(), &diagnostics));
        let (node, diagnostics) = yaml::read(&text);
        prop_assert!(spans_hold(&text, node.as_ref(), &diagnostics));
    }

    #[test]
    fn readers_keep_spans_inside_of_bytes_made_text(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let text = String::from_utf8_lossy(&bytes);
        let (node, diagnostics) = json::read(&text);
        prop_assert!(spans_hold(&text, node.as_ref(), &diagnostics));
        let (node, diagnostics) = yaml::read(&text);
        prop_assert!(spans_hold(&text, node.as_ref(), &diagnostics));
    }

    #[test]
    fn broken_templates_are_read_or_reported(text in mutated(TEMPLATE)) {
        let (node, diagnostics) = yaml::read(&text);
        prop_assert!(spans_hold(&text, node.as_ref(), &diagnostics));
        prop_assert!(node.is_some() || !diagnostics.is_empty());
    }

    #[test]
    fn broken_policies_are_read_or_reported(text in mutated(POLICY)) {
        let (node, diagnostics) = json::read(&text);
        prop_assert!(spans_hold(&text, node.as_ref(), &diagnostics));
        prop_assert!(node.is_some() || !diagnostics.is_empty());
    }

    #[test]
    fn reading_json_as_yaml_gives_the_same_tree(text in "[a-z ]{0,8}", number in any::<i32>()) {
        let text = format!(r#"{{"a": ["{text}", {number}, true, null], "b": {{"c": "{text}"}}}}"#);
        let (from_json, from_yaml) = (json::read(&text).0.unwrap(), yaml::read(&text).0.unwrap());
        prop_assert_eq!(from_json, from_yaml);
    }
}

#[test]
fn mutations_start_from_texts_that_are_read_well() {
    let (node, diagnostics) = yaml::read(TEMPLATE);
    assert_eq!(diagnostics, []);
    assert!(matches!(node.unwrap().kind, Kind::Map(entries) if entries.len() == 3));
}

//! Writes YAML that means the same to readers of versions 1.1 and 1.2.

use super::json;
use super::value::Value;

/// Writes a mapping in block style, with a newline at the end.
pub(super) fn render(value: &Value) -> String {
    let mut text = String::new();
    write(value, 0, &mut text);
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

/// Writes a value whose lines start at a depth; the first line's indent is there already.
fn write(value: &Value, depth: usize, text: &mut String) {
    match value {
        Value::String(string) => {
            write_scalar(string, text);
            text.push('\n');
        }
        Value::Raw(raw) => {
            text.push_str(raw);
            text.push('\n');
        }
        Value::List(items) if items.is_empty() => text.push_str("[]\n"),
        Value::Map(entries) if entries.is_empty() => text.push_str("{}\n"),
        Value::List(items) => {
            for (index, item) in items.iter().enumerate() {
                indent_unless_first(index, depth, text);
                text.push_str("- ");
                write(item, depth + 1, text);
            }
        }
        Value::Map(entries) => {
            for (index, (key, value)) in entries.iter().enumerate() {
                indent_unless_first(index, depth, text);
                write_scalar(key, text);
                text.push(':');
                write_after_key(value, depth, text);
            }
        }
    }
}

fn write_after_key(value: &Value, depth: usize, text: &mut String) {
    let is_short = match value {
        Value::String(_) | Value::Raw(_) => true,
        Value::List(items) => items.is_empty(),
        Value::Map(entries) => entries.is_empty(),
    };
    if is_short {
        text.push(' ');
        write(value, depth, text);
        return;
    }
    text.push('\n');
    json::indent(depth + 1, text);
    write(value, depth + 1, text);
}

fn indent_unless_first(index: usize, depth: usize, text: &mut String) {
    if index > 0 {
        json::indent(depth, text);
    }
}

/// Writes a string: plain where no reader can take it for anything else, in single quotes where they are enough.
fn write_scalar(string: &str, text: &mut String) {
    if is_plain(string) {
        text.push_str(string);
    } else if string.chars().all(json::is_printable) {
        text.push('\'');
        text.push_str(&string.replace('\'', "''"));
        text.push('\'');
    } else {
        json::write_string(string, text);
    }
}

/// Whether a string needs no quotes. Narrower than the rules of YAML: a letter first, then letters, digits and the
/// punctuation of actions and ARNs, and none of the words that YAML 1.1 reads as booleans or null.
fn is_plain(string: &str) -> bool {
    const WORDS: [&str; 9] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    let is_allowed =
        |character: char| character.is_ascii_alphanumeric() || "-_./:*?$@+=".contains(character);
    string.starts_with(|first: char| first.is_ascii_alphabetic())
        && string.chars().all(is_allowed)
        && !string.ends_with(':')
        && !WORDS.iter().any(|word| string.eq_ignore_ascii_case(word))
}

//! Writes JSON.

use super::value::Value;

/// Writes a value over several lines, indented by two spaces, with a newline at the end.
pub(super) fn pretty(value: &Value) -> String {
    let mut text = String::new();
    write_pretty(value, 0, &mut text);
    text.push('\n');
    text
}

/// Writes a value without white space outside strings.
pub(super) fn compact(value: &Value) -> String {
    let mut text = String::new();
    write_compact(value, &mut text);
    text
}

/// Writes a value over several lines; the first line is where the text ends, the others are indented by so many steps.
pub(super) fn write_pretty(value: &Value, depth: usize, text: &mut String) {
    match value {
        Value::String(string) => write_string(string, text),
        Value::Raw(raw) => text.push_str(raw),
        Value::List(items) => {
            write_block(('[', ']'), depth, items, text, |item, text| {
                write_pretty(item, depth + 1, text);
            });
        }
        Value::Map(entries) => {
            write_block(('{', '}'), depth, entries, text, |(key, value), text| {
                write_string(key, text);
                text.push_str(": ");
                write_pretty(value, depth + 1, text);
            });
        }
    }
}

/// Writes a string in double quotes. All of it is valid in JSON, YAML and `TypeScript` alike.
pub(super) fn write_string(string: &str, text: &mut String) {
    text.push('"');
    for character in string.chars() {
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            character if is_printable(character) => text.push(character),
            character => text.push_str(&unicode_escape(character)),
        }
    }
    text.push('"');
}

/// Whether a character may stand as it is in all of the formats: no control, no line separator, no byte order mark.
pub(super) fn is_printable(character: char) -> bool {
    !character.is_control()
        && !matches!(character, '\u{2028}' | '\u{2029}' | '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}')
}

/// The escape of a character that is not printable; all of those have codes of at most four digits.
pub(super) fn unicode_escape(character: char) -> String {
    format!("\\u{:04x}", u32::from(character))
}

fn write_compact(value: &Value, text: &mut String) {
    let separate = |first: bool, text: &mut String| {
        if !first {
            text.push(',');
        }
    };
    match value {
        Value::String(string) => write_string(string, text),
        Value::Raw(raw) => text.push_str(raw),
        Value::List(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                separate(index == 0, text);
                write_compact(item, text);
            }
            text.push(']');
        }
        Value::Map(entries) => {
            text.push('{');
            for (index, (key, value)) in entries.iter().enumerate() {
                separate(index == 0, text);
                write_string(key, text);
                text.push(':');
                write_compact(value, text);
            }
            text.push('}');
        }
    }
}

fn write_block<T>(
    (open, close): (char, char),
    depth: usize,
    items: &[T],
    text: &mut String,
    write: impl Fn(&T, &mut String),
) {
    text.push(open);
    for (index, item) in items.iter().enumerate() {
        text.push_str(if index == 0 { "\n" } else { ",\n" });
        indent(depth + 1, text);
        write(item, text);
    }
    if !items.is_empty() {
        text.push('\n');
        indent(depth, text);
    }
    text.push(close);
}

/// Two spaces a step.
pub(super) fn indent(depth: usize, text: &mut String) {
    text.extend(std::iter::repeat_n("  ", depth));
}

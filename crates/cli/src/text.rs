//! Words, numbers and lines for people: 80 columns, complete without color.

use std::borrow::Cow;
use std::fmt;

use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthStr;

/// How wide a line may be.
pub(crate) const WIDTH: usize = 80;

/// The name of a section.
pub(crate) const HEADING: Style = Style::new().bold();
/// An error.
pub(crate) const ERROR: Style = AnsiColor::Red.on_default().bold();
/// A warning.
pub(crate) const WARNING: Style = AnsiColor::Yellow.on_default().bold();
/// What to do.
pub(crate) const HINT: Style = AnsiColor::Cyan.on_default().bold();
/// What may be passed over at first reading.
pub(crate) const FAINT: Style = Style::new().dimmed();

/// Puts a text in a style.
pub(crate) fn paint(style: Style, text: impl fmt::Display) -> String {
    format!("{style}{text}{style:#}")
}

/// A user's text with nothing in it that a terminal would obey.
pub(crate) fn clean(text: &str) -> Cow<'_, str> {
    if text.chars().any(is_command) {
        let shown = |character| if is_command(character) { '\u{FFFD}' } else { character };
        Cow::Owned(text.chars().map(shown).collect())
    } else {
        Cow::Borrowed(text)
    }
}

/// A word of a command line, quoted for a shell if it has to be.
pub(crate) fn quoted(word: &str) -> Cow<'_, str> {
    let is_plain =
        |character: char| character.is_ascii_alphanumeric() || "/:._-+=@%,".contains(character);
    if !word.is_empty() && word.chars().all(is_plain) {
        return Cow::Borrowed(word);
    }
    Cow::Owned(format!("'{}'", word.replace('\'', r"'\''")))
}

/// Control characters, and those that turn the direction of writing.
fn is_command(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// A number with commas between thousands.
pub(crate) fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number of things, `1 stack` or `2 stacks`.
pub(crate) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{} {}", thousands(number), if number == 1 { one } else { many })
}

/// Puts words into lines of at most [`WIDTH`] columns, each indented; a word that is longer has a line of its own.
pub(crate) fn fill<'a>(words: impl IntoIterator<Item = &'a str>, indent: usize) -> String {
    let mut text = String::new();
    let mut column = WIDTH;
    for word in words {
        let width = word.width();
        let fits = column + 1 + width <= WIDTH;
        if fits {
            text.push(' ');
            column += 1 + width;
        } else {
            text.push_str(if text.is_empty() { "" } else { "\n" });
            text.push_str(&" ".repeat(indent));
            column = indent + width;
        }
        text.push_str(word);
    }
    text.push('\n');
    text
}

/// The same for a sentence.
pub(crate) fn wrap(sentence: &str, indent: usize) -> String {
    fill(sentence.split(' ').filter(|word| !word.is_empty()), indent)
}

/// The same for a list, with commas.
pub(crate) fn list(items: &[&str], indent: usize) -> String {
    let last = items.len().saturating_sub(1);
    let words: Vec<String> = items
        .iter()
        .enumerate()
        .map(|(index, item)| if index == last { (*item).to_owned() } else { format!("{item},") })
        .collect();
    fill(words.iter().map(String::as_str), indent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn word_is_quoted_where_a_shell_would_take_it_apart() {
        assert_eq!(quoted("policies/caller.json"), "policies/caller.json");
        assert_eq!(quoted("my files"), "'my files'");
        assert_eq!(quoted("a'b"), r"'a'\''b'");
        assert_eq!(quoted(""), "''");
    }

    #[test]
    fn thousands_are_set_apart() {
        let shown = [0, 999, 1000, 6144, 1_234_567].map(thousands);
        assert_eq!(shown, ["0", "999", "1,000", "6,144", "1,234,567"]);
    }

    #[test]
    fn lines_end_before_column_eighty() {
        let text = fill(["x".repeat(40).as_str(), "y".repeat(37).as_str(), "z"], 2);
        let widths: Vec<usize> = text.lines().map(str::len).collect();
        assert_eq!(widths, [80, 3], "{text}");
    }

    #[test]
    fn long_word_has_a_line_of_its_own() {
        let long = "x".repeat(100);
        assert_eq!(fill(["a", &long, "b"], 1), format!(" a\n {long}\n b\n"));
    }

    #[test]
    fn terminal_commands_are_replaced() {
        assert_eq!(clean("a\u{1b}[31mb"), "a\u{FFFD}[31mb");
        assert_eq!(clean("a\u{202E}b"), "a\u{FFFD}b");
        assert_eq!(clean("Ünï 表"), "Ünï 表");
    }

    #[test]
    fn list_has_commas_between() {
        assert_eq!(list(&["s3:GetObject", "s3:PutObject"], 4), "    s3:GetObject, s3:PutObject\n");
    }
}

//! Texts that a user gave us, places in them, and what is wrong at a place.
//!
//! A problem in the user's input is a [`Diagnostic`]: a value beside the result, never an `Err` and never a panic.

use std::fmt;
use std::sync::OnceLock;

/// A named text: what a file, a string or standard input held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    name: String,
    text: String,
    lines: Lines,
}

/// Where the lines of a text begin, worked out when it is first asked for; it says nothing that the text does not.
#[derive(Clone, Debug, Default)]
struct Lines(OnceLock<LineStarts>);

#[derive(Clone, Debug)]
struct LineStarts {
    offsets: Vec<usize>,
    /// Whether a character is a byte.
    is_ascii: bool,
}

impl PartialEq for Lines {
    fn eq(&self, _: &Lines) -> bool {
        true
    }
}

impl Eq for Lines {}

impl Source {
    /// Makes a source of a name to show to people (usually the path as they typed it) and its text.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Source {
        Source { name: name.into(), text: text.into(), lines: Lines::default() }
    }

    /// The name to show to people.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The line and column of a byte offset. An offset past the end gives the end; one inside a character gives that character.
    pub fn position(&self, offset: usize) -> Position {
        let offset = offset.min(self.text.len());
        let lines = self.lines.0.get_or_init(|| LineStarts::of(&self.text));
        let line = lines.offsets.partition_point(|&start| start <= offset);
        let line_start = line.checked_sub(1).and_then(|index| lines.offsets.get(index)).copied();
        let in_line = self.text.as_bytes().get(line_start.unwrap_or_default()..offset);
        let in_line = in_line.unwrap_or_default();
        let is_character_start = |byte: &&u8| (**byte & 0xC0) != 0x80;
        let characters = if lines.is_ascii {
            in_line.len()
        } else {
            in_line.iter().filter(is_character_start).count()
        };
        Position { line, column: characters + 1 }
    }
}

impl LineStarts {
    fn of(text: &str) -> LineStarts {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        LineStarts {
            offsets: std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect(),
            is_ascii: text.is_ascii(),
        }
    }
}

/// A line and a column in a text, both counted from 1; the column counts characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// A range of bytes in a text, the end not included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// Makes a span; an end before the start is taken as the start.
    pub fn new(start: usize, end: usize) -> Span {
        Span { start, end: end.max(start) }
    }
}

/// How much a diagnostic matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The input cannot be used as it is.
    Error,
    /// The input can be used; the user should look at this.
    Warning,
}

/// Something in the user's input that they should know of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Diagnostic {
    /// Where in the source.
    pub span: Span,
    /// How much it matters.
    pub severity: Severity,
    /// A stable kebab-case name, `duplicate-key` for one.
    pub code: &'static str,
    /// What is wrong: a lower-case fragment with the user's text in backticks.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Diagnostic {
    /// Makes an error.
    pub fn error(code: &'static str, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic { span, severity: Severity::Error, code, message: message.into(), help: None }
    }

    /// Makes a warning.
    pub fn warning(code: &'static str, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(code, span, message) }
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn with_help(self, help: impl Into<String>) -> Diagnostic {
        Diagnostic { help: Some(help.into()), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn position_counts_lines_and_characters_from_one() {
        let source = Source::new("t", "ab\nüx\n");
        assert_eq!(source.position(0), Position { line: 1, column: 1 });
        assert_eq!(source.position(5), Position { line: 2, column: 2 });
        assert_eq!(source.position(99), Position { line: 3, column: 1 });
    }
}

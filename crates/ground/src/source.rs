//! Texts that a user gave us, places in them, and what is wrong at a place.
//!
//! A problem in the user's input is a [`Diagnostic`]: a value beside the result, never an `Err` and never a panic.

use std::fmt;
use std::sync::Arc;

use crate::code::Code;

/// A named text: what a file, a string or standard input held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    name: String,
    text: String,
    /// The position of every [`STEP`]th byte, so that a place far into a large text is found as fast as one at its start.
    marks: Vec<Position>,
}

/// How many bytes lie between two marks.
const STEP: usize = 1024;

impl Source {
    /// Makes a source of a name to show to people (usually the path as they typed it) and its text.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Source {
        let text = text.into();
        let mut marks = Vec::new();
        let mut position = Position { line: 1, column: 1 };
        for piece in text.as_bytes().chunks(STEP) {
            marks.push(position);
            position = position.after(piece);
        }
        Source { name: name.into(), text, marks }
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
        let mark = (offset / STEP).min(self.marks.len().saturating_sub(1));
        let start = self.marks.get(mark).copied().unwrap_or(Position { line: 1, column: 1 });
        start.after(self.text.as_bytes().get(mark * STEP..offset).unwrap_or_default())
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

impl Position {
    /// The position behind some more bytes. Those inside a character count with its first.
    fn after(self, bytes: &[u8]) -> Position {
        bytes.iter().fold(self, |Position { line, column }, byte| match byte {
            b'\n' => Position { line: line + 1, column: 1 },
            0x80..0xC0 => Position { line, column },
            _ => Position { line, column: column + 1 },
        })
    }
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
    /// Which kind of problem it is.
    pub code: Code,
    /// What is wrong: a lower-case fragment with the user's text in backticks.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Diagnostic {
    /// Makes an error.
    pub fn error(code: Code, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic { span, severity: Severity::Error, code, message: message.into(), help: None }
    }

    /// Makes a warning.
    pub fn warning(code: Code, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(code, span, message) }
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn with_help(self, help: impl Into<String>) -> Diagnostic {
        Diagnostic { help: Some(help.into()), ..self }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        })
    }
}

/// A diagnostic with the text that it is about. It is shown on one line, `template.yaml:3:5: error: ...`, without its help.
#[derive(Clone, Debug, PartialEq)]
pub struct LocatedDiagnostic {
    /// The text that the diagnostic's span is a part of.
    pub source: Arc<Source>,
    /// What is wrong.
    pub diagnostic: Diagnostic,
}

impl fmt::Display for LocatedDiagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Diagnostic { span, severity, message, .. } = &self.diagnostic;
        let position = self.source.position(span.start);
        write!(f, "{}:{position}: {severity}: {message}", self.source.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes;

    #[test]
    fn located_diagnostic_is_shown_with_its_place() {
        let source = Arc::new(Source::new("t.yaml", "a: 1\na: 2\n"));
        let diagnostic =
            Diagnostic::error(codes::DUPLICATE_KEY, Span::new(5, 6), "`a` stands twice");
        let located = LocatedDiagnostic { source, diagnostic: diagnostic.with_help("take one") };
        assert_eq!(located.to_string(), "t.yaml:2:1: error: `a` stands twice");
    }

    #[test]
    fn position_counts_lines_and_characters_from_one() {
        let source = Source::new("t", "ab\nüx\n");
        assert_eq!(source.position(0), Position { line: 1, column: 1 });
        assert_eq!(source.position(5), Position { line: 2, column: 2 });
        assert_eq!(source.position(99), Position { line: 3, column: 1 });
        assert_eq!(Source::new("t", "").position(7), Position { line: 1, column: 1 });
    }

    #[test]
    fn position_far_into_a_text_is_the_same_as_counted_from_its_start() {
        let text = "a\u{fc}\u{1f600}\n".repeat(400) + &"\u{20ac}".repeat(2000);
        let source = Source::new("t", text.as_str());
        for (offset, _) in text.char_indices() {
            let before = text.get(..offset).unwrap();
            let last = before.rsplit('\n').next().unwrap();
            let line = before.matches('\n').count() + 1;
            assert_eq!(
                source.position(offset),
                Position { line, column: last.chars().count() + 1 }
            );
        }
    }
}

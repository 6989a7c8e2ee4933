//! A problem in the user's input, with the line it stands in.
//!
//! Lines are cut to a window around the place: templates that a program wrote are often one line of many kilobytes.

use stackpass_ground::source::{Diagnostic, Severity, Source};
use std::fmt::Write as _;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::text::{ERROR, FAINT, HINT, WARNING, WIDTH, clean, paint, wrap};

/// Shows one problem.
pub(crate) fn diagnostic(source: &Source, diagnostic: &Diagnostic) -> String {
    let position = source.position(diagnostic.span.start);
    let (style, word) = match diagnostic.severity {
        Severity::Error => (ERROR, "error"),
        Severity::Warning => (WARNING, "warning"),
    };
    let number = position.line.to_string();
    let gutter = " ".repeat(number.len());
    let label = paint(style, format!("{word}[{}]", diagnostic.code));
    let message = clean(&diagnostic.message);
    let place = format!("{}:{position}", clean(source.name()));
    let mut text = format!("{label}: {message}\n{gutter}{} {place}\n", paint(FAINT, "-->"));
    let window = window(source.text(), diagnostic, WIDTH.saturating_sub(number.len() + 3));
    if let Some(Window { line, before, marked }) = window {
        let bar = paint(FAINT, "|");
        let marks = paint(style, "^".repeat(marked));
        let _ = writeln!(text, "{gutter} {bar}\n{} {bar} {line}", paint(FAINT, &number));
        let _ = writeln!(text, "{gutter} {bar} {}{marks}", " ".repeat(before));
    }
    if let Some(help) = &diagnostic.help {
        let indent = number.len() + 3;
        let help = wrap(&format!("= help: {}", clean(help)), indent).replacen(
            "help:",
            &paint(HINT, "help:"),
            1,
        );
        text.push_str(&help.replacen(&" ".repeat(indent), &format!("{gutter} "), 1));
    }
    text
}

/// A part of a line, and where the problem stands in it, in columns.
#[derive(Debug, PartialEq, Eq)]
struct Window {
    line: String,
    before: usize,
    marked: usize,
}

/// The line of the place, or `None` where there is nothing to show.
fn window(text: &str, diagnostic: &Diagnostic, width: usize) -> Option<Window> {
    let span = diagnostic.span;
    let start = floor_boundary(text, span.start);
    let (head, tail) = text.split_at_checked(start)?;
    let line_head = head.rsplit('\n').next().unwrap_or_default();
    let line_tail = tail.split('\n').next().unwrap_or_default().trim_end_matches('\r');
    if line_head.trim().is_empty() && line_tail.trim().is_empty() {
        return None;
    }
    let marked_bytes = floor_boundary(line_tail, span.end.saturating_sub(start));
    let (marked, rest) = line_tail.split_at_checked(marked_bytes)?;
    // Two columns are for the signs that something was cut off.
    let width = width.saturating_sub(2);
    // A third of the window for what stands before, the rest for the place and what follows.
    let before = last_columns(line_head, width / 3);
    let shown = first_columns(marked, width.saturating_sub(before.width()));
    let left = width.saturating_sub(before.width() + shown.width());
    let after =
        if shown.width() < marked.width() { String::new() } else { first_columns(rest, left) };
    let is_cut = before.chars().count() < line_head.chars().count();
    let is_cut_after = shown.len() + after.len() < visible(line_tail).len();
    let before = if is_cut { format!("…{before}") } else { before };
    let end = if is_cut_after { "…" } else { "" };
    Some(Window {
        line: format!("{before}{shown}{after}{end}"),
        before: before.width(),
        marked: shown.width().max(1),
    })
}

/// The last whole characters of a text that fit.
fn last_columns(text: &str, width: usize) -> String {
    let mut left = width;
    let mut start = text.len();
    for (index, character) in text.char_indices().rev() {
        let Some(rest) = left.checked_sub(columns(character)) else { break };
        left = rest;
        start = index;
    }
    visible(text.get(start..).unwrap_or_default())
}

/// The first whole characters of a text that fit.
fn first_columns(text: &str, width: usize) -> String {
    let mut left = width;
    let mut end = 0;
    for (index, character) in text.char_indices() {
        let Some(rest) = left.checked_sub(columns(character)) else { break };
        left = rest;
        end = index + character.len_utf8();
    }
    visible(text.get(..end).unwrap_or_default())
}

/// A tab is one space, so that marks stand below what they mark.
fn visible(text: &str) -> String {
    clean(&text.replace('\t', " ")).into_owned()
}

fn columns(character: char) -> usize {
    if character.is_control() { 1 } else { character.width().unwrap_or(1) }
}

/// The offset, or the start of the character that it is in the middle of, or the end of the text.
fn floor_boundary(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;
    use insta::assert_snapshot;
    use stackpass_ground::source::Span;
    use stackpass_policy::codes::WRONG_TYPE;

    use super::*;

    fn shown(text: &str, span: Span) -> String {
        let source = Source::new("template.yaml", text);
        let problem = Diagnostic::error(WRONG_TYPE, span, "expected a list, found `x`");
        let problem = problem.with_help("write `- x`");
        strip_str(&diagnostic(&source, &problem)).to_string()
    }

    #[test]
    fn place_is_marked_below_its_line() {
        assert_snapshot!(shown("A: 1\nDependsOn: x\nB: 2\n", Span::new(16, 17)), @"
        error[wrong-type]: expected a list, found `x`
         --> template.yaml:2:12
          |
        2 | DependsOn: x
          |            ^
          = help: write `- x`
        ");
    }

    #[test]
    fn long_line_is_cut_around_the_place() {
        let text = format!("{}MARK{}", "a".repeat(5000), "b".repeat(5000));
        let shown = shown(&text, Span::new(5000, 5004));
        assert!(shown.lines().all(|line| line.width() <= WIDTH), "{shown}");
        assert_snapshot!(shown, @"
        error[wrong-type]: expected a list, found `x`
         --> template.yaml:1:5001
          |
        1 | …aaaaaaaaaaaaaaaaaaaaaaaaMARKbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb…
          |                          ^^^^
          = help: write `- x`
        ");
    }

    #[test]
    fn wide_characters_and_tabs_keep_the_marks_in_place() {
        assert_snapshot!(shown("\t表x: y", Span::new(4, 5)), @"
        error[wrong-type]: expected a list, found `x`
         --> template.yaml:1:3
          |
        1 |  表x: y
          |    ^
          = help: write `- x`
        ");
    }

    #[test]
    fn any_span_in_any_text_can_be_shown() {
        for text in ["", "\n", "ü", "a\r\nb", "\u{1b}[31m", "表表表"] {
            for start in 0..text.len() + 2 {
                for end in start..text.len() + 3 {
                    assert!(shown(text, Span::new(start, end)).contains("template.yaml:"));
                }
            }
        }
    }

    #[test]
    fn span_over_several_lines_is_marked_to_the_end_of_the_first() {
        assert_snapshot!(shown("A: [1,\n2]\n", Span::new(3, 9)), @"
        error[wrong-type]: expected a list, found `x`
         --> template.yaml:1:4
          |
        1 | A: [1,
          |    ^^^
          = help: write `- x`
        ");
    }
}

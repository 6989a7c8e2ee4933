//! Annotations of a GitHub workflow.
//! <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>

use std::fmt::Write as _;

use super::CheckReport;
use super::notes::{Level, Note, notes};

/// Writes one annotation a line.
pub(crate) fn annotations(report: &CheckReport<'_>) -> String {
    notes(report).iter().map(annotation).collect()
}

fn annotation(note: &Note) -> String {
    let command = match note.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "notice",
    };
    let mut properties = format!("title={}", property(&format!("stackpass {}", note.rule)));
    if let Some(file) = &note.place.file {
        let _ = write!(properties, ",file={}", property(file));
        if let Some(line) = note.place.line {
            let _ = write!(properties, ",line={line}");
        }
        if let Some(column) = note.place.column {
            let _ = write!(properties, ",col={column}");
        }
    }
    format!("::{command} {properties}::{}\n", data(&note.message))
}

/// A message with nothing in it that would end it.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The same for a property, which ends at a colon or a comma.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::super::notes::NotePlace;
    use super::*;

    fn check(file: Option<&str>, message: &str, expected: &str) {
        let place = NotePlace { file: file.map(str::to_owned), line: Some(3), column: Some(5) };
        let note = Note {
            rule: "gap",
            level: Level::Warning,
            message: message.to_owned(),
            place,
            related: Vec::new(),
        };
        assert_eq!(annotation(&note), expected);
    }

    #[test]
    fn nothing_in_a_text_ends_the_command() {
        check(
            Some("a,b:c%.yaml"),
            "50%\n::error::x",
            "::warning title=stackpass gap,file=a%2Cb%3Ac%25.yaml,line=3,col=5::50%25%0A::error::x\n",
        );
    }

    #[test]
    fn what_is_no_file_has_no_line() {
        check(None, "x", "::warning title=stackpass gap::x\n");
    }
}

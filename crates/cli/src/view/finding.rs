//! What to know about a policy before it is used.

use stackpass_ground::code::Code;

use crate::text::{HINT, WARNING, clean, paint, wrap};

/// Something about an answer that is right as it is, and that a person should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// Which kind of finding it is.
    pub(crate) code: Code,
    /// What it is about: Sids of statements, services.
    pub(crate) about: Vec<String>,
    /// What to know, as a sentence without its full stop.
    pub(crate) message: String,
    /// What to do about it.
    pub(crate) help: Option<String>,
}

/// Shows findings, one paragraph each.
pub(crate) fn findings(findings: &[Finding]) -> String {
    let mut text = String::new();
    for finding in findings {
        text.push_str(&labeled(WARNING, "warning", &finding.message));
        if let Some(help) = &finding.help {
            text.push_str(&labeled(HINT, "help", help));
        }
        text.push('\n');
    }
    text
}

/// A paragraph that begins with a label.
fn labeled(style: anstyle::Style, label: &str, sentence: &str) -> String {
    let lines = wrap(&format!("{label}: {}", clean(sentence)), 2);
    let lines = lines.strip_prefix("  ").unwrap_or(&lines);
    lines.replacen(label, &paint(style, label), 1)
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;

    use super::*;

    #[test]
    fn label_stands_in_the_indent() {
        let finding = Finding {
            code: crate::codes::EVERYTHING,
            about: Vec::new(),
            message: "word ".repeat(20).trim().to_owned(),
            help: Some("do it".to_owned()),
        };
        let text = strip_str(&findings(&[finding])).to_string();
        assert!(text.starts_with("warning: word"), "{text}");
        assert!(text.contains("\n  word"), "{text}");
        assert!(text.ends_with("\nhelp: do it\n\n"), "{text}");
    }
}

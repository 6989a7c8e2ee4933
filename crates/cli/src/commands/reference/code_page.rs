//! The page of the codes of diagnostics, gaps and findings.

use std::fmt::Write as _;

use stackpass_ground::code::Code;

use crate::codes;
use crate::view::check::notes::RULES;

/// What a code can be of, and the lists of the crates.
const SECTIONS: [(&str, &str, &[&[Code]]); 3] = [
    (
        "Diagnostics",
        "What is wrong with the text of a template, an assembly or a policy.",
        &[
            stackpass_ground::codes::DIAGNOSTICS,
            stackpass_policy::codes::DIAGNOSTICS,
            stackpass_stacks::codes::DIAGNOSTICS,
        ],
    ),
    (
        "Gaps",
        "What could not be worked out, so that the policy may be too narrow or is wider than it had to be.",
        &[stackpass_stacks::codes::GAPS],
    ),
    (
        "Findings",
        "What to know about an answer before it is used.",
        &[stackpass_stacks::codes::FINDINGS, codes::FINDINGS],
    ),
];

/// Writes the page.
pub(super) fn page() -> String {
    let mut page = String::from(
        "# Codes of problems, gaps and findings\n\n\
         The codes are stable: none is ever given another meaning. They stand in what people read and in `--output json`.\n",
    );
    for (title, about, lists) in SECTIONS {
        let mut codes: Vec<Code> = lists.concat();
        codes.sort();
        section(&mut page, title, about);
        for code in codes {
            row(&mut page, code.as_str(), code.meaning());
        }
    }
    section(&mut page, "Rules of a check", "The rules in `stackpass check --output sarif`.");
    for (rule, meaning) in RULES {
        row(&mut page, rule, &format!("{meaning}."));
    }
    page
}

fn section(page: &mut String, title: &str, about: &str) {
    let _ = write!(page, "\n## {title}\n\n{about}\n\n| code | meaning |\n|---|---|\n");
}

fn row(page: &mut String, code: &str, meaning: &str) {
    let _ = writeln!(page, "| `{code}` | {meaning} |");
}

#[cfg(test)]
mod tests;

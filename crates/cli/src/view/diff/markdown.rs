//! What a change adds and removes, as the comment of a pull request.
//!
//! Names in templates are written by whoever opens the pull request, so nothing of them may be taken for markup, a link or a
//! mention: they stand in `<code>` with every character that means something written as a number.

use std::fmt::Write as _;

use stackpass_ground::arn::ArnPattern;
use stackpass_stacks::need::Gap;

use super::{action, conditions, phases, reason, risks, summary};
use crate::difference::{Change, Difference, Permission, Risk};
use crate::text::{clean, thousands};

/// What GitHub takes as a comment, less than the 65,536 characters that it allows.
const MAX_CHARACTERS: usize = 60_000;

/// The longest value that is shown whole.
const MAX_VALUE: usize = 300;

/// Writes the comment. Its first line is always the same, so that a later one can take its place.
pub(crate) fn markdown(difference: &Difference<'_>) -> String {
    let mut text = String::from("<!-- stackpass diff -->\n");
    if difference.is_empty() {
        text.push_str("**Permissions:** no difference.\n");
        return text;
    }
    let _ = writeln!(text, "**Permissions:** {}.\n", summary(difference));
    for (risk, number) in risks(difference) {
        let _ = writeln!(text, "- {}: **{}**", sentence(risk), thousands(number));
    }
    let tables = [
        ("New permissions", rows(&difference.added, Permission::Differs)),
        ("Permissions that are no longer needed", rows(&difference.removed, Permission::Differs)),
        ("New reasons for known permissions", rows(&difference.added, Permission::Same)),
        ("Reasons that are gone", rows(&difference.removed, Permission::Same)),
    ];
    for (title, rows) in tables {
        table(&mut text, title, "| action | who | on | for |\n|---|---|---|---|\n", &rows);
    }
    let gaps =
        [("New gaps", &difference.new_gaps), ("Gaps that are closed", &difference.gone_gaps)];
    for (title, gaps) in gaps {
        let rows: Vec<String> = gaps.iter().map(|gap| gap_row(gap)).collect();
        table(&mut text, title, "| gap | for | what |\n|---|---|---|\n", &rows);
    }
    text
}

fn sentence(risk: Risk) -> &'static str {
    match risk {
        Risk::PassesRole => "new permissions to pass a role to a service",
        Risk::ManagesPermissions => "new permissions to change who may do what",
        Risk::AnyResource => "new permissions to change what no name limits",
    }
}

/// A table that is folded up, with as many rows as there is room for.
fn table(text: &mut String, title: &str, heading: &str, rows: &[String]) {
    if rows.is_empty() {
        return;
    }
    let number = thousands(rows.len());
    let _ = write!(text, "\n<details><summary>{title}: {number}</summary>\n\n{heading}");
    let mut shown = 0;
    for row in rows {
        if text.len() + row.len() > MAX_CHARACTERS {
            break;
        }
        text.push_str(row);
        shown += 1;
    }
    if shown < rows.len() {
        let more = thousands(rows.len() - shown);
        let _ = writeln!(text, "\n{more} more are not shown; `--output json` has all.");
    }
    text.push_str("\n</details>\n");
}

fn rows(changes: &[Change<'_>], permission: Permission) -> Vec<String> {
    changes.iter().filter(|change| change.permission == permission).map(row).collect()
}

fn row(change: &Change<'_>) -> String {
    let risks: Vec<&str> = change.risks.iter().map(|risk| risk.meaning()).collect();
    let risks =
        if risks.is_empty() { String::new() } else { format!("<br>**{}**", risks.join(", ")) };
    let resources: Vec<&str> = change.grant.resources.iter().map(ArnPattern::as_str).collect();
    let mut on = code(&resources.join(", "));
    for condition in conditions(&change.grant.conditions) {
        let _ = write!(on, "<br>if {}", code(&condition));
    }
    for limit in change.limits.lines() {
        let _ = write!(on, "<br>{}", code(&limit));
    }
    let (who, why) = match change.need {
        Some(need) => (
            format!("{}: {}", need.who, phases(change).join(", ")),
            format!("{}<br>{}", code(&reason(change)), code(&need.why.place.to_string())),
        ),
        None => ("policy".to_owned(), String::new()),
    };
    format!("| {}{risks} | {who} | {on} | {why} |\n", code(&action(change)))
}

fn gap_row(gap: &Gap) -> String {
    let resource = gap.resource.as_ref().map_or_else(
        || gap.stack.clone(),
        |resource| format!("{} ({})", resource.logical_id, resource.resource_type),
    );
    let place = code(&gap.place.to_string());
    format!("| {} | {}<br>{place} | {} |\n", gap.code, code(&resource), code(&gap.message))
}

/// A user's text that stays text.
fn code(text: &str) -> String {
    let mut shown = String::from("<code>");
    for (number, character) in clean(text).chars().enumerate() {
        if number == MAX_VALUE {
            shown.push('…');
            break;
        }
        match character {
            ' ' | ':' | '/' | '.' | ',' | '-' | '=' | '(' | ')' => shown.push(character),
            _ if character.is_ascii_alphanumeric() => shown.push(character),
            _ if character.is_ascii() => {
                let _ = write!(shown, "&#{};", u32::from(character));
            }
            _ => shown.push(character),
        }
    }
    shown.push_str("</code>");
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_text_cannot_become_markup() {
        let nasty = "a|b`c`<img src=x>@team [x](javascript:1) **b** \n# h \\ _i_ ~s~ ${x}";
        let shown = code(nasty);
        let inside = shown.strip_prefix("<code>").unwrap().strip_suffix("</code>").unwrap();
        assert!(
            !inside.contains(['|', '`', '<', '>', '@', '[', ']', '*', '_', '~', '\\', '\n', '$'])
        );
        assert!(inside.contains("&#124;"), "{inside}");
    }

    #[test]
    fn links_of_text_are_left_to_no_one() {
        // Inside of `<code>` GitHub makes no links of addresses, issues or people.
        assert_eq!(code("https://x.example/#1"), "<code>https://x.example/&#35;1</code>");
    }

    #[test]
    fn long_values_and_long_tables_are_cut() {
        assert!(code(&"x".repeat(1000)).chars().count() < 330);
        let rows: Vec<String> = (0..2000).map(|number| format!("| {number:0>98} |\n")).collect();
        let mut text = String::new();
        table(&mut text, "Many", "| n |\n|---|\n", &rows);
        assert!(text.len() < 65_536, "{}", text.len());
        assert!(text.contains("more are not shown"), "the rest is counted");
        assert!(text.ends_with("</details>\n"));
    }
}

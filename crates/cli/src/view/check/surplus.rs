//! What is granted and not needed, in words.

use std::fmt::Write as _;

use super::reason::place as place_of;
use super::{few, row};
use crate::text::{HEADING, clean, count, list, paint, thousands, wrap};
use crate::unused::{Needed, Surplus, Unused};

/// How many statements are shown one by one.
const MAX_SHOWN: usize = 50;

/// The indent of what stands beside a label.
const INDENT: usize = 13;

/// Shows it statement by statement.
pub(super) fn surplus(unused: &[Unused<'_>], has_sides: bool) -> String {
    if unused.is_empty() {
        return format!("{}\n\n", paint(HEADING, "Nothing is granted that is not needed"));
    }
    let mut text = format!("{}\n", paint(HEADING, "Granted and not needed"));
    for statement in unused.iter().take(MAX_SHOWN) {
        let whose = if has_sides { format!(", {}", statement.holder) } else { String::new() };
        let _ = write!(text, "\n  {}{whose}\n", clean(&place_of(&statement.ground)));
        if statement.is_whole {
            text.push_str(&row("unneeded", &wrap("all of it", INDENT)));
            continue;
        }
        for it in &statement.surplus {
            if let Some(line) = partly(it) {
                text.push_str(&row("wider", &wrap(&clean(&line), INDENT)));
            }
        }
        let nothing: Vec<&str> = not_needed(statement);
        if !nothing.is_empty() {
            text.push_str(&row("unneeded", &list(&nothing, INDENT)));
        }
    }
    if let Some(more) = unused.len().checked_sub(MAX_SHOWN).filter(|more| *more > 0) {
        let more = count(more, "statement", "statements");
        let _ = writeln!(text, "\n  ... and {more} more; `--output json` has all");
    }
    text.push('\n');
    text
}

/// The actions of a statement of which nothing is needed.
fn not_needed<'a>(statement: &'a Unused<'_>) -> Vec<&'a str> {
    let of_nothing =
        |it: &&Surplus| matches!(it.needed, Needed::Nothing | Needed::Actions { needed: 0, .. });
    statement.surplus.iter().filter(of_nothing).map(|it| it.action.as_str()).collect()
}

/// What is said of an action of which something is needed.
fn partly(surplus: &Surplus) -> Option<String> {
    let Surplus { action, resources, needed } = surplus;
    match needed {
        Needed::Nothing | Needed::Actions { needed: 0, .. } => None,
        Needed::On(on) if on.iter().eq(resources) => {
            Some(format!("{action} is needed under conditions only"))
        }
        Needed::On(on) => {
            Some(format!("{action} on {} is needed on {} only", few(resources), few(on)))
        }
        Needed::Actions { needed, all } if needed == all => {
            Some(format!("{action} on {} is needed on narrower resources", few(resources)))
        }
        Needed::Actions { needed, all } => Some(format!(
            "{action} on {}: needs only {} of its {}",
            few(resources),
            thousands(*needed),
            count(*all, "action", "actions")
        )),
    }
}

/// The same as a sentence about the statement.
pub(super) fn sentence(unused: &Unused<'_>) -> String {
    if unused.is_whole {
        return "nothing of this statement is needed".to_owned();
    }
    let mut parts: Vec<String> = unused.surplus.iter().filter_map(partly).collect();
    let nothing = not_needed(unused);
    if !nothing.is_empty() {
        parts.push(format!("not needed: {}", nothing.join(", ")));
    }
    parts.join("; ")
}

//! Why a need is not covered, in words.

use stackpass_ground::arn::ArnPattern;
use stackpass_policy::compare::Extent;
use stackpass_policy::statement::{Effect, Selection, Statement};
use stackpass_stacks::need::Scoping;

use super::few;
use crate::coverage::Lack;
use crate::judge::{Ground, LayerKind, Near};
use crate::view::why;

/// How many statements are named.
const MAX_STATEMENTS: usize = 3;

/// The reasons, each a fragment that goes on after `but`.
pub(crate) fn reasons(lack: &Lack<'_>) -> Vec<String> {
    let grounds = lack.grounds();
    let of_statements = |reason: &dyn Fn(&Ground<'_>) -> String| {
        let mut reasons: Vec<String> = grounds.iter().take(MAX_STATEMENTS).map(reason).collect();
        if let Some(more) = grounds.len().checked_sub(MAX_STATEMENTS).filter(|more| *more > 0) {
            reasons.push(format!("so do {more} statements more"));
        }
        reasons
    };
    if let Some(boundary) = &lack.unbound {
        return vec![format!("only if the role or user has the boundary {boundary}")];
    }
    match lack.extent {
        Extent::Covered => Vec::new(),
        Extent::None => vec![match &lack.layer.kind {
            LayerKind::Identity => "no statement allows it".to_owned(),
            LayerKind::Boundary(name) => format!("the boundary {name} does not allow it"),
        }],
        Extent::Part if lack.need.scoping == Scoping::NoResourceLevel => of_statements(&|ground| {
            format!("{} names resources, and only `*` allows this action", place(ground))
        }),
        Extent::Part => of_statements(&|ground| {
            let on = resources(ground, lack);
            format!("{} allows it on {on} only", place(ground))
        }),
        Extent::Denied => of_statements(&|ground| format!("{} denies it", place(ground))),
        Extent::Open => of_statements(&|ground| open(ground, lack)),
    }
}

/// Where a statement stands, for people.
pub(crate) fn place(ground: &Ground<'_>) -> String {
    let line = ground.line().map(|line| format!(":{line}")).unwrap_or_default();
    format!("{}{line} {}", ground.policy.name, ground.path())
}

/// What a statement allows in place of a request.
pub(crate) fn near(near: &Near<'_>) -> String {
    match near {
        Near::Resource(ground) => {
            let resources = ground.statement().and_then(|it| it.resources.as_ref());
            let on = match resources {
                Some(Selection::Only(patterns)) => few(patterns),
                Some(Selection::Except(patterns)) => format!("all but {}", few(patterns)),
                None => "nothing".to_owned(),
            };
            format!("{} allows it on {on} only", place(ground))
        }
        Near::Conditions(ground) => {
            let conditions = ground.statement().map(|it| why::conditions(&it.conditions));
            let conditions = conditions.unwrap_or_default().join(" and ");
            format!("{} allows it if {conditions}", place(ground))
        }
    }
}

/// What the answer of a statement depends on.
fn open(ground: &Ground<'_>, lack: &Lack<'_>) -> String {
    let place = place(ground);
    let Some(statement) = ground.statement() else { return place };
    let verb = match statement.effect {
        Effect::Allow => "allows",
        Effect::Deny => "denies",
    };
    let conditions = why::conditions(&statement.conditions);
    let on = match resources_of(statement, lack) {
        patterns if patterns.is_empty() || is_whole(&patterns, lack) => String::new(),
        patterns => format!(" on {}", few(patterns)),
    };
    if conditions.is_empty() {
        return format!("{place} {verb} it{on}");
    }
    format!("{place} {verb} it{on} if {}", conditions.join(" and "))
}

fn is_whole(patterns: &[&ArnPattern], lack: &Lack<'_>) -> bool {
    lack.resources.iter().all(|resource| patterns.iter().any(|it| it.covers(resource)))
}

fn resources(ground: &Ground<'_>, lack: &Lack<'_>) -> String {
    let patterns = ground.statement().map(|it| resources_of(it, lack)).unwrap_or_default();
    match ground.statement().and_then(|it| it.resources.as_ref()) {
        Some(Selection::Except(excepted)) => format!("all but {}", few(excepted)),
        _ => few(patterns),
    }
}

/// The patterns of a statement that meet what is left of the need.
fn resources_of<'a>(statement: &'a Statement, lack: &Lack<'_>) -> Vec<&'a ArnPattern> {
    match &statement.resources {
        Some(Selection::Only(patterns)) => {
            let meets = |it: &&ArnPattern| lack.resources.iter().any(|left| it.overlaps(left));
            patterns.iter().filter(meets).collect()
        }
        Some(Selection::Except(_)) | None => Vec::new(),
    }
}

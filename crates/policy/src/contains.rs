//! Does a policy allow all that a grant asks for, whichever request of it is made? A proof over patterns and conditions.
//!
//! A pattern covers another one if it matches all that the other one does; a policy contains a grant if a statement of it
//! covers the patterns of the grant under conditions that the grant implies, and none denies a part. Single requests are
//! decided by [`evaluate`](crate::evaluate).

mod conditions;

use crate::action::ActionPattern;
use crate::arn::ArnPattern;
use crate::document::Document;
use crate::grant::Grant;
use crate::statement::{Effect, Selection, Statement};
use crate::wildcard::Syntax;

pub(crate) use conditions::{Relation, implies, relation};

/// Whether the policy allows every request of the grant: each action of its pattern, on each resource of each of its
/// patterns, under its conditions. `true` is always right; `false` may mean that several statements are needed together.
///
/// ```
/// use stackpass_policy::contains::contains;
/// use stackpass_policy::document::Document;
/// use stackpass_policy::grant::Grant;
/// use stackpass_policy::statement::Statement;
///
/// let allow = Statement::allow(["s3:Get*".parse()?], ["arn:aws:s3:::photos/*".parse()?]);
/// let policy = Document::new(vec![allow]);
/// let cats = || "arn:aws:s3:::photos/cats/*".parse();
/// assert!(contains(&policy, &Grant::new("s3:GetObject*".parse()?, [cats()?])));
/// assert!(!contains(&policy, &Grant::new("s3:*".parse()?, [cats()?])));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn contains(policy: &Document, grant: &Grant) -> bool {
    let syntax = policy.syntax();
    grant.resources.iter().all(|resource| {
        let touched =
            |statement: &&Statement| may_touch(statement, syntax, &grant.action, resource);
        let gives = |statement: &Statement| {
            statement.effect == Effect::Allow
                && statement.principal.is_none()
                && gives_action(statement, &grant.action)
                && gives_resource(statement, syntax, resource)
                && implies(&grant.conditions, &statement.conditions, syntax)
        };
        let mut statements = policy.statements.iter().filter(touched);
        statements.clone().all(|statement| statement.effect == Effect::Allow)
            && statements.any(gives)
    })
}

/// Whether some request of the action and the resource could be one that the statement is about.
fn may_touch(
    statement: &Statement,
    syntax: Syntax,
    action: &ActionPattern,
    resource: &ArnPattern,
) -> bool {
    touches_action(statement, action) && touches_resource(statement, syntax, resource)
}

/// Whether the statement is about some action of the pattern. `false` is always right, as it is of [`touches_resource`].
pub(crate) fn touches_action(statement: &Statement, action: &ActionPattern) -> bool {
    match &statement.actions {
        Selection::Only(patterns) => match action.to_action() {
            Some(action) => patterns.iter().any(|it| it.matches(&action)),
            None => patterns.iter().any(|it| it.overlaps(action)),
        },
        Selection::Except(patterns) => !patterns.iter().any(|it| it.covers(action)),
    }
}

/// Whether the statement is about some resource of the pattern.
pub(crate) fn touches_resource(
    statement: &Statement,
    syntax: Syntax,
    resource: &ArnPattern,
) -> bool {
    match &statement.resources {
        None => true,
        Some(Selection::Only(patterns)) => patterns.iter().any(|it| it.overlaps(resource)),
        Some(Selection::Except(patterns)) => {
            !patterns.iter().any(|it| is_covered(it, syntax, resource))
        }
    }
}

pub(crate) fn gives_action(statement: &Statement, action: &ActionPattern) -> bool {
    match &statement.actions {
        Selection::Only(patterns) => patterns.iter().any(|it| it.covers(action)),
        Selection::Except(patterns) => !patterns.iter().any(|it| it.overlaps(action)),
    }
}

pub(crate) fn gives_resource(statement: &Statement, syntax: Syntax, resource: &ArnPattern) -> bool {
    match &statement.resources {
        None => false,
        Some(Selection::Only(patterns)) => {
            patterns.iter().any(|it| is_covered(it, syntax, resource))
        }
        Some(Selection::Except(patterns)) => {
            // A variable without a value makes the whole statement not apply.
            let has_variable = |it: &ArnPattern| !means_the_same(it.as_str(), Syntax::Plain);
            let depends = syntax == Syntax::Variables && patterns.iter().any(has_variable);
            !depends && !patterns.iter().any(|it| it.overlaps(resource))
        }
    }
}

pub(crate) fn is_covered(pattern: &ArnPattern, syntax: Syntax, resource: &ArnPattern) -> bool {
    means_the_same(pattern.as_str(), syntax) && pattern.covers(resource)
}

/// Whether a text means the same here as in a document with policy variables, which a grant is written for.
fn means_the_same(text: &str, syntax: Syntax) -> bool {
    syntax == Syntax::Variables || !text.contains("${")
}

#[cfg(test)]
mod tests;

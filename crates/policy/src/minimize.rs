//! Fewer and shorter statements that mean the same, in as few policies as the quotas ask for.
//!
//! Statements with the same effect, principal and conditions are taken apart into pairs of one action and one resource. Pairs
//! that another pair covers are dropped, the rest is put together again by equal resources or by equal actions, or left as
//! it was, whichever is shortest. No pattern is ever made that was not in the input, so that nothing is widened, today or by actions that
//! AWS adds later. Statements with `NotAction`, `NotResource` or without `Resource` are kept as they are.

mod fit;
mod in_order;
mod merge;
mod names;
mod recheck;

use crate::document::Document;
use crate::sid;
use crate::size::size;
use crate::statement::Statement;
use fit::Cut;
use merge::Merged;
use names::Names;

pub use in_order::in_order;

/// The most pairs of an action and a resource that are taken apart. The largest policies that IAM takes have far fewer.
const MAX_PAIRS: usize = 1_000_000;

/// How many policies there may be, and how many characters each may have.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The number of policies.
    pub documents: usize,
    /// The characters of each, white space outside strings not counted.
    pub characters: usize,
}

/// What became of the statements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Minimized {
    /// The policies, each within the limits; none if there was nothing to allow or deny.
    pub documents: Vec<Document>,
}

/// Why there is no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MinimizeError {
    /// The statements do not fit the limits.
    #[error("the policy needs at least {needed} characters, {allowed} are allowed")]
    TooLarge {
        /// The characters of all statements in one policy, more than are allowed.
        needed: usize,
        /// The characters of all policies together.
        allowed: usize,
    },
    /// The statements combine too many actions with too many resources.
    #[error("the statements combine {found} actions and resources, {allowed} can be handled")]
    TooManyPairs {
        /// The number of pairs.
        found: usize,
        /// The largest number that is handled.
        allowed: usize,
    },
    /// The result could not be proved to mean the same as the input. This is a mistake in this library.
    #[error("the minimized policy could not be proved to mean the same as the input")]
    NotProved,
}

impl Limits {
    /// Managed policies of one role or user: 10 of 6,144 characters.
    pub const MANAGED: Limits = Limits { documents: 10, characters: 6_144 };

    /// The inline policies of a role, written as one: 10,240 characters.
    pub const ROLE_INLINE: Limits = Limits { documents: 1, characters: 10_240 };

    /// The inline policies of a user, written as one: 2,048 characters.
    pub const USER_INLINE: Limits = Limits { documents: 1, characters: 2_048 };

    /// The inline policies of a group, written as one: 5,120 characters.
    pub const GROUP_INLINE: Limits = Limits { documents: 1, characters: 5_120 };
}

/// Merges statements and fits them into the limits, without a change of meaning. The statements are taken to be of the
/// current version of the language.
///
/// The result does not depend on the order of the statements, and minimizing it again changes nothing. Each statement has
/// a Sid: the one that all its parts had in the input, else one made of its verb and services. When the Sids are what does
/// not fit, they are left out.
///
/// Before it returns, the result is checked against the input: each action and resource of the input must be covered under
/// the same conditions or none, and the result must have none that the input has not.
///
/// # Errors
///
/// [`MinimizeError::TooLarge`] if the statements do not fit, with the characters that they need; see the other variants for
/// what should not happen.
///
/// ```
/// use stackpass_policy::minimize::{Limits, minimize};
/// use stackpass_policy::statement::Statement;
///
/// let bucket = || "arn:aws:s3:::photos".parse();
/// let create = Statement::allow(["s3:CreateBucket".parse()?], [bucket()?]);
/// let delete = Statement::allow(["s3:DeleteBucket".parse()?], [bucket()?]);
/// let minimized = minimize(&[create, delete], &Limits::MANAGED)?;
/// assert_eq!(minimized.documents[0].statements.len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn minimize(statements: &[Statement], limits: &Limits) -> Result<Minimized, MinimizeError> {
    let found = statements.iter().map(pairs).fold(0, usize::saturating_add);
    if found > MAX_PAIRS {
        return Err(MinimizeError::TooManyPairs { found, allowed: MAX_PAIRS });
    }
    let names = Names::of(statements);
    let merged = merge::merge(statements, &names);
    let Some(fitted) = fitted(&merged, limits) else {
        let allowed = limits.documents.saturating_mul(limits.characters);
        let bare: Vec<Statement> =
            merged.shortest.into_iter().map(|it| Statement { sid: None, ..it }).collect();
        // What is lost at the ends of the policies can make the difference.
        let needed = size(&Document::new(bare)).max(allowed.saturating_add(1));
        return Err(MinimizeError::TooLarge { needed, allowed });
    };
    let documents: Vec<Document> = fitted.into_iter().map(Document::new).collect();
    let fits = documents.len() <= limits.documents
        && documents.iter().all(|document| size(document) <= limits.characters);
    if fits && recheck::means_the_same(statements, &documents, &names) {
        Ok(Minimized { documents })
    } else {
        Err(MinimizeError::NotProved)
    }
}

/// Where the Sids of a result come from.
#[derive(Clone, Copy)]
enum Sids {
    /// From the input, where all parts of a statement had the same; else made.
    Kept,
    /// All made.
    Made,
    /// There are none.
    None,
}

/// Distributes the statements to policies, with as much of the input's Sids and form as fits.
///
/// A statement of the input's form is never cut: its pieces would be another input next time, with another result.
fn fitted(merged: &Merged, limits: &Limits) -> Option<Vec<Vec<Statement>>> {
    [Sids::Kept, Sids::Made, Sids::None].into_iter().find_map(|sids| {
        let fit = |statements, cut| fit::fit(with_sids(statements, sids), limits, cut);
        let mut fitted =
            fit(&merged.shortest, Cut::Refused).or_else(|| fit(&merged.regular, Cut::Allowed))?;
        sid::number(fitted.iter_mut().flatten());
        Some(fitted)
    })
}

fn with_sids(statements: &[Statement], sids: Sids) -> Vec<Statement> {
    let sid = |statement: &Statement| match sids {
        Sids::Kept => statement.sid.clone().or_else(|| Some(sid::topic(statement))),
        Sids::Made => Some(sid::topic(statement)),
        Sids::None => None,
    };
    statements.iter().map(|it| Statement { sid: sid(it), ..it.clone() }).collect()
}

/// The number of pairs that a statement is taken apart into.
fn pairs(statement: &Statement) -> usize {
    names::sets(statement)
        .map_or(0, |(actions, resources)| actions.len().saturating_mul(resources.len()))
}

#[cfg(test)]
mod tests;

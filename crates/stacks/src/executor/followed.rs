//! Which references of a resource were followed, so that one that leads nowhere is told.
//!
//! A property may refer to things of several services, and an action acts on those of one. What no action of the resource acts on
//! was either mistyped or is not known to the rules, and must not disappear.

use std::cell::RefCell;
use std::collections::BTreeSet;

use crate::names;
use crate::resolve::Stack;
use crate::value::Text;

use super::PropertyAt;
use super::conditions::{Condition, Open};
use super::target::Targets;

/// A property path, and the ARN that stands there.
type Reference = (String, String);

/// The references of one resource that actions looked at.
#[derive(Debug, Default)]
pub(super) struct FollowedReferences {
    kept: RefCell<BTreeSet<Reference>>,
    dropped: RefCell<BTreeSet<Reference>>,
}

impl FollowedReferences {
    /// Notes that an action looked at a text, and whether it acts on what the text refers to.
    pub(super) fn note(&self, stack: &Stack, path: &str, text: &Text, is_kept: bool) {
        let list = if is_kept { &self.kept } else { &self.dropped };
        let arns = names::patterns(stack, text).into_iter();
        let literal = arns.filter(|it| it.is_named() && it.is_arn());
        list.borrow_mut().extend(literal.map(|pattern| (path.to_owned(), pattern.into_string())));
    }

    /// The references that no action acts on.
    pub(super) fn leading_nowhere(&self) -> Vec<Reference> {
        self.dropped.borrow().difference(&self.kept.borrow()).cloned().collect()
    }
}

/// A reference that an action follows.
#[derive(Debug)]
pub(super) struct Followed {
    pub(super) at: PropertyAt,
    pub(super) targets: Targets,
    pub(super) conditions: Vec<Condition>,
    /// Conditions that are left out.
    pub(super) open: Vec<Open>,
}

//! How far references are followed from a name, so that circles end and long chains cost little.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::need::Scoping;
use crate::pattern::Pattern;
use crate::resolve::Stack;
use crate::template::LogicalId;

/// How many references lie between a resource and its name at the most.
const MAX_DEPTH: usize = 64;

/// How many different references are followed for one question at the most.
const MAX_REFERENCES: usize = 4096;

/// A resource of a stack, told by its address, and an attribute of it.
pub(super) type Reference = (*const Stack, LogicalId, Option<String>);

/// What was found out for one question: each reference is followed once.
#[derive(Default)]
pub(super) struct Question {
    /// `None` while a reference is being followed, which shows circles.
    followed: RefCell<BTreeMap<Reference, Option<BTreeSet<Pattern>>>>,
}

/// How far references are still followed.
#[derive(Clone, Copy)]
pub(super) struct Reach<'a> {
    depth: usize,
    question: &'a Question,
}

impl<'a> Reach<'a> {
    pub(super) fn new(question: &'a Question) -> Reach<'a> {
        Reach { depth: MAX_DEPTH, question }
    }

    /// Follows a reference, unless that was done before. One that leads back to itself, or too far, is out of reach.
    pub(super) fn follow(
        self,
        reference: Reference,
        patterns: impl FnOnce(Reach<'a>) -> BTreeSet<Pattern>,
    ) -> BTreeSet<Pattern> {
        let out_of_reach = || BTreeSet::from([Pattern::any(Scoping::OutOfReach)]);
        let followed = &self.question.followed;
        match followed.borrow().get(&reference) {
            Some(Some(patterns)) => return patterns.clone(),
            Some(None) => return out_of_reach(),
            None => {}
        }
        let Some(depth) = self.depth.checked_sub(1) else { return out_of_reach() };
        if followed.borrow().len() >= MAX_REFERENCES {
            return out_of_reach();
        }
        followed.borrow_mut().insert(reference.clone(), None);
        let found = patterns(Reach { depth, ..self });
        followed.borrow_mut().insert(reference, Some(found.clone()));
        found
    }
}

//! What many actions of one resource ask, worked out once.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use stackpass_policy::catalogue::ResourceTypeFacts;

use super::Subject;
use crate::names;
use crate::pattern::Pattern;

/// The answers for one resource.
#[derive(Debug, Default)]
pub(super) struct Once {
    arns: OnceCell<BTreeSet<Pattern>>,
    literal_arns: OnceCell<BTreeMap<String, Vec<Pattern>>>,
    /// What the properties say of a resource type of the catalogue, by service and name.
    referenced: RefCell<BTreeMap<(&'static str, &'static str), BTreeSet<Pattern>>>,
}

impl<'a> Subject<'a> {
    /// The ARNs that the resource may have.
    pub(super) fn arns(&self) -> &'a BTreeSet<Pattern> {
        self.once.arns.get_or_init(|| names::arns(self.stack, self.resource))
    }

    /// The ARNs that stand in properties or that a property refers to, by the path of each property that holds a text.
    pub(super) fn literal_arns(&self) -> &'a BTreeMap<String, Vec<Pattern>> {
        self.once.literal_arns.get_or_init(|| {
            let texts = self.resource.properties.texts_within().into_iter();
            let arns = texts.map(|(path, texts)| {
                let literal = texts.iter().flat_map(|text| {
                    let is_reference = text.as_attribute().is_some();
                    names::patterns(self.stack, text).into_iter().filter(move |pattern| {
                        let is_literal = pattern.is_named() || is_reference;
                        is_literal && pattern.is_arn()
                    })
                });
                (path, literal.collect())
            });
            arns.collect()
        })
    }

    /// What the properties say of a resource type: what `work_out` gives, which is asked once for each type.
    pub(super) fn referenced(
        &self,
        kind: &ResourceTypeFacts,
        work_out: impl FnOnce() -> BTreeSet<Pattern>,
    ) -> BTreeSet<Pattern> {
        let key = (kind.service(), kind.name());
        if let Some(patterns) = self.once.referenced.borrow().get(&key) {
            return patterns.clone();
        }
        let patterns = work_out();
        self.once.referenced.borrow_mut().insert(key, patterns.clone());
        patterns
    }
}

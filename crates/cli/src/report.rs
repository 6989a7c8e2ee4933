//! An answer as a value: what the views show.

use stackpass_stacks::need::{Gap, Need};
use stackpass_stacks::policies::{NeedSelection, Unscoped, unscoped};

use crate::args::Limit;
use crate::engine::Derived;
use crate::error::CliError;
use crate::policies::{Policy, policies};

/// All that an answer says.
#[derive(Debug)]
pub(crate) struct Report<'a> {
    /// What the engine says.
    pub(crate) derived: &'a Derived,
    /// The needs that were asked for.
    pub(crate) needs: Vec<&'a Need>,
    /// The policies that they make.
    pub(crate) policies: Vec<Policy>,
    /// What could not be scoped.
    pub(crate) unscoped: Vec<Unscoped>,
}

impl<'a> Report<'a> {
    /// Makes the answer of an input that can be used.
    pub(crate) fn new(
        derived: &'a Derived,
        selection: NeedSelection,
        limit: Limit,
    ) -> Result<Report<'a>, CliError> {
        let needs = selection.of(&derived.needs);
        let policies = policies(&needs, derived.mode, limit)?;
        let unscoped = unscoped(needs.iter().copied());
        Ok(Report { derived, needs, policies, unscoped })
    }

    /// Makes the answer of an input that cannot be used: nothing but what is wrong with it.
    pub(crate) fn of_unusable(derived: &'a Derived) -> Report<'a> {
        Report { derived, needs: Vec::new(), policies: Vec::new(), unscoped: Vec::new() }
    }

    /// What could not be worked out.
    pub(crate) fn gaps(&self) -> &'a [Gap] {
        &self.derived.needs.gaps
    }

    /// How many different actions there are among the needs.
    pub(crate) fn actions(&self) -> usize {
        let mut actions: Vec<_> = self.needs.iter().map(|need| &need.action).collect();
        actions.sort();
        actions.dedup();
        actions.len()
    }
}

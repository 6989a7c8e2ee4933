//! Which needs count.

use crate::need::{Hardness, Lifetime, Need, Needs, Who};

/// Which of the needs of a deployment count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NeedSelection {
    /// Only those of one side; else those of both.
    pub who: Option<Who>,
    /// The part of the stack's life.
    pub lifetime: Lifetime,
    /// The softest hardness that counts.
    pub softest: Hardness,
}

impl NeedSelection {
    /// All that a deployment calls, on both sides and in its whole life. What only something beside the deployment wants, such
    /// as drift detection, does not count.
    pub const DEPLOYMENT: NeedSelection =
        NeedSelection { who: None, lifetime: Lifetime::All, softest: Hardness::Soft };

    /// Whether a need counts.
    pub fn includes(&self, need: &Need) -> bool {
        need.hardness <= self.softest
            && self.lifetime.includes(need.phase)
            && self.who.is_none_or(|who| who == need.who)
    }

    /// The needs that count, in their order.
    pub fn of<'a>(&self, needs: &'a Needs) -> Vec<&'a Need> {
        needs.needs.iter().filter(|need| self.includes(need)).collect()
    }
}

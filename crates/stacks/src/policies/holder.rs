//! Who holds a permission.

use std::fmt;

use crate::deployment::Mode;
use crate::need::{Need, Who};

/// Whose policies a need goes into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Holder {
    /// Who runs the tool.
    Caller,
    /// The role that CloudFormation acts with.
    Executor,
    /// Who runs the tool, with whose permissions CloudFormation acts as well.
    Deploy,
}

impl Holder {
    /// All of them, in the order in which their policies stand.
    pub const ALL: [Holder; 3] = [Holder::Caller, Holder::Executor, Holder::Deploy];

    /// Who holds what a need asks for. CloudFormation has no permissions of its own in direct mode.
    pub fn of(need: &Need, mode: Mode) -> Holder {
        match (mode, need.who) {
            (Mode::Direct, _) => Holder::Deploy,
            (_, Who::Caller) => Holder::Caller,
            (_, Who::Executor) => Holder::Executor,
        }
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Holder::Caller => "caller",
            Holder::Executor => "executor",
            Holder::Deploy => "deploy",
        })
    }
}

//! What was done, written down before and after each step, so that it can be finished or undone after anything.
//!
//! A journal is one file of JSON lines: `begin` with the whole plan and the way back of each step, then `intent` before and
//! `done` after each step, then an end. Each line is on the disk before the next thing happens. A line that was being written
//! when the program was killed counts as not written. There are policies in it and no credentials.
//!
//! Journals lie in a [`Folder`], which is locked while one is written: the operating system takes the lock away from a program
//! that dies.

mod file;
mod folder;

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::account::Account;
use crate::desired::ApplyId;
use crate::plan::Planned;
use crate::state::{Scope, VersionId};

pub use folder::{Folder, Wait, history, survey};

pub(crate) use file::Writer;

/// The version of the format.
const FORMAT: u32 = 1;

/// When, where and by whom something is done; the caller of this crate says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Occasion {
    /// The time, as in `2026-11-23T22:01:02Z`. It is only shown.
    pub time: String,
    /// The account that is worked on.
    pub account: Account,
    /// The endpoint, if it is not AWS's.
    pub endpoint: Option<String>,
    /// The ARN of who calls.
    pub caller: String,
    /// This program and its version.
    pub tool: String,
    /// What it is about, in a few words: `role/deploy`.
    pub title: String,
}

/// The first line of a journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The version of the format.
    pub format: u32,
    /// The place in the order of all journals of the folder.
    pub sequence: u64,
    /// The id.
    pub id: ApplyId,
    /// Whether something is applied or taken back.
    pub kind: Kind,
    /// When, where and by whom.
    pub occasion: Occasion,
    /// All steps, in their order.
    pub steps: Vec<Planned>,
}

/// Whether something is applied or taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Something is applied.
    Apply,
    /// The apply of this id is taken back.
    Rollback(ApplyId),
}

/// A journal as read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Journal {
    /// Where it lies.
    pub path: PathBuf,
    /// What it is about.
    pub header: Header,
    /// How far each step is, in the order of the header's steps.
    pub progress: Vec<Progress>,
    /// What failed, step and text, in its order.
    pub failures: Vec<(usize, String)>,
    /// How it ended; `None` if it has not.
    pub end: Option<End>,
    /// The number of bytes that are whole lines.
    pub(crate) whole: u64,
}

/// How far a step is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Nothing was done.
    Todo,
    /// It was about to be done; whether it was, IAM knows. Holds the versions that the policy had.
    Intended(BTreeSet<VersionId>),
    /// It was done.
    Done {
        /// The version that it made.
        made: Option<VersionId>,
        /// What it touched, after it, where that is not what was planned.
        found: Option<Value>,
    },
    /// It was so already.
    Skipped,
}

/// How a journal ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// All steps are done.
    Finished,
    /// Nothing was done at all.
    Abandoned,
}

/// What became of a journal, seen together with the others of its folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// It has to be finished or rolled back before anything else is applied to the account.
    Unfinished,
    /// All steps are done.
    Finished,
    /// Nothing was done at all.
    Abandoned,
    /// It was taken back by the rollback of this id.
    RolledBack(ApplyId),
}

/// A line of a journal.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub(crate) enum Record {
    Begin(Box<Header>),
    Intent {
        step: usize,
        known: BTreeSet<VersionId>,
    },
    Done {
        step: usize,
        made: Option<VersionId>,
        found: Option<Value>,
    },
    Skipped {
        step: usize,
    },
    Failed {
        step: usize,
        error: String,
        #[serde(default = "is_unsure")]
        unsure: bool,
    },
    End {
        how: End,
    },
}

/// A journal that does not say whether a step that failed may have been done.
fn is_unsure() -> bool {
    true
}

/// Why a journal or its folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// The operating system refuses.
    #[error("cannot {doing} `{}`", path.display())]
    Io {
        /// What was tried: `read`, `write`, `lock`.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Its reason.
        #[source]
        source: io::Error,
    },
    /// Another program works with the folder.
    #[error("another apply or rollback works with `{}`", .0.display())]
    Locked(PathBuf),
    /// A line is not one of a journal.
    #[error("line {line} of `{}` is not one of a journal", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// The number of the line, from 1.
        line: usize,
    },
    /// A newer version of this program wrote it.
    #[error("`{}` was written by a newer version of this program", .0.display())]
    Newer(PathBuf),
    /// There is a journal of this id already.
    #[error("there is a journal `{0}` already")]
    Repeated(ApplyId),
    /// There is no journal of this id.
    #[error("there is no journal `{0}`")]
    Missing(String),
}

impl Journal {
    /// The id.
    pub fn id(&self) -> &ApplyId {
        &self.header.id
    }

    /// Whether something may have been written to IAM.
    pub fn has_done_something(&self) -> bool {
        let idle = |progress: &Progress| matches!(progress, Progress::Todo | Progress::Skipped);
        !self.progress.iter().all(idle)
    }

    /// What became of it, with all journals of its folder at hand.
    pub fn status(&self, all: &[Journal]) -> Status {
        let takes_back = |other: &&Journal| {
            other.header.kind == Kind::Rollback(self.header.id.clone())
                && other.end == Some(End::Finished)
        };
        if let Some(rollback) = all.iter().find(takes_back) {
            return Status::RolledBack(rollback.header.id.clone());
        }
        match self.end {
            None => Status::Unfinished,
            Some(End::Finished) => Status::Finished,
            Some(End::Abandoned) => Status::Abandoned,
        }
    }

    /// What must be known of IAM to go on or back.
    pub fn scope(&self) -> Scope {
        let mut scope = Scope::default();
        for planned in &self.header.steps {
            scope.add(&planned.step);
            for undo in &planned.undo {
                scope.add(undo);
            }
        }
        scope
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Status::Unfinished => f.write_str("unfinished"),
            Status::Finished => f.write_str("finished"),
            Status::Abandoned => f.write_str("nothing done"),
            Status::RolledBack(id) => write!(f, "rolled back by {id}"),
        }
    }
}

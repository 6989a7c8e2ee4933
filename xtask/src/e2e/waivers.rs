//! Calls that need not be allowed: habits of the emulator that AWS does not have, each with its reason.
//!
//! There are none for the caller, and there must be none: its calls are those of the real tools.

use std::cell::RefCell;
use std::collections::BTreeSet;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::replay::Denied;
use crate::shell;

const FILE: &str = "xtask/e2e/waivers.toml";

/// The list, and which of it was used.
pub(super) struct Waivers {
    waivers: Vec<Waiver>,
    used: RefCell<BTreeSet<usize>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    waiver: Vec<Waiver>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Waiver {
    /// The type of the resource that the engine worked on, or `engine`.
    subject: String,
    actions: Vec<String>,
    /// Only in this case.
    case: Option<String>,
    /// Only with the policies of this phase: `create`, `update`, `delete`.
    phase: Option<String>,
    reason: String,
}

impl Waivers {
    /// Reads the list of the repository.
    pub(super) fn read() -> Result<Waivers> {
        let path = shell::root().join(FILE);
        parse(&shell::read(&path)?).with_context(|| format!("cannot read {}", path.display()))
    }

    /// Whether a call of the engine needs not be allowed.
    pub(super) fn covers(&self, case: &str, denied: &Denied) -> bool {
        let covers = |waiver: &Waiver| {
            waiver.subject == denied.subject
                && waiver.actions.contains(&denied.request.action)
                && waiver.case.as_deref().is_none_or(|name| name == case)
                && waiver.phase.as_deref().is_none_or(|phase| phase == denied.phase)
        };
        let found = self.waivers.iter().position(covers);
        self.used.borrow_mut().extend(found);
        found.is_some()
    }

    /// Those that nothing needed; only what a run of all cases says counts.
    pub(super) fn unused(&self) -> Vec<String> {
        let used = self.used.borrow();
        let waivers = self.waivers.iter().enumerate().filter(|(at, _)| !used.contains(at));
        let text = |(_, waiver): (usize, &Waiver)| {
            let actions = waiver.actions.join(", ");
            format!("{FILE}: the waiver of {actions} for {} is not needed", waiver.subject)
        };
        waivers.map(text).collect()
    }
}

fn parse(text: &str) -> Result<Waivers> {
    let File { waiver: waivers } = toml::from_str(text)?;
    for waiver in &waivers {
        if waiver.subject == "caller" {
            bail!("{}: no call of the caller can be waived", waiver.actions.join(", "));
        }
        if waiver.reason.trim().is_empty() {
            bail!("a waiver of {} has no reason", waiver.subject);
        }
    }
    Ok(Waivers { waivers, used: RefCell::default() })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::e2e::calls::Request;

    fn waivers(subject: &str, reason: &str) -> Result<Waivers> {
        let text = format!("subject = '{subject}'\nactions = ['a:B']\nreason = '{reason}'");
        parse(&format!("[[waiver]]\n{text}\ncase = 'one'\nphase = 'delete'"))
    }

    fn denied(phase: &str, action: &str) -> Denied {
        let (resource, context) = (None, BTreeMap::new());
        Denied {
            phase: phase.to_owned(),
            subject: "AWS::S3::Bucket".to_owned(),
            logical_id: None,
            call: String::new(),
            request: Request { action: action.to_owned(), resource, context },
            verdict: String::new(),
        }
    }

    #[test]
    fn a_waiver_is_for_a_subject_an_action_a_case_and_a_phase() {
        let waivers = waivers("AWS::S3::Bucket", "a habit").unwrap();
        assert!(!waivers.covers("two", &denied("delete", "a:B")));
        assert!(!waivers.covers("one", &denied("delete", "a:C")));
        assert!(!waivers.covers("one", &denied("create", "a:B")));
        assert_eq!(waivers.unused().len(), 1);
        assert!(waivers.covers("one", &denied("delete", "a:B")));
        assert_eq!(waivers.unused().len(), 0);
    }

    #[test]
    fn the_caller_is_never_waived_and_a_reason_is_given() {
        assert!(waivers("caller", "a habit").is_err());
        assert!(waivers("AWS::S3::Bucket", " ").is_err());
    }
}

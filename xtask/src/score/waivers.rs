//! What is known to be otherwise than the corpus says, with the reason: `xtask/score/*.toml`.

use std::cell::Cell;
use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::shell;

/// A waiver file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Waivers {
    /// How many actions each policy may have beyond the proved role.
    #[serde(default)]
    pub(super) excess: BTreeMap<String, usize>,
    #[serde(default, rename = "waiver")]
    waivers: Vec<Waiver>,
}

/// Actions that need not be allowed for a subject (a role, a resource type), and why.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Waiver {
    subject: String,
    actions: Vec<String>,
    reason: String,
    /// The only recording that it holds for; all, if there is none.
    recording: Option<String>,
    #[serde(skip)]
    used: Cell<bool>,
}

impl Waivers {
    /// Reads `xtask/score/NAME.toml`.
    pub(super) fn read(name: &str) -> Result<Waivers> {
        let path = shell::root().join("xtask/score").join(format!("{name}.toml"));
        Waivers::parse(&shell::read(&path)?)
            .with_context(|| format!("cannot use {}", path.display()))
    }

    fn parse(text: &str) -> Result<Waivers> {
        let waivers: Waivers = toml::from_str(text)?;
        for waiver in &waivers.waivers {
            ensure!(
                !waiver.reason.trim().is_empty(),
                "a waiver of `{}` has no reason",
                waiver.subject
            );
        }
        Ok(waivers)
    }

    /// Whether an action of a subject is waived; remembers that the waiver was of use.
    pub(super) fn covers(&self, subject: &str, action: &str, of: &str) -> bool {
        let mut covered = false;
        let holds = |waiver: &&Waiver| {
            waiver.subject == subject && waiver.recording.as_deref().is_none_or(|name| name == of)
        };
        for waiver in self.waivers.iter().filter(holds) {
            if waiver.actions.iter().any(|waived| waived == action) {
                waiver.used.set(true);
                covered = true;
            }
        }
        covered
    }

    /// The waivers that nothing needed so far.
    pub(super) fn unused(&self) -> impl Iterator<Item = String> {
        let unused = self.waivers.iter().filter(|waiver| !waiver.used.get());
        unused.map(|waiver| {
            format!(
                "nothing needs the waiver of {} for `{}`",
                waiver.actions.join(", "),
                waiver.subject
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "[[waiver]]\nsubject = 'A'\nactions = ['s3:GetObject']\nreason = 'r'\n\
                        [[waiver]]\nsubject = 'B'\nactions = ['s3:PutObject']\nreason = 'r'\n";

    #[test]
    fn a_waiver_that_nothing_needs_is_told() {
        let waivers = Waivers::parse(TEXT).unwrap();
        assert!(waivers.covers("A", "s3:GetObject", "any"));
        assert!(!waivers.covers("B", "s3:GetObject", "any"));
        let unused: Vec<String> = waivers.unused().collect();
        assert_eq!(unused, ["nothing needs the waiver of s3:PutObject for `B`"]);
    }

    #[test]
    fn a_waiver_without_a_reason_is_refused() {
        let text = "[[waiver]]\nsubject = 'A'\nactions = []\nreason = ' '\n";
        assert!(Waivers::parse(text).is_err());
    }
}

//! What is known to be otherwise than the corpus says, with the reason: `xtask/score/*.toml`.

use std::cell::Cell;
use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::e2e::replay::Denied;
use crate::shell;

/// A waiver file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Waivers {
    /// How many actions each policy may have beyond the proved role.
    #[serde(default)]
    pub(super) excess: BTreeMap<String, usize>,
    /// Counts over everything, which only shrink.
    #[serde(default)]
    pub(super) ratchet: BTreeMap<String, usize>,
    #[serde(default, rename = "waiver")]
    list: Vec<Waiver>,
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
    /// The only phase that it holds for; all, if there is none.
    phase: Option<String>,
    /// A pattern for the resources that it holds for, whose `*` stands for text without `:` and `/`; all, if there is none.
    resource: Option<String>,
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
        for waiver in &waivers.list {
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
        self.covers_where(|waiver| {
            waiver.subject == subject
                && waiver.actions.iter().any(|waived| waived == action)
                && waiver.recording.as_deref().is_none_or(|name| name == of)
        })
    }

    /// Whether a request that was denied in a recording is waived; remembers that the waiver was of use.
    pub(super) fn covers_denied(&self, denied: &Denied, recording: &str) -> bool {
        let resource = denied.request.resource.as_deref().unwrap_or("*");
        self.covers_where(|waiver| {
            waiver.subject == denied.subject
                && waiver.actions.contains(&denied.request.action)
                && waiver.recording.as_deref().is_none_or(|name| name == recording)
                && waiver.phase.as_deref().is_none_or(|phase| phase == denied.phase)
                && waiver.resource.as_deref().is_none_or(|pattern| matches(pattern, resource))
        })
    }

    fn covers_where(&self, holds: impl Fn(&Waiver) -> bool) -> bool {
        let mut covered = false;
        for waiver in self.list.iter().filter(|waiver| holds(waiver)) {
            waiver.used.set(true);
            covered = true;
        }
        covered
    }

    /// The waivers that nothing needed so far.
    pub(super) fn unused(&self) -> impl Iterator<Item = String> {
        let unused = self.list.iter().filter(|waiver| !waiver.used.get());
        unused.map(|waiver| {
            format!(
                "nothing needs the waiver of {} for `{}`",
                waiver.actions.join(", "),
                waiver.subject
            )
        })
    }
}

/// Whether a pattern covers a resource. A `*` does not go beyond its part of an ARN.
fn matches(pattern: &str, resource: &str) -> bool {
    let parts = |text: &str| -> Vec<String> { text.split([':', '/']).map(str::to_owned).collect() };
    let (pattern, resource) = (parts(pattern), parts(resource));
    let fits = |(pattern, part): (&String, &String)| match pattern.split_once('*') {
        Some((start, end)) => part.strip_prefix(start).is_some_and(|rest| rest.ends_with(end)),
        None => pattern == part,
    };
    pattern.len() == resource.len() && pattern.iter().zip(&resource).all(fits)
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
    fn a_star_stays_in_its_part_of_the_arn() {
        let pattern = "arn:aws:events:*:*:rule/*";
        assert!(matches(pattern, "arn:aws:events:us-east-1:111122223333:rule/name"));
        assert!(!matches(pattern, "arn:aws:events:us-east-1:111122223333:rule/bus/name"));
    }

    #[test]
    fn a_waiver_without_a_reason_is_refused() {
        let text = "[[waiver]]\nsubject = 'A'\nactions = []\nreason = ' '\n";
        assert!(Waivers::parse(text).is_err());
    }
}

//! How much more is granted than was called, and how many needs are covered twice, case by case: `xtask/e2e/ratchet.toml` holds
//! what was reached, and it only gets better.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::replay::{Holder, Ratio};
use crate::shell;

const FILE: &str = "xtask/e2e/ratchet.toml";

const HEADER: &str = "\
# By case: needs that other needs cover as well, and by holder the actions that the generated policies grant, and how many of them
# the deployment called. `cargo xtask e2e` fails when more is granted for what is called, or more is redundant; `cargo xtask e2e
# --accept` writes the file.
";

/// What one case came to.
#[derive(Debug, Default)]
pub(super) struct Ratios {
    pub(super) holders: BTreeMap<Holder, Ratio>,
    /// Needs whose calls other needs cover as well.
    pub(super) redundant: usize,
}

/// What was reached.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(super) struct Ratchet(BTreeMap<String, Reached>);

#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
struct Reached {
    redundant: usize,
    holders: BTreeMap<String, Counts>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
struct Counts {
    granted: usize,
    called: usize,
}

/// How a case compares to the file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    Same,
    /// Says what to do.
    Better(String),
    Worse(String),
}

impl Ratchet {
    pub(super) fn read() -> Result<Ratchet> {
        let path = shell::root().join(FILE);
        toml::from_str(&shell::read(&path)?)
            .with_context(|| format!("cannot read {}", path.display()))
    }

    pub(super) fn write(&self) -> Result<()> {
        let text = format!("{HEADER}\n{}", toml::to_string(self)?);
        shell::write(&shell::root().join(FILE), &text)
    }

    /// Compares a case with what was reached.
    pub(super) fn compare(&self, case: &str, ratios: &Ratios) -> Step {
        let Some(reached) = self.0.get(case) else {
            return Step::Worse(format!("{case} is not in {FILE}; `--accept` writes it"));
        };
        let now = Reached::of(ratios);
        if !now.holders.keys().eq(reached.holders.keys()) {
            return Step::Worse(format!("{ratios}: {case} has other holders in {FILE}"));
        }
        for ((holder, now), reached) in now.holders.iter().zip(reached.holders.values()) {
            if now.granted * reached.called > reached.granted * now.called {
                let text = format!(
                    "{holder}: {} granted for {} called, {} for {} before",
                    now.granted, now.called, reached.granted, reached.called
                );
                return Step::Worse(text);
            }
        }
        if now.redundant > reached.redundant {
            let (now, reached) = (now.redundant, reached.redundant);
            return Step::Worse(format!(
                "{now} needs are covered by others as well, {reached} before"
            ));
        }
        if now == *reached {
            return Step::Same;
        }
        Step::Better(format!("better than {FILE} says; `--accept` writes it"))
    }

    pub(super) fn accept(&mut self, case: &str, ratios: &Ratios) {
        self.0.insert(case.to_owned(), Reached::of(ratios));
    }
}

impl Reached {
    fn of(ratios: &Ratios) -> Reached {
        let count = |(holder, ratio): (&Holder, &Ratio)| {
            (name(*holder), Counts { granted: ratio.granted, called: ratio.called })
        };
        Reached { redundant: ratios.redundant, holders: ratios.holders.iter().map(count).collect() }
    }
}

fn name(holder: Holder) -> String {
    format!("{holder:?}").to_lowercase()
}

impl fmt::Display for Ratios {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |(holder, ratio): (&Holder, &Ratio)| {
            format!("{} {}/{}", name(*holder), ratio.granted, ratio.called)
        };
        f.write_str(&self.holders.iter().map(text).collect::<Vec<_>>().join(", "))?;
        if self.redundant > 0 {
            write!(f, ", {} redundant", self.redundant)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ratios(granted: usize, called: usize) -> Ratios {
        let holders = BTreeMap::from([(Holder::Caller, Ratio { granted, called })]);
        Ratios { holders, redundant: 2 }
    }

    fn check(granted: usize, called: usize) -> Step {
        let mut ratchet = Ratchet::default();
        ratchet.accept("one", &ratios(20, 10));
        ratchet.compare("one", &ratios(granted, called))
    }

    #[test]
    fn what_was_reached_holds() {
        assert_eq!(check(20, 10), Step::Same);
    }

    #[test]
    fn more_granted_or_less_called_is_worse() {
        assert!(matches!(check(21, 10), Step::Worse(_)));
        assert!(matches!(check(20, 9), Step::Worse(_)));
    }

    #[test]
    fn less_granted_for_a_call_is_better() {
        assert!(matches!(check(19, 10), Step::Better(_)));
        assert!(matches!(check(22, 11), Step::Better(_)));
    }

    #[test]
    fn more_redundant_needs_and_other_holders_are_worse() {
        let mut ratchet = Ratchet::default();
        ratchet.accept("one", &ratios(20, 10));
        let redundant = Ratios { redundant: 3, ..ratios(20, 10) };
        let vanished = Ratios { holders: BTreeMap::new(), redundant: 0 };
        for worse in [redundant, vanished] {
            assert!(matches!(ratchet.compare("one", &worse), Step::Worse(_)));
        }
    }

    #[test]
    fn a_new_case_has_to_be_accepted() {
        assert!(matches!(Ratchet::default().compare("one", &ratios(1, 1)), Step::Worse(_)));
    }
}

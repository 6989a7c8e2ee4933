//! A stopwatch for whole processes.

use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::shell;

/// How long a command took, over some runs.
pub(super) struct Timing {
    pub(super) median_ms: f64,
    pub(super) min_ms: f64,
    pub(super) max_ms: f64,
    pub(super) runs: usize,
    /// Of the last run: a linter that finds something ends with another code than 0.
    pub(super) exit_code: i32,
}

/// Runs a command once to warm up and then so many times. Its output goes nowhere.
pub(super) fn measure(command: &mut Command, runs: usize) -> Result<Timing> {
    command.stdout(Stdio::null()).stderr(Stdio::null());
    once(command)?;
    let mut took = Vec::with_capacity(runs);
    let mut exit_code = 0;
    for _ in 0..runs {
        let start = Instant::now();
        exit_code = once(command)?;
        took.push(start.elapsed().as_secs_f64() * 1000.0);
    }
    summary(took, exit_code)
}

fn once(command: &mut Command) -> Result<i32> {
    let status =
        command.status().with_context(|| format!("cannot start {}", shell::line(command)))?;
    status.code().with_context(|| format!("{} ended with {status}", shell::line(command)))
}

fn summary(mut took: Vec<f64>, exit_code: i32) -> Result<Timing> {
    took.sort_by(f64::total_cmp);
    let (Some(&min_ms), Some(&max_ms)) = (took.first(), took.last()) else { bail!("no runs") };
    let upper = took.get(took.len() / 2).copied().unwrap_or(max_ms);
    let lower = took.get((took.len() - 1) / 2).copied().unwrap_or(min_ms);
    Ok(Timing {
        median_ms: f64::midpoint(lower, upper),
        min_ms,
        max_ms,
        runs: took.len(),
        exit_code,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_count_is_between_the_two_in_the_middle() {
        let timing = summary(vec![9.0, 1.0, 2.0, 4.0], 0).unwrap();
        let Timing { median_ms, min_ms, max_ms, .. } = timing;
        assert_eq!(format!("{median_ms} {min_ms} {max_ms}"), "3 1 9");
    }

    #[test]
    fn nothing_measured_is_an_error() {
        assert!(summary(Vec::new(), 0).is_err());
    }

    #[test]
    fn a_process_is_timed_and_its_exit_code_kept() {
        let timing = measure(shell::cargo().arg("--no-such-option"), 2).unwrap();
        assert_eq!(timing.runs, 2);
        assert_ne!(timing.exit_code, 0);
        assert!(timing.min_ms > 0.0);
    }
}

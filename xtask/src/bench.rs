//! `cargo xtask bench`: how fast and how large the program is, beside others on the same input in the same run.
//!
//! The others come from PyPI into an environment under `target/bench`. One that cannot be installed is reported with the reason.
//! Nothing here needs an AWS account: what asks AWS is answered by a loopback mock that adds no latency, which flatters it.

mod measure;
mod mock;
mod peers;
mod size;

use std::path::{Path, PathBuf, absolute};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::shell::{self, Profile};

use measure::Timing;

const USAGE: &str =
    "usage: cargo xtask bench [PATH...] [--corpus DIR] [--runs N] [--no-peers] [--check]";

/// What the product promises, for the input of the promise or any other of the examples.
const VERSION_LIMIT_MS: f64 = 5.0;
const GENERATE_LIMIT_MS: f64 = 20.0;

/// What is done with a program: jobs with the same words are compared.
const START: &str = "--version";

/// One program doing one job.
struct Row {
    program: String,
    job: String,
    timing: Timing,
    note: &'static str,
}

/// Options from the command line.
struct Options {
    inputs: Vec<PathBuf>,
    runs: usize,
    with_peers: bool,
    check: bool,
}

/// Runs the task.
pub(crate) fn run(args: Vec<String>) -> Result<()> {
    let options = options(args)?;
    let binary = shell::build_product(Profile::Release)?;
    let mut rows = vec![product(&binary, START, &["--version"], options.runs)?];
    for input in &options.inputs {
        let path = input.to_string_lossy();
        rows.push(product(&binary, &job(input), &["generate", "stack", &path], options.runs)?);
    }
    let mut failures = too_slow(&rows);
    if options.with_peers {
        match peers::install() {
            Ok(installed) => {
                for reason in &installed.missing {
                    println!("bench: not measured: {reason}");
                }
                rows.extend(peers::rows(&installed, &options.inputs, options.runs)?);
            }
            Err(error) => println!("bench: no peer measured: {error:#}"),
        }
    }
    println!("\n{}", table(&rows));
    let sizes = size::measure(&binary)?;
    println!("{}", size::table(&sizes));
    failures.extend(size::too_large(&sizes));
    for failure in &failures {
        println!("bench: {failure}");
    }
    if options.check && !failures.is_empty() {
        bail!("{} limits not kept", failures.len());
    }
    Ok(())
}

fn options(mut args: Vec<String>) -> Result<Options> {
    let check = shell::take_flag(&mut args, "--check");
    let with_peers = !shell::take_flag(&mut args, "--no-peers");
    let runs = shell::take_value(&mut args, "--runs")?.map_or(Ok(20), |runs| runs.parse());
    let corpus = shell::take_value(&mut args, "--corpus")?;
    if let Some(option) = args.iter().find(|arg| arg.starts_with('-')) {
        bail!("unknown option `{option}`\n{USAGE}");
    }
    let mut inputs: Vec<PathBuf> = args.iter().map(absolute).collect::<Result<_, _>>()?;
    if let Some(corpus) = corpus {
        inputs.push(absolute(corpus)?.join("assemblies/sst-debug-stack"));
    }
    if inputs.is_empty() {
        inputs.push(shell::root().join("examples/crud-api/cdk.out"));
    }
    if let Some(missing) = inputs.iter().find(|input| !input.exists()) {
        bail!("no such input: {}", missing.display());
    }
    let runs = runs.context("`--runs` needs a number")?;
    if runs == 0 {
        bail!("`--runs` needs at least 1");
    }
    Ok(Options { inputs, runs, with_peers, check })
}

/// An input by the part of its path that tells it from others.
fn job(input: &Path) -> String {
    let parts: Vec<_> = input.iter().map(|part| part.to_string_lossy()).collect();
    let from = parts.len().saturating_sub(2);
    parts.into_iter().skip(from).collect::<Vec<_>>().join("/")
}

/// A row of the product. Silence is refused: a program that does nothing is fast.
fn product(binary: &Path, job: &str, args: &[&str], runs: usize) -> Result<Row> {
    let mut command = shell::program(binary);
    command.args(args);
    let output = command.output().with_context(|| format!("cannot start {}", binary.display()))?;
    if output.stdout.is_empty() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("{} printed nothing: {}", shell::line(&command), said.trim_end());
    }
    row("stackpass", job, "", &mut command, runs)
}

fn row(
    program: &str,
    job: &str,
    note: &'static str,
    command: &mut Command,
    runs: usize,
) -> Result<Row> {
    let timing = measure::measure(command, runs)?;
    Ok(Row { program: program.to_owned(), job: job.to_owned(), timing, note })
}

/// The rows of the product that take longer than promised, told as failures.
fn too_slow(rows: &[Row]) -> Vec<String> {
    let limit = |row: &Row| if row.job == START { VERSION_LIMIT_MS } else { GENERATE_LIMIT_MS };
    let slow = rows.iter().filter(|row| row.timing.median_ms >= limit(row));
    slow.map(|row| {
        let Row { job, timing, .. } = row;
        format!("{job}: {:.1} ms, the limit is {:.0} ms", timing.median_ms, limit(row))
    })
    .collect()
}

/// All rows, each with its ratio to the product's row of the same job.
fn table(rows: &[Row]) -> String {
    let header =
        ["program", "job", "median ms", "min ms", "max ms", "runs", "exit", "ratio", "note"];
    let mut cells = vec![header.map(str::to_owned).to_vec()];
    for row in rows {
        let own = rows.iter().find(|other| other.program == "stackpass" && other.job == row.job);
        let ratio = own.map(|own| row.timing.median_ms / own.timing.median_ms);
        cells.push(vec![
            row.program.clone(),
            row.job.clone(),
            format!("{:.2}", row.timing.median_ms),
            format!("{:.2}", row.timing.min_ms),
            format!("{:.2}", row.timing.max_ms),
            row.timing.runs.to_string(),
            row.timing.exit_code.to_string(),
            ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.0}x")),
            row.note.to_owned(),
        ]);
    }
    shell::aligned(&cells)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(program: &str, job: &str, median_ms: f64) -> Row {
        let timing =
            Timing { median_ms, min_ms: median_ms, max_ms: median_ms, runs: 1, exit_code: 0 };
        Row { program: program.to_owned(), job: job.to_owned(), timing, note: "" }
    }

    #[test]
    fn a_ratio_compares_the_same_job() {
        let rows = [
            row("stackpass", START, 2.0),
            row("stackpass", "a/b", 5.0),
            row("other", "a/b", 500.0),
        ];
        let table = table(&rows);
        let last = table.lines().last().unwrap();
        assert!(last.contains("100x"), "{last}");
    }

    #[test]
    fn a_slow_start_is_told() {
        assert_eq!(
            too_slow(&[row("stackpass", START, 7.25)]),
            ["--version: 7.2 ms, the limit is 5 ms"]
        );
        assert!(too_slow(&[row("stackpass", "a/b", 7.25)]).is_empty());
    }

    #[test]
    fn a_run_needs_a_count() {
        let args = |text: &str| text.split_whitespace().map(str::to_owned).collect();
        assert!(options(args("--runs 0")).is_err());
        assert!(options(args("--runs many")).is_err());
        assert!(options(args("--fast")).is_err());
    }
}

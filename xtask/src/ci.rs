//! `cargo xtask ci`: everything that must hold before a change lands, in the order that fails soonest.
//!
//! Each step is a command that a developer can run alone; it is printed before it runs. The first failure ends the run, unless
//! `--keep-going` asks for the whole list. Naming steps runs only those. A tool that is not installed is said aloud.

use std::fmt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::shell;

/// One step: a name to ask for it, and what to run.
struct Step {
    name: &'static str,
    plan: Plan,
}

/// What a step does on this machine.
enum Plan {
    Run(Command),
    /// Runs something weaker than intended; the text says what and why.
    Instead(String, Command),
    Skip(String),
}

/// How a step ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Passed,
    Failed,
    Skipped,
}

/// What the last table shows of a step.
struct Row {
    name: &'static str,
    end: End,
    took: Duration,
}

/// Runs the task.
pub(crate) fn run(mut args: Vec<String>) -> Result<()> {
    let keep_going = shell::take_flag(&mut args, "--keep-going");
    let steps = chosen(steps()?, &args)?;
    let start = Instant::now();
    let mut rows = Vec::new();
    for step in steps {
        let row = run_step(step);
        let failed = row.end == End::Failed;
        rows.push(row);
        if failed && !keep_going {
            break;
        }
    }
    println!("\n{}ci: {:.1} s", table(&rows), start.elapsed().as_secs_f64());
    let failed: Vec<_> =
        rows.iter().filter(|row| row.end == End::Failed).map(|row| row.name).collect();
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    Ok(())
}

fn steps() -> Result<Vec<Step>> {
    let mut docs = cargo(&["doc", "--workspace", "--no-deps", "--locked"]);
    docs.env("RUSTDOCFLAGS", "-D warnings");
    let run = |name, command| Step { name, plan: Plan::Run(command) };
    Ok(vec![
        run("fmt", cargo(&["fmt", "--all", "--check"])),
        run("tidy", xtask(&["tidy"])?),
        run("codegen", xtask(&["codegen", "--check"])?),
        run(
            "clippy",
            cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]),
        ),
        Step { name: "test", plan: tests() },
        run("doctest", cargo(&["test", "--workspace", "--doc", "--locked"])),
        run("doc", docs),
        run("reference", xtask(&["docs", "--check"])?),
        Step { name: "wasm", plan: wasm()? },
        Step { name: "deny", plan: deny() },
        Step { name: "typos", plan: typos() },
    ])
}

fn tests() -> Plan {
    // The same random cases each time: what a run finds, the next one finds as well. The nightly job tries others.
    let seeded = |mut command: Command| {
        command.env("PROPTEST_RNG_SEED", "20261201");
        command
    };
    if shell::is_available(shell::cargo().args(["nextest", "--version"])) {
        let args = ["nextest", "run", "--workspace", "--profile", "ci", "--locked"];
        return Plan::Run(seeded(cargo(&args)));
    }
    let note = "cargo-nextest is not installed (`cargo install --locked cargo-nextest`), so the same tests run with `cargo test`, \
                without its time limits";
    let args = ["test", "--workspace", "--all-targets", "--locked"];
    Plan::Instead(note.to_owned(), seeded(cargo(&args)))
}

/// The pure crates must build where there is no operating system to ask.
fn wasm() -> Result<Plan> {
    const TARGET: &str = "wasm32-unknown-unknown";
    let sysroot = shell::capture(shell::program("rustc").args(["--print", "sysroot"]))?;
    if !Path::new(sysroot.trim_end()).join("lib/rustlib").join(TARGET).is_dir() {
        return Ok(Plan::Skip(format!(
            "the target is not installed (`rustup target add {TARGET}`)"
        )));
    }
    let packages = ["-p", "stackpass-ground", "-p", "stackpass-policy", "-p", "stackpass-stacks"];
    let mut command = cargo(&["check", "--locked", "--target", TARGET]);
    command.args(packages);
    Ok(Plan::Run(command))
}

fn deny() -> Plan {
    if shell::is_available(shell::cargo().args(["deny", "--version"])) {
        return Plan::Run(cargo(&["deny", "check", "bans", "licenses", "sources"]));
    }
    Plan::Skip("cargo-deny is not installed (`cargo install --locked cargo-deny`)".to_owned())
}

fn typos() -> Plan {
    if shell::is_available(shell::program("typos").arg("--version")) {
        return Plan::Run(shell::program("typos"));
    }
    Plan::Skip("typos is not installed (`cargo install --locked typos-cli`)".to_owned())
}

fn cargo(args: &[&str]) -> Command {
    let mut command = shell::cargo();
    command.args(args);
    command
}

fn xtask(args: &[&str]) -> Result<Command> {
    let mut command = shell::xtask()?;
    command.args(args);
    Ok(command)
}

/// The steps that were named, in their own order; all of them if none was.
fn chosen(steps: Vec<Step>, names: &[String]) -> Result<Vec<Step>> {
    let known: Vec<_> = steps.iter().map(|step| step.name).collect();
    if let Some(unknown) = names.iter().find(|name| !known.contains(&name.as_str())) {
        bail!("unknown step `{unknown}`; the steps are {}", known.join(", "));
    }
    let wanted = |step: &Step| names.is_empty() || names.iter().any(|name| name == step.name);
    Ok(steps.into_iter().filter(wanted).collect())
}

fn run_step(step: Step) -> Row {
    let start = Instant::now();
    let end = match step.plan {
        Plan::Run(command) => run_command(step.name, command),
        Plan::Instead(note, command) => {
            println!("\nci: {}: {note}", step.name);
            run_command(step.name, command)
        }
        Plan::Skip(reason) => {
            println!("\nci: {}: skipped: {reason}", step.name);
            End::Skipped
        }
    };
    Row { name: step.name, end, took: start.elapsed() }
}

fn run_command(name: &str, mut command: Command) -> End {
    println!("\nci: {name}: {}", shell::line(&command));
    match shell::run(&mut command) {
        Ok(()) => End::Passed,
        Err(error) => {
            eprintln!("ci: {name}: {error:#}");
            End::Failed
        }
    }
}

fn table(rows: &[Row]) -> String {
    rows.iter().map(Row::to_string).collect()
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = match self.end {
            End::Passed => "ok",
            End::Failed => "FAILED",
            End::Skipped => "skipped",
        };
        writeln!(f, "  {:<10} {end:<8} {:>7.1} s", self.name, self.took.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(name: &'static str) -> Step {
        Step { name, plan: Plan::Skip(String::new()) }
    }

    fn names(steps: &[Step]) -> Vec<&'static str> {
        steps.iter().map(|step| step.name).collect()
    }

    #[test]
    fn no_name_chooses_every_step() {
        let steps = chosen(vec![step("fmt"), step("tidy")], &[]).unwrap();
        assert_eq!(names(&steps), ["fmt", "tidy"]);
    }

    #[test]
    fn named_steps_keep_the_order_of_the_run() {
        let wanted = ["tidy".to_owned(), "fmt".to_owned()];
        let steps = chosen(vec![step("fmt"), step("tidy"), step("test")], &wanted).unwrap();
        assert_eq!(names(&steps), ["fmt", "tidy"]);
    }

    #[test]
    fn an_unknown_step_is_refused_with_the_known_ones() {
        let error = chosen(vec![step("fmt")], &["fnt".to_owned()]).map(|_| ()).unwrap_err();
        assert_eq!(error.to_string(), "unknown step `fnt`; the steps are fmt");
    }

    #[test]
    fn the_table_names_the_end_and_the_time() {
        let row = Row { name: "fmt", end: End::Failed, took: Duration::from_millis(1234) };
        assert_eq!(table(&[row]), "  fmt        FAILED       1.2 s\n");
    }
}

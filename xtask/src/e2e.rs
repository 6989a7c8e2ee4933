//! `cargo xtask e2e [CASE...]`: deployments against an emulator of AWS, with what the program generates and nothing more.
//!
//! Installs what it needs, starts LocalStack with our plug-in, runs the cases of `testdata/e2e` and stops it. A case is a folder;
//! the book's page on e2e says what can stand in it, and what an emulator can and cannot prove.

pub(crate) mod calls;
mod case;
mod commands;
mod deployment;
mod install;
pub(crate) mod judge;
mod kills;
mod localstack;
mod process;
mod python;
mod ratchet;
pub(crate) mod replay;
mod server;
mod waivers;
mod world;

use std::path::PathBuf;
use std::time::Instant;
use std::{env, fs};

use anyhow::{Context, Result, bail};

use self::case::{Case, Kind};
use self::install::With;
use self::localstack::{LocalStack, Origin};
use self::ratchet::{Ratchet, Step};
use self::server::Server;
use self::waivers::Waivers;
use self::world::World;
use crate::shell::{self, Profile};

const FILTER: &str = "E2E_FILTER";

/// Runs the task.
pub(crate) fn run(mut args: Vec<String>) -> Result<()> {
    let list = shell::take_flag(&mut args, "--list");
    let keep = shell::take_flag(&mut args, "--keep");
    let docker = shell::take_flag(&mut args, "--docker");
    let accept = shell::take_flag(&mut args, "--accept");
    let binary = shell::take_value(&mut args, "--binary")?.map(PathBuf::from);
    let endpoint = shell::take_value(&mut args, "--endpoint")?;
    let origin = match (endpoint, docker) {
        (Some(_), true) => bail!("`--docker` starts a LocalStack, `--endpoint` uses one"),
        (Some(endpoint), false) => Origin::Running(endpoint),
        (None, true) => Origin::Docker,
        (None, false) => Origin::Python,
    };
    if let Some(unknown) = args.iter().find(|arg| arg.starts_with('-')) {
        bail!("unknown argument `{unknown}`");
    }
    let filter = env::var(FILTER).ok();
    let is_whole = args.is_empty() && filter.is_none();
    let cases = chosen(case::all()?, &args, filter.as_deref())?;
    if list {
        for case in &cases {
            println!("{:<28} {}", case.name, case.about);
        }
        return Ok(());
    }
    let settings = Settings { origin, binary, keep, is_whole, accept };
    let failed = run_cases(&cases, &settings)?;
    println!("\n{} passed, {} failed", cases.len().saturating_sub(failed.len()), failed.len());
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    Ok(())
}

/// How to run.
struct Settings {
    origin: Origin,
    /// A program that is built already.
    binary: Option<PathBuf>,
    /// Leaves LocalStack running until Enter is pressed.
    keep: bool,
    /// Whether no case is left out, so that a waiver that nothing needs can go.
    is_whole: bool,
    /// Writes the ratios that were reached.
    accept: bool,
}

/// The cases whose name is one of the arguments, or contains the filter; all of them if there is neither.
fn chosen(cases: Vec<Case>, names: &[String], filter: Option<&str>) -> Result<Vec<Case>> {
    let is_known = |name: &&String| cases.iter().any(|case| &case.name == *name);
    if let Some(unknown) = names.iter().find(|name| !is_known(name)) {
        bail!("unknown case `{unknown}`; `cargo xtask e2e --list` has them");
    }
    let wanted = |case: &Case| {
        (names.is_empty() || names.contains(&case.name))
            && filter.is_none_or(|filter| case.name.contains(filter))
    };
    let chosen: Vec<Case> = cases.into_iter().filter(wanted).collect();
    if chosen.is_empty() {
        bail!("no case is called like `{}`", filter.unwrap_or_default());
    }
    Ok(chosen)
}

/// Runs them one after the other and gives the names of those that failed.
fn run_cases(cases: &[Case], settings: &Settings) -> Result<Vec<String>> {
    let folder = shell::root().join("target/e2e");
    let stackpass = match &settings.binary {
        Some(binary) => {
            fs::canonicalize(binary).with_context(|| format!("there is no {}", binary.display()))?
        }
        None => shell::build_product(Profile::Debug)?,
    };
    let uses_cdk = cases.iter().any(Case::uses_cdk);
    let with = if uses_cdk { With::Cdk } else { With::PythonOnly };
    let tools = install::tools(&folder, with)?;
    let run = empty(folder.join("run"))?;
    let server = Server::start()?;
    let start = Instant::now();
    let localstack = LocalStack::start(&settings.origin, &tools, server.address(), &run)?;
    let endpoint = localstack.endpoint();
    println!("e2e: LocalStack at {endpoint} after {:.1} s", start.elapsed().as_secs_f64());
    let world = World::new(stackpass, tools, endpoint, server, run);
    let mut scores = Scores { waivers: Waivers::read()?, ratchet: Ratchet::read()?, settings };
    let mut failed = Vec::new();
    for case in cases {
        let start = Instant::now();
        let end = run_case(case, &world, &mut scores);
        let seconds = start.elapsed().as_secs_f64();
        match end {
            Ok(remark) => println!("  ok      {:<28} {seconds:>6.1} s  {remark}", case.name),
            Err(error) => {
                let folder = world.folder(&case.name);
                println!("  FAILED  {:<28} {seconds:>6.1} s  see {}", case.name, folder.display());
                eprintln!("{error:#}\n");
                failed.push(case.name.clone());
            }
        }
    }
    if settings.accept {
        scores.ratchet.write()?;
    }
    if settings.is_whole {
        let unused = scores.waivers.unused();
        for text in &unused {
            println!("{text}");
        }
        failed.extend((!unused.is_empty() && failed.is_empty()).then(|| "waivers".to_owned()));
    }
    if settings.keep {
        println!("e2e: LocalStack keeps running at {endpoint}; press Enter to stop it");
        std::io::stdin().read_line(&mut String::new())?;
    }
    Ok(failed)
}

/// What deployments are held to.
struct Scores<'a> {
    waivers: Waivers,
    ratchet: Ratchet,
    settings: &'a Settings,
}

/// Runs a case; gives what to say beside its name.
fn run_case(case: &Case, world: &World, scores: &mut Scores<'_>) -> Result<String> {
    empty(world.folder(&case.name))?;
    world.server.begin();
    let deployment = match &case.kind {
        Kind::Commands(steps) => return commands::run(case, steps, world),
        Kind::Kills(kills) => return kills::run(case, kills, world),
        Kind::Deployment(deployment) => deployment,
    };
    let outcome = deployment::run(case, deployment, world, &scores.waivers)?;
    if scores.settings.accept {
        scores.ratchet.accept(&case.name, &outcome.ratios);
    }
    match scores.ratchet.compare(&case.name, &outcome.ratios) {
        Step::Same => Ok(outcome.remark),
        Step::Better(text) => Ok(format!("{}; {text}", outcome.remark)),
        Step::Worse(text) => bail!("{text}"),
    }
}

/// Makes the folder, with nothing in it.
fn empty(folder: PathBuf) -> Result<PathBuf> {
    if folder.exists() {
        fs::remove_dir_all(&folder)
            .with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cases() -> Vec<Case> {
        ["apply", "apply-twice", "nested"].map(Case::named).to_vec()
    }

    fn names(names: &[&str], filter: Option<&str>) -> String {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        match chosen(cases(), &names, filter) {
            Ok(cases) => cases.into_iter().map(|case| case.name).collect::<Vec<_>>().join(" "),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn no_name_and_no_filter_choose_all() {
        assert_eq!(names(&[], None), "apply apply-twice nested");
    }

    #[test]
    fn a_name_is_exact_and_a_filter_is_a_part() {
        assert_eq!(names(&["apply"], None), "apply");
        assert_eq!(names(&[], Some("apply")), "apply apply-twice");
    }

    #[test]
    fn what_matches_nothing_is_an_error() {
        let unknown = "unknown case `aply`; `cargo xtask e2e --list` has them";
        assert_eq!(names(&["aply"], None), unknown);
        assert_eq!(names(&[], Some("x")), "no case is called like `x`");
    }
}

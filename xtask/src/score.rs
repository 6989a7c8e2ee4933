//! `cargo xtask score [stacks] CORPUS_DIR`: what the program makes of real input.
//!
//! Runs the release binary, never the library, over a folder of public templates, synthesized apps, roles that were proved on AWS
//! and recorded deployments. What is known to be otherwise is a waiver with a reason in `xtask/score/`; a waiver that nothing
//! needs any more fails, so the lists only shrink.

mod cases;
mod debug_stack;
mod files;
mod nets;
mod report;
mod requests;
mod roles;
mod traces;
mod waivers;
mod width;

use std::path::{Path, PathBuf, absolute};

use anyhow::{Context, Result, bail};

use crate::shell::{self, Profile};

/// What a part of the score found: a table to print and what is wrong.
struct Score {
    table: String,
    failures: Vec<String>,
}

/// A part of the score, from the binary and the corpus.
type Part = fn(&Path, &Path) -> Result<Score>;

const PARTS: [(&str, Part); 7] = [
    ("files", files::score),
    ("deploy cases", cases::score),
    ("nets", nets::score),
    ("width", width::score),
    ("debug stack", debug_stack::score),
    ("minimal roles", roles::score),
    ("traces", traces::score),
];

/// Runs the task.
pub(crate) fn run(mut args: Vec<String>) -> Result<()> {
    let binary = shell::take_value(&mut args, "--binary")?;
    if args.first().is_some_and(|arg| arg == "stacks") {
        args.remove(0);
    }
    let [corpus] = args.as_slice() else {
        bail!("usage: cargo xtask score [stacks] CORPUS_DIR [--binary FILE]");
    };
    let corpus = absolute(corpus).with_context(|| format!("no path: `{corpus}`"))?;
    let binary = match binary {
        Some(path) => absolute(PathBuf::from(path))?,
        None => shell::build_product(Profile::Release)?,
    };
    let mut failures = 0;
    for (name, part) in PARTS {
        let score = part(&binary, &corpus).with_context(|| format!("cannot score {name}"))?;
        println!("\n{name}\n\n{}", score.table);
        for failure in &score.failures {
            println!("  FAILED {failure}");
        }
        failures += score.failures.len();
    }
    if failures > 0 {
        bail!("{failures} failures");
    }
    Ok(())
}

//! `cargo xtask fuzz [TARGET...] [--seconds N]`: fuzzes the readers for a while.
//!
//! Needs cargo-fuzz, so it is no part of `cargo xtask ci`; there the corpora run as plain tests. The toolchain is the
//! repository's own: `RUSTC_BOOTSTRAP` lets it take the flags that cargo-fuzz needs. No sanitizer is used, since there is no
//! unsafe code to watch.

use std::fs;

use anyhow::{Context, Result, bail};

use crate::shell;

const TARGETS: &str = "fuzz/fuzz_targets";
const SECONDS: u32 = 60;

/// Runs the task.
pub(crate) fn run(mut args: Vec<String>) -> Result<()> {
    let seconds = shell::take_value(&mut args, "--seconds")?;
    let seconds = seconds.map_or(Ok(SECONDS), |text| text.parse());
    let seconds = seconds.context("`--seconds` needs a number")?;
    let chosen = chosen(targets()?, args)?;
    if !shell::is_available(shell::program("cargo").args(["fuzz", "--version"])) {
        bail!("cargo-fuzz is needed: `cargo install --locked cargo-fuzz`");
    }
    for target in chosen {
        println!("fuzz: {target} for {seconds} s");
        let mut fuzz = shell::program("cargo");
        // The first folder takes what is found; the seeds in the second stay as they are.
        let found = shell::root().join("target/fuzz").join(&target);
        fs::create_dir_all(&found).with_context(|| format!("cannot make {}", found.display()))?;
        fuzz.args(["fuzz", "run", "--sanitizer", "none", "--debug-assertions", &target]);
        fuzz.arg(found).arg(shell::root().join("fuzz/corpus").join(&target)).arg("--");
        fuzz.args([format!("-max_total_time={seconds}"), "-timeout=10".to_owned()]);
        fuzz.env("RUSTC_BOOTSTRAP", "1");
        shell::run(&mut fuzz)?;
    }
    Ok(())
}

/// The fuzz targets, sorted.
fn targets() -> Result<Vec<String>> {
    let folder = shell::root().join(TARGETS);
    let entries = fs::read_dir(&folder).with_context(|| format!("cannot list {TARGETS}"))?;
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut targets: Vec<String> =
        names.filter_map(|name| name.strip_suffix(".rs").map(str::to_owned)).collect();
    targets.sort();
    Ok(targets)
}

/// The targets that were named; all if none was.
fn chosen(targets: Vec<String>, names: Vec<String>) -> Result<Vec<String>> {
    if let Some(unknown) = names.iter().find(|name| !targets.contains(name)) {
        bail!("unknown target `{unknown}`; the targets are {}", targets.join(", "));
    }
    Ok(if names.is_empty() { targets } else { names })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_chooses_every_target() {
        let targets = vec!["policy".to_owned(), "template".to_owned()];
        assert_eq!(chosen(targets.clone(), Vec::new()).unwrap(), targets);
    }

    #[test]
    fn an_unknown_target_is_refused() {
        let error = chosen(vec!["policy".to_owned()], vec!["other".to_owned()]).unwrap_err();
        assert_eq!(error.to_string(), "unknown target `other`; the targets are policy");
    }
}

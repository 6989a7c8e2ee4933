//! Every template and every assembly gives needs, or a diagnostic that says where; none panics; each takes under a second.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;
use std::{fs, thread};

use anyhow::{Context, Result};

use super::Score;
use super::report::{Run, generate_stack};
use crate::shell;

const LIMIT: Duration = Duration::from_secs(1);
const THREADS: usize = 2;
const TEMPLATE_EXTENSIONS: [&str; 4] = ["json", "template", "yaml", "yml"];

/// What a folder of inputs came to.
#[derive(Default)]
struct Tally {
    files: usize,
    with_needs: usize,
    with_diagnostics_only: usize,
    gaps: usize,
    needs: usize,
    slowest: Duration,
    total: Duration,
}

/// What one input came to.
enum Outcome {
    Needs { needs: usize, gaps: usize },
    DiagnosticsOnly,
    Failed(String),
}

/// Scores the templates and the assemblies.
pub(super) fn score(binary: &Path, corpus: &Path) -> Result<Score> {
    let mut inputs = templates(&corpus.join("templates"))?;
    inputs.extend(folders(&corpus.join("assemblies"))?);
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    let mut failures = Vec::new();
    for (input, run) in run_all(binary, inputs, &[])? {
        let path = input.strip_prefix(corpus).unwrap_or(&input);
        let tally = tallies.entry(group(path)).or_default();
        tally.files += 1;
        tally.total += run.took;
        tally.slowest = tally.slowest.max(run.took);
        if run.took >= LIMIT {
            failures.push(format!("{}: took {} ms", path.display(), run.took.as_millis()));
        }
        match outcome(&run) {
            Outcome::Needs { needs, gaps } => {
                tally.with_needs += 1;
                tally.needs += needs;
                tally.gaps += gaps;
            }
            Outcome::DiagnosticsOnly => tally.with_diagnostics_only += 1,
            Outcome::Failed(reason) => failures.push(format!("{}: {reason}", path.display())),
        }
    }
    if tallies.is_empty() {
        failures.push(format!("no input under {}", corpus.display()));
    }
    Ok(Score { table: table(&tallies), failures })
}

/// The folder that an input is counted under: two levels below the corpus, if it is that deep.
fn group(path: &Path) -> String {
    let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
    let depth = parts.len().saturating_sub(1).min(2);
    parts.into_iter().take(depth).collect::<Vec<_>>().join("/")
}

/// Runs the binary on every input, a few at a time; the results keep the order of the inputs.
pub(super) fn run_all(
    binary: &Path,
    inputs: Vec<PathBuf>,
    options: &[&str],
) -> Result<Vec<(PathBuf, Run)>> {
    let waiting = Mutex::new(inputs.into_iter().enumerate());
    let next = || waiting.lock().ok()?.next();
    let work = || {
        let mut done = Vec::new();
        while let Some((index, input)) = next() {
            let run = generate_stack(binary, &input, options)?;
            done.push((index, input, run));
        }
        Ok(done)
    };
    let mut done = Vec::new();
    thread::scope(|scope| -> Result<()> {
        let workers: Vec<_> = (0..THREADS).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            let part: Result<Vec<_>> = worker.join().unwrap_or_else(|_| Ok(Vec::new()));
            done.extend(part?);
        }
        Ok(())
    })?;
    done.sort_by_key(|(index, _, _)| *index);
    Ok(done.into_iter().map(|(_, input, run)| (input, run)).collect())
}

fn outcome(run: &Run) -> Outcome {
    let report = match &run.report {
        Ok(report) => report,
        Err(reason) => return Outcome::Failed(reason.clone()),
    };
    if let Some(vague) = report.diagnostics.iter().find(|diagnostic| !diagnostic.has_a_place()) {
        return Outcome::Failed(format!("a diagnostic does not say where: {vague:?}"));
    }
    if !report.needs.is_empty() {
        return Outcome::Needs { needs: report.needs.len(), gaps: report.gaps.len() };
    }
    if report.diagnostics.is_empty() {
        return Outcome::Failed("neither needs nor a diagnostic".to_owned());
    }
    Outcome::DiagnosticsOnly
}

fn table(tallies: &BTreeMap<String, Tally>) -> String {
    let header =
        ["", "files", "with needs", "diagnostics only", "needs", "gaps", "mean ms", "slowest ms"];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    for (group, tally) in tallies {
        let mean = tally.total.as_secs_f64() * 1000.0
            / f64::from(u32::try_from(tally.files).unwrap_or(u32::MAX));
        rows.push(vec![
            group.clone(),
            tally.files.to_string(),
            tally.with_needs.to_string(),
            tally.with_diagnostics_only.to_string(),
            tally.needs.to_string(),
            tally.gaps.to_string(),
            format!("{mean:.1}"),
            tally.slowest.as_millis().to_string(),
        ]);
    }
    shell::aligned(&rows)
}

/// Every template below a folder, sorted.
pub(super) fn templates(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut waiting = vec![folder.to_path_buf()];
    while let Some(current) = waiting.pop() {
        for path in entries(&current)? {
            let extension = path.extension().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() {
                waiting.push(path);
            } else if TEMPLATE_EXTENSIONS.contains(&extension.as_str()) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The folders in a folder, sorted.
pub(super) fn folders(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut folders = entries(folder)?;
    folders.retain(|path| path.is_dir());
    folders.sort();
    Ok(folders)
}

/// What is in a folder.
pub(super) fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    entries.map(|entry| Ok(entry?.path())).collect()
}

#[cfg(test)]
mod tests {
    use super::super::report::{Diagnostic, Report};
    use super::*;

    fn run(diagnostics: Vec<Diagnostic>) -> Run {
        let report =
            Report { needs: Vec::new(), policies: Vec::new(), gaps: Vec::new(), diagnostics };
        Run { report: Ok(report), took: Duration::ZERO }
    }

    #[test]
    fn inputs_are_counted_two_levels_down() {
        assert_eq!(group(Path::new("templates/a/b/c.yaml")), "templates/a");
        assert_eq!(group(Path::new("templates/c.yaml")), "templates");
        assert_eq!(group(Path::new("assemblies/app")), "assemblies");
    }

    #[test]
    fn silence_is_a_failure() {
        assert!(matches!(outcome(&run(Vec::new())), Outcome::Failed(_)));
    }

    #[test]
    fn a_diagnostic_must_say_where() {
        let place = |line| Diagnostic { file: Some("a.yaml".to_owned()), line, column: Some(1) };
        assert!(matches!(outcome(&run(vec![place(None)])), Outcome::Failed(_)));
        assert!(matches!(outcome(&run(vec![place(Some(3))])), Outcome::DiagnosticsOnly));
    }
}

//! Cases of commands: each runs, and what it answers is compared.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::case::{Case, Run, Step};
use super::process::Ended;
use super::world::{ACCOUNT, Keys, REGION, World};
use crate::shell;

/// Values by the name in braces that stands for them.
pub(super) type Names = BTreeMap<String, String>;

/// Runs the steps in order; the first that does not hold ends the case.
pub(super) fn run(case: &Case, steps: &[Step], world: &World) -> Result<String> {
    let mut names = names(case, world);
    for (number, step) in steps.iter().enumerate() {
        run_step(step, &mut names, &Keys::default(), &world.folder(&case.name), world)
            .with_context(|| format!("step {}", number + 1))?;
    }
    let problems = world.server.take().problems;
    if !problems.is_empty() {
        bail!("{}", problems.join("\n"));
    }
    Ok(format!("{} steps", steps.len()))
}

/// The names that every case has.
pub(super) fn names(case: &Case, world: &World) -> Names {
    let folder = world.folder(&case.name);
    let names = [
        ("account", ACCOUNT.to_owned()),
        ("region", REGION.to_owned()),
        ("endpoint", world.endpoint().to_owned()),
        ("case", case.name.clone()),
        ("source", case.folder.display().to_string()),
        ("folder", folder.display().to_string()),
        ("root", shell::root().display().to_string()),
    ];
    names.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Runs one step, with these keys if it names none.
pub(super) fn run_step(
    step: &Step,
    names: &mut Names,
    keys: &Keys,
    folder: &Path,
    world: &World,
) -> Result<()> {
    match step {
        Step::Write { path, text } => shell::write(&folder.join(path), &filled(text, names)),
        Step::Run(run) => run_command(run, names, keys, folder, world),
    }
}

fn run_command(
    run: &Run,
    names: &mut Names,
    keys: &Keys,
    folder: &Path,
    world: &World,
) -> Result<()> {
    let words: Vec<String> = run.words.iter().map(|word| filled(word, names)).collect();
    let mut command = world.command(&words, folder, keys)?;
    for (name, value) in &run.env {
        match filled(value, names).as_str() {
            "" => command.env_remove(name),
            value => command.env(name, value),
        };
    }
    let ended = world.run(&mut command, folder)?;
    compare(run, &ended, names, folder).with_context(|| ended.to_string())?;
    if let Some(path) = &run.into {
        shell::write(&folder.join(filled(path, names)), &ended.stdout)?;
    }
    for (name, pointer) in &run.save {
        let json: Value = serde_json::from_str(&ended.stdout).context("stdout is no JSON")?;
        let value = json.pointer(pointer).with_context(|| format!("stdout has no `{pointer}`"))?;
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        names.insert(name.clone(), text);
    }
    Ok(())
}

fn compare(run: &Run, ended: &Ended, names: &Names, folder: &Path) -> Result<()> {
    if ended.code != Some(run.exit) {
        bail!("expected exit code {}", run.exit);
    }
    let outputs = [("stdout", &run.stdout, &ended.stdout), ("stderr", &run.stderr, &ended.stderr)];
    for (output, wanted, text) in outputs {
        for wanted in wanted {
            let wanted = filled(wanted, names);
            if !text.contains(&wanted) {
                bail!("{output} does not contain `{wanted}`");
            }
        }
    }
    for (pointer, wanted) in &run.json {
        let json: Value = serde_json::from_str(&ended.stdout).context("stdout is no JSON")?;
        let wanted = expected(wanted, names, folder)?;
        match json.pointer(&filled(pointer, names)) {
            Some(found) if *found == wanted => {}
            found => {
                let found = found.map_or_else(|| "nothing".to_owned(), Value::to_string);
                bail!("expected {wanted} at `{pointer}`, found {found}");
            }
        }
    }
    Ok(())
}

/// The value, or that of a file if it is a text that begins with `@`; with its names filled in.
fn expected(value: &Value, names: &Names, folder: &Path) -> Result<Value> {
    let Some(text) = value.as_str() else { return Ok(value.clone()) };
    let text = filled(text, names);
    let Some(path) = text.strip_prefix('@') else { return Ok(Value::String(text)) };
    let path = folder.join(path);
    serde_json::from_str(&shell::read(&path)?).with_context(|| path.display().to_string())
}

/// The text with `{name}` replaced. Braces around anything else stay.
pub(super) fn filled(text: &str, names: &Names) -> String {
    let replace = |text: String, (name, value): (&String, &String)| {
        text.replace(&format!("{{{name}}}"), value)
    };
    names.iter().fold(text.to_owned(), replace)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(stdout: &str) -> Ended {
        let stdout = stdout.to_owned();
        Ended { line: String::new(), code: Some(0), stdout, stderr: String::new() }
    }

    fn problem(run: &Run, stdout: &str) -> Option<String> {
        let names = BTreeMap::from([("user".to_owned(), "ann".to_owned())]);
        compare(run, &ended(stdout), &names, Path::new("")).err().map(|error| error.to_string())
    }

    #[test]
    fn names_are_filled_in_and_other_braces_stay() {
        let names = BTreeMap::from([("a".to_owned(), "1".to_owned())]);
        assert_eq!(filled("{a}{b} {\"a\": 2}", &names), "1{b} {\"a\": 2}");
    }

    #[test]
    fn an_output_has_to_contain_each_text() {
        let run = Run { stdout: vec!["{user}".to_owned()], ..Run::default() };
        assert_eq!(problem(&run, "I am ann"), None);
        assert_eq!(problem(&run, "I am"), Some("stdout does not contain `ann`".to_owned()));
    }

    #[test]
    fn json_is_compared_by_pointer() {
        let json = BTreeMap::from([("/a/0".to_owned(), Value::from("{user}"))]);
        let run = Run { json, ..Run::default() };
        assert_eq!(problem(&run, r#"{"a": ["ann"]}"#), None);
        let expected = "expected \"ann\" at `/a/0`, found nothing";
        assert_eq!(problem(&run, r#"{"a": []}"#), Some(expected.to_owned()));
    }

    #[test]
    fn another_exit_code_does_not_hold() {
        let run = Run { exit: 3, ..Run::default() };
        assert_eq!(problem(&run, ""), Some("expected exit code 3".to_owned()));
    }
}

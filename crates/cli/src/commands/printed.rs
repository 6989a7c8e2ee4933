//! Every command that our texts and documents print is one that the command line takes.

use std::fs;
use std::path::{Path, PathBuf};

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::{command_line, parse};

/// Where a command is printed.
struct Printed {
    place: String,
    text: String,
    /// Within a sentence: it can leave out what the reader has to give.
    is_mention: bool,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// All files below a folder that end like this, but those that are generated.
fn files(folder: &Path, end: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("generated") {
            files(&path, end, found);
        } else if path.extension().is_some_and(|extension| extension == end) {
            found.push(path);
        }
    }
}

/// What stands between backticks, `stackpass` first.
fn mentions(place: &str, text: &str, found: &mut Vec<Printed>) {
    for (start, _) in text.match_indices("`stackpass ") {
        let Some(inside) = text.get(start + 1..).and_then(|rest| rest.split('`').next()) else {
            continue;
        };
        // A string that goes on in the next line of a source.
        let lines: Vec<&str> = inside.split("\\\n").map(str::trim).collect();
        found.push(Printed { place: place.to_owned(), text: lines.join(" "), is_mention: true });
    }
}

/// Lines of a shell: those of a fence or of examples.
fn lines(place: &str, text: &str, found: &mut Vec<Printed>) {
    let parts: Vec<&str> = text.split("\\\n").map(|part| part.trim_matches(' ')).collect();
    for line in parts.join(" ").lines() {
        for part in line.split(" | ").flat_map(|part| part.split(" && ")) {
            // What explains an example stands far to the right of it.
            let part = part.trim().split("   ").next().unwrap();
            if part.starts_with("stackpass ") && !part.contains("[OPTIONS]") {
                let (place, text) = (place.to_owned(), part.to_owned());
                found.push(Printed { place, text, is_mention: false });
            }
        }
    }
}

fn examples(command: &clap::Command, found: &mut Vec<Printed>) {
    if let Some(help) = command.get_after_help() {
        lines(command.get_name(), &help.to_string(), found);
    }
    for inner in command.get_subcommands() {
        examples(inner, found);
    }
}

fn all() -> Vec<Printed> {
    let mut found = Vec::new();
    let mut sources = Vec::new();
    for part in ["analyzer", "cli", "creds", "ground", "iam", "policy", "stacks"] {
        files(&root().join("crates").join(part).join("src"), "rs", &mut sources);
    }
    for path in sources.iter().filter(|path| !path.ends_with("commands/printed.rs")) {
        mentions(&path.display().to_string(), &fs::read_to_string(path).unwrap(), &mut found);
    }
    let mut documents = vec![root().join("README.md")];
    files(&root().join("docs"), "md", &mut documents);
    for path in &documents {
        let text = fs::read_to_string(path).unwrap();
        let place = path.display().to_string();
        for (index, part) in text.split("```").enumerate() {
            if index % 2 == 1 {
                lines(&place, part, &mut found);
            } else {
                mentions(&place, part, &mut found);
            }
        }
    }
    examples(&command_line(), &mut found);
    found
}

/// The words as a shell takes them apart, up to where something else than arguments begins.
pub(super) fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for character in line.chars() {
        match (quote, character) {
            (Some(open), _) if open == character => quote = None,
            (None, '\'' | '"') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (None, ' ') => words.extend(word.take()),
            (None, '>' | '<' | '#') if word.is_none() => return words,
            _ => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    words
}

/// Something that the reader has to put another word for, as a word that is one.
fn filled_in(words: &[String]) -> Vec<String> {
    let mut filled: Vec<String> = Vec::new();
    for word in words {
        let before = filled.last().map(String::as_str).unwrap_or_default();
        let word = match (before, word.as_str()) {
            (_, "...") => continue,
            ("--account" | "--expect-account", "ID") => "111122223333".to_owned(),
            (_, "ARN") => "arn:aws:s3:::photos".to_owned(),
            (_, text) if text.starts_with('{') => "x".to_owned(),
            (_, text) => text.to_owned(),
        };
        filled.push(word);
    }
    filled
}

/// Why a command is none; `None` if it is one, or the beginning of one where that will do.
fn problem(printed: &Printed) -> Option<String> {
    let words = filled_in(&words(&printed.text));
    let error = parse(&words).err().filter(|it| it.kind() != ErrorKind::DisplayVersion)?;
    let is_incomplete = match error.kind() {
        ErrorKind::MissingRequiredArgument
        | ErrorKind::MissingSubcommand
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => true,
        // An option without its value.
        ErrorKind::InvalidValue => {
            let value = error.get(ContextKind::InvalidValue);
            matches!(value, Some(ContextValue::String(value)) if value.is_empty())
        }
        _ => false,
    };
    if printed.is_mention && is_incomplete {
        return None;
    }
    // `stackpass generate` with options of some of its commands.
    if printed.is_mention && printed.text.starts_with("stackpass generate ...") {
        let options = words.iter().filter(|word| word.starts_with("--"));
        let generate = command_line().find_subcommand("generate").cloned().unwrap();
        let has = |command: &clap::Command, option: &str| {
            command.get_arguments().any(|it| it.get_long() == option.strip_prefix("--"))
        };
        let mut commands = generate.get_subcommands();
        let options: Vec<&String> = options.collect();
        if commands.any(|command| options.iter().all(|option| has(command, option))) {
            return None;
        }
    }
    Some(format!("{}: `{}`: {error}", printed.place, printed.text))
}

#[test]
fn every_printed_command_is_one() {
    let printed = all();
    // What is looked for is found: help texts, sources and documents have them by the dozen.
    assert!(printed.len() > 150, "{}", printed.len());
    let problems: Vec<String> = printed.iter().filter_map(problem).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn what_is_no_command_is_found() {
    for (text, is_mention) in [
        ("stackpass lint", true),
        ("stackpass apply --rol deploy", true),
        ("stackpass apply --role deploy --dry-run --yes", true),
        ("stackpass generate ... --outt x", true),
        ("stackpass why", false),
    ] {
        let printed = Printed { place: String::new(), text: text.to_owned(), is_mention };
        assert!(problem(&printed).is_some(), "{text}");
    }
    assert_eq!(words("a 'b c' d'e'  >f g"), ["a", "b c", "de"]);
}

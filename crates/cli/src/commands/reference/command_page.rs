//! The page of commands.

use clap::builder::Str;
use clap::{Arg, Command};
use std::fmt::Write as _;

/// Writes the page: one section for each command that is not hidden.
pub(super) fn page(mut command: Command) -> String {
    command.build();
    let mut page = String::from("# Commands\n");
    let about = command.get_long_about().or(command.get_about());
    let _ = writeln!(page, "\n{}", about.map(ToString::to_string).unwrap_or_default());
    push_sections(&mut page, &command, "stackpass");
    page
}

fn push_sections(page: &mut String, parent: &Command, path: &str) {
    let shown = |command: &&Command| !command.is_hide_set() && command.get_name() != "help";
    for command in parent.get_subcommands().filter(shown) {
        let path = format!("{path} {}", command.get_name());
        page.push_str(&section(command, &path));
        push_sections(page, command, &path);
    }
}

fn section(command: &Command, path: &str) -> String {
    let about = command.get_long_about().or(command.get_about());
    let about = about.map(ToString::to_string).unwrap_or_default();
    let mut section = format!("\n## `{path}`\n\n{about}\n");
    if command.has_subcommands() {
        return section;
    }
    let usage = command.clone().render_usage().to_string();
    let _ = writeln!(section, "\n```text\n{}\n```", usage.trim_start_matches("Usage: "));
    let shown = |arg: &&Arg| !arg.is_hide_set() && arg.get_id() != "help";
    let args: Vec<&Arg> = command.get_arguments().filter(shown).collect();
    let mut headings: Vec<&str> = Vec::new();
    for heading in args.iter().map(|arg| heading(arg)) {
        if !headings.contains(&heading) {
            headings.push(heading);
        }
    }
    for heading_text in headings {
        let _ = writeln!(section, "\n| {heading_text} | |\n|---|---|");
        for arg in args.iter().filter(|arg| heading(arg) == heading_text) {
            section.push_str(&row(arg));
        }
    }
    if let Some(examples) = command.get_after_help() {
        let examples = examples.to_string();
        let lines = examples.lines().skip(1).map(|line| line.strip_prefix("  ").unwrap_or(line));
        let lines: Vec<&str> = lines.collect();
        let _ = writeln!(section, "\n```console\n{}\n```", lines.join("\n"));
    }
    section
}

fn heading(arg: &Arg) -> &str {
    arg.get_help_heading().unwrap_or(if arg.is_positional() { "Arguments" } else { "Options" })
}

fn row(arg: &Arg) -> String {
    let values: Vec<&str> =
        arg.get_value_names().unwrap_or_default().iter().map(Str::as_str).collect();
    let name = match arg.get_long() {
        Some(long) if arg.get_action().takes_values() => format!("--{long} {}", values.join(" ")),
        Some(long) => format!("--{long}"),
        None => values.join(" "),
    };
    let help = arg.get_long_help().or(arg.get_help());
    let mut help = cell(&help.map(ToString::to_string).unwrap_or_default());
    let possible = arg.get_possible_values();
    let words: Vec<String> = possible
        .iter()
        .filter(|_| arg.get_action().takes_values())
        .map(|value| match value.get_help() {
            Some(help) => format!("`{}`: {}", value.get_name(), cell(&help.to_string())),
            None => format!("`{}`", value.get_name()),
        })
        .collect();
    if !words.is_empty() {
        let between =
            if possible.iter().any(|value| value.get_help().is_some()) { "<br>" } else { ", " };
        let _ = write!(help, "<br>{}", words.join(between));
    }
    let defaults: Vec<String> = arg
        .get_default_values()
        .iter()
        .map(|value| format!("`{}`", value.to_string_lossy()))
        .collect();
    if !defaults.is_empty() && arg.get_action().takes_values() {
        let _ = write!(help, "<br>Default: {}", defaults.join(", "));
    }
    format!("| `{}` | {help} |\n", cell(&name))
}

/// A text that can stand in a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace("\n\n", "<br>").replace('\n', " ")
}

//! Repository tasks: `cargo xtask TASK`.
//!
//! One file per task. No product crate is used as a library, so a broken product never stops a task and this crate builds in
//! seconds; tasks that need the product run the built binary.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a task talks to a developer")]

mod bench;
mod catalog;
mod ci;
mod codegen;
mod docs;
mod e2e;
mod examples;
mod fuzz;
mod rules;
mod score;
mod shell;
mod table;
mod tidy;

use std::env;
use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask TASK

  bench [PATH...]               times and sizes, beside other programs on the same input
  catalog [--check] [--accept-shrink]
                                refresh the data files from the package registries
  ci [STEP...] [--keep-going]   everything that must hold before a change lands
  codegen [--check]             make what the crates embed from the data files
  docs [--check]                write the reference pages from the built binary and the rules
  e2e [CASE...] [--docker | --endpoint URL] [--keep] [--list]
                                deployments against LocalStack, with what the program generates and nothing more
  examples [--check]            synthesize the apps under examples/ with the CDK of npm
  fuzz [TARGET...]              fuzz the readers for a while
  rules                         check the rule files; every problem with its file and line
  score [stacks] CORPUS_DIR     what the program makes of a folder of real input
  tidy                          what compiler and clippy cannot know about this repository
";

fn main() -> ExitCode {
    let mut args = env::args().skip(1);
    let task = args.next().unwrap_or_default();
    let args: Vec<String> = args.collect();
    let result = match task.as_str() {
        "catalog" => catalog::run(&args),
        "bench" => bench::run(args),
        "ci" => ci::run(args),
        "docs" => docs::run(args),
        "e2e" => e2e::run(args),
        "examples" => examples::run(args),
        "fuzz" => fuzz::run(args),
        "rules" => rules::run(&args),
        "score" => score::run(args),
        "tidy" => tidy::run(&args),
        "codegen" => codegen::run(&args),
        "" | "help" | "--help" => {
            print!("{USAGE}");
            Ok(())
        }
        _ => Err(anyhow::anyhow!("unknown task `{task}`\n\n{USAGE}")),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

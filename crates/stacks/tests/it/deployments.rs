//! Deployments to ask questions about, in a few words.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use stackpass_ground::source::{Severity, Source};
use stackpass_stacks::deployment::{Input, Options};
use stackpass_stacks::need::{Gap, Need, Needs, Phase, Who};
use stackpass_stacks::{needs, plan};

/// Account, region and stack name are known, nothing else is said.
pub(crate) fn options() -> Options {
    Options {
        stack_name: Some("shop".to_owned()),
        account: Some("111122223333".to_owned()),
        region: Some("eu-west-1".to_owned()),
        ..Options::new()
    }
}

pub(crate) fn with_parameters(parameters: &[(&str, &str)]) -> Options {
    let parameters =
        parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Options { parameters, ..options() }
}

pub(crate) fn template(text: &str) -> Input {
    Input::Template(Source::new("template.yaml", text))
}

/// What a template needs that has no errors.
pub(crate) fn needs_of(text: &str, options: &Options) -> Needs {
    sound(&[template(text)], options)
}

/// What inputs need that have no errors.
pub(crate) fn sound(inputs: &[Input], options: &Options) -> Needs {
    let (deployment, problems) = plan(inputs, options);
    let errors: Vec<_> = problems
        .iter()
        .map(|problem| &problem.diagnostic)
        .filter(|problem| problem.severity == Severity::Error)
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
    needs(&deployment)
}

/// The needs of the executor.
pub(crate) fn of_executor(needs: &Needs) -> impl Iterator<Item = &Need> {
    needs.needs.iter().filter(|need| need.who == Who::Executor)
}

/// The executor's actions.
pub(crate) fn actions(needs: &Needs) -> BTreeSet<String> {
    of_executor(needs).map(|need| need.action.to_string()).collect()
}

/// What the executor does with an action, in any phase.
pub(crate) fn resources(needs: &Needs, action: &str) -> BTreeSet<String> {
    let of_action = of_executor(needs).filter(|need| need.action.as_str() == action);
    of_action.flat_map(|need| need.resources.iter().map(ToString::to_string)).collect()
}

/// The phases in which the executor calls an action.
pub(crate) fn phases(needs: &Needs, action: &str) -> BTreeSet<Phase> {
    let of_action = of_executor(needs).filter(|need| need.action.as_str() == action);
    of_action.map(|need| need.phase).collect()
}

/// The conditions of an action of the executor: operator, key, values.
pub(crate) fn conditions(needs: &Needs, action: &str) -> BTreeSet<String> {
    let of_action = of_executor(needs).filter(|need| need.action.as_str() == action);
    of_action
        .map(|need| {
            let each = need.conditions.iter().map(|(operator, key, values)| {
                let values: Vec<&str> = values.iter().map(String::as_str).collect();
                format!("{operator} {} {}", key.as_str(), values.join("|"))
            });
            each.collect::<Vec<_>>().join("; ")
        })
        .collect()
}

pub(crate) fn gap_codes(needs: &Needs) -> Vec<&'static str> {
    needs.gaps.iter().map(|Gap { code, .. }| code.as_str()).collect()
}

pub(crate) fn texts<const N: usize>(expected: [&str; N]) -> BTreeSet<String> {
    expected.into_iter().map(str::to_owned).collect()
}

pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A folder that `cdk synth` wrote.
pub(crate) fn assembly(folder: PathBuf) -> Input {
    Input::Assembly {
        files: Box::new(move |path| {
            Some(Source::new(path, std::fs::read_to_string(folder.join(path)).ok()?))
        }),
    }
}

//! The one place where the engine is called.

use stackpass_ground::source::{LocatedDiagnostic, Severity};
use stackpass_policy::catalogue;
use stackpass_stacks::deployment::{Deployment, Mode, Options, PlannedStack, Tool};
use stackpass_stacks::need::Needs;
use stackpass_stacks::registry;
use stackpass_stacks::resolve::Stack;
use stackpass_stacks::service_role::{self, Bounds};

use crate::combination;
use crate::error::{CliError, Kind};
use crate::input::Inputs;

/// All that the engine says of an input.
#[derive(Debug)]
pub(crate) struct Derived {
    /// The stacks, in the order of their names.
    pub(crate) stacks: Vec<StackFacts>,
    /// The program that deploys.
    pub(crate) tool: Tool,
    /// Who executes.
    pub(crate) mode: Mode,
    /// What is needed and what could not be worked out.
    pub(crate) needs: Needs,
    /// What is known of the boundaries of roles and users.
    pub(crate) bounds: Bounds,
    /// What is wrong with the input.
    pub(crate) problems: Vec<LocatedDiagnostic>,
}

/// A stack, as far as a report shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StackFacts {
    /// The name, if it is known.
    pub(crate) name: Option<String>,
    /// The file of its template.
    pub(crate) source: String,
    /// How many resources it has, those of nested stacks included.
    pub(crate) resources: usize,
    /// The account, if it is known.
    pub(crate) account: Option<String>,
    /// The region, if it is known.
    pub(crate) region: Option<String>,
}

impl Derived {
    /// Whether the input can be used: no error in it, and at least one stack.
    pub(crate) fn is_usable(&self) -> bool {
        let is_error = |problem: &LocatedDiagnostic| problem.diagnostic.severity == Severity::Error;
        !self.stacks.is_empty() && !self.problems.iter().any(is_error)
    }
}

/// The day of the newest facts about AWS.
pub(crate) fn data_date() -> &'static str {
    catalogue::DATE.trim().max(registry::DATE.trim())
}

/// The days of all facts about AWS.
pub(crate) fn data_dates() -> String {
    format!("actions {}, registry {}", catalogue::DATE.trim(), registry::DATE.trim())
}

/// Works out what an input needs.
///
/// An error is what could not be read, what does not go together, and a stack that was asked for and does not exist.
pub(crate) fn derive(inputs: &Inputs, options: &Options) -> Result<Derived, CliError> {
    let (deployment, mut problems) = stackpass_stacks::plan(&inputs.inputs, options);
    if let Some(error) = inputs.first_unreadable() {
        return Err(error);
    }
    combination::check(&deployment, &inputs.inputs, options)?;
    check_stacks(&deployment)?;
    let mut stacks: Vec<StackFacts> = deployment.stacks.iter().map(facts).collect();
    // The order of the inputs on the command line must not show.
    stacks.sort_by(|one, other| (&one.name, &one.source).cmp(&(&other.name, &other.source)));
    problems.sort_by(|one, other| {
        let key = |problem: &LocatedDiagnostic| {
            (problem.source.name().to_owned(), problem.diagnostic.clone())
        };
        key(one).cmp(&key(other))
    });
    let needs = stackpass_stacks::needs(&deployment);
    Ok(Derived {
        stacks,
        tool: deployment.tool,
        mode: deployment.mode,
        bounds: service_role::bounds(&deployment, &needs),
        needs,
        problems,
    })
}

/// Every stack that was asked for must exist, else a misspelled name would give a policy that lacks it.
fn check_stacks(deployment: &Deployment) -> Result<(), CliError> {
    let Some(unknown) = deployment.unknown_names.first() else { return Ok(()) };
    let planned = deployment.stacks.iter().filter_map(|planned| name(&planned.stack));
    let left_out = deployment.left_out.iter().filter(|name| !name.contains('*')).cloned();
    let mut names: Vec<String> = planned.chain(left_out).collect();
    names.sort();
    let error = CliError::new(Kind::Usage, format!("the input has no stack `{unknown}`"));
    if names.is_empty() {
        return Err(error);
    }
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    Err(error.with_hint(format!("it has {}", names.join(", "))))
}

fn facts(planned: &PlannedStack) -> StackFacts {
    let stack = &planned.stack;
    StackFacts {
        name: name(stack),
        source: stack.source.name().to_owned(),
        resources: resources(stack),
        account: stack.setting.account.clone(),
        region: stack.setting.region.clone(),
    }
}

fn name(stack: &Stack) -> Option<String> {
    stack.setting.stack_name.as_ref()?.known().map(str::to_owned)
}

fn resources(stack: &Stack) -> usize {
    stack.resources.len() + stack.nested.values().map(resources).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use stackpass_ground::source::Source;
    use stackpass_stacks::deployment::Input;

    use super::*;

    const MANIFEST: &str = r#"{"version": "36.0.0", "artifacts": {
        "Api": {"type": "aws:cloudformation:stack", "environment": "aws://unknown-account/eu-west-1",
            "properties": {"templateFile": "Api.json", "stackName": "prod-api"}},
        "Web": {"type": "aws:cloudformation:stack", "environment": "aws://unknown-account/eu-west-1",
            "properties": {"templateFile": "Web.json", "stackName": "prod-web"}}}}"#;

    /// What is derived for some stacks of an app, and the files that were opened for it.
    fn opened(stacks: &[&str]) -> (Result<Derived, CliError>, Vec<String>) {
        let opened = Rc::new(RefCell::new(Vec::new()));
        let paths = Rc::clone(&opened);
        let files = move |path: &str| {
            paths.borrow_mut().push(path.to_owned());
            let text = match path {
                "manifest.json" => MANIFEST,
                "Api.json" | "Web.json" => r#"{"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}"#,
                _ => return None,
            };
            Some(Source::new(path, text))
        };
        let inputs = Inputs::of(Input::Assembly { files: Box::new(files) });
        let stacks = stacks.iter().map(|&name| name.to_owned()).collect();
        let derived = derive(&inputs, &Options { stacks, ..Options::new() });
        let opened = opened.borrow().clone();
        (derived, opened)
    }

    #[test]
    fn naming_stacks_opens_no_file_again() {
        let (_, all) = opened(&[]);
        assert_eq!(all, ["manifest.json", "Api.json", "Web.json"]);
        for stacks in [&["prod-api"][..], &["Web", "prod-api"], &["none"]] {
            assert_eq!(opened(stacks).1, all, "{stacks:?}");
        }
    }

    #[test]
    fn stack_that_is_not_there_is_told_with_those_that_are() {
        let error = opened(&["prod-web", "prod-wbe", "x"]).0.unwrap_err();
        assert_eq!(error.to_string(), "the input has no stack `prod-wbe`");
        assert_eq!(error.hints(), ["it has `prod-api`, `prod-web`"]);
    }
}

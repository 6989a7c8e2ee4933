//! The one place where the engine is called.

use stackpass_ground::source::Severity;
use stackpass_policy::catalogue;
use stackpass_stacks::assembly::Problem;
use stackpass_stacks::deployment::{Mode, Options, PlannedStack, Tool};
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
    pub(crate) problems: Vec<Problem>,
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
        let is_error = |problem: &Problem| problem.diagnostic.severity == Severity::Error;
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
    if !options.stacks.is_empty() {
        check_stacks(inputs, options)?;
    }
    let mut stacks: Vec<StackFacts> = deployment.stacks.iter().map(facts).collect();
    // The order of the inputs on the command line must not show.
    stacks.sort_by(|one, other| (&one.name, &one.source).cmp(&(&other.name, &other.source)));
    problems.sort_by(|one, other| {
        let key =
            |problem: &Problem| (problem.source.name().to_owned(), problem.diagnostic.clone());
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
fn check_stacks(inputs: &Inputs, options: &Options) -> Result<(), CliError> {
    let planned_for = |stacks: Vec<String>| {
        let options = Options { stacks, ..options.clone() };
        stackpass_stacks::plan(&inputs.inputs, &options).0.stacks
    };
    // No stack of an app has an empty name, so these are the templates, which stay whatever is asked for.
    let templates = planned_for(vec![String::new()]).len();
    for wanted in &options.stacks {
        if planned_for(vec![wanted.clone()]).len() == templates {
            let all = planned_for(Vec::new());
            let names: Vec<String> = all
                .iter()
                .filter_map(|planned| name(&planned.stack))
                .map(|name| format!("`{name}`"))
                .collect();
            let error = CliError::new(Kind::Usage, format!("the input has no stack `{wanted}`"));
            return Err(if names.is_empty() {
                error
            } else {
                error.with_hint(format!("it has {}", names.join(", ")))
            });
        }
    }
    Ok(())
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

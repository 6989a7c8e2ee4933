//! Replays a recorded deployment against derived policies: is every call allowed, and is every need needed?
//!
//! - **Sufficiency.** Each call of the caller and of the engine becomes the requests that IAM decides for it. All must be allowed by
//!   the policies of whoever made the call: those of the phase, and those of the whole life of the stack.
//! - **Necessity.** Each need that a deployment is said to fail without, and whose action was called on something that it covers, is
//!   taken away with its duplicates; the calls that it covered must then be denied. Where another need covers them all as well, the
//!   need is redundant, which is counted.
//! - **Ratio.** How many actions the policies of a holder grant, and how many were called.
//!
//! Decisions are the product's own, by `stackpass simulate`; the policies of the necessity are one statement a need, put together
//! here. What a call is authorized by is our table, `xtask/e2e/calls.toml`.
//!
//! Limits: what the emulator does not call is not proved. See [`names`] for the names that it makes up.

mod names;
mod necessity;
pub(crate) mod report;
mod state;
mod sufficiency;

use std::path::{Path, PathBuf};

use anyhow::Result;

pub(crate) use self::names::Names;
pub(crate) use self::necessity::{Necessity, Ratio, Redundant, necessity};
pub(crate) use self::report::{Holder, Report};
use self::state::State;
pub(crate) use self::sufficiency::{Denied, Sufficiency, sufficiency};
use super::calls::{Call, Request, Side, Unmapped, requests};
use super::judge::Judge;

/// The error of a client that finds the parameters wrong before it calls.
const INVALID: &str = "ParamValidationError";

/// What whoever works on a stack calls.
const STACK_CALLS: [&str; 4] =
    ["CreateChangeSet", "CreateStack", "ExecuteChangeSet", "UpdateStack"];

/// A deployment to replay.
pub(crate) struct Deployment<'a> {
    /// The built program.
    pub(crate) binary: &'a Path,
    pub(crate) calls: &'a [Call],
    /// Whether a call from outside was made as the caller: not under a role that the caller assumed.
    pub(crate) is_caller: &'a dyn Fn(&Call) -> bool,
    /// What `generate stack` said for all phases.
    pub(crate) report: &'a Report,
    /// What it said for a phase alone, by the phase of the calls.
    pub(crate) phases: &'a [(&'a str, &'a Report)],
    /// What need not be allowed.
    pub(crate) is_waived: &'a dyn Fn(&Denied) -> bool,
    /// A folder for the policies.
    pub(crate) folder: PathBuf,
}

/// One request of one call, and who must be allowed to make it.
#[derive(Clone, Debug)]
struct Demand<'a> {
    call: &'a Call,
    by: Party,
    request: Request,
    /// The request with the names that AWS would have made.
    renamed: Option<Request>,
}

/// Who made a call.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Party {
    Caller,
    /// The engine, at work on a resource.
    Executor,
    /// The engine at work on no resource: it reads templates and parameters for whoever deploys.
    Anyone,
}

/// What the calls of a recording demand.
struct Demands<'a> {
    made: Vec<Demand<'a>>,
    /// Calls of services for themselves and under assumed roles, and what never left the emulator.
    apart: usize,
    free: usize,
    unmapped: Vec<Unmapped>,
}

impl<'a> Demands<'a> {
    fn of(deployment: &Deployment<'a>) -> Result<Demands<'a>> {
        let names = Names::of(deployment.calls)?;
        let state = State::of(deployment.calls);
        let deploys = deployment.calls.iter().any(|call| {
            let acts = call.service == "cloudformation" && STACK_CALLS.contains(&&*call.operation);
            acts && call.side == Side::Client && (deployment.is_caller)(call)
        });
        let mut found = Demands { made: Vec::new(), apart: 0, free: 0, unmapped: Vec::new() };
        for call in deployment.calls {
            let by = match (call.side, &call.resource) {
                _ if call.error.as_deref() == Some(INVALID) => None,
                (Side::Client, _) if (deployment.is_caller)(call) => Some(Party::Caller),
                (Side::Engine, Some(_)) => Some(Party::Executor),
                (Side::Engine, None) if deploys => Some(Party::Anyone),
                // It is done under, or for, a role that the caller assumed, or by a service for itself.
                _ => None,
            };
            let Some(by) = by else {
                found.apart += 1;
                continue;
            };
            match requests(call) {
                Err(unmapped) => found.unmapped.push(unmapped),
                Ok(requests) if requests.is_empty() => found.free += 1,
                Ok(requests) => found.made.extend(requests.into_iter().map(|request| {
                    let request = state.complete(call, request);
                    let renamed = names.rename(&request);
                    Demand { call, by, request, renamed }
                })),
            }
        }
        Ok(found)
    }
}

impl Demand<'_> {
    /// The name that waivers and lists use.
    fn subject(&self) -> &str {
        match (self.by, &self.call.resource) {
            (Party::Caller, _) => "caller",
            (_, Some(resource)) => &resource.kind,
            _ => "engine",
        }
    }

    /// Whose policies may allow it.
    fn holders(&self, report: &Report) -> Vec<Holder> {
        match self.by {
            _ if report.is_direct() => vec![Holder::Deploy],
            Party::Caller => vec![Holder::Caller],
            Party::Executor => vec![Holder::Executor],
            Party::Anyone => vec![Holder::Caller, Holder::Executor],
        }
    }
}

/// The evaluators of a report's policies.
struct Judges(Vec<(Holder, Judge)>);

impl Judges {
    fn start(binary: &Path, report: &Report, folder: &Path) -> Result<Judges> {
        let judge = |holder| {
            let policies = report.write(holder, folder)?;
            Ok((holder, Judge::start(binary, &policies, None)?))
        };
        let holders = [Holder::Caller, Holder::Executor, Holder::Deploy];
        Ok(Judges(holders.into_iter().map(judge).collect::<Result<_>>()?))
    }

    fn of(&mut self, holder: Holder) -> Option<&mut Judge> {
        self.0.iter_mut().find(|(of, _)| *of == holder).map(|(_, judge)| judge)
    }
}

#[cfg(test)]
mod tests;

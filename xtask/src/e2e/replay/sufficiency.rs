//! Whether the derived policies allow every recorded call.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::Result;

use super::{Demand, Demands, Deployment, Judges, Report};
use crate::e2e::calls::{Request, Unmapped};
use crate::e2e::judge::{Decision, Verdict};

/// What came out.
#[derive(Debug, Default)]
pub(crate) struct Sufficiency {
    /// Calls that were judged, in all phases.
    pub(crate) calls: usize,
    /// Calls that needed no permission.
    pub(crate) free: usize,
    /// Calls that were not judged: of services for themselves, under roles that the caller assumed, and for such a role.
    pub(crate) apart: usize,
    /// Different requests of the calls.
    pub(crate) requests: usize,
    /// Of those, allowed as they were recorded.
    pub(crate) allowed: usize,
    /// Allowed once names made by the emulator are those that AWS makes.
    pub(crate) renamed: usize,
    pub(crate) waived: usize,
    pub(crate) denied: Vec<Denied>,
    pub(crate) unmapped: Vec<Unmapped>,
}

/// A request that was not allowed.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Denied {
    /// `all`, or the phase whose policies do not allow it.
    pub(crate) phase: String,
    /// The type of the resource, `caller` or `engine`.
    pub(crate) subject: String,
    pub(crate) logical_id: Option<String>,
    /// Service and operation.
    pub(crate) call: String,
    pub(crate) request: Request,
    /// What the policies say.
    pub(crate) verdict: String,
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let resource = self.request.resource.as_deref().unwrap_or("*");
        let id = self.logical_id.as_deref().map(|id| format!(" {id}")).unwrap_or_default();
        write!(
            f,
            "{} {} of {}{id} ({}): {} with the policies of {}",
            self.request.action, resource, self.subject, self.call, self.verdict, self.phase
        )
    }
}

/// Replays the calls against the policies of all phases, and against those of their own phase.
pub(crate) fn sufficiency(deployment: &Deployment<'_>) -> Result<Sufficiency> {
    let demands = Demands::of(deployment)?;
    let mut found = Sufficiency {
        calls: deployment.calls.len() - demands.apart,
        free: demands.free,
        apart: demands.apart,
        unmapped: demands.unmapped,
        ..Sufficiency::default()
    };
    let all: Vec<&Demand<'_>> = demands.made.iter().collect();
    judge(deployment, "all", deployment.report, &all, &mut found)?;
    for (phase, report) in deployment.phases {
        let of_phase = |demand: &&&Demand<'_>| demand.call.phase.as_deref() == Some(*phase);
        let demands: Vec<&Demand<'_>> = all.iter().filter(of_phase).copied().collect();
        judge(deployment, phase, report, &demands, &mut found)?;
    }
    found.denied.sort();
    Ok(found)
}

/// Judges each different request once.
fn judge(
    deployment: &Deployment<'_>,
    phase: &str,
    report: &Report,
    demands: &[&Demand<'_>],
    found: &mut Sufficiency,
) -> Result<()> {
    let mut judges = Judges::start(deployment.binary, report, &deployment.folder.join(phase))?;
    let mut different: BTreeMap<_, &Demand<'_>> = BTreeMap::new();
    for demand in demands {
        different.entry((demand.by, demand.subject(), &demand.request)).or_insert(demand);
    }
    for demand in different.into_values() {
        found.requests += 1;
        let decision = decide(demand, &demand.request, report, &mut judges)?;
        if decision.verdict == Verdict::Allowed {
            found.allowed += 1;
            continue;
        }
        let renamed = match &demand.renamed {
            Some(renamed) => decide(demand, renamed, report, &mut judges)?,
            None => decision,
        };
        if renamed.verdict == Verdict::Allowed {
            found.renamed += 1;
            continue;
        }
        let denied = denied(phase, demand, &renamed);
        if (deployment.is_waived)(&denied) {
            found.waived += 1;
        } else {
            found.denied.push(denied);
        }
    }
    Ok(())
}

/// The best that a holder's policies say.
fn decide(
    demand: &Demand<'_>,
    request: &Request,
    report: &Report,
    judges: &mut Judges,
) -> Result<Decision> {
    let mut best = None;
    for holder in demand.holders(report) {
        let Some(judge) = judges.of(holder) else { continue };
        let decision = judge.decide(request)?;
        let allows = decision.verdict == Verdict::Allowed;
        if allows || best.is_none() {
            best = Some(decision);
        }
    }
    let nothing =
        || Decision { verdict: Verdict::ImplicitDeny, statements: Vec::new(), keys: Vec::new() };
    Ok(best.unwrap_or_else(nothing))
}

fn denied(phase: &str, demand: &Demand<'_>, decision: &Decision) -> Denied {
    let verdict = match decision.verdict {
        Verdict::Depends => format!("depends on {}", decision.keys.join(", ")),
        Verdict::ExplicitDeny => "denied by a statement".to_owned(),
        Verdict::Allowed | Verdict::ImplicitDeny => "not allowed".to_owned(),
    };
    Denied {
        phase: phase.to_owned(),
        subject: demand.subject().to_owned(),
        logical_id: demand.call.resource.as_ref().and_then(|resource| resource.logical_id.clone()),
        call: format!("{}:{}", demand.call.service, demand.call.operation),
        request: demand.renamed.as_ref().unwrap_or(&demand.request).clone(),
        verdict,
    }
}

//! Cases of deployments: what is generated is put into IAM, and the deployment runs with it and nothing more.
//!
//! 1. Policies are generated for the input, and applied to a user (and a service role) of the case by the program.
//! 2. They are read back from IAM with the AWS CLI, must be what was generated, and are enforced from then on.
//! 3. The stack is created, updated and deleted as that user, with the tool of the case.
//! 4. The recording is replayed: all that was called is allowed, and what was called is needed.
//! 5. `check` finds nothing missing in what IAM has; with any one statement less it names what that statement alone granted.
//! 6. With a statement less that a call needed the deployment fails, and `check` says what is missing.

mod principals;
mod reduced;
mod tools;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use self::tools::Phase;
use super::calls::Call;
use super::case::{Case, Deployment, Mode};
use super::commands::{self, Names};
use super::ratchet::Ratios;
use super::replay::{self, Holder, Report};
use super::server::Recording;
use super::waivers::Waivers;
use super::world::{Keys, World};
use crate::shell;

/// A deployment with its names filled in, ready to run.
struct Plan<'a> {
    case: &'a Case,
    deployment: &'a Deployment,
    world: &'a World,
    folder: PathBuf,
    input: String,
    /// What the tool is given, which is the input unless that has to be prepared.
    deployed: String,
    update: Option<String>,
    parameters: Vec<(String, String)>,
    admin: Keys,
    /// The name of the user, who is the caller.
    user: String,
    /// The name of the service role.
    role: String,
}

/// What a deployment came to.
pub(super) struct Outcome {
    pub(super) ratios: Ratios,
    /// How many calls were replayed, and what else to say about the case in a line.
    pub(super) remark: String,
}

/// Runs the case.
pub(super) fn run(
    case: &Case,
    deployment: &Deployment,
    world: &World,
    waivers: &Waivers,
) -> Result<Outcome> {
    let mut names = commands::names(case, world);
    names.insert("account".to_owned(), deployment.account.clone());
    names.insert("region".to_owned(), deployment.region.clone());
    let plan = Plan::new(case, deployment, world, &names);
    if deployment.bootstrap || deployment.mode == Mode::Bootstrap {
        world.bootstrap(&plan.admin)?;
    }
    for step in &deployment.before {
        commands::run_step(step, &mut names, &plan.admin, &plan.folder, world)
            .context("a step before the deployment")?;
    }
    let report = plan.report(None)?;
    let caller = principals::create_user(&plan)?;
    principals::apply(&plan, &report)?;
    let unenforced = principals::enforce_all(&plan, &report)?;
    // What was prepared is no part of the deployment.
    world.server.take();
    let deployed = deploy(&plan, &caller);
    let recording = world.server.take();
    keep(&recording, &plan.folder)?;
    refuse_surprises(&recording)?;
    deployed.with_context(|| why(&plan))?;
    let replayed = replay(&plan, &report, &recording.calls, waivers)?;
    principals::check_live(&plan)?;
    reduced::check_each(&plan, &report)?;
    let missing = reduced::deploy_refused(&plan, &report, &recording.calls, &caller)?;
    let Replayed { ratios, calls, requests, renamed, waived } = replayed;
    let mut remark =
        format!("{calls} calls, {requests} requests, {ratios}; refused without {missing}");
    let counts =
        [(renamed, "renamed"), (waived, "waived"), (unenforced.len(), "roles not enforced")];
    for (count, what) in counts.iter().filter(|(count, _)| *count > 0) {
        write!(remark, "; {count} {what}")?;
    }
    Ok(Outcome { ratios, remark })
}

impl<'a> Plan<'a> {
    fn new(
        case: &'a Case,
        deployment: &'a Deployment,
        world: &'a World,
        names: &Names,
    ) -> Plan<'a> {
        let folder = world.folder(&case.name);
        let path = |text: &str| {
            let filled = commands::filled(text, names);
            case.folder.join(filled).display().to_string()
        };
        let parameter =
            |(name, value): (&String, &String)| (name.clone(), commands::filled(value, names));
        Plan {
            case,
            deployment,
            world,
            folder,
            input: path(&deployment.input),
            deployed: path(deployment.deployed.as_ref().unwrap_or(&deployment.input)),
            update: deployment.update.as_deref().map(path),
            parameters: deployment.parameters.iter().map(parameter).collect(),
            admin: Keys::administrator(&deployment.account, &deployment.region),
            user: format!("e2e-{}", case.name),
            role: format!("e2e-{}-executor", case.name),
        }
    }

    /// The input and options that every command of the program gets about this deployment.
    fn about(&self) -> Vec<String> {
        let deployment = self.deployment;
        let mut words = vec![self.input.clone()];
        let pairs = [
            ("--tool", deployment.tool.name()),
            ("--mode", deployment.mode.name()),
            ("--account", &deployment.account),
            ("--region", &deployment.region),
        ];
        words.extend(
            pairs.iter().flat_map(|(name, value)| [(*name).to_owned(), (*value).to_owned()]),
        );
        if deployment.tool.is_template() {
            words.extend(["--stack-name".to_owned(), deployment.stack.clone()]);
        }
        if deployment.mode == Mode::ServiceRole {
            words.extend(
                self.role_arn()
                    .map(|role| ["--service-role".to_owned(), role])
                    .into_iter()
                    .flatten(),
            );
        }
        for (name, value) in &self.parameters {
            words.extend(["--parameter".to_owned(), format!("{name}={value}")]);
        }
        words.extend(deployment.options.iter().cloned());
        words
    }

    /// What `generate stack` says, for a phase or for all.
    fn report(&self, phase: Option<Phase>) -> Result<Report> {
        let mut words = self.about();
        words.extend(["--phase".to_owned(), phase.map_or("all", Phase::generated).to_owned()]);
        let (input, options) = words.split_first().context("no input")?;
        let options: Vec<&str> = options.iter().map(String::as_str).collect();
        Report::generate(self.world.stackpass(), Path::new(input), &options)
    }

    /// The ARN that CloudFormation is given.
    fn role_arn(&self) -> Option<String> {
        let has_role = self.deployment.mode == Mode::ServiceRole;
        has_role.then(|| format!("arn:aws:iam::{}:role/{}", self.deployment.account, self.role))
    }

    fn user_arn(&self) -> String {
        format!("arn:aws:iam::{}:user/{}", self.deployment.account, self.user)
    }
}

/// The policies of a holder, as generated.
fn documents(report: &Report, holder: Holder) -> Vec<Value> {
    let of = report.policies.iter().filter(|policy| policy.who == holder);
    of.map(|policy| policy.document.clone()).collect()
}

/// All phases, each with success.
fn deploy(plan: &Plan<'_>, caller: &Keys) -> Result<()> {
    for phase in Phase::ALL {
        plan.world.server.enter(phase.name());
        for words in tools::commands(plan, phase) {
            plan.world
                .succeed_as(caller, &words, &plan.folder)
                .with_context(|| format!("phase {}", phase.name()))?;
        }
    }
    Ok(())
}

/// What the stack says of resources that failed.
fn why(plan: &Plan<'_>) -> String {
    const FAILED: &str = "StackEvents[?contains(ResourceStatus, 'FAILED')].[LogicalResourceId, ResourceStatusReason]";
    let stack = plan.deployment.stack.as_str();
    let events = ["aws", "cloudformation", "describe-stack-events", "--stack-name", stack];
    let mut words = events.to_vec();
    words.extend(["--query", FAILED, "--output", "text"]);
    plan.world.succeed_as(&plan.admin, &words, &plan.folder).unwrap_or_default()
}

/// Writes the recording into the folder of the case.
fn keep(recording: &Recording, folder: &Path) -> Result<()> {
    let lines: Vec<String> =
        recording.calls.iter().map(serde_json::to_string).collect::<Result<_, _>>()?;
    shell::write(&folder.join("calls.ndjson"), &(lines.join("\n") + "\n"))
}

/// Tools may get over a refusal; here none may happen.
fn refuse_surprises(recording: &Recording) -> Result<()> {
    let surprises: Vec<&str> =
        recording.problems.iter().chain(&recording.refusals).map(String::as_str).collect();
    if !surprises.is_empty() {
        bail!("{}", surprises.join("\n"));
    }
    if recording.calls.is_empty() {
        bail!(
            "no call was recorded; a LocalStack that was started by others does not have the plug-in"
        );
    }
    Ok(())
}

struct Replayed {
    ratios: Ratios,
    calls: usize,
    requests: usize,
    renamed: usize,
    waived: usize,
}

/// Sufficiency and necessity of the recording.
fn replay(plan: &Plan<'_>, report: &Report, calls: &[Call], waivers: &Waivers) -> Result<Replayed> {
    let user = plan.user_arn();
    let is_caller = |call: &Call| call.principal.as_deref() == Some(user.as_str());
    let is_waived = |denied: &replay::Denied| waivers.covers(&plan.case.name, denied);
    let reports: Vec<(Phase, Report)> = Phase::ALL
        .into_iter()
        .map(|phase| Ok((phase, plan.report(Some(phase))?)))
        .collect::<Result<_>>()?;
    let phases: Vec<(&str, &Report)> =
        reports.iter().map(|(phase, report)| (phase.name(), report)).collect();
    let deployment = replay::Deployment {
        binary: plan.world.stackpass(),
        calls,
        is_caller: &is_caller,
        report,
        phases: &phases,
        is_waived: &is_waived,
        folder: plan.folder.join("replay"),
    };
    let sufficiency = replay::sufficiency(&deployment)?;
    let denied = sufficiency.denied.iter().map(ToString::to_string);
    let unmapped = sufficiency.unmapped.iter().map(ToString::to_string);
    let failures: Vec<String> = denied.chain(unmapped).collect();
    if !failures.is_empty() {
        bail!("calls that are not allowed:\n{}", failures.join("\n"));
    }
    let necessity = replay::necessity(&deployment)?;
    let redundant: Vec<String> = necessity.redundant.iter().map(ToString::to_string).collect();
    shell::write(&plan.folder.join("redundant.txt"), &redundant.join("\n"))?;
    Ok(Replayed {
        ratios: Ratios { holders: necessity.ratio, redundant: redundant.len() },
        calls: sufficiency.calls,
        requests: sufficiency.requests,
        renamed: sufficiency.renamed,
        waived: sufficiency.waived,
    })
}

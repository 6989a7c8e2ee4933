//! Plans in files: what is wanted, and the steps that it took when it was planned.
//!
//! The steps are planned again before they are done. If they differ, IAM has changed, and nothing is done.

use std::path::Path;

use serde::{Deserialize, Serialize};
use stackpass_iam::desired::Desired;
use stackpass_iam::plan::{Plan, Planned};

use crate::error::{CliError, Kind};
use crate::files::{self, NewFile};
use crate::input;

/// The version of the format.
const FORMAT: u32 = 1;

/// A plan as it is written.
#[derive(Debug, Deserialize, PartialEq, Serialize)]
pub(super) struct PlanFile {
    format: u32,
    tool: String,
    /// The endpoint, if it was not AWS's.
    pub(super) endpoint: Option<String>,
    /// What is wanted, for which account.
    pub(super) wanted: Desired,
    /// The steps at that time.
    pub(super) steps: Vec<Planned>,
}

impl PlanFile {
    /// Makes a plan that can be written.
    pub(super) fn new(endpoint: Option<String>, wanted: Desired, plan: &Plan) -> PlanFile {
        let tool = concat!("stackpass ", env!("CARGO_PKG_VERSION")).to_owned();
        PlanFile { format: FORMAT, tool, endpoint, wanted, steps: plan.steps.clone() }
    }

    /// Reads a plan.
    pub(super) fn open(path: &Path) -> Result<PlanFile, CliError> {
        let source = input::read(path)?;
        let no_plan = |cause: serde_json::Error| {
            let message = format!("`{}` is no plan", path.display());
            let hint = "`stackpass apply ... --dry-run --plan-out FILE` writes one";
            CliError::new(Kind::Input, message).caused_by(cause).with_hint(hint)
        };
        let text = source.text().trim_start_matches('\u{feff}');
        let version: FormatOnly = serde_json::from_str(text).map_err(no_plan)?;
        if version.format != FORMAT {
            let message = format!("`{}` is a plan of another version of stackpass", path.display());
            return Err(CliError::new(Kind::Input, message).with_hint("make the plan again"));
        }
        serde_json::from_str(text).map_err(no_plan)
    }

    /// Writes the plan; gives what to tell the user.
    pub(super) fn write(&self, path: &Path) -> Result<String, CliError> {
        let mut text = serde_json::to_string_pretty(self).map_err(|cause| {
            CliError::new(Kind::Unexpected, "cannot write the plan").caused_by(cause)
        })?;
        text.push('\n');
        let Some(name) = path.file_name() else {
            let message = format!("`{}` is no name of a file", path.display());
            return Err(CliError::new(Kind::Usage, message));
        };
        let name = name.to_string_lossy().into_owned();
        files::write_alone(path.parent().unwrap_or(Path::new("")), &NewFile { name, text })
    }
}

/// What every version of a plan has.
#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct FormatOnly {
    format: u32,
}

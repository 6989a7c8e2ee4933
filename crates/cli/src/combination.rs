//! Which tools, modes and inputs go together. What makes no sense is refused with what to do instead: a policy for it would
//! lack what the deployment calls, or allow what it never does.

use stackpass_stacks::deployment::{Deployment, Input, Mode, Options, Tool};

use crate::error::{CliError, Kind};

/// What the checks look at.
struct Combination<'a> {
    tool: Tool,
    options: &'a Options,
    /// Whether a synthesized app is among the inputs.
    has_app: bool,
    /// Whether a stack names a role that the CDK assumes to deploy it.
    has_deploy_role: bool,
}

/// Refuses a tool, a mode and options that do not go together with each other or with the input.
pub(crate) fn check(
    deployment: &Deployment,
    inputs: &[Input],
    options: &Options,
) -> Result<(), CliError> {
    // An input without stacks has a problem of its own to report.
    if deployment.stacks.is_empty() {
        return Ok(());
    }
    let combination = Combination {
        tool: deployment.tool,
        options,
        has_app: inputs.iter().any(|input| matches!(input, Input::Assembly { .. })),
        has_deploy_role: deployment
            .stacks
            .iter()
            .any(|planned| planned.artifact.deploy_role.is_some()),
    };
    combination.options_fit_the_tool()?;
    combination.tool_fits_the_input()?;
    combination.mode_fits_the_tool()
}

impl Combination<'_> {
    fn options_fit_the_tool(&self) -> Result<(), CliError> {
        let tool = self.tool;
        if self.options.live && tool != Tool::SstV1 {
            let message = format!("`--live` adds what `sst start` calls, and the tool is `{tool}`");
            return refused(message, "add `--tool sst-v1`, or leave `--live` out");
        }
        if self.options.qualifier.is_some() && matches!(tool, Tool::AwsCli | Tool::Sam) {
            let message = format!(
                "`--qualifier` names a bootstrap stack of the CDK, which `{tool}` does not use"
            );
            return refused(message, "leave `--qualifier` out, or name a tool of the CDK");
        }
        Ok(())
    }

    fn tool_fits_the_input(&self) -> Result<(), CliError> {
        match self.tool {
            Tool::Cdk if !self.has_deploy_role && self.has_app => refused(
                "`--tool cdk` assumes the roles of the bootstrap stack, and no stack of the app names one",
                "`--tool cdk-legacy` deploys with the caller's own permissions",
            ),
            Tool::Cdk if !self.has_deploy_role => refused(
                "`--tool cdk` deploys an app, and a template alone does not say which roles it assumes",
                "give the folder that `cdk synth` wrote, or leave `--tool` out",
            ),
            Tool::CdkBootstrap if self.has_app => refused(
                "`--tool cdk-bootstrap` deploys the bootstrap stack, not an app",
                "`stackpass generate bootstrap` is about this stack; leave `--tool` out for the app",
            ),
            Tool::Sam if self.has_app => refused(
                "`--tool sam` deploys a template, not an app of the CDK",
                "give the template in the app's folder, or leave `--tool` out",
            ),
            _ => Ok(()),
        }
    }

    fn mode_fits_the_tool(&self) -> Result<(), CliError> {
        let tool = self.tool;
        match self.options.mode {
            Some(Mode::Direct) if tool == Tool::Cdk => refused(
                "with `--mode direct` CloudFormation acts with the caller's permissions, but `cdk deploy` gives it the role of the bootstrap stack",
                "leave `--mode` out, or add `--tool cdk-legacy` for the caller's own permissions",
            ),
            Some(Mode::Bootstrap) if !self.has_app => refused(
                "`--mode bootstrap` is for an app of the CDK, and a template alone names no role of the bootstrap stack",
                "give the folder that `cdk synth` wrote, or take `--mode direct` or `--mode service-role`",
            ),
            Some(Mode::Bootstrap) if !self.has_deploy_role => refused(
                "`--mode bootstrap` uses the roles of the bootstrap stack, and no stack of the app names one",
                "take `--mode direct` or `--mode service-role`",
            ),
            Some(Mode::Bootstrap) if !matches!(tool, Tool::Cdk | Tool::SstV1) => refused(
                format!("`--mode bootstrap` uses roles that `--tool {tool}` does not assume"),
                "take `--tool cdk`, or `--mode direct` or `--mode service-role`",
            ),
            _ => Ok(()),
        }
    }
}

fn refused(message: impl Into<String>, hint: &str) -> Result<(), CliError> {
    Err(CliError::new(Kind::Usage, message).with_hint(hint))
}

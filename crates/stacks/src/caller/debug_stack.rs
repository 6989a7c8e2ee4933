//! The names of SST's debug stack.

use crate::generated_names::{Case, NameRule, StackName, Style, generated_name_pattern};
use crate::names;

use super::Caller;

/// What the names of SST's debug stacks end in.
const DEBUG_STACK: &str = "-debug-stack";

/// The logical id of the debug stack's bucket.
const BUCKET: &str = "Bucket83908E77";

impl Caller<'_> {
    /// The name of the debug stack: that of the deployment, else what such names end in.
    pub(super) fn debug_stack_name(self) -> String {
        let stacks = self.deployment.stacks.iter();
        stacks
            .map(|planned| names::stack_name(&planned.stack))
            .find(|name| name.ends_with(DEBUG_STACK))
            .unwrap_or_else(|| format!("*{DEBUG_STACK}"))
    }

    /// The generated name of the debug stack's bucket.
    pub(super) fn debug_bucket(self) -> String {
        let stack_name = self.debug_stack_name();
        let stack_name = if stack_name.starts_with('*') {
            StackName::Unknown
        } else {
            StackName::Known(&stack_name)
        };
        let rule = NameRule { max: 63, case: Case::Lower, style: Style::Split };
        generated_name_pattern(stack_name, BUCKET, &rule)
    }
}

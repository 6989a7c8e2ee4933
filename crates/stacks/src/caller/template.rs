//! What CloudFormation asks of the caller while it reads the template.

use std::collections::BTreeSet;

use stackpass_ground::arn::ArnPattern;

use crate::generic;
use crate::need::{Needs, Phase, Scoping};
use crate::resolve::UseKind;
use crate::transforms;

use super::{Call, Caller};

/// How the ARN of SAM's transform ends.
const SAM_TRANSFORM: &str = "transform/Serverless-2016-10-31";

impl Caller<'_> {
    /// What it takes to check the template's parameters and to run its transforms.
    pub(super) fn template_needs(self, needs: &mut Needs) {
        self.parameter_needs(needs);
        for call in transforms::calls(&self.planned.stack) {
            // SAM's own transform is among the tool's calls.
            let is_sam = |arn: &ArnPattern| arn.as_str().ends_with(SAM_TRANSFORM);
            let Ok(action) = call.action.parse() else { continue };
            if !call.resources.iter().any(is_sam) {
                let (scoping, span) = (call.scoping, call.span);
                let call = Call::must(action, call.resources, call.evidence);
                self.push(Call { scoping, span, ..call }, &[Phase::ChangeSet], needs);
            }
        }
    }

    fn parameter_needs(self, needs: &mut Needs) {
        for used in &self.planned.stack.uses {
            let UseKind::ParameterType(kind) = &used.kind else { continue };
            let evidence =
                format!("CloudFormation checks the value of a parameter of the type `{kind}`");
            for action in generic::parameter_type_actions(kind) {
                let Ok(action) = action.parse() else { continue };
                let call = Call::must(action, BTreeSet::from([ArnPattern::any()]), &evidence);
                let call = Call { scoping: Scoping::NoResourceLevel, span: used.span, ..call };
                self.push(call, &[Phase::ChangeSet], needs);
            }
        }
    }
}

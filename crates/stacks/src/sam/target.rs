//! What events and addresses point to.

use stackpass_ground::tree::Node;

use super::build::At;

/// The function, or its alias.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) id: String,
    pub(super) is_alias: bool,
}

impl Target {
    pub(super) fn name(&self, at: At) -> Node {
        at.reference(&self.id)
    }

    pub(super) fn arn(&self, at: At) -> Node {
        if self.is_alias { at.reference(&self.id) } else { at.attribute(&self.id, "Arn") }
    }
}

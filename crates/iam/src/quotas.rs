//! How much IAM takes: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>.

use crate::principal::Kind;

/// The quotas that a plan is held against. Sizes are in characters, white space not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quotas {
    /// Managed policies attached to a user.
    pub attached_to_user: usize,
    /// Managed policies attached to a group.
    pub attached_to_group: usize,
    /// Managed policies attached to a role.
    pub attached_to_role: usize,
    /// The size of a managed policy.
    pub policy_size: usize,
    /// The size of all inline policies of a user.
    pub user_inline_size: usize,
    /// The size of all inline policies of a group.
    pub group_inline_size: usize,
    /// The size of all inline policies of a role.
    pub role_inline_size: usize,
    /// The size of a trust policy.
    pub trust_size: usize,
    /// Versions of a managed policy.
    pub versions: usize,
}

impl Quotas {
    /// What an account has that asked for nothing more.
    pub const DEFAULT: Quotas = Quotas {
        attached_to_user: 10,
        attached_to_group: 10,
        attached_to_role: 10,
        policy_size: 6144,
        user_inline_size: 2048,
        group_inline_size: 5120,
        role_inline_size: 10_240,
        trust_size: 2048,
        versions: 5,
    };

    /// The number of managed policies that a principal can have attached.
    pub fn attached(&self, kind: Kind) -> usize {
        match kind {
            Kind::Group => self.attached_to_group,
            Kind::Role => self.attached_to_role,
            Kind::User => self.attached_to_user,
        }
    }

    /// The size that the inline policies of a principal can have together.
    pub fn inline_size(&self, kind: Kind) -> usize {
        match kind {
            Kind::Group => self.group_inline_size,
            Kind::Role => self.role_inline_size,
            Kind::User => self.user_inline_size,
        }
    }
}

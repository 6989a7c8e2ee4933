//! The account that is worked on, and the ARNs in it.

use serde::{Deserialize, Serialize};

/// An account and the partition that it is in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Account {
    /// The twelve digits.
    pub id: String,
    /// `aws`, `aws-cn`, `aws-us-gov`.
    pub partition: String,
}

impl Account {
    /// Makes the account with this number in this partition.
    pub fn new(id: impl Into<String>, partition: impl Into<String>) -> Account {
        Account { id: id.into(), partition: partition.into() }
    }

    /// The ARN that a customer-managed policy has, or will have; `path` begins and ends with `/`.
    pub fn policy_arn(&self, path: &str, name: &str) -> String {
        format!("{}policy{path}{name}", self.prefix())
    }

    /// The ARN that a policy managed by AWS has, such as `AdministratorAccess`.
    pub fn aws_managed_arn(&self, name: &str) -> String {
        format!("arn:{}:iam::aws:policy/{name}", self.partition)
    }

    /// The ARN that a role has, or will have; `path` begins and ends with `/`.
    pub fn role_arn(&self, path: &str, name: &str) -> String {
        format!("{}role{path}{name}", self.prefix())
    }

    /// The ARN of the identity provider with this URL.
    pub fn provider_arn(&self, url: &str) -> String {
        let host = url.strip_prefix("https://").unwrap_or(url);
        format!("{}oidc-provider/{}", self.prefix(), host.trim_end_matches('/'))
    }

    fn prefix(&self) -> String {
        format!("arn:{}:iam::{}:", self.partition, self.id)
    }
}

/// Whether the ARN is that of a policy that belongs to AWS.
pub fn is_aws_managed(policy: &str) -> bool {
    policy.split(':').nth(4) == Some("aws")
}

/// The name of a policy or role by its ARN: all that follows the last slash.
pub fn name_of(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns_hold_partition_path_and_name() {
        let account = Account::new("111122223333", "aws-cn");
        assert_eq!(account.policy_arn("/", "P"), "arn:aws-cn:iam::111122223333:policy/P");
        assert_eq!(account.role_arn("/a/b/", "R"), "arn:aws-cn:iam::111122223333:role/a/b/R");
        assert_eq!(account.aws_managed_arn("X"), "arn:aws-cn:iam::aws:policy/X");
        assert_eq!(
            account.provider_arn("https://gitlab.example.com/x/"),
            "arn:aws-cn:iam::111122223333:oidc-provider/gitlab.example.com/x"
        );
    }

    #[test]
    fn policies_of_aws_are_told_by_their_account() {
        assert!(is_aws_managed("arn:aws:iam::aws:policy/job-function/Billing"));
        assert!(!is_aws_managed("arn:aws:iam::111122223333:policy/aws"));
        assert_eq!(name_of("arn:aws:iam::aws:policy/job-function/Billing"), "Billing");
    }
}

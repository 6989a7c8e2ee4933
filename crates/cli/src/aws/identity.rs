//! Whose credentials are in use: what sts:GetCallerIdentity says, taken apart.

use std::fmt;

/// How role names of permission sets of IAM Identity Center begin.
/// <https://docs.aws.amazon.com/singlesignon/latest/userguide/permissionsetsconcept.html>
const PERMISSION_SET: &str = "AWSReservedSSO_";

/// The holder of the credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    /// The account, 12 digits.
    pub(crate) account: String,
    /// The ARN.
    pub(crate) arn: String,
    /// The unique id of the user, or that of the role with the session's name.
    pub(crate) user_id: String,
    /// What kind of principal it is.
    pub(crate) principal: Principal,
}

/// The kinds of principals that can hold credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Principal {
    /// The account's owner.
    Root,
    /// A user of IAM.
    User {
        /// Its name, without its path.
        name: String,
    },
    /// A role that somebody assumed.
    Role {
        /// The role's name; its path is not told.
        name: String,
        /// The session's name.
        session: String,
    },
    /// A session of sts:GetFederationToken.
    Federated {
        /// The session's name.
        name: String,
    },
    /// Something that AWS made since.
    Other,
}

impl Identity {
    /// Takes the answer of STS apart.
    pub(crate) fn new(account: String, arn: String, user_id: String) -> Identity {
        let principal = Principal::of(&arn);
        Identity { account, arn, user_id, principal }
    }

    /// The partition of the ARN.
    pub(crate) fn partition(&self) -> &str {
        self.arn.split(':').nth(1).unwrap_or_default()
    }
}

impl Principal {
    fn of(arn: &str) -> Principal {
        let resource = arn.splitn(6, ':').nth(5).unwrap_or_default();
        let mut parts = resource.split('/');
        let kind = parts.next().unwrap_or_default();
        let rest: Vec<&str> = parts.collect();
        match (kind, rest.as_slice()) {
            ("root", []) => Principal::Root,
            ("user", [.., name]) => Principal::User { name: (*name).to_owned() },
            ("assumed-role", [name, session]) => {
                Principal::Role { name: (*name).to_owned(), session: (*session).to_owned() }
            }
            ("federated-user", [name]) => Principal::Federated { name: (*name).to_owned() },
            _ => Principal::Other,
        }
    }

    /// A word for programs.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Principal::Root => "root",
            Principal::User { .. } => "user",
            Principal::Role { .. } => "role",
            Principal::Federated { .. } => "federated",
            Principal::Other => "other",
        }
    }

    /// The permission set of IAM Identity Center that the role is of: `AWSReservedSSO_NAME_0123456789abcdef`.
    pub(crate) fn permission_set(&self) -> Option<&str> {
        let Principal::Role { name, .. } = self else { return None };
        let (set, id) = name.strip_prefix(PERMISSION_SET)?.rsplit_once('_')?;
        (!set.is_empty() && id.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(set)
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Principal::Root => f.write_str("root user of the account"),
            Principal::User { name } => write!(f, "user {name}"),
            Principal::Role { name, session } => match self.permission_set() {
                Some(set) => write!(f, "permission set {set}, signed in as {session}"),
                None => write!(f, "role {name}, session {session}"),
            },
            Principal::Federated { name } => write!(f, "federated user {name}"),
            Principal::Other => f.write_str("of a kind that is not known here"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(arn: &str, expected: &str) {
        assert_eq!(Principal::of(arn).to_string(), expected, "{arn}");
    }

    #[test]
    fn kind_is_read_from_the_arn() {
        check("arn:aws:iam::111122223333:root", "root user of the account");
        check("arn:aws:iam::111122223333:user/jo", "user jo");
        check("arn:aws:iam::111122223333:user/team/a/jo", "user jo");
        check("arn:aws-cn:sts::111122223333:assumed-role/deploy/ci-7", "role deploy, session ci-7");
        check("arn:aws:sts::111122223333:federated-user/jo", "federated user jo");
        check("arn:aws:sts::111122223333:self", "of a kind that is not known here");
        check("", "of a kind that is not known here");
    }

    #[test]
    fn role_of_identity_center_is_its_permission_set() {
        let role = "AWSReservedSSO_Power_User_0123456789abcdef";
        let arn = format!("arn:aws:sts::111122223333:assumed-role/{role}/jo@example.com");
        check(&arn, "permission set Power_User, signed in as jo@example.com");
        check(
            "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_x/jo",
            "role AWSReservedSSO_x, session jo",
        );
    }
}

//! Who holds policies: a user, a group or a role.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A user, a group or a role, by its name. Written `role/NAME`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Principal {
    /// What it is.
    pub kind: Kind,
    /// Its name, without path.
    pub name: String,
}

/// What a principal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A group of users.
    Group,
    /// A role.
    Role,
    /// A user.
    User,
}

/// The text is not `role/NAME`, `user/NAME` or `group/NAME`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected `role/NAME`, `user/NAME` or `group/NAME`, found `{0}`")]
pub struct ParsePrincipalError(String);

impl Principal {
    /// The group of this name.
    pub fn group(name: impl Into<String>) -> Principal {
        Principal { kind: Kind::Group, name: name.into() }
    }

    /// The role of this name.
    pub fn role(name: impl Into<String>) -> Principal {
        Principal { kind: Kind::Role, name: name.into() }
    }

    /// The user of this name.
    pub fn user(name: impl Into<String>) -> Principal {
        Principal { kind: Kind::User, name: name.into() }
    }
}

impl Kind {
    /// `group`, `role` or `user`.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Group => "group",
            Kind::Role => "role",
            Kind::User => "user",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind, self.name)
    }
}

impl FromStr for Principal {
    type Err = ParsePrincipalError;

    fn from_str(text: &str) -> Result<Principal, ParsePrincipalError> {
        let kind = match text.split_once('/') {
            Some(("group", name)) if !name.is_empty() => Principal::group(name),
            Some(("role", name)) if !name.is_empty() => Principal::role(name),
            Some(("user", name)) if !name.is_empty() => Principal::user(name),
            _ => return Err(ParsePrincipalError(text.to_owned())),
        };
        Ok(kind)
    }
}

impl TryFrom<String> for Principal {
    type Error = ParsePrincipalError;

    fn try_from(text: String) -> Result<Principal, ParsePrincipalError> {
        text.parse()
    }
}

impl From<Principal> for String {
    fn from(principal: Principal) -> String {
        principal.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        for text in ["role/deploy", "user/a", "group/b"] {
            assert_eq!(text.parse::<Principal>().unwrap().to_string(), text);
        }
        for text in ["deploy", "role/", "policy/x"] {
            assert_eq!(
                text.parse::<Principal>(),
                Err(ParsePrincipalError(text.to_owned())),
                "{text}"
            );
        }
    }
}

//! One statement of a policy.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use crate::action::ActionPattern;
use crate::arn::ArnPattern;
use crate::condition::Conditions;
use crate::principal::Principal;

/// What a statement allows or denies, to whom, on what and when.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Statement {
    /// The statement's name, if it has one.
    pub sid: Option<Sid>,
    /// Allow or Deny.
    pub effect: Effect,
    /// Who, in resource and trust policies; `None` in policies of an identity.
    pub principal: Option<Selection<Principal>>,
    /// Which actions.
    pub actions: Selection<BTreeSet<ActionPattern>>,
    /// On which resources; `None` in trust policies.
    pub resources: Option<Selection<BTreeSet<ArnPattern>>>,
    /// When: all of them must hold.
    pub conditions: Conditions,
}

/// Whether a statement gives or takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// Gives, unless another statement denies.
    Allow,
    /// Takes, whatever else gives.
    Deny,
}

/// An element or its negated form: `Action` and `NotAction`, for one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Selection<T> {
    /// Only these.
    Only(T),
    /// All but these.
    Except(T),
}

/// A statement's name: ASCII letters and digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sid(String);

/// Why a text is no Sid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a Sid is made of the letters A to Z, a to z and digits, found `{0}`")]
pub struct ParseSidError(String);

impl Statement {
    /// Makes a statement that allows actions on resources, for a policy of an identity.
    pub fn allow(
        actions: impl IntoIterator<Item = ActionPattern>,
        resources: impl IntoIterator<Item = ArnPattern>,
    ) -> Statement {
        Statement {
            sid: None,
            effect: Effect::Allow,
            principal: None,
            actions: Selection::Only(actions.into_iter().collect()),
            resources: Some(Selection::Only(resources.into_iter().collect())),
            conditions: Conditions::default(),
        }
    }

    /// Adds conditions.
    #[must_use]
    pub fn with_conditions(self, conditions: Conditions) -> Statement {
        Statement { conditions, ..self }
    }

    /// Gives the statement a name.
    #[must_use]
    pub fn with_sid(self, sid: Sid) -> Statement {
        Statement { sid: Some(sid), ..self }
    }
}

impl Effect {
    /// The effect as a policy has it.
    pub fn name(self) -> &'static str {
        match self {
            Effect::Allow => "Allow",
            Effect::Deny => "Deny",
        }
    }
}

impl<T> Selection<T> {
    /// What is selected or excepted.
    pub fn value(&self) -> &T {
        match self {
            Selection::Only(value) | Selection::Except(value) => value,
        }
    }

    /// Whether a thing is selected, given how to look for it in the value.
    pub(crate) fn holds(&self, matches: impl FnOnce(&T) -> bool) -> bool {
        match self {
            Selection::Only(value) => matches(value),
            Selection::Except(value) => !matches(value),
        }
    }
}

impl Sid {
    /// Makes a Sid of the characters of a text that it may have.
    pub(crate) fn keeping(text: &str) -> Sid {
        Sid(text.chars().filter(char::is_ascii_alphanumeric).collect())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Sid {
    type Err = ParseSidError;

    fn from_str(text: &str) -> Result<Sid, ParseSidError> {
        if text.chars().all(|character| character.is_ascii_alphanumeric()) {
            Ok(Sid(text.to_owned()))
        } else {
            Err(ParseSidError(text.to_owned()))
        }
    }
}

impl fmt::Display for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sid_is_letters_and_digits() {
        assert_eq!(
            "ManageApi2".parse::<Sid>().map(|sid| sid.to_string()),
            Ok("ManageApi2".to_owned())
        );
        assert!("Manage Api".parse::<Sid>().is_err());
        assert!("Ä".parse::<Sid>().is_err());
    }
}

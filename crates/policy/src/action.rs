//! Actions such as `s3:GetObject`, and patterns of them such as `s3:Get*`.
//!
//! Service prefix and name are compared without regard to the case of ASCII letters, as IAM does; the spelling is kept.
//! Whether an action exists is the catalogue's business.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use crate::wildcard::{Case, Glob, Syntax};

/// One action: `service:Name` without wildcards.
///
/// ```
/// use stackpass_policy::action::Action;
///
/// let action: Action = "s3:GetObject".parse()?;
/// assert_eq!(action, "S3:getobject".parse()?);
/// assert_eq!((action.service(), action.name()), ("s3", "GetObject"));
/// # Ok::<(), stackpass_policy::action::ParseActionError>(())
/// ```
#[derive(Clone)]
pub struct Action(String);

/// A pattern of actions: `service:Name` with `*` and `?` anywhere, or a lone `*` for all actions.
///
/// ```
/// use stackpass_policy::action::ActionPattern;
///
/// let pattern: ActionPattern = "s3:Get*".parse()?;
/// assert!(pattern.matches(&"s3:GetObject".parse()?));
/// # Ok::<(), stackpass_policy::action::ParseActionError>(())
/// ```
#[derive(Clone)]
pub struct ActionPattern(String);

/// Why a text is no action or no pattern of actions.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseActionError {
    /// There is no colon between service and name.
    #[error("expected `service:Name`, found `{0}`")]
    NoService(String),
    /// The service prefix is empty or has a character that none has.
    #[error("`{0}` is no service prefix")]
    BadService(String),
    /// The name is empty or has a character that none has.
    #[error("`{0}` is no action name")]
    BadName(String),
}

impl Action {
    /// The service prefix, as it was written.
    pub fn service(&self) -> &str {
        service_and_name(&self.0).0
    }

    /// The name after the colon, as it was written.
    pub fn name(&self) -> &str {
        service_and_name(&self.0).1
    }

    /// The whole action, as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ActionPattern {
    /// Returns the pattern of all actions, `*`.
    pub fn any() -> ActionPattern {
        ActionPattern("*".to_owned())
    }

    /// The part before the colon; `*` for a lone `*`.
    pub fn service(&self) -> &str {
        service_and_name(&self.0).0
    }

    /// The part after the colon; `*` for a lone `*`.
    pub fn name(&self) -> &str {
        service_and_name(&self.0).1
    }

    /// The whole pattern, as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the pattern matches the action.
    pub fn matches(&self, action: &Action) -> bool {
        self.glob().matches(&action.0)
    }

    /// Whether the pattern matches every action that the other one matches.
    pub fn covers(&self, other: &ActionPattern) -> bool {
        self == other || (self.has_wildcard() && self.glob().includes(other.glob()))
    }

    /// Whether some action could be matched by both patterns.
    pub fn overlaps(&self, other: &ActionPattern) -> bool {
        self.glob().overlaps(other.glob())
    }

    /// Whether there is a `*` or `?` in it.
    pub fn has_wildcard(&self) -> bool {
        self.0.contains(['*', '?'])
    }

    /// The one action that this is, if it has no wildcard.
    pub fn to_action(&self) -> Option<Action> {
        (!self.has_wildcard()).then(|| Action(self.0.clone()))
    }

    fn glob(&self) -> Glob<'_> {
        // A lone `*` and `*:*` match the same actions; only the second form tells so when patterns are compared.
        let text = if self.0 == "*" { "*:*" } else { &self.0 };
        Glob::new(text, Case::Insensitive, Syntax::Plain)
    }
}

impl FromStr for Action {
    type Err = ParseActionError;

    fn from_str(text: &str) -> Result<Action, ParseActionError> {
        check(text, is_name_character)?;
        Ok(Action(text.to_owned()))
    }
}

impl FromStr for ActionPattern {
    type Err = ParseActionError;

    fn from_str(text: &str) -> Result<ActionPattern, ParseActionError> {
        if text != "*" {
            check(text, |character| {
                is_name_character(character) || matches!(character, '*' | '?')
            })?;
        }
        Ok(ActionPattern(text.to_owned()))
    }
}

impl From<Action> for ActionPattern {
    fn from(action: Action) -> ActionPattern {
        ActionPattern(action.0)
    }
}

fn check(text: &str, allows: impl Fn(char) -> bool) -> Result<(), ParseActionError> {
    let (service, name) =
        text.split_once(':').ok_or_else(|| ParseActionError::NoService(text.to_owned()))?;
    if service.is_empty() || !service.chars().all(&allows) {
        return Err(ParseActionError::BadService(service.to_owned()));
    }
    if name.is_empty() || !name.chars().all(&allows) {
        return Err(ParseActionError::BadName(name.to_owned()));
    }
    Ok(())
}

fn is_name_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.')
}

fn service_and_name(text: &str) -> (&str, &str) {
    text.split_once(':').unwrap_or((text, text))
}

/// Implements comparison without regard to case, and printing, for a wrapper of a string.
macro_rules! case_insensitive_text {
    ($type:ty) => {
        impl PartialEq for $type {
            fn eq(&self, other: &$type) -> bool {
                self.0.eq_ignore_ascii_case(&other.0)
            }
        }

        impl Eq for $type {}

        impl PartialOrd for $type {
            fn partial_cmp(&self, other: &$type) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }

        impl Ord for $type {
            fn cmp(&self, other: &$type) -> Ordering {
                let lower = |byte: u8| byte.to_ascii_lowercase();
                self.0.bytes().map(lower).cmp(other.0.bytes().map(lower))
            }
        }

        impl Hash for $type {
            fn hash<H: Hasher>(&self, state: &mut H) {
                for byte in self.0.bytes() {
                    state.write_u8(byte.to_ascii_lowercase());
                }
                state.write_u8(0xFF);
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }
    };
}

pub(crate) use case_insensitive_text;

case_insensitive_text!(Action);
case_insensitive_text!(ActionPattern);

#[cfg(test)]
mod tests {
    use super::*;

    fn action(text: &str) -> Action {
        text.parse().unwrap()
    }

    fn pattern(text: &str) -> ActionPattern {
        text.parse().unwrap()
    }

    #[test]
    fn case_of_letters_does_not_count_but_is_kept() {
        assert_eq!(action("S3:getobject"), action("s3:GetObject"));
        assert_eq!(action("S3:getobject").to_string(), "S3:getobject");
        assert!(action("s3:getobjecta") > action("s3:GetObject"));
    }

    #[test]
    fn action_has_no_wildcards() {
        assert_eq!("s3:Get*".parse::<Action>(), Err(ParseActionError::BadName("Get*".to_owned())));
        assert_eq!("*".parse::<Action>(), Err(ParseActionError::NoService("*".to_owned())));
    }

    #[test]
    fn malformed_patterns_are_refused() {
        for text in ["", "s3", "s3:", ":Get", "s3:Get Object", "s3:a:b", "**"] {
            assert!(text.parse::<ActionPattern>().is_err(), "{text}");
        }
    }

    #[test]
    fn patterns_match_without_regard_to_case() {
        assert!(pattern("S3:gET*").matches(&action("s3:GetObject")));
        assert!(pattern("*").matches(&action("s3:GetObject")));
        assert!(pattern("s3:?etObject").matches(&action("s3:GetObject")));
        assert!(!pattern("s3:Get*").matches(&action("s3:PutObject")));
        assert!(!pattern("s3:*").matches(&action("s3-object-lambda:GetObject")));
    }

    #[test]
    fn pattern_covers_narrower_patterns() {
        assert!(pattern("*").covers(&pattern("s3:*")));
        assert!(pattern("*:*").covers(&pattern("*")));
        assert!(pattern("s3:*").covers(&pattern("S3:Get*")));
        assert!(!pattern("s3:*").covers(&pattern("*")));
        assert!(!pattern("s3:Get*").covers(&pattern("s3:*")));
        assert!(pattern("s3:*Object").overlaps(&pattern("s3:Get*")));
        assert!(!pattern("s3:Put*").overlaps(&pattern("s3:Get*")));
    }
}

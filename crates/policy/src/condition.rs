//! The `Condition` element: operators, keys and values.
//!
//! The list of operators is that of the IAM user guide:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use crate::action::case_insensitive_text;

/// A condition operator: a comparison with an optional set qualifier and an optional `IfExists`.
///
/// Read without regard to case, as IAM does; written as the user guide spells it.
///
/// ```
/// use stackpass_policy::condition::{Comparison, Operator, Qualifier};
///
/// let operator: Operator = "ForAnyValue:StringLikeIfExists".parse()?;
/// assert_eq!(operator.qualifier, Some(Qualifier::ForAnyValue));
/// assert_eq!(operator.comparison, Comparison::StringLike);
/// assert!(operator.if_exists);
/// # Ok::<(), stackpass_policy::condition::ParseOperatorError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Operator {
    /// For keys with several values: whether all or any of them must compare.
    pub qualifier: Option<Qualifier>,
    /// How values are compared.
    pub comparison: Comparison,
    /// Whether a missing key makes the comparison true. Never with `Null`.
    pub if_exists: bool,
}

/// The set qualifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Qualifier {
    /// Every value of the request's key must compare; true for a missing key.
    ForAllValues,
    /// At least one value of the request's key must compare; false for a missing key.
    ForAnyValue,
}

/// Declares the comparisons once: variant and spelling are the same word.
macro_rules! comparisons {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// The 27 comparisons of the policy language, in the order of their names.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Comparison {
            $($(#[$doc])* $name,)*
        }

        impl Comparison {
            /// All comparisons, in the order of their names.
            pub const ALL: [Comparison; 27] = [$(Comparison::$name,)*];

            /// The comparison's name in a policy.
            pub fn name(self) -> &'static str {
                match self {
                    $(Comparison::$name => stringify!($name),)*
                }
            }
        }
    };
}

comparisons! {
    /// The same as `ArnLike`.
    ArnEquals,
    /// ARNs compared part by part, with wildcards.
    ArnLike,
    /// The negation of `ArnEquals`.
    ArnNotEquals,
    /// The negation of `ArnLike`.
    ArnNotLike,
    /// Bytes in Base64.
    BinaryEquals,
    /// `true` or `false`.
    Bool,
    /// The same time.
    DateEquals,
    /// A later time.
    DateGreaterThan,
    /// A later time or the same.
    DateGreaterThanEquals,
    /// An earlier time.
    DateLessThan,
    /// An earlier time or the same.
    DateLessThanEquals,
    /// Another time.
    DateNotEquals,
    /// An address in a CIDR block.
    IpAddress,
    /// An address outside a CIDR block.
    NotIpAddress,
    /// `true`: the key is missing; `false`: it is there.
    Null,
    /// The same number.
    NumericEquals,
    /// A greater number.
    NumericGreaterThan,
    /// A greater number or the same.
    NumericGreaterThanEquals,
    /// A smaller number.
    NumericLessThan,
    /// A smaller number or the same.
    NumericLessThanEquals,
    /// Another number.
    NumericNotEquals,
    /// The same text.
    StringEquals,
    /// The same text but for the case.
    StringEqualsIgnoreCase,
    /// Text with `*` and `?`.
    StringLike,
    /// Another text.
    StringNotEquals,
    /// Another text, not only by the case.
    StringNotEqualsIgnoreCase,
    /// The negation of `StringLike`.
    StringNotLike,
}

/// A condition key such as `aws:RequestTag/team`, compared without regard to case.
#[derive(Clone)]
pub struct ConditionKey(String);

/// The conditions of a statement: all of them must hold. Sorted, so that equal conditions are equal whatever their order was.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Conditions(BTreeMap<Operator, BTreeMap<ConditionKey, BTreeSet<String>>>);

/// Why a text is no condition operator.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseOperatorError {
    /// There is no such operator.
    #[error("unknown condition operator `{0}`")]
    Unknown(String),
    /// `Null` asks whether the key exists, so that `IfExists` has no meaning.
    #[error("`Null` cannot have `IfExists`")]
    NullIfExists,
}

/// Why a text is no condition key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a condition key such as `aws:SourceArn`, found `{0}`")]
pub struct ParseConditionKeyError(String);

impl Operator {
    /// Makes an operator without qualifier and `IfExists`.
    pub fn new(comparison: Comparison) -> Operator {
        Operator { qualifier: None, comparison, if_exists: false }
    }

    /// Makes an operator that holds when any of the key's values compares.
    pub fn for_any_value(comparison: Comparison) -> Operator {
        Operator { qualifier: Some(Qualifier::ForAnyValue), ..Operator::new(comparison) }
    }

    /// Makes an operator that holds when all of the key's values compare.
    pub fn for_all_values(comparison: Comparison) -> Operator {
        Operator { qualifier: Some(Qualifier::ForAllValues), ..Operator::new(comparison) }
    }
}

impl Comparison {
    /// Whether it holds when the values do *not* compare: `StringNotEquals` and its like.
    pub fn is_negated(self) -> bool {
        matches!(
            self,
            Comparison::ArnNotEquals
                | Comparison::ArnNotLike
                | Comparison::DateNotEquals
                | Comparison::NotIpAddress
                | Comparison::NumericNotEquals
                | Comparison::StringNotEquals
                | Comparison::StringNotEqualsIgnoreCase
                | Comparison::StringNotLike
        )
    }
}

impl From<Comparison> for Operator {
    fn from(comparison: Comparison) -> Operator {
        Operator::new(comparison)
    }
}

impl FromStr for Operator {
    type Err = ParseOperatorError;

    fn from_str(text: &str) -> Result<Operator, ParseOperatorError> {
        let (qualifier, rest) = match text.split_once(':') {
            None => (None, text),
            Some((word, rest)) if word.eq_ignore_ascii_case("ForAllValues") => {
                (Some(Qualifier::ForAllValues), rest)
            }
            Some((word, rest)) if word.eq_ignore_ascii_case("ForAnyValue") => {
                (Some(Qualifier::ForAnyValue), rest)
            }
            Some(_) => return Err(ParseOperatorError::Unknown(text.to_owned())),
        };
        let (name, if_exists) = strip_suffix_ignoring_case(rest, "IfExists");
        let comparison = Comparison::ALL
            .into_iter()
            .find(|comparison| comparison.name().eq_ignore_ascii_case(name))
            .ok_or_else(|| ParseOperatorError::Unknown(text.to_owned()))?;
        if comparison == Comparison::Null && if_exists {
            return Err(ParseOperatorError::NullIfExists);
        }
        Ok(Operator { qualifier, comparison, if_exists })
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.qualifier {
            None => {}
            Some(Qualifier::ForAllValues) => f.write_str("ForAllValues:")?,
            Some(Qualifier::ForAnyValue) => f.write_str("ForAnyValue:")?,
        }
        f.write_str(self.comparison.name())?;
        f.write_str(if self.if_exists { "IfExists" } else { "" })
    }
}

impl ConditionKey {
    /// The key, as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ConditionKey {
    type Err = ParseConditionKeyError;

    /// Reads `prefix:name`; what follows the name's first `/`, a tag key for one, may be any text.
    fn from_str(text: &str) -> Result<ConditionKey, ParseConditionKeyError> {
        let error = || ParseConditionKeyError(text.to_owned());
        let (prefix, name) = text.split_once(':').ok_or_else(error)?;
        let is_plain = |text: &str| !text.is_empty() && !text.contains(char::is_whitespace);
        let first = name.split('/').next().unwrap_or_default();
        if is_plain(prefix) && is_plain(first) {
            Ok(ConditionKey(text.to_owned()))
        } else {
            Err(error())
        }
    }
}

case_insensitive_text!(ConditionKey);

impl Conditions {
    /// Makes an empty set of conditions, which always holds.
    pub fn new() -> Conditions {
        Conditions::default()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds values to those that the operator compares the key with.
    pub fn add<V: Into<String>>(
        &mut self,
        operator: impl Into<Operator>,
        key: ConditionKey,
        values: impl IntoIterator<Item = V>,
    ) {
        let keys = self.0.entry(operator.into()).or_default();
        keys.entry(key).or_default().extend(values.into_iter().map(Into::into));
    }

    /// The same with more values; see [`Conditions::add`].
    #[must_use]
    pub fn with<V: Into<String>>(
        mut self,
        operator: impl Into<Operator>,
        key: ConditionKey,
        values: impl IntoIterator<Item = V>,
    ) -> Conditions {
        self.add(operator, key, values);
        self
    }

    /// The operators with their keys, sorted.
    pub fn operators(
        &self,
    ) -> impl Iterator<Item = (Operator, &BTreeMap<ConditionKey, BTreeSet<String>>)> {
        self.0.iter().map(|(operator, keys)| (*operator, keys))
    }

    /// Every operator, key and set of values, sorted.
    pub fn iter(&self) -> impl Iterator<Item = (Operator, &ConditionKey, &BTreeSet<String>)> {
        self.0.iter().flat_map(|(operator, keys)| {
            keys.iter().map(move |(key, values)| (*operator, key, values))
        })
    }

    /// The values that the operator compares the key with.
    pub fn values(&self, operator: Operator, key: &ConditionKey) -> Option<&BTreeSet<String>> {
        self.0.get(&operator)?.get(key)
    }
}

fn strip_suffix_ignoring_case<'a>(text: &'a str, suffix: &str) -> (&'a str, bool) {
    let split = text.len().checked_sub(suffix.len()).and_then(|at| text.split_at_checked(at));
    match split {
        Some((head, tail)) if tail.eq_ignore_ascii_case(suffix) => (head, true),
        _ => (text, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operator_reads_back() {
        for comparison in Comparison::ALL {
            for qualifier in [None, Some(Qualifier::ForAllValues), Some(Qualifier::ForAnyValue)] {
                for if_exists in [false, true] {
                    let operator = Operator { qualifier, comparison, if_exists };
                    let read = operator.to_string().parse::<Operator>();
                    if comparison == Comparison::Null && if_exists {
                        assert_eq!(read, Err(ParseOperatorError::NullIfExists));
                    } else {
                        assert_eq!(read, Ok(operator));
                    }
                }
            }
        }
    }

    #[test]
    fn operators_are_read_without_regard_to_case_and_written_as_documented() {
        let operator: Operator = "foranyvalue:stringlikeifexists".parse().unwrap();
        assert_eq!(operator.to_string(), "ForAnyValue:StringLikeIfExists");
    }

    #[test]
    fn unknown_operators_are_refused() {
        for text in
            ["", "StringMatches", "ForSome:StringEquals", "IfExists", "StringEquals:ForAnyValue"]
        {
            assert_eq!(text.parse::<Operator>(), Err(ParseOperatorError::Unknown(text.to_owned())));
        }
    }

    #[test]
    fn keys_differ_by_more_than_case() {
        let key = |text: &str| text.parse::<ConditionKey>();
        assert_eq!(key("AWS:sourcearn"), key("aws:SourceArn"));
        assert!(key("aws:RequestTag/my team").is_ok());
        assert!(key("SourceArn").is_err());
        assert!(key("aws: SourceArn").is_err());
    }

    #[test]
    fn conditions_are_equal_whatever_the_order() {
        let key: ConditionKey = "aws:SourceArn".parse().unwrap();
        let lower: ConditionKey = "aws:sourcearn".parse().unwrap();
        let one = Conditions::new().with(Comparison::StringEquals, key.clone(), ["b"]).with(
            Comparison::StringEquals,
            key.clone(),
            ["a"],
        );
        let other = Conditions::new().with(Comparison::StringEquals, lower, ["a", "b"]);
        assert_eq!(one, other);
    }
}

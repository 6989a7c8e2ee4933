//! Paths in a policy, as messages show them: `Statement[2].Condition.StringLike["s3:prefix"][0]`.

use std::fmt;

/// Where a value stands in the policy.
///
/// It is written as messages show it: in backticks, and the whole policy as `the policy`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path(String);

impl Path {
    /// Returns the path of the whole policy.
    pub(crate) fn root() -> Path {
        Path(String::new())
    }

    /// The path of a value in this mapping.
    pub(crate) fn field(&self, key: &str) -> Path {
        let is_word = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric());
        Path(match (is_word, self.0.is_empty()) {
            (true, true) => key.to_owned(),
            (true, false) => format!("{}.{key}", self.0),
            (false, _) => format!("{}[\"{key}\"]", self.0),
        })
    }

    /// The path of an item of this list.
    pub(crate) fn item(&self, index: usize) -> Path {
        Path(format!("{}[{index}]", self.0))
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { f.write_str("the policy") } else { write!(f, "`{}`", self.0) }
    }
}

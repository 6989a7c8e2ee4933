//! The ids of AWS accounts.

use std::fmt;
use std::str::FromStr;

/// How many digits an account id has.
const DIGITS: usize = 12;

/// The id of an AWS account: twelve digits, of which the first ones may be zeros.
///
/// ```
/// use stackpass_ground::account::AccountId;
///
/// let account: AccountId = "011122223333".parse()?;
/// assert_eq!(account.as_str(), "011122223333");
///
/// let error = "11122223333".parse::<AccountId>().unwrap_err();
/// assert_eq!(error.to_string(), "expected an account id of 12 digits, found `11122223333`");
/// # Ok::<(), stackpass_ground::account::ParseAccountIdError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(String);

/// The text is no account id. Holds the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an account id of {DIGITS} digits, found `{0}`")]
pub struct ParseAccountIdError(pub String);

impl AccountId {
    /// The twelve digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AccountId {
    type Err = ParseAccountIdError;

    fn from_str(text: &str) -> Result<AccountId, ParseAccountIdError> {
        if text.len() == DIGITS && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(AccountId(text.to_owned()));
        }
        Err(ParseAccountIdError(text.to_owned()))
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twelve_digits_are_kept_with_their_zeros() {
        for text in ["111122223333", "000000000001"] {
            assert_eq!(
                text.parse::<AccountId>().map(|account| account.to_string()).as_deref(),
                Ok(text)
            );
        }
    }

    #[test]
    fn anything_else_is_refused_with_what_was_found() {
        for text in ["", "1111", "11112222333x", "1111222233334", "１１１１", "*"] {
            assert_eq!(text.parse::<AccountId>(), Err(ParseAccountIdError(text.to_owned())));
        }
    }
}

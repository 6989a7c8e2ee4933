//! The names of AWS regions.

use std::fmt;
use std::str::FromStr;

use crate::partition::Partition;

/// The name of an AWS region, such as `eu-west-1`.
///
/// A name is known by its form, words of lower-case letters and a number at the end: which regions exist changes too often
/// to know.
///
/// ```
/// use stackpass_ground::region::Region;
///
/// let region: Region = "us-gov-west-1".parse()?;
/// assert_eq!(region.partition().as_str(), "aws-us-gov");
///
/// let error = "eu-west-1a".parse::<Region>().unwrap_err();
/// assert_eq!(error.to_string(), "expected a region such as `eu-west-1`, found `eu-west-1a`");
/// # Ok::<(), stackpass_ground::region::ParseRegionError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region(String);

/// The text has not the form of a region's name. Holds the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a region such as `eu-west-1`, found `{0}`")]
pub struct ParseRegionError(pub String);

impl Region {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The partition that the region is in; `aws`, if no other one names it.
    pub fn partition(&self) -> Partition {
        Partition::of(&self.0)
    }
}

impl FromStr for Region {
    type Err = ParseRegionError;

    fn from_str(text: &str) -> Result<Region, ParseRegionError> {
        let mut names = text.split('-');
        let number = names.next_back().unwrap_or_default();
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        if is_number && names.clone().count() >= 2 && names.all(is_word) {
            return Ok(Region(text.to_owned()));
        }
        Err(ParseRegionError(text.to_owned()))
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_word(text: &str) -> bool {
    text.len() >= 2 && text.bytes().all(|byte| byte.is_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_words_and_a_number() {
        for text in ["eu-west-1", "us-gov-east-1", "ap-southeast-12", "eusc-de-east-1", "xy-new-7"]
        {
            assert_eq!(
                text.parse::<Region>().map(|region| region.to_string()).as_deref(),
                Ok(text)
            );
        }
    }

    #[test]
    fn anything_else_is_refused_with_what_was_found() {
        for text in [
            "",
            "1",
            "eu",
            "eu-west",
            "eu-west-",
            "west-1",
            "eu-west-1a",
            "EU-west-1",
            "eu--1",
            "e-west-1",
        ] {
            assert_eq!(text.parse::<Region>(), Err(ParseRegionError(text.to_owned())));
        }
    }
}

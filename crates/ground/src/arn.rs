//! Amazon Resource Names, and patterns of them as `Resource` elements hold.
//!
//! An ARN has six parts between colons: `arn:partition:service:region:account:resource`. The sixth keeps its colons.
//! A pattern is matched part by part: a `*` never crosses one of the first five colons, but crosses `/` and the colons
//! of the sixth part. ARNs are compared with regard to case.
//!
//! The IAM user guide also says that a `*` at the end of a part *can* match beyond the colon
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>). Nothing is taken for
//! allowed on that ground; where it could make a difference to what is denied, it is taken into account for regions and
//! accounts. Partition and service are always compared as parts.

use std::fmt;
use std::str::FromStr;

use crate::wildcard::{self, Case, Glob, Syntax};

/// The number of parts of an ARN.
const PARTS: usize = 6;

/// The name of one resource.
///
/// ```
/// use stackpass_ground::arn::Arn;
///
/// let arn: Arn = "arn:aws:s3:::my-bucket/key".parse()?;
/// assert_eq!((arn.service(), arn.resource()), ("s3", "my-bucket/key"));
/// # Ok::<(), stackpass_ground::arn::ParseArnError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Arn(String);

/// A pattern of ARNs: a lone `*`, or six parts with `*`, `?` and policy variables such as `${aws:username}`.
///
/// `${*}`, `${?}` and `${$}` stand for those characters themselves.
///
/// ```
/// use stackpass_ground::arn::ArnPattern;
///
/// let bucket: ArnPattern = "arn:aws:s3:::my-*".parse()?;
/// assert!(bucket.matches(&"arn:aws:s3:::my-bucket/key".parse()?));
/// assert!(bucket.covers(&"arn:aws:s3:::my-bucket/*".parse()?));
/// # Ok::<(), stackpass_ground::arn::ParseArnError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ArnPattern(String);

/// Why a text is no ARN or no pattern of ARNs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseArnError {
    /// It does not start with `arn:`.
    #[error("expected an ARN, found `{0}`")]
    NoPrefix(String),
    /// It has fewer than six parts.
    #[error("`{0}` has {1} of the 6 parts of an ARN")]
    TooFewParts(String, usize),
}

impl Arn {
    /// The partition: `aws`, `aws-cn`, `aws-us-gov`.
    pub fn partition(&self) -> &str {
        self.part(1)
    }

    /// The service namespace.
    pub fn service(&self) -> &str {
        self.part(2)
    }

    /// The region; empty for global resources and S3 buckets.
    pub fn region(&self) -> &str {
        self.part(3)
    }

    /// The account id; empty for S3 buckets.
    pub fn account(&self) -> &str {
        self.part(4)
    }

    /// All that follows the fifth colon.
    pub fn resource(&self) -> &str {
        self.part(5)
    }

    /// The whole ARN.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// All that follows the third colon.
    pub fn after_service(&self) -> &str {
        self.0.splitn(4, ':').nth(3).unwrap_or_default()
    }

    fn part(&self, index: usize) -> &str {
        self.0.splitn(PARTS, ':').nth(index).unwrap_or_default()
    }
}

impl ArnPattern {
    /// Returns the pattern of all resources, `*`.
    pub fn any() -> ArnPattern {
        ArnPattern("*".to_owned())
    }

    /// Whether this is a lone `*`, the only pattern that holds for actions that name no resource.
    pub fn is_any(&self) -> bool {
        self.0 == "*"
    }

    /// The partition part; `*` for a lone `*`.
    pub fn partition(&self) -> &str {
        self.part(1)
    }

    /// The service part; `*` for a lone `*`.
    pub fn service(&self) -> &str {
        self.part(2)
    }

    /// The region part; `*` for a lone `*`.
    pub fn region(&self) -> &str {
        self.part(3)
    }

    /// The account part; `*` for a lone `*`.
    pub fn account(&self) -> &str {
        self.part(4)
    }

    /// All that follows the fifth colon; `*` for a lone `*`.
    pub fn resource(&self) -> &str {
        self.part(5)
    }

    /// The whole pattern.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there is a wildcard or a policy variable in it.
    pub fn has_wildcard(&self) -> bool {
        !glob(&self.0).is_literal()
    }

    /// Whether the pattern matches the ARN. A policy variable matches nothing: who is asking is not known here.
    pub fn matches(&self, arn: &Arn) -> bool {
        self.matches_as(arn, Syntax::Variables)
    }

    /// Whether the pattern matches the ARN when `${...}` is read by the given rule.
    pub fn matches_as(&self, arn: &Arn, syntax: Syntax) -> bool {
        self.is_any()
            || parts(&self.0).zip(arn.0.splitn(PARTS, ':')).all(|(pattern, text)| {
                pattern == "*" || Glob::new(pattern, Case::Sensitive, syntax).matches(text)
            })
    }

    /// Whether the pattern could match the ARN if each `*` of region and account could cross colons.
    pub fn may_match_as(&self, arn: &Arn, syntax: Syntax) -> bool {
        let matches = |pattern, text| Glob::new(pattern, Case::Sensitive, syntax).matches(text);
        matches(self.partition(), arn.partition())
            && matches(self.service(), arn.service())
            && matches(self.after_service(), arn.after_service())
    }

    /// Whether the pattern matches every ARN that the other one matches, whatever variables stand for.
    /// `true` is always right; see [`Glob::includes`] for the limits of `false`.
    pub fn covers(&self, other: &ArnPattern) -> bool {
        if self.is_any() || self == other {
            return true;
        }
        !other.is_any()
            && parts(&self.0)
                .zip(parts(&other.0))
                .all(|(outer, inner)| outer == inner || glob(outer).includes(glob(inner)))
    }

    /// Whether the first five parts of the pattern cover those of the other one.
    pub fn covers_head(&self, other: &ArnPattern) -> bool {
        parts(&self.0)
            .zip(parts(&other.0))
            .take(PARTS - 1)
            .all(|(outer, inner)| outer == inner || glob(outer).includes(glob(inner)))
    }

    /// Whether some ARN could be matched by both patterns, even if each `*` of region and account could cross colons.
    /// `false` is always right.
    ///
    /// What IAM names has no colon, so that there the parts are told apart whatever `*` could cross.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
    pub fn overlaps(&self, other: &ArnPattern) -> bool {
        let overlap = |mine, theirs| mine == theirs || glob(mine).overlaps(glob(theirs));
        if self.service() == "iam" && other.service() == "iam" {
            return parts(&self.0).zip(parts(&other.0)).all(|(mine, theirs)| overlap(mine, theirs));
        }
        overlap(self.partition(), other.partition())
            && overlap(self.service(), other.service())
            && overlap(self.after_service(), other.after_service())
    }

    /// All that follows the third colon; `*` for a lone `*`.
    pub fn after_service(&self) -> &str {
        let head: usize = parts(&self.0).take(3).map(|part| part.len() + 1).sum();
        if self.is_any() { "*" } else { self.0.get(head..).unwrap_or_default() }
    }

    fn part(&self, index: usize) -> &str {
        if self.is_any() { "*" } else { parts(&self.0).nth(index).unwrap_or_default() }
    }
}

impl FromStr for Arn {
    type Err = ParseArnError;

    fn from_str(text: &str) -> Result<Arn, ParseArnError> {
        check(text, text.splitn(PARTS, ':').count())?;
        Ok(Arn(text.to_owned()))
    }
}

impl FromStr for ArnPattern {
    type Err = ParseArnError;

    fn from_str(text: &str) -> Result<ArnPattern, ParseArnError> {
        if text != "*" {
            check(text, parts(text).count())?;
        }
        Ok(ArnPattern(text.to_owned()))
    }
}

impl From<&Arn> for ArnPattern {
    /// Makes the pattern that matches this ARN only.
    fn from(arn: &Arn) -> ArnPattern {
        ArnPattern(wildcard::escape(&arn.0))
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for ArnPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn check(text: &str, count: usize) -> Result<(), ParseArnError> {
    if !text.starts_with("arn:") {
        return Err(ParseArnError::NoPrefix(text.to_owned()));
    }
    if count < PARTS {
        return Err(ParseArnError::TooFewParts(text.to_owned(), count));
    }
    Ok(())
}

fn glob(part: &str) -> Glob<'_> {
    Glob::new(part, Case::Sensitive, Syntax::Variables)
}

/// The six parts of a pattern. The colon of a variable such as `${aws:username}` separates nothing.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    let mut left = PARTS;
    std::iter::from_fn(move || {
        let current = rest?;
        left -= 1;
        let end = if left == 0 { None } else { first_colon(current) };
        let (part, after) = match end.and_then(|end| current.split_at_checked(end)) {
            Some((part, after)) => (part, after.strip_prefix(':')),
            None => (current, None),
        };
        rest = after;
        Some(part)
    })
}

/// The place of the first colon outside `${...}`.
fn first_colon(text: &str) -> Option<usize> {
    let mut from = 0;
    loop {
        let rest = text.get(from..)?;
        let found = rest.find([':', '$'])?;
        if rest.get(found..)?.starts_with(':') {
            return Some(from + found);
        }
        let closed = rest.get(found..)?.strip_prefix("${").and_then(|inside| inside.find('}'));
        from += found + closed.map_or(1, |length| length + 3);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arn(text: &str) -> Arn {
        text.parse().unwrap()
    }

    fn pattern(text: &str) -> ArnPattern {
        text.parse().unwrap()
    }

    fn check_match(text: &str, name: &str, expected: bool) {
        assert_eq!(pattern(text).matches(&arn(name)), expected, "{text} on {name}");
    }

    fn check_covers(outer: &str, inner: &str, expected: bool) {
        assert_eq!(pattern(outer).covers(&pattern(inner)), expected, "{outer} covers {inner}");
    }

    #[test]
    fn sixth_part_keeps_its_colons() {
        let function = arn("arn:aws:lambda:eu-west-1:111122223333:function:name:alias");
        assert_eq!(function.resource(), "function:name:alias");
        assert_eq!(function.account(), "111122223333");
    }

    #[test]
    fn malformed_arns_are_refused() {
        assert_eq!("x".parse::<Arn>(), Err(ParseArnError::NoPrefix("x".to_owned())));
        let short = "arn:aws:s3::b".to_owned();
        assert_eq!(short.parse::<Arn>(), Err(ParseArnError::TooFewParts(short.clone(), 5)));
        assert_eq!(
            "arn:aws:s3".parse::<ArnPattern>().unwrap_err(),
            ParseArnError::TooFewParts("arn:aws:s3".to_owned(), 3)
        );
        assert!("**".parse::<ArnPattern>().is_err());
    }

    #[test]
    fn star_stays_in_its_part() {
        check_match("arn:aws:s3:*:*:b", "arn:aws:s3:::b", true);
        check_match("arn:aws:*:::b", "arn:aws:s3:x:y:b", false);
    }

    #[test]
    fn star_crosses_slashes_and_the_colons_of_the_sixth_part() {
        check_match("arn:aws:s3:::b/*", "arn:aws:s3:::b/x/y", true);
        check_match("arn:aws:lambda:*:*:function:*", "arn:aws:lambda:r:1:function:a:b", true);
    }

    #[test]
    fn case_counts() {
        check_match("arn:aws:s3:::B*", "arn:aws:s3:::bucket", false);
    }

    #[test]
    fn colon_of_a_variable_separates_nothing() {
        let home = pattern("arn:aws:s3:::b/${aws:username}:x");
        assert_eq!(home.resource(), "b/${aws:username}:x");
        let account = pattern("arn:aws:iam::${aws:PrincipalAccount}:role/x");
        assert_eq!((account.account(), account.resource()), ("${aws:PrincipalAccount}", "role/x"));
        assert_eq!(pattern("arn:${:s3:::b").partition(), "${");
    }

    #[test]
    fn lone_star_covers_all_and_nothing_else_covers_it() {
        check_covers("*", "arn:aws:s3:::b", true);
        check_covers("*", "*", true);
        check_covers("arn:*:*:*:*:*", "*", false);
        check_covers("arn:*:*:*:*:*", "arn:aws:s3:::b", true);
    }

    #[test]
    fn inclusion_goes_part_by_part() {
        check_covers("arn:aws:s3:::b*", "arn:aws:s3:::b/*", true);
        check_covers("arn:*:iam::*:role/a-*", "arn:aws:iam::1:role/a-b-*", true);
        check_covers("arn:aws:s3:::b/*", "arn:aws:s3:::b*", false);
        check_covers("arn:aws:s3:::b/${aws:username}", "arn:aws:s3:::b/${aws:username}", true);
        assert!(pattern("arn:aws:s3:::a*").overlaps(&pattern("arn:aws:s3:::*b")));
        assert!(!pattern("arn:aws:s3:::a*").overlaps(&pattern("arn:aws:s3:::b*")));
        assert!(pattern("*").overlaps(&pattern("arn:aws:s3:::b*")));
        assert!(pattern("arn:aws:sqs:*:q:*").overlaps(&pattern("arn:aws:sqs:r:1:q:x")));
        assert!(!pattern("arn:*:iam::*:role/x").overlaps(&pattern("arn:aws:s3:::b*")));
        assert!(!pattern("arn:*:iam::*:role/x").overlaps(&pattern("arn:*:iam::*:role/app-*")));
    }

    #[test]
    fn pattern_of_an_arn_matches_it_only() {
        let odd = arn("arn:aws:s3:::b/${aws:username}*");
        let exact = ArnPattern::from(&odd);
        assert!(exact.matches(&odd));
        assert!(!exact.matches(&arn("arn:aws:s3:::b/x")));
        assert_eq!(exact.as_str(), "arn:aws:s3:::b/${$}{aws:username}${*}");
    }
}

//! Look-ups in embedded text, without parsing it first.
//!
//! The text has one record a line. A line's key ends at the first tab, or with the line. Lines are sorted by their keys
//! in lower case, so a bisection finds a record among tens of thousands in a microsecond and nothing happens at start-up.
//! A record refers to others by the offset of their line, written as three digits of base 64.
//!
//! This module reads what `cargo xtask codegen` writes. It is meant for such text only: with any other it finds nothing
//! or the wrong thing, but it does not panic.

use std::cmp::Ordering;

/// How many digits a reference has.
const REFERENCE_DIGITS: usize = 3;

/// Finds the line whose key is `key`, without regard to ASCII case.
///
/// ```
/// use stackpass_ground::sorted_lines::{field, find};
///
/// let text = "alpha\t1\nBeta\t2\n";
/// assert_eq!(find(text, "beta"), Some("Beta\t2"));
/// assert_eq!(find(text, "beta").map(|line| field(line, 1)), Some("2"));
/// assert_eq!(find(text, "gamma"), None);
/// ```
pub fn find<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let line = line_at(text, lower_bound(text, key));
    field(line, 0).eq_ignore_ascii_case(key).then_some(line).filter(|line| !line.is_empty())
}

/// Finds all lines whose key starts with `prefix`, without regard to ASCII case.
pub fn starting_with<'a>(text: &'a str, prefix: &str) -> impl Iterator<Item = &'a str> + use<'a> {
    let rest = text.get(lower_bound(text, prefix)..).unwrap_or_default();
    let prefix = prefix.to_owned();
    rest.lines().take_while(move |line| {
        line.as_bytes()
            .get(..prefix.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
    })
}

/// The rest of the line from `offset` on; empty when the offset lies outside of the text.
pub fn line_at(text: &str, offset: usize) -> &str {
    text.get(offset..).and_then(|rest| rest.split('\n').next()).unwrap_or_default()
}

/// The field of a line at `position`, counted from 0; empty when there is none.
pub fn field(line: &str, position: usize) -> &str {
    line.split('\t').nth(position).unwrap_or_default()
}

/// The offsets in a field of references that follow one another without a mark between them.
pub fn references(field: &str) -> impl Iterator<Item = usize> + Clone + use<'_> {
    field.as_bytes().chunks_exact(REFERENCE_DIGITS).map(value)
}

/// The value of digits of base 64; what is no digit counts as zero.
pub fn value(digits: &[u8]) -> usize {
    digits.iter().fold(0, |value, digit| value * 64 + digit_value(*digit))
}

fn digit_value(digit: u8) -> usize {
    let value = match digit {
        b'0'..=b'9' => digit - b'0',
        b'A'..=b'Z' => digit - b'A' + 10,
        b'a'..=b'z' => digit - b'a' + 36,
        b'-' => 62,
        b'_' => 63,
        _ => 0,
    };
    usize::from(value)
}

/// The offset of the first line whose key is not less than `key`.
fn lower_bound(text: &str, key: &str) -> usize {
    partition_point(text, |line| compare(field(line, 0), key) == Ordering::Less)
}

/// The offset of the first line of which `is_before` does not hold; it holds of no line after that one.
pub fn partition_point(text: &str, is_before: impl Fn(&str) -> bool) -> usize {
    let bytes = text.as_bytes();
    let (mut low, mut high) = (0, bytes.len());
    while low < high {
        let middle = usize::midpoint(low, high);
        let before = bytes.get(low..middle).unwrap_or_default();
        let start =
            before.iter().rposition(|byte| *byte == b'\n').map_or(low, |newline| low + newline + 1);
        let line = line_at(text, start);
        if is_before(line) {
            low = start + line.len() + 1;
        } else {
            high = start;
        }
    }
    low
}

fn compare(left: &str, right: &str) -> Ordering {
    left.bytes()
        .map(|byte| byte.to_ascii_lowercase())
        .cmp(right.bytes().map(|byte| byte.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "a\t1\nAb\t2\naB-c\t3\nb\t4\nz\n";

    #[test]
    fn every_line_is_found_in_any_case() {
        for line in TEXT.lines() {
            for key in [field(line, 0).to_lowercase(), field(line, 0).to_uppercase()] {
                assert_eq!(find(TEXT, &key), Some(line));
            }
        }
    }

    #[test]
    fn what_is_not_there_is_not_found() {
        for key in ["", "0", "aa", "abc", "c", "zz", "é", "a\t1", "\n"] {
            assert_eq!(find(TEXT, key), None, "{key:?}");
        }
        assert_eq!(find("", "a"), None);
        assert_eq!(find("\n", ""), None);
    }

    #[test]
    fn lines_with_a_prefix_follow_one_another() {
        let check = |prefix: &str, expected: &[&str]| {
            assert_eq!(
                starting_with(TEXT, prefix).map(|line| field(line, 0)).collect::<Vec<_>>(),
                expected
            );
        };
        check("AB", &["Ab", "aB-c"]);
        check("", &["a", "Ab", "aB-c", "b", "z"]);
        check("q", &[]);
        check("zzz", &[]);
    }

    #[test]
    fn references_are_three_digits_each() {
        assert_eq!(
            references("000001_Aa").collect::<Vec<_>>(),
            [0, 1, 64 * 64 * 63 + 64 * 10 + 36]
        );
        assert_eq!(references("01").count(), 0);
        assert_eq!(references("€").collect::<Vec<_>>(), [0], "no digits, and no panic");
    }

    #[test]
    fn an_offset_outside_gives_nothing() {
        assert_eq!(line_at(TEXT, 4), "Ab\t2");
        assert_eq!(line_at(TEXT, TEXT.len()), "");
        assert_eq!(line_at(TEXT, usize::MAX), "");
        assert_eq!(line_at("é", 1), "");
    }
}

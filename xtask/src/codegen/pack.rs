//! Numbers and strings in few bytes of text.
//!
//! The reading side is `stackpass_ground::sorted_lines`; the two must agree on the digits and on the order of lines.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, ensure};

/// The 64 digits, in the order of their values.
const DIGITS: &[u8; 64] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";

/// One digit of a number below 64, used for small bit sets.
pub(crate) fn digit(value: usize) -> Result<char> {
    let digit = DIGITS.get(value).with_context(|| format!("{value} does not fit into a digit"))?;
    Ok(char::from(*digit))
}

/// A number as exactly `N` digits.
pub(crate) fn number<const N: usize>(value: usize) -> Result<String> {
    let mut digits = ['0'; N];
    let mut rest = value;
    for slot in digits.iter_mut().rev() {
        *slot = digit(rest % 64)?;
        rest /= 64;
    }
    ensure!(rest == 0, "{value} does not fit into {N} digits");
    Ok(digits.iter().collect())
}

/// The reference to a line: the offset of its first byte, in three digits.
pub(crate) fn reference(offset: usize) -> Result<String> {
    number::<3>(offset)
}

/// What lines are sorted and found by.
pub(crate) fn sort_key(key: &str) -> String {
    key.to_ascii_lowercase()
}

/// Strings, each on a line; a string that ends another one shares its line.
#[derive(Debug)]
pub(crate) struct Pool {
    /// The lines.
    pub(crate) text: String,
    offsets: BTreeMap<String, usize>,
}

impl Pool {
    /// Lays the strings out.
    pub(crate) fn new(strings: &BTreeSet<&str>) -> Self {
        // Sorted by their reversals, a string stands before those that it ends.
        let reversed = |string: &str| string.bytes().rev().collect::<Vec<u8>>();
        let mut by_end: Vec<&str> = strings.iter().copied().collect();
        by_end.sort_by_key(|string| reversed(string));
        let mut lines: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let mut whole: &str = "";
        for string in by_end.into_iter().rev() {
            if !whole.ends_with(string) {
                whole = string;
            }
            lines.entry(whole).or_default().push(string);
        }
        let mut pool = Self { text: String::new(), offsets: BTreeMap::new() };
        for (whole, strings) in lines {
            for string in strings {
                pool.offsets
                    .insert(string.to_owned(), pool.text.len() + whole.len() - string.len());
            }
            pool.text.push_str(whole);
            pool.text.push('\n');
        }
        pool
    }

    /// The reference to a string.
    pub(crate) fn reference(&self, string: &str) -> Result<String> {
        reference(
            *self.offsets.get(string).with_context(|| format!("`{string}` is not in the pool"))?,
        )
    }

    /// The references to the strings of a field of a data file, without anything between them.
    pub(crate) fn references<'a>(&self, strings: impl Iterator<Item = &'a str>) -> Result<String> {
        strings.map(|string| self.reference(string)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_as_many_digits_as_asked_for() {
        assert_eq!(number::<3>(0).unwrap(), "000");
        assert_eq!(number::<3>(64 * 64 * 63 + 64 * 10 + 36).unwrap(), "_Aa");
        assert!(number::<1>(64).is_err());
    }

    #[test]
    fn a_string_that_ends_another_shares_its_line() {
        let pool = Pool::new(&BTreeSet::from(["Arn", "Id", "Role.Arn", "A.Role.Arn", "B.Arn"]));
        assert_eq!(pool.text, "A.Role.Arn\nB.Arn\nId\n");
        assert_eq!(pool.reference("Role.Arn").unwrap(), "002");
        assert_eq!(pool.reference("Id").unwrap(), number::<3>(17).unwrap());
        let offset = pool.offsets["Arn"];
        assert!(pool.text.get(offset..).unwrap().starts_with("Arn\n"));
        assert!(pool.reference("Ar").is_err());
    }
}

//! The partitions of AWS: groups of regions with accounts of their own, which see nothing of one another.
//!
//! Which there are stands in `data/partitions.tsv`, one a line, sorted by name. A region is found by the words that its name
//! begins with, as regions are added far more often than partitions.

use std::fmt;
use std::str::FromStr;

use crate::sorted_lines::{field, find};

const TABLE: &str = include_str!("../data/partitions.tsv");

/// A partition of AWS, such as `aws` or `aws-cn`.
///
/// ```
/// use stackpass_ground::partition::Partition;
///
/// let china: Partition = "aws-cn".parse()?;
/// assert_eq!(china.dns_suffix(), "amazonaws.com.cn");
/// assert_eq!(Partition::of("cn-north-1"), china);
/// # Ok::<(), stackpass_ground::partition::ParsePartitionError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Partition(&'static str);

/// The text is the name of no partition. Holds the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a partition ({all}), found `{0}`", all = names())]
pub struct ParsePartitionError(pub String);

impl Partition {
    /// The partition of all regions that no other partition has.
    pub const AWS: Partition = Partition("aws");

    /// Gives all partitions, sorted by name.
    pub fn all() -> impl Iterator<Item = Partition> {
        let rows = TABLE.lines().filter(|line| !line.starts_with('#'));
        rows.map(|row| Partition(field(row, 0)))
    }

    /// Gives the partition of a region by the region's name, whatever its form. What no other partition has is of `aws`.
    pub fn of(region: &str) -> Partition {
        Partition::all().find(|partition| partition.names(region)).unwrap_or(Partition::AWS)
    }

    /// The name, as the second part of an ARN has it.
    pub fn as_str(self) -> &'static str {
        self.0
    }

    /// What the names of hosts end with, without a dot before it. `AWS::URLSuffix` is the same.
    pub fn dns_suffix(self) -> &'static str {
        self.column(2)
    }

    /// Whether the first words of the region's name are those of this partition.
    fn names(self, region: &str) -> bool {
        let words = self.column(1);
        let rest = region.strip_prefix(words).filter(|_| !words.is_empty());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    }

    fn column(self, position: usize) -> &'static str {
        field(find(TABLE, self.0).unwrap_or_default(), position)
    }
}

impl FromStr for Partition {
    type Err = ParsePartitionError;

    fn from_str(text: &str) -> Result<Partition, ParsePartitionError> {
        let found = Partition::all().find(|partition| partition.0 == text);
        found.ok_or_else(|| ParsePartitionError(text.to_owned()))
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// The names of all partitions, for a message.
fn names() -> String {
    Partition::all().map(|partition| format!("`{partition}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(region: &str, expected: &str) {
        assert_eq!(Partition::of(region).as_str(), expected, "{region}");
    }

    #[test]
    fn the_table_is_sorted_and_whole() {
        let all: Vec<Partition> = Partition::all().collect();
        assert!(all.contains(&Partition::AWS) && all.is_sorted());
        for partition in all {
            let row = find(TABLE, partition.as_str()).unwrap();
            assert_eq!(row.split('\t').count(), 3, "{row}");
            assert!(partition.dns_suffix().contains('.'), "{row}");
            assert_eq!(field(row, 1).is_empty(), partition == Partition::AWS, "{row}");
        }
    }

    #[test]
    fn names_are_read_back() {
        for partition in Partition::all() {
            assert_eq!(partition.to_string().parse(), Ok(partition));
        }
    }

    #[test]
    fn an_unknown_name_is_refused_with_those_that_there_are() {
        assert_eq!(
            "aws-china".parse::<Partition>().unwrap_err().to_string(),
            "expected a partition (`aws`, `aws-cn`, `aws-eusc`, `aws-iso`, `aws-iso-b`, `aws-iso-e`, `aws-iso-f`, \
             `aws-us-gov`), found `aws-china`"
        );
        for text in ["", "AWS", "# partition", "*"] {
            assert_eq!(text.parse::<Partition>(), Err(ParsePartitionError(text.to_owned())));
        }
    }

    #[test]
    fn a_region_is_known_by_its_first_words() {
        check("eu-west-1", "aws");
        check("cn-northwest-1", "aws-cn");
        check("eusc-de-east-1", "aws-eusc");
        check("us-iso-east-1", "aws-iso");
        check("us-isob-east-1", "aws-iso-b");
        check("eu-isoe-west-1", "aws-iso-e");
        check("us-isof-south-1", "aws-iso-f");
        check("us-gov-east-1", "aws-us-gov");
    }

    #[test]
    fn a_region_that_no_partition_names_is_of_aws() {
        for region in ["", "xy-new-7", "cnx-north-1", "us-isox-east-1", "us"] {
            check(region, "aws");
        }
    }
}

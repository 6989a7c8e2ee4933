//! The bootstrap template of the CDK command line, without its prose.

use anyhow::{Context as _, Result};

use super::archive::{self, Members};

/// The package of the CDK command line.
pub(crate) const CDK: &str = "aws-cdk";

/// The version that is taken when none is recorded. The registry's `latest` is 3.0.0, which is older code: raise this by hand.
pub(crate) const CDK_VERSION: &str = "2.1148.1";

/// Where the template goes, from the root of the repository.
pub(crate) const PATH: &str = "crates/stacks/data/bootstrap-template.yaml";

const MEMBER: &str = "package/lib/api/bootstrap/bootstrap-template.yaml";

/// How deep a description may stand that is prose about the template. One that stands deeper is a property of a resource.
const PROSE_INDENT: usize = 4;

pub(crate) fn wanted(path: &str) -> bool {
    path == MEMBER
}

/// The template with comments and descriptions taken out.
pub(crate) fn template(members: &Members) -> Result<String> {
    let text = std::str::from_utf8(archive::member(members, MEMBER)?)
        .context("the bootstrap template is not UTF-8")?;
    Ok(without_prose(text))
}

fn without_prose(text: &str) -> String {
    let mut kept = String::new();
    let mut skipped_indent = None;
    for line in text.lines() {
        let content = line.trim_start();
        let indent = line.len() - content.len();
        if let Some(skipped) = skipped_indent {
            if content.is_empty() || indent > skipped {
                continue;
            }
            skipped_indent = None;
        }
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        let is_description =
            content.starts_with("Description:") || content.starts_with("ConstraintDescription:");
        if is_description && indent <= PROSE_INDENT {
            skipped_indent = Some(indent);
            continue;
        }
        let code = line.split_once(" #").map_or(line, |(code, _)| code);
        kept.push_str(code.trim_end());
        kept.push('\n');
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::without_prose;

    #[test]
    fn prose_goes_and_properties_stay() {
        let text = "Description: a\n  b\nParameters:\n  P:\n    Description: c\n    Type: String # d\n# e\n\nResources:\n  R:\n    Type: T\n    Properties:\n      Description: f\n";
        let expected = "Parameters:\n  P:\n    Type: String\nResources:\n  R:\n    Type: T\n    Properties:\n      Description: f\n";
        assert_eq!(without_prose(text), expected);
    }
}

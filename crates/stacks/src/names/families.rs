//! ARNs that stand for several: an image or a component of EC2 Image Builder without its build, or with `x` for parts of the version.
//!
//! The service looks for the newest that fits, and checks that one.
//! <https://docs.aws.amazon.com/imagebuilder/latest/userguide/ibhow-semantic-versioning.html>

use crate::generic;
use crate::pattern::Pattern;

/// What an ARN stands for, if its service takes it for all that lie below it.
pub(super) fn below(pattern: Pattern) -> Option<Pattern> {
    if !generic::naming(pattern.service()?).families {
        return None;
    }
    let (name, version) = pattern.as_str().rsplit_once('/')?;
    let parts: Vec<&str> = version.split('.').collect();
    let known: Vec<&str> = parts.iter().copied().take_while(|part| *part != "x").collect();
    let glob = match known.len() {
        0 => format!("{name}/*"),
        count if count == parts.len() => format!("{name}/{version}/*"),
        _ => format!("{name}/{}.*", known.join(".")),
    };
    Some(pattern.with_text(glob))
}

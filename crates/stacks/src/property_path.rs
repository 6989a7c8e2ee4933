//! Paths of properties, as rules write them: `A.B`, with `**` for any number of steps.

use std::borrow::Cow;

/// What begins a path into the update policy of a resource, where paths of properties may stand as well.
pub(crate) const UPDATE_POLICY: &str = "@update_policy.";

/// A path as a reader of the template knows it; of one at any depth, where it begins.
pub(crate) fn shown(path: &str) -> Cow<'_, str> {
    let path = path.split_once(".**").map_or(path, |(start, _)| start);
    match path.strip_prefix(UPDATE_POLICY) {
        Some(path) => Cow::Owned(format!("UpdatePolicy.{path}")),
        None => Cow::Borrowed(path),
    }
}

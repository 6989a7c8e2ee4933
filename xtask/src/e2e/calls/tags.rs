//! Tags that nobody can ask for.
//!
//! AWS reserves keys that begin with `aws:` (Tagging AWS Resources User Guide, naming limits): a call of a customer that has one is
//! refused. `CloudFormation` puts its own, such as `aws:cloudformation:stack-name`, without a call that IAM decides; the emulator
//! writes them into its calls like any other tag. They are no reason to ask for the permission to tag.

use serde_json::{Map, Value};

use super::Call;

/// What a reserved key begins with.
const RESERVED: &str = "aws:";

/// The call without reserved tags.
pub(super) fn without_reserved(call: &Call) -> Call {
    let mut call = call.clone();
    clean_map(&mut call.params);
    call
}

fn clean(value: &mut Value) {
    match value {
        Value::Array(items) => {
            items.retain(|item| !is_reserved(item));
            items.iter_mut().for_each(clean);
        }
        Value::Object(map) => clean_map(map),
        _ => {}
    }
}

fn clean_map(map: &mut Map<String, Value>) {
    for (key, value) in map.iter_mut() {
        clean(value);
        if let (true, Value::Object(tags)) = (key.eq_ignore_ascii_case("tags"), &mut *value) {
            tags.retain(|key, _| !key.starts_with(RESERVED));
        }
    }
}

/// Whether an item of a list is a reserved tag.
fn is_reserved(item: &Value) -> bool {
    let key = ["Key", "key", "TagKey"].iter().find_map(|name| item.get(name)?.as_str());
    key.is_some_and(|key| key.starts_with(RESERVED))
}

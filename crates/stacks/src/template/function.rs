//! Which nodes call functions.

use stackpass_ground::tree::Node;

/// The function that a node calls, with its argument. `Condition` is none: a property may be called so.
pub(crate) fn function(node: &Node) -> Option<(&str, &Node)> {
    only_entry(node).filter(|(key, _)| *key == "Ref" || key.starts_with("Fn::"))
}

/// The same where a value is worked out, which may be the outcome of a condition.
pub(crate) fn function_or_condition(node: &Node) -> Option<(&str, &Node)> {
    function(node).or_else(|| only_entry(node).filter(|(key, _)| *key == "Condition"))
}

fn only_entry(node: &Node) -> Option<(&str, &Node)> {
    match node.entries() {
        [entry] => Some((&entry.key, &entry.value)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use stackpass_ground::source::Source;
    use stackpass_ground::tree;

    use super::{function, function_or_condition};

    #[test]
    fn condition_is_a_function_only_where_it_may_be_one() {
        for (text, plain, or_condition) in [
            ("{Ref: a}", Some("Ref"), Some("Ref")),
            ("{'Fn::Sub': a}", Some("Fn::Sub"), Some("Fn::Sub")),
            ("{Condition: a}", None, Some("Condition")),
            ("{Other: a}", None, None),
            ("{Ref: a, 'Fn::Sub': a}", None, None),
            ("[{Ref: a}]", None, None),
        ] {
            let node = tree::read(&Source::new("t", text)).0.expect("a value");
            assert_eq!(function(&node).map(|(key, _)| key), plain, "{text}");
            assert_eq!(function_or_condition(&node).map(|(key, _)| key), or_condition, "{text}");
        }
    }
}

//! Any bytes as a policy: no panic, and every place is a piece of the text.

#![no_main]

use libfuzzer_sys::fuzz_target;
use stackpass_policy::tree::json;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let (node, diagnostics) = json::read(&text);
    assert!(node.is_some() || !diagnostics.is_empty());
    for diagnostic in diagnostics {
        let span = diagnostic.span;
        assert!(text.get(span.start..span.end).is_some(), "{diagnostic:?}");
    }
});

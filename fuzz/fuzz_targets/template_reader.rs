//! Any bytes as a template: no panic, and every place is a piece of the text.

#![no_main]

use libfuzzer_sys::fuzz_target;
use stackpass_policy::source::Source;
use stackpass_stacks::template;

fuzz_target!(|bytes: &[u8]| {
    let source = Source::new("input", String::from_utf8_lossy(bytes));
    let (template, diagnostics) = template::read(&source);
    assert!(template.is_some() || !diagnostics.is_empty());
    for diagnostic in diagnostics {
        let span = diagnostic.span;
        assert!(source.text().get(span.start..span.end).is_some(), "{diagnostic:?}");
    }
});

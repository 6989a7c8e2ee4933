//! What must hold for any text as a template. The fuzz target runs this over random bytes; here it runs over the target's seeds.

use stackpass_ground::source::{Diagnostic, Source};
use stackpass_stacks::deployment::{Input, Options};
use stackpass_stacks::template;
use stackpass_stacks::{needs, plan};

/// Reads the bytes as a template and works out what its deployment needs, with everything known and with nothing.
pub(crate) fn check(bytes: &[u8]) {
    let source = Source::new("input", String::from_utf8_lossy(bytes));
    let (template, diagnostics) = template::read(&source);
    assert!(template.is_some() || !diagnostics.is_empty(), "neither read nor reported");
    for diagnostic in &diagnostics {
        place_holds(&source, diagnostic);
    }
    if template.is_none() {
        return;
    }
    for options in [Options::new(), known()] {
        let (deployment, problems) = plan(&[Input::Template(source.clone())], &options);
        for problem in &problems {
            place_holds(&problem.source, &problem.diagnostic);
        }
        for need in needs(&deployment).needs {
            assert!(!need.resources.is_empty(), "{need:?}");
        }
    }
}

/// Every place is a piece of the text.
fn place_holds(source: &Source, diagnostic: &Diagnostic) {
    let span = diagnostic.span;
    assert!(source.text().get(span.start..span.end).is_some(), "{diagnostic:?}");
}

fn known() -> Options {
    Options {
        stack_name: Some("dev-app".to_owned()),
        account: Some("111122223333".to_owned()),
        region: Some("eu-west-1".to_owned()),
        ..Options::new()
    }
}

#[cfg(test)]
#[test]
fn seeds_of_the_fuzz_target_are_read_or_reported() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/template_reader");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        check(&std::fs::read(entry.unwrap().path()).unwrap());
        count += 1;
    }
    assert!(count > 0, "there are seeds");
}

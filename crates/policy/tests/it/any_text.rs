//! What must hold for any text as a policy. The fuzz target runs this over random bytes; here it runs over the target's seeds.

use stackpass_policy::document::Document;
use stackpass_policy::minimize::{Limits, MinimizeError, minimize};
use stackpass_policy::read::{lower, read};
use stackpass_policy::render::{Format, Layout, NamedDocument, render};
use stackpass_policy::source::{Severity, Source};
use stackpass_policy::syntax;

/// Reads the bytes as a policy; what could be read is written, read back and minimized.
pub(crate) fn check(bytes: &[u8]) {
    let source = Source::new("input", String::from_utf8_lossy(bytes));
    let (document, problems) = read(&source);
    for problem in &problems {
        let span = problem.span;
        assert!(source.text().get(span.start..span.end).is_some(), "{problem:?}");
    }
    let (policy, _) = syntax::read(&source);
    let statements = policy.as_ref().map_or(&[][..], |policy| policy.statements());
    for text in statements.iter().flat_map(|it| it.actions().chain(it.resources())) {
        let span = text.span;
        assert!(source.text().get(span.start..span.end).is_some(), "{text:?}");
    }
    assert_eq!(policy.and_then(|policy| lower(&policy).0), document);
    let Some(document) = document else {
        assert!(problems.iter().any(|problem| problem.severity == Severity::Error), "{problems:?}");
        return;
    };
    reads_back(&document);
    match minimize(&document.statements, &Limits::MANAGED) {
        Ok(minimized) => minimized.documents.iter().for_each(reads_back),
        Err(error) => assert!(!matches!(error, MinimizeError::NotProved), "{document:?}"),
    }
}

fn reads_back(document: &Document) {
    let named = [NamedDocument { name: "Policy".to_owned(), document: document.clone() }];
    for format in [Format::Json { layout: Layout::Compact }, Format::Yaml] {
        let text = render(&named, format);
        let (read, problems) = read(&Source::new("rendered", text.as_str()));
        assert_eq!(read.as_ref(), Some(document), "{text}\n{problems:?}");
    }
    for format in [Format::CloudFormation, Format::Cdk, Format::Terraform] {
        assert!(!render(&named, format).is_empty());
    }
}

#[cfg(test)]
#[test]
fn seeds_of_the_fuzz_target_are_read_or_reported() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/policy_reader");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        check(&std::fs::read(entry.unwrap().path()).unwrap());
        count += 1;
    }
    assert!(count > 0, "there are seeds");
}

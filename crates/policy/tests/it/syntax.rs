//! A policy in its text means what was written, and each of its places is a piece of that text.

use std::iter;

use proptest::prelude::*;
use stackpass_policy::document::Document;
use stackpass_policy::read::lower;
use stackpass_policy::render::{Format, Layout, NamedDocument, render};
use stackpass_policy::source::{Source, Span};
use stackpass_policy::syntax::{
    Element, LocatedPolicy, LocatedPrincipal, PolicyElement, StatementElement, Values, read,
};
use stackpass_policy::tree;

use super::arbitrary;

/// All texts of a policy, names and values, with their places.
pub(crate) fn texts(policy: &LocatedPolicy) -> Vec<(&str, Span)> {
    let mut texts = named(&policy.elements);
    for element in &policy.elements {
        match &element.value {
            PolicyElement::Version(text) | PolicyElement::Id(text) => {
                texts.push((text.as_str(), element.span));
            }
            PolicyElement::Statements(statements) => {
                let elements = statements.iter().flat_map(|it| &it.elements);
                texts.extend(elements.flat_map(of_statement));
            }
            _ => {}
        }
    }
    texts
}

fn of_statement(element: &Element<StatementElement>) -> Vec<(&str, Span)> {
    let own = iter::once((element.name.as_str(), element.name_span));
    let inner = match &element.value {
        StatementElement::Sid(text) | StatementElement::Effect(text) => {
            vec![(text.as_str(), element.span)]
        }
        StatementElement::Actions(values) | StatementElement::Resources(values) => {
            listed(values.value())
        }
        StatementElement::Principal(principal) => match principal.value() {
            LocatedPrincipal::Text(text) => vec![(text.as_str(), element.span)],
            LocatedPrincipal::Kinds(kinds) => with_values(kinds),
        },
        StatementElement::Condition(operators) => {
            let mut texts = named(operators);
            texts.extend(operators.iter().flat_map(|operator| with_values(&operator.value)));
            texts
        }
        _ => Vec::new(),
    };
    own.chain(inner).collect()
}

fn named<T>(elements: &[Element<T>]) -> Vec<(&str, Span)> {
    elements.iter().map(|element| (element.name.as_str(), element.name_span)).collect()
}

fn with_values(elements: &[Element<Values>]) -> Vec<(&str, Span)> {
    let mut texts = named(elements);
    texts.extend(elements.iter().flat_map(|element| listed(&element.value)));
    texts
}

fn listed(values: &Values) -> Vec<(&str, Span)> {
    values.iter().map(|value| (value.value.as_str(), value.span)).collect()
}

fn check(document: &Document, format: Format) {
    let named = [NamedDocument { name: "Policy".to_owned(), document: document.clone() }];
    let source = Source::new("rendered", render(&named, format));
    let (policy, problems) = read(&source);
    assert_eq!(problems, [], "{}", source.text());
    let policy = policy.unwrap();
    assert_eq!(lower(&policy), (Some(document.clone()), Vec::new()), "{}", source.text());
    for (text, span) in texts(&policy) {
        let piece = source.text().get(span.start..span.end).unwrap();
        let (node, _) = tree::read(&Source::new("piece", piece));
        let node = node.unwrap();
        assert_eq!(node.scalar(), Some(text), "{piece} in {}", source.text());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn lowering_gives_the_document_that_was_written_and_each_place_its_text(
        statements in arbitrary::statements(),
    ) {
        let document = Document::new(statements);
        check(&document, Format::Json { layout: Layout::Compact });
        check(&document, Format::Json { layout: Layout::Pretty });
        check(&document, Format::Yaml);
    }

    #[test]
    fn odd_texts_are_lowered_and_placed_as_well(document in arbitrary::odd_document()) {
        check(&document, Format::Json { layout: Layout::Compact });
        check(&document, Format::Yaml);
    }
}

//! Minimizing keeps the meaning, in the limits, whatever the order.

use proptest::prelude::*;
use proptest::sample::select;
use stackpass_policy::document::Document;
use stackpass_policy::evaluate::decide;
use stackpass_policy::minimize::{Limits, MinimizeError, minimize};
use stackpass_policy::size::size;
use stackpass_policy::statement::Statement;

use super::arbitrary::{self, request};

fn total(documents: &[Document]) -> usize {
    documents.iter().map(size).sum()
}

const LIMITS: [Limits; 4] = [
    Limits::MANAGED,
    Limits { documents: 4, characters: 400 },
    Limits { documents: 12, characters: 260 },
    Limits::USER_INLINE,
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn meaning_and_limits_are_kept(
        statements in arbitrary::statements(),
        requests in proptest::collection::vec(request(), 40),
        limits in select(LIMITS.to_vec()),
    ) {
        let documents = match minimize(&statements, &limits) {
            Ok(minimized) => minimized.documents,
            Err(error) => {
                prop_assert!(matches!(error, MinimizeError::TooLarge { .. }), "{}", error);
                return Ok(());
            }
        };
        prop_assert!(documents.len() <= limits.documents);
        for document in &documents {
            prop_assert!(size(document) <= limits.characters);
        }
        let before = Document::new(statements);
        let after: Vec<&Document> = documents.iter().collect();
        for request in &requests {
            prop_assert_eq!(decide(&[&before], request), decide(&after, request), "{:?}", request);
        }
    }

    #[test]
    fn minimizing_again_changes_nothing(
        statements in arbitrary::statements(),
        limits in select(LIMITS.to_vec()),
    ) {
        if let Ok(once) = minimize(&statements, &limits) {
            let all: Vec<Statement> =
                once.documents.iter().flat_map(|document| document.statements.clone()).collect();
            prop_assert_eq!(minimize(&all, &limits), Ok(once));
        }
    }

    #[test]
    fn order_and_copies_do_not_matter(
        (statements, shuffled) in arbitrary::statements().prop_flat_map(|statements| {
            let mut twice = statements.clone();
            twice.extend(statements.iter().take(3).cloned());
            (Just(statements), Just(twice).prop_shuffle())
        }),
        limits in select(LIMITS.to_vec()),
    ) {
        let (one, other) = (minimize(&statements, &limits), minimize(&shuffled, &limits));
        prop_assert_eq!(format!("{one:?}"), format!("{other:?}"));
    }

    #[test]
    fn result_is_no_longer_than_the_input(statements in arbitrary::statements()) {
        // Sids are added, and the input has none of its own to compare with.
        let bare: Vec<Statement> =
            statements.into_iter().map(|statement| Statement { sid: None, ..statement }).collect();
        let mut documents = minimize(&bare, &Limits::MANAGED).unwrap().documents;
        for statement in documents.iter_mut().flat_map(|document| &mut document.statements) {
            statement.sid = None;
        }
        prop_assert!(total(&documents) <= size(&Document::new(bare)).max(1));
    }

    #[test]
    fn sids_are_unique(statements in arbitrary::statements()) {
        let documents = minimize(&statements, &Limits::MANAGED).unwrap().documents;
        let mut sids: Vec<_> =
            documents.iter().flat_map(|it| &it.statements).map(|it| it.sid.clone().unwrap()).collect();
        let count = sids.len();
        sids.sort();
        sids.dedup();
        prop_assert_eq!(sids.len(), count);
    }
}

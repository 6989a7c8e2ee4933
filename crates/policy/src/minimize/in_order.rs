//! Distributes statements to policies without touching them.

use super::{Limits, MinimizeError};
use crate::document::Document;
use crate::size::size;
use crate::statement::Statement;

/// Fits statements into the limits as they are and in the order given: each policy takes as many as have room in it.
///
/// # Errors
///
/// [`MinimizeError::TooLarge`] if one statement alone is too large, with its characters, or if there would be too many
/// policies, with the characters of all of them.
pub fn in_order(
    statements: impl IntoIterator<Item = Statement>,
    limits: &Limits,
) -> Result<Vec<Document>, MinimizeError> {
    let mut documents: Vec<Document> = Vec::new();
    for statement in statements {
        let alone = size(&Document::new(vec![statement.clone()]));
        if alone > limits.characters {
            return Err(MinimizeError::TooLarge { needed: alone, allowed: limits.characters });
        }
        if let Some(last) = documents.last_mut() {
            last.statements.push(statement.clone());
            if size(last) <= limits.characters {
                continue;
            }
            last.statements.pop();
        }
        documents.push(Document::new(vec![statement]));
    }
    if documents.len() > limits.documents {
        let needed = documents.iter().map(size).sum();
        let allowed = limits.documents.saturating_mul(limits.characters);
        return Err(MinimizeError::TooLarge { needed, allowed });
    }
    Ok(documents)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement(actions: &[&str]) -> Statement {
        let actions = actions.iter().map(|action| action.parse().unwrap());
        Statement::allow(actions, ["*".parse().unwrap()])
    }

    fn check(limits: Limits, expected: Result<&[usize], MinimizeError>) {
        let statements =
            [statement(&["s3:PutObject"]), statement(&["s3:GetObject"]), statement(&["s3:List*"])];
        let found = in_order(statements, &limits);
        let found = found.map(|documents| {
            documents.iter().map(|document| document.statements.len()).collect::<Vec<_>>()
        });
        assert_eq!(found, expected.map(<[usize]>::to_vec));
    }

    #[test]
    fn each_policy_takes_what_has_room_in_it() {
        check(Limits { documents: 1, characters: 500 }, Ok(&[3]));
        check(Limits { documents: 2, characters: 160 }, Ok(&[2, 1]));
        check(Limits { documents: 3, characters: 100 }, Ok(&[1, 1, 1]));
    }

    #[test]
    fn what_does_not_fit_is_told_with_its_size() {
        let too_large = |needed, allowed| Err(MinimizeError::TooLarge { needed, allowed });
        check(Limits { documents: 9, characters: 90 }, too_large(96, 90));
        check(Limits { documents: 2, characters: 100 }, too_large(284, 200));
    }
}

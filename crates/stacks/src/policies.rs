//! From needs to policies: which needs count, who holds them, and what could not be scoped.

mod holder;
mod selection;
mod unscoped;

use std::fmt;

use stackpass_policy::document::Document;
use stackpass_policy::grant::statements;
use stackpass_policy::minimize::{MinimizeError, minimize};
use stackpass_policy::render::NamedDocument;

use crate::deployment::Mode;
use crate::need::Need;

pub use holder::Holder;
pub use selection::NeedSelection;
pub use stackpass_policy::minimize::Limits;
pub use unscoped::{Unscoped, unscoped};

/// A policy that a deployment needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Whose it is.
    pub holder: Holder,
    /// Its name: that of the holder, from the second on with a number, `executor-2`.
    pub name: String,
    /// Its text.
    pub document: Document,
}

/// Why the policies of a holder cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot make the {holder} policy")]
pub struct PoliciesError {
    /// Whose they would be.
    pub holder: Holder,
    /// What is in the way.
    #[source]
    pub cause: MinimizeError,
}

/// Makes as few policies as the limits allow, by holder. A holder that needs nothing has none.
///
/// # Errors
///
/// [`PoliciesError`] for the first holder whose needs do not fit the limits.
pub fn policies<'a>(
    needs: impl IntoIterator<Item = &'a Need>,
    mode: Mode,
    limits: &Limits,
) -> Result<Vec<Policy>, PoliciesError> {
    let needs: Vec<&Need> = needs.into_iter().collect();
    let mut policies = Vec::new();
    for holder in Holder::ALL {
        let held = held(&needs, holder, mode);
        let statements = statements(held.into_iter().map(Need::grant));
        let minimized =
            minimize(&statements, limits).map_err(|cause| PoliciesError { holder, cause })?;
        let named = numbered(holder, minimized.documents);
        policies.extend(named.map(|NamedDocument { name, document }| Policy {
            holder,
            name,
            document,
        }));
    }
    Ok(policies)
}

/// The needs that go into the policies of a holder.
pub fn held<'a>(needs: &[&'a Need], holder: Holder, mode: Mode) -> Vec<&'a Need> {
    needs.iter().copied().filter(|need| Holder::of(need, mode) == holder).collect()
}

/// Names policies: the first as it is given, from the second on with a number.
pub fn numbered(
    name: impl fmt::Display,
    documents: impl IntoIterator<Item = Document>,
) -> impl Iterator<Item = NamedDocument> {
    documents.into_iter().enumerate().map(move |(index, document)| {
        let name = if index == 0 { name.to_string() } else { format!("{name}-{}", index + 1) };
        NamedDocument { name, document }
    })
}

#[cfg(test)]
mod tests;

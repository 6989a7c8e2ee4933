//! What policies grant beyond others, grant by grant.
//!
//! What is called covered is covered; what is not may still be, where only several statements together, or a case distinction
//! over conditions, would show it. Only policies of an identity are compared: a statement with a `Principal` grants nothing here.

mod coverage;
mod holder;

use std::collections::{BTreeMap, BTreeSet};

use crate::action::ActionPattern;
use crate::arn::ArnPattern;
use crate::condition::Conditions;
use crate::contains::{gives_action, gives_resource, implies};
use crate::document::Document;
use crate::grant::Grant;
use crate::statement::{Effect, Selection, Statement};
use crate::wildcard::Syntax;

pub use holder::{Actions, Change, Gain, Holder, change};

pub use coverage::{Candidates, Coverage, Extent, candidates};

/// What a policy allows and others do not allow together, sorted. Where a boundary is given, it must allow it as well.
///
/// A statement with `NotAction` or `NotResource` is no list of grants. Unless a single statement covers it whole, it comes back
/// as a grant of the action `*` or the resource `*`, which is more than it grants.
///
/// ```
/// use stackpass_policy::compare::uncovered;
/// use stackpass_policy::document::Document;
/// use stackpass_policy::statement::Statement;
///
/// let allow = |resources: [&str; 2]| -> Result<Document, Box<dyn std::error::Error>> {
///     let [one, other] = resources;
///     Ok(Document::new(vec![Statement::allow(["s3:GetObject".parse()?], [one.parse()?, other.parse()?])]))
/// };
/// let wanted = allow(["arn:aws:s3:::photos/*", "arn:aws:s3:::music/*"])?;
/// let has = allow(["arn:aws:s3:::photos/*", "arn:aws:s3:::films/*"])?;
/// let missing = uncovered(&wanted, &[&has], None);
/// assert_eq!(missing.len(), 1);
/// assert_eq!(missing[0].resources.iter().map(|it| it.as_str()).collect::<Vec<_>>(), ["arn:aws:s3:::music/*"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn uncovered(wanted: &Document, by: &[&Document], boundary: Option<&Document>) -> Vec<Grant> {
    let mut missing: BTreeMap<(ActionPattern, Conditions), BTreeSet<ArnPattern>> = BTreeMap::new();
    for grant in uncovered_by_statement(wanted, by, boundary).into_iter().flatten() {
        missing.entry((grant.action, grant.conditions)).or_default().extend(grant.resources);
    }
    missing
        .into_iter()
        .map(|((action, conditions), resources)| Grant { action, resources, conditions })
        .collect()
}

/// The same for each statement of the policy, in their order. A statement that denies has none.
pub fn uncovered_by_statement(
    wanted: &Document,
    by: &[&Document],
    boundary: Option<&Document>,
) -> Vec<Vec<Grant>> {
    let is_deny = |statement: &&Statement| statement.effect == Effect::Deny;
    let denies = wanted.statements.iter().filter(is_deny).cloned().collect();
    let own = Document { statements: denies, ..wanted.clone() };
    let boundary: Vec<&Document> = boundary.into_iter().collect();
    let layers = if boundary.is_empty() { vec![by] } else { vec![by, &boundary] };
    let mut sought = BTreeMap::new();
    let mut of_statement = |statement: &Statement| {
        if statement.effect == Effect::Deny || statement.principal.is_some() {
            return Vec::new();
        }
        let syntax = wanted.syntax();
        let conditions = conditions_as_variables(&statement.conditions, syntax);
        let mut grants = Vec::new();
        for action in actions(statement) {
            let sought =
                sought.entry(action.clone()).or_insert_with(|| Sought::of(&action, &own, &layers));
            let mut resources = resources(statement, syntax);
            resources.retain(|resource| sought.is_missing(resource, &conditions));
            if !resources.is_empty() {
                grants.push(Grant { action, resources, conditions: conditions.clone() });
            }
        }
        if grants.is_empty() || layers.iter().all(|it| gives_whole(it, statement, wanted)) {
            return Vec::new();
        }
        grants
    };
    wanted.statements.iter().map(&mut of_statement).collect()
}

/// Where an action is looked for.
struct Sought<'a> {
    /// Among what the wanted policy itself denies.
    own: Candidates<'a>,
    /// In each layer of those that should cover it.
    layers: Vec<Candidates<'a>>,
}

impl<'a> Sought<'a> {
    fn of(action: &ActionPattern, own: &'a Document, layers: &[&[&'a Document]]) -> Sought<'a> {
        // A deny that the wanted policy has as well takes nothing that it allows.
        let layers =
            layers.iter().map(|it| candidates(it, action).without_denies_of(own)).collect();
        Sought { own: candidates(&[own], action), layers }
    }

    fn is_missing(&self, resource: &ArnPattern, conditions: &Conditions) -> bool {
        let extent = |it: &Candidates<'_>| it.coverage(Some(resource), conditions).extent;
        extent(&self.own) != Extent::Denied
            && self.layers.iter().any(|it| extent(it) != Extent::Covered)
    }
}

/// Whether a single statement of the policies allows all that a statement of another policy allows, and nothing takes a part of
/// it. Of `NotAction` and `NotResource`, this is the only comparison that is not wider than what they say.
fn gives_whole(by: &[&Document], statement: &Statement, wanted: &Document) -> bool {
    let is_foreign_deny = |it: &Statement, document: &Document| {
        it.effect == Effect::Deny && !coverage::has_statement(wanted, it, document.syntax())
    };
    let denies = by
        .iter()
        .any(|document| document.statements.iter().any(|it| is_foreign_deny(it, document)));
    !denies
        && by.iter().any(|document| {
            document.statements.iter().any(|it| gives_statement(it, document, statement, wanted))
        })
}

fn gives_statement(
    outer: &Statement,
    outer_document: &Document,
    inner: &Statement,
    inner_document: &Document,
) -> bool {
    let syntaxes = (outer_document.syntax(), inner_document.syntax());
    if outer.effect != Effect::Allow || outer.principal.is_some() {
        return false;
    }
    if syntaxes.0 == syntaxes.1 && coverage::is_same(outer, inner) {
        return true;
    }
    if syntaxes != (Syntax::Variables, Syntax::Variables) {
        return false;
    }
    let actions = match (&outer.actions, &inner.actions) {
        (_, Selection::Only(actions)) => actions.iter().all(|it| gives_action(outer, it)),
        // All but less is more.
        (Selection::Except(less), Selection::Except(more)) => {
            less.iter().all(|it| more.iter().any(|other| other.covers(it)))
        }
        (Selection::Only(patterns), Selection::Except(_)) => {
            patterns.iter().any(|it| it.covers(&ActionPattern::any()))
        }
    };
    let resources = match (&outer.resources, &inner.resources) {
        (_, Some(Selection::Only(patterns))) => {
            patterns.iter().all(|it| gives_resource(outer, Syntax::Variables, it))
        }
        (Some(Selection::Except(less)), Some(Selection::Except(more))) => {
            less.iter().all(|it| more.iter().any(|other| other.covers(it)))
        }
        (Some(Selection::Only(patterns)), Some(Selection::Except(_))) => {
            patterns.iter().any(ArnPattern::is_any)
        }
        (None, _) | (_, None) => false,
    };
    actions && resources && implies(&inner.conditions, &outer.conditions, Syntax::Variables)
}

/// The actions of a statement; for `NotAction` a pattern that is wider.
fn actions(statement: &Statement) -> BTreeSet<ActionPattern> {
    match &statement.actions {
        Selection::Only(patterns) => patterns.clone(),
        Selection::Except(_) => BTreeSet::from([ActionPattern::any()]),
    }
}

/// The resources of a statement, written for a document with variables; for `NotResource` a pattern that is wider.
fn resources(statement: &Statement, syntax: Syntax) -> BTreeSet<ArnPattern> {
    match &statement.resources {
        Some(Selection::Only(patterns)) => patterns
            .iter()
            .map(|it| as_variables(it.as_str(), syntax).parse().unwrap_or_else(|_| it.clone()))
            .collect(),
        Some(Selection::Except(_)) => BTreeSet::from([ArnPattern::any()]),
        None => BTreeSet::new(),
    }
}

fn conditions_as_variables(conditions: &Conditions, syntax: Syntax) -> Conditions {
    let mut written = Conditions::new();
    for (operator, key, values) in conditions.iter() {
        let values = values.iter().map(|value| as_variables(value, syntax));
        written.add(operator, key.clone(), values);
    }
    written
}

/// Writes a text so that it means in a document with variables what it means under the given rule.
fn as_variables(text: &str, syntax: Syntax) -> String {
    match syntax {
        Syntax::Variables => text.to_owned(),
        Syntax::Plain => text.replace("${", "${$}{"),
    }
}

#[cfg(test)]
mod tests;

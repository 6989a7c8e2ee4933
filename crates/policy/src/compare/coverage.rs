//! What policies say to one action on one resource.

use crate::action::ActionPattern;
use crate::arn::ArnPattern;
use crate::condition::Conditions;
use crate::contains::{
    Relation, gives_action, gives_resource, relation, touches_action, touches_resource,
};
use crate::document::Document;
use crate::evaluate::StatementRef;
use crate::statement::{Effect, Statement};
use crate::wildcard::Syntax;

/// The statements of some policies that are about an action.
#[derive(Clone, Debug)]
pub struct Candidates<'a> {
    statements: Vec<Candidate<'a>>,
}

#[derive(Clone, Copy, Debug)]
struct Candidate<'a> {
    place: StatementRef,
    statement: &'a Statement,
    syntax: Syntax,
    /// Whether it is about each action of the pattern.
    gives_action: bool,
}

/// How far a grant is allowed, and by which statements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// How far.
    pub extent: Extent,
    /// The statements that make it so, in their order.
    pub statements: Vec<StatementRef>,
}

/// How far a grant is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Extent {
    /// All of it.
    Covered,
    /// It depends: on conditions that the grant says nothing about, or on whether the resource is one that is denied.
    Open,
    /// Some of its resources or actions only.
    Part,
    /// Nothing of it: no statement allows it.
    None,
    /// Nothing of it: a statement denies it.
    Denied,
}

/// How a statement stands to a grant.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// It is about all of it.
    Whole,
    /// It is about all of it under its conditions, or for some values of its variables.
    Maybe,
    /// It is about a part of it.
    Part,
    /// It is not about it.
    No,
}

/// Finds the statements of policies that all apply that are about an action.
pub fn candidates<'a>(policies: &[&'a Document], action: &ActionPattern) -> Candidates<'a> {
    let mut statements = Vec::new();
    for (policy, document) in policies.iter().enumerate() {
        let syntax = document.syntax();
        for (index, statement) in document.statements.iter().enumerate() {
            if touches_action(statement, action) {
                let place = StatementRef { policy, statement: index };
                let gives_action = gives_action(statement, action);
                statements.push(Candidate { place, statement, syntax, gives_action });
            }
        }
    }
    Candidates { statements }
}

impl Candidates<'_> {
    /// How far a resource pattern is allowed for requests that meet the conditions; `None` is for an action that names no
    /// resource. [`Extent::Covered`], [`Extent::None`] and [`Extent::Denied`] are always right.
    pub fn coverage(&self, resource: Option<&ArnPattern>, conditions: &Conditions) -> Coverage {
        let mut found: [Vec<StatementRef>; 5] = Default::default();
        let [allows, maybe_allows, part_allows, denies, maybe_denies] = &mut found;
        for candidate in &self.statements {
            let list = match (candidate.statement.effect, candidate.reach(resource, conditions)) {
                (_, Reach::No) => continue,
                (Effect::Allow, Reach::Whole) => &mut *allows,
                (Effect::Allow, Reach::Maybe) => &mut *maybe_allows,
                (Effect::Allow, Reach::Part) => &mut *part_allows,
                (Effect::Deny, Reach::Whole) => &mut *denies,
                (Effect::Deny, Reach::Maybe | Reach::Part) => &mut *maybe_denies,
            };
            list.push(candidate.place);
        }
        let [allows, maybe_allows, part_allows, denies, maybe_denies] = found;
        let (extent, statements) = if !denies.is_empty() {
            (Extent::Denied, denies)
        } else if !allows.is_empty() && maybe_denies.is_empty() {
            (Extent::Covered, allows)
        } else if !allows.is_empty() {
            (Extent::Open, maybe_denies)
        } else if !maybe_allows.is_empty() {
            (Extent::Open, maybe_allows)
        } else if !part_allows.is_empty() {
            (Extent::Part, part_allows)
        } else {
            (Extent::None, Vec::new())
        };
        Coverage { extent, statements }
    }

    /// Leaves out what another policy denies with the same statement.
    pub(super) fn without_denies_of(mut self, other: &Document) -> Self {
        self.statements.retain(|it| {
            it.statement.effect == Effect::Allow || !has_statement(other, it.statement, it.syntax)
        });
        self
    }
}

impl Candidate<'_> {
    fn reach(&self, resource: Option<&ArnPattern>, conditions: &Conditions) -> Reach {
        let statement = self.statement;
        let gives_resource = match resource {
            Some(resource) if !touches_resource(statement, self.syntax, resource) => {
                return Reach::No;
            }
            Some(resource) => gives_resource(statement, self.syntax, resource),
            None if !allows_no_resource(statement) => return Reach::No,
            None => true,
        };
        // A statement of another kind of policy gives an identity nothing; what it denies to whom is not known here.
        let is_of_identity = statement.principal.is_none();
        if !is_of_identity && statement.effect == Effect::Allow {
            return Reach::No;
        }
        match relation(conditions, &statement.conditions, self.syntax) {
            Relation::Contradicted => Reach::No,
            _ if !self.gives_action => Reach::Part,
            _ if !gives_resource && !varies(statement, self.syntax) => Reach::Part,
            Relation::Implied if gives_resource && is_of_identity => Reach::Whole,
            Relation::Implied | Relation::Possible => Reach::Maybe,
        }
    }
}

/// Whether the statement is about actions that name no resource.
fn allows_no_resource(statement: &Statement) -> bool {
    statement
        .resources
        .as_ref()
        .is_none_or(|resources| resources.holds(|patterns| patterns.iter().any(ArnPattern::is_any)))
}

/// Whether what the statement is about depends on who asks.
fn varies(statement: &Statement, syntax: Syntax) -> bool {
    let has_variable = |pattern: &ArnPattern| pattern.as_str().contains("${");
    syntax == Syntax::Variables
        && statement.resources.as_ref().is_some_and(|it| it.value().iter().any(has_variable))
}

/// Whether the document has this statement, whatever its name.
pub(super) fn has_statement(document: &Document, statement: &Statement, of: Syntax) -> bool {
    document.syntax() == of && document.statements.iter().any(|it| is_same(it, statement))
}

/// Whether two statements are the same but for their names.
pub(super) fn is_same(one: &Statement, other: &Statement) -> bool {
    one.effect == other.effect
        && one.principal == other.principal
        && one.actions == other.actions
        && one.resources == other.resources
        && one.conditions == other.conditions
}

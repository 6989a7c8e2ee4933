//! Would these policies allow this request? A plain evaluator, written for being right and for testing others against it.
//!
//! [`decide`] takes policies that all apply to the request; [`explain_layers`] takes layers, such as a boundary beside the
//! policies of an identity, each of which must allow. What it cannot evaluate, a number that is none for one, never allows and always denies.
//! The rules are those of the IAM user guide:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>.

pub(crate) mod compare;
mod explain;
mod layers;
mod variables;

use std::collections::{BTreeMap, BTreeSet};

use stackpass_ground::truth::Truth;

use crate::action::Action;
use crate::arn::{Arn, ArnPattern};
use crate::condition::{Comparison, ConditionKey, Operator, Qualifier};
use crate::document::Document;
use crate::principal::{Principal, PrincipalKind};
use crate::statement::{Effect, Selection, Statement};
use crate::wildcard::Syntax;

pub use explain::{Explanation, StatementRef, explain};
pub use layers::{LayeredExplanation, explain_layers};

/// Who asks, for what, on which resource, and what is known about the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The action.
    pub action: Action,
    /// The resource; `None` for an action that names no resource, which only `"Resource": "*"` allows.
    pub resource: Option<Arn>,
    /// Who asks; only policies with a `Principal` element need to know.
    pub principal: Option<Requester>,
    /// The condition keys of the request with their values; a key with no value counts as missing.
    pub context: BTreeMap<ConditionKey, Vec<String>>,
}

/// The principal of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requester {
    /// Its kind.
    pub kind: PrincipalKind,
    /// Its ARN, service name or provider.
    pub name: String,
}

/// The answer to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// A statement allows it and none denies it.
    Allowed,
    /// No statement allows it.
    ImplicitDeny,
    /// A statement denies it.
    ExplicitDeny,
}

/// The condition keys of a request.
pub(crate) type Context = BTreeMap<ConditionKey, Vec<String>>;

impl Request {
    /// Makes a request without principal and context.
    pub fn new(action: Action, resource: Option<Arn>) -> Request {
        Request { action, resource, principal: None, context: BTreeMap::new() }
    }

    /// Adds a condition key with its values.
    #[must_use]
    pub fn with<V: Into<String>>(
        mut self,
        key: ConditionKey,
        values: impl IntoIterator<Item = V>,
    ) -> Request {
        self.context.insert(key, values.into_iter().map(Into::into).collect());
        self
    }
}

/// Decides a request by policies that all apply to it.
pub fn decide(policies: &[&Document], request: &Request) -> Decision {
    let mut allowed = false;
    for policy in policies {
        for statement in &policy.statements {
            let applies = applies(statement, policy.syntax(), request);
            match statement.effect {
                Effect::Deny if applies.possible() => return Decision::ExplicitDeny,
                Effect::Allow if applies == Truth::Yes => allowed = true,
                Effect::Allow | Effect::Deny => {}
            }
        }
    }
    if allowed { Decision::Allowed } else { Decision::ImplicitDeny }
}

/// Whether the policy alone allows the request.
///
/// ```
/// use stackpass_policy::evaluate::{Request, allows};
/// use stackpass_policy::document::Document;
/// use stackpass_policy::statement::Statement;
///
/// let allow = Statement::allow(["s3:Get*".parse()?], ["arn:aws:s3:::photos/*".parse()?]);
/// let policy = Document::new(vec![allow]);
/// let request = Request::new("s3:GetObject".parse()?, Some("arn:aws:s3:::photos/cat.jpg".parse()?));
/// assert!(allows(&policy, &request));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn allows(policy: &Document, request: &Request) -> bool {
    decide(&[policy], request) == Decision::Allowed
}

fn applies(statement: &Statement, syntax: Syntax, request: &Request) -> Truth {
    let action =
        statement.actions.holds(|patterns| patterns.iter().any(|it| it.matches(&request.action)));
    if !action {
        return Truth::No;
    }
    let others =
        [resource_matches(statement, syntax, request), principal_matches(statement, request)];
    let conditions = statement.conditions.iter().map(|(operator, key, values)| {
        condition_holds(operator, key, values, syntax, &request.context)
    });
    Truth::all(others.into_iter().chain(conditions))
}

fn resource_matches(statement: &Statement, syntax: Syntax, request: &Request) -> Truth {
    let Some(resources) = &statement.resources else { return Truth::Yes };
    let matches = |pattern: &ArnPattern| match &request.resource {
        None => Some(Truth::from(pattern.is_any())),
        Some(arn) => variables::pattern_matches(pattern, arn, syntax, &request.context),
    };
    // A variable that cannot be resolved makes a pattern match nothing, and a `NotResource` statement not apply at all.
    match resources {
        Selection::Only(patterns) => Truth::any(patterns.iter().filter_map(matches)),
        Selection::Except(patterns) => {
            let matched: Option<Vec<Truth>> = patterns.iter().map(matches).collect();
            matched.map_or(Truth::No, |matched| Truth::any(matched).negate())
        }
    }
}

fn principal_matches(statement: &Statement, request: &Request) -> Truth {
    let matches = |principal: &Principal| match principal {
        Principal::Anyone => Truth::Yes,
        Principal::Named(kinds) => Truth::from(request.principal.as_ref().map(|requester| {
            let names = kinds.get(&requester.kind).into_iter().flatten();
            names.into_iter().any(|name| is_named(requester, name))
        })),
    };
    match &statement.principal {
        None => Truth::Yes,
        Some(Selection::Only(principal)) => matches(principal),
        Some(Selection::Except(principal)) => matches(principal).negate(),
    }
}

/// Whether a name in a policy names the requester: itself, its account, or the role of its session.
fn is_named(requester: &Requester, name: &str) -> bool {
    if requester.name == name {
        return true;
    }
    if requester.kind != PrincipalKind::Aws {
        return false;
    }
    let Ok(asks) = requester.name.parse::<Arn>() else { return name == "*" };
    match name.parse::<Arn>() {
        Err(_) => name == "*" || name == asks.account(),
        Ok(named) if named.account() != asks.account() => false,
        Ok(named) if named.resource() == "root" => true,
        Ok(named) => {
            let role = named.resource().strip_prefix("role/").and_then(|it| it.rsplit('/').next());
            let session = asks.resource().strip_prefix("assumed-role/");
            role.is_some() && role == session.and_then(|it| it.split('/').next())
        }
    }
}

/// Whether one condition of a statement holds for a request with these keys.
pub(crate) fn condition_holds(
    operator: Operator,
    key: &ConditionKey,
    values: &BTreeSet<String>,
    syntax: Syntax,
    context: &Context,
) -> Truth {
    if values.is_empty() {
        return Truth::Maybe;
    }
    let comparison = operator.comparison;
    let present = context.get(key).filter(|values| !values.is_empty());
    if comparison == Comparison::Null {
        let is_null = |value: &String| Truth::from(compare::null(value, present.is_some()));
        return Truth::any(values.iter().map(is_null));
    }
    let Some(present) = present else {
        return Truth::from(match (operator.if_exists, operator.qualifier) {
            (true, _) | (false, Some(Qualifier::ForAllValues)) => true,
            (false, Some(Qualifier::ForAnyValue)) => false,
            (false, None) => comparison.is_negated(),
        });
    };
    let expected: Vec<String> = values
        .iter()
        .filter_map(|value| variables::condition_value(value, comparison, syntax, context))
        .collect();
    if comparison.is_negated() && expected.len() < values.len() {
        return Truth::No;
    }
    let holds = |given: &String| {
        let compare = |value: &String| compare::compare(comparison, value, given, syntax);
        let equal = Truth::any(expected.iter().map(compare).map(Truth::from));
        if comparison.is_negated() { equal.negate() } else { equal }
    };
    match (operator.qualifier, present.as_slice()) {
        (Some(Qualifier::ForAllValues), _) => Truth::all(present.iter().map(holds)),
        (Some(Qualifier::ForAnyValue), _) => Truth::any(present.iter().map(holds)),
        (None, [value]) => holds(value),
        // IAM does not say what a key with several values means without a qualifier.
        (None, _) => Truth::Maybe,
    }
}

#[cfg(test)]
mod tests;

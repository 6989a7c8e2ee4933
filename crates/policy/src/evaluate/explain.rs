//! Why a request is decided as it is, and what that rests on that the request does not say.

use std::collections::BTreeSet;

use stackpass_ground::truth::Truth;

use super::{Decision, Request, applies, condition_holds, principal_matches, variables};
use crate::arn::ArnPattern;
use crate::condition::ConditionKey;
use crate::document::Document;
use crate::statement::{Effect, Selection, Statement};
use crate::wildcard::Syntax;

/// Condition keys that every request has, so that one which does not say them is an incomplete question.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
const ALWAYS_PRESENT: [&str; 10] = [
    "aws:CurrentTime",
    "aws:EpochTime",
    "aws:PrincipalAccount",
    "aws:PrincipalArn",
    "aws:PrincipalType",
    "aws:RequestedRegion",
    "aws:SecureTransport",
    "aws:UserAgent",
    "aws:userid",
    "aws:ViaAWSService",
];

/// The answer to a request with its grounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The answer; `None` if it depends on the [keys](Explanation::keys).
    pub decision: Option<Decision>,
    /// The statements that make it so, in their order: those that allow or deny, or on whose conditions it depends.
    /// None if no statement is about the request.
    pub statements: Vec<StatementRef>,
    /// Keys that the request says nothing of and that could turn the answer. With an allowed request they are keys that it
    /// was taken not to have.
    pub keys: BTreeSet<ConditionKey>,
}

/// A statement of several policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StatementRef {
    /// The index of the policy.
    pub policy: usize,
    /// The index of the statement in it.
    pub statement: usize,
}

/// Whether a statement is about a request, seen without guessing what the request leaves open.
enum Reach {
    /// It is not, whatever the open keys are.
    No,
    /// It is, whatever the open keys are.
    Yes,
    /// It is for some values of these keys, and not for others.
    If(BTreeSet<ConditionKey>),
}

/// A statement that is about the request, or could be.
struct Found {
    place: StatementRef,
    /// The keys that it depends on; none if it surely is about the request.
    keys: BTreeSet<ConditionKey>,
    /// Whether it is about the request if the keys are missing.
    holds: bool,
}

/// Decides a request by policies that all apply to it, as [`decide`](super::decide) does, and says why.
///
/// A key with an empty list of values is one that the request does not have; a key that is not there at all is one that
/// nobody said anything about. The answer is that for a request without the latter keys, except that it is left open
///
/// - if the request would be allowed with some value of them, or
/// - if it is allowed only because a key is missing that every request has, `aws:RequestedRegion` for one.
///
/// ```
/// use stackpass_policy::evaluate::{Decision, Request, explain};
/// use stackpass_policy::condition::{Comparison, Conditions};
/// use stackpass_policy::document::Document;
/// use stackpass_policy::statement::Statement;
///
/// let key = || "iam:PassedToService".parse();
/// let pass = Statement::allow(["iam:PassRole".parse()?], ["*".parse()?]).with_conditions(
///     Conditions::new().with(Comparison::StringEquals, key()?, ["lambda.amazonaws.com"]),
/// );
/// let policy = Document::new(vec![pass]);
/// let request = Request::new("iam:PassRole".parse()?, Some("arn:aws:iam::111122223333:role/r".parse()?));
/// let explanation = explain(&[&policy], &request);
/// assert_eq!(explanation.decision, None);
/// assert!(explanation.keys.contains(&key()?));
///
/// let request = request.with(key()?, ["lambda.amazonaws.com"]);
/// assert_eq!(explain(&[&policy], &request).decision, Some(Decision::Allowed));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn explain(policies: &[&Document], request: &Request) -> Explanation {
    let (mut allows, mut denies) = (Vec::new(), Vec::new());
    for (policy, document) in policies.iter().enumerate() {
        let syntax = document.syntax();
        for (index, statement) in document.statements.iter().enumerate() {
            let place = StatementRef { policy, statement: index };
            let found = match reach(statement, syntax, request) {
                Reach::No => continue,
                Reach::Yes => Found { place, keys: BTreeSet::new(), holds: true },
                Reach::If(keys) => {
                    let truth = applies(statement, syntax, request);
                    let holds = match statement.effect {
                        Effect::Allow => truth == Truth::Yes,
                        Effect::Deny => truth.possible(),
                    };
                    Found { place, keys, holds }
                }
            };
            match statement.effect {
                Effect::Allow => allows.push(found),
                Effect::Deny => denies.push(found),
            }
        }
    }
    judge(&allows, &denies)
}

fn judge(allows: &[Found], denies: &[Found]) -> Explanation {
    let is_sure = |found: &Found| found.keys.is_empty();
    let holds = |found: &Found| found.holds;
    let is_denied = denies.iter().any(holds);
    let could_be_allowed = !allows.is_empty() && !denies.iter().any(is_sure);
    let open_denies = denies.iter().filter(|found| !is_sure(found));
    let open_allows = allows.iter().filter(|_| !allows.iter().any(is_sure));
    let open: Vec<&Found> = open_allows.chain(open_denies).collect();
    let keys: BTreeSet<ConditionKey> = open.iter().flat_map(|found| &found.keys).cloned().collect();
    let is_incomplete =
        || keys.iter().any(|key| ALWAYS_PRESENT.iter().any(|name| is_named(key, name)));
    let places = |found: &mut dyn Iterator<Item = &Found>| {
        let places: BTreeSet<StatementRef> = found.map(|found| found.place).collect();
        places.into_iter().collect()
    };
    let is_allowed = !is_denied && allows.iter().any(holds);
    if (is_allowed && is_incomplete()) || (!is_allowed && could_be_allowed) {
        let statements = places(&mut open.into_iter());
        return Explanation { decision: None, statements, keys };
    }
    if is_allowed {
        let statements = places(&mut allows.iter().filter(|found| found.holds));
        return Explanation { decision: Some(Decision::Allowed), statements, keys };
    }
    let decision = if is_denied { Decision::ExplicitDeny } else { Decision::ImplicitDeny };
    let statements = places(&mut denies.iter().filter(|found| found.holds));
    Explanation { decision: Some(decision), statements, keys: BTreeSet::new() }
}

fn is_named(key: &ConditionKey, name: &str) -> bool {
    key.as_str().eq_ignore_ascii_case(name)
}

fn reach(statement: &Statement, syntax: Syntax, request: &Request) -> Reach {
    let action =
        statement.actions.holds(|patterns| patterns.iter().any(|it| it.matches(&request.action)));
    if !action {
        return Reach::No;
    }
    let mut keys = BTreeSet::new();
    // What cannot be evaluated never allows and always denies.
    let is_missed = |truth: Truth| match statement.effect {
        Effect::Allow => truth != Truth::Yes,
        Effect::Deny => truth == Truth::No,
    };
    if is_missed(principal_matches(statement, request)) {
        return Reach::No;
    }
    if let Some(resources) = &statement.resources {
        match resource_reach(resources, syntax, request) {
            Err(open) => keys.extend(open),
            Ok(truth) if is_missed(truth) => return Reach::No,
            Ok(_) => {}
        }
    }
    for (operator, key, values) in statement.conditions.iter() {
        let mut open: BTreeSet<ConditionKey> =
            values.iter().flat_map(|value| unsaid(value, syntax, request)).collect();
        if !request.context.contains_key(key) {
            open.insert(key.clone());
        }
        if open.is_empty() || values.is_empty() {
            if is_missed(condition_holds(operator, key, values, syntax, &request.context)) {
                return Reach::No;
            }
        } else {
            keys.extend(open);
        }
    }
    if keys.is_empty() { Reach::Yes } else { Reach::If(keys) }
}

/// Whether the resource is selected, or the keys that it depends on.
fn resource_reach(
    resources: &Selection<BTreeSet<ArnPattern>>,
    syntax: Syntax,
    request: &Request,
) -> Result<Truth, BTreeSet<ConditionKey>> {
    let Some(arn) = &request.resource else {
        return Ok(resources.holds(|patterns| patterns.iter().any(ArnPattern::is_any)).into());
    };
    let mut open = BTreeSet::new();
    let mut matched = Truth::No;
    let mut is_unresolved = false;
    let this_only = ArnPattern::from(arn);
    for pattern in resources.value() {
        let mut keys = unsaid(pattern.as_str(), syntax, request).peekable();
        if keys.peek().is_some() {
            // Without a value, the variable also decides whether `NotResource` applies at all.
            if matches!(resources, Selection::Except(_)) || pattern.overlaps(&this_only) {
                open.extend(keys);
            }
            continue;
        }
        match variables::pattern_matches(pattern, arn, syntax, &request.context) {
            Some(truth) => matched = matched.or(truth),
            None => is_unresolved = true,
        }
    }
    match resources {
        Selection::Except(_) if is_unresolved => Ok(Truth::No),
        Selection::Except(_) if matched == Truth::Yes => Ok(Truth::No),
        Selection::Only(_) if matched == Truth::Yes => Ok(Truth::Yes),
        _ if !open.is_empty() => Err(open),
        Selection::Only(_) => Ok(matched),
        Selection::Except(_) => Ok(matched.negate()),
    }
}

/// The variables of a text that the request says nothing of.
fn unsaid(text: &str, syntax: Syntax, request: &Request) -> impl Iterator<Item = ConditionKey> {
    variables::keys(text, syntax).filter(|key| !request.context.contains_key(key))
}

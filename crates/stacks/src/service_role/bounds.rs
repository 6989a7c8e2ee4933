//! What a deployment says of the boundaries of its principals, and which boundary policies ask for: so that policies which
//! demand one can be held against a template.

use std::collections::{BTreeMap, BTreeSet};

use stackpass_ground::arn::ArnPattern;
use stackpass_ground::truth::Truth;
use stackpass_policy::action::ActionPattern;
use stackpass_policy::catalogue;
use stackpass_policy::condition::{Comparison, Conditions};
use stackpass_policy::document::Document;
use stackpass_policy::statement::{Effect, Selection, Statement};

use super::boundary::{BOUNDARY_KEY, FREEING};
use super::principals::{each, is_boundary, is_principal};
use crate::deployment::Deployment;
use crate::names;
use crate::need::{Need, Needs, Who};
use crate::pattern::Pattern;
use crate::resolve::{Resource, Stack};

/// The actions that make the principals of a template.
const MAKING: [&str; 2] = ["iam:CreateRole", "iam:CreateUser"];

/// What is known of the boundaries that the principals of a deployment have.
#[derive(Clone, Debug, Default)]
pub struct Bounds {
    /// By stack and logical id.
    of_resources: BTreeMap<(String, String), Limit>,
    /// By the patterns of their ARNs, which policies of the template name them by.
    of_arns: BTreeMap<ArnPattern, Limit>,
}

/// The boundary of a principal.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Limit {
    /// It has none.
    None,
    /// It has one of these.
    Only(BTreeSet<String>),
    /// The template does not tell.
    Unknown,
}

/// Collects what a deployment says of the boundaries of its roles and users; the needs are its own.
pub fn bounds(deployment: &Deployment, needs: &Needs) -> Bounds {
    let mut bounds = Bounds::default();
    for planned in &deployment.stacks {
        each(&planned.stack, &mut |stack, resource| {
            if is_principal(resource) {
                let key = (names::stack_name(stack), resource.logical_id.to_string());
                note(&mut bounds.of_resources, key, &limit(stack, resource));
            }
        });
    }
    for need in needs.needs.iter().filter(|need| is(need, &MAKING)) {
        let Some(limit) = bounds.of_its_resource(need).cloned() else { continue };
        for arn in &need.resources {
            note(&mut bounds.of_arns, arn.clone(), &limit);
        }
    }
    bounds
}

/// The boundaries that policies demand of the principals that they let somebody make: one must be set. Empty if there is a
/// way without.
///
/// That is what a denial without them says, and what permissions say that are all bound to them.
pub fn demanded(policies: &[&Document]) -> BTreeSet<String> {
    let making = || policies.iter().flat_map(|it| &it.statements).filter(|it| makes(it));
    let of = |effect: Effect| -> Vec<BTreeSet<String>> {
        making()
            .filter(|it| it.effect == effect)
            .map(|it| boundaries(&it.conditions, effect))
            .collect()
    };
    let denied: BTreeSet<String> = of(Effect::Deny).into_iter().flatten().collect();
    if !denied.is_empty() {
        return denied;
    }
    let allowed = of(Effect::Allow);
    if allowed.iter().any(BTreeSet::is_empty) {
        return BTreeSet::new();
    }
    allowed.into_iter().flatten().collect()
}

/// Leaves out what frees principals of their boundary, as [`super::bound`] does: where a boundary is demanded, a deployment
/// that would do it is meant to fail.
#[must_use]
pub fn kept_bound(needs: Vec<&Need>) -> Vec<&Need> {
    needs.into_iter().filter(|need| need.who == Who::Caller || !is(need, &FREEING)).collect()
}

impl Bounds {
    /// What requests of a need on one of its resources have as `iam:PermissionsBoundary`, if the template tells: that it is
    /// missing, or what it is. Where the account is not known, a boundary that is demanded is taken for the one of that name.
    pub fn conditions(
        &self,
        need: &Need,
        resource: &ArnPattern,
        demanded: &BTreeSet<String>,
    ) -> Conditions {
        let none = Conditions::new();
        let Ok(key) = BOUNDARY_KEY.parse() else { return none };
        if !has_key(need) {
            return none;
        }
        match self.of_its_resource(need).or_else(|| self.of_arns.get(resource)) {
            None | Some(Limit::Unknown) => none,
            Some(Limit::None) => none.with(Comparison::Null, key, ["true"]),
            Some(Limit::Only(set)) => {
                let named = |glob: &String| {
                    let is_same = |it: &&String| is_boundary(glob, it) == Truth::Yes;
                    demanded.iter().find(is_same).unwrap_or(glob).clone()
                };
                none.with(Comparison::StringLike, key, set.iter().map(named))
            }
        }
    }

    /// The same if the principal had the boundary; `None` if nothing is known of the one that it has.
    pub fn with_boundary(
        &self,
        need: &Need,
        resource: &ArnPattern,
        boundary: &str,
    ) -> Option<Need> {
        let key = BOUNDARY_KEY.parse().ok()?;
        if self.conditions(need, resource, &BTreeSet::new()).is_empty() {
            return None;
        }
        let mut conditions = Conditions::new();
        for (operator, own, values) in need.conditions.iter().filter(|(_, own, _)| **own != key) {
            conditions.add(operator, own.clone(), values.clone());
        }
        conditions.add(Comparison::StringLike, key, [boundary]);
        Some(Need { conditions, ..need.clone() })
    }

    fn of_its_resource(&self, need: &Need) -> Option<&Limit> {
        let resource = need.why.resource.as_ref()?;
        self.of_resources.get(&(need.why.stack.clone(), resource.logical_id.clone()))
    }
}

/// Two that cannot be told apart are known only if they agree.
fn note<K: Ord>(limits: &mut BTreeMap<K, Limit>, key: K, limit: &Limit) {
    let known = limits.entry(key).or_insert_with(|| limit.clone());
    if known != limit {
        *known = Limit::Unknown;
    }
}

fn limit(stack: &Stack, resource: &Resource) -> Limit {
    let presence = resource.properties.presence_at("PermissionsBoundary");
    if presence == Truth::No {
        return Limit::None;
    }
    let found = resource.properties.at("PermissionsBoundary");
    let texts = found.values.iter().flat_map(|found| found.value.texts());
    let globs: BTreeSet<String> =
        texts.flat_map(|text| names::patterns(stack, &text)).map(Pattern::into_string).collect();
    if presence == Truth::Yes && found.complete && !globs.is_empty() {
        Limit::Only(globs)
    } else {
        Limit::Unknown
    }
}

/// Whether requests of a need can have the boundary of a principal.
fn has_key(need: &Need) -> bool {
    let action = catalogue::action(need.action.service(), need.action.name());
    need.who == Who::Executor
        && action.is_some_and(|facts| facts.condition_keys().any(|key| key == BOUNDARY_KEY))
}

/// Whether a statement is about making principals.
fn makes(statement: &Statement) -> bool {
    let matches = |patterns: &BTreeSet<ActionPattern>, action: &str| {
        action.parse().is_ok_and(|action| patterns.iter().any(|it| it.matches(&action)))
    };
    let makes = |action: &str| match &statement.actions {
        Selection::Only(patterns) => matches(patterns, action),
        Selection::Except(patterns) => !matches(patterns, action),
    };
    statement.principal.is_none() && MAKING.into_iter().any(makes)
}

/// The boundaries with which a permission holds, or with which a denial does not.
fn boundaries(conditions: &Conditions, effect: Effect) -> BTreeSet<String> {
    let is_asking = |comparison: Comparison| match effect {
        Effect::Allow => matches!(
            comparison,
            Comparison::ArnEquals
                | Comparison::ArnLike
                | Comparison::StringEquals
                | Comparison::StringLike
        ),
        Effect::Deny => matches!(
            comparison,
            Comparison::ArnNotEquals
                | Comparison::ArnNotLike
                | Comparison::StringNotEquals
                | Comparison::StringNotLike
        ),
    };
    let is_key = |key: &str| key.eq_ignore_ascii_case(BOUNDARY_KEY);
    let asking = conditions.iter().filter(|(operator, key, _)| {
        is_key(key.as_str()) && !operator.if_exists && is_asking(operator.comparison)
    });
    asking.flat_map(|(_, _, values)| values.iter().cloned()).collect()
}

fn is(need: &Need, actions: &[&str]) -> bool {
    actions.contains(&need.action.as_str())
}

#[cfg(test)]
mod tests {
    use stackpass_ground::source::Source;
    use stackpass_policy::read::read;

    use super::*;

    fn check(statements: &str, expected: &[&str]) {
        let text = format!("{{\"Version\": \"2012-10-17\", \"Statement\": [{statements}]}}");
        let document = read(&Source::new("p", text)).0.unwrap();
        let demanded = demanded(&[&document]);
        assert!(demanded.iter().eq(expected), "{statements}: {demanded:?}");
    }

    const MAKE: &str = r#"{"Effect": "Allow", "Action": "iam:*", "Resource": "*"}"#;

    fn with(effect: &str, action: &str, operator: &str) -> String {
        format!(
            r#"{{"Effect": "{effect}", "Action": "{action}", "Resource": "*", "Condition": {{"{operator}": {{"iam:permissionsboundary": "arn:aws:iam::1:policy/b"}}}}}}"#
        )
    }

    #[test]
    fn boundary_is_demanded_by_a_denial_without_it_or_if_all_permissions_ask_for_it() {
        let boundary = &["arn:aws:iam::1:policy/b"][..];
        check(&with("Allow", "iam:CreateRole", "StringEquals"), boundary);
        check(&with("Allow", "iam:Create*", "ArnLike"), boundary);
        check(&format!("{MAKE}, {}", with("Deny", "iam:CreateRole", "StringNotEquals")), boundary);
        check(&format!("{MAKE}, {}", with("Deny", "*", "ArnNotLike")), boundary);
        check(&format!("{MAKE}, {}", with("Allow", "iam:CreateRole", "StringEquals")), &[]);
        // With any of these, roles can be made without.
        check(&with("Allow", "iam:CreateRole", "StringEqualsIfExists"), &[]);
        check(&with("Allow", "iam:PutRolePolicy", "StringEquals"), &[]);
        check(&format!("{MAKE}, {}", with("Deny", "iam:CreateRole", "StringEquals")), &[]);
        check(MAKE, &[]);
        check("", &[]);
    }
}

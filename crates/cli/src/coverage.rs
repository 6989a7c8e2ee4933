//! Needs against the policies of those who have them: what is not covered, and why.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use stackpass_ground::arn::ArnPattern;
use stackpass_policy::action::Action;
use stackpass_policy::compare::{Candidates, Coverage, Extent, candidates};
use stackpass_policy::condition::{Comparison, ConditionKey, Conditions, Operator};
use stackpass_policy::document::Document;
use stackpass_policy::evaluate::StatementRef;
use stackpass_policy::grant::{Grant, statements};
use stackpass_policy::minimize::{Limits, minimize};
use stackpass_stacks::deployment::Mode;
use stackpass_stacks::need::{Hardness, Need, Phase, Scoping, Who};
use stackpass_stacks::policies::Holder;
use stackpass_stacks::service_role::{demanded, kept_bound};

use crate::engine::Derived;
use crate::judge::{Ground, Layer};

/// Services whose calls all count as made in one region, whatever region is deployed to.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_examples_aws_deny-requested-region.html>
const GLOBAL_SERVICES: [&str; 14] = [
    "account",
    "budgets",
    "ce",
    "cloudfront",
    "globalaccelerator",
    "health",
    "iam",
    "networkmanager",
    "organizations",
    "route53",
    "route53domains",
    "shield",
    "support",
    "waf",
];

/// One who needs permissions, with the policies that give them.
#[derive(Debug)]
pub(crate) struct Side {
    /// Who.
    pub(crate) holder: Holder,
    /// The policies of the identity first, then each boundary.
    pub(crate) layers: Vec<Layer>,
}

/// What the policies of one side say to its needs.
#[derive(Debug)]
pub(crate) struct Checked<'a> {
    /// Who.
    pub(crate) side: &'a Side,
    /// How many needs were looked at; needs that differ in nothing but the phase are one.
    pub(crate) needs: usize,
    /// What is not covered, sorted by need.
    pub(crate) lacks: Vec<Lack<'a>>,
}

/// A need that a layer of policies does not cover, with what is left of it.
#[derive(Clone, Debug)]
pub(crate) struct Lack<'a> {
    /// The need, in the first of its phases.
    pub(crate) need: &'a Need,
    /// All phases in which it is needed.
    pub(crate) phases: BTreeSet<Phase>,
    /// The resources that are not covered.
    pub(crate) resources: BTreeSet<&'a ArnPattern>,
    /// The policies that do not cover them.
    pub(crate) layer: &'a Layer,
    /// How far they are from it; never covered.
    pub(crate) extent: Extent,
    /// The statements that make it so.
    pub(crate) statements: Vec<StatementRef>,
    /// The boundary that the role or user would have to carry, if that is all that is missing: no statement mends it.
    pub(crate) unbound: Option<String>,
}

/// Statements to add, and to what.
#[derive(Debug)]
pub(crate) struct Mend<'a> {
    /// Whose policies.
    pub(crate) side: &'a Side,
    /// The policies.
    pub(crate) layer: &'a Layer,
    /// The statements, in as many policies as a quota asks for.
    pub(crate) documents: Vec<Document>,
}

impl Lack<'_> {
    /// Whether a deployment fails because of it.
    pub(crate) fn is_hard(&self) -> bool {
        self.need.hardness == Hardness::Must
    }

    /// Whether mending this one mends the other.
    fn includes(&self, other: &Lack<'_>) -> bool {
        self.need.action == other.need.action
            && self.layer.kind == other.layer.kind
            && self.resources.is_superset(&other.resources)
            && self.need.conditions == other.need.conditions
            && self.unbound == other.unbound
    }

    /// The statements that make it so.
    pub(crate) fn grounds(&self) -> Vec<Ground<'_>> {
        self.statements.iter().filter_map(|place| self.layer.ground(*place)).collect()
    }
}

/// A layer, how far it covers something, by which statements, and the boundary that would be enough.
type Left = (usize, Extent, Vec<StatementRef>, Option<String>);

/// Holds needs against the policies of a side.
///
/// The context is what the requests of the caller are known to have, those included that CloudFormation makes for it.
pub(crate) fn check<'a>(
    side: &'a Side,
    needs: &[&'a Need],
    derived: &Derived,
    context: &[(ConditionKey, String)],
) -> Checked<'a> {
    let facts = Facts { derived, holder: side.holder, context };
    let documents: Vec<&Document> = side.layers.iter().flat_map(Layer::documents).collect();
    let demanded =
        if side.holder == Holder::Caller { BTreeSet::new() } else { demanded(&documents) };
    let needs = if demanded.is_empty() { needs.to_vec() } else { kept_bound(needs.to_vec()) };
    let merged = merged(&needs);
    let mut known = Known { side, candidates: HashMap::new(), coverages: HashMap::new() };
    let mut lacks = Vec::new();
    for (need, phases) in &merged {
        // By layer, extent and statements, so that the resources with the same answer stay together.
        let mut left: BTreeMap<Left, BTreeSet<&ArnPattern>> = BTreeMap::new();
        for resource in &need.resources {
            let conditions = facts.conditions(need, resource, &demanded);
            let coverages = known.coverages(need, resource, &conditions).to_vec();
            if coverages.iter().all(|it| it.extent == Extent::Covered) {
                continue;
            }
            let mut is_enough = |boundary: &String| {
                let with = facts.with_boundary(need, resource, boundary);
                with.is_some_and(|conditions| {
                    let coverages = known.coverages(need, resource, &conditions);
                    coverages.iter().all(|it| it.extent == Extent::Covered)
                })
            };
            // What is not certain may have the boundary already.
            let lacks = |it: &Coverage| !matches!(it.extent, Extent::Covered | Extent::Open);
            let unbound = demanded.iter().find(|it| coverages.iter().any(lacks) && is_enough(it));
            if let Some(boundary) = unbound {
                let key = (0, Extent::None, Vec::new(), Some(boundary.clone()));
                left.entry(key).or_default().insert(resource);
                continue;
            }
            for (layer, coverage) in coverages.into_iter().enumerate() {
                if coverage.extent != Extent::Covered {
                    let key = (layer, coverage.extent, coverage.statements, None);
                    left.entry(key).or_default().insert(resource);
                }
            }
        }
        lacks.extend(left.into_iter().filter_map(
            |((layer, extent, statements, unbound), resources)| {
                let (layer, phases) = (side.layers.get(layer)?, phases.clone());
                Some(Lack { need, phases, resources, layer, extent, statements, unbound })
            },
        ));
    }
    let hard: Vec<Lack<'_>> = lacks.iter().filter(|lack| lack.is_hard()).cloned().collect();
    lacks.retain(|lack| lack.is_hard() || !hard.iter().any(|other| other.includes(lack)));
    Checked { side, needs: merged.len(), lacks }
}

/// The statements that would cover what is missing. What a statement denies is not mended by another one, and whether what
/// depends on a condition needs a statement is not known.
pub(crate) fn mends<'a>(
    checked: &Checked<'a>,
    is_wanted: impl Fn(&Lack<'_>) -> bool,
) -> Vec<Mend<'a>> {
    let mut mends = Vec::new();
    for layer in &checked.side.layers {
        let is_missing = |lack: &&Lack<'_>| {
            lack.layer.kind == layer.kind
                && matches!(lack.extent, Extent::None | Extent::Part)
                && lack.unbound.is_none()
                && is_wanted(lack)
        };
        let grants = checked.lacks.iter().filter(is_missing).map(|lack| Grant {
            resources: lack.resources.iter().map(|&it| it.clone()).collect(),
            ..lack.need.grant()
        });
        let limits = Limits { documents: usize::MAX, ..Limits::MANAGED };
        // Where they are more than can be put together, `generate` says so with what to do.
        let Ok(minimized) = minimize(&statements(grants), &limits) else { continue };
        if !minimized.documents.is_empty() {
            mends.push(Mend { side: checked.side, layer, documents: minimized.documents });
        }
    }
    mends
}

/// Needs that are equal but for the phase, each with all its phases, in their order.
pub(crate) fn merged<'a>(needs: &[&'a Need]) -> Vec<(&'a Need, BTreeSet<Phase>)> {
    let mut indices: BTreeMap<Need, usize> = BTreeMap::new();
    let mut merged: Vec<(&Need, BTreeSet<Phase>)> = Vec::new();
    for &need in needs {
        let whenever = Need { phase: Phase::Create, ..need.clone() };
        let index = *indices.entry(whenever).or_insert(merged.len());
        match merged.get_mut(index) {
            Some((_, phases)) => {
                phases.insert(need.phase);
            }
            None => merged.push((need, BTreeSet::from([need.phase]))),
        }
    }
    merged
}

/// Answers that were given, since many needs ask the same.
struct Known<'a> {
    side: &'a Side,
    candidates: HashMap<&'a Action, Vec<Candidates<'a>>>,
    coverages: HashMap<(&'a Action, Option<&'a ArnPattern>, Conditions), Vec<Coverage>>,
}

impl<'a> Known<'a> {
    /// What each layer says to a need on one of its resources.
    fn coverages(
        &mut self,
        need: &'a Need,
        resource: &'a ArnPattern,
        conditions: &Conditions,
    ) -> &[Coverage] {
        let takes_none = need.scoping == Scoping::NoResourceLevel && resource.is_any();
        let asked = (!takes_none).then_some(resource);
        let side = self.side;
        let layers = self.candidates.entry(&need.action).or_insert_with(|| {
            let pattern = need.action.clone().into();
            side.layers.iter().map(|layer| candidates(&layer.documents(), &pattern)).collect()
        });
        self.coverages.entry((&need.action, asked, conditions.clone())).or_insert_with(|| {
            let coverage = |layer: &Candidates<'_>| {
                let coverage = layer.coverage(asked, conditions);
                if takes_none && coverage.extent == Extent::None {
                    // It helps to see the statements that name resources where only `*` counts.
                    let named = layer.coverage(Some(resource), conditions);
                    return if named.extent == Extent::Part { named } else { coverage };
                }
                coverage
            };
            layers.iter().map(coverage).collect()
        })
    }
}

/// What is known of the requests beyond the need.
struct Facts<'a> {
    derived: &'a Derived,
    holder: Holder,
    context: &'a [(ConditionKey, String)],
}

impl Facts<'_> {
    /// The conditions that the requests of a need on one of its resources meet.
    fn conditions(
        &self,
        need: &Need,
        resource: &ArnPattern,
        demanded: &BTreeSet<String>,
    ) -> Conditions {
        let mut conditions = self.of_need(need);
        let bounds = self.derived.bounds.conditions(need, resource, demanded);
        for (operator, key, values) in bounds.iter() {
            if conditions.values(operator, key).is_none() {
                conditions.add(operator, key.clone(), values.clone());
            }
        }
        conditions
    }

    /// The same if the role or user had a boundary, of which it is known that it has another one or none.
    fn with_boundary(
        &self,
        need: &Need,
        resource: &ArnPattern,
        boundary: &str,
    ) -> Option<Conditions> {
        let need = self.derived.bounds.with_boundary(need, resource, boundary)?;
        Some(self.of_need(&need))
    }

    fn of_need(&self, need: &Need) -> Conditions {
        let mut conditions = need.conditions.clone();
        let mut set = |operator: Operator, name: &str, value: &str| {
            // What the need itself says is narrower.
            if let Ok(key) = name.parse::<ConditionKey>()
                && conditions.values(operator, &key).is_none()
            {
                conditions.add(operator, key, [value]);
            }
        };
        if self.holder != Holder::Executor {
            for (key, value) in self.context {
                let operator = match value.as_str() {
                    "true" | "false" => Comparison::Bool,
                    _ => Comparison::StringEquals,
                };
                set(operator.into(), key.as_str(), value);
            }
        }
        if let Some(region) = self.region(need) {
            set(Comparison::StringEquals.into(), "aws:RequestedRegion", region);
        }
        // CloudFormation calls with the caller's session unless it has a role of its own.
        // <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_forward_access_sessions.html>
        let is_forwarded = need.who == Who::Executor && self.derived.mode == Mode::Direct;
        set(
            Comparison::Bool.into(),
            "aws:ViaAWSService",
            if is_forwarded { "true" } else { "false" },
        );
        if is_forwarded {
            let service = "cloudformation.amazonaws.com";
            set(Comparison::StringEquals.into(), "aws:CalledViaFirst", service);
            set(Operator::for_any_value(Comparison::StringEquals), "aws:CalledVia", service);
        } else if self.holder != Holder::Executor {
            set(Comparison::Null.into(), "aws:CalledVia", "true");
            set(Comparison::Null.into(), "aws:CalledViaFirst", "true");
        }
        conditions
    }

    /// The region that the calls are made in, if it is known and theirs.
    fn region(&self, need: &Need) -> Option<&str> {
        if GLOBAL_SERVICES.contains(&need.action.service()) {
            return None;
        }
        let is_of = |name: &Option<String>| name.as_ref().is_some_and(|it| *it == need.why.stack);
        let stacks = &self.derived.stacks;
        let regions = |all: bool| -> BTreeSet<Option<&str>> {
            let wanted = stacks.iter().filter(|stack| all || is_of(&stack.name));
            wanted.map(|stack| stack.region.as_deref()).collect()
        };
        let of_stack = regions(false);
        let regions = if of_stack.is_empty() { regions(true) } else { of_stack };
        match regions.into_iter().collect::<Vec<_>>().as_slice() {
            [Some(region)] => Some(region),
            _ => None,
        }
    }
}

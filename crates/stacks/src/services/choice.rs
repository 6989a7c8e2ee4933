//! From a choice of services to the statements of its policy.

use std::collections::{BTreeMap, BTreeSet};

use stackpass_ground::arn::ArnPattern;
use stackpass_policy::action::ActionPattern;
use stackpass_policy::catalogue;
use stackpass_policy::contains::contains;
use stackpass_policy::document::Document;
use stackpass_policy::grant::{Grant, statements};
use stackpass_policy::minimize::{Limits, minimize};
use stackpass_policy::sid;
use stackpass_policy::statement::{Selection, Statement};

use super::plumbing::pipes;
use super::{ServiceSet, escalation, sets};
use crate::need::{Need, Who};

/// The service that every deployment is about.
const STACKS: &str = "cloudformation";

/// The name of the statement for it.
const STACKS_SID: &str = "ManageCloudFormationStacks";

/// What somebody wants full permission for.
#[derive(Clone, Debug)]
pub struct Choice<'a> {
    /// Sets by name.
    pub sets: Vec<ServiceSet>,
    /// Services by prefix, in the spelling of the catalogue.
    pub services: BTreeSet<String>,
    /// Needs, from which more services follow; each is covered in the end.
    pub needs: Vec<&'a Need>,
    /// The partition; else any.
    pub partition: Option<String>,
    /// Whether what a deployment calls beside the services is included.
    pub plumbing: Plumbing,
}

/// Whether the plumbing is included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plumbing {
    /// It is.
    With,
    /// It is not, unless a need asks for it.
    Without,
}

/// A statement and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The statement.
    pub statement: Statement,
    /// Where it comes from.
    pub origin: Origin,
}

/// Where a statement comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// From CloudFormation, which every deployment is about.
    Stacks,
    /// From a set; of one that needs gave away, only the services that are needed.
    Set(ServiceSet),
    /// From a service alone.
    Service,
    /// From what any deployment calls, with the reason.
    Plumbing(&'static str),
    /// From needs that nothing else covers.
    Rest(Rest),
}

/// Why needs are covered one by one, not by full permission for their service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    /// The caller calls it, so the deployment is not about it.
    Caller,
    /// Full permission for the service would be as good as all permissions.
    Escalation,
}

/// Who asks, and for what.
type Asked = (Who, Grant);

/// Gives the statements of a choice: CloudFormation, sets, services, plumbing, and what is needed beyond.
///
/// All Sids differ. A set that is within another one and a service that is in a set have no statement of their own.
/// The statements together cover every need.
pub fn parts(choice: &Choice<'_>) -> Vec<Part> {
    let mut parts = vec![stacks()];
    let chosen = widest(&choice.sets);
    parts.extend(chosen.iter().map(|set| of_set(*set, set.services())));
    let grouped: BTreeSet<&str> = chosen.iter().flat_map(|set| set.services()).collect();
    let alone = choice.services.iter().map(String::as_str);
    parts.extend(alone.filter(|it| *it != STACKS && !grouped.contains(it)).map(of_service));

    let asked = asked(&choice.needs);
    let is_named = !choice.sets.is_empty() || !choice.services.is_empty();
    let plumbing = plumbing(choice, &asked, is_named);
    let held: Vec<&Part> = parts.iter().chain(&plumbing).collect();
    let wanted = wanted(&held, &asked);
    parts.extend(of_needs(&wanted));
    parts.extend(plumbing.into_iter().filter(|pipe| !is_covered(pipe, &parts)).collect::<Vec<_>>());
    parts.extend(rest(&parts.iter().collect::<Vec<_>>(), &asked));

    parts.get_mut(1..).unwrap_or_default().sort_by(|one, other| key(one).cmp(&key(other)));
    name(&mut parts);
    parts
}

/// Sets in the order of their file, without doubles and without those that are within another one.
fn widest(chosen: &[ServiceSet]) -> Vec<ServiceSet> {
    let mut widest: Vec<ServiceSet> = Vec::new();
    for set in sets().filter(|set| chosen.contains(set)) {
        if widest.iter().any(|wider| set.is_within(*wider)) {
            continue;
        }
        widest.retain(|narrower| !narrower.is_within(set));
        widest.push(set);
    }
    widest
}

/// What any deployment calls. Where needs alone choose, that is what one of them calls.
fn plumbing(choice: &Choice<'_>, asked: &BTreeSet<Asked>, is_named: bool) -> Vec<Part> {
    if choice.plumbing == Plumbing::Without {
        return Vec::new();
    }
    let pipes = pipes(choice.partition.as_deref()).into_iter();
    pipes
        .filter(|pipe| is_named || !pipe.is_shown)
        .map(|pipe| Part { statement: pipe.statement, origin: Origin::Plumbing(pipe.reason) })
        .filter(|part| is_named || uncovered(&[part], asked).len() < asked.len())
        .collect()
}

/// The services that CloudFormation needs and that are not permitted yet.
fn wanted(held: &[&Part], asked: &BTreeSet<Asked>) -> BTreeSet<String> {
    uncovered(held, asked)
        .into_iter()
        .filter(|(who, _)| *who == Who::Executor)
        .map(|(_, grant)| grant.action.service().to_ascii_lowercase())
        .filter(|service| escalation(service).is_none() && is_service(service))
        .collect()
}

/// Each service in the first set that is given away, and those that are in none by themselves.
fn of_needs(wanted: &BTreeSet<String>) -> Vec<Part> {
    let mut left: BTreeSet<&str> = wanted.iter().map(String::as_str).collect();
    let mut parts = Vec::new();
    for set in sets().filter(|set| set.is_in(wanted)) {
        let services: Vec<&str> = set.services().filter(|service| left.remove(service)).collect();
        let first = set.services().next();
        if first.is_some_and(|first| services.contains(&first)) {
            parts.push(of_set(set, services.into_iter()));
        } else {
            left.extend(services);
        }
    }
    parts.extend(left.into_iter().map(of_service));
    parts
}

/// What is needed beyond all statements, in as few statements as mean the same.
fn rest(held: &[&Part], asked: &BTreeSet<Asked>) -> Vec<Part> {
    let limits = Limits { documents: 1, characters: usize::MAX };
    let uncovered = uncovered(held, asked);
    let mut parts = Vec::new();
    for (why, who) in [(Rest::Escalation, Who::Executor), (Rest::Caller, Who::Caller)] {
        let grants =
            uncovered.iter().filter(|(whose, _)| *whose == who).map(|(_, grant)| grant.clone());
        let statements = statements(grants);
        let fewer = minimize(&statements, &limits)
            .map(|minimized| minimized.documents.into_iter().flat_map(|it| it.statements).collect())
            .unwrap_or(statements);
        let part = |statement| Part { statement, origin: Origin::Rest(why) };
        parts.extend(fewer.into_iter().map(part));
    }
    parts
}

/// What needs ask for, each thing once: many differ in nothing but phase and reason.
fn asked(needs: &[&Need]) -> BTreeSet<Asked> {
    needs.iter().map(|need| (need.who, need.grant())).collect()
}

fn uncovered<'a>(held: &[&Part], asked: &'a BTreeSet<Asked>) -> Vec<&'a Asked> {
    // A statement about one service says nothing about another, and comparing patterns takes its time.
    let mut by_service: BTreeMap<&str, Document> = BTreeMap::new();
    for part in held {
        for (service, statement) in services_of(&part.statement) {
            let document = by_service.entry(service).or_insert_with(|| Document::new(Vec::new()));
            document.statements.push(statement);
        }
    }
    let is_covered = |grant: &Grant| {
        let service = grant.action.service().to_ascii_lowercase();
        by_service.get(service.as_str()).is_some_and(|document| contains(document, grant))
    };
    asked.iter().filter(|(_, grant)| !is_covered(grant)).collect()
}

/// The statement as one for each service.
fn services_of(statement: &Statement) -> BTreeMap<&str, Statement> {
    let mut actions: BTreeMap<&str, BTreeSet<ActionPattern>> = BTreeMap::new();
    for action in statement.actions.value() {
        actions.entry(action.service()).or_default().insert(action.clone());
    }
    let of = |actions| Statement { actions: Selection::Only(actions), ..statement.clone() };
    actions.into_iter().map(|(service, actions)| (service, of(actions))).collect()
}

/// Whether full permissions hold all that a statement gives.
fn is_covered(part: &Part, parts: &[Part]) -> bool {
    let document = document(parts);
    let (actions, resources) = (part.statement.actions.value(), part.statement.resources.as_ref());
    let Some(resources) = resources.map(Selection::value) else { return false };
    actions.iter().all(|action| {
        let grant = Grant::new(action.clone(), resources.iter().cloned());
        contains(&document, &grant)
    })
}

fn document<'a>(parts: impl IntoIterator<Item = &'a Part>) -> Document {
    Document::new(parts.into_iter().map(|part| part.statement.clone()).collect())
}

fn is_service(prefix: &str) -> bool {
    catalogue::services().any(|known| known == prefix)
}

fn stacks() -> Part {
    let part = of_service(STACKS);
    let statement = Statement { sid: STACKS_SID.parse().ok(), ..part.statement };
    Part { statement, origin: Origin::Stacks }
}

fn of_set<'a>(set: ServiceSet, services: impl Iterator<Item = &'a str>) -> Part {
    let statement = Statement { sid: set.sid(), ..full(services) };
    Part { statement, origin: Origin::Set(set) }
}

fn of_service(service: &str) -> Part {
    Part { statement: full(std::iter::once(service)), origin: Origin::Service }
}

/// All actions of some services on everything.
fn full<'a>(services: impl Iterator<Item = &'a str>) -> Statement {
    let all = |service: &str| format!("{service}:*").parse::<ActionPattern>().ok();
    Statement::allow(services.filter_map(all), [ArnPattern::any()])
}

/// What statements are sorted by; those of a kind that has an order keep it.
fn key(part: &Part) -> (usize, Option<&BTreeSet<ActionPattern>>) {
    let is_service = part.origin == Origin::Service;
    (rank(part.origin), is_service.then(|| part.statement.actions.value()))
}

/// Which kind stands before which.
fn rank(origin: Origin) -> usize {
    let place = |set| sets().position(|known| known == set).unwrap_or_default();
    let sets = sets().count();
    match origin {
        Origin::Stacks => 0,
        Origin::Set(set) => place(set),
        Origin::Service => sets,
        Origin::Plumbing(_) => sets + 1,
        Origin::Rest(_) => sets + 2,
    }
}

/// Gives each statement a Sid that no other has.
fn name(parts: &mut [Part]) {
    let mut statements: Vec<Statement> = parts.iter().map(|part| part.statement.clone()).collect();
    sid::assign(&mut statements);
    for (part, statement) in parts.iter_mut().zip(statements) {
        part.statement.sid = statement.sid;
    }
}

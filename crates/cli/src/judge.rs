//! Requests decided by all that a principal has: its policies, and the boundary that they act within.

use std::collections::BTreeSet;

use stackpass_policy::condition::{ConditionKey, Conditions};
use stackpass_policy::document::Document;
use stackpass_policy::evaluate::{Decision, Request, StatementRef, allows, explain_layers};
use stackpass_policy::statement::{Effect, Selection, Sid, Statement};

use crate::policy_files::PolicyFile;

/// Layers of policies, each of which must allow a request.
#[derive(Debug)]
pub(crate) struct Judge {
    layers: Vec<Layer>,
}

/// Policies that decide together: one must allow and none may deny.
#[derive(Debug)]
pub(crate) struct Layer {
    /// What it is.
    pub(crate) kind: LayerKind,
    /// Its policies.
    pub(crate) policies: Vec<PolicyFile>,
}

/// What a layer is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum LayerKind {
    /// The principal's own policies.
    Identity,
    /// A permissions boundary, by its name.
    Boundary(String),
}

/// The answer to a request.
#[derive(Debug)]
pub(crate) struct Ruling<'a> {
    /// The decision; `None` if it depends on keys that the request says nothing of.
    pub(crate) decision: Option<Decision>,
    /// The statements that make it so.
    pub(crate) statements: Vec<Ground<'a>>,
    /// The keys that could turn the answer.
    pub(crate) keys: BTreeSet<ConditionKey>,
    /// The layers in which no statement allows it.
    pub(crate) silent: Vec<&'a LayerKind>,
}

/// A statement on which an answer rests.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ground<'a> {
    /// The policy that it is in.
    pub(crate) policy: &'a PolicyFile,
    /// Its index.
    pub(crate) index: usize,
}

/// The layers of a principal: its policies together, and each boundary alone.
pub(crate) fn layers(policies: Vec<PolicyFile>, boundaries: Vec<PolicyFile>) -> Vec<Layer> {
    let identity = Layer { kind: LayerKind::Identity, policies };
    let boundary = |policy: PolicyFile| Layer {
        kind: LayerKind::Boundary(policy.name.clone()),
        policies: vec![policy],
    };
    std::iter::once(identity).chain(boundaries.into_iter().map(boundary)).collect()
}

/// A statement that allows the action of a request, and why not the request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Near<'a> {
    /// It is about other resources.
    Resource(Ground<'a>),
    /// Its conditions do not hold.
    Conditions(Ground<'a>),
}

impl Layer {
    /// What its policies say.
    pub(crate) fn documents(&self) -> Vec<&Document> {
        self.policies.iter().map(|policy| &policy.document).collect()
    }

    /// Finds a statement of its policies.
    pub(crate) fn ground(&self, place: StatementRef) -> Option<Ground<'_>> {
        let policy = self.policies.get(place.policy)?;
        Some(Ground { policy, index: place.statement })
    }
}

impl Judge {
    /// Makes a judge of the policies of a principal and of boundaries, each of which must allow.
    pub(crate) fn new(policies: Vec<PolicyFile>, boundaries: Vec<PolicyFile>) -> Judge {
        Judge { layers: layers(policies, boundaries) }
    }

    /// Decides a request, which each layer must allow.
    pub(crate) fn decide(&self, request: &Request) -> Ruling<'_> {
        let layers: Vec<Vec<&Document>> = self.layers.iter().map(Layer::documents).collect();
        let explained = explain_layers(&layers, request);
        let ground = |(layer, place): (usize, StatementRef)| self.layers.get(layer)?.ground(place);
        let kind = |layer: usize| self.layers.get(layer).map(|layer| &layer.kind);
        Ruling {
            decision: explained.decision,
            statements: explained.statements.into_iter().filter_map(ground).collect(),
            keys: explained.keys,
            silent: explained.silent.into_iter().filter_map(kind).collect(),
        }
    }

    /// The statements that allow the action, but not this request of it: those that somebody may have meant.
    pub(crate) fn near(&self, request: &Request) -> Vec<Near<'_>> {
        let mut near = Vec::new();
        for policy in self.layers.iter().flat_map(|layer| &layer.policies) {
            for (index, statement) in policy.document.statements.iter().enumerate() {
                let is_allow = statement.effect == Effect::Allow && statement.principal.is_none();
                if !is_allow || !acts(statement, request) {
                    continue;
                }
                let ground = Ground { policy, index };
                let unconditional =
                    Statement { conditions: Conditions::new(), ..statement.clone() };
                let of = |statement: &Statement| Document {
                    version: policy.document.version,
                    id: None,
                    statements: vec![statement.clone()],
                };
                if allows(&of(statement), request) {
                    continue;
                }
                near.push(if allows(&of(&unconditional), request) {
                    Near::Conditions(ground)
                } else {
                    Near::Resource(ground)
                });
            }
        }
        near
    }
}

/// Whether the statement is about the action of the request.
fn acts(statement: &Statement, request: &Request) -> bool {
    match &statement.actions {
        Selection::Only(patterns) => patterns.iter().any(|it| it.matches(&request.action)),
        Selection::Except(patterns) => !patterns.iter().any(|it| it.matches(&request.action)),
    }
}

impl<'a> Ground<'a> {
    /// The statement.
    pub(crate) fn statement(&self) -> Option<&'a Statement> {
        self.policy.document.statements.get(self.index)
    }

    /// The name of the statement, if it has one.
    pub(crate) fn sid(&self) -> Option<&'a str> {
        self.statement()?.sid.as_ref().map(Sid::as_str)
    }

    /// The statement in its policy, `Statement[2] (Sid)`, with the key of the policy where a file has several.
    pub(crate) fn path(&self) -> String {
        let mut path = format!("Statement[{}]", self.index);
        if let Some(key) = &self.policy.key {
            path = format!("{key}.{path}");
        }
        match self.sid() {
            Some(sid) => format!("{path} ({sid})"),
            None => path,
        }
    }

    /// The line of the statement.
    pub(crate) fn line(&self) -> Option<usize> {
        self.policy.line(self.index)
    }
}

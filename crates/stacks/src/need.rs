//! The atom of everything this crate says: one permission that a deployment needs, with its reason.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use stackpass_ground::arn::ArnPattern;
use stackpass_ground::code::Code;
use stackpass_ground::source::Position;
use stackpass_policy::action::Action;
use stackpass_policy::condition::Conditions;
use stackpass_policy::grant::Grant;

use crate::codes;
use crate::help::Help;

/// Who makes the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Who {
    /// The person or pipeline that runs the tool.
    Caller,
    /// CloudFormation, acting for the stack.
    Executor,
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Who::Caller => "caller",
            Who::Executor => "executor",
        })
    }
}

/// When in a stack's life the call is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Assets are uploaded.
    Publish,
    /// A change set is made and looked at.
    ChangeSet,
    /// Something is looked at, whatever happens.
    Read,
    /// A resource or the stack is created.
    Create,
    /// A resource or the stack is updated.
    Update,
    /// A failed create or update is undone.
    Rollback,
    /// A resource or the stack is deleted.
    Delete,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Phase::Publish => "publish",
            Phase::ChangeSet => "change-set",
            Phase::Read => "read",
            Phase::Create => "create",
            Phase::Update => "update",
            Phase::Rollback => "rollback",
            Phase::Delete => "delete",
        })
    }
}

/// Which part of a stack's life a policy is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lifetime {
    /// The first deployment, its rollback included.
    First,
    /// Later deployments of the same stack, their rollback included.
    Update,
    /// The removal of the stack.
    Destroy,
    /// All of it.
    All,
}

impl Lifetime {
    /// Whether calls of a phase are made in this part of the stack's life.
    pub fn includes(self, phase: Phase) -> bool {
        match self {
            Lifetime::All => true,
            Lifetime::First => !matches!(phase, Phase::Update | Phase::Delete),
            Lifetime::Update => !matches!(phase, Phase::Create | Phase::Delete),
            Lifetime::Destroy => matches!(phase, Phase::Read | Phase::Delete),
        }
    }
}

/// What happens when the permission is missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hardness {
    /// The deployment fails.
    #[default]
    Must,
    /// The deployment goes on; it may know or say less.
    Soft,
    /// Only something beside the deployment fails: drift detection, an import.
    Feature,
}

impl fmt::Display for Hardness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Hardness::Must => "must",
            Hardness::Soft => "soft",
            Hardness::Feature => "feature",
        })
    }
}

/// How closely a need's resources could be named.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scoping {
    /// By name, in whole or by a prefix, or by the ARN of the parent.
    Named,
    /// IAM has no resource-level permission for the action.
    NoResourceLevel,
    /// The service makes the identifier when the resource is created.
    GeneratedId,
    /// The name is generated when the resource is created, in a way that is not known.
    UnknownAlgorithm,
    /// The name follows from something that is not known before the deployment.
    UnknownValue,
    /// The name follows from the stack's name, which was not given.
    UnknownStackName,
    /// Nothing tells which resources of their type are meant.
    AnyOfType,
    /// The name follows from itself, or lies more references away than are followed.
    OutOfReach,
}

impl Scoping {
    /// The code of the reason for which the resources could not be named.
    pub fn code(&self) -> Option<Code> {
        Some(match self {
            Scoping::Named => return None,
            Scoping::NoResourceLevel => codes::NO_RESOURCE_LEVEL,
            Scoping::GeneratedId => codes::GENERATED_ID,
            Scoping::UnknownAlgorithm => codes::UNKNOWN_ALGORITHM,
            Scoping::UnknownValue => codes::UNKNOWN_VALUE,
            Scoping::UnknownStackName => codes::UNKNOWN_STACK_NAME,
            Scoping::AnyOfType => codes::ANY_OF_TYPE,
            Scoping::OutOfReach => codes::OUT_OF_REACH,
        })
    }
}

impl fmt::Display for Scoping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code().map_or("named", Code::as_str))
    }
}

/// One permission that a deployment needs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Need {
    /// Who makes the call.
    pub who: Who,
    /// The action.
    pub action: Action,
    /// When it is called.
    pub phase: Phase,
    /// What it acts on; never empty.
    pub resources: BTreeSet<ArnPattern>,
    /// Under which conditions the permission may be granted.
    pub conditions: Conditions,
    /// What happens without it.
    pub hardness: Hardness,
    /// How closely the resources could be named.
    pub scoping: Scoping,
    /// Why it is needed.
    pub why: Why,
}

impl Need {
    /// The permission alone.
    pub fn grant(&self) -> Grant {
        Grant {
            action: self.action.clone().into(),
            resources: self.resources.clone(),
            conditions: self.conditions.clone(),
        }
    }
}

/// Why a permission is needed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Why {
    /// The stack.
    pub stack: String,
    /// The resource, if it is one resource's need.
    pub resource: Option<ResourceRef>,
    /// The property that asks for it, as a dotted path.
    pub property: Option<String>,
    /// Where that stands.
    pub place: Place,
    /// Where the fact comes from.
    pub evidence: Vec<String>,
}

/// A resource of a template.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ResourceRef {
    /// Its logical id.
    pub logical_id: String,
    /// Its type.
    pub resource_type: String,
}

/// A place in the user's input.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The name of the file.
    pub file: String,
    /// The line and column.
    pub position: Position,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.position)
    }
}

/// Something that could not be worked out, so that the policy may be too narrow or is wider than it had to be. It is shown on
/// one line, `template.yaml:3:5: ...`, without its help.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gap {
    /// Where in the user's input.
    pub place: Place,
    /// Which kind of gap it is.
    pub code: Code,
    /// The stack.
    pub stack: String,
    /// The resource, if it is about one.
    pub resource: Option<ResourceRef>,
    /// What could not be worked out.
    pub message: String,
    /// What to do about it.
    pub help: Help,
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

/// Needs and gaps of one or more stacks, sorted and without doubles.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// The permissions.
    pub needs: Vec<Need>,
    /// What could not be worked out.
    pub gaps: Vec<Gap>,
}

impl Needs {
    /// Sorts needs and gaps and removes doubles.
    #[must_use]
    pub fn sorted(mut self) -> Needs {
        self.needs.sort();
        self.needs.dedup();
        self.gaps.sort();
        self.gaps.dedup();
        self
    }

    /// Adds those of another stack.
    pub fn extend(&mut self, other: Needs) {
        self.needs.extend(other.needs);
        self.gaps.extend(other.gaps);
    }
}

/// A word that names no value of an option.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is none of {expected}")]
pub struct UnknownWord {
    /// The user's word.
    pub word: String,
    /// The words that are known.
    pub expected: &'static str,
}

impl FromStr for Lifetime {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Lifetime, UnknownWord> {
        match word {
            "first" => Ok(Lifetime::First),
            "update" => Ok(Lifetime::Update),
            "destroy" => Ok(Lifetime::Destroy),
            "all" => Ok(Lifetime::All),
            _ => {
                Err(UnknownWord { word: word.to_owned(), expected: "first, update, destroy, all" })
            }
        }
    }
}

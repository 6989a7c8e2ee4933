//! What is said at one place of the input, once for all actions that lack the same for the same reason.

use std::collections::{BTreeMap, BTreeSet};

use stackpass_ground::arn::ArnPattern;
use stackpass_policy::compare::Extent;
use stackpass_policy::condition::Conditions;
use stackpass_policy::evaluate::StatementRef;
use stackpass_stacks::need::{Gap, Phase, Place, Why};
use stackpass_stacks::policies::Holder;

use super::{CheckReport, Section, reason, surplus};
use crate::coverage::Lack;
use crate::judge::{Ground, LayerKind};
use crate::unused::Unused;
use crate::view::how;

/// Lacks that differ in nothing but action, phase and evidence.
#[derive(Debug)]
pub(crate) struct Group<'a> {
    pub(crate) section: Section,
    pub(crate) holder: Holder,
    /// One of them, for all that they share.
    pub(crate) lack: Lack<'a>,
    pub(crate) actions: BTreeSet<&'a str>,
    pub(crate) phases: BTreeSet<Phase>,
}

/// What two lacks must share to be shown as one.
type Key<'a> = (
    Section,
    Holder,
    Why,
    &'a LayerKind,
    Extent,
    Vec<StatementRef>,
    BTreeSet<&'a ArnPattern>,
    &'a Conditions,
    Option<String>,
);

/// Something to say about a place, for readers that show places.
#[derive(Debug)]
pub(crate) struct Note {
    /// A stable kebab-case name.
    pub(crate) rule: &'static str,
    pub(crate) level: Level,
    pub(crate) message: String,
    /// Where it is shown: in the input, or in a policy.
    pub(crate) place: NotePlace,
    /// Other places that belong to it, each with what it is.
    pub(crate) related: Vec<(NotePlace, String)>,
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NotePlace {
    /// `None` for what is no file: standard input, or a policy that was read from AWS.
    pub(crate) file: Option<String>,
    pub(crate) line: Option<usize>,
    pub(crate) column: Option<usize>,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Error,
    Warning,
    Note,
}

/// The rules by which notes are made, with what each is about.
pub(crate) const RULES: [(&str, &str); 6] = [
    ("gap", "Something could not be worked out, so that the check may miss needs"),
    ("grant-not-needed", "A policy grants what the input does not need"),
    ("need-denied", "A statement denies what the deployment needs"),
    (
        "need-not-certain",
        "Whether the policies allow what the deployment needs depends on conditions",
    ),
    ("need-not-covered", "The policies do not allow what the deployment needs"),
    ("soft-need-not-covered", "The policies do not allow what the deployment can do without"),
];

/// Puts lacks together.
pub(crate) fn groups<'a>(report: &CheckReport<'a>) -> Vec<Group<'a>> {
    let mut groups: BTreeMap<Key<'a>, Group<'a>> = BTreeMap::new();
    for checked in &report.checked {
        for lack in &checked.lacks {
            let (section, holder) = (Section::of(lack), checked.side.holder);
            let key = (
                section,
                holder,
                Why { evidence: Vec::new(), ..lack.need.why.clone() },
                &lack.layer.kind,
                lack.extent,
                lack.statements.clone(),
                lack.resources.clone(),
                &lack.need.conditions,
                lack.unbound.clone(),
            );
            let group = groups.entry(key).or_insert_with(|| Group {
                section,
                holder,
                lack: lack.clone(),
                actions: BTreeSet::new(),
                phases: BTreeSet::new(),
            });
            group.actions.insert(lack.need.action.as_str());
            group.phases.extend(&lack.phases);
        }
    }
    groups.into_values().collect()
}

/// All that is to be said about places, in a fixed order.
pub(crate) fn notes(report: &CheckReport<'_>) -> Vec<Note> {
    let lacks = groups(report);
    let lacks = lacks.iter().rev().map(of_group);
    let gaps = report.derived.needs.gaps.iter().map(of_gap);
    let unused = report.unused.iter().flatten().map(of_unused);
    lacks.chain(gaps).chain(unused).collect()
}

fn of_group(group: &Group<'_>) -> Note {
    let (rule, level) = match group.section {
        Section::Missing => ("need-not-covered", Level::Error),
        Section::Denied => ("need-denied", Level::Error),
        Section::Open => ("need-not-certain", Level::Warning),
        Section::Soft => ("soft-need-not-covered", Level::Note),
    };
    let actions: Vec<&str> = group.actions.iter().copied().collect();
    let subject = match &group.lack.need.why.resource {
        Some(it) => format!("{} ({})", it.logical_id, it.resource_type),
        None => format!("the stack {}", group.lack.need.why.stack),
    };
    let resources = super::few(group.lack.resources.iter().copied());
    let message = format!(
        "{subject} needs {} on {resources} for the {}, but {}",
        actions.join(", "),
        group.lack.need.who,
        reason::reasons(&group.lack).join("; ")
    );
    let related = group
        .lack
        .grounds()
        .iter()
        .map(|ground| (NotePlace::of_statement(ground), ground.path()))
        .collect();
    Note { rule, level, message, place: NotePlace::of(&group.lack.need.why.place), related }
}

fn of_unused(unused: &Unused<'_>) -> Note {
    let message = surplus::sentence(unused);
    let place = NotePlace::of_statement(&unused.ground);
    let message = match &place.file {
        Some(_) => message,
        None => format!("{}: {message}", reason::place(&unused.ground)),
    };
    Note { rule: "grant-not-needed", level: Level::Note, message, place, related: Vec::new() }
}

fn of_gap(gap: &Gap) -> Note {
    Note {
        rule: "gap",
        level: Level::Warning,
        message: format!("{}; {}", gap.message, how::told(&gap.help)),
        place: NotePlace::of(&gap.place),
        related: Vec::new(),
    }
}

impl NotePlace {
    fn of(place: &Place) -> NotePlace {
        let position = place.position;
        NotePlace {
            file: file(&place.file),
            line: Some(position.line),
            column: Some(position.column),
        }
    }

    fn of_statement(ground: &Ground<'_>) -> NotePlace {
        let file = file(&ground.policy.name).filter(|_| ground.policy.is_file);
        NotePlace { file, line: ground.line(), column: None }
    }
}

fn file(name: &str) -> Option<String> {
    (name != "<stdin>").then(|| name.to_owned())
}

//! What `stackpass check` says. The most important stands last, next to where the eye is.

pub(crate) mod github;
pub(crate) mod json;
pub(crate) mod notes;
pub(crate) mod reason;
pub(crate) mod sarif;
mod surplus;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use stackpass_ground::arn::ArnPattern;
use stackpass_ground::source::LocatedDiagnostic;
use stackpass_policy::compare::Extent;
use stackpass_policy::condition::ConditionKey;
use stackpass_policy::document::Document;
use stackpass_policy::render::{Format, Layout, NamedDocument, render};
use stackpass_policy::statement::Statement;
use stackpass_stacks::need::{Phase, Who, Why};
use stackpass_stacks::policies::Holder;

use super::why;
use crate::coverage::{Checked, Lack, Mend};
use crate::engine::{Derived, StackFacts};
use crate::judge::{Ground, Layer, LayerKind};
use crate::text::{ERROR, HEADING, HINT, WARNING, clean, count, list, paint, thousands, wrap};
use crate::unused::Unused;
use notes::{Group, groups};

/// How many groups of a section are shown one by one.
const MAX_SHOWN: usize = 20;

/// How many other places with the same lack are named.
const MAX_OTHERS: usize = 3;

/// How wide the column of labels is, with its indent.
const LABEL: usize = 13;

/// All that a check found.
#[derive(Debug)]
pub(crate) struct CheckReport<'a> {
    /// What the engine says.
    pub(crate) derived: &'a Derived,
    /// What is wrong with the policies.
    pub(crate) problems: &'a [LocatedDiagnostic],
    /// Each side.
    pub(crate) checked: Vec<Checked<'a>>,
    /// The statements that would mend it.
    pub(crate) mends: Vec<Mend<'a>>,
    /// What is granted and not needed, if it was asked for.
    pub(crate) unused: Option<Vec<Unused<'a>>>,
    /// How many needs had no policies to be held against.
    pub(crate) unchecked: Vec<(Who, usize)>,
}

/// What to do about a lack, and how bad it is: the sections in the order in which they are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Section {
    /// The deployment goes on without it.
    Soft,
    /// It cannot be told.
    Open,
    /// A statement denies it.
    Denied,
    /// Nothing allows it.
    Missing,
}

impl Section {
    pub(crate) fn of(lack: &Lack<'_>) -> Section {
        match lack.extent {
            _ if !lack.is_hard() => Section::Soft,
            Extent::Open => Section::Open,
            Extent::Denied => Section::Denied,
            Extent::Covered | Extent::Part | Extent::None => Section::Missing,
        }
    }
}

/// What to know about the answer: what would make it more exact, and what cannot be seen from here.
pub(crate) fn remarks(report: &CheckReport<'_>) -> String {
    let mut text = String::new();
    let is_part = |lack: &Lack<'_>| lack.extent == Extent::Part;
    let unknown = unknown_options(report.derived);
    if !unknown.is_empty() && report.checked.iter().flat_map(|it| &it.lacks).any(is_part) {
        let help = format!(
            "hint: what is needed is taken to be anywhere; say where with {}",
            unknown.join(", ")
        );
        text.push_str(&wrap(&help, 0).replacen("hint:", &paint(HINT, "hint:"), 1));
    }
    let open = open_keys(report);
    if !open.is_empty() {
        let keys: Vec<&str> = open.iter().map(ConditionKey::as_str).collect();
        let help = format!(
            "hint: if you know what the caller's requests have as {}, say it with `--context KEY=VALUE`",
            keys.join(", ")
        );
        text.push_str(&wrap(&clean(&help), 0).replacen("hint:", &paint(HINT, "hint:"), 1));
    }
    let is_denied = |lack: &Lack<'_>| lack.extent == Extent::Denied;
    if report.checked.iter().flat_map(|it| &it.lacks).any(is_denied) {
        let help = "hint: what a statement denies no other one can allow; change the statement that denies";
        text.push_str(&wrap(help, 0).replacen("hint:", &paint(HINT, "hint:"), 1));
    }
    if report.checked.iter().flat_map(|it| &it.lacks).any(|lack| lack.unbound.is_some()) {
        let help = "hint: set `PermissionsBoundary` of these roles and users in the template; a policy that lets them be made without it would undo the boundary";
        text.push_str(&wrap(help, 0).replacen("hint:", &paint(HINT, "hint:"), 1));
    }
    let mut layers = report.checked.iter().flat_map(|it| &it.side.layers);
    if let Some(place) = layers.find_map(foreign) {
        let help = format!(
            "warning: {place} is of a resource or trust policy and gives nobody here anything"
        );
        text.push_str(&wrap(&clean(&help), 0).replacen("warning:", &paint(WARNING, "warning:"), 1));
    }
    text.push_str(&limits());
    text
}

/// The condition keys on which something depends for the caller.
fn open_keys(report: &CheckReport<'_>) -> BTreeSet<ConditionKey> {
    let callers = report.checked.iter().filter(|it| it.side.holder != Holder::Executor);
    let open = callers.flat_map(|it| &it.lacks).filter(|lack| lack.extent == Extent::Open);
    let mut keys = BTreeSet::new();
    for ground in open.flat_map(Lack::grounds) {
        let Some(statement) = ground.statement() else { continue };
        keys.extend(statement.conditions.iter().map(|(_, key, _)| key.clone()));
    }
    keys
}

/// The first statement that is no statement of a policy of an identity.
fn foreign(layer: &Layer) -> Option<String> {
    let is_foreign = |it: &Statement| it.principal.is_some() || it.resources.is_none();
    layer.policies.iter().find_map(|policy| {
        let index = policy.document.statements.iter().position(is_foreign)?;
        Some(reason::place(&Ground { policy, index }))
    })
}

/// The options that would tell where a stack is, of those that are not known.
fn unknown_options(derived: &Derived) -> Vec<&'static str> {
    let lacks = |get: &dyn Fn(&StackFacts) -> bool| derived.stacks.iter().any(get);
    let options: [(&str, bool); 3] = [
        ("`--stack-name`", lacks(&|stack| stack.name.is_none())),
        ("`--account`", lacks(&|stack| stack.account.is_none())),
        ("`--region`", lacks(&|stack| stack.region.is_none())),
    ];
    options.into_iter().filter(|(_, is_unknown)| *is_unknown).map(|(option, _)| option).collect()
}

fn limits() -> String {
    let text = "policies of the organization (SCPs and RCPs), of resources and of sessions are not seen \
                here; they can deny what these policies allow";
    let text = wrap(&format!("note: {text}"), 0);
    text.replacen("note:", &paint(HINT, "note:"), 1)
}

/// The answer for a person.
pub(crate) fn human(report: &CheckReport<'_>) -> String {
    let mut text = String::new();
    if let Some(unused) = &report.unused {
        text.push_str(&surplus::surplus(unused, report.checked.len() > 1));
    }
    let groups = groups(report);
    for section in [Section::Soft, Section::Open, Section::Denied, Section::Missing] {
        let of_section: Vec<&Group<'_>> =
            groups.iter().filter(|group| group.section == section).collect();
        text.push_str(&section_text(section, &of_section, report.checked.len() > 1));
    }
    for mend in &report.mends {
        text.push_str(&mend_text(mend));
    }
    text.push_str(&verdict(report));
    text
}

fn section_text(section: Section, groups: &[&Group<'_>], has_sides: bool) -> String {
    if groups.is_empty() {
        return String::new();
    }
    let (style, heading) = match section {
        Section::Soft => (HEADING, "Not covered, but the deployment goes on without it"),
        Section::Open => (WARNING, "Not certain: it depends on what is not known here"),
        Section::Denied => (ERROR, "Denied by a statement"),
        Section::Missing => (ERROR, "Not covered"),
    };
    let mut text = format!("{}\n", paint(style, heading));
    // Where a statement stands in the way, it is what to look at; else it is the resource that lacks something.
    let is_by_statement = matches!(section, Section::Open | Section::Denied);
    let blocks = if is_by_statement { causes(groups) } else { blocks(groups) };
    for block in blocks.iter().take(MAX_SHOWN) {
        text.push_str(&if is_by_statement {
            cause_text(block, has_sides)
        } else {
            block_text(block, has_sides)
        });
    }
    if let Some(more) = blocks.len().checked_sub(MAX_SHOWN).filter(|more| *more > 0) {
        let more = count(more, "thing", "things");
        let _ = writeln!(text, "\n  ... and {more} more; `--output json` has all");
    }
    text.push('\n');
    text
}

/// Groups that differ in nothing but the place, in the order of the first of each.
fn blocks<'a, 'b>(groups: &[&'b Group<'a>]) -> Vec<Vec<&'b Group<'a>>> {
    let mut blocks: Vec<Vec<&Group<'_>>> = Vec::new();
    let mut indices = BTreeMap::new();
    for &group in groups {
        let lack = &group.lack;
        let reason = (&lack.layer.kind, lack.extent, &lack.statements, &lack.unbound);
        let place = (reason, &lack.resources);
        let key = (group.holder, place, &lack.need.conditions, &group.actions, &group.phases);
        let index = *indices.entry(key).or_insert(blocks.len());
        match blocks.get_mut(index) {
            Some(block) => block.push(group),
            None => blocks.push(vec![group]),
        }
    }
    blocks
}

/// Groups for which the same statements stand in the way.
fn causes<'a, 'b>(groups: &[&'b Group<'a>]) -> Vec<Vec<&'b Group<'a>>> {
    let mut causes: BTreeMap<_, Vec<&Group<'_>>> = BTreeMap::new();
    for &group in groups {
        let lack = &group.lack;
        let key = (group.holder, &lack.layer.kind, lack.extent, &lack.statements);
        causes.entry(key).or_default().push(group);
    }
    causes.into_values().collect()
}

/// What stands in the way, and of what.
fn cause_text(groups: &[&Group<'_>], has_sides: bool) -> String {
    let Some((group, others)) = groups.split_first() else { return String::new() };
    let mut text = String::from("\n");
    let reasons = reason::reasons(&group.lack).join("; ");
    text.push_str(&paint(HEADING, wrap(&clean(&reasons), 2).trim_end_matches('\n')));
    text.push('\n');
    if has_sides {
        text.push_str(&row("who", &wrap(&group.holder.to_string(), LABEL)));
    }
    let actions: BTreeSet<&str> = groups.iter().flat_map(|it| it.actions.iter().copied()).collect();
    text.push_str(&row("needs", &list(&actions.into_iter().collect::<Vec<_>>(), LABEL)));
    let on: BTreeSet<&ArnPattern> =
        groups.iter().flat_map(|it| it.lack.resources.iter().copied()).collect();
    text.push_str(&row("on", &wrap(&clean(&few(on)), LABEL)));
    let why = &group.lack.need.why;
    let first = format!("{} at {}", subject(why), why.place);
    text.push_str(&row("for", &wrap(&clean(&first), LABEL)));
    text.push_str(&others_text("", others, why));
    text
}

/// The first few others that ask for the same.
fn others_text(label: &str, others: &[&Group<'_>], first: &Why) -> String {
    let mut names: Vec<String> = Vec::new();
    let same = elsewhere(first, first);
    for other in others {
        let name = elsewhere(&other.lack.need.why, first);
        if name != same && !names.contains(&name) {
            names.push(name);
        }
    }
    let mut text = String::new();
    for (index, name) in names.iter().take(MAX_OTHERS).enumerate() {
        text.push_str(&row(if index == 0 { label } else { "" }, &wrap(&clean(name), LABEL)));
    }
    if let Some(more) = names.len().checked_sub(MAX_OTHERS).filter(|more| *more > 0) {
        text.push_str(&row("", &wrap(&format!("and {}", count(more, "other", "others")), LABEL)));
    }
    text
}

/// What asks for it.
fn subject(why: &Why) -> String {
    let mut text = match &why.resource {
        Some(it) => format!("{} ({})", it.logical_id, it.resource_type),
        None => format!("the stack {}", why.stack),
    };
    if let Some(property) = &why.property {
        let _ = write!(text, ", {property}");
    }
    text
}

/// Another one that asks for it, with no more than what tells it from the first.
fn elsewhere(why: &Why, first: &Why) -> String {
    let name = match (&why.resource, &first.resource) {
        (Some(one), Some(other)) if one.resource_type == other.resource_type => {
            one.logical_id.clone()
        }
        _ => subject(why),
    };
    if why.place.file == first.place.file {
        format!("{name}, line {}", why.place.position.line)
    } else {
        format!("{name} at {}", why.place)
    }
}

fn block_text(groups: &[&Group<'_>], has_sides: bool) -> String {
    let Some((group, others)) = groups.split_first() else { return String::new() };
    let why = &group.lack.need.why;
    let heading = subject(why);
    let mut text = String::from("\n");
    text.push_str(&paint(HEADING, wrap(&clean(&heading), 2).trim_end_matches('\n')));
    text.push('\n');
    text.push_str(&row("at", &wrap(&clean(&why.place.to_string()), LABEL)));
    text.push_str(&others_text("also", others, why));
    if has_sides {
        text.push_str(&row("who", &wrap(&group.holder.to_string(), LABEL)));
    }
    let phases: Vec<String> = group.phases.iter().map(Phase::to_string).collect();
    text.push_str(&row("to", &wrap(&phases.join(", "), LABEL)));
    let actions: Vec<&str> = group.actions.iter().copied().collect();
    text.push_str(&row("needs", &list(&actions, LABEL)));
    let resources: Vec<&str> = group.lack.resources.iter().map(|it| it.as_str()).collect();
    text.push_str(&row("on", &list(&resources, LABEL)));
    for condition in why::conditions(&group.lack.need.conditions) {
        text.push_str(&row("if", &wrap(&clean(&condition), LABEL)));
    }
    for reason in reason::reasons(&group.lack) {
        text.push_str(&row("but", &wrap(&clean(&reason), LABEL)));
    }
    text
}

/// Puts a label into the indent of the first line.
pub(super) fn row(label: &str, lines: &str) -> String {
    let label = format!("    {label:width$}", width = LABEL - 4);
    lines.replacen(&" ".repeat(LABEL), &label, 1)
}

fn mend_text(mend: &Mend<'_>) -> String {
    let holder = match mend.side.holder {
        Holder::Executor => "executor",
        Holder::Caller | Holder::Deploy => "caller",
    };
    let target = match &mend.layer.kind {
        LayerKind::Identity => format!("the {holder}'s policies"),
        LayerKind::Boundary(name) => format!("the {holder}'s boundary {}", clean(name)),
    };
    let is_fixed = mend.layer.policies.iter().any(|policy| policy.is_aws_managed);
    let heading = match mend.layer.kind {
        LayerKind::Boundary(_) if is_fixed => format!(
            "Another boundary with these statements would cover it; {target} is AWS's, nobody can change it"
        ),
        LayerKind::Identity => format!("This policy beside {target} would cover it"),
        LayerKind::Boundary(_) => format!("These statements in {target} would cover it"),
    };
    let mut text = format!("{}\n", paint(HEADING, heading));
    for document in &mend.documents {
        text.push_str(&document_text(document));
        text.push('\n');
    }
    text
}

/// A policy, ready to paste.
fn document_text(document: &Document) -> String {
    let alone = NamedDocument { name: String::new(), document: document.clone() };
    render(&[alone], Format::Json { layout: Layout::Pretty })
}

/// One line for each side: how much is covered.
pub(crate) fn verdict(report: &CheckReport<'_>) -> String {
    let mut text = String::new();
    for checked in &report.checked {
        let of = match checked.side.holder {
            Holder::Executor => "of the executor",
            Holder::Caller => "of the caller",
            Holder::Deploy => "of the caller and of CloudFormation",
        };
        let number = |sections: &[Section]| {
            let lacks = checked.lacks.iter().filter(|lack| sections.contains(&Section::of(lack)));
            lacks.map(|lack| std::ptr::from_ref(lack.need)).collect::<BTreeSet<_>>().len()
        };
        let (all, missing) = (checked.needs, number(&[Section::Missing, Section::Denied]));
        let (open, soft) = (number(&[Section::Open]), number(&[Section::Soft]));
        let of_all = |number: usize| {
            format!("{} of {} {of}", thousands(number), count(all, "need", "needs"))
        };
        let mut parts = Vec::new();
        if missing > 0 {
            parts.push(format!("{} {}", paint(ERROR, "not covered:"), of_all(missing)));
            if open > 0 {
                parts.push(format!("{} not certain", thousands(open)));
            }
        } else if open > 0 {
            parts.push(format!("{} {}", paint(WARNING, "not certain:"), of_all(open)));
        } else if soft > 0 {
            parts.push(format!(
                "{} {}",
                paint(HEADING, "covered:"),
                of_all(all.saturating_sub(soft))
            ));
        } else {
            let needs = count(all, "need", "needs");
            parts.push(format!("{} all {needs} {of}", paint(HEADING, "covered:")));
        }
        if soft > 0 {
            parts.push(format!("the deployment goes on without {} more", thousands(soft)));
        }
        let _ = writeln!(text, "{}", parts.join("; "));
    }
    for (who, number) in &report.unchecked {
        let needs = count(*number, "need", "needs");
        let option = match who {
            Who::Caller => "--policy",
            Who::Executor => "--executor-policy",
        };
        let label = paint(WARNING, "not checked:");
        let _ = writeln!(text, "{label} {needs} of the {who}, whose policies `{option}` gives");
    }
    text
}

/// Resource patterns, the first few of them.
pub(super) fn few<'a>(patterns: impl IntoIterator<Item = &'a ArnPattern>) -> String {
    const FEW: usize = 3;
    let patterns: Vec<&str> = patterns.into_iter().map(ArnPattern::as_str).collect();
    let mut text = patterns.iter().take(FEW).copied().collect::<Vec<_>>().join(", ");
    if let Some(more) = patterns.len().checked_sub(FEW).filter(|more| *more > 0) {
        let _ = write!(text, " and {more} more");
    }
    text
}

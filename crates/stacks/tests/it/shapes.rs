//! Every need acts on ARNs that there can be: each pattern fits a format of a resource type that the action accepts, and each
//! resource type that the action requires is among them.

mod formats;
mod samples;

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde::Deserialize;
use stackpass_ground::arn::ArnPattern;
use stackpass_ground::source::Source;
use stackpass_ground::wildcard::{Case, Glob, Syntax};
use stackpass_policy::action::Action;
use stackpass_policy::catalogue::{self, ResourceTypeFacts};
use stackpass_stacks::deployment::{Input, Options};
use stackpass_stacks::need::{Needs, Phase, Who};
use stackpass_stacks::registry;
use stackpass_stacks::{needs, plan};

use super::deployments::options;
use super::{corpus, laws};

/// What the catalogue says otherwise than AWS does, and what is wider or narrower for a reason.
const QUIRKS: &str = include_str!("shapes.toml");

/// A shape that is wrong: of which action, for which type of resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Wrong {
    /// A pattern that no ARN which the action accepts can match.
    Unfit { action: String, resource_type: String, pattern: String },
    /// A required resource type of the action that nothing covers.
    Uncovered { action: String, resource_type: String, kind: String },
}

/// The file of quirks.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Quirks {
    /// Resource types whose variables may hold a `/`: `SERVICE:TYPE`.
    slashes: BTreeSet<String>,
    shape: Vec<Shape>,
    uncovered: Vec<Uncovered>,
    text: Vec<samples::Sample>,
}

/// Formats that actions accept though the catalogue does not say so.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shape {
    actions: Vec<String>,
    #[serde(default)]
    formats: Vec<String>,
    /// Resource types of the action's service; `*` are all of them.
    #[serde(default)]
    kinds: Vec<String>,
    /// Whether variables may hold a `/`.
    #[serde(default)]
    slashes: bool,
    /// The required resource types for which these stand.
    #[serde(default)]
    covers: Vec<String>,
    reason: String,
}

/// Resource types that the catalogue requires and that need not be there; `*` are all of an action but one.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Uncovered {
    actions: Vec<String>,
    kinds: Vec<String>,
    reason: String,
}

/// Numbers of quirks that were of use.
type Used = BTreeSet<(&'static str, usize)>;

impl Quirks {
    fn read() -> Quirks {
        let quirks: Quirks = toml::from_str(QUIRKS).unwrap();
        let reasons = quirks.shape.iter().map(|quirk| &quirk.reason);
        let mut reasons = reasons.chain(quirks.uncovered.iter().map(|quirk| &quirk.reason));
        assert!(reasons.all(|reason| !reason.is_empty()), "every quirk has a reason");
        quirks
    }

    /// Whether a pattern fits a format of a resource type of the catalogue.
    fn fits(&self, pattern: &ArnPattern, kind: ResourceTypeFacts) -> bool {
        // The name of a bucket may have dots; an address that has one is no name.
        if kind.service() == "s3" && pattern.as_str().contains(".amazonaws.com") {
            return false;
        }
        let slashes = self.slashes.contains(&format!("{}:{}", kind.service(), kind.name()));
        kind.arns().any(|format| formats::fits(pattern.as_str(), format, slashes))
    }

    /// The quirks by which a pattern fits, for a required resource type or for any.
    fn shapes(&self, action: &Action, pattern: &ArnPattern, kind: Option<&str>) -> Used {
        let fits = |quirk: &Shape| {
            names(&quirk.actions, action)
                && kind.is_none_or(|kind| quirk.covers.iter().any(|covered| covered == kind))
                && formats_of(quirk, action)
                    .iter()
                    .any(|format| formats::fits(pattern.as_str(), format, quirk.slashes))
        };
        let fitting = self.shape.iter().enumerate().filter(|(_, quirk)| fits(quirk));
        fitting.map(|(number, _)| ("shape", number)).collect()
    }

    /// The quirks by which a required resource type need not be there.
    fn uncovered(&self, action: &Action, kind: &str) -> Used {
        let of = |quirk: &Uncovered| {
            names(&quirk.actions, action) && quirk.kinds.iter().any(|it| it == "*" || it == kind)
        };
        let fitting = self.uncovered.iter().enumerate().filter(|(_, quirk)| of(quirk));
        fitting.map(|(number, _)| ("uncovered", number)).collect()
    }

    /// All numbers.
    fn all(&self) -> Used {
        let shapes = (0..self.shape.len()).map(|number| ("shape", number));
        shapes.chain((0..self.uncovered.len()).map(|number| ("uncovered", number))).collect()
    }
}

/// The formats of a quirk, those of the resource types that it names among them.
fn formats_of<'a>(quirk: &'a Shape, action: &Action) -> Vec<&'a str> {
    let is_named = |kind: &ResourceTypeFacts| {
        quirk.kinds.iter().any(|name| name == "*" || name == kind.name())
    };
    let kinds = catalogue::resource_types(action.service()).filter(is_named);
    let mut formats: Vec<&str> = kinds.flat_map(ResourceTypeFacts::arns).collect();
    formats.extend(quirk.formats.iter().map(String::as_str));
    formats
}

/// Whether patterns name an action.
fn names(patterns: &[String], action: &Action) -> bool {
    let glob = |pattern| Glob::new(pattern, Case::Insensitive, Syntax::Plain);
    patterns.iter().any(|pattern| glob(pattern).matches(action.as_str()))
}

/// Whether a text of the template is one that its author or another tool was to fill in, and that no service takes: a literal `${`, or an
/// account that has not the twelve digits of one.
fn is_left_over(pattern: &ArnPattern) -> bool {
    let account = pattern.as_str().split(':').nth(4).unwrap_or_default();
    let is_number = !account.is_empty() && account.bytes().all(|byte| byte.is_ascii_digit());
    pattern.as_str().contains("${$}{") || is_number && account.len() != 12
}

/// What is wrong with the shapes of needs; notes the quirks that explain some of it.
fn wrong_shapes(found: &Needs, quirks: &Quirks, used: &mut Used) -> BTreeSet<Wrong> {
    let mut wrong = BTreeSet::new();
    let mut calls: BTreeMap<(Who, &Action, Phase, &str, &str), BTreeSet<&ArnPattern>> =
        BTreeMap::new();
    for need in &found.needs {
        let resource = need.why.resource.as_ref();
        let id = resource.map_or("", |resource| resource.logical_id.as_str());
        let kind = resource.map_or("", |resource| resource.resource_type.as_str());
        let call = (need.who, &need.action, need.phase, id, kind);
        calls.entry(call).or_default().extend(&need.resources);
    }
    for ((_, action, _, id, resource_type), patterns) in calls {
        let Some(facts) = catalogue::action(action.service(), action.name()) else { continue };
        let kinds: Vec<(ResourceTypeFacts, bool)> = facts.resource_types().collect();
        let is_accepted = |pattern: &ArnPattern| {
            let is_left_over = is_left_over(pattern);
            pattern.is_any()
                || is_left_over
                || kinds.iter().any(|(kind, _)| quirks.fits(pattern, *kind))
        };
        for pattern in patterns.iter().filter(|pattern| !is_accepted(pattern)) {
            let explaining = quirks.shapes(action, pattern, None);
            if explaining.is_empty() {
                wrong.insert(Wrong::Unfit {
                    action: action.to_string(),
                    resource_type: resource_type.to_owned(),
                    pattern: pattern.to_string(),
                });
            }
            used.extend(explaining);
        }
        // What belongs to no resource is a tool's call, which acts on what there is.
        for (kind, _) in kinds.iter().filter(|(_, required)| *required && !id.is_empty()) {
            let is_there =
                |pattern: &&ArnPattern| quirks.fits(pattern, *kind) || is_left_over(pattern);
            if patterns.iter().any(is_there) {
                continue;
            }
            let shapes = patterns
                .iter()
                .flat_map(|pattern| quirks.shapes(action, pattern, Some(kind.name())));
            let explaining: Used = shapes.chain(quirks.uncovered(action, kind.name())).collect();
            if explaining.is_empty() {
                wrong.insert(Wrong::Uncovered {
                    action: action.to_string(),
                    resource_type: resource_type.to_owned(),
                    kind: kind.name().to_owned(),
                });
            }
            used.extend(explaining);
        }
    }
    wrong
}

/// What inputs need, wrong or broken as they may be.
fn of(input: Input, options: &Options) -> Needs {
    needs(&plan(&[input], options).0)
}

/// The templates and apps of the repository, and of a corpus that is given.
fn of_inputs() -> Vec<Needs> {
    corpus::paths().iter().map(|path| corpus::needs_at(path, &options())).collect()
}

/// A need for each rule, and for each permission of the registry.
fn of_samples(texts: &[samples::Sample]) -> impl Iterator<Item = Needs> {
    registry::resource_types().flat_map(|kind| samples::of(kind, texts)).map(|sample| {
        of(Input::Template(Source::new("template.json", sample.to_string())), &options())
    })
}

fn of_random() -> impl Iterator<Item = Needs> {
    let mut runner = TestRunner::deterministic();
    let mut next = move || laws::templates().new_tree(&mut runner).unwrap().current();
    (0..96).map(move |_| {
        of(Input::Template(Source::new("template.json", next().to_string())), &options())
    })
}

#[test]
fn every_need_acts_on_arns_that_there_can_be() {
    let quirks = Quirks::read();
    let inputs = of_inputs();
    let empty = inputs.iter().filter(|needs| needs.needs.is_empty()).count();
    assert!(
        inputs.len() > 20 && empty * 10 < inputs.len(),
        "{} inputs, {empty} empty",
        inputs.len()
    );
    let mut used = Used::new();
    let mut wrong = BTreeSet::new();
    for found in inputs.into_iter().chain(of_random()).chain(of_samples(&quirks.text)) {
        wrong.extend(wrong_shapes(&found, &quirks, &mut used));
    }
    let told: Vec<String> = wrong.iter().map(|wrong| format!("{wrong:?}")).collect();
    assert!(told.is_empty(), "{} wrong shapes\n{}", told.len(), told.join("\n"));
    let all = quirks.all();
    let unused: Vec<_> = all.difference(&used).collect();
    assert!(unused.is_empty(), "quirks that explain nothing, counted from zero: {unused:?}");
}

//! What is known of a template's values before the deployment.
//!
//! A value is known, one of several, a text with unknown stretches, unknown altogether, or absent.
//! Every question about a value has three answers ([`Truth`]), so that a need is left out only when it certainly is not needed.

use std::collections::{BTreeMap, BTreeSet};

use stackpass_ground::source::Span;
use stackpass_ground::truth::Truth;

use crate::template::LogicalId;

/// How many alternatives of one value are followed before it counts as unknown.
pub(crate) const MAX_ALTERNATIVES: usize = 64;

/// How many parts a text has before its rest counts as unknown. No name is made of so many.
const MAX_PARTS: usize = 256;

/// A value as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// Not there: `AWS::NoValue`, or a missing entry.
    Absent,
    /// `true` or `false`.
    Bool(bool),
    /// A string or a number; CloudFormation does not tell them apart.
    Text(Text),
    /// A list.
    List(List),
    /// A mapping.
    Map(Map),
    /// One of these; at least two, sorted, none of them itself a choice.
    OneOf(Vec<Value>),
    /// Anything, or nothing.
    Unknown,
}

/// A list, whole or in part.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct List {
    /// The items that are known to be there.
    pub items: Vec<Located>,
    /// Whether there may be more of them.
    pub open: bool,
}

/// A mapping, whole or in part.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Map {
    /// The entries that are known to be there.
    pub entries: BTreeMap<String, Located>,
    /// Whether there may be more of them.
    pub open: bool,
}

/// A value with its place in the template.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Located {
    /// The value.
    pub value: Value,
    /// Where it was written.
    pub span: Span,
}

/// A text in parts, some of which may be unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Text(Vec<Part>);

/// One part of a text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// These characters.
    Literal(String),
    /// Any characters, or none.
    Any,
    /// Exactly one character, whichever it is.
    One,
    /// The value of a template parameter, which was not given.
    Parameter(String),
    /// The account, region or partition, which was not given. It is a wildcard in ARNs, and no gap.
    Environment,
    /// What `Ref` (no attribute) or `Fn::GetAtt` of a resource of the same template will give.
    Attribute {
        /// The resource.
        logical_id: LogicalId,
        /// The attribute; `None` for `Ref`.
        attribute: Option<String>,
    },
    /// What `Fn::Select` takes of what `Fn::Split` makes of a text that follows from resources.
    Piece {
        /// The text that is split.
        of: Box<Text>,
        /// The characters between the pieces.
        delimiter: String,
        /// Which of the pieces, counted from 0.
        index: usize,
    },
    /// What another stack exports under a name.
    Import(Box<Text>),
}

impl Part {
    /// Whether equal parts may stand for different texts.
    fn is_open(&self) -> bool {
        matches!(self, Part::Any | Part::One)
    }
}

impl Text {
    /// Makes a text of characters.
    pub fn literal(text: impl Into<String>) -> Text {
        Text::from_parts([Part::Literal(text.into())])
    }

    /// Makes a text of which nothing is known.
    pub fn any() -> Text {
        Text(vec![Part::Any])
    }

    /// Makes a text of a pattern: `*` stands for any characters, `?` for one, and `${*}`, `${?}` and `${$}` for those characters.
    pub fn glob(pattern: &str) -> Text {
        let mut parts = Vec::new();
        let mut rest = pattern;
        while let Some(at) = rest.find(['*', '?', '$']) {
            let (before, from) = rest.split_at_checked(at).unwrap_or((rest, ""));
            parts.push(Part::Literal(before.to_owned()));
            let marks = [
                ("*", Part::Any),
                ("?", Part::One),
                ("${*}", Part::Literal("*".to_owned())),
                ("${?}", Part::Literal("?".to_owned())),
                ("${$}", Part::Literal("$".to_owned())),
                ("$", Part::Literal("$".to_owned())),
            ];
            for (mark, part) in marks {
                if let Some(after) = from.strip_prefix(mark) {
                    parts.push(part);
                    rest = after;
                    break;
                }
            }
        }
        parts.push(Part::Literal(rest.to_owned()));
        Text::from_parts(parts)
    }

    /// Makes a text of a template parameter's value.
    pub fn parameter(name: impl Into<String>) -> Text {
        Text(vec![Part::Parameter(name.into())])
    }

    /// Makes a text of a resource's attribute.
    pub fn attribute(logical_id: LogicalId, attribute: Option<String>) -> Text {
        Text(vec![Part::Attribute { logical_id, attribute }])
    }

    /// Joins parts; neighboring literals and neighboring unknown stretches become one.
    pub fn from_parts(parts: impl IntoIterator<Item = Part>) -> Text {
        let mut joined = Text::default();
        joined.extend(parts);
        joined
    }

    fn extend(&mut self, parts: impl IntoIterator<Item = Part>) {
        for part in parts {
            let is_full = self.0.len() >= MAX_PARTS;
            match (self.0.last_mut(), part) {
                (_, Part::Literal(text)) if text.is_empty() => {}
                (Some(Part::Literal(before)), Part::Literal(text)) => before.push_str(&text),
                (Some(Part::Any), Part::Any) => {}
                (Some(Part::Any), _) if is_full => {}
                _ if is_full => self.0.push(Part::Any),
                (_, part) => self.0.push(part),
            }
        }
    }

    /// The parts in order.
    pub fn parts(&self) -> &[Part] {
        &self.0
    }

    /// The characters, if all of them are known.
    pub fn known(&self) -> Option<&str> {
        match self.0.as_slice() {
            [] => Some(""),
            [Part::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// Whether nothing at all is known.
    pub fn is_any(&self) -> bool {
        let is_any = |part: &Part| match part {
            Part::Any | Part::Parameter(_) | Part::Import(_) => true,
            Part::Piece { of, .. } => of.is_any(),
            Part::Literal(_) | Part::One | Part::Environment | Part::Attribute { .. } => false,
        };
        !self.0.is_empty() && self.0.iter().all(is_any)
    }

    /// Whether it follows from a resource of the same template.
    pub fn has_attributes(&self) -> bool {
        self.0.iter().any(|part| match part {
            Part::Attribute { .. } => true,
            Part::Piece { of, .. } => of.has_attributes(),
            _ => false,
        })
    }

    /// The resource and attribute, if the text is exactly that.
    pub fn as_attribute(&self) -> Option<(&LogicalId, Option<&str>)> {
        match self.0.as_slice() {
            [Part::Attribute { logical_id, attribute }] => Some((logical_id, attribute.as_deref())),
            _ => None,
        }
    }

    /// About how many bytes it takes.
    pub(crate) fn size(&self) -> usize {
        const PART: usize = 32;
        let length = |part: &Part| match part {
            Part::Literal(text) => text.len(),
            Part::Piece { of: text, .. } | Part::Import(text) => text.size(),
            _ => 0,
        };
        self.0.iter().map(|part| PART + length(part)).sum()
    }

    /// One text after the other.
    #[must_use]
    pub fn concat(mut self, other: Text) -> Text {
        self.extend(other.0);
        self
    }
}

impl Value {
    /// Makes a known text.
    pub fn text(text: impl Into<String>) -> Value {
        Value::Text(Text::literal(text))
    }

    /// One of several values: flattened, sorted, without doubles; unknown past the bound.
    pub fn one_of(values: impl IntoIterator<Item = Value>) -> Value {
        let mut choices = BTreeSet::new();
        for value in values {
            match value {
                Value::Unknown => return Value::Unknown,
                Value::OneOf(inner) => choices.extend(inner),
                value => {
                    choices.insert(value);
                }
            }
        }
        if choices.len() > MAX_ALTERNATIVES {
            return Value::Unknown;
        }
        match choices.len() {
            0 => Value::Absent,
            1 => choices.pop_first().unwrap_or(Value::Absent),
            _ => Value::OneOf(choices.into_iter().collect()),
        }
    }

    /// The alternatives: itself, if it is no choice.
    pub fn alternatives(&self) -> &[Value] {
        match self {
            Value::OneOf(values) => values,
            value => std::slice::from_ref(value),
        }
    }

    /// The texts that this value may be. Anything but a text, a boolean or a choice of them counts as unknown text; absent gives none.
    pub fn texts(&self) -> Vec<Text> {
        self.alternatives()
            .iter()
            .filter_map(|value| match value {
                Value::Absent => None,
                Value::Text(text) => Some(text.clone()),
                Value::Bool(value) => Some(Text::literal(value.to_string())),
                Value::List(_) | Value::Map(_) | Value::OneOf(_) | Value::Unknown => {
                    Some(Text::any())
                }
            })
            .collect()
    }

    /// Whether the value is there.
    ///
    /// An empty list counts as absent: no handler makes a call for it.
    pub fn presence(&self) -> Truth {
        match self {
            Value::Absent => Truth::No,
            Value::List(list) if list.items.is_empty() => {
                if list.open {
                    Truth::Maybe
                } else {
                    Truth::No
                }
            }
            Value::Bool(_) | Value::Text(_) | Value::List(_) | Value::Map(_) => Truth::Yes,
            Value::OneOf(values) => all_or_some(values.iter().map(Value::presence)),
            Value::Unknown => Truth::Maybe,
        }
    }

    /// Whether something stands at a property path; see [`Value::at`].
    pub fn presence_at(&self, path: &str) -> Truth {
        self.any_at(path, &Value::presence)
    }

    /// Whether the text at a property path is this one.
    pub fn equality_at(&self, path: &str, expected: &str) -> Truth {
        let expected = Value::text(expected);
        self.any_at(path, &|value| value.equality(&expected))
    }

    /// Whether a question has the answer yes for any of the values at a property path.
    pub(crate) fn any_at(&self, path: &str, question: &dyn Fn(&Value) -> Truth) -> Truth {
        let mut steps: Vec<&str> = path.split('.').collect();
        steps.reverse();
        ask(self, &mut steps, question)
    }

    /// Whether two values are the same. Numbers and booleans compare by their text, as `Fn::Equals` does.
    pub fn equality(&self, other: &Value) -> Truth {
        if let (Value::OneOf(_), _) | (_, Value::OneOf(_)) = (self, other) {
            if let (Some(left), Some(right)) = (self.known_texts(), other.known_texts()) {
                // There are several on one side, so some pair differs.
                return if left.is_disjoint(&right) { Truth::No } else { Truth::Maybe };
            }
            let pairs = self
                .alternatives()
                .iter()
                .flat_map(|left| other.alternatives().iter().map(move |right| (left, right)));
            return all_or_some(pairs.map(|(left, right)| left.equality(right)));
        }
        match (self, other) {
            (Value::Unknown, _) | (_, Value::Unknown) => Truth::Maybe,
            (Value::Absent, Value::Absent) => Truth::Yes,
            (Value::Text(_) | Value::Bool(_), Value::Text(_) | Value::Bool(_)) => {
                match (self.texts().first(), other.texts().first()) {
                    (Some(left), Some(right)) => text_equality(left, right),
                    _ => Truth::Maybe,
                }
            }
            (Value::List(_), Value::List(_)) | (Value::Map(_), Value::Map(_)) => {
                if self.is_known() && other.is_known() {
                    Truth::from(strip(self) == strip(other))
                } else {
                    Truth::Maybe
                }
            }
            _ => Truth::No,
        }
    }

    /// The alternatives, if all of them are texts of which everything is known.
    fn known_texts(&self) -> Option<BTreeSet<&str>> {
        let known = self.alternatives().iter().map(|value| match value {
            Value::Text(text) => text.known(),
            _ => None,
        });
        known.collect()
    }

    /// The values at a dotted property path. Lists on the way are entered at every item.
    ///
    /// Of a choice, all alternatives are found. A step `*` enters every entry of a mapping, a step `**` any number of levels. `complete` tells whether there can be
    /// no others: an unknown, or an open list or mapping on the way, makes it incomplete.
    pub fn at(&self, path: &str) -> Found<'_> {
        let mut found = Found { values: Vec::new(), complete: true };
        let mut steps: Vec<&str> = path.split('.').collect();
        steps.reverse();
        collect(self, Span::default(), &mut steps, &mut found);
        found
    }

    /// About how many bytes it takes.
    pub(crate) fn size(&self) -> usize {
        const NODE: usize = 64;
        let inside: usize = match self {
            Value::Absent | Value::Bool(_) | Value::Unknown => 0,
            Value::Text(text) => text.size(),
            Value::List(list) => list.items.iter().map(|item| item.value.size()).sum(),
            Value::Map(map) => {
                map.entries.iter().map(|(key, entry)| key.len() + entry.value.size()).sum()
            }
            Value::OneOf(values) => values.iter().map(Value::size).sum(),
        };
        NODE + inside
    }

    /// The texts inside, each with the property path that leads to it.
    pub(crate) fn texts_within(&self) -> BTreeMap<String, Vec<Text>> {
        let mut texts = BTreeMap::new();
        gather(self, String::new(), &mut texts);
        texts
    }

    fn is_known(&self) -> bool {
        match self {
            Value::Absent | Value::Bool(_) => true,
            Value::Text(text) => text.known().is_some(),
            Value::List(list) => !list.open && list.items.iter().all(|item| item.value.is_known()),
            Value::Map(map) => !map.open && map.entries.values().all(|item| item.value.is_known()),
            Value::OneOf(_) | Value::Unknown => false,
        }
    }
}

/// What stands at a property path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found<'a> {
    /// The values, in the order of the template.
    pub values: Vec<FoundValue<'a>>,
    /// Whether there can be no others.
    pub complete: bool,
}

/// A value that a property path led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FoundValue<'a> {
    /// The value.
    pub value: &'a Value,
    /// Where it was written.
    pub span: Span,
}

/// A step of a path that enters any number of levels.
const ANY_DEPTH: &str = "**";

fn collect<'a>(value: &'a Value, span: Span, steps: &mut Vec<&str>, found: &mut Found<'a>) {
    match value {
        Value::Unknown if steps.is_empty() => found.values.push(FoundValue { value, span }),
        Value::Unknown => found.complete = false,
        Value::OneOf(values) => {
            for value in values {
                collect(value, span, steps, found);
            }
        }
        Value::List(list) => {
            found.complete &= !list.open;
            for item in &list.items {
                collect(&item.value, item.span, steps, found);
            }
        }
        Value::Map(map) => {
            let Some(step) = steps.pop() else {
                found.values.push(FoundValue { value, span });
                return;
            };
            if step == ANY_DEPTH {
                collect(value, span, steps, found);
                steps.push(step);
            }
            found.complete &= !map.open || map.entries.contains_key(step);
            for entry in entries_at(map, step) {
                collect(&entry.value, entry.span, steps, found);
            }
            if step != ANY_DEPTH {
                steps.push(step);
            }
        }
        Value::Bool(_) | Value::Text(_) if steps.is_empty() => {
            found.values.push(FoundValue { value, span });
        }
        // A text of which nothing is known may be a document in JSON, where one is asked for. At any depth, secrets are such texts.
        Value::Text(text) => {
            found.complete &= !text.is_any() || steps.last() == Some(&ANY_DEPTH);
        }
        Value::Absent | Value::Bool(_) => {}
    }
}

fn gather(value: &Value, path: String, texts: &mut BTreeMap<String, Vec<Text>>) {
    match value {
        Value::Text(text) => texts.entry(path).or_default().push(text.clone()),
        Value::List(list) => {
            for item in &list.items {
                gather(&item.value, path.clone(), texts);
            }
        }
        Value::Map(map) => {
            for (key, entry) in &map.entries {
                let deeper = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                gather(&entry.value, deeper, texts);
            }
        }
        Value::OneOf(values) => {
            for value in values {
                gather(value, path.clone(), texts);
            }
        }
        Value::Unknown => texts.entry(path).or_default().push(Text::any()),
        Value::Absent | Value::Bool(_) => {}
    }
}

/// The entries that a step of a path leads to.
fn entries_at<'a>(map: &'a Map, step: &str) -> impl Iterator<Item = &'a Located> {
    let named = map.entries.get(step);
    let others = map.entries.values().filter(move |_| named.is_none());
    let all = step == "*" || step == ANY_DEPTH;
    named.into_iter().chain(others.take_while(move |_| all))
}

fn ask(value: &Value, steps: &mut Vec<&str>, question: &dyn Fn(&Value) -> Truth) -> Truth {
    match value {
        Value::OneOf(values) => all_or_some(values.iter().map(|value| ask(value, steps, question))),
        Value::List(list) if !list.items.is_empty() => {
            let known = list.items.iter().map(|item| ask(&item.value, steps, question));
            known.fold(if list.open { Truth::Maybe } else { Truth::No }, Truth::or)
        }
        Value::List(list) if list.open => Truth::Maybe,
        _ if steps.is_empty() => question(value),
        Value::Unknown => Truth::Maybe,
        Value::Text(text) if text.is_any() && steps.last() != Some(&ANY_DEPTH) => Truth::Maybe,
        Value::Map(map) => {
            let Some(step) = steps.pop() else { return Truth::Maybe };
            let may_have_more = map.open && !map.entries.contains_key(step);
            let mut truth = if may_have_more { Truth::Maybe } else { Truth::No };
            if step == ANY_DEPTH {
                truth = truth.or(ask(value, steps, question));
                steps.push(step);
            }
            truth = entries_at(map, step)
                .map(|entry| ask(&entry.value, steps, question))
                .fold(truth, Truth::or);
            if step != ANY_DEPTH {
                steps.push(step);
            }
            truth
        }
        Value::Absent | Value::Bool(_) | Value::Text(_) | Value::List(_) => Truth::No,
    }
}

fn text_equality(left: &Text, right: &Text) -> Truth {
    match (left.known(), right.known()) {
        (Some(left), Some(right)) => Truth::from(left == right),
        _ if left == right && !left.parts().iter().any(Part::is_open) => Truth::Yes,
        _ => Truth::Maybe,
    }
}

fn strip(value: &Value) -> Value {
    let bare = |located: &Located| Located { value: strip(&located.value), span: Span::default() };
    match value {
        Value::Bool(value) => Value::text(value.to_string()),
        Value::List(list) => {
            Value::List(List { items: list.items.iter().map(bare).collect(), open: list.open })
        }
        Value::Map(map) => {
            let entries =
                map.entries.iter().map(|(key, entry)| (key.clone(), bare(entry))).collect();
            Value::Map(Map { entries, open: map.open })
        }
        value => value.clone(),
    }
}

/// Yes if all are, no if none can be, else maybe.
fn all_or_some(truths: impl Iterator<Item = Truth>) -> Truth {
    let (mut least, mut most) = (Truth::Yes, Truth::No);
    for truth in truths {
        least = least.min(truth);
        most = most.max(truth);
    }
    if least == most { least } else { Truth::Maybe }
}

#[cfg(test)]
mod tests;

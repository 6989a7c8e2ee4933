//! What is known of a template's values before the deployment.
//!
//! A value is known, one of several, a text with unknown stretches, unknown altogether, or absent.
//! Every question about a value has three answers ([`Truth`]), so that a need is left out only when it certainly is not needed.

mod path;
mod text;

use std::collections::{BTreeMap, BTreeSet};

use stackpass_ground::source::Span;
use stackpass_ground::truth::Truth;

pub use path::{Found, FoundValue};
pub use text::{Part, Text};

/// How many alternatives of one value are followed before it counts as unknown.
pub(crate) const MAX_ALTERNATIVES: usize = 64;

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

fn text_equality(left: &Text, right: &Text) -> Truth {
    match (left.known(), right.known()) {
        (Some(left), Some(right)) => Truth::from(left == right),
        _ if left == right && !left.is_open() => Truth::Yes,
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

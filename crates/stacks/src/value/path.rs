//! Property paths: what they lead to in a value, and whether there may be more. See [`Value::at`].

use stackpass_ground::source::Span;
use stackpass_ground::truth::Truth;

use super::{Located, Map, Value, all_or_some};

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

/// What a path leads to from a value.
enum Reached<'a> {
    Value(FoundValue<'a>),
    /// What is not known stands in the way: anything, or nothing.
    Unknown,
    /// All of these.
    Each(Vec<Reached<'a>>),
    /// One of these.
    OneOf(Vec<Reached<'a>>),
}

impl Value {
    /// The values at a dotted property path. Lists on the way are entered at every item.
    ///
    /// Of a choice, all alternatives are found. A step `*` enters every entry of a mapping, a step `**` any number of levels.
    /// `complete` tells whether there can be no others: an unknown, or an open list or mapping on the way, makes it incomplete.
    pub fn at(&self, path: &str) -> Found<'_> {
        let mut found = Found { values: Vec::new(), complete: true };
        self.reached(path).collect(&mut found);
        found
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
        self.reached(path).ask(question)
    }

    fn reached(&self, path: &str) -> Reached<'_> {
        let steps: Vec<&str> = path.split('.').collect();
        reach(self, Span::default(), &steps)
    }
}

impl<'a> Reached<'a> {
    fn collect(self, found: &mut Found<'a>) {
        match self {
            // An empty list holds nothing to be found, although one may ask for it.
            Reached::Value(FoundValue { value: Value::List(_), .. }) => {}
            Reached::Value(value) => found.values.push(value),
            Reached::Unknown => found.complete = false,
            Reached::Each(all) | Reached::OneOf(all) => {
                for reached in all {
                    reached.collect(found);
                }
            }
        }
    }

    fn ask(&self, question: &dyn Fn(&Value) -> Truth) -> Truth {
        match self {
            Reached::Value(found) => question(found.value),
            Reached::Unknown => Truth::Maybe,
            Reached::Each(all) => Truth::any(all.iter().map(|reached| reached.ask(question))),
            Reached::OneOf(all) => all_or_some(all.iter().map(|reached| reached.ask(question))),
        }
    }
}

/// A step of a path that enters any number of levels.
const ANY_DEPTH: &str = "**";

fn reach<'a>(value: &'a Value, span: Span, steps: &[&str]) -> Reached<'a> {
    match (value, steps) {
        (Value::OneOf(values), _) => {
            Reached::OneOf(values.iter().map(|value| reach(value, span, steps)).collect())
        }
        (Value::List(list), _) if list.open || !list.items.is_empty() => {
            let items = list.items.iter().map(|item| reach(&item.value, item.span, steps));
            Reached::Each(items.chain(list.open.then_some(Reached::Unknown)).collect())
        }
        (Value::Absent, _) => Reached::Each(Vec::new()),
        (_, []) => Reached::Value(FoundValue { value, span }),
        (Value::Unknown, _) => Reached::Unknown,
        (Value::Map(map), [step, rest @ ..]) => {
            let may_be_more = map.open && !map.entries.contains_key(*step);
            let mut all = Vec::from_iter(may_be_more.then_some(Reached::Unknown));
            let mut deeper = rest;
            if *step == ANY_DEPTH {
                all.push(reach(value, span, rest));
                deeper = steps;
            }
            let entries = entries_at(map, step);
            all.extend(entries.map(|entry| reach(&entry.value, entry.span, deeper)));
            Reached::Each(all)
        }
        // A text of which nothing is known may be a document in JSON, where one is asked for. At any depth, secrets are such texts.
        (Value::Text(text), [step, ..]) if text.is_any() && *step != ANY_DEPTH => Reached::Unknown,
        (Value::Bool(_) | Value::Text(_) | Value::List(_), _) => Reached::Each(Vec::new()),
    }
}

/// The entries that a step of a path leads to.
fn entries_at<'a>(map: &'a Map, step: &str) -> impl Iterator<Item = &'a Located> {
    let named = map.entries.get(step);
    let others = map.entries.values().filter(move |_| named.is_none());
    let all = step == "*" || step == ANY_DEPTH;
    named.into_iter().chain(others.take_while(move |_| all))
}

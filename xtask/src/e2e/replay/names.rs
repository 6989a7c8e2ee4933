//! Names that the emulator makes up otherwise than AWS does.
//!
//! A resource without a name gets one from its stack and its logical id. AWS cuts both by an algorithm of its own and ends with at
//! least 12 random characters; the emulator cuts elsewhere and ends with 8 hexadecimal digits, and some types get a name without
//! stack or logical id. A generated policy follows AWS, so it need not match what the emulator made up.
//!
//! The rule is narrow. A name counts as made by the emulator when it has exactly the form that the emulator makes for this stack and
//! this logical id, in a call for that very resource. It is then replaced, wherever else it stands in the recording, by the name
//! that AWS's algorithm gives the same resource; that request must be allowed. Nothing else is replaced, and nothing is let through.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use crate::e2e::calls::{Call, Request, Side, Subject};

const NAMES: &str = include_str!("../../../e2e/names.toml");

/// What stands for the random part of a name, as AWS makes it today.
const RANDOM: &str = "a1B2c3D4e5F6";

/// How many random characters the emulator adds.
const EMULATED: usize = 8;

/// How AWS names resources: the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: Vec<Rule>,
}

/// How AWS names the resources of a type.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    #[serde(rename = "type")]
    kind: String,
    /// The longest name that AWS makes.
    max: usize,
    #[serde(default)]
    form: Form,
    /// A text that the emulator writes where AWS writes stack and logical id.
    emulated: Option<String>,
    #[expect(dead_code, reason = "for the reader of the file")]
    source: String,
}

/// What AWS's names are made of.
#[derive(Clone, Copy, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
enum Form {
    /// `STACK-LOGICALID-RANDOM`; both share the room.
    #[default]
    Split,
    /// The same in lower case.
    Lower,
    /// `LOGICALID-RANDOM`.
    Logical,
    /// `CFN-LOGICALID-RANDOM`.
    Cfn,
    /// `LOGICALID`.
    Bare,
}

/// Names of the emulator, with the names that AWS would have made.
#[derive(Debug, Default)]
pub(crate) struct Names(BTreeMap<String, String>);

impl Names {
    /// Finds the names in a recording.
    pub(crate) fn of(calls: &[Call]) -> Result<Names, toml::de::Error> {
        let file: File = toml::from_str(NAMES)?;
        let mut names = BTreeMap::new();
        for call in calls.iter().filter(|call| call.side == Side::Engine) {
            let Some(Subject { stack: Some(stack), logical_id: Some(id), kind, .. }) =
                &call.resource
            else {
                continue;
            };
            let Some(rule) = file.name.iter().find(|rule| rule.kind == *kind) else { continue };
            for word in words(&call.params) {
                if rule.is_emulated(&word, stack, id) {
                    names.entry(word).or_insert_with(|| rule.real(stack, id));
                }
            }
        }
        Ok(Names(names))
    }

    /// The request with the names that AWS would have made; none, if it has no name of the emulator.
    pub(crate) fn rename(&self, request: &Request) -> Option<Request> {
        let change = |text: &str| {
            let mut text = text.to_owned();
            for (made, real) in &self.0 {
                if text.contains(made.as_str()) {
                    text = text.replace(made.as_str(), real);
                }
            }
            text
        };
        let mut renamed = request.clone();
        renamed.resource = request.resource.as_deref().map(change);
        for values in renamed.context.values_mut() {
            for value in values {
                *value = change(value);
            }
        }
        (renamed != *request).then_some(renamed)
    }
}

impl Rule {
    /// Whether a text is the name that the emulator makes for a logical id: its own way of cutting, then 8 hexadecimal digits.
    fn is_emulated(&self, name: &str, stack: &str, id: &str) -> bool {
        let Some(at) = name.len().checked_sub(EMULATED) else { return false };
        let Some((prefix, random)) = name.split_at_checked(at) else { return false };
        if !random.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)) {
            return false;
        }
        let id_part = cut(id, 24);
        let stack_part = cut(stack, 63 - 2 - EMULATED - id_part.len());
        let usual =
            [format!("{stack_part}-{id_part}-"), format!("{}-", cut(id, 63 - 1 - EMULATED))];
        let own = self.emulated.iter().map(|text| format!("{text}-"));
        usual.into_iter().chain(own).any(|made| made.eq_ignore_ascii_case(prefix))
    }

    /// A name as AWS makes it.
    fn real(&self, stack: &str, id: &str) -> String {
        let room = self.max.saturating_sub(RANDOM.len() + 1);
        match self.form {
            Form::Logical => format!("{}-{RANDOM}", cut(id, room)),
            Form::Cfn => format!("{}-{RANDOM}", cut(&format!("CFN-{id}"), room)),
            Form::Bare => cut(id, self.max).to_owned(),
            Form::Split => self.split(stack, id),
            Form::Lower => self.split(stack, id).to_lowercase(),
        }
    }

    /// Stack name and logical id get half of the room each, and either takes what the other leaves.
    fn split(&self, stack: &str, id: &str) -> String {
        let room = self.max.saturating_sub(RANDOM.len() + 2);
        let half = room / 2;
        let (of_stack, of_id) = match (stack.len(), id.len()) {
            (stack, id) if stack + id <= room => (stack, id),
            (stack, _) if stack <= half => (stack, room - stack),
            (_, id) if id <= room - half => (room - id, id),
            _ => (half, room - half),
        };
        format!("{}-{}-{RANDOM}", cut(stack, of_stack), cut(id, of_id))
    }
}

/// The start of a text. Stack names and logical ids are ASCII.
fn cut(text: &str, length: usize) -> &str {
    text.get(..length).unwrap_or(text)
}

/// What the parameters of a call say, whole and in the parts of ARNs and URLs.
fn words(params: &serde_json::Map<String, Value>) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    let mut open: Vec<&Value> = params.values().collect();
    while let Some(value) = open.pop() {
        match value {
            Value::String(text) => {
                words.extend(text.split([':', '/']).map(str::to_owned));
            }
            Value::Array(items) => open.extend(items),
            Value::Object(map) => open.extend(map.values()),
            _ => {}
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell;

    /// Names in mixed case are those of the generator that AWS uses today; an older one made them in upper case.
    #[test]
    fn names_are_those_that_aws_made() {
        let file: File = toml::from_str(NAMES).unwrap();
        let path = shell::root().join("crates/stacks/data/name-vectors.tsv");
        let text = shell::read(&path).unwrap();
        let mut compared = 0;
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let fields: Vec<&str> = line.split('\t').collect();
            let [kind, stack, id, name, ..] = fields[..] else { panic!("no name in {line}") };
            let Some(rule) = file.name.iter().find(|rule| rule.kind == kind) else { continue };
            if rule.form == Form::Bare {
                assert_eq!(rule.real(stack, id), name, "{line}");
                continue;
            }
            let (prefix, random) = name.rsplit_once('-').unwrap();
            let is_of_today =
                random.len() == RANDOM.len() && random.chars().any(char::is_lowercase);
            if stack.contains('*') || rule.form == Form::Lower || !is_of_today {
                continue;
            }
            let real = rule.real(stack, id);
            assert_eq!(real.rsplit_once('-').unwrap().0, prefix, "{line}");
            compared += 1;
        }
        assert!(compared > 20, "{compared}");
    }
}

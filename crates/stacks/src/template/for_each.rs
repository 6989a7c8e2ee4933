//! One turn of a loop: the fragment of `Fn::ForEach` with an item in place of the loop's identifier.
//!
//! The form is that of
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-foreach.html>.
//! `${Identifier}` stands for the item in keys and in texts, `&{Identifier}` for its letters and digits, and `Ref` of the
//! identifier for the item as a value. Which items there are is worked out where parameters are known.

use stackpass_ground::tree::{Entry, Kind, Node};

/// The transform that runs loops.
pub(crate) const LANGUAGE_EXTENSIONS: &str = "AWS::LanguageExtensions";

/// Whether a key is that of a loop.
pub(crate) fn is_loop(key: &str) -> bool {
    key.starts_with("Fn::ForEach::")
}

/// A section in which loops may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// `Conditions`.
    Conditions,
    /// `Resources`.
    Resources,
    /// `Outputs`.
    Outputs,
}

/// A loop that makes entries of a section, before it is run.
#[derive(Clone, Debug, PartialEq)]
pub struct Loop {
    /// Where it stands.
    pub section: Section,
    /// Its key and what stands under it, as they are written.
    pub entry: Entry,
}

/// The three parts of a loop.
#[derive(Clone, Copy)]
pub(crate) struct Parts<'a> {
    /// What stands for an item inside of the fragment.
    pub(crate) identifier: &'a str,
    /// What the items are.
    pub(crate) collection: &'a Node,
    /// What is repeated: entries of a mapping.
    pub(crate) fragment: &'a [Entry],
}

/// Takes a loop apart; `None` if it has another form.
pub(crate) fn parts(node: &Node) -> Option<Parts<'_>> {
    let [identifier, collection, fragment] = node.items() else { return None };
    let Kind::Map(entries) = &fragment.kind else { return None };
    Some(Parts { identifier: identifier.as_str()?, collection, fragment: entries })
}

/// How many bytes all turns of a template's loops may take together. A template that CloudFormation takes has one megabyte.
const MAX_BYTES: usize = 4 << 20;

/// About how many bytes a value takes beside its texts.
const NODE: usize = 16;

/// How much may still be repeated.
#[derive(Debug)]
pub(crate) struct Room(usize);

impl Default for Room {
    fn default() -> Room {
        Room(MAX_BYTES)
    }
}

impl Room {
    fn take(&mut self, bytes: usize) -> Option<()> {
        self.0 = self.0.checked_sub(bytes)?;
        Some(())
    }
}

/// An item that takes the place of an identifier.
struct Turn<'a> {
    identifier: &'a str,
    item: &'a str,
    /// `${Identifier}` and what it becomes.
    plain: (String, &'a str),
    /// `&{Identifier}` and what it becomes.
    stripped: (String, String),
}

/// The entries of a fragment for one item; `None` if there is no room for them.
pub(crate) fn turn(parts: Parts<'_>, item: &str, room: &mut Room) -> Option<Vec<Entry>> {
    let identifier = parts.identifier;
    let turn = Turn {
        identifier,
        item,
        plain: (format!("${{{identifier}}}"), item),
        stripped: (
            format!("&{{{identifier}}}"),
            item.chars().filter(char::is_ascii_alphanumeric).collect(),
        ),
    };
    turn.entries(parts.fragment, room)
}

impl Turn<'_> {
    fn entries(&self, entries: &[Entry], room: &mut Room) -> Option<Vec<Entry>> {
        entries
            .iter()
            .map(|entry| {
                Some(Entry {
                    key: self.text(&entry.key, room)?,
                    key_span: entry.key_span,
                    value: self.node(&entry.value, room)?,
                })
            })
            .collect()
    }

    fn node(&self, node: &Node, room: &mut Room) -> Option<Node> {
        room.take(NODE)?;
        if self.is_identifier(node) {
            room.take(self.item.len())?;
            return Some(Node::string(self.item, node.span));
        }
        let kind = match &node.kind {
            Kind::String(text) => Kind::String(self.text(text, room)?),
            Kind::List(items) => {
                Kind::List(items.iter().map(|item| self.node(item, room)).collect::<Option<_>>()?)
            }
            Kind::Map(entries) => Kind::Map(self.entries(entries, room)?),
            other => other.clone(),
        };
        Some(Node { kind, span: node.span, tag: node.tag.clone() })
    }

    /// Whether a value is `Ref` of the identifier, in the short form or in the long one.
    fn is_identifier(&self, node: &Node) -> bool {
        let is_named = |node: &Node| node.as_str() == Some(self.identifier);
        match (node.tag.as_deref(), node.entries()) {
            (Some("Ref"), _) => is_named(node),
            (None, [entry]) => entry.key == "Ref" && is_named(&entry.value),
            _ => false,
        }
    }

    fn text(&self, text: &str, room: &mut Room) -> Option<String> {
        let repeats = text.matches(&self.plain.0).count() + text.matches(&self.stripped.0).count();
        room.take(text.len() + repeats.saturating_mul(self.item.len()))?;
        if repeats == 0 {
            return Some(text.to_owned());
        }
        Some(text.replace(&self.plain.0, self.plain.1).replace(&self.stripped.0, &self.stripped.1))
    }
}

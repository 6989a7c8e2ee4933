//! Nodes that the expansion makes. Each stands where the thing stands that it comes from.

use stackpass_ground::source::Span;
use stackpass_ground::tree::{Entry, Kind, Node};

use crate::template::function;

/// A place at which nodes are made.
#[derive(Clone, Copy, Debug)]
pub(super) struct At(pub(super) Span);

impl At {
    fn node(self, kind: Kind) -> Node {
        Node::new(kind, self.0)
    }

    pub(super) fn text(self, text: impl Into<String>) -> Node {
        self.node(Kind::String(text.into()))
    }

    pub(super) fn yes(self) -> Node {
        self.node(Kind::Bool(true))
    }

    pub(super) fn list(self, items: impl IntoIterator<Item = Node>) -> Node {
        self.node(Kind::List(items.into_iter().collect()))
    }

    pub(super) fn map<const N: usize>(self, entries: [(&str, Node); N]) -> Node {
        let entries = entries.into_iter().map(|(key, value)| self.entry(key, value));
        self.node(Kind::Map(entries.collect()))
    }

    fn entry(self, key: &str, value: Node) -> Entry {
        Entry { key: key.to_owned(), key_span: self.0, value }
    }

    pub(super) fn reference(self, logical_id: &str) -> Node {
        self.map([("Ref", self.text(logical_id))])
    }

    pub(super) fn attribute(self, logical_id: &str, attribute: &str) -> Node {
        let argument = self.list([self.text(logical_id), self.text(attribute)]);
        self.map([("Fn::GetAtt", argument)])
    }

    pub(super) fn sub(self, text: impl Into<String>) -> Node {
        self.map([("Fn::Sub", self.text(text))])
    }

    /// `Fn::Sub` with one variable of its own.
    pub(super) fn sub_with(self, text: impl Into<String>, name: &str, value: Node) -> Node {
        let argument = self.list([self.text(text), self.map([(name, value)])]);
        self.map([("Fn::Sub", argument)])
    }

    pub(super) fn choice(self, condition: Node, yes: Node, no: Node) -> Node {
        self.map([("Fn::If", self.list([condition, yes, no]))])
    }

    /// A text of which nothing is known. No function gives just that; the outcome of this one is never looked into.
    pub(super) fn any_text(self) -> Node {
        self.map([("Fn::Base64", self.text(""))])
    }

    /// The trust policy of a role that a service takes on.
    pub(super) fn trust(self, service: &str) -> Node {
        let statement = self.map([
            ("Effect", self.text("Allow")),
            ("Action", self.list([self.text("sts:AssumeRole")])),
            ("Principal", self.map([("Service", self.list([self.text(service)]))])),
        ]);
        self.map([("Version", self.text("2012-10-17")), ("Statement", self.list([statement]))])
    }

    /// An entry of a role's `Policies`. What it allows the role decides about nothing here.
    pub(super) fn inline_policy(self, name: &str) -> Node {
        self.map([("PolicyName", self.text(name)), ("PolicyDocument", self.map([]))])
    }

    /// The ARN of a policy that AWS keeps, given its path and name.
    pub(super) fn managed_policy(self, path: &str) -> Node {
        self.sub(format!("arn:${{AWS::Partition}}:iam::aws:policy/{path}"))
    }

    /// The entries of a map of tags as a list of keys and values.
    pub(super) fn tag(self, key: &str, value: Node) -> Node {
        self.map([("Key", self.text(key)), ("Value", value)])
    }
}

/// The properties of a resource on the way.
#[derive(Clone, Debug, Default)]
pub(super) struct Properties(Vec<Entry>);

impl Properties {
    /// Sets a property, over what it was before.
    pub(super) fn set(&mut self, key: &str, value: Node) {
        self.0.retain(|entry| entry.key != key);
        self.0.push(At(value.span).entry(key, value));
    }

    pub(super) fn set_some(&mut self, key: &str, value: Option<Node>) {
        if let Some(value) = value {
            self.set(key, value);
        }
    }

    /// Takes the properties over that are there.
    pub(super) fn copy(&mut self, from: &Node, keys: &[&str]) {
        for key in keys {
            self.copy_as(from, key, key);
        }
    }

    /// Takes all properties over but some.
    pub(super) fn copy_all_but(&mut self, from: &Node, keys: &[&str]) {
        let rest = from.entries().iter().filter(|entry| !keys.contains(&entry.key.as_str()));
        self.0.extend(rest.filter(|entry| entry.value.kind != Kind::Null).cloned());
    }

    /// Takes a property over that has another name.
    pub(super) fn copy_as(&mut self, from: &Node, key: &str, name: &str) {
        if let Some(found) = entry(from, key) {
            self.0.retain(|entry| entry.key != name);
            self.0.push(Entry { key: name.to_owned(), ..found.clone() });
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn into_node(self, at: At) -> Node {
        at.node(Kind::Map(self.0))
    }
}

/// An entry of a mapping that holds something.
pub(super) fn entry<'a>(node: &'a Node, key: &str) -> Option<&'a Entry> {
    let found = node.entries().iter().rev().find(|entry| entry.key == key);
    found.filter(|entry| entry.value.kind != Kind::Null)
}

/// The value of an entry that holds something.
pub(super) fn field<'a>(node: &'a Node, key: &str) -> Option<&'a Node> {
    entry(node, key).map(|entry| &entry.value)
}

/// The span of an entry from its key to the end of its value.
pub(super) fn entry_at(entry: &Entry) -> At {
    At(Span::new(entry.key_span.start, entry.value.span.end.max(entry.key_span.end)))
}

/// Whether a node is `AWS::NoValue`.
pub(super) fn is_no_value(node: &Node) -> bool {
    matches!(function(node), Some(("Ref", target)) if target.as_str() == Some("AWS::NoValue"))
}

/// The three parts of `Fn::If`.
pub(super) fn if_parts(node: &Node) -> Option<(&Node, &Node, &Node)> {
    match function(node) {
        Some(("Fn::If", argument)) => match argument.items() {
            [condition, yes, no] => Some((condition, yes, no)),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a node is certainly false: the boolean, or the word.
pub(super) fn is_false(node: &Node) -> bool {
    matches!(node.scalar(), Some("false" | "False"))
}

/// The resource that a reference names: the target of `Ref`, of `Fn::GetAtt`, or of a `Fn::Sub` that is nothing but one.
pub(super) fn referred(node: &Node) -> Option<&str> {
    match function(node)? {
        ("Ref", target) => target.as_str(),
        ("Fn::GetAtt", argument) => match argument.items() {
            [target, ..] => target.as_str(),
            _ => argument.as_str()?.split('.').next(),
        },
        ("Fn::Sub", argument) => {
            let inner = argument.as_str()?.strip_prefix("${")?.strip_suffix('}')?;
            inner.split('.').next().filter(|target| !target.contains(['$', '{', '!']))
        }
        _ => None,
    }
}

/// A short text that is the same for the same values, for logical ids that SAM derives from a value.
///
/// SAM's own are of SHA-1. Ours only keep apart what is different: resources with such ids are never named after them.
pub(super) fn digest(node: &Node) -> String {
    let mut text = String::new();
    write_plain(node, &mut text);
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    format!("{:010x}", hash & 0xff_ffff_ffff)
}

/// Writes a node without its places.
fn write_plain(node: &Node, text: &mut String) {
    match &node.kind {
        Kind::List(items) => {
            text.push('[');
            for item in items {
                write_plain(item, text);
                text.push(',');
            }
            text.push(']');
        }
        Kind::Map(entries) => {
            text.push('{');
            for entry in entries {
                text.push_str(&entry.key);
                text.push(':');
                write_plain(&entry.value, text);
                text.push(',');
            }
            text.push('}');
        }
        _ => text.push_str(node.scalar().unwrap_or("null")),
    }
}

/// Appends to the list at a path, which is made if it is not there. A value that a function gives is left alone.
pub(super) fn append(node: &mut Node, at: At, path: &[&str], items: Vec<Node>) {
    match path {
        [key, rest @ ..] => with_child(node, at, key, |child| append(child, at, rest, items)),
        [] => match &mut node.kind {
            Kind::List(list) => list.extend(items),
            Kind::Map(entries) if entries.is_empty() => node.kind = Kind::List(items),
            _ => {}
        },
    }
}

/// Changes the value of a key, which is an empty mapping if it was not there.
pub(super) fn with_child(node: &mut Node, at: At, key: &str, change: impl FnOnce(&mut Node)) {
    if function(node).is_some() {
        return;
    }
    let Kind::Map(entries) = &mut node.kind else { return };
    entries.retain(|entry| entry.key != key || entry.value.kind != Kind::Null);
    if let Some(found) = entries.iter_mut().rev().find(|entry| entry.key == key) {
        change(&mut found.value);
        return;
    }
    let mut value = at.map([]);
    change(&mut value);
    entries.push(at.entry(key, value));
}

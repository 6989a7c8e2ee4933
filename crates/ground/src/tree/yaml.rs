//! YAML to a tree with places.
//!
//! Plain scalars are judged as YAML 1.2 judges them: `true` and `false` are booleans, `yes` and `on` stay strings, and a number
//! keeps the text it was written with, so that an account id keeps its zeros. Aliases and merge keys are resolved, up to a
//! limit. Only the first document of a text is read. The grammar allows no going on after broken syntax, so what stood before
//! it is returned.

use std::collections::{HashMap, HashSet};

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, StructureStyle, Tag};

use crate::code::Code;
use crate::codes;
use crate::{
    source::{Diagnostic, Span},
    tree::{Entry, Kind, MAX_DEPTH, Node, report, report_duplicate_keys},
};

/// How many bytes anchors and aliases may copy. A few lines of aliases of aliases would else fill any memory.
const MAX_COPIED: usize = 16 << 20;

/// What a node counts for in [`MAX_COPIED`] beside its text.
const NODE_WEIGHT: usize = 128;

/// Reads a text as YAML.
///
/// The node is `None` only if there is no document, or if broken syntax stands before its first value.
///
/// ```
/// use stackpass_ground::tree::yaml;
///
/// let (node, problems) = yaml::read("Id: 000123\nName: !Ref Stage\n");
/// let node = node.unwrap_or_else(|| unreachable!("the text has a document"));
/// assert_eq!(node.field("Id").and_then(|id| id.scalar()), Some("000123"));
/// assert_eq!(node.field("Name").and_then(|name| name.tag.as_deref()), Some("Ref"));
/// assert_eq!(problems, []);
/// ```
pub fn read(text: &str) -> (Option<Node>, Vec<Diagnostic>) {
    let options = granit_parser::options! {
        emit_comments: false,
        emit_unresolved_aliases: true,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    };
    let mut builder = Builder { text, ..Builder::default() };
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = match event {
            Ok(event) => event,
            Err(error) => {
                builder.syntax_error(&error);
                break;
            }
        };
        let value = builder.span(&span);
        let whole = span.tag_span().map_or(value, |tag| {
            let start = builder.span(&tag).start;
            Span::new(start.min(value.start), value.end)
        });
        if let Flow::Stop = builder.take(event, whole) {
            break;
        }
    }
    builder.finish()
}

/// Whether to go on with the next event.
enum Flow {
    GoOn,
    Stop,
}

/// Builds the tree from the parser's events, in a loop: a list of open containers takes the place of recursion.
#[derive(Default)]
struct Builder<'a> {
    text: &'a str,
    open: Vec<Container>,
    root: Option<Node>,
    documents: usize,
    anchors: HashMap<usize, Anchored>,
    copied: usize,
    diagnostics: Vec<Diagnostic>,
}

/// A list or mapping whose end has not been read.
struct Container {
    contents: Contents,
    tag: Option<String>,
    anchor: usize,
    span: Span,
    is_flow: bool,
    /// How deep the values in here stand in one another.
    height: usize,
}

enum Contents {
    List(Vec<Node>),
    Map { entries: Vec<Entry>, merged: Vec<Node>, key: Option<Key> },
}

/// A key whose value has not been read.
enum Key {
    Plain(String, Span),
    /// `<<`: the value's entries become entries of the mapping.
    Merge(Span),
    /// Not a scalar; reported, and its value is dropped.
    Unusable,
}

/// A node that aliases can refer to.
struct Anchored {
    node: Node,
    weight: usize,
    height: usize,
}

impl Builder<'_> {
    fn span(&self, span: &granit_parser::Span) -> Span {
        let range = span.byte_range().unwrap_or_default();
        Span::new(
            self.text.floor_char_boundary(range.start),
            self.text.floor_char_boundary(range.end),
        )
    }

    fn problem(&mut self, diagnostic: Diagnostic) {
        report(&mut self.diagnostics, diagnostic);
    }

    fn error(&mut self, code: Code, span: Span, message: impl Into<String>, help: &str) {
        self.problem(Diagnostic::error(code, span, message).with_help(help));
    }

    fn take(&mut self, event: Event<'_>, span: Span) -> Flow {
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    let message = "a second document starts here; only the first is read";
                    let problem = Diagnostic::warning(codes::SEVERAL_DOCUMENTS, span, message);
                    self.problem(problem.with_help("keep one document in a file"));
                    return Flow::Stop;
                }
            }
            Event::Scalar(text, style, anchor, tag) => {
                let tag = tag.as_deref();
                if style == ScalarStyle::Plain && tag.is_none() && text == "<<" && self.wants_key()
                {
                    self.put_key(Key::Merge(span));
                    return Flow::GoOn;
                }
                let kind = scalar_kind(&text, style, tag);
                let node = Node { kind, span, tag: tag.and_then(local_tag) };
                if self.wants_key() {
                    self.put_key(Key::Plain(text.into_owned(), span));
                    self.anchor(anchor, &node, 0);
                } else {
                    self.anchor(anchor, &node, 0);
                    self.put(node, 0);
                }
            }
            Event::SequenceStart(style, anchor, tag) => {
                return self.open(Contents::List(Vec::new()), style, anchor, tag.as_deref(), span);
            }
            Event::MappingStart(style, anchor, tag) => {
                let contents = Contents::Map { entries: Vec::new(), merged: Vec::new(), key: None };
                return self.open(contents, style, anchor, tag.as_deref(), span);
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(Some(span)),
            Event::Alias(id) => self.alias(id, span),
            Event::UnresolvedAlias(name) => {
                let message = format!("no anchor `&{name}` stands before this alias");
                self.error(
                    codes::UNKNOWN_ALIAS,
                    span,
                    message,
                    "define it further up, or write the value out",
                );
                self.put(Node::new(Kind::Null, span), 0);
            }
            _ => {}
        }
        Flow::GoOn
    }

    fn wants_key(&self) -> bool {
        self.open
            .last()
            .is_some_and(|container| matches!(container.contents, Contents::Map { key: None, .. }))
    }

    fn put_key(&mut self, new: Key) {
        if let Some(Container { contents: Contents::Map { key, .. }, .. }) = self.open.last_mut() {
            *key = Some(new);
        }
    }

    fn open(
        &mut self,
        contents: Contents,
        style: StructureStyle,
        anchor: usize,
        tag: Option<&Tag>,
        span: Span,
    ) -> Flow {
        if self.open.len() >= MAX_DEPTH {
            self.too_deep(span);
            return Flow::Stop;
        }
        self.open.push(Container {
            contents,
            tag: tag.and_then(local_tag),
            anchor,
            span,
            is_flow: style == StructureStyle::Flow,
            height: 0,
        });
        Flow::GoOn
    }

    fn too_deep(&mut self, span: Span) {
        let message = format!("values stand more than {MAX_DEPTH} deep in one another");
        self.error(
            codes::TOO_DEEP,
            span,
            message,
            "no template or policy is that deep; make it flatter",
        );
    }

    /// Closes the innermost container. Without an end event its last value ends it, and a key without a value is dropped.
    fn close(&mut self, end: Option<Span>) {
        let Some(container) = self.open.pop() else { return };
        let Container { contents, tag, anchor, mut span, is_flow, height } = container;
        // The end event of a block stands where the next token starts, lines further down; the last value is its real end.
        if let Some(end) = end.filter(|_| is_flow) {
            span.end = span.end.max(end.end);
        }
        let kind = match contents {
            Contents::List(items) => {
                span.end = items.last().map_or(span.end, |item| span.end.max(item.span.end));
                Kind::List(items)
            }
            Contents::Map { mut entries, merged, key: _ } => {
                let last_end =
                    |entry: &Entry| span.end.max(entry.key_span.end).max(entry.value.span.end);
                span.end = entries.last().map_or(span.end, last_end);
                report_duplicate_keys(&entries, &mut self.diagnostics);
                merge(&mut entries, merged);
                Kind::Map(entries)
            }
        };
        let node = Node { kind, span, tag };
        self.anchor(anchor, &node, height + 1);
        self.put(node, height + 1);
    }

    /// Puts a finished value where it belongs.
    fn put(&mut self, node: Node, height: usize) {
        let Some(container) = self.open.last_mut() else {
            self.root.get_or_insert(node);
            return;
        };
        container.height = container.height.max(height);
        let key = match &mut container.contents {
            Contents::List(items) => return items.push(node),
            Contents::Map { key, .. } => key,
        };
        match key.take() {
            None => self.put_node_as_key(&node),
            Some(Key::Plain(key, key_span)) => {
                if let Contents::Map { entries, .. } = &mut container.contents {
                    entries.push(Entry { key, key_span, value: node });
                }
            }
            Some(Key::Merge(key_span)) => {
                if !is_mergeable(&node) {
                    let message = format!("`<<` merges mappings, this is {}", node.kind_name());
                    let help = "write an alias of a mapping, or a list of such aliases";
                    self.error(codes::INVALID_MERGE, key_span, message, help);
                } else if let Contents::Map { merged, .. } = &mut container.contents {
                    merged.push(node);
                }
            }
            Some(Key::Unusable) => {}
        }
    }

    fn put_node_as_key(&mut self, node: &Node) {
        if let Some(text) = node.scalar() {
            self.put_key(Key::Plain(text.to_owned(), node.span));
            return;
        }
        let message = format!("a key has to be a string, this is {}", node.kind_name());
        self.error(codes::KEY_EXPECTED, node.span, message, "write `key: value`");
        self.put_key(Key::Unusable);
    }

    /// Remembers a node for its aliases.
    fn anchor(&mut self, id: usize, node: &Node, height: usize) {
        if id == 0 {
            return;
        }
        let weight = weight(node);
        if self.copy(weight, node.span) {
            self.anchors.insert(id, Anchored { node: node.clone(), weight, height });
        }
    }

    fn alias(&mut self, id: usize, span: Span) {
        let null = Node::new(Kind::Null, span);
        let Some(anchored) = self.anchors.get(&id) else {
            // An anchor without a node is one whose node is still open, or one that was too much to remember.
            if self.copied <= MAX_COPIED {
                let help = "write the value out";
                self.error(
                    codes::RECURSIVE_ALIAS,
                    span,
                    "this alias stands in its own value",
                    help,
                );
            }
            return self.put(null, 0);
        };
        let (weight, height) = (anchored.weight, anchored.height);
        if self.open.len() + height > MAX_DEPTH {
            self.too_deep(span);
            return self.put(null, 0);
        }
        if !self.copy(weight, span) {
            return self.put(null, 0);
        }
        let node = self.anchors.get(&id).map_or(null, |anchored| anchored.node.clone());
        self.put(Node { span, ..node }, height);
    }

    /// Counts a copy; false if it would be one too many.
    fn copy(&mut self, weight: usize, span: Span) -> bool {
        let is_first = self.copied <= MAX_COPIED;
        self.copied = self.copied.saturating_add(weight);
        let is_allowed = self.copied <= MAX_COPIED;
        if !is_allowed && is_first {
            let message = "the aliases of this text stand for too much to write out";
            self.error(
                codes::TOO_MANY_ALIASES,
                span,
                message,
                "write the values out, or use fewer aliases of aliases",
            );
        }
        is_allowed
    }

    fn syntax_error(&mut self, error: &ScanError) {
        let offset = error.marker().byte_offset().unwrap_or(self.text.len());
        let offset = self.text.floor_char_boundary(offset);
        // The parser points behind a tab that it has just refused.
        let before = self.text.get(..offset).unwrap_or_default();
        let offset =
            if is_tab_error(error.kind()) { before.trim_end_matches('\t').len() } else { offset };
        let next = self.text.get(offset..).and_then(|rest| rest.chars().next());
        let end = next.filter(|next| *next != '\n').map_or(offset, |next| offset + next.len_utf8());
        let span = Span::new(offset, end);
        if matches!(error.kind(), ErrorKind::RecursionLimitExceeded) {
            return self.too_deep(span);
        }
        let (message, help) = explain(error.kind(), next);
        self.problem(Diagnostic { help, ..Diagnostic::error(codes::YAML_SYNTAX, span, message) });
    }

    fn finish(mut self) -> (Option<Node>, Vec<Diagnostic>) {
        while !self.open.is_empty() {
            self.close(None);
        }
        if self.root.is_none() && self.diagnostics.is_empty() {
            let end = Span::new(self.text.len(), self.text.len());
            self.problem(Diagnostic::error(codes::EMPTY_INPUT, end, "there is nothing to read"));
        }
        (self.root, self.diagnostics)
    }
}

/// Adds the entries of merged mappings. What the mapping says itself wins, then what was merged first.
fn merge(entries: &mut Vec<Entry>, merged: Vec<Node>) {
    if merged.is_empty() {
        return;
    }
    let mut known: HashSet<String> = entries.iter().map(|entry| entry.key.clone()).collect();
    let mappings = merged.into_iter().flat_map(|node| match node.kind {
        Kind::List(items) => items,
        _ => vec![node],
    });
    for mapping in mappings {
        let Kind::Map(new) = mapping.kind else { continue };
        entries.extend(new.into_iter().filter(|entry| known.insert(entry.key.clone())));
    }
}

/// The name of a tag that is not one of YAML's own.
fn local_tag(tag: &Tag) -> Option<String> {
    let name = match tag.parts() {
        ("", "!") | ("tag:yaml.org,2002:", _) => return None,
        ("!", suffix) => suffix.to_owned(),
        (handle, suffix) => format!("{handle}{suffix}"),
    };
    Some(name)
}

fn scalar_kind(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Kind {
    let string = || Kind::String(text.to_owned());
    let judged = || match text {
        "" | "~" | "null" | "Null" | "NULL" => Kind::Null,
        "true" | "True" | "TRUE" => Kind::Bool(true),
        "false" | "False" | "FALSE" => Kind::Bool(false),
        _ if is_number(text) => Kind::Number(text.to_owned()),
        _ => string(),
    };
    match tag.map(Tag::parts) {
        Some(("tag:yaml.org,2002:", "bool" | "int" | "float" | "null")) => judged(),
        // The tag of a short form says nothing about the kind of its value; any other tag, `!!str` and `!` too, makes a string.
        Some(("", "!") | ("tag:yaml.org,2002:", _)) => string(),
        _ if style == ScalarStyle::Plain => judged(),
        _ => string(),
    }
}

/// Whether a plain scalar is a number: decimal, with a sign, a fraction or an exponent, or hexadecimal or octal.
///
/// Dates, times and versions (`2012-10-17`, `12:30`, `1.2.3`) are none.
fn is_number(text: &str) -> bool {
    let is_all = |digits: &str, is_digit: fn(&u8) -> bool| {
        !digits.is_empty() && digits.as_bytes().iter().all(is_digit)
    };
    if let Some(digits) = text.strip_prefix("0x") {
        return is_all(digits, u8::is_ascii_hexdigit);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return is_all(digits, |digit| (b'0'..=b'7').contains(digit));
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let has_digits = !(whole.is_empty() && fraction.is_empty());
    let is_digits = |digits: &str| is_all(digits, u8::is_ascii_digit);
    has_digits
        && (whole.is_empty() || is_digits(whole))
        && (fraction.is_empty() || is_digits(fraction))
        && exponent
            .map(|exponent| exponent.strip_prefix(['+', '-']).unwrap_or(exponent))
            .is_none_or(is_digits)
}

fn is_mergeable(node: &Node) -> bool {
    match &node.kind {
        Kind::Map(_) => true,
        Kind::List(items) => items.iter().all(|item| matches!(item.kind, Kind::Map(_))),
        _ => false,
    }
}

/// How much a copy of a node takes, about.
fn weight(node: &Node) -> usize {
    let own = match &node.kind {
        Kind::Null | Kind::Bool(_) => 0,
        Kind::Number(text) | Kind::String(text) => text.len(),
        Kind::List(items) => items.iter().map(weight).sum(),
        Kind::Map(entries) => {
            entries.iter().map(|entry| entry.key.len() + weight(&entry.value)).sum()
        }
    };
    NODE_WEIGHT.saturating_add(own)
}

fn is_tab_error(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::TabNotAllowed
            | ErrorKind::TabInBlockIndentation
            | ErrorKind::TabInIndentation
            | ErrorKind::TabAtBlockScalarStart
            | ErrorKind::TabInPlainScalar
    )
}

/// What is wrong and what to do, for the errors that people make; the parser's own words for the rest.
fn explain(kind: &ErrorKind, next: Option<char>) -> (String, Option<String>) {
    let (message, help) = match kind {
        kind if is_tab_error(kind) => ("a tab cannot indent YAML", "indent with spaces"),
        ErrorKind::UnexpectedCharacter { .. } if next == Some('\t') => {
            ("a tab cannot indent YAML", "indent with spaces")
        }
        ErrorKind::UnclosedQuotedScalar => {
            ("the quoted string is never closed", "add the closing quote")
        }
        ErrorKind::UnknownQuotedScalarEscape => (
            "YAML has no such escape",
            "write `\\\\` if a backslash is meant, or use single quotes",
        ),
        ErrorKind::InvalidTrailingSingleQuotedScalar
        | ErrorKind::InvalidTrailingDoubleQuotedScalar => (
            "text follows the closing quote",
            "quote the whole value, and double a single quote inside of single quotes",
        ),
        ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey => (
            "no colon follows this key",
            "write `key: value`, and indent the lines of a longer text",
        ),
        ErrorKind::MappingValueNotAllowed => (
            "a value cannot start here",
            "indent it like the lines around it, or quote text that holds a colon and a space",
        ),
        ErrorKind::ExpectedBlockMappingKey
        | ErrorKind::ExpectedBlockSequenceEntry
        | ErrorKind::InvalidIndentation
        | ErrorKind::BlockSequenceEntryNotAllowed => {
            ("this line is not indented like the ones it belongs to", "align it with them")
        }
        ErrorKind::UnexpectedEofFlowSequence | ErrorKind::ExpectedFlowSequenceSeparator => {
            ("the list is never closed, or a comma is missing", "add `]` or `,`")
        }
        ErrorKind::UnexpectedEofFlowMapping | ErrorKind::ExpectedFlowMappingSeparator => {
            ("the mapping is never closed, or a comma is missing", "add `}` or `,`")
        }
        ErrorKind::UnclosedFlowCollection { open } => {
            return (
                format!("`{open}` is never closed"),
                Some("add the closing bracket".to_owned()),
            );
        }
        ErrorKind::UnexpectedCharacter { character } => {
            let message = format!("`{}` cannot start a value", character.escape_debug());
            return (message, Some("put the value in quotes".to_owned()));
        }
        ErrorKind::UndeclaredTagHandle => (
            "the prefix of this tag is not declared",
            "CloudFormation's short forms look like `!Ref`",
        ),
        other => return (other.to_string(), None),
    };
    (message.to_owned(), Some(help.to_owned()))
}

#[cfg(test)]
mod tests;

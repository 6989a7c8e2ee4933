//! JSON to a tree with places, going on after errors.
//!
//! What a person writes by hand is almost JSON: comments, a comma too many, a comma too few, quotes from a word processor.
//! This reader says all of that at once and still returns what was meant. What leaves no doubt and only has to be taken out
//! (comments, trailing commas, a byte order mark) is a warning; the rest is an error.

mod string;

use self::string::closing_quote;
use crate::code::Code;
use crate::codes;
use crate::{
    source::{Diagnostic, Span},
    tree::{Entry, Kind, MAX_DEPTH, Node, report, report_duplicate_keys},
};

/// Reads a text as JSON.
///
/// The node is `None` only if the text is blank. It runs in linear time, and numbers keep the text they were written with.
///
/// ```
/// use stackpass_ground::tree::json;
///
/// let (node, problems) = json::read(r#"{"a": 1, "a": 2,}"#);
/// assert_eq!(node.map(|node| node.entries().len()), Some(2));
/// let codes: Vec<_> = problems.iter().map(|problem| problem.code).collect();
/// assert_eq!(codes, ["trailing-comma", "duplicate-key"]);
/// ```
pub fn read(text: &str) -> (Option<Node>, Vec<Diagnostic>) {
    let mut reader = Reader {
        text,
        at: 0,
        closers: Vec::new(),
        is_end_reported: false,
        diagnostics: Vec::new(),
    };
    reader.skip_byte_order_mark();
    reader.skip_blank();
    if reader.peek().is_none() {
        let problem =
            Diagnostic::error(codes::EMPTY_INPUT, reader.here(), "there is nothing to read");
        reader.problem(problem);
        return (None, reader.diagnostics);
    }
    let root = reader.value();
    reader.skip_blank();
    if reader.peek().is_some() {
        let problem = Diagnostic::error(
            codes::TRAILING_CONTENT,
            Span::new(reader.at, text.len()),
            "the value is complete, but the text goes on",
        );
        reader.problem(problem.with_help("keep one value in a file"));
    }
    (Some(root), reader.diagnostics)
}

struct Reader<'a> {
    text: &'a str,
    /// The next byte to read; always on a character boundary.
    at: usize,
    /// The brackets that close the open containers, outermost first.
    closers: Vec<char>,
    /// Whether it was said that the text ends too early, which is said once.
    is_end_reported: bool,
    diagnostics: Vec<Diagnostic>,
}

/// What stands behind an item of a container.
enum Next {
    Item,
    End,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn skip(&mut self, character: char) {
        self.at += character.len_utf8();
    }

    fn skip_if(&mut self, character: char) -> bool {
        let is_next = self.peek() == Some(character);
        if is_next {
            self.skip(character);
        }
        is_next
    }

    /// An empty span at the next character.
    fn here(&self) -> Span {
        Span::new(self.at, self.at)
    }

    /// The span from a start to the next character.
    fn since(&self, start: usize) -> Span {
        Span::new(start, self.at)
    }

    fn problem(&mut self, diagnostic: Diagnostic) {
        report(&mut self.diagnostics, diagnostic);
    }

    fn error(&mut self, code: Code, span: Span, message: impl Into<String>, help: &str) {
        self.problem(Diagnostic::error(code, span, message).with_help(help));
    }

    fn warning(&mut self, code: Code, span: Span, message: impl Into<String>, help: &str) {
        self.problem(Diagnostic::warning(code, span, message).with_help(help));
    }

    fn skip_byte_order_mark(&mut self) {
        if self.skip_if('\u{FEFF}') {
            let span = self.since(0);
            let message = "the text starts with a byte order mark";
            self.warning(
                codes::BYTE_ORDER_MARK,
                span,
                message,
                "save the file as UTF-8 without one",
            );
        }
    }

    /// Skips white space and comments.
    fn skip_blank(&mut self) {
        while let Some(next) = self.peek() {
            match next {
                ' ' | '\t' | '\n' | '\r' => self.skip(next),
                '#' => self.skip_comment("\n"),
                '/' if self.rest().starts_with("//") => self.skip_comment("\n"),
                '/' if self.rest().starts_with("/*") => self.skip_comment("*/"),
                '\u{FEFF}' | '\u{200B}' => self.skip_invisible(next),
                _ if next.is_whitespace() => self.skip_invisible(next),
                _ => return,
            }
        }
    }

    fn skip_comment(&mut self, end: &str) {
        let start = self.at;
        // The opening of a block comment is skipped first, or `/*/` would end itself.
        let opening = if end == "*/" { 2 } else { 0 };
        let body = self.text.get(start + opening..).unwrap_or_default();
        self.at = match body.find(end) {
            Some(offset) if end == "\n" => start + offset,
            Some(offset) => start + opening + offset + end.len(),
            None => self.text.len(),
        };
        let span = self.since(start);
        self.warning(codes::COMMENT, span, "JSON has no comments", "take the comment out");
    }

    fn skip_invisible(&mut self, character: char) {
        let start = self.at;
        self.skip(character);
        let span = self.since(start);
        let message =
            format!("the character U+{:04X} looks like a space but is none", u32::from(character));
        self.warning(codes::INVISIBLE_CHARACTER, span, message, "put a plain space in its place");
    }

    /// Reads the value at hand; white space before it has been skipped.
    ///
    /// It does not move past what can only belong to the container around it, such as a bracket or a comma.
    fn value(&mut self) -> Node {
        let start = self.at;
        let kind = match self.peek() {
            Some('{') => self.container('{', '}'),
            Some('[') => self.container('[', ']'),
            Some(next) if closing_quote(next).is_some() => Kind::String(self.string(next)),
            Some(next) if is_word(next) => self.word(),
            None | Some(',' | ':' | ']' | '}') => {
                let help = "write a string, a number, `true`, `false`, `null`, a list or a mapping";
                self.error(codes::VALUE_EXPECTED, self.here(), "a value is missing here", help);
                Kind::Null
            }
            Some(next) => {
                self.skip_unexpected(next);
                Kind::Null
            }
        };
        Node::new(kind, self.since(start))
    }

    fn skip_unexpected(&mut self, character: char) {
        let start = self.at;
        self.skip(character);
        let span = self.since(start);
        let message = format!("`{}` means nothing here", character.escape_debug());
        self.error(codes::UNEXPECTED_CHARACTER, span, message, "take it out");
    }

    fn container(&mut self, opener: char, closer: char) -> Kind {
        if self.closers.len() >= MAX_DEPTH {
            self.skip_too_deep();
            return Kind::Null;
        }
        let opening = Span::new(self.at, self.at + opener.len_utf8());
        self.skip(opener);
        self.closers.push(closer);
        let kind = match opener {
            '{' => Kind::Map(self.entries(opening)),
            _ => Kind::List(self.items(opening)),
        };
        self.closers.pop();
        kind
    }

    /// Skips a container in a loop, so that no depth of nesting can exhaust the stack.
    fn skip_too_deep(&mut self) {
        let start = self.at;
        let mut depth = 0_usize;
        while let Some(next) = self.peek() {
            match next {
                '{' | '[' => depth += 1,
                '}' | ']' => depth = depth.saturating_sub(1),
                '"' => {
                    self.skip_string();
                    continue;
                }
                _ => {}
            }
            self.skip(next);
            if depth == 0 {
                break;
            }
        }
        self.is_end_reported = depth > 0;
        let span = self.since(start);
        let message = format!("values stand more than {MAX_DEPTH} deep in one another");
        self.error(
            codes::TOO_DEEP,
            span,
            message,
            "no template or policy is that deep; make it flatter",
        );
    }

    /// Skips a string without decoding or judging it.
    fn skip_string(&mut self) {
        let mut is_escaped = false;
        let end = self.rest().char_indices().skip(1).find(|&(_, character)| {
            let is_end = character == '"' && !is_escaped;
            is_escaped = character == '\\' && !is_escaped;
            is_end
        });
        self.at = end.map_or(self.text.len(), |(offset, _)| self.at + offset + 1);
    }

    fn items(&mut self, opening: Span) -> Vec<Node> {
        let mut items = Vec::new();
        if self.is_empty_container(']') {
            return items;
        }
        loop {
            items.push(self.value());
            if matches!(self.next(opening, '[', ']'), Next::End) {
                return items;
            }
        }
    }

    fn entries(&mut self, opening: Span) -> Vec<Entry> {
        let mut entries = Vec::new();
        if self.is_empty_container('}') {
            return entries;
        }
        loop {
            entries.extend(self.entry());
            if matches!(self.next(opening, '{', '}'), Next::End) {
                break;
            }
        }
        report_duplicate_keys(&entries, &mut self.diagnostics);
        entries
    }

    fn is_empty_container(&mut self, closer: char) -> bool {
        self.skip_blank();
        while self.peek() == Some(',') {
            self.skip_extra_comma();
        }
        self.skip_if(closer)
    }

    fn skip_extra_comma(&mut self) {
        let start = self.at;
        self.skip(',');
        let span = self.since(start);
        self.error(
            codes::EXTRA_COMMA,
            span,
            "no item stands before this comma",
            "take the comma out",
        );
        self.skip_blank();
    }

    /// Reads a key, a colon and a value; `None` if there was no key to keep the value under.
    fn entry(&mut self) -> Option<Entry> {
        let (key, key_span) = self.key();
        self.skip_blank();
        if self.skip_if(':') {
            self.skip_blank();
            let value = self.value();
            return key.map(|key| Entry { key, key_span, value });
        }
        let help = "write `\"key\": value`";
        if let Some(key) = &key {
            let message = format!("no colon follows the key `{key}`");
            self.error(codes::COLON_EXPECTED, Span::new(key_span.end, key_span.end), message, help);
        }
        if self.skip_if('=') {
            self.skip_if('>');
            self.skip_blank();
        }
        let value = match self.peek() {
            None | Some(',' | '}' | ']') => Node::new(Kind::Null, self.here()),
            Some(_) => self.value(),
        };
        key.map(|key| Entry { key, key_span, value })
    }

    fn key(&mut self) -> (Option<String>, Span) {
        let start = self.at;
        match self.peek() {
            Some(next) if closing_quote(next).is_some() => {
                let key = self.string(next);
                (Some(key), self.since(start))
            }
            Some(next) if is_word(next) => {
                let key = self.word_text();
                let span = self.since(start);
                let message = format!("the key `{key}` has no quotes");
                self.error(codes::UNQUOTED_KEY, span, message, "put it in double quotes");
                (Some(key), span)
            }
            Some('{' | '[') => {
                let value = self.value();
                let message = format!("a key has to be a string, this is {}", value.kind_name());
                self.error(codes::KEY_EXPECTED, value.span, message, "write `\"key\": value`");
                (None, value.span)
            }
            _ => {
                let help = "write `\"key\": value`";
                self.error(codes::KEY_EXPECTED, self.here(), "a key is missing here", help);
                (None, self.here())
            }
        }
    }

    /// Reads what stands between two items, or the end of the container.
    fn next(&mut self, opening: Span, opener: char, closer: char) -> Next {
        let item_end = self.at;
        loop {
            self.skip_blank();
            match self.peek() {
                None => {
                    self.report_early_end(opening, opener);
                    return Next::End;
                }
                Some(',') => {
                    if let Some(next) = self.comma(closer) {
                        return next;
                    }
                }
                Some(next) if next == closer => {
                    self.skip(next);
                    return Next::End;
                }
                Some(next @ ('}' | ']')) => {
                    let span = Span::new(self.at, self.at + 1);
                    let message = format!("`{next}` cannot close `{opener}`");
                    let help = format!("close it with `{closer}` first");
                    self.error(codes::MISMATCHED_BRACKET, span, message, &help);
                    // The bracket either closes a container further out, or was meant to close this one.
                    if !self.closers.contains(&next) {
                        self.skip(next);
                    }
                    return Next::End;
                }
                Some(next) if is_value_start(next) => {
                    let span = Span::new(item_end, item_end);
                    let message = "a comma is missing between two items";
                    self.error(codes::MISSING_COMMA, span, message, "add a comma here");
                    return Next::Item;
                }
                Some(next) => self.skip_unexpected(next),
            }
        }
    }

    fn report_early_end(&mut self, opening: Span, opener: char) {
        if !self.is_end_reported {
            let missing: String = self.closers.iter().rev().collect();
            let message = format!("`{opener}` is never closed");
            let help = format!("add the missing `{missing}`");
            self.error(codes::UNCLOSED_BRACKET, opening, message, &help);
        }
        self.is_end_reported = true;
    }

    /// Reads one comma or more; `None` if a bracket follows that does not belong to this container.
    fn comma(&mut self, closer: char) -> Option<Next> {
        let start = self.at;
        self.skip(',');
        let comma = self.since(start);
        self.skip_blank();
        while self.peek() == Some(',') {
            self.skip_extra_comma();
        }
        match self.peek() {
            Some(next) if next == closer => {
                self.skip(next);
                let message = "no item follows this comma";
                self.warning(codes::TRAILING_COMMA, comma, message, "take the comma out");
                Some(Next::End)
            }
            None | Some('}' | ']') => None,
            Some(_) => Some(Next::Item),
        }
    }

    fn word_text(&mut self) -> String {
        let rest = self.rest();
        let length = rest.find(|next| !is_word(next)).unwrap_or(rest.len());
        let word = rest.get(..length).unwrap_or_default().to_owned();
        self.at += length;
        word
    }

    /// Reads a number, a literal, or text that lacks its quotes.
    fn word(&mut self) -> Kind {
        let start = self.at;
        let word = self.word_text();
        let span = self.since(start);
        match word.as_str() {
            "true" => return Kind::Bool(true),
            "false" => return Kind::Bool(false),
            "null" => return Kind::Null,
            _ if is_number(&word) => return Kind::Number(word),
            _ => {}
        }
        let literal = match word.to_ascii_lowercase().as_str() {
            "true" => Some((Kind::Bool(true), "true")),
            "false" => Some((Kind::Bool(false), "false")),
            "null" | "none" | "nil" | "undefined" => Some((Kind::Null, "null")),
            _ => None,
        };
        if let Some((kind, spelling)) = literal {
            let help = format!("write `{spelling}`");
            self.error(codes::INVALID_LITERAL, span, format!("JSON has no `{word}`"), &help);
            return kind;
        }
        let is_almost_number = word.bytes().all(|byte| b"+-.eE0123456789".contains(&byte))
            && word.parse::<f64>().is_ok();
        if is_almost_number {
            let help = "a number has no leading zero or plus and digits around its point; an account id is a string";
            self.error(codes::INVALID_NUMBER, span, format!("`{word}` is no JSON number"), help);
            return Kind::Number(word);
        }
        let message = format!("the text `{word}` has no quotes");
        self.error(codes::UNQUOTED_TEXT, span, message, "put it in double quotes");
        Kind::String(word)
    }
}

/// Whether a character can be part of a number, a literal or a name without quotes.
fn is_word(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '-' | '+' | '.' | '$' | '*')
}

fn is_value_start(character: char) -> bool {
    matches!(character, '{' | '[') || closing_quote(character).is_some() || is_word(character)
}

/// Whether a word is a number by the JSON grammar.
fn is_number(word: &str) -> bool {
    let unsigned = word.strip_prefix('-').unwrap_or(word);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(is_digits)
        && exponent
            .map(|exponent| exponent.strip_prefix(['+', '-']).unwrap_or(exponent))
            .is_none_or(is_digits)
}

#[cfg(test)]
mod tests;

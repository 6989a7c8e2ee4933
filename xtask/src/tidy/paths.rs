//! The modules that a file of Rust names: in `use` trees, in expressions and in the text of macros.
//!
//! Only paths that begin with `crate`, `self` or `super` count: they cannot mean another crate. What is compiled for tests alone
//! is left out.

use std::str::FromStr;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A module by its names from the root of its crate on, or what stands in it.
pub(super) type Module = Vec<String>;

/// What one file names.
#[derive(Default)]
pub(super) struct Paths {
    /// Each path from the root of the crate on, with its line, counted from 1.
    pub(super) named: Vec<(Module, usize)>,
    /// The modules in files of their own that are compiled for tests alone.
    pub(super) for_tests: Vec<Module>,
}

/// Reads the file of a module. A file that is no Rust names nothing: the compiler says so.
pub(super) fn read(module: &[String], text: &str) -> Paths {
    let mut reader = Reader { module: module.to_vec(), paths: Paths::default() };
    if let Ok(tokens) = TokenStream::from_str(text) {
        reader.code(tokens);
    }
    reader.paths
}

struct Reader {
    /// Where the tokens stand: the file, and modules written out in it.
    module: Module,
    paths: Paths,
}

impl Reader {
    fn code(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut rest = tokens.as_slice();
        while let Some(first) = rest.first() {
            if let Some(item) = after_test_attribute(rest) {
                self.note_test_module(item);
                rest = after_item(item);
            } else if let [
                TokenTree::Ident(word),
                TokenTree::Ident(name),
                TokenTree::Group(body),
                ..,
            ] = rest
                && word == "mod"
            {
                self.module.push(name.to_string());
                self.code(body.stream());
                self.module.pop();
                rest = rest.get(3..).unwrap_or_default();
            } else if begins_path(rest) {
                rest = self.path(self.module.clone(), rest);
            } else {
                if let TokenTree::Group(group) = first {
                    self.code(group.stream());
                }
                rest = rest.get(1..).unwrap_or_default();
            }
        }
    }

    /// Reads one path, or a tree of them, that goes on from `module`; gives what follows.
    fn path<'t>(&mut self, mut module: Module, tokens: &'t [TokenTree]) -> &'t [TokenTree] {
        let mut rest = tokens;
        let line = tokens.first().map_or(0, |token| token.span().start().line);
        loop {
            match rest {
                [TokenTree::Ident(name), after @ ..] => {
                    step_into(&mut module, &name.to_string());
                    rest = after;
                }
                [TokenTree::Group(group), after @ ..] if group.delimiter() == Delimiter::Brace => {
                    let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
                    for branch in tokens.split(|token| is_punct(token, ',')) {
                        if !branch.is_empty() {
                            self.path(module.clone(), branch);
                        }
                    }
                    return after;
                }
                _ => break,
            }
            match rest {
                [one, two, after @ ..] if is_punct(one, ':') && is_punct(two, ':') => rest = after,
                _ => break,
            }
        }
        self.paths.named.push((module, line));
        rest
    }

    fn note_test_module(&mut self, item: &[TokenTree]) {
        let mut words = item.iter().skip_while(|token| !is_ident(token, "mod"));
        if let (Some(_), Some(TokenTree::Ident(name)), Some(end)) =
            (words.next(), words.next(), words.next())
            && is_punct(end, ';')
        {
            let mut module = self.module.clone();
            module.push(name.to_string());
            self.paths.for_tests.push(module);
        }
    }
}

/// Goes one name further: up with `super`, to the root with `crate`.
fn step_into(module: &mut Module, name: &str) {
    match name {
        "crate" => module.clear(),
        "self" => {}
        "super" => drop(module.pop()),
        name => module.push(name.to_owned()),
    }
}

fn begins_path(tokens: &[TokenTree]) -> bool {
    let [TokenTree::Ident(word), one, two, ..] = tokens else { return false };
    ["crate", "self", "super"].iter().any(|start| word == start)
        && is_punct(one, ':')
        && is_punct(two, ':')
}

/// What follows `#[cfg(test)]`, if the tokens begin with it.
fn after_test_attribute(tokens: &[TokenTree]) -> Option<&[TokenTree]> {
    let [hash, TokenTree::Group(attribute), item @ ..] = tokens else { return None };
    let words: String = attribute.stream().to_string().split_whitespace().collect();
    (is_punct(hash, '#') && words == "cfg(test)").then_some(item)
}

/// What follows an item: it ends with `;` or with its block.
fn after_item(tokens: &[TokenTree]) -> &[TokenTree] {
    let is_end = |token: &TokenTree| match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        token => is_punct(token, ';'),
    };
    let end = tokens.iter().position(is_end).map_or(tokens.len(), |at| at + 1);
    tokens.get(end..).unwrap_or_default()
}

fn is_punct(token: &TokenTree, sign: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == sign)
}

fn is_ident(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let module = ["a", "b"].map(str::to_owned);
        let paths = read(&module, text);
        let lines: Vec<String> = paths
            .named
            .iter()
            .map(|(module, line)| format!("{line}: {}", module.join("::")))
            .collect();
        assert_eq!(lines, expected);
    }

    #[test]
    fn trees_are_followed_into_their_branches() {
        check(
            "use crate::x::{self, y::{One, Two as Other},\n    z::*};",
            &["1: x", "1: x::y::One", "1: x::y::Two", "2: x::z"],
        );
    }

    #[test]
    fn names_are_read_from_where_they_stand() {
        check(
            "use super::c;\nuse self::d::e;\nuse super::super::f;",
            &["1: a::c", "2: a::b::d::e", "3: f"],
        );
        check("mod inner {\n    use super::x;\n}", &["2: a::b::x"]);
    }

    #[test]
    fn expressions_types_and_macros_count() {
        check(
            "fn f(x: &crate::t::T) -> bool {\n    println!(\"{}\", super::c::text::<u8>(x));\n    self.g()\n}",
            &["1: t::T", "2: a::c::text"],
        );
    }

    #[test]
    fn comments_texts_and_other_crates_do_not_count() {
        check(
            "//! See [`crate::x`].\n// crate::y\nconst A: &str = \"crate::z\";\nuse std::{self, fmt};",
            &[],
        );
    }

    #[test]
    fn what_is_for_tests_alone_does_not_count() {
        check(
            "#[cfg(test)]\nuse crate::x;\n#[cfg(test)]\nmod tests {\n    use super::*;\n}\nuse crate::y;",
            &["7: y"],
        );
        let paths = read(&["a".to_owned()], "#[cfg(test)]\nmod laws;\nmod real;");
        assert_eq!(paths.for_tests, [["a", "laws"]]);
    }
}

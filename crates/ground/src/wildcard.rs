//! The wildcard matcher of the workspace: `*` is any text, the empty one too; `?` is exactly one character.
//!
//! Nothing else in the workspace matches wildcards. Matching takes time in the order of pattern times text at worst;
//! there is no exponential case. Case folding is that of ASCII, as action names and condition keys need it.

/// Whether letters of another case are the same letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Case {
    /// `a` is not `A`: ARNs and the values of most conditions.
    Sensitive,
    /// `a` is `A`, for ASCII letters: actions, condition keys, the `IgnoreCase` operators.
    Insensitive,
}

/// Whether `${...}` means something in a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Syntax {
    /// `$` is a character as any other: actions, and documents without `"Version": "2012-10-17"`.
    Plain,
    /// `${*}`, `${?}` and `${$}` are those characters themselves; any other `${...}` is a policy variable.
    Variables,
}

/// A pattern with the rules to read it by.
///
/// ```
/// use stackpass_ground::wildcard::{Case, Glob, Syntax};
///
/// let glob = Glob::new("s3:get*", Case::Insensitive, Syntax::Plain);
/// assert!(glob.matches("s3:GetObject"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Glob<'a> {
    text: &'a str,
    case: Case,
    syntax: Syntax,
}

/// What a pattern is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token<'a> {
    /// This character.
    Char(char),
    /// `?`
    One,
    /// `*`
    Many,
    /// A policy variable: what stands between `${` and `}`.
    Variable(&'a str),
}

impl<'a> Glob<'a> {
    /// Makes a pattern of its text; every text is a pattern.
    pub fn new(text: &'a str, case: Case, syntax: Syntax) -> Glob<'a> {
        Glob { text, case, syntax }
    }

    /// Whether the pattern matches the whole text. A policy variable matches nothing: resolve it first.
    pub fn matches(self, text: &str) -> bool {
        let mut pattern = self.text;
        let mut rest = text;
        // The pattern after the last `*`, and the place in the text where it was tried. Earlier stars never need another try:
        // the leftmost match of what stands between two stars leaves the most text for what follows.
        let mut retry: Option<(&str, &str)> = None;
        loop {
            match self.token(pattern) {
                Some((Token::Many, "")) => return true,
                Some((Token::Many, after)) => {
                    retry = Some((after, rest));
                    pattern = after;
                    continue;
                }
                Some((token, after)) => {
                    let mut characters = rest.chars();
                    if characters.next().is_some_and(|character| self.accepts(token, character)) {
                        pattern = after;
                        rest = characters.as_str();
                        continue;
                    }
                }
                None if rest.is_empty() => return true,
                None => {}
            }
            let Some((after, tried)) = retry else { return false };
            let mut characters = tried.chars();
            if characters.next().is_none() {
                return false;
            }
            pattern = after;
            rest = characters.as_str();
            retry = Some((after, rest));
        }
    }

    /// Whether this pattern matches every text that the other one matches, whatever its variables stand for.
    ///
    /// `true` is always right: each token of the other pattern is accounted for by a token of this one. `false` may be wrong
    /// where only a case distinction over the other's stars would show the inclusion.
    /// A variable is covered by the same variable and by `*` only. The case rule is that of this pattern.
    pub fn includes(self, inner: Glob<'_>) -> bool {
        let mut pattern = self.text;
        let mut rest = inner.text;
        let mut retry: Option<(&str, &str)> = None;
        loop {
            let run = self.run(pattern);
            if run.many {
                let Some(skipped) = inner.skip_at_least(rest, run.ones) else { return false };
                if run.after.is_empty() {
                    return true;
                }
                retry = Some((run.after, skipped));
                pattern = run.after;
                rest = skipped;
                continue;
            }
            let step = if run.ones > 0 {
                inner.skip_exactly(rest, run.ones).map(|skipped| (run.after, skipped))
            } else if let Some((token, after)) = self.token(pattern) {
                inner
                    .token(rest)
                    .filter(|&(other, _)| self.is_same(token, other))
                    .map(|(_, skipped)| (after, skipped))
            } else if rest.is_empty() {
                return true;
            } else {
                None
            };
            if let Some((after, skipped)) = step {
                pattern = after;
                rest = skipped;
                continue;
            }
            let Some((after, tried)) = retry else { return false };
            let Some((_, skipped)) = inner.token(tried) else { return false };
            pattern = after;
            rest = skipped;
            retry = Some((after, skipped));
        }
    }

    /// Whether some text is matched by both patterns. A variable counts as any text, so `false` is always right.
    pub fn overlaps(self, other: Glob<'_>) -> bool {
        if !self.can_start_as(other) {
            return false;
        }
        let mine: Vec<Token<'_>> = self.tokens().map(variable_as_many).collect();
        let theirs: Vec<Token<'_>> = other.tokens().map(variable_as_many).collect();
        // `below` answers for the rest of `mine` after this token, `row` for the rest from this token on;
        // position j is the rest of `theirs` from j on.
        let mut below = suffixes_of_stars(&theirs);
        for &token in mine.iter().rev() {
            let mut row = vec![false; below.len()];
            let ends = token == Token::Many && below.last() == Some(&true);
            if let Some(last) = row.last_mut() {
                *last = ends;
            }
            let mut right = ends;
            for (index, &their) in theirs.iter().enumerate().rev() {
                let down = below.get(index).copied().unwrap_or(false);
                let diagonal = below.get(index + 1).copied().unwrap_or(false);
                let here = match (token, their) {
                    (Token::Many, _) | (_, Token::Many) => down || right,
                    (Token::One, _) | (_, Token::One) => diagonal,
                    _ => self.is_same(token, their) && diagonal,
                };
                if let Some(cell) = row.get_mut(index) {
                    *cell = here;
                }
                right = here;
            }
            below = row;
        }
        below.first().copied().unwrap_or(false)
    }

    /// Whether the plain characters before the first wildcard of either are the same. Most patterns differ there, and to see it
    /// is far cheaper than to compare them whole.
    fn can_start_as(self, other: Glob<'_>) -> bool {
        for (mine, theirs) in self.tokens().zip(other.tokens()) {
            match (mine, theirs) {
                (Token::Char(_), Token::Char(_)) if !self.is_same(mine, theirs) => return false,
                (Token::Char(_), Token::Char(_)) => {}
                _ => return true,
            }
        }
        true
    }

    /// Whether the pattern is plain text: no wildcard, no variable.
    pub fn is_literal(self) -> bool {
        self.tokens().all(|token| matches!(token, Token::Char(_)))
    }

    /// The tokens from left to right.
    pub fn tokens(self) -> impl Iterator<Item = Token<'a>> {
        let mut rest = self.text;
        std::iter::from_fn(move || {
            let (token, after) = self.token(rest)?;
            rest = after;
            Some(token)
        })
    }

    /// The first token of a rest of the pattern, and what follows it.
    fn token(self, rest: &str) -> Option<(Token<'_>, &str)> {
        let mut characters = rest.chars();
        let token = match characters.next()? {
            '*' => Token::Many,
            '?' => Token::One,
            '$' if self.syntax == Syntax::Variables => return Some(dollar(characters.as_str())),
            character => Token::Char(character),
        };
        Some((token, characters.as_str()))
    }

    /// The wildcards at the start of a rest of the pattern, taken together: their order does not matter.
    fn run(self, rest: &str) -> Run<'_> {
        let mut run = Run { ones: 0, many: false, after: rest };
        while let Some((token, after)) = self.token(run.after) {
            match token {
                Token::One => run.ones += 1,
                Token::Many => run.many = true,
                Token::Char(_) | Token::Variable(_) => break,
            }
            run.after = after;
        }
        run
    }

    /// What is left after as few tokens as make sure of `length` characters.
    fn skip_at_least(self, rest: &str, length: usize) -> Option<&str> {
        let mut rest = rest;
        let mut missing = length;
        while missing > 0 {
            let (token, after) = self.token(rest)?;
            if matches!(token, Token::Char(_) | Token::One) {
                missing -= 1;
            }
            rest = after;
        }
        Some(rest)
    }

    /// What is left after `length` tokens that are one character each.
    fn skip_exactly(self, rest: &str, length: usize) -> Option<&str> {
        (0..length).try_fold(rest, |rest, _| {
            let (token, after) = self.token(rest)?;
            matches!(token, Token::Char(_) | Token::One).then_some(after)
        })
    }

    fn accepts(self, token: Token<'_>, character: char) -> bool {
        match token {
            Token::Char(expected) => self.is_same_character(expected, character),
            Token::One | Token::Many => true,
            Token::Variable(_) => false,
        }
    }

    fn is_same(self, token: Token<'_>, other: Token<'_>) -> bool {
        match (token, other) {
            (Token::Char(a), Token::Char(b)) => self.is_same_character(a, b),
            (Token::Variable(a), Token::Variable(b)) => a == b,
            _ => false,
        }
    }

    fn is_same_character(self, a: char, b: char) -> bool {
        match self.case {
            Case::Sensitive => a == b,
            Case::Insensitive => a.eq_ignore_ascii_case(&b),
        }
    }
}

/// Neighboring wildcards of a pattern.
struct Run<'a> {
    ones: usize,
    many: bool,
    after: &'a str,
}

/// Writes a text so that a pattern with [`Syntax::Variables`] matches exactly it: `a*` becomes `a${*}`.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '*' => escaped.push_str("${*}"),
            '?' => escaped.push_str("${?}"),
            '$' if characters.peek() == Some(&'{') => escaped.push_str("${$}"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// Reads what follows a `$`. Without a closed brace it is a character as any other.
fn dollar(after: &str) -> (Token<'_>, &str) {
    let variable = after.strip_prefix('{').and_then(|inside| inside.split_once('}'));
    match variable {
        None => (Token::Char('$'), after),
        Some(("*", rest)) => (Token::Char('*'), rest),
        Some(("?", rest)) => (Token::Char('?'), rest),
        Some(("$", rest)) => (Token::Char('$'), rest),
        Some((name, rest)) => (Token::Variable(name), rest),
    }
}

fn variable_as_many(token: Token<'_>) -> Token<'_> {
    match token {
        Token::Variable(_) => Token::Many,
        other => other,
    }
}

/// For each position of the tokens, whether all from there on can be empty.
fn suffixes_of_stars(tokens: &[Token<'_>]) -> Vec<bool> {
    let mut suffixes = vec![true; tokens.len() + 1];
    let mut empty = true;
    for (suffix, token) in suffixes.iter_mut().zip(tokens).rev() {
        empty = empty && *token == Token::Many;
        *suffix = empty;
    }
    suffixes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_match(pattern: &str, text: &str, expected: bool) {
        let glob = Glob::new(pattern, Case::Sensitive, Syntax::Variables);
        assert_eq!(glob.matches(text), expected, "{pattern} on {text}");
    }

    fn check_includes(outer: &str, inner: &str, expected: bool) {
        let glob = |text| Glob::new(text, Case::Sensitive, Syntax::Variables);
        assert_eq!(glob(outer).includes(glob(inner)), expected, "{outer} includes {inner}");
        if expected {
            assert!(glob(outer).overlaps(glob(inner)), "{outer} overlaps {inner}");
        }
    }

    fn check_overlaps(a: &str, b: &str, expected: bool) {
        let glob = |text| Glob::new(text, Case::Sensitive, Syntax::Variables);
        assert_eq!(glob(a).overlaps(glob(b)), expected, "{a} overlaps {b}");
        assert_eq!(glob(b).overlaps(glob(a)), expected, "{b} overlaps {a}");
    }

    #[test]
    fn star_is_any_text_and_question_mark_one_character() {
        check_match("", "", true);
        check_match("", "a", false);
        check_match("*", "", true);
        check_match("a*c", "abbc", true);
        check_match("a*c", "ac", true);
        check_match("a*c", "acb", false);
        check_match("*ab", "aab", true);
        check_match("a?c", "abc", true);
        check_match("a?c", "ac", false);
        check_match("?", "ü", true);
        check_match("a*b*c", "a-b-b-c", true);
    }

    #[test]
    fn case_counts_only_when_it_should() {
        check_match("get", "Get", false);
        assert!(Glob::new("gEt*", Case::Insensitive, Syntax::Plain).matches("GeTX"));
    }

    #[test]
    fn braces_make_wildcards_literal() {
        check_match("a${*}", "a*", true);
        check_match("a${*}", "ab", false);
        check_match("${?}${$}{", "?${", true);
        check_match("${", "${", true);
        check_match("$x", "$x", true);
        assert!(Glob::new("${*}", Case::Sensitive, Syntax::Plain).matches("${-}"));
    }

    #[test]
    fn variable_matches_nothing_but_is_included_by_star_and_itself() {
        check_match("${aws:username}", "${aws:username}", false);
        check_includes("home/*", "home/${aws:username}", true);
        check_includes("home/${aws:username}/*", "home/${aws:username}/x", true);
        check_includes("home/?", "home/${aws:username}", false);
        check_includes("home/?*", "home/${aws:username}", false);
        check_includes("${aws:username}", "${aws:userid}", false);
        check_includes("${aws:username}", "*", false);
    }

    #[test]
    fn escaped_text_matches_itself_only() {
        for text in ["a*b", "?", "${aws:username}", "$", "plain"] {
            check_match(&escape(text), text, true);
        }
        assert_eq!(escape("a*${x}"), "a${*}${$}{x}");
    }

    #[test]
    fn many_stars_take_no_exponential_time() {
        let pattern = "a*".repeat(60) + "b";
        check_match(&pattern, &"a".repeat(3000), false);
        check_includes(&pattern, &"a".repeat(3000), false);
    }

    #[test]
    fn inclusion_of_globs() {
        check_includes("*", "", true);
        check_includes("a*", "ab*c?", true);
        check_includes("ab*", "a*", false);
        check_includes("*a", "*a*a", true);
        check_includes("*a", "*a*", false);
        check_includes("?*", "*?", true);
        check_includes("?*", "*", false);
        check_includes("a?*b", "a*x?b", true);
        check_includes("a?b", "a*b", false);
        check_includes("a??", "a*", false);
        check_includes("*/x", "a/*/x", true);
        check_includes("", "*", false);
    }

    #[test]
    fn overlap_of_globs() {
        check_overlaps("a*", "*b", true);
        check_overlaps("a*", "b*", false);
        check_overlaps("", "*", true);
        check_overlaps("", "?", false);
        check_overlaps("a?c", "ab*", true);
        check_overlaps("*a", "*b", false);
        check_overlaps("${aws:username}", "x", true);
    }
}

//! Patterns of names: characters that stand for themselves, and what several patterns become together.

use std::collections::BTreeSet;

use stackpass_ground::arn::ArnPattern;
use stackpass_ground::wildcard::escape;

use crate::need::Scoping;

/// How many patterns one text may give before it counts as unknown.
const MAX_PATTERNS: usize = 32;

/// How many bytes the patterns of one text may have together before it counts as unknown.
const MAX_BYTES: usize = 16 * 1024;

/// How many characters a pattern is made of before its rest counts as unknown. AWS has no longer ARN.
pub(crate) const MAX_LENGTH: usize = 2048;

/// A name or an ARN with wildcards, and how closely it names what is meant.
///
/// In its text, `*` stands for any characters, `?` for one, `${*}`, `${?}` and `${$}` for those characters themselves.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Pattern {
    glob: String,
    scoping: Scoping,
}

impl Pattern {
    pub(crate) fn new(glob: impl Into<String>, scoping: Scoping) -> Pattern {
        Pattern { glob: glob.into(), scoping }
    }

    /// A name, in whole or in part.
    pub(crate) fn named(glob: impl Into<String>) -> Pattern {
        Pattern::new(glob, Scoping::Named)
    }

    /// No ARN at all, so that nothing is given for it.
    pub(crate) fn unusable() -> Pattern {
        Pattern::new("", Scoping::UnknownValue)
    }

    /// Any name.
    pub(crate) fn any(scoping: Scoping) -> Pattern {
        Pattern::new("*", scoping)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.glob
    }

    pub(crate) fn into_string(self) -> String {
        self.glob
    }

    pub(crate) fn scoping(&self) -> &Scoping {
        &self.scoping
    }

    /// The same text that says more or less.
    pub(crate) fn scoped(self, scoping: Scoping) -> Pattern {
        Pattern { scoping, ..self }
    }

    /// Another text that says as much.
    pub(crate) fn with_text(self, glob: impl Into<String>) -> Pattern {
        Pattern { glob: glob.into(), ..self }
    }

    pub(crate) fn is_named(&self) -> bool {
        self.scoping == Scoping::Named
    }

    /// Whether it begins as an ARN does.
    pub(crate) fn is_arn(&self) -> bool {
        self.glob.starts_with("arn:")
    }

    /// Whether nothing is known of its beginning.
    pub(crate) fn begins_open(&self) -> bool {
        self.glob.starts_with('*')
    }

    /// The service in its ARN.
    pub(crate) fn service(&self) -> Option<&str> {
        self.glob.split(':').nth(2)
    }

    /// The ARN pattern that it is; none if it is a name or no ARN.
    pub(crate) fn arn(&self) -> Option<ArnPattern> {
        self.glob.parse().ok()
    }

    /// Whether its ARN lies within that of another.
    pub(crate) fn fits(&self, outer: &Pattern) -> bool {
        self.arn().zip(outer.arn()).is_some_and(|(inner, outer)| outer.covers(&inner))
    }

    /// Whether it may be the same as another one. What is no ARN may be.
    pub(crate) fn overlaps(&self, other: &Pattern) -> bool {
        self.arn().zip(other.arn()).is_none_or(|(one, other)| one.overlaps(&other))
    }

    /// Whether it is the wildcard of a whole resource type, which names none of its resources.
    pub(crate) fn is_whole_type(&self) -> bool {
        is_whole_type(&self.glob)
    }

    /// The same ARN with what it lacks of six parts open: `arn:aws:iam*` for one.
    pub(crate) fn in_six_parts(self) -> Pattern {
        if self.glob.matches(':').count() >= 5 {
            return self;
        }
        let mut parts: Vec<&str> = self.glob.split(':').collect();
        parts.resize(6, "*");
        let glob = parts.join(":");
        self.with_text(glob)
    }

    /// The same with something behind it. Two stars that meet are one.
    pub(crate) fn followed_by(self, suffix: &str) -> Pattern {
        let mut glob = self.glob.clone();
        append(&mut glob, suffix);
        self.with_text(glob)
    }

    /// The name in lower case.
    pub(crate) fn in_lower_case(self) -> Pattern {
        let glob = self.glob.to_lowercase();
        self.with_text(glob)
    }
}

/// Characters as a pattern that matches nothing else.
///
/// IAM takes `*` and `?` anywhere for wildcards, and `${` for the beginning of a variable
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-specialchars>).
pub(crate) fn literal(text: &str) -> String {
    let escaped = escape(text);
    // What follows may begin with a brace.
    match escaped.strip_suffix('$') {
        Some(before) => format!("{before}${{$}}"),
        None => escaped,
    }
}

/// The pattern without escapes where they would be wrong: IAM takes none in the first five parts of an ARN, and no ARN has such
/// characters there; the `:*` at the end of a log group's ARN is what `Fn::GetAtt` gives, too, and stands for its streams.
pub(crate) fn plain_head(glob: String) -> String {
    if !glob.starts_with("arn:") || !glob.contains("${") {
        return glob;
    }
    let length: usize = glob.splitn(6, ':').take(5).map(|part| part.len() + 1).sum();
    let (head, rest) = glob.split_at_checked(length).unwrap_or((&glob, ""));
    let head = head.replace("${*}", "*").replace("${?}", "?").replace("${$}", "*");
    let is_of_logs = glob.split(':').nth(2) == Some("logs");
    match rest.strip_suffix(":${*}").filter(|_| is_of_logs) {
        Some(log_group) => format!("{head}{log_group}:*"),
        None => format!("{head}{rest}"),
    }
}

/// The pattern with a [plain head](plain_head).
pub(crate) fn with_plain_head(pattern: Pattern) -> Pattern {
    let Pattern { glob, scoping } = pattern;
    Pattern { glob: plain_head(glob), scoping }
}

pub(crate) fn joined(heads: &BTreeSet<Pattern>, tails: &BTreeSet<Pattern>) -> BTreeSet<Pattern> {
    // Of too many tails, one that stands for all of them is less work than what is made of them, and says as much.
    let folded;
    let tails = if heads.len() * tails.len() > MAX_PATTERNS && tails.len() > 1 {
        folded = folded_into_one(tails);
        &folded
    } else {
        tails
    };
    let mut result = BTreeSet::new();
    for head in heads {
        for tail in tails {
            if head.glob.len() > MAX_LENGTH && !tail.glob.is_empty() {
                let glob = format!("{}*", head.glob.trim_end_matches('*'));
                result.insert(Pattern { glob, scoping: Scoping::UnknownValue });
                continue;
            }
            let mut glob = head.glob.clone();
            append(&mut glob, &tail.glob);
            // What is not named decides; of two such parts, the first.
            let scoping =
                if head.scoping == Scoping::Named { &tail.scoping } else { &head.scoping };
            let scoping = scoping.clone();
            result.insert(Pattern { glob, scoping });
        }
    }
    bounded(result)
}

/// Puts one pattern behind another. Two stars that meet are one.
pub(crate) fn append(head: &mut String, tail: &str) {
    let tail = tail.strip_prefix('*').filter(|_| head.ends_with('*')).unwrap_or(tail);
    head.push_str(tail);
}

pub(crate) fn bounded(patterns: BTreeSet<Pattern>) -> BTreeSet<Pattern> {
    let bytes: usize = patterns.iter().map(|pattern| pattern.glob.len()).sum();
    if patterns.len() <= MAX_PATTERNS && (bytes <= MAX_BYTES || patterns.len() == 1) {
        return patterns;
    }
    folded_into_one(&patterns)
}

/// One pattern that stands for all of these.
fn folded_into_one(patterns: &BTreeSet<Pattern>) -> BTreeSet<Pattern> {
    let common = patterns
        .iter()
        .map(|pattern| pattern.glob.as_str())
        .reduce(common_prefix)
        .unwrap_or_default();
    BTreeSet::from([Pattern { glob: format!("{common}*"), scoping: Scoping::UnknownValue }])
}

pub(crate) fn common_prefix<'a>(left: &'a str, right: &str) -> &'a str {
    let end = left
        .char_indices()
        .zip(right.chars())
        .find(|((_, left), right)| left != right)
        .map_or_else(|| left.len().min(right.len()), |((index, _), _)| index);
    let common = left.get(..end).unwrap_or_default();
    // Half of an escape would be something else.
    match common.rsplit_once("${") {
        Some((before, escape)) if !escape.contains('}') => before,
        _ => common.strip_suffix('$').unwrap_or(common),
    }
}

/// What stands between two delimiters in all texts of a pattern; anything, where a wildcard may hold a delimiter.
pub(crate) fn piece(pattern: Pattern, delimiter: &str, index: usize) -> Pattern {
    let Pattern { glob, scoping } = pattern;
    let unknown = match scoping {
        Scoping::Named => Scoping::GeneratedId,
        ref scoping => scoping.clone(),
    };
    // No account or region has a colon.
    let is_of_arn = delimiter == ":" && glob.starts_with("arn:");
    let pieces: Vec<&str> = glob.split(delimiter).collect();
    let is_closed = |(at, piece): (usize, &&str)| !has_wildcard(piece) || is_of_arn && at < 5;
    let before_is_closed = pieces.iter().enumerate().take(index).all(is_closed);
    let Some(piece) = pieces.get(index).filter(|_| before_is_closed) else {
        return Pattern { glob: "*".to_owned(), scoping: unknown };
    };
    // Behind a wildcard the piece may be over already.
    let wildcard = piece.match_indices(['*', '?']).map(|(at, _)| at);
    let first =
        wildcard.into_iter().find(|at| !piece.get(..*at).unwrap_or_default().ends_with("${"));
    match first {
        Some(at) if !(is_of_arn && index < 5) => {
            let glob = format!("{}*", piece.get(..at).unwrap_or_default());
            let scoping = if glob == "*" { unknown } else { scoping };
            Pattern { glob, scoping }
        }
        _ => Pattern { glob: (*piece).to_owned(), scoping },
    }
}

/// Whether a pattern has a wildcard that is no character of its own.
fn has_wildcard(glob: &str) -> bool {
    glob.replace("${*}", "").replace("${?}", "").contains(['*', '?'])
}

/// A key with its content hashes open, because the next build has others.
pub(crate) fn any_build(key: &str) -> String {
    const HASH_LENGTH: usize = 32;
    let mut result = String::new();
    let mut run = String::new();
    let flush = |run: &mut String, result: &mut String| {
        if run.len() >= HASH_LENGTH {
            result.push('*');
        } else {
            result.push_str(run);
        }
        run.clear();
    };
    for character in key.chars() {
        if character.is_ascii_hexdigit() {
            run.push(character);
        } else {
            flush(&mut run, &mut result);
            result.push(character);
        }
    }
    flush(&mut run, &mut result);
    result
}

/// Whether an ARN is the wildcard of a whole resource type, such as `key/*` or `*/ipset/*/*`, which names none of its resources: of
/// its parts, all but the type are open. Paths, which begin with a slash, name a kind in every other part.
pub(crate) fn is_whole_type(glob: &str) -> bool {
    let resource = glob.splitn(6, ':').nth(5).unwrap_or_default();
    let of_buckets = glob.contains(":s3:::");
    let parts = resource.split([':', '/']);
    let (open, words): (Vec<&str>, Vec<&str>) = parts.partition(|part| *part == "*");
    let is_type = |words: &[&str]| match words {
        [] => true,
        [word] => !of_buckets && !word.contains('*'),
        _ => false,
    };
    !resource.starts_with('/') && !open.is_empty() && is_type(&words)
}

#[cfg(test)]
mod tests {
    use super::{any_build, common_prefix, literal, plain_head};

    #[test]
    fn literals_are_escaped_and_heads_of_arns_are_not() {
        assert_eq!(literal("a*b?${c}$"), "a${*}b${?}${$}{c}${$}");
        let check = |glob: &str, expected: &str| assert_eq!(plain_head(glob.to_owned()), expected);
        check("arn:aws:s3:::a${*}", "arn:aws:s3:::a${*}");
        check("arn:aws:sqs:${*}:${?}1:a${*}", "arn:aws:sqs:*:?1:a${*}");
        check("arn:aws:logs:*:*:log-group:a${?}:${*}", "arn:aws:logs:*:*:log-group:a${?}:*");
        check("a:${*}", "a:${*}");
    }

    #[test]
    fn what_patterns_have_in_common_ends_in_no_half_of_an_escape() {
        let check = |left: &str, right: &str, expected: &str| {
            assert_eq!(common_prefix(left, right), expected);
            assert_eq!(common_prefix(right, left), expected);
        };
        check("ab", "ac", "a");
        check("a${*}b", "a${?}b", "a");
        check("a${*}b", "a$b", "a");
        check("a${*}b", "a${*}c", "a${*}");
    }

    #[test]
    fn content_hashes_are_open() {
        let hash = "0382f2d9d735debed11d5342e4891cf26aa4a4b8e40d37c0645dd302def292d0";
        assert_eq!(any_build(&format!("assets/{hash}.zip")), "assets/*.zip");
        assert_eq!(any_build("functions/deadbeef.zip"), "functions/deadbeef.zip");
    }
}

//! Whether an ARN pattern can match what an ARN format gives.

/// Characters, or any character of a class.
#[derive(Clone, Copy)]
enum Kind {
    Exactly(char),
    /// All but the characters that separate parts: `:`, and `/` if it is told.
    Inside {
        slashes: bool,
    },
    Anything,
}

/// A kind of character, once or any number of times.
#[derive(Clone, Copy)]
struct Token {
    kind: Kind,
    many: bool,
}

/// Whether some ARN of a format is matched by a pattern, part by part.
///
/// A variable of the format is at least one character and reaches over no `:`, and over a `/` only if `slashes` says so.
pub(super) fn fits(pattern: &str, format: &str, slashes: bool) -> bool {
    if pattern == "*" {
        return true;
    }
    let patterns: Vec<&str> = pattern.splitn(6, ':').collect();
    let formats: Vec<&str> = format.splitn(6, ':').collect();
    patterns.len() == formats.len()
        && patterns.iter().zip(&formats).all(|(pattern, format)| {
            is_identity(pattern, format)
                && can_meet(&of_pattern(pattern), &of_format(format, slashes))
        })
}

/// An account is twelve digits, or `aws` for what AWS owns.
fn is_identity(pattern: &str, format: &str) -> bool {
    let is_digits = pattern.len() == 12 && pattern.chars().all(|c| c.is_ascii_digit());
    !matches!(format, "${Account}" | "${AccountId}")
        || pattern.contains(['*', '?'])
        || pattern == "aws"
        || is_digits
}

fn of_pattern(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut characters = text.chars();
    while let Some(first) = characters.next() {
        let rest = characters.as_str();
        let escaped = ["{*}", "{?}", "{$}"].into_iter().find(|it| rest.starts_with(it));
        let (kind, many) = match (first, escaped.filter(|_| first == '$')) {
            (_, Some(escaped)) => {
                let inside = characters.nth(1).unwrap();
                characters.next();
                assert!(escaped.contains(inside));
                (Kind::Exactly(inside), false)
            }
            ('*', None) => (Kind::Anything, true),
            ('?', None) => (Kind::Anything, false),
            _ => (Kind::Exactly(first), false),
        };
        tokens.push(Token { kind, many });
    }
    tokens
}

fn of_format(text: &str, slashes: bool) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        tokens.extend(of_pattern(before));
        let (_, after) = after.split_once('}').unwrap();
        let kind = Kind::Inside { slashes };
        tokens.extend([Token { kind, many: false }, Token { kind, many: true }]);
        rest = after;
    }
    tokens.extend(of_pattern(rest));
    tokens
}

/// Whether there is a text that both sequences stand for.
fn can_meet(left: &[Token], right: &[Token]) -> bool {
    let mut waiting = vec![(0, 0)];
    let mut seen = std::collections::BTreeSet::new();
    while let Some((at, other)) = waiting.pop() {
        if !seen.insert((at, other)) {
            continue;
        }
        let (first, second) = (left.get(at), right.get(other));
        if first.is_none() && second.is_none() {
            return true;
        }
        if first.is_some_and(|token| token.many) {
            waiting.push((at + 1, other));
        }
        if second.is_some_and(|token| token.many) {
            waiting.push((at, other + 1));
        }
        if let (Some(first), Some(second)) = (first, second)
            && share_a_character(first.kind, second.kind)
        {
            waiting.push((at + usize::from(!first.many), other + usize::from(!second.many)));
        }
    }
    false
}

fn share_a_character(left: Kind, right: Kind) -> bool {
    match (left, right) {
        (Kind::Exactly(left), Kind::Exactly(right)) => left == right,
        (Kind::Exactly(character), Kind::Inside { slashes })
        | (Kind::Inside { slashes }, Kind::Exactly(character)) => {
            character != ':' && (slashes || character != '/')
        }
        _ => true,
    }
}

#[test]
fn a_pattern_fits_a_format_whose_parts_it_has() {
    const ALIAS: &str =
        "arn:${Partition}:lambda:${Region}:${Account}:function:${FunctionName}:${Alias}";
    const FUNCTION: &str = "arn:${Partition}:lambda:${Region}:${Account}:function:${FunctionName}";
    const ROLE: &str = "arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}";
    let start = "arn:aws:lambda:eu-west-1:111122223333:function";
    for (pattern, format, expected) in [
        ("*", ALIAS, true),
        (&*format!("{start}:f"), FUNCTION, true),
        (&*format!("{start}:f*"), FUNCTION, true),
        (&*format!("{start}:f*"), ALIAS, true),
        (&*format!("{start}:f"), ALIAS, false),
        (&*format!("{start}:f:*"), ALIAS, true),
        (&*format!("{start}:f:*"), FUNCTION, false),
        (&*format!("{start}:*:f:*"), ALIAS, false),
        (&*format!("{start}:*:f:*"), FUNCTION, false),
        (&*format!("{start}:"), FUNCTION, false),
        ("arn:aws:lambda:eu-west-1:name:function:f", FUNCTION, false),
        ("arn:aws:lambda:::function:f", FUNCTION, false),
        ("arn:aws:iam::111122223333:role/a/b", ROLE, true),
        ("arn:aws:iam::111122223333:role:a", ROLE, false),
        ("arn:aws:iam::111122223333:role/a${*}b", ROLE, true),
    ] {
        assert_eq!(fits(pattern, format, true), expected, "{pattern} {format}");
    }
    assert!(!fits("arn:aws:iam::111122223333:role/a/b", ROLE, false));
}

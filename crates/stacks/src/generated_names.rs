//! The names that AWS makes up when a template gives none.
//!
//! A resource without its name property gets `<stack>-<logical id>-<random>`. Both given parts are cut to what the
//! service allows, which is why the usual guess `<stack>-<logical id>-*` misses long logical ids: every function of
//! a CDK custom resource, for one. The algorithm is that of `IdentifierUtils` in the registry's Java plugin
//! (<https://github.com/aws-cloudformation/cloudformation-cli-java-plugin>), which the registry's handlers call.
//!
//! Two generators are in use. The registry's leaves room for 12 random characters behind a hyphen. The older
//! one leaves room for 13, and AWS has moved types from it to the newer one, so that one account holds names
//! of both. A pattern from here matches the names of both.
//!
//! Not every handler passes the stack name on: state machines and log metric filters are `<logical id>-<random>`,
//! and SSM parameters `CFN-<logical id>-<random>`. Where a name may have no hyphens, or has no room for them, the
//! parts stand side by side. A layer is called by its logical id alone. [`Style`] tells which way a type goes.
//!
//! Limits: the random part is never narrowed, and a resource that was made while its handler still followed
//! another style keeps the name it got then.

/// How long the random part is, with the hyphen before it, in each of the generators in use.
const RANDOM_PARTS: [usize; 2] = [13, 14];

/// The longest name that a stack can have.
const STACK_NAME_MAX: usize = 128;

/// The shortest maximum with which the generator still writes a hyphen between stack name and logical id.
const SEPARATED_MIN: usize = 18;

/// What a type of resource allows in its name, as far as the generator asks.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) struct NameRule {
    /// The longest name, in characters, that the generator makes for the type. It is the service's limit for most.
    pub(crate) max: usize,
    /// Whether the generator keeps the letter case of the stack name and the logical id.
    pub(crate) case: Case,
    /// How stack name and logical id share the room.
    pub(crate) style: Style,
}

/// Whether a generated name keeps its letter case.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Case {
    /// The name has the letters of the stack name and the logical id.
    #[default]
    Keep,
    /// The name is in lower case throughout, as for S3 buckets.
    Lower,
}

/// How a name that is too long is cut.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Style {
    /// Stack name and logical id get half of the room each, and either takes what the other leaves.
    #[default]
    Split,
    /// `<stack>-<logical id>` is cut at its end, as for log groups.
    Whole,
    /// The logical id alone is cut at its end; the stack name is not in the name.
    ///
    /// Where the handler puts a fixed text first, as `CFN-` for SSM parameters, give it with the logical id.
    Logical,
    /// As [`Style::Split`], without a hyphen anywhere, as for the topic rules of AWS.
    ///
    /// Limits without room for hyphens give such names for [`Style::Split`] too.
    Joined,
    /// The logical id is the name, with nothing behind it, as for layers.
    Bare,
}

/// What is known of the name of the stack.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum StackName<'a> {
    /// The whole name.
    Known(&'a str),
    /// A pattern with `*` and `?`, as `Parent-Nested-*` for a nested stack whose name is itself generated.
    ///
    /// A `?` says that one more letter or digit is there, so `Parent-Nested-?*` gives the closer result.
    Pattern(&'a str),
    /// Nothing.
    Unknown,
}

/// The start of a stack name up to its first wildcard.
struct Head<'a> {
    text: &'a str,
    /// Whether more may follow.
    open: bool,
    /// How many characters surely follow.
    more: usize,
}

impl<'a> Head<'a> {
    fn new(pattern: &'a str) -> Self {
        let at = pattern.find(['*', '?']).unwrap_or(pattern.len());
        let (text, rest) = pattern.split_at_checked(at).unwrap_or((pattern, ""));
        // Hyphens are left out of the count, because repeated ones may be dropped.
        Head {
            text,
            open: !rest.is_empty(),
            more: rest.chars().filter(|c| !matches!(c, '*' | '-')).count(),
        }
    }
}

/// What the generators put between the parts.
#[derive(Clone, Copy)]
enum Separator {
    Hyphen,
    Nothing,
}

/// One way in which the generators may cut the parts: the stack's and the logical id's.
#[derive(Clone)]
struct Cut {
    /// What of the stack's part is known, from its start.
    stack: String,
    /// Whether `stack` is the whole of the stack's part.
    whole: bool,
    logical_id: String,
}

/// Returns a pattern, as for a resource in a policy, that every name matches which AWS can generate: `CGA-Sample-Frontend-ApiRole-*` for
/// the role `ApiRole` of the stack `CGA-Sample-Frontend`.
///
/// The result has `*` as its only wildcard. It ends in `-*` where the logical id is surely complete, so that
/// `Table` does not also match the names of `TableBackup`.
pub(crate) fn generated_name_pattern(
    stack: StackName<'_>,
    logical_id: &str,
    rule: &NameRule,
) -> String {
    generated_name_pattern_from(stack, logical_id, rule, rule.max)
}

/// As [`generated_name_pattern`], where the longest name is only known to lie between `least` and the rule's maximum.
pub(crate) fn generated_name_pattern_from(
    stack: StackName<'_>,
    logical_id: &str,
    rule: &NameRule,
    least: usize,
) -> String {
    let pattern = match stack {
        StackName::Known("") | StackName::Unknown => "*",
        // No stack has such a name, so nothing tells how its parts would be cut.
        StackName::Known(name) | StackName::Pattern(name) if name.contains('$') => "*",
        StackName::Known(name) | StackName::Pattern(name) => name,
    };
    let stack = Head::new(pattern);
    let text = match rule.style {
        Style::Joined => joined(&stack, logical_id, [least, rule.max]),
        Style::Split if least < SEPARATED_MIN => joined(&stack, logical_id, [least, rule.max]),
        // What each part gets grows with the room, so that the two ends tell for all between.
        Style::Split => fold(
            &[least, rule.max].map(|max| split_cuts(&stack, logical_id, max)).concat(),
            Separator::Hyphen,
        ),
        Style::Whole => whole(&stack, logical_id, least),
        Style::Logical => ending(logical_id, cut_at_the_end(least)),
        Style::Bare => bare(logical_id, rule.max),
    };
    match rule.case {
        Case::Keep => text,
        Case::Lower => text.to_lowercase(),
    }
}

/// Lists the ways to cut both parts: for each generator, with the hyphens of the stack name as they are and
/// without repeated ones, and for an open stack name with the shortest and the longest name that it can stand for.
///
/// A stack part that ends in a hyphen is listed without it too: the older generator wrote both `stack--Function`
/// and, for roles, `stack-Role` (<https://github.com/anomalyco/sst/issues/1502> shows the two side by side).
fn split_cuts(stack: &Head<'_>, logical_id: &str, max: usize) -> Vec<Cut> {
    let mut cuts = Vec::new();
    for head in [stack.text.to_owned(), without_repeated_hyphens(stack.text)] {
        let head_length = head.chars().count();
        let shortest = head_length + stack.more;
        let longest = if stack.open { STACK_NAME_MAX.max(shortest) } else { shortest };
        for random in RANDOM_PARTS {
            for length in [shortest, longest] {
                let (part, logical) =
                    share(max.saturating_sub(random + 1), length, logical_id.chars().count());
                let (text, whole, logical_id) =
                    (first(&head, part), part <= head_length, first(logical_id, logical));
                if whole && text.ends_with('-') {
                    let stack = text.trim_end_matches('-').to_owned();
                    cuts.push(Cut { stack, whole, logical_id: logical_id.clone() });
                }
                cuts.push(Cut { stack: text, whole, logical_id });
            }
        }
    }
    cuts
}

/// Shares `room` between two parts that ask for `left` and `right` characters.
///
/// Each may have half, the left one the odd character, and what one does not need goes to the other.
fn share(room: usize, left: usize, right: usize) -> (usize, usize) {
    let left = left.min(room.div_ceil(2).max(room.saturating_sub(right)));
    (left, right.min(room - left))
}

/// Puts the parts side by side, for each of the longest names.
///
/// What becomes of a hyphen in the name of the stack is not known.
fn joined(stack: &Head<'_>, logical_id: &str, longest_names: [usize; 2]) -> String {
    let (text, rest) = stack.text.split_once('-').unwrap_or((stack.text, ""));
    let is_open = stack.open || text.len() < stack.text.len();
    let shortest = text.chars().count();
    let longest = match (stack.open, is_open) {
        (true, _) => STACK_NAME_MAX.max(shortest),
        (false, true) => shortest + 1 + rest.chars().count(),
        (false, false) => shortest,
    };
    let mut cuts = Vec::new();
    for max in longest_names {
        for random in RANDOM_PARTS {
            for length in [shortest, longest] {
                // The count of the random part is with its hyphen.
                let room = max.saturating_sub(random - 1);
                let (part, logical) = share(room, length, logical_id.chars().count());
                cuts.push(Cut {
                    stack: first(text, part),
                    whole: part < shortest || !is_open && part == shortest,
                    logical_id: first(logical_id, logical),
                });
            }
        }
    }
    fold(&cuts, Separator::Nothing)
}

/// Joins what all cuts have in common, with `*` where they differ.
fn fold(cuts: &[Cut], separator: Separator) -> String {
    let stack = common(cuts.iter().map(|cut| cut.stack.as_str()));
    let logical_id = common(cuts.iter().map(|cut| cut.logical_id.as_str()));
    let stack_agrees = cuts.iter().all(|cut| cut.whole && cut.stack.len() == stack.len());
    let logical_agrees = cuts.iter().all(|cut| cut.logical_id.len() == logical_id.len());
    let (after_stack, after_logical) = match separator {
        Separator::Nothing => (if stack_agrees { "" } else { "*" }, "*"),
        Separator::Hyphen => {
            (if stack_agrees { "-" } else { "*-" }, if logical_agrees { "-*" } else { "*" })
        }
    };
    format!("{stack}{after_stack}{logical_id}{after_logical}")
}

/// Cuts `<stack>-<logical id>` as one text.
fn whole(stack: &Head<'_>, logical_id: &str, max: usize) -> String {
    let room = cut_at_the_end(max);
    if !stack.open {
        return ending(&format!("{}-{logical_id}", stack.text), room);
    }
    let longest = STACK_NAME_MAX.max(stack.text.chars().count());
    if longest + 1 + logical_id.chars().count() <= room {
        format!("{}*-{logical_id}-*", stack.text)
    } else {
        format!("{}*", first(stack.text, room))
    }
}

/// How many characters both generators leave of a text that is cut at its end.
fn cut_at_the_end(max: usize) -> usize {
    max.saturating_sub(RANDOM_PARTS.into_iter().max().unwrap_or_default())
}

/// Puts the random part behind a text of which the first `room` characters are surely there.
fn ending(text: &str, room: usize) -> String {
    if text.chars().count() <= room {
        format!("{text}-*")
    } else {
        format!("{}*", first(text, room))
    }
}

/// The logical id itself; a longer one than the service takes is cut in a way that nobody has seen.
fn bare(logical_id: &str, max: usize) -> String {
    if logical_id.chars().count() <= max {
        logical_id.to_owned()
    } else {
        format!("{}*", first(logical_id, cut_at_the_end(max)))
    }
}

/// Removes hyphens at the start and all but one of each run, as the newer generator does to stack names.
fn without_repeated_hyphens(name: &str) -> String {
    let mut clean = String::with_capacity(name.len());
    for c in name.trim_start_matches('-').chars() {
        if c != '-' || !clean.ends_with('-') {
            clean.push(c);
        }
    }
    clean
}

/// Returns the first `count` characters.
fn first(text: &str, count: usize) -> String {
    text.chars().take(count).collect()
}

/// Returns the longest start that all texts share.
fn common<'a>(mut texts: impl Iterator<Item = &'a str>) -> String {
    let Some(start) = texts.next() else { return String::new() };
    texts.fold(start.to_owned(), |shared, text| {
        shared
            .chars()
            .zip(text.chars())
            .take_while(|(left, right)| left == right)
            .map(|(left, _)| left)
            .collect()
    })
}

#[cfg(test)]
mod tests;

//! Names for statements, made of what they do: `ManageS3`, `ReadDynamoDb`, `PassRoles`.

use std::collections::BTreeSet;

use crate::action::ActionPattern;
use crate::catalogue::{self, AccessLevel, ActionFacts};
use crate::statement::{Effect, Selection, Sid, Statement};

/// Service prefixes and the words for them, where the prefix does not already read as one.
const WORDS: &str = include_str!("sid/words.tsv");

/// What stands between a name and the number of a statement that is not the first with it.
const PART: &str = "Part";

/// Gives each statement without a Sid one of its own, made of its verb and its services. Sids that are there are kept
/// unless two statements have the same.
///
/// ```
/// use stackpass_policy::sid::assign;
/// use stackpass_policy::statement::Statement;
///
/// let mut statements = [Statement::allow(["s3:GetObject".parse()?], ["*".parse()?])];
/// assign(&mut statements);
/// assert_eq!(statements[0].sid.as_ref().map(|sid| sid.as_str()), Some("ReadS3"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn assign(statements: &mut [Statement]) {
    for statement in &mut *statements {
        statement.sid = Some(statement.sid.take().unwrap_or_else(|| topic(statement)));
    }
    number(statements);
}

/// Makes the Sids of statements differ: the first with a name keeps it, the next has `Part2` after it, and so on.
pub(crate) fn number<'a>(statements: impl IntoIterator<Item = &'a mut Statement>) {
    let mut taken: BTreeSet<String> = BTreeSet::new();
    for statement in statements {
        let Some(sid) = &statement.sid else { continue };
        let name = sid.as_str().to_owned();
        let mut unique = name.clone();
        let mut number = 2;
        while taken.contains(&unique) {
            unique = format!("{name}{PART}{number}");
            number += 1;
        }
        statement.sid = Some(Sid::keeping(&unique));
        taken.insert(unique);
    }
}

/// The Sid without what [`number`] added.
pub(crate) fn base(sid: &Sid) -> Sid {
    Sid::keeping(base_text(sid))
}

/// The text of [`base`].
pub(crate) fn base_text(sid: &Sid) -> &str {
    let text = sid.as_str();
    match text.rsplit_once(PART) {
        Some((base, number))
            if !base.is_empty()
                && number.bytes().all(|byte| byte.is_ascii_digit())
                && !number.is_empty() =>
        {
            base
        }
        _ => text,
    }
}

/// A name for what a statement does.
pub(crate) fn topic(statement: &Statement) -> Sid {
    let (actions, all_but) = match &statement.actions {
        Selection::Only(actions) => (actions, ""),
        Selection::Except(actions) => (actions, "AllBut"),
    };
    let verb = match statement.effect {
        Effect::Deny => "Deny",
        Effect::Allow if all_but.is_empty() => verb(actions),
        Effect::Allow => "Manage",
    };
    let text = match verb {
        "PassRoles" | "AssumeRoles" => verb.to_owned(),
        verb => format!("{verb}{all_but}{}", services(actions)),
    };
    Sid::keeping(&text)
}

fn verb(actions: &BTreeSet<ActionPattern>) -> &'static str {
    let all =
        |is: &dyn Fn(&str) -> bool| !actions.is_empty() && actions.iter().all(|it| is(it.name()));
    if all(&|name| name.eq_ignore_ascii_case("PassRole")) {
        "PassRoles"
    } else if all(&|name| starts_with(name, "AssumeRole")) {
        "AssumeRoles"
    } else if all(&|name| starts_with(name, "Invoke")) {
        "Invoke"
    } else if !actions.is_empty() && actions.iter().all(is_reading) {
        "Read"
    } else {
        "Manage"
    }
}

/// Whether all that a pattern matches is there to look only, as far as the catalogue knows.
fn is_reading(pattern: &ActionPattern) -> bool {
    let is_reading = |action: ActionFacts| {
        action.access_levels().all(|level| matches!(level, AccessLevel::List | AccessLevel::Read))
    };
    if pattern.to_action().is_some() {
        return catalogue::action(pattern.service(), pattern.name()).is_some_and(is_reading);
    }
    let matches = |action: &ActionFacts| {
        let name = format!("{}:{}", action.service(), action.name());
        name.parse().is_ok_and(|action| pattern.matches(&action))
    };
    let mut matched = catalogue::actions(pattern.service()).filter(matches).peekable();
    matched.peek().is_some() && matched.all(is_reading)
}

fn starts_with(name: &str, word: &str) -> bool {
    name.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
}

fn services(actions: &BTreeSet<ActionPattern>) -> String {
    let services: BTreeSet<String> =
        actions.iter().map(|action| action.service().to_ascii_lowercase()).collect();
    if services.iter().any(|service| service.contains(['*', '?'])) {
        return "Everything".to_owned();
    }
    let words: BTreeSet<String> = services.iter().map(|service| word(service)).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        [] => "Nothing".to_owned(),
        words @ ([_] | [_, _]) => words.join("And"),
        _ => "SeveralServices".to_owned(),
    }
}

/// The word for a service prefix: from the list, else its parts with capitals.
fn word(service: &str) -> String {
    let listed = WORDS.lines().filter_map(|line| line.split_once('\t'));
    if let Some((_, word)) = listed.into_iter().find(|(prefix, _)| *prefix == service) {
        return word.to_owned();
    }
    let capital = |part: &str| {
        let mut characters = part.chars();
        let first = characters.next().map(|first| first.to_ascii_uppercase());
        first.into_iter().chain(characters).collect::<String>()
    };
    service.split(|character: char| !character.is_ascii_alphanumeric()).map(capital).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arn::ArnPattern;

    fn check(actions: &[&str], expected: &str) {
        let actions = actions.iter().map(|action| action.parse().unwrap());
        let statement = Statement::allow(actions, [ArnPattern::any()]);
        assert_eq!(topic(&statement).as_str(), expected);
    }

    #[test]
    fn name_tells_verb_and_services() {
        check(&["s3:PutObject", "s3:GetObject"], "ManageS3");
        check(&["dynamodb:DescribeTable", "dynamodb:List*"], "ReadDynamoDb");
        check(&["cloudformation:*"], "ManageCloudFormation");
        check(&["lambda:InvokeFunction"], "InvokeLambda");
        check(&["iam:PassRole"], "PassRoles");
        check(&["sts:AssumeRole"], "AssumeRoles");
        check(&["s3:GetObject", "kms:DescribeKey"], "ReadKmsAndS3");
        check(&["s3:GetObject", "kms:DescribeKey", "ec2:*"], "ManageSeveralServices");
        check(&["*"], "ManageEverything");
        check(&["s3:GetNothingKnown"], "ManageS3");
        check(&["vpc-lattice:GetService"], "ReadVpcLattice");
        check(&["S3:putobject"], "ManageS3");
    }

    #[test]
    fn words_are_sorted_and_can_stand_in_a_sid() {
        let lines: Vec<&str> = WORDS.lines().collect();
        assert!(lines.is_sorted());
        for line in lines {
            let (prefix, word) = line.split_once('\t').unwrap();
            assert!(prefix.parse::<Sid>().is_ok() || prefix.contains('-'), "{line}");
            assert!(word.parse::<Sid>().is_ok(), "{line}");
        }
    }

    #[test]
    fn equal_names_get_numbers_which_are_no_part_of_the_name() {
        let statement = || Statement::allow(["s3:Put".parse().unwrap()], [ArnPattern::any()]);
        let mut statements = [statement(), statement(), statement()];
        assign(&mut statements);
        let sids: Vec<&str> =
            statements.iter().map(|it| it.sid.as_ref().unwrap().as_str()).collect();
        assert_eq!(sids, ["ManageS3", "ManageS3Part2", "ManageS3Part3"]);
        for statement in &statements {
            assert_eq!(base(statement.sid.as_ref().unwrap()).as_str(), "ManageS3");
        }
        for text in ["Part2", "SpareParts", "PartTime"] {
            assert_eq!(base_text(&text.parse().unwrap()), text);
        }
    }
}

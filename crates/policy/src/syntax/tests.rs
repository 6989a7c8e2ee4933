use super::*;
use crate::read::lower;

fn policy_of(text: &str) -> (LocatedPolicy, Vec<Diagnostic>) {
    let (policy, problems) = read(&Source::new("policy", text));
    (policy.unwrap(), problems)
}

fn names<T>(elements: &[Element<T>]) -> Vec<&str> {
    elements.iter().map(|element| element.name.as_str()).collect()
}

fn texts<'a>(values: impl IntoIterator<Item = &'a Located<String>>) -> Vec<&'a str> {
    values.into_iter().map(|value| value.value.as_str()).collect()
}

fn piece(text: &str, span: Span) -> &str {
    text.get(span.start..span.end).unwrap()
}

/// The text of each value, with its path.
fn places<'a>(text: &'a str, values: impl IntoIterator<Item = &'a Located<String>>) -> Vec<String> {
    let place = |it: &Located<String>| format!("{} {}", it.path, piece(text, it.span));
    values.into_iter().map(place).collect()
}

#[test]
fn order_and_doubles_are_kept() {
    let text = r#"{"Statement": [{
        "Resource": ["*", "arn:aws:s3:::b", "*"],
        "Action": ["s3:Put*", "S3:put*", "s3:Get*", "s3:Put*"],
        "Effect": "Allow",
        "Condition": {"StringLike": {"aws:b": ["z", "a", "z"], "aws:a": "x"}, "Bool": {}}
    }], "Version": "2012-10-17"}"#;
    let (policy, problems) = policy_of(text);
    assert_eq!(problems, []);
    assert_eq!(names(&policy.elements), ["Statement", "Version"]);
    let [statement] = policy.statements() else { panic!("one statement") };
    assert_eq!(names(&statement.elements), ["Resource", "Action", "Effect", "Condition"]);
    assert_eq!(texts(statement.actions()), ["s3:Put*", "S3:put*", "s3:Get*", "s3:Put*"]);
    assert_eq!(texts(statement.resources()), ["*", "arn:aws:s3:::b", "*"]);
    let condition = statement.element("Condition").map(|element| &element.value);
    let Some(StatementElement::Condition(operators)) = condition else { panic!("conditions") };
    assert_eq!(names(operators), ["StringLike", "Bool"]);
    assert_eq!(names(&operators[0].value), ["aws:b", "aws:a"]);
    assert_eq!(texts(&operators[0].value[0].value), ["z", "a", "z"]);
}

#[test]
fn values_point_at_their_text() {
    let text = r#"{"Statement": {"Effect": "Allow", "Action": "s3:Get*", "NotResource": ["*"]}}"#;
    let (policy, _) = policy_of(text);
    let statement = &policy.statements()[0];
    assert_eq!(places(text, statement.actions()), [r#"`Statement.Action` "s3:Get*""#]);
    assert_eq!(places(text, statement.resources()), [r#"`Statement.NotResource[0]` "*""#]);
    let effect = statement.element("Effect").unwrap();
    assert_eq!(piece(text, effect.name_span), "\"Effect\"");
    assert_eq!(piece(text, effect.span), "\"Allow\"");
    assert!(piece(text, statement.span).starts_with(r#"{"Effect""#));
    assert_eq!(policy.span, Span { start: 0, end: text.len() });
}

#[test]
fn yaml_values_point_at_their_text() {
    let text = "Statement:\n- Effect: Allow\n  Action: [ s3:Get*, 's3:Put*' ]\n  Principal: { AWS: 012345678901 }\n";
    let (policy, problems) = policy_of(text);
    assert_eq!(problems, []);
    let statement = &policy.statements()[0];
    let expected = ["`Statement[0].Action[0]` s3:Get*", "`Statement[0].Action[1]` 's3:Put*'"];
    assert_eq!(places(text, statement.actions()), expected);
    let principal = statement.element("Principal").map(|element| &element.value);
    let Some(StatementElement::Principal(Selection::Only(LocatedPrincipal::Kinds(kinds)))) =
        principal
    else {
        panic!("kinds of principals")
    };
    assert_eq!(places(text, &kinds[0].value), ["`Statement[0].Principal.AWS` 012345678901"]);
}

#[test]
fn element_that_stands_twice_is_there_twice_and_the_last_one_counts() {
    let text = r#"{"Statement": [{"Effect": "Allow", "Action": "s3:A", "Action": "s3:B", "Resource": "*"}],
        "Statement": []}"#;
    let (policy, problems) = policy_of(text);
    let codes: Vec<&str> = problems.iter().map(|problem| problem.code.as_str()).collect();
    assert_eq!(codes, [DUPLICATE_KEY.as_str()]);
    assert_eq!(names(&policy.elements), ["Statement", "Statement"]);
    assert_eq!(policy.statements(), []);
    let PolicyElement::Statements(first) = &policy.elements[0].value else { panic!("statements") };
    assert_eq!(texts(first[0].actions()), ["s3:A", "s3:B"]);
    assert!(!policy.is_whole());
}

#[test]
fn policy_with_errors_is_there_as_far_as_it_can_be_read() {
    let text = r#"{"Version": 1, "statement": [], "Statement": [7, {"Action": ["s3", 7, "s3:Get*"], "Effect": "allow"}]}"#;
    let (policy, problems) = policy_of(text);
    let codes: Vec<&str> = problems.iter().map(|problem| problem.code.as_str()).collect();
    assert_eq!(codes, ["wrong-type", "unknown-element", "wrong-type", "wrong-type"]);
    assert_eq!(policy.elements[0].value, PolicyElement::Other);
    assert_eq!(policy.elements[1].value, PolicyElement::Other);
    let [statement] = policy.statements() else { panic!("one statement") };
    let expected = [r#"`Statement[1].Action[0]` "s3""#, r#"`Statement[1].Action[2]` "s3:Get*""#];
    assert_eq!(places(text, statement.actions()), expected);
    assert_eq!(
        statement.element("Effect").map(|it| &it.value),
        Some(&StatementElement::Effect("allow".to_owned()))
    );
}

#[test]
fn policy_with_something_left_out_means_no_document() {
    let statement = r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}"#;
    let check = |text: &str, expected: bool| {
        let (document, problems) = lower(&policy_of(text).0);
        assert_eq!((document.is_some(), problems), (expected, Vec::new()), "{text}");
    };
    check(&format!(r#"{{"Statement": [{statement}]}}"#), true);
    check(&format!(r#"{{"Statement": [{statement}, 7]}}"#), false);
    check(&format!(r#"{{"Statement": [{statement}],, }}"#), false);
}

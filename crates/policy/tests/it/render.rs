//! What is written reads back to the same policy, with the readers of others.

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use stackpass_policy::condition::Conditions;
use stackpass_policy::document::Document;
use stackpass_policy::principal::Principal;
use stackpass_policy::read::read;
use stackpass_policy::render::{Format, Layout, NamedDocument, render};
use stackpass_policy::size::size;
use stackpass_policy::source::Source;
use stackpass_policy::statement::{Selection, Statement};

use super::arbitrary;

/// The policy as JSON, written down from the rules and not by the library.
pub(crate) fn expected(document: &Document) -> Value {
    let mut value = Map::new();
    if let Some(version) = document.version {
        value.insert("Version".to_owned(), json!(version.to_string()));
    }
    if let Some(id) = &document.id {
        value.insert("Id".to_owned(), json!(id));
    }
    value.insert("Statement".to_owned(), document.statements.iter().map(statement).collect());
    Value::Object(value)
}

fn statement(statement: &Statement) -> Value {
    let mut value = Map::new();
    if let Some(sid) = &statement.sid {
        value.insert("Sid".to_owned(), json!(sid.as_str()));
    }
    value.insert("Effect".to_owned(), json!(statement.effect.to_string()));
    let mut add = |name: &str, selection: Selection<Value>| match selection {
        Selection::Only(set) => value.insert(name.to_owned(), set),
        Selection::Except(set) => value.insert(format!("Not{name}"), set),
    };
    if let Some(principal) = &statement.principal {
        add("Principal", map(principal, principal_value));
    }
    add("Action", map(&statement.actions, |set| one_or_more(set.iter().map(ToString::to_string))));
    if let Some(resources) = &statement.resources {
        add("Resource", map(resources, |set| one_or_more(set.iter().map(ToString::to_string))));
    }
    if statement.conditions != Conditions::new() {
        value.insert("Condition".to_owned(), conditions(&statement.conditions));
    }
    Value::Object(value)
}

fn map<T>(selection: &Selection<T>, make: impl Fn(&T) -> Value) -> Selection<Value> {
    match selection {
        Selection::Only(value) => Selection::Only(make(value)),
        Selection::Except(value) => Selection::Except(make(value)),
    }
}

fn principal_value(principal: &Principal) -> Value {
    match principal {
        Principal::Anyone => json!("*"),
        Principal::Named(kinds) => kinds
            .iter()
            .map(|(kind, names)| (kind.to_string(), one_or_more(names.iter().cloned())))
            .collect(),
    }
}

fn conditions(conditions: &Conditions) -> Value {
    let mut value = Map::new();
    for (operator, key, values) in conditions.iter() {
        let keys = value.entry(operator.to_string()).or_insert(json!({}));
        keys[key.to_string()] = one_or_more(values.iter().cloned());
    }
    Value::Object(value)
}

fn one_or_more(items: impl Iterator<Item = String>) -> Value {
    let items: Vec<Value> = items.map(Value::String).collect();
    if let [one] = items.as_slice() { one.clone() } else { Value::Array(items) }
}

fn named(name: &str, document: &Document) -> NamedDocument {
    NamedDocument { name: name.to_owned(), document: document.clone() }
}

/// The policy that two blocks of Terraform make, by the provider's documentation of `aws_iam_policy_document`.
fn terraform(body: &hcl::Body, label: &str) -> Value {
    let block = |kind: &str| {
        body.blocks()
            .find(|block| block.labels().iter().map(hcl::BlockLabel::as_str).eq([kind, label]))
    };
    let policy = attribute(block("aws_iam_policy").unwrap().body(), "policy").unwrap();
    terraform_document(body, policy, label)
}

/// The policy that an expression gives, which may stand in a block with this label.
pub(crate) fn terraform_document(body: &hcl::Body, policy: &hcl::Expression, label: &str) -> Value {
    let hcl::Expression::Traversal(_) = policy else {
        return serde_json::from_str(evaluate(policy).as_str().unwrap()).unwrap();
    };
    assert_eq!(
        hcl::format::to_string(policy).unwrap(),
        format!("data.aws_iam_policy_document.{label}.json")
    );
    let data = body
        .blocks()
        .find(|block| {
            let labels = block.labels().iter().map(hcl::BlockLabel::as_str);
            labels.eq(["aws_iam_policy_document", label])
        })
        .unwrap()
        .body();
    let mut value = Map::new();
    let version = attribute(data, "version").map_or(json!("2012-10-17"), evaluate);
    value.insert("Version".to_owned(), version);
    if let Some(id) = attribute(data, "policy_id") {
        value.insert("Id".to_owned(), evaluate(id));
    }
    let statements = data.blocks().map(|block| {
        assert_eq!(block.identifier(), "statement");
        terraform_statement(block.body())
    });
    value.insert("Statement".to_owned(), statements.collect());
    Value::Object(value)
}

fn terraform_statement(body: &hcl::Body) -> Value {
    let mut value = Map::new();
    let names = [
        ("sid", "Sid"),
        ("effect", "Effect"),
        ("actions", "Action"),
        ("not_actions", "NotAction"),
        ("resources", "Resource"),
        ("not_resources", "NotResource"),
    ];
    for (name, element) in names {
        if let Some(expression) = attribute(body, name) {
            value.insert(element.to_owned(), single(evaluate(expression)));
        }
    }
    for block in body.blocks() {
        let field = |name: &str| evaluate(attribute(block.body(), name).unwrap());
        let text = |name: &str| field(name).as_str().unwrap().to_owned();
        match block.identifier() {
            "condition" => {
                let all = value.entry("Condition").or_insert(json!({}));
                let test = &mut all[text("test")];
                if test.is_null() {
                    *test = json!({});
                }
                test[text("variable")] = single(field("values"));
            }
            kind => {
                let element = if kind == "principals" { "Principal" } else { "NotPrincipal" };
                if text("type") == "*" {
                    assert_eq!(field("identifiers"), json!(["*"]));
                    value.insert(element.to_owned(), json!("*"));
                } else {
                    let all = value.entry(element).or_insert(json!({}));
                    all[text("type")] = single(field("identifiers"));
                }
            }
        }
    }
    Value::Object(value)
}

pub(crate) fn attribute<'a>(body: &'a hcl::Body, name: &str) -> Option<&'a hcl::Expression> {
    body.attributes().find(|attribute| attribute.key() == name).map(hcl::Attribute::expr)
}

pub(crate) fn evaluate(expression: &hcl::Expression) -> Value {
    use hcl::eval::Evaluate;
    let mut context = hcl::eval::Context::new();
    context.declare_var(
        "data",
        hcl::value!({
            aws_caller_identity = { current = { account_id = "444455556666" } }
            aws_partition = { current = { partition = "aws-cn" } }
        }),
    );
    let value = expression.evaluate(&context).unwrap();
    serde_json::to_value(value).unwrap()
}

fn single(value: Value) -> Value {
    match value {
        Value::Array(mut items) if items.len() == 1 => items.remove(0),
        other => other,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn json_reads_back(document in arbitrary::odd_document()) {
        let pretty = render(&[named("A", &document)], Format::Json { layout: Layout::Pretty });
        let compact = render(&[named("A", &document)], Format::Json { layout: Layout::Compact });
        prop_assert_eq!(serde_json::from_str::<Value>(&pretty).unwrap(), expected(&document));
        prop_assert_eq!(serde_json::from_str::<Value>(&compact).unwrap(), expected(&document));
        prop_assert_eq!(size(&document), compact.chars().count());
        let both = render(
            &[named("A", &document), named("B", &document)],
            Format::Json { layout: Layout::Pretty },
        );
        let expected = json!({"A": expected(&document), "B": expected(&document)});
        prop_assert_eq!(serde_json::from_str::<Value>(&both).unwrap(), expected);
    }

    #[test]
    fn yaml_reads_back(document in arbitrary::odd_document()) {
        let text = render(&[named("A", &document)], Format::Yaml);
        prop_assert_eq!(serde_yaml_ng::from_str::<Value>(&text).unwrap(), expected(&document), "{}", text);
    }

    #[test]
    fn own_reader_reads_json_and_yaml_back(document in arbitrary::odd_document()) {
        for format in [Format::Json { layout: Layout::Pretty }, Format::Yaml] {
            let text = render(&[named("A", &document)], format);
            let (read, problems) = read(&Source::new("policy", text.as_str()));
            prop_assert_eq!(problems, vec![], "{}", text);
            prop_assert_eq!(read.as_ref(), Some(&document), "{}", text);
        }
    }

    #[test]
    fn cloudformation_reads_back(a in arbitrary::odd_document(), b in arbitrary::odd_document()) {
        let text = render(&[named("Caller", &a), named("Exec-utor", &b)], Format::CloudFormation);
        let template: Value = serde_yaml_ng::from_str(&text).unwrap();
        let policy = |document| json!({
            "Type": "AWS::IAM::ManagedPolicy",
            "Properties": {"PolicyDocument": expected(document)},
        });
        prop_assert_eq!(template, json!({
            "AWSTemplateFormatVersion": "2010-09-09",
            "Resources": {"Caller": policy(&a), "Executor": policy(&b)},
            "Outputs": {
                "CallerArn": {"Value": {"Ref": "Caller"}},
                "ExecutorArn": {"Value": {"Ref": "Executor"}},
            },
        }));
    }

    #[test]
    fn terraform_reads_back(a in arbitrary::odd_document(), b in arbitrary::odd_document()) {
        let text = render(&[named("Caller", &a), named("StackpassExecutor", &b)], Format::Terraform);
        let body: hcl::Body = hcl::parse(&text).unwrap();
        for (label, document) in [("caller", &a), ("stackpass_executor", &b)] {
            let mut expected = expected(document);
            let read = terraform(&body, label);
            // A missing version and the old one are the same to IAM.
            if expected.get("Version").is_none() && read.get("Version").is_some() {
                expected["Version"] = json!("2008-10-17");
            }
            prop_assert_eq!(read, expected, "{}", text);
        }
    }

    #[test]
    fn cdk_reads_back(document in arbitrary::odd_document()) {
        let text = render(&[named("StackpassExecutor", &document)], Format::Cdk);
        let (_, rest) = text.split_once("export const stackpassExecutorDocument = ").unwrap();
        let (object, class) = rest.split_once("\n};\n").unwrap();
        let read: Value = serde_json::from_str(&format!("{object}\n}}")).unwrap();
        prop_assert_eq!(read, expected(&document));
        prop_assert!(class.contains("fromJson(stackpassExecutorDocument)"));
    }
}

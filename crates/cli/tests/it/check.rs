//! `stackpass check`.

use std::collections::BTreeSet;

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::common::{Folder, ODD, QUEUE, Ran};

/// A queue and a role that a function passes, with names.
const API: &str = "Resources:
  Jobs:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: jobs
  Handler:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: handler
      Role: arn:aws:iam::111122223333:role/handler
      Runtime: nodejs22.x
      Handler: index.handler
      Code: {S3Bucket: code, S3Key: handler.zip}
";

const OPTIONS: &str = "--stack-name dev --region eu-west-1 --account 111122223333";

/// A folder with a template and the policy that `generate` makes of it.
fn folder(test: &str, template: &str) -> Folder {
    let folder = Folder::new(test).with("t.yaml", template);
    let generated = folder.run(&format!("generate stack t.yaml {OPTIONS}"));
    folder.with("p.json", generated.stdout)
}

fn check(folder: &Folder, arguments: &str) -> Ran {
    folder.run(&format!("check t.yaml {OPTIONS} {arguments}"))
}

/// The policy of the folder with a change.
fn changed(folder: Folder, change: impl FnOnce(&mut Vec<Value>)) -> Folder {
    let mut policy: Value = serde_json::from_str(&folder.read("p.json")).unwrap();
    change(policy["Statement"].as_array_mut().unwrap());
    folder.with("p.json", serde_json::to_string_pretty(&policy).unwrap())
}

/// Takes an action out of every statement.
fn take(statements: &mut Vec<Value>, action: &str) {
    for statement in &mut *statements {
        if let Some(actions) = statement["Action"].as_array_mut() {
            actions.retain(|it| it != action);
        }
    }
    statements.retain(|it| it["Action"] != action && it["Action"] != json!([]));
}

#[test]
fn generated_policy_is_enough() {
    let ran = check(&folder("check-enough", API), "--policy p.json");
    assert_snapshot!(ran.all(), @"
    exit code 0
    --- stdout
    covered: all 22 needs of the caller and of CloudFormation
    --- stderr
    note: policies of the organization (SCPs and RCPs), of resources and of sessions
    are not seen here; they can deny what these policies allow
    ");
}

#[test]
fn missing_action_is_told_with_its_mend() {
    let folder = changed(folder("check-missing", API), |it| take(it, "sqs:CreateQueue"));
    assert_snapshot!(check(&folder, "--policy p.json").all(), @r#"
    exit code 9
    --- stdout
    Not covered

      Jobs (AWS::SQS::Queue)
        at       t.yaml:2:3
        to       create, update
        needs    sqs:CreateQueue
        on       arn:aws:sqs:eu-west-1:111122223333:jobs
        but      no statement allows it

    This policy beside the caller's policies would cover it
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Sid": "ManageSqs",
          "Effect": "Allow",
          "Action": "sqs:CreateQueue",
          "Resource": "arn:aws:sqs:eu-west-1:111122223333:jobs"
        }
      ]
    }

    not covered: 1 of 22 needs of the caller and of CloudFormation
    --- stderr
    note: policies of the organization (SCPs and RCPs), of resources and of sessions
    are not seen here; they can deny what these policies allow
    "#);
}

#[test]
fn mend_mends() {
    let folder = changed(folder("check-mend", API), |it| {
        it.truncate(3);
    });
    let ran = check(&folder, "--policy p.json --output json");
    assert_eq!(ran.code, 9);
    let mend = ran.json()["mends"][0]["documents"][0].to_string();
    let folder = folder.with("mend.json", mend);
    assert_eq!(check(&folder, "--policy p.json --policy mend.json").code, 0);
}

#[test]
fn deny_and_boundary_are_named() {
    let deny =
        json!({"Sid": "NoQueues", "Effect": "Deny", "Action": "sqs:Delete*", "Resource": "*"});
    let boundary = r#"{"Version": "2012-10-17", "Statement":
        {"Effect": "Allow", "NotAction": "lambda:CreateFunction", "Resource": "*"}}"#;
    let folder = changed(folder("check-deny", API), |it| it.push(deny)).with("b.json", boundary);
    let ran = check(&folder, "--policy p.json --boundary b.json");
    assert_eq!(ran.code, 9);
    assert_snapshot!(ran.stdout, @r#"
    Denied by a statement

      p.json:60 Statement[5] (NoQueues) denies it
        needs    sqs:DeleteQueue
        on       arn:aws:sqs:eu-west-1:111122223333:jobs
        for      Jobs (AWS::SQS::Queue) at t.yaml:2:3

    Not covered

      Handler (AWS::Lambda::Function)
        at       t.yaml:6:3
        to       create, update
        needs    lambda:CreateFunction
        on       arn:aws:lambda:eu-west-1:111122223333:function:handler
        but      the boundary b.json does not allow it

    These statements in the caller's boundary b.json would cover it
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Sid": "ManageLambda",
          "Effect": "Allow",
          "Action": "lambda:CreateFunction",
          "Resource": "arn:aws:lambda:eu-west-1:111122223333:function:handler"
        }
      ]
    }

    not covered: 2 of 22 needs of the caller and of CloudFormation
    "#);
}

#[test]
fn narrower_statement_is_named_with_its_resources() {
    let folder = changed(folder("check-part", API), |it| {
        for statement in it {
            if statement["Resource"] == "arn:aws:sqs:eu-west-1:111122223333:jobs" {
                statement["Resource"] = "arn:aws:sqs:eu-west-1:111122223333:other-*".into();
            }
        }
    });
    let ran = check(&folder, "--policy p.json");
    assert_eq!(ran.code, 9);
    assert!(ran.stdout.contains("no statement allows it"), "{}", ran.stdout);
}

#[test]
fn what_depends_on_a_condition_is_a_gap_and_not_a_guess() {
    let folder = changed(folder("check-open", API), |it| {
        for statement in it {
            statement["Condition"]["Bool"]["aws:MultiFactorAuthPresent"] = "true".into();
        }
    });
    let ran = check(&folder, "--policy p.json");
    assert_eq!(ran.code, 4, "{}", ran.stdout);
    let expected = "allows it if Bool aws:MultiFactorAuthPresent true";
    assert!(ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ").contains(expected));
    assert!(ran.stdout.contains("\nnot certain: "), "{}", ran.stdout);
    assert!(ran.stderr.contains("`--context KEY=VALUE`"), "{}", ran.stderr);
    let with = |value: &str| {
        check(&folder, &format!("--policy p.json --context aws:MultiFactorAuthPresent={value}"))
    };
    assert_eq!(with("true").code, 0);
    assert_eq!(with("false").code, 9);
}

#[test]
fn region_of_the_stack_answers_conditions_on_it() {
    let fence = |region: &str| {
        json!({"Effect": "Deny", "NotAction": "iam:*", "Resource": "*",
               "Condition": {"StringNotEquals": {"aws:RequestedRegion": region}}})
    };
    let inside = changed(folder("check-region", API), |it| it.push(fence("eu-west-1")));
    assert_eq!(check(&inside, "--policy p.json").code, 0);
    let outside = changed(folder("check-other-region", API), |it| it.push(fence("us-east-1")));
    assert_eq!(check(&outside, "--policy p.json").code, 9);
    // Where the region is not known, neither is the answer.
    let anywhere = Folder::new("check-any-region").with("t.yaml", API);
    let generated = anywhere.run("generate stack t.yaml --stack-name dev").stdout;
    let anywhere = changed(anywhere.with("p.json", generated), |it| it.push(fence("eu-west-1")));
    let ran = anywhere.run("check t.yaml --stack-name dev --policy p.json");
    assert_eq!(ran.code, 4, "{}", ran.stdout);
}

#[test]
fn soft_needs_fail_only_if_strict() {
    let folder = folder("check-soft", API);
    let all = folder.run(&format!("generate stack t.yaml {OPTIONS} --output json")).json();
    let hardness_of = |action: &str| -> BTreeSet<String> {
        let needs = all["needs"].as_array().unwrap().iter();
        let of_action = needs.filter(|need| need["action"] == action);
        of_action.map(|need| need["hardness"].as_str().unwrap().to_owned()).collect()
    };
    let actions: Vec<String> = all["needs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|need| need["action"].as_str().unwrap().to_owned())
        .collect();
    let is_soft = |action: &&String| hardness_of(action) == BTreeSet::from(["soft".to_owned()]);
    let soft = actions.iter().find(is_soft).unwrap();
    let folder = changed(folder, |it| take(it, soft));
    assert_eq!(check(&folder, "--policy p.json").code, 0);
    assert_eq!(check(&folder, "--policy p.json --strict").code, 9);
    assert!(check(&folder, "--policy p.json").stdout.contains(soft.as_str()));
}

#[test]
fn two_sides_have_their_own_policies() {
    let folder = Folder::new("check-sides").with_app("cdk.out");
    let app = "cdk.out --mode service-role --service-role cfn";
    let both = folder.run(&format!("generate stack {app}")).stdout;
    let split: Value = serde_json::from_str(&both).unwrap();
    let folder = folder
        .with("both.json", &both)
        .with("caller.json", split["caller"].to_string())
        .with("executor.json", split["executor"].to_string());
    assert_eq!(folder.run(&format!("check {app} --policy both.json")).code, 0);
    let alone = folder.run(&format!("check {app} --policy caller.json"));
    assert_eq!(alone.code, 0);
    assert!(alone.stdout.contains("not checked: "), "{}", alone.stdout);
    let right = "--policy caller.json --executor-policy executor.json";
    let ran = folder.run(&format!("check {app} {right} --output json"));
    assert_eq!((ran.code, ran.json()["unchecked"].clone()), (0, json!([])));
    let swapped = "--policy executor.json --executor-policy caller.json";
    assert_eq!(folder.run(&format!("check {app} {swapped}")).code, 9);
    assert_eq!(folder.run(&format!("check {app} --executor-policy executor.json")).code, 0);
}

#[test]
fn direct_mode_has_no_executor() {
    let folder = folder("check-direct", QUEUE);
    let ran = check(&folder, "--policy p.json --executor-policy p.json");
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    assert!(ran.stderr.contains("acts with the caller's permissions"), "{}", ran.stderr);
}

#[test]
fn gaps_of_the_input_count() {
    let folder = folder("check-gaps", ODD);
    assert_eq!(check(&folder, "--policy p.json").code, 4);
    let folder = changed(folder, |it| take(it, "sqs:CreateQueue"));
    assert_eq!(check(&folder, "--policy p.json").code, 9);
}

#[test]
fn unused_grants_are_summed_up() {
    let more = json!([
        {"Effect": "Allow", "Action": ["sqs:*", "dynamodb:GetItem"], "Resource": "*"},
        {"Sid": "Odd", "Effect": "Allow", "Action": "ec2:RunInstances", "Resource": "*"},
        {"Effect": "Allow", "Action": "lambda:CreateFunction", "Resource": "*"}
    ]);
    let folder = changed(folder("check-unused", API), |it| {
        it.clear();
        it.extend(more.as_array().unwrap().iter().cloned());
    });
    let ran = check(&folder, "--policy p.json --unused");
    let (unused, _) = ran.stdout.split_once("\nNot covered\n").unwrap();
    let actions = unused.split(" of its ").nth(1).unwrap().split(' ').next().unwrap();
    assert_snapshot!(unused.replace(actions, "MANY"), @"
    Granted and not needed

      p.json:3 Statement[0]
        wider    sqs:* on *: needs only 5 of its MANY actions
        unneeded dynamodb:GetItem

      p.json:11 Statement[1] (Odd)
        unneeded all of it

      p.json:17 Statement[2]
        wider    lambda:CreateFunction on * is needed on
                 arn:aws:lambda:eu-west-1:111122223333:function:handler only

    Not covered, but the deployment goes on without it

      Handler (AWS::Lambda::Function)
        at       t.yaml:6:3
        to       create, update
        needs    lambda:GetFunctionCodeSigningConfig,
                 lambda:GetFunctionRecursionConfig,
                 lambda:GetRuntimeManagementConfig
        on       arn:aws:lambda:eu-west-1:111122223333:function:handler
        but      no statement allows it
    ");
    let json = check(&folder, "--policy p.json --unused --output json").json();
    assert_eq!(json["unused"][1]["whole"], true);
}

#[test]
fn generated_policy_has_nothing_unused() {
    let folder = folder("check-none-unused", API);
    let ran = check(&folder, "--policy p.json --unused --output json");
    assert_eq!(ran.json()["unused"], json!([]));
}

#[test]
fn sarif_has_a_result_with_a_place_and_a_known_rule() {
    let folder = changed(folder("check-sarif", API), |it| take(it, "sqs:CreateQueue"));
    let ran = check(&folder, "--policy p.json --output sarif");
    assert_eq!(ran.code, 9);
    let log = ran.json();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let rules = &run["tool"]["driver"]["rules"];
    let result = &run["results"][0];
    let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
    assert_eq!(rules[index]["id"], result["ruleId"]);
    assert_eq!(
        (&result["ruleId"], &result["level"]),
        (&"need-not-covered".into(), &"error".into())
    );
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "t.yaml");
    assert_eq!(place["region"], json!({"startLine": 2, "startColumn": 3}));
}

#[test]
fn github_gets_an_annotation_at_the_line() {
    let folder = changed(folder("check-github", API), |it| take(it, "sqs:CreateQueue"));
    let ran = check(&folder, "--policy p.json --output github");
    assert_eq!(ran.code, 9);
    assert_snapshot!(ran.stdout, @"::error title=stackpass need-not-covered,file=t.yaml,line=2,col=3::Jobs (AWS::SQS::Queue) needs sqs:CreateQueue on arn:aws:sqs:eu-west-1:111122223333:jobs for the executor, but no statement allows it");
}

#[test]
fn policies_that_cannot_be_read_are_no_answer() {
    let folder =
        folder("check-bad-policy", QUEUE).with("empty.json", "").with("list.json", "[1]").with(
            "action.json",
            r#"{"Statement": [{"Effect": "Allow", "Action": 1, "Resource": "*"}]}"#,
        );
    for file in ["empty.json", "list.json", "action.json", "t.yaml"] {
        let ran = check(&folder, &format!("--policy {file}"));
        assert_eq!((ran.code, ran.stdout.as_str()), (3, ""), "{file}");
        assert!(ran.stderr.contains(&format!("{file}:1")), "{file}: {}", ran.stderr);
    }
    let ran = check(&folder, "--policy nowhere.json");
    assert_eq!(ran.code, 3);
    assert_eq!(check(&folder, "").code, 2);
}

/// Which needs are lost when a grant is, by an account of its own: the policies are read as lists of actions and resources, and
/// a need is covered if some list has its action and its very resource.
fn lost(needs: &[Value], statements: &[Value]) -> BTreeSet<String> {
    let list = |value: &Value| -> Vec<String> {
        match value {
            Value::Array(items) => items.iter().map(|it| it.as_str().unwrap().to_owned()).collect(),
            value => vec![value.as_str().unwrap().to_owned()],
        }
    };
    let is_covered = |need: &Value, resource: &str| {
        statements.iter().any(|statement| {
            let has_conditions = |value: &Value| value.as_object().is_some_and(|it| !it.is_empty());
            let condition = &statement["Condition"];
            list(&statement["Action"]).contains(&need["action"].as_str().unwrap().to_owned())
                && list(&statement["Resource"]).iter().any(|pattern| {
                    pattern == resource || glob(pattern.as_bytes(), resource.as_bytes())
                })
                && (!has_conditions(condition) || normal(condition) == normal(&need["conditions"]))
        })
    };
    let mut lost = BTreeSet::new();
    for need in needs {
        for resource in need["resources"].as_array().unwrap() {
            let resource = resource.as_str().unwrap();
            if !is_covered(need, resource) {
                lost.insert(format!(
                    "{} {resource} {}",
                    need["action"],
                    normal(&need["conditions"])
                ));
            }
        }
    }
    lost
}

/// Conditions with every value as a list.
fn normal(conditions: &Value) -> String {
    let mut normal = conditions.clone();
    for keys in normal.as_object_mut().unwrap().values_mut() {
        for values in keys.as_object_mut().unwrap().values_mut() {
            if values.is_string() {
                *values = json!([values]);
            }
        }
    }
    normal.to_string()
}

/// Whether a pattern of `*` matches a text in which `*` is a character as any other.
fn glob(pattern: &[u8], text: &[u8]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((b'*', rest)) => (0..=text.len()).any(|skip| glob(rest, &text[skip..])),
        Some((first, rest)) => text.first() == Some(first) && glob(rest, &text[1..]),
    }
}

/// Takes each action of each statement, and each statement, and compares what is told with what was lost.
fn check_mutations(folder: Folder, input: &str) {
    let report = folder.run(&format!("generate stack {input} --output json")).json();
    let needs = report["needs"].as_array().unwrap();
    let policies: serde_json::Map<String, Value> = report["policies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["name"].as_str().unwrap().to_owned(), it["document"].clone()))
        .collect();
    let folder = folder.with("full.json", Value::from(policies.clone()).to_string());
    assert_eq!(folder.run(&format!("check {input} --policy full.json --strict")).code % 4, 0);
    let mut folder = folder;
    let mut mutations = 0;
    for (name, document) in &policies {
        let holder = name.split('-').next().unwrap();
        let of_holder = |need: &&Value| holder == "deploy" || need["who"] == holder;
        let held: Vec<Value> = needs.iter().filter(of_holder).cloned().collect();
        for mutant in mutants(document) {
            let mut changed = policies.clone();
            changed[name] = mutant;
            let statements: Vec<Value> = changed
                .iter()
                .filter(|(key, _)| key.split('-').next() == Some(holder))
                .flat_map(|(_, document)| document["Statement"].as_array().unwrap().clone())
                .collect();
            folder = folder.with("less.json", Value::from(changed).to_string());
            let ran = folder.run(&format!("check {input} --policy less.json --output json"));
            let told: BTreeSet<String> = ran.json()["uncovered"]
                .as_array()
                .unwrap()
                .iter()
                .flat_map(|it| {
                    let conditions = normal(&it["conditions"]);
                    it["left"].as_array().unwrap().iter().map(move |left| {
                        format!("{} {} {conditions}", it["action"], left.as_str().unwrap())
                    })
                })
                .collect();
            assert_eq!(told, lost(&held, &statements), "{input} {name}");
            mutations += usize::from(!told.is_empty());
        }
    }
    assert!(mutations > 10, "{mutations}");
}

/// The policy without one statement, and without one action, a handful of each statement.
fn mutants(document: &Value) -> Vec<Value> {
    const ACTIONS: usize = 3;
    let mut mutants = Vec::new();
    for (index, statement) in document["Statement"].as_array().unwrap().iter().enumerate() {
        let mut without = document.clone();
        without["Statement"].as_array_mut().unwrap().remove(index);
        mutants.push(without);
        let actions = statement["Action"].as_array().map(Vec::len).unwrap_or_default();
        for action in (0..actions).step_by(actions / ACTIONS + 1) {
            let mut without = document.clone();
            without["Statement"][index]["Action"].as_array_mut().unwrap().remove(action);
            mutants.push(without);
        }
    }
    mutants
}

#[test]
fn each_lost_grant_is_named_and_nothing_else() {
    let examples = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples");
    check_mutations(Folder::new("mutate-crud-api"), &format!("{examples}/crud-api/cdk.out"));
    check_mutations(Folder::new("mutate-domain"), &format!("{examples}/custom-domain/cdk.out"));
    let template = Folder::new("mutate-template").with("t.yaml", API);
    check_mutations(template, &format!("t.yaml {OPTIONS}"));
}

#[test]
fn policy_of_a_resource_gives_nobody_anything_and_is_told() {
    let policy =
        r#"{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}}"#;
    let folder = Folder::new("check-foreign").with("t.yaml", QUEUE).with("p.json", policy);
    let ran = check(&folder, "--policy p.json");
    assert_eq!(ran.code, 9);
    assert!(ran.stderr.contains("p.json:1 Statement[0] is of a resource"), "{}", ran.stderr);
}

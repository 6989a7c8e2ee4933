//! What is never known, and how much is worked out at the most.

use super::*;

/// What an expression makes CloudFormation look up, and what is left of it.
fn check_uses(expression: &str, expected: &[&str], value: &str) {
    let (stack, _) = evaluated(expression, &setting());
    let declared = |kind: &UseKind| matches!(kind, UseKind::StoredParameter(_));
    let uses: Vec<String> = stack
        .uses
        .iter()
        .filter(|used| !declared(&used.kind))
        .map(|used| match &used.kind {
            UseKind::Secret(name) => format!("secret {}", text(name)),
            UseKind::SecureParameter(name) => format!("secure {}", text(name)),
            UseKind::DynamicParameter(name) => format!("parameter {}", text(name)),
            kind => format!("{kind:?}"),
        })
        .collect();
    assert_eq!(uses, expected, "{expression}");
    assert_eq!(short(&stack.outputs["It"]), value, "{expression}");
}

#[test]
fn dynamic_references_are_unknown_and_noted() {
    check_uses("'{{resolve:ssm:/image:1}}'", &["parameter /image"], "'*'");
    check_uses("'{{resolve:ssm-secure:name}}'", &["secure name"], "'*'");
    check_uses("'{{resolve:secretsmanager:db:SecretString:password}}'", &["secret db"], "'*'");
    check_uses(
        "'{{resolve:secretsmanager:arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-x1y2z3:SecretString:p}}'",
        &["secret arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-x1y2z3"],
        "'*'",
    );
    check_uses(
        "'a {{resolve:ssm:x}} b {{resolve:ssm:y}}'",
        &["parameter x", "parameter y"],
        "'a * b *'",
    );
    check_uses("'{{resolve:ssm:x'", &[], "'{{resolve:ssm:x'");
    check_uses("'{{resolve:other:x}}'", &[], "'*'");
}

/// As the CDK writes a reference to a secret of the same stack.
#[test]
fn dynamic_references_may_be_put_together() {
    check_uses(
        "!Join ['', ['{{resolve:secretsmanager:', !Ref Queue, ':SecretString:password::}}']]",
        &["secret <Queue>"],
        "'*'",
    );
    check_uses("!Sub '{{resolve:ssm:/${AWS::StackName}/x:1}}'", &["parameter /shop/x"], "'*'");
    check_uses("!Sub '{{resolve:ssm:/${Open}/x}}'", &["parameter /*/x"], "'*'");
    check_uses(
        "!Sub '{{resolve:secretsmanager:arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:${Queue}:SecretString:p}}'",
        &["secret arn:aws:secretsmanager:eu-west-1:111122223333:secret:<Queue>"],
        "'*'",
    );
}

#[test]
fn depth_has_an_end() {
    let nested = |depth: usize, open: &str, close: &str| {
        format!("{}x{}", open.repeat(depth), close.repeat(depth))
    };
    let (stack, _) = evaluated(&nested(150, "{a: ", "}"), &setting());
    assert!(short(&stack.outputs["It"]).contains('?'));
    let (stack, _) = evaluated(&nested(90, "{'Fn::If': [Yes, ", ", y]}"), &setting());
    assert_eq!(short(&stack.outputs["It"]), "'x'");
}

#[test]
fn too_many_alternatives_are_any() {
    let eight = "!If [Maybe, a, !If [Maybe, b, !If [Maybe, c, d]]]";
    let expression = format!("!Sub ['${{x}}${{x}}${{x}}${{x}}', {{x: {eight}}}]");
    let (stack, _) = evaluated(&expression, &setting());
    for found in stack.outputs["It"].alternatives() {
        // 4 to the power of 4 is more than is followed: what is known stays, the rest is open.
        let Value::Text(found) = found else { panic!("{found:?}") };
        assert!(text(found).ends_with('*'), "{found:?}");
    }
}

#[test]
fn a_text_of_very_many_parts_is_open_at_its_end() {
    let items = vec!["!Ref Bucket"; 2000].join(", ");
    let (stack, _) = evaluated(&format!("!Join ['-', [first, {items}]]"), &setting());
    let Value::Text(text) = &stack.outputs["It"] else { panic!("no text") };
    assert!(text.parts().len() < 300, "{}", text.parts().len());
    assert_eq!(text.parts().first(), Some(&Part::Literal("first-".to_owned())));
    assert_eq!(text.parts().last(), Some(&Part::Any));
}

#[test]
fn values_beyond_all_measure_are_unknown_and_that_is_said() {
    // 64 alternatives of 20,000 bytes, 100 times: 128 MB.
    let allowed: Vec<String> =
        (0..64).map(|number| format!("{}{number}", "a".repeat(20_000))).collect();
    let outputs: Vec<String> =
        (0..100).map(|number| format!("  O{number}: {{Value: !Ref P}}\n")).collect();
    let outputs = outputs.concat();
    let text = format!(
        "Parameters: {{P: {{Type: String, AllowedValues: [{}]}}}}\nResources: {{B: {{Type: AWS::S3::Bucket}}}}\nOutputs:\n{outputs}",
        allowed.join(", ")
    );
    let (stack, problems) = stack_of(&text, &setting());
    assert_eq!(problems.iter().filter(|problem| problem.code == "too-large").count(), 1);
    let unknown = stack.outputs.values().filter(|value| **value == Value::Unknown).count();
    assert!((50..100).contains(&unknown), "{unknown}");
}

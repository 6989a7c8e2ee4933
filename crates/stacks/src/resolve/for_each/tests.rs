//! When a template is copied for its loops. What loops make is tested where it is resolved.

use std::borrow::Cow;
use std::collections::BTreeMap;

use stackpass_ground::source::Source;

use super::{Setting, expand};
use crate::template;

fn is_copied(rest: &str) -> bool {
    let text = format!("Transform: AWS::LanguageExtensions\n{rest}");
    let (template, _) = template::read(&Source::new("t", text));
    let template = template.expect("a template");
    let setting = Setting {
        stack_name: None,
        account: None,
        region: None,
        partition: None,
        parameters: BTreeMap::new(),
        stack_tags: BTreeMap::new(),
        executor_role: None,
    };
    match expand(&template, &setting).0 {
        Cow::Borrowed(lent) => {
            assert!(std::ptr::eq(lent, &raw const template), "it is the same one");
            false
        }
        Cow::Owned(_) => true,
    }
}

#[test]
fn template_is_copied_only_for_its_loops() {
    let plain = "Resources: { T: { Type: AWS::SNS::Topic, Properties: { Tags: [{ Key: a }] } } }";
    assert!(!is_copied(plain));
    for looped in [
        "Resources: { 'Fn::ForEach::L': [N, [a], { 'T${N}': { Type: AWS::SNS::Topic } }] }",
        "Resources: { T: { Type: AWS::SNS::Topic, Properties: { Tags: [{ 'Fn::ForEach::L': [N, [a], { '${N}': 1 }] }] } } }",
    ] {
        assert!(is_copied(looped), "{looped}");
    }
    for section in [
        "Conditions: { C: { 'Fn::Or': [{ 'Fn::ForEach::L': [N, [a], { '${N}': 1 }] }] } }",
        "Outputs: { O: { Value: { 'Fn::ForEach::L': [N, [a], { '${N}': 1 }] } } }",
    ] {
        assert!(is_copied(&format!("{plain}\n{section}")), "{section}");
    }
}

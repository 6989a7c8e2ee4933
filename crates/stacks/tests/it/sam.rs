//! What SAM templates become, compared with what SAM's own implementation makes of them: `testdata/sam/*/expected.txt`.
//!
//! `testdata/sam/record.py` writes those files. This program never does.

use std::{collections::BTreeSet, fmt::Write as _, fs, path::Path};

use stackpass_ground::source::{Severity, Source};
use stackpass_ground::tree::{Entry, Node};
use stackpass_stacks::{
    deployment::{Input, Options},
    need::Need,
    sam,
    template::{self, Resource, Template},
};

/// Takes the digest off an id: ten hexadecimal digits at its end.
fn without_digest(id: &str) -> &str {
    let at = id.len().saturating_sub(10);
    match id.split_at_checked(at) {
        Some((start, end)) if end.len() == 10 && end.bytes().all(is_lower_hex) => start,
        _ => id,
    }
}

fn is_lower_hex(byte: u8) -> bool {
    byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)
}

/// The properties by which a resource names or permits others.
const PROPERTIES: [&str; 9] = [
    "Action",
    "EventSourceArn",
    "FunctionName",
    "Principal",
    "Role",
    "RoleArn",
    "SourceArn",
    "SourceAccount",
    "TopicArn",
];

/// A resource as `testdata/sam/record.py` describes it.
fn described(resource: &Resource, template: &Template) -> String {
    let id = &resource.logical_id;
    let mut text = format!("{} {}\n", without_digest(id.as_str()), resource.resource_type);
    for name in PROPERTIES {
        let Some(value) = resource.properties.field(name) else { continue };
        let mut ids = BTreeSet::new();
        referred(value, &mut ids);
        let ids = ids.into_iter().filter(|id| template.resources.contains_key(*id));
        let ids: BTreeSet<&str> = ids.map(without_digest).collect();
        let shown = match value.as_str() {
            Some(text) if ids.is_empty() => text.to_owned(),
            _ => ids.into_iter().collect::<Vec<_>>().join(" "),
        };
        writeln!(text, "{}", format!("  {name}: {shown}").trim_end()).unwrap();
    }
    text
}

/// The logical ids that a value refers to.
fn referred<'n>(value: &'n Node, ids: &mut BTreeSet<&'n str>) {
    for item in value.items() {
        referred(item, ids);
    }
    for Entry { key, value, .. } in value.entries() {
        match key.as_str() {
            "Ref" => ids.extend(value.as_str()),
            "Fn::GetAtt" => {
                let first = value.items().first().unwrap_or(value).as_str();
                ids.extend(first.and_then(|text| text.split('.').next()));
            }
            "Fn::Sub" => {
                let given = value.items().get(1);
                let text = value.items().first().unwrap_or(value).as_str().unwrap_or_default();
                let names = text.split("${").skip(1).filter_map(|rest| rest.split('}').next());
                let names = names.filter(|name| !name.starts_with('!'));
                let names =
                    names.filter(|name| given.is_none_or(|given| given.field(name).is_none()));
                ids.extend(names.filter_map(|name| name.split('.').next()));
                for entry in given.map_or(&[][..], Node::entries) {
                    referred(&entry.value, ids);
                }
            }
            _ => referred(value, ids),
        }
    }
}

#[test]
fn sam_templates_become_what_sam_makes_of_them() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/sam");
    let entries = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let mut cases: Vec<_> = entries.filter(|path| path.is_dir()).collect();
    cases.sort();
    assert!(cases.len() >= 10, "the cases are there");
    for case in cases {
        let text = fs::read_to_string(case.join("template.yaml")).unwrap();
        let (template, problems) = template::read(&Source::new("template.yaml", text));
        let is_error = |severity| severity == Severity::Error;
        assert!(problems.iter().all(|problem| !is_error(problem.severity)), "{problems:?}");
        let template = template.expect("a template");
        let (expanded, _) = sam::expand(&template);
        let mut lines: Vec<String> =
            expanded.resources.values().map(|resource| described(resource, &expanded)).collect();
        lines.sort();
        let found = lines.concat();
        let expected = fs::read_to_string(case.join("expected.txt")).unwrap().replace("\r\n", "\n");
        assert!(found == expected, "{} differs:\n{found}", case.display());
    }
}

#[test]
fn function_passes_the_role_that_sam_makes_for_it() {
    let text = "
Transform: AWS::Serverless-2016-10-31
Resources:
  Hello:
    Type: AWS::Serverless::Function
    Properties:
      InlineCode: x
      Runtime: python3.13
      Handler: index.run
      Policies: [AWSLambdaExecute]
";
    let options = Options {
        stack_name: Some("app".to_owned()),
        account: Some("123456789012".to_owned()),
        region: Some("eu-central-1".to_owned()),
        ..super::deployments::options()
    };
    let source = Source::new("template.yaml", text);
    let (deployment, problems) = stackpass_stacks::plan(&[Input::Template(source)], &options);
    assert!(problems.is_empty(), "{problems:?}");
    let needs = stackpass_stacks::needs(&deployment);
    assert!(needs.gaps.is_empty(), "{:?}", needs.gaps);
    let resources = |action: &str, logical_id: &str| -> BTreeSet<String> {
        let is_it = |need: &&Need| {
            let of = need.why.resource.as_ref().map(|resource| resource.logical_id.as_str());
            need.action.as_str() == action && of == Some(logical_id)
        };
        let found = needs.needs.iter().filter(is_it).flat_map(|need| &need.resources);
        found.map(ToString::to_string).collect()
    };
    let role = BTreeSet::from(["arn:aws:iam::123456789012:role/app-HelloRole-*".to_owned()]);
    assert_eq!(resources("iam:PassRole", "Hello"), role);
    assert_eq!(resources("iam:CreateRole", "HelloRole"), role);
    assert_eq!(resources("iam:AttachRolePolicy", "HelloRole"), role);
    let transform = needs.needs.iter().flat_map(|need| &need.resources).map(ToString::to_string);
    let name = "arn:aws:cloudformation:eu-central-1:aws:transform/Serverless-2016-10-31";
    assert!(transform.into_iter().any(|arn| arn == name), "the transform is still asked for");
}

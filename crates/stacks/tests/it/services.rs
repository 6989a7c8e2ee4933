//! Full permission for services: whatever a deployment needs, the policy of its services covers it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use stackpass_ground::source::Source;
use stackpass_policy::catalogue;
use stackpass_policy::contains::contains;
use stackpass_policy::document::Document;
use stackpass_policy::statement::Statement;
use stackpass_stacks::builtin;
use stackpass_stacks::deployment::{Input, Mode, Options, Tool};
use stackpass_stacks::need::{Need, Needs};
use stackpass_stacks::services::{Choice, Origin, Plumbing, find, parts};
use stackpass_stacks::{needs, plan};

use super::deployments::options;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// Every template and assembly of this repository, and the two stacks that are built in.
fn inputs() -> Vec<(String, Vec<Input>)> {
    let mut inputs = Vec::new();
    for folder in ["examples", "testdata/assemblies", "testdata/sam", "testdata/templates"] {
        for entry in std::fs::read_dir(Path::new(ROOT).join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.display().to_string();
            let assembly =
                ["cdk.out", "app"].map(|it| path.join(it)).into_iter().find(|it| it.is_dir());
            let template = ["template.yaml", "template.yml", "template.json"]
                .map(|it| path.join(it))
                .into_iter()
                .find(|it| it.is_file());
            if let Some(assembly) = assembly {
                inputs.push((name, vec![of_folder(assembly)]));
            } else if let Some(template) = template {
                let text = std::fs::read_to_string(&template).unwrap();
                inputs.push((name, vec![Input::Template(Source::new("template", text))]));
            }
        }
    }
    assert!(inputs.len() > 15, "{}", inputs.len());
    inputs.push(("bootstrap".to_owned(), vec![builtin::bootstrap()]));
    inputs.push(("debug stack".to_owned(), vec![builtin::debug_stack("dev-debug-stack", "dev")]));
    inputs
}

fn of_folder(folder: PathBuf) -> Input {
    let files = Box::new(move |file: &str| {
        let text = std::fs::read_to_string(folder.join(file)).ok()?;
        Some(Source::new(file, text))
    });
    Input::Assembly { files }
}

fn derived(inputs: &[Input], options: &Options) -> Needs {
    needs(&plan(inputs, options).0)
}

fn chosen(needs: &Needs, plumbing: Plumbing) -> Choice<'_> {
    Choice {
        sets: Vec::new(),
        services: BTreeSet::new(),
        needs: needs.needs.iter().collect(),
        partition: None,
        plumbing,
    }
}

fn document(choice: &Choice<'_>) -> Document {
    Document::new(parts(choice).into_iter().map(|part| part.statement).collect())
}

#[test]
fn services_of_an_input_cover_each_of_its_needs() {
    let ways = [(None, Plumbing::With), (Some(Tool::SstV1), Plumbing::Without)];
    let mut checked = 0;
    for (name, inputs) in inputs() {
        for (tool, plumbing) in ways {
            let mode = tool.map(|_| Mode::Direct);
            let needs = derived(&inputs, &Options { tool, mode, live: true, ..options() });
            let document = document(&chosen(&needs, plumbing));
            let grants: BTreeSet<_> = needs.needs.iter().map(Need::grant).collect();
            for grant in &grants {
                assert!(contains(&document, grant), "{name}: {grant:#?}");
            }
            checked += needs.needs.len();
        }
    }
    assert!(checked > 5_000, "{checked}");
}

#[test]
fn every_full_permission_is_for_a_service_that_is_needed() {
    for (name, inputs) in inputs() {
        let needs = derived(&inputs, &options());
        let needed: BTreeSet<String> =
            needs.needs.iter().map(|need| need.action.service().to_ascii_lowercase()).collect();
        for part in parts(&chosen(&needs, Plumbing::With)) {
            if matches!(part.origin, Origin::Stacks) {
                continue;
            }
            for action in part.statement.actions.value() {
                assert!(needed.contains(action.service()), "{name}: {action} is not needed");
            }
        }
    }
}

#[test]
fn everything_that_is_emitted_exists() {
    let all: Vec<_> = stackpass_stacks::services::sets().collect();
    let choice = Choice {
        sets: all,
        services: catalogue::services().map(str::to_owned).collect(),
        needs: Vec::new(),
        partition: None,
        plumbing: Plumbing::With,
    };
    for part in parts(&choice) {
        for action in part.statement.actions.value() {
            let known = catalogue::actions(action.service()).any(|facts| {
                let name = format!("{}:{}", facts.service(), facts.name());
                name.parse().is_ok_and(|known| action.matches(&known))
            });
            // The catalogue has services without a single action.
            let is_empty = catalogue::actions(action.service()).next().is_none();
            assert!(known || is_empty && action.name() == "*", "{action}");
        }
    }
}

/// What the page grants for an API with a table, against what the API with a table of the examples needs.
#[test]
fn example_of_the_page_has_its_statements_and_what_they_lack() {
    let inputs = [of_folder(Path::new(ROOT).join("examples/crud-api/cdk.out"))];
    let needs = derived(&inputs, &options());
    let found: BTreeMap<String, Vec<String>> =
        parts(&chosen(&needs, Plumbing::With)).iter().map(|part| named(&part.statement)).collect();
    let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(found["ManageCloudFormationStacks"], words("cloudformation:*"));
    assert_eq!(found["ManageApi"], words("apigateway:* dynamodb:* lambda:* logs:*"));
    // The page has `iam:*` in ManageApi, which is as good as all permissions; and it lacks the others.
    let names: Vec<&str> = found.keys().map(String::as_str).collect();
    let beyond = ["AssumeCdkRoles", "ManageRoles", "PublishAssets"];
    let page = ["ManageApi", "ManageCloudFormationStacks"];
    let expected: BTreeSet<&str> = beyond.into_iter().chain(page).collect();
    assert_eq!(names, expected.into_iter().collect::<Vec<_>>());
}

/// The policy that the page prints does not suffice for its own example: what it lacks is what the tool itself calls.
#[test]
fn page_alone_lacks_what_the_tools_call() {
    let inputs = [of_folder(Path::new(ROOT).join("examples/crud-api/cdk.out"))];
    let page = Choice {
        sets: find("crud-api").into_iter().collect(),
        services: BTreeSet::from(["iam".to_owned()]),
        needs: Vec::new(),
        partition: None,
        plumbing: Plumbing::Without,
    };
    let page = document(&page);
    let lacks = |tool: Tool, mode: Mode| -> Vec<String> {
        let options = Options { tool: Some(tool), mode: Some(mode), ..options() };
        let needs = derived(&inputs, &options).needs;
        let lacking = |need: &&Need| !contains(&page, &need.grant());
        let services: BTreeSet<String> =
            needs.iter().filter(lacking).map(|need| need.action.service().to_owned()).collect();
        services.into_iter().collect()
    };
    assert_eq!(lacks(Tool::SstV1, Mode::Direct), ["s3", "ssm", "sts"]);
    assert_eq!(lacks(Tool::Cdk, Mode::Bootstrap), ["s3", "sts"]);
}

fn named(statement: &Statement) -> (String, Vec<String>) {
    let sid = statement.sid.as_ref().unwrap().to_string();
    (sid, statement.actions.value().iter().map(|action| action.as_str().to_owned()).collect())
}

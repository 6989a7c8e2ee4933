//! Values for the tests of the views.

use std::collections::BTreeSet;

use stackpass_ground::source::Position;
use stackpass_policy::condition::Conditions;
use stackpass_stacks::codes::UNKNOWN_TYPE;
use stackpass_stacks::need::{Gap, Hardness, Need, Phase, Place, ResourceRef, Scoping, Who, Why};

/// A need of `who action phase resource...`.
pub(crate) fn need(text: &str) -> Need {
    let mut words = text.split(' ');
    let mut next = || words.next().unwrap_or_default();
    let who = if next() == "caller" { Who::Caller } else { Who::Executor };
    let action = next().parse().unwrap();
    let phase = match next() {
        "create" => Phase::Create,
        "delete" => Phase::Delete,
        "read" => Phase::Read,
        "update" => Phase::Update,
        word => panic!("no phase {word}"),
    };
    let resources = words.map(|word| word.parse().unwrap()).collect::<BTreeSet<_>>();
    let resource = (who == Who::Executor).then(|| resource("Photos", "AWS::S3::Bucket"));
    Need {
        who,
        action,
        phase,
        resources,
        conditions: Conditions::new(),
        hardness: Hardness::Must,
        scoping: Scoping::Named,
        why: Why {
            stack: "dev-photos".to_owned(),
            resource,
            property: None,
            place: place(12),
            evidence: vec!["registry: handler create".to_owned()],
        },
    }
}

/// A gap about a type that nobody knows.
pub(crate) fn gap() -> Gap {
    Gap {
        place: place(40),
        code: UNKNOWN_TYPE,
        stack: "dev-photos".to_owned(),
        resource: Some(resource("Odd", "Acme::Odd::Thing")),
        message: "the type `Acme::Odd::Thing` is in no registry".to_owned(),
        help: "add what its API calls need to the policy by hand".into(),
    }
}

fn resource(logical_id: &str, resource_type: &str) -> ResourceRef {
    ResourceRef { logical_id: logical_id.to_owned(), resource_type: resource_type.to_owned() }
}

fn place(line: usize) -> Place {
    Place { file: "template.yaml".to_owned(), position: Position { line, column: 3 } }
}

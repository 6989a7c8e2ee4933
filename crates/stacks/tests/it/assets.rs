//! What the caller uploads itself, and where to.

use std::collections::BTreeSet;

use stackpass_ground::source::Source;
use stackpass_stacks::deployment::{Input, Options};
use stackpass_stacks::need::Who;

use crate::deployments::{options, sound};

/// The resources of an action of the caller's, for an app that is deployed without roles and uploads what a manifest lists.
fn resources_of(action: &str, assets: &'static str, options: &Options) -> BTreeSet<String> {
    let files = move |path: &str| {
        let text = match path {
            "manifest.json" => {
                r#"{"version": "36.0.0", "artifacts": {
                    "Shop.assets": {"type": "cdk:asset-manifest", "properties": {"file": "Shop.assets.json"}},
                    "Shop": {"type": "aws:cloudformation:stack", "environment": "aws://111122223333/eu-west-1",
                        "dependencies": ["Shop.assets"], "properties": {"templateFile": "t.json"}}}}"#
            }
            "t.json" => r#"{"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}"#,
            "Shop.assets.json" => assets,
            _ => return None,
        };
        Some(Source::new(path, text))
    };
    let needs = sound(&[Input::Assembly { files: Box::new(files) }], options);
    let calls = needs.needs.iter().filter(|need| need.who == Who::Caller);
    let calls = calls.filter(|need| need.action.as_str() == action);
    calls.flat_map(|need| &need.resources).map(ToString::to_string).collect()
}

const IMAGES: &str = r#"{"version": "36.0.0", "dockerImages": {
    "i": {"source": {"directory": "i"}, "destinations": {
        "here": {"repositoryName": "own", "imageTag": "t"},
        "same": {"repositoryName": "same", "imageTag": "t", "region": "${AWS::Region}"},
        "there": {"repositoryName": "far", "imageTag": "t", "region": "us-east-1"}}}}}"#;

#[test]
fn an_image_is_pushed_in_the_region_that_its_destination_names() {
    assert_eq!(
        resources_of("ecr:PutImage", IMAGES, &options()),
        BTreeSet::from(
            [
                "arn:aws:ecr:eu-west-1:111122223333:repository/own",
                "arn:aws:ecr:eu-west-1:111122223333:repository/same",
                "arn:aws:ecr:us-east-1:111122223333:repository/far",
            ]
            .map(str::to_owned)
        )
    );
}

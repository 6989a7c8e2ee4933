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

const FILES: &str = r#"{"version": "36.0.0", "files": {
    "built": {"source": {"path": "a"}, "destinations": {"here": {"bucketName": "uploads",
        "objectKey": "0382f2d9d735debed11d5342e4891cf26aa4a4b8e40d37c0645dd302def292d0.zip"}}},
    "named": {"source": {"path": "b"}, "destinations": {"here": {"bucketName": "uploads", "objectKey": "page.html"}}}}}"#;

#[test]
fn the_next_build_of_a_file_has_another_hash() {
    assert_eq!(
        resources_of("s3:PutObject", FILES, &options()),
        BTreeSet::from(
            ["arn:aws:s3:::uploads/*.zip", "arn:aws:s3:::uploads/page.html"].map(str::to_owned)
        )
    );
}

#[test]
fn the_bucket_of_legacy_assets_is_that_of_either_bootstrap_template() {
    let files = |path: &str| {
        let text = match path {
            "manifest.json" => {
                r#"{"version": "36.0.0", "artifacts": {"Shop": {"type": "aws:cloudformation:stack",
                    "environment": "aws://111122223333/eu-west-1", "properties": {"templateFile": "t.json"},
                    "metadata": {"/Shop": [{"type": "aws:cdk:asset", "data": {"path": "asset.h", "id": "h",
                        "packaging": "zip", "sourceHash": "h", "s3BucketParameter": "Bucket", "s3KeyParameter": "Key"}}]}}}}"#
            }
            "t.json" => {
                r#"{"Parameters": {"Bucket": {"Type": "String"}, "Key": {"Type": "String"}},
                    "Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}"#
            }
            _ => return None,
        };
        Some(Source::new(path, text))
    };
    let needs = sound(&[Input::Assembly { files: Box::new(files) }], &options());
    let uploads = needs.needs.iter().filter(|need| need.action.as_str() == "s3:PutObject");
    assert_eq!(
        uploads.flat_map(|need| &need.resources).map(ToString::to_string).collect::<BTreeSet<_>>(),
        BTreeSet::from(
            [
                "arn:aws:s3:::cdk-hnb659fds-assets-111122223333-eu-west-1/assets/*",
                "arn:aws:s3:::cdktoolkit-stagingbucket-*/assets/*",
            ]
            .map(str::to_owned)
        )
    );
}

use anstream::adapter::strip_str;
use insta::assert_snapshot;
use stackpass_policy::condition::{Comparison, Conditions};

use super::*;
use crate::difference::of_needs;
use crate::view::samples::{gap, need};

fn shown(difference: &Difference<'_>) -> String {
    strip_str(&format!("{}---\n{}{}\n", diff(difference), warning(difference), summary(difference)))
        .to_string()
}

#[test]
fn changes_are_paragraphs_with_the_dangerous_first() {
    let bucket = need("executor s3:CreateBucket create arn:aws:s3:::b");
    let mut pass = need("executor iam:PassRole create arn:aws:iam::*:role/r");
    let key = "iam:PassedToService".parse().unwrap();
    pass.conditions =
        Conditions::new().with(Comparison::StringEquals, key, ["lambda.amazonaws.com"]);
    let gaps = [gap()];
    let difference = of_needs((&[], &[]), (&[&bucket, &pass], &gaps));
    assert_snapshot!(shown(&difference), @"
    Added: 2

    + iam:PassRole ! passes a role
        who   executor, to create
        for   Photos (AWS::S3::Bucket) in dev-photos
        at    template.yaml:12:3
        on    arn:aws:iam::*:role/r
        if    StringEquals iam:PassedToService lambda.amazonaws.com

    + s3:CreateBucket
        who   executor, to create
        for   Photos (AWS::S3::Bucket) in dev-photos
        at    template.yaml:12:3
        on    arn:aws:s3:::b

    New gaps: 1

    + unknown-type
        for   Odd (Acme::Odd::Thing)
        at    template.yaml:40:3
        what  the type `Acme::Odd::Thing` is in no registry
        help  add what its API calls need to the policy by hand
    ---
    warning: of what is new, 1 passes a role
    2 added; nothing removed; 1 new gap
    ");
}

#[test]
fn other_reasons_are_said_to_be_that() {
    let old = need("executor s3:CreateBucket create arn:aws:s3:::b");
    let mut new = old.clone();
    new.why.resource.as_mut().unwrap().logical_id = "Renamed".to_owned();
    let difference = of_needs((&[&old], &[]), (&[&new], &[]));
    assert_snapshot!(shown(&difference), @"
    Added: 1

    + s3:CreateBucket (needed before, for another reason)
        who   executor, to create
        for   Renamed (AWS::S3::Bucket) in dev-photos
        at    template.yaml:12:3
        on    arn:aws:s3:::b

    Removed: 1

    - s3:CreateBucket (still needed, for another reason)
        who   executor, to create
        for   Photos (AWS::S3::Bucket) in dev-photos
        at    template.yaml:12:3
        on    arn:aws:s3:::b
    ---
    1 added, none of them a new permission; 1 removed, none of them a permission that is no longer needed
    ");
}

#[test]
fn no_difference_is_said_beside_an_empty_answer() {
    let difference = Difference::default();
    assert_eq!(diff(&difference), "");
    assert_eq!(summary(&difference), "no difference");
}

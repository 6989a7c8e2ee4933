//! What it takes to run the transforms of a template, which AWS does when a change set is made or a nested stack is.
//!
//! Transforms of AWS are resources of their own. What they read is read with the permissions of who makes the stack.

use std::collections::BTreeSet;

use stackpass_ground::arn::ArnPattern;
use stackpass_ground::source::Span;

use crate::names::{self, NameTemplate};
use crate::need::Scoping;
use crate::resolve::{Stack, UseKind};
use crate::value::Text;

/// A call that a transform makes, or is authorized as.
pub(crate) struct TransformCall {
    /// Where the transform stands.
    pub(crate) span: Span,
    pub(crate) action: &'static str,
    pub(crate) resources: BTreeSet<ArnPattern>,
    pub(crate) scoping: Scoping,
    pub(crate) evidence: &'static str,
}

/// The calls for all transforms of a template.
pub(crate) fn calls(stack: &Stack) -> Vec<TransformCall> {
    let mut calls = Vec::new();
    for used in &stack.uses {
        let mut push = |actions: &[&'static str], (resources, scoping), evidence| {
            let scoping: Scoping = scoping;
            let resources: BTreeSet<ArnPattern> = resources;
            calls.extend(actions.iter().map(|&action| TransformCall {
                span: used.span,
                action,
                resources: resources.clone(),
                scoping: scoping.clone(),
                evidence,
            }));
        };
        match &used.kind {
            UseKind::Transform(name) => {
                let Some(name) = name.strip_prefix("AWS::") else { continue };
                let arn =
                    format!("arn:${{Partition}}:cloudformation:${{Region}}:aws:transform/{name}");
                let arn = NameTemplate::new(&arn).wildcard(stack).arn();
                push(
                    &["cloudformation:CreateChangeSet"],
                    (arn.into_iter().collect(), Scoping::Named),
                    "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-iam-template.html: a change set with a transform of AWS is authorized on the transform, too",
                );
            }
            UseKind::Include(location) => push(
                &["s3:GetObject"],
                arns(
                    stack,
                    location,
                    NameTemplate::new("arn:${Partition}:s3:::${BucketName}/${ObjectName}"),
                ),
                "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/transform-aws-include.html: the file is read from S3",
            ),
            UseKind::Application(id) => push(
                &[
                    "serverlessrepo:CreateCloudFormationTemplate",
                    "serverlessrepo:GetCloudFormationTemplate",
                ],
                arns(stack, id, applications()),
                "SAM's transform asks the repository for the application's template: aws-samples/cloudfront-authorization-at-edge#145, aws-powertools/powertools-lambda-python#204",
            ),
            _ => {}
        }
    }
    calls
}

/// The ARNs of what a text refers to, with the least that is known of one of them.
fn arns(stack: &Stack, text: &Text, template: NameTemplate<'_>) -> (BTreeSet<ArnPattern>, Scoping) {
    let mut resources = BTreeSet::new();
    let mut scoping = Scoping::Named;
    for pattern in names::referred(stack, text, template) {
        let arn = pattern.arn();
        // What is no ARN at all tells no more than an unknown value.
        let is_known = arn.is_some() && pattern.is_named();
        resources.extend(arn.or_else(|| template.anywhere(stack).arn()));
        if !is_known {
            scoping = Scoping::UnknownValue;
        }
    }
    (resources, scoping)
}

fn applications() -> NameTemplate<'static> {
    let otherwise =
        "arn:${Partition}:serverlessrepo:${Region}:${Account}:applications/${ResourceId}";
    NameTemplate::of_kind_named("serverlessrepo", "applications", otherwise)
}

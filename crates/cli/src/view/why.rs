//! The needs behind an action, one paragraph each.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use stackpass_ground::arn::ArnPattern;
use stackpass_policy::condition::Conditions;
use stackpass_stacks::need::{Hardness, Need, Phase};

use super::scoping;
use crate::coverage::merged;
use crate::text::{FAINT, HEADING, clean, count, list, paint, wrap};

/// How wide the column of labels is, with its indent.
const LABEL: usize = 11;

/// Shows needs that are sorted. Those that differ in nothing but the phase are shown as one.
pub(crate) fn why(needs: &[&Need]) -> String {
    let merged = by_action(needs);
    let mut text = String::new();
    let mut rest = merged.as_slice();
    while let Some((need, _)) = rest.first() {
        let same = rest.iter().take_while(|(other, _)| other.action == need.action).count();
        let (of_action, others) = rest.split_at(same);
        let times = count(same, "need", "needs");
        text.push_str(if text.is_empty() { "" } else { "\n" });
        let _ = writeln!(text, "{}: {times}", paint(HEADING, &need.action));
        for (need, phases) in of_action {
            text.push_str(&paragraph(need, phases));
        }
        rest = others;
    }
    text
}

/// Needs with all their phases, by action, and within an action in their own order but for the phase.
fn by_action<'a>(needs: &[&'a Need]) -> Vec<(&'a Need, BTreeSet<Phase>)> {
    let mut merged = merged(needs);
    merged.sort_by_cached_key(|(need, _)| {
        (need.action.clone(), Need { phase: Phase::Create, ..(*need).clone() })
    });
    merged
}

fn paragraph(need: &Need, phases: &BTreeSet<Phase>) -> String {
    let phases: Vec<String> = phases.iter().map(Phase::to_string).collect();
    let hardness = match need.hardness {
        Hardness::Must => "",
        Hardness::Soft => "; the deployment goes on without it",
        Hardness::Feature => "; only needed beside the deployment",
    };
    let why = &need.why;
    let stack = clean(&why.stack);
    let reason = match (&why.resource, &why.property) {
        (Some(resource), property) => {
            let property = property
                .as_ref()
                .map_or_else(String::new, |property| format!(", {}", clean(property)));
            format!(
                "{} ({}){property}",
                clean(&resource.logical_id),
                clean(&resource.resource_type)
            )
        }
        (None, _) => format!("the stack {stack}"),
    };
    let resources: Vec<&str> = need.resources.iter().map(ArnPattern::as_str).collect();
    let mut text = String::from("\n");
    text.push_str(&row(
        "who",
        &wrap(&format!("{}, to {}{hardness}", need.who, phases.join(", ")), LABEL),
    ));
    text.push_str(&row("for", &wrap(&reason, LABEL)));
    text.push_str(&row("at", &wrap(&clean(&why.place.to_string()), LABEL)));
    text.push_str(&row("on", &list(&resources, LABEL)));
    if let Some(reason) = scoping::reason(&need.scoping) {
        text.push_str(&row("", &wrap(&paint(FAINT, reason), LABEL)));
    }
    for condition in conditions(&need.conditions) {
        text.push_str(&row("if", &wrap(&condition, LABEL)));
    }
    for evidence in &why.evidence {
        text.push_str(&row("because", &wrap(&clean(evidence), LABEL)));
    }
    text
}

/// Puts a label into the indent of the first line.
fn row(label: &str, lines: &str) -> String {
    let label = format!("  {label:width$}", width = LABEL - 2);
    lines.replacen(&" ".repeat(LABEL), &label, 1)
}

/// Conditions, one line each.
pub(super) fn conditions(conditions: &Conditions) -> Vec<String> {
    conditions
        .iter()
        .map(|(operator, key, values)| {
            let values: Vec<&str> = values.iter().map(String::as_str).collect();
            format!("{operator} {key} {}", values.join(" or "))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;
    use insta::assert_snapshot;
    use stackpass_policy::condition::Comparison;
    use stackpass_stacks::need::Scoping;

    use super::*;
    use crate::view::samples::need;

    fn shown(needs: &[&Need]) -> String {
        strip_str(&why(needs)).to_string()
    }

    #[test]
    fn phases_of_equal_needs_are_merged() {
        let create = need("executor s3:PutBucketTagging create arn:aws:s3:::b");
        let update = need("executor s3:PutBucketTagging update arn:aws:s3:::b");
        assert_snapshot!(shown(&[&create, &update]), @"
        s3:PutBucketTagging: 1 need

          who      executor, to create, update
          for      Photos (AWS::S3::Bucket)
          at       template.yaml:12:3
          on       arn:aws:s3:::b
          because  registry: handler create
        ");
    }

    #[test]
    fn conditions_and_properties_are_shown() {
        let mut pass = need("executor iam:PassRole create arn:aws:iam::*:role/dev-*");
        let key = "iam:PassedToService".parse().unwrap();
        pass.conditions =
            Conditions::new().with(Comparison::StringEquals, key, ["lambda.amazonaws.com"]);
        pass.why.property = Some("Role".to_owned());
        let caller = need("caller cloudformation:CreateChangeSet create *");
        let caller = Need { hardness: Hardness::Soft, scoping: Scoping::NoResourceLevel, ..caller };
        assert_snapshot!(shown(&[&caller, &pass]), @"
        cloudformation:CreateChangeSet: 1 need

          who      caller, to create; the deployment goes on without it
          for      the stack dev-photos
          at       template.yaml:12:3
          on       *
                   no resource-level permission in IAM
          because  registry: handler create

        iam:PassRole: 1 need

          who      executor, to create
          for      Photos (AWS::S3::Bucket), Role
          at       template.yaml:12:3
          on       arn:aws:iam::*:role/dev-*
          if       StringEquals iam:PassedToService lambda.amazonaws.com
          because  registry: handler create
        ");
    }
}

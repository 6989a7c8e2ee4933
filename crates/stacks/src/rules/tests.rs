//! The rule files, checked for those who write them: each problem has its file and line, and says what to write instead.
//!
//! `cargo xtask rules` runs these tests and shows the problems alone.

mod actions;
mod arns;
mod embedded;
mod file;
mod names;
mod planted;
mod properties;
mod schemas;
mod types;

use super::{On, When, of};

pub(crate) use actions::{action_exists, no_action};
pub(crate) use arns::{template_problems, variables};
pub(crate) use file::{Problem, Text, check_rules, none_of};
pub(crate) use schemas::Schemas;
pub(crate) use types::no_service_or_type;

use file::RuleFile;
use types::Handlers;

/// Finds what is wrong in files of rules.
fn problems_in(files: &[RuleFile]) -> Vec<Problem> {
    let (schemas, handlers) = (Schemas::read(), Handlers::read());
    let mut problems = Vec::new();
    for entry in files.iter().flat_map(RuleFile::entries) {
        types::check(&handlers, entry, &mut problems);
        actions::check(entry, &mut problems);
        properties::check(&schemas, entry, &mut problems);
        arns::check(&schemas, entry, &mut problems);
    }
    problems
}

#[test]
fn the_rules_have_no_problems() {
    let (files, mut problems) = file::all();
    problems.extend(problems_in(&files));
    problems.extend(embedded::check_services());
    if problems.is_empty() {
        problems.extend(actions::check_allowed(&files));
        problems.extend(embedded::check_embedded(&files));
    }
    none_of(problems);
    assert!(files.len() > 80 && files.iter().all(|file| file.entries().count() > 0));
}

#[test]
fn checks_of_services_stand_at_the_types_that_make_the_calls() {
    let has = |name: &str, action: &str| {
        let mut rules = of(name).into_iter().flat_map(|rules| &rules.rule);
        rules.any(|rule| rule.actions.iter().any(|it| it.as_str() == action))
    };
    let balancer = "AWS::ElasticLoadBalancingV2::LoadBalancer";
    assert!(has(balancer, "ec2:GetSecurityGroupsForVpc"));
    assert!(has("AWS::ElasticLoadBalancing::LoadBalancer", "ec2:GetSecurityGroupsForVpc"));
    assert!(has("AWS::Logs::DeliverySource", "cloudfront:AllowVendedLogDeliveryForResource"));
}

#[test]
fn terms_and_targets_that_nobody_knows_are_refused() {
    for text in ["", "Tags & ", "@tag", "@updatePolicy"] {
        assert!(When::try_from(text.to_owned()).is_err(), "{text:?}");
    }
    for text in ["", "selfish", "Self", "ref", "role:deploy", "*"] {
        assert!(On::try_from(text.to_owned()).is_err(), "{text:?}");
    }
}

//! The conditions under which a need may be granted: literals, the services that a role trusts, the values of a property.

use std::collections::{BTreeMap, BTreeSet};

use stackpass_policy::action::Action;
use stackpass_policy::condition::{Comparison, ConditionKey, Conditions, Operator};

use super::Subject;
use crate::generic;
use crate::scope;
use crate::value::Text;

/// One operator and key with its values.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    pub(super) operator: Operator,
    pub(super) key: ConditionKey,
    pub(super) values: BTreeSet<String>,
}

/// Works out a rule's conditions. One whose values cannot be known is left out: that widens, it never breaks a deployment.
/// [`unbounded`] tells when it has to be said.
pub(super) fn given(
    subject: &Subject<'_>,
    conditions: &BTreeMap<String, BTreeMap<String, Vec<String>>>,
) -> Vec<Condition> {
    let mut built = Vec::new();
    for (operator, keys) in conditions {
        for (key, values) in keys {
            let (Ok(operator), Ok(key)) = (operator.parse(), key.parse()) else { continue };
            if let Some(values) = values_of(subject, values) {
                let values = of_partition(subject, values);
                built.push(Condition { operator: fitting(operator, &values), key, values });
            }
        }
    }
    built
}

/// An operator that takes wildcards, if a value has one.
fn fitting(operator: Operator, values: &BTreeSet<String>) -> Operator {
    let has_wildcard = values
        .iter()
        .any(|value| value.replace("${*}", "").replace("${?}", "").contains(['*', '?']));
    let comparison = match operator.comparison {
        Comparison::StringEquals if has_wildcard => Comparison::StringLike,
        comparison => comparison,
    };
    Operator { comparison, ..operator }
}

/// Whether one of a rule's conditions that bound what a role may become is left out: without `iam:PolicyARN`, any policy may be attached.
pub(super) fn unbounded(
    subject: &Subject<'_>,
    conditions: &BTreeMap<String, BTreeMap<String, Vec<String>>>,
) -> bool {
    let mut keys = conditions.values().flatten();
    keys.any(|(key, values)| key.starts_with("iam:") && values_of(subject, values).is_none())
}

/// `iam:AWSServiceName` with these services; no condition, if there are none.
pub(super) fn linked_services(services: &[String]) -> Conditions {
    match "iam:AWSServiceName".parse() {
        Ok(key) if !services.is_empty() => {
            Conditions::new().with(Comparison::StringEquals, key, services.iter().cloned())
        }
        _ => Conditions::new(),
    }
}

/// The conditions with those of a key that a service uses on the caller's behalf: only through that service, and grants only for it.
///
/// To look at a key is a call that handlers make themselves.
pub(super) fn of_key(subject: &Subject<'_>, action: &Action, conditions: Conditions) -> Conditions {
    let through = generic::keys_through(&subject.resource.resource_type);
    let uses = ["Decrypt", "Encrypt", "GenerateDataKey", "ReEncrypt", "CreateGrant"];
    let is_use =
        action.service() == "kms" && uses.iter().any(|name| action.name().starts_with(name));
    if through.is_empty() || !is_use {
        return conditions;
    }
    let (Ok(via), Ok(granted)) = ("kms:ViaService".parse(), "kms:GrantIsForAWSResource".parse())
    else {
        return conditions;
    };
    // The names end in `.cn` in China. Replicas have keys in other regions.
    let is_elsewhere =
        subject.stack.setting.partition.as_deref().is_some_and(|partition| partition != "aws-cn");
    let end = if is_elsewhere { "" } else { "*" };
    let services = through.iter().map(|service| format!("{service}.*.amazonaws.com{end}"));
    let conditions = conditions.with(Comparison::StringLike, via, services);
    if action.name() == "CreateGrant" {
        conditions.with(Comparison::Bool, granted, ["true"])
    } else {
        conditions
    }
}

/// Puts conditions into the form of a policy.
pub(super) fn build(conditions: &[Condition]) -> Conditions {
    let mut built = Conditions::new();
    for condition in conditions {
        built.add(condition.operator, condition.key.clone(), condition.values.iter().cloned());
    }
    built
}

/// `iam:PassedToService` for the role inside an instance profile.
pub(super) fn passed_to_instances(subject: &Subject<'_>) -> Option<Condition> {
    Some(Condition {
        operator: "StringEquals".parse().ok()?,
        key: "iam:PassedToService".parse().ok()?,
        values: of_partition(
            subject,
            ["ec2.amazonaws.com", "ec2.amazonaws.com.cn"].map(str::to_owned).into(),
        ),
    })
}

/// `iam:PassedToService` with the services that a type is known to pass roles to, of them those that the role trusts if it is known.
pub(super) fn passed_to_service(
    subject: &Subject<'_>,
    role: &Text,
    services: &[String],
) -> Option<Condition> {
    let receivers: BTreeSet<String> = services.iter().cloned().collect();
    let services = match trusted_services(subject, role) {
        Some(trusted) => trusted_receivers(trusted, &receivers),
        None if services.is_empty() => return None,
        None => receivers,
    };
    Some(Condition {
        operator: "StringEquals".parse().ok()?,
        key: "iam:PassedToService".parse().ok()?,
        values: services,
    })
}

fn values_of(subject: &Subject<'_>, values: &[String]) -> Option<BTreeSet<String>> {
    let mut known = BTreeSet::new();
    for value in values {
        if let Some(path) = value.strip_prefix("$trust(").and_then(|rest| rest.strip_suffix(')')) {
            let found = subject.resource.properties.at(path);
            let texts = found.values.iter().flat_map(|found| found.value.texts());
            let mut all_known = found.complete;
            for trusted in texts.map(|text| trusted_services(subject, &text)) {
                all_known &= trusted.is_some();
                known.extend(trusted.unwrap_or_default());
            }
            // What the type passes roles to stands behind it.
            if all_known && !known.is_empty() {
                let receivers = values.iter().filter(|value| !value.starts_with('$')).cloned();
                return Some(trusted_receivers(known, &receivers.collect()));
            }
        } else if let Some(path) =
            value.strip_prefix("$value(").and_then(|rest| rest.strip_suffix(')'))
        {
            let found = subject.resource.properties.at(path);
            if !found.complete {
                return None;
            }
            for pattern in found
                .values
                .iter()
                .flat_map(|found| found.value.texts())
                .flat_map(|text| scope::patterns(subject.stack, &text))
            {
                if pattern.glob.starts_with('*') {
                    return None;
                }
                // Operators for ARNs match part by part.
                let is_arn = pattern.glob.starts_with("arn:");
                known.insert(if is_arn { scope::six_parts(&pattern.glob) } else { pattern.glob });
            }
        } else if value == "$self" {
            known.extend(
                scope::arns(subject.stack, subject.resource)
                    .into_iter()
                    .map(|pattern| pattern.glob),
            );
        } else if let Some(reference) =
            value.strip_prefix("$ref(").and_then(|rest| rest.strip_suffix(')'))
        {
            let (path, suffix) = reference.split_once(':').unwrap_or((reference, ""));
            let found = subject.resource.properties.at(path);
            if !found.complete {
                return None;
            }
            for text in found.values.iter().flat_map(|found| found.value.texts()) {
                for pattern in scope::patterns(subject.stack, &text) {
                    if !pattern.glob.starts_with("arn:") {
                        return None;
                    }
                    known.insert(format!("{}{suffix}", scope::six_parts(&pattern.glob)));
                }
            }
        } else {
            known.insert(value.clone());
        }
    }
    (!known.is_empty()).then_some(known)
}

/// The values without the services of China, if the deployment is elsewhere.
fn of_partition(subject: &Subject<'_>, mut values: BTreeSet<String>) -> BTreeSet<String> {
    let partition = subject.stack.setting.partition.as_deref();
    if partition.is_some_and(|partition| partition != "aws-cn") && values.len() > 1 {
        values.retain(|value| !value.ends_with(".amazonaws.com.cn"));
    }
    values
}

/// Of the services that a role trusts, those that receive it. All of them, if none does: then we know the receiver badly.
fn trusted_receivers(trusted: BTreeSet<String>, receivers: &BTreeSet<String>) -> BTreeSet<String> {
    let receives = |service: &&String| {
        receivers.contains(service.strip_suffix(".cn").unwrap_or(service))
            || receivers.contains(*service)
    };
    let both: BTreeSet<String> = trusted.iter().filter(receives).cloned().collect();
    if both.is_empty() { trusted } else { both }
}

/// The services that a role of the same stack trusts; `None` if the role or its trust policy is not known, or it trusts none.
fn trusted_services(subject: &Subject<'_>, role: &Text) -> Option<BTreeSet<String>> {
    let (logical_id, _) = role.as_attribute()?;
    let role = subject.stack.resources.get(logical_id)?;
    let found = role.properties.at("AssumeRolePolicyDocument.Statement.Principal.Service");
    if !found.complete {
        return None;
    }
    let mut services = BTreeSet::new();
    for text in found.values.iter().flat_map(|found| found.value.texts()) {
        let service = text.known()?;
        services.insert(service.to_owned());
        // `states.eu-west-1.amazonaws.com` in a trust policy is `states.amazonaws.com` when the role is passed.
        if let [name, _region, "amazonaws", ending @ ..] =
            service.split('.').collect::<Vec<_>>().as_slice()
        {
            services.insert(format!("{name}.amazonaws.{}", ending.join(".")));
        }
    }
    (!services.is_empty()).then_some(services)
}

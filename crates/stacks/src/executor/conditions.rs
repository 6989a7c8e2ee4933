//! The conditions under which a need may be granted: literals, the services that a role trusts, the values of a property.

use std::collections::BTreeSet;

use stackpass_policy::action::Action;
use stackpass_policy::condition::{Comparison, ConditionKey, Conditions, Operator};

use stackpass_ground::truth::Truth;

use super::Subject;
use crate::generic;
use crate::names::{self, NameTemplate};
use crate::registry::ResourceType;
use crate::rules::{Rule, Term, ValueEntry};
use crate::value::Text;

/// One operator and key with its values.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    pub(super) operator: Operator,
    pub(super) key: ConditionKey,
    pub(super) values: BTreeSet<String>,
}

/// A condition that is left out, since its values are not known. That widens, so it has to be said.
#[derive(Clone, Debug)]
pub(super) struct Open {
    pub(super) key: String,
    /// The property that the values follow from.
    pub(super) property: String,
}

/// Works out a rule's conditions. One whose values cannot be known is left out: that widens, it never breaks a deployment.
/// [`open`] tells which are.
pub(super) fn given(subject: &Subject<'_>, rule: &Rule) -> Vec<Condition> {
    let built = rule.conditions.iter().filter_map(|entry| {
        let values = of_partition(subject, values_of(subject, rule, &entry.values).ok()?);
        let operator = fitting(entry.operator, &values);
        Some(Condition { operator, key: entry.key.clone(), values })
    });
    built.collect()
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

/// The conditions of a rule that [`given`] leaves out.
pub(super) fn open(subject: &Subject<'_>, rule: &Rule) -> Vec<Open> {
    let left_out = rule.conditions.iter().filter_map(|entry| {
        let property = values_of(subject, rule, &entry.values).err()?;
        Some(Open { key: entry.key.to_string(), property })
    });
    left_out.collect()
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
        // EC2 sends the key, Lambda does not; that the call came through the service is asked for in any case.
        let if_sent = Operator { if_exists: true, ..Operator::from(Comparison::Bool) };
        conditions.with(if_sent, granted, ["true"])
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

/// The values of a condition; else the property whose value is not known.
fn values_of(
    subject: &Subject<'_>,
    rule: &Rule,
    values: &[ValueEntry],
) -> Result<BTreeSet<String>, String> {
    let mut known = BTreeSet::new();
    let is_certain = |path: &str| is_certain(subject, rule, path);
    let texts = |path: &str| texts_at(subject, path).filter(|_| is_certain(path));
    let arns = |path: &str| arns_at(subject, path).filter(|_| is_certain(path));
    for value in values {
        match value {
            ValueEntry::Text(text) => {
                known.insert(text.clone());
            }
            ValueEntry::Itself => {
                known.extend(subject.arns().iter().map(|arn| arn.as_str().to_owned()));
            }
            ValueEntry::Value(path) => {
                known.extend(texts(path).ok_or_else(|| path.clone())?);
            }
            ValueEntry::ValueWithEnd { path, end } => {
                let texts = texts(path).unwrap_or_else(|| BTreeSet::from(["*".to_owned()]));
                known.extend(texts.into_iter().map(|text| format!("{text}{end}")));
            }
            ValueEntry::Reference { path, suffix } => {
                let arns = arns(path).ok_or_else(|| path.clone())?;
                known.extend(arns.into_iter().map(|arn| format!("{arn}{suffix}")));
            }
            ValueEntry::Trust(path) => {
                let Some(trusted) = trusted_at(subject, path) else { continue };
                // What the type passes roles to stands behind it.
                let receivers = values.iter().filter_map(|value| match value {
                    ValueEntry::Text(text) => Some(text.clone()),
                    _ => None,
                });
                return Ok(trusted_receivers(trusted, &receivers.collect()));
            }
        }
    }
    let asked = || values.iter().filter_map(ValueEntry::path).next_back().unwrap_or_default();
    if known.is_empty() { Err(asked().to_owned()) } else { Ok(known) }
}

/// Whether a property is there whenever the rule applies. A call without it does not meet a condition on its value.
fn is_certain(subject: &Subject<'_>, rule: &Rule, path: &str) -> bool {
    let asks = |term: &Term| matches!(term, Term::Present(asked) if asked == path);
    let is_asked = !rule.when.is_empty() && rule.when.iter().all(|when| when.0.iter().any(asks));
    is_asked || subject.resource.presence_at(path) == Truth::Yes
}

/// The services that every role at a property trusts; `None` if those of one are not known.
fn trusted_at(subject: &Subject<'_>, path: &str) -> Option<BTreeSet<String>> {
    let found = subject.resource.at(path);
    let texts = found.values.iter().flat_map(|found| found.value.texts());
    let mut trusted = BTreeSet::new();
    for text in texts {
        trusted.extend(trusted_services(subject, &text)?);
    }
    (found.complete && !trusted.is_empty()).then_some(trusted)
}

/// The texts of a property; `None` if one is not known at its beginning.
fn texts_at(subject: &Subject<'_>, path: &str) -> Option<BTreeSet<String>> {
    let found = subject.resource.at(path);
    let mut known = BTreeSet::new();
    for text in found.values.iter().flat_map(|found| found.value.texts()) {
        for pattern in names::patterns(subject.stack, &text) {
            if pattern.begins_open() {
                return None;
            }
            // Operators for ARNs match part by part.
            let pattern = if pattern.is_arn() { pattern.in_six_parts() } else { pattern };
            known.insert(pattern.into_string());
        }
    }
    found.complete.then_some(known)
}

/// The ARNs that a property refers to, by ARN or by a name of the type that the registry says; `None` if one is not known.
fn arns_at(subject: &Subject<'_>, path: &str) -> Option<BTreeSet<String>> {
    let found = subject.resource.at(path);
    let mut known = BTreeSet::new();
    for text in found.values.iter().flat_map(|found| found.value.texts()) {
        for pattern in names::patterns(subject.stack, &text) {
            if pattern.is_arn() {
                known.insert(pattern.in_six_parts().into_string());
            } else {
                known.extend(arns_of_name(subject, path, &text, pattern.as_str())?);
            }
        }
    }
    found.complete.then_some(known)
}

/// The ARNs of a resource that a property names by its name alone.
fn arns_of_name(
    subject: &Subject<'_>,
    path: &str,
    text: &Text,
    name: &str,
) -> Option<BTreeSet<String>> {
    // Two colons are a part of an ARN, which begins somewhere.
    if name.starts_with('*') || name.matches(':').count() > 1 {
        return None;
    }
    let references = subject.registered.into_iter().flat_map(ResourceType::references);
    let of_path = references.filter(|reference| reference.property == path);
    let templates: BTreeSet<NameTemplate<'_>> =
        of_path.filter_map(|reference| NameTemplate::of_type(reference.target_type)).collect();
    // A name alone is that of the whole: of a function, not of one of its aliases.
    let is_part = |template: &&NameTemplate<'_>| {
        let behind = |whole: &NameTemplate<'_>| template.as_str().strip_prefix(whole.as_str());
        templates.iter().any(|whole| behind(whole).is_some_and(|rest| !rest.is_empty()))
    };
    let whole = templates.iter().filter(|template| !is_part(template));
    let arns = whole.flat_map(|template| names::referred(subject.stack, text, *template));
    let arns: BTreeSet<String> = arns.map(|arn| arn.in_six_parts().into_string()).collect();
    (!arns.is_empty() && arns.iter().all(|arn| arn.starts_with("arn:"))).then_some(arns)
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

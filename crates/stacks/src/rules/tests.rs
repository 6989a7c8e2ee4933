//! Every rule file against the catalogue of actions and the registry's schemas.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use stackpass_policy::action::{Action, ActionPattern};
use stackpass_policy::arn::ArnPattern;
use stackpass_policy::catalogue;
use stackpass_policy::condition::{ConditionKey, Operator};

use super::{On, Rule, Term, TypeRules, of};
use crate::registry;
use crate::resolve::UPDATE_POLICY;
use crate::scope;

/// Types that stand in templates although the registry does not list them, or that stand for many.
const PSEUDO_TYPES: [&str; 6] = [
    "AWS::CDK::Metadata",
    "AWS::CloudFormation::CustomResource",
    "AWS::CloudFormation::Macro",
    "AWS::CloudFormation::WaitCondition",
    "AWS::CloudFormation::WaitConditionHandle",
    "Custom::*",
];

/// Properties whose schema says nothing of what stands inside; the service's user guide names the keys.
const FREE_FORM: [(&str, &str); 3] = [
    ("AWS::ApiGateway::RestApi", "Body"),
    ("AWS::CodePipeline::Pipeline", "Stages.Actions.Configuration"),
    ("AWS::Cognito::IdentityPoolRoleAttachment", "Roles"),
];

/// What may stand in the update policies of types, which have no schema.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-updatepolicy.html>
const OF_UPDATE_POLICIES: [(&str, &str); 3] = [
    ("AWS::Lambda::Alias", "CodeDeployLambdaAliasUpdate"),
    ("AWS::Lambda::Alias", "CodeDeployLambdaAliasUpdate.ApplicationName"),
    ("AWS::Lambda::Alias", "CodeDeployLambdaAliasUpdate.DeploymentGroupName"),
];

/// Files beside the rules of services.
const OTHER_FILES: [&str; 3] = ["allowed-actions", "checked-by-services", "generic"];

pub(crate) fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("rules")
}

/// The property paths of all types, from the schemas.
pub(crate) struct Schemas(BTreeMap<&'static str, BTreeSet<&'static str>>);

impl Schemas {
    pub(crate) fn read() -> Schemas {
        let mut paths: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        let lines = include_str!("../../data/properties.tsv").lines();
        for (name, path) in lines.skip(1).filter_map(|line| line.split_once('\t')) {
            paths.entry(name).or_default().insert(path);
        }
        assert!(paths.len() > 1000, "the schemas are there");
        Schemas(paths)
    }

    pub(crate) fn knows(&self, resource_type: &str, path: &str) -> bool {
        if let Some(path) = path.strip_prefix(UPDATE_POLICY) {
            return OF_UPDATE_POLICIES.contains(&(resource_type, path));
        }
        match resource_type {
            // A custom resource has whatever properties its function likes, and these by definition.
            "Custom::*" | "AWS::CloudFormation::CustomResource" => {
                ["ServiceToken", "ServiceTimeout"].contains(&path)
            }
            name => {
                let within =
                    |free: &str| path.strip_prefix(free).is_some_and(|rest| rest.starts_with('.'));
                // `START.**.END` is `END` at any depth, one of which the schema has.
                let is_meant = |known: &&str| match path.split_once(".**.") {
                    Some((start, end)) => {
                        let below = known.strip_prefix(start).and_then(|it| it.strip_suffix(end));
                        below.is_some_and(|between| {
                            between.starts_with('.') && between.ends_with('.')
                        })
                    }
                    None => *known == path,
                };
                FREE_FORM.iter().any(|(of, free)| *of == name && within(free))
                    || self.0.get(name).is_some_and(|paths| paths.iter().any(is_meant))
            }
        }
    }
}

/// The actions that the catalogue lacks and that may be named all the same.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct AllowedActions {
    action: Vec<AllowedAction>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct AllowedAction {
    name: String,
    evidence: String,
}

fn allowed_actions() -> Vec<AllowedAction> {
    let text = fs::read_to_string(folder().join("allowed-actions.toml")).unwrap();
    toml::from_str::<AllowedActions>(&text).unwrap().action
}

/// Whether an action is in the catalogue or allowed beside it.
pub(crate) fn action_exists(action: &str) -> bool {
    let Ok(parsed) = action.parse::<Action>() else { return false };
    let allowed = || allowed_actions().iter().any(|known| known.name.eq_ignore_ascii_case(action));
    catalogue::action(parsed.service(), parsed.name()).is_some() || allowed()
}

/// The variables of an ARN template, and whether it parses once they are filled.
pub(crate) fn variables(template: &str) -> Result<Vec<String>, String> {
    let mut variables = Vec::new();
    let mut filled = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((variable, after)) = after.split_once('}') else {
            return Err(format!("`{template}` has an open brace"));
        };
        variables.push(variable.to_owned());
        filled.push_str(before);
        filled.push_str(if variable == "Partition" { "aws" } else { "x" });
        rest = after;
    }
    filled.push_str(rest);
    match filled.parse::<ArnPattern>() {
        Ok(_) => Ok(variables),
        Err(error) => Err(format!("`{template}`: {error}")),
    }
}

/// What is wrong with an ARN template of a type.
pub(crate) fn template_problems(
    schemas: &Schemas,
    resource_type: &str,
    template: &str,
) -> Vec<String> {
    let variables = match variables(template) {
        Ok(variables) => variables,
        Err(problem) => return vec![problem],
    };
    let of_setting = ["Partition", "Region", "Account", "AccountId", "LogicalId", "@name"];
    let unknown = variables.iter().filter(|variable| {
        let path = scope::PREFIXES.into_iter().find_map(|prefix| variable.strip_prefix(prefix));
        let path = path.unwrap_or(variable);
        let path = path.split(['|', '#', '+', '/']).next().unwrap();
        let is_stack_name = path == "StackName";
        !of_setting.contains(&path) && !is_stack_name && !schemas.knows(resource_type, path)
    });
    unknown.map(|variable| format!("`{template}`: no property `{variable}`")).collect()
}

/// One rule file: the types of one service.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleFile {
    #[serde(default, rename = "type")]
    types: BTreeMap<String, TypeRules>,
}

/// The files that people write, by the name of their service.
fn parsed_files() -> Vec<(String, RuleFile)> {
    let files = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|extension| extension == "toml"));
    let mut parsed: Vec<(String, RuleFile)> = files
        .map(|path| (path.file_stem().unwrap().to_string_lossy().into_owned(), path))
        .filter(|(service, _)| !OTHER_FILES.contains(&service.as_str()))
        .map(|(service, path)| {
            let text = fs::read_to_string(path).unwrap();
            let file = toml::from_str(&text).unwrap_or_else(|error| panic!("{service}: {error}"));
            (service, file)
        })
        .collect();
    parsed.sort_by(|left, right| left.0.cmp(&right.0));
    parsed
}

/// Runs a check on every rule and fails with all that it finds.
pub(crate) fn check_rules(check: impl Fn(&str, &TypeRules, &Rule) -> Vec<String>) {
    let mut problems = Vec::new();
    let mut count = 0;
    for (_, file) in parsed_files() {
        for (name, rules) in &file.types {
            for rule in &rules.rule {
                count += 1;
                let found = check(name, rules, rule);
                problems.extend(
                    found.iter().map(|problem| format!("{name} {:?}: {problem}", rule.actions)),
                );
            }
        }
    }
    assert!(count > 500, "only {count} rules were checked");
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
}

fn term_path(term: &Term) -> Option<&str> {
    match term {
        Term::Present(path) | Term::Absent(path) | Term::Equal(path, _) | Term::Like(path, _) => {
            Some(path)
        }
        Term::Tags | Term::UpdatePolicy | Term::Snapshot => None,
    }
}

/// Whether a handler of a type lists an action, wildcards of the registry included.
fn in_handlers(resource_type: &str, action: &str) -> bool {
    let Some(registered) = registry::resource_type(resource_type) else { return false };
    let action: Action = action.parse().unwrap();
    registered.permissions().any(|permission| {
        let listed = format!("{}:{}", permission.service, permission.name);
        listed.parse::<ActionPattern>().is_ok_and(|listed| listed.matches(&action))
    })
}

/// What services check beside their own actions.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Checks {
    check: Vec<Check>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Check {
    calls: Vec<String>,
    actions: Vec<String>,
    when: Vec<super::When>,
    phases: Vec<crate::need::Phase>,
    #[serde(default)]
    #[expect(dead_code, reason = "codegen reads it")]
    renamed: bool,
    #[serde(default)]
    on: Vec<On>,
    evidence: Vec<String>,
}

fn checks() -> Vec<Check> {
    let text = fs::read_to_string(folder().join("checked-by-services.toml")).unwrap();
    toml::from_str::<Checks>(&text).unwrap_or_else(|error| panic!("{error}")).check
}

#[test]
fn what_is_embedded_says_what_the_files_say() {
    let checks = checks();
    let parsed = parsed_files();
    let files: BTreeMap<&String, &TypeRules> =
        parsed.iter().flat_map(|(_, file)| &file.types).collect();
    let nothing = TypeRules::default();
    for line in super::RULES.lines() {
        let name = line.split('\t').next().unwrap().to_owned();
        let written = files.get(&name).copied().unwrap_or(&nothing);
        let mut embedded = of(&name).unwrap().clone();
        // Behind a type's own rules stand those that the calls of the type bring with them.
        let added = embedded.rule.split_off(written.rule.len());
        assert_eq!(format!("{embedded:?}"), format!("{written:?}"), "{name}");
        for rule in &added {
            let is_check = |check: &Check| check.on == rule.on && check.evidence == rule.evidence;
            assert!(checks.iter().any(is_check), "{name}: {rule:?}");
        }
    }
    assert!(files.keys().all(|name| of(name).is_some()));
}

#[test]
fn every_check_is_made_with_real_actions_on_what_they_accept() {
    for check in checks() {
        let Check { calls, actions, when, phases, evidence, .. } = &check;
        for action in calls.iter().chain(actions).filter(|action| !action.starts_with("*:")) {
            assert!(action_exists(action), "{action}");
        }
        assert!(!when.is_empty() && !phases.is_empty() && !evidence.is_empty(), "{check:?}");
        for on in &check.on {
            if let On::Arn(template) = on {
                assert!(variables(template).is_ok(), "{template}");
            }
        }
    }
    let has = |name: &str, action: &str| {
        let mut rules = of(name).into_iter().flat_map(|rules| &rules.rule);
        rules.any(|rule| rule.actions.iter().any(|it| it == action))
    };
    let balancer = "AWS::ElasticLoadBalancingV2::LoadBalancer";
    assert!(has(balancer, "ec2:GetSecurityGroupsForVpc"));
    assert!(has("AWS::ElasticLoadBalancing::LoadBalancer", "ec2:GetSecurityGroupsForVpc"));
    assert!(has("AWS::Logs::DeliverySource", "cloudfront:AllowVendedLogDeliveryForResource"));
}

#[test]
fn every_type_exists_and_stands_in_the_file_of_its_service() {
    for (service, file) in parsed_files() {
        assert!(!file.types.is_empty(), "{service} has types");
        for name in file.types.keys() {
            let known = registry::resource_type(name).is_some();
            assert!(known || PSEUDO_TYPES.contains(&name.as_str()), "{name} is no type");
            assert!(of(name).is_some(), "{name} stands in {service}, where nothing looks for it");
        }
    }
}

#[test]
fn every_type_says_something() {
    for (_, file) in parsed_files() {
        for (name, rules) in &file.types {
            let needs_nothing = rules.none.as_ref().is_some_and(|reason| !reason.is_empty());
            let says = rules.arn.is_some()
                || rules.name.is_some()
                || !rules.attributes.is_empty()
                || !rules.rule.is_empty()
                || !rules.unchecked.is_empty();
            assert!(says || !rules.drop.is_empty() || needs_nothing, "{name} is empty");
            assert!(!needs_nothing || rules.rule.is_empty(), "{name} needs nothing and has rules");
        }
    }
}

#[test]
fn every_action_exists() {
    check_rules(|_, _, rule| {
        assert!(!rule.actions.is_empty(), "a rule has actions");
        let unknown = rule.actions.iter().filter(|action| !action_exists(action));
        unknown.map(|action| format!("no action `{action}`")).collect()
    });
}

#[test]
fn every_rule_has_evidence() {
    check_rules(|_, rules, rule| {
        let mut problems = Vec::new();
        if rule.evidence.is_empty() || rule.evidence.iter().any(|text| text.trim().is_empty()) {
            problems.push("no evidence".to_owned());
        }
        if rules.drop.iter().any(|dropped| dropped.reason.trim().is_empty()) {
            problems.push("a drop without a reason".to_owned());
        }
        if rules.unchecked.iter().any(|it| it.reason.trim().is_empty()) {
            problems.push("an unchecked reference without a reason".to_owned());
        }
        if rules.name.as_ref().is_some_and(|name| name.evidence.trim().is_empty()) {
            problems.push("a name without evidence".to_owned());
        }
        problems
    });
}

#[test]
fn an_action_of_no_handler_has_phases() {
    check_rules(|name, _, rule| {
        if !rule.phases.is_empty() {
            return Vec::new();
        }
        let without = rule.actions.iter().filter(|action| !in_handlers(name, action));
        without.map(|action| format!("`{action}` is in no handler and has no phases")).collect()
    });
}

#[test]
fn every_property_path_exists() {
    let schemas = Schemas::read();
    check_rules(|name, _, rule| {
        let of_when = rule.when.iter().flat_map(|when| &when.0).filter_map(term_path);
        let of_on = rule.on.iter().filter_map(|on| match on {
            On::Reference { path, .. }
            | On::Profile(path)
            | On::Unqualified(path)
            | On::Through { path, .. } => Some(path.as_str()),
            On::Itself(_) | On::Arn(_) | On::Executor | On::Any => None,
        });
        let mut paths: Vec<String> = of_when.chain(of_on).map(str::to_owned).collect();
        for value in rule.conditions.values().flat_map(BTreeMap::values).flatten() {
            for start in ["$value(", "$trust(", "$ref("] {
                if let Some(path) =
                    value.strip_prefix(start).and_then(|rest| rest.strip_suffix(')'))
                {
                    paths.push(path.split(':').next().unwrap().to_owned());
                }
            }
        }
        let unknown = paths.into_iter().filter(|path| !schemas.knows(name, path));
        unknown.map(|path| format!("no property `{path}`")).collect()
    });
}

#[test]
fn every_name_property_exists() {
    let schemas = Schemas::read();
    for (_, file) in parsed_files() {
        for (name, rules) in &file.types {
            let Some(rule) = &rules.name else { continue };
            assert!(rule.max > 0, "{name}");
            if let Some(property) = &rule.property {
                assert!(schemas.knows(name, property), "{name} has no `{property}`");
            }
        }
    }
}

/// Parts of identifiers that are made up when the template gives none: each has a rule, or a reason why there is none.
#[test]
fn every_optional_name_has_a_rule_or_a_reason() {
    let fields = |line: &'static str| -> Vec<&'static str> { line.split('\t').collect() };
    let rows = |text: &'static str| text.lines().filter(|line| !line.starts_with('#')).map(fields);
    let reasons: BTreeMap<(&str, &str), &str> =
        rows(include_str!("../../data/overrides/unnamed.tsv"))
            .map(|row| ((row[0], row[1]), row[2]))
            .collect();
    let mut optional = BTreeSet::new();
    for row in rows(include_str!("../../data/optional-names.tsv")) {
        let (name, property) = (row[0], row[1]);
        let rule = of(name).and_then(|rules| rules.name.as_ref());
        let has_rule = rule.is_some_and(|rule| rule.property.as_deref() == Some(property));
        let has_reason = reasons.contains_key(&(name, property));
        assert!(has_rule != has_reason, "{name} {property}: rule {has_rule}, reason {has_reason}");
        optional.insert((name, property));
    }
    assert!(optional.len() > 200, "only {}", optional.len());
    for (of, reason) in reasons {
        assert!(optional.contains(&of), "{of:?} is no optional name");
        assert!(["no name", "not known"].iter().any(|start| reason.starts_with(start)), "{of:?}");
    }
}

#[test]
fn every_arn_template_can_be_filled() {
    let schemas = Schemas::read();
    check_rules(|name, rules, rule| {
        let of_rule = rule.on.iter().filter_map(|on| match on {
            On::Arn(template) => Some(template.as_str()),
            On::Itself(_)
            | On::Reference { .. }
            | On::Through { .. }
            | On::Unqualified(_)
            | On::Profile(_)
            | On::Executor
            | On::Any => None,
        });
        of_rule
            .chain(rules.arn.as_deref())
            .flat_map(|template| template_problems(&schemas, name, template))
            .collect()
    });
}

#[test]
fn every_condition_can_be_built() {
    check_rules(|_, _, rule| {
        let mut problems = Vec::new();
        for (operator, keys) in &rule.conditions {
            if let Err(error) = operator.parse::<Operator>() {
                problems.push(error.to_string());
            }
            for (key, values) in keys {
                if let Err(error) = key.parse::<ConditionKey>() {
                    problems.push(error.to_string());
                }
                if catalogue::condition_key_type(key).is_none() {
                    problems.push(format!("no condition key `{key}`"));
                }
                let is_call = |value: &&String| {
                    value.starts_with('$')
                        && *value != "$self"
                        && !["$value(", "$trust(", "$ref("]
                            .iter()
                            .any(|name| value.starts_with(name))
                };
                problems.extend(
                    values.iter().filter(is_call).map(|value| format!("no function `{value}`")),
                );
                if values.is_empty() {
                    problems.push(format!("`{key}` has no values"));
                }
            }
        }
        problems
    });
}

/// Against the data as the registry publishes it, before corrections: a drop may say why an odd name is left out.
#[test]
fn every_drop_drops_something() {
    let mut problems = Vec::new();
    let mut handlers: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for line in include_str!("../../data/handlers.tsv").lines().skip(1) {
        let [name, action, _] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
        handlers.entry(name).or_default().push(action);
    }
    for registered in registry::resource_types() {
        let tagging = registered.tagging_permissions();
        let listed = handlers.entry(registered.name()).or_default();
        listed.extend(tagging.map(|(of, name)| format!("{of}:{name}").leak() as &str));
    }
    for (_, file) in parsed_files() {
        for (name, rules) in &file.types {
            for action in rules.drop.iter().flat_map(|dropped| &dropped.actions) {
                let Ok(pattern) = action.parse::<ActionPattern>() else {
                    problems.push(format!("{name}: `{action}` is no action"));
                    continue;
                };
                let covers = |listed: &&str| {
                    listed.parse().is_ok_and(|listed| pattern.covers(&listed))
                        || listed.eq_ignore_ascii_case(action)
                };
                if !handlers.get(name.as_str()).into_iter().flatten().any(covers) {
                    problems.push(format!("{name}: no handler lists `{action}`"));
                }
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn every_allowed_action_is_missing_in_the_catalogue_and_used() {
    let mut used = BTreeSet::new();
    for (_, file) in parsed_files() {
        for rules in file.types.values() {
            used.extend(
                rules
                    .rule
                    .iter()
                    .flat_map(|rule| &rule.actions)
                    .map(|action| action.to_ascii_lowercase()),
            );
        }
    }
    for registered in registry::resource_types() {
        for permission in registered.permissions() {
            used.insert(format!("{}:{}", permission.service, permission.name).to_ascii_lowercase());
        }
        for (service, name) in registered.tagging_permissions() {
            used.insert(format!("{service}:{name}").to_ascii_lowercase());
        }
    }
    let mut problems = Vec::new();
    for allowed in allowed_actions() {
        let name = &allowed.name;
        let Ok(action) = name.parse::<Action>() else {
            problems.push(format!("`{name}` is no action"));
            continue;
        };
        if catalogue::action(action.service(), action.name()).is_some() {
            problems.push(format!("`{name}` is in the catalogue by now"));
        }
        if !used.contains(&name.to_ascii_lowercase()) {
            problems.push(format!("`{name}` is not used"));
        }
        if allowed.evidence.trim().is_empty() {
            problems.push(format!("`{name}` has no evidence"));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn terms_and_targets_that_nobody_knows_are_refused() {
    for text in ["", "Tags & ", "@tag", "@updatePolicy"] {
        assert!(super::When::try_from(text.to_owned()).is_err(), "{text:?}");
    }
    for text in ["", "selfish", "Self", "ref", "role:deploy", "*"] {
        assert!(On::try_from(text.to_owned()).is_err(), "{text:?}");
    }
}

#[test]
fn attributes_are_made_of_properties_and_are_none_themselves() {
    let schemas = Schemas::read();
    let mut problems = Vec::new();
    for (_, file) in parsed_files() {
        for (name, rules) in &file.types {
            for (attribute, template) in &rules.attributes {
                if attribute != "Ref" && !schemas.knows(name, attribute) {
                    problems.push(format!("{name} has no {attribute}"));
                }
                let parts = template.split("${").skip(1).filter_map(|part| part.split('}').next());
                let unknown = parts.filter(|part| *part != "Region" && !schemas.knows(name, part));
                problems.extend(unknown.map(|part| format!("{name}: `{template}`: {part}")));
            }
            let given = rules.given_as.iter().flat_map(|(property, other)| [property, other]);
            let unknown = given.filter(|property| !schemas.knows(name, property));
            problems.extend(unknown.map(|property| format!("{name} has no {property}")));
        }
    }
    assert!(problems.is_empty(), "{problems:#?}");
}

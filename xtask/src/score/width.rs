//! How wide the policies of the public templates are: how many statements are narrower than all of a type, and how many of the actions
//! that the registry lists for the templates' types are given.
//!
//! A statement whose actions IAM gives no resources for can only be written with `*`. It is counted, and printed, but not held against the
//! ratchet, which is of the statements that can be narrowed at all. A condition counts where it names a resource, as that on a function does.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use serde_json::Value;

use super::Score;
use super::files::{run_all, templates};
use super::report::{Need, Report, Who, matches};
use super::requests::{many, texts};
use super::waivers::Waivers;
use crate::shell;

/// What a user knows of a deployment.
const OPTIONS: [&str; 6] =
    ["--stack-name", "app", "--account", "111122223333", "--region", "eu-west-1"];

/// What a user knows, beside that, of a template for SAM: what deploys it, and so the bucket that local code goes to.
const OF_SAM: [&str; 2] = ["--tool", "sam"];

/// The transform that makes a template one for SAM.
const SAM_TRANSFORM: &str = "AWS::Serverless-2016-10-31";

/// The condition keys whose value is a resource that the action is about, by the service authorization reference.
const NAMING_KEYS: [&str; 1] = ["lambda:FunctionArn"];

/// How a need says that IAM has no resources for its action.
const NO_RESOURCE_LEVEL: &str = "no-resource-level";

/// By how many per mille a count may lie below its limit before the limit is to be tightened.
const SLACK: usize = 10;

/// The counts over all templates.
#[derive(Default)]
struct Width {
    statements: usize,
    /// Those of which an action can be given on less than everything.
    narrowable: usize,
    strict: usize,
    /// Those of the strict ones that name a kind of path of API Gateway and no id in it.
    open_paths: usize,
    given: usize,
    listed: usize,
}

/// Scores the templates of `templates/`.
pub(super) fn score(binary: &Path, corpus: &Path) -> Result<Score> {
    let limits = Waivers::read("width")?.ratchet;
    let handlers = handlers()?;
    let mut width = Width::default();
    let (of_sam, others): (Vec<PathBuf>, Vec<PathBuf>) =
        templates(&corpus.join("templates"))?.into_iter().partition(|path| is_of_sam(path));
    let sam_options = [&OPTIONS[..], &OF_SAM[..]].concat();
    for (paths, options) in [(of_sam, &sam_options[..]), (others, &OPTIONS[..])] {
        for (_, run) in run_all(binary, paths, options)? {
            if let Ok(report) = &run.report {
                width.add(report, &handlers);
            }
        }
    }
    let loose = per_mille(width.narrowable - width.strict, width.narrowable);
    let named = width.strict - width.open_paths;
    let unnamed = per_mille(width.narrowable - named, width.narrowable);
    let given = per_mille(width.given, width.listed);
    let row = |name: &str, part: usize, of: usize, share: usize| {
        vec![
            name.to_owned(),
            part.to_string(),
            of.to_string(),
            format!("{}.{} %", share / 10, share % 10),
        ]
    };
    let rows = [
        ["", "count", "of", "share"].map(str::to_owned).to_vec(),
        row("strictly scoped, of what can be scoped", width.strict, width.narrowable, 1000 - loose),
        row("the same without open paths of an API", named, width.narrowable, 1000 - unnamed),
        row(
            "strictly scoped, of all statements",
            width.strict,
            width.statements,
            per_mille(width.strict, width.statements),
        ),
        row("actions given of those listed", width.given, width.listed, given),
    ];
    let mut failures = ratchet("loose-statements", loose, &limits);
    failures.extend(ratchet("loose-with-paths", unnamed, &limits));
    failures.extend(ratchet("handler-actions", given, &limits));
    Ok(Score { table: shell::aligned(&rows), failures })
}

impl Width {
    fn add(&mut self, report: &Report, handlers: &BTreeMap<String, BTreeSet<String>>) {
        for policy in &report.policies {
            for statement in many(policy.document.get("Statement")) {
                let is_strict = is_strict(statement);
                self.statements += 1;
                self.narrowable += usize::from(is_strict || is_narrowable(statement, report));
                self.strict += usize::from(is_strict);
                self.open_paths += usize::from(is_strict && has_open_path(statement));
            }
        }
        let mut given: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for need in report.needs.iter().filter(|need| need.who == Who::Executor) {
            if let Some(kind) = need.resource_type.as_deref() {
                given.entry(kind).or_default().insert(need.action.to_lowercase());
            }
        }
        // A rule may give what the registry does not list, so that the two are counted, not compared.
        let listed = given.keys().filter_map(|kind| handlers.get(*kind));
        let listed: BTreeSet<&String> = listed.flatten().collect();
        let given = given.iter().filter(|(kind, _)| handlers.contains_key(**kind));
        let given: BTreeSet<&String> = given.flat_map(|(_, actions)| actions).collect();
        self.given += given.len();
        self.listed += listed.len();
    }
}

/// Whether a template is one for SAM.
fn is_of_sam(path: &Path) -> bool {
    fs::read_to_string(path).is_ok_and(|text| text.contains(SAM_TRANSFORM))
}

/// Whether each resource of a statement is narrower than all of a type, or a condition names what the statement is about.
fn is_strict(statement: &Value) -> bool {
    let resources = texts(statement.get("Resource"));
    let is_named = !resources.iter().any(|resource| is_whole_type(resource));
    !resources.is_empty() && (is_named || names_a_resource(statement))
}

/// Whether a condition bounds a statement by the ARNs of resources, none of which is all of a type.
fn names_a_resource(statement: &Value) -> bool {
    let operators = statement.get("Condition").and_then(Value::as_object).into_iter().flatten();
    let keys = operators.filter_map(|(_, keys)| keys.as_object()).flatten();
    let mut naming = keys.filter(|(key, _)| NAMING_KEYS.contains(&key.as_str()));
    naming.any(|(_, values)| !texts(Some(values)).iter().any(|value| is_whole_type(value)))
}

/// Whether IAM has resources for an action of a statement that the report needs.
fn is_narrowable(statement: &Value, report: &Report) -> bool {
    let patterns = texts(statement.get("Action"));
    let is_of = |need: &&Need| patterns.iter().any(|pattern| matches(pattern, &need.action));
    report.needs.iter().filter(is_of).any(|need| need.scoping != NO_RESOURCE_LEVEL)
}

/// Whether a pattern is that of all resources, or of all of a type: of its parts, one alone has a letter or a digit, which is the type.
///
/// The resources of S3 and SNS begin with a name, not with a type: `BUCKET/*` is what is in one bucket. Paths of API Gateway are counted apart.
fn is_whole_type(pattern: &str) -> bool {
    let resource = pattern.splitn(6, ':').nth(5).unwrap_or("*");
    let begins_with_name = pattern.contains(":s3:::") || pattern.contains(":sns:");
    let is_word = |part: &&str| part.chars().any(char::is_alphanumeric);
    let (words, open): (Vec<&str>, Vec<&str>) =
        resource.split([':', '/']).filter(|part| !part.is_empty()).partition(is_word);
    !resource.starts_with('/') && !open.is_empty() && words.len() <= usize::from(!begins_with_name)
}

/// Whether a pattern is a path of API Gateway in which no id is known: `/restapis/*/resources/*`.
fn is_open_path(pattern: &str) -> bool {
    let Some((_, path)) = pattern.split_once("::/").filter(|_| pattern.contains(":apigateway:"))
    else {
        return false;
    };
    let mut ids = path.split('/').skip(1).step_by(2).peekable();
    ids.peek().is_some() && ids.all(|id| !id.chars().any(char::is_alphanumeric))
}

fn has_open_path(statement: &Value) -> bool {
    texts(statement.get("Resource")).iter().any(|resource| is_open_path(resource))
}

/// The actions of the registry's handlers by type.
fn handlers() -> Result<BTreeMap<String, BTreeSet<String>>> {
    let text = shell::read(&shell::root().join("crates/stacks/data/handlers.tsv"))?;
    let mut handlers: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if let [kind, action, ..] = line.split('\t').collect::<Vec<_>>().as_slice() {
            handlers.entry((*kind).to_owned()).or_default().insert(action.to_lowercase());
        }
    }
    Ok(handlers)
}

fn per_mille(part: usize, of: usize) -> usize {
    part * 1000 / of.max(1)
}

/// What is wrong with a share: it grew over its limit, or the limit is to be tightened.
fn ratchet(name: &str, share: usize, limits: &BTreeMap<String, usize>) -> Vec<String> {
    let told = match limits.get(name) {
        None => Some(format!("write `{name} = {share}` under `[ratchet]`")),
        Some(limit) if share > *limit => {
            Some(format!("{name}: {share} per mille, {limit} allowed"))
        }
        Some(limit) if share + SLACK < *limit => {
            Some(format!("{name}: tighten the ratchet from {limit} to {share}"))
        }
        Some(_) => None,
    };
    told.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_type_without_a_name_is_a_whole_type() {
        let whole = ["*", "arn:aws:s3:::*", "arn:aws:s3:::*/*", "arn:aws:kms:*:*:key/*"];
        for pattern in whole.into_iter().chain([
            "arn:aws:s3:*:*:accesspoint/*",
            "arn:aws:sns:*:*:*",
            "arn:aws:wafv2:*:*:*/ipset/*/*",
        ]) {
            assert!(is_whole_type(pattern), "{pattern}");
        }
        for pattern in ["arn:aws:s3:::b", "arn:aws:s3:::b/*", "arn:aws:sns:*:*:topic:*"] {
            assert!(!is_whole_type(pattern), "{pattern}");
        }
        for pattern in
            ["arn:aws:iam::1:role/app-*", "arn:aws:sqs:*:*:a", "arn:aws:wafv2:*:*:*/ipset/a/*"]
        {
            assert!(!is_whole_type(pattern), "{pattern}");
        }
    }

    #[test]
    fn a_condition_that_names_a_function_bounds_a_statement() {
        let of = |key: &str, value: &str| json!({ "Resource": "*", "Condition": { "ArnLike": { key: value } } });
        let function = "arn:aws:lambda:eu-west-1:1:function:app-*";
        assert!(is_strict(&of("lambda:FunctionArn", function)));
        assert!(!is_strict(&of("lambda:FunctionArn", "arn:aws:lambda:eu-west-1:1:function:*")));
        assert!(!is_strict(&of("iam:PassedToService", "lambda.amazonaws.com")));
    }

    #[test]
    fn a_statement_without_resources_in_iam_cannot_be_narrowed() {
        let need = |action: &str, scoping: &str| json!({ "who": "executor", "action": action, "scoping": scoping, "logicalId": null, "resourceType": null });
        let report = json!({
            "needs": [need("ec2:DescribeVpcs", NO_RESOURCE_LEVEL), need("ec2:DeleteVpc", "generated-id")],
            "policies": [], "gaps": [], "diagnostics": [],
        });
        let report: Report = serde_json::from_value(report).unwrap();
        let narrowable = |action: &str| is_narrowable(&json!({ "Action": action }), &report);
        assert!(!narrowable("ec2:DescribeVpcs"));
        assert!(narrowable("ec2:DeleteVpc") && narrowable("ec2:*"));
    }

    #[test]
    fn a_path_without_an_id_is_open() {
        let path = |path: &str| is_open_path(&format!("arn:aws:apigateway:eu-west-1::{path}"));
        assert!(path("/restapis/*") && path("/restapis/*/resources/*") && path("/tags/*"));
        assert!(!path("/restapis") && !path("/restapis/*/stages/prod"));
    }

    #[test]
    fn the_ratchet_leaves_a_little_room() {
        let limits = [("a".to_owned(), 500)].into();
        let told = |share| ratchet("a", share, &limits);
        assert_eq!((told(500).len(), told(495).len()), (0, 0));
        assert_eq!(told(501), ["a: 501 per mille, 500 allowed"]);
        assert_eq!(told(480), ["a: tighten the ratchet from 500 to 480"]);
        assert_eq!(ratchet("b", 3, &limits), ["write `b = 3` under `[ratchet]`"]);
    }
}

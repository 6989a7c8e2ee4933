//! The user and the role of a case: made, given their policies by the program, read back and enforced.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::{Plan, documents};
use crate::e2e::case::Mode;
use crate::e2e::judge::Judge;
use crate::e2e::replay::{Holder, Report};
use crate::e2e::world::Keys;
use crate::shell;

/// The roles of the bootstrap stack that the CDK CLI itself acts with.
const CDK_ROLES: [&str; 3] = ["deploy-role", "file-publishing-role", "lookup-role"];
const QUALIFIER: &str = "hnb659fds";

/// Makes the user of the case, who may do nothing yet.
pub(super) fn create_user(plan: &Plan<'_>) -> Result<Keys> {
    aws(plan, &["create-user", "--user-name", &plan.user])?;
    let made = aws(plan, &["create-access-key", "--user-name", &plan.user])?;
    let text = |name: &str| {
        let value = made.pointer(&format!("/AccessKey/{name}")).and_then(Value::as_str);
        value.map(str::to_owned).context("the AWS CLI shows no key")
    };
    let region = plan.deployment.region.clone();
    Ok(Keys { id: text("AccessKeyId")?, secret: text("SecretAccessKey")?, region })
}

/// Puts the generated policies into IAM with the program.
pub(super) fn apply(plan: &Plan<'_>, report: &Report) -> Result<()> {
    let folder = plan.folder.join("policies");
    let mut command: Vec<String> =
        ["stackpass", "apply", "--yes", "--user", &plan.user].map(str::to_owned).to_vec();
    if plan.deployment.mode == Mode::ServiceRole {
        let mut generate = vec!["stackpass", "generate", "service-role"];
        let about = plan.about();
        generate.extend(about.iter().filter(|word| !is_of_stack(word, plan)).map(String::as_str));
        let out = folder.display().to_string();
        generate.extend(["--role-name", &plan.role, "--out", &out]);
        plan.world.succeed_as(&plan.admin, &generate, &plan.folder)?;
        command.extend(["--create-service-role", &plan.role, "--from", &out].map(str::to_owned));
    } else {
        for path in write(&documents(report, report.caller()), &folder)? {
            command.extend(["--policy".to_owned(), path.display().to_string()]);
        }
    }
    plan.world.succeed_as(&plan.admin, &command, &plan.folder)?;
    Ok(())
}

/// What `generate stack` is told of the service role, `generate service-role` is not.
fn is_of_stack(word: &str, plan: &Plan<'_>) -> bool {
    let of_role = ["--mode", "--service-role", plan.deployment.mode.name()];
    of_role.contains(&word) || plan.role_arn().is_some_and(|role| role == word)
}

/// Enforces what IAM has of the user and of the roles that the tool assumes. What was generated must be what IAM has.
///
/// Gives the roles whose policies cannot be read back, which stay free.
pub(super) fn enforce_all(plan: &Plan<'_>, report: &Report) -> Result<Vec<String>> {
    let found = read_back(plan, "user", &plan.user)?;
    must_equal("the user", &found, &documents(report, report.caller()))?;
    enforce(plan, "user", &plan.user, &found)?;
    if plan.deployment.mode == Mode::ServiceRole {
        let found = read_back(plan, "role", &plan.role)?;
        must_equal("the service role", &found, &documents(report, Holder::Executor))?;
    }
    let mut free = Vec::new();
    if plan.deployment.mode == Mode::Bootstrap {
        for role in CDK_ROLES {
            let place = format!("{}-{}", plan.deployment.account, plan.deployment.region);
            let name = format!("cdk-{QUALIFIER}-{role}-{place}");
            match read_back(plan, "role", &name) {
                Ok(found) => enforce(plan, "role", &name, &found)?,
                Err(_) => free.push(name),
            }
        }
    }
    Ok(free)
}

/// `check` reads the same policies from IAM, and must find nothing missing.
pub(super) fn check_live(plan: &Plan<'_>) -> Result<()> {
    let mut command = vec!["stackpass".to_owned(), "check".to_owned()];
    command.extend(plan.about());
    command.extend(["--user".to_owned(), plan.user.clone()]);
    if plan.deployment.mode == Mode::ServiceRole {
        command.extend(["--executor-role".to_owned(), plan.role.clone()]);
    }
    plan.world
        .succeed_as(&plan.admin, &command, &plan.folder)
        .context("`check` of what IAM has")?;
    Ok(())
}

/// From now on the principal may do what these policies allow.
pub(super) fn enforce(plan: &Plan<'_>, kind: &str, name: &str, found: &[Value]) -> Result<()> {
    let files = write(found, &plan.folder.join("enforced").join(name))?;
    let judge = Judge::start(plan.world.stackpass(), &files, None)?;
    plan.world.server.enforce(&format!("{kind}/{name}"), judge);
    Ok(())
}

/// All policies of a user or role, attached and inline, as IAM gives them to the AWS CLI.
pub(super) fn read_back(plan: &Plan<'_>, kind: &str, name: &str) -> Result<Vec<Value>> {
    let option = format!("--{kind}-name");
    let list = aws(plan, &[&format!("list-attached-{kind}-policies"), &option, name])?;
    let mut found = Vec::new();
    for arn in texts(&list, "/AttachedPolicies", "/PolicyArn") {
        found.push(read_policy(plan, &arn)?);
    }
    let list = aws(plan, &[&format!("list-{kind}-policies"), &option, name])?;
    for policy in texts(&list, "/PolicyNames", "") {
        let get = [&format!("get-{kind}-policy"), &option, name, "--policy-name", &policy];
        found.extend(aws(plan, &get)?.pointer("/PolicyDocument").cloned());
    }
    Ok(found)
}

/// The default version of a managed policy.
pub(super) fn read_policy(plan: &Plan<'_>, arn: &str) -> Result<Value> {
    let policy = aws(plan, &["get-policy", "--policy-arn", arn])?;
    let version = policy.pointer("/Policy/DefaultVersionId").and_then(Value::as_str);
    let version = version.context("a policy without a version")?;
    let get = ["get-policy-version", "--policy-arn", arn, "--version-id", version];
    let found = aws(plan, &get)?;
    found.pointer("/PolicyVersion/Document").cloned().context("a version without a document")
}

/// Compares without regard to order.
fn must_equal(whose: &str, found: &[Value], shown: &[Value]) -> Result<()> {
    let sorted = |documents: &[Value]| {
        let mut texts: Vec<String> = documents.iter().map(Value::to_string).collect();
        texts.sort();
        texts
    };
    if sorted(found) != sorted(shown) {
        let (found, shown) = (sorted(found).join("\n"), sorted(shown).join("\n"));
        bail!("IAM has other policies of {whose} than were shown\nhas:   {found}\nshown: {shown}");
    }
    Ok(())
}

/// Writes documents as `policy-N.json`.
pub(super) fn write(documents: &[Value], folder: &Path) -> Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for (number, document) in documents.iter().enumerate() {
        let path = folder.join(format!("policy-{}.json", number + 1));
        shell::write(&path, &serde_json::to_string_pretty(document)?)?;
        paths.push(path);
    }
    Ok(paths)
}

/// `aws iam` as the administrator.
fn aws(plan: &Plan<'_>, words: &[&str]) -> Result<Value> {
    let mut command = vec!["aws", "iam", "--output", "json"];
    command.extend(words);
    let stdout = plan.world.succeed_as(&plan.admin, &command, &plan.folder)?;
    if stdout.trim().is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_str(&stdout).context("the AWS CLI did not print JSON")
}

/// The texts at a place in each item of a list.
fn texts(value: &Value, list: &str, item: &str) -> Vec<String> {
    let items = value.pointer(list).and_then(Value::as_array).into_iter().flatten();
    items.filter_map(|each| each.pointer(item)?.as_str().map(str::to_owned)).collect()
}

//! What `stackpass generate stack --output json` says, as far as a replay needs it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::shell;

/// The report.
#[derive(Debug, Deserialize)]
pub(crate) struct Report {
    pub(crate) needs: Vec<Need>,
    pub(crate) policies: Vec<Policy>,
}

/// Whom a policy is for, and who needs something.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Holder {
    Caller,
    Executor,
    /// Caller and executor in one: `CloudFormation` acts with the caller's credentials.
    Deploy,
}

/// One need.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Need {
    pub(crate) who: Holder,
    pub(crate) action: String,
    #[serde(default)]
    pub(crate) resources: Vec<String>,
    #[serde(default)]
    pub(crate) conditions: Value,
    #[serde(default)]
    pub(crate) hardness: String,
    pub(crate) logical_id: Option<String>,
}

/// One policy.
#[derive(Debug, Deserialize)]
pub(crate) struct Policy {
    pub(crate) who: Holder,
    pub(crate) document: Value,
}

/// Needs that grant exactly the same: one statement would do for all of them.
#[derive(Debug)]
pub(crate) struct Grant<'a> {
    pub(crate) first: &'a Need,
    pub(crate) needs: Vec<&'a Need>,
}

impl Report {
    /// Runs the binary on an input.
    pub(crate) fn generate(binary: &Path, input: &Path, options: &[&str]) -> Result<Report> {
        let mut command = shell::program(binary);
        command.args(["generate", "stack"]).arg(input).args(["--output", "json"]).args(options);
        let output = command.output().context("cannot start `stackpass generate stack`")?;
        serde_json::from_slice(&output.stdout).with_context(|| {
            let said = String::from_utf8_lossy(&output.stderr);
            format!("{} gave no report: {}", shell::line(&command), said.trim_end())
        })
    }

    /// Whether the caller's credentials are what `CloudFormation` acts with.
    pub(crate) fn is_direct(&self) -> bool {
        self.policies.iter().any(|policy| policy.who == Holder::Deploy)
    }

    /// Whose policies the caller has.
    pub(crate) fn caller(&self) -> Holder {
        if self.is_direct() { Holder::Deploy } else { Holder::Caller }
    }

    /// Who has policies.
    pub(crate) fn holders(&self) -> Vec<Holder> {
        if self.is_direct() { vec![Holder::Deploy] } else { vec![Holder::Caller, Holder::Executor] }
    }

    /// Writes the policies of a holder into a folder, one file each.
    pub(crate) fn write(&self, holder: Holder, folder: &Path) -> Result<Vec<PathBuf>> {
        let documents = self.policies.iter().filter(|policy| policy.who == holder);
        let documents: Vec<&Value> = documents.map(|policy| &policy.document).collect();
        let name = format!("{holder:?}").to_lowercase();
        documents
            .iter()
            .enumerate()
            .map(|(at, document)| write(&folder.join(format!("{name}-{at}.json")), document))
            .collect()
    }

    /// The needs of a holder by what they grant, in the order of the report.
    pub(crate) fn grants(&self, holder: Holder) -> Vec<Grant<'_>> {
        let mut at: BTreeMap<String, usize> = BTreeMap::new();
        let mut grants: Vec<Grant<'_>> = Vec::new();
        for need in self.needs.iter().filter(|need| holder == Holder::Deploy || need.who == holder)
        {
            let key = format!("{} {:?} {}", need.action, need.resources, need.conditions);
            let index = *at.entry(key).or_insert(grants.len());
            match grants.get_mut(index) {
                Some(grant) => grant.needs.push(need),
                None => grants.push(Grant { first: need, needs: vec![need] }),
            }
        }
        grants
    }
}

impl Grant<'_> {
    /// The statement of this grant alone, made without the product's minimizer.
    pub(crate) fn statement(&self, sid: usize) -> Value {
        let mut statement = json!({
            "Sid": format!("N{sid}"), "Effect": "Allow", "Action": self.first.action, "Resource": self.first.resources,
        });
        let conditions = &self.first.conditions;
        let has_conditions = conditions.as_object().is_some_and(|map| !map.is_empty());
        if let (true, Some(map)) = (has_conditions, statement.as_object_mut()) {
            map.insert("Condition".to_owned(), conditions.clone());
        }
        statement
    }

    /// Whether a deployment fails without it.
    pub(crate) fn is_must(&self) -> bool {
        self.needs.iter().any(|need| need.hardness == "must")
    }

    /// A short text for a list.
    pub(crate) fn shown(&self) -> String {
        let need = self.first;
        let of = need.logical_id.as_deref().unwrap_or("the stack");
        format!("{} on {} ({of})", need.action, need.resources.join(", "))
    }
}

/// Writes a policy of statements.
pub(crate) fn write_statements(path: &Path, statements: &[Value]) -> Result<PathBuf> {
    write(path, &json!({"Version": "2012-10-17", "Statement": statements}))
}

fn write(path: &Path, document: &Value) -> Result<PathBuf> {
    let Some(folder) = path.parent() else { bail!("no folder for {}", path.display()) };
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    shell::write(path, &serde_json::to_string_pretty(document)?)?;
    Ok(path.to_path_buf())
}

//! Policies that the user has: files in, documents with the places of their statements out.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use stackpass_ground::source::{Diagnostic, LocatedDiagnostic, Severity, Source};
use stackpass_ground::tree::{self, Kind, Node};
use stackpass_policy::document::Document;
use stackpass_policy::read;

use crate::error::{CliError, Kind as ErrorKind};
use crate::input;
use crate::text::count;

/// A policy with where it comes from.
#[derive(Clone, Debug)]
pub(crate) struct PolicyFile {
    /// The name to show to people: the path as they typed it.
    pub(crate) name: String,
    /// Whether it is a file; else it was read from AWS, and a line of it means nothing.
    pub(crate) is_file: bool,
    /// Whether it is a policy of AWS, which nobody can change.
    pub(crate) is_aws_managed: bool,
    /// Its key, in a file with several policies by name.
    pub(crate) key: Option<String>,
    /// What it says.
    pub(crate) document: Document,
    /// The line of each statement.
    lines: Vec<usize>,
}

/// Policies that were read, and what is wrong with them.
#[derive(Debug, Default)]
pub(crate) struct PolicyFiles {
    /// The policies without errors, in the order given.
    pub(crate) policies: Vec<PolicyFile>,
    /// What is wrong.
    pub(crate) problems: Vec<LocatedDiagnostic>,
}

impl PolicyFile {
    fn of_file(
        name: String,
        key: Option<String>,
        document: Document,
        lines: Vec<usize>,
    ) -> PolicyFile {
        PolicyFile { name, is_file: true, is_aws_managed: false, key, document, lines }
    }

    /// The line of a statement, from 1.
    pub(crate) fn line(&self, statement: usize) -> Option<usize> {
        self.lines.get(statement).copied().filter(|_| self.is_file)
    }

    /// Whose policy it is by its key, as `stackpass generate` names several: `executor` for `executor-2`.
    pub(crate) fn holder(&self) -> Option<&str> {
        let key = self.key.as_deref()?;
        match key.rsplit_once('-') {
            Some((holder, number)) if number.bytes().all(|byte| byte.is_ascii_digit()) => {
                Some(holder)
            }
            _ => Some(key),
        }
    }
}

impl PolicyFiles {
    /// Reads files; one that stands twice counts once. Fails where one cannot be opened.
    ///
    /// A file is a policy, an object of policies by name as `stackpass generate` prints it, or what the AWS CLI prints
    /// for a policy.
    pub(crate) fn open(paths: &[PathBuf]) -> Result<PolicyFiles, CliError> {
        let mut files = PolicyFiles::default();
        let mut seen: BTreeSet<&Path> = BTreeSet::new();
        for path in paths {
            if seen.insert(path) {
                files.add(input::read(path)?);
            }
        }
        Ok(files)
    }

    /// Adds a policy that was read from AWS, under the name to show to people; an inline policy has no ARN.
    pub(crate) fn add_live(&mut self, name: String, arn: Option<&str>, text: &str) {
        let before = self.policies.len();
        self.add(Source::new(name, text));
        for policy in self.policies.iter_mut().skip(before) {
            policy.is_file = false;
            policy.is_aws_managed = arn.is_some_and(|arn| arn.contains(":iam::aws:"));
        }
    }

    /// Adds those of others.
    pub(crate) fn extend(&mut self, others: PolicyFiles) {
        self.policies.extend(others.policies);
        self.problems.extend(others.problems);
    }

    /// Fails if a policy has an error: what is left of it could allow more than was written.
    pub(crate) fn refuse_errors(problems: &[LocatedDiagnostic]) -> Result<(), CliError> {
        let is_error =
            |problem: &&LocatedDiagnostic| problem.diagnostic.severity == Severity::Error;
        let errors = problems.iter().filter(is_error).count();
        if errors == 0 {
            return Ok(());
        }
        let errors = count(errors, "error", "errors");
        let message = format!("no answer, because of {errors} in the policies");
        Err(CliError::new(ErrorKind::Input, message))
    }

    fn add(&mut self, source: Source) {
        let (root, _) = tree::read(&source);
        let inner = root.as_ref().map(policies_in).unwrap_or_default();
        let mut diagnostics = Vec::new();
        if inner.is_empty() {
            let (document, problems) = read::read(&source);
            diagnostics = problems;
            let lines = |document| (document, root.as_ref().map(|it| lines(it, &source)));
            if let Some((document, lines)) = document.map(lines) {
                let name = source.name().to_owned();
                let lines = lines.unwrap_or_default();
                self.policies.push(PolicyFile::of_file(name, None, document, lines));
            }
        } else {
            diagnostics.extend(syntax_problems(&source));
            for (key, node) in inner {
                let (document, problems) = read::document(node);
                diagnostics.extend(problems);
                let Some(document) = document else { continue };
                let name = source.name().to_owned();
                let lines = lines(node, &source);
                self.policies.push(PolicyFile::of_file(name, key, document, lines));
            }
            diagnostics.sort();
            diagnostics.dedup_by(|one, other| (one.span, one.code) == (other.span, other.code));
        }
        let source = Arc::new(source);
        let problem = |diagnostic| LocatedDiagnostic { source: Arc::clone(&source), diagnostic };
        self.problems.extend(diagnostics.into_iter().map(problem));
    }
}

fn syntax_problems(source: &Source) -> Vec<Diagnostic> {
    tree::read(source).1
}

/// The policies inside of a value that is none itself, with their keys.
fn policies_in(root: &Node) -> Vec<(Option<String>, &Node)> {
    let is_policy = |node: &Node| node.field("Statement").is_some();
    if is_policy(root) || root.entries().is_empty() {
        return Vec::new();
    }
    // `aws iam get-policy-version`, `aws iam get-role-policy` and their kin.
    let of_version = root.field("PolicyVersion").and_then(|node| node.field("Document"));
    if let Some(node) = of_version.or_else(|| root.field("PolicyDocument")) {
        return vec![(None, node)];
    }
    if root.entries().iter().all(|entry| is_policy(&entry.value)) {
        let entries = root.entries().iter();
        return entries.map(|entry| (Some(entry.key.clone()), &entry.value)).collect();
    }
    Vec::new()
}

/// The lines of the statements of a policy.
fn lines(policy: &Node, source: &Source) -> Vec<usize> {
    let Some(statements) = policy.field("Statement") else { return Vec::new() };
    let nodes = match &statements.kind {
        Kind::List(items) => items.as_slice(),
        _ => std::slice::from_ref(statements),
    };
    nodes.iter().map(|node| source.position(node.span.start).line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> PolicyFiles {
        let mut files = PolicyFiles::default();
        files.add(Source::new("p.json", text));
        files
    }

    fn check(text: &str, expected: &[(Option<&str>, &[usize])]) {
        let files = read(text);
        assert_eq!(files.problems.len(), 0);
        let found: Vec<(Option<&str>, &[usize])> =
            files.policies.iter().map(|it| (it.holder(), it.lines.as_slice())).collect();
        assert_eq!(found, expected);
    }

    const DENY: &str = r#"{"Effect": "Deny", "Action": "*", "Resource": "*"}"#;

    #[test]
    fn every_statement_has_its_line() {
        check(&format!("{{\"Statement\": [\n{DENY},\n\n{DENY}]}}"), &[(None, &[2, 4])]);
        check(&format!("{{\"Statement\":\n{DENY}}}"), &[(None, &[2])]);
        check("Statement:\n- Effect: Deny\n  Action: '*'\n  Resource: '*'\n", &[(None, &[2])]);
    }

    #[test]
    fn several_policies_have_their_keys() {
        let text = format!(
            "{{\"caller\":\n{{\"Statement\": {DENY}}},\n\"executor-2\":\n{{\"Statement\": {DENY}}}}}"
        );
        check(&text, &[(Some("caller"), &[2]), (Some("executor"), &[4])]);
    }

    #[test]
    fn answers_of_the_aws_cli_are_policies() {
        let policy = format!("{{\"Statement\": {DENY}}}");
        check(&format!("{{\"PolicyVersion\": {{\"Document\": {policy}}}}}"), &[(None, &[1])]);
        check(&format!("{{\"RoleName\": \"r\", \"PolicyDocument\": {policy}}}"), &[(None, &[1])]);
    }

    #[test]
    fn policy_with_an_error_is_none() {
        for text in ["{}", "[]", "", "{\"a\": {\"Statement\": 1}}", "{\"PolicyDocument\": 1}"] {
            let files = read(text);
            assert!(files.policies.is_empty(), "{text}");
            assert!(PolicyFiles::refuse_errors(&files.problems).is_err(), "{text}");
        }
    }
}

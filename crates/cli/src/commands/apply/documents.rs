//! The documents that are put into IAM: read from files and checked before AWS is asked for anything.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use stackpass_iam::quotas::Quotas;
use stackpass_iam::text::PolicyText;
use stackpass_policy::document::Document;
use stackpass_policy::render::{Format, Layout, NamedDocument, render};
use stackpass_policy::size::size;

use super::values::check_filled_in;
use super::{ApplyArgs, ContentArgs};
use crate::error::{CliError, Kind};
use crate::output::Output;
use crate::policy_files::{PolicyFile, PolicyFiles};
use crate::text::thousands;
use crate::view::summary;

/// A policy to make or update.
#[derive(Clone, Debug)]
pub(super) struct Content {
    /// What its name ends with: its key, or the name of its file.
    pub(super) stem: String,
    /// What it says.
    pub(super) document: Document,
    /// The same as IAM gets it.
    pub(super) text: PolicyText,
}

/// All documents of an apply.
#[derive(Clone, Debug, Default)]
pub(super) struct Documents {
    /// For the holder that the command line names; for a service role, for its caller.
    pub(super) policies: Vec<Content>,
    /// For the service role.
    pub(super) executor: Vec<Content>,
    /// Who may assume the role that is made.
    pub(super) trust: Option<Content>,
    /// The permissions boundary of the service role.
    pub(super) boundary: Option<Content>,
}

impl Documents {
    /// Reads all that the command line names, and says what is wrong with it.
    pub(super) fn open(args: &ApplyArgs, output: &mut Output<'_>) -> Result<Documents, CliError> {
        if let Some(folder) = &args.content.from {
            return of_folder(folder, output);
        }
        let mut documents = Documents::default();
        let files = read(&args.content.policies, output)?;
        for file in chosen(files, &args.content)? {
            documents.policies.push(Content::identity(file)?);
        }
        check_names(&documents.policies)?;
        if let Some(path) = &args.holder.trust {
            documents.trust = Some(trust(path, output)?);
        }
        Ok(documents)
    }
}

impl Content {
    fn new(file: PolicyFile) -> Result<Content, CliError> {
        let PolicyFile { name, key, document, .. } = file;
        let stem = key.unwrap_or_else(|| stem(&name));
        let alone = NamedDocument { name: String::new(), document: document.clone() };
        let text = render(&[alone], Format::Json { layout: Layout::Compact });
        let text = PolicyText::parse(&text).map_err(|cause| {
            CliError::new(Kind::Unexpected, format!("cannot write `{name}`")).caused_by(cause)
        })?;
        check_filled_in(&name, &text)?;
        Ok(Content { stem, document, text })
    }

    /// A policy that says what its holder may do.
    fn identity(file: PolicyFile) -> Result<Content, CliError> {
        let name = file.name.clone();
        let content = Content::new(file)?;
        if content.document.statements.iter().any(|statement| statement.principal.is_some()) {
            let message = format!("`{name}` has a `Principal`, so it is no policy of a holder");
            let hint = "a trust policy goes with `--create-role NAME --trust FILE`";
            return Err(CliError::new(Kind::Input, message).with_hint(hint));
        }
        if content.document.statements.is_empty() {
            let message = format!("`{name}` allows nothing: it has no statements");
            return Err(CliError::new(Kind::Input, message));
        }
        let (size, quota) = (size(&content.document), Quotas::DEFAULT.policy_size);
        if size > quota {
            let message = format!(
                "`{name}` has {} characters, a managed policy takes {}",
                thousands(size),
                thousands(quota)
            );
            let hint =
                "`stackpass generate` splits what is too large; give `--policy` several times";
            return Err(CliError::new(Kind::OverQuota, message).with_hint(hint));
        }
        Ok(content)
    }
}

/// The policies of a service role by the names of their files.
fn of_folder(folder: &Path, output: &mut Output<'_>) -> Result<Documents, CliError> {
    let names = names(folder)?;
    let mut documents = Documents::default();
    for name in &names {
        let path = folder.join(name);
        let base = stem(name);
        let (holder, number) = base.split_once('-').unwrap_or((&base, "1"));
        let is_numbered = number.bytes().all(|byte| byte.is_ascii_digit());
        match holder {
            "caller" if is_numbered => documents.policies.push(identity(&path, output)?),
            "executor" if is_numbered => documents.executor.push(identity(&path, output)?),
            "boundary" if base == holder => documents.boundary = Some(identity(&path, output)?),
            "trust" if base == holder => documents.trust = Some(trust(&path, output)?),
            _ => {}
        }
    }
    let missing = if documents.executor.is_empty() {
        "executor.json"
    } else if documents.trust.is_none() {
        "trust.json"
    } else {
        return Ok(documents);
    };
    let message = format!("`{}` has no `{missing}`", folder.display());
    let hint = "`stackpass generate service-role PATH --out FOLDER` writes such a folder";
    Err(CliError::new(Kind::Input, message).with_hint(hint))
}

/// The names of the files in JSON, sorted, so that `caller-10.json` comes after `caller-9.json`.
fn names(folder: &Path) -> Result<Vec<String>, CliError> {
    let cannot = |cause| {
        let message = format!("cannot read `{}`", folder.display());
        CliError::new(Kind::Input, message).caused_by(cause)
    };
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(cannot)? {
        let name = entry.map_err(cannot)?.file_name();
        let is_json = Path::new(&name).extension().is_some_and(|extension| extension == "json");
        names.extend(name.into_string().ok().filter(|_| is_json));
    }
    names.sort_by(|one, other| (one.len(), one).cmp(&(other.len(), other)));
    Ok(names)
}

fn identity(path: &Path, output: &mut Output<'_>) -> Result<Content, CliError> {
    Content::identity(only(path, output)?)
}

fn trust(path: &Path, output: &mut Output<'_>) -> Result<Content, CliError> {
    let content = Content::new(only(path, output)?)?;
    if content.document.statements.iter().any(|statement| statement.principal.is_none()) {
        let message =
            format!("`{}` is no trust policy: a statement has no `Principal`", path.display());
        return Err(CliError::new(Kind::Input, message));
    }
    Ok(content)
}

/// The one policy of a file.
fn only(path: &Path, output: &mut Output<'_>) -> Result<PolicyFile, CliError> {
    let mut files = read(&[path.to_owned()], output)?;
    if let (Some(file), []) = (files.pop(), files.as_slice()) {
        return Ok(file);
    }
    let message = format!("`{}` has several policies, expected one", path.display());
    Err(CliError::new(Kind::Input, message))
}

fn read(paths: &[PathBuf], output: &mut Output<'_>) -> Result<Vec<PolicyFile>, CliError> {
    let files = PolicyFiles::open(paths)?;
    output.talk(&summary::problems(&files.problems));
    PolicyFiles::refuse_errors(&files.problems)?;
    Ok(files.policies)
}

/// The policies that are meant: where a file has those of several holders, somebody has to say whose.
fn chosen(files: Vec<PolicyFile>, args: &ContentArgs) -> Result<Vec<PolicyFile>, CliError> {
    let all: BTreeSet<String> =
        files.iter().filter_map(|file| file.holder()).map(str::to_owned).collect();
    let names: Vec<String> = all.iter().map(|name| format!("`{name}`")).collect();
    let there_are = format!("there are policies of {}", names.join(", "));
    let Some(only) = &args.only else {
        return match all.first() {
            Some(first) if all.len() > 1 => {
                let message = "the policies are of several holders, and one gets them";
                let hint = format!("choose with `--only {first}`; {there_are}");
                Err(CliError::new(Kind::Usage, message).with_hint(hint))
            }
            _ => Ok(files),
        };
    };
    let is_meant = |file: &PolicyFile| file.holder().is_none_or(|holder| holder == only);
    if !all.contains(only) {
        let error = CliError::new(Kind::Usage, format!("no policy is of `{only}`"));
        return Err(if all.is_empty() { error } else { error.with_hint(there_are) });
    }
    Ok(files.into_iter().filter(is_meant).collect())
}

/// Two policies cannot have one name.
fn check_names(policies: &[Content]) -> Result<(), CliError> {
    let mut seen = BTreeSet::new();
    match policies.iter().find(|policy| !seen.insert(policy.stem.to_ascii_lowercase())) {
        None => Ok(()),
        Some(double) => {
            let message = format!("two policies would be called `{}`", double.stem);
            let hint = "the name is that of the file; rename one";
            Err(CliError::new(Kind::Usage, message).with_hint(hint))
        }
    }
}

/// What a policy of this file is called.
fn stem(name: &str) -> String {
    if name == "<stdin>" {
        return "policy".to_owned();
    }
    let file = Path::new(name).file_name().unwrap_or_default().to_string_lossy().into_owned();
    let stem = [".json", ".yaml", ".yml"].iter().find_map(|end| file.strip_suffix(end));
    stem.unwrap_or(&file).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policy_is_called_after_its_file() {
        assert_eq!(stem("a/b/deploy.json"), "deploy");
        assert_eq!(stem("deploy.policy.yaml"), "deploy.policy");
        assert_eq!(stem("deploy"), "deploy");
        assert_eq!(stem("<stdin>"), "policy");
    }
}

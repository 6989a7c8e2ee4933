//! Roles that were proved on AWS: the executor's policy must allow what the role allows, and what it has beyond may only shrink.
//!
//! A deployment that went through proves which actions it fails without, not which calls were denied and went unnoticed. So what is
//! beyond is counted in the policy of `--hardness must`; the default's is shown beside it (`docs/decisions/0015-soft-needs.md`).

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Result;

use super::Score;
use super::files::folders;
use super::report::{Report, Who, expect_report, generate_stack};
use super::waivers::Waivers;
use crate::shell;

const OPTIONS: [&str; 4] = ["--mode", "service-role", "--phase", "all"];

/// The most actions for a hundred that are proved, over all roles.
const MOST: usize = 125;

/// Scores every folder of `minimal-roles/`.
pub(super) fn score(binary: &Path, corpus: &Path) -> Result<Score> {
    let waivers = Waivers::read("minimal-roles")?;
    let header = ["", "proved", "must", "default", "missing", "waived", "beyond", "allowed beyond"];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    let mut failures = Vec::new();
    let (mut all_proved, mut all_beyond, mut all_defaults) = (0, 0, 0);
    for folder in folders(&corpus.join("minimal-roles"))? {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let proved = role_actions(&shell::read(&folder.join("role.yaml"))?);
        let by_default = reports(binary, &folder, "default")?;
        let musts = actions(&reports(binary, &folder, "must")?);
        let allowed =
            |action: &&String| by_default.iter().any(|report| report.allows(Who::Executor, action));
        let (waived, missing): (Vec<&String>, Vec<&String>) = proved
            .iter()
            .filter(|action| !allowed(action))
            .partition(|action| waivers.covers(&name, action, &name));
        let is_proved =
            |action: &&String| proved.iter().any(|known| known.eq_ignore_ascii_case(action));
        let beyond = musts.iter().filter(|action| !is_proved(action)).count();
        let defaults = actions(&by_default).len();
        let ratchet = waivers.excess.get(&name).copied();
        failures.extend(missing.iter().map(|action| format!("{name}: {action} is not allowed")));
        failures.extend(beyond_ratchet(&name, beyond, ratchet));
        all_proved += proved.len();
        all_beyond += beyond;
        all_defaults += defaults;
        rows.push(vec![
            name,
            proved.len().to_string(),
            musts.len().to_string(),
            defaults.to_string(),
            missing.len().to_string(),
            waived.len().to_string(),
            beyond.to_string(),
            ratchet.map_or_else(|| "-".to_owned(), |count| count.to_string()),
        ]);
    }
    let of_proved = |count: usize| count * 100 / all_proved.max(1);
    // A proved action that is soft counts as derived.
    let (musts, defaults) = (of_proved(all_proved + all_beyond), of_proved(all_defaults));
    let last = ["all", &all_proved.to_string(), &format!("{musts} %"), &format!("{defaults} %")];
    rows.push(last.map(str::to_owned).to_vec());
    if musts > MOST {
        failures.push(format!("{musts} actions for a hundred that are proved, at most {MOST}"));
    }
    failures.extend(waivers.unused());
    Ok(Score { table: shell::aligned(&rows), failures })
}

/// What the program says about the template that creates the stack and about the one that updates it.
fn reports(binary: &Path, folder: &Path, hardness: &str) -> Result<[Report; 2]> {
    let report = |file| {
        let template = folder.join(file);
        let options = [&OPTIONS[..], &["--hardness", hardness]].concat();
        expect_report(generate_stack(binary, &template, &options)?, &template)
    };
    Ok([report("create.yaml")?, report("update.yaml")?])
}

/// The executor's actions.
fn actions(reports: &[Report]) -> BTreeSet<String> {
    let actions = reports.iter().flat_map(|report| report.actions(Who::Executor));
    actions.map(str::to_owned).collect()
}

/// What is wrong with the number of actions beyond the proved role: it grew, or the ratchet can be tightened.
fn beyond_ratchet(name: &str, beyond: usize, ratchet: Option<usize>) -> Option<String> {
    match ratchet {
        None => Some(format!("{name}: write `{name} = {beyond}` under `[excess]`")),
        Some(limit) if beyond > limit => {
            Some(format!("{name}: {beyond} actions beyond the proved role, {limit} allowed"))
        }
        Some(limit) if beyond < limit => {
            Some(format!("{name}: tighten the ratchet from {limit} to {beyond}"))
        }
        Some(_) => None,
    }
}

/// The actions of the policies of a role's template. The trust policy is left out.
///
/// The templates are of one layout: `Action:` with a list below it or a single value behind it.
fn role_actions(template: &str) -> BTreeSet<String> {
    let mut actions = BTreeSet::new();
    let mut is_listing = false;
    for line in template.lines().map(str::trim) {
        let item = line.strip_prefix("- ");
        if let Some(value) = line.trim_start_matches("- ").strip_prefix("Action:") {
            is_listing = true;
            actions.extend(action(value));
        } else if let (true, Some(item)) = (is_listing, item) {
            actions.extend(action(item));
        } else {
            is_listing = false;
        }
    }
    actions.remove("sts:AssumeRole");
    actions
}

fn action(text: &str) -> Option<String> {
    let text = text.trim().trim_matches(['"', '\'']);
    let (service, name) = text.split_once(':')?;
    let is_word =
        |part: &str| part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '*');
    (!service.is_empty() && !name.is_empty() && is_word(service) && is_word(name))
        .then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_read_and_the_trust_policy_is_not() {
        let template = "\
            AssumeRolePolicyDocument:\n  Statement:\n    - Action:\n      - sts:AssumeRole\n\
            Policies:\n  - Effect: Allow\n    Action:\n      - s3:GetObject\n      - 's3:Put*'\n    Resource:\n      - arn:aws:s3:::a\n\
            - Action: iam:PassRole\n";
        let actions: Vec<String> = role_actions(template).into_iter().collect();
        assert_eq!(actions, ["iam:PassRole", "s3:GetObject", "s3:Put*"]);
    }

    #[test]
    fn the_ratchet_only_turns_one_way() {
        assert!(beyond_ratchet("A", 3, Some(3)).is_none());
        assert!(beyond_ratchet("A", 4, Some(3)).unwrap().contains("3 allowed"));
        assert!(beyond_ratchet("A", 2, Some(3)).unwrap().contains("from 3 to 2"));
    }
}

//! Corrections of the registry's action names: letter case, hand-written overrides, and what is no action at all.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use anyhow::{Result, ensure};

use super::pack::sort_key;
use crate::table;

/// The hand-written corrections; the file may be absent.
const PATH: &str = "crates/stacks/data/overrides/actions.tsv";

/// All that is needed to correct an action.
#[derive(Debug)]
pub(crate) struct Corrections {
    /// The catalogue's spelling, by the lower-case one.
    spelling: BTreeMap<String, String>,
    /// The replacement (empty to drop), by lower-case action and type (`*` for all).
    overrides: BTreeMap<(String, String), String>,
    used: BTreeSet<(String, String)>,
    /// What was left out because it is no action, for the report.
    pub(crate) malformed: BTreeSet<String>,
}

impl Corrections {
    /// Reads the catalogue's spelling and the overrides.
    pub(crate) fn read(root: &Path) -> Result<Self> {
        let mut spelling = BTreeMap::new();
        for [service, name, ..] in table::read::<5>(root, "crates/policy/data/actions.tsv")? {
            let action = format!("{service}:{name}");
            ensure!(
                is_action(&action),
                "the catalogue's own `{action}` would be taken for malformed"
            );
            spelling.insert(sort_key(&action), action);
        }
        let mut overrides = BTreeMap::new();
        if root.join(PATH).exists() {
            for [action, of, replacement, reason, evidence] in table::read::<5>(root, PATH)? {
                ensure!(
                    !reason.is_empty() && !evidence.is_empty(),
                    "{PATH}: `{action}` has no reason or no evidence"
                );
                let twice = overrides.insert((sort_key(&action), of), replacement);
                ensure!(twice.is_none(), "{PATH}: `{action}` is corrected twice");
            }
        }
        Ok(Self { spelling, overrides, used: BTreeSet::new(), malformed: BTreeSet::new() })
    }

    /// The actions as IAM spells them: none when an override drops the action or it is no action, several when an override
    /// says that it takes several.
    pub(crate) fn correct(&mut self, action: &str, of: &str) -> Vec<String> {
        let lower = sort_key(action);
        let keys = [of, "*"].map(|of| (lower.clone(), of.to_owned()));
        let replaced = keys.into_iter().find(|key| self.overrides.contains_key(key));
        let Some(key) = replaced else { return self.spelled(action, of).into_iter().collect() };
        let replacement = self.overrides.get(&key).cloned().unwrap_or_default();
        self.used.insert(key);
        replacement.split_whitespace().filter_map(|action| self.spelled(action, of)).collect()
    }

    /// The action as IAM spells it; `None`, and a line in the report, if it is no action.
    fn spelled(&mut self, action: &str, of: &str) -> Option<String> {
        if let Some(spelled) = self.spelling.get(&sort_key(action)) {
            return Some(spelled.clone());
        }
        if !is_action(action) {
            self.malformed.insert(format!("`{action}` of {of}"));
            return None;
        }
        // IAM ignores case; a prefix is written in lower case everywhere.
        action
            .split_once(':')
            .map(|(service, name)| format!("{}:{name}", service.to_ascii_lowercase()))
    }

    /// The overrides that corrected nothing: the registry may have been repaired.
    pub(crate) fn unused(&self) -> impl Iterator<Item = &str> {
        self.overrides
            .keys()
            .filter(|key| !self.used.contains(key))
            .map(|(action, _)| action.as_str())
    }
}

/// Whether the text has the shape of an action, wildcards included, and is not the registry's word for none.
fn is_action(text: &str) -> bool {
    let Some((service, name)) = text.split_once(':') else { return false };
    let is_part = |part: &str, marks: &[u8]| {
        !part.is_empty()
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || marks.contains(&byte))
    };
    is_part(service, b"-") && is_part(name, b"-*?") && !service.eq_ignore_ascii_case("noservice")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn corrections(overrides: &[(&str, &str, &str)]) -> Corrections {
        let overrides = overrides
            .iter()
            .map(|(action, of, to)| ((sort_key(action), (*of).to_owned()), (*to).to_owned()));
        Corrections {
            spelling: BTreeMap::from([("s3:getobject".to_owned(), "s3:GetObject".to_owned())]),
            overrides: overrides.collect(),
            used: BTreeSet::new(),
            malformed: BTreeSet::new(),
        }
    }

    #[test]
    fn the_catalogues_spelling_wins() {
        let mut corrections = corrections(&[]);
        assert_eq!(corrections.correct("S3:getObject", "A::B::C"), ["s3:GetObject"]);
        assert_eq!(corrections.correct("Other:getThing", "A::B::C"), ["other:getThing"]);
    }

    #[test]
    fn an_override_replaces_or_drops_for_one_type_or_all() {
        let mut corrections = corrections(&[
            ("s3:Gone", "*", ""),
            ("S3:Get", "A::B::C", "s3:getobject"),
            ("s3:Both", "*", "s3:getobject s3:X"),
            ("s3:Unused", "*", "s3:X"),
        ]);
        assert_eq!(corrections.correct("s3:both", "A::B::C"), ["s3:GetObject", "s3:X"]);
        assert!(corrections.correct("s3:gone", "A::B::C").is_empty());
        assert_eq!(corrections.correct("s3:Get", "A::B::C"), ["s3:GetObject"]);
        assert_eq!(corrections.correct("s3:Get", "A::B::D"), ["s3:Get"]);
        assert_eq!(corrections.unused().collect::<Vec<_>>(), ["s3:unused"]);
    }

    #[test]
    fn what_is_no_action_is_left_out_and_reported() {
        let mut corrections = corrections(&[]);
        for text in
            ["", "s3", "s3:", ":Get", "s3:REST.PUT.OBJECT", "noservice:NoAction", "s3:Get:Object"]
        {
            assert!(corrections.correct(text, "A::B::C").is_empty(), "{text}");
        }
        assert_eq!(corrections.malformed.len(), 7);
        assert_eq!(corrections.correct("chime:*", "A::B::C"), ["chime:*"]);
    }
}

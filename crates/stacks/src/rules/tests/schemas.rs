//! The property paths of all types and the values that they can have, from the registry's schemas.

use std::collections::{BTreeMap, BTreeSet};

use crate::property_path::UPDATE_POLICY;

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

/// What stands for any number among the values of a property.
const NUMBER: &str = "#";

/// The schemas of all types.
pub(crate) struct Schemas {
    paths: BTreeMap<&'static str, BTreeSet<&'static str>>,
    /// The values of a property of a type, where they can be listed.
    values: BTreeMap<&'static str, BTreeMap<&'static str, Vec<&'static str>>>,
}

impl Schemas {
    pub(crate) fn read() -> Schemas {
        let mut paths: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        let lines = include_str!("../../../data/properties.tsv").lines();
        for (name, path) in lines.skip(1).filter_map(|line| line.split_once('\t')) {
            paths.entry(name).or_default().insert(path);
        }
        assert!(paths.len() > 1000, "the schemas are there");
        let mut values: BTreeMap<&str, BTreeMap<&str, Vec<&str>>> = BTreeMap::new();
        for line in include_str!("../../../data/values.tsv").lines().skip(1) {
            let [name, path, listed] = line.split('\t').collect::<Vec<_>>()[..] else {
                panic!("{line}")
            };
            values.entry(name).or_default().insert(path, listed.split(',').collect());
        }
        Schemas { paths, values }
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
                    || self.paths_of(name).any(|known| is_meant(&known))
            }
        }
    }

    /// What is wrong with a path that is not known.
    pub(crate) fn unknown(&self, resource_type: &str, path: &str) -> String {
        if path.contains('|') {
            return format!(
                "no property `{path}`; alternatives are texts of their own: `when = [\"A\", \"B\"]`"
            );
        }
        let instead = match nearest(path, self.paths_of(resource_type)) {
            Some(near) => format!("write `{near}`"),
            None => format!("the properties are those of the reference page of {resource_type}"),
        };
        format!("no property `{path}`; {instead}")
    }

    /// Whether a property holds other properties.
    pub(super) fn holds_others(&self, resource_type: &str, path: &str) -> bool {
        let mut paths = self.paths_of(resource_type);
        paths.any(|known| known.strip_prefix(path).is_some_and(|rest| rest.starts_with('.')))
    }

    /// All values that a property can have, where they can be listed.
    pub(super) fn values(&self, resource_type: &str, path: &str) -> Option<Values<'_>> {
        self.values.get(resource_type)?.get(path).map(|values| Values(values))
    }

    fn paths_of(&self, resource_type: &str) -> impl Iterator<Item = &'static str> {
        self.paths.get(resource_type).into_iter().flatten().copied()
    }
}

/// All values that a property can have.
#[derive(Clone, Copy)]
pub(super) struct Values<'a>(&'a [&'static str]);

impl Values<'_> {
    pub(super) fn contain(self, text: &str) -> bool {
        self.0.iter().any(|value| match *value {
            NUMBER => text.parse::<f64>().is_ok(),
            value => value == text,
        })
    }

    /// Those that are texts, without numbers.
    pub(super) fn texts(self) -> impl Iterator<Item = &'static str> {
        self.0.iter().copied().filter(|value| *value != NUMBER)
    }

    pub(super) fn are_numbers(self) -> bool {
        self.0.contains(&NUMBER)
    }

    /// The values as a sentence lists them; of many the one that is meant, if one is near.
    pub(super) fn told(self, text: &str) -> String {
        match nearest(text, self.texts()) {
            Some(near) if self.0.len() > 2 => return format!("`{near}`"),
            _ => {}
        }
        let mut told: Vec<String> =
            self.texts().take(12).map(|value| format!("`{value}`")).collect();
        if self.are_numbers() {
            told.push("a number".to_owned());
        }
        if self.texts().count() > 12 {
            told.push("another value of the schema".to_owned());
        }
        either(&told)
    }
}

/// Words as a sentence lists them.
pub(super) fn either(words: &[String]) -> String {
    match words.split_last() {
        Some((last, before)) if !before.is_empty() => format!("{} or {last}", before.join(", ")),
        _ => words.concat(),
    }
}

/// The candidate that is nearly the word, if there is one.
pub(super) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let near = candidates.into_iter().map(|candidate| (distance(word, candidate), candidate));
    let (distance, candidate) = near.min()?;
    (distance * 4 <= word.len()).then_some(candidate)
}

/// How many characters are put in, left out or changed between two texts; another case is no change.
fn distance(left: &str, right: &str) -> usize {
    let right = right.to_lowercase();
    let mut row: Vec<usize> = (0..=right.chars().count()).collect();
    for (at, of_left) in left.to_lowercase().chars().enumerate() {
        let mut diagonal = at;
        row[0] = at + 1;
        for (column, of_right) in right.chars().enumerate() {
            let changed = diagonal + usize::from(of_left != of_right);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[right.chars().count()]
}

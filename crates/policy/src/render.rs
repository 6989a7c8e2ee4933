//! Policies as text: JSON, YAML, a CloudFormation template, a CDK file, a Terraform file.
//!
//! Elements stand in a fixed order and sets are sorted, so that equal policies are equal text. A set of one is written
//! as a string, several as a list. Each format reads back to the same policy.
//!
//! [`render_definitions`] writes roles and identity providers as well, in the same formats.

mod cdk;
mod cloudformation;
mod definition;
mod json;
mod terraform;
mod value;
mod yaml;

use std::fmt;

pub use definition::{
    ACCOUNT_ID, Definition, OidcProviderDefinition, PARTITION, PolicyDefinition, PolicyRef,
    RoleDefinition,
};

use crate::document::Document;
use crate::statement::Statement;
use value::Value;

/// A policy with the name that it gets where a format names it: a logical id, a class, a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedDocument {
    /// The name in upper camel case, `StackpassExecutor` for one. Characters that a format does not allow are left out.
    pub name: String,
    /// The policy.
    pub document: Document,
}

/// The formats to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// The policy language itself; several policies become an object by name.
    Json {
        /// With or without white space.
        layout: Layout,
    },
    /// The same in YAML.
    Yaml,
    /// A CloudFormation template in YAML with one managed policy for each document.
    CloudFormation,
    /// A TypeScript file for the AWS CDK with one managed policy for each document.
    Cdk,
    /// Terraform's language, with a policy document and a policy for each document.
    Terraform,
}

/// How JSON is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// A line for each value, indented by two spaces.
    Pretty,
    /// No white space between values, as IAM counts it.
    Compact,
}

/// Writes policies. The text ends with a newline, compact JSON without one.
///
/// ```
/// use stackpass_policy::document::Document;
/// use stackpass_policy::render::{Format, Layout, NamedDocument, render};
/// use stackpass_policy::statement::Statement;
///
/// let allow = Statement::allow(["s3:GetObject".parse()?], ["arn:aws:s3:::photos/*".parse()?]);
/// let document = NamedDocument { name: "Photos".to_owned(), document: Document::new(vec![allow]) };
/// let text = render(&[document], Format::Json { layout: Layout::Compact });
/// assert_eq!(
///     text,
///     r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::photos/*"}]}"#
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn render(documents: &[NamedDocument], format: Format) -> String {
    match format {
        Format::Json { layout: Layout::Pretty } => json::pretty(&plain(documents)),
        Format::Json { layout: Layout::Compact } => json::compact(&plain(documents)),
        Format::Yaml => yaml::render(&plain(documents)),
        Format::CloudFormation => cloudformation::render(&definitions(documents)),
        Format::Cdk => cdk::render(&definitions(documents)),
        Format::Terraform => terraform::render(&definitions(documents)),
    }
}

/// The policy in JSON, as it is given to IAM, with a line for each value.
impl fmt::Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = NamedDocument { name: String::new(), document: self.clone() };
        f.write_str(&json::pretty(&plain(&[named])))
    }
}

/// Writes policies, roles and identity providers. The names of the definitions must differ.
///
/// JSON and YAML have an object by name: a policy as it is, a role and a provider with the elements that CloudFormation
/// gives them. The other formats are files that make all of it, with references between the parts.
///
/// ```
/// use stackpass_policy::render::{Format, RoleDefinition, render_definitions};
/// use stackpass_policy::trust;
///
/// let role = RoleDefinition::new("Deployer", trust::by_service("cloudformation.amazonaws.com"));
/// let text = render_definitions(&[role.into()], Format::Terraform);
/// assert!(text.contains(r#"resource "aws_iam_role" "deployer""#));
/// ```
pub fn render_definitions(definitions: &[Definition], format: Format) -> String {
    match format {
        Format::Json { layout: Layout::Pretty } => json::pretty(&definition::plain(definitions)),
        Format::Json { layout: Layout::Compact } => json::compact(&definition::plain(definitions)),
        Format::Yaml => yaml::render(&definition::plain(definitions)),
        Format::CloudFormation => cloudformation::render(definitions),
        Format::Cdk => cdk::render(definitions),
        Format::Terraform => terraform::render(definitions),
    }
}

fn definitions(documents: &[NamedDocument]) -> Vec<Definition> {
    documents.iter().cloned().map(Definition::from).collect()
}

/// One policy as compact JSON.
pub(crate) fn compact(document: &Document) -> String {
    json::compact(&value::document(document))
}

/// One statement as compact JSON.
pub(crate) fn compact_statement(statement: &Statement) -> String {
    json::compact(&value::statement(statement))
}

/// A string as JSON.
pub(crate) fn compact_string(text: &str) -> String {
    json::compact(&Value::string(text))
}

/// One policy as it is, several by name.
fn plain(documents: &[NamedDocument]) -> Value {
    match documents {
        [one] => value::document(&one.document),
        several => Value::Map(
            several
                .iter()
                .map(|named| (named.name.clone(), value::document(&named.document)))
                .collect(),
        ),
    }
}

/// The name with nothing but ASCII letters and digits, and a letter first: an identifier everywhere.
fn identifier(name: &str) -> String {
    let kept: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    if kept.starts_with(|first: char| first.is_ascii_alphabetic()) {
        kept
    } else {
        format!("Policy{kept}")
    }
}

#[cfg(test)]
mod tests;

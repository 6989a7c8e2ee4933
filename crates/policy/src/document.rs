//! A whole policy document.

use std::fmt;

use crate::statement::Statement;
use crate::wildcard::Syntax;

/// A policy: a version of the language and statements in their order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Document {
    /// The version of the language; IAM takes a missing one for the old version.
    pub version: Option<Version>,
    /// The document's name; not in policies of an identity.
    pub id: Option<String>,
    /// The statements, in the order of the source.
    pub statements: Vec<Statement>,
}

/// The versions of the policy language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// `2008-10-17`: `${...}` is plain text.
    V2008,
    /// `2012-10-17`: with policy variables.
    V2012,
}

impl Document {
    /// Makes a document of the current version.
    pub fn new(statements: Vec<Statement>) -> Document {
        Document { version: Some(Version::V2012), id: None, statements }
    }

    /// Whether `${...}` is a policy variable in this document.
    pub fn has_variables(&self) -> bool {
        self.version == Some(Version::V2012)
    }

    /// How its patterns and values are read.
    pub(crate) fn syntax(&self) -> Syntax {
        if self.has_variables() { Syntax::Variables } else { Syntax::Plain }
    }
}

impl Version {
    /// The version as a policy has it.
    pub fn name(self) -> &'static str {
        match self {
            Version::V2008 => "2008-10-17",
            Version::V2012 => "2012-10-17",
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

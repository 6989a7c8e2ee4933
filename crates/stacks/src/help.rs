//! What would close a gap, or mend what a finding tells. The libraries say *what* to give; *how* it is given is the program's.

use std::fmt;

/// What to do about a gap or a finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Help {
    /// In words.
    Words(String),
    /// Something to give, between words.
    Give {
        /// The words before it.
        before: &'static str,
        /// What to give.
        what: Wanted,
        /// The words after it.
        after: String,
    },
}

/// Something that would tell what is not known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Wanted {
    /// Values of parameters of the template.
    Parameters {
        /// The first of them by name; empty where it is not known which.
        names: Vec<String>,
        /// How many more there are.
        more: usize,
    },
    /// The role that CloudFormation acts with.
    ServiceRole,
    /// The name of the stack, or that of the service role.
    StackOrRoleName,
    /// That the CDK deploys.
    Cdk,
}

impl Help {
    /// The sentence, where `how` says how something is given.
    pub fn told(&self, how: impl FnOnce(&Wanted) -> String) -> String {
        match self {
            Help::Words(words) => words.clone(),
            Help::Give { before, what, after } => format!("{before}{}{after}", how(what)),
        }
    }
}

impl From<String> for Help {
    fn from(words: String) -> Help {
        Help::Words(words)
    }
}

impl From<&str> for Help {
    fn from(words: &str) -> Help {
        Help::Words(words.to_owned())
    }
}

impl fmt::Display for Help {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.told(Wanted::to_string))
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Wanted::Parameters { names, .. } if names.is_empty() => f.write_str("parameters"),
            Wanted::Parameters { names, more } => {
                let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
                write!(f, "{}", names.join(", "))?;
                if *more > 0 { write!(f, " and {more} more") } else { Ok(()) }
            }
            Wanted::ServiceRole => f.write_str("the service role"),
            Wanted::StackOrRoleName => f.write_str("the name of the stack, or that of the role"),
            Wanted::Cdk => f.write_str("the CDK as the tool that deploys"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_to_give_is_told_without_an_option() {
        let names = vec!["Bucket".to_owned(), "Key".to_owned()];
        let what = Wanted::Parameters { names, more: 3 };
        let help = Help::Give { before: "give it with ", what, after: ", or not".to_owned() };
        assert_eq!(help.to_string(), "give it with `Bucket`, `Key` and 3 more, or not");
        assert_eq!(help.told(|_| "x".to_owned()), "give it with x, or not");
    }
}

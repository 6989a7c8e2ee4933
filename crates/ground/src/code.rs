//! Codes: the stable names by which programs tell apart what people read as messages.
//!
//! Each crate declares its codes in one list, with [`codes!`](crate::codes!), and what carries a code takes a declared one.

use std::fmt;

/// The stable name of a kind of diagnostic, gap or finding: kebab-case, and never given another meaning.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code {
    name: &'static str,
    meaning: &'static str,
}

impl Code {
    /// What the declarations of [`codes!`](crate::codes!) are made of.
    #[doc(hidden)]
    pub const fn declared(name: &'static str, meaning: &'static str) -> Code {
        Code { name, meaning }
    }

    /// The name, `duplicate-key` for one.
    pub fn as_str(self) -> &'static str {
        self.name
    }

    /// What it says of the input, in one sentence.
    pub fn meaning(self) -> &'static str {
        self.meaning.trim()
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.name, f)
    }
}

/// Compares the name.
impl PartialEq<&str> for Code {
    fn eq(&self, name: &&str) -> bool {
        self.name == *name
    }
}

/// Declares codes, each with its meaning in one sentence, and a list of them all.
///
/// ```
/// stackpass_ground::codes! {
///     /// Problems of a list of roles.
///     pub PROBLEMS {
///         /// A role is given by something that is no ARN.
///         NO_ARN = "no-arn";
///     }
/// }
/// assert_eq!(PROBLEMS, [NO_ARN]);
/// assert_eq!(NO_ARN.as_str(), "no-arn");
/// assert_eq!(NO_ARN.meaning(), "A role is given by something that is no ARN.");
/// ```
#[macro_export]
macro_rules! codes {
    (
        $(#[$about:meta])*
        $visibility:vis $list:ident {
            $(#[doc = $meaning:literal] $code:ident = $name:literal;)+
        }
    ) => {
        $(
            #[doc = $meaning]
            $visibility const $code: $crate::code::Code =
                $crate::code::Code::declared($name, $meaning);
        )+

        $(#[$about])*
        $visibility const $list: &[$crate::code::Code] = &[$($code),+];
    };
}

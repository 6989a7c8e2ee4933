//! Exit codes: what a script may rely on.

use std::process::ExitCode;

/// Declares the exit codes once: what the reference page says is what stands here.
macro_rules! exits {
    ($(#[doc = $about:literal])+ pub enum Exit { $($(#[doc = $meaning:literal])+ $exit:ident = $code:literal,)+ }) => {
        $(#[doc = $about])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        #[repr(u8)]
        pub enum Exit {
            $($(#[doc = $meaning])+ $exit = $code,)+
        }

        impl Exit {
            /// All of them, by number.
            pub const ALL: &[Exit] = &[$(Exit::$exit,)+];

            /// The name, in words.
            pub fn name(self) -> String {
                let mut words = String::new();
                for letter in match self { $(Exit::$exit => stringify!($exit),)+ }.chars() {
                    words.push_str(if letter.is_uppercase() && !words.is_empty() { " " } else { "" });
                    words.push(letter.to_ascii_lowercase());
                }
                words
            }

            /// What it means, in sentences.
            pub fn meaning(self) -> &'static str {
                match self { $(Exit::$exit => concat!($($meaning),+).trim(),)+ }
            }
        }
    };
}

exits! {
    /// How a command ended. The numbers are stable: none is ever given another meaning.
    ///
    /// When several apply, the most serious one wins; [`Exit::BY_SERIOUSNESS`] has their order.
    pub enum Exit {
        /// The answer was printed and is complete.
        Done = 0,
        /// Something went wrong that should not have, a bug of this program in most cases.
        Unexpected = 1,
        /// The command line is wrong. Nothing was read.
        Usage = 2,
        /// The input cannot be read or used. No answer was printed.
        Input = 3,
        /// The answer was printed, but something could not be worked out; it is listed as gaps.
        Gaps = 4,
        /// The policy does not fit the quotas, not even split. No answer was printed.
        OverQuota = 5,
        /// The answer could not be written.
        Output = 6,
        /// `stackpass why` only: the input does not need the action.
        NotNeeded = 7,
        /// With `--exit-code` only: the two sides of `stackpass diff` differ, or `stackpass apply --dry-run` or
        /// `stackpass rollback --dry-run` would change something.
        Differs = 8,
        /// The request is not allowed, or the policies do not cover what is needed, as where roles lack a boundary that is demanded.
        Denied = 9,
        /// AWS could not be reached, it refused, or the credentials are of another account than expected.
        Aws = 10,
        /// Somebody said no, there was nobody to ask, or Ctrl-C stopped it. What was begun can be finished or taken back.
        Declined = 11,
    }
}

impl Exit {
    /// From the most serious to the least.
    pub const BY_SERIOUSNESS: [Exit; 12] = [
        Exit::Unexpected,
        Exit::Usage,
        Exit::Input,
        Exit::Output,
        Exit::Aws,
        Exit::Declined,
        Exit::OverQuota,
        Exit::Denied,
        Exit::Gaps,
        Exit::Differs,
        Exit::NotNeeded,
        Exit::Done,
    ];

    /// The number that the program ends with.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// The more serious of two.
    #[must_use]
    pub fn or(self, other: Exit) -> Exit {
        if self.seriousness() <= other.seriousness() { self } else { other }
    }

    fn seriousness(self) -> Option<usize> {
        Exit::BY_SERIOUSNESS.iter().position(|exit| *exit == self)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_serious_wins_on_either_side() {
        assert_eq!(Exit::Gaps.or(Exit::Done), Exit::Gaps);
        assert_eq!(Exit::NotNeeded.or(Exit::Gaps), Exit::Gaps);
        assert_eq!(Exit::OverQuota.or(Exit::Unexpected), Exit::Unexpected);
    }

    #[test]
    fn every_code_is_listed_once_and_ranked_once() {
        let numbers: Vec<u8> = Exit::ALL.iter().map(|exit| exit.code()).collect();
        assert_eq!(numbers, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
        for exit in Exit::ALL {
            assert_eq!(Exit::BY_SERIOUSNESS.iter().filter(|ranked| *ranked == exit).count(), 1);
        }
    }

    #[test]
    fn name_and_meaning_come_from_the_declaration() {
        assert_eq!(Exit::OverQuota.name(), "over quota");
        assert_eq!(Exit::Done.meaning(), "The answer was printed and is complete.");
    }
}

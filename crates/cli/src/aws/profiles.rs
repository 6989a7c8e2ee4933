//! What the AWS config and credentials files say of profiles, as far as the SDK's own message would not help.

use aws_config::profile::{Profile, ProfileSet};
use aws_types::os_shim_internal::{Env, Fs};

/// How many profiles are followed from one to the next.
const MAX_SOURCES: usize = 16;

/// The profiles; `None` if the files cannot be read, of which the SDK tells.
#[derive(Debug)]
pub(super) struct Profiles(Option<ProfileSet>);

/// A profile that assumes a role with a code of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mfa {
    /// The profile that says so: the one in use, or one that it takes its credentials from.
    pub(super) profile: String,
    /// The device.
    pub(super) serial: String,
}

impl Profiles {
    /// Reads the files that the environment names.
    #[expect(
        clippy::default_trait_access,
        reason = "the type is of a crate that is not used otherwise"
    )]
    pub(super) async fn load() -> Profiles {
        let files = Default::default();
        Profiles(aws_config::profile::load(&Fs::real(), &Env::real(), &files, None).await.ok())
    }

    /// The names of all, sorted.
    pub(super) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> =
            self.0.iter().flat_map(ProfileSet::profiles).map(str::to_owned).collect();
        names.sort();
        names
    }

    /// Whether the files can be read, and have no such profile.
    pub(super) fn lack(&self, name: &str) -> bool {
        self.0.as_ref().is_some_and(|set| set.get_profile(name).is_none())
    }

    /// Whether the profile, or one that it takes its credentials from, assumes a role with a code of a device.
    pub(super) fn mfa(&self, name: &str) -> Option<Mfa> {
        let set = self.0.as_ref()?;
        let mut name = name;
        for _ in 0..MAX_SOURCES {
            let profile = set.get_profile(name)?;
            profile.get("role_arn")?;
            if let Some(serial) = value(profile, "mfa_serial") {
                return Some(Mfa { profile: name.to_owned(), serial: serial.to_owned() });
            }
            name = value(profile, "source_profile").filter(|source| *source != name)?;
        }
        None
    }
}

fn value<'p>(profile: &'p Profile, key: &str) -> Option<&'p str> {
    profile.get(key).map(str::trim).filter(|value| !value.is_empty())
}

//! Where a setting and where credentials come from, in words.

use std::fmt;

use aws_credential_types::Credentials;
use aws_credential_types::credential_feature::AwsCredentialFeature as Feature;

/// A setting, and who says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Chosen {
    /// The value.
    pub(crate) value: String,
    /// Where it comes from.
    pub(crate) origin: Origin,
}

/// Where a setting comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// An option of the command line.
    Option(&'static str),
    /// A variable of the environment.
    Variable(&'static str),
    /// A profile of the AWS config and credentials files.
    Profile(String),
    /// Nobody says anything.
    Default,
}

impl Chosen {
    /// Makes a setting.
    pub(crate) fn new(value: impl Into<String>, origin: Origin) -> Chosen {
        Chosen { value: value.into(), origin }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Option(name) | Origin::Variable(name) => write!(f, "`{name}`"),
            Origin::Profile(name) => write!(f, "profile `{name}`"),
            Origin::Default => f.write_str("default"),
        }
    }
}

/// Where credentials come from, as far as the SDK tells.
pub(crate) fn of_credentials(credentials: &Credentials, profile: Option<&Chosen>) -> String {
    let none = Vec::new();
    let features = credentials.get_property::<Vec<Feature>>().unwrap_or(&none);
    let has = |feature: Feature| features.contains(&feature);
    if has(Feature::CredentialsEnvVars) && !has(Feature::CredentialsProfile) {
        return "the environment, `AWS_ACCESS_KEY_ID`".to_owned();
    }
    let way = if has(Feature::CredentialsStsAssumeRole) {
        "which assumes a role"
    } else if has(Feature::CredentialsSso) || has(Feature::CredentialsProfileSso) {
        "signed in with IAM Identity Center"
    } else if has(Feature::CredentialsProcess) || has(Feature::CredentialsProfileProcess) {
        "by its `credential_process`"
    } else if has(Feature::CredentialsLogin) || has(Feature::CredentialsProfileLogin) {
        "signed in with `aws login`"
    } else if has(Feature::CredentialsProfileStsWebIdToken)
        || has(Feature::CredentialsEnvVarsStsWebIdToken)
        || has(Feature::CredentialsStsAssumeRoleWebId)
    {
        "with a web identity token"
    } else if has(Feature::CredentialsHttp) {
        "from the container"
    } else if has(Feature::CredentialsImds) {
        "from the machine's metadata"
    } else {
        ""
    };
    let name = profile.map_or("default", |profile| &profile.value);
    match (has(Feature::CredentialsProfile), way) {
        (true, "") => format!("profile `{name}`"),
        (true, way) => format!("profile `{name}`, {way}"),
        (false, "with a web identity token") => {
            "a web identity token, `AWS_WEB_IDENTITY_TOKEN_FILE`".to_owned()
        }
        (false, "from the container") => "the role of the container".to_owned(),
        (false, "from the machine's metadata") => "the role of the machine".to_owned(),
        (false, _) => "a source that the SDK does not name".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(features: &[Feature], expected: &str) {
        let mut credentials = Credentials::new("AKIA", "secret", None, None, "test");
        credentials.set_property(features.to_vec());
        let profile = Chosen::new("dev", Origin::Option("--profile"));
        assert_eq!(of_credentials(&credentials, Some(&profile)), expected);
    }

    #[test]
    fn source_is_said_in_words() {
        check(&[Feature::CredentialsEnvVars], "the environment, `AWS_ACCESS_KEY_ID`");
        check(&[Feature::CredentialsProfile], "profile `dev`");
        check(
            &[Feature::CredentialsStsAssumeRole, Feature::CredentialsProfile],
            "profile `dev`, which assumes a role",
        );
        check(
            &[Feature::CredentialsSso, Feature::CredentialsProfile],
            "profile `dev`, signed in with IAM Identity Center",
        );
        check(&[Feature::CredentialsImds], "the role of the machine");
        check(&[Feature::CredentialsHttp], "the role of the container");
        check(&[], "a source that the SDK does not name");
    }

    #[test]
    fn keys_of_the_environment_that_a_profile_uses_are_the_profiles() {
        check(
            &[
                Feature::CredentialsEnvVars,
                Feature::CredentialsStsAssumeRole,
                Feature::CredentialsProfile,
            ],
            "profile `dev`, which assumes a role",
        );
    }
}

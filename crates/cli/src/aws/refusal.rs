//! What AWS and its SDK refuse, as errors with cause, request id and what to do.

use std::error::Error;
use std::io;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use stackpass_iam::error::ApiError;

use super::origin::Chosen;
use super::profiles::Mfa;
use crate::error::{CliError, Kind, reason};
use crate::text::quoted;

/// How many profiles a hint names.
const MAX_PROFILES: usize = 8;

/// A call to STS that failed; `action` is its IAM action.
pub(super) fn of_call<E>(what: &str, action: &str, error: &SdkError<E>) -> CliError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    match error {
        SdkError::ServiceError(refused) => {
            let help = refused.err().code().and_then(help_for);
            let error = ApiError::from_sdk(action, error);
            let help = help.map(str::to_owned).or_else(|| error.help());
            let refusal = CliError::new(Kind::Aws, what).caused_by(error);
            match help {
                Some(help) => refusal.with_hint(help),
                None => refusal,
            }
        }
        SdkError::TimeoutError(_) => {
            CliError::new(Kind::Aws, what).caused_by("AWS did not answer in time")
        }
        _ => CliError::new(Kind::Aws, what)
            .caused_by(format!("AWS cannot be reached: {}", innermost(error)))
            .with_hint(
                "look at the network, `HTTPS_PROXY`, `--endpoint-url` and `AWS_ENDPOINT_URL`",
            ),
    }
}

/// What to do about a refusal that says nothing of permissions.
/// <https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html>
fn help_for(code: &str) -> Option<&'static str> {
    match code {
        "ExpiredToken" | "ExpiredTokenException" => Some("the session is over: sign in again"),
        "InvalidClientTokenId" | "UnrecognizedClientException" => Some(
            "the access key does not exist in this partition; for China and GovCloud give `--region`",
        ),
        "SignatureDoesNotMatch" => Some(
            "the secret key does not belong to the access key, or this machine's clock is wrong",
        ),
        _ => None,
    }
}

/// Credentials that could not be found or got.
pub(super) fn of_credentials(
    error: &CredentialsError,
    profile: Option<&Chosen>,
    profiles: &[String],
) -> CliError {
    match error {
        CredentialsError::CredentialsNotLoaded(_) => not_found(profile, profiles),
        CredentialsError::ProviderTimedOut(_) => {
            CliError::new(Kind::Aws, "getting credentials took too long")
        }
        CredentialsError::InvalidConfiguration(_) => {
            let message = "the AWS config and credentials files cannot be used";
            CliError::new(Kind::Input, message).caused_by(innermost(error))
        }
        _ => {
            let from = profile.map_or(String::new(), |it| format!(" of profile `{}`", it.value));
            let message = format!("cannot get the credentials{from}");
            let refusal = CliError::new(Kind::Aws, message).caused_by(innermost(error));
            let login = profile.map_or(String::new(), |it| format!(" --profile {}", it.value));
            refusal.with_hint(format!(
                "if it signs in with IAM Identity Center, run `aws sso login{login}`"
            ))
        }
    }
}

/// There are no credentials, or not the profile that is asked for.
pub(super) fn not_found(profile: Option<&Chosen>, profiles: &[String]) -> CliError {
    let error = match profile {
        Some(profile) if profiles.contains(&profile.value) => {
            let message = format!("profile `{}` has no credentials", profile.value);
            CliError::new(Kind::Aws, message)
        }
        Some(profile) => {
            let message = format!("there is no profile `{}`", profile.value);
            let origin = format!("{} names it", profile.origin);
            CliError::new(Kind::Aws, message).with_hint(origin)
        }
        None => CliError::new(Kind::Aws, "found no AWS credentials").with_hint(
            "choose a profile with `--profile`, or set `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`",
        ),
    };
    let names: Vec<String> =
        profiles.iter().take(MAX_PROFILES).map(|name| format!("`{name}`")).collect();
    let more = if profiles.len() > MAX_PROFILES { " and more" } else { "" };
    error.with_hint(if names.is_empty() {
        "there are no profiles; `aws configure` makes one".to_owned()
    } else {
        format!("there are profiles {}{more}", names.join(", "))
    })
}

/// A profile needs a code of a device, for which nobody is asked yet.
pub(super) fn of_mfa(name: &str, mfa: &Mfa) -> CliError {
    let by = if mfa.profile == name {
        String::new()
    } else {
        format!(" by way of profile `{}`", mfa.profile)
    };
    let message = format!("profile `{name}` needs a code of the MFA device `{}`{by}", mfa.serial);
    CliError::new(Kind::Aws, message)
        .with_hint("stackpass does not ask for codes, and does not assume the role without one")
        .with_hint(format!(
            "the AWS CLI asks: `eval \"$(aws configure export-credentials --profile {} --format env)\"`, \
             then the same command without `--profile`",
            quoted(name)
        ))
}

/// The text at the end of the chain of causes: those before it say what was being done inside the SDK.
fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut last = error;
    while let Some(cause) = last.source() {
        last = cause;
    }
    match last.downcast_ref::<io::Error>() {
        Some(error) => reason(error),
        None => last.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::origin::Origin;
    use crate::exit::Exit;

    fn check(profile: Option<&str>, profiles: &[&str], expected: &[&str]) {
        let profile = profile.map(|name| Chosen::new(name, Origin::Option("--profile")));
        let profiles: Vec<String> = profiles.iter().map(|&name| name.to_owned()).collect();
        let error = CredentialsError::not_loaded_no_source();
        let error = of_credentials(&error, profile.as_ref(), &profiles);
        let mut lines = vec![error.to_string()];
        lines.extend(error.hints().iter().cloned());
        assert_eq!(lines, expected);
        assert_eq!(error.exit(), Exit::Aws);
    }

    #[test]
    fn missing_credentials_name_the_profiles_that_exist() {
        check(
            Some("prod"),
            &["default", "dev"],
            &[
                "there is no profile `prod`",
                "`--profile` names it",
                "there are profiles `default`, `dev`",
            ],
        );
        check(
            Some("dev"),
            &["dev"],
            &["profile `dev` has no credentials", "there are profiles `dev`"],
        );
        check(
            None,
            &[],
            &[
                "found no AWS credentials",
                "choose a profile with `--profile`, or set `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`",
                "there are no profiles; `aws configure` makes one",
            ],
        );
    }

    #[test]
    fn innermost_cause_is_shown() {
        let cause = io::Error::other("the token has expired");
        let error = of_credentials(&CredentialsError::provider_error(cause), None, &[]);
        assert_eq!(error.to_string(), "cannot get the credentials: the token has expired");
        assert!(error.hints()[0].contains("`aws sso login`"));
    }
}

//! The way to AWS: whose credentials, which region, which endpoint, and a runtime to wait with.
//!
//! Only a command that needs AWS comes here, so that no other pays for it at its start. Credentials and settings are those
//! that the AWS CLI would take: the environment, the profiles of `~/.aws`, roles of containers and machines. As with the
//! AWS CLI, `--profile` goes before keys in the environment.

pub(crate) mod identity;
pub(crate) mod origin;
mod profiles;
mod refusal;

use std::env;
use std::future::Future;
use std::time::Duration;

use aws_config::profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider};
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use tokio::runtime::{Builder, Runtime};

use stackpass_ground::account::AccountId;

use crate::args::{AwsArgs, words};
use crate::error::{CliError, Kind};
use identity::Identity;
use origin::{Chosen, Origin};
use profiles::Profiles;

/// How long a connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long one try of a call may take.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(30);

/// How often the SDK tries a call.
const ATTEMPTS: u32 = 4;

/// How long the SDK waits, at most, before its first repetition.
const FIRST_WAIT: Duration = Duration::from_millis(500);

/// Where calls are signed for when nobody says a region: IAM and STS answer there for the whole partition.
const DEFAULT_REGION: &str = "us-east-1";

/// Credentials that were found, and where they are used.
pub(crate) struct Aws {
    runtime: Runtime,
    /// What clients are made of.
    pub(crate) config: SdkConfig,
    /// The region, and who says so.
    pub(crate) region: Chosen,
    /// Where the credentials come from, in words.
    pub(crate) credentials: String,
    /// The profile that was asked for, if one was.
    pub(crate) profile: Option<Chosen>,
}

impl Aws {
    /// Finds the credentials. No call is made to AWS unless getting them takes one.
    pub(crate) fn connect(args: &AwsArgs) -> Result<Aws, CliError> {
        let runtime = Builder::new_current_thread().enable_all().build().map_err(|cause| {
            CliError::new(Kind::Unexpected, "cannot start the network code").caused_by(cause)
        })?;
        let profile = profile(args);
        let region = runtime.block_on(region(args, profile.as_ref()))?;
        let config = runtime.block_on(config(args, &region))?;
        let credentials = runtime.block_on(credentials(&config, profile.as_ref()))?;
        Ok(Aws { runtime, config, region, credentials, profile })
    }

    /// Waits for an answer of AWS.
    pub(crate) fn wait<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }

    /// Asks AWS whose the credentials are.
    pub(crate) fn identity(&self) -> Result<Identity, CliError> {
        let call = aws_sdk_sts::Client::new(&self.config).get_caller_identity();
        let answer = self.wait(call.send()).map_err(|error| {
            let what = "cannot ask whose the credentials are";
            let refused = refusal::of_call(what, "sts:GetCallerIdentity", &error);
            refused.with_hint(format!("the credentials come from {}", self.credentials))
        })?;
        let field = |value: Option<&str>, name: &str| {
            value.map(str::to_owned).ok_or_else(|| {
                CliError::new(
                    Kind::Aws,
                    format!("the answer of sts:GetCallerIdentity has no {name}"),
                )
            })
        };
        Ok(Identity::new(
            field(answer.account(), "account")?,
            field(answer.arn(), "ARN")?,
            field(answer.user_id(), "user id")?,
        ))
    }

    /// Stops if the credentials are of another account than expected.
    pub(crate) fn check_account(
        &self,
        identity: &Identity,
        expected: Option<&AccountId>,
    ) -> Result<(), CliError> {
        match expected {
            Some(expected) if expected.as_str() != identity.account => {
                Err(other_account(expected.as_str(), identity, &self.credentials))
            }
            _ => Ok(()),
        }
    }
}

/// The credentials are of another account than the command line says.
fn other_account(expected: &str, identity: &Identity, credentials: &str) -> CliError {
    let message =
        format!("these credentials are of account {}, expected {expected}", identity.account);
    CliError::new(Kind::Aws, message)
        .with_hint(format!("they come from {credentials}"))
        .with_hint("choose others with `--profile`, or correct `--expect-account`")
}

/// The profile that the command line or the environment names.
fn profile(args: &AwsArgs) -> Option<Chosen> {
    let of_flag = args.profile.as_ref().map(|name| Chosen::new(name, Origin::Option("--profile")));
    of_flag.or_else(|| of_environment(&["AWS_PROFILE"]))
}

fn of_environment(names: &[&'static str]) -> Option<Chosen> {
    names.iter().find_map(|name| {
        let value = env::var(name).ok().filter(|value| !value.trim().is_empty())?;
        Some(Chosen::new(value.trim(), Origin::Variable(name)))
    })
}

/// The region. The metadata of a machine are not asked: a laptop would wait for an answer that never comes.
async fn region(args: &AwsArgs, profile: Option<&Chosen>) -> Result<Chosen, CliError> {
    if let Some(region) = &args.region {
        return Ok(Chosen::new(region.as_str(), Origin::Option("--region")));
    }
    let chosen = match of_environment(&["AWS_REGION", "AWS_DEFAULT_REGION"]) {
        Some(chosen) => Some(chosen),
        None => region_of_profile(profile).await,
    };
    let Some(chosen) = chosen else {
        return Ok(Chosen::new(DEFAULT_REGION, Origin::Default));
    };
    match words::region(&chosen.value) {
        Ok(_) => Ok(chosen),
        Err(problem) => {
            let message = format!("{} says region `{}`", chosen.origin, chosen.value);
            Err(CliError::new(Kind::Input, message).caused_by(problem))
        }
    }
}

async fn region_of_profile(profile: Option<&Chosen>) -> Option<Chosen> {
    use aws_config::meta::region::ProvideRegion;

    let mut builder = ProfileFileRegionProvider::builder();
    if let Some(profile) = profile {
        builder = builder.profile_name(&profile.value);
    }
    let region = builder.build().region().await?;
    let name = profile.map_or("default", |profile| &profile.value).to_owned();
    Some(Chosen::new(region.as_ref(), Origin::Profile(name)))
}

async fn config(args: &AwsArgs, region: &Chosen) -> Result<SdkConfig, CliError> {
    let app = AppName::new(concat!("stackpass-", env!("CARGO_PKG_VERSION"))).map_err(|cause| {
        CliError::new(Kind::Unexpected, "cannot name the program to AWS").caused_by(cause)
    })?;
    let region = Region::new(region.value.clone());
    let retries =
        RetryConfig::standard().with_max_attempts(ATTEMPTS).with_initial_backoff(FIRST_WAIT);
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .build();
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .app_name(app)
        .region(region.clone())
        .retry_config(retries.clone())
        .timeout_config(timeouts.clone());
    if let Some(url) = &args.endpoint_url {
        loader = loader.endpoint_url(url);
    }
    if let Some(profile) = &args.profile {
        // The chain of the SDK takes keys of the environment first, even where a profile is named.
        let settings = ProviderConfig::without_region()
            .with_region(Some(region))
            .with_retry_config(retries)
            .with_timeout_config(timeouts);
        let provider = ProfileFileCredentialsProvider::builder()
            .configure(&settings)
            .profile_name(profile)
            .build();
        loader = loader.profile_name(profile).credentials_provider(provider);
    }
    Ok(loader.load().await)
}

/// Gets the credentials once, so that the message of a failure is about them; calls take them from the cache.
///
/// A profile that is not there is refused, wherever it is named: the chain of the SDK would go on to the role of the machine. So
/// is one that needs a code of a device: the SDK would assume the role without it.
async fn credentials(config: &SdkConfig, profile: Option<&Chosen>) -> Result<String, CliError> {
    let provider: Option<SharedCredentialsProvider> = config.credentials_provider();
    let Some(provider) = provider else {
        return Err(CliError::new(Kind::Unexpected, "no way to look for credentials"));
    };
    let profiles = Profiles::load().await;
    if let Some(profile) = profile.filter(|profile| profiles.lack(&profile.value)) {
        return Err(refusal::not_found(Some(profile), &profiles.names()));
    }
    let is_option = profile.is_some_and(|it| matches!(it.origin, Origin::Option(_)));
    if is_option || of_environment(&["AWS_ACCESS_KEY_ID"]).is_none() {
        let name = profile.map_or("default", |profile| &profile.value);
        if let Some(mfa) = profiles.mfa(name) {
            return Err(refusal::of_mfa(name, &mfa));
        }
    }
    match provider.provide_credentials().await {
        Ok(credentials) => Ok(origin::of_credentials(&credentials, profile)),
        Err(error) => Err(refusal::of_credentials(&error, profile, &profiles.names())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Exit;

    #[test]
    fn other_account_is_told_with_both_numbers() {
        let identity = Identity::new(
            "111122223333".to_owned(),
            "arn:aws:iam::111122223333:user/jo".to_owned(),
            "AIDA".to_owned(),
        );
        let error = other_account("444455556666", &identity, "profile `x`");
        let text = error.to_string();
        assert!(text.contains("111122223333") && text.contains("444455556666"), "{text}");
        assert_eq!(error.exit(), Exit::Aws);
    }
}

//! What AWS refuses, and what to do about it.

mod denied;
mod sdk;

use std::fmt;

pub use denied::{Denied, How, PolicyKind};

/// A call of AWS that did not succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    /// The IAM action of the call, such as `iam:CreatePolicy`.
    pub action: String,
    /// Why it failed.
    pub cause: Cause,
    /// AWS's code, such as `NoSuchEntity`; `None` if nothing answered.
    pub code: Option<String>,
    /// What AWS, or the connection, says.
    pub message: String,
    /// The id by which AWS finds the request.
    pub request_id: Option<String>,
    /// The status of the answer.
    pub status: Option<u16>,
}

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// Somebody's policies do not allow the call.
    Denied(Box<Denied>),
    /// There are no credentials.
    NoCredentials,
    /// The credentials have expired.
    ExpiredCredentials,
    /// AWS does not know the credentials, or the signature is wrong.
    InvalidCredentials,
    /// Nothing was reached, or the connection broke.
    Connection,
    /// No answer came in time.
    Timeout,
    /// Too many calls.
    Throttled,
    /// A failure at AWS's side.
    Service,
    /// An answer came that is none of AWS's, or only a part of one.
    Unreadable,
    /// What the call names does not exist, or is not visible yet.
    NoSuchEntity,
    /// The name is taken.
    AlreadyExists,
    /// A quota is used up.
    LimitExceeded,
    /// It is in use and cannot be deleted.
    DeleteConflict,
    /// It is being changed by another call.
    BeingChanged,
    /// The document is refused.
    MalformedPolicy,
    /// Some value of the call is refused.
    InvalidInput,
    /// AWS does not let it be changed.
    Unmodifiable,
    /// The region or the endpoint is missing or wrong.
    Configuration,
    /// Anything else.
    Other,
}

impl ApiError {
    /// Whether the call may have been carried out although it failed.
    pub fn is_ambiguous(&self) -> bool {
        matches!(
            self.cause,
            Cause::Connection | Cause::Timeout | Cause::Service | Cause::Unreadable
        )
    }

    /// Whether what the call names does not exist, or is not visible yet.
    pub fn is_no_such_entity(&self) -> bool {
        self.cause == Cause::NoSuchEntity
    }

    /// What to do about it; `None` if the message says it all.
    pub fn help(&self) -> Option<String> {
        let text = match &self.cause {
            Cause::Denied(denied) => return Some(denied.help(&self.action)),
            Cause::NoCredentials => {
                "set `AWS_PROFILE` or `--profile` to a profile that has credentials, or set \
                 `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`"
            }
            Cause::ExpiredCredentials => {
                "get new credentials: log in again, or set a fresh `AWS_SESSION_TOKEN` with its keys"
            }
            Cause::InvalidCredentials => {
                "check that the access key exists and is active, that secret key and session token \
                 belong to it, and that the clock of this machine is right"
            }
            Cause::Connection => {
                "check the network, a proxy (`HTTPS_PROXY`), that the region exists, and \
                 `--endpoint-url` if it is set"
            }
            Cause::Timeout | Cause::Throttled | Cause::Service => "try again in a minute",
            Cause::Unreadable => {
                "something between here and AWS may have answered, a proxy or the login page of a \
                 network: check it, and `--endpoint-url` if it is set"
            }
            Cause::AlreadyExists => "choose another name, or have the existing one taken over",
            Cause::LimitExceeded => {
                "raise the quota in Service Quotas, or make room by deleting what is not used"
            }
            Cause::DeleteConflict => "take it away from whoever holds it first",
            Cause::BeingChanged => "somebody else changes it at the moment: try again in a minute",
            Cause::Unmodifiable => "only AWS changes service-linked roles and policies of its own",
            Cause::Configuration => "check `--region`, `AWS_REGION` and `--endpoint-url`",
            Cause::NoSuchEntity | Cause::MalformedPolicy | Cause::InvalidInput | Cause::Other => {
                return None;
            }
        };
        Some(text.to_owned())
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} failed: ", self.action)?;
        match &self.code {
            Some(code) if self.message.is_empty() => f.write_str(code)?,
            Some(code) => write!(f, "{code}: {}", self.message)?,
            None => f.write_str(&self.message)?,
        }
        match (self.status, &self.request_id) {
            (Some(status), Some(id)) => write!(f, " (status {status}, request {id})"),
            (Some(status), None) => write!(f, " (status {status})"),
            (None, Some(id)) => write!(f, " (request {id})"),
            (None, None) => Ok(()),
        }
    }
}

impl std::error::Error for ApiError {}

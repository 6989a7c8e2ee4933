//! Recorded calls of AWS's API, and the requests that IAM decides for each of them.
//!
//! An API call is authorized by one or more actions, each on resources that its parameters name. What is known of that is data:
//! `xtask/e2e/calls.toml`, where every departure from "the action has the operation's name" says where it is from. A call that the
//! table does not know is an error of whoever replays; it is never taken for allowed.
//!
//! Limits: only what the call itself says is known. Requests that depend on the state of the account (the key of an alias that is
//! deleted, the tags of a resource) have the widest resource of their kind, and no `aws:ResourceTag`.

pub(crate) mod catalogue;
mod table;
mod tags;
mod template;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use self::table::Table;

/// One call of AWS's API, as the recorder writes it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct Call {
    /// Its place in the recording.
    #[serde(default)]
    pub(crate) seq: u64,
    pub(crate) side: Side,
    /// The service by its name in botocore.
    pub(crate) service: String,
    pub(crate) operation: String,
    #[serde(default)]
    pub(crate) params: Map<String, Value>,
    #[serde(default)]
    pub(crate) access_key: Option<String>,
    /// The ARN of who called, for calls from outside.
    #[serde(default)]
    pub(crate) principal: Option<String>,
    #[serde(default)]
    pub(crate) region: String,
    #[serde(default)]
    pub(crate) account: String,
    #[serde(default)]
    pub(crate) resource: Option<Subject>,
    #[serde(default)]
    pub(crate) phase: Option<String>,
    /// The code of the error that it ended with. The permission was needed all the same.
    #[serde(default)]
    pub(crate) error: Option<String>,
    #[serde(default)]
    pub(crate) caller: Option<String>,
}

/// Where a call came from.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Side {
    /// From outside, at the gateway.
    Client,
    /// From the engine of `CloudFormation`.
    Engine,
    /// From another service, for itself.
    Service,
}

/// The resource of a stack that the engine was working on.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub(crate) struct Subject {
    #[serde(default)]
    pub(crate) stack: Option<String>,
    #[serde(default)]
    pub(crate) logical_id: Option<String>,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// `Add`, `Modify` or `Remove`.
    #[serde(default)]
    pub(crate) action: Option<String>,
}

/// One question to IAM. All those of a call must be allowed for the call to be allowed.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub(crate) struct Request {
    pub(crate) action: String,
    /// The ARN; none for actions on no resource, whose policies say `*`.
    pub(crate) resource: Option<String>,
    /// Condition keys with their values.
    pub(crate) context: BTreeMap<String, Vec<String>>,
}

/// A call that the table cannot translate.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Unmapped {
    pub(crate) service: String,
    pub(crate) operation: String,
    pub(crate) reason: String,
}

impl fmt::Display for Unmapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "xtask/e2e/calls.toml has no rule for {}:{}: {}",
            self.service, self.operation, self.reason
        )
    }
}

impl std::error::Error for Unmapped {}

const TABLE: &str = include_str!("../../e2e/calls.toml");

static PARSED: LazyLock<Result<Table, String>> =
    LazyLock::new(|| Table::parse(TABLE).map_err(|error| format!("{error:#}")));

/// The requests that a call is authorized by. None at all, if AWS asks for no permission.
pub(crate) fn requests(call: &Call) -> Result<Vec<Request>, Unmapped> {
    let made = match &*PARSED {
        Ok(table) => table.requests(&tags::without_reserved(call)),
        Err(reason) => Err(reason.clone()),
    };
    made.map_err(|reason| Unmapped {
        service: call.service.clone(),
        operation: call.operation.clone(),
        reason,
    })
}

#[cfg(test)]
mod tests;

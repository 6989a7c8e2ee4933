//! What IAM knows of the account, and a single call does not say.
//!
//! Only what an earlier call of the same recording said is filled in: the path of a role or a user that is then named alone, and the
//! function of an event source mapping that is then named by its id.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::e2e::calls::{Call, Request};

/// The condition key that says which function an event source mapping is of.
const FUNCTION_ARN: &str = "lambda:FunctionArn";

/// What the calls of a recording have made.
#[derive(Debug, Default)]
pub(super) struct State {
    /// `role/NAME` to `role/PATH/NAME`.
    paths: BTreeMap<String, String>,
    /// Functions by the logical id of the mapping.
    mappings: BTreeMap<String, String>,
}

impl State {
    pub(super) fn of(calls: &[Call]) -> State {
        let mut state = State::default();
        for call in calls {
            let text = |name: &str| call.params.get(name).and_then(Value::as_str);
            match (&*call.service, &*call.operation) {
                ("iam", "CreateRole") => state.add_path("role", text("Path"), text("RoleName")),
                ("iam", "CreateUser") => state.add_path("user", text("Path"), text("UserName")),
                ("iam", "CreateGroup") => state.add_path("group", text("Path"), text("GroupName")),
                ("iam", "CreateInstanceProfile") => {
                    state.add_path("instance-profile", text("Path"), text("InstanceProfileName"));
                }
                ("lambda", "CreateEventSourceMapping") => {
                    state.add_mapping(call, text("FunctionName"));
                }
                _ => {}
            }
        }
        state
    }

    fn add_path(&mut self, kind: &str, path: Option<&str>, name: Option<&str>) {
        let Some((path, name)) = path.zip(name).filter(|(path, _)| *path != "/") else { return };
        self.paths.insert(format!("{kind}/{name}"), format!("{kind}{path}{name}"));
    }

    fn add_mapping(&mut self, call: &Call, function: Option<&str>) {
        let id = call.resource.as_ref().and_then(|resource| resource.logical_id.clone());
        let Some((id, function)) = id.zip(function) else { return };
        let arn = if function.starts_with("arn:") {
            function.to_owned()
        } else {
            format!("arn:aws:lambda:{}:{}:function:{function}", call.region, call.account)
        };
        self.mappings.insert(id, arn);
    }

    /// The request with what is known.
    pub(super) fn complete(&self, call: &Call, mut request: Request) -> Request {
        if let Some(resource) = &mut request.resource
            && let Some((start, end)) = resource.rsplit_once(':')
            && let Some(path) = self.paths.get(end)
        {
            *resource = format!("{start}:{path}");
        }
        let is_of_mapping =
            call.service == "lambda" && call.operation.ends_with("EventSourceMapping");
        let id = call.resource.as_ref().and_then(|resource| resource.logical_id.as_ref());
        if let (true, Some(arn)) = (is_of_mapping, id.and_then(|id| self.mappings.get(id))) {
            request.context.entry(FUNCTION_ARN.to_owned()).or_insert_with(|| vec![arn.clone()]);
        }
        request
    }
}

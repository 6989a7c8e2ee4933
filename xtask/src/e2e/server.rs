//! Our end of the plug-in in LocalStack: takes each call down, and says of calls from outside whether they may be served.
//!
//! A principal is enforced from the moment that a [`Judge`] is set for it: each call is translated to requests, and all of them
//! must be allowed. Whoever has no judge may do everything: the administrator that prepares and removes things.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::{Value, json};

use super::calls::{self, Call, Request, Side};
use super::judge::{Judge, Verdict};

/// The server; its threads end with the process.
pub(super) struct Server {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

/// What happened since the last [`Server::begin`].
#[derive(Default)]
pub(super) struct Recording {
    /// Calls as they ended, in order.
    pub(super) calls: Vec<Call>,
    /// What was refused, in AWS's words.
    pub(super) refusals: Vec<String>,
    /// What nobody could decide. A case with any of them fails.
    pub(super) problems: Vec<String>,
}

#[derive(Default)]
struct State {
    phase: String,
    recording: Recording,
    /// The ARN of the principal of each access key that was seen being issued.
    principals: BTreeMap<String, String>,
    /// By name of user or role, as `user/NAME` or `role/NAME`.
    judges: BTreeMap<String, Judge>,
    fuse: Option<Fuse>,
}

/// Something to be done at a call from outside that is still to come.
pub(super) struct Fuse {
    /// How many calls come before it.
    pub(super) after: usize,
    pub(super) moment: Moment,
    pub(super) action: Box<dyn FnOnce() + Send>,
}

/// When in the course of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    /// It was sent, and is not served any more.
    Unserved,
    /// It was served, and its answer never arrives.
    Unanswered,
}

/// A line from the plug-in.
#[derive(Deserialize)]
struct Message {
    kind: Kind,
    call: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    /// A call is about to be served.
    Ask,
    /// A call has ended.
    Call,
}

/// An access key that a call gave away.
#[derive(Deserialize)]
struct Issued {
    access_key: Option<String>,
    principal: Option<String>,
}

impl Server {
    /// Listens on a free port of this machine only.
    pub(super) fn start() -> Result<Server> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port")?;
        let address = listener.local_addr()?;
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                thread::spawn(move || serve(stream, &shared));
            }
        });
        Ok(Server { address, state })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Forgets what was recorded and lets everybody do everything.
    pub(super) fn begin(&self) {
        let mut state = lock(&self.state);
        state.recording = Recording::default();
        state.judges.clear();
        state.phase.clear();
    }

    /// The phase that calls belong to from now on.
    pub(super) fn enter(&self, phase: &str) {
        phase.clone_into(&mut lock(&self.state).phase);
    }

    /// From now on this user or role may do only what the judge allows. `name` is `user/NAME` or `role/NAME`.
    pub(super) fn enforce(&self, name: &str, judge: Judge) {
        lock(&self.state).judges.insert(name.to_owned(), judge);
    }

    /// Does something at a call that is still to come.
    pub(super) fn set_fuse(&self, fuse: Fuse) {
        lock(&self.state).fuse = Some(fuse);
    }

    /// Takes the fuse away. Whether it has not burned.
    pub(super) fn remove_fuse(&self) -> bool {
        lock(&self.state).fuse.take().is_some()
    }

    /// Takes what was recorded.
    pub(super) fn take(&self) -> Recording {
        std::mem::take(&mut lock(&self.state).recording)
    }
}

/// A thread that panicked left a state that is still whole: each change is one assignment.
fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Answers line by line until the plug-in is gone.
fn serve(stream: TcpStream, state: &Mutex<State>) {
    let Ok(mut answers) = stream.try_clone() else { return };
    // An answer leaves at once and in one piece: LocalStack serves nothing before it has it.
    if stream.set_nodelay(true).is_err() {
        return;
    }
    for line in BufReader::new(stream).lines() {
        let Ok(line) = line else { return };
        let answer = format!("{}\n", answer(&line, &mut lock(state)));
        if answers.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

fn answer(line: &str, state: &mut State) -> Value {
    match read(line) {
        Ok((Kind::Ask, call, _)) => {
            if state.burn(Moment::Unserved) {
                return json!({"allow": false, "message": "nobody waits for the answer"});
            }
            match state.decide(call) {
                Ok(()) => json!({"allow": true}),
                Err(message) => json!({"allow": false, "message": message}),
            }
        }
        Ok((Kind::Call, call, issued)) => {
            if call.side == Side::Client {
                state.burn(Moment::Unanswered);
            }
            state.take_down(call, issued);
            json!({})
        }
        Err(error) => {
            state.recording.problems.push(format!("{error:#}"));
            json!({"allow": false, "message": "not understood by xtask"})
        }
    }
}

fn read(line: &str) -> Result<(Kind, Call, Option<Issued>)> {
    let mut message: Message = serde_json::from_str(line).context("a line of the plug-in")?;
    let issued = message.call.as_object_mut().and_then(|call| call.remove("issued"));
    let issued = issued.and_then(|issued| serde_json::from_value(issued).ok());
    let call = serde_json::from_value(message.call).context("a call of the plug-in")?;
    Ok((message.kind, call, issued))
}

impl State {
    /// Lets the fuse burn on by a call; whether that was its end.
    fn burn(&mut self, moment: Moment) -> bool {
        let Some(fuse) = self.fuse.as_mut().filter(|fuse| fuse.moment == moment) else {
            return false;
        };
        if fuse.after > 0 {
            fuse.after -= 1;
            return false;
        }
        if let Some(fuse) = self.fuse.take() {
            (fuse.action)();
        }
        true
    }

    fn take_down(&mut self, mut call: Call, issued: Option<Issued>) {
        if let Some(Issued { access_key: Some(key), principal: Some(principal) }) = issued {
            self.principals.insert(key, principal);
        }
        self.complete(&mut call);
        self.recording.calls.push(call);
    }

    /// Adds what only this side knows.
    fn complete(&self, call: &mut Call) {
        let key = call.access_key.as_ref();
        call.principal = key.and_then(|key| self.principals.get(key)).cloned();
        call.phase = Some(self.phase.clone());
    }

    /// Nothing if the call may be served, else AWS's message.
    fn decide(&mut self, mut call: Call) -> Result<(), String> {
        self.complete(&mut call);
        let Some(principal) = call.principal.clone() else { return Ok(()) };
        let name = holder(&principal);
        if call.side != Side::Client || !self.judges.contains_key(&name) {
            return Ok(());
        }
        let requests: Vec<Request> = match calls::requests(&call) {
            Ok(requests) => requests.into_iter().map(|request| placed(request, &call)).collect(),
            Err(unmapped) => return Err(self.problem(unmapped.to_string())),
        };
        let Some(judge) = self.judges.get_mut(&name) else { return Ok(()) };
        for request in requests {
            let message = match judge.decide(&request) {
                Ok(decision) if decision.verdict == Verdict::Allowed => continue,
                Ok(decision) => refusal(&principal, &request, decision.verdict),
                Err(error) => return Err(self.problem(format!("{error:#}"))),
            };
            self.recording.refusals.push(message.clone());
            return Err(message);
        }
        Ok(())
    }

    fn problem(&mut self, message: String) -> String {
        self.recording.problems.push(message.clone());
        message
    }
}

/// The request with what AWS adds to every one. The cases keep to one account each.
fn placed(mut request: Request, call: &Call) -> Request {
    for key in ["aws:PrincipalAccount", "aws:ResourceAccount"] {
        request.context.entry(key.to_owned()).or_insert_with(|| vec![call.account.clone()]);
    }
    request
        .context
        .entry("aws:RequestedRegion".to_owned())
        .or_insert_with(|| vec![call.region.clone()]);
    request
}

/// AWS's words.
fn refusal(principal: &str, request: &Request, decision: Verdict) -> String {
    let action = &request.action;
    let resource = request.resource.as_deref().unwrap_or("*");
    let reason = match decision {
        Verdict::ExplicitDeny => "with an explicit deny in an identity-based policy".to_owned(),
        _ => format!("because no identity-based policy allows the {action} action"),
    };
    format!(
        "User: {principal} is not authorized to perform: {action} on resource: {resource} {reason}"
    )
}

/// `user/NAME` or `role/NAME` of whoever has the policies.
pub(super) fn holder(principal: &str) -> String {
    let resource = principal.splitn(6, ':').last().unwrap_or_default();
    let mut parts = resource.split('/');
    let kind = parts.next().unwrap_or_default();
    if kind == "assumed-role" {
        return format!("role/{}", parts.next().unwrap_or_default());
    }
    format!("{kind}/{}", parts.next_back().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = r#""access_key": "LKIA1""#;

    fn call(more: &str) -> String {
        format!(
            r#"{{"seq": 1, "side": "client", "service": "iam", "operation": "CreateAccessKey", "params": {{}}, {more}}}"#
        )
    }

    #[test]
    fn a_session_has_the_policies_of_its_role() {
        assert_eq!(holder("arn:aws:sts::000000000000:assumed-role/deploy/session"), "role/deploy");
        assert_eq!(holder("arn:aws:iam::000000000000:user/team/ann"), "user/ann");
    }

    #[test]
    fn who_was_given_a_key_is_known_when_it_is_used() {
        let mut state = State::default();
        let issued =
            format!(r#""issued": {{{KEY}, "principal": "arn:aws:iam::000000000000:user/ann"}}"#);
        let told = format!(r#"{{"kind": "call", "call": {}}}"#, call(&issued));
        assert_eq!(answer(&told, &mut state), json!({}));
        let used = format!(r#"{{"kind": "call", "call": {}}}"#, call(KEY));
        answer(&used, &mut state);
        let principals: Vec<Option<&str>> =
            state.recording.calls.iter().map(|call| call.principal.as_deref()).collect();
        assert_eq!(principals, [None, Some("arn:aws:iam::000000000000:user/ann")]);
    }

    #[test]
    fn who_has_no_judge_may_do_everything() {
        let asked = format!(r#"{{"kind": "ask", "call": {}}}"#, call(KEY));
        assert_eq!(answer(&asked, &mut State::default()), json!({"allow": true}));
    }

    #[test]
    fn what_is_not_understood_is_refused_and_remembered() {
        let mut state = State::default();
        assert_eq!(answer("{", &mut state)["allow"], json!(false));
        assert_eq!(state.recording.problems.len(), 1);
    }

    #[test]
    fn a_fuse_ends_at_its_call_and_only_there() {
        let mut state = State::default();
        let (sender, receiver) = std::sync::mpsc::channel();
        let action = Box::new(move || sender.send(()).unwrap());
        state.fuse = Some(Fuse { after: 1, moment: Moment::Unserved, action });
        let ask = |state: &mut State| {
            let asked = format!(r#"{{"kind": "ask", "call": {}}}"#, call(KEY));
            answer(&asked, state)["allow"] == json!(true)
        };
        assert_eq!([ask(&mut state), ask(&mut state), ask(&mut state)], [true, false, true]);
        assert_eq!(receiver.iter().count(), 1);
    }

    #[test]
    fn a_refusal_is_in_the_words_of_aws() {
        let request = Request {
            action: "s3:PutObject".to_owned(),
            resource: Some("arn:aws:s3:::b/k".to_owned()),
            context: BTreeMap::new(),
        };
        let expected = "User: arn:aws:iam::000000000000:user/ann is not authorized to perform: s3:PutObject on resource: \
                        arn:aws:s3:::b/k because no identity-based policy allows the s3:PutObject action";
        let principal = "arn:aws:iam::000000000000:user/ann";
        assert_eq!(refusal(principal, &request, Verdict::ImplicitDeny), expected);
    }
}

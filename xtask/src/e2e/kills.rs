//! Cases of kills: a change of IAM is killed (SIGKILL) at random moments, and then finished or taken back.
//!
//! However it ends, all of the account's IAM must be as it was before the change, or as it is after an undisturbed one: no other
//! policy, version, attachment or tag. On the way back from a change that was finished, the way back is killed too.
//!
//! A moment is a call and a place in its course. Calls before the first that writes are left out: nothing has happened by then.

use std::collections::BTreeSet;
use std::collections::hash_map::RandomState;
use std::env;
use std::hash::BuildHasher;
use std::process::Child;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::case::{Case, Kills};
use super::commands;
use super::process;
use super::server::{Fuse, Moment};
use super::world::{Keys, World};
use crate::shell;

const SEED: &str = "E2E_SEED";

/// The longest time from an answer to a kill between two calls, in milliseconds.
const BETWEEN: u64 = 12;

/// The calls from the first to the last that writes, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    first: usize,
    last: usize,
}

struct Scene<'a> {
    case: &'a Case,
    world: &'a World,
    keys: Keys,
    change: Vec<String>,
    back: Vec<String>,
}

/// Runs the case.
pub(super) fn run(case: &Case, kills: &Kills, world: &World) -> Result<String> {
    let mut names = commands::names(case, world);
    names.insert("account".to_owned(), kills.account.clone());
    let keys = Keys { id: kills.account.clone(), ..Keys::default() };
    let folder = world.folder(&case.name);
    for step in &kills.before {
        commands::run_step(step, &mut names, &keys, &folder, world)
            .context("a step before the change")?;
    }
    let filled =
        |words: &[String]| words.iter().map(|word| commands::filled(word, &names)).collect();
    let (change, back) = (filled(&kills.change), filled(&kills.back));
    let scene = Scene { case, world, keys, change, back };
    let seed = match env::var(SEED) {
        Ok(text) => text.parse().with_context(|| format!("{SEED} is no number"))?,
        Err(_) => RandomState::new().hash_one(case.name.as_str()),
    };
    scene
        .run(kills.moments, Random(seed))
        .with_context(|| format!("{SEED}={seed} repeats the moments"))
}

impl Scene<'_> {
    fn run(&self, moments: usize, mut random: Random) -> Result<String> {
        let old = self.iam()?;
        let forward = self.undisturbed(&self.change)?;
        let new = self.iam()?;
        if new == old {
            bail!("the change changes nothing");
        }
        let backward = self.undisturbed(&self.back)?;
        self.must_be(&old, "after the change was taken back")?;
        let (mut between, mut taken_back) = (0, 0);
        for number in 1..=moments {
            let said = self.killed(&self.change, forward, &mut random)?;
            let found = self.iam()?;
            between += usize::from(found != old && found != new);
            if number % 2 == 0 {
                self.succeed(&self.back)?;
                self.must_be(&old, &format!("kill {number}: {said}, taken back"))?;
                taken_back += 1;
                continue;
            }
            self.succeed(&self.change)?;
            self.must_be_new(&new, &old, &format!("kill {number}: {said}, finished"))?;
            let said = self.killed(&self.back, backward, &mut random)?;
            self.succeed(&self.back)?;
            self.must_be(&old, &format!("kill {number} on the way back: {said}"))?;
        }
        let finished = moments - taken_back;
        Ok(format!(
            "{moments} kills, {between} of them with IAM in between; {finished} finished, {taken_back} taken back; \
             {finished} kills on the way back"
        ))
    }

    /// Runs a command to its end, and says which of its calls write.
    fn undisturbed(&self, words: &[String]) -> Result<Span> {
        self.world.server.take();
        self.succeed(words)?;
        let calls = self.world.server.take().calls;
        let writes = |name: &str| !["Get", "List"].iter().any(|reads| name.starts_with(reads));
        let is_write = |operation: &String| writes(operation);
        let operations: Vec<String> = calls.into_iter().map(|call| call.operation).collect();
        let first = operations.iter().position(is_write).context("no call writes")?;
        let last = operations.iter().rposition(is_write).context("no call writes")?;
        Ok(Span { first, last })
    }

    /// Runs a command that does not live to its end. Says when it died.
    fn killed(&self, words: &[String], span: Span, random: &mut Random) -> Result<String> {
        let folder = self.world.folder(&self.case.name);
        let after = span.first + random.below(span.last - span.first + 1);
        let (moment, pause) = match random.below(3) {
            0 => (Moment::Unserved, None),
            1 => (Moment::Unanswered, None),
            _ => (Moment::Unanswered, Some(Duration::from_millis(random.next() % BETWEEN))),
        };
        let mut command = self.world.command(words, &folder, &self.keys)?;
        let child = Arc::new(Mutex::new(None::<Arc<Mutex<Child>>>));
        // Nothing is killed before it has been started.
        let mut slot = child.lock().map_err(|_| anyhow::anyhow!("a thread panicked"))?;
        let victim = Arc::clone(&child);
        let kill = move || {
            if let Ok(Some(child)) = victim.lock().as_deref() {
                process::kill(child);
            }
        };
        let action: Box<dyn FnOnce() + Send> = match pause {
            None => Box::new(kill),
            Some(pause) => Box::new(move || {
                thread::spawn(move || {
                    thread::sleep(pause);
                    kill();
                });
            }),
        };
        self.world.server.set_fuse(Fuse { after, moment, action });
        let running = self.world.start(&mut command, &folder)?;
        *slot = Some(Arc::clone(&running.child));
        drop(slot);
        let ended = running.wait()?;
        let missed = self.world.server.remove_fuse();
        // Whoever is killed behind the last call may have ended by then.
        if missed || (ended.code.is_some() && pause.is_none()) {
            bail!("was to be killed at call {after}: {ended}");
        }
        let pause = pause.map_or(String::new(), |pause| format!(" + {} ms", pause.as_millis()));
        Ok(format!("{moment:?} call {after}{pause} of {}", ended.line))
    }

    fn succeed(&self, words: &[String]) -> Result<()> {
        self.world.succeed_as(&self.keys, words, &self.world.folder(&self.case.name))?;
        Ok(())
    }

    /// All that the account has in IAM, as the AWS CLI shows it.
    fn iam(&self) -> Result<Value> {
        let mut words = vec!["aws", "iam", "get-account-authorization-details", "--output", "json"];
        // Without those of AWS.
        words.extend(["--filter", "User", "Role", "Group", "LocalManagedPolicy"]);
        let folder = self.world.folder(&self.case.name);
        let text = self.world.succeed_as(&self.keys, &words, &folder)?;
        Ok(essence(serde_json::from_str(&text).context("the AWS CLI did not print JSON")?))
    }

    fn must_be(&self, expected: &Value, when: &str) -> Result<()> {
        self.must_equal(expected, &self.iam()?, when)
    }

    /// The new state, but for which of the older versions made room: on the way back they change their numbers.
    fn must_be_new(&self, new: &Value, old: &Value, when: &str) -> Result<()> {
        let mut known = documents(old);
        known.extend(documents(new));
        let (new, found) = (without_older(new), self.iam()?);
        self.must_equal(&new, &without_older(&found), when)?;
        if let Some(stranger) = documents(&found).difference(&known).next() {
            bail!("there is a version that nobody made, {when}: {stranger}");
        }
        Ok(())
    }

    fn must_equal(&self, expected: &Value, found: &Value, when: &str) -> Result<()> {
        if found != expected {
            let folder = self.world.folder(&self.case.name);
            for (name, value) in [("expected.json", expected), ("found.json", found)] {
                shell::write(&folder.join(name), &serde_json::to_string_pretty(value)?)?;
            }
            bail!("IAM is between two states {when}; see expected.json and found.json");
        }
        Ok(())
    }
}

/// The value without dates, without the numbers that IAM gives, and without order.
fn essence(value: Value) -> Value {
    const GIVEN: [&str; 2] = ["DefaultVersionId", "VersionId"];
    match value {
        Value::Object(fields) => {
            let stays = |name: &str| {
                !name.ends_with("Date") && !GIVEN.contains(&name) && name != "RoleLastUsed"
            };
            let is_unique_id = |name: &str, value: &Value| {
                name.ends_with("Id") && value.as_str().is_some_and(|text| text.starts_with('A'))
            };
            let kept = fields
                .into_iter()
                .filter(|(name, value)| stays(name) && !is_unique_id(name, value));
            Value::Object(kept.map(|(name, value)| (name, essence(value))).collect())
        }
        Value::Array(items) => {
            let mut items: Vec<Value> = items.into_iter().map(essence).collect();
            items.sort_by_cached_key(Value::to_string);
            Value::Array(items)
        }
        value => value,
    }
}

/// The documents of all versions, each with its policy.
fn documents(iam: &Value) -> BTreeSet<String> {
    let policies = iam.get("Policies").and_then(Value::as_array).into_iter().flatten();
    let of = |policy: &Value| {
        let name = policy.get("Arn").map(Value::to_string).unwrap_or_default();
        let versions = policy.get("PolicyVersionList").and_then(Value::as_array).cloned();
        let documents = versions.into_iter().flatten().map(move |version| {
            format!("{name} {}", version.get("Document").unwrap_or(&Value::Null))
        });
        documents.collect::<Vec<_>>()
    };
    policies.flat_map(of).collect()
}

/// The same with no documents in the versions that are not in force.
fn without_older(iam: &Value) -> Value {
    let mut iam = iam.clone();
    let policies = iam.get_mut("Policies").and_then(Value::as_array_mut);
    for policy in policies.into_iter().flatten() {
        let versions = policy.get_mut("PolicyVersionList").and_then(Value::as_array_mut);
        let Some(versions) = versions else { continue };
        for version in versions.iter_mut() {
            if version.get("IsDefaultVersion") == Some(&Value::Bool(false)) {
                *version = Value::from("older");
            }
        }
        versions.sort_by_cached_key(Value::to_string);
    }
    iam
}

/// `SplitMix64`, by Steele, Lea and Flood.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `count`, which is small.
    fn below(&mut self, count: usize) -> usize {
        let count = count.max(1);
        usize::try_from(self.next() % (count as u64)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn dates_numbers_and_order_are_no_difference() {
        let one = json!({"Policies": [
            {"PolicyName": "a", "PolicyId": "A1", "DefaultVersionId": "v2", "CreateDate": "x"},
            {"PolicyName": "b", "Document": {"Id": "x"}}]});
        let other = json!({"Policies": [
            {"PolicyName": "b", "Document": {"Id": "x"}},
            {"PolicyName": "a", "PolicyId": "A9", "DefaultVersionId": "v3", "CreateDate": "y"}]});
        assert_eq!(essence(one), essence(other));
    }

    #[test]
    fn which_older_version_went_is_no_difference_and_how_many_is() {
        let policy = |older: &[&str]| {
            let version =
                |name: &str, default: bool| json!({"Document": name, "IsDefaultVersion": default});
            let mut versions: Vec<Value> = older.iter().map(|name| version(name, false)).collect();
            versions.push(version("now", true));
            json!({"Policies": [{"Arn": "a", "PolicyVersionList": versions}]})
        };
        assert_eq!(without_older(&policy(&["x"])), without_older(&policy(&["y"])));
        assert_ne!(without_older(&policy(&["x"])), without_older(&policy(&["x", "y"])));
        assert_eq!(documents(&policy(&["x"])).len(), 2);
    }

    #[test]
    fn names_documents_and_what_is_in_force_are_differences() {
        let policy = |name: &str, action: &str, default: bool| {
            essence(json!({"PolicyName": name, "PolicyVersionList": [
                {"Document": {"Action": action}, "IsDefaultVersion": default}]}))
        };
        let one = policy("a", "s3:GetObject", true);
        for other in
            [("b", "s3:GetObject", true), ("a", "s3:*", true), ("a", "s3:GetObject", false)]
        {
            assert_ne!(one, policy(other.0, other.1, other.2));
        }
    }
}

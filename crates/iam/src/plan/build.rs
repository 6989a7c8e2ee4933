//! The order of steps, so that nobody lacks a permission in between that they have before and after.
//!
//! What is new comes first: providers, policies, roles, boundaries, attachments. Then policies that change. What goes, goes last. Only where a
//! principal has no room for another policy, one that goes makes room first.

use std::collections::{BTreeMap, BTreeSet};

use super::{Note, Plan, is_of_set, with_way_back};
use crate::account::name_of;
use crate::desired::{
    APPLY_TAG, Besides, Boundary, Desired, Foreign, Holding, Policy, Provider, Role, SET_TAG,
};
use crate::principal::Principal;
use crate::quotas::Quotas;
use crate::state::{PolicyState, PrincipalState, State, Tagged, Tags, VersionId};
use crate::step::{Step, Version};

/// The longest session of a role of which nothing else is said.
const DEFAULT_SESSION: u32 = 3600;

/// Builds the plan; there are no problems.
pub(super) fn build(desired: &Desired, state: &State, quotas: &Quotas) -> Plan {
    let builder = Builder { desired, state, quotas };
    let mut notes = BTreeSet::new();
    let mut steps = Vec::new();
    for provider in &desired.providers {
        steps.extend(builder.provider(provider));
    }
    for policy in &desired.policies {
        steps.extend(builder.new_policy(policy));
    }
    for role in &desired.roles {
        notes.extend(builder.missing_providers(role));
        steps.extend(builder.role(role));
    }
    // A boundary is in force before anything new is attached: what is held both before and after lies within it.
    let (boundaries, others): (Vec<&Policy>, Vec<&Policy>) =
        desired.policies.iter().partition(|policy| builder.is_boundary(&desired.arn(policy)));
    for policy in boundaries {
        steps.extend(builder.changed_policy(policy, &mut notes));
    }
    for holding in &desired.holdings {
        steps.extend(builder.boundary(holding));
        steps.extend(builder.making_room(holding, &mut notes));
        steps.extend(builder.attachments(holding, Which::Unchanged));
        steps.extend(builder.inline(holding));
    }
    for policy in others {
        steps.extend(builder.changed_policy(policy, &mut notes));
    }
    for holding in &desired.holdings {
        steps.extend(builder.attachments(holding, Which::Changed));
    }
    let mut leaving = BTreeSet::new();
    for holding in &desired.holdings {
        let room = builder.room_needed(holding);
        for arn in builder.leaving(holding) {
            leaving.insert((holding.principal.clone(), arn));
        }
        let later = builder.leaving(holding).into_iter().skip(room);
        steps.extend(later.map(|policy| detach(&holding.principal, policy)));
        steps.extend(builder.inline_leaving(holding));
        steps.extend(builder.boundary_leaving(holding));
    }
    steps.extend(builder.retired(&leaving, &mut notes));
    Plan { steps: with_way_back(steps, state), notes: notes.into_iter().collect() }
}

/// Which policies a part of the plan is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    /// Those that are new or stay as they are.
    Unchanged,
    /// Those whose document changes.
    Changed,
}

struct Builder<'p> {
    desired: &'p Desired,
    state: &'p State,
    quotas: &'p Quotas,
}

impl Builder<'_> {
    fn provider(&self, provider: &Provider) -> Vec<Step> {
        let arn = self.desired.account.provider_arn(&provider.url);
        let Some(present) = self.state.providers.get(&arn) else {
            return vec![Step::CreateProvider {
                arn,
                url: provider.url.clone(),
                client_ids: provider.client_ids.clone(),
                thumbprints: provider.thumbprints.clone(),
                tags: self.tags_of_new(&provider.tags),
            }];
        };
        let missing = provider.client_ids.difference(&present.client_ids);
        let add = |client_id: &String| Step::AddClientId {
            arn: arn.clone(),
            client_id: client_id.clone(),
        };
        let mut steps: Vec<Step> = missing.map(add).collect();
        if present.tags.contains_key(APPLY_TAG) || self.desired.foreign == Foreign::Adopt {
            steps.extend(self.tags(Tagged::Provider(arn.clone()), &present.tags, &provider.tags));
        }
        steps
    }

    fn new_policy(&self, policy: &Policy) -> Option<Step> {
        let arn = self.desired.arn(policy);
        (!self.state.policies.contains_key(&arn)).then(|| Step::CreatePolicy {
            arn,
            name: policy.name.clone(),
            path: policy.path.clone(),
            description: policy.description.clone(),
            document: policy.document.clone(),
            tags: self.tags_of_new(&policy.tags),
        })
    }

    fn role(&self, role: &Role) -> Vec<Step> {
        let principal = Principal::role(&role.name);
        let held = self.state.principals.get(&principal);
        let Some((held, present)) = held.and_then(|held| Some((held, held.role.as_ref()?))) else {
            let holding =
                self.desired.holdings.iter().find(|holding| holding.principal == principal);
            let boundary = match holding.map(|holding| &holding.boundary) {
                Some(Boundary::Set(policy)) => Some(policy.clone()),
                _ => None,
            };
            return vec![Step::CreateRole {
                name: role.name.clone(),
                arn: self.desired.account.role_arn(&role.path, &role.name),
                path: role.path.clone(),
                trust: role.trust.clone(),
                description: role.description.clone(),
                max_session: role.max_session.unwrap_or(DEFAULT_SESSION),
                boundary,
                tags: self.tags_of_new(&role.tags),
            }];
        };
        let mut steps = self.tags(Tagged::Role(role.name.clone()), &held.tags, &role.tags);
        if present.trust != role.trust {
            let trust = role.trust.clone();
            steps.push(Step::UpdateTrust { role: role.name.clone(), trust });
        }
        let max_session = role.max_session.unwrap_or(present.max_session);
        if present.description != role.description || present.max_session != max_session {
            let description = role.description.clone();
            steps.push(Step::UpdateRole { role: role.name.clone(), description, max_session });
        }
        steps
    }

    /// Says which identity providers are not there that somebody has to come from who assumes the role.
    fn missing_providers(&self, role: &Role) -> Vec<Note> {
        let Desired { account, providers, .. } = self.desired;
        let is_made =
            |arn: &String| providers.iter().any(|it| account.provider_arn(&it.url) == *arn);
        let named = role.providers(account).into_iter();
        let missing = named.filter(|arn| !self.state.providers.contains_key(arn) && !is_made(arn));
        let note = |arn: String| {
            let host = arn.split_once('/').map_or("", |(_, host)| host).to_owned();
            Note(format!(
                "there is no identity provider for `https://{host}`, which the trust policy of role \
                 {} names: nobody comes from there before it is made, with `--oidc-provider` for one",
                role.name
            ))
        };
        missing.map(note).collect()
    }

    /// Detaches first what goes anyway, as many as there is no room for the new ones.
    fn making_room(&self, holding: &Holding, notes: &mut BTreeSet<Note>) -> Vec<Step> {
        let count = self.room_needed(holding);
        if count > 0 {
            notes.insert(Note(format!(
                "{} has no room for the new policies beside the old ones: for a moment it holds \
                 fewer than before",
                holding.principal
            )));
        }
        let first = self.leaving(holding).into_iter().take(count);
        first.map(|policy| detach(&holding.principal, policy)).collect()
    }

    fn room_needed(&self, holding: &Holding) -> usize {
        let present = self.held(holding).map_or(0, |held| held.attached.len());
        let new = self.arriving(holding).len();
        (present + new).saturating_sub(self.quotas.attached(holding.principal.kind))
    }

    fn arriving(&self, holding: &Holding) -> Vec<String> {
        let is_new = |arn: &&String| {
            self.held(holding).is_none_or(|held| !held.attached.contains(arn.as_str()))
        };
        holding.attached.iter().filter(is_new).cloned().collect()
    }

    /// The policies that are attached and go: all but the wanted ones when replacing, else those of the set.
    fn leaving(&self, holding: &Holding) -> Vec<String> {
        let Some(held) = self.held(holding) else { return Vec::new() };
        let goes = |arn: &&String| {
            !holding.attached.contains(arn.as_str())
                && (holding.besides == Besides::Replace || is_of_set(arn, self.desired, self.state))
        };
        held.attached.iter().filter(goes).cloned().collect()
    }

    fn attachments(&self, holding: &Holding, which: Which) -> Vec<Step> {
        let arriving = self.arriving(holding).into_iter();
        let wanted = arriving.filter(|arn| self.changes(arn) == (which == Which::Changed));
        let attach = |policy| Step::Attach { principal: holding.principal.clone(), policy };
        wanted.map(attach).collect()
    }

    /// Whether the policy is there and gets another document.
    fn changes(&self, arn: &str) -> bool {
        let wanted = self.desired.policies.iter().find(|policy| self.desired.arn(policy) == arn);
        let present = self.state.policies.get(arn).and_then(PolicyState::document);
        matches!((wanted, present), (Some(wanted), Some(present)) if wanted.document != *present)
    }

    fn inline(&self, holding: &Holding) -> Vec<Step> {
        let differs = |name: &str, document| {
            self.held(holding).and_then(|held| held.inline.get(name)) != Some(document)
        };
        let wanted = holding.inline.iter().filter(|(name, document)| differs(name, document));
        let put = |(name, document): (&String, &crate::text::PolicyText)| Step::PutInline {
            principal: holding.principal.clone(),
            name: name.clone(),
            document: document.clone(),
        };
        wanted.map(put).collect()
    }

    fn inline_leaving(&self, holding: &Holding) -> Vec<Step> {
        let (Some(held), Besides::Replace) = (self.held(holding), holding.besides) else {
            return Vec::new();
        };
        let goes = held.inline.keys().filter(|name| !holding.inline.contains_key(name.as_str()));
        let delete = |name: &String| Step::DeleteInline {
            principal: holding.principal.clone(),
            name: name.clone(),
        };
        goes.map(delete).collect()
    }

    fn changed_policy(&self, policy: &Policy, notes: &mut BTreeSet<Note>) -> Vec<Step> {
        let arn = self.desired.arn(policy);
        let Some(present) = self.state.policies.get(&arn) else { return Vec::new() };
        if present.description != policy.description {
            notes.insert(Note(format!(
                "policy {} keeps its description: IAM cannot change it",
                policy.name
            )));
        }
        let mut steps = self.versions(&arn, policy, present, notes);
        if !steps.is_empty() {
            self.note_holders(policy, &arn, present, notes);
        }
        steps.extend(self.tags(Tagged::Policy(arn), &present.tags, &policy.tags));
        steps
    }

    fn versions(
        &self,
        arn: &str,
        policy: &Policy,
        present: &PolicyState,
        notes: &mut BTreeSet<Note>,
    ) -> Vec<Step> {
        if present.document() == Some(&policy.document) {
            return Vec::new();
        }
        let same = present.versions.iter().rev().find(|(_, kept)| **kept == policy.document);
        if let Some((id, _)) = same {
            return vec![Step::SetDefault {
                arn: arn.to_owned(),
                version: Version::Numbered(*id),
                document: Some(policy.document.clone()),
            }];
        }
        let mut steps = Vec::new();
        if present.versions.len() >= self.quotas.versions {
            let oldest = present.versions.keys().find(|id| **id != present.default);
            if let Some(id) = oldest {
                notes.insert(Note(format!(
                    "version {id} of policy {} is deleted to make room: IAM keeps {}; a rollback \
                     brings it back under a new number",
                    policy.name, self.quotas.versions
                )));
                steps.push(delete_version(arn, *id, present));
            }
        }
        steps.push(Step::CreateVersion { arn: arn.to_owned(), document: policy.document.clone() });
        steps
    }

    /// Says who else holds a policy that changes.
    fn note_holders(
        &self,
        policy: &Policy,
        arn: &str,
        present: &PolicyState,
        notes: &mut BTreeSet<Note>,
    ) {
        let is_meant = |principal: &Principal| {
            let mut holdings = self.desired.holdings.iter();
            holdings
                .any(|holding| holding.principal == *principal && holding.attached.contains(arn))
        };
        let others: Vec<String> = present
            .holders
            .iter()
            .filter(|holder| !is_meant(holder))
            .map(ToString::to_string)
            .collect();
        if !others.is_empty() {
            notes.insert(Note(format!(
                "policy {} changes for {} as well",
                policy.name,
                others.join(", ")
            )));
        }
    }

    fn boundary(&self, holding: &Holding) -> Option<Step> {
        let principal = holding.principal.clone();
        let present = self.held(holding).map(|held| held.boundary.as_ref());
        match (&holding.boundary, present) {
            // A role that is made gets its boundary as it is made.
            (Boundary::Keep | Boundary::Remove, _) | (_, None) => None,
            (Boundary::Set(policy), Some(Some(present))) if policy == present => None,
            (Boundary::Set(policy), _) => {
                Some(Step::PutBoundary { principal, policy: policy.clone() })
            }
        }
    }

    fn boundary_leaving(&self, holding: &Holding) -> Option<Step> {
        let has_one = self.held(holding).is_some_and(|held| held.boundary.is_some());
        let goes = holding.boundary == Boundary::Remove && has_one;
        goes.then(|| Step::DeleteBoundary { principal: holding.principal.clone() })
    }

    fn is_boundary(&self, arn: &str) -> bool {
        let mut holdings = self.desired.holdings.iter();
        holdings
            .any(|holding| matches!(&holding.boundary, Boundary::Set(boundary) if boundary == arn))
    }

    /// Deletes the policies of the set that nobody holds any more.
    fn retired(
        &self,
        leaving: &BTreeSet<(Principal, String)>,
        notes: &mut BTreeSet<Note>,
    ) -> Vec<Step> {
        let mut losing: BTreeMap<&str, BTreeSet<&Principal>> = BTreeMap::new();
        for (principal, arn) in leaving {
            losing.entry(arn).or_default().insert(principal);
        }
        let mut steps = Vec::new();
        for (arn, losers) in losing {
            if !is_of_set(arn, self.desired, self.state) || self.is_wanted(arn) {
                continue;
            }
            let Some(present) = self.state.policies.get(arn) else { continue };
            let holds_still = |holder: &Principal| {
                let held = self.state.principals.get(holder);
                !losers.contains(holder)
                    || held.is_some_and(|held| held.boundary.as_deref() == Some(arn))
            };
            let others: Vec<String> = present
                .holders
                .iter()
                .filter(|holder| holds_still(holder))
                .map(ToString::to_string)
                .collect();
            if !others.is_empty() {
                let (name, others) = (name_of(arn), others.join(", "));
                notes.insert(Note(format!("policy {name} stays: {others} holds it still")));
                continue;
            }
            let spare = present.versions.keys().rev().filter(|id| **id != present.default);
            steps.extend(spare.map(|id| delete_version(arn, *id, present)));
            steps.push(Step::DeletePolicy { arn: arn.to_owned() });
        }
        steps
    }

    fn is_wanted(&self, arn: &str) -> bool {
        self.desired.policies.iter().any(|policy| self.desired.arn(policy) == arn)
            || self.is_boundary(arn)
            || self.desired.holdings.iter().any(|holding| holding.attached.contains(arn))
    }

    fn held(&self, holding: &Holding) -> Option<&PrincipalState> {
        self.state.principals.get(&holding.principal)
    }

    fn tags_of_new(&self, wanted: &Tags) -> Tags {
        let mut tags = self.wanted_tags(wanted);
        tags.insert(APPLY_TAG.to_owned(), self.desired.id.to_string());
        tags
    }

    fn wanted_tags(&self, wanted: &Tags) -> Tags {
        let mut tags = wanted.clone();
        if let Some(set) = &self.desired.set {
            tags.insert(SET_TAG.to_owned(), set.clone());
        }
        tags
    }

    /// Writes the tags that are missing or different. What was made or taken over before keeps its mark.
    fn tags(&self, on: Tagged, present: &Tags, wanted: &Tags) -> Vec<Step> {
        let mut tags = self.wanted_tags(wanted);
        tags.retain(|key, value| present.get(key) != Some(value));
        if !present.contains_key(APPLY_TAG) {
            tags.insert(APPLY_TAG.to_owned(), self.desired.id.to_string());
        }
        if tags.is_empty() { Vec::new() } else { vec![Step::Tag { on, tags }] }
    }
}

fn detach(principal: &Principal, policy: String) -> Step {
    Step::Detach { principal: principal.clone(), policy }
}

fn delete_version(arn: &str, id: VersionId, policy: &PolicyState) -> Step {
    Step::DeleteVersion {
        arn: arn.to_owned(),
        version: Version::Numbered(id),
        document: policy.versions.get(&id).cloned(),
    }
}

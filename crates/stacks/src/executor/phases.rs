//! When an action is called: the phases in which a resource's handlers run, after its policies and what of it can change.

use std::collections::BTreeSet;

use stackpass_ground::truth::Truth;

use crate::need::Phase;
use crate::registry::Verb;
use crate::resolve::DeletionPolicy;
use crate::value::Value;

use super::{Subject, Verbs};

impl Subject<'_> {
    /// The phases in which handlers with these verbs run.
    pub(super) fn phases_of(&self, verbs: &Verbs) -> BTreeSet<Phase> {
        let has = |verb| verbs.contains(&verb);
        let mut phases = Vec::new();
        if has(Verb::Create) || has(Verb::Read) {
            phases.push(Phase::Create);
        }
        if has(Verb::Update) && self.can_be_updated() || has(Verb::Read) {
            phases.push(Phase::Update);
        }
        if has(Verb::Delete) || has(Verb::Read) {
            phases.push(Phase::Delete);
        }
        phases.extend(self.replaced(has(Verb::Create), has(Verb::Delete)));
        self.kept(phases.into_iter())
    }

    /// The phases that a rule names, as far as handlers run in them.
    pub(super) fn phases_after(&self, named: &[Phase]) -> BTreeSet<Phase> {
        let of = |phase| named.contains(&phase);
        let replaced = self.replaced(of(Phase::Create), of(Phase::Delete));
        let runs = |phase: &Phase| *phase != Phase::Update || self.can_be_updated();
        self.kept(named.iter().copied().filter(runs).chain(replaced))
    }

    /// Updates, if what creates or deletes runs in them, too.
    fn replaced(&self, creates: bool, deletes: bool) -> Option<Phase> {
        let runs = creates || deletes && self.replaced_is_deleted();
        (runs && self.can_be_replaced()).then_some(Phase::Update)
    }

    /// Phases after the deletion policy; a delete is also how a failed create is undone.
    fn kept(&self, phases: impl Iterator<Item = Phase>) -> BTreeSet<Phase> {
        let policy = self.resource.deletion_policy;
        let mut kept = BTreeSet::new();
        for phase in phases {
            match phase {
                Phase::Delete => {
                    if policy != DeletionPolicy::Retain {
                        kept.insert(Phase::Rollback);
                    }
                    if !matches!(
                        policy,
                        DeletionPolicy::Retain | DeletionPolicy::RetainExceptOnCreate
                    ) {
                        kept.insert(Phase::Delete);
                    }
                }
                phase => {
                    kept.insert(phase);
                }
            }
        }
        kept
    }

    /// Whether an update may make CloudFormation put a new resource in the place of this one.
    ///
    /// That is so for types without an update handler, and when a property that cannot be changed in place is set.
    fn can_be_replaced(&self) -> bool {
        let Some(registered) = self.registered.filter(|registered| registered.has_handlers())
        else {
            return false;
        };
        let immutable = !registered.handlers().contains(Verb::Update);
        immutable || registered.create_only().any(|path| self.resource.presence_at(path).possible())
    }

    /// Whether an update may change the resource in place.
    ///
    /// A handler for updates does not run where every property that is set is one that only a new resource can have, and no tags come from
    /// the stack: CloudFormation replaces the resource instead.
    fn can_be_updated(&self) -> bool {
        let Some(registered) =
            self.registered.filter(|registered| registered.handlers().contains(Verb::Update))
        else {
            return true;
        };
        let Value::Map(properties) = &self.resource.properties else { return true };
        let mut set = properties.entries.iter().filter(|(_, set)| set.value.presence().possible());
        properties.open
            || self.tags().is_some()
            || set.any(|(name, _)| registered.create_only().all(|fixed| fixed != name))
    }

    /// Whether a last snapshot is taken when the resource is deleted or replaced.
    pub(super) fn takes_snapshot(&self) -> Truth {
        let of = |policy| match policy {
            DeletionPolicy::Snapshot => Truth::Yes,
            DeletionPolicy::Unknown => Truth::Maybe,
            DeletionPolicy::Delete
            | DeletionPolicy::Retain
            | DeletionPolicy::RetainExceptOnCreate => Truth::No,
        };
        of(self.resource.deletion_policy).or(of(self.resource.update_replace_policy))
    }

    fn replaced_is_deleted(&self) -> bool {
        self.resource.update_replace_policy != DeletionPolicy::Retain
    }
}

//! What CloudFormation needs, acting for a stack: the needs of each resource.
//!
//! The base are the handler permissions of the registry. Rules refine them; references to roles, keys and objects are treated
//! alike for all types; what a type's permissions act on is worked out from its ARN and the catalogue.
//! A type with neither handlers nor rules is a gap.

mod conditions;
mod families;
mod followed;
mod gaps;
mod objects;
mod once;
mod origins;
mod phases;
mod profiles;
mod references;
mod targets;
mod uses;

use std::collections::{BTreeMap, BTreeSet};

use stackpass_ground::arn::ArnPattern;
use stackpass_ground::source::Span;
use stackpass_ground::wildcard::{Case, Glob, Syntax};
use stackpass_policy::action::{Action, ActionPattern};
use stackpass_policy::catalogue;
use stackpass_policy::condition::Conditions;

use crate::generic;
use crate::need::{Hardness, Need, Needs, Phase, Place, ResourceRef, Scoping, Who, Why};
use crate::registry::{self, ResourceType, Verb};
use crate::resolve::{Resource, Stack, shown};
use crate::rules::{self, On, Rule, Term, TypeRules, When};
use crate::scope;
use crate::value::{Text, Truth, Value};

use conditions::Open;
use followed::FollowedReferences;
use once::Once;
use references::Treatment;
use targets::{Target, Targets};

/// Works out what CloudFormation needs for a stack and the stacks nested in it.
pub(crate) fn executor_needs(stack: &Stack) -> Needs {
    let mut needs = Needs::default();
    for resource in stack.resources.values() {
        needs.extend(resource_needs(stack, resource));
    }
    needs.extend(uses::needs(stack));
    let stacks = stack.resources.values().filter(|resource| resource.resource_type == NESTED_STACK);
    for resource in stacks {
        match stack.nested.get(&resource.logical_id) {
            Some(nested) => {
                needs.extend(executor_needs(nested));
                needs.extend(uses::needs_of_nested(nested));
            }
            None => needs.gaps.push(gaps::unknown_nested_stack(stack, resource)),
        }
    }
    needs.sorted()
}

/// The name by which the registry lists every action of a service.
const WHOLE_SERVICE: &str = "*";

/// The type of a nested stack.
const NESTED_STACK: &str = "AWS::CloudFormation::Stack";

/// Works out what CloudFormation needs for one resource.
fn resource_needs(stack: &Stack, resource: &Resource) -> Needs {
    let registered = registry::resource_type(&resource.resource_type);
    let rules = rules::of(&resource.resource_type);
    let has_handlers = registered.is_some_and(ResourceType::has_handlers);
    if !has_handlers && rules.is_none() {
        return Needs {
            needs: Vec::new(),
            gaps: vec![gaps::unknown_type(stack, resource, registered.is_some())],
        };
    }
    let followed = FollowedReferences::default();
    let once = Once::default();
    let subject = Subject { stack, resource, registered, rules, followed: &followed, once: &once };
    let mut needs = Needs::default();
    let named = named_actions(rules);
    for (action, verbs) in subject.actions(&named) {
        match named.get(&action) {
            Some(rules) => {
                for rule in rules {
                    subject.rule_needs(&action, &verbs, rule, &mut needs);
                }
            }
            None => subject.action_needs(&action, &verbs, &mut needs),
        }
    }
    needs.gaps.extend(subject.whole_services());
    let mut nowhere = followed.leading_nowhere();
    nowhere.retain(|(path, arn)| !subject.is_unchecked(path, arn));
    needs.gaps.extend(nowhere.iter().map(|(path, arn)| subject.leads_nowhere(path, arn)));
    needs
}

/// The rules of a type by the actions that they name.
fn named_actions(rules: Option<&'static TypeRules>) -> BTreeMap<Action, Vec<&'static Rule>> {
    let mut named: BTreeMap<Action, Vec<&Rule>> = BTreeMap::new();
    for rule in rules.into_iter().flat_map(|rules| &rules.rule) {
        for action in rule.actions.iter().filter_map(|action| action.parse().ok()) {
            named.entry(action).or_default().push(rule);
        }
    }
    named
}

/// What of a handler needs an action.
type Verbs = BTreeSet<Verb>;

/// One resource with what is known of its type.
#[derive(Clone, Copy, Debug)]
struct Subject<'a> {
    stack: &'a Stack,
    resource: &'a Resource,
    registered: Option<ResourceType>,
    rules: Option<&'static TypeRules>,
    followed: &'a FollowedReferences,
    once: &'a Once,
}

/// An action that is called, with all that its needs have in common.
#[derive(Debug)]
struct Call {
    action: Action,
    phases: BTreeSet<Phase>,
    targets: Targets,
    conditions: Conditions,
    /// Conditions that are left out.
    open: Vec<Open>,
    hardness: Hardness,
    reason: Reason,
}

/// Why an action is needed: the property that asks for it, and the evidence.
#[derive(Clone, Debug)]
struct Reason {
    property: Option<String>,
    span: Span,
    evidence: Vec<String>,
    /// What tells on which resources it acts, where that is not the property that asks for it.
    named_by: Option<NamedBy>,
}

/// What tells on which resources an action acts: a property, or, without one, what names the resource itself.
#[derive(Clone, Debug)]
struct NamedBy {
    property: Option<String>,
    span: Span,
}

impl Subject<'_> {
    /// Every action that the handlers, the tagging block or the rules name, with the handlers' verbs.
    fn actions(&self, named: &BTreeMap<Action, Vec<&'static Rule>>) -> BTreeMap<Action, Verbs> {
        let mut actions: BTreeMap<Action, Verbs> = BTreeMap::new();
        let mut left_out = BTreeSet::new();
        if let Some(registered) = self.registered {
            for permission in registered.permissions() {
                for action in expanded(permission.service, permission.name) {
                    actions.entry(action).or_default().extend(permission.verbs.iter());
                }
            }
            for (service, name) in registered.tagging_permissions() {
                for action in expanded(service, name) {
                    actions.entry(action).or_default();
                }
            }
        }
        // Properties that are known to pass a role do so whether or not the handlers say it.
        if generic::role_properties(&self.resource.resource_type).next().is_some()
            && let Ok(pass_role) = "iam:PassRole".parse::<Action>()
        {
            actions.entry(pass_role).or_insert_with(|| Verbs::from([Verb::Create, Verb::Update]));
        }
        for dropped in self
            .rules
            .into_iter()
            .flat_map(|rules| rules.drop.iter().flat_map(|dropped| &dropped.actions))
        {
            if let Ok(dropped) = dropped.parse::<ActionPattern>() {
                left_out.extend(actions.keys().filter(|action| dropped.matches(action)).cloned());
            }
        }
        // A pattern may drop all of a wildcard of the registry, of which rules then name the few that are needed.
        for action in named.keys() {
            left_out.remove(action);
            actions.entry(action.clone()).or_default();
        }
        actions.retain(|action, _| !left_out.contains(action));
        actions
    }

    /// The needs for an action of which the rules say nothing.
    fn action_needs(&self, action: &Action, verbs: &Verbs, needs: &mut Needs) {
        let from_registry = vec![handler_evidence(verbs)];
        if self.is_tagging(action) {
            let Some((property, span)) = self.tags() else { return };
            let phases = if verbs.is_empty() {
                self.phases_of(&tagging_verbs(action))
            } else {
                self.phases_of(verbs)
            };
            let evidence = vec!["registry tagging permissions".to_owned()];
            let named_by = self.named_by(&[]);
            let reason = Reason { property, span, evidence, named_by };
            self.emit(self.automatic(action, phases, reason), needs);
            return;
        }
        let phases = self.phases_of(verbs);
        let reason = Reason {
            property: None,
            span: self.resource.span,
            evidence: from_registry,
            named_by: None,
        };
        match references::of(self, action) {
            Treatment::Followed(followed) => {
                for reference in followed {
                    let call = Call {
                        action: action.clone(),
                        phases: phases.clone(),
                        targets: reference.targets,
                        conditions: conditions::build(&reference.conditions),
                        open: reference.open,
                        hardness: Hardness::Must,
                        reason: Reason {
                            property: Some(reference.property),
                            span: reference.span,
                            ..reason.clone()
                        },
                    };
                    self.emit(call, needs);
                }
                let linked = generic::linked_services(&self.resource.resource_type);
                if action.as_str().eq_ignore_ascii_case("iam:GetRole") && !linked.is_empty() {
                    let targets = targets::service_linked_roles(self.stack, linked);
                    let call = self.automatic(action, phases, reason);
                    self.emit(Call { targets, ..call }, needs);
                }
            }
            Treatment::NotNamed => needs.gaps.push(self.unknown_role()),
            Treatment::Ordinary => self.emit(self.automatic(action, phases, reason), needs),
        }
    }

    /// A call on what the catalogue says that its action acts on.
    fn automatic(&self, action: &Action, phases: BTreeSet<Phase>, reason: Reason) -> Call {
        let is_made = action.as_str().eq_ignore_ascii_case("iam:CreateServiceLinkedRole");
        let linked = if is_made || is_about_linked_roles(action) {
            generic::linked_services(&self.resource.resource_type)
        } else {
            &[]
        };
        let targets = if linked.is_empty() {
            targets::automatic(self, action)
        } else {
            targets::service_linked_roles(self.stack, linked)
        };
        Call {
            action: action.clone(),
            phases,
            targets,
            conditions: conditions::linked_services(if is_made { linked } else { &[] }),
            open: Vec::new(),
            hardness: Hardness::Must,
            reason,
        }
    }

    fn rule_needs(&self, action: &Action, verbs: &Verbs, rule: &Rule, needs: &mut Needs) {
        let Some(mut asked) = self.applies(&rule.when) else { return };
        // Where nothing but the type asks for it, what it acts on tells the reader most.
        let told = match rule.on.first() {
            Some(On::Reference { path, .. }) => Some(path.as_str()),
            Some(On::Arn(template)) => self.told_by(template),
            _ => None,
        };
        if let (None, Some(path)) = (&asked.0, told) {
            asked = (Some(path.to_owned()), self.span_of(path));
        }
        let (property, span) = asked;
        let phases = if rule.phases.is_empty() {
            self.phases_of(verbs)
        } else {
            self.phases_after(&rule.phases)
        };
        let mut named_by = self.named_by(&rule.on);
        let targets = if rule.on.is_empty() {
            match references::of(self, action) {
                Treatment::Followed(followed) => {
                    named_by = followed.first().map(|first| NamedBy {
                        property: Some(first.property.clone()),
                        span: first.span,
                    });
                    Targets::merged(followed.into_iter().map(|reference| reference.targets))
                }
                Treatment::NotNamed => {
                    needs.gaps.push(self.unknown_role());
                    return;
                }
                Treatment::Ordinary => targets::automatic(self, action),
            }
        } else {
            targets::given(self, action, &rule.on)
        };
        let call = Call {
            action: action.clone(),
            phases,
            targets,
            conditions: conditions::build(&conditions::given(self, rule)),
            open: conditions::open(self, rule),
            hardness: rule.hardness,
            reason: Reason { property, span, evidence: rule.evidence.clone(), named_by },
        };
        self.emit(call, needs);
    }

    /// Turns targets into needs, one a phase, and unknown values into gaps.
    fn emit(&self, call: Call, needs: &mut Needs) {
        // Working out a place reads the text up to it.
        let why = self.why(&call.reason);
        let conditions = conditions::of_key(self, &call.action, call.conditions);
        if !call.targets.0.is_empty() && !call.phases.is_empty() {
            needs.gaps.extend(call.open.iter().map(|open| self.open_condition(open)));
        }
        for Target { scoping, arns } in call.targets.0 {
            if arns.is_empty() {
                needs.gaps.push(self.unusable(&call.action, &call.reason));
                continue;
            }
            match scoping {
                Scoping::UnknownValue => needs.gaps.push(self.unresolved(&call.reason)),
                Scoping::OutOfReach => needs.gaps.push(self.out_of_reach(&call.reason)),
                _ => {}
            }
            let scoping = if call.open.is_empty() { scoping } else { Scoping::UnknownValue };
            for &phase in &call.phases {
                needs.needs.push(Need {
                    who: Who::Executor,
                    action: call.action.clone(),
                    phase,
                    resources: arns.clone(),
                    conditions: conditions.clone(),
                    hardness: call.hardness,
                    scoping: scoping.clone(),
                    why: why.clone(),
                });
            }
        }
    }

    /// What tells on which resources a rule with this `on` acts, as far as one thing alone does.
    fn named_by(&self, on: &[On]) -> Option<NamedBy> {
        let by = |path: &str| NamedBy { property: Some(path.to_owned()), span: self.span_of(path) };
        let itself = || NamedBy { property: None, span: self.resource.span };
        let is_open = |own: &scope::Pattern| {
            matches!(own.scoping, Scoping::UnknownValue | Scoping::OutOfReach)
        };
        let acts_on_itself = on.is_empty() || on.iter().any(|on| matches!(on, On::Itself(_)));
        if acts_on_itself && self.arns().iter().any(is_open) {
            return Some(itself());
        }
        on.iter().find_map(|on| match on {
            On::Reference { path, .. }
            | On::Profile(path)
            | On::Unqualified(path)
            | On::Through { path, .. } => {
                let is_there = self.resource.presence_at(path).possible();
                is_there.then(|| by(path))
            }
            On::Arn(template) => self.told_by(template).map(by).or_else(|| {
                let mut own = origins::naming(&self.resource.resource_type);
                let is_own = |property| own.any(|own| own == property);
                scope::properties_in(template).any(is_own).then(itself)
            }),
            On::Itself(_) | On::Executor | On::Any => None,
        })
    }

    /// The property that an ARN template names another resource by, if it is there.
    fn told_by<'b>(&self, template: &'b str) -> Option<&'b str> {
        let properties = scope::properties_in(template);
        let mut told = properties.filter(|property| {
            let names_itself =
                origins::naming(&self.resource.resource_type).any(|own| own == *property);
            !names_itself && self.resource.presence_at(property).possible()
        });
        told.next()
    }

    fn why(&self, reason: &Reason) -> Why {
        Why {
            stack: scope::stack_name(self.stack),
            resource: Some(self.resource_ref()),
            property: reason.property.as_deref().map(|path| shown(path).into_owned()),
            place: self.place(reason.span),
            evidence: reason.evidence.clone(),
        }
    }

    fn place(&self, span: Span) -> Place {
        self.stack.place(span)
    }

    fn resource_ref(&self) -> ResourceRef {
        resource_ref(self.resource)
    }

    /// Whether an alternative of a `when` holds or may hold: the property that asks for it, and its place.
    fn applies(&self, when: &[When]) -> Option<(Option<String>, Span)> {
        if when.is_empty() {
            return Some((None, self.resource.span));
        }
        let alternative = when.iter().find(|alternative| {
            alternative
                .0
                .iter()
                .map(|term| self.holds(term))
                .fold(Truth::Yes, Truth::and)
                .possible()
        })?;
        let shown = alternative.0.iter().find_map(|term| match term {
            Term::Present(path) | Term::Equal(path, _) | Term::Like(path, _) => {
                Some((Some(path.clone()), self.span_of(path)))
            }
            Term::Tags => self.tags(),
            Term::Absent(_) | Term::UpdatePolicy | Term::Snapshot => None,
        });
        Some(shown.unwrap_or((None, self.resource.span)))
    }

    fn holds(&self, term: &Term) -> Truth {
        let resource = self.resource;
        match term {
            Term::Present(path) => resource.presence_at(path),
            Term::Absent(path) => resource.presence_at(path).negate(),
            Term::Equal(path, value) => {
                let expected = Value::text(value.as_str());
                resource.any_at(path, &|value| value.equality(&expected))
            }
            Term::Like(path, pattern) => self.likeness(path, pattern),
            Term::UpdatePolicy => resource.update_policy.presence(),
            Term::Snapshot => self.takes_snapshot(),
            Term::Tags => Truth::from(self.tags().is_some()),
        }
    }

    /// Whether a text that a pattern matches stands at a property path. What is not wholly known may be such a text.
    fn likeness(&self, path: &str, pattern: &str) -> Truth {
        let glob = Glob::new(pattern, Case::Sensitive, Syntax::Plain);
        let is_like = |text: &Text| {
            if let Some(text) = text.known() {
                Truth::from(glob.matches(text))
            } else {
                let patterns = scope::patterns(self.stack, text);
                let may = patterns.iter().any(|found| overlaps(&found.glob, pattern));
                if may { Truth::Maybe } else { Truth::No }
            }
        };
        // A mapping is no text, whatever stands in it.
        self.resource.any_at(path, &|value| match value {
            Value::Map(_) => Truth::No,
            value => value.texts().iter().map(is_like).max().unwrap_or(Truth::No),
        })
    }

    /// Whether the rules say that nobody asks for a permission on what a property refers to.
    fn is_unchecked(&self, path: &str, arn: &str) -> bool {
        let unchecked = self.rules.into_iter().flat_map(|rules| &rules.unchecked);
        unchecked.into_iter().any(|it| {
            let glob = Glob::new(&it.like, Case::Sensitive, Syntax::Plain);
            it.property == path && glob.matches(arn)
        })
    }

    /// Where a property path stands; the resource, if nothing is there.
    fn span_of(&self, path: &str) -> Span {
        let mut path = path;
        loop {
            let found = self.resource.at(path);
            if let Some(found) = found.values.first().filter(|found| found.span != Span::default())
            {
                return found.span;
            }
            match path.rsplit_once('.') {
                Some((parent, _)) => path = parent,
                None => return self.resource.span,
            }
        }
    }

    /// Whether the resource has or may have tags: the property they come from, and its place.
    fn tags(&self) -> Option<(Option<String>, Span)> {
        let property = self
            .registered
            .and_then(ResourceType::tagging)
            .map_or("Tags", |tagging| tagging.property);
        if self.resource.presence_at(property).possible() {
            return Some((Some(property.to_owned()), self.span_of(property)));
        }
        (!self.stack.setting.stack_tags.is_empty()).then_some((None, self.resource.span))
    }

    /// Whether an action is called only for tags. Some types list their ordinary actions among those for tagging, too.
    fn is_tagging(&self, action: &Action) -> bool {
        let is = |service: &str, name: &str| {
            action.service().eq_ignore_ascii_case(service)
                && action.name().eq_ignore_ascii_case(name)
        };
        let is_named_so = action.name().to_ascii_lowercase().contains("tag");
        let Some(registered) = self.registered.filter(|_| is_named_so) else { return false };
        registered.tagging_permissions().any(|(service, name)| is(service, name))
            || registered.tagging().is_some() && self.tags_itself(action)
    }

    /// Whether an action tags or untags the resource itself. Such a call takes one tag at least, whatever the handlers list.
    fn tags_itself(&self, action: &Action) -> bool {
        let own = || self.arns().iter().filter_map(|own| own.glob.split(':').nth(2));
        ["TagResource", "UntagResource"].iter().any(|name| action.name().eq_ignore_ascii_case(name))
            && own().any(|service| action.service().eq_ignore_ascii_case(service))
    }
}

/// Whether a text may match both patterns. Those of ARNs are compared part by part, so that an open name does not reach into
/// another service.
fn overlaps(left: &str, right: &str) -> bool {
    let is_arn = |pattern: &str| pattern.starts_with("arn:") && pattern.matches(':').count() >= 5;
    if is_arn(left)
        && is_arn(right)
        && let (Ok(left), Ok(right)) = (left.parse::<ArnPattern>(), right.parse::<ArnPattern>())
    {
        return left.overlaps(&right);
    }
    let glob = |pattern| Glob::new(pattern, Case::Sensitive, Syntax::Variables);
    glob(left).overlaps(glob(right))
}

/// Whether an action is about a service-linked role that is there.
fn is_about_linked_roles(action: &Action) -> bool {
    ["iam:DeleteServiceLinkedRole", "iam:GetServiceLinkedRoleDeletionStatus"]
        .iter()
        .any(|name| action.as_str().eq_ignore_ascii_case(name))
}

fn resource_ref(resource: &Resource) -> ResourceRef {
    ResourceRef {
        logical_id: resource.logical_id.to_string(),
        resource_type: resource.resource_type.clone(),
    }
}

fn handler_evidence(verbs: &Verbs) -> String {
    let names = verbs.iter().filter_map(|verb| match verb {
        Verb::Create => Some("create"),
        Verb::Read => Some("read"),
        Verb::Update => Some("update"),
        Verb::Delete => Some("delete"),
        Verb::List => None,
    });
    format!("registry handlers {}", names.collect::<Vec<_>>().join(", "))
}

/// The actions that a handler's permission stands for. A few have wildcards, which stand for the actions that exist.
fn expanded(service: &str, name: &str) -> Vec<Action> {
    if name == WHOLE_SERVICE {
        return Vec::new();
    }
    if !name.contains(['*', '?']) {
        return format!("{service}:{name}").parse().into_iter().collect();
    }
    let glob = Glob::new(name, Case::Insensitive, Syntax::Plain);
    let matching = catalogue::actions(service).filter(|facts| glob.matches(facts.name()));
    matching
        .filter_map(|facts| format!("{}:{}", facts.service(), facts.name()).parse().ok())
        .collect()
}

/// When a tagging action that no handler lists is called.
fn tagging_verbs(action: &Action) -> Verbs {
    let reads = catalogue::action(action.service(), action.name()).is_some_and(|facts| {
        facts.access_levels().all(|level| {
            matches!(level, catalogue::AccessLevel::List | catalogue::AccessLevel::Read)
        })
    });
    let removes = ["Untag", "Remove", "Delete"].iter().any(|word| action.name().contains(word));
    match (reads, removes) {
        (true, _) => BTreeSet::from([Verb::Read]),
        (false, true) => BTreeSet::from([Verb::Update]),
        (false, false) => BTreeSet::from([Verb::Create, Verb::Update]),
    }
}

#[cfg(test)]
mod tests;

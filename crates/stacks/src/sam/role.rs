//! The role that SAM makes for a function or a state machine.

use stackpass_ground::tree::Node;

use super::build::{At, Properties, if_parts, is_no_value};
use super::resource::{Macro, is_wanted};
use super::{Expansion, tags};
use crate::template::function;

/// What a role is made of.
#[derive(Debug)]
pub(super) struct Role {
    /// Its trust policy.
    pub(super) trust: Node,
    /// The managed policies that are attached to it whatever `Policies` says.
    pub(super) managed: Vec<Node>,
    /// Its inline policies.
    pub(super) inline: Vec<Node>,
    /// Its tags.
    pub(super) tags: Vec<Node>,
}

impl Role {
    /// Whether a policy of this name is attached already.
    fn has(&self, name: &Node) -> bool {
        let Some(name) = name.as_str() else { return false };
        let paths = self.managed.iter().filter_map(|attached| match function(attached) {
            Some(("Fn::Sub", path)) => path.as_str(),
            _ => None,
        });
        paths.filter_map(|path| path.rsplit('/').next()).any(|attached| attached == name)
    }

    /// Attaches a managed policy, once.
    pub(super) fn attach(&mut self, policy: Node) {
        let text = super::build::digest(&policy);
        if !self.managed.iter().any(|attached| super::build::digest(attached) == text) {
            self.managed.push(policy);
        }
    }
}

/// The tags of what SAM makes: who made it, then the user's.
pub(super) fn tags(sam: &Macro, creator: &str) -> Vec<Node> {
    let mut tags = vec![sam.at().tag(creator, sam.at().text("SAM"))];
    tags.extend(sam.field("Tags").into_iter().flat_map(tags::pairs));
    tags
}

/// Adds a role with the policies that the `Policies` of its resource name. Gives its logical id.
pub(super) fn add(expansion: &mut Expansion<'_>, sam: &Macro, id: &str, mut role: Role) -> String {
    let at = sam.at_property("Policies");
    let policies = sam.field("Policies").filter(|policies| is_wanted(policies));
    let policies = policies.map_or(&[][..], |policies| match policies.items() {
        [] => std::slice::from_ref(policies),
        items => items,
    });
    for (index, policy) in policies.iter().enumerate() {
        match kind(policy) {
            PolicyKind::Managed if role.has(policy) => {}
            PolicyKind::Managed => role.attach(named(policy)),
            PolicyKind::Inline => {
                let name = At(policy.span).text(format!("{id}Policy{index}"));
                role.inline.push(inline(policy, &name));
            }
        }
    }
    let mut properties = Properties::default();
    properties.set("AssumeRolePolicyDocument", role.trust);
    if !role.managed.is_empty() {
        properties.set("ManagedPolicyArns", at.list(role.managed));
    }
    if !role.inline.is_empty() {
        properties.set("Policies", at.list(role.inline));
    }
    properties.copy_as(&sam.properties, "RolePath", "Path");
    properties.copy(&sam.properties, &["PermissionsBoundary"]);
    if !role.tags.is_empty() {
        properties.set("Tags", sam.at_property("Tags").list(role.tags));
    }
    expansion.add(sam, id, "AWS::IAM::Role", at, properties)
}

/// What an entry of `Policies` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PolicyKind {
    /// The name or ARN of a managed policy.
    Managed,
    /// A document, or one of SAM's policy templates, of which a document is made.
    Inline,
}

fn kind(policy: &Node) -> PolicyKind {
    if let Some((_, yes, no)) = if_parts(policy) {
        return kind(if is_no_value(yes) { no } else { yes });
    }
    if policy.as_str().is_some() || function(policy).is_some() {
        PolicyKind::Managed
    } else {
        PolicyKind::Inline
    }
}

/// A managed policy by its ARN.
fn named(policy: &Node) -> Node {
    let at = At(policy.span);
    if let Some((condition, yes, no)) = if_parts(policy) {
        return at.choice(condition.clone(), named(yes), named(no));
    }
    match policy.as_str() {
        // Which path AWS keeps a policy under is looked up by SAM in a long list.
        Some(name) if !name.contains([':', '{']) => at.sub_with(
            format!("arn:${{AWS::Partition}}:iam::aws:policy/${{Path}}{name}"),
            "Path",
            at.any_text(),
        ),
        _ => policy.clone(),
    }
}

fn inline(policy: &Node, name: &Node) -> Node {
    let at = At(policy.span);
    if let Some((condition, yes, no)) = if_parts(policy) {
        return at.choice(condition.clone(), inline(yes, name), inline(no, name));
    }
    if is_no_value(policy) {
        return policy.clone();
    }
    at.map([("PolicyName", name.clone()), ("PolicyDocument", policy.clone())])
}

/// The policy that lets code write traces, which has another name in the first partition.
pub(super) fn tracing_policy(at: At) -> Node {
    let is_first = at.list([at.reference("AWS::Partition"), at.text("aws")]);
    at.choice(
        at.map([("Fn::Equals", is_first)]),
        at.managed_policy("AWSXrayWriteOnlyAccess"),
        at.managed_policy("AWSXRayDaemonWriteAccess"),
    )
}

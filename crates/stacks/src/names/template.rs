//! Templates of names and ARNs: text with variables, `arn:${Partition}:sqs:${Region}:${Account}:${QueueName}` for one.

use std::collections::BTreeSet;

use stackpass_ground::account::AccountId;
use stackpass_policy::catalogue::{self, ResourceTypeFacts};

use crate::generic::{self, Home};
use crate::need::Scoping;
use crate::pattern::{Pattern, any_build, append};
use crate::registry;
use crate::resolve::Stack;
use crate::rules;

/// What may stand before a property in a variable of an ARN template.
pub(crate) const PREFIXES: [&str; 3] = ["lower:", "account of ", "path of "];

/// The text of a name or an ARN, with variables for what varies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct NameTemplate<'a>(&'a str);

impl NameTemplate<'static> {
    /// The ARN template of a resource type.
    pub(crate) fn of_type(resource_type: &str) -> Option<NameTemplate<'static>> {
        let of_rules = rules::of(resource_type).and_then(|rules| rules.arn.as_deref());
        let registered = || registry::resource_type(resource_type)?.arn_template();
        of_rules.or_else(registered).map(NameTemplate)
    }

    /// The ARN templates of a resource type of IAM's catalogue.
    pub(crate) fn of_kind(kind: ResourceTypeFacts) -> impl Iterator<Item = NameTemplate<'static>> {
        kind.arns().map(NameTemplate)
    }

    /// The ARN template of a resource type of IAM's catalogue by its name, or one that is used where the catalogue has none.
    pub(crate) fn of_kind_named(
        service: &str,
        kind: &str,
        otherwise: &'static str,
    ) -> NameTemplate<'static> {
        let found = catalogue::resource_type(service, kind);
        NameTemplate(found.and_then(|kind| kind.arns().next()).unwrap_or(otherwise))
    }
}

impl<'a> NameTemplate<'a> {
    pub(crate) const fn new(text: &'a str) -> NameTemplate<'a> {
        NameTemplate(text)
    }

    pub(crate) fn as_str(self) -> &'a str {
        self.0
    }

    /// The service in the ARN.
    pub(crate) fn service(self) -> &'a str {
        self.0.split(':').nth(2).unwrap_or_default()
    }

    /// The kind of resource, as it stands in the ARN: `role` of IAM.
    pub(crate) fn kind(self) -> &'a str {
        let resource = self.0.splitn(6, ':').nth(5).unwrap_or_default();
        resource.split([':', '/', '$']).next().unwrap_or_default()
    }

    /// How values name the resources of the service.
    pub(super) fn naming(self) -> &'static generic::Naming {
        generic::naming(self.service())
    }

    /// Whether its ARNs are those of objects in buckets.
    pub(super) fn is_of_objects(self) -> bool {
        self.0.starts_with("arn:${Partition}:s3:::") && self.0.contains('/')
    }

    /// The variables, without what is done to them: properties, for the most part.
    pub(crate) fn properties(self) -> impl Iterator<Item = &'a str> {
        let variables = self.0.split("${").skip(1).filter_map(|rest| rest.split_once('}'));
        let properties = variables.filter_map(|(variable, _)| {
            let prefix = PREFIXES.into_iter().find_map(|prefix| variable.strip_prefix(prefix));
            prefix.unwrap_or(variable).split(['|', '#', '+', '/']).next()
        });
        properties.filter(|property| !matches!(*property, "Partition" | "Region" | "Account"))
    }

    /// How many variables there are.
    pub(crate) fn variables(self) -> usize {
        self.0.matches("${").count()
    }

    /// A name as it stands in these ARNs: in lower case where the service keeps it so, however the template writes it, and both
    /// ways where it may.
    pub(super) fn in_case(self, name: Pattern) -> BTreeSet<Pattern> {
        let (service, kind) = (self.service(), self.kind());
        if generic::may_be_in_lower_case(service, kind) {
            BTreeSet::from([name.clone().in_lower_case(), name])
        } else if generic::lower_case_kinds(service).iter().any(|lower| lower == kind) {
            BTreeSet::from([name.in_lower_case()])
        } else {
            BTreeSet::from([name])
        }
    }

    /// The wildcard: account and region as far as they are known, everything else open.
    pub(crate) fn wildcard(self, stack: &Stack) -> Pattern {
        self.wildcard_at(stack, Home::Own)
    }

    /// The wildcard for a value of which nothing is known: it may be in another account, as layers and keys often are.
    pub(crate) fn anywhere(self, stack: &Stack) -> Pattern {
        let home = self.naming().home(self.kind());
        self.wildcard_at(stack, home).scoped(Scoping::UnknownValue)
    }

    /// The wildcard in any account and region: what a literal ARN is compared with. Layers, keys, topics, certificates and
    /// roles of others are referred to by it.
    pub(crate) fn everywhere(self, stack: &Stack) -> Pattern {
        self.wildcard_at(stack, Home::Anywhere)
    }

    /// The wildcard for what is somewhere.
    pub(crate) fn wildcard_at(self, stack: &Stack, home: Home) -> Pattern {
        let setting = &stack.setting;
        let (region, account) = match home {
            Home::Own => (setting.region.as_deref(), setting.account.as_deref()),
            Home::AnyAccount => (setting.region.as_deref(), None),
            Home::Anywhere => (None, None),
        };
        let mut glob = String::with_capacity(self.0.len());
        let mut rest = self.0;
        while let Some((before, after)) = rest.split_once("${") {
            let Some((variable, after)) = after.split_once('}') else { break };
            append(&mut glob, before);
            let known = match variable {
                "Partition" => setting.partition.as_deref(),
                "Region" => region,
                "Account" => account,
                "AccountId" => setting.account.as_deref(),
                _ if variable.starts_with("account of ") => setting.account.as_deref(),
                // Most lie in no path.
                _ if variable.starts_with("path of ") => Some(""),
                "*" => Some("${*}"),
                "?" => Some("${?}"),
                "$" => Some("${$}"),
                // The name of the stack is none of these: other stacks have that format, too.
                _ => None,
            };
            append(&mut glob, known.unwrap_or("*"));
            rest = after;
        }
        append(&mut glob, rest);
        let glob = if self.is_of_objects() { any_build(&glob) } else { glob };
        Pattern::new(glob, Scoping::AnyOfType)
    }

    /// The ARN with a name for the last variable.
    pub(super) fn with_name(self, stack: &Stack, name: &str) -> String {
        match self.0.rsplit_once("${") {
            // There is only one of it, such as the hub of an account.
            Some((before, _)) if before.matches(':').count() < 5 => {
                self.wildcard(stack).into_string()
            }
            Some((before, after)) => {
                let after = after.split_once('}').map_or("", |(_, after)| after);
                let mut glob = NameTemplate(before).wildcard(stack).into_string();
                // `parameter/${Name}` with a name that already begins with the slash.
                let name =
                    if glob.ends_with('/') { name.strip_prefix('/').unwrap_or(name) } else { name };
                glob.push_str(name);
                glob.push_str(after);
                glob
            }
            None => self.0.to_owned(),
        }
    }
}

/// The account that stands at the beginning of an identifier, and what comes behind it, with a slash in front: a catalog of AWS Glue is
/// `ACCOUNT`, `ACCOUNT:PATH` or `PATH`.
/// <https://docs.aws.amazon.com/glue/latest/webapi/API_CreateTable.html>
pub(super) fn account_and_rest(glob: &str) -> (Option<&str>, String) {
    let (account, path) = match glob.split_once(':') {
        Some((account, path)) => (Some(account), path),
        None if glob.parse::<AccountId>().is_ok() || glob == "*" => (Some(glob), ""),
        None => (None, glob),
    };
    (account, if path.is_empty() { String::new() } else { format!("/{path}") })
}

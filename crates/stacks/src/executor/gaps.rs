//! What could not be worked out of a resource, told as gaps.

use stackpass_ground::source::Span;
use stackpass_policy::action::Action;

use super::calls::Reason;
use super::conditions::Open;
use super::{PropertyAt, Subject, WHOLE_SERVICE, follow, origins, resource_ref};
use crate::codes;
use crate::help::{Help, Wanted};
use crate::names::{self, NameTemplate};
use crate::need::{Gap, Scoping};
use crate::pattern::Pattern;
use crate::property_path::shown;
use crate::registry::{self, ResourceType};
use crate::resolve::{Resource, Stack};
use crate::value::Text;

impl PropertyAt {
    /// The resources, as a reader of the template knows them.
    fn told(&self) -> String {
        match &self.path {
            Some(property) => format!("what `{}` refers to", shown(property)),
            None => "its name".to_owned(),
        }
    }
}

impl Subject<'_> {
    /// Services of which the registry lists every action for the type. What the handlers really call is not known, so it is a gap.
    pub(super) fn whole_services(&self) -> Option<Gap> {
        let permissions = self.registered.into_iter().flat_map(ResourceType::permissions);
        let whole = permissions.filter(|permission| permission.name == WHOLE_SERVICE);
        let services: Vec<String> =
            whole.map(|permission| format!("`{}`", permission.service)).collect();
        (!services.is_empty()).then(|| Gap {
            place: self.place(self.resource.span),
            code: codes::WHOLE_SERVICE,
            stack: names::stack_name(self.stack),
            resource: Some(self.resource_ref()),
            message: format!(
                "the registry asks for every action of {}, which is not given",
                services.join(", ")
            ),
            help: "add what the deployment turns out to need by hand, and report the type to us"
                .into(),
        })
    }

    /// A type whose handlers pass a role that no property is known to name.
    pub(super) fn unknown_role(&self) -> Gap {
        Gap {
            place: self.place(self.resource.span),
            code: codes::UNKNOWN_ROLE,
            stack: names::stack_name(self.stack),
            resource: Some(self.resource_ref()),
            message: "the registry says that a role is passed, but no property is known to name it, so none may be passed"
                .to_owned(),
            help: "if the deployment turns out to pass a role, add `iam:PassRole` on that role by hand, and report the type to us".into(),
        }
    }

    /// What tells on which resources an action acts, for one of which that is not known.
    fn naming(&self, reason: &Reason) -> PropertyAt {
        let asked_by = || reason.asked_by.clone();
        reason.named_by.clone().or_else(|| self.open_reference()).unwrap_or_else(asked_by)
    }

    /// The first of the resource's typed references that is not known, unless it is the resource's own name that is not.
    fn open_reference(&self) -> Option<PropertyAt> {
        let is_open = |pattern: &Pattern| *pattern.scoping() == Scoping::UnknownValue;
        if self.arns().iter().any(is_open) {
            return None;
        }
        let references = self.registered.into_iter().flat_map(ResourceType::references);
        let mut paths = references.filter_map(|reference| {
            let template = NameTemplate::of_type(reference.target_type)?;
            let told = follow::at_path(self, reference.property, &[template]);
            told.iter().any(is_open).then_some(reference.property)
        });
        let path = paths.next()?;
        Some(self.property(path))
    }

    /// A condition that would bound a permission and whose value is not known.
    pub(super) fn open_condition(&self, open: &Open) -> Gap {
        let Open { key, property } = open;
        // Nothing in the template says it: which services may receive a role is a fact about its type.
        let (value, help) = if key == "iam:PassedToService" {
            let help = Help::from("add the condition by hand, and report the type to us");
            (format!("which service receives the role of `{property}` is not known"), help)
        } else {
            let help = origins::help(self, Some(property));
            (format!("the value of `{property}` is not known before the deployment"), help)
        };
        Gap {
            place: self.place(self.span_of(property)),
            code: codes::UNRESOLVED_VALUE,
            stack: names::stack_name(self.stack),
            resource: Some(self.resource_ref()),
            message: format!("{value}, so `{key}` does not bound the permission"),
            help,
        }
    }

    /// A value that should name what an action is given on, and names nothing that IAM can.
    pub(super) fn unusable(&self, action: &Action, reason: &Reason) -> Gap {
        let named_by = self.naming(reason);
        let subject = match &named_by.path {
            Some(property) => format!("`{}` holds", shown(property)),
            None => "its name is made of".to_owned(),
        };
        Gap {
            place: self.place(named_by.span),
            code: codes::UNUSABLE_VALUE,
            stack: names::stack_name(self.stack),
            resource: Some(self.resource_ref()),
            message: format!(
                "{subject} what names no single resource, so `{action}` is not given for it"
            ),
            help: "write the ARN or the name of what is meant, without a wildcard".into(),
        }
    }

    /// A value that scopes permissions and is not followed to its end.
    pub(super) fn out_of_reach(&self, reason: &Reason) -> Gap {
        let named_by = self.naming(reason);
        let subject = named_by.told();
        Gap {
            place: self.place(named_by.span),
            code: codes::OUT_OF_REACH,
            stack: names::stack_name(self.stack),
            resource: Some(self.resource_ref()),
            message: format!(
                "{subject} follows from itself or from too many other names, so permissions are given for all of its kind"
            ),
            help: "write the name itself in place of one of the references".into(),
        }
    }

    /// A literal ARN that none of the resource's actions acts on.
    pub(super) fn leads_nowhere(&self, path: &str, arn: &str) -> Gap {
        Gap {
            place: self.place(self.span_of(path)),
            code: codes::UNMATCHED_REFERENCE,
            stack: names::stack_name(self.stack),
            resource: Some(self.resource_ref()),
            message: format!(
                "`{path}` refers to `{arn}`, and no action that is known for the type acts on such a thing"
            ),
            help: "mend the ARN; if it is right, add by hand what the deployment turns out to need on it, and report the type to us".into(),
        }
    }

    /// A value that scopes permissions and is not known.
    pub(super) fn unresolved(&self, reason: &Reason) -> Gap {
        let named_by = self.naming(reason);
        let subject = named_by.told();
        Gap {
            place: self.place(named_by.span),
            code: codes::UNRESOLVED_VALUE,
            stack: names::stack_name(self.stack),
            resource: Some(self.resource_ref()),
            message: format!(
                "{subject} is not known before the deployment, so permissions are given for all of its kind"
            ),
            help: origins::help(self, named_by.path.as_deref()),
        }
    }
}

/// How to see a template as CloudFormation makes it of loops, includes and macros, which works before the first deployment.
const PROCESSED: &str = "make a change set (`aws cloudformation create-change-set`) and give what it makes of the template: `aws cloudformation get-template --change-set-name ARN --template-stage Processed`";

/// A loop that makes resources over what is not known.
pub(super) fn open_loop(stack: &Stack, span: Span, name: &str) -> Gap {
    Gap {
        place: stack.place(span),
        code: codes::OPEN_LOOP,
        stack: names::stack_name(stack),
        resource: None,
        message: format!(
            "what `{name}` runs over is not known, so what the resources that it makes need is not known"
        ),
        help: any_parameter(
            "give the parameters that it runs over (",
            format!("), or {PROCESSED}"),
        ),
    }
}

/// Parameters of which it is not known which they are.
fn any_parameter(before: &'static str, after: String) -> Help {
    Help::Give { before, what: Wanted::Parameters { names: Vec::new(), more: 0 }, after }
}

/// A file that a transform puts in its place.
pub(super) fn include(stack: &Stack, span: Span, location: &Text) -> Gap {
    let file = match location.known() {
        Some(location) => format!("`{location}`"),
        None => "a file whose place is not known, so that any object may be read".to_owned(),
    };
    Gap {
        place: stack.place(span),
        code: codes::INCLUDE,
        stack: names::stack_name(stack),
        resource: None,
        message: format!("`AWS::Include` brings in {file}; what that needs is not known"),
        help: PROCESSED.into(),
    }
}

/// A macro of the account, which may change the template in any way.
pub(super) fn unknown_macro(stack: &Stack, span: Span, name: &str) -> Gap {
    Gap {
        place: stack.place(span),
        code: codes::MACRO,
        stack: names::stack_name(stack),
        resource: None,
        message: format!(
            "the macro `{name}` changes the template, and its function is not in the template"
        ),
        help: format!("let the caller invoke the macro's function; then {PROCESSED}").into(),
    }
}

/// An application of the AWS Serverless Application Repository whose ARN is not known.
pub(super) fn unknown_application(stack: &Stack, span: Span) -> Gap {
    Gap {
        place: stack.place(span),
        code: codes::UNRESOLVED_VALUE,
        stack: names::stack_name(stack),
        resource: None,
        message: "which application is taken is not known before the deployment, so permissions are given for all of its kind".to_owned(),
        help: any_parameter(
            "give the parameters that it follows from (",
            "), or narrow the policy by hand".to_owned(),
        ),
    }
}

pub(super) fn unknown_nested_stack(stack: &Stack, resource: &Resource) -> Gap {
    Gap {
        place: stack.place(resource.span),
        code: codes::NESTED_TEMPLATE,
        stack: names::stack_name(stack),
        resource: Some(resource_ref(resource)),
        message: "the template of the nested stack is not among the files, so what its resources need is not known".to_owned(),
        help: "derive the needs of that template on its own, and add them".into(),
    }
}

pub(super) fn unknown_type(stack: &Stack, resource: &Resource, listed: bool) -> Gap {
    let name = &resource.resource_type;
    let (code, message, help) = if listed {
        let message = format!("the registry publishes no permissions for `{name}`");
        (
            codes::NO_PERMISSIONS,
            message,
            "add what its API calls need to the policy by hand, and report the type to us",
        )
    } else if name.starts_with("AWS::Serverless::") {
        let message = format!("`{name}` is made into other resources by the SAM transform");
        (codes::SAM_TYPE, message, PROCESSED)
    } else if name.ends_with("::MODULE") {
        let message = format!("`{name}` is a module, whose resources are not in the template");
        (codes::MODULE_TYPE, message, PROCESSED)
    } else {
        let message = format!("`{name}` is no type that the registry of {} knows", registry::DATE);
        (
            codes::UNKNOWN_TYPE,
            message,
            "mend the name, or add what its handlers need to the policy by hand if it is a private or third-party type",
        )
    };
    Gap {
        place: stack.place(resource.span),
        code,
        stack: names::stack_name(stack),
        resource: Some(resource_ref(resource)),
        message,
        help: help.into(),
    }
}

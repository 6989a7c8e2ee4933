//! The values of template parameters: given, else the default, else one of the allowed values, else unknown.

use stackpass_ground::source::{Diagnostic, Span};
use stackpass_ground::tree::{Kind, Node};
use stackpass_ground::truth::Truth;

use super::{Evaluation, Use, UseKind};
use crate::codes;
use crate::sam::PACKAGE_BUCKET;
use crate::template::transforms::INCLUDE;
use crate::template::{Parameter, plain};
use crate::value::{List, Located, Text, Value};

const SYSTEMS_MANAGER: &str = "AWS::SSM::Parameter::Value<";

impl Evaluation<'_> {
    pub(super) fn read_parameters(&mut self) {
        let template = self.template;
        for (name, parameter) in &template.parameters {
            let value = self.parameter(name, parameter);
            self.parameters.insert(name.clone(), value);
        }
        for name in self.setting.parameters.keys() {
            // The bucket of SAM's tools takes the template, too, where there is no local code.
            if !template.parameters.contains_key(name) && name != PACKAGE_BUCKET {
                let message = format!("the template has no parameter `{name}`");
                let diagnostic =
                    Diagnostic::warning(codes::UNKNOWN_PARAMETER, Span::default(), message);
                self.diagnose(diagnostic.with_help(match template.parameters.len() {
                    0 => "it declares none".to_owned(),
                    _ => format!(
                            "it declares {}",
                            template
                                .parameters
                                .keys()
                                .map(|name| format!("`{name}`"))
                                .collect::<Vec<_>>()
                                .join(", ")
                        ),
                }));
            }
        }
    }

    pub(super) fn read_transforms(&mut self) {
        let template = self.template;
        for transform in &template.transforms {
            let span = transform.span;
            self.uses.insert(Use { span, kind: UseKind::Transform(transform.name.clone()) });
            if transform.name == INCLUDE {
                let given = transform.parameters.as_ref();
                let location = given.and_then(|given| given.field("Location"));
                let location = location.map_or(Value::Unknown, |node| self.value(&plain(node)));
                for text in location.texts() {
                    self.uses.insert(Use { span, kind: UseKind::Include(text) });
                }
            }
        }
        for application in &template.applications {
            for text in self.value(application).texts() {
                let kind = UseKind::Application(text);
                self.uses.insert(Use { span: application.span, kind });
            }
        }
    }

    fn parameter(&mut self, name: &str, parameter: &Parameter) -> Value {
        let kind = parameter.parameter_type.as_str();
        let given = self.setting.parameters.get(name).cloned();
        let is_given = given.is_some();
        let default = parameter.default.as_ref().map(scalar);
        let value = match given {
            // A parent that may leave the parameter out leaves it to its default.
            Some(given) if given.presence() != Truth::Yes && given != Value::Unknown => {
                let otherwise = default.unwrap_or(Value::Unknown);
                let alternatives = given.alternatives().iter().map(|value| match value {
                    Value::Absent => otherwise.clone(),
                    value => value.clone(),
                });
                Some(Value::one_of(alternatives))
            }
            Some(given) => Some(given),
            None => default,
        };
        if kind.starts_with(SYSTEMS_MANAGER) {
            // The parameter holds the name of a Systems Manager parameter; `Ref` gives what is stored there.
            let names = value.map_or_else(|| vec![Text::any()], |value| value.texts());
            for name in names {
                self.uses
                    .insert(Use { span: parameter.span, kind: UseKind::StoredParameter(name) });
            }
            let is_list = kind.contains("List<") || kind.contains("CommaDelimitedList");
            return if is_list { Value::Unknown } else { Value::Text(Text::any()) };
        }
        if kind.contains("AWS::") {
            self.uses.insert(Use {
                span: parameter.span,
                kind: UseKind::ParameterType(kind.to_owned()),
            });
        }
        let value = match value {
            Some(value) => value,
            None => match &parameter.allowed_values {
                Some(allowed) if !parameter.no_echo && !allowed.is_empty() => {
                    Value::one_of(allowed.iter().map(scalar))
                }
                _ => Value::Unknown,
            },
        };
        if kind == "CommaDelimitedList" || kind.starts_with("List<") {
            if value == Value::Unknown && !is_given {
                self.open_lists.insert(name.to_owned());
            }
            comma_list(&value)
        } else if value == Value::Unknown {
            // Whatever it will be, it is a text.
            Value::Text(if is_given { Text::any() } else { Text::parameter(name) })
        } else {
            value
        }
    }
}

fn scalar(node: &Node) -> Value {
    match &node.kind {
        Kind::Bool(value) => Value::text(value.to_string()),
        Kind::Number(text) | Kind::String(text) => Value::text(text.clone()),
        Kind::Null => Value::text(""),
        Kind::List(_) | Kind::Map(_) => Value::Unknown,
    }
}

fn comma_list(value: &Value) -> Value {
    let alternatives = value.alternatives().iter().map(|value| match value {
        Value::Text(text) => match text.known() {
            Some("") => Value::List(List::default()),
            Some(text) => {
                let items = text
                    .split(',')
                    .map(|item| Located { value: Value::text(item.trim()), span: Span::default() });
                Value::List(List { items: items.collect(), open: false })
            }
            None => Value::Unknown,
        },
        Value::List(list) => Value::List(list.clone()),
        _ => Value::Unknown,
    });
    Value::one_of(alternatives)
}

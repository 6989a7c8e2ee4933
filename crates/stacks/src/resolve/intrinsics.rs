//! The intrinsic functions that give values.

use std::collections::{BTreeMap, BTreeSet};

use stackpass_ground::partition::Partition;
use stackpass_ground::source::{Diagnostic, Span};
use stackpass_ground::tree::{Kind, Node};
use stackpass_ground::truth::Truth;

use super::texts::append;
use super::{Evaluation, Use, UseKind};
use crate::codes;
use crate::template::{LogicalId, Section};
use crate::value::{List, Located, MAX_ALTERNATIVES, Map, Part, Text, Value};

impl Evaluation<'_> {
    /// The value of a function call.
    pub(super) fn function(&mut self, name: &str, argument: &Node, span: Span) -> Value {
        let value = self.called(name, argument, span);
        // What the others give stands in the template.
        let repeats = matches!(
            name,
            "Ref" | "Fn::Sub" | "Fn::Join" | "Fn::Split" | "Fn::Select" | "Fn::FindInMap"
        );
        if repeats { self.bounded(value, span) } else { value }
    }

    fn called(&mut self, name: &str, argument: &Node, span: Span) -> Value {
        match name {
            "Ref" => match argument.as_str() {
                Some(target) => self.reference(target, span),
                // The transform `AWS::LanguageExtensions` takes functions for what is referred to.
                None => self
                    .each_text(argument, |evaluation, target| evaluation.reference(target, span)),
            },
            "Fn::GetAtt" => self.get_att(argument, span),
            "Fn::Sub" => self.sub(argument, span),
            "Fn::Join" => self.join(argument, span),
            "Fn::Split" => self.split(argument),
            "Fn::Select" => self.select(argument),
            "Fn::If" => self.choose(argument),
            "Fn::FindInMap" => self.find_in_map(argument, span),
            "Fn::GetAZs" => {
                self.value(argument);
                self.uses.insert(Use { span, kind: UseKind::AvailabilityZones });
                unknown_list()
            }
            "Fn::ImportValue" => {
                self.uses.insert(Use { span, kind: UseKind::Import });
                let names = self.value(argument).texts();
                let imported = |name| Value::Text(Text::from_parts([Part::Import(Box::new(name))]));
                Value::one_of(names.into_iter().map(imported))
            }
            "Fn::Cidr" => {
                self.value(argument);
                unknown_list()
            }
            "Fn::Base64" | "Fn::ToJsonString" => {
                // Their argument may hold references that matter; the text itself never scopes anything.
                self.value(argument);
                Value::Text(Text::any())
            }
            "Fn::Length" => match self.value(argument) {
                Value::List(list)
                    if !list.open
                        && list.items.iter().all(|item| item.value.presence() == Truth::Yes) =>
                {
                    Value::text(list.items.len().to_string())
                }
                _ => Value::Text(Text::any()),
            },
            "Fn::And" | "Fn::Or" | "Fn::Not" | "Fn::Equals" => {
                let call = Node::entry(name, argument.clone(), span);
                truth_value(self.truth(&call))
            }
            // A property may be called `Condition`: a policy statement's is, and holds a mapping.
            "Condition" => match argument.as_str() {
                Some(name) if self.template.conditions.contains_key(name) => {
                    truth_value(self.condition(name, span))
                }
                _ => {
                    let value = self.value(argument);
                    let entries = BTreeMap::from([(
                        "Condition".to_owned(),
                        Located { value, span: argument.span },
                    )]);
                    Value::Map(Map { entries, open: false })
                }
            },
            "Fn::Transform" => {
                // The template knows its transforms; their arguments may hold references that matter.
                self.value(argument);
                Value::Unknown
            }
            name if name.starts_with("Fn::ForEach") => {
                // The fragment is full of references to the loop's identifier, which are no mistakes.
                let before = self.diagnostics.len();
                self.value(argument);
                self.diagnostics.truncate(before);
                Value::Unknown
            }
            _ => {
                let diagnostic = Diagnostic::warning(
                    codes::UNKNOWN_FUNCTION,
                    span,
                    format!("`{name}` is no intrinsic function"),
                );
                self.diagnose(diagnostic.with_help("its value counts as unknown"));
                Value::Unknown
            }
        }
    }

    /// `Ref`.
    pub(super) fn reference(&mut self, target: &str, span: Span) -> Value {
        let any = || Value::Text(Text::from_parts([Part::Environment]));
        let known = |value: &Option<String>| value.clone().map_or_else(any, Value::text);
        match target {
            "AWS::NoValue" => Value::Absent,
            "AWS::AccountId" => known(&self.setting.account),
            "AWS::Region" => known(&self.setting.region),
            "AWS::Partition" => known(&self.setting.partition),
            "AWS::StackName" => self.setting.stack_name.clone().map_or_else(any, Value::Text),
            "AWS::URLSuffix" => {
                let partition = self.setting.partition.as_deref().map(str::parse::<Partition>);
                partition.and_then(Result::ok).map_or_else(any, |it| Value::text(it.dns_suffix()))
            }
            "AWS::StackId" => Value::Text(Text::any()),
            "AWS::NotificationARNs" => unknown_list(),
            pseudo if pseudo.starts_with("AWS::") => Value::Unknown,
            _ => {
                if let Some(value) = self.parameters.get(target) {
                    return value.clone();
                }
                match self.resource_id(target) {
                    Some(logical_id) => Value::Text(Text::attribute(logical_id, None)),
                    None => self.unknown_reference(target, span),
                }
            }
        }
    }

    /// `Fn::GetAtt` of a resource and an attribute.
    pub(super) fn attribute(&mut self, target: &str, attribute: &str, span: Span) -> Value {
        match self.resource_id(target) {
            Some(logical_id) => {
                Value::Text(Text::attribute(logical_id, Some(attribute.to_owned())))
            }
            None => self.unknown_reference(target, span),
        }
    }

    fn resource_id(&self, target: &str) -> Option<LogicalId> {
        let logical_id = target.parse::<LogicalId>().ok()?;
        self.template.resources.contains_key(&logical_id).then_some(logical_id)
    }

    fn unknown_reference(&mut self, target: &str, span: Span) -> Value {
        if !self.may_have_more(Section::Resources) {
            let message = format!("nothing in the template is called `{target}`");
            let diagnostic = Diagnostic::error(codes::UNKNOWN_REFERENCE, span, message);
            self.diagnose(
                diagnostic
                    .with_help("declare it under `Parameters` or `Resources`, or mend the name"),
            );
        }
        Value::Unknown
    }

    fn get_att(&mut self, argument: &Node, span: Span) -> Value {
        match argument.items() {
            [target, attribute] => {
                let attribute = self.value(attribute);
                let Value::Text(attribute) = &attribute else { return Value::Unknown };
                let Some(attribute) = attribute.known() else { return Value::Unknown };
                match target.as_str() {
                    Some(target) => self.attribute(target, attribute, span),
                    None => self.each_text(target, |evaluation, target| {
                        evaluation.attribute(target, attribute, span)
                    }),
                }
            }
            _ => match argument.as_str().and_then(|text| text.split_once('.')) {
                Some((target, attribute)) => self.attribute(target, attribute, span),
                None => Value::Unknown,
            },
        }
    }

    /// What a question about a text gives for each of the texts that a function may give; unknown if one of them is.
    fn each_text(
        &mut self,
        argument: &Node,
        mut ask: impl FnMut(&mut Self, &str) -> Value,
    ) -> Value {
        if !matches!(argument.kind, Kind::Map(_)) {
            return Value::Unknown;
        }
        let texts = self.value(argument).texts();
        let known: Option<Vec<&str>> = texts.iter().map(Text::known).collect();
        match known {
            Some(known) => Value::one_of(known.into_iter().map(|text| ask(self, text))),
            None => Value::Unknown,
        }
    }

    fn sub(&mut self, argument: &Node, span: Span) -> Value {
        match (&argument.kind, argument.items()) {
            (Kind::String(template), _) => self.substitute(template, &BTreeMap::new(), span),
            (_, [template, variables]) => match template.as_str() {
                Some(template) => {
                    let values = variables
                        .entries()
                        .iter()
                        .map(|entry| (entry.key.clone(), self.value(&entry.value)))
                        .collect::<BTreeMap<_, _>>();
                    self.substitute(template, &values, span)
                }
                None => Value::Unknown,
            },
            _ => Value::Unknown,
        }
    }

    fn join(&mut self, argument: &Node, span: Span) -> Value {
        let [delimiter, list] = argument.items() else { return Value::Unknown };
        let delimiter = match delimiter.as_str() {
            Some(delimiter) => Text::literal(delimiter),
            None => Text::any(),
        };
        let list = self.value(list);
        let alternatives = list.alternatives().iter().map(|list| match list {
            Value::List(list) if !list.open => {
                let texts = joined(&list.items, &delimiter);
                let texts = texts.into_iter().map(|text| self.references_in(text, span));
                Value::one_of(texts.map(Value::Text).collect::<Vec<_>>())
            }
            Value::List(_) | Value::Unknown => Value::Text(Text::any()),
            // A list parameter with one value, or a mistake that CloudFormation will report.
            value => value.clone(),
        });
        Value::one_of(alternatives.collect::<Vec<_>>())
    }

    fn split(&mut self, argument: &Node) -> Value {
        let Some((delimiter, text)) = self.split_arguments(argument) else {
            return unknown_list();
        };
        let alternatives = text.alternatives().iter().map(|value| match value {
            Value::Text(text) => match text.known() {
                Some(text) => {
                    let items = text.split(delimiter);
                    let items =
                        items.map(|item| Located { value: Value::text(item), span: argument.span });
                    Value::List(List { items: items.collect(), open: false })
                }
                None => unknown_list(),
            },
            _ => unknown_list(),
        });
        Value::one_of(alternatives.collect::<Vec<_>>())
    }

    /// The delimiter of a `Fn::Split`, and what it splits; none, if the delimiter is not known.
    fn split_arguments<'n>(&mut self, argument: &'n Node) -> Option<(&'n str, Value)> {
        let [delimiter, text] = argument.items() else { return None };
        let text = self.value(text);
        let delimiter = delimiter.as_str().filter(|delimiter| !delimiter.is_empty())?;
        Some((delimiter, text))
    }

    /// `Fn::Select` of a `Fn::Split`. What is split may follow from a resource, whose names and ARNs are known in part.
    fn piece(&mut self, index: usize, argument: &Node) -> Value {
        let Some((delimiter, text)) = self.split_arguments(argument) else { return Value::Unknown };
        let pieces = text.alternatives().iter().map(|value| match value {
            Value::Text(text) => match text.known() {
                Some(text) => text.split(delimiter).nth(index).map_or(Value::Unknown, Value::text),
                None => Value::Text(Text::from_parts([Part::Piece {
                    of: Box::new(text.clone()),
                    delimiter: delimiter.to_owned(),
                    index,
                }])),
            },
            _ => Value::Unknown,
        });
        Value::one_of(pieces.collect::<Vec<_>>())
    }

    fn select(&mut self, argument: &Node) -> Value {
        let [index, list] = argument.items() else { return Value::Unknown };
        let index = match self.value(index) {
            Value::Text(text) => text.known().and_then(|text| text.parse::<usize>().ok()),
            _ => None,
        };
        if let (Some(index), [split]) = (index, list.entries())
            && split.key == "Fn::Split"
        {
            return self.piece(index, &split.value);
        }
        let list = self.value(list);
        let alternatives = list.alternatives().iter().map(|list| match (list, index) {
            (Value::List(list), Some(index)) => match list.items.get(index) {
                // An item before it may turn out absent, or be several.
                Some(_)
                    if list
                        .items
                        .iter()
                        .take(index)
                        .any(|item| item.value.presence() == Truth::Maybe) =>
                {
                    Value::Unknown
                }
                Some(item) => item.value.clone(),
                None => Value::Unknown,
            },
            _ => Value::Unknown,
        });
        Value::one_of(alternatives.collect::<Vec<_>>())
    }

    fn choose(&mut self, argument: &Node) -> Value {
        let [condition, yes, no] = argument.items() else { return Value::Unknown };
        let truth = match condition.as_str() {
            Some(name) => self.condition(name, condition.span),
            None => self.truth(condition),
        };
        match truth {
            Truth::Yes => self.value(yes),
            Truth::No => self.value(no),
            Truth::Maybe => {
                let values = [self.value(yes), self.value(no)];
                Value::one_of(values)
            }
        }
    }

    fn find_in_map(&mut self, argument: &Node, span: Span) -> Value {
        let [map, first, second, rest @ ..] = argument.items() else { return Value::Unknown };
        let default = rest
            .first()
            .and_then(|options| options.field("DefaultValue"))
            .map(|node| self.value(node));
        let (map, first, second) = (self.value(map), self.value(first), self.value(second));
        let Value::Text(map) = map else { return Value::Unknown };
        let Some(map_name) = map.known() else { return Value::Unknown };
        let Some(mapping) = self.template.mappings.get(map_name) else {
            if default.is_none() && !self.may_have_more(Section::Resources) {
                let message = format!("no mapping is called `{map_name}`");
                let diagnostic = Diagnostic::error(codes::UNKNOWN_MAPPING, span, message);
                self.diagnose(
                    diagnostic.with_help("declare it under `Mappings`, or mend the name"),
                );
            }
            return default.unwrap_or(Value::Unknown);
        };
        let mut values = BTreeSet::new();
        let (first, second) = (keys(&first), keys(&second));
        let mut may_miss = first.is_empty() || second.is_empty();
        for first in &first {
            for second in &second {
                let before = values.len();
                for outer in
                    mapping.entries().iter().filter(|outer| is_key(first.as_deref(), &outer.key))
                {
                    for inner in outer.value.entries() {
                        if is_key(second.as_deref(), &inner.key) {
                            values.insert(self.mapped(&inner.value));
                        }
                        if values.len() > MAX_ALTERNATIVES {
                            return Value::Unknown;
                        }
                    }
                }
                may_miss |= first.is_none() || second.is_none() || values.len() == before;
            }
        }
        values.extend(default.filter(|_| may_miss));
        if values.is_empty() { Value::Unknown } else { Value::one_of(values) }
    }

    /// A value of a mapping. It may not hold functions, so none is followed: mappings could else be looked up in each other
    /// without end. <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/mappings-section-structure.html>
    fn mapped(&mut self, node: &Node) -> Value {
        if holds_mapping(node) { Value::Unknown } else { self.value(node) }
    }
}

fn holds_mapping(node: &Node) -> bool {
    matches!(node.kind, Kind::Map(_)) || node.items().iter().any(holds_mapping)
}

/// The texts that items give with a delimiter between them. An item that is left out leaves out its delimiter.
fn joined(items: &[Located], delimiter: &Text) -> Vec<Text> {
    // Whether there is a delimiter in front of an item depends on whether anything stands before it.
    let (mut empty, mut begun) = (true, Vec::new());
    for item in items {
        let (texts, presence) = (item.value.texts(), item.value.presence());
        let is_certain = presence == Truth::Yes;
        let mut next = if is_certain { std::mem::take(&mut begun) } else { begun.clone() };
        let rest: Vec<Text> =
            texts.iter().map(|text| delimiter.clone().concat(text.clone())).collect();
        append(&mut next, &rest);
        if empty {
            next.extend(texts);
        }
        if !is_certain {
            next.append(&mut begun);
        }
        empty &= !is_certain;
        begun = next;
        if begun.len() > MAX_ALTERNATIVES {
            return vec![Text::any()];
        }
    }
    if empty {
        begun.push(Text::default());
    }
    begun
}

/// The keys that a value may be; `None` stands for any.
fn keys(value: &Value) -> Vec<Option<String>> {
    value.texts().iter().map(|text| text.known().map(str::to_owned)).collect()
}

fn is_key(wanted: Option<&str>, key: &str) -> bool {
    wanted.is_none_or(|wanted| wanted == key)
}

fn unknown_list() -> Value {
    Value::List(List { items: Vec::new(), open: true })
}

fn truth_value(truth: Truth) -> Value {
    match truth {
        Truth::Yes => Value::Bool(true),
        Truth::No => Value::Bool(false),
        Truth::Maybe => Value::OneOf(vec![Value::Bool(false), Value::Bool(true)]),
    }
}

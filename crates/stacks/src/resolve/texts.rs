//! Texts with something in them: `Fn::Sub` and dynamic references.

use std::collections::BTreeMap;

use stackpass_policy::source::Span;

use super::{Evaluation, Use, UseKind};
use crate::value::{MAX_ALTERNATIVES, Part, Text, Value};

impl Evaluation<'_> {
    /// Replaces `{{resolve:...}}` by unknown text and notes what has to be looked up for it.
    pub(super) fn dynamic_references(&mut self, text: &str, span: Span) -> Text {
        if !text.contains("{{resolve:") {
            return Text::literal(text);
        }
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{resolve:") {
            let Some((reference, after)) = after.split_once("}}") else { break };
            parts.push(Part::Literal(before.to_owned()));
            parts.push(Part::Any);
            self.note_reference(reference, span);
            rest = after;
        }
        parts.push(Part::Literal(rest.to_owned()));
        Text::from_parts(parts)
    }

    fn note_reference(&mut self, reference: &str, span: Span) {
        let Some((service, argument)) = reference.split_once(':') else { return };
        // Literal `${...}` survives here when the reference is written inside `Fn::Sub`, which sees it first.
        let name = match service {
            // `secretsmanager:NAME-OR-ARN:SecretString:key:stage:version`; an ARN has six colons of its own.
            "secretsmanager" if argument.starts_with("arn:") => {
                argument.splitn(8, ':').take(7).collect::<Vec<_>>().join(":")
            }
            _ => argument.split(':').next().unwrap_or_default().to_owned(),
        };
        let name = Text::glob(&name);
        let kind = match service {
            "secretsmanager" => UseKind::Secret(name),
            "ssm-secure" => UseKind::SecureParameter(name),
            "ssm" => UseKind::DynamicParameter(name),
            _ => return,
        };
        self.uses.insert(Use { span, kind });
    }

    /// `Fn::Sub`: the template text with its variables replaced.
    pub(super) fn substitute(
        &mut self,
        template: &str,
        variables: &BTreeMap<String, Value>,
        span: Span,
    ) -> Value {
        let mut texts = vec![Text::default()];
        let mut rest = template;
        while let Some((before, after)) = rest.split_once("${") {
            let Some((name, after)) = after.split_once('}') else { break };
            append(&mut texts, &[Text::literal(before)]);
            rest = after;
            if let Some(literal) = name.strip_prefix('!') {
                append(&mut texts, &[Text::literal(format!("${{{literal}}}"))]);
                continue;
            }
            let name = name.trim();
            let value = match variables.get(name) {
                Some(value) => value.clone(),
                None => match name.split_once('.') {
                    Some((logical_id, attribute)) => self.attribute(logical_id, attribute, span),
                    None => self.reference(name, span),
                },
            };
            append(&mut texts, &value.texts());
        }
        append(&mut texts, &[Text::literal(rest)]);
        let texts = texts.into_iter().map(|text| Value::Text(self.references_in(text, span)));
        Value::one_of(texts.collect::<Vec<_>>())
    }

    /// Dynamic references in a text whose variables are already replaced.
    fn references_in(&mut self, text: Text, span: Span) -> Text {
        let flat = flatten(&text);
        if flat.contains("{{resolve:") { self.dynamic_references(&flat, span) } else { text }
    }
}

/// Appends every alternative to every text so far; past the bound, the tail is unknown.
pub(super) fn append(texts: &mut Vec<Text>, alternatives: &[Text]) {
    if texts.len().saturating_mul(alternatives.len().max(1)) > MAX_ALTERNATIVES {
        for text in texts.iter_mut() {
            *text = std::mem::take(text).concat(Text::any());
        }
        return;
    }
    match alternatives {
        [] => {}
        [only] => {
            for text in texts.iter_mut() {
                *text = std::mem::take(text).concat(only.clone());
            }
        }
        several => {
            *texts = texts
                .iter()
                .flat_map(|text| several.iter().map(|tail| text.clone().concat(tail.clone())))
                .collect();
        }
    }
}

/// A text in which `*` stands for what is not known.
fn flatten(text: &Text) -> String {
    text.parts()
        .iter()
        .map(|part| match part {
            Part::Literal(text) => text.as_str(),
            Part::Any | Part::Environment | Part::Attribute { .. } => "*",
        })
        .collect()
}

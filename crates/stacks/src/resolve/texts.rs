//! Texts with something in them: `Fn::Sub` and dynamic references.

use std::collections::BTreeMap;

use stackpass_ground::source::Span;

use super::{Evaluation, Use, UseKind};
use crate::value::{MAX_ALTERNATIVES, Part, Text, Value};

/// How many bytes the alternatives of a text have before its rest counts as unknown: as many as CloudFormation takes of a template.
const MAX_BYTES: usize = 1 << 20;

const BEGINNING: &str = "{{resolve:";
const ENDING: &str = "}}";

impl Evaluation<'_> {
    /// Replaces `{{resolve:...}}` by unknown text and notes what has to be looked up for it.
    pub(super) fn references_in(&mut self, text: Text, span: Span) -> Text {
        let begins =
            |part: &Part| matches!(part, Part::Literal(literal) if literal.contains(BEGINNING));
        if !text.parts().iter().any(begins) {
            return text;
        }
        let mut done = Vec::new();
        // What follows a beginning whose end was not seen yet.
        let mut open: Option<Vec<Part>> = None;
        for part in text.parts() {
            let Part::Literal(literal) = part else {
                open.as_mut().unwrap_or(&mut done).push(part.clone());
                continue;
            };
            let mut rest = literal.as_str();
            loop {
                let mark = if open.is_some() { ENDING } else { BEGINNING };
                let Some((before, after)) = rest.split_once(mark) else { break };
                open.as_mut().unwrap_or(&mut done).push(Part::Literal(before.to_owned()));
                match open.take() {
                    Some(reference) => {
                        self.note_reference(&Text::from_parts(reference), span);
                        done.push(Part::Any);
                    }
                    None => open = Some(Vec::new()),
                }
                rest = after;
            }
            open.as_mut().unwrap_or(&mut done).push(Part::Literal(rest.to_owned()));
        }
        if let Some(unended) = open {
            done.push(Part::Literal(BEGINNING.to_owned()));
            done.extend(unended);
        }
        Text::from_parts(done)
    }

    fn note_reference(&mut self, reference: &Text, span: Span) {
        let (service, argument) = cut_at_colon(reference, 1);
        let is_arn = matches!(argument.parts().first(), Some(Part::Literal(text)) if text.starts_with("arn:"));
        let name = match service.known() {
            // `secretsmanager:NAME-OR-ARN:SecretString:key:stage:version`; an ARN has six colons of its own.
            Some("secretsmanager") if is_arn => cut_at_colon(&argument, 7).0,
            _ => cut_at_colon(&argument, 1).0,
        };
        let kind = match service.known() {
            Some("secretsmanager") => UseKind::Secret(name),
            Some("ssm-secure") => UseKind::SecureParameter(name),
            Some("ssm") => UseKind::DynamicParameter(name),
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
}

/// What stands before the colon of this number, counted from 1, and what stands behind it.
fn cut_at_colon(text: &Text, number: usize) -> (Text, Text) {
    let (mut before, mut after) = (Vec::new(), Vec::new());
    let mut seen = 0;
    for part in text.parts() {
        match part {
            Part::Literal(literal) if seen < number => {
                let mut rest = literal.as_str();
                while seen < number
                    && let Some((left, right)) = rest.split_once(':')
                {
                    seen += 1;
                    let colon = if seen < number { ":" } else { "" };
                    before.push(Part::Literal(format!("{left}{colon}")));
                    rest = right;
                }
                let side = if seen < number { &mut before } else { &mut after };
                side.push(Part::Literal(rest.to_owned()));
            }
            part if seen < number => before.push(part.clone()),
            part => after.push(part.clone()),
        }
    }
    (Text::from_parts(before), Text::from_parts(after))
}

/// Appends every alternative to every text so far; past the bound, the tail is unknown.
pub(super) fn append(texts: &mut Vec<Text>, alternatives: &[Text]) {
    let size = |texts: &[Text]| texts.iter().map(Text::size).sum::<usize>();
    let bytes = size(texts) * alternatives.len() + size(alternatives) * texts.len();
    if texts.len() * alternatives.len().max(1) > MAX_ALTERNATIVES || bytes > MAX_BYTES {
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

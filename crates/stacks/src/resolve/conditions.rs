//! Conditions and the functions that only they may use.

use stackpass_ground::source::{Diagnostic, Span};
use stackpass_ground::tree::{Kind, Node};
use stackpass_ground::truth::Truth;

use super::Evaluation;
use crate::codes;
use crate::template::{Reach, Section};
use crate::value::Value;

impl Evaluation<'_> {
    /// Whether a named condition holds.
    pub(super) fn condition(&mut self, name: &str, span: Span) -> Truth {
        match self.conditions.get(name) {
            Some(Some(truth)) => return *truth,
            Some(None) => {
                let message = format!("the condition `{name}` needs itself");
                let diagnostic = Diagnostic::error(codes::CIRCULAR_CONDITION, span, message);
                self.diagnose(
                    diagnostic
                        .with_help("CloudFormation refuses it: take out one of the references"),
                );
                return Truth::Maybe;
            }
            None => {}
        }
        let Some(node) = self.template.conditions.get(name) else {
            let mut transforms = self.template.transforms.iter();
            if transforms.any(|transform| transform.reach == Reach::Entries)
                || self.template.loops.iter().any(|open| open.section == Section::Conditions)
            {
                return Truth::Maybe;
            }
            let diagnostic = Diagnostic::error(
                codes::UNKNOWN_CONDITION,
                span,
                format!("no condition is called `{name}`"),
            );
            self.diagnose(diagnostic.with_help("declare it under `Conditions`, or mend the name"));
            return Truth::Maybe;
        };
        self.conditions.insert(name.to_owned(), None);
        let truth = self.truth(node);
        self.conditions.insert(name.to_owned(), Some(truth));
        truth
    }

    /// Whether a condition expression holds.
    pub(super) fn truth(&mut self, node: &Node) -> Truth {
        if self.depth >= super::MAX_DEPTH {
            return Truth::Maybe;
        }
        self.depth += 1;
        let truth = self.truth_of(node);
        self.depth -= 1;
        truth
    }

    fn truth_of(&mut self, node: &Node) -> Truth {
        match &node.kind {
            Kind::Bool(value) => return Truth::from(*value),
            Kind::String(text) if text == "true" => return Truth::Yes,
            Kind::String(text) if text == "false" => return Truth::No,
            _ => {}
        }
        let [entry] = node.entries() else { return Truth::Maybe };
        match entry.key.as_str() {
            "Fn::And" => {
                entry.value.items().iter().map(|item| self.truth(item)).fold(Truth::Yes, Truth::and)
            }
            "Fn::Or" => {
                entry.value.items().iter().map(|item| self.truth(item)).fold(Truth::No, Truth::or)
            }
            "Fn::Not" => match entry.value.items() {
                [item] => self.truth(item).negate(),
                _ => Truth::Maybe,
            },
            "Fn::Equals" => match entry.value.items() {
                [left, right] => {
                    let (left, right) = (self.value(left), self.value(right));
                    left.equality(&right)
                }
                _ => Truth::Maybe,
            },
            "Condition" => match entry.value.as_str() {
                Some(name) => self.condition(name, entry.value.span),
                None => Truth::Maybe,
            },
            // `Fn::Contains` and its kin stand in rules only; a value is compared by what it is.
            _ => match self.value(node) {
                Value::Bool(value) => Truth::from(value),
                Value::Text(text) if text.known() == Some("true") => Truth::Yes,
                Value::Text(text) if text.known() == Some("false") => Truth::No,
                _ => Truth::Maybe,
            },
        }
    }
}

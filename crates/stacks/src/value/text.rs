//! Texts in parts, some of which are not known before the deployment.

use crate::template::LogicalId;

/// How many parts a text has before its rest counts as unknown. No name is made of so many.
const MAX_PARTS: usize = 256;

/// A text in parts, some of which may be unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Text(Vec<Part>);

/// One part of a text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// These characters.
    Literal(String),
    /// Any characters, or none.
    Any,
    /// Exactly one character, whichever it is.
    One,
    /// The value of a template parameter, which was not given.
    Parameter(String),
    /// The account, region or partition, which was not given. It is a wildcard in ARNs, and no gap.
    Environment,
    /// What `Ref` (no attribute) or `Fn::GetAtt` of a resource of the same template will give.
    Attribute {
        /// The resource.
        logical_id: LogicalId,
        /// The attribute; `None` for `Ref`.
        attribute: Option<String>,
    },
    /// What `Fn::Select` takes of what `Fn::Split` makes of a text that follows from resources.
    Piece {
        /// The text that is split.
        of: Box<Text>,
        /// The characters between the pieces.
        delimiter: String,
        /// Which of the pieces, counted from 0.
        index: usize,
    },
    /// What another stack exports under a name.
    Import(Box<Text>),
}

impl Text {
    /// Makes a text of characters.
    pub fn literal(text: impl Into<String>) -> Text {
        Text::from_parts([Part::Literal(text.into())])
    }

    /// Makes a text of which nothing is known.
    pub fn any() -> Text {
        Text(vec![Part::Any])
    }

    /// Makes a text of a pattern: `*` stands for any characters, `?` for one, and `${*}`, `${?}` and `${$}` for those characters.
    pub fn glob(pattern: &str) -> Text {
        let mut parts = Vec::new();
        let mut rest = pattern;
        while let Some(at) = rest.find(['*', '?', '$']) {
            let (before, from) = rest.split_at_checked(at).unwrap_or((rest, ""));
            parts.push(Part::Literal(before.to_owned()));
            let marks = [
                ("*", Part::Any),
                ("?", Part::One),
                ("${*}", Part::Literal("*".to_owned())),
                ("${?}", Part::Literal("?".to_owned())),
                ("${$}", Part::Literal("$".to_owned())),
                ("$", Part::Literal("$".to_owned())),
            ];
            for (mark, part) in marks {
                if let Some(after) = from.strip_prefix(mark) {
                    parts.push(part);
                    rest = after;
                    break;
                }
            }
        }
        parts.push(Part::Literal(rest.to_owned()));
        Text::from_parts(parts)
    }

    /// Makes a text of a template parameter's value.
    pub fn parameter(name: impl Into<String>) -> Text {
        Text(vec![Part::Parameter(name.into())])
    }

    /// Makes a text of a resource's attribute.
    pub fn attribute(logical_id: LogicalId, attribute: Option<String>) -> Text {
        Text(vec![Part::Attribute { logical_id, attribute }])
    }

    /// Joins parts; neighboring literals and neighboring unknown stretches become one.
    pub fn from_parts(parts: impl IntoIterator<Item = Part>) -> Text {
        let mut joined = Text::default();
        joined.extend(parts);
        joined
    }

    fn extend(&mut self, parts: impl IntoIterator<Item = Part>) {
        for part in parts {
            let is_full = self.0.len() >= MAX_PARTS;
            match (self.0.last_mut(), part) {
                (_, Part::Literal(text)) if text.is_empty() => {}
                (Some(Part::Literal(before)), Part::Literal(text)) => before.push_str(&text),
                (Some(Part::Any), Part::Any) => {}
                (Some(Part::Any), _) if is_full => {}
                _ if is_full => self.0.push(Part::Any),
                (_, part) => self.0.push(part),
            }
        }
    }

    /// The parts in order.
    pub fn parts(&self) -> &[Part] {
        &self.0
    }

    /// The characters, if all of them are known.
    pub fn known(&self) -> Option<&str> {
        match self.0.as_slice() {
            [] => Some(""),
            [Part::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// Whether nothing at all is known.
    pub fn is_any(&self) -> bool {
        let is_any = |part: &Part| match part {
            Part::Any | Part::Parameter(_) | Part::Import(_) => true,
            Part::Piece { of, .. } => of.is_any(),
            Part::Literal(_) | Part::One | Part::Environment | Part::Attribute { .. } => false,
        };
        !self.0.is_empty() && self.0.iter().all(is_any)
    }

    /// Whether equal texts may stand for different characters.
    pub(super) fn is_open(&self) -> bool {
        self.0.iter().any(|part| matches!(part, Part::Any | Part::One))
    }

    /// Whether it follows from a resource of the same template.
    pub fn has_attributes(&self) -> bool {
        self.0.iter().any(|part| match part {
            Part::Attribute { .. } => true,
            Part::Piece { of, .. } => of.has_attributes(),
            _ => false,
        })
    }

    /// The resource and attribute, if the text is exactly that.
    pub fn as_attribute(&self) -> Option<(&LogicalId, Option<&str>)> {
        match self.0.as_slice() {
            [Part::Attribute { logical_id, attribute }] => Some((logical_id, attribute.as_deref())),
            _ => None,
        }
    }

    /// About how many bytes it takes.
    pub(crate) fn size(&self) -> usize {
        const PART: usize = 32;
        let length = |part: &Part| match part {
            Part::Literal(text) => text.len(),
            Part::Piece { of: text, .. } | Part::Import(text) => text.size(),
            _ => 0,
        };
        self.0.iter().map(|part| PART + length(part)).sum()
    }

    /// One text after the other.
    #[must_use]
    pub fn concat(mut self, other: Text) -> Text {
        self.extend(other.0);
        self
    }
}

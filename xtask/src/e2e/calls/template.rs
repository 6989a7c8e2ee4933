//! The small language in which the table says how a text is made from the parameters of a call.
//!
//! `{Name}` is a parameter, `{Target.RoleArn}` one inside another, `{Keys[].Id}` one of each item of a list (a text for each),
//! `{Path=/}` has a value for when there is none, `{Name|arn}` goes through a filter. `{partition}`, `{region}`, `{account}`
//! and `{operation}` are those of the call; `{new}` is an id that AWS will make up.

use serde_json::{Map, Value};

use super::Call;

/// What stands for an id that AWS will make up.
const NEW: &str = "a1B2c3D4e5F6";

/// The beginnings of EC2's ids, with the types as ARNs write them. A longer one comes before one that it begins with.
const EC2_TYPES: [(&str, &str); 20] = [
    ("acl-", "network-acl"),
    ("dopt-", "dhcp-options"),
    ("eipalloc-", "elastic-ip"),
    ("eni-", "network-interface"),
    ("i-", "instance"),
    ("igw-", "internet-gateway"),
    ("key-", "key-pair"),
    ("lt-", "launch-template"),
    ("nat-", "natgateway"),
    ("pl-", "prefix-list"),
    ("rtb-", "route-table"),
    ("sg-", "security-group"),
    ("subnet-", "subnet"),
    ("tgw-attach-", "transit-gateway-attachment"),
    ("tgw-rtb-", "transit-gateway-route-table"),
    ("tgw-", "transit-gateway"),
    ("vgw-", "vpn-gateway"),
    ("vol-", "volume"),
    ("vpc-", "vpc"),
    ("vpce-", "vpc-endpoint"),
];

/// A parsed template.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Template {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Part {
    Text(String),
    Hole(Hole),
}

#[derive(Clone, Debug, Eq, PartialEq)]
struct Hole {
    path: Path,
    filters: Vec<Filter>,
    default: Option<String>,
}

/// The way to a parameter. A step that ends with `[]` goes into every item of a list.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Path(Vec<Step>);

#[derive(Clone, Debug, Eq, PartialEq)]
struct Step {
    key: String,
    each: bool,
}

/// What can be done to a value.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Filter {
    /// An ARN is the whole result; anything else goes into the template.
    Arn,
    /// A text with a leading `/` loses it.
    Unslash,
    /// What comes after the last `/`.
    Last,
    /// The account in the URL of a queue.
    QueueAccount,
    /// The part of an ARN after the account.
    Resource,
    /// The ARN of the topic of a subscription.
    Topic,
    /// The name in the ARN of a change set.
    ChangeSet,
    /// A URL without its scheme.
    Host,
    /// With `:` and `/` as URLs write them.
    Encoded,
    /// Type and id of a resource of EC2, from its id.
    Ec2,
    /// The first six characters, as AWS adds them to the names of secrets.
    Six,
    /// Without quotes around it.
    Unquoted,
}

/// What a hole becomes.
enum Piece {
    Part(String),
    Whole(String),
}

impl Template {
    /// Reads a template; the error says what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Template, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (hole, after) = after
                .split_once('}')
                .ok_or_else(|| format!("`{text}` has a brace that is open"))?;
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            parts.push(Part::Hole(Hole::parse(hole)?));
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Template { parts })
    }

    /// The texts for a call: one, or one for each item of a list. The error names the parameter that is missing.
    pub(super) fn expand(&self, call: &Call) -> Result<Vec<String>, String> {
        let mut texts = vec![String::new()];
        let mut wholes = Vec::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => texts.iter_mut().for_each(|made| made.push_str(text)),
                Part::Hole(hole) => {
                    let mut next = Vec::new();
                    for piece in hole.pieces(call)? {
                        match piece {
                            Piece::Whole(arn) => wholes.push(arn),
                            Piece::Part(text) => {
                                next.extend(texts.iter().map(|made| format!("{made}{text}")));
                            }
                        }
                    }
                    texts = next;
                }
            }
        }
        texts.append(&mut wholes);
        Ok(texts)
    }

    /// The text with every hole filled in as a call would, as far as that can be told from the template.
    #[cfg(test)]
    pub(super) fn sample(&self) -> String {
        let text = self.parts.iter().map(|part| match part {
            Part::Text(text) => text.clone(),
            Part::Hole(hole) => hole.sample(),
        });
        text.collect()
    }
}

impl Hole {
    fn parse(text: &str) -> Result<Hole, String> {
        let (text, default) = match text.split_once('=') {
            Some((text, default)) => (text, Some(default.to_owned())),
            None => (text, None),
        };
        let mut words = text.split('|');
        let path = Path::parse(words.next().unwrap_or_default())?;
        let filters = words.map(Filter::parse).collect::<Result<_, _>>()?;
        Ok(Hole { path, filters, default })
    }

    fn pieces(&self, call: &Call) -> Result<Vec<Piece>, String> {
        let built_in = match self.path.name() {
            "partition" => Some(partition(&call.region)),
            "region" => Some(call.region.as_str()),
            "account" => Some(call.account.as_str()),
            "operation" => Some(call.operation.as_str()),
            "new" => Some(NEW),
            _ => None,
        };
        if let Some(text) = built_in {
            return Ok(vec![self.filtered(text.to_owned())]);
        }
        let values = self.path.texts(call);
        if !values.is_empty() {
            return Ok(values.into_iter().map(|value| self.filtered(value)).collect());
        }
        match &self.default {
            Some(text) => Ok(vec![Piece::Part(text.clone())]),
            None => Err(format!("it has no parameter `{}`", self.path.shown())),
        }
    }

    #[cfg(test)]
    fn sample(&self) -> String {
        let name = self.path.0.last().map_or("", |step| step.key.as_str());
        match (name, self.filters.last(), &self.default) {
            ("partition", _, _) => "aws".to_owned(),
            ("region", _, _) => "us-east-1".to_owned(),
            ("account", _, _) => "111122223333".to_owned(),
            (_, Some(Filter::Ec2), _) => "vpc/sample".to_owned(),
            (_, Some(Filter::Resource), _) => "stream/sample".to_owned(),
            ("AliasName", _, _) => "alias/sample".to_owned(),
            ("CopySource", _, _) => "bucket/key".to_owned(),
            ("ResourceType", Some(Filter::Unquoted), _) => "vpc".to_owned(),
            ("ResourceType", _, _) => "hostedzone".to_owned(),
            (_, _, Some(default)) => default.clone(),
            _ => "sample".to_owned(),
        }
    }

    fn filtered(&self, mut value: String) -> Piece {
        for filter in &self.filters {
            if *filter == Filter::Arn && value.starts_with("arn:") {
                return Piece::Whole(value);
            }
            value = filter.apply(value);
        }
        Piece::Part(value)
    }
}

impl Path {
    /// Reads the way to a parameter.
    pub(super) fn parse(text: &str) -> Result<Path, String> {
        let step = |step: &str| match step.strip_suffix("[]") {
            Some(key) => Step { key: key.to_owned(), each: true },
            None => Step { key: step.to_owned(), each: false },
        };
        if text.is_empty() || text.split('.').any(str::is_empty) {
            return Err(format!("`{text}` names no parameter"));
        }
        Ok(Path(text.split('.').map(step).collect()))
    }

    /// What is there: null and empty values are nothing.
    pub(super) fn values<'a>(&self, call: &'a Call) -> Vec<&'a Value> {
        let mut found: Vec<&Value> = Vec::new();
        for (at, step) in self.0.iter().enumerate() {
            let next: Vec<&Value> = match at {
                0 => named(&call.params, &step.key).into_iter().collect(),
                _ => {
                    found.iter().filter_map(|value| named(value.as_object()?, &step.key)).collect()
                }
            };
            found = if step.each { next.into_iter().flat_map(items).collect() } else { next };
        }
        found.retain(|value| !is_empty(value));
        found
    }

    /// What is there, as texts.
    pub(super) fn texts(&self, call: &Call) -> Vec<String> {
        self.values(call).into_iter().filter_map(text).collect()
    }

    fn name(&self) -> &str {
        self.0.first().map_or("", |step| step.key.as_str())
    }

    fn shown(&self) -> String {
        let steps =
            self.0.iter().map(|step| format!("{}{}", step.key, if step.each { "[]" } else { "" }));
        steps.collect::<Vec<_>>().join(".")
    }
}

impl Filter {
    fn parse(name: &str) -> Result<Filter, String> {
        Ok(match name {
            "arn" => Filter::Arn,
            "unslash" => Filter::Unslash,
            "last" => Filter::Last,
            "queue-account" => Filter::QueueAccount,
            "resource" => Filter::Resource,
            "topic" => Filter::Topic,
            "change-set" => Filter::ChangeSet,
            "host" => Filter::Host,
            "encoded" => Filter::Encoded,
            "ec2" => Filter::Ec2,
            "6" => Filter::Six,
            "unquoted" => Filter::Unquoted,
            _ => return Err(format!("there is no filter `{name}`")),
        })
    }

    fn apply(self, value: String) -> String {
        match self {
            Filter::Unslash => value.strip_prefix('/').unwrap_or(&value).to_owned(),
            Filter::Last => value.rsplit('/').next().unwrap_or_default().to_owned(),
            Filter::QueueAccount => value.rsplit('/').nth(1).unwrap_or_default().to_owned(),
            Filter::Resource => value.splitn(6, ':').nth(5).unwrap_or_default().to_owned(),
            Filter::Topic => value.splitn(7, ':').take(6).collect::<Vec<_>>().join(":"),
            Filter::ChangeSet if value.starts_with("arn:") => {
                value.split('/').nth(1).unwrap_or_default().to_owned()
            }
            Filter::Arn | Filter::ChangeSet => value,
            Filter::Host => {
                value.split_once("://").map_or(value.clone(), |(_, rest)| rest.to_owned())
            }
            Filter::Ec2 => format!("{}/{value}", ec2_type(&value)),
            Filter::Six => value.chars().take(6).collect(),
            Filter::Encoded => value.replace(':', "%3A").replace('/', "%2F"),
            Filter::Unquoted => value.trim_matches(['"', '\'']).to_owned(),
        }
    }
}

fn ec2_type(id: &str) -> &'static str {
    let known = EC2_TYPES.iter().find(|(prefix, _)| id.starts_with(prefix));
    known.map_or("unknown", |(_, kind)| kind)
}

/// The partition of a region.
fn partition(region: &str) -> &'static str {
    match region {
        _ if region.starts_with("cn-") => "aws-cn",
        _ if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

/// A parameter by its name. The emulator does not always keep to the case of the first letter.
fn named<'a>(params: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    params.get(name).or_else(|| {
        let (first, rest) = name.split_at_checked(1)?;
        let is_upper = first.chars().any(char::is_uppercase);
        let other = if is_upper { first.to_lowercase() } else { first.to_uppercase() };
        params.get(&format!("{other}{rest}"))
    })
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    let (one, many) = match value {
        Value::Array(items) => (None, items.as_slice()),
        Value::Null => (None, &[][..]),
        other => (Some(other), &[][..]),
    };
    one.into_iter().chain(many)
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

//! The addresses by which values name resources, and what they say of the ARN: an image's, a queue's, an object's.

use serde::Deserialize;
use stackpass_ground::account::AccountId;

/// What an address says of the thing at it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Address {
    /// Whose it is, if the address tells.
    account: Option<String>,
    /// Where it is, if the address tells.
    region: Option<String>,
    /// Its name.
    pub(crate) name: String,
}

/// The form of an address: text with the variables `${Account}`, `${AccountId}`, which is known, `${Region}`, `${Bucket}`
/// and `${Name}`, and others for what says nothing. No variable but the last holds a slash; account and region hold no period.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Form {
    start: String,
    /// The variables, each with the text behind it.
    variables: Vec<(String, String)>,
}

impl TryFrom<String> for Form {
    type Error = String;

    fn try_from(text: String) -> Result<Form, String> {
        let mut parts = text.split("${");
        let start = parts.next().unwrap_or_default().to_owned();
        let variables = parts.map(|part| {
            let (name, behind) = part
                .split_once('}')
                .ok_or_else(|| format!("a variable of the address `{text}` has no end"))?;
            Ok((name.to_owned(), behind.to_owned()))
        });
        let variables = variables.collect::<Result<Vec<_>, String>>()?;
        let is_last = |(name, behind): &(String, String)| name == "Name" && behind.is_empty();
        if variables.last().is_some_and(is_last) {
            Ok(Form { start, variables })
        } else {
            Err(format!("the address `{text}` does not end in `${{Name}}`"))
        }
    }
}

impl Form {
    /// What a text of this form says. Its name ends where one of these texts begins. A form without a scheme is that of an
    /// address with any.
    pub(crate) fn read(&self, text: &str, name_ends: &[String]) -> Option<Address> {
        let has_scheme = self.start.contains("://")
            || self.variables.iter().any(|(_, behind)| behind.starts_with("://"));
        let without = text.split_once("://").map_or(text, |(_, rest)| rest);
        let mut rest = if has_scheme { text } else { without }.strip_prefix(self.start.as_str())?;
        let mut address = Address::default();
        let mut bucket = None;
        for (variable, behind) in &self.variables {
            let (value, after) =
                if behind.is_empty() { (rest, "") } else { rest.split_once(behind.as_str())? };
            let is_last = variable == "Name";
            match variable.as_str() {
                "Account" | "Region" if value.contains('.') => return None,
                "AccountId" if value.parse::<AccountId>().is_err() => return None,
                _ if !is_last && value.contains('/') => return None,
                "Account" | "AccountId" => address.account = Some(value.to_owned()),
                "Region" => address.region = Some(value.to_owned()),
                "Bucket" => bucket = Some(value),
                "Name" => {
                    let ends = name_ends.iter().filter_map(|end| value.find(end.as_str()));
                    let end = ends.min().unwrap_or(value.len());
                    value.get(..end).unwrap_or(value).clone_into(&mut address.name);
                }
                _ => {}
            }
            rest = after;
        }
        if text.starts_with("http") {
            address.name = decoded(&address.name);
        }
        if let Some(bucket) = bucket {
            address.name = format!("{bucket}/{}", address.name);
        }
        Some(address)
    }
}

impl Address {
    /// The address that a text of one of these forms is. Of another address, the name is its last part; a text that is no address
    /// is the name itself.
    pub(crate) fn of(text: &str, forms: &[Form], name_ends: &[String]) -> Address {
        let read = forms.iter().find_map(|form| form.read(text, name_ends));
        read.unwrap_or_else(|| {
            let name = match text.split_once("://") {
                Some((_, rest)) => rest.split_once('/').map_or("", |(_, path)| last_part(path)),
                None => text,
            };
            Address { name: name.to_owned(), ..Address::default() }
        })
    }

    /// The text of an ARN template with account and region of the address.
    pub(crate) fn home(&self, template: &str) -> String {
        let mut home = template.to_owned();
        if let Some(account) = &self.account {
            home = home.replace("${Account}", account);
        }
        if let Some(region) = &self.region {
            home = home.replace("${Region}", region);
        }
        home
    }

    /// Whether account or region may be any.
    pub(crate) fn is_open(&self) -> bool {
        [&self.account, &self.region].into_iter().flatten().any(|part| part.contains('*'))
    }

    /// Whether it tells account or region, and so is an address for sure.
    pub(crate) fn has_home(&self) -> bool {
        self.account.is_some() || self.region.is_some()
    }
}

fn last_part(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

/// A path with `%20` and its kin as the characters that they stand for.
fn decoded(path: &str) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let [first, tail @ ..] = rest {
        let code = path_code(rest);
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { rest.get(3..).unwrap_or_default() } else { tail };
    }
    String::from_utf8(bytes).unwrap_or_else(|_| path.to_owned())
}

/// The byte that `%XX` at the beginning stands for.
fn path_code(text: &[u8]) -> Option<u8> {
    let [b'%', high, low, ..] = text else { return None };
    let digits = [*high, *low];
    u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::{Address, Form};
    use crate::generic;

    /// The template with account, region and name of an address.
    fn check(text: &str, template: &str, expected: &str) {
        let naming = generic::naming(template.split(':').nth(2).unwrap());
        let address = Address::of(text, &naming.addresses, &naming.name_ends);
        assert_eq!(address.home(template).replace("${Name}", &address.name), expected, "{text}");
    }

    #[test]
    fn image_is_where_its_address_says() {
        let template = "arn:aws:ecr:${Region}:${Account}:repository/${Name}";
        let arn = "arn:aws:ecr:us-east-1:444455556666:repository/team/app";
        check("444455556666.dkr.ecr.us-east-1.amazonaws.com/team/app:v1", template, arn);
        check("444455556666.dkr.ecr.us-east-1.amazonaws.com/team/app@sha256:0a", template, arn);
        check("444455556666.dkr-ecr.us-east-1.on.aws/team/app", template, arn);
        check("444455556666.dkr.ecr-fips.us-east-1.amazonaws.com/team/app", template, arn);
        check("https://444455556666.dkr.ecr.us-east-1.amazonaws.com/team/app", template, arn);
        check("app", template, "arn:aws:ecr:${Region}:${Account}:repository/app");
    }

    #[test]
    fn queue_is_where_its_address_says() {
        let template = "arn:aws:sqs:${Region}:${Account}:${Name}";
        let arn = "arn:aws:sqs:us-east-1:444455556666:jobs";
        check("https://sqs.us-east-1.amazonaws.com/444455556666/jobs", template, arn);
        check("https://sqs.us-east-1.api.aws/444455556666/jobs", template, arn);
        check("https://us-east-1.queue.amazonaws.com/444455556666/jobs", template, arn);
        check(
            "https://queue.example/444455556666/jobs",
            template,
            "arn:aws:sqs:${Region}:444455556666:jobs",
        );
        check("jobs", template, "arn:aws:sqs:${Region}:${Account}:jobs");
    }

    #[test]
    fn object_is_bucket_and_key() {
        for address in [
            "s3://b/k.zip",
            "https://b.s3.eu-west-1.amazonaws.com/k.zip",
            "https://s3.eu-west-1.amazonaws.com/b/k.zip",
            "https://s3.amazonaws.com/b/%6B.zip${?}versionId=1",
        ] {
            check(address, "arn:aws:s3:::${Name}", "arn:aws:s3:::b/k.zip");
        }
    }

    #[test]
    fn function_may_begin_with_its_account() {
        let template = "arn:aws:lambda:${Region}:${Account}:function:${Name}";
        check(
            "444455556666:function:f",
            template,
            "arn:aws:lambda:${Region}:444455556666:function:f",
        );
        check("f", template, "arn:aws:lambda:${Region}:${Account}:function:f");
    }

    #[test]
    fn forms_end_in_the_name() {
        assert!(Form::try_from("${Host}/${Name}".to_owned()).is_ok());
        for text in ["${Name", "${Name}/${Tag}", "host", "${Name}/"] {
            assert!(Form::try_from(text.to_owned()).is_err(), "{text}");
        }
    }
}

//! The addresses by which some services are called, and what they say of the ARN: an image's, a queue's, an object's.

use stackpass_ground::account::AccountId;

/// What an address says of the thing at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address<'a> {
    /// Whose it is, if the address tells.
    account: Option<&'a str>,
    /// Where it is, if the address tells.
    region: Option<&'a str>,
    /// Its name.
    pub(super) name: String,
}

impl<'a> Address<'a> {
    /// The address of a thing of an ARN format; a text that is no address is the name itself.
    pub(super) fn of(text: &'a str, format: &str) -> Address<'a> {
        let nowhere = |name: &str| Address { account: None, region: None, name: name.to_owned() };
        if format.contains(":lambda:")
            && let Some((account, name)) = partial_function(text)
        {
            return Address { account: Some(account), region: None, name: name.to_owned() };
        }
        if format.contains(":ecr:")
            && let Some(image) = image(text)
        {
            return image;
        }
        let Some((scheme, rest)) = text.split_once("://") else { return nowhere(text) };
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        if format.contains(":s3:") {
            return nowhere(&object(scheme, host, rest, path));
        }
        if format.contains(":sqs:") {
            return queue(host, path);
        }
        nowhere(path.rsplit('/').next().unwrap_or_default())
    }

    /// The format with account and region of the address.
    pub(super) fn home(&self, format: &str) -> String {
        let mut home = format.to_owned();
        if let Some(account) = self.account {
            home = home.replace("${Account}", account);
        }
        if let Some(region) = self.region {
            home = home.replace("${Region}", region);
        }
        home
    }

    /// Whether account or region may be any.
    pub(super) fn is_open(&self) -> bool {
        [self.account, self.region].into_iter().flatten().any(|part| part.contains('*'))
    }

    /// Whether it tells account or region, and so is an address for sure.
    pub(super) fn has_home(&self) -> bool {
        self.account.is_some() || self.region.is_some()
    }
}

/// The repository of an image, `ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME:TAG` or `ACCOUNT.dkr-ecr.REGION.on.aws/NAME:TAG`.
/// None, if its name may begin anywhere.
fn image(text: &str) -> Option<Address<'_>> {
    let text = text.split_once("://").map_or(text, |(_, rest)| rest);
    let (host, image) = text.split_once('/')?;
    let name = image.split([':', '@']).next().filter(|name| !name.starts_with('*'))?;
    let (account, region) = match host.split('.').collect::<Vec<_>>().as_slice() {
        [account, "dkr", "ecr" | "ecr-fips", region, ..]
        | [account, "dkr-ecr" | "dkr-ecr-fips", region, ..] => (*account, *region),
        _ => return None,
    };
    Some(Address { account: Some(account), region: Some(region), name: name.to_owned() })
}

/// `https://sqs.REGION.amazonaws.com/ACCOUNT/NAME`, with older names of the host.
fn queue<'a>(host: &'a str, path: &'a str) -> Address<'a> {
    let region = match host.split('.').collect::<Vec<_>>().as_slice() {
        ["sqs", region, "amazonaws" | "api", ..] | [region, "queue", ..] => Some(*region),
        _ => None,
    };
    let (account, name) = match path.rsplit_once('/') {
        Some((account, name)) => (Some(account).filter(|account| !account.contains('/')), name),
        None => (None, path),
    };
    Address { account, region, name: name.to_owned() }
}

/// Bucket and key: `s3://BUCKET/KEY`, `https://BUCKET.s3.REGION.amazonaws.com/KEY` or `https://s3.REGION.amazonaws.com/BUCKET/KEY`.
fn object(scheme: &str, host: &str, rest: &str, path: &str) -> String {
    if scheme == "s3" {
        return rest.to_owned();
    }
    // A question mark that is one stands for itself in a pattern.
    let path = decoded(path.split("${?}").next().unwrap_or_default());
    match host.split_once(".s3") {
        Some((bucket, _)) => format!("{bucket}/{path}"),
        None => path,
    }
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

/// Account and name of the short form in which a function may be given: `123456789012:function:NAME`.
/// <https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html>
pub(super) fn partial_function(text: &str) -> Option<(&str, &str)> {
    let (account, name) = text.split_once(":function:")?;
    account.parse::<AccountId>().is_ok().then_some((account, name))
}

#[cfg(test)]
mod tests {
    use super::Address;

    /// The format with account, region and name of an address.
    fn check(text: &str, format: &str, expected: &str) {
        let address = Address::of(text, format);
        assert_eq!(address.home(format).replace("${Name}", &address.name), expected, "{text}");
    }

    #[test]
    fn image_is_where_its_address_says() {
        let format = "arn:aws:ecr:${Region}:${Account}:repository/${Name}";
        let arn = "arn:aws:ecr:us-east-1:444455556666:repository/team/app";
        check("444455556666.dkr.ecr.us-east-1.amazonaws.com/team/app:v1", format, arn);
        check("444455556666.dkr.ecr.us-east-1.amazonaws.com/team/app@sha256:0a", format, arn);
        check("444455556666.dkr-ecr.us-east-1.on.aws/team/app", format, arn);
        check("app", format, "arn:aws:ecr:${Region}:${Account}:repository/app");
    }

    #[test]
    fn queue_is_where_its_address_says() {
        let format = "arn:aws:sqs:${Region}:${Account}:${Name}";
        let arn = "arn:aws:sqs:us-east-1:444455556666:jobs";
        check("https://sqs.us-east-1.amazonaws.com/444455556666/jobs", format, arn);
        check("https://us-east-1.queue.amazonaws.com/444455556666/jobs", format, arn);
        check("jobs", format, "arn:aws:sqs:${Region}:${Account}:jobs");
    }

    #[test]
    fn object_is_bucket_and_key() {
        let format = "arn:aws:s3:::${Name}";
        for address in [
            "s3://b/k.zip",
            "https://b.s3.eu-west-1.amazonaws.com/k.zip",
            "https://s3.eu-west-1.amazonaws.com/b/k.zip",
            "https://s3.amazonaws.com/b/%6B.zip${?}versionId=1",
        ] {
            check(address, format, "arn:aws:s3:::b/k.zip");
        }
    }
}

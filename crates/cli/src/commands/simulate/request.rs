//! A request in words to a request of the evaluator.

use stackpass_ground::arn::Arn;
use stackpass_policy::action::{Action, ActionPattern};
use stackpass_policy::condition::ConditionKey;
use stackpass_policy::evaluate::{Request, Requester};
use stackpass_policy::principal::PrincipalKind;

/// A request as it is asked.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    pub(super) action: &'a str,
    /// `None` for an action that names no resource.
    pub(super) resource: Option<&'a str>,
    /// Keys with one value each; a key that stands twice has both values.
    pub(super) context: &'a [(String, String)],
    pub(super) principal: Option<&'a str>,
    pub(super) region: Option<&'a str>,
}

impl Asked<'_> {
    /// Reads the request; what is wrong is a message.
    pub(super) fn read(&self) -> Result<Request, String> {
        let mut request = Request::new(action(self.action)?, resource(self.resource)?);
        for (name, value) in self.context {
            let values = request.context.entry(key(name)?).or_default();
            values.push(value.clone());
        }
        set(&mut request, "aws:RequestedRegion", self.region)?;
        set_principal(&mut request, self.principal)?;
        Ok(request)
    }
}

/// Reads an action. A pattern is many requests, which can have different answers.
pub(super) fn action(text: &str) -> Result<Action, String> {
    match text.parse::<Action>() {
        Ok(action) => Ok(action),
        Err(_) if text.parse::<ActionPattern>().is_ok_and(|pattern| pattern.has_wildcard()) => {
            Err(format!("a request has one action, `{text}` is a pattern"))
        }
        Err(error) => Err(error.to_string()),
    }
}

/// Reads a resource; a lone `*` is that of an action that names none.
pub(super) fn resource(text: Option<&str>) -> Result<Option<Arn>, String> {
    let Some(text) = text.filter(|text| *text != "*") else { return Ok(None) };
    let arn: Arn = text.parse().map_err(|error| format!("{error}"))?;
    if text.contains(['*', '?']) {
        return Err(format!("a request is about one resource, `{text}` is a pattern"));
    }
    Ok(Some(arn))
}

/// Reads a condition key.
pub(super) fn key(text: &str) -> Result<ConditionKey, String> {
    text.parse().map_err(|error| format!("{error}"))
}

/// Sets who asks, and the keys that follow from it.
pub(super) fn set_principal(request: &mut Request, arn: Option<&str>) -> Result<(), String> {
    let Some(text) = arn else { return Ok(()) };
    let arn: Arn = text.parse().map_err(|error| format!("the principal: {error}"))?;
    set(request, "aws:PrincipalAccount", Some(arn.account()).filter(|it| !it.is_empty()))?;
    set(request, "aws:PrincipalArn", Some(principal_arn(&arn).as_deref().unwrap_or(text)))?;
    request.principal = Some(Requester { kind: PrincipalKind::Aws, name: text.to_owned() });
    Ok(())
}

/// Sets a key unless the request has it.
pub(super) fn set(request: &mut Request, name: &str, value: Option<&str>) -> Result<(), String> {
    if let Some(value) = value {
        request.context.entry(key(name)?).or_insert_with(|| vec![value.to_owned()]);
    }
    Ok(())
}

/// For the session of a role, the key has the role.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalarn>
fn principal_arn(arn: &Arn) -> Option<String> {
    let (role, _) = arn.resource().strip_prefix("assumed-role/")?.split_once('/')?;
    Some(format!("arn:{}:iam::{}:role/{role}", arn.partition(), arn.account()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(action: &str, resource: Option<&str>, expected: &str) {
        let asked = Asked { action, resource, context: &[], principal: None, region: None };
        assert_eq!(asked.read().unwrap_err(), expected);
    }

    #[test]
    fn patterns_are_no_requests() {
        check("s3:Get*", None, "a request has one action, `s3:Get*` is a pattern");
        check(
            "s3:GetObject",
            Some("arn:aws:s3:::b/*"),
            "a request is about one resource, `arn:aws:s3:::b/*` is a pattern",
        );
        check("s3", None, "expected `service:Name`, found `s3`");
        check("s3:GetObject", Some("bucket"), "expected an ARN, found `bucket`");
    }

    #[test]
    fn lone_star_is_no_resource() {
        assert_eq!(resource(Some("*")), Ok(None));
        assert_eq!(resource(None), Ok(None));
    }

    #[test]
    fn key_that_stands_twice_has_both_values() {
        let context = [("aws:k".to_owned(), "a".to_owned()), ("AWS:K".to_owned(), "b".to_owned())];
        let asked = Asked {
            action: "s3:GetObject",
            resource: None,
            context: &context,
            principal: Some("arn:aws:sts::111122223333:assumed-role/deploy/me"),
            region: Some("eu-west-1"),
        };
        let request = asked.read().unwrap();
        let values = |name: &str| request.context[&key(name).unwrap()].join(" ");
        assert_eq!(values("aws:k"), "a b");
        assert_eq!(values("aws:PrincipalArn"), "arn:aws:iam::111122223333:role/deploy");
        assert_eq!(values("aws:RequestedRegion"), "eu-west-1");
    }
}

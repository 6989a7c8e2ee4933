//! Policies that a principal of AWS has now, read through IAM.

use stackpass_ground::arn::Arn;
use stackpass_iam::attached::{self, Attached, AttachedError, AttachedPolicy, PolicySource, named};
use stackpass_iam::principal::Kind as PrincipalKind;
use stackpass_iam::sdk::SdkIam;

use crate::args::AwsArgs;
use crate::aws::Aws;
use crate::error::{CliError, Kind};
use crate::policy_files::PolicyFiles;

/// A principal, as the command line names it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Named<'a> {
    /// What it is.
    pub(crate) kind: PrincipalKind,
    /// Its name or ARN.
    pub(crate) text: &'a str,
}

/// The policies of a principal and its boundary.
#[derive(Debug, Default)]
pub(crate) struct Live {
    /// Its ARN.
    pub(crate) arn: String,
    /// Managed and inline policies, also those of its groups.
    pub(crate) policies: PolicyFiles,
    /// The boundary, if there is one.
    pub(crate) boundary: PolicyFiles,
}

/// Reads principals, those that are given, in one session.
pub(crate) fn read<const N: usize>(
    principals: [Option<Named<'_>>; N],
    args: &AwsArgs,
) -> Result<[Option<Live>; N], CliError> {
    let mut found = [const { None }; N];
    if principals.iter().all(Option::is_none) {
        return Ok(found);
    }
    for principal in principals.iter().flatten() {
        named(principal.kind, principal.text)
            .map_err(|error| CliError::new(Kind::Usage, error.to_string()))?;
    }
    let aws = Aws::connect(args)?;
    for (live, principal) in found.iter_mut().zip(principals) {
        if let Some(principal) = principal {
            *live = Some(one(principal, &aws)?);
        }
    }
    Ok(found)
}

fn one(asked: Named<'_>, aws: &Aws) -> Result<Live, CliError> {
    let principal = named(asked.kind, asked.text)
        .map_err(|error| CliError::new(Kind::Usage, error.to_string()))?;
    let what = format!("cannot read the policies of the {} `{}`", principal.kind, principal.name);
    let iam = SdkIam::new(&aws.config);
    let attached = aws.wait(attached::attached(&iam, &principal)).map_err(|error| {
        let help = match &error {
            AttachedError::Api(error) => error.help(),
            AttachedError::NoSuchPrincipal(_) => {
                Some(format!("the credentials come from {}", aws.credentials))
            }
            _ => None,
        };
        let error = CliError::new(Kind::Aws, what).caused_by(error);
        match help {
            Some(help) => error.with_hint(help),
            None => error,
        }
    })?;
    check_account(asked.text, &attached)?;
    Ok(live(&attached))
}

/// Names are looked up in the account of the credentials, so that an ARN of another one would be answered for a namesake.
fn check_account(asked: &str, attached: &Attached) -> Result<(), CliError> {
    let account = |text: &str| text.parse::<Arn>().ok().map(|arn| arn.account().to_owned());
    match (account(asked), account(&attached.arn)) {
        (Some(asked), Some(found)) if asked != found => {
            let message =
                format!("the credentials are of account {found}, the ARN is of account {asked}");
            let hint = "choose credentials of that account with `--profile`";
            Err(CliError::new(Kind::Aws, message).with_hint(hint))
        }
        _ => Ok(()),
    }
}

fn live(attached: &Attached) -> Live {
    let mut live = Live { arn: attached.arn.clone(), ..Live::default() };
    for policy in &attached.policies {
        live.policies.add_live(label(policy), policy.arn.as_deref(), policy.text.as_str());
    }
    if let Some(boundary) = &attached.boundary {
        let (name, arn) = (boundary.name.clone(), boundary.arn.as_deref());
        live.boundary.add_live(name, arn, boundary.text.as_str());
    }
    live
}

/// What the policy is called in messages.
fn label(policy: &AttachedPolicy) -> String {
    let name = &policy.name;
    match (&policy.source, &policy.arn) {
        (PolicySource::Group(group), _) => format!("policy `{name}` of group `{group}`"),
        (PolicySource::Inline, _) => format!("inline policy `{name}`"),
        (PolicySource::Managed, _) => format!("policy `{name}`"),
    }
}

#[cfg(test)]
mod tests {
    use stackpass_iam::principal::Principal;
    use stackpass_iam::text::PolicyText;

    use super::*;

    fn policy(name: &str, source: PolicySource) -> AttachedPolicy {
        let text = r#"{"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}"#;
        AttachedPolicy {
            name: name.to_owned(),
            arn: None,
            source,
            text: PolicyText::parse(text).unwrap(),
        }
    }

    fn attached() -> Attached {
        Attached {
            principal: Principal::role("deploy"),
            arn: "arn:aws:iam::111122223333:role/deploy".to_owned(),
            policies: vec![
                policy("A", PolicySource::Managed),
                policy("B", PolicySource::Inline),
                policy("C", PolicySource::Group("devs".to_owned())),
            ],
            boundary: Some(policy("Limit", PolicySource::Managed)),
        }
    }

    #[test]
    fn every_policy_says_how_it_is_held() {
        let live = live(&attached());
        let names: Vec<&str> = live.policies.policies.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["policy `A`", "inline policy `B`", "policy `C` of group `devs`"]);
        assert_eq!(live.boundary.policies[0].name, "Limit");
        assert_eq!(live.boundary.policies[0].line(0), None);
        assert!(!live.boundary.policies[0].is_aws_managed);
    }

    #[test]
    fn boundary_of_aws_is_known_as_one() {
        let arn = Some("arn:aws-cn:iam::aws:policy/ReadOnlyAccess".to_owned());
        let boundary = AttachedPolicy { arn, ..policy("ReadOnlyAccess", PolicySource::Managed) };
        let live = live(&Attached { boundary: Some(boundary), ..attached() });
        assert!(live.boundary.policies[0].is_aws_managed);
    }

    #[test]
    fn arn_of_another_account_is_refused() {
        let check = |text: &str| check_account(text, &attached()).is_ok();
        assert!(check("deploy"));
        assert!(check("arn:aws:sts::111122223333:assumed-role/deploy/me"));
        assert!(!check("arn:aws:iam::444455556666:role/deploy"));
    }
}

//! Trust policies: who may assume a role.

use std::collections::BTreeSet;

use crate::action::ActionPattern;
use crate::condition::Conditions;
use crate::document::Document;
use crate::principal::{Principal, PrincipalKind};
use crate::statement::{Effect, Selection, Statement};

/// The trust policy of a role that a service of AWS acts with, `cloudformation.amazonaws.com` for one.
///
/// It has no condition: a role can be passed to a service in its own account only, and `iam:PassRole` says by whom. See
/// [`by_service_when`] for services that tell for whom they act.
pub fn by_service(service: &str) -> Document {
    by_service_when(service, Conditions::new())
}

/// The same with conditions, `aws:SourceAccount` for one. A service that does not send the key is then refused.
pub fn by_service_when(service: &str, conditions: Conditions) -> Document {
    assumed("sts:AssumeRole", Principal::one(PrincipalKind::Service, service), conditions)
}

/// The trust policy of a role for those who come with a token of an identity provider, under conditions on its claims.
///
/// The conditions should name audience and subject: without them everybody whom the provider knows is let in.
pub fn by_web_identity(provider_arn: &str, conditions: Conditions) -> Document {
    let provider = Principal::one(PrincipalKind::Federated, provider_arn);
    assumed("sts:AssumeRoleWithWebIdentity", provider, conditions)
}

fn assumed(action: &str, principal: Principal, conditions: Conditions) -> Document {
    let actions: BTreeSet<ActionPattern> = action.parse().into_iter().collect();
    Document::new(vec![Statement {
        sid: None,
        effect: Effect::Allow,
        principal: Some(Selection::Only(principal)),
        actions: Selection::Only(actions),
        resources: None,
        conditions,
    }])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::{Request, Requester, allows};

    fn asks(action: &str, kind: PrincipalKind, name: &str) -> Request {
        let requester = Requester { kind, name: name.to_owned() };
        Request { principal: Some(requester), ..Request::new(action.parse().unwrap(), None) }
    }

    #[test]
    fn only_the_service_is_trusted() {
        let trust = by_service("cloudformation.amazonaws.com");
        let by = |name| asks("sts:AssumeRole", PrincipalKind::Service, name);
        assert!(allows(&trust, &by("cloudformation.amazonaws.com")));
        assert!(!allows(&trust, &by("lambda.amazonaws.com")));
        let user = "arn:aws:iam::111122223333:user/cloudformation.amazonaws.com";
        assert!(!allows(&trust, &asks("sts:AssumeRole", PrincipalKind::Aws, user)));
    }

    #[test]
    fn provider_is_trusted_for_tokens_only() {
        let provider = "arn:aws:iam::111122223333:oidc-provider/example.com";
        let trust = by_web_identity(provider, Conditions::new());
        let asks = |action| asks(action, PrincipalKind::Federated, provider);
        assert!(allows(&trust, &asks("sts:AssumeRoleWithWebIdentity")));
        assert!(!allows(&trust, &asks("sts:AssumeRole")));
    }
}

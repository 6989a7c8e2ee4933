//! Requests that several layers of policies decide: what an identity has, and what bounds it.

use std::collections::BTreeSet;

use super::{Decision, Explanation, Request, StatementRef, explain};
use crate::condition::ConditionKey;
use crate::document::Document;

/// The answer of several layers to a request with its grounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayeredExplanation {
    /// The answer; `None` if it depends on the [keys](LayeredExplanation::keys).
    pub decision: Option<Decision>,
    /// The statements that make it so, each with the index of its layer, in their order.
    pub statements: Vec<(usize, StatementRef)>,
    /// Keys that the request says nothing of and that could turn the answer, as in [`Explanation::keys`].
    pub keys: BTreeSet<ConditionKey>,
    /// The indexes of the layers in which no statement allows it.
    pub silent: Vec<usize>,
}

/// Decides a request by layers, each of which must allow it, as [`explain`] does in each of them.
///
/// The policies of an identity are one layer; each of its permissions boundaries, and each policy of its session or
/// organization, is a further one. An explicit deny in any layer comes first, then a layer that does not allow, then one
/// that leaves it open.
///
/// ```
/// use stackpass_policy::document::Document;
/// use stackpass_policy::evaluate::{Decision, Request, explain_layers};
/// use stackpass_policy::statement::Statement;
///
/// let allow = |action: &str| -> Result<Document, Box<dyn std::error::Error>> {
///     Ok(Document::new(vec![Statement::allow([action.parse()?], ["*".parse()?])]))
/// };
/// let (identity, boundary) = (allow("s3:*")?, allow("s3:Get*")?);
/// let layers = [vec![&identity], vec![&boundary]];
/// let put = Request::new("s3:PutObject".parse()?, Some("arn:aws:s3:::photos/cat.jpg".parse()?));
/// let explanation = explain_layers(&layers, &put);
/// assert_eq!(explanation.decision, Some(Decision::ImplicitDeny));
/// assert_eq!(explanation.silent, [1]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn explain_layers(layers: &[Vec<&Document>], request: &Request) -> LayeredExplanation {
    let explained: Vec<Explanation> =
        layers.iter().map(|policies| explain(policies, request)).collect();
    let order = [Some(Decision::ExplicitDeny), Some(Decision::ImplicitDeny), None];
    let decision = order
        .into_iter()
        .find(|decision| explained.iter().any(|it| it.decision == *decision))
        .unwrap_or(Some(Decision::Allowed));
    let is_silent = |it: &Explanation| it.decision == Some(Decision::ImplicitDeny);
    let silent = explained.iter().enumerate().filter(|(_, it)| is_silent(it)).map(|(at, _)| at);
    let silent = silent.collect();
    let (mut statements, mut keys) = (Vec::new(), BTreeSet::new());
    for (layer, it) in explained.into_iter().enumerate().filter(|(_, it)| it.decision == decision) {
        statements.extend(it.statements.into_iter().map(|place| (layer, place)));
        keys.extend(it.keys);
    }
    LayeredExplanation { decision, statements, keys, silent }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::condition::{Comparison, Conditions};
    use crate::statement::{Effect, Statement};

    fn policy(effect: Effect, conditions: Conditions) -> Document {
        let allow = Statement::allow(["s3:*".parse().unwrap()], ["*".parse().unwrap()]);
        Document::new(vec![Statement { effect, conditions, ..allow }])
    }

    fn check(layers: &[&Document], expected: Option<Decision>, silent: &[usize], by: &[usize]) {
        let layers: Vec<Vec<&Document>> = layers.iter().map(|it| vec![*it]).collect();
        let resource = "arn:aws:s3:::b/k".parse().unwrap();
        let request = Request::new("s3:GetObject".parse().unwrap(), Some(resource));
        let explanation = explain_layers(&layers, &request);
        assert_eq!(explanation.decision, expected, "{layers:#?}");
        assert_eq!(explanation.silent, silent, "{layers:#?}");
        let places: Vec<usize> = explanation.statements.iter().map(|(layer, _)| *layer).collect();
        assert_eq!(places, by, "{layers:#?}");
    }

    #[test]
    fn deny_comes_before_silence_and_silence_before_what_is_open() {
        let key = "aws:PrincipalTag/team".parse().unwrap();
        let of_team = Conditions::new().with(Comparison::StringEquals, key, ["a"]);
        let allows = policy(Effect::Allow, Conditions::new());
        let denies = policy(Effect::Deny, Conditions::new());
        let open = policy(Effect::Allow, of_team);
        let silent = Document::new(Vec::new());
        check(&[&allows, &allows], Some(Decision::Allowed), &[], &[0, 1]);
        check(&[&allows, &open], None, &[], &[1]);
        check(&[&open, &silent], Some(Decision::ImplicitDeny), &[1], &[]);
        check(&[&silent, &open, &denies], Some(Decision::ExplicitDeny), &[0], &[2]);
    }
}

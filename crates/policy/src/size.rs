//! How large IAM takes a policy to be.

use crate::document::Document;
use crate::render;
use crate::statement::Statement;

/// The number of characters of the policy, white space outside strings not counted, as IAM counts for its quotas:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>.
///
/// White space inside strings is counted: counting too much is safe, counting too little makes a deployment fail.
pub fn size(document: &Document) -> usize {
    render::compact(document).chars().count()
}

/// The number of characters that a statement adds to a policy, without the comma.
pub(crate) fn statement_size(statement: &Statement) -> usize {
    render::compact_statement(statement).chars().count()
}

/// The number of characters of a string of JSON, its quotes included.
pub(crate) fn string_size(text: &str) -> usize {
    render::compact_string(text).chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_counts_inside_strings_only() {
        let conditions = crate::condition::Conditions::new().with(
            crate::condition::Comparison::StringEquals,
            "aws:RequestTag/my team".parse().unwrap(),
            ["a b"],
        );
        let allow = Statement::allow(["s3:*".parse().unwrap()], ["*".parse().unwrap()]);
        let document = Document::new(vec![allow.with_conditions(conditions)]);
        let text = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"aws:RequestTag/my team":"a b"}}}]}"#;
        assert_eq!(size(&document), text.len());
    }
}

//! What the bootstrap stack of the CDK calls its buckets.

use crate::names;
use crate::resolve::Setting;

/// CDK's default qualifier.
pub(crate) const DEFAULT_QUALIFIER: &str = "hnb659fds";

/// The bucket of the bootstrap stack: the legacy template lets CloudFormation name it, the modern one fixes the name.
pub(crate) fn legacy_buckets(setting: &Setting, qualifier: &str) -> [String; 2] {
    let modern = format!("cdk-{qualifier}-assets-${{AWS::AccountId}}-${{AWS::Region}}");
    ["cdktoolkit-stagingbucket-*".to_owned(), names::filled_text(setting, &modern)]
}

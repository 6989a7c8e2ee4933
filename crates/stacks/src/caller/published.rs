//! Where the caller publishes files and images itself.

use std::collections::BTreeSet;

use stackpass_ground::wildcard::escape;

use crate::assembly::Asset;
use crate::bootstrap::legacy_buckets;
use crate::names;
use crate::pattern::{self, Pattern};
use crate::sam;

use super::Caller;

impl Caller<'_> {
    /// The buckets and keys that the caller's own file assets go to. A content hash in a key stands for that of any build.
    pub(super) fn asset_files(self) -> BTreeSet<(String, String)> {
        let setting = &self.planned.stack.setting;
        let mut files = BTreeSet::new();
        for asset in self.own_assets() {
            match asset {
                Asset::File { bucket, key, .. } => {
                    let key = pattern::any_build(&names::filled_text(setting, key));
                    files.insert((names::filled_text(setting, bucket), key));
                }
                Asset::LegacyFile { .. } => {
                    let buckets = legacy_buckets(setting, &self.deployment.qualifier).into_iter();
                    files.extend(buckets.map(|bucket| (bucket, "assets/*".to_owned())));
                }
                Asset::Image { .. } | Asset::LegacyImage { .. } => {}
            }
        }
        files.extend(self.package_bucket().map(|bucket| (bucket, "*".to_owned())));
        files
    }

    /// The bucket that SAM or `aws cloudformation package` uploads local code to, if the user names it.
    pub(super) fn package_bucket(self) -> Option<String> {
        let stack = &self.planned.stack;
        let value = stack.setting.parameters.get(sam::PACKAGE_BUCKET)?;
        let patterns = names::patterns(stack, value.texts().first()?);
        patterns.into_iter().next().map(Pattern::into_string)
    }

    /// The repositories that the caller's own images go to, with the region of those that are not in the stack's.
    pub(super) fn asset_repositories(self) -> BTreeSet<(Option<String>, String)> {
        let setting = &self.planned.stack.setting;
        let repositories = self.own_assets().filter_map(|asset| match asset {
            Asset::Image { repository, region, .. } => {
                let region = region.as_deref().map(|region| names::filled_text(setting, region));
                Some((region, names::filled_text(setting, repository)))
            }
            Asset::LegacyImage { repository } => {
                let name =
                    repository.as_deref().map_or_else(|| "aws-cdk/assets".to_owned(), escape);
                Some((None, name))
            }
            Asset::File { .. } | Asset::LegacyFile { .. } => None,
        });
        repositories.collect()
    }
}

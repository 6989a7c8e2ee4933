//! What a tool's calls depend on.

use crate::assembly::Asset;
use crate::deployment::{Mode, Tool};
use crate::resolve::UseKind;
use crate::sam;
use crate::template::transforms;
use crate::tools::Fact;

use super::Caller;

impl Caller<'_> {
    /// Whether a fact holds for the deployment of the stack.
    pub(super) fn holds(self, fact: Fact) -> bool {
        let Caller { deployment, planned } = self;
        let (stack, artifact) = (&planned.stack, &planned.artifact);
        let any_use = |is: fn(&UseKind) -> bool| stack.uses.iter().any(|used| is(&used.kind));
        let any_asset = |is: fn(&Asset) -> bool| artifact.assets.iter().any(is);
        let any_own = |is: fn(&Asset) -> bool| self.own_assets().any(is);
        match fact {
            Fact::Agnostic => stack.setting.account.is_none() || stack.setting.region.is_none(),
            Fact::HasFileAssets => self.package_bucket().is_some() || any_own(Asset::is_file),
            Fact::HasImageAssets => any_own(|asset| !asset.is_file()),
            Fact::HasNestedStacks => stack
                .resources
                .values()
                .any(|resource| resource.resource_type == "AWS::CloudFormation::Stack"),
            Fact::HasRoleAssets => {
                self.assumes_roles()
                    && any_asset(|asset| asset.is_file() && asset.publishing_role().is_some())
            }
            Fact::HasRoleImages => {
                self.assumes_roles()
                    && any_asset(|asset| !asset.is_file() && asset.publishing_role().is_some())
            }
            Fact::HasSamTransform => {
                any_use(|used| matches!(used, UseKind::Transform(name) if name == transforms::SAM))
            }
            Fact::HasServiceRole => deployment.mode == Mode::ServiceRole,
            Fact::HasSessionTags => artifact.session_tags,
            Fact::HasSsmParameters => any_use(|used| matches!(used, UseKind::StoredParameter(_))),
            Fact::HasStackTags => !stack.setting.stack_tags.is_empty(),
            Fact::LegacyImageAssets => {
                any_asset(|asset| matches!(asset, Asset::LegacyImage { .. }))
            }
            Fact::Live => deployment.live,
            Fact::ManagedBucket => self.package_bucket().as_deref() == Some(sam::MANAGED_BUCKET),
            Fact::Modern => self.assumes_roles() && artifact.deploy_role.is_some(),
            Fact::PermissionsBoundary => {
                let named = |id: &str| id == "CdkBoostrapPermissionsBoundaryPolicy";
                stack.resources.keys().any(|logical_id| named(logical_id.as_str()))
            }
            Fact::Sst1 => artifact.deploy_role.is_some(),
            Fact::TerminationProtection => artifact.termination_protection,
        }
    }

    /// Whether the roles of the bootstrap stack that an assembly names are assumed.
    ///
    /// Without the permission to assume them the CDK goes on with the caller's own credentials, if these are of the right
    /// account. A service role wants that: the bootstrap's deploy role may pass the bootstrap's execution role only.
    fn assumes_roles(self) -> bool {
        match self.tool() {
            Tool::Cdk => true,
            Tool::SstV1 => self.deployment.mode != Mode::ServiceRole,
            Tool::AwsCli | Tool::CdkBootstrap | Tool::CdkLegacy | Tool::Sam => false,
        }
    }

    /// What the caller itself publishes.
    pub(super) fn own_assets(&self) -> impl Iterator<Item = &Asset> {
        let assumes_roles = self.assumes_roles();
        let assets = self.planned.artifact.assets.iter();
        assets.filter(move |asset| asset.publishing_role().is_none() || !assumes_roles)
    }
}

//! What the calls of a tool act on.

use crate::deployment::Mode;
use crate::names::{self, NameTemplate};
use crate::pattern::Pattern;
use crate::resolve::UseKind;
use crate::tools::{BootstrapRole, On};
use crate::value::Text;

use super::Caller;

const STACK: &str = "arn:${Partition}:cloudformation:${Region}:${Account}:stack/";

impl Caller<'_> {
    /// The texts of the ARNs that a tool's `on` stands for, none if the deployment has no such thing.
    pub(super) fn resources(self, on: &On) -> Vec<String> {
        match on {
            On::Any => vec!["*".to_owned()],
            On::Stack => self.filled(&format!("{STACK}${{StackName}}/*")),
            On::DebugStack => self.filled(&format!("{STACK}{}/*", self.debug_stack_name())),
            On::DebugObject => {
                self.filled(&format!("arn:${{Partition}}:s3:::{}/*", self.debug_bucket()))
            }
            On::SsmParameters => self.stored_parameters(),
            On::AssetBucket => {
                let files = self.asset_files().into_iter();
                files.map(|(bucket, _)| self.in_s3(&bucket)).collect()
            }
            On::AssetObject => {
                let files = self.asset_files().into_iter();
                files.map(|(bucket, key)| self.in_s3(&format!("{bucket}/{key}"))).collect()
            }
            On::AssetRepository => {
                let repositories = self.asset_repositories().into_iter();
                repositories
                    .flat_map(|(region, name)| {
                        let region = region.as_deref().unwrap_or("${Region}");
                        self.filled(&format!(
                            "arn:${{Partition}}:ecr:{region}:${{Account}}:repository/{name}"
                        ))
                    })
                    .collect()
            }
            On::BootstrapParameter => self.bootstrap_parameter(),
            On::Role(role) => self.roles(*role),
            On::Arn(template) => self.filled(template),
        }
    }

    fn filled(self, template: &str) -> Vec<String> {
        let template = template.replace("${Qualifier}", &self.deployment.qualifier);
        let patterns =
            names::fill(&self.planned.stack, None, NameTemplate::new(&template)).into_iter();
        patterns.map(Pattern::into_string).collect()
    }

    fn in_s3(self, object: &str) -> String {
        let partition = self.planned.stack.setting.partition.as_deref().unwrap_or("*");
        format!("arn:{partition}:s3:::{object}")
    }

    fn stored_parameters(self) -> Vec<String> {
        let uses = self.planned.stack.uses.iter();
        uses.filter_map(|used| match &used.kind {
            UseKind::StoredParameter(name) => Some(self.parameter_arns(name)),
            _ => None,
        })
        .flatten()
        .collect()
    }

    fn parameter_arns(self, name: &Text) -> Vec<String> {
        let template = NameTemplate::of_kind_named("ssm", "parameter", "*");
        let patterns = names::referred_or_any(&self.planned.stack, name, template).into_iter();
        patterns.map(Pattern::into_string).collect()
    }

    fn bootstrap_parameter(self) -> Vec<String> {
        let name = self.planned.artifact.bootstrap_parameter.as_deref().map_or_else(
            || format!("/cdk-bootstrap/{}/version", self.deployment.qualifier),
            |name| names::filled_text(&self.planned.stack.setting, name),
        );
        self.filled(&format!("arn:${{Partition}}:ssm:${{Region}}:${{Account}}:parameter{name}"))
    }

    /// The roles of the bootstrap stack that a deployment assumes or passes; by the names of the default bootstrap where the
    /// assembly has none.
    fn roles(self, role: BootstrapRole) -> Vec<String> {
        let artifact = &self.planned.artifact;
        let publishing = |of_files: bool| -> Vec<&String> {
            let assets = artifact.assets.iter().filter(|asset| asset.is_file() == of_files);
            assets.filter_map(|asset| asset.publishing_role()).collect()
        };
        let (given, name) = match role {
            BootstrapRole::Deploy => (artifact.deploy_role.iter().collect(), "deploy-role"),
            BootstrapRole::Lookup => (artifact.lookup_role.iter().collect(), "lookup-role"),
            BootstrapRole::Execution if self.deployment.mode == Mode::ServiceRole => {
                return self.service_role().into_iter().collect();
            }
            BootstrapRole::Execution => (artifact.execution_role.iter().collect(), "cfn-exec-role"),
            BootstrapRole::FilePublishing => (publishing(true), "file-publishing-role"),
            BootstrapRole::ImagePublishing => (publishing(false), "image-publishing-role"),
        };
        if given.is_empty() {
            return self.filled(&format!(
                "arn:${{Partition}}:iam::${{Account}}:role/cdk-${{Qualifier}}-{name}-${{Account}}-${{Region}}"
            ));
        }
        let setting = &self.planned.stack.setting;
        given.into_iter().map(|arn| names::filled_text(setting, arn)).collect()
    }
}

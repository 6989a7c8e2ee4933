//! What the caller needs: the calls that the tool makes with the caller's own credentials.
//!
//! They are data, one TOML file a tool under `tools/`. What a template asks of the caller beside that, Systems Manager parameters
//! and transforms for one, is worked out here.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use serde::Deserialize;
use stackpass_policy::action::Action;
use stackpass_policy::arn::ArnPattern;
use stackpass_policy::catalogue;
use stackpass_policy::condition::{Comparison, Conditions, Operator};
use stackpass_policy::source::Span;
use stackpass_policy::wildcard::escape;

use crate::assembly::Asset;
use crate::deploy::{Deployment, Mode, PlannedStack, Tool, legacy_buckets};
use crate::executor::place;
use crate::generic;
use crate::names::{Case, NameRule, StackName, Style, generated_name_pattern};
use crate::need::{Gap, Hardness, Need, Needs, Phase, Scoping, Who, Why};
use crate::resolve::{Stack, UseKind};
use crate::sam;
use crate::scope;
use crate::transforms;
use crate::value::Text;

/// How the ARN of SAM's transform ends.
const SAM_TRANSFORM: &str = "transform/Serverless-2016-10-31";

/// What the names of SST's debug stacks end in.
const DEBUG_STACK: &str = "-debug-stack";

const FILES: [(Tool, &str); 6] = [
    (Tool::AwsCli, include_str!("generated/tool-aws-cli.json")),
    (Tool::Cdk, include_str!("generated/tool-cdk.json")),
    (Tool::CdkBootstrap, include_str!("generated/tool-cdk-bootstrap.json")),
    (Tool::CdkLegacy, include_str!("generated/tool-cdk-legacy.json")),
    (Tool::Sam, include_str!("generated/tool-sam.json")),
    (Tool::SstV1, include_str!("generated/tool-sst-v1.json")),
];

/// The calls of one tool.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolCalls {
    /// What the tool is and which version was looked at.
    pub description: String,
    /// Its calls.
    pub need: Vec<ToolNeed>,
}

/// Calls of a tool that act on the same thing for the same reason.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolNeed {
    /// The actions, as IAM spells them.
    pub actions: Vec<String>,
    /// What they act on.
    pub on: String,
    /// When they are called.
    pub phases: Vec<Phase>,
    /// Facts of the deployment of which one must hold; none means always.
    #[serde(default)]
    pub when: Vec<String>,
    /// Condition operator to condition key to values.
    #[serde(default)]
    pub conditions: BTreeMap<String, BTreeMap<String, Vec<String>>>,
    /// What happens without them.
    #[serde(default)]
    pub hardness: Hardness,
    /// Where the facts come from.
    pub evidence: Vec<String>,
}

/// The calls of a tool.
pub fn calls_of(tool: Tool) -> &'static ToolCalls {
    static CALLS: [OnceLock<ToolCalls>; FILES.len()] = [const { OnceLock::new() }; FILES.len()];
    static NONE: OnceLock<ToolCalls> = OnceLock::new();
    let index = FILES.iter().position(|(known, _)| *known == tool);
    let text = index.and_then(|index| FILES.get(index)).map_or("", |(_, text)| text);
    let slot = index.and_then(|index| CALLS.get(index)).unwrap_or(&NONE);
    // A file that does not parse cannot pass the tests; here it counts as one without calls.
    slot.get_or_init(|| serde_json::from_str(text).unwrap_or_default())
}

/// Works out what the caller needs for a stack of a deployment.
pub(crate) fn caller_needs(deployment: &Deployment, planned: &PlannedStack) -> Needs {
    let mut needs = Needs::default();
    let facts = facts(deployment, planned);
    for need in &calls_of(tool_for(deployment, planned)).need {
        if !applies(need, &facts) {
            continue;
        }
        let texts = resources(deployment, planned, &need.on).unwrap_or_default();
        let resources = arns(&planned.stack, texts, &mut needs);
        if resources.is_empty() {
            continue;
        }
        for action in need.actions.iter().filter_map(|action| action.parse::<Action>().ok()) {
            let scoping = scoping(&action, &resources, planned);
            let mut conditions = conditions(&need.conditions);
            if need.on.ends_with("stack") {
                pin_role(deployment, planned, &action, &mut conditions);
            }
            for &phase in &need.phases {
                needs.needs.push(Need {
                    who: Who::Caller,
                    action: action.clone(),
                    phase,
                    resources: resources.clone(),
                    conditions: conditions.clone(),
                    hardness: need.hardness,
                    scoping: scoping.clone(),
                    why: why(&planned.stack, Span::default(), need.evidence.clone()),
                });
            }
        }
    }
    // With modern synthesis the deploy role reads the template, not the caller.
    if deployment.mode != Mode::Bootstrap || planned.artifact.deploy_role.is_none() {
        template_needs(&planned.stack, &mut needs);
    }
    if deployment.mode == Mode::ServiceRole {
        service_role_needs(deployment, planned, &mut needs);
    }
    needs
}

/// The tool whose calls deploy a stack: the CDK uses the caller's own credentials for a stack that names no role to assume.
fn tool_for(deployment: &Deployment, planned: &PlannedStack) -> Tool {
    match deployment.tool {
        Tool::Cdk if planned.artifact.deploy_role.is_none() => Tool::CdkLegacy,
        tool => tool,
    }
}

/// Everything that a tool's `when` may ask of a deployment, and whether it holds.
fn facts(deployment: &Deployment, planned: &PlannedStack) -> BTreeMap<&'static str, bool> {
    let stack = &planned.stack;
    let mut facts = BTreeMap::new();
    let mut note = |name: &'static str, holds: bool| {
        facts.insert(name, holds);
    };
    let has_transform = |name: &str| {
        stack
            .uses
            .iter()
            .any(|used| matches!(&used.kind, UseKind::Transform(found) if found == name))
    };
    let any_use = |is: fn(&UseKind) -> bool| stack.uses.iter().any(|used| is(&used.kind));
    let any_asset = |is: fn(&Asset) -> bool| planned.artifact.assets.iter().any(is);
    note("agnostic", stack.setting.account.is_none() || stack.setting.region.is_none());
    // Any deployment may fail; what is then called is in the files with the hardness it has.
    note("failed-deploy", true);
    note("early-validation", true);
    let by_roles = assumes_roles(deployment, planned);
    let any_asset_of = |is: &dyn Fn(&Asset) -> bool| planned.artifact.assets.iter().any(is);
    let packages = package_bucket(planned).is_some();
    note("managed-bucket", package_bucket(planned).as_deref() == Some(sam::MANAGED_BUCKET));
    note(
        "has-file-assets",
        packages || any_asset_of(&|asset| is_own_file(deployment, planned, asset)),
    );
    note("has-image-assets", any_asset_of(&|asset| is_own_image(deployment, planned, asset)));
    let is_of_role = |asset: &Asset| matches!(asset, Asset::File { publishing_role: Some(_), .. });
    note("has-role-assets", by_roles && any_asset(is_of_role));
    let is_of_role = |asset: &Asset| matches!(asset, Asset::Image { publishing_role: Some(_), .. });
    note("has-role-images", by_roles && any_asset(is_of_role));
    note("legacy-image-assets", any_asset(|asset| matches!(asset, Asset::LegacyImage { .. })));
    note(
        "has-macros",
        any_use(|used| matches!(used, UseKind::Transform(name) if !name.starts_with("AWS::"))),
    );
    note(
        "has-nested-stacks",
        stack
            .resources
            .values()
            .any(|resource| resource.resource_type == "AWS::CloudFormation::Stack"),
    );
    note("has-sam-transform", has_transform(transforms::SAM));
    note("has-service-role", deployment.mode == Mode::ServiceRole);
    note("has-ssm-parameters", any_use(|used| matches!(used, UseKind::StoredParameter(_))));
    note("has-session-tags", planned.artifact.session_tags);
    note("has-stack-tags", !stack.setting.stack_tags.is_empty());
    note("live", deployment.live);
    note("modern", by_roles && planned.artifact.deploy_role.is_some());
    note("sst-1", planned.artifact.deploy_role.is_some());
    note("termination-protection", planned.artifact.termination_protection);
    note(
        "permissions-boundary",
        stack
            .resources
            .keys()
            .any(|logical_id| logical_id.as_str() == "CdkBoostrapPermissionsBoundaryPolicy"),
    );
    facts
}

/// Whether the roles of the bootstrap stack that an assembly names are assumed.
///
/// Without the permission to assume them the CDK goes on with the caller's own credentials, if these are of the right
/// account. A service role wants that: the bootstrap's deploy role may pass the bootstrap's execution role only.
fn assumes_roles(deployment: &Deployment, planned: &PlannedStack) -> bool {
    match tool_for(deployment, planned) {
        Tool::Cdk => true,
        Tool::SstV1 => deployment.mode != Mode::ServiceRole,
        Tool::AwsCli | Tool::CdkBootstrap | Tool::CdkLegacy | Tool::Sam => false,
    }
}

/// Whether the caller itself publishes a file.
fn is_own_file(deployment: &Deployment, planned: &PlannedStack, asset: &Asset) -> bool {
    match asset {
        Asset::File { publishing_role, .. } => {
            publishing_role.is_none() || !assumes_roles(deployment, planned)
        }
        Asset::LegacyFile { .. } => true,
        Asset::Image { .. } | Asset::LegacyImage { .. } => false,
    }
}

/// Whether the caller itself publishes an image.
fn is_own_image(deployment: &Deployment, planned: &PlannedStack, asset: &Asset) -> bool {
    match asset {
        Asset::Image { publishing_role, .. } => {
            publishing_role.is_none() || !assumes_roles(deployment, planned)
        }
        Asset::LegacyImage { .. } => true,
        Asset::File { .. } | Asset::LegacyFile { .. } => false,
    }
}

/// Whether a need applies to a deployment with these facts.
fn applies(need: &ToolNeed, facts: &BTreeMap<&'static str, bool>) -> bool {
    let holds = |name: &String| facts.get(name.as_str()).is_some_and(|holds| *holds);
    need.when.is_empty() || need.when.iter().any(holds)
}

/// The ARNs among texts. A text of the input that is none is a gap, told once.
fn arns(
    stack: &Stack,
    texts: impl IntoIterator<Item = String>,
    needs: &mut Needs,
) -> BTreeSet<ArnPattern> {
    let mut arns = BTreeSet::new();
    for text in texts {
        if let Ok(arn) = text.parse() {
            arns.insert(arn);
            continue;
        }
        let gap = Gap {
            place: place(stack, Span::default()),
            code: "no-arn",
            stack: scope::stack_name(stack),
            resource: None,
            message: format!("`{text}` is no ARN, so nothing of the caller's is allowed on it"),
            help: "mend it where the app is synthesized; a role of the manifest is written as `arn:PARTITION:iam::ACCOUNT:role/NAME`".to_owned(),
        };
        if !needs.gaps.contains(&gap) {
            needs.gaps.push(gap);
        }
    }
    arns
}

/// The texts of the ARNs that a tool's `on` stands for, none if the deployment has no such thing; `None` if `on` is no word of ours.
fn resources(deployment: &Deployment, planned: &PlannedStack, on: &str) -> Option<Vec<String>> {
    let stack = &planned.stack;
    let filled = |template: &str| {
        let template = template
            .replace("${Qualifier}", &deployment.qualifier)
            .replace("${Stage}-${App}-", "*");
        scope::fill(stack, None, &template)
            .into_iter()
            .map(|pattern| pattern.glob)
            .collect::<Vec<_>>()
    };
    let globs = match on {
        "any" => vec!["*".to_owned()],
        "stack" => {
            filled("arn:${Partition}:cloudformation:${Region}:${Account}:stack/${StackName}/*")
        }
        "debug-stack" => filled(&format!(
            "arn:${{Partition}}:cloudformation:${{Region}}:${{Account}}:stack/{}/*",
            debug_stack_name(deployment)
        )),
        "debug-object" => {
            filled(&format!("arn:${{Partition}}:s3:::{}/*", debug_bucket(deployment)))
        }
        "ssm-parameters" => stack
            .uses
            .iter()
            .filter_map(|used| match &used.kind {
                UseKind::StoredParameter(name) => Some(parameter_arns(stack, name)),
                _ => None,
            })
            .flatten()
            .collect(),
        "asset-bucket" => asset_files(deployment, planned)
            .into_iter()
            .map(|(bucket, _)| format!("arn:{}:s3:::{bucket}", partition(stack)))
            .collect(),
        "asset-object" => asset_files(deployment, planned)
            .into_iter()
            .map(|(bucket, key)| format!("arn:{}:s3:::{bucket}/{key}", partition(stack)))
            .collect(),
        "asset-repository" => asset_repositories(deployment, planned)
            .into_iter()
            .flat_map(|(region, name)| {
                let region = region.as_deref().unwrap_or("${Region}");
                filled(&format!("arn:${{Partition}}:ecr:{region}:${{Account}}:repository/{name}"))
            })
            .collect(),
        "bootstrap-parameter" => {
            let name = planned.artifact.bootstrap_parameter.clone().map_or_else(
                || format!("/cdk-bootstrap/{}/version", deployment.qualifier),
                |name| scope::filled_text(&stack.setting, &name),
            );
            filled(&format!("arn:${{Partition}}:ssm:${{Region}}:${{Account}}:parameter{name}"))
        }
        // The function behind a macro is in another template; that it has to be named by hand is a gap.
        "template-macro" => Vec::new(),
        _ => match on.strip_prefix("role:") {
            Some(role) => roles(deployment, planned, role)?,
            None if on.starts_with("arn:") => filled(on),
            None => return None,
        },
    };
    Some(globs)
}

fn partition(stack: &Stack) -> &str {
    stack.setting.partition.as_deref().unwrap_or("*")
}

/// The roles of the bootstrap stack that a deployment assumes or passes; by the names of the default bootstrap where the assembly has none.
fn roles(deployment: &Deployment, planned: &PlannedStack, role: &str) -> Option<Vec<String>> {
    let of_assets = |image: bool| {
        planned.artifact.assets.iter().filter_map(move |asset| match asset {
            Asset::File { publishing_role, .. } if !image => publishing_role.clone(),
            Asset::Image { publishing_role, .. } if image => publishing_role.clone(),
            _ => None,
        })
    };
    let (given, name): (Vec<String>, &str) = match role {
        "deploy" => (planned.artifact.deploy_role.iter().cloned().collect(), "deploy-role"),
        "lookup" => (planned.artifact.lookup_role.iter().cloned().collect(), "lookup-role"),
        "execution" if deployment.mode == Mode::ServiceRole => {
            return Some(service_role(deployment, planned).into_iter().collect());
        }
        "execution" => (planned.artifact.execution_role.iter().cloned().collect(), "cfn-exec-role"),
        "file-publishing" => (of_assets(false).collect(), "file-publishing-role"),
        "image-publishing" => (of_assets(true).collect(), "image-publishing-role"),
        _ => return None,
    };
    let given: Vec<String> =
        given.iter().map(|arn| scope::filled_text(&planned.stack.setting, arn)).collect();
    if !given.is_empty() {
        return Some(given);
    }
    let template = format!(
        "arn:${{Partition}}:iam::${{Account}}:role/cdk-{}-{name}-${{Account}}-${{Region}}",
        deployment.qualifier
    );
    let patterns = scope::fill(&planned.stack, None, &template).into_iter();
    Some(patterns.map(|pattern| pattern.glob).collect())
}

/// The buckets and keys that the caller's own file assets go to. A content hash in a key stands for that of any build.
fn asset_files(deployment: &Deployment, planned: &PlannedStack) -> BTreeSet<(String, String)> {
    let setting = &planned.stack.setting;
    let own =
        planned.artifact.assets.iter().filter(|asset| is_own_file(deployment, planned, asset));
    own.flat_map(|asset| {
        if let Asset::File { bucket, key, .. } = asset {
            vec![(
                scope::filled_text(setting, bucket),
                scope::any_build(&scope::filled_text(setting, key)),
            )]
        } else {
            let buckets = legacy_buckets(setting, &deployment.qualifier).into_iter();
            buckets.map(|bucket| (bucket, "assets/*".to_owned())).collect()
        }
    })
    .chain(package_bucket(planned).map(|bucket| (bucket, "*".to_owned())))
    .collect()
}

/// The bucket that SAM or `aws cloudformation package` uploads local code to, if the user names it.
fn package_bucket(planned: &PlannedStack) -> Option<String> {
    let value = planned.stack.setting.parameters.get(sam::PACKAGE_BUCKET)?;
    let patterns = scope::patterns(&planned.stack, value.texts().first()?);
    patterns.into_iter().next().map(|pattern| pattern.glob)
}

/// The repositories that the caller's own image assets go to, with the region of those that are not in the stack's.
fn asset_repositories(
    deployment: &Deployment,
    planned: &PlannedStack,
) -> BTreeSet<(Option<String>, String)> {
    let setting = &planned.stack.setting;
    let own =
        planned.artifact.assets.iter().filter(|asset| is_own_image(deployment, planned, asset));
    own.filter_map(|asset| match asset {
        Asset::Image { repository, region, .. } => {
            let region = region.as_deref().map(|region| scope::filled_text(setting, region));
            Some((region, scope::filled_text(setting, repository)))
        }
        Asset::LegacyImage { repository } => {
            let name = repository.as_deref().map_or_else(|| "aws-cdk/assets".to_owned(), escape);
            Some((None, name))
        }
        _ => None,
    })
    .collect()
}

fn conditions(conditions: &BTreeMap<String, BTreeMap<String, Vec<String>>>) -> Conditions {
    let mut built = Conditions::new();
    for (operator, keys) in conditions {
        for (key, values) in keys {
            if let (Ok(operator), Ok(key)) = (operator.parse::<Operator>(), key.parse()) {
                built.add(operator, key, values.iter().cloned());
            }
        }
    }
    built
}

fn scoping(action: &Action, resources: &BTreeSet<ArnPattern>, planned: &PlannedStack) -> Scoping {
    if !resources.iter().any(ArnPattern::is_any) {
        let unnamed = planned.stack.setting.stack_name.is_none()
            && resources.iter().any(|arn| arn.service() == "cloudformation");
        let is_whole_type = resources.iter().any(|arn| scope::is_whole_type(arn.as_str()));
        return match (unnamed, is_whole_type) {
            (true, _) => Scoping::UnknownStackName,
            (false, true) => Scoping::AnyOfType,
            (false, false) => Scoping::Named,
        };
    }
    let has_resources = catalogue::action(action.service(), action.name())
        .is_some_and(|facts| facts.resource_types().next().is_some());
    if has_resources { Scoping::AnyOfType } else { Scoping::NoResourceLevel }
}

fn why(stack: &Stack, span: Span, evidence: Vec<String>) -> Why {
    Why {
        stack: scope::stack_name(stack),
        resource: None,
        property: None,
        place: place(stack, span),
        evidence,
    }
}

/// What CloudFormation asks of the caller while it reads the template.
fn template_needs(stack: &Stack, needs: &mut Needs) {
    let mut push =
        |span, action: &str, resources: BTreeSet<ArnPattern>, scoping, evidence: String| {
            let Ok(action) = action.parse() else { return };
            needs.needs.push(Need {
                who: Who::Caller,
                action,
                phase: Phase::ChangeSet,
                resources,
                conditions: Conditions::new(),
                hardness: Hardness::Must,
                scoping,
                why: why(stack, span, vec![evidence]),
            });
        };
    for used in &stack.uses {
        let UseKind::ParameterType(kind) = &used.kind else { continue };
        for action in generic::parameter_type_actions(kind) {
            let evidence =
                format!("CloudFormation checks the value of a parameter of the type `{kind}`");
            let any = BTreeSet::from([ArnPattern::any()]);
            push(used.span, action, any, Scoping::NoResourceLevel, evidence);
        }
    }
    for call in transforms::calls(stack) {
        // SAM's own transform is among the tool's calls.
        let is_sam = |arn: &ArnPattern| arn.as_str().ends_with(SAM_TRANSFORM);
        if !call.resources.iter().any(is_sam) {
            push(call.span, call.action, call.resources, call.scoping, call.evidence.to_owned());
        }
    }
}

fn parameter_arns(stack: &Stack, name: &Text) -> Vec<String> {
    let format = catalogue::resource_type("ssm", "parameter");
    let format = format.and_then(|kind| kind.arns().next()).unwrap_or("*");
    scope::referred_or_any(stack, name, format).into_iter().map(|pattern| pattern.glob).collect()
}

/// The name of the SST debug stack: that of the deployment, else what such names end in.
fn debug_stack_name(deployment: &Deployment) -> String {
    let names = deployment.stacks.iter().map(|planned| scope::stack_name(&planned.stack));
    names
        .into_iter()
        .find(|name| name.ends_with(DEBUG_STACK))
        .unwrap_or_else(|| format!("*{DEBUG_STACK}"))
}

/// The generated name of the debug stack's bucket.
fn debug_bucket(deployment: &Deployment) -> String {
    let stack_name = debug_stack_name(deployment);
    let stack_name = if stack_name.starts_with('*') {
        StackName::Unknown
    } else {
        StackName::Known(&stack_name)
    };
    let rule = NameRule { max: 63, case: Case::Lower, style: Style::Split };
    generated_name_pattern(stack_name, "Bucket83908E77", &rule)
}

/// The ARN of the role that the caller passes; none if it has no name.
///
/// The execution role that an app names is another one: the bootstrap's, which is an administrator by default.
fn service_role(deployment: &Deployment, planned: &PlannedStack) -> BTreeSet<String> {
    let setting = &planned.stack.setting;
    let given = deployment.service_role.as_deref();
    given.map(|role| scope::filled_text(setting, role)).into_iter().collect()
}

/// Binds calls that may name a role to the service role.
///
/// A stack that is made or changed must be given it: without a role CloudFormation acts with the caller's permissions. What
/// undoes a stack may also name none, since the stack keeps the role that it was given, and the CDK and SST delete without
/// naming it.
fn pin_role(
    deployment: &Deployment,
    planned: &PlannedStack,
    action: &Action,
    conditions: &mut Conditions,
) {
    if deployment.mode != Mode::ServiceRole || action.service() != "cloudformation" {
        return;
    }
    let if_exists = match action.name() {
        "CreateChangeSet" | "CreateStack" | "UpdateStack" => false,
        "ContinueUpdateRollback" | "DeleteStack" | "RollbackStack" => true,
        _ => return,
    };
    let roles = service_role(deployment, planned);
    let Ok(key) = "cloudformation:RoleArn".parse() else { return };
    if roles.is_empty() {
        return;
    }
    let comparison = if roles.iter().any(|role| role.contains('*')) {
        Comparison::StringLike
    } else {
        Comparison::StringEquals
    };
    conditions.add(Operator { if_exists, ..Operator::new(comparison) }, key, roles);
}

/// What it takes to pass the service role.
fn service_role_needs(deployment: &Deployment, planned: &PlannedStack, needs: &mut Needs) {
    let stack = &planned.stack;
    let roles = service_role(deployment, planned);
    if roles.is_empty() {
        needs.gaps.push(Gap {
            place: place(stack, Span::default()),
            code: "service-role",
            stack: scope::stack_name(stack),
            resource: None,
            message: "the service role has no name, so the caller may pass none".to_owned(),
            help: "say which role CloudFormation acts with: `--service-role NAME`".to_owned(),
        });
        return;
    }
    let Ok(action) = "iam:PassRole".parse::<Action>() else { return };
    let roles = arns(stack, roles, needs);
    if roles.is_empty() {
        return;
    }
    for phase in [Phase::ChangeSet, Phase::Create, Phase::Update, Phase::Delete] {
        needs.needs.push(Need {
            who: Who::Caller,
            action: action.clone(),
            phase,
            resources: roles.clone(),
            conditions: Conditions::new(),
            hardness: Hardness::Must,
            scoping: Scoping::Named,
            why: why(
                stack,
                Span::default(),
                vec![
                    "a stack that acts with a service role is given the role by the caller"
                        .to_owned(),
                ],
            ),
        });
    }
}

#[cfg(test)]
mod tests;

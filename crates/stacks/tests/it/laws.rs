//! What holds for every template: laws over templates that are put together from pieces at random.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use stackpass_ground::arn::ArnPattern;
use stackpass_ground::source::Source;
use stackpass_ground::wildcard::{Case, Glob, Syntax};
use stackpass_policy::condition::{Comparison, Conditions};
use stackpass_stacks::deployment::{Input, Mode, Options, Tool};
use stackpass_stacks::need::{Need, Needs, Phase, ResourceRef, Scoping, Who};
use stackpass_stacks::{needs, plan};

use super::deployments::{options, template};

/// Takes decisions from bytes, so that a failing template shrinks.
struct Choices<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Choices<'_> {
    fn below(&mut self, bound: usize) -> usize {
        let byte = self.bytes.get(self.at % self.bytes.len().max(1)).copied().unwrap_or_default();
        self.at += 1;
        usize::from(byte) % bound
    }

    fn of<T: Clone>(&mut self, several: &[T]) -> T {
        several[self.below(several.len())].clone()
    }

    fn often(&mut self) -> bool {
        self.below(3) > 0
    }

    fn condition(&mut self) -> &'static str {
        self.of(&["IsProduction", "IsNotProduction", "HasPrefix", "Both", "Either"])
    }

    /// A value, or a choice of two, or of a value and nothing.
    fn maybe(&mut self, value: Value, other: &Value) -> Value {
        match self.below(5) {
            0 => json!({"Fn::If": [self.condition(), value, other]}),
            1 => json!({"Fn::If": [self.condition(), value, {"Ref": "AWS::NoValue"}]}),
            _ => value,
        }
    }

    fn name(&mut self, base: &str) -> Value {
        let value = match self.below(9) {
            0 => json!(format!("fixed-{base}")),
            1 => json!({"Ref": "Prefix"}),
            2 => json!({"Fn::Sub": format!("${{AWS::StackName}}-${{Prefix}}-{base}")}),
            3 => json!({"Fn::Sub": [format!("${{stage}}-{base}"), {"stage": {"Ref": "Stage"}}]}),
            4 => {
                json!({"Fn::Join": ["-", [base, {"Fn::If": [self.condition(), {"Ref": "Stage"}, {"Ref": "AWS::NoValue"}]}]]})
            }
            5 => json!({"Fn::FindInMap": ["Names", {"Ref": "Stage"}, "name"]}),
            6 => {
                json!({"Fn::Select": [1, {"Fn::Split": ["/", {"Fn::Sub": format!("x/${{Prefix}}-{base}")}]}]})
            }
            7 => json!({"Fn::ImportValue": "name"}),
            _ => json!({"Fn::Join": ["", [{"Ref": "AWS::Region"}, base, {"Ref": "Prefix"}]]}),
        };
        self.maybe(value, &json!(format!("other-{base}")))
    }

    fn role(&mut self) -> Value {
        let value = match self.below(5) {
            0 => json!({"Fn::GetAtt": ["Role", "Arn"]}),
            1 => json!({"Ref": "RoleArn"}),
            2 => json!("arn:aws:iam::111122223333:role/service/fixed"),
            3 => {
                json!({"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/${Prefix}-role"})
            }
            _ => json!({"Fn::Sub": "${Role.Arn}"}),
        };
        let other = self.of(&[json!({"Fn::GetAtt": ["Role", "Arn"]}), json!({"Ref": "RoleArn"})]);
        self.maybe(value, &other)
    }

    fn key(&mut self) -> Value {
        let value = self.of(&[
            json!({"Fn::GetAtt": ["Key", "Arn"]}),
            json!({"Ref": "KeyId"}),
            json!("alias/own"),
            json!("arn:aws:kms:eu-west-1:111122223333:key/0a1b"),
        ]);
        self.maybe(value, &json!({"Ref": "KeyId"}))
    }

    fn bucket(&mut self) -> Value {
        let value = self.of(&[
            json!({"Ref": "Bucket"}),
            json!("fixed-bucket"),
            json!({"Ref": "BucketName"}),
            json!({"Fn::Sub": "${Prefix}-code-${AWS::Region}"}),
        ]);
        self.maybe(value, &json!("other-bucket"))
    }

    /// A resource, with its logical id.
    fn resource(&mut self) -> (&'static str, Value) {
        let mut properties = Map::new();
        let mut set = |name: &str, value: Value| {
            properties.insert(name.to_owned(), value);
        };
        let (id, kind) = self.of(&[
            ("Table", "AWS::DynamoDB::Table"),
            ("Function", "AWS::Lambda::Function"),
            ("Topic", "AWS::SNS::Topic"),
            ("Queue", "AWS::SQS::Queue"),
            ("Logs", "AWS::Logs::LogGroup"),
            ("Repository", "AWS::ECR::Repository"),
            ("Parameter", "AWS::SSM::Parameter"),
            ("Rule", "AWS::Events::Rule"),
            ("Machine", "AWS::StepFunctions::StateMachine"),
            ("Custom", "Custom::Thing"),
            ("Policy", "AWS::IAM::Policy"),
            ("BucketPolicy", "AWS::S3::BucketPolicy"),
            ("Source", "AWS::Lambda::EventSourceMapping"),
            ("Secret", "AWS::SecretsManager::Secret"),
            ("Api", "AWS::ApiGatewayV2::Api"),
            ("Permission", "AWS::Lambda::Permission"),
            ("Url", "AWS::Lambda::Url"),
            ("Nothing", "Private::Own::Type"),
        ]);
        match id {
            "Table" => {
                set("KeySchema", json!([{"AttributeName": "pk", "KeyType": "HASH"}]));
                if self.often() {
                    set("TableName", self.name("table"));
                }
                if self.often() {
                    set(
                        "SSESpecification",
                        json!({"SSEEnabled": true, "KMSMasterKeyId": self.key()}),
                    );
                }
                if self.often() {
                    set(
                        "TimeToLiveSpecification",
                        json!({"AttributeName": "ttl", "Enabled": true}),
                    );
                }
            }
            "Function" => {
                set("Role", self.role());
                set("Code", json!({"S3Bucket": self.bucket(), "S3Key": self.name("code.zip")}));
                if self.often() {
                    set("FunctionName", self.name("function"));
                }
                if self.often() {
                    set("KmsKeyArn", self.key());
                }
                if self.often() {
                    set(
                        "Layers",
                        json!([{"Ref": "Layer"}, "arn:aws:lambda:eu-west-1:444455556666:layer:public:3"]),
                    );
                }
            }
            "Topic" => {
                set("TopicName", self.name("topic"));
                if self.often() {
                    set("KmsMasterKeyId", self.key());
                }
            }
            "Queue" => {
                set("QueueName", self.name("queue"));
                if self.often() {
                    set("KmsMasterKeyId", self.key());
                }
            }
            "Logs" => {
                set("LogGroupName", self.name("logs"));
                set("RetentionInDays", json!(7));
            }
            "Repository" => {
                if self.often() {
                    set("RepositoryName", self.name("repository"));
                }
                set("RepositoryPolicyText", self.maybe(json!({}), &json!({"Statement": []})));
            }
            "Parameter" => {
                set("Name", self.name("/parameter"));
                set("Type", json!("String"));
                set(
                    "Value",
                    json!({"Fn::Join": ["", ["{{resolve:secretsmanager:", self.name("secret"), ":SecretString:x}}"]]}),
                );
            }
            "Rule" => {
                set("Name", self.name("rule"));
                set(
                    "Targets",
                    json!([{"Id": "a", "Arn": {"Ref": "BusArn"}, "RoleArn": self.role()}]),
                );
            }
            "Machine" => {
                set("RoleArn", self.role());
                set("StateMachineName", self.name("machine"));
            }
            "Custom" => {
                let token = self.of(&[
                    json!({"Ref": "Token"}),
                    json!("arn:aws:lambda:eu-west-1:111122223333:function:fixed"),
                ]);
                set("ServiceToken", token);
            }
            "Policy" => {
                set("PolicyName", json!("policy"));
                set("PolicyDocument", json!({}));
                let names = self.of(&[
                    json!({"Ref": "Role"}),
                    json!({"Fn::Sub": "fixed-${Prefix}"}),
                    json!({"Ref": "RoleName"}),
                    json!("fixed-role"),
                ]);
                set("Roles", json!([self.maybe(names, &json!("other-role"))]));
            }
            "BucketPolicy" => {
                set("Bucket", self.bucket());
                set("PolicyDocument", json!({}));
            }
            "Source" => {
                set("FunctionName", self.name("function"));
                set("EventSourceArn", json!({"Ref": "StreamArn"}));
            }
            "Secret" => {
                set("Name", self.name("secret"));
                set("KmsKeyId", self.key());
            }
            "Api" => {
                set("Name", self.name("api"));
                set("ProtocolType", json!("HTTP"));
            }
            "Permission" => {
                set("FunctionName", self.name("function"));
                set("Action", json!("lambda:InvokeFunction"));
                set("Principal", json!("apigateway.amazonaws.com"));
            }
            "Url" => {
                set("TargetFunctionArn", self.name("function"));
                set("AuthType", self.maybe(json!({"Ref": "AuthType"}), &json!("AWS_IAM")));
            }
            _ => {}
        }
        if self.below(3) == 0
            && !["Custom", "Policy", "BucketPolicy", "Permission", "Source", "Url"].contains(&id)
        {
            let tags = json!([{"Key": "stage", "Value": {"Ref": "Stage"}}]);
            properties.insert("Tags".to_owned(), tags);
        }
        let mut resource = json!({"Type": kind, "Properties": properties});
        if self.below(4) == 0 {
            resource["Condition"] = json!(self.condition());
        }
        if self.below(6) == 0 {
            resource["DeletionPolicy"] =
                self.of(&[json!("Retain"), json!("RetainExceptOnCreate"), json!("Delete")]);
        }
        (id, resource)
    }
}

/// The parameters that every template declares, with values that they may take.
const PARAMETERS: [(&str, &[&str]); 12] = [
    ("Stage", &["production", "test", ""]),
    ("Prefix", &["", "team", "a-much-longer-prefix-than-usual-for-names"]),
    (
        "RoleArn",
        &["arn:aws:iam::111122223333:role/given", "arn:aws:iam::111122223333:role/deep/path/given"],
    ),
    ("RoleName", &["given", "x"]),
    (
        "KeyId",
        &[
            "alias/given",
            "0a1b2c3d",
            "arn:aws:kms:eu-west-1:444455556666:key/0a1b",
            "arn:aws:kms:us-east-1:111122223333:alias/far",
        ],
    ),
    ("BucketName", &["given-bucket"]),
    ("Layer", &["arn:aws:lambda:eu-west-1:444455556666:layer:given:1"]),
    (
        "BusArn",
        &[
            "arn:aws:events:us-east-1:444455556666:event-bus/given",
            "arn:aws:sqs:eu-west-1:111122223333:given",
        ],
    ),
    (
        "StreamArn",
        &[
            "arn:aws:kinesis:eu-west-1:111122223333:stream/given",
            "arn:aws:sqs:eu-west-1:111122223333:given",
            "arn:aws:dynamodb:eu-west-1:111122223333:table/given/stream/2020",
        ],
    ),
    (
        "Token",
        &[
            "arn:aws:lambda:eu-west-1:111122223333:function:given",
            "arn:aws:lambda:eu-west-1:111122223333:function:given:live",
            "arn:aws:sns:eu-west-1:111122223333:given",
        ],
    ),
    ("AuthType", &["AWS_IAM", "NONE"]),
    ("Unused", &["x"]),
];

/// The parameters that decide conditions, or which service a property is about: with them, needs may rightly go.
const DECIDING: [&str; 5] = ["Stage", "Prefix", "BusArn", "StreamArn", "Token"];

/// A template from decisions; the resources that others refer to are always there.
fn template_of(bytes: &[u8]) -> Value {
    let mut choices = Choices { bytes, at: 0 };
    let mut resources = Map::new();
    let mut role = json!({"Type": "AWS::IAM::Role", "Properties": {
        "AssumeRolePolicyDocument": {"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": {"Service": ["lambda.amazonaws.com", "states.amazonaws.com", "events.amazonaws.com"]}}]},
    }});
    if choices.often() {
        role["Properties"]["RoleName"] = choices.name("role");
    }
    if choices.often() {
        role["Properties"]["PermissionsBoundary"] = choices.maybe(
            json!({"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:policy/${Prefix}"}),
            &json!({"Ref": "AWS::NoValue"}),
        );
    }
    resources.insert("Role".to_owned(), role);
    let mut bucket = json!({"Type": "AWS::S3::Bucket", "Properties": {}});
    if choices.often() {
        bucket["Properties"]["BucketName"] = choices.name("bucket");
    }
    if choices.often() {
        bucket["Properties"]["VersioningConfiguration"] =
            choices.maybe(json!({"Status": "Enabled"}), &json!({"Status": "Suspended"}));
    }
    resources.insert("Bucket".to_owned(), bucket);
    resources.insert(
        "Key".to_owned(),
        json!({"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {}}}),
    );
    for _ in 0..choices.below(6) {
        let (id, resource) = choices.resource();
        resources.insert(id.to_owned(), resource);
    }
    let parameters: Map<String, Value> = PARAMETERS
        .iter()
        .map(|(name, _)| ((*name).to_owned(), json!({"Type": "String"})))
        .collect();
    json!({
        "Parameters": parameters,
        "Mappings": {"Names": {"production": {"name": "live"}, "test": {"name": "trial"}, "": {"name": "none"}}},
        "Conditions": {
            "IsProduction": {"Fn::Equals": [{"Ref": "Stage"}, "production"]},
            "IsNotProduction": {"Fn::Not": [{"Condition": "IsProduction"}]},
            "HasPrefix": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Prefix"}, ""]}]},
            "Both": {"Fn::And": [{"Condition": "IsProduction"}, {"Condition": "HasPrefix"}]},
            "Either": {"Fn::Or": [{"Condition": "IsProduction"}, {"Condition": "HasPrefix"}]},
        },
        "Resources": resources,
    })
}

/// A template, the decisions it came from aside.
pub(crate) fn templates() -> impl Strategy<Value = Value> {
    proptest::collection::vec(any::<u8>(), 1..80).prop_map(|bytes| template_of(&bytes))
}

/// Values for some of the parameters.
fn assignments() -> impl Strategy<Value = BTreeMap<String, String>> {
    proptest::collection::vec(proptest::option::of(any::<usize>()), PARAMETERS.len()).prop_map(
        |choices| {
            let given = PARAMETERS.iter().zip(choices).filter_map(|((name, values), choice)| {
                Some(((*name).to_owned(), values[choice? % values.len()].to_owned()))
            });
            given.collect()
        },
    )
}

fn needs_with(template_value: &Value, options: &Options) -> Needs {
    needs(&plan(&[template(&template_value.to_string())], options).0)
}

/// A need without its place in the text.
fn bare(need: &Need) -> String {
    format!(
        "{} {} {} {:?} {:?} {} {:?} {:?}",
        need.who,
        need.phase,
        need.action,
        need.resources,
        need.conditions,
        need.hardness,
        need.scoping,
        need.why.resource,
    )
}

/// What is needed, for which resource; not on what.
pub(crate) fn identities(needs: &Needs) -> BTreeSet<(Who, String, Option<ResourceRef>)> {
    let identity = |need: &Need| (need.who, need.action.to_string(), need.why.resource.clone());
    needs.needs.iter().map(identity).collect()
}

fn bare_all(needs: &Needs) -> BTreeSet<String> {
    needs.needs.iter().map(bare).collect()
}

/// Whether conditions let everything through that others let through.
fn is_no_stricter(wider: &Conditions, narrower: &Conditions) -> bool {
    wider.iter().all(|(operator, key, allowed)| {
        let matches = |value: &str| {
            allowed.iter().any(|pattern| match operator.comparison {
                Comparison::StringEquals => pattern == value,
                _ => Glob::new(pattern, Case::Sensitive, Syntax::Plain).matches(value),
            })
        };
        narrower
            .iter()
            .any(|(_, of, values)| of == key && values.iter().all(|value| matches(value)))
    })
}

/// The first part of a need that no need of the others covers.
fn uncovered<'a>(narrow: &'a Needs, wide: &Needs) -> Option<(&'a Need, &'a ArnPattern)> {
    let covers = |need: &Need, arn: &ArnPattern| {
        wide.needs.iter().any(|other| {
            other.who == need.who
                && other.phase == need.phase
                && other.action == need.action
                && other.resources.iter().any(|pattern| pattern.covers(arn))
                && is_no_stricter(&other.conditions, &need.conditions)
        })
    };
    narrow
        .needs
        .iter()
        .flat_map(|need| need.resources.iter().map(move |arn| (need, arn)))
        .find(|(need, arn)| !covers(need, arn))
}

/// A need that is bound by a condition while everything is known, and that is not bound when less is known, which nothing says.
fn silently_open<'a>(known: &Needs, unknown: &'a Needs) -> Option<(&'a Need, String)> {
    let same = |need: &Need, other: &Need| {
        need.who == other.who
            && need.phase == other.phase
            && need.action == other.action
            && need.why.resource == other.why.resource
            && need.why.evidence == other.why.evidence
    };
    let is_said = |need: &Need, key: &str| {
        need.scoping == Scoping::UnknownValue
            && unknown.gaps.iter().any(|gap| {
                gap.resource == need.why.resource && gap.message.contains(&format!("`{key}`"))
            })
    };
    known.needs.iter().find_map(|need| {
        need.conditions.iter().find_map(|(_, key, _)| {
            let open = unknown.needs.iter().find(|other| {
                same(need, other)
                    && other.conditions.iter().all(|(_, of, _)| of != key)
                    && !is_said(other, key.as_str())
            })?;
            Some((open, key.to_string()))
        })
    })
}

/// Writes the entries of every mapping in an order of its own.
fn written(value: &Value, backwards: bool) -> String {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<String> = map
                .iter()
                .map(|(key, value)| format!("{}:{}", json!(key), written(value, backwards)))
                .collect();
            if backwards {
                entries.reverse();
            }
            format!("{{{}}}", entries.join(","))
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| written(item, backwards)).collect();
            format!("[{}]", items.join(","))
        }
        value => value.to_string(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(96) })]

    #[test]
    fn an_unknown_parameter_needs_what_each_value_needs(value in templates(), given in assignments()) {
        let known = needs_with(&value, &Options { parameters: given.clone(), ..options() });
        let unknown = needs_with(&value, &options());
        if let Some((need, arn)) = uncovered(&known, &unknown) {
            let same: Vec<_> = unknown.needs.iter().filter(|other| other.action == need.action).collect();
            prop_assert!(false, "{arn} with {given:?}\n{need:#?}\n{same:#?}\n{value:#}");
        }
    }

    #[test]
    fn an_unknown_value_of_a_condition_is_a_gap_and_a_finding(value in templates(), given in assignments()) {
        let known = needs_with(&value, &Options { parameters: given.clone(), ..options() });
        let unknown = needs_with(&value, &options());
        if let Some((need, key)) = silently_open(&known, &unknown) {
            prop_assert!(false, "{key} with {given:?}\n{need:#?}\n{:#?}\n{value:#}", unknown.gaps);
        }
    }

    #[test]
    fn an_unknown_setting_needs_what_each_setting_needs(value in templates()) {
        let known = needs_with(&value, &options());
        let nothing = Options { stack_name: None, account: None, region: None, ..options() };
        let unknown = needs_with(&value, &nothing);
        if let Some((need, arn)) = uncovered(&known, &unknown) {
            prop_assert!(false, "{arn}\n{need:#?}\n{value:#}");
        }
    }

    #[test]
    fn the_order_of_the_input_does_not_matter(value in templates()) {
        let of = |backwards| {
            needs(&plan(&[template(&written(&value, backwards))], &options()).0)
        };
        prop_assert_eq!(bare_all(&of(false)), bare_all(&of(true)));
    }

    #[test]
    fn the_order_of_the_stacks_does_not_matter(first in templates(), second in templates()) {
        let input = |name: &str, value: &Value| Input::Template(Source::new(name, value.to_string()));
        let forwards = plan(&[input("a", &first), input("b", &second)], &options());
        let backwards = plan(&[input("b", &second), input("a", &first)], &options());
        prop_assert_eq!(needs(&forwards.0), needs(&backwards.0));
    }

    #[test]
    fn the_same_input_gives_the_same_bytes(value in templates()) {
        let of = || format!("{:?}", plan(&[template(&value.to_string())], &options()).0.stacks.iter().map(|planned| planned.stack.resources.len()).collect::<Vec<_>>());
        prop_assert_eq!(of(), of());
        prop_assert_eq!(
            format!("{:?}", needs_with(&value, &options())),
            format!("{:?}", needs_with(&value, &options()))
        );
    }

    #[test]
    fn another_resource_takes_no_need_away(value in templates(), bytes in proptest::collection::vec(any::<u8>(), 1..40)) {
        let before = bare_all(&needs_with(&value, &options()));
        let mut more = value;
        let (_, resource) = Choices { bytes: &bytes, at: 0 }.resource();
        more["Resources"]["Another"] = resource;
        let after = bare_all(&needs_with(&more, &options()));
        let missing: Vec<_> = before.difference(&after).collect();
        prop_assert!(missing.is_empty(), "{missing:#?}");
    }

    #[test]
    fn retaining_takes_away_deletions_only(value in templates()) {
        let with = |policy: &str, replaced: &str| {
            let mut value = value.clone();
            for (_, resource) in value["Resources"].as_object_mut().unwrap() {
                resource["DeletionPolicy"] = json!(policy);
                resource["UpdateReplacePolicy"] = json!(replaced);
            }
            needs_with(&value, &options())
        };
        let both = with("Delete", "Delete");
        let kept = with("Retain", "Delete");
        for need in &both.needs {
            let is_kept = kept.needs.iter().any(|other| bare(other) == bare(need));
            let deletes = matches!(need.phase, Phase::Delete | Phase::Rollback);
            prop_assert!(is_kept || deletes, "{need:#?}");
        }
        // A replaced resource is deleted in an update; what a deletion never calls stays.
        let replaced_kept = with("Delete", "Retain");
        for need in &both.needs {
            let is_kept = replaced_kept.needs.iter().any(|other| bare(other) == bare(need));
            let deletes = need.phase == Phase::Update
                && both.needs.iter().any(|other| other.phase == Phase::Delete && other.action == need.action);
            prop_assert!(is_kept || deletes, "{need:#?}");
        }
        prop_assert!(bare_all(&kept).is_subset(&bare_all(&both)));
        prop_assert!(bare_all(&replaced_kept).is_subset(&bare_all(&both)));
    }

    #[test]
    fn another_stack_name_changes_arns_only(value in templates(), name in "[A-Za-z][A-Za-z0-9-]{0,40}") {
        let without_arns = |needs: &Needs| -> BTreeSet<String> {
            let bare = needs.needs.iter().map(|need| {
                let keys: Vec<_> = need.conditions.iter().map(|(_, key, _)| key.as_str().to_owned()).collect();
                format!("{} {} {} {:?} {} {:?}", need.who, need.phase, need.action, need.why.resource, need.hardness, keys)
            });
            bare.collect()
        };
        let before = needs_with(&value, &options());
        let after = needs_with(&value, &Options { stack_name: Some(name), ..options() });
        prop_assert_eq!(without_arns(&before), without_arns(&after));
        prop_assert_eq!(before.gaps.len(), after.gaps.len());
    }

    #[test]
    fn another_account_and_region_change_arns_only(value in templates()) {
        let before = needs_with(&value, &options());
        let elsewhere = Options {
            account: Some("999988887777".to_owned()),
            region: Some("ap-southeast-2".to_owned()),
            ..options()
        };
        let after = needs_with(&value, &elsewhere);
        prop_assert_eq!(identities(&before), identities(&after), "{:#}", value);
    }

    #[test]
    fn nothing_is_lost_when_more_is_told(value in templates(), given in assignments()) {
        let nothing = Options { stack_name: None, account: None, region: None, ..options() };
        let told = |more: Options| -> Vec<_> {
            let more = identities(&needs_with(&value, &more));
            identities(&needs_with(&value, &nothing)).difference(&more).cloned().collect()
        };
        let lost = told(Options { account: options().account, ..nothing.clone() });
        prop_assert!(lost.is_empty(), "account: {lost:#?}\n{value:#}");
        let lost = told(Options { region: options().region, ..nothing.clone() });
        prop_assert!(lost.is_empty(), "region: {lost:#?}\n{value:#}");
        let mut given = given;
        given.retain(|name, _| !DECIDING.contains(&name.as_str()));
        let lost = told(Options { parameters: given.clone(), ..nothing.clone() });
        prop_assert!(lost.is_empty(), "{given:?}: {lost:#?}\n{value:#}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(150) })]

    #[test]
    fn broken_templates_never_panic(
        value in templates(),
        edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0..4_u8), 0..6),
        tool in prop::sample::select(vec![None, Some(Tool::Cdk), Some(Tool::CdkLegacy), Some(Tool::CdkBootstrap), Some(Tool::SstV1)]),
        mode in prop::sample::select(vec![None, Some(Mode::Bootstrap), Some(Mode::Direct), Some(Mode::ServiceRole)]),
    ) {
        const WORDS: [&str; 12] = [
            "{", "}", "[]", "null", "{\"Ref\":\"Role\"}", "{\"Fn::GetAtt\":\"Role.Arn\"}", "{\"Fn::If\":[]}", "-1",
            "\"*\"", "{\"Fn::Sub\":\"${Role.Arn}${\"}", "\"{{resolve:ssm:\"", "{\"Fn::Transform\":{\"Name\":\"x\"}}",
        ];
        let mut text: Vec<char> = value.to_string().chars().collect();
        for (from, to, kind) in edits {
            let (from, to) = (from.index(text.len().max(1)), to.index(text.len().max(1)));
            let (start, end) = (from.min(to), from.max(to).min(from.min(to) + 40).min(text.len()));
            let word = WORDS[(start + usize::from(kind)) % WORDS.len()];
            let replacement: Vec<char> = if kind == 0 { Vec::new() } else { word.chars().collect() };
            text.splice(start..end, replacement);
        }
        let text: String = text.into_iter().collect();
        let options = Options { tool, mode, live: true, service_role: Some("role".to_owned()), ..options() };
        let (deployment, _) = plan(&[template(&text)], &options);
        let found = needs(&deployment);
        let idle = found.needs.iter().find(|need| need.resources.is_empty());
        prop_assert!(idle.is_none(), "a need acts on something: {idle:#?}");
    }
}

#[test]
fn the_pieces_are_not_empty() {
    // Each byte alone is a template; together they ask for most of the services above.
    let mut services = BTreeSet::new();
    for seed in 0..=255_u8 {
        let bytes: Vec<u8> = (0..60_u8)
            .map(|at| seed.wrapping_mul(31).wrapping_add(at.wrapping_mul(seed | 1)))
            .collect();
        let found = needs_with(&template_of(&bytes), &options());
        services.extend(found.needs.iter().map(|need| need.action.service().to_owned()));
    }
    for service in [
        "dynamodb",
        "lambda",
        "sns",
        "sqs",
        "logs",
        "ecr",
        "ssm",
        "events",
        "states",
        "iam",
        "s3",
        "kms",
        "secretsmanager",
        "apigateway",
    ] {
        assert!(services.contains(service), "{service} is not in {services:?}");
    }
}

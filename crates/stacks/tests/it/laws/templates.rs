//! Templates that are put together from pieces at random.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Takes decisions from bytes, so that a failing template shrinks.
pub(super) struct Choices<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
}

impl Choices<'_> {
    pub(super) fn below(&mut self, bound: usize) -> usize {
        let byte = self.bytes.get(self.at % self.bytes.len().max(1)).copied().unwrap_or_default();
        self.at += 1;
        usize::from(byte) % bound
    }

    pub(super) fn of<T: Clone>(&mut self, several: &[T]) -> T {
        several[self.below(several.len())].clone()
    }

    pub(super) fn often(&mut self) -> bool {
        self.below(3) > 0
    }

    pub(super) fn condition(&mut self) -> &'static str {
        self.of(&["IsProduction", "IsNotProduction", "HasPrefix", "Both", "Either"])
    }

    /// A value, or a choice of two, or of a value and nothing.
    pub(super) fn maybe(&mut self, value: Value, other: &Value) -> Value {
        match self.below(5) {
            0 => json!({"Fn::If": [self.condition(), value, other]}),
            1 => json!({"Fn::If": [self.condition(), value, {"Ref": "AWS::NoValue"}]}),
            _ => value,
        }
    }

    pub(super) fn name(&mut self, base: &str) -> Value {
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

    pub(super) fn role(&mut self) -> Value {
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

    pub(super) fn key(&mut self) -> Value {
        let value = self.of(&[
            json!({"Fn::GetAtt": ["Key", "Arn"]}),
            json!({"Ref": "KeyId"}),
            json!("alias/own"),
            json!("arn:aws:kms:eu-west-1:111122223333:key/0a1b"),
        ]);
        self.maybe(value, &json!({"Ref": "KeyId"}))
    }

    pub(super) fn bucket(&mut self) -> Value {
        let value = self.of(&[
            json!({"Ref": "Bucket"}),
            json!("fixed-bucket"),
            json!({"Ref": "BucketName"}),
            json!({"Fn::Sub": "${Prefix}-code-${AWS::Region}"}),
        ]);
        self.maybe(value, &json!("other-bucket"))
    }

    /// A resource, with its logical id.
    pub(super) fn resource(&mut self) -> (&'static str, Value) {
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
pub(super) const PARAMETERS: [(&str, &[&str]); 12] = [
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
pub(super) const DECIDING: [&str; 5] = ["Stage", "Prefix", "BusArn", "StreamArn", "Token"];

/// A template from decisions; the resources that others refer to are always there.
pub(super) fn template_of(bytes: &[u8]) -> Value {
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
pub(super) fn assignments() -> impl Strategy<Value = BTreeMap<String, String>> {
    proptest::collection::vec(proptest::option::of(any::<usize>()), PARAMETERS.len()).prop_map(
        |choices| {
            let given = PARAMETERS.iter().zip(choices).filter_map(|((name, values), choice)| {
                Some(((*name).to_owned(), values[choice? % values.len()].to_owned()))
            });
            given.collect()
        },
    )
}

//! Names of the template in ARNs.

use std::collections::BTreeSet;

use stackpass_ground::arn::ArnPattern;
use stackpass_ground::source::Source;
use stackpass_stacks::deployment::{Input, Options};
use stackpass_stacks::need::Scoping;
use stackpass_stacks::{needs, plan};

use super::deployments;
use super::scoping::{check, executor, options, resources};

/// Which of these ARNs the patterns of an action match, by a matcher that shares nothing with the crates'.
fn matched<'a>(template: &str, action: &str, arns: &[&'a str]) -> Vec<&'a str> {
    fn matches(pattern: &str, text: &str) -> bool {
        for (escape, character) in [("${*}", '*'), ("${?}", '?'), ("${$}", '$')] {
            if let Some(rest) = pattern.strip_prefix(escape) {
                return text.strip_prefix(character).is_some_and(|text| matches(rest, text));
            }
        }
        let (mut pattern, mut characters) = (pattern.chars(), text.chars());
        match pattern.next() {
            None => text.is_empty(),
            Some('*') => {
                matches(pattern.as_str(), text)
                    || characters.next().is_some()
                        && matches(&format!("*{}", pattern.as_str()), characters.as_str())
            }
            Some(expected) => characters.next().is_some_and(|found| {
                (expected == '?' || expected == found)
                    && matches(pattern.as_str(), characters.as_str())
            }),
        }
    }
    let patterns = resources(&executor(template), action);
    assert!(!patterns.is_empty(), "{action}");
    arns.iter()
        .copied()
        .filter(|arn| patterns.iter().any(|pattern| matches(pattern, arn)))
        .collect()
}

#[test]
fn characters_of_a_name_are_no_wildcards() {
    let bucket = |name: &str| {
        format!("  B: {{Type: AWS::S3::Bucket, Properties: {{BucketName: '{name}'}}}}")
    };
    let check = |name: &str| {
        let own = format!("arn:aws:s3:::{name}");
        let arns = [
            own.as_str(),
            "arn:aws:s3:::ab",
            "arn:aws:s3:::a",
            "arn:aws:s3:::a-other-b",
            "arn:aws:s3:::${aws:username}b",
        ];
        let found = matched(&bucket(name), "s3:CreateBucket", &arns);
        assert!(
            found.iter().all(|arn| *arn == own) && found.contains(&own.as_str()),
            "{name}: {found:?}"
        );
    };
    for name in ["*", "a*b", "a?", "?", "${aws:username}b", "a$", "$*{?}", "${*}"] {
        check(name);
    }
}

#[test]
fn characters_of_a_name_are_no_wildcards_in_conditions_and_nested_texts() {
    let template = "  Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub 'a*-${L}'}}\n  \
                    L: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: 'l?'}}";
    let arn = |name: &str| format!("arn:aws:sqs:eu-west-1:111122223333:{name}");
    let arns = [arn("a*-l?"), arn("ab-l?"), arn("a*-lb")];
    let arns: Vec<&str> = arns.iter().map(String::as_str).collect();
    assert_eq!(matched(template, "sqs:CreateQueue", &arns), [arns[0]]);
}

#[test]
fn the_streams_of_a_log_group_stay_a_wildcard() {
    let template = "  M: {Type: AWS::WAFv2::LoggingConfiguration, Properties: {ResourceArn: a, \
         LogDestinationConfigs: ['arn:aws:logs:eu-west-1:111122223333:log-group:aws-waf-logs-a:*']}}";
    let found = executor(template);
    assert!(
        found.iter().all(|need| need.resources.iter().all(|arn| !arn.to_string().contains("${*}")))
    );
}

#[test]
fn a_star_in_the_name_of_the_stack_stands_for_what_varies() {
    let source = Source::new("t.yaml", "Resources: {Q: {Type: AWS::SQS::Queue}}");
    let options = Options { stack_name: Some("dev-*-api".to_owned()), ..options() };
    let (deployment, _) = plan(&[Input::Template(source)], &options);
    let needs = needs(&deployment).needs;
    let of = needs.iter().filter(|need| need.action.as_str() == "cloudformation:CreateStack");
    let arns: BTreeSet<&str> =
        of.flat_map(|need| &need.resources).map(ArnPattern::as_str).collect();
    assert!(arns.iter().all(|arn| arn.contains(":stack/dev-*-api/")), "{arns:?}");
    let queues = resources(&needs, "sqs:CreateQueue");
    assert!(queues.iter().all(|arn| arn.ends_with(":dev-*-Q-*")), "{queues:?}");
}

#[test]
fn databases_are_scoped_to_their_identifiers_in_lower_case() {
    let arn = |resource: &str| format!("arn:aws:rds:eu-west-1:111122223333:{resource}");
    check(
        "  Db: {Type: AWS::RDS::DBInstance, Properties: {DBInstanceIdentifier: MyDb, DBParameterGroupName: Own}}",
        "rds:CreateDBInstance",
        &[
            &arn("db:mydb"),
            &arn("og:default*"),
            &arn("pg:own"),
            &arn("secgrp:default"),
            &arn("subgrp:default*"),
        ],
    );
    let generated = "  Db: {Type: AWS::RDS::DBInstance, Properties: {DBSubnetGroupName: !Ref Net}}\n  \
                     Net: {Type: AWS::RDS::DBSubnetGroup, Properties: {SubnetIds: [s]}}";
    check(generated, "rds:DeleteDBInstance", &[&arn("db:app-db-*")]);
    check(generated, "rds:DeleteDBSubnetGroup", &[&arn("subgrp:app-net-*")]);
    let member = "  Db: {Type: AWS::RDS::DBInstance, Properties: {DBClusterIdentifier: !Ref C}}\n  \
                  C: {Type: AWS::RDS::DBCluster, Properties: {Engine: aurora-mysql}}";
    assert!(resources(&executor(member), "rds:CreateDBInstance").contains(&arn("cluster:app-c-*")));
    check(
        member,
        "rds:CreateDBCluster",
        &[
            &arn("cluster:app-c-*"),
            &arn("cluster-pg:default*"),
            &arn("og:default*"),
            &arn("subgrp:default*"),
        ],
    );
}

/// The variable of the registry's ARN template has another name than the property, or there is no template.
#[test]
fn a_name_in_the_template_is_in_the_arn_of_the_resource() {
    let arn = |service: &str, resource: &str| {
        format!("arn:aws:{service}:eu-west-1:111122223333:{resource}")
    };
    check(
        "  P: {Type: AWS::CodeBuild::Project, Properties: {Name: build, ServiceRole: 'arn:aws:iam::111122223333:role/r', Artifacts: {Type: NO_ARTIFACTS}, Environment: {}, Source: {Type: NO_SOURCE}}}",
        "codebuild:CreateProject",
        &[&arn("codebuild", "project/build")],
    );
    check(
        "  C: {Type: AWS::DocDB::DBCluster, Properties: {DBClusterIdentifier: Docs}}\n  \
         I: {Type: AWS::DocDB::DBInstance, Properties: {DBInstanceIdentifier: Docs1, DBClusterIdentifier: !Ref C, DBInstanceClass: db.r5.large}}",
        "rds:DescribeDBClusters",
        &[&arn("rds", "cluster:docs")],
    );
    check(
        "  I: {Type: AWS::DocDB::DBInstance, Properties: {DBInstanceIdentifier: Docs1, DBClusterIdentifier: docs, DBInstanceClass: db.r5.large}}",
        "rds:DeleteDBInstance",
        &[&arn("rds", "db:docs1")],
    );
    for (kind, name) in [("STATEFUL", "stateful"), ("STATELESS", "stateless")] {
        check(
            &format!(
                "  G: {{Type: AWS::NetworkFirewall::RuleGroup, Properties: {{RuleGroupName: g, Type: {kind}, Capacity: 1}}}}"
            ),
            "network-firewall:DeleteRuleGroup",
            &[&arn("network-firewall", &format!("{name}-rulegroup/g"))],
        );
    }
    check(
        "  R: {Type: AWS::CodeArtifact::Repository, Properties: {DomainName: d, RepositoryName: r}}",
        "codeartifact:DeleteRepository",
        &[&arn("codeartifact", "repository/d/r")],
    );
    check(
        "  S: {Type: AWS::AppRunner::Service, Properties: {ServiceName: s, SourceConfiguration: {}}}",
        "apprunner:UpdateService",
        &[&arn("apprunner", "service/s/*")],
    );
    // Bots of the second version, which the type makes, have an id.
    check(
        "  B: {Type: AWS::Lex::Bot, Properties: {Name: b, DataPrivacy: {}, IdleSessionTTLInSeconds: 300, RoleArn: 'arn:aws:iam::111122223333:role/r'}}",
        "lex:UpdateBot",
        &[&arn("lex", "bot/*")],
    );
    check(
        "  A: {Type: AWS::StepFunctions::Activity, Properties: {Name: work}}",
        "states:DeleteActivity",
        &[&arn("states", "activity:work")],
    );
}

#[test]
fn a_restored_database_is_the_one_that_the_template_names() {
    let arn = |resource: &str| format!("arn:aws:rds:eu-west-1:111122223333:{resource}");
    let databases = |template: &str, action: &str| {
        let found = resources(&executor(template), action);
        let is_database = |arn: &String| {
            arn.contains(":db:") || arn.contains(":cluster:") && !arn.ends_with(":cluster:*")
        };
        found.into_iter().filter(is_database).collect::<Vec<_>>()
    };
    let instance = |properties: &str| {
        format!(
            "  I: {{Type: AWS::RDS::DBInstance, Properties: {{DBInstanceIdentifier: Shop, {properties}}}}}"
        )
    };
    let restored = instance("DBSnapshotIdentifier: before");
    assert_eq!(databases(&restored, "rds:RestoreDBInstanceFromDBSnapshot"), [arn("db:shop")]);
    let replica = instance("SourceDBInstanceIdentifier: Origin");
    assert_eq!(
        databases(&replica, "rds:CreateDBInstanceReadReplica"),
        [arn("db:origin"), arn("db:shop")]
    );
    let far =
        instance("SourceDBInstanceIdentifier: 'arn:aws:rds:us-east-1:111122223333:db:origin'");
    assert_eq!(
        databases(&far, "rds:CreateDBInstanceReadReplica"),
        [arn("db:shop"), arn("db:origin").replace("eu-west-1", "us-east-1")]
    );
    let earlier =
        instance("SourceDBInstanceIdentifier: Origin, RestoreTime: '2026-01-01T00:00:00Z'");
    assert_eq!(
        databases(&earlier, "rds:RestoreDBInstanceToPointInTime"),
        [arn("db:origin"), arn("db:shop")]
    );
    let cluster = "  C: {Type: AWS::RDS::DBCluster, Properties: {DBClusterIdentifier: Shop, SourceDBClusterIdentifier: Origin}}";
    assert_eq!(
        databases(cluster, "rds:RestoreDBClusterToPointInTime"),
        [arn("cluster:origin"), arn("cluster:shop")]
    );
}

#[test]
fn records_name_their_zone_by_its_id_and_a_gap_says_which_parameter_tells_it() {
    let record = |zone: &str| {
        format!(
            "  R: {{Type: AWS::Route53::RecordSet, Properties: {{{zone}, Name: x.example.org, Type: A}}}}"
        )
    };
    let group = |zone: &str| {
        format!(
            "  R: {{Type: AWS::Route53::RecordSetGroup, Properties: {{RecordSets: [{{{zone}, Name: x.example.org, Type: A}}]}}}}"
        )
    };
    let change = "route53:ChangeResourceRecordSets";
    for of in [record("HostedZoneId: Z1"), group("HostedZoneId: Z1")] {
        check(&of, change, &["arn:aws:route53:::hostedzone/Z1"]);
    }
    for of in [record("HostedZoneId: !Ref Zone"), group("HostedZoneId: !Ref Zone")] {
        let text = format!("Parameters: {{Zone: {{Type: String}}}}\nResources:\n{of}");
        let needs = deployments::needs_of(&text, &options());
        let gaps: Vec<_> =
            needs.gaps.iter().map(|gap| (gap.message.as_str(), gap.help.to_string())).collect();
        let [(message, help)] = &gaps[..] else { panic!("{gaps:?}") };
        assert!(message.contains("HostedZoneId` refers to is not known"), "{message}");
        assert!(help.contains("`Zone`"), "{help}");
    }
    for of in [record("HostedZoneName: example.org."), group("HostedZoneName: example.org.")] {
        let needs = executor(&of);
        let changes = needs.iter().filter(|need| need.action.as_str() == change);
        for need in changes {
            assert_eq!(need.scoping, Scoping::AnyOfType);
            let evidence = need.why.evidence.join("\n");
            assert!(evidence.contains("give `HostedZoneId`"), "{evidence}");
        }
    }
}

#[test]
fn a_name_that_may_be_kept_in_lower_case_is_allowed_both_ways() {
    let template = "  E: {Type: AWS::SageMaker::Endpoint, Properties: {EndpointName: MyEndpoint, EndpointConfigName: c}}\n";
    let arn = |name: &str| format!("arn:aws:sagemaker:eu-west-1:111122223333:endpoint/{name}");
    check(template, "sagemaker:DeleteEndpoint", &[&arn("MyEndpoint"), &arn("myendpoint")]);
}

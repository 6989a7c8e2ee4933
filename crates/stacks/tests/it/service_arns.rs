//! ARNs that a service makes of more than one name, or of a name in another form than the template has, for small templates.

use super::deployments::{needs_of, options};
use super::scoping::check;

fn arns(service: &str, resources: &[&str]) -> Vec<String> {
    let of = |resource: &&str| format!("arn:aws:{service}:eu-west-1:111122223333:{resource}");
    resources.iter().map(of).collect()
}

/// What an action acts on, all of it in one service, account and region.
fn check_home(template: &str, action: &str, resources: &[&str]) {
    let (service, _) = action.split_once(':').unwrap();
    let expected = arns(service, resources);
    check(template, action, &expected.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn a_schema_lies_in_its_registry_or_in_the_default_one() {
    let schema = |registry: &str| {
        format!(
            "  G: {{Type: AWS::Glue::Registry, Properties: {{Name: own}}}}\n  \
             S: {{Type: AWS::Glue::Schema, Properties: {{Name: s, DataFormat: AVRO, Compatibility: NONE, \
             SchemaDefinition: '{{}}', {registry}, Tags: [{{Key: a, Value: b}}]}}}}"
        )
    };
    let cases = [
        ("Description: d", "default-registry"),
        ("Registry: {Name: r}", "r"),
        ("Registry: {Arn: !GetAtt G.Arn}", "own"),
        ("Registry: {Arn: 'arn:aws:glue:eu-west-1:111122223333:registry/given'}", "given"),
    ];
    for (properties, registry) in cases {
        let (own, around) = (format!("schema/{registry}/s"), format!("registry/{registry}"));
        check_home(&schema(properties), "glue:DeleteSchema", &[&own, &around]);
        check_home(&schema(properties), "glue:GetTags", &[&own]);
    }
}

#[test]
fn a_version_of_a_schema_is_registered_with_the_schema_that_it_names() {
    let version = |schema: &str| {
        format!(
            "  V: {{Type: AWS::Glue::SchemaVersion, Properties: {{SchemaDefinition: '{{}}', Schema: {schema}}}}}"
        )
    };
    let action = "glue:RegisterSchemaVersion";
    let named = version("{SchemaName: s, RegistryName: r}");
    check_home(&named, action, &["registry/r", "schema/r/s"]);
    let given = version("{SchemaArn: 'arn:aws:glue:eu-west-1:111122223333:schema/r/s'}");
    check_home(&given, action, &["registry/*", "schema/r/s"]);
}

#[test]
fn databases_and_tables_are_named_by_their_inputs_and_may_be_in_lower_case() {
    let template = "  D: {Type: AWS::Glue::Database, Properties: {CatalogId: !Ref AWS::AccountId, DatabaseInput: {Name: Sales}}}\n  \
        T: {Type: AWS::Glue::Table, Properties: {CatalogId: !Ref AWS::AccountId, DatabaseName: !Ref D, TableInput: {Name: orders}}}\n  \
        P: {Type: AWS::Glue::Partition, Properties: {CatalogId: !Ref AWS::AccountId, DatabaseName: !Ref D, TableName: !Ref T, PartitionInput: {Values: [a]}}}";
    check_home(
        template,
        "glue:DeleteDatabase",
        &[
            "catalog",
            "database/Sales",
            "database/sales",
            "table/Sales/*",
            "table/sales/*",
            "userDefinedFunction/Sales/*",
            "userDefinedFunction/sales/*",
        ],
    );
    let table =
        ["catalog", "database/Sales", "database/sales", "table/Sales/orders", "table/sales/orders"];
    for action in ["glue:CreateTable", "glue:DeleteTable", "glue:CreatePartition"] {
        check_home(template, action, &table);
    }
}

#[test]
fn a_table_without_a_name_is_any_of_its_database() {
    let template = "  T: {Type: AWS::Glue::Table, Properties: {CatalogId: '111122223333', DatabaseName: d, TableInput: {Owner: o}}}";
    check_home(template, "glue:DeleteTable", &["catalog", "database/d", "table/d/*"]);
}

#[test]
fn a_table_of_another_catalog_has_its_account_and_path_in_the_arn() {
    let table = |catalog: &str| {
        format!(
            "  T: {{Type: AWS::Glue::Table, Properties: {{CatalogId: '{catalog}', DatabaseName: d, TableInput: {{Name: t}}}}}}"
        )
    };
    let other = "arn:aws:glue:eu-west-1:222233334444";
    check(
        &table("222233334444"),
        "glue:DeleteTable",
        &[
            &*format!("{other}:catalog"),
            &format!("{other}:database/d"),
            &format!("{other}:table/d/t"),
        ],
    );
    let nested = [
        "catalog",
        "catalog/s3tablescatalog",
        "catalog/s3tablescatalog/b",
        "database/s3tablescatalog/b/d",
        "table/s3tablescatalog/b/d/t",
    ];
    for catalog in ["s3tablescatalog/b", "111122223333:s3tablescatalog/b"] {
        check_home(&table(catalog), "glue:DeleteTable", &nested);
    }
}

#[test]
fn a_repository_is_associated_with_its_upstream_repositories() {
    let template = "  D: {Type: AWS::CodeArtifact::Domain, Properties: {DomainName: d}}\n  \
        U: {Type: AWS::CodeArtifact::Repository, Properties: {DomainName: !GetAtt D.Name, RepositoryName: u}}\n  \
        R: {Type: AWS::CodeArtifact::Repository, Properties: {DomainName: d, RepositoryName: r, Upstreams: [!GetAtt U.Name, other]}}";
    check_home(
        template,
        "codeartifact:AssociateWithDownstreamRepository",
        &["repository/d/other", "repository/d/u"],
    );
    check_home(template, "codeartifact:DeleteRepository", &["repository/d/r", "repository/d/u"]);
}

#[test]
fn a_repository_in_the_domain_of_another_account_has_that_account_in_its_arn() {
    let template = "  R: {Type: AWS::CodeArtifact::Repository, Properties: {DomainName: d, DomainOwner: '222233334444', RepositoryName: r}}";
    check(
        template,
        "codeartifact:DeleteRepository",
        &["arn:aws:codeartifact:eu-west-1:222233334444:repository/d/r"],
    );
}

#[test]
fn a_terminology_is_allowed_with_and_without_the_version_behind_its_name() {
    let template = "  T: {Type: AWS::Translate::Terminology, Properties: {Name: t, MergeStrategy: OVERWRITE, Tags: [{Key: a, Value: b}]}}";
    for action in ["translate:DeleteTerminology", "translate:TagResource"] {
        check_home(template, action, &["terminology/t", "terminology/t/LATEST"]);
    }
}

#[test]
fn images_and_components_without_a_build_stand_for_all_of_the_version() {
    let recipe = |kind: &str, properties: &str| {
        let literal = "arn:aws:imagebuilder:eu-west-1";
        let components = [
            format!("{literal}:aws:component/update-linux/x.x.x"),
            format!("{literal}:111122223333:component/mine/1.0.0"),
            format!("{literal}:111122223333:component/other/2.x.x"),
            format!("{literal}:111122223333:component/full/1.0.0/1"),
        ];
        let components = components.map(|arn| format!("{{ComponentArn: '{arn}'}}")).join(", ");
        format!(
            "  R: {{Type: AWS::ImageBuilder::{kind}, Properties: {{Name: r, Version: 1.0.0, Components: [{components}], {properties}}}}}"
        )
    };
    let parent = "ParentImage: 'arn:aws:imagebuilder:eu-west-1:aws:image/amazon-linux/x.x.x'";
    for template in [
        recipe("ImageRecipe", parent),
        recipe("ContainerRecipe", &format!("{parent}, ContainerType: DOCKER")),
    ] {
        check(
            &template,
            "imagebuilder:GetComponent",
            &[
                "arn:aws:imagebuilder:eu-west-1:aws:component/update-linux/*",
                "arn:aws:imagebuilder:eu-west-1:111122223333:component/mine/1.0.0/*",
                "arn:aws:imagebuilder:eu-west-1:111122223333:component/other/2.*",
                "arn:aws:imagebuilder:eu-west-1:111122223333:component/full/1.0.0/1",
            ],
        );
        let image = "arn:aws:imagebuilder:eu-west-1:aws:image/amazon-linux/*";
        check(&template, "imagebuilder:GetImage", &[image]);
        let needs = needs_of(&format!("Resources:\n{template}"), &options());
        let unmatched = needs.gaps.iter().filter(|gap| gap.code == "unmatched-reference");
        assert_eq!(unmatched.count(), 0, "{:?}", needs.gaps);
    }
    let of_ec2 = recipe("ImageRecipe", "ParentImage: ami-1");
    check(&of_ec2, "imagebuilder:GetImage", &[]);
}

#[test]
fn a_pipeline_looks_up_what_it_names_and_nothing_else() {
    let template = "  P: {Type: AWS::ImageBuilder::ImagePipeline, Properties: {Name: p, \
        InfrastructureConfigurationArn: 'arn:aws:imagebuilder:eu-west-1:111122223333:infrastructure-configuration/i', \
        ImageRecipeArn: 'arn:aws:imagebuilder:eu-west-1:111122223333:image-recipe/r/1.0.0', \
        Workflows: [{WorkflowArn: 'arn:aws:imagebuilder:eu-west-1:111122223333:workflow/build/w/x.x.x'}]}}";
    check_home(template, "imagebuilder:GetImageRecipe", &["image-recipe/r/1.0.0"]);
    check_home(template, "imagebuilder:GetWorkflow", &["workflow/build/w/*"]);
    check_home(template, "imagebuilder:GetContainerRecipe", &[]);
}

#[test]
fn a_delivery_source_is_deleted_itself() {
    let template = "  S: {Type: AWS::Logs::DeliverySource, Properties: {Name: s}}";
    check_home(template, "logs:DeleteDeliverySource", &["delivery-source:s"]);
}

#[test]
fn a_mount_target_is_an_interface_in_its_subnet() {
    let target = |groups: &str| {
        format!(
            "  M: {{Type: AWS::EFS::MountTarget, Properties: {{FileSystemId: fs-1, SubnetId: subnet-1, {groups}}}}}"
        )
    };
    let interfaces = "arn:aws:ec2:eu-west-1:111122223333:network-interface/*";
    let subnet = "arn:aws:ec2:eu-west-1:*:subnet/subnet-1";
    let group = |id: &str| format!("arn:aws:ec2:eu-west-1:111122223333:security-group/{id}");
    let (named, default) = (target("SecurityGroups: [sg-1]"), target("IpAddress: 10.0.0.9"));
    check(&named, "ec2:CreateNetworkInterface", &[interfaces, subnet, &group("sg-1")]);
    check(&default, "ec2:CreateNetworkInterface", &[interfaces, subnet, &group("*")]);
    check(&named, "ec2:ModifyNetworkInterfaceAttribute", &[interfaces, &group("sg-1")]);
    check(&named, "ec2:DeleteNetworkInterface", &[interfaces]);
    for action in ["ec2:DescribeSubnets", "ec2:DescribeNetworkInterfaces"] {
        check(&named, action, &["*"]);
    }
    let role = "arn:aws:iam::111122223333:role/aws-service-role/elasticfilesystem.amazonaws.com/*";
    check(&named, "iam:CreateServiceLinkedRole", &[role]);
}

#[test]
fn access_logs_of_a_service_network_act_on_their_destination_only() {
    let subscription = |destination: &str| {
        format!(
            "  B: {{Type: AWS::S3::Bucket, Properties: {{BucketName: b}}}}\n  \
             L: {{Type: AWS::VpcLattice::AccessLogSubscription, Properties: {{ResourceIdentifier: svc-1, DestinationArn: {destination}}}}}"
        )
    };
    let stream = "arn:aws:firehose:eu-west-1:111122223333:deliverystream/d";
    let (tag, policies) = ("firehose:TagDeliveryStream", "logs:PutResourcePolicy");
    let to_stream = subscription(&format!("'{stream}'"));
    check(&to_stream, tag, &[stream]);
    check(&to_stream, "s3:GetBucketPolicy", &[]);
    check(&to_stream, policies, &[]);
    let to_bucket = subscription("!GetAtt B.Arn");
    check(&to_bucket, tag, &[]);
    check(&to_bucket, "s3:GetBucketPolicy", &["arn:aws:s3:::b"]);
    check(&to_bucket, policies, &[]);
    let to_group = subscription("'arn:aws:logs:eu-west-1:111122223333:log-group:/g:*'");
    check(&to_group, tag, &[]);
    check(&to_group, policies, &["*"]);
    let role = "arn:aws:iam::111122223333:role/aws-service-role/delivery.logs.amazonaws.com/*";
    for template in [&to_stream, &to_bucket, &to_group] {
        check(template, "iam:DeleteServiceLinkedRole", &[role]);
    }
}

#[test]
fn a_table_bucket_is_made_only_where_metrics_are_exported_to_tables() {
    let lens = |export: &str| {
        format!(
            "  L: {{Type: AWS::S3::StorageLens, Properties: {{StorageLensConfiguration: {{Id: l, IsEnabled: true, AccountLevel: {{BucketLevel: {{}}}}, {export}}}}}}}"
        )
    };
    let make = "s3tables:CreateTableBucket";
    check(&lens("PrefixDelimiter: /"), make, &[]);
    let exported = lens("DataExport: {StorageLensTableDestination: {IsEnabled: true}}");
    check_home(&exported, make, &["bucket/aws-s3"]);
}

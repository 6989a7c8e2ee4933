//! ARNs that a service makes of more than one name, or of a name in another form than the template has, for small templates.

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

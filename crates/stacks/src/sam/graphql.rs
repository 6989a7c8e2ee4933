//! `AWS::Serverless::GraphQLApi`: an `AppSync` API with its schema, sources, functions and resolvers.

use stackpass_ground::tree::{Entry, Node};

use super::build::{Properties, entry, entry_at, field, is_false};
use super::event::permit;
use super::resource::{Macro, is_wanted};
use super::{Expansion, code, connector, tags};

pub(super) fn expand(expansion: &mut Expansion<'_>, sam: &Macro) {
    let mut api = Properties::default();
    api.set("Name", sam.at().text(sam.id()));
    let same = [
        "IntrospectionConfig",
        "Name",
        "OwnerContact",
        "QueryDepthLimit",
        "ResolverCountLimit",
        "Visibility",
        "XrayEnabled",
    ];
    api.copy(&sam.properties, &same);
    set_auth(expansion, sam, &mut api);
    set_logging(expansion, sam, &mut api);
    let at = sam.at_property("Tags");
    let mut tags = vec![at.tag("graphqlapi:createdBy", at.text("SAM"))];
    tags.extend(sam.field("Tags").into_iter().flat_map(tags::pairs));
    api.set("Tags", at.list(tags));
    expansion.add_main(sam, "AWS::AppSync::GraphQLApi", api);
    add_schema(expansion, sam);
    let all = |key| sam.field(key).map_or(&[][..], Node::entries);
    for key in all("ApiKeys") {
        let mut properties = of_api(sam);
        properties.copy(&key.value, &["ApiKeyId", "Description"]);
        properties.copy_as(&key.value, "ExpiresOn", "Expires");
        let id = format!("{}{}", sam.id(), key.key);
        expansion.add(sam, &id, "AWS::AppSync::ApiKey", entry_at(key), properties);
    }
    if let Some(cache) = entry(&sam.properties, "Cache") {
        let mut properties = of_api(sam);
        properties.copy_all_but(&cache.value, &[]);
        let id = format!("{}ApiCache", sam.id());
        expansion.add(sam, &id, "AWS::AppSync::ApiCache", entry_at(cache), properties);
    }
    let sources = sam.field("DataSources");
    for (group, kind) in [("DynamoDb", Kind::Table), ("Lambda", Kind::Function)] {
        let sources = sources.and_then(|sources| field(sources, group));
        for source in sources.map_or(&[][..], Node::entries) {
            add_source(expansion, sam, source, kind);
        }
    }
    add_domain(expansion, sam);
    for function in all("Functions") {
        add_function(expansion, sam, function);
    }
    for of_type in all("Resolvers") {
        for resolver in of_type.value.entries() {
            add_resolver(expansion, sam, &of_type.key, resolver);
        }
    }
}

/// The properties that say which API something belongs to.
fn of_api(sam: &Macro) -> Properties {
    let mut properties = Properties::default();
    properties.set("ApiId", sam.at().attribute(sam.id(), "ApiId"));
    properties
}

/// Sets who may call the API, and lets it call the functions that decide about that.
fn set_auth(expansion: &mut Expansion<'_>, sam: &Macro, api: &mut Properties) {
    let Some(auth) = sam.field("Auth") else { return };
    let at = sam.at_property("Auth");
    let renamed = [
        ("Type", "AuthenticationType"),
        ("LambdaAuthorizer", "LambdaAuthorizerConfig"),
        ("OpenIDConnect", "OpenIDConnectConfig"),
        ("UserPool", "UserPoolConfig"),
    ];
    let set = |from: &Node, to: &mut Properties| {
        for (key, name) in renamed {
            to.copy_as(from, key, name);
        }
    };
    set(auth, api);
    let others = field(auth, "Additional").map_or(&[][..], Node::items);
    let providers = others.iter().map(|other| {
        let mut provider = Properties::default();
        set(other, &mut provider);
        provider.into_node(at)
    });
    let providers: Vec<Node> = providers.collect();
    if !providers.is_empty() {
        api.set("AdditionalAuthenticationProviders", at.list(providers));
    }
    let functions = std::iter::once(auth)
        .chain(others)
        .filter_map(|auth| field(field(auth, "LambdaAuthorizer")?, "AuthorizerUri"));
    for (index, function) in functions.enumerate() {
        let id = format!("{}ToLambdaAuthConnector{}WriteLambdaPermission", sam.id(), index + 1);
        let mut given = Properties::default();
        let api = "arn:${AWS::Partition}:appsync:${AWS::Region}:${AWS::AccountId}:apis/${Api}";
        given.set("SourceArn", at.sub_with(api, "Api", at.attribute(sam.id(), "ApiId")));
        permit(expansion, &sam.bare(), &id, at, function.clone(), "appsync.amazonaws.com", given);
    }
}

/// Sets where the API logs, with a role that is made if none is given.
fn set_logging(expansion: &mut Expansion<'_>, sam: &Macro, api: &mut Properties) {
    let at = sam.at_property("Logging");
    let given = sam.field("Logging");
    if given.is_some_and(is_false) {
        return;
    }
    let mut config = Properties::default();
    config.set("FieldLogLevel", at.text("ALL"));
    let same = ["CloudWatchLogsRoleArn", "ExcludeVerboseContent", "FieldLogLevel"];
    config.copy(given.unwrap_or(&at.map([])), &same);
    if !given.and_then(|given| field(given, "CloudWatchLogsRoleArn")).is_some_and(is_wanted) {
        let mut role = Properties::default();
        role.set("AssumeRolePolicyDocument", at.trust("appsync.amazonaws.com"));
        let policy = at.managed_policy("service-role/AWSAppSyncPushToCloudWatchLogs");
        role.set("ManagedPolicyArns", at.list([policy]));
        let id = format!("{}CloudWatchRole", sam.id());
        let id = expansion.add(sam, &id, "AWS::IAM::Role", at, role);
        config.set("CloudWatchLogsRoleArn", at.attribute(&id, "Arn"));
    }
    api.set("LogConfig", config.into_node(at));
}

fn add_schema(expansion: &mut Expansion<'_>, sam: &Macro) {
    let mut schema = of_api(sam);
    schema.copy_as(&sam.properties, "SchemaInline", "Definition");
    if let Some(uri) = sam.field("SchemaUri") {
        let uri = code::address(expansion, uri);
        schema.set("DefinitionS3Location", uri);
    }
    let at = sam.at_property("SchemaUri");
    let id = format!("{}Schema", sam.id());
    expansion.add(sam, &id, "AWS::AppSync::GraphQLSchema", at, schema);
}

/// What a source of data is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Table,
    Function,
}

/// Adds a source of data, with a role that may use it.
fn add_source(expansion: &mut Expansion<'_>, sam: &Macro, found: &Entry, kind: Kind) {
    let at = entry_at(found);
    let given = &found.value;
    let (word, name, end) = match kind {
        Kind::Table => ("DynamoDB", "AMAZON_DYNAMODB", "Table"),
        Kind::Function => ("Lambda", "AWS_LAMBDA", "Lambda"),
    };
    let id = format!("{}{}{word}DataSource", sam.id(), found.key);
    let mut source = of_api(sam);
    source.set("Name", at.text(found.key.clone()));
    source.copy(given, &["Description", "Name"]);
    source.set("Type", at.text(name));
    let mut config = Properties::default();
    if kind == Kind::Function {
        config.copy_as(given, "FunctionArn", "LambdaFunctionArn");
        source.set("LambdaConfig", config.into_node(at));
    } else {
        config.set("AwsRegion", at.reference("AWS::Region"));
        config.copy_as(given, "Region", "AwsRegion");
        config.copy_as(given, "DeltaSync", "DeltaSyncConfig");
        config.copy(given, &["TableName", "UseCallerCredentials", "Versioned"]);
        source.set("DynamoDBConfig", config.into_node(at));
    }
    let role = field(given, "ServiceRoleArn").filter(|role| is_wanted(role));
    if let Some(role) = role {
        source.set("ServiceRoleArn", role.clone());
    } else {
        let mut role = Properties::default();
        role.set("AssumeRolePolicyDocument", at.trust("appsync.amazonaws.com"));
        let role = expansion.add(sam, &format!("{id}Role"), "AWS::IAM::Role", at, role);
        source.set("ServiceRoleArn", at.attribute(&role, "Arn"));
        let connector = format!("{id}To{end}Connector");
        let role = Some(at.reference(&role));
        connector::add_role_policy(expansion, &sam.bare(), &connector, role, "", at);
    }
    expansion.add(sam, &id, "AWS::AppSync::DataSource", at, source);
}

fn add_domain(expansion: &mut Expansion<'_>, sam: &Macro) {
    let Some(given) = entry(&sam.properties, "DomainName") else { return };
    let at = entry_at(given);
    let mut domain = Properties::default();
    domain.copy(&given.value, &["CertificateArn", "Description", "DomainName"]);
    let id = format!("{}DomainName", sam.id());
    let id = expansion.add(sam, &id, "AWS::AppSync::DomainName", at, domain);
    let mut association = of_api(sam);
    association.set("DomainName", at.attribute(&id, "DomainName"));
    let id = format!("{}DomainNameApiAssociation", sam.id());
    expansion.add(sam, &id, "AWS::AppSync::DomainNameApiAssociation", at, association);
}

/// Adds a function of the API, unless it is one that is there already.
fn add_function(expansion: &mut Expansion<'_>, sam: &Macro, found: &Entry) {
    let given = &found.value;
    if field(given, "Id").is_some() {
        return;
    }
    let at = entry_at(found);
    let mut function = with_code(expansion, sam, given);
    function.set("Name", at.text(found.key.clone()));
    function.copy(given, &["Description", "MaxBatchSize", "Name"]);
    function.copy_as(given, "Sync", "SyncConfig");
    let source = field(given, "DataSource");
    match source.and_then(Node::as_str) {
        Some(name) if name.eq_ignore_ascii_case("none") => {
            let id = format!("{}NoneDataSource", sam.id());
            let mut none = of_api(sam);
            none.set("Name", at.text(id.clone()));
            none.set("Type", at.text("NONE"));
            let id = expansion.add(sam, &id, "AWS::AppSync::DataSource", at, none);
            function.set("DataSourceName", at.attribute(&id, "Name"));
        }
        _ => function.copy_as(given, "DataSource", "DataSourceName"),
    }
    let id = format!("{}{}", sam.id(), found.key);
    expansion.add(sam, &id, "AWS::AppSync::FunctionConfiguration", at, function);
}

fn add_resolver(expansion: &mut Expansion<'_>, sam: &Macro, type_name: &str, found: &Entry) {
    let at = entry_at(found);
    let mut resolver = with_code(expansion, sam, &found.value);
    resolver.set("TypeName", at.text(type_name));
    resolver.set("FieldName", at.text(found.key.clone()));
    resolver.copy(&found.value, &["FieldName", "MaxBatchSize"]);
    resolver.copy_as(&found.value, "Caching", "CachingConfig");
    resolver.set("Kind", at.text("PIPELINE"));
    let id = format!("{}{type_name}{}", sam.id(), found.key);
    expansion.add(sam, &id, "AWS::AppSync::Resolver", at, resolver);
}

/// The API and the code of a function or a resolver.
fn with_code(expansion: &mut Expansion<'_>, sam: &Macro, given: &Node) -> Properties {
    let mut properties = of_api(sam);
    properties.copy_as(given, "InlineCode", "Code");
    if let Some(uri) = field(given, "CodeUri") {
        let uri = code::address(expansion, uri);
        properties.set("CodeS3Location", uri);
    }
    properties.copy(given, &["Runtime"]);
    properties
}

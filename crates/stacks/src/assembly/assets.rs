//! What a stack uploads, from asset manifests and from the metadata of the legacy synthesizer.

use std::{collections::BTreeMap, sync::Arc};

use stackpass_ground::{
    source::{Severity, Source},
    tree::Node,
};

use super::{
    Asset,
    files::{
        Manifest, Reading, expect_map, file, find, has_session_tags, read_tree, required, text,
    },
};

/// The metadata of a stack: by construct path, a list of entries with a type and data.
pub(super) struct Metadata {
    source: Arc<Source>,
    root: Node,
}

/// Reads a stack's metadata from the manifest, or from the file that newer manifests put it in.
pub(super) fn metadata(
    manifest: &Manifest<'_>,
    artifact: &Node,
    reading: &mut Reading<'_>,
) -> Option<Metadata> {
    if let Some(root) = artifact.field("metadata") {
        return Some(Metadata { source: Arc::clone(&manifest.source), root: root.clone() });
    }
    let name = artifact.field("additionalMetadataFile")?;
    let before = reading.problems.len();
    let found = name.as_str().and_then(|text| find(manifest, text, name.span, reading));
    // The metadata matters to apps of the legacy synthesizer only, so that its absence does not stop anything.
    for problem in reading.problems.iter_mut().skip(before) {
        problem.diagnostic.severity = Severity::Warning;
    }
    let (_, source) = found?;
    let root = read_tree(&source, reading)?;
    Some(Metadata { source, root })
}

impl Metadata {
    /// The data of all entries of a type, in the order of the source.
    fn data(&self, of: &str) -> impl Iterator<Item = &Node> {
        let entries = self.root.entries().iter().flat_map(|construct| construct.value.items());
        let of = of.to_owned();
        entries
            .filter(move |entry| entry.field("type").and_then(Node::as_str) == Some(of.as_str()))
            .filter_map(|entry| entry.field("data"))
    }
}

/// The stack's tags, which CDK v1 keeps in the metadata. Keys are written in both cases.
pub(super) fn stack_tags(metadata: &Metadata) -> BTreeMap<String, String> {
    let tags = metadata.data("aws:cdk:stack-tags").flat_map(Node::items);
    let field = |tag: &Node, names: [&str; 2]| {
        names.iter().find_map(|name| tag.field(name)).and_then(Node::scalar).map(str::to_owned)
    };
    tags.filter_map(|tag| Some((field(tag, ["key", "Key"])?, field(tag, ["value", "Value"])?)))
        .collect()
}

/// Everything that a stack uploads, sorted.
pub(super) fn of_stack(
    manifest: &Manifest<'_>,
    artifact: &Node,
    metadata: Option<&Metadata>,
    reading: &mut Reading<'_>,
) -> Vec<Asset> {
    let mut assets = Vec::new();
    let needed = artifact.field("dependencies").map_or(&[][..], Node::items);
    for id in needed.iter().filter_map(Node::as_str) {
        let Some(artifact) = manifest.artifacts.field(id) else { continue };
        if artifact.field("type").and_then(Node::as_str) == Some("cdk:asset-manifest") {
            asset_manifest(manifest, artifact, &mut assets, reading);
        }
    }
    if let Some(metadata) = metadata {
        for data in metadata.data("aws:cdk:asset") {
            assets.extend(legacy(data, &metadata.source, reading));
        }
    }
    assets.sort();
    assets.dedup();
    assets
}

fn asset_manifest(
    manifest: &Manifest<'_>,
    artifact: &Node,
    assets: &mut Vec<Asset>,
    reading: &mut Reading<'_>,
) {
    let properties = artifact.field("properties").unwrap_or(artifact);
    let Some((_, source)) = file(manifest, properties, "file", reading) else { return };
    let Some(root) = read_tree(&source, reading) else { return };
    for (section, read) in [
        ("files", file_asset as fn(&Node, &Node, &Arc<Source>, &mut Reading<'_>) -> Option<Asset>),
        ("dockerImages", image_asset),
    ] {
        let Some(section_node) = root.field(section) else { continue };
        let Some(entries) = expect_map(section, section_node, &source, reading) else { continue };
        for asset in entries {
            let destinations = asset.value.field("destinations").map_or(&[][..], Node::entries);
            for destination in destinations {
                assets.extend(read(&asset.value, &destination.value, &source, reading));
            }
        }
    }
}

fn file_asset(
    asset: &Node,
    destination: &Node,
    source: &Arc<Source>,
    reading: &mut Reading<'_>,
) -> Option<Asset> {
    let path = asset.field("source").and_then(|from| from.field("path")).and_then(Node::as_str);
    Some(Asset::File {
        bucket: required(destination, "bucketName", source, reading)?,
        key: required(destination, "objectKey", source, reading)?,
        publishing_role: text(destination, "assumeRoleArn", source, reading),
        session_tags: has_session_tags(destination),
        path: path.map(str::to_owned),
    })
}

fn image_asset(
    _: &Node,
    destination: &Node,
    source: &Arc<Source>,
    reading: &mut Reading<'_>,
) -> Option<Asset> {
    let repository = required(destination, "repositoryName", source, reading)?;
    // An image without a tag is not pushed.
    required(destination, "imageTag", source, reading)?;
    Some(Asset::Image {
        repository,
        region: text(destination, "region", source, reading),
        publishing_role: text(destination, "assumeRoleArn", source, reading),
        session_tags: has_session_tags(destination),
    })
}

fn legacy(data: &Node, source: &Arc<Source>, reading: &mut Reading<'_>) -> Option<Asset> {
    let mut optional = |key: &str| text(data, key, source, reading);
    if data.field("packaging").and_then(Node::as_str) == Some("container-image") {
        return Some(Asset::LegacyImage { repository: optional("repositoryName") });
    }
    let hash_parameter = optional("artifactHashParameter");
    Some(Asset::LegacyFile {
        path: required(data, "path", source, reading)?,
        bucket_parameter: required(data, "s3BucketParameter", source, reading)?,
        key_parameter: required(data, "s3KeyParameter", source, reading)?,
        hash_parameter,
    })
}

//! Reading the archives of the registries: `.tgz` of npm and wheels of `PyPI`.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{Read, Seek},
    path::Path,
};

use anyhow::{Context as _, Result, bail};

/// The members of an archive whose path is wanted, by path.
pub(crate) type Members = BTreeMap<String, Vec<u8>>;

/// Reads the members of the archive at `path` for which `wanted` holds.
pub(crate) fn read(path: &Path, wanted: impl Fn(&str) -> bool) -> Result<Members> {
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("tgz") => read_tgz(file, wanted),
        Some("whl") => read_wheel(file, wanted),
        _ => bail!("{} is neither a .tgz nor a .whl file", path.display()),
    }
}

/// The member at `path`.
pub(crate) fn member<'a>(members: &'a Members, path: &str) -> Result<&'a [u8]> {
    members.get(path).map(Vec::as_slice).with_context(|| format!("the archive has no `{path}`"))
}

/// Whether the path is that of a JSON file.
pub(crate) fn is_json(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|extension| extension == "json")
}

fn read_tgz(file: impl Read, wanted: impl Fn(&str) -> bool) -> Result<Members> {
    let mut members = Members::new();
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(file));
    for entry in archive.entries()? {
        let mut entry = entry?;
        let path = entry.path()?.to_string_lossy().replace('\\', "/");
        if entry.header().entry_type().is_file() && wanted(&path) {
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes)?;
            members.insert(path, bytes);
        }
    }
    Ok(members)
}

fn read_wheel(file: impl Read + Seek, wanted: impl Fn(&str) -> bool) -> Result<Members> {
    let mut members = Members::new();
    let mut archive = zip::ZipArchive::new(file)?;
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index)?;
        let path = entry.name()?.into_owned();
        if entry.is_file() && wanted(&path) {
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes)?;
            members.insert(path, bytes);
        }
    }
    Ok(members)
}

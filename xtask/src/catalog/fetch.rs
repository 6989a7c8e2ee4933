//! Downloading a package with the registry's own client.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail, ensure};
use sha2::{Digest as _, Sha256};

/// The registry a package comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Registry {
    /// The npm registry, asked with `npm`.
    Npm,
    /// The Python package index, asked with `pip`.
    Pypi,
}

/// A downloaded package.
#[derive(Debug)]
pub(crate) struct Download {
    /// The archive as the registry gave it.
    pub(crate) archive: PathBuf,
    /// SHA-256 of the archive, in lower-case hexadecimal.
    pub(crate) sha256: String,
}

/// Downloads `package` into the empty folder `into`: exactly `version`, or the newest.
pub(crate) fn fetch(
    registry: Registry,
    package: &str,
    version: Option<&str>,
    into: &Path,
) -> Result<Download> {
    if into.exists() {
        fs::remove_dir_all(into).with_context(|| format!("cannot empty {}", into.display()))?;
    }
    fs::create_dir_all(into).with_context(|| format!("cannot create {}", into.display()))?;
    match registry {
        Registry::Npm => {
            let wanted = format!("{package}@{}", version.unwrap_or("latest"));
            output(
                npm().args(["pack", &wanted, "--pack-destination"]).arg(into).current_dir(into),
            )?;
        }
        Registry::Pypi => {
            let wanted = version
                .map_or_else(|| package.to_owned(), |version| format!("{package}=={version}"));
            output(
                Command::new("pip")
                    .args([
                        "download",
                        &wanted,
                        "--no-deps",
                        "--only-binary=:all:",
                        "--no-cache-dir",
                        "--dest",
                    ])
                    .arg(into),
            )?;
        }
    }
    let archive = only_file(into)?;
    let sha256 = sha256(&fs::read(&archive)?);
    Ok(Download { archive, sha256 })
}

/// The day on which npm published a version, for packages that do not carry the date of their data.
pub(crate) fn npm_publication_date(package: &str, version: &str) -> Result<String> {
    let text = output(npm().args(["view", package, "time", "--json"]))?;
    let times: serde_json::Value =
        serde_json::from_str(&text).context("`npm view` did not answer in JSON")?;
    let time = times.get(version).and_then(serde_json::Value::as_str);
    let day = time.and_then(|time| time.split('T').next());
    day.map(str::to_owned)
        .with_context(|| format!("npm knows no publication time of {package} {version}"))
}

fn npm() -> Command {
    let mut npm = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
    npm.args(["--no-update-notifier", "--no-fund", "--ignore-scripts"]);
    npm
}

/// Runs a command to its end and gives what it wrote on standard output.
fn output(command: &mut Command) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("cannot run `{name}`"))?;
    if !output.status.success() {
        bail!("`{name}` failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{name}` did not answer in UTF-8"))
}

fn only_file(folder: &Path) -> Result<PathBuf> {
    let mut files = fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path()));
    let file = files
        .next()
        .with_context(|| format!("nothing was downloaded into {}", folder.display()))??;
    ensure!(files.next().is_none(), "more than one file in {}", folder.display());
    Ok(file)
}

fn sha256(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn sha256_of_the_standards_example() {
        assert_eq!(
            super::sha256(b"abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}

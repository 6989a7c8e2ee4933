//! Files of an answer: each is written whole or not at all.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::error::{CliError, Kind};
use crate::policies::Owner;
use crate::text::{HINT, clean, paint};

/// How many names are tried for a temporary file.
const MAX_TRIES: u32 = 100;

/// A file to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NewFile {
    /// Its name in the folder.
    pub(crate) name: String,
    /// Its text.
    pub(crate) text: String,
}

/// Writes files into a folder, which is made if there is none. Gives what to tell the user: what was written, and which files
/// of an earlier answer stand beside it.
///
/// All texts are on the disk before the first file gets its name, so that a full disk or a kill leaves the old answer.
pub(crate) fn write(folder: &Path, files: &[NewFile]) -> Result<String, CliError> {
    let cannot = |path: &Path, cause: io::Error| {
        let message = format!("cannot write `{}`", path.display());
        CliError::new(Kind::Output, message).caused_by(cause)
    };
    if folder.exists() && !folder.is_dir() {
        let message = format!("`{}` is a file, not a folder", folder.display());
        return Err(CliError::new(Kind::Output, message).with_hint("`--out` takes a folder"));
    }
    fs::create_dir_all(folder).map_err(|cause| cannot(folder, cause))?;
    let mut waiting = Vec::new();
    for file in files {
        let path = folder.join(&file.name);
        waiting.push((
            Temporary::write(&path, &file.text).map_err(|cause| cannot(&path, cause))?,
            path,
        ));
    }
    let mut talk = String::new();
    for (temporary, path) in waiting {
        temporary.rename(&path).map_err(|cause| cannot(&path, cause))?;
        let _ = writeln!(talk, "wrote {}", clean(&path.display().to_string()));
    }
    for name in left_over(folder, files) {
        let path = folder.join(name).display().to_string();
        let _ =
            writeln!(talk, "{}: `{}` is of an earlier answer", paint(HINT, "hint"), clean(&path));
    }
    talk.push('\n');
    Ok(talk)
}

/// Writes one file, whole or not at all. Gives what to tell the user.
pub(crate) fn write_alone(folder: &Path, file: &NewFile) -> Result<String, CliError> {
    let path = folder.join(&file.name);
    let written = Temporary::write(&path, &file.text).and_then(|it| it.rename(&path));
    written.map_err(|cause| {
        let message = format!("cannot write `{}`", path.display());
        CliError::new(Kind::Output, message).caused_by(cause)
    })?;
    Ok(format!("wrote {}\n", clean(&path.display().to_string())))
}

/// Files that an earlier answer wrote and this one has not: somebody might still use them.
fn left_over(folder: &Path, files: &[NewFile]) -> BTreeSet<String> {
    let Ok(entries) = fs::read_dir(folder) else { return BTreeSet::new() };
    let written = |name: &String| files.iter().any(|file| file.name == *name);
    let extensions: BTreeSet<&str> = files
        .iter()
        .filter_map(|file| file.name.split_once('.'))
        .map(|(_, extension)| extension)
        .collect();
    let is_ours = |name: &String| {
        let Some((stem, extension)) = name.split_once('.') else { return false };
        let (holder, number) = stem.split_once('-').unwrap_or((stem, "1"));
        extensions.contains(extension)
            && Owner::all().any(|known| known.to_string() == holder)
            && number.bytes().all(|byte| byte.is_ascii_digit())
    };
    entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| is_ours(name) && !written(name))
        .collect()
}

/// A file under a name that nobody reads, removed unless it gets its own.
#[derive(Debug)]
struct Temporary {
    path: PathBuf,
}

impl Temporary {
    /// Writes a text beside the file that it will become, since only there renaming is atomic.
    fn write(target: &Path, text: &str) -> io::Result<Temporary> {
        let (mut file, temporary) = Temporary::create(target)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        Ok(temporary)
    }

    fn create(target: &Path) -> io::Result<(File, Temporary)> {
        let name = target.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut number = 0;
        loop {
            let path =
                target.with_file_name(format!(".{name}.{}.{number}.tmp", std::process::id()));
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => return Ok((file, Temporary { path })),
                Err(error)
                    if error.kind() == io::ErrorKind::AlreadyExists && number < MAX_TRIES =>
                {
                    number += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn rename(self, target: &Path) -> io::Result<()> {
        fs::rename(&self.path, target)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // After a rename there is nothing to remove; after a failure there is nothing better to do.
        let _ = fs::remove_file(&self.path);
    }
}

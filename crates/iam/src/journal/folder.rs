//! The folder of the journals, and its lock.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::file::{self, Writer};
use super::{FORMAT, Header, Journal, JournalError, Kind, Occasion, Record};
use crate::desired::ApplyId;
use crate::plan::Planned;

const LOCK: &str = "lock";
const EXTENSION: &str = "jsonl";
const TEMPORARY: &str = "tmp";

/// The folder of the journals, locked for as long as this value lives.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    _lock: File,
}

/// What to do while another program works with the folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Fail at once.
    Refuse,
    /// Wait until it is done.
    Until,
}

impl Folder {
    /// Makes the folder if it is not there, for its owner only, and locks it.
    ///
    /// # Errors
    ///
    /// [`JournalError::Locked`] with [`Wait::Refuse`], or what the operating system says.
    pub fn open(path: &Path, wait: Wait) -> Result<Folder, JournalError> {
        make_folder(path).map_err(|source| io_error("make", path, source))?;
        let lock = path.join(LOCK);
        let file = private(OpenOptions::new().create(true).truncate(false).write(true))
            .open(&lock)
            .map_err(|source| io_error("write", &lock, source))?;
        let locked = match wait {
            Wait::Refuse => file.try_lock().map_err(|error| match error {
                TryLockError::WouldBlock => None,
                TryLockError::Error(error) => Some(error),
            }),
            Wait::Until => file.lock().map_err(Some),
        };
        match locked {
            Ok(()) => Ok(Folder { path: path.to_owned(), _lock: file }),
            Err(None) => Err(JournalError::Locked(path.to_owned())),
            Err(Some(source)) => Err(io_error("lock", &lock, source)),
        }
    }

    /// All journals, oldest first.
    pub fn journals(&self) -> Result<Vec<Journal>, JournalError> {
        history(&self.path)
    }

    /// The journal of this id.
    pub fn journal(&self, id: &str) -> Result<Journal, JournalError> {
        let found = self.journals()?.into_iter().find(|journal| journal.id().as_str() == id);
        found.ok_or_else(|| JournalError::Missing(id.to_owned()))
    }

    /// Begins a journal. It is there as a whole or not at all.
    pub(crate) fn begin(
        &self,
        id: ApplyId,
        kind: Kind,
        occasion: Occasion,
        steps: Vec<Planned>,
    ) -> Result<Journal, JournalError> {
        let journals = self.journals()?;
        if journals.iter().any(|journal| *journal.id() == id) {
            return Err(JournalError::Repeated(id));
        }
        let sequence = journals.last().map_or(0, |last| last.header.sequence).saturating_add(1);
        let path = self.path.join(format!("{sequence:06}-{id}.{EXTENSION}"));
        let header = Header { format: FORMAT, sequence, id, kind, occasion, steps };
        self.create(&path, &Record::Begin(Box::new(header)))
            .map_err(|source| io_error("write", &path, source))?;
        file::read(&path)
    }

    /// Goes on with a journal.
    pub(crate) fn resume(&self, journal: &Journal) -> Result<Writer, JournalError> {
        let name = journal.path.file_name().unwrap_or_default();
        Writer::resume(self.path.join(name), journal.whole)
    }

    fn create(&self, path: &Path, record: &Record) -> io::Result<()> {
        let temporary = path.with_extension(TEMPORARY);
        let mut file =
            private(OpenOptions::new().create(true).truncate(true).write(true)).open(&temporary)?;
        file::add(&mut file, record)?;
        fs::rename(&temporary, path)?;
        sync_folder(&self.path)
    }
}

/// All journals of a folder, oldest first; none if there is no folder. Needs no lock.
///
/// # Errors
///
/// A file that cannot be read or is no journal.
pub fn history(folder: &Path) -> Result<Vec<Journal>, JournalError> {
    let (journals, damaged) = survey(folder)?;
    damaged.into_iter().next().map_or(Ok(journals), Err)
}

/// All journals of a folder that can be read, oldest first, and why the others cannot. For looking only: what cannot be read may
/// be unfinished.
///
/// # Errors
///
/// A folder that cannot be read.
pub fn survey(folder: &Path) -> Result<(Vec<Journal>, Vec<JournalError>), JournalError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Default::default()),
        Err(source) => return Err(io_error("read", folder, source)),
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(|source| io_error("read", folder, source))?.path();
        // Reading a pipe or a device would not come to an end.
        if path.extension().is_some_and(|extension| extension == EXTENSION) && path.is_file() {
            paths.push(path);
        }
    }
    paths.sort();
    let (mut journals, mut damaged) = (Vec::new(), Vec::new());
    for path in paths {
        match file::read(&path) {
            Ok(journal) => journals.push(journal),
            Err(error) => damaged.push(error),
        }
    }
    journals.sort_by_key(|journal: &Journal| journal.header.sequence);
    Ok((journals, damaged))
}

fn io_error(doing: &'static str, path: &Path, source: io::Error) -> JournalError {
    JournalError::Io { doing, path: path.to_owned(), source }
}

#[cfg(unix)]
fn make_folder(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;

    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

#[cfg(not(unix))]
fn make_folder(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}

/// Lets only the owner read and write the file.
#[cfg(unix)]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;

    options.mode(0o600)
}

#[cfg(not(unix))]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

/// Lets the new name of a file reach the disk.
#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_path: &Path) -> io::Result<()> {
    Ok(())
}

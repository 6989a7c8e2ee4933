//! One journal: reading it, and adding to it.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::{FORMAT, Header, Journal, JournalError, Progress, Record};

/// Adds to a journal; each record is on the disk when the call returns.
#[derive(Debug)]
pub(crate) struct Writer {
    file: File,
    path: PathBuf,
}

impl Writer {
    /// Goes on with a journal of which so many bytes are whole lines: a torn last line is cut off first.
    pub(super) fn resume(path: PathBuf, whole: u64) -> Result<Writer, JournalError> {
        let open = || {
            let file = OpenOptions::new().append(true).open(&path)?;
            if file.metadata()?.len() != whole {
                file.set_len(whole)?;
                file.sync_all()?;
            }
            Ok(file)
        };
        match open() {
            Ok(file) => Ok(Writer { file, path }),
            Err(source) => Err(JournalError::Io { doing: "write", path, source }),
        }
    }

    /// Adds a record.
    pub(crate) fn add(&mut self, record: &Record) -> Result<(), JournalError> {
        add(&mut self.file, record).map_err(|source| JournalError::Io {
            doing: "write",
            path: self.path.clone(),
            source,
        })
    }
}

/// Writes a record and waits for the disk.
pub(super) fn add(file: &mut File, record: &Record) -> io::Result<()> {
    let mut line = serde_json::to_vec(record).map_err(io::Error::other)?;
    line.push(b'\n');
    file.write_all(&line)?;
    file.sync_all()
}

/// Reads a journal.
pub(super) fn read(path: &Path) -> Result<Journal, JournalError> {
    let bytes = std::fs::read(path).map_err(|source| JournalError::Io {
        doing: "read",
        path: path.to_owned(),
        source,
    })?;
    parse(path, &bytes)
}

fn parse(path: &Path, bytes: &[u8]) -> Result<Journal, JournalError> {
    let corrupt = |line: usize| JournalError::Corrupt { path: path.to_owned(), line };
    let mut lines = whole_lines(bytes);
    let header = match lines.next().map(|line| (line, serde_json::from_slice::<Record>(line))) {
        Some((line, Ok(Record::Begin(header)))) => (line.len() + 1, *header),
        Some((line, _)) if is_newer(line) => return Err(JournalError::Newer(path.to_owned())),
        _ => return Err(corrupt(1)),
    };
    let (mut whole, header) = header;
    if header.format > FORMAT {
        return Err(JournalError::Newer(path.to_owned()));
    }
    let mut journal = begun(path, header);
    let mut lines = lines.enumerate().peekable();
    while let Some((index, line)) = lines.next() {
        let Ok(record) = serde_json::from_slice(line) else {
            if lines.peek().is_none() {
                // The disk may hold the length of a line and not its bytes when the power fails.
                break;
            }
            return Err(corrupt(index + 2));
        };
        take(record, &mut journal).ok_or_else(|| corrupt(index + 2))?;
        whole += line.len() + 1;
    }
    journal.whole = u64::try_from(whole).unwrap_or(u64::MAX);
    Ok(journal)
}

/// The lines that end with a line end, without it.
fn whole_lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split_inclusive(|byte| *byte == b'\n').filter_map(|line| line.strip_suffix(b"\n"))
}

fn is_newer(line: &[u8]) -> bool {
    let value: Option<serde_json::Value> = serde_json::from_slice(line).ok();
    let format = value.and_then(|value| value.get("format").and_then(serde_json::Value::as_u64));
    format.is_some_and(|format| format > u64::from(FORMAT))
}

fn begun(path: &Path, header: Header) -> Journal {
    Journal {
        path: path.to_owned(),
        progress: vec![Progress::Todo; header.steps.len()],
        header,
        failures: Vec::new(),
        end: None,
        whole: 0,
    }
}

/// Takes a record in; `None` if it does not belong here.
fn take(record: Record, journal: &mut Journal) -> Option<()> {
    let (step, progress) = match record {
        Record::Begin(_) => return None,
        Record::Failed { step, error, unsure } => {
            let progress = journal.progress.get_mut(step)?;
            if !unsure {
                *progress = Progress::Todo;
            }
            journal.failures.push((step, error));
            return Some(());
        }
        Record::End { how } => {
            journal.end = Some(how);
            return Some(());
        }
        Record::Intent { step, known } => (step, Progress::Intended(known)),
        Record::Done { step, made, found } => (step, Progress::Done { made, found }),
        Record::Skipped { step } => (step, Progress::Skipped),
    };
    *journal.progress.get_mut(step)? = progress;
    Some(())
}

//! Files, folders and standard input to what the engine takes. The only reader of the file system.

use std::cell::RefCell;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

use stackpass_ground::source::Source;
use stackpass_stacks::deployment::{Folder, Input, Options};

use crate::error::{CliError, Kind};

/// The largest file that is read. CloudFormation takes templates of 1 MB; manifests of large apps stay below 10.
const MAX_BYTES: u64 = 50 * 1024 * 1024;

/// Where tools put a synthesized app inside an app's folder: CDK, SST 0 and 1, SST 2.
const APP_FOLDERS: [&str; 3] = ["cdk.out", ".build/cdk.out", ".sst/dist"];

/// The inputs, and the files inside of synthesized apps that could not be read.
pub(crate) struct Inputs {
    /// What the engine takes.
    pub(crate) inputs: Vec<Input>,
    unreadable: Unreadable,
}

type Unreadable = Rc<RefCell<Vec<CliError>>>;

impl Inputs {
    /// Opens every path. A path that stands twice counts once.
    pub(crate) fn open(paths: &[PathBuf]) -> Result<Inputs, CliError> {
        let unreadable = Unreadable::default();
        let mut inputs = Vec::new();
        let mut seen: Vec<&PathBuf> = Vec::new();
        for path in paths {
            if !seen.contains(&path) {
                seen.push(path);
                inputs.push(open(path, &unreadable)?);
            }
        }
        Ok(Inputs { inputs, unreadable })
    }

    /// Takes one input that is already open.
    pub(crate) fn of(input: Input) -> Inputs {
        Inputs { inputs: vec![input], unreadable: Unreadable::default() }
    }

    /// Options that are about one template cannot be about several.
    pub(crate) fn check(&self, options: &Options) -> Result<(), CliError> {
        let is_template =
            |input: &&Input| matches!(input, Input::Template(_) | Input::TemplateFile { .. });
        let templates = self.inputs.iter().filter(is_template).count();
        if templates > 1 && options.stack_name.is_some() {
            let message =
                format!("`--stack-name` names one stack, but there are {templates} templates");
            let error = CliError::new(Kind::Usage, message);
            return Err(error.with_hint("run once for each template"));
        }
        Ok(())
    }

    /// The first file that the engine asked for, that exists, and that could not be read.
    ///
    /// A file that does not exist is for the engine to report: it knows which manifest names it, and where.
    pub(crate) fn first_unreadable(&self) -> Option<CliError> {
        let mut unreadable = self.unreadable.borrow_mut();
        (!unreadable.is_empty()).then(|| unreadable.remove(0))
    }
}

/// Reads one file, or standard input for `-`, as text.
pub(crate) fn read(path: &Path) -> Result<Source, CliError> {
    let is_stdin = path.as_os_str() == OsStr::new("-");
    let name = if is_stdin { "<stdin>".to_owned() } else { path.display().to_string() };
    let cannot_read = |cause: io::Error| {
        CliError::new(Kind::Input, format!("cannot read `{name}`")).caused_by(cause)
    };
    let mut bytes = Vec::new();
    let limited = MAX_BYTES + 1;
    if is_stdin {
        io::stdin().lock().take(limited).read_to_end(&mut bytes).map_err(cannot_read)?;
    } else {
        let file = File::open(path).map_err(cannot_read)?;
        file.take(limited).read_to_end(&mut bytes).map_err(cannot_read)?;
    }
    if u64::try_from(bytes.len()).is_ok_and(|length| length > MAX_BYTES) {
        let message = format!("`{name}` is larger than 50 MB");
        let hint = "CloudFormation takes templates of at most 1 MB; is this one?";
        return Err(CliError::new(Kind::Input, message).with_hint(hint));
    }
    let text = String::from_utf8(bytes).map_err(|error| not_utf8(&name, &error))?;
    Ok(Source::new(name, text))
}

fn not_utf8(name: &str, error: &std::string::FromUtf8Error) -> CliError {
    let bytes = error.as_bytes();
    let offset = error.utf8_error().valid_up_to();
    let found = bytes.get(offset).copied().unwrap_or_default();
    let message = format!("`{name}` is not UTF-8: found {found:#04x} at byte {offset}");
    let hint = if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        "it looks like UTF-16; save it as UTF-8"
    } else if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(&[0x1F, 0x8B]) {
        "it looks like an archive; unpack it and give the template"
    } else {
        "save it as UTF-8, or give the template that was meant"
    };
    CliError::new(Kind::Input, message).with_hint(hint)
}

fn open(path: &Path, unreadable: &Unreadable) -> Result<Input, CliError> {
    if path.is_dir() {
        return match app_folder(path) {
            Some(folder) => Ok(assembly(folder, unreadable)),
            None => Err(no_manifest(path)),
        };
    }
    if path.file_name() == Some(OsStr::new("manifest.json")) && path.is_file() {
        return Ok(assembly(path.parent().map(Path::to_owned).unwrap_or_default(), unreadable));
    }
    let source = read(path).map_err(|error| {
        if path.exists() || path.as_os_str() == OsStr::new("-") {
            return error;
        }
        error.with_hint(
            "give a template, a folder that `cdk synth` wrote, or `-` for standard input",
        )
    })?;
    let file = path.file_name().and_then(OsStr::to_str);
    match (file, path.parent()) {
        (Some(file), Some(folder)) if path.as_os_str() != OsStr::new("-") => {
            let files = files_in(folder.to_owned(), unreadable);
            Ok(Input::TemplateFile { source, file: file.to_owned(), files })
        }
        _ => Ok(Input::Template(source)),
    }
}

/// The folder itself if it has a manifest, else the one of an app inside.
fn app_folder(folder: &Path) -> Option<PathBuf> {
    let has_manifest = |folder: &PathBuf| folder.join("manifest.json").is_file();
    let inside = APP_FOLDERS.iter().map(|name| folder.join(name));
    std::iter::once(folder.to_owned()).chain(inside).find(has_manifest)
}

fn no_manifest(folder: &Path) -> CliError {
    let message = format!("there is no `manifest.json` in the folder `{}`", folder.display());
    let error = CliError::new(Kind::Input, message);
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(cause) => {
            let message = format!("cannot list the folder `{}`", folder.display());
            return CliError::new(Kind::Input, message).caused_by(cause);
        }
    };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut names: Vec<String> = names.collect();
    names.sort();
    let looks_like_template = |name: &&String| {
        let name = name.to_ascii_lowercase();
        name.ends_with(".template.json")
            || name.ends_with(".template")
            || name.starts_with("template.y")
            || name == "template.json"
    };
    if let Some(template) = names.iter().find(looks_like_template) {
        return error.with_hint(format!(
            "for a template, give the file: `{}`",
            folder.join(template).display()
        ));
    }
    if names.iter().any(|name| name == "cdk.json") {
        return error.with_hint("it holds a CDK app: run `cdk synth` in it first");
    }
    if names.iter().any(|name| name == "sst.json" || name.starts_with("sst.config.")) {
        return error.with_hint("it holds an SST app: run `sst build` in it first");
    }
    error.with_hint("give a template, or a folder that `cdk synth` wrote")
}

fn assembly(folder: PathBuf, unreadable: &Unreadable) -> Input {
    Input::Assembly { files: files_in(folder, unreadable) }
}

/// Gives the texts of a folder's files, and remembers which could not be read.
fn files_in(folder: PathBuf, unreadable: &Unreadable) -> Folder {
    let unreadable = Rc::clone(unreadable);
    Box::new(move |path: &str| {
        let path = inside(&folder, path)?;
        match read(&path) {
            Ok(source) => Some(source),
            Err(_) if !path.is_file() => None,
            Err(error) => {
                unreadable.borrow_mut().push(error);
                None
            }
        }
    })
}

/// The path of a file inside of a folder; a manifest cannot make us read anything outside of it.
fn inside(folder: &Path, path: &str) -> Option<PathBuf> {
    let path = Path::new(path);
    let stays =
        path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    stays.then(|| folder.join(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manifest_cannot_reach_outside_of_its_folder() {
        let folder = Path::new("cdk.out");
        assert_eq!(inside(folder, "a/b.json"), Some(folder.join("a/b.json")));
        assert_eq!(inside(folder, "../b.json"), None);
        assert_eq!(inside(folder, "a/../../b.json"), None);
        assert_eq!(inside(folder, "/b.json"), None);
    }

    #[test]
    fn bytes_that_are_no_text_are_told_with_their_place() {
        let error = String::from_utf8(b"ab\xffc".to_vec()).unwrap_err();
        let error = not_utf8("t", &error);
        assert_eq!(error.to_string(), "`t` is not UTF-8: found 0xff at byte 2");
        let utf16 = String::from_utf8(vec![0xFF, 0xFE, b'{', 0]).unwrap_err();
        assert_eq!(not_utf8("t", &utf16).hints(), ["it looks like UTF-16; save it as UTF-8"]);
    }
}

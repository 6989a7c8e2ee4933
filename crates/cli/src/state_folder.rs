//! Where the program keeps what it has to remember: the journals of what it did to IAM.

use std::env;
use std::path::PathBuf;

use crate::error::{CliError, Kind};

/// The variable that names the folder.
const VARIABLE: &str = "STACKPASS_STATE_DIR";

/// The folder of the journals; it may not exist yet.
pub(crate) fn journals() -> Result<PathBuf, CliError> {
    let home = env::home_dir().filter(|home| home.is_absolute());
    let folder = choose(|name| env::var_os(name).map(PathBuf::from), home, env::consts::OS);
    folder.map(|folder| folder.join("journals")).ok_or_else(|| {
        let message = "there is no home folder to keep the journal in";
        CliError::new(Kind::Output, message).with_hint(format!("set `{VARIABLE}` to a folder"))
    })
}

/// The folder by what the environment says. Relative paths in variables of the system are ignored, as its rules want it:
/// <https://specifications.freedesktop.org/basedir-spec/latest/>.
fn choose(
    variable: impl Fn(&str) -> Option<PathBuf>,
    home: Option<PathBuf>,
    system: &str,
) -> Option<PathBuf> {
    let set = |name| variable(name).filter(|path| !path.as_os_str().is_empty());
    if let Some(folder) = set(VARIABLE) {
        return Some(folder);
    }
    let absolute = |name| set(name).filter(|path| path.is_absolute());
    let folder = match system {
        "windows" => absolute("LOCALAPPDATA").or_else(|| Some(home?.join("AppData").join("Local"))),
        "macos" => absolute("XDG_STATE_HOME")
            .or_else(|| Some(home?.join("Library").join("Application Support"))),
        _ => absolute("XDG_STATE_HOME").or_else(|| Some(home?.join(".local").join("state"))),
    };
    folder.map(|folder| folder.join("stackpass"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(variables: &[(&str, &str)], system: &str, expected: Option<&str>) {
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| PathBuf::from(value))
        };
        let home = variable("HOME");
        assert_eq!(choose(variable, home, system), expected.map(PathBuf::from), "{variables:?}");
    }

    #[cfg(unix)]
    #[test]
    fn folder_is_where_the_system_keeps_state() {
        let home = ("HOME", "/homes/jo");
        check(&[home], "linux", Some("/homes/jo/.local/state/stackpass"));
        check(&[home], "macos", Some("/homes/jo/Library/Application Support/stackpass"));
        check(&[home], "windows", Some("/homes/jo/AppData/Local/stackpass"));
        check(&[home, ("XDG_STATE_HOME", "/state")], "linux", Some("/state/stackpass"));
        check(
            &[home, ("XDG_STATE_HOME", "relative")],
            "linux",
            Some("/homes/jo/.local/state/stackpass"),
        );
        check(&[home, (VARIABLE, "mine")], "linux", Some("mine"));
        check(&[], "linux", None);
    }
}

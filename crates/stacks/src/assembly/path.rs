//! Paths inside of an assembly: relative, with `/`, never leading out.

/// Resolves a path that a file in a folder names. `None` if it leads out of the assembly.
pub(super) fn join(folder: &str, path: &str) -> Option<String> {
    if path.starts_with(['/', '\\']) || path.contains(':') {
        return None;
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(folder: &str, path: &str, expected: Option<&str>) {
        assert_eq!(join(folder, path).as_deref(), expected);
    }

    #[test]
    fn paths_start_at_their_folder() {
        check("", "a.json", Some("a.json"));
        check("stage", "./a.json", Some("stage/a.json"));
        check("stage", "../a.json", Some("a.json"));
        check("stage", "sub\\a.json", Some("stage/sub/a.json"));
    }

    #[test]
    fn paths_do_not_leave_the_assembly() {
        check("", "../a.json", None);
        check("stage", "../../a.json", None);
        check("stage", "/etc/passwd", None);
        check("stage", "C:\\a.json", None);
    }
}

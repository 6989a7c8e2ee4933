//! Names of branches, tags and environments, as they stand in the subject of a token.

/// Reads a branch or a pattern of branches.
///
/// Git allows no `*`, `?` and `:` in names, so that they can only be meant as wildcards and separators.
/// <https://git-scm.com/docs/git-check-ref-format>
pub(crate) fn branch(text: &str) -> Result<String, String> {
    if text.starts_with("refs/") {
        return Err("give the branch's name alone: `main`, not `refs/heads/main`".to_owned());
    }
    name_of_ref(text, "branch")
}

/// Reads a tag or a pattern of tags.
pub(crate) fn tag(text: &str) -> Result<String, String> {
    if text.starts_with("refs/") {
        return Err("give the tag's name alone: `v1.0`, not `refs/tags/v1.0`".to_owned());
    }
    name_of_ref(text, "tag")
}

/// Reads an environment or a pattern of environments. GitHub takes nearly any text.
pub(crate) fn environment(text: &str) -> Result<String, String> {
    if text.is_empty() {
        return Err("an environment has a name".to_owned());
    }
    if text.trim() != text || text.chars().any(char::is_control) || text.len() > 255 {
        return Err(
            "an environment's name has up to 255 characters and no space at its ends".to_owned()
        );
    }
    Ok(text.to_owned())
}

/// The text as a value of a condition: `${` would be a variable there.
pub(crate) fn literal(text: &str) -> String {
    text.replace("${", "${$}{")
}

fn name_of_ref(text: &str, kind: &str) -> Result<String, String> {
    let is_bad = |character: char| {
        character.is_control() || character.is_whitespace() || "~^:\\[".contains(character)
    };
    let is_bad_part = |part: &str| {
        part.is_empty()
            || part.starts_with('.')
            || std::path::Path::new(part).extension().is_some_and(|it| it == "lock")
    };
    if text.is_empty() {
        return Err(format!("a {kind} has a name"));
    }
    if text.len() > 255
        || text.starts_with('-')
        || text.ends_with('.')
        || text == "@"
        || text.contains("..")
        || text.contains("@{")
        || text.chars().any(is_bad)
        || text.split('/').any(is_bad_part)
    {
        return Err(format!("Git allows no {kind} of this name"));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branches_are_those_of_git() {
        for good in ["main", "feature/x", "release/*", "v?", "a${b}", "ü", "a-b_c.d", "*"] {
            assert_eq!(branch(good).as_deref(), Ok(good));
        }
        for bad in [
            "",
            " ",
            "a b",
            "a..b",
            "a:b",
            "/a",
            "a/",
            "a//b",
            ".a",
            "a/.b",
            "a.lock",
            "a~1",
            "a^",
            "a\\b",
            "a\n",
            "@",
            "a@{b",
            "-a",
            "a.",
            "a[b]",
            "refs/heads/main",
        ] {
            assert!(branch(bad).is_err(), "{bad:?}");
        }
        assert!(tag("v1.0").is_ok() && tag("refs/tags/v1").is_err() && tag("").is_err());
    }

    #[test]
    fn environments_are_nearly_any_text() {
        for good in ["production", "Production EU", "a:b", "pr-*"] {
            assert_eq!(environment(good).as_deref(), Ok(good));
        }
        for bad in ["", " a", "a ", "a\nb"] {
            assert!(environment(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn no_text_becomes_a_variable() {
        assert_eq!(literal("a${aws:username}"), "a${$}{aws:username}");
    }
}

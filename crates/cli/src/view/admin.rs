//! How the policy that grants everything gets to its holder.

use std::fmt::Write as _;
use std::path::Path;

use crate::text::{HEADING, clean, paint, quoted};

/// What the commands are about.
pub(crate) struct Next<'a> {
    /// `role` or `user`.
    pub(crate) kind: &'static str,
    /// The name of the holder, or what stands for one.
    pub(crate) holder: &'a str,
    /// The ARN of AWS's policy, where it is the same as the answer.
    pub(crate) managed: Option<&'a str>,
    /// The name of the boundary, if there is one.
    pub(crate) boundary: Option<&'a str>,
    /// The account that is expected, which is asked for before anything is changed.
    pub(crate) account: Option<&'a str>,
    /// The folder that the policies are in.
    pub(crate) folder: Option<&'a Path>,
}

/// The commands that attach it. A policy with guard rails is one's own; without any, AWS's is the same.
pub(crate) fn next(next: &Next<'_>) -> String {
    let Next { kind, holder, managed, boundary, account, folder } = next;
    let file = |name: &str| match folder {
        Some(folder) => clean(&quoted(&folder.join(name).display().to_string())).into_owned(),
        None => name.to_owned(),
    };
    let mut lines = Vec::new();
    let mut apply = format!("stackpass apply --{kind} {holder}");
    match managed {
        Some(arn) => {
            lines.push(format!("aws iam attach-{kind}-policy --{kind}-name {holder} \\"));
            lines.push(format!("  --policy-arn {arn}"));
        }
        None => {
            let _ = write!(apply, " --policy {}", file("deploy.json"));
        }
    }
    if let Some(name) = boundary {
        let file = file("boundary.json");
        lines.push(format!("aws iam create-policy --policy-name {name} \\"));
        lines.push(format!("  --policy-document file://{file}"));
        let _ = write!(apply, " --boundary {name}");
    }
    if managed.is_none() {
        if let Some(account) = account {
            let _ = write!(apply, " --expect-account {account}");
        }
        lines.push(apply);
    }
    let saved =
        if managed.is_none() && folder.is_none() { ", once saved with `--out .`" } else { "" };
    let mut text = format!("{}{saved}:\n", paint(HEADING, "To attach it"));
    for line in lines {
        let _ = writeln!(text, "  {line}");
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;
    use insta::assert_snapshot;

    use super::*;

    const AWS: Next<'static> = Next {
        kind: "user",
        holder: "alice",
        managed: Some("arn:aws:iam::aws:policy/AdministratorAccess"),
        boundary: None,
        account: None,
        folder: None,
    };

    fn shown(what: &Next<'_>) -> String {
        strip_str(&next(what)).to_string()
    }

    #[test]
    fn policy_of_aws_is_attached_as_it_is() {
        assert_snapshot!(shown(&AWS), @r"
        To attach it:
          aws iam attach-user-policy --user-name alice \
            --policy-arn arn:aws:iam::aws:policy/AdministratorAccess
        ");
    }

    #[test]
    fn own_policy_is_saved_and_applied_after_its_boundary() {
        let own = Next { managed: None, boundary: Some("Dev"), ..AWS };
        assert_snapshot!(shown(&own), @r"
        To attach it, once saved with `--out .`:
          aws iam create-policy --policy-name Dev \
            --policy-document file://boundary.json
          stackpass apply --user alice --policy deploy.json --boundary Dev
        ");
        let saved = Next { folder: Some(Path::new("policies")), ..own };
        assert!(shown(&saved).contains("file://policies/boundary.json"));
        assert!(shown(&saved).contains("--policy policies/deploy.json"));
    }
}

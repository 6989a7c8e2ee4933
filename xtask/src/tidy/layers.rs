//! Which crate may use which, what a package is called, and whose lints it takes.

use toml::{Table, Value};

use super::Problem;
use super::repo::Repo;

/// The allowed edges between the crates of the workspace: a package, and those it may depend on.
const LAYERS: [(&str, &[&str]); 8] = [
    ("stackpass-ground", &[]),
    ("stackpass-policy", &["stackpass-ground"]),
    ("stackpass-stacks", &["stackpass-ground", "stackpass-policy"]),
    ("stackpass-analyzer", &["stackpass-ground", "stackpass-policy"]),
    ("stackpass-creds", &["stackpass-ground"]),
    ("stackpass-iam", &["stackpass-ground", "stackpass-policy"]),
    (
        "stackpass",
        &[
            "stackpass-analyzer",
            "stackpass-creds",
            "stackpass-ground",
            "stackpass-iam",
            "stackpass-policy",
            "stackpass-stacks",
        ],
    ),
    ("xtask", &[]),
];

const DEPENDENCY_TABLES: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

/// A member of the workspace.
struct Package<'r> {
    path: &'r str,
    folder: &'r str,
    name: String,
    manifest: Table,
}

/// Dependencies between our crates point one way.
pub(super) fn edges(repo: &Repo) -> Vec<Problem> {
    let mut problems = Vec::new();
    for package in packages(repo) {
        let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == package.name) else {
            let message =
                format!("`{}` has no row in the table of layers of xtask tidy", package.name);
            problems.push(Problem::file(package.path, message));
            continue;
        };
        for dependency in package.dependencies() {
            let is_ours = dependency.starts_with("stackpass") || dependency == "xtask";
            if is_ours && !allowed.contains(&dependency.as_str()) {
                let message = format!("`{}` must not depend on `{dependency}`", package.name);
                problems.push(Problem::file(package.path, message));
            }
        }
    }
    problems
}

/// Folder and package differ by the prefix only.
pub(super) fn package_names(repo: &Repo) -> Vec<Problem> {
    let wanted = |folder: &str| match folder {
        "cli" => "stackpass".to_owned(),
        "xtask" => "xtask".to_owned(),
        other => format!("stackpass-{other}"),
    };
    packages(repo)
        .filter(|package| package.name != wanted(package.folder))
        .map(|package| {
            let message = format!("the package is to be called `{}`", wanted(package.folder));
            Problem::file(package.path, message)
        })
        .collect()
}

/// Every crate takes the lints of the workspace.
pub(super) fn workspace_lints(repo: &Repo) -> Vec<Problem> {
    let takes_them = |package: &Package<'_>| {
        let lints = package.manifest.get("lints").and_then(Value::as_table);
        lints.and_then(|lints| lints.get("workspace")).and_then(Value::as_bool) == Some(true)
    };
    packages(repo)
        .filter(|package| !takes_them(package))
        .map(|package| Problem::file(package.path, "`[lints] workspace = true` is missing"))
        .collect()
}

/// The product says which errors it has; only tasks may use a bag for any error.
pub(super) fn anyhow_only_in_xtask(repo: &Repo) -> Vec<Problem> {
    packages(repo)
        .filter(|package| package.name != "xtask")
        .filter(|package| package.dependencies().iter().any(|name| name == "anyhow"))
        .map(|package| Problem::file(package.path, "`anyhow` is for xtask only"))
        .collect()
}

fn packages(repo: &Repo) -> impl Iterator<Item = Package<'_>> {
    repo.texts().filter_map(|(path, text)| {
        let folder = path.strip_suffix("/Cargo.toml")?;
        let folder = folder.strip_prefix("crates/").or((folder == "xtask").then_some(folder))?;
        let manifest: Table = toml::from_str(text).unwrap_or_default();
        let name = manifest.get("package").and_then(|package| package.get("name"));
        let name = name.and_then(Value::as_str).unwrap_or_default().to_owned();
        Some(Package { path, folder, name, manifest })
    })
}

impl Package<'_> {
    /// The packages that this one names in any table, for any target, under their real names.
    fn dependencies(&self) -> Vec<String> {
        let targets = self.manifest.get("target").and_then(Value::as_table);
        let targets = targets.into_iter().flat_map(|targets| targets.values());
        let tables = targets.filter_map(Value::as_table).chain([&self.manifest]);
        let mut names: Vec<String> = tables
            .flat_map(|table| DEPENDENCY_TABLES.iter().filter_map(|name| table.get(*name)))
            .filter_map(Value::as_table)
            .flat_map(|dependencies| dependencies.iter().map(real_name))
            .collect();
        names.sort();
        names.dedup();
        names
    }
}

fn real_name((key, value): (&String, &Value)) -> String {
    value.get("package").and_then(Value::as_str).unwrap_or(key).to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;

    const POLICY: &str = "crates/policy/Cargo.toml";
    const STACKS: &str = "crates/stacks/Cargo.toml";

    #[test]
    fn an_edge_that_points_up_is_a_problem() {
        let manifest = "package.name = 'stackpass-policy'\n[dev-dependencies]\nstackpass-stacks.workspace = true\n";
        check(
            edges,
            &[(POLICY, manifest)],
            &["crates/policy/Cargo.toml: `stackpass-policy` must not depend on `stackpass-stacks`"],
        );
    }

    #[test]
    fn an_allowed_edge_is_none() {
        let manifest = "package.name = 'stackpass-stacks'\n[dependencies]\nserde = '1'\nstackpass-policy.workspace = true\n";
        check(edges, &[(STACKS, manifest)], &[]);
    }

    #[test]
    fn a_renamed_edge_for_one_target_is_still_seen() {
        let manifest = "package.name = 'stackpass-stacks'\n[target.'cfg(unix)'.dependencies]\nc = { package = 'stackpass-creds', path = '../creds' }\n";
        check(
            edges,
            &[(STACKS, manifest)],
            &["crates/stacks/Cargo.toml: `stackpass-stacks` must not depend on `stackpass-creds`"],
        );
    }

    #[test]
    fn a_crate_without_a_row_is_a_problem() {
        check(
            edges,
            &[("crates/new/Cargo.toml", "package.name = 'stackpass-new'")],
            &[
                "crates/new/Cargo.toml: `stackpass-new` has no row in the table of layers of xtask tidy",
            ],
        );
    }

    #[test]
    fn a_package_has_the_name_of_its_folder() {
        check(
            package_names,
            &[
                ("crates/cli/Cargo.toml", "package.name = 'stackpass'"),
                (POLICY, "package.name = 'policy'"),
                ("xtask/Cargo.toml", "package.name = 'xtask'"),
            ],
            &["crates/policy/Cargo.toml: the package is to be called `stackpass-policy`"],
        );
    }

    #[test]
    fn lints_are_those_of_the_workspace() {
        check(
            workspace_lints,
            &[(POLICY, "lints.workspace = true"), (STACKS, "[lints.rust]\nunsafe_code = 'warn'")],
            &["crates/stacks/Cargo.toml: `[lints] workspace = true` is missing"],
        );
    }

    #[test]
    fn anyhow_is_for_tasks() {
        let manifest =
            |name: &str| format!("package.name = '{name}'\ndependencies.anyhow.workspace = true");
        check(
            anyhow_only_in_xtask,
            &[(POLICY, &manifest("stackpass-policy")), ("xtask/Cargo.toml", &manifest("xtask"))],
            &["crates/policy/Cargo.toml: `anyhow` is for xtask only"],
        );
    }
}

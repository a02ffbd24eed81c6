//! Sizes: of files, functions and folders.

use std::collections::BTreeMap;

use super::layers::APART;
use super::source::code;
use super::{File, stands};

const FILE_LINES_MAX: usize = 600;
const FUNCTION_LINES_MAX: i64 = 70;
const PARAMETERS_MAX: i64 = 5;
const FOLDER_FILES_MAX: usize = 12;
const LEVELS_BELOW_SRC_MAX: usize = 3;

/// Files of data, which nobody reads from top to bottom.
const DATA_TABLES: [&str; 0] = [];

fn rust(files: &[File]) -> impl Iterator<Item = &File> {
    files.iter().filter(|file| file.path.ends_with(".rs"))
}

fn files_are_short(files: &[File]) -> Vec<String> {
    rust(files)
        .filter(|file| !DATA_TABLES.contains(&file.path.as_str()))
        .map(|file| (file, file.text.lines().count()))
        .filter(|(_, lines)| *lines > FILE_LINES_MAX)
        .map(|(file, lines)| format!("{}: {lines} lines, more than {FILE_LINES_MAX}", file.path))
        .collect()
}

fn folders_are_small(files: &[File]) -> Vec<String> {
    let mut folders: BTreeMap<&str, usize> = BTreeMap::new();
    let mut found = Vec::new();
    for file in files {
        let Some((folder, _)) = file.path.rsplit_once('/') else {
            continue;
        };
        *folders.entry(folder).or_default() += 1;
        let below = file.path.split_once("/src/").map(|(_, below)| below);
        if below.is_some_and(|below| below.matches('/').count() > LEVELS_BELOW_SRC_MAX) {
            found.push(format!("{}: too deep below src", file.path));
        }
    }
    for (folder, count) in folders {
        if count > FOLDER_FILES_MAX {
            found.push(format!(
                "{folder}: {count} files, more than {FOLDER_FILES_MAX}"
            ));
        }
    }
    found
}

fn files_say_what_they_are_for(files: &[File]) -> Vec<String> {
    rust(files)
        .filter(|file| !file.text.starts_with("//! "))
        .map(|file| format!("{}: does not begin with \"//! \"", file.path))
        .collect()
}

/// Clippy measures functions; here is only checked that it does so everywhere.
fn clippy_measures_functions(files: &[File]) -> Vec<String> {
    let mut found = Vec::new();
    let parsed = |path: &str| -> toml::Table {
        let file = files.iter().find(|file| file.path == path);
        file.and_then(|file| file.text.parse().ok())
            .unwrap_or_default()
    };
    let clippy = parsed("clippy.toml");
    for (key, most) in [
        ("too-many-lines-threshold", FUNCTION_LINES_MAX),
        ("too-many-arguments-threshold", PARAMETERS_MAX),
    ] {
        if clippy.get(key).and_then(toml::Value::as_integer) != Some(most) {
            found.push(format!("clippy.toml: {key} is not {most}"));
        }
    }
    let workspace = parsed("Cargo.toml");
    let lint = |name: &str| -> Option<&str> {
        workspace
            .get("workspace")?
            .get("lints")?
            .get("clippy")?
            .get(name)?
            .as_str()
    };
    for name in ["too_many_lines", "too_many_arguments"] {
        if !matches!(lint(name), Some("warn" | "deny")) {
            found.push(format!("Cargo.toml: the lint {name} is off"));
        }
    }
    for file in files {
        let allows = |line: &str| line.contains("clippy::too_many_") && line.contains("allow(");
        if file.path.ends_with(".rs") && code(&file.text).lines().any(allows) {
            found.push(format!("{}: allows a function without measure", file.path));
        }
        let manifest = file.path.strip_suffix("/Cargo.toml");
        let member = manifest.is_some_and(|krate| !APART.contains(&krate));
        let inherits = |manifest: &toml::Table| -> Option<bool> {
            manifest.get("lints")?.get("workspace")?.as_bool()
        };
        if member && inherits(&parsed(&file.path)) != Some(true) {
            found.push(format!(
                "{}: does not inherit the workspace's lints",
                file.path
            ));
        }
    }
    found
}

#[test]
fn no_file_is_longer_than_one_can_read() -> anyhow::Result<()> {
    let long = "//! x\n".repeat(FILE_LINES_MAX + 1);
    stands(files_are_short, &[("rules/src/long.rs", &long)])
}

#[test]
fn no_folder_is_crowded_or_deep() -> anyhow::Result<()> {
    stands(folders_are_small, &[("proxy/src/a/b/c/d/e.rs", "//! x")])?;
    let crowd: Vec<File> = (0..=FOLDER_FILES_MAX)
        .map(|number| File {
            path: format!("rules/src/crowd/f{number}.rs"),
            text: String::new(),
        })
        .collect();
    assert_eq!(folders_are_small(&crowd).len(), 1);
    assert_eq!(folders_are_small(&crowd[1..]).len(), 0);
    Ok(())
}

#[test]
fn every_file_says_what_it_is_for() -> anyhow::Result<()> {
    stands(
        files_say_what_they_are_for,
        &[
            ("rules/src/mute.rs", "use std::fmt;\n//! late\n"),
            ("rules/src/mute.rs", ""),
        ],
    )
}

#[test]
fn functions_are_measured_by_clippy_everywhere() -> anyhow::Result<()> {
    let allowed = concat!("//! x\n#[", "allow(clippy::too_many_lines)]\nfn f() {}\n");
    stands(
        clippy_measures_functions,
        &[
            ("clippy.toml", "too-many-lines-threshold = 70"),
            (
                "clippy.toml",
                "too-many-lines-threshold = 700\ntoo-many-arguments-threshold = 5",
            ),
            (
                "Cargo.toml",
                "[workspace.lints.clippy]\ntoo_many_lines = \"allow\"",
            ),
            ("rules/src/x.rs", allowed),
            ("rules/Cargo.toml", "[package]\nname = \"rules\""),
        ],
    )
}

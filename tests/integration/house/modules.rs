//! Every source file is compiled: a file that no `mod` names holds tests that never run.

use std::collections::BTreeSet;

use super::source::{code, tokens};
use super::{File, stands};

/// Where cargo finds targets by itself, below the folder of a manifest.
const FOUND: [&str; 3] = ["src/lib.rs", "src/main.rs", "build.rs"];
const FOLDERS: [&str; 4] = ["src/bin", "tests", "benches", "examples"];

fn files_are_compiled(files: &[File]) -> Vec<String> {
    let mut reached: BTreeSet<String> = BTreeSet::new();
    let mut open: Vec<(String, bool)> = files
        .iter()
        .filter_map(|file| Some((file, folder(&file.path, "Cargo.toml")?)))
        .flat_map(|(file, krate)| targets(krate, &file.text, files))
        .map(|path| (path, true))
        .collect();
    while let Some((path, root)) = open.pop() {
        let Some(file) = files.iter().find(|file| file.path == path) else {
            continue;
        };
        if reached.insert(path) {
            let named = modules(file, root).into_iter();
            open.extend(named.filter(|(path, _)| !reached.contains(path)));
        }
    }
    files
        .iter()
        .filter(|file| file.path.ends_with(".rs") && !reached.contains(&file.path))
        .map(|file| format!("{}: no `mod` names it", file.path))
        .collect()
}

/// The folder of a file of that name, with the `/` at its end.
fn folder<'p>(path: &'p str, name: &str) -> Option<&'p str> {
    let folder = path.strip_suffix(name)?;
    (folder.is_empty() || folder.ends_with('/')).then_some(folder)
}

/// The roots of a crate: what its manifest names, and what cargo finds.
fn targets(krate: &str, manifest: &str, files: &[File]) -> Vec<String> {
    let manifest: toml::Table = manifest.parse().unwrap_or_default();
    let mut roots: Vec<String> = FOUND.map(|file| format!("{krate}{file}")).into();
    let named = manifest.values().flat_map(|value| match value {
        toml::Value::Array(tables) => tables.iter().collect(),
        other => vec![other],
    });
    let paths = named.filter_map(|target| target.get("path")?.as_str());
    roots.extend(paths.map(|path| format!("{krate}{path}")));
    for file in files {
        let below = |within: &str| {
            let rest = file.path.strip_prefix(&format!("{krate}{within}/"));
            rest.is_some_and(|rest| !rest.contains('/') || rest.ends_with("/main.rs"))
        };
        if FOLDERS.iter().any(|within| below(within)) {
            roots.push(file.path.clone());
        }
    }
    roots
}

/// The files that a file's `mod` lines may mean, and whether their own modules lie beside them.
fn modules(file: &File, root: bool) -> Vec<(String, bool)> {
    let (folder, name) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
    let beside = root || name == "mod.rs";
    let within = match beside {
        true => folder.to_owned(),
        false => format!("{folder}/{}", name.trim_end_matches(".rs")),
    };
    let mut found = Vec::new();
    let blanked = code(&file.text);
    let tokens = tokens(&blanked);
    // Blocks that are open, with their names where they are modules.
    let mut blocks: Vec<Option<&str>> = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let before = |back: usize| at.checked_sub(back).map_or("", |at| tokens[at]);
        match *token {
            "{" => blocks.push((before(2) == "mod").then(|| before(1))),
            "}" => {
                blocks.pop();
            }
            ";" if before(2) == "mod" => {
                let inline = blocks.iter().flatten().map(|name| format!("{name}/"));
                let inline: String = inline.collect();
                let stem = format!("{within}/{inline}{}", before(1));
                found.push((format!("{stem}.rs"), false));
                found.push((format!("{stem}/mod.rs"), true));
            }
            _ => {}
        }
    }
    // A literal, so it stands in the text alone.
    for line in file.text.lines() {
        let path = line.trim().strip_prefix("#[path = \"");
        if let Some(path) = path.and_then(|path| path.strip_suffix("\"]")) {
            found.push((joined(folder, path), true));
        }
    }
    found
}

/// A path relative to a folder.
fn joined(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').collect();
    for part in path.split('/') {
        match part {
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[test]
fn every_file_is_compiled() -> anyhow::Result<()> {
    stands(
        files_are_compiled,
        &[
            ("rules/src/lost.rs", "//! x"),
            ("rules/src/guard/lost.rs", "//! x"),
            ("tests/integration/seeder/lost/mod.rs", "//! x"),
            ("tests/integration/seeder/mod.rs", "//! x\n// mod checks;"),
        ],
    )
}

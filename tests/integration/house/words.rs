//! Words that have no place in the tree. They are put together from halves here, so that this file
//! may stand in it.

use super::{File, stands};

/// Left-overs of unfinished work, tests that do not run, paths of somebody's machine.
const TEXTS: [&str; 6] = [
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("#[ig", "nore"),
    concat!("to", "do!("),
    concat!("unimple", "mented!("),
    concat!("/ro", "ot/"),
];

/// Names of files and folders that say nothing.
const NAMES: [&str; 7] = [
    "util", "utils", "common", "helpers", "manager", "handler", "misc",
];

fn texts(files: &[File]) -> Vec<String> {
    let mut found = Vec::new();
    for file in files {
        for (number, line) in file.text.lines().enumerate() {
            let word = TEXTS.iter().find(|word| line.contains(**word));
            if let Some(word) = word {
                found.push(format!("{}:{}: {word:?}", file.path, number + 1));
            }
        }
    }
    found
}

fn names(files: &[File]) -> Vec<String> {
    let empty = |part: &str| {
        let stem = part.split('.').next().unwrap_or(part);
        NAMES.contains(&stem) || stem.ends_with("_impl")
    };
    files
        .iter()
        .filter(|file| file.path.split('/').any(empty))
        .map(|file| format!("{}: the name says nothing", file.path))
        .collect()
}

/// A change of values is a named event: CHANGELOG says of every version of the engine what is another.
fn engine_is_named(files: &[File]) -> Vec<String> {
    let text = |path: &str| {
        files
            .iter()
            .find(|file| file.path == path)
            .map(|file| &file.text)
    };
    let engine = text("seeder/src/run/fingerprint.rs");
    let version = engine.and_then(|text| {
        let (_, after) = text.split_once("const ENGINE_VERSION: u32 = ")?;
        Some(after.split_once(';')?.0)
    });
    let Some(version) = version else {
        return vec!["seeder/src/run/fingerprint.rs: no ENGINE_VERSION".to_owned()];
    };
    let event = format!("Engine fingerprint {version}:");
    let named = text("CHANGELOG.md").is_some_and(|text| text.contains(&event));
    let missing = (!named).then(|| format!("CHANGELOG.md: {event:?} is not there"));
    missing.into_iter().collect()
}

#[test]
fn every_version_of_the_engine_is_named_in_the_changelog() -> anyhow::Result<()> {
    stands(
        engine_is_named,
        &[
            (
                "seeder/src/run/fingerprint.rs",
                "const ENGINE_VERSION: u32 = 999;",
            ),
            ("seeder/src/run/fingerprint.rs", "//! moved"),
            ("CHANGELOG.md", "- Engine fingerprint 0: x"),
        ],
    )
}

#[test]
fn nothing_unfinished_or_private_is_left_in_a_file() -> anyhow::Result<()> {
    let planted: Vec<String> = TEXTS.iter().map(|word| format!("x // {word}")).collect();
    let planted: Vec<(&str, &str)> = planted
        .iter()
        .map(|text| ("rules/src/x.rs", text.as_str()))
        .collect();
    stands(texts, &planted)
}

#[test]
fn every_name_says_something() -> anyhow::Result<()> {
    stands(
        names,
        &[
            ("rules/src/util.rs", ""),
            ("proxy/src/common/x.rs", ""),
            ("proxy/src/relay/pump_impl.rs", ""),
        ],
    )
}

//! The first values of every generator, as a file: who changes one raises the version.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use super::*;

const GOLDEN: &str = include_str!("golden.txt");

/// How many of the hashed values are shown.
const SHOWN: usize = 3;

/// A line per generator: three values to read, and a hash over twenty and twenty distinct ones.
fn current() -> String {
    let mut out = format!("version {VERSION}\n");
    for (name, _) in names() {
        let data_type = own_type(name);
        let generate = named(name, &data_type).expect("its own type");
        let mut texts: Vec<String> = values(&*generate, 20)
            .iter()
            .map(|value| shown(value, &data_type))
            .collect();
        if let Some(distinct) = generate.distinct() {
            let ranked = distinct.under(&Key::derive(42, &[name]));
            let more = (0..20).filter_map(|row| ranked.value(row));
            texts.extend(more.map(|value| shown(&value, &data_type)));
        }
        let mut hash = Sha256::new();
        for text in &texts {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text);
        }
        let hash: String = hash.finalize()[..8]
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect();
        let readable: Vec<String> = texts[..SHOWN]
            .iter()
            .map(|text| text.replace('\n', "\\n").chars().take(60).collect())
            .collect();
        writeln!(out, "{name} {hash} {}", readable.join(" | ")).expect("a String");
    }
    out
}

/// With `STANDIN_GOLDEN=write` the file is written anew, unless a line of this version would change.
#[test]
fn values_are_the_golden_ones() {
    let current = current();
    if current == GOLDEN {
        return;
    }
    let version = format!("version {VERSION}");
    let changed: Vec<&str> = GOLDEN
        .lines()
        .skip(1)
        .filter(|line| !current.lines().any(|now| now == *line))
        .collect();
    let same_version = GOLDEN.lines().next() == Some(version.as_str());
    assert!(
        changed.is_empty() || !same_version,
        "values changed, raise natural::VERSION: {changed:#?}"
    );
    assert_eq!(
        std::env::var("STANDIN_GOLDEN").as_deref(),
        Ok("write"),
        "new generators: run with STANDIN_GOLDEN=write and keep the file"
    );
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/natural/tests/golden.txt");
    std::fs::write(path, current).expect("the file can be written");
}

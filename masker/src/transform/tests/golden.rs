//! The first values of every transformer, as a file: who changes one raises the version.

use std::fmt::Write;

use rules::mask::Transformer;
use sha2::{Digest, Sha256};

use super::catalogue::EXAMPLES;
use super::*;
use crate::transform::VERSION;

const GOLDEN: &str = include_str!("golden.txt");

/// Values of each that are hashed.
const VALUES: u64 = 64;
/// How many of them are shown.
const SHOWN: u64 = 3;

/// Examples that have letters of their own where values stay apart.
const TOKENS: [&str; 5] = ["template", "username", "email", "url", "host"];

/// A line for each: values to read, and a hash over all.
fn current() -> String {
    let mut out = format!("version {VERSION}\n");
    let usual = EXAMPLES.iter().map(|example| (example, false));
    let apart = EXAMPLES
        .iter()
        .filter(|example| TOKENS.contains(&example.name));
    for (example, unique) in usual.chain(apart.map(|example| (example, true))) {
        let tried = Asked {
            rows: unique.then_some(1_000_000),
            ..asked(example.data_type, example.rule)
        }
        .tried();
        let mut hash = Sha256::new();
        let mut shown = Vec::new();
        for n in 0..VALUES {
            let masked = tried
                .of_row((example.value)(n).as_bytes(), n)
                .expect("is masked");
            hash.update((masked.len() as u64).to_be_bytes());
            hash.update(&masked);
            if n < SHOWN {
                shown.push(masked.chars().take(70).collect::<String>());
            }
        }
        let hash: String = hash.finalize()[..8]
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect();
        let unique = if unique { "unique " } else { "" };
        writeln!(
            out,
            "{unique}{}: {hash} {}",
            example.name,
            shown.join(" | ")
        )
        .expect("a String");
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
    let same_version = GOLDEN.lines().next() == current.lines().next();
    let changed: Vec<&str> = GOLDEN
        .lines()
        .skip(1)
        .filter(|line| !current.lines().any(|now| now == *line))
        .collect();
    let asked = std::env::var("STANDIN_GOLDEN").is_ok_and(|text| text == "write");
    if asked && (!same_version || changed.is_empty()) {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/src/transform/tests/golden.txt"
        );
        std::fs::write(path, current).expect("the file is written");
        return;
    }
    panic!(
        "values changed, so copies would: raise transform::VERSION and run with STANDIN_GOLDEN=write\n{}",
        changed.join("\n")
    );
}

#[test]
fn every_transformer_has_an_example() {
    let without = ["null", "derive", "shuffle"];
    for name in Transformer::names().filter(|name| !without.contains(name)) {
        let has = EXAMPLES
            .iter()
            .any(|example| example.rule.contains(&format!("\"{name}\"")));
        assert!(has, "{name}");
    }
}

#[test]
fn another_key_or_domain_gives_other_values() {
    for example in EXAMPLES {
        // What does not follow from the key, and few values.
        let fixed = [
            "static",
            "password",
            "date-trunc",
            "bucket",
            "label",
            "country",
            "card",
        ];
        if fixed.iter().any(|name| example.name.starts_with(name)) {
            continue;
        }
        let own = asked(example.data_type, example.rule);
        let others = [
            Asked {
                seed: 2,
                ..own.clone()
            },
            Asked {
                domain: "public.t.d",
                ..own.clone()
            },
        ];
        let values = |asked: &Asked<'_>| -> Vec<String> {
            let tried = asked.tried();
            let masked = |n| {
                tried
                    .of_row((example.value)(n).as_bytes(), n)
                    .expect("is masked")
            };
            (0..200).map(masked).collect()
        };
        let one = values(&own);
        assert_eq!(one, values(&own), "{}", example.name);
        for other in others {
            let same = one
                .iter()
                .zip(values(&other))
                .filter(|(one, other)| *one == other)
                .count();
            // Small lists and single days meet by chance: 64 places, 364 shifts, a few regions.
            let most = match example.name {
                "region" | "city" | "postcode" | "phone" => 30,
                "phone of a country" => 30,
                _ => 8,
            };
            assert!(same <= most, "{}: {same} of 200", example.name);
        }
    }
}

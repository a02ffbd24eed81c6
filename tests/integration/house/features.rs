//! What tests switch on is in no release: points at which the process ends, and protections that can be
//! switched off.

use tests::daemon::Build;

use super::{File, stands};

/// Features that only tests ask for.
const TESTING: [&str; 2] = ["crash-points", "leak-points"];

/// The file in which one crate asks the next for them.
const FORWARDS: &str = "proxy/Cargo.toml";

/// Reads which protections are off.
const LEAK_AT: &str = "STANDIN_LEAK_AT";

#[test]
fn no_manifest_switches_on_what_only_tests_ask_for() -> anyhow::Result<()> {
    stands(
        switched_on,
        &[
            (
                "masker/Cargo.toml",
                "[features]\ndefault = [\"leak-points\"]\nleak-points = []\n",
            ),
            (
                "proxy/Cargo.toml",
                "[features]\ncrash-points = []\ndefault = [\"crash-points\"]\n",
            ),
            (
                "benches/Cargo.toml",
                "[dependencies]\nmasker = { workspace = true, features = [\"leak-points\"] }\n",
            ),
            (
                "Cargo.toml",
                "[workspace.dependencies.masker]\nfeatures = [\"crash-points\"]\n",
            ),
        ],
    )
}

fn switched_on(files: &[File]) -> Vec<String> {
    let manifests = files
        .iter()
        .filter(|file| file.path.ends_with("Cargo.toml"));
    let mut found = Vec::new();
    for file in manifests {
        for line in file
            .text
            .lines()
            .map(str::trim)
            .filter(|line| !line.starts_with('#'))
        {
            let (name, value) = line.split_once('=').unwrap_or((line, ""));
            let asks = TESTING.iter().any(|feature| value.contains(feature));
            let forwards = file.path == FORWARDS && name.trim() == TESTING[0];
            if asks && !forwards {
                found.push(format!("{}: {line}", file.path));
            }
        }
    }
    found
}

#[test]
fn a_protection_is_switched_off_in_one_place_only() -> anyhow::Result<()> {
    stands(
        reads,
        &[(
            "masker/src/run/odd.rs",
            "fn odd() { std::env::var(\"STANDIN_LEAK_AT\"); }\n",
        )],
    )
}

fn reads(files: &[File]) -> Vec<String> {
    let sources = files.iter().filter(|file| file.path.ends_with(".rs"));
    let elsewhere = sources
        .filter(|file| !file.path.starts_with("tests/") && file.path != "masker/src/leak.rs");
    let named = elsewhere.filter(|file| file.text.contains(LEAK_AT));
    named
        .map(|file| format!("{} names {LEAK_AT}", file.path))
        .collect()
}

/// The program for tests can leak, so that tests of leaks mean something; the one that is shipped has
/// nothing that could.
#[test]
fn only_the_program_for_tests_can_leak() -> anyhow::Result<()> {
    let (plain, testing) = (Build::Plain.binary()?, Build::CrashPoints.binary()?);
    let can_leak = |path: &std::path::Path| -> anyhow::Result<bool> {
        let grep = std::process::Command::new("grep")
            .arg("-qaF")
            .arg(LEAK_AT)
            .arg(path)
            .status()?;
        Ok(grep.success())
    };
    assert!(can_leak(&testing)?);
    // Who tries one program only has given it in both places.
    assert!(plain == testing || !can_leak(&plain)?);
    Ok(())
}

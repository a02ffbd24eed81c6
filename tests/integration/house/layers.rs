//! Who may name whom: the layers of `proxy`, and the chain of crates.

use super::source::{code, tokens};
use super::{File, stands};

/// Modules of `proxy`, the lowest layer first. A module names lower layers only.
const LAYERS: [&[&str]; 7] = [
    &["metrics"],
    &["branches", "gateway"],
    &["relay", "environments"],
    &["admin"],
    &["daemon"],
    &["cli"],
    &["main"],
];

/// Pairs that the layers would allow: the relay asks `Resolve` instead, and a branch is no concern
/// of whoever moves bytes.
const STRANGERS: [(&str, &str); 2] = [("relay", "branches"), ("relay", "gateway")];

/// The crates by folder, the lowest first: each may depend on those before it.
const CHAIN: [&str; 8] = [
    "rules",
    "seeder",
    "masker",
    "proxy/wire",
    "proxy/server",
    "proxy",
    "tests",
    "benches",
];

/// Build apart: with a runtime of its own, with dependencies of its own.
pub(super) const APART: [&str; 3] = ["tests/fuzz", "tests/oracle", "tests/drivers/sqlx"];

/// The crate that starts and stops PostgreSQL, and the only module that may name it: whoever else
/// wants something of it asks that module's façade.
const SERVER: (&str, &str) = ("server", "branches");

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

fn layers(files: &[File]) -> Vec<String> {
    let mut found = Vec::new();
    for file in files {
        let Some(path) = file.path.strip_prefix("proxy/src/") else {
            continue;
        };
        let Some(path) = path.strip_suffix(".rs").filter(|path| *path != "lib") else {
            continue;
        };
        let mut module: Vec<&str> = path.split('/').collect();
        module.pop_if(|last| *last == "mod");
        let own = module[0];
        let Some(own_layer) = layer(own) else {
            found.push(format!("{}: module {own:?} has no layer", file.path));
            continue;
        };
        for other in named(&code(&file.text), module.len()) {
            let Some(other_layer) = layer(&other) else {
                continue;
            };
            let strange = STRANGERS.contains(&(own, other.as_str()));
            if other != own && (other_layer >= own_layer || strange) {
                found.push(format!("{}: {own:?} must not name {other:?}", file.path));
            }
        }
    }
    found
}

/// The modules at the crate's root that some code names, from a module at a certain depth.
fn named(code: &str, depth: usize) -> Vec<String> {
    let mut modules = Vec::new();
    let tokens = tokens(code);
    let mut at = 0;
    while at < tokens.len() {
        let mut next = at;
        let mut climbed = 0;
        loop {
            match tokens[next..] {
                ["crate" | "proxy", "::", ..] if climbed == 0 => {
                    (next, climbed) = (next + 2, depth);
                }
                ["super", "::", ..] => (next, climbed) = (next + 2, climbed + 1),
                ["self", "::", ..] => next += 2,
                _ => break,
            }
        }
        if climbed >= depth && next > at {
            first_words(&tokens[next..], &mut modules);
        }
        at = next.max(at + 1);
    }
    modules
}

/// The word that a path begins with, or the first words of each path in braces.
fn first_words(tokens: &[&str], words: &mut Vec<String>) {
    if tokens.first() != Some(&"{") {
        words.extend(tokens.first().map(|word| (*word).to_owned()));
        return;
    }
    let mut depth = 0;
    let mut before = "{";
    for token in tokens {
        match *token {
            "{" => depth += 1,
            "}" => depth -= 1,
            word if depth == 1 && matches!(before, "{" | ",") => words.push(word.to_owned()),
            _ => {}
        }
        if depth == 0 {
            return;
        }
        before = token;
    }
}

fn chain(files: &[File]) -> Vec<String> {
    let mut found = Vec::new();
    for file in files {
        let Some(krate) = file.path.strip_suffix("/Cargo.toml") else {
            continue;
        };
        let Some(place) = CHAIN.iter().position(|known| *known == krate) else {
            if !APART.contains(&krate) {
                found.push(format!("{}: the crate is not in the chain", file.path));
            }
            continue;
        };
        let manifest: toml::Table = match file.text.parse() {
            Ok(manifest) => manifest,
            Err(error) => {
                found.push(format!("{}: {error}", file.path));
                continue;
            }
        };
        for table in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let names = manifest.get(table).and_then(toml::Value::as_table);
            for name in names.into_iter().flat_map(toml::Table::keys) {
                let other = CHAIN.iter().position(|known| folder_of(known) == name);
                if other.is_some_and(|other| other >= place) {
                    found.push(format!("{}: {krate} must not depend on {name}", file.path));
                }
            }
        }
    }
    found
}

/// The last folder of a crate's path, which is the crate's name.
fn folder_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Who names the crate of servers without being `branches` or a part of the crate.
fn servers(files: &[File]) -> Vec<String> {
    let (krate, owner) = SERVER;
    let mut found = Vec::new();
    for file in files {
        let own = ["proxy/server/", &format!("proxy/src/{owner}/")];
        let outside = own.iter().all(|own| !file.path.starts_with(own));
        // The chain lets everything above depend on it; only the proxy does.
        let manifest = file.path.ends_with("/Cargo.toml") && file.path != "proxy/Cargo.toml";
        let depends = |line: &str| line.trim_start().starts_with(&format!("{krate} "));
        if outside && file.path.ends_with(".rs") && names_crate(&code(&file.text), krate) {
            found.push(format!("{}: only {owner:?} may name {krate:?}", file.path));
        }
        if outside && manifest && file.text.lines().any(depends) {
            found.push(format!("{}: must not depend on {krate:?}", file.path));
        }
    }
    found
}

/// Whether some code names a crate: its name begins a path, and the file has no module of that name.
fn names_crate(code: &str, krate: &str) -> bool {
    let tokens = tokens(code);
    let word = |token: &str| token.chars().all(|c| c.is_alphanumeric() || c == '_');
    let module = tokens.windows(2).any(|pair| pair == ["mod", krate]);
    (0..tokens.len()).any(|at| {
        let before = |back: usize| at.checked_sub(back).map_or("", |at| tokens[at]);
        let after = tokens.get(at + 1).copied().unwrap_or_default();
        let path = before(1) == "::" && word(before(2)) && !matches!(before(2), "" | "use");
        let begins = after == "::" || matches!(before(1), "use" | "crate");
        tokens[at] == krate && begins && !path && (!module || before(1) == "::")
    })
}

#[test]
fn only_branches_names_the_crate_that_starts_servers() -> anyhow::Result<()> {
    stands(
        servers,
        &[
            ("proxy/src/environments/x.rs", "use server::start;"),
            ("proxy/src/daemon/x.rs", "fn f() { ::server::stop() }"),
            ("proxy/src/cli/x.rs", "use {std::fmt, server::{adopt}};"),
            ("proxy/src/admin/x.rs", "use server as postgres;"),
            ("proxy/src/lib.rs", "extern crate server;"),
            ("tests/src/x.rs", "fn f(s: &server :: Server) {}"),
            (
                "tests/Cargo.toml",
                "[dependencies]\nserver = { workspace = true }",
            ),
        ],
    )?;
    let fine = [
        "mod server; pub use server::Outcome;",
        "use super::server::Outcome; fn f(server: &Server) { server.stop() }",
        "// server::start\nlet text = \"server::start\";",
    ];
    for text in fine {
        assert!(!names_crate(&code(text), "server"), "{text}");
    }
    Ok(())
}

#[test]
fn no_module_of_the_proxy_names_a_higher_one_or_one_beside() -> anyhow::Result<()> {
    stands(
        layers,
        &[
            ("proxy/src/metrics/x.rs", "use crate::relay::Route;"),
            (
                "proxy/src/metrics/x.rs",
                "fn f() { crate::gateway::count() }",
            ),
            (
                "proxy/src/branches/x.rs",
                "use crate::{metrics::count, environments::{reset}};",
            ),
            (
                "proxy/src/branches/a/x.rs",
                "use super::super::super::gateway;",
            ),
            (
                "proxy/src/environments/mod.rs",
                "use super::relay::Resolve;",
            ),
            ("proxy/src/relay/x.rs", "use crate :: branches::Pool;"),
            ("proxy/src/admin/x.rs", "type A = crate::daemon::Daemon;"),
            ("proxy/src/daemon/x.rs", "use proxy::cli;"),
            ("proxy/src/shortcut.rs", "fn f() {}"),
        ],
    )
}

#[test]
fn what_is_allowed_is_not_found() {
    let fine = [
        ("proxy/src/lib.rs", "pub mod cli; use crate::cli;"),
        ("proxy/src/main.rs", "use proxy::{cli, daemon};"),
        (
            "proxy/src/relay/x.rs",
            "use super::pump; use crate::metrics; // crate::branches",
        ),
        (
            "proxy/src/relay/y.rs",
            "use crate::relay::{pump, environments_of}; mod t { use super::super::gateway; }",
        ),
        (
            "proxy/src/admin/x.rs",
            "use crate::{branches, environments, relay::{self, daemon}};",
        ),
    ];
    let files = fine.map(|(path, text)| File {
        path: path.to_owned(),
        text: text.to_owned(),
    });
    // A submodule may bear the name of a module at the root, unless the path reaches the root.
    assert_eq!(
        layers(&files),
        ["proxy/src/relay/y.rs: \"relay\" must not name \"gateway\""]
    );
}

#[test]
fn crates_depend_down_the_chain_only() -> anyhow::Result<()> {
    stands(
        chain,
        &[
            (
                "rules/Cargo.toml",
                "[dependencies]\nseeder = { workspace = true }",
            ),
            (
                "seeder/Cargo.toml",
                "[dev-dependencies]\ntests = { path = \"../tests\" }",
            ),
            (
                "proxy/Cargo.toml",
                "[build-dependencies]\nbenches = { path = \"\" }",
            ),
            (
                "proxy/server/Cargo.toml",
                "[dev-dependencies]\nproxy = { workspace = true }",
            ),
            (
                "seeder/Cargo.toml",
                "[dependencies]\nserver = { workspace = true }",
            ),
            (
                "proxy/wire/Cargo.toml",
                "[dependencies]\nserver = { workspace = true }",
            ),
            ("extra/Cargo.toml", "[dependencies]"),
            ("proxy/extra/Cargo.toml", "[dependencies]"),
            ("rules/Cargo.toml", "no manifest"),
        ],
    )
}

//! What a value of seed data may not depend on: the machine, the moment, the order of a hash table.
//!
//! Clippy's lists of disallowed methods hold for every crate; these modules alone must be pure.

use super::source::{code, tokens};
use super::{File, stands};

/// Modules of `seeder` that decide values: nothing in them but their arguments counts.
const PURE: [&str; 9] = [
    "check", "engine", "key", "natural", "person", "plan", "scenario", "value", "words",
];

/// Names that have no place in them, wherever they stand, and why.
const NAMES: [(&str, &str); 18] = [
    ("HashMap", HASHED),
    ("HashSet", HASHED),
    ("RandomState", HASHED),
    ("DefaultHasher", HASHED),
    ("SystemTime", CLOCK),
    ("Instant", CLOCK),
    ("Zoned", CLOCK),
    ("env", ENVIRONMENT),
    ("option_env", ENVIRONMENT),
    ("TimeZone", ENVIRONMENT),
    ("available_parallelism", ENVIRONMENT),
    ("thread_rng", THREAD),
    ("ThreadRng", THREAD),
    ("thread_local", THREAD),
    ("OsRng", THREAD),
    ("SysRng", THREAD),
    ("Fake", THREAD),
    ("fastrand", THREAD),
];

/// Functions at the end of a path: `Timestamp::now`, `rand::random`.
const PATHS: [(&str, &str); 6] = [
    ("now", CLOCK),
    ("rng", THREAD),
    ("random", THREAD),
    ("random_range", THREAD),
    ("random_bool", THREAD),
    ("elapsed", CLOCK),
];

/// Functions of floating-point numbers for which Rust promises no precision; a square root is exact.
const FLOATING: [&str; 28] = [
    "ln", "ln_1p", "log", "log2", "log10", "exp", "exp2", "exp_m1", "powf", "powi", "sin", "cos",
    "tan", "sin_cos", "asin", "acos", "atan", "atan2", "sinh", "cosh", "tanh", "asinh", "acosh",
    "atanh", "cbrt", "hypot", "gamma", "ln_gamma",
];

const HASHED: &str = "its order is another in every process: use a BTreeMap or a Vec";
const CLOCK: &str = "the present is `as_of_micros`, an argument";
const ENVIRONMENT: &str = "what the machine is set to must not change a value";
const THREAD: &str = "draws come from `Key::draw` alone";
const PLATFORM: &str = "its digits differ between platforms: use `libm`, or a table of integers";

fn calls(files: &[File]) -> Vec<String> {
    let mut found = Vec::new();
    for file in files.iter().filter(|file| is_pure(&file.path)) {
        let text = code(&file.text);
        // Tests of a file are its end.
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        let tokens = tokens(text);
        for at in 0..tokens.len() {
            if let Some(why) = forbidden(&tokens, at) {
                // Tokens are parts of the text.
                let before = tokens[at].as_ptr().addr() - text.as_ptr().addr();
                let line = text[..before].matches('\n').count() + 1;
                found.push(format!("{}:{line}: {:?}: {why}", file.path, tokens[at]));
            }
        }
    }
    found
}

/// Why the token at a place is forbidden.
fn forbidden(tokens: &[&str], at: usize) -> Option<&'static str> {
    let token = tokens[at];
    let before = |back: usize| at.checked_sub(back).map_or("", |at| tokens[at]);
    if let Some((_, why)) = NAMES.iter().find(|(name, _)| *name == token) {
        return Some(why);
    }
    let path = before(1) == "::";
    if let Some((_, why)) = PATHS.iter().find(|(name, _)| *name == token)
        && path
    {
        return Some(why);
    }
    let of_float = path && matches!(before(2), "f64" | "f32");
    let method = before(1) == ".";
    // The crate's lists of words are data; its generators draw from the thread.
    if token == "fake" && method {
        return Some(THREAD);
    }
    (FLOATING.contains(&token) && (method || of_float)).then_some(PLATFORM)
}

fn is_pure(path: &str) -> bool {
    let inside = |module: &&str| {
        let rest = path.strip_prefix("seeder/src/");
        let rest = rest.and_then(|rest| rest.strip_prefix(*module));
        rest.is_some_and(|rest| rest.starts_with('/') || rest == ".rs")
    };
    let test = path.ends_with("/tests.rs") || path.contains("/tests/");
    PURE.iter().any(inside) && !test && path.ends_with(".rs")
}

#[test]
fn forbidden_calls() -> anyhow::Result<()> {
    let uses = [
        "use std::collections::HashMap;",
        "fn f(set: &std::collections::HashSet<u8>) {}",
        "fn f() { let hasher = std::hash::DefaultHasher::new(); }",
        "fn f() { let now = std::time::SystemTime::now(); }",
        "use std::time::Instant;",
        "fn f() -> i64 { jiff::Timestamp::now().as_microsecond() }",
        "fn f() { let here = jiff::Zoned::now(); }",
        "fn f() { let zone = jiff::tz::TimeZone::system(); }",
        "fn f() { let language = std::env::var(\"LANG\"); }",
        "const HOME: Option<&str> = option_env!(\"HOME\");",
        "fn f() { let mut rng = rand::rng(); }",
        "fn f() -> u64 { rand::random() }",
        "fn f() { let name: String = Name().fake(); }",
        "std::thread_local! { static A: u8 = 1; }",
        "fn f(x: f64) -> f64 { x.ln() }",
        "fn f(x: f64) -> f64 { (x + 1.0).exp() }",
        "fn f(x: f64) -> f64 { x.powf(0.5) }",
        "fn f(x: f64) -> f64 { f64::sin(x) }",
        "fn f(x: f64) -> f64 { x\n.\ncos() }",
        "fn f(x: f64) -> f64 { f64::\npowi(x, 2) }",
    ];
    let places = [
        "engine/x.rs",
        "plan/show/x.rs",
        "natural/family/x.rs",
        "check/x.rs",
        "scenario/x.rs",
    ];
    let planted: Vec<(String, &str)> = uses
        .iter()
        .zip(places.iter().cycle())
        .map(|(text, place)| (format!("seeder/src/{place}"), *text))
        .collect();
    let planted: Vec<(&str, &str)> = planted
        .iter()
        .map(|(path, text)| (path.as_str(), *text))
        .collect();
    stands(calls, &planted)
}

#[test]
fn what_decides_no_value_may_call_them() {
    let fine = [
        (
            "seeder/src/run/mod.rs",
            "fn f() { std::time::Instant::now(); }",
        ),
        (
            "seeder/src/natural/tests.rs",
            "use std::collections::HashSet;",
        ),
        (
            "seeder/src/engine/x.rs",
            "fn f(x: f64) -> f64 { libm::log(x) } // x.ln()\n#[cfg(test)]\nmod tests { use std::collections::HashSet; }",
        ),
        (
            "seeder/src/check/x.rs",
            "fn f() { domain.now(); let exp = 1; \"HashMap\"; u64::pow(2, 3); }",
        ),
    ];
    let files = fine.map(|(path, text)| File {
        path: path.to_owned(),
        text: text.to_owned(),
    });
    assert_eq!(calls(&files), Vec::<String>::new());
}

//! The guard beside PostgreSQL's own parser: whatever the parser finds in a statement, however it is
//! spelled, the guard denies wherever it denies the plain statement that does the same.

mod effects;
mod grammar;
mod spelling;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rules::config::AccessMode;
use rules::guard::{Rule, judge};

use grammar::Grammar;

const MODES: [AccessMode; 3] = [
    AccessMode::ReadOnly,
    AccessMode::Append,
    AccessMode::ReadWrite,
];

/// Statements that PostgreSQL's behaviour was measured with.
const CORPUS: &str = include_str!("../../guard/corpus.toml");

/// What a run looked at.
#[derive(Default)]
struct Counts {
    tried: u64,
    parsed: u64,
    effects: u64,
    denied: u64,
}

fn main() -> ExitCode {
    let mut seconds = 20;
    let mut seed = 1;
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().and_then(|value| value.parse().ok());
        match (name.as_str(), value) {
            ("--seconds", Some(value)) => seconds = value,
            ("--seed", Some(value)) => seed = value,
            _ => {
                eprintln!("usage: oracle [--seconds N] [--seed N]");
                return ExitCode::from(2);
            }
        }
    }
    let mut counts = Counts::default();
    let corpus = corpus();
    let until = Instant::now() + Duration::from_secs(seconds);
    let mut random = StdRng::seed_from_u64(seed);
    let told = corpus
        .iter()
        .find_map(|sql| compared(sql, &mut counts).err())
        .or_else(|| {
            while Instant::now() < until {
                let sql = next(&corpus, &mut random);
                if let Err(told) = compared(&sql, &mut counts) {
                    return Some(told);
                }
            }
            None
        });
    println!(
        "{} statements, {} of them PostgreSQL's grammar, {} effects, {} denials asked for",
        counts.tried, counts.parsed, counts.effects, counts.denied
    );
    match told {
        // A run in which next to nothing parses shows nothing.
        None if counts.parsed * 5 > counts.tried && counts.denied > 0 => ExitCode::SUCCESS,
        None => {
            eprintln!("too few statements are PostgreSQL's grammar");
            ExitCode::FAILURE
        }
        Some(told) => {
            eprintln!("{told}");
            ExitCode::FAILURE
        }
    }
}

/// The corpus's statements.
fn corpus() -> Vec<String> {
    let corpus: toml::Table = CORPUS.parse().expect("the corpus is TOML");
    let cases = corpus["case"].as_array().expect("cases");
    let text = |value: &toml::Value| value.as_str().map(str::to_owned);
    let mut all = Vec::new();
    for case in cases {
        all.extend(case.get("sql").and_then(text));
        let steps = case.get("steps").and_then(toml::Value::as_array);
        all.extend(steps.into_iter().flatten().filter_map(text));
    }
    all
}

/// A statement of the grammar, or two of the corpus and the grammar that were spliced.
fn next(corpus: &[String], random: &mut StdRng) -> String {
    let words = Grammar::message(random);
    let sql = spelling::spelled(&words, random);
    if random.random_bool(0.7) {
        return sql;
    }
    let other = &corpus[random.random_range(0..corpus.len())];
    let cut = |text: &str, random: &mut StdRng| {
        let blanks: Vec<usize> = text
            .match_indices([' ', '\n', '('])
            .map(|(at, _)| at)
            .collect();
        match blanks.len() {
            0 => text.len(),
            count => blanks[random.random_range(0..count)],
        }
    };
    let (one, two) = match random.random_bool(0.5) {
        true => (sql.as_str(), other.as_str()),
        false => (other.as_str(), sql.as_str()),
    };
    let (from, to) = (cut(one, random), cut(two, random));
    format!("{}{}", &one[..from], &two[to..])
}

/// Compares the verdicts on a statement with those on what it does, spelled plainly.
fn compared(sql: &str, counts: &mut Counts) -> Result<(), String> {
    counts.tried += 1;
    let Ok(parsed) = pg_query::parse(sql) else {
        return Ok(());
    };
    counts.parsed += 1;
    let tree = format!("{:?}", parsed.protobuf);
    let effects = effects::of(&parsed.protobuf, &tree);
    if let Some(node) = effects.unknown.first() {
        return Err(format!("no plain statement is known for {node}:\n{sql}"));
    }
    let values = effects::has_values(&tree);
    let mut plain: Vec<String> = effects.plain.into_iter().collect();
    // The parser's own spelling has neither comments nor tricks.
    // (Its crate fails on empty names of files and transactions.)
    if !sql.contains("''") {
        plain.extend(parsed.deparse());
    }
    counts.effects += plain.len() as u64;
    // A name whose letters are escaped is not read. Where little is allowed it is denied as such; in
    // read-write the roles alone stand before what it may call.
    let hidden = sql.to_ascii_lowercase().contains("u&\"");
    for mode in MODES {
        if hidden && mode == AccessMode::ReadWrite {
            continue;
        }
        let own = judge(sql.as_bytes(), mode).denial();
        for plain in &plain {
            let Some(denial) = judge(plain.as_bytes(), mode).denial() else {
                continue;
            };
            // An option of COPY that is called like a function is none.
            let called = denial.rule != Rule::GucDynamic || tree.contains("sval: \"set_config\"");
            if denial.rule == Rule::LockRow && values || !called {
                continue;
            }
            counts.denied += 1;
            if own.is_none() {
                return Err(format!(
                    "{mode:?} lets pass\n{sql}\nwhich does, as\n{plain}\nthat {} denies",
                    denial.rule.id()
                ));
            }
        }
    }
    Ok(())
}

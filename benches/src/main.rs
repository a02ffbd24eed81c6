//! `cargo run --release -p benches -- NAME|all`: Standin measured beside its rivals, in one run.
//!
//! A measurement prints its table and leaves nothing behind: no process, volume or file.

mod client;
mod measure;
mod process;
mod report;
mod rival;
mod site;

use std::io::Write;

use clap::{Parser, ValueEnum};

use measure::Measurement;

/// Measures Standin beside its rivals. Needs root, PostgreSQL 15, pgbouncer, xfsprogs, btrfs-progs.
#[derive(Debug, Parser)]
struct Arguments {
    /// What is measured: one or several of the names, or `all`.
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
    /// Small data and few samples: whether it works, not how fast it is.
    #[arg(long)]
    quick: bool,
    /// One JSON object a measurement instead of tables.
    #[arg(long)]
    json: bool,
}

/// How much is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effort {
    Quick,
    Full,
}

impl Effort {
    /// The number that belongs to this effort.
    fn of<T>(self, full: T, quick: T) -> T {
        match self {
            Self::Full => full,
            Self::Quick => quick,
        }
    }
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let effort = match arguments.quick {
        true => Effort::Quick,
        false => Effort::Full,
    };
    // Daemons end with the thread that started them, so everything is driven from this one.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    for measurement in chosen(&arguments.names)? {
        let report = runtime.block_on(measurement.run(effort))?;
        let text = match arguments.json {
            true => format!("{}\n", report.json()),
            false => format!("{report}\n"),
        };
        std::io::stdout().lock().write_all(text.as_bytes())?;
    }
    Ok(())
}

fn chosen(names: &[String]) -> anyhow::Result<Vec<Measurement>> {
    let all = Measurement::value_variants();
    if names.iter().any(|name| name == "all") {
        return Ok(all.to_vec());
    }
    let find = |name: &String| {
        Measurement::from_str(name, false).map_err(|_| {
            let known: Vec<String> = all.iter().map(|one| one.name().to_owned()).collect();
            anyhow::anyhow!("no measurement {name:?}; there are {}", known.join(", "))
        })
    };
    names.iter().map(find).collect()
}

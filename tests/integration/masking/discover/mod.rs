//! Discovery on real servers: what it finds, what it never tells, what it may not read.

mod command;
mod drift;
mod labelled;
mod proposals;
mod samples;

use std::collections::BTreeMap;

use masker::discover::{ColumnReport, Options, Proposal, Report, discover, lines, toml};
use masker::key::MaskKey;
use masker::source::{LOCK_WAIT, Production, Source};
use rules::mask::{Choice, MaskRules};
use tests::postgres::{Installation, Scratch};
use tokio_postgres::Config;

/// What stands above the tables in a configuration.
const HEAD: &str = "[masking]\nkey = \"file:masking.key\"\n";

fn key() -> MaskKey {
    let bytes: Vec<u8> = (0..32).map(|byte| byte * 7 + 3).collect();
    MaskKey::read(&bytes).expect("a key")
}

async fn open(config: &Config) -> anyhow::Result<Source> {
    let production = Production {
        config: config.clone(),
        tls: None,
    };
    Ok(Source::open(&production, LOCK_WAIT).await?)
}

async fn discovered(config: &Config, options: &Options<'_>) -> anyhow::Result<Report> {
    let source = open(config).await?;
    let report = discover(&source, options, &mut |_| ()).await?;
    source.close().await;
    Ok(report)
}

/// A database that some DDL fills, and what is discovered in it.
async fn of(ddl: &str) -> anyhow::Result<(Scratch, Report)> {
    let server = Scratch::start()?;
    server.database("shop").await?.batch_execute(ddl).await?;
    let report = discovered(&server.config("shop"), &Options::default()).await?;
    Ok((server, report))
}

fn column<'r>(report: &'r Report, table: &str, column: &str) -> &'r ColumnReport {
    let table = report.tables.iter().find(|found| found.table.name == table);
    let columns = table.into_iter().flat_map(|table| &table.columns);
    columns
        .into_iter()
        .find(|found| found.column == column)
        .unwrap_or_else(|| panic!("{column} is in the report"))
}

/// The transformer that is proposed for a column, `-` for none.
fn proposed(report: &Report, table: &str, name: &str) -> String {
    match &column(report, table, name).proposal {
        Proposal::Choice(choice) => choice.to_string(),
        Proposal::Follows { to } => format!("as {to}"),
        Proposal::Open { .. } | Proposal::Ruled | Proposal::Generated => "-".to_owned(),
    }
}

/// The rules that a report's TOML is.
fn parsed(text: &str) -> MaskRules {
    match rules::config::parse(&format!("{HEAD}{text}")) {
        Ok(config) => config.masking.expect("[masking] is there"),
        Err(problems) => panic!("{problems:#?}\nin\n{text}"),
    }
}

/// Everything that a report can show: to people, to programs, to a file, to a debugger.
fn shown(report: &Report) -> anyhow::Result<String> {
    let lines: Vec<String> = lines(report)
        .iter()
        .map(|line| line.cells().join(" | "))
        .collect();
    let json = serde_json::to_string_pretty(report)?;
    let read: Report = serde_json::from_str(&json)?;
    assert_eq!(read, *report, "a report is read as it was written");
    Ok(format!(
        "{}\n{json}\n{}\n{report:?}",
        lines.join("\n"),
        toml(report)
    ))
}

/// A plan with rules, and whether nothing but undecided columns is against it.
async fn only_undecided(server: &Scratch, rules: &MaskRules) -> anyhow::Result<()> {
    let production = Production {
        config: server.config("shop"),
        tls: None,
    };
    let opened = masker::run::open(&production, rules, &key()).await?;
    let problems = opened
        .looked
        .plan
        .as_ref()
        .err()
        .cloned()
        .unwrap_or_default();
    let others: Vec<String> = problems
        .iter()
        .filter(|problem| problem.kind != rules::mask::ProblemKind::Undecided)
        .map(ToString::to_string)
        .collect();
    assert!(others.is_empty(), "{others:#?}");
    Ok(())
}

/// Every choice that a report makes.
fn choices(report: &Report) -> BTreeMap<(String, String), Choice> {
    let mut choices = BTreeMap::new();
    for table in &report.tables {
        for column in &table.columns {
            if let Proposal::Choice(choice) = &column.proposal {
                let place = (table.table.name.clone(), column.column.clone());
                choices.insert(place, choice.clone());
            }
        }
    }
    choices
}

/// Every installation, for what depends on the version.
fn installations() -> Vec<Installation> {
    Installation::all()
}

//! From a snapshot of production to a report.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rules::mask::{Decided, MaskRules, decide};
use rules::schema::{ConstraintKind, Name, Schema, Table};
use seeder::load::Failure;
use seeder::natural::words_of;
use seeder::value::Type;
use tokio_postgres::Client;

use crate::facts::Facts;
use crate::plan::Figures;
use crate::run::{MaskError, figures};
use crate::source::{Source, SourceError};

use super::class::Confidence;
use super::drift::{Since, changes};
use super::propose::{Candidate, Trial, empty, settle};
use super::report::{ColumnReport, Counts, Proposal, Report, TableReport, Unread};
use super::sample::{Read, Way};
use super::session::{Catalogue, Session};
use super::table::{Effort, JudgedColumn, Known, Seen, judge_column, look};

/// How discovery looks.
#[derive(Debug, Clone, Copy)]
pub struct Options<'a> {
    /// Rows of each table that are looked at, about.
    pub rows: u64,
    /// How long one table may take.
    pub table_time: Duration,
    /// Which rows: another number, other rows.
    pub seed: u64,
    /// What was before.
    pub since: Since<'a>,
}

impl Default for Options<'_> {
    /// A thousand rows, twenty seconds for a table.
    fn default() -> Self {
        Self {
            rows: 1_000,
            table_time: Duration::from_secs(20),
            seed: 0,
            since: Since::default(),
        }
    }
}

/// How far discovery is.
#[derive(Debug, Clone, Copy)]
pub struct Progress<'a> {
    /// The table that is looked at next.
    pub table: &'a Name,
    /// Tables that are done.
    pub done: usize,
    /// Tables in all.
    pub tables: usize,
}

/// Why nothing was discovered.
#[derive(Debug, thiserror::Error)]
pub enum DiscoverError {
    /// Production could not be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The session broke.
    #[error(transparent)]
    Session(#[from] Failure),
    /// The statistics could not be read.
    #[error(transparent)]
    Figures(#[from] MaskError),
}

/// Looks at every table of a snapshot of production.
///
/// Nothing is written, and the snapshot is as it was. A table that may not be read, or takes too
/// long, is named in the report, and its columns are judged by their names.
///
/// # Errors
/// When the catalogue cannot be read, or the session breaks.
pub async fn discover(
    source: &Source,
    options: &Options<'_>,
    progress: &mut (dyn FnMut(Progress<'_>) + Send),
) -> Result<Report, DiscoverError> {
    let client = source.client();
    let schema = source.schema().await?;
    let facts = source.facts().await?;
    let figures = figures(source, &schema, &facts).await?;
    let catalogue = Catalogue::read(client).await?;
    let rules = options.since.rules;
    let domains = domains(&schema, rules);
    let mut found = Found {
        schema: &schema,
        facts: &facts,
        catalogue: &catalogue,
        options,
        referring: referring(&schema, rules),
        domains: &domains,
        report: Report {
            tables: Vec::new(),
            unread: Vec::new(),
            changes: Vec::new(),
        },
        candidates: Vec::new(),
    };
    let ruled = ruled(&schema, rules);
    let tables = facts.tables.len();
    for (done, name) in facts.tables.keys().enumerate() {
        progress(Progress {
            table: name,
            done,
            tables,
        });
        found.table(client, name, &ruled).await?;
    }
    Ok(found.settled(&figures))
}

/// Columns that rules decide about, or that need no decision.
fn ruled(schema: &Schema, rules: Option<&MaskRules>) -> BTreeMap<(String, String), Proposal> {
    let none = empty();
    let decisions = decide(schema, rules.unwrap_or(&none));
    let mut ruled = BTreeMap::new();
    for (name, table) in &decisions.tables {
        for column in &table.columns {
            let proposal = match &column.decided {
                Decided::Generated => Proposal::Generated,
                Decided::Rule(_) => Proposal::Ruled,
                Decided::Not => continue,
            };
            ruled.insert((name.to_string(), column.column.clone()), proposal);
        }
    }
    ruled
}

/// The domain of each column, by table and column.
fn domains(schema: &Schema, rules: Option<&MaskRules>) -> BTreeMap<(String, String), String> {
    let none = empty();
    let decisions = decide(schema, rules.unwrap_or(&none));
    let tables = decisions.tables.iter().flat_map(|(name, table)| {
        let columns = table.columns.iter();
        columns.map(move |column| {
            (
                (name.to_string(), column.column.clone()),
                column.domain.clone(),
            )
        })
    });
    tables.collect()
}

/// Columns that refer to another one, so that its decision is theirs.
fn referring(schema: &Schema, rules: Option<&MaskRules>) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for (name, table) in &schema.tables {
        let root = schema.root_of(name);
        for constraint in table.constraints.values() {
            if let ConstraintKind::ForeignKey {
                columns,
                references,
                referenced,
                ..
            } = &constraint.kind
            {
                let to = schema.root_of(references);
                let pairs = columns.iter().zip(referenced);
                // A column that refers to itself has nobody to follow.
                let others = pairs.filter(|(from, target)| root != to || from != target);
                found.extend(others.map(|(from, _)| (root.to_string(), from.clone())));
            }
        }
        for parent in &table.inherits {
            let columns = schema
                .tables
                .get(parent)
                .into_iter()
                .flat_map(|parent| &parent.columns);
            found.extend(columns.map(|column| (root.to_string(), column.name.clone())));
        }
    }
    for reference in rules.into_iter().flat_map(|rules| &rules.references) {
        let table = reference.table.to_string();
        found.extend(
            reference
                .columns
                .iter()
                .map(|column| (table.clone(), column.clone())),
        );
    }
    found
}

struct Found<'a> {
    schema: &'a Schema,
    facts: &'a Facts,
    catalogue: &'a Catalogue,
    options: &'a Options<'a>,
    /// Columns that refer to others.
    referring: BTreeSet<(String, String)>,
    domains: &'a BTreeMap<(String, String), String>,
    report: Report,
    candidates: Vec<Candidate>,
}

impl Found<'_> {
    async fn table(
        &mut self,
        client: &Client,
        name: &Name,
        ruled: &BTreeMap<(String, String), Proposal>,
    ) -> Result<(), Failure> {
        let Some(table) = self.schema.tables.get(name) else {
            return Ok(());
        };
        let types: Vec<Type> = table
            .columns
            .iter()
            .map(|column| Type::resolve(&column.data_type, self.schema))
            .collect();
        let facts = &self.facts.tables[name];
        let pages = |leaf: &Name| self.catalogue.pages.get(leaf).copied().unwrap_or(0);
        let leaves: Vec<(Name, u64)> = facts
            .leaves
            .iter()
            .map(|leaf| (leaf.clone(), pages(leaf)))
            .collect();
        let nothing = BTreeMap::new();
        let known = Known {
            name,
            table,
            types: &types,
            leaves: &leaves,
            rows: facts.rows,
            comments: self.catalogue.comments.get(name).unwrap_or(&nothing),
            year: self.catalogue.year,
        };
        let open = |column: &str| !ruled.contains_key(&(name.to_string(), column.to_owned()));
        let seen = self.look(client, &known, &open).await?;
        let mut columns = Vec::new();
        for (at, column) in table.columns.iter().enumerate() {
            let place = (name.to_string(), column.name.clone());
            columns.push(match ruled.get(&place) {
                Some(proposal) => unlooked(&column.name, &column.data_type, proposal.clone()),
                None => self.column(&known, &seen, at),
            });
        }
        self.report.tables.push(TableReport {
            table: name.clone(),
            rows: facts.rows,
            sampled: seen.sampled,
            rarest: seen.rarest,
            drop: record_of_others(name, table),
            columns,
        });
        Ok(())
    }

    /// Samples a table, as far as the login may.
    async fn look(
        &mut self,
        client: &Client,
        known: &Known<'_>,
        open: &dyn Fn(&str) -> bool,
    ) -> Result<Seen, Failure> {
        let columns = &known.table.columns;
        let refused = self.facts.refused.iter().find(|refused| {
            refused.table == *known.name
                || known.leaves.iter().any(|(leaf, _)| *leaf == refused.table)
        });
        if let Some(refused) = refused {
            self.report.unread.push(Unread {
                table: known.name.clone(),
                why: refused.to_string(),
            });
            return Ok(Seen::nothing(columns.len()));
        }
        let reads: Vec<Read> = columns
            .iter()
            .enumerate()
            .filter(|(_, column)| open(&column.name))
            .filter_map(|(at, column)| {
                Some(Read {
                    at,
                    column: column.name.clone(),
                    way: Way::of(&known.types[at])?,
                })
            })
            .collect();
        let session = Session::new(client, self.options.table_time);
        let effort = Effort {
            rows: self.options.rows,
            seed: self.options.seed,
        };
        let seen = look(&session, known, &reads, effort).await?;
        for (what, refusal) in &seen.refusals {
            self.report.unread.push(Unread {
                table: known.name.clone(),
                why: format!("{what}: {}", refusal.words()),
            });
        }
        Ok(seen)
    }

    fn column(&mut self, known: &Known<'_>, seen: &Seen, at: usize) -> ColumnReport {
        let column = &known.table.columns[at];
        let judged = judge_column(known, seen, at);
        let tally = seen.tally(at);
        let place = (known.name.to_string(), column.name.clone());
        let domain = self.domains.get(&place).cloned().unwrap_or_default();
        let JudgedColumn {
            verdict,
            parts,
            traces,
            choices,
        } = judged;
        let named = !column.name.contains('*') && !known.name.to_string().contains('*');
        let proposal = if self.referring.contains(&place) {
            Proposal::Follows { to: domain.clone() }
        } else {
            Proposal::Open {
                why: why_open(!choices.is_empty(), !traces.is_empty()),
            }
        };
        if !choices.is_empty() && named {
            self.candidates.push(Candidate {
                table: known.name.clone(),
                column: column.name.clone(),
                domain,
                choices,
                at: 0,
                problem: None,
            });
        }
        ColumnReport {
            column: column.name.clone(),
            data_type: column.data_type.clone(),
            class: verdict.class,
            confidence: verdict.confidence,
            why: verdict.why,
            counts: Counts {
                values: tally.values,
                distinct: tally.distinct,
                nulls: tally.nulls,
            },
            traces,
            shapes: tally.shapes(2),
            parts,
            proposal,
        }
    }

    /// Puts the choices that the plan accepts into the report.
    fn settled(mut self, figures: &BTreeMap<Name, Figures>) -> Report {
        let trial = Trial {
            schema: self.schema,
            figures,
            rules: self.options.since.rules,
            domains: self.domains,
        };
        let mut candidates = self.of_heads();
        settle(&mut candidates, &trial);
        for candidate in candidates {
            let table = self
                .report
                .tables
                .iter_mut()
                .find(|table| table.table == candidate.table);
            let columns = table.into_iter().flat_map(|table| &mut table.columns);
            for column in columns.filter(|column| column.column == candidate.column) {
                column.proposal = match candidate.choices.get(candidate.at) {
                    Some(choice) => Proposal::Choice(choice.clone()),
                    None => Proposal::Open {
                        why: match &candidate.problem {
                            Some(problem) => format!("no transformer does: {problem}"),
                            None => why_open(true, false),
                        },
                    },
                };
            }
        }
        self.report.changes = changes(self.schema, &self.options.since, &trial);
        self.report
    }

    /// Candidates for the columns that others refer to: what is found in any column of a domain is
    /// decided about there.
    fn of_heads(&mut self) -> Vec<Candidate> {
        let mut of_domain: BTreeMap<String, Candidate> = BTreeMap::new();
        let mut candidates = Vec::new();
        for candidate in std::mem::take(&mut self.candidates) {
            let place = (candidate.table.to_string(), candidate.column.clone());
            if self.referring.contains(&place) {
                of_domain
                    .entry(candidate.domain.clone())
                    .or_insert(candidate);
            } else {
                candidates.push(candidate);
            }
        }
        for table in &mut self.report.tables {
            let name = table.table.clone();
            for column in &mut table.columns {
                let place = (name.to_string(), column.column.clone());
                let Some(domain) = self.domains.get(&place) else {
                    continue;
                };
                let decided = candidates
                    .iter()
                    .any(|candidate| candidate.table == name && candidate.column == column.column);
                let open = matches!(column.proposal, Proposal::Open { .. });
                let Some(follower) = of_domain.get(domain).filter(|_| open && !decided) else {
                    continue;
                };
                column.why = format!(
                    "{}; {}.{} refers to it, and holds what is about people",
                    column.why, follower.table, follower.column
                );
                candidates.push(Candidate {
                    table: name.clone(),
                    column: column.column.clone(),
                    domain: domain.clone(),
                    choices: follower.choices.clone(),
                    at: 0,
                    problem: None,
                });
            }
        }
        candidates
    }
}

fn why_open(recognised: bool, traces: bool) -> String {
    match (recognised, traces) {
        (true, _) => "no rule can name it",
        (false, true) => "some of its values lead to persons: look before it is kept",
        (false, false) => "not recognised, which proves nothing",
    }
    .to_owned()
}

fn unlooked(column: &str, data_type: &str, proposal: Proposal) -> ColumnReport {
    ColumnReport {
        column: column.to_owned(),
        data_type: data_type.to_owned(),
        class: None,
        confidence: Confidence::Low,
        why: String::new(),
        counts: Counts::default(),
        traces: BTreeMap::new(),
        shapes: Vec::new(),
        parts: Vec::new(),
        proposal,
    }
}

/// Tables that keep what other tables had: their rows are seldom needed, and hard to mask.
fn record_of_others(name: &Name, table: &Table) -> Option<String> {
    const RECORDS: [&str; 12] = [
        "audit", "log", "history", "session", "event", "queue", "job", "outbox", "version",
        "archive", "backup", "trace",
    ];
    let words = words_of(&name.name);
    let word = words.iter().find(|word| RECORDS.contains(&word.as_str()))?;
    let documents = table
        .columns
        .iter()
        .any(|column| column.data_type.starts_with("json"));
    documents
        .then(|| format!("\"{word}\" in its name: perhaps it only records what other tables had"))
}

//! The mode in which foreign keys stay: parents first, and the tables of a cycle in one transaction.
//!
//! A table that refers to itself is copied by one statement, at whose end its key is checked. In a
//! cycle of several tables the keys are deferred; those that are not deferrable are made so at the
//! start of the transaction and made as before at its end, so nobody ever sees them changed.

use std::collections::BTreeSet;
use std::time::Instant;

use rules::schema::quoted;

use super::Run;
use super::catalogue::{ForeignKey, Work};
use super::copy::{self, Copy};
use super::error::Failure;
use super::pipeline::Pipeline;
use super::report::Watch;

/// Loads parents before children, whatever the request's levels are.
pub(super) async fn units(
    run: &Run<'_>,
    pipeline: &Pipeline,
    watch: &mut Watch<'_>,
) -> Result<(), Failure> {
    for level in Graph::new(run).levels() {
        let mut alone = Vec::new();
        let mut cycles = Vec::new();
        for unit in level {
            let tables = unit.iter().map(|index| &run.catalogue.work[*index]);
            let tables: Vec<&Work> = tables.filter(|work| work.load.rows > 0).collect();
            match unit.len() {
                1 => alone.extend(tables),
                _ => cycles.push(tables),
            }
        }
        copy::side_by_side(run, pipeline, alone, watch).await?;
        for tables in cycles {
            cycle(run, pipeline, &tables, watch).await?;
        }
    }
    Ok(())
}

/// Copies the tables of a cycle, one after the other.
async fn cycle(
    run: &Run<'_>,
    pipeline: &Pipeline,
    tables: &[&Work],
    watch: &mut Watch<'_>,
) -> Result<(), Failure> {
    let names: Vec<String> = tables.iter().map(|t| t.load.table.to_string()).collect();
    let step = format!(
        "load tables {}, which refer to each other",
        names.join(", ")
    );
    let failed = |error| Failure::new(&step, &error);
    let keys: Vec<String> = run
        .catalogue
        .foreign_keys
        .iter()
        .filter(|key| !key.deferrable && key.is_between(tables))
        .map(ForeignKey::alter)
        .collect();
    let alter = |how: &str| -> String { keys.iter().map(|key| format!("{key} {how};")).collect() };
    let client = run.sessions.take().await?;
    let begin = format!(
        "BEGIN; {} SET CONSTRAINTS ALL DEFERRED",
        alter("DEFERRABLE INITIALLY DEFERRED")
    );
    client.batch_execute(&begin).await.map_err(failed)?;
    let mut reports = Vec::new();
    for work in tables {
        let begun = Instant::now();
        let copy = Copy {
            client: &client,
            work,
            frozen: false,
            checked: !run.triggers_fire(work),
            one_statement: run.refers_to_itself(work),
        };
        let mut report = copy.run(pipeline, watch.progress()).await?;
        report.seconds = begun.elapsed().as_secs_f64();
        reports.push((work.index, report));
    }
    // Pending checks would forbid to alter the keys.
    let end = format!(
        "SET CONSTRAINTS ALL IMMEDIATE; {} COMMIT",
        alter("NOT DEFERRABLE")
    );
    client.batch_execute(&end).await.map_err(failed)?;
    run.sessions.give_back(client);
    for (index, report) in reports {
        watch.table(index, report);
    }
    Ok(())
}

impl ForeignKey {
    fn is_between(&self, tables: &[&Work]) -> bool {
        let has = |index: usize| tables.iter().any(|work| work.index == index);
        has(self.work) && self.target.is_some_and(has)
    }

    fn alter(&self) -> String {
        let (table, name) = (self.table.quoted(), quoted(&self.name));
        format!("ALTER TABLE {table} ALTER CONSTRAINT {name}")
    }
}

/// Which tables of the load refer to which others.
struct Graph {
    /// By table: every table that it refers to, straight or by way of others.
    reaches: Vec<BTreeSet<usize>>,
    loaded: Vec<usize>,
}

impl Graph {
    fn new(run: &Run<'_>) -> Self {
        let mut straight = vec![BTreeSet::new(); run.catalogue.work.len()];
        for key in &run.catalogue.foreign_keys {
            straight[key.work].extend(key.target.filter(|target| *target != key.work));
        }
        Self {
            reaches: (0..straight.len()).map(|at| reach(&straight, at)).collect(),
            loaded: run.catalogue.loaded().map(|work| work.index).collect(),
        }
    }

    /// Units of tables that refer to each other, parents first; a unit refers to units of earlier
    /// levels only.
    fn levels(&self) -> Vec<Vec<Vec<usize>>> {
        let mut levels: Vec<Vec<Vec<usize>>> = Vec::new();
        let mut done: BTreeSet<usize> = BTreeSet::new();
        while done.len() < self.loaded.len() {
            let mut level = Vec::new();
            for &table in &self.loaded {
                let unit = self.unit(table);
                let first = unit.first() == Some(&table);
                let is_free = |to: &usize| done.contains(to) || unit.contains(to);
                if first && !done.contains(&table) && self.reaches[table].iter().all(is_free) {
                    level.push(unit);
                }
            }
            if level.is_empty() {
                // Cannot be: units make no circle.
                break;
            }
            done.extend(level.iter().flatten());
            levels.push(level);
        }
        levels
    }

    /// The tables that a table reaches and is reached by, itself among them.
    fn unit(&self, table: usize) -> Vec<usize> {
        let mutual = |other: &usize| {
            *other == table
                || self.reaches[table].contains(other) && self.reaches[*other].contains(&table)
        };
        self.loaded.iter().copied().filter(mutual).collect()
    }
}

fn reach(straight: &[BTreeSet<usize>], from: usize) -> BTreeSet<usize> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<usize> = straight[from].iter().copied().collect();
    while let Some(table) = open.pop() {
        if reached.insert(table) {
            open.extend(&straight[table]);
        }
    }
    reached
}

//! How many rows production has, and how many different values: by its statistics, and of columns that
//! have none by a sample.

use std::collections::BTreeMap;

use rules::mask::{By, Choice, ColumnDecision, Decided, Decisions, Rows};
use rules::schema::{Name, Schema, quoted};

use super::MaskError;
use crate::facts::Facts;
use crate::plan::Figures;
use crate::source::Source;

/// Rows of a sample: as many as tell values that repeat from those that do not.
const SAMPLE_ROWS: u64 = 10_000;
/// Characters by which values of a sample are told apart.
const SAMPLE_CHARACTERS: u32 = 200;

/// Rows and different values of every table, those of partitions together.
///
/// `pg_stats` (PostgreSQL documentation, "System Views"): a login sees the statistics of what it may
/// read. Its most common values are not asked for.
pub(crate) async fn figures(
    source: &Source,
    schema: &Schema,
    facts: &Facts,
) -> Result<BTreeMap<Name, Figures>, MaskError> {
    let tables = facts.tables.iter();
    let mut figures: BTreeMap<Name, Figures> = tables
        .map(|(name, table)| {
            let figures = Figures {
                rows: table.rows,
                ..Figures::default()
            };
            (name.clone(), figures)
        })
        .collect();
    let rows = source
        .client()
        .query(
            "SELECT schemaname::text, tablename::text, attname::text, n_distinct::float8 \
             FROM pg_catalog.pg_stats",
            &[],
        )
        .await
        .map_err(MaskError::Statistics)?;
    for row in rows {
        let name = Name::new(row.get::<_, String>(0), row.get::<_, String>(1));
        let Some(table) = figures.get_mut(schema.root_of(&name)) else {
            continue;
        };
        // Below 0 it is a share of the rows.
        let distinct: f64 = row.get(3);
        let distinct = match distinct < 0.0 {
            true => -distinct * table.rows as f64,
            false => distinct,
        };
        // Partitions may share values, so the largest is a lower bound of all together.
        let known = table.distinct.entry(row.get(2)).or_default();
        *known = (*known).max(distinct as u64);
    }
    Ok(figures)
}

/// Adds what a sample tells of columns that go by their value and have no statistics: their table was never
/// analysed, as small and restored ones are not, or their type has no order.
pub(super) async fn sampled(
    source: &Source,
    decisions: &Decisions,
    figures: &mut BTreeMap<Name, Figures>,
) -> Result<(), MaskError> {
    for (name, decision) in &decisions.tables {
        let Some(known) = figures.get_mut(name) else {
            continue;
        };
        if decision.rows == Rows::Drop || known.rows == 0 {
            continue;
        }
        let is_known = |column: &str| known.distinct.get(column).is_some_and(|count| *count > 0);
        let columns = decision.columns.iter();
        let unknown = columns.filter(|column| goes_by_value(column) && !is_known(&column.column));
        let unknown: Vec<&str> = unknown.map(|column| column.column.as_str()).collect();
        if !unknown.is_empty() {
            sample(source, name, &unknown, known).await?;
        }
    }
    Ok(())
}

fn goes_by_value(column: &ColumnDecision) -> bool {
    let Decided::Rule(rule) = &column.decided else {
        return false;
    };
    let mut choices = rule.cases.iter().map(|case| &case.choice);
    choices.any(|choice| matches!(choice, Choice::Mask(mask) if mask.by == By::Value))
}

async fn sample(
    source: &Source,
    table: &Name,
    columns: &[&str],
    known: &mut Figures,
) -> Result<(), MaskError> {
    let texts = columns.iter().enumerate().map(|(at, column)| {
        let column = quoted(column);
        format!("pg_catalog.\"left\"({column}::pg_catalog.text, {SAMPLE_CHARACTERS}) AS c{at}")
    });
    let counts = (0..columns.len()).map(|at| format!("pg_catalog.count(DISTINCT c{at})"));
    let sql = format!(
        "SELECT pg_catalog.count(*), ARRAY[{}] FROM (SELECT {} FROM {} LIMIT {SAMPLE_ROWS}) s",
        counts.collect::<Vec<_>>().join(", "),
        texts.collect::<Vec<_>>().join(", "),
        table.quoted(),
    );
    let row = source.client().query_one(&sql, &[]).await;
    let row = row.map_err(MaskError::Statistics)?;
    let rows = row.get::<_, i64>(0).unsigned_abs();
    if rows < SAMPLE_ROWS {
        known.rows = rows;
    }
    for (column, found) in columns.iter().zip(row.get::<_, Vec<i64>>(1)) {
        let found = found.unsigned_abs();
        // What hardly repeats among these does not among all.
        let repeats = found < rows / 2;
        let found = if repeats {
            found
        } else {
            known.rows.max(found)
        };
        known.distinct.insert((*column).to_owned(), found);
    }
    Ok(())
}

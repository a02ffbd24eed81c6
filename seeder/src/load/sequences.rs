//! Moves sequences behind the rows, so that the next insert finds a free number.

use std::collections::BTreeMap;

use rules::schema::{Name, quoted};
use tokio_postgres::Client;

use super::Run;
use super::catalogue::{field, name, query};
use super::error::Failure;
use super::report::SequenceReport;

/// Sequences that a column owns (`deptype` a for serial, i for identity) or that its default uses;
/// `pg_get_serial_sequence` knows the first kind only. All columns of a sequence that is used by a
/// loaded table count, also those of other tables.
const USES: &str = "
WITH uses AS (
  SELECT d.objid AS sequence, d.refobjid AS relation, d.refobjsubid::int2 AS number
    FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
   WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
     AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0
  UNION
  SELECT d.refobjid, f.adrelid, f.adnum
    FROM pg_depend d JOIN pg_attrdef f ON f.oid = d.objid
    JOIN pg_class s ON s.oid = d.refobjid AND s.relkind = 'S'
   WHERE d.classid = 'pg_attrdef'::regclass AND d.refclassid = 'pg_class'::regclass)
SELECT u.sequence, sn.nspname::text AS schema, sc.relname::text AS name,
       tn.nspname::text AS table_schema, tc.relname::text AS table_name, a.attname::text AS column,
       coalesce(nullif(t.typbasetype, 0), t.oid) IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype,
                                                     'numeric'::regtype) AS number,
       s.seqstart AS start, s.seqincrement AS increment, s.seqmin AS minimum, s.seqmax AS maximum
  FROM uses u
  JOIN pg_sequence s ON s.seqrelid = u.sequence
  JOIN pg_class sc ON sc.oid = u.sequence JOIN pg_namespace sn ON sn.oid = sc.relnamespace
  JOIN pg_class tc ON tc.oid = u.relation JOIN pg_namespace tn ON tn.oid = tc.relnamespace
  JOIN pg_attribute a ON a.attrelid = u.relation AND a.attnum = u.number
  JOIN pg_type t ON t.oid = a.atttypid
 WHERE tc.relkind IN ('r', 'p') AND u.sequence IN (SELECT sequence FROM uses WHERE relation = ANY($1))
 ORDER BY sn.nspname, sc.relname, tn.nspname, tc.relname, a.attnum";

/// A sequence and the columns that it numbers.
struct Sequence {
    name: Name,
    start: i64,
    increment: i64,
    minimum: i64,
    maximum: i64,
    columns: Vec<Numbered>,
}

struct Numbered {
    table: Name,
    column: String,
    /// Whether its values are numbers; else only their count is known.
    number: bool,
}

/// Moves every sequence of a loaded column; one whose columns are all empty stays.
pub(super) async fn advance(run: &Run<'_>) -> Result<Vec<SequenceReport>, Failure> {
    let client = run.sessions.take().await?;
    let sequences = uses(run, &client).await?;
    run.sessions.give_back(client);
    let mut moved = Vec::new();
    let one = |sequence: Sequence| one(run, sequence);
    let done = |report: Option<SequenceReport>| moved.extend(report);
    let sequences = sequences.into_values();
    run.sessions.each(sequences, one, done).await?;
    moved.sort_by(|one, other| one.sequence.cmp(&other.sequence));
    Ok(moved)
}

async fn uses(run: &Run<'_>, client: &Client) -> Result<BTreeMap<u32, Sequence>, Failure> {
    let oids: Vec<u32> = run.catalogue.relations.keys().copied().collect();
    let mut sequences = BTreeMap::new();
    for row in query(client, USES, &[&oids]).await? {
        let oid: u32 = field(&row, "sequence")?;
        let sequence = Sequence {
            name: name(&row)?,
            start: field(&row, "start")?,
            increment: field(&row, "increment")?,
            minimum: field(&row, "minimum")?,
            maximum: field(&row, "maximum")?,
            columns: Vec::new(),
        };
        let (schema, table): (String, String) =
            (field(&row, "table_schema")?, field(&row, "table_name")?);
        let column = Numbered {
            table: Name::new(schema, table),
            column: field(&row, "column")?,
            number: field(&row, "number")?,
        };
        sequences
            .entry(oid)
            .or_insert(sequence)
            .columns
            .push(column);
    }
    Ok(sequences)
}

async fn one(run: &Run<'_>, sequence: Sequence) -> Result<Option<SequenceReport>, Failure> {
    let client = run.sessions.take().await?;
    let step = format!("move sequence {}", sequence.name);
    let failed = |error| Failure::new(&step, &error);
    let row = client
        .query_one(&sequence.sql(), &[])
        .await
        .map_err(failed)?;
    let (last, called): (i64, bool) = (field(&row, "last")?, field(&row, "called")?);
    let (least, most): (Option<i64>, Option<i64>) = (field(&row, "least")?, field(&row, "most")?);
    let counted: Option<i64> = field(&row, "counted")?;
    let target = sequence.target(least, most, counted);
    let Some(target) = target.filter(|target| sequence.is_behind(*target, last, called)) else {
        run.sessions.give_back(client);
        return Ok(None);
    };
    let set = "SELECT setval($1::text::regclass, $2)";
    let name = sequence.name.quoted();
    client.query(set, &[&name, &target]).await.map_err(failed)?;
    run.sessions.give_back(client);
    Ok(Some(SequenceReport {
        sequence: sequence.name,
        last: target,
    }))
}

impl Sequence {
    /// Reads where it stands and what its columns hold. Values that a sequence cannot give do not
    /// count beyond its bounds.
    fn sql(&self) -> String {
        let name = self.name.quoted();
        let mut reads = Vec::new();
        for column in &self.columns {
            let (table, name) = (column.table.quoted(), quoted(&column.column));
            reads.push(if column.number {
                format!(
                    "SELECT min({name})::numeric AS least, max({name})::numeric AS most, \
                     NULL::int8 AS counted FROM {table}"
                )
            } else {
                format!("SELECT NULL, NULL, nullif(count({name}), 0) FROM {table}")
            });
        }
        let bound = |what: &str| {
            format!(
                "floor(greatest(least({what}, 9223372036854775807), -9223372036854775808))::int8"
            )
        };
        format!(
            "SELECT s.last_value AS last, s.is_called AS called, {} AS least, {} AS most, m.counted \
               FROM {name} s, (SELECT min(least) AS least, max(most) AS most, max(counted) AS counted \
                                 FROM ({}) r) m",
            bound("m.least"),
            bound("m.most"),
            reads.join(" UNION ALL ")
        )
    }

    /// The number to stand at: the first that the sequence itself would give and that is not before
    /// any value. Text around a number is not taken apart: one number for each row is used up then.
    fn target(&self, least: Option<i64>, most: Option<i64>, counted: Option<i64>) -> Option<i64> {
        let (start, step) = (i128::from(self.start), i128::from(self.increment));
        let extreme = if step > 0 { most } else { least }.map(i128::from);
        let used = counted.map(|rows| start + (i128::from(rows) - 1) * step);
        let further = |one: i128, other: i128| {
            if step > 0 {
                one.max(other)
            } else {
                one.min(other)
            }
        };
        let extreme = match (extreme, used) {
            (Some(extreme), Some(used)) => Some(further(extreme, used)),
            (one, other) => one.or(other),
        }?;
        let distance = (extreme - start) * step.signum();
        let steps =
            distance.div_euclid(step.abs()) + i128::from(distance.rem_euclid(step.abs()) > 0);
        let target = start + steps * step;
        let (minimum, maximum) = (i128::from(self.minimum), i128::from(self.maximum));
        i64::try_from(target.clamp(minimum, maximum)).ok()
    }

    /// Whether the next number would be the target or one before it.
    fn is_behind(&self, target: i64, last: i64, called: bool) -> bool {
        let (target, step) = (i128::from(target), i128::from(self.increment));
        let next = i128::from(last) + if called { step } else { 0 };
        if step > 0 {
            next <= target
        } else {
            next >= target
        }
    }
}

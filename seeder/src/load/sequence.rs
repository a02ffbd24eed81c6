//! Moves sequences behind the rows, so that the next insert finds a free number.

use std::collections::BTreeMap;

use rules::schema::{Name, quoted};
use tokio_postgres::{Client, Error};

use super::error::Failure;
use super::report::SequenceReport;
use super::session::Sessions;

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
pub(crate) struct Sequence {
    pub(crate) name: Name,
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

/// Where a sequence stands, and what its columns hold.
pub(crate) struct Position {
    last: i64,
    called: bool,
    least: Option<i64>,
    most: Option<i64>,
    /// The most values that a column has which are no numbers.
    counted: Option<i64>,
}

/// Moves every sequence of a column of these relations behind the column's values; one whose columns
/// are all empty stays. Needs the right to read the columns and to set the sequences.
pub async fn advance(
    sessions: &Sessions,
    relations: &[u32],
) -> Result<Vec<SequenceReport>, Failure> {
    let client = sessions.take().await?;
    let sequences = used_by(&client, relations).await;
    let sequences = sequences.map_err(|error| Failure::new("read sequences", &error))?;
    sessions.give_back(client);
    let mut moved = Vec::new();
    let one = |sequence: Sequence| one(sessions, sequence);
    let done = |report: Option<SequenceReport>| moved.extend(report);
    sessions.each(sequences, one, done).await?;
    moved.sort_by(|one, other| one.sequence.cmp(&other.sequence));
    Ok(moved)
}

async fn one(sessions: &Sessions, sequence: Sequence) -> Result<Option<SequenceReport>, Failure> {
    let client = sessions.take().await?;
    let failed = |error| Failure::new(format!("move sequence {}", sequence.name), &error);
    let position = sequence.position(&client).await.map_err(failed)?;
    let target = sequence.target(&position, position.counted);
    let target = target.filter(|target| sequence.lag(&position, *target).is_some());
    if let Some(target) = target {
        let set = "SELECT setval($1::text::regclass, $2)";
        let name = sequence.name.quoted();
        client.query(set, &[&name, &target]).await.map_err(failed)?;
    }
    sessions.give_back(client);
    Ok(target.map(|last| SequenceReport {
        sequence: sequence.name,
        last,
    }))
}

/// The sequences that columns of some tables are numbered by.
pub(crate) async fn used_by(client: &Client, relations: &[u32]) -> Result<Vec<Sequence>, Error> {
    let mut sequences: BTreeMap<u32, Sequence> = BTreeMap::new();
    for row in client.query(USES, &[&relations]).await? {
        let name = |schema, name| -> Result<Name, Error> {
            let (schema, name): (String, String) = (row.try_get(schema)?, row.try_get(name)?);
            Ok(Name { schema, name })
        };
        let sequence = Sequence {
            name: name("schema", "name")?,
            start: row.try_get("start")?,
            increment: row.try_get("increment")?,
            minimum: row.try_get("minimum")?,
            maximum: row.try_get("maximum")?,
            columns: Vec::new(),
        };
        let column = Numbered {
            table: name("table_schema", "table_name")?,
            column: row.try_get("column")?,
            number: row.try_get("number")?,
        };
        let oid = row.try_get("sequence")?;
        let sequence = sequences.entry(oid).or_insert(sequence);
        sequence.columns.push(column);
    }
    Ok(sequences.into_values().collect())
}

impl Sequence {
    /// Reads where it stands and what its columns hold.
    pub(crate) async fn position(&self, client: &Client) -> Result<Position, Error> {
        let row = client.query_one(&self.sql(), &[]).await?;
        Ok(Position {
            last: row.try_get("last")?,
            called: row.try_get("called")?,
            least: row.try_get("least")?,
            most: row.try_get("most")?,
            counted: row.try_get("counted")?,
        })
    }

    /// How many numbers it would give before one that is behind all numbers of its columns.
    pub(crate) fn behind(&self, position: &Position) -> Option<u64> {
        let target = self.target(position, None)?;
        self.lag(position, target)
    }

    /// Values beyond what a sequence can give do not count.
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
                format!(
                    "SELECT NULL::numeric AS least, NULL::numeric AS most, \
                     nullif(count({name}), 0) AS counted FROM {table}"
                )
            });
        }
        // greatest() and least() pass over NULL, which here means that there is no value.
        let bound = |what: &str| {
            format!(
                "CASE WHEN {what} IS NOT NULL THEN floor(greatest(least({what}, \
                 9223372036854775807), -9223372036854775808))::int8 END"
            )
        };
        format!(
            "SELECT s.last_value AS last, s.is_called AS called, {} AS least, {} AS most, m.counted \
               FROM {name} s, (SELECT min(r.least) AS least, max(r.most) AS most, \
                                      max(r.counted) AS counted FROM ({}) r) m",
            bound("m.least"),
            bound("m.most"),
            reads.join(" UNION ALL ")
        )
    }

    /// The number to stand at: the first that the sequence itself would give and that is not before
    /// any value. Text around a number is not taken apart: one number for each row is used up then.
    fn target(&self, position: &Position, counted: Option<i64>) -> Option<i64> {
        let (start, step) = (i128::from(self.start), i128::from(self.increment));
        let extreme = if step > 0 {
            position.most
        } else {
            position.least
        };
        let extreme = extreme.map(i128::from);
        let used = counted.map(|rows| start + (i128::from(rows) - 1) * step);
        // Steps from the start, rounded up: values before it need none.
        let steps = |value: i128| {
            let distance = (value - start) * step.signum();
            distance.div_euclid(step.abs()) + i128::from(distance.rem_euclid(step.abs()) > 0)
        };
        let steps = extreme.into_iter().chain(used).map(steps).max()?;
        let target = start + steps * step;
        let (minimum, maximum) = (i128::from(self.minimum), i128::from(self.maximum));
        i64::try_from(target.clamp(minimum, maximum)).ok()
    }

    /// How many numbers are left to give up to the target; `None` when the next is behind it.
    fn lag(&self, position: &Position, target: i64) -> Option<u64> {
        let step = i128::from(self.increment);
        let taken = if position.called { step } else { 0 };
        let next = i128::from(position.last) + taken;
        let distance = (i128::from(target) - next) * step.signum();
        (distance >= 0).then(|| u64::try_from(distance / step.abs() + 1).unwrap_or(u64::MAX))
    }
}

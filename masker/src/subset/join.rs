//! References as joins: which tables and leaves they hold together, and by which operators.

use std::collections::{BTreeMap, BTreeSet};

use rules::mask::{Reached, Step};
use rules::schema::{Name, Schema, TableKind, quoted};
use tokio_postgres::Row;

use crate::source::{Source, SourceError, step};

use super::tids::place;
use super::{Request, SubsetError};

/// Object ids of tables.
const OIDS: &str = "
SELECT n.nspname::text AS schema, c.relname::text AS name, c.oid
  FROM unnest($1::text[], $2::text[]) u (schema, name)
  JOIN pg_catalog.pg_namespace n ON n.nspname = u.schema
  JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = u.name";

/// How pairs of columns are compared: by a foreign key's own operators, else by the equality of their
/// types, where it is found outside of `pg_catalog`; in the collation of what is referred to. Both sides
/// are of the operator's types, as the server's own checks make them: its name alone would be looked up for
/// the columns' types, and `text` beside `char(5)` is compared with the blanks.
///
/// The last pair of a key over periods overlaps, from PostgreSQL 18 on.
const PAIRS: &str = "
SELECT u.step, u.place, fa.attname::text AS child, ta.attname::text AS parent,
       CASE WHEN ta.attcollation <> 0 AND fa.attcollation <> 0 AND ta.attcollation <> fa.attcollation
            THEN quote_ident(cn.nspname) || '.' || quote_ident(co.collname) END AS collation,
       coalesce((to_jsonb(k)->>'conperiod')::bool, false) AND u.place = cardinality(k.conkey) AS period,
       coalesce(o.operator, own.operator, 'pg_catalog.=') AS operator,
       o.parent_type, o.child_type
  FROM unnest($1::int4[], $2::int4[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[])
       u (step, place, from_schema, from_name, from_column, to_schema, to_name, to_column, constraint_name)
  JOIN pg_catalog.pg_namespace fs ON fs.nspname = u.from_schema
  JOIN pg_catalog.pg_class f ON f.relnamespace = fs.oid AND f.relname = u.from_name
  JOIN pg_catalog.pg_attribute fa ON fa.attrelid = f.oid AND fa.attname = u.from_column AND NOT fa.attisdropped
  JOIN pg_catalog.pg_namespace ts ON ts.nspname = u.to_schema
  JOIN pg_catalog.pg_class t ON t.relnamespace = ts.oid AND t.relname = u.to_name
  JOIN pg_catalog.pg_attribute ta ON ta.attrelid = t.oid AND ta.attname = u.to_column AND NOT ta.attisdropped
  LEFT JOIN pg_catalog.pg_collation co ON co.oid = ta.attcollation
  LEFT JOIN pg_catalog.pg_namespace cn ON cn.oid = co.collnamespace
  LEFT JOIN pg_catalog.pg_constraint k ON k.conrelid = f.oid AND k.contype = 'f' AND k.conname = u.constraint_name
  LEFT JOIN LATERAL (
    SELECT quote_ident(n.nspname) || '.' || p.oprname AS operator,
           CASE WHEN lt.typtype <> 'p' AND lt.oid <> ta.atttypid
                THEN quote_ident(ln.nspname) || '.' || quote_ident(lt.typname) END AS parent_type,
           CASE WHEN rt.typtype <> 'p' AND rt.oid <> fa.atttypid
                THEN quote_ident(rn.nspname) || '.' || quote_ident(rt.typname) END AS child_type
      FROM pg_catalog.pg_operator p
      JOIN pg_catalog.pg_namespace n ON n.oid = p.oprnamespace
      JOIN pg_catalog.pg_type lt ON lt.oid = p.oprleft
      JOIN pg_catalog.pg_namespace ln ON ln.oid = lt.typnamespace
      JOIN pg_catalog.pg_type rt ON rt.oid = p.oprright
      JOIN pg_catalog.pg_namespace rn ON rn.oid = rt.typnamespace
     WHERE p.oid = k.conpfeqop[u.place] AND k.conkey[u.place] = fa.attnum) o ON true
  LEFT JOIN pg_catalog.pg_type fy ON fy.oid = fa.atttypid
  LEFT JOIN pg_catalog.pg_type ty ON ty.oid = ta.atttypid
  LEFT JOIN LATERAL (
    SELECT quote_ident(n.nspname) || '.=' AS operator FROM pg_catalog.pg_operator p
      JOIN pg_catalog.pg_namespace n ON n.oid = p.oprnamespace
     WHERE p.oprname = '='
       AND p.oprleft = CASE ty.typtype WHEN 'd' THEN ty.typbasetype ELSE ty.oid END
       AND p.oprright = CASE fy.typtype WHEN 'd' THEN fy.typbasetype ELSE fy.oid END
     ORDER BY n.nspname <> 'pg_catalog' LIMIT 1) own ON true
 ORDER BY u.step, u.place";

/// A table without partitions, or a leaf, of which some rows are copied.
pub(super) struct Leaf {
    pub(super) name: Name,
    /// What it is a leaf of, or itself.
    pub(super) table: Name,
    /// It alone, for a FROM.
    pub(super) sql: String,
}

/// Everything of which some rows are copied.
pub(super) struct Leaves {
    pub(super) all: Vec<Leaf>,
    oids: BTreeMap<u32, usize>,
}

impl Leaves {
    pub(super) async fn read(request: &Request<'_>) -> Result<Self, SubsetError> {
        let mut all = Vec::new();
        for (table, reached) in &request.reach.tables {
            if matches!(reached, Reached::Part { .. }) {
                let leaves = below(request.schema, table);
                all.extend(leaves.into_iter().map(|name| Leaf {
                    sql: only(&name),
                    name,
                    table: table.clone(),
                }));
            }
        }
        let schemas: Vec<&str> = all.iter().map(|leaf| leaf.name.schema.as_str()).collect();
        let names: Vec<&str> = all.iter().map(|leaf| leaf.name.name.as_str()).collect();
        let client = request.source.client();
        let rows = client.query(OIDS, &[&schemas, &names]).await;
        let rows = rows.map_err(|error| step(STEP, &error))?;
        let mut oids = BTreeMap::new();
        for row in rows {
            let name = name(&row).map_err(|error| step(STEP, &error))?;
            let oid = row.try_get("oid").map_err(|error| step(STEP, &error))?;
            if let Some(at) = all.iter().position(|leaf| leaf.name == name) {
                oids.insert(oid, at);
            }
        }
        Ok(Self { all, oids })
    }

    /// The leaf and place of a line `16384\t(0,1)`.
    pub(super) fn row(&self, line: &[u8]) -> Option<(usize, u64)> {
        let at = memchr::memchr(b'\t', line)?;
        let leaf = self.by_oid(std::str::from_utf8(&line[..at]).ok()?)?;
        Some((leaf, place(&line[at + 1..])?))
    }

    /// The leaf with an object id.
    pub(super) fn by_oid(&self, oid: &str) -> Option<usize> {
        self.oids.get(&oid.parse().ok()?).copied()
    }

    /// The places of a table's leaves among all.
    pub(super) fn of(&self, schema: &Schema, table: &Name) -> Vec<usize> {
        let leaves = below(schema, table);
        let all = self.all.iter().enumerate();
        all.filter(|(_, leaf)| leaves.contains(&leaf.name))
            .map(|(at, _)| at)
            .collect()
    }
}

/// A reference, ready to be looked up both ways.
pub(super) struct Join {
    /// What looking it up is called.
    pub(super) step: String,
    pub(super) down: bool,
    /// What to read where the referring side is looked for.
    pub(super) from: Vec<String>,
    pub(super) from_leaves: BTreeSet<usize>,
    /// What to read where the other side is looked for.
    pub(super) to: Vec<String>,
    pub(super) to_leaves: BTreeSet<usize>,
    /// The referring side, where it is copied whole.
    pub(super) whole: Vec<String>,
    /// The condition between `p`, which is referred to, and `c`.
    equal: String,
}

const STEP: &str = "look up production's references";

impl Join {
    pub(super) async fn read(
        request: &Request<'_>,
        leaves: &Leaves,
    ) -> Result<Vec<Self>, SubsetError> {
        let schema = request.schema;
        let steps = &request.reach.steps;
        let equal = equal(request.source, steps).await?;
        let joins = steps.iter().enumerate().map(|(at, step)| {
            let root = schema.root_of(&step.from);
            let whole = !matches!(request.reach.tables.get(root), Some(Reached::Part { .. }));
            let from = read_as(schema, &step.from);
            Self {
                step: format!(
                    "follow {}({}) to {}",
                    step.from,
                    step.columns.join(", "),
                    step.to
                ),
                down: step.down,
                whole: if whole { from.clone() } else { Vec::new() },
                from,
                from_leaves: leaves.of(schema, &step.from).into_iter().collect(),
                to: read_as(schema, &step.to),
                to_leaves: leaves.of(schema, &step.to).into_iter().collect(),
                equal: equal.get(&at).cloned().unwrap_or_default(),
            }
        });
        let joins: Vec<Self> = joins.collect();
        // Without a condition every row would refer to every other.
        match joins.iter().all(|join| !join.equal.is_empty()) {
            true => Ok(joins),
            false => Err(SubsetError::Place),
        }
    }

    /// Reads the rows of `from` that refer to rows of `to` at some places.
    pub(super) fn below(&self, from: &str, to: &str, places: &str) -> String {
        let equal = &self.equal;
        format!(
            "COPY (SELECT c.tableoid, c.ctid FROM {to} p JOIN {from} c ON {equal} \
             WHERE p.ctid = ANY({places})) TO STDOUT"
        )
    }

    /// Reads the rows of `to` that rows of `from`, all or those at some places, refer to.
    pub(super) fn above(&self, from: &str, to: &str, places: Option<&str>) -> String {
        let equal = &self.equal;
        match places {
            Some(places) => format!(
                "COPY (SELECT p.tableoid, p.ctid FROM {from} c JOIN {to} p ON {equal} \
                 WHERE c.ctid = ANY({places})) TO STDOUT"
            ),
            None => format!(
                "COPY (SELECT p.tableoid, p.ctid FROM {to} p \
                 WHERE EXISTS (SELECT FROM {from} c WHERE {equal})) TO STDOUT"
            ),
        }
    }
}

/// The conditions of references, by their places; NULL in a key equals nothing.
async fn equal(source: &Source, steps: &[Step]) -> Result<BTreeMap<usize, String>, SourceError> {
    let mut asked = Asked::default();
    for (at, step) in steps.iter().enumerate() {
        for (place, (column, referenced)) in step.columns.iter().zip(&step.referenced).enumerate() {
            asked.numbers.0.push(at as i32);
            asked.numbers.1.push(place as i32 + 1);
            let constraint = step.constraint.as_deref().unwrap_or_default();
            let texts = [
                &step.from.schema,
                &step.from.name,
                column,
                &step.to.schema,
                &step.to.name,
                referenced,
                constraint,
            ];
            for (list, text) in asked.texts.iter_mut().zip(texts) {
                list.push(text);
            }
        }
    }
    let [a, b, c, d, e, f, g] = &asked.texts;
    let rows = source
        .client()
        .query(
            PAIRS,
            &[&asked.numbers.0, &asked.numbers.1, a, b, c, d, e, f, g],
        )
        .await;
    let rows = rows.map_err(|error| step(STEP, &error))?;
    let mut conditions: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for row in &rows {
        let (at, condition) = pair(row).map_err(|error| step(STEP, &error))?;
        conditions.entry(at).or_default().push(condition);
    }
    // A pair that was not found would let in what does not belong together.
    conditions.retain(|at, pairs| pairs.len() == steps[*at].columns.len());
    let joined = conditions.into_iter();
    Ok(joined
        .map(|(at, pairs)| (at, pairs.join(" AND ")))
        .collect())
}

/// What is asked of pairs of columns.
#[derive(Default)]
struct Asked<'a> {
    numbers: (Vec<i32>, Vec<i32>),
    texts: [Vec<&'a str>; 7],
}

fn pair(row: &Row) -> Result<(usize, String), tokio_postgres::Error> {
    let text = |column| row.try_get::<_, String>(column);
    let (child, parent) = (quoted(&text("child")?), quoted(&text("parent")?));
    let collation: Option<String> = row.try_get("collation")?;
    let collation = collation.map_or(String::new(), |name| format!(" COLLATE {name}"));
    let cast = |column| -> Result<String, tokio_postgres::Error> {
        let name: Option<String> = row.try_get(column)?;
        Ok(name.map_or(String::new(), |name| format!("::{name}")))
    };
    let (operator, of_parent, of_child) = match row.try_get("period")? {
        true => ("pg_catalog.&&".to_owned(), String::new(), String::new()),
        false => (text("operator")?, cast("parent_type")?, cast("child_type")?),
    };
    let at = row.try_get::<_, i32>("step")?.unsigned_abs() as usize;
    let condition =
        format!("p.{parent}{of_parent} OPERATOR({operator}) c.{child}{of_child}{collation}");
    Ok((at, condition))
}

/// What to read for the rows of a table or partition: by its root, unless a foreign server has some of
/// them, which are not copied.
fn read_as(schema: &Schema, name: &Name) -> Vec<String> {
    let partitioned = schema.tables[name].partition_by.is_some();
    match partitioned && !has_foreign(schema, name) {
        true => vec![name.quoted()],
        false => below(schema, name).iter().map(only).collect(),
    }
}

/// Whether a foreign server has rows of a table or partition.
pub(super) fn has_foreign(schema: &Schema, name: &Name) -> bool {
    let mut tables = schema.tables.iter();
    tables.any(|(other, table)| table.kind == TableKind::Foreign && is_below(schema, other, name))
}

/// The table itself, or the leaves of its partitions, in order; foreign ones left out.
pub(super) fn below(schema: &Schema, name: &Name) -> Vec<Name> {
    let tables = schema.tables.iter();
    let leaves = tables
        .filter(|(_, table)| table.partition_by.is_none() && table.kind == TableKind::Ordinary);
    leaves
        .map(|(leaf, _)| leaf)
        .filter(|leaf| is_below(schema, leaf, name))
        .cloned()
        .collect()
}

/// Whether one is the other, or a partition of it at any level.
fn is_below(schema: &Schema, name: &Name, above: &Name) -> bool {
    let mut at = name;
    for _ in 0..=schema.tables.len() {
        if at == above {
            return true;
        }
        let of = schema.tables.get(at);
        match of.and_then(|table| table.partition_of.as_ref()) {
            Some(of) => at = &of.parent,
            None => return false,
        }
    }
    false
}

/// A table without those that inherit from it.
pub(super) fn only(name: &Name) -> String {
    format!("ONLY {}", name.quoted())
}

fn name(row: &Row) -> Result<Name, tokio_postgres::Error> {
    Ok(Name {
        schema: row.try_get("schema")?,
        name: row.try_get("name")?,
    })
}

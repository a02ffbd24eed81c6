//! Tables with their columns, and sequences.

use std::collections::BTreeMap;

use rules::schema::{
    Column, Generated, GeneratedKind, Identity, Name, PartitionOf, RowSecurity, Schema, Sequence,
    Table, TableKind,
};
use tokio_postgres::{Client, Row};

use super::{IntrospectError, field, name, rows, unknown};

const TABLES: &str = "
SELECT n.nspname::text AS schema, c.relname::text AS name, c.relkind::text AS kind,
       c.relpersistence = 'u' AS unlogged,
       pg_get_partkeydef(c.oid) AS partition_by,
       CASE WHEN c.relispartition THEN pg_get_expr(c.relpartbound, c.oid) END AS bound,
       c.relrowsecurity AS row_security, c.relforcerowsecurity AS row_security_forced,
       i.schemas, i.names
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  CROSS JOIN LATERAL (
       SELECT coalesce(array_agg(m.nspname::text ORDER BY h.inhseqno), '{}') AS schemas,
              coalesce(array_agg(p.relname::text ORDER BY h.inhseqno), '{}') AS names
         FROM pg_inherits h
         JOIN pg_class p ON p.oid = h.inhparent
         JOIN pg_namespace m ON m.oid = p.relnamespace
        WHERE h.inhrelid = c.oid) i
 WHERE c.relkind IN ('r', 'p', 'f') AND {user} AND {own:c}";

const COLUMNS: &str = "
SELECT n.nspname::text AS schema, c.relname::text AS name, a.attname::text AS column,
       format_type(a.atttypid, a.atttypmod) AS data_type, NOT a.attnotnull AS nullable,
       pg_get_expr(d.adbin, d.adrelid) AS default,
       a.attidentity::text AS identity, a.attgenerated::text AS generated,
       CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::regcollation::text END AS collation,
       NOT a.attislocal AS inherited
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  JOIN pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
 WHERE c.relkind IN ('r', 'p', 'f') AND {user} AND {own:c}
 ORDER BY c.oid, a.attnum";

/// Sequences of identity columns depend on them internally (`deptype` i), those of `serial` columns
/// automatically (a).
const SEQUENCES: &str = "
SELECT n.nspname::text AS schema, c.relname::text AS name, format_type(s.seqtypid, NULL) AS data_type,
       s.seqstart AS start, s.seqmin AS minimum, s.seqmax AS maximum, s.seqincrement AS increment,
       s.seqcache AS cache, s.seqcycle AS cycle,
       (SELECT quote_ident(m.nspname) || '.' || quote_ident(o.relname) || '.' || quote_ident(a.attname)
          FROM pg_depend e
          JOIN pg_class o ON o.oid = e.refobjid
          JOIN pg_namespace m ON m.oid = o.relnamespace
          JOIN pg_attribute a ON a.attrelid = o.oid AND a.attnum = e.refobjsubid
         WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid
           AND e.refclassid = 'pg_class'::regclass AND e.deptype = 'a') AS owned_by
  FROM pg_sequence s
  JOIN pg_class c ON c.oid = s.seqrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE {user} AND {own:c}
   AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid
                      AND e.refclassid = 'pg_class'::regclass AND e.deptype = 'i')";

pub(super) struct Rows {
    tables: Vec<Row>,
    columns: Vec<Row>,
    sequences: Vec<Row>,
}

impl Rows {
    pub(super) async fn fetch(client: &Client) -> Result<Self, IntrospectError> {
        let (tables, columns, sequences) = tokio::try_join!(
            rows(client, "tables", TABLES),
            rows(client, "columns", COLUMNS),
            rows(client, "sequences", SEQUENCES),
        )?;
        Ok(Self {
            tables,
            columns,
            sequences,
        })
    }

    pub(super) fn put_into(&self, schema: &mut Schema) -> Result<(), IntrospectError> {
        for row in &self.tables {
            schema.tables.insert(name(row)?, table(row)?);
        }
        for row in &self.columns {
            let table = name(row)?;
            let column = column(row, &table)?;
            if let Some(table) = schema.tables.get_mut(&table) {
                table.columns.push(column);
            }
        }
        for row in &self.sequences {
            schema.sequences.insert(name(row)?, sequence(row)?);
        }
        Ok(())
    }
}

fn table(row: &Row) -> Result<Table, IntrospectError> {
    let schemas: Vec<String> = field(row, "schemas")?;
    let names: Vec<String> = field(row, "names")?;
    let mut parents: Vec<Name> = schemas
        .into_iter()
        .zip(names)
        .map(|(schema, name)| Name { schema, name })
        .collect();
    let bound: Option<String> = field(row, "bound")?;
    // A partition has exactly one parent (PostgreSQL documentation, "Declarative Partitioning").
    let partition_of = bound.and_then(|bound| {
        let parent = parents.pop()?;
        Some(PartitionOf { parent, bound })
    });
    let kind: String = field(row, "kind")?;
    let row_security = match (
        field(row, "row_security")?,
        field(row, "row_security_forced")?,
    ) {
        (false, _) => RowSecurity::Off,
        (true, false) => RowSecurity::Enabled,
        (true, true) => RowSecurity::Forced,
    };
    Ok(Table {
        kind: match kind.as_str() {
            "f" => TableKind::Foreign,
            _ => TableKind::Ordinary,
        },
        unlogged: field(row, "unlogged")?,
        partition_by: field(row, "partition_by")?,
        partition_of,
        inherits: parents,
        row_security,
        columns: Vec::new(),
        constraints: BTreeMap::new(),
        indexes: BTreeMap::new(),
        triggers: BTreeMap::new(),
        policies: BTreeMap::new(),
    })
}

fn column(row: &Row, table: &Name) -> Result<Column, IntrospectError> {
    let column: String = field(row, "column")?;
    let object = || format!("{table}.{column}");
    let identity: String = field(row, "identity")?;
    let identity = match identity.as_str() {
        "" => None,
        "a" => Some(Identity::Always),
        "d" => Some(Identity::ByDefault),
        code => return Err(unknown("attidentity", &object(), code)),
    };
    let generated: String = field(row, "generated")?;
    let kind = match generated.as_str() {
        "" => None,
        "s" => Some(GeneratedKind::Stored),
        "v" => Some(GeneratedKind::Virtual),
        code => return Err(unknown("attgenerated", &object(), code)),
    };
    let expression: Option<String> = field(row, "default")?;
    let (default, generated) = match (kind, expression) {
        (Some(kind), Some(expression)) => (None, Some(Generated { expression, kind })),
        (_, expression) => (expression, None),
    };
    Ok(Column {
        data_type: field(row, "data_type")?,
        nullable: field(row, "nullable")?,
        default,
        identity,
        generated,
        collation: field(row, "collation")?,
        inherited: field(row, "inherited")?,
        name: column,
    })
}

fn sequence(row: &Row) -> Result<Sequence, IntrospectError> {
    Ok(Sequence {
        data_type: field(row, "data_type")?,
        start: field(row, "start")?,
        minimum: field(row, "minimum")?,
        maximum: field(row, "maximum")?,
        increment: field(row, "increment")?,
        cache: field(row, "cache")?,
        cycle: field(row, "cycle")?,
        owned_by: field(row, "owned_by")?,
    })
}

//! What the audit reads of the catalogue: tables with rows, their constraints and indexes as queries
//! need them.

use std::collections::BTreeMap;

use rules::schema::Name;
use tokio_postgres::Row;
use tokio_postgres::types::FromSqlOwned;

use super::{AuditError, Session};

const USER: &str = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND NOT EXISTS (
  SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')";

/// Tables with rows of their own; a partitioned one has none.
const RELATIONS: &str = "
SELECT c.oid, n.nspname::text AS schema, c.relname::text AS name,
       pg_total_relation_size(c.oid) AS bytes,
       CASE WHEN c.relispartition THEN pg_get_partition_constraintdef(c.oid) END AS bound,
       pn.nspname::text AS parent_schema, p.relname::text AS parent_name
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_inherits h ON h.inhrelid = c.oid AND c.relispartition
  LEFT JOIN pg_class p ON p.oid = h.inhparent LEFT JOIN pg_namespace pn ON pn.oid = p.relnamespace
 WHERE c.relkind = 'r' AND {user} ORDER BY 2, 3";

const COLUMNS: &str = "
SELECT c.oid, a.attname::text AS column, a.atttypid AS type, a.attnotnull AS not_null,
       CASE WHEN a.attgenerated = 's' THEN pg_get_expr(d.adbin, d.adrelid) END AS generated,
       format_type(a.atttypid, a.atttypmod) AS data_type
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
 WHERE c.relkind = 'r' AND {user} ORDER BY c.oid, a.attnum";

/// A constraint that nobody enforces (from PostgreSQL 18 on) demands nothing. Columns that not every
/// version has are read by way of the row as JSON.
const CHECKS: &str = "
SELECT c.oid, k.conname::text AS constraint, pg_get_expr(k.conbin, k.conrelid) AS expression
  FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE k.contype = 'c' AND c.relkind = 'r' AND {user}
   AND coalesce((to_jsonb(k)->>'conenforced')::bool, true)
 ORDER BY c.oid, k.conname";

const FOREIGN_KEYS: &str = "
SELECT n.nspname::text AS schema, c.relname::text AS name, c.relkind = 'p' AS partitioned,
       fn.nspname::text AS target_schema, f.relname::text AS target_name,
       f.relkind = 'p' AS target_partitioned, k.conname::text AS constraint,
       k.confmatchtype = 'f' AS full_match,
       coalesce((to_jsonb(k)->>'conperiod')::bool, false) AS period, u.columns, u.targets, u.operators, u.collations,
       u.parent_casts, u.child_casts
  FROM pg_constraint k
  JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_class f ON f.oid = k.confrelid JOIN pg_namespace fn ON fn.oid = f.relnamespace
  CROSS JOIN LATERAL (
    SELECT array_agg(a.attname::text ORDER BY i) AS columns, array_agg(b.attname::text ORDER BY i) AS targets,
           array_agg(quote_ident(m.nspname) || '.' || o.oprname ORDER BY i) AS operators,
           array_agg(CASE WHEN a.attcollation <> b.attcollation AND b.attcollation <> 0
                          THEN b.attcollation::regcollation::text END ORDER BY i) AS collations,
           array_agg(CASE WHEN l.typtype <> 'p' AND l.oid <> b.atttypid
                          THEN '::' || quote_ident(ln.nspname) || '.' || quote_ident(l.typname) ELSE '' END
                     ORDER BY i) AS parent_casts,
           array_agg(CASE WHEN r.typtype <> 'p' AND r.oid <> a.atttypid
                          THEN '::' || quote_ident(rn.nspname) || '.' || quote_ident(r.typname) ELSE '' END
                     ORDER BY i) AS child_casts
      FROM generate_series(1, cardinality(k.conkey)) i
      JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[i]
      JOIN pg_attribute b ON b.attrelid = k.confrelid AND b.attnum = k.confkey[i]
      JOIN pg_operator o ON o.oid = k.conpfeqop[i] JOIN pg_namespace m ON m.oid = o.oprnamespace
      JOIN pg_type l ON l.oid = o.oprleft JOIN pg_namespace ln ON ln.oid = l.typnamespace
      JOIN pg_type r ON r.oid = o.oprright JOIN pg_namespace rn ON rn.oid = r.typnamespace) u
 WHERE k.contype = 'f' AND k.conparentid = 0 AND {user}
   AND coalesce((to_jsonb(k)->>'conenforced')::bool, true)
 ORDER BY 1, 2, k.conname";

/// Unique indexes, of constraints or not; those of partitions follow from their parents'.
const UNIQUES: &str = "
SELECT n.nspname::text AS schema, c.relname::text AS name, c.relkind = 'p' AS partitioned,
       x.relname::text AS index, pg_get_expr(i.indpred, i.indrelid) AS predicate, {keys},
       coalesce((to_jsonb(i)->>'indnullsnotdistinct')::bool, false) AS nulls_equal
  FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
  JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE i.indisunique AND NOT i.indisexclusion AND c.relkind IN ('r', 'p') AND {user}
   AND NOT EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = i.indexrelid)
 ORDER BY 1, 2, x.relname";

/// Also keys WITHOUT OVERLAPS, from PostgreSQL 18 on.
const EXCLUSIONS: &str = "
SELECT c.oid, n.nspname::text AS schema, c.relname::text AS name, k.conname::text AS constraint,
       pg_get_expr(i.indpred, i.indrelid) AS predicate, {keys},
       (SELECT array_agg(quote_ident(m.nspname) || '.' || o.oprname ORDER BY u.ord)
          FROM unnest(k.conexclop) WITH ORDINALITY u (oid, ord)
          JOIN pg_operator o ON o.oid = u.oid JOIN pg_namespace m ON m.oid = o.oprnamespace) AS operators
  FROM pg_constraint k JOIN pg_index i ON i.indexrelid = k.conindid
  JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE k.conexclop IS NOT NULL AND c.relkind = 'r' AND {user}
 ORDER BY 2, 3, k.conname";

/// The elements of index `i`, each with the collation that it compares by.
const KEYS: &str = "
       (SELECT array_agg('(' || pg_get_indexdef(i.indexrelid, g, false) || ')' ||
                         CASE WHEN i.indcollation[g - 1] <> 0
                              THEN ' COLLATE ' || i.indcollation[g - 1]::regcollation::text ELSE '' END
                         ORDER BY g)
          FROM generate_series(1, i.indnkeyatts::int) g) AS keys";

const NOT_VALIDATED: &str = "
SELECT n.nspname::text AS schema, c.relname::text AS name, k.conname::text AS what
  FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE NOT k.convalidated AND k.conparentid = 0 AND {user} ORDER BY 1, 2, 3";

const INVALID_INDEXES: &str = "
SELECT n.nspname::text AS schema, c.relname::text AS name, x.relname::text AS what
  FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
  JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE NOT (i.indisvalid AND i.indisready AND i.indislive AND (i.indimmediate OR EXISTS (
         SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.condeferrable)))
   AND {user} ORDER BY 1, 2, 3";

/// Foreign keys with a trigger that does not fire in an ordinary session.
const UNENFORCED: &str = "
SELECT DISTINCT n.nspname::text AS schema, c.relname::text AS name, k.conname::text AS what
  FROM pg_trigger g JOIN pg_constraint k ON k.oid = g.tgconstraint AND k.contype = 'f'
  JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE g.tgenabled IN ('D', 'R') AND {user} ORDER BY 1, 2, 3";

/// One constraint or index by name.
pub(super) type Named = (Name, String);

/// A table with rows of its own.
pub(super) struct Relation {
    pub(super) oid: u32,
    pub(super) name: Name,
    pub(super) bytes: u64,
    pub(super) partition_of: Option<Name>,
    pub(super) bound: Option<String>,
    pub(super) columns: Vec<Column>,
    /// CHECK constraints with their expressions.
    pub(super) checks: Vec<(String, String)>,
}

pub(super) struct Column {
    pub(super) name: String,
    pub(super) type_oid: u32,
    pub(super) data_type: String,
    pub(super) not_null: bool,
    pub(super) generated: Option<String>,
}

pub(super) struct ForeignKey {
    pub(super) table: Name,
    pub(super) partitioned: bool,
    pub(super) target: Name,
    pub(super) target_partitioned: bool,
    pub(super) constraint: String,
    pub(super) full_match: bool,
    pub(super) period: bool,
    pub(super) columns: Vec<String>,
    pub(super) targets: Vec<String>,
    pub(super) operators: Vec<String>,
    pub(super) collations: Vec<Option<String>>,
    /// Casts to the operators' own types, for their names alone would be looked up for the columns'; empty
    /// where these are the same.
    pub(super) parent_casts: Vec<String>,
    pub(super) child_casts: Vec<String>,
}

pub(super) struct Unique {
    pub(super) table: Name,
    pub(super) partitioned: bool,
    pub(super) index: String,
    pub(super) keys: Vec<String>,
    pub(super) predicate: Option<String>,
    pub(super) nulls_equal: bool,
}

pub(super) struct Exclusion {
    pub(super) relation: u32,
    pub(super) table: Name,
    pub(super) constraint: String,
    pub(super) keys: Vec<String>,
    pub(super) operators: Vec<String>,
    pub(super) predicate: Option<String>,
}

pub(super) struct Catalogue {
    pub(super) relations: Vec<Relation>,
    pub(super) types: super::domains::Types,
    pub(super) foreign_keys: Vec<ForeignKey>,
    pub(super) uniques: Vec<Unique>,
    pub(super) exclusions: Vec<Exclusion>,
    pub(super) not_validated: Vec<Named>,
    pub(super) invalid_indexes: Vec<Named>,
    pub(super) unenforced: Vec<Named>,
}

impl Catalogue {
    pub(super) async fn read(session: Session<'_>) -> Result<Self, AuditError> {
        Ok(Self {
            relations: relations(session).await?,
            types: super::domains::Types::read(session).await?,
            foreign_keys: all(session, FOREIGN_KEYS, foreign_key).await?,
            uniques: all(session, UNIQUES, unique).await?,
            exclusions: all(session, EXCLUSIONS, exclusion).await?,
            not_validated: all(session, NOT_VALIDATED, named).await?,
            invalid_indexes: all(session, INVALID_INDEXES, named).await?,
            unenforced: all(session, UNENFORCED, named).await?,
        })
    }
}

async fn relations(session: Session<'_>) -> Result<Vec<Relation>, AuditError> {
    let mut relations = all(session, RELATIONS, |row| {
        let parent: Option<String> = field(row, "parent_name")?;
        let bytes: i64 = field(row, "bytes")?;
        Ok(Relation {
            oid: field(row, "oid")?,
            name: name(row)?,
            bytes: bytes.unsigned_abs(),
            partition_of: match parent {
                Some(name) => Some(Name::new(field::<String>(row, "parent_schema")?, name)),
                None => None,
            },
            bound: field(row, "bound")?,
            columns: Vec::new(),
            checks: Vec::new(),
        })
    })
    .await?;
    let places: BTreeMap<u32, usize> = relations
        .iter()
        .enumerate()
        .map(|(place, relation)| (relation.oid, place))
        .collect();
    let columns = all(session, COLUMNS, |row| {
        let column = Column {
            name: field(row, "column")?,
            type_oid: field(row, "type")?,
            data_type: field(row, "data_type")?,
            not_null: field(row, "not_null")?,
            generated: field(row, "generated")?,
        };
        Ok((field(row, "oid")?, column))
    });
    for (oid, column) in columns.await? {
        if let Some(place) = places.get(&oid) {
            relations[*place].columns.push(column);
        }
    }
    let checks = all(session, CHECKS, |row| {
        let check = (field(row, "constraint")?, field(row, "expression")?);
        Ok((field(row, "oid")?, check))
    });
    for (oid, check) in checks.await? {
        if let Some(place) = places.get(&oid) {
            relations[*place].checks.push(check);
        }
    }
    Ok(relations)
}

fn foreign_key(row: &Row) -> Result<ForeignKey, AuditError> {
    let (schema, target): (String, String) =
        (field(row, "target_schema")?, field(row, "target_name")?);
    Ok(ForeignKey {
        table: name(row)?,
        partitioned: field(row, "partitioned")?,
        target: Name::new(schema, target),
        target_partitioned: field(row, "target_partitioned")?,
        constraint: field(row, "constraint")?,
        full_match: field(row, "full_match")?,
        period: field(row, "period")?,
        columns: field(row, "columns")?,
        targets: field(row, "targets")?,
        operators: field(row, "operators")?,
        collations: field(row, "collations")?,
        parent_casts: field(row, "parent_casts")?,
        child_casts: field(row, "child_casts")?,
    })
}

fn unique(row: &Row) -> Result<Unique, AuditError> {
    Ok(Unique {
        table: name(row)?,
        partitioned: field(row, "partitioned")?,
        index: field(row, "index")?,
        keys: field(row, "keys")?,
        predicate: field(row, "predicate")?,
        nulls_equal: field(row, "nulls_equal")?,
    })
}

fn exclusion(row: &Row) -> Result<Exclusion, AuditError> {
    Ok(Exclusion {
        relation: field(row, "oid")?,
        table: name(row)?,
        constraint: field(row, "constraint")?,
        keys: field(row, "keys")?,
        operators: field(row, "operators")?,
        predicate: field(row, "predicate")?,
    })
}

fn named(row: &Row) -> Result<Named, AuditError> {
    Ok((name(row)?, field(row, "what")?))
}

/// Runs a query over the catalogue and reads every row of it.
pub(super) async fn all<T>(
    session: Session<'_>,
    sql: &str,
    read: impl Fn(&Row) -> Result<T, AuditError>,
) -> Result<Vec<T>, AuditError> {
    let sql = sql.replace("{user}", USER).replace("{keys}", KEYS);
    let rows = session.client.query(&sql, &[]).await;
    let rows = rows.map_err(|error| AuditError::new("read the catalogue", &error))?;
    rows.iter().map(read).collect()
}

/// One column of a catalogue row.
pub(super) fn field<T: FromSqlOwned>(row: &Row, name: &'static str) -> Result<T, AuditError> {
    let value = row.try_get(name);
    value.map_err(|error| AuditError::new(&format!("read {name} from the catalogue"), &error))
}

fn name(row: &Row) -> Result<Name, AuditError> {
    let (schema, name): (String, String) = (field(row, "schema")?, field(row, "name")?);
    Ok(Name { schema, name })
}

//! Namespaces, extensions, domains, enumerations, composite and range types.

use rules::schema::{CompositeField, Domain, DomainCheck, Extension, RangeType, Schema};
use tokio_postgres::{Client, Row};

use super::{IntrospectError, field, name, rows};

const NAMESPACES: &str = "
SELECT n.nspname::text AS name FROM pg_namespace n WHERE {user} AND {own:n}";

const EXTENSIONS: &str = "
SELECT x.extname::text AS name, x.extversion AS version, n.nspname::text AS schema
  FROM pg_extension x JOIN pg_namespace n ON n.oid = x.extnamespace";

const DOMAINS: &str = "
SELECT n.nspname::text AS schema, t.typname::text AS name,
       format_type(t.typbasetype, t.typtypmod) AS base, t.typnotnull AS not_null,
       t.typdefault AS default,
       CASE WHEN t.typcollation <> b.typcollation THEN t.typcollation::regcollation::text END AS collation,
       k.names, k.definitions
  FROM pg_type t
  JOIN pg_namespace n ON n.oid = t.typnamespace
  JOIN pg_type b ON b.oid = t.typbasetype
  CROSS JOIN LATERAL (
       SELECT coalesce(array_agg(k.conname::text ORDER BY k.conname), '{}') AS names,
              coalesce(array_agg(pg_get_constraintdef(k.oid) ORDER BY k.conname), '{}') AS definitions
         FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c') k
 WHERE t.typtype = 'd' AND {user} AND {own:t}";

const ENUMS: &str = "
SELECT n.nspname::text AS schema, t.typname::text AS name,
       coalesce((SELECT array_agg(l.enumlabel::text ORDER BY l.enumsortorder)
                   FROM pg_enum l WHERE l.enumtypid = t.oid), '{}') AS labels
  FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
 WHERE t.typtype = 'e' AND {user} AND {own:t}";

const COMPOSITES: &str = "
SELECT n.nspname::text AS schema, t.typname::text AS name, f.names, f.types, f.collations
  FROM pg_type t
  JOIN pg_namespace n ON n.oid = t.typnamespace
  JOIN pg_class r ON r.oid = t.typrelid AND r.relkind = 'c'
  CROSS JOIN LATERAL (
       SELECT coalesce(array_agg(a.attname::text ORDER BY a.attnum), '{}') AS names,
              coalesce(array_agg(format_type(a.atttypid, a.atttypmod) ORDER BY a.attnum), '{}') AS types,
              coalesce(array_agg(CASE WHEN a.attcollation <> y.typcollation
                                      THEN a.attcollation::regcollation::text END ORDER BY a.attnum), '{}') AS collations
         FROM pg_attribute a JOIN pg_type y ON y.oid = a.atttypid
        WHERE a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped) f
 WHERE t.typtype = 'c' AND {user} AND {own:t}";

/// `{multirange}` is there from PostgreSQL 14 on.
const RANGES: &str = "
SELECT n.nspname::text AS schema, t.typname::text AS name,
       format_type(r.rngsubtype, NULL) AS subtype,
       CASE WHEN r.rngcollation <> s.typcollation THEN r.rngcollation::regcollation::text END AS collation,
       quote_ident(o.nspname) || '.' || quote_ident(c.opcname) AS operator_class,
       CASE WHEN r.rngcanonical <> 0 THEN r.rngcanonical::regproc::text END AS canonical,
       CASE WHEN r.rngsubdiff <> 0 THEN r.rngsubdiff::regproc::text END AS difference,
       {multirange} AS multirange
  FROM pg_range r
  JOIN pg_type t ON t.oid = r.rngtypid
  JOIN pg_namespace n ON n.oid = t.typnamespace
  JOIN pg_type s ON s.oid = r.rngsubtype
  JOIN pg_opclass c ON c.oid = r.rngsubopc
  JOIN pg_namespace o ON o.oid = c.opcnamespace
 WHERE {user} AND {own:t}";

pub(super) struct Rows {
    namespaces: Vec<Row>,
    extensions: Vec<Row>,
    domains: Vec<Row>,
    enums: Vec<Row>,
    composites: Vec<Row>,
    ranges: Vec<Row>,
}

impl Rows {
    pub(super) async fn fetch(client: &Client, version: i32) -> Result<Self, IntrospectError> {
        const MULTIRANGES_SINCE: i32 = 140_000;
        let multirange = if version >= MULTIRANGES_SINCE {
            "format_type(r.rngmultitypid, NULL)"
        } else {
            "NULL::text"
        };
        let range_query = RANGES.replace("{multirange}", multirange);
        let (namespaces, extensions, domains, enums, composites, ranges) = tokio::try_join!(
            rows(client, "namespaces", NAMESPACES),
            rows(client, "extensions", EXTENSIONS),
            rows(client, "domains", DOMAINS),
            rows(client, "enumerations", ENUMS),
            rows(client, "composite types", COMPOSITES),
            rows(client, "range types", &range_query),
        )?;
        Ok(Self {
            namespaces,
            extensions,
            domains,
            enums,
            composites,
            ranges,
        })
    }

    pub(super) fn put_into(&self, schema: &mut Schema) -> Result<(), IntrospectError> {
        for row in &self.namespaces {
            schema.schemas.insert(field(row, "name")?);
        }
        for row in &self.extensions {
            let extension = Extension {
                version: field(row, "version")?,
                schema: field(row, "schema")?,
            };
            schema.extensions.insert(field(row, "name")?, extension);
        }
        for row in &self.domains {
            schema.domains.insert(name(row)?, domain(row)?);
        }
        for row in &self.enums {
            schema.enums.insert(name(row)?, field(row, "labels")?);
        }
        for row in &self.composites {
            schema.composites.insert(name(row)?, composite(row)?);
        }
        for row in &self.ranges {
            schema.ranges.insert(name(row)?, range(row)?);
        }
        Ok(())
    }
}

fn domain(row: &Row) -> Result<Domain, IntrospectError> {
    let names: Vec<String> = field(row, "names")?;
    let definitions: Vec<String> = field(row, "definitions")?;
    let checks = names.into_iter().zip(definitions);
    Ok(Domain {
        base: field(row, "base")?,
        not_null: field(row, "not_null")?,
        default: field(row, "default")?,
        collation: field(row, "collation")?,
        checks: checks
            .map(|(name, definition)| DomainCheck { name, definition })
            .collect(),
    })
}

fn composite(row: &Row) -> Result<Vec<CompositeField>, IntrospectError> {
    let names: Vec<String> = field(row, "names")?;
    let types: Vec<String> = field(row, "types")?;
    let collations: Vec<Option<String>> = field(row, "collations")?;
    let fields = names.into_iter().zip(types).zip(collations);
    Ok(fields
        .map(|((name, data_type), collation)| CompositeField {
            name,
            data_type,
            collation,
        })
        .collect())
}

fn range(row: &Row) -> Result<RangeType, IntrospectError> {
    Ok(RangeType {
        subtype: field(row, "subtype")?,
        collation: field(row, "collation")?,
        operator_class: field(row, "operator_class")?,
        canonical: field(row, "canonical")?,
        difference: field(row, "difference")?,
        multirange: field(row, "multirange")?,
    })
}

//! Constraints, indexes and row security policies of tables.

use rules::schema::{
    Constraint, ConstraintKind, Index, MatchType, Name, Policy, ReferentialAction, Schema,
};
use tokio_postgres::{Client, Row};

use super::{IntrospectError, field, name, rows, unknown};

/// Constraints that a partition or child table has from its parent are the parent's.
///
/// NOT NULL (`n`, from PostgreSQL 18 on) is a fact of the column, and a constraint trigger (`t`) is
/// listed among the triggers.
const CONSTRAINTS: &str = "
SELECT n.nspname::text AS schema, c.relname::text AS name, k.conname::text AS constraint,
       k.contype::text AS kind, pg_get_constraintdef(k.oid) AS definition,
       coalesce((SELECT array_agg(a.attname::text ORDER BY u.ord)
                   FROM unnest(k.conkey) WITH ORDINALITY u (num, ord)
                   JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.num), '{}') AS columns,
       fn.nspname::text AS target_schema, f.relname::text AS target_name,
       coalesce((SELECT array_agg(a.attname::text ORDER BY u.ord)
                   FROM unnest(k.confkey) WITH ORDINALITY u (num, ord)
                   JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.num), '{}') AS target_columns,
       k.confmatchtype::text AS matching, k.confupdtype::text AS on_update,
       k.confdeltype::text AS on_delete, pg_get_expr(k.conbin, k.conrelid) AS expression
  FROM pg_constraint k
  JOIN pg_class c ON c.oid = k.conrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_class f ON f.oid = k.confrelid
  LEFT JOIN pg_namespace fn ON fn.oid = f.relnamespace
 WHERE c.relkind IN ('r', 'p', 'f') AND k.contype NOT IN ('n', 't')
   AND k.conparentid = 0 AND (k.conislocal OR k.coninhcount = 0) AND {user} AND {own:c}";

const INDEXES: &str = "
SELECT n.nspname::text AS schema, c.relname::text AS name, x.relname::text AS index,
       pg_get_indexdef(i.indexrelid) AS definition, i.indisunique AS unique,
       (SELECT array_agg(pg_get_indexdef(i.indexrelid, g, false) ORDER BY g)
          FROM generate_series(1, i.indnkeyatts::int) g) AS keys,
       pg_get_expr(i.indpred, i.indrelid) AS predicate, i.indisvalid AS valid
  FROM pg_index i
  JOIN pg_class c ON c.oid = i.indrelid
  JOIN pg_class x ON x.oid = i.indexrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p', 'm') AND {user} AND {own:c}
   AND NOT EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = i.indexrelid)
   AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))";

const POLICIES: &str = "
SELECT n.nspname::text AS schema, c.relname::text AS name, y.polname::text AS policy,
       y.polpermissive AS permissive, y.polcmd::text AS command,
       ARRAY(SELECT coalesce(r.rolname::text, 'public')
               FROM unnest(y.polroles) u (id) LEFT JOIN pg_roles r ON r.oid = u.id ORDER BY 1) AS roles,
       pg_get_expr(y.polqual, y.polrelid) AS using,
       pg_get_expr(y.polwithcheck, y.polrelid) AS with_check
  FROM pg_policy y
  JOIN pg_class c ON c.oid = y.polrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE {user} AND {own:c}";

pub(super) struct Rows {
    constraints: Vec<Row>,
    indexes: Vec<Row>,
    policies: Vec<Row>,
}

impl Rows {
    pub(super) async fn fetch(client: &Client) -> Result<Self, IntrospectError> {
        let (constraints, indexes, policies) = tokio::try_join!(
            rows(client, "constraints", CONSTRAINTS),
            rows(client, "indexes", INDEXES),
            rows(client, "policies", POLICIES),
        )?;
        Ok(Self {
            constraints,
            indexes,
            policies,
        })
    }

    /// Puts everything at its table or view, which must be there already.
    pub(super) fn put_into(&self, schema: &mut Schema) -> Result<(), IntrospectError> {
        for row in &self.constraints {
            if let Some(table) = schema.tables.get_mut(&name(row)?) {
                let constraint = constraint(row)?;
                table
                    .constraints
                    .insert(field(row, "constraint")?, constraint);
            }
        }
        for row in &self.indexes {
            let on = name(row)?;
            if let Some(table) = schema.tables.get_mut(&on) {
                table.indexes.insert(field(row, "index")?, index(row)?);
            } else if let Some(view) = schema.views.get_mut(&on) {
                view.indexes.push(field(row, "definition")?);
                view.indexes.sort();
            }
        }
        for row in &self.policies {
            if let Some(table) = schema.tables.get_mut(&name(row)?) {
                table.policies.insert(field(row, "policy")?, policy(row)?);
            }
        }
        Ok(())
    }
}

fn constraint(row: &Row) -> Result<Constraint, IntrospectError> {
    let kind: String = field(row, "kind")?;
    let columns: Vec<String> = field(row, "columns")?;
    let kind = match kind.as_str() {
        "p" => ConstraintKind::PrimaryKey { columns },
        "u" => ConstraintKind::Unique { columns },
        "x" => ConstraintKind::Exclusion { columns },
        "c" => ConstraintKind::Check {
            expression: field(row, "expression")?,
        },
        "f" => ConstraintKind::ForeignKey {
            columns,
            references: Name {
                schema: field(row, "target_schema")?,
                name: field(row, "target_name")?,
            },
            referenced: field(row, "target_columns")?,
            matching: matching(row)?,
            on_update: action(row, "on_update")?,
            on_delete: action(row, "on_delete")?,
        },
        code => return Err(unknown("contype", &constraint_name(row)?, code)),
    };
    Ok(Constraint {
        kind,
        definition: field(row, "definition")?,
    })
}

fn constraint_name(row: &Row) -> Result<String, IntrospectError> {
    let constraint: String = field(row, "constraint")?;
    Ok(format!("{}.{constraint}", name(row)?))
}

fn matching(row: &Row) -> Result<MatchType, IntrospectError> {
    let code: String = field(row, "matching")?;
    match code.as_str() {
        "s" => Ok(MatchType::Simple),
        "f" => Ok(MatchType::Full),
        "p" => Ok(MatchType::Partial),
        code => Err(unknown("confmatchtype", &constraint_name(row)?, code)),
    }
}

fn action(row: &Row, what: &'static str) -> Result<ReferentialAction, IntrospectError> {
    let code: String = field(row, what)?;
    match code.as_str() {
        "a" => Ok(ReferentialAction::NoAction),
        "r" => Ok(ReferentialAction::Restrict),
        "c" => Ok(ReferentialAction::Cascade),
        "n" => Ok(ReferentialAction::SetNull),
        "d" => Ok(ReferentialAction::SetDefault),
        code => Err(unknown(what, &constraint_name(row)?, code)),
    }
}

fn index(row: &Row) -> Result<Index, IntrospectError> {
    Ok(Index {
        definition: field(row, "definition")?,
        unique: field(row, "unique")?,
        keys: field(row, "keys")?,
        predicate: field(row, "predicate")?,
        valid: field(row, "valid")?,
    })
}

fn policy(row: &Row) -> Result<Policy, IntrospectError> {
    let code: String = field(row, "command")?;
    let command = match code.as_str() {
        "*" => "ALL",
        "r" => "SELECT",
        "a" => "INSERT",
        "w" => "UPDATE",
        "d" => "DELETE",
        code => {
            let policy: String = field(row, "policy")?;
            return Err(unknown("polcmd", &format!("{}.{policy}", name(row)?), code));
        }
    };
    Ok(Policy {
        permissive: field(row, "permissive")?,
        command: command.to_owned(),
        roles: field(row, "roles")?,
        using: field(row, "using")?,
        with_check: field(row, "with_check")?,
    })
}

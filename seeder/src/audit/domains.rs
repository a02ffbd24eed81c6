//! Conditions that find values which a domain refuses: in columns, and in arrays and composite
//! values, however deep.

use std::collections::BTreeMap;

use rules::schema::quoted;
use tokio_postgres::Row;

use super::catalogue::{all, field};
use super::{AuditError, Session};

/// Types within types that are followed; PostgreSQL allows no circle but through tables' row types.
const DEPTH_MAX: usize = 8;

/// Domains, composite types and arrays, as far as they are the user's.
const TYPES: &str = "
SELECT t.oid, t.typtype::text AS kind, t.typelem AS element, t.typbasetype AS base,
       format_type(nullif(t.typbasetype, 0), t.typtypmod) AS base_name, t.typnotnull AS not_null,
       t.typname::text AS name, f.names, f.types, k.checks, k.expressions
  FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
  CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(a.attname::text ORDER BY a.attnum), '{}') AS names,
           coalesce(array_agg(a.atttypid ORDER BY a.attnum), '{}') AS types
      FROM pg_attribute a WHERE a.attrelid = t.typrelid AND t.typrelid <> 0 AND a.attnum > 0 AND NOT a.attisdropped) f
  CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(k.conname::text ORDER BY k.conname), '{}') AS checks,
           coalesce(array_agg(pg_get_expr(k.conbin, 0) ORDER BY k.conname), '{}') AS expressions
      FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c') k
 WHERE (t.typtype IN ('c', 'd') OR t.typcategory = 'A')
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'";

/// The user's types that may hold domains.
pub(super) struct Types(BTreeMap<u32, Type>);

struct Type {
    name: String,
    shape: Shape,
}

enum Shape {
    Array {
        element: u32,
    },
    Composite {
        fields: Vec<(String, u32)>,
    },
    Domain {
        base: u32,
        base_name: String,
        not_null: bool,
        checks: Vec<(String, String)>,
    },
}

/// A condition that is true for a row with a refused value, and what refuses it.
pub(super) struct Refused {
    pub(super) by: String,
    pub(super) condition: String,
}

impl Types {
    pub(super) async fn read(session: Session<'_>) -> Result<Self, AuditError> {
        let types = all(session, TYPES, |row| Ok((field(row, "oid")?, one(row)?)));
        Ok(Self(types.await?.into_iter().collect()))
    }

    /// What can be refused in a value, given as an SQL expression.
    pub(super) fn refusals(&self, value: &str, type_oid: u32) -> Vec<Refused> {
        self.within(value, type_oid, 0)
    }

    fn within(&self, value: &str, type_oid: u32, depth: usize) -> Vec<Refused> {
        let Some(found) = self.0.get(&type_oid).filter(|_| depth < DEPTH_MAX) else {
            return Vec::new();
        };
        match &found.shape {
            Shape::Array { element } => {
                let each = format!("standin_element_{depth}");
                let mut inner = self.within(&each, *element, depth + 1);
                for refused in &mut inner {
                    let condition = &refused.condition;
                    refused.condition =
                        format!("EXISTS (SELECT FROM unnest({value}) {each} WHERE {condition})");
                }
                inner
            }
            Shape::Composite { fields } => fields
                .iter()
                .flat_map(|(field, of)| {
                    let inner = format!("({value}).{}", quoted(field));
                    // A row that is NULL has no fields that could be refused.
                    let mut inner = self.within(&inner, *of, depth + 1);
                    for refused in &mut inner {
                        let condition = &refused.condition;
                        refused.condition = format!("num_nulls({value}) = 0 AND {condition}");
                    }
                    inner
                })
                .collect(),
            Shape::Domain {
                base,
                not_null,
                checks,
                ..
            } => {
                let domain = &found.name;
                let mut refusals = Vec::new();
                if *not_null {
                    refusals.push(Refused {
                        by: format!("{domain} NOT NULL"),
                        condition: format!("num_nulls({value}) > 0"),
                    });
                }
                // The keyword VALUE of a domain's expression is read as a column of that name.
                let below = self.below(found);
                let based = format!("({value})::{below}");
                refusals.extend(checks.iter().map(|(check, expression)| Refused {
                    by: format!("{domain} {check}"),
                    condition: format!(
                        "EXISTS (SELECT FROM (SELECT {based} AS value) v WHERE NOT ({expression}))"
                    ),
                }));
                refusals.extend(self.within(&based, *base, depth + 1));
                refusals
            }
        }
    }
}

impl Types {
    /// The type below all domains of a chain: a cast to a domain in between would check it, and fail.
    fn below<'a>(&'a self, mut domain: &'a Type) -> &'a str {
        let mut name = domain.name.as_str();
        while let Shape::Domain {
            base, base_name, ..
        } = &domain.shape
        {
            name = base_name;
            match self.0.get(base) {
                Some(next) => domain = next,
                None => break,
            }
        }
        name
    }
}

fn one(row: &Row) -> Result<Type, AuditError> {
    let kind: String = field(row, "kind")?;
    let shape = match kind.as_str() {
        "d" => {
            let names: Vec<String> = field(row, "checks")?;
            let expressions: Vec<String> = field(row, "expressions")?;
            Shape::Domain {
                base: field(row, "base")?,
                base_name: field(row, "base_name")?,
                not_null: field(row, "not_null")?,
                checks: names.into_iter().zip(expressions).collect(),
            }
        }
        "c" => {
            let names: Vec<String> = field(row, "names")?;
            let types: Vec<u32> = field(row, "types")?;
            Shape::Composite {
                fields: names.into_iter().zip(types).collect(),
            }
        }
        _ => Shape::Array {
            element: field(row, "element")?,
        },
    };
    Ok(Type {
        name: field(row, "name")?,
        shape,
    })
}

//! Views, routines and triggers.

use std::collections::BTreeMap;

use rules::schema::{Routine, RoutineKind, Schema, Trigger, TriggerState, View};
use tokio_postgres::{Client, Row};

use super::{IntrospectError, field, name, rows, unknown};
use crate::migrate::sha256_hex;

const VIEWS: &str = "
SELECT n.nspname::text AS schema, c.relname::text AS name, c.relkind = 'm' AS materialized,
       pg_get_viewdef(c.oid) AS definition,
       ARRAY(SELECT o FROM unnest(c.reloptions) o ORDER BY o COLLATE \"C\") AS options
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('v', 'm') AND {user} AND {own:c}";

/// `pg_get_functiondef` refuses aggregates, so their catalogue row stands for the definition. The
/// constructors of a range type depend on it internally (`deptype` i) and are not listed.
const ROUTINES: &str = "
SELECT n.nspname::text AS schema, p.proname::text AS name, p.prokind::text AS kind,
       oidvectortypes(p.proargtypes) AS arguments,
       pg_get_function_result(p.oid) AS returns, l.lanname::text AS language,
       CASE WHEN p.prokind <> 'a' THEN pg_get_functiondef(p.oid)
            ELSE concat_ws('|', a.aggkind, a.aggtransfn::regprocedure, a.aggfinalfn::regprocedure,
                           a.aggcombinefn::regprocedure, a.aggserialfn::regprocedure,
                           a.aggdeserialfn::regprocedure, a.aggmtransfn::regprocedure,
                           a.aggminvtransfn::regprocedure, a.aggmfinalfn::regprocedure,
                           a.aggfinalextra, a.aggfinalmodify, a.aggsortop::regoperator,
                           a.aggtranstype::regtype, a.aggmtranstype::regtype,
                           coalesce(quote_literal(a.agginitval), 'none'),
                           coalesce(quote_literal(a.aggminitval), 'none'), p.proparallel)
       END AS definition
  FROM pg_proc p
  JOIN pg_namespace n ON n.oid = p.pronamespace
  JOIN pg_language l ON l.oid = p.prolang
  LEFT JOIN pg_aggregate a ON a.aggfnoid = p.oid
 WHERE {user} AND {own:p}
   AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid
                      AND e.refclassid = 'pg_type'::regclass AND e.deptype = 'i')";

const TRIGGERS: &str = "
SELECT n.nspname::text AS schema, c.relname::text AS name, g.tgname::text AS trigger,
       pg_get_triggerdef(g.oid) AS definition, g.tgenabled::text AS state
  FROM pg_trigger g
  JOIN pg_class c ON c.oid = g.tgrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE NOT g.tgisinternal AND g.tgparentid = 0 AND {user} AND {own:c}";

pub(super) struct Rows {
    views: Vec<Row>,
    routines: Vec<Row>,
    triggers: Vec<Row>,
}

impl Rows {
    pub(super) async fn fetch(client: &Client) -> Result<Self, IntrospectError> {
        let (views, routines, triggers) = tokio::try_join!(
            rows(client, "views", VIEWS),
            rows(client, "routines", ROUTINES),
            rows(client, "triggers", TRIGGERS),
        )?;
        Ok(Self {
            views,
            routines,
            triggers,
        })
    }

    /// Puts views and routines in, and triggers at their table or view, which must be there already.
    pub(super) fn put_into(&self, schema: &mut Schema) -> Result<(), IntrospectError> {
        for row in &self.views {
            let view = View {
                materialized: field(row, "materialized")?,
                definition: field(row, "definition")?,
                options: field(row, "options")?,
                indexes: Vec::new(),
                triggers: BTreeMap::new(),
            };
            schema.views.insert(name(row)?, view);
        }
        for row in &self.routines {
            let overloads = schema.routines.entry(name(row)?).or_default();
            overloads.insert(field(row, "arguments")?, routine(row)?);
        }
        for row in &self.triggers {
            let on = name(row)?;
            let table = schema.tables.get_mut(&on).map(|table| &mut table.triggers);
            let view = schema.views.get_mut(&on).map(|view| &mut view.triggers);
            if let Some(triggers) = table.or(view) {
                triggers.insert(field(row, "trigger")?, trigger(row)?);
            }
        }
        Ok(())
    }
}

fn routine(row: &Row) -> Result<Routine, IntrospectError> {
    let kind: String = field(row, "kind")?;
    let definition: String = field(row, "definition")?;
    Ok(Routine {
        kind: match kind.as_str() {
            "f" => RoutineKind::Function,
            "p" => RoutineKind::Procedure,
            "a" => RoutineKind::Aggregate,
            "w" => RoutineKind::Window,
            code => return Err(unknown("prokind", &name(row)?, code)),
        },
        returns: field(row, "returns")?,
        language: field(row, "language")?,
        body_sha256: sha256_hex(definition.as_bytes()),
    })
}

fn trigger(row: &Row) -> Result<Trigger, IntrospectError> {
    let state: String = field(row, "state")?;
    Ok(Trigger {
        definition: field(row, "definition")?,
        state: match state.as_str() {
            "O" => TriggerState::Origin,
            "D" => TriggerState::Disabled,
            "R" => TriggerState::Replica,
            "A" => TriggerState::Always,
            code => {
                let trigger: String = field(row, "trigger")?;
                let object = format!("{}.{trigger}", name(row)?);
                return Err(unknown("tgenabled", &object, code));
            }
        },
    })
}

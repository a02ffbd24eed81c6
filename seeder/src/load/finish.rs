//! What follows a load: vacuum and statistics, materialised views; and what follows a failed one.

use std::collections::{BTreeMap, BTreeSet};

use rules::schema::Name;

use super::Run;
use super::catalogue::{Work, field, name, query};
use super::error::Failure;
use super::session::Sessions;

/// Materialised views that read a loaded table, straight or by way of views, and what each reads.
const VIEWS: &str = "
WITH RECURSIVE reads AS (
  SELECT DISTINCT r.ev_class AS view, d.refobjid AS source
    FROM pg_rewrite r JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
     AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> r.ev_class),
reached AS (
  SELECT view, source FROM reads WHERE source = ANY($1)
  UNION
  SELECT r.view, r.source FROM reads r JOIN reached o ON o.view = r.source)
SELECT v.oid AS view, n.nspname::text AS schema, v.relname::text AS name, v.relkind = 'm' AS stored,
       array_agg(DISTINCT r.source) AS sources
  FROM reached r JOIN pg_class v ON v.oid = r.view JOIN pg_namespace n ON n.oid = v.relnamespace
 WHERE v.relkind IN ('m', 'v') GROUP BY 1, 2, 3, 4 ORDER BY 2, 3";

/// Vacuums and analyses the loaded tables, several at once.
pub(super) async fn vacuum_loaded(run: &Run<'_>) -> Result<(), Failure> {
    if !run.options.vacuum {
        return Ok(());
    }
    let mut loaded: Vec<&Work> = run.catalogue.loaded().collect();
    loaded.sort_by_key(|work| std::cmp::Reverse(work.load.rows));
    let tables: Vec<&Name> = loaded.iter().map(|work| &work.load.table).collect();
    vacuum(run.sessions, tables).await
}

/// Vacuums and analyses tables, several at once, in the order given.
pub async fn vacuum(sessions: &Sessions, tables: Vec<&Name>) -> Result<(), Failure> {
    let one = async |table: &Name| -> Result<(), Failure> {
        let client = sessions.take().await?;
        let sql = format!("VACUUM (FREEZE, ANALYZE) {}", table.quoted());
        let done = client.batch_execute(&sql).await;
        done.map_err(|error| Failure::new(format!("vacuum table {table}"), &error))?;
        sessions.give_back(client);
        Ok(())
    };
    sessions.each(tables, one, |()| ()).await
}

/// Refreshes materialised views, those that others read first.
pub(super) async fn refresh(run: &Run<'_>) -> Result<(), Failure> {
    let client = run.sessions.take().await?;
    let oids: Vec<u32> = run.catalogue.relations.keys().copied().collect();
    let mut views = BTreeMap::new();
    for row in query(&client, VIEWS, &[&oids]).await? {
        let sources: Vec<u32> = field(&row, "sources")?;
        let stored: bool = field(&row, "stored")?;
        views.insert(field(&row, "view")?, (name(&row)?, stored, sources));
    }
    for view in in_order(&views) {
        let sql = format!("REFRESH MATERIALIZED VIEW {}", view.quoted());
        let done = client.batch_execute(&sql).await;
        let step = || format!("refresh materialised view {view}");
        done.map_err(|error| Failure::new(step(), &error))?;
    }
    run.sessions.give_back(client);
    Ok(())
}

/// The stored ones among views, each behind what it reads; views never read each other in a circle.
fn in_order(views: &BTreeMap<u32, (Name, bool, Vec<u32>)>) -> Vec<Name> {
    let mut done: BTreeSet<u32> = BTreeSet::new();
    let mut order = Vec::new();
    while done.len() < views.len() {
        let before = done.len();
        for (oid, (name, stored, sources)) in views {
            let waits = |source: &u32| views.contains_key(source) && !done.contains(source);
            if done.contains(oid) || sources.iter().any(waits) {
                continue;
            }
            done.insert(*oid);
            if *stored {
                order.push(name.clone());
            }
        }
        if done.len() == before {
            break;
        }
    }
    order
}

/// Empties every table of the load again; they were empty before it.
pub(super) async fn empty(run: &Run<'_>) -> Result<(), Failure> {
    let tables: Vec<String> = run.catalogue.loaded().map(Work::from).collect();
    let truncate: Vec<String> = (!tables.is_empty())
        .then(|| format!("TRUNCATE {}", tables.join(", ")))
        .into_iter()
        .collect();
    run.sessions
        .transaction("empty the tables", &truncate)
        .await
}

//! Looks for production's values in what a server keeps beside the rows: names, definitions, comments,
//! settings, statistics, large objects.

use std::collections::BTreeMap;
use std::pin::pin;

use futures_util::StreamExt;
use tokio_postgres::Config;

use super::GateError;
use super::collect::Collected;
use super::report::Leak;
use super::scan::{Hits, Scanned, connect, look_into};
use crate::leak::leaks;

/// Names of whatever people name; an extension's own are not theirs.
const NAMES: &str = "\
    SELECT 'name of a schema', nspname::text FROM pg_catalog.pg_namespace WHERE oid >= 16384 \
    UNION ALL SELECT 'name of a relation', relname::text FROM pg_catalog.pg_class WHERE oid >= 16384 \
    UNION ALL SELECT 'name of a column', attname::text FROM pg_catalog.pg_attribute \
      WHERE attrelid >= 16384 AND attnum > 0 \
    UNION ALL SELECT 'name of a type', typname::text FROM pg_catalog.pg_type t WHERE oid >= 16384 \
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.objid = t.oid AND d.deptype = 'e') \
    UNION ALL SELECT 'name of a function', pg_catalog.concat_ws(' ', proname, pg_catalog.array_to_string(proargnames, ' ')) \
      FROM pg_catalog.pg_proc p WHERE oid >= 16384 \
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e') \
    UNION ALL SELECT 'name of a constraint', conname::text FROM pg_catalog.pg_constraint WHERE oid >= 16384 \
    UNION ALL SELECT 'name of a trigger', tgname::text FROM pg_catalog.pg_trigger WHERE NOT tgisinternal \
    UNION ALL SELECT 'name of a policy', polname::text FROM pg_catalog.pg_policy \
    UNION ALL SELECT 'name of a rule', rulename::text FROM pg_catalog.pg_rewrite WHERE oid >= 16384 \
    UNION ALL SELECT 'name of statistics', stxname::text FROM pg_catalog.pg_statistic_ext \
    UNION ALL SELECT 'name of a collation', collname::text FROM pg_catalog.pg_collation WHERE oid >= 16384 \
    UNION ALL SELECT 'name of a conversion', conname::text FROM pg_catalog.pg_conversion WHERE oid >= 16384 \
    UNION ALL SELECT 'name of an operator class', opcname::text FROM pg_catalog.pg_opclass WHERE oid >= 16384 \
    UNION ALL SELECT 'name of an operator family', opfname::text FROM pg_catalog.pg_opfamily WHERE oid >= 16384 \
    UNION ALL SELECT 'name of a language', lanname::text FROM pg_catalog.pg_language WHERE oid >= 16384 \
    UNION ALL SELECT 'name of an access method', amname::text FROM pg_catalog.pg_am WHERE oid >= 16384 \
    UNION ALL SELECT 'name of a text search configuration', cfgname::text FROM pg_catalog.pg_ts_config WHERE oid >= 16384 \
    UNION ALL SELECT 'name of a text search dictionary', dictname::text FROM pg_catalog.pg_ts_dict WHERE oid >= 16384 \
    UNION ALL SELECT 'name of a foreign-data wrapper', fdwname::text FROM pg_catalog.pg_foreign_data_wrapper \
    UNION ALL SELECT 'name of a server', srvname::text FROM pg_catalog.pg_foreign_server \
    UNION ALL SELECT 'name of an event trigger', evtname::text FROM pg_catalog.pg_event_trigger \
    UNION ALL SELECT 'name of a publication', pubname::text FROM pg_catalog.pg_publication \
    UNION ALL SELECT 'name of a role', rolname::text FROM pg_catalog.pg_roles WHERE oid >= 16384";

/// What people wrote into a schema.
const DEFINITIONS: &str = "\
    SELECT 'comment', description FROM pg_catalog.pg_description WHERE objoid >= 16384 \
    UNION ALL SELECT 'comment', description FROM pg_catalog.pg_description d \
      JOIN pg_catalog.pg_namespace n ON n.oid = d.objoid WHERE d.classoid = 'pg_catalog.pg_namespace'::regclass AND n.nspname = 'public' AND n.oid < 16384 \
    UNION ALL SELECT 'comment on a database or role', description FROM pg_catalog.pg_shdescription WHERE objoid >= 16384 \
    UNION ALL SELECT 'function ' || proname, pg_catalog.concat_ws(' ', prosrc, proconfig::text, \
      pg_catalog.pg_get_expr(proargdefaults, 0)) FROM pg_catalog.pg_proc WHERE oid >= 16384 \
    UNION ALL SELECT 'aggregate ' || aggfnoid::text, coalesce(agginitval, '') || ' ' || coalesce(aggminitval, '') \
      FROM pg_catalog.pg_aggregate WHERE aggfnoid::oid >= 16384 \
    UNION ALL SELECT 'view ' || relname, pg_catalog.pg_get_viewdef(oid) FROM pg_catalog.pg_class WHERE relkind IN ('v', 'm') AND oid >= 16384 \
    UNION ALL SELECT 'default of ' || adrelid::regclass::text, pg_catalog.pg_get_expr(adbin, adrelid) FROM pg_catalog.pg_attrdef WHERE adrelid >= 16384 \
    UNION ALL SELECT 'default of ' || oid::regtype::text, typdefault FROM pg_catalog.pg_type WHERE oid >= 16384 \
    UNION ALL SELECT 'constraint ' || conname, pg_catalog.pg_get_constraintdef(oid) FROM pg_catalog.pg_constraint WHERE oid >= 16384 \
    UNION ALL SELECT 'index ' || indexrelid::regclass::text, pg_catalog.pg_get_indexdef(indexrelid) FROM pg_catalog.pg_index WHERE indexrelid >= 16384 \
    UNION ALL SELECT 'statistics ' || stxname, pg_catalog.pg_get_statisticsobjdef(oid) FROM pg_catalog.pg_statistic_ext \
    UNION ALL SELECT 'partition key of ' || partrelid::regclass::text, pg_catalog.pg_get_partkeydef(partrelid) FROM pg_catalog.pg_partitioned_table \
    UNION ALL SELECT 'bound of ' || oid::regclass::text, pg_catalog.pg_get_expr(relpartbound, oid) FROM pg_catalog.pg_class WHERE relpartbound IS NOT NULL \
    UNION ALL SELECT 'label of ' || enumtypid::regtype::text, enumlabel FROM pg_catalog.pg_enum WHERE oid >= 16384 \
    UNION ALL SELECT 'policy ' || polname, coalesce(pg_catalog.pg_get_expr(polqual, polrelid), '') || ' ' || \
      coalesce(pg_catalog.pg_get_expr(polwithcheck, polrelid), '') FROM pg_catalog.pg_policy \
    UNION ALL SELECT 'trigger ' || tgname, pg_catalog.pg_get_triggerdef(oid) FROM pg_catalog.pg_trigger WHERE NOT tgisinternal \
    UNION ALL SELECT 'rule ' || rulename, pg_catalog.pg_get_ruledef(oid) FROM pg_catalog.pg_rewrite WHERE oid >= 16384 \
    UNION ALL SELECT 'sequence ' || seqrelid::regclass::text, pg_catalog.concat_ws(', ', seqstart, seqmin, \
      nullif(nullif(nullif(seqmax, 32767), 2147483647), 9223372036854775807), seqincrement) \
      FROM pg_catalog.pg_sequence";

/// Bodies of functions that are SQL of their own, where there can be such.
const BODIES: (i32, &str) = (
    140_000,
    "SELECT 'function ' || proname, pg_catalog.pg_get_function_sqlbody(oid) FROM pg_catalog.pg_proc \
     WHERE oid >= 16384 AND prosqlbody IS NOT NULL",
);

/// What is set and kept for objects.
const KEPT: &str = "\
    SELECT 'security label', label FROM pg_catalog.pg_seclabel \
    UNION ALL SELECT 'security label', label FROM pg_catalog.pg_shseclabel \
    UNION ALL SELECT 'option of ' || oid::regclass::text, reloptions::text FROM pg_catalog.pg_class WHERE oid >= 16384 \
    UNION ALL SELECT 'option of a column of ' || attrelid::regclass::text, \
      coalesce(attoptions::text, '') || ' ' || coalesce(attfdwoptions::text, '') FROM pg_catalog.pg_attribute WHERE attrelid >= 16384 \
    UNION ALL SELECT 'option of foreign table ' || ftrelid::regclass::text, ftoptions::text FROM pg_catalog.pg_foreign_table \
    UNION ALL SELECT 'option of a text search dictionary', dictinitoption FROM pg_catalog.pg_ts_dict WHERE oid >= 16384 \
    UNION ALL SELECT 'option of a foreign-data wrapper', fdwoptions::text FROM pg_catalog.pg_foreign_data_wrapper \
    UNION ALL SELECT 'server option', pg_catalog.concat_ws(' ', srvtype, srvversion, srvoptions::text) FROM pg_catalog.pg_foreign_server \
    UNION ALL SELECT 'user mapping', umoptions::text FROM pg_catalog.pg_user_mapping \
    UNION ALL SELECT 'setting of a role or database', setconfig::text FROM pg_catalog.pg_db_role_setting \
    UNION ALL SELECT 'statistics of ' || schemaname || '.' || tablename || '.' || attname, \
      coalesce(most_common_vals::text, '') || ' ' || coalesce(histogram_bounds::text, '') || ' ' || \
      coalesce(most_common_elems::text, '') FROM pg_catalog.pg_stats \
      WHERE schemaname NOT IN ('pg_catalog', 'information_schema') \
    UNION ALL SELECT 'statistics of ' || starelid::regclass::text, pg_catalog.concat_ws(' ', stavalues3::text, stavalues4::text, stavalues5::text) \
      FROM pg_catalog.pg_statistic WHERE starelid >= 16384 \
    UNION ALL SELECT 'extended statistics', d::text FROM pg_catalog.pg_statistic_ext_data d \
    UNION ALL SELECT 'statistics of ' || statistics_name, coalesce(most_common_vals::text, '') FROM pg_catalog.pg_stats_ext \
    UNION ALL SELECT 'large object ' || loid, encode(data, 'escape') FROM pg_catalog.pg_largeobject";

/// Looks at texts that the server keeps beside the rows.
pub(super) async fn texts(config: &Config, collected: &Collected) -> Result<Scanned, GateError> {
    let mut config = config.clone();
    // A client may hold a view for as long as it likes, and bound every session of its database.
    let options = config.get_options().unwrap_or_default();
    let options = format!("{options} -c lock_timeout=60s -c statement_timeout=30min");
    let client = connect(config.options(options)).await?;
    // The path of the database is its users', and operators of theirs would run with our rights.
    let plain = client.batch_execute("SET search_path = ''").await;
    plain.map_err(GateError::Read)?;
    let mut found: BTreeMap<String, u64> = BTreeMap::new();
    let (mut cells, mut bytes) = (0, 0);
    let version = "SELECT pg_catalog.current_setting('server_version_num')::int4";
    let version = client.query_one(version, &[]).await;
    let version: i32 = version.map_err(GateError::Read)?.get(0);
    let bodies = (version >= BODIES.0).then_some(BODIES.1);
    for sql in [NAMES, DEFINITIONS, KEPT].into_iter().chain(bodies) {
        let rows = client.query_raw::<_, &str, _>(sql, []).await;
        let mut rows = pin!(rows.map_err(GateError::Read)?);
        while let Some(row) = rows.next().await {
            let row = row.map_err(GateError::Read)?;
            let (place, text): (Option<String>, Option<String>) = (row.get(0), row.get(1));
            let (place, text) = (place.unwrap_or_default(), text.unwrap_or_default());
            cells += 1;
            bytes += text.len() as u64;
            let mut hits = Hits::default();
            look_into(collected, text.as_bytes(), &mut hits);
            let all = hits.all(collected);
            if all > 0 && !leaks("gate.texts") {
                *found.entry(collected.told(&place)).or_default() += all;
            }
        }
    }
    let leaks = found.into_iter();
    Ok(Scanned {
        leaks: leaks.map(|(place, hits)| Leak { place, hits }).collect(),
        cells,
        bytes,
        ..Scanned::default()
    })
}

/// What acts by itself or reaches out of a database, by kind: a copy that was just made has none.
const OUTWARD: &str = "\
    SELECT 'event trigger', count(*) FROM pg_catalog.pg_event_trigger t \
      WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.objid = t.oid AND d.deptype = 'e' \
                          AND d.classid = 'pg_catalog.pg_event_trigger'::pg_catalog.regclass) \
    UNION ALL SELECT 'publication', count(*) FROM pg_catalog.pg_publication \
    UNION ALL SELECT 'subscription', count(*) FROM pg_catalog.pg_subscription \
    UNION ALL SELECT 'user mapping', count(*) FROM pg_catalog.pg_user_mapping \
    UNION ALL SELECT 'large object', count(*) FROM pg_catalog.pg_largeobject_metadata \
    UNION ALL SELECT 'security label', count(*) FROM pg_catalog.pg_seclabel \
    UNION ALL SELECT 'security label', count(*) FROM pg_catalog.pg_shseclabel";

/// What a copy has that no copy may have.
pub(super) async fn outward(config: &Config) -> Result<Vec<String>, GateError> {
    let client = connect(config).await?;
    let rows = client.query(OUTWARD, &[]).await.map_err(GateError::Read)?;
    let counts = rows.iter().map(|row| (row.get(0), row.get(1)));
    let found = counts.filter(|(_, count): &(&str, i64)| *count > 0 && !leaks("gate.outward"));
    Ok(found
        .map(|(kind, count)| format!("{count} of kind {kind}, which no copy may have"))
        .collect())
}

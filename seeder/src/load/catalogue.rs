//! What a load has to know of the living database beyond the schema: OIDs, partitions, who refers to
//! whom, and the state of everything that it will touch.

use std::collections::BTreeMap;

use rules::schema::{Name, Table, TableKind};
use tokio_postgres::types::FromSqlOwned;
use tokio_postgres::{Client, Row};

use super::error::{Failure, Refusal};
use super::session::Sessions;
use super::{CHUNK_ROWS, FilledPolicy, Request, TableLoad};

/// Partitions stand for themselves, because rows that come in by the root end up in them.
const RELATIONS: &str = "
WITH RECURSIVE tree AS (
  SELECT u.ord - 1 AS work, c.oid, 0 AS depth
    FROM unnest($1::text[], $2::text[]) WITH ORDINALITY u (schema, name, ord)
    JOIN pg_namespace n ON n.nspname = u.schema
    JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = u.name
  UNION ALL
  SELECT t.work, h.inhrelid, t.depth + 1
    FROM tree t JOIN pg_inherits h ON h.inhparent = t.oid
    JOIN pg_class c ON c.oid = h.inhrelid AND c.relispartition)
SELECT t.work, t.oid, t.depth, n.nspname::text AS schema, c.relname::text AS name,
       c.relkind = 'p' AS partitioned,
       c.relrowsecurity AND c.relforcerowsecurity
       AND NOT (SELECT r.rolsuper OR r.rolbypassrls FROM pg_roles r WHERE r.rolname = current_user) AS forced
  FROM tree t JOIN pg_class c ON c.oid = t.oid JOIN pg_namespace n ON n.oid = c.relnamespace
 ORDER BY t.depth, t.work, n.nspname, c.relname";

/// Only constraints that stand for themselves: what a partition has from its parent goes and comes
/// with that one. A key whose triggers were tampered with is left alone, its state could not be put
/// back.
const FOREIGN_KEYS: &str = "
SELECT k.oid, k.conrelid, k.confrelid, n.nspname::text AS schema, c.relname::text AS name,
       k.conname::text AS key, c.relkind = 'p' AS partitioned, k.convalidated AS validated,
       k.condeferrable AS deferrable, pg_get_constraintdef(k.oid) AS definition,
       obj_description(k.oid, 'pg_constraint') AS comment
  FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE k.contype = 'f' AND k.conparentid = 0 AND k.conrelid = ANY($1)
   AND NOT EXISTS (SELECT FROM pg_trigger g WHERE g.tgconstraint = k.oid AND g.tgenabled <> 'O')
 ORDER BY n.nspname, c.relname, k.conname";

const DERIVED_KEYS: &str = "
WITH RECURSIVE derived AS (
  SELECT k.oid AS root, k.oid FROM pg_constraint k WHERE k.oid = ANY($1)
  UNION ALL
  SELECT d.root, k.oid FROM derived d JOIN pg_constraint k ON k.conparentid = d.oid)
SELECT d.root, k.conrelid, k.confrelid, n.nspname::text AS schema, c.relname::text AS name,
       k.conname::text AS key, obj_description(k.oid, 'pg_constraint') AS comment
  FROM derived d JOIN pg_constraint k ON k.oid = d.oid
  JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE d.oid <> d.root ORDER BY n.nspname, c.relname, k.conname";

/// Whoever refers to a table, by the constraint that stands for itself.
const REFERRED: &str = "
WITH RECURSIVE up AS (
  SELECT k.confrelid, k.conrelid, k.oid, k.conparentid FROM pg_constraint k
   WHERE k.contype = 'f' AND k.confrelid = ANY($1)
  UNION ALL
  SELECT u.confrelid, u.conrelid, k.oid, k.conparentid FROM up u JOIN pg_constraint k ON k.oid = u.conparentid)
SELECT confrelid, conrelid, oid FROM up WHERE conparentid = 0";

/// A trigger of the user's: none that enforces a constraint. In versions before 15 a partition's
/// copy of its parent's trigger counts as internal (`tgisinternal`), so that is not asked.
const TRIGGERS: &str = "
SELECT g.tgrelid, n.nspname::text AS schema, c.relname::text AS name, g.tgname::text AS trigger,
       g.tgenabled::text AS state, g.tgtype & 32 <> 0 AS on_truncate
  FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE g.tgrelid = ANY($1)
   AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.oid = g.tgconstraint AND k.contype <> 't')
 ORDER BY n.nspname, c.relname, g.tgname";

const EVENT_TRIGGERS: &str = "
SELECT e.evtname::text AS trigger, e.evtenabled::text AS state FROM pg_event_trigger e
 WHERE (SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = current_user) ORDER BY 1";

/// One table to fill, as it is in the database.
pub(super) struct Work {
    pub(super) load: TableLoad,
    /// Its index in the request, through all levels.
    pub(super) index: usize,
    pub(super) level: usize,
    pub(super) table: Table,
    pub(super) oid: u32,
    pub(super) partitioned: bool,
    pub(super) filled: bool,
}

/// A table or a partition of one that takes rows in the load.
pub(super) struct Relation {
    /// Index of its work.
    pub(super) work: usize,
    /// 0 for the table itself.
    pub(super) depth: i32,
    pub(super) name: Name,
    /// Whether its policies would stop us.
    pub(super) forced: bool,
}

/// A foreign key of a table that takes rows.
pub(super) struct ForeignKey {
    /// Index of the work that its table belongs to.
    pub(super) work: usize,
    /// Index of the work that it refers to, if that is loaded.
    pub(super) target: Option<usize>,
    pub(super) oid: u32,
    pub(super) table: Name,
    pub(super) name: String,
    pub(super) partitioned: bool,
    pub(super) validated: bool,
    pub(super) deferrable: bool,
    pub(super) definition: String,
    pub(super) comment: Option<String>,
    pub(super) derived: Vec<DerivedKey>,
}

/// What a foreign key on or to a partitioned table has made of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DerivedKey {
    /// OIDs of the two tables: there is one such key for each pair.
    pub(super) between: (u32, u32),
    pub(super) table: Name,
    pub(super) name: String,
    pub(super) comment: Option<String>,
}

/// A foreign key as seen from the table that it refers to.
pub(super) struct Referred {
    pub(super) table: u32,
    pub(super) by: u32,
    /// The constraint that stands for itself.
    pub(super) key: u32,
}

/// A trigger and its state.
pub(super) struct TriggerFound {
    pub(super) relation: u32,
    pub(super) table: Name,
    pub(super) name: String,
    /// `pg_trigger.tgenabled`.
    pub(super) state: String,
    pub(super) on_truncate: bool,
}

/// Everything that the load has to know, read before it touches anything.
pub(super) struct Catalogue {
    /// The tables of the request, filled ones too.
    pub(super) work: Vec<Work>,
    /// Those that take rows, with their partitions, roots first.
    pub(super) relations: BTreeMap<u32, Relation>,
    pub(super) foreign_keys: Vec<ForeignKey>,
    /// Who refers to the tables that take rows, be it loaded or not.
    pub(super) referred: Vec<Referred>,
    pub(super) triggers: Vec<TriggerFound>,
    /// Event triggers with their states.
    pub(super) event_triggers: Vec<(String, String)>,
}

impl Catalogue {
    /// The tables that take rows.
    pub(super) fn loaded(&self) -> impl Iterator<Item = &Work> {
        self.work.iter().filter(|work| !work.filled)
    }
}

/// Checks the request against schema and database, and reads what the load needs.
pub(super) async fn check(
    request: &Request<'_>,
    sessions: &Sessions,
) -> Result<Catalogue, Refusal> {
    let mut work = against_schema(request)?;
    let client = sessions.take().await?;
    let failed = |error| Failure::new("read the catalogue", &error);
    // With an empty search path every deparsed name is qualified. The transaction is rolled back.
    let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ; SET LOCAL search_path = ''; \
                 SET LOCAL quote_all_identifiers = off";
    client.batch_execute(begin).await.map_err(failed)?;
    let relations = relations(&client, &mut work).await?;
    let forced = relations.values().filter(|relation| relation.forced);
    let unforced: Vec<String> = forced.map(|r| r.force("NO FORCE")).collect();
    let unforced = unforced.join(";");
    client.batch_execute(&unforced).await.map_err(failed)?;
    mark_filled(request, &client, &mut work).await?;
    let relations: BTreeMap<u32, Relation> = relations
        .into_iter()
        .filter(|(_, relation)| !work[relation.work].filled)
        .collect();
    let catalogue = read(&client, work, relations).await?;
    client.batch_execute("ROLLBACK").await.map_err(failed)?;
    sessions.give_back(client);
    Ok(catalogue)
}

fn against_schema(request: &Request<'_>) -> Result<Vec<Work>, Refusal> {
    let mut work: Vec<Work> = Vec::new();
    for (level, loads) in request.levels.iter().enumerate() {
        for load in loads {
            let name = &load.table;
            let table = request.schema.tables.get(name);
            let table = table.filter(|table| table.kind == TableKind::Ordinary);
            let table = table.ok_or_else(|| Refusal::NoTable {
                table: name.clone(),
            })?;
            let writable = |column: &String| {
                let column = table.column(column);
                column.is_some_and(|column| column.generated.is_none())
            };
            let none = table.columns.iter().find(|c| c.generated.is_none());
            let missing = load
                .columns
                .iter()
                .find(|column| !writable(column))
                .cloned();
            let omitted = none.filter(|_| load.columns.is_empty());
            if let Some(column) = missing.or(omitted.map(|column| column.name.clone())) {
                let table = name.clone();
                return Err(Refusal::NoColumn { table, column });
            }
            let (rows, chunks) = (load.rows, load.chunks);
            if rows > chunks.saturating_mul(CHUNK_ROWS) || chunks > rows {
                let table = name.clone();
                return Err(Refusal::Chunks {
                    table,
                    rows,
                    chunks,
                });
            }
            work.push(Work {
                index: work.len(),
                load: load.clone(),
                level,
                table: table.clone(),
                oid: 0,
                partitioned: table.partition_by.is_some(),
                filled: false,
            });
        }
    }
    Ok(work)
}

async fn relations(client: &Client, work: &mut [Work]) -> Result<BTreeMap<u32, Relation>, Refusal> {
    let schemas: Vec<&str> = work.iter().map(|w| w.load.table.schema.as_str()).collect();
    let names: Vec<&str> = work.iter().map(|w| w.load.table.name.as_str()).collect();
    let mut relations: BTreeMap<u32, Relation> = BTreeMap::new();
    for row in query(client, RELATIONS, &[&schemas, &names]).await? {
        let of = usize::try_from(field::<i64>(&row, "work")?).unwrap_or(usize::MAX);
        let relation = Relation {
            work: of,
            depth: field(&row, "depth")?,
            name: name(&row)?,
            forced: field(&row, "forced")?,
        };
        let oid = field(&row, "oid")?;
        if relation.depth == 0 {
            work[of].oid = oid;
        }
        if let Some(other) = relations.get(&oid) {
            return Err(Refusal::Twice {
                root: work[other.work.max(of)].load.table.clone(),
                table: relation.name,
            });
        }
        relations.insert(oid, relation);
    }
    match work.iter().find(|work| work.oid == 0) {
        Some(work) => Err(Refusal::NoTable {
            table: work.load.table.clone(),
        }),
        None => Ok(relations),
    }
}

/// Finds tables with rows, in one query.
async fn mark_filled(
    request: &Request<'_>,
    client: &Client,
    work: &mut [Work],
) -> Result<(), Refusal> {
    let exist: Vec<String> = work
        .iter()
        .map(|work| format!("EXISTS (SELECT FROM {})", work.from()))
        .collect();
    let sql = format!("SELECT ARRAY[{}]::bool[] AS filled", exist.join(", "));
    let rows = query(client, &sql, &[]).await?;
    let filled: Vec<bool> = rows
        .first()
        .map_or(Ok(Vec::new()), |row| field(row, "filled"))?;
    let options = request.options;
    for (work, filled) in work.iter_mut().zip(filled) {
        let table = &work.load.table;
        let policy = options.filled_of.get(table).unwrap_or(&options.filled);
        if filled && *policy == FilledPolicy::Refuse {
            let table = table.clone();
            return Err(Refusal::Filled { table });
        }
        work.filled = filled;
    }
    Ok(())
}

impl Relation {
    /// What sets whether policies stop the table's owner.
    pub(super) fn force(&self, how: &str) -> String {
        let table = self.name.quoted();
        format!("ALTER TABLE {table} {how} ROW LEVEL SECURITY")
    }
}

impl Work {
    /// The table behind `FROM`: its own rows, or those of all its partitions.
    pub(super) fn from(&self) -> String {
        let only = if self.partitioned { "" } else { "ONLY " };
        format!("{only}{}", self.load.table.quoted())
    }
}

async fn read(
    client: &Client,
    work: Vec<Work>,
    relations: BTreeMap<u32, Relation>,
) -> Result<Catalogue, Failure> {
    let oids: Vec<u32> = relations.keys().copied().collect();
    let mut foreign_keys = Vec::new();
    for row in query(client, FOREIGN_KEYS, &[&oids]).await? {
        let of = |oid: u32| relations.get(&oid).map(|relation| relation.work);
        foreign_keys.push(ForeignKey {
            work: of(field(&row, "conrelid")?).unwrap_or(usize::MAX),
            target: of(field(&row, "confrelid")?),
            oid: field(&row, "oid")?,
            table: name(&row)?,
            name: field(&row, "key")?,
            partitioned: field(&row, "partitioned")?,
            validated: field(&row, "validated")?,
            deferrable: field(&row, "deferrable")?,
            definition: field(&row, "definition")?,
            comment: field(&row, "comment")?,
            derived: Vec::new(),
        });
    }
    let keys: Vec<u32> = foreign_keys.iter().map(|key| key.oid).collect();
    for (root, derived) in derived_keys(client, &keys).await? {
        if let Some(key) = foreign_keys.iter_mut().find(|key| key.oid == root) {
            key.derived.push(derived);
        }
    }
    let referred = query(client, REFERRED, &[&oids]).await?;
    let referred = referred
        .iter()
        .map(|row| {
            Ok(Referred {
                table: field(row, "confrelid")?,
                by: field(row, "conrelid")?,
                key: field(row, "oid")?,
            })
        })
        .collect::<Result<_, Failure>>()?;
    Ok(Catalogue {
        triggers: triggers(client, &oids).await?,
        event_triggers: event_triggers(client).await?,
        work,
        relations,
        foreign_keys,
        referred,
    })
}

/// What foreign keys have made of themselves, by the OID of the key.
pub(super) async fn derived_keys(
    client: &Client,
    keys: &[u32],
) -> Result<Vec<(u32, DerivedKey)>, Failure> {
    let rows = query(client, DERIVED_KEYS, &[&keys]).await?;
    rows.iter()
        .map(|row| {
            let derived = DerivedKey {
                between: (field(row, "conrelid")?, field(row, "confrelid")?),
                table: name(row)?,
                name: field(row, "key")?,
                comment: field(row, "comment")?,
            };
            Ok((field(row, "root")?, derived))
        })
        .collect()
}

pub(super) async fn triggers(
    client: &Client,
    relations: &[u32],
) -> Result<Vec<TriggerFound>, Failure> {
    let rows = query(client, TRIGGERS, &[&relations]).await?;
    rows.iter()
        .map(|row| {
            Ok(TriggerFound {
                relation: field(row, "tgrelid")?,
                table: name(row)?,
                name: field(row, "trigger")?,
                state: field(row, "state")?,
                on_truncate: field(row, "on_truncate")?,
            })
        })
        .collect()
}

pub(super) async fn event_triggers(client: &Client) -> Result<Vec<(String, String)>, Failure> {
    let rows = query(client, EVENT_TRIGGERS, &[]).await?;
    rows.iter()
        .map(|row| Ok((field(row, "trigger")?, field(row, "state")?)))
        .collect()
}

/// Runs one query over the catalogue.
pub(super) async fn query(
    client: &Client,
    sql: &str,
    parameters: &[&(dyn tokio_postgres::types::ToSql + Sync)],
) -> Result<Vec<Row>, Failure> {
    let rows = client.query(sql, parameters).await;
    rows.map_err(|error| Failure::new("read the catalogue", &error))
}

/// One column of a catalogue row.
pub(super) fn field<T: FromSqlOwned>(row: &Row, name: &'static str) -> Result<T, Failure> {
    let value = row.try_get(name);
    value.map_err(|error| Failure::new("read the catalogue", &error))
}

/// The qualified name in the columns `schema` and `name`.
pub(super) fn name(row: &Row) -> Result<Name, Failure> {
    let (schema, name): (String, String) = (field(row, "schema")?, field(row, "name")?);
    Ok(Name { schema, name })
}

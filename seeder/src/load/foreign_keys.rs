//! Drops the foreign keys of the loaded tables and adds them again: name, definition, comment and
//! state as before, checked by the server.
//!
//! A key is added NOT VALID at first, which takes no time, and validated then: that locks only its
//! own table, so keys of different tables are validated side by side. A key that was NOT VALID is
//! validated in a transaction that is rolled back: checked, and still NOT VALID.

use std::collections::BTreeMap;

use rules::schema::{Name, quoted};

use super::Run;
use super::catalogue::{self, DerivedKey, ForeignKey, field, query};
use super::error::Failure;

const NOT_VALID: &str = " NOT VALID";

/// Behind a key that nobody checks, from PostgreSQL 18 on.
const NOT_ENFORCED: &str = " NOT ENFORCED";

/// Drops every foreign key of the loaded tables, in one transaction.
pub(super) async fn drop(run: &Run<'_>) -> Result<(), Failure> {
    let drops: Vec<String> = run
        .catalogue
        .foreign_keys
        .iter()
        .map(|key| {
            let (table, name) = (key.table.quoted(), quoted(&key.name));
            format!("ALTER TABLE {table} DROP CONSTRAINT {name}")
        })
        .collect();
    run.sessions.transaction("drop foreign keys", &drops).await
}

/// Adds every foreign key that is not there, and validates those that are to be valid and are not:
/// all that were added, and what an earlier attempt left.
pub(super) async fn add(run: &Run<'_>) -> Result<(), Failure> {
    let there = present(run).await?;
    let now = |key: &ForeignKey| there.get(&(key.table.clone(), key.name.clone()));
    let all = &run.catalogue.foreign_keys;
    let missing: Vec<&ForeignKey> = all.iter().filter(|key| now(key).is_none()).collect();
    // Before PostgreSQL 18 a partitioned table takes no key that is not valid, and the copies of a
    // key to a partitioned table stay not valid for ever, so these are checked here.
    for key in missing.iter().filter(|key| key.is_of_partitions()) {
        let step = format!("add foreign key {}.{}", key.table, quoted(&key.name));
        let statements = key.statements(false);
        run.sessions.transaction(&step, &statements).await?;
    }
    let plain = missing.iter().filter(|key| !key.is_of_partitions());
    let adds: Vec<String> = plain.flat_map(|key| key.statements(true)).collect();
    run.sessions.transaction("add foreign keys", &adds).await?;
    let unchecked = all.iter().filter(|key| match now(key) {
        Some(found) => key.validated && !found.validated,
        None => !key.is_of_partitions() || !key.validated,
    });
    let mut by_table: BTreeMap<&Name, Vec<&ForeignKey>> = BTreeMap::new();
    for key in unchecked.filter(|key| !key.definition.ends_with(NOT_ENFORCED)) {
        by_table.entry(&key.table).or_default().push(key);
    }
    let validate = |keys: Vec<&ForeignKey>| {
        let keys: Vec<Validate> = keys.into_iter().map(Validate::new).collect();
        validate(run, keys)
    };
    let tables = by_table.into_values();
    run.sessions.each(tables, validate, |()| ()).await?;
    name_derived(run, &missing).await
}

impl ForeignKey {
    /// Whether its table or the one that it refers to is partitioned.
    fn is_of_partitions(&self) -> bool {
        self.partitioned || !self.derived.is_empty()
    }

    fn statements(&self, unchecked: bool) -> Vec<String> {
        let (table, name) = (self.table.quoted(), quoted(&self.name));
        let definition = &self.definition;
        let unchecked = unchecked && self.validated && !definition.ends_with(NOT_VALID);
        let suffix = if unchecked { NOT_VALID } else { "" };
        let mut statements = vec![format!(
            "ALTER TABLE {table} ADD CONSTRAINT {name} {definition}{suffix}"
        )];
        if let Some(comment) = &self.comment {
            statements.push(comment_on(&self.table, &self.name, Some(comment)));
        }
        statements
    }
}

fn comment_on(table: &Name, name: &str, comment: Option<&str>) -> String {
    let text = comment.map_or_else(
        || "NULL".to_owned(),
        // E'' reads backslashes alike, whatever standard_conforming_strings is.
        |text| format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''")),
    );
    let (table, name) = (table.quoted(), quoted(name));
    format!("COMMENT ON CONSTRAINT {name} ON {table} IS {text}")
}

/// A foreign key as it is now.
struct Present {
    oid: u32,
    validated: bool,
}

/// The foreign keys of the database by table and name.
async fn present(run: &Run<'_>) -> Result<BTreeMap<(Name, String), Present>, Failure> {
    const KEYS: &str = "
        SELECT k.oid, k.convalidated, n.nspname::text AS schema, c.relname::text AS name, k.conname::text AS key
          FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
          JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE k.contype = 'f' AND k.conparentid = 0";
    let client = run.sessions.take().await?;
    let rows = query(&client, KEYS, &[]).await?;
    run.sessions.give_back(client);
    rows.iter()
        .map(|row| {
            let place = (catalogue::name(row)?, field(row, "key")?);
            let present = Present {
                oid: field(row, "oid")?,
                validated: field(row, "convalidated")?,
            };
            Ok((place, present))
        })
        .collect()
}

/// One key to be validated by the server.
struct Validate {
    step: String,
    sql: String,
    keep: bool,
}

impl Validate {
    fn new(key: &ForeignKey) -> Self {
        let (table, name) = (key.table.quoted(), quoted(&key.name));
        Self {
            step: format!("validate foreign key {}.{}", key.table, name),
            sql: format!("ALTER TABLE {table} VALIDATE CONSTRAINT {name}"),
            keep: key.validated,
        }
    }
}

/// Validates the keys of one table.
async fn validate(run: &Run<'_>, keys: Vec<Validate>) -> Result<(), Failure> {
    let client = run.sessions.take().await?;
    for key in keys {
        let failed = |error| Failure::new(&key.step, &error);
        let sql = if key.keep {
            key.sql.clone()
        } else {
            format!("BEGIN; {}; ROLLBACK", key.sql)
        };
        client.batch_execute(&sql).await.map_err(failed)?;
    }
    run.sessions.give_back(client);
    Ok(())
}

/// Gives the copies that keys have made of themselves for partitions the names and comments that
/// they had: the server chooses names by the order in which they are made.
async fn name_derived(run: &Run<'_>, added: &[&ForeignKey]) -> Result<(), Failure> {
    let parents: Vec<&&ForeignKey> = added.iter().filter(|k| !k.derived.is_empty()).collect();
    if parents.is_empty() {
        return Ok(());
    }
    let there = present(run).await?;
    let oids: BTreeMap<u32, &ForeignKey> = parents
        .iter()
        .filter_map(|key| {
            let present = there.get(&(key.table.clone(), key.name.clone()))?;
            Some((present.oid, **key))
        })
        .collect();
    let roots: Vec<u32> = oids.keys().copied().collect();
    let client = run.sessions.take().await?;
    let derived = catalogue::derived_keys(&client, &roots).await?;
    run.sessions.give_back(client);
    // By way of a name that nothing has, because two of them may have to change places.
    let (mut away, mut back) = (Vec::new(), Vec::new());
    for (number, (root, now)) in derived.iter().enumerate() {
        let before = oids.get(root).and_then(|key| key.derived_as(now));
        let Some(before) = before.filter(|before| *before != now) else {
            continue;
        };
        let table = now.table.quoted();
        if before.name != now.name {
            let (old, new) = (quoted(&now.name), quoted(&before.name));
            let between = format!("\"standin renames {number}\"");
            away.push(format!(
                "ALTER TABLE {table} RENAME CONSTRAINT {old} TO {between}"
            ));
            back.push(format!(
                "ALTER TABLE {table} RENAME CONSTRAINT {between} TO {new}"
            ));
        }
        if before.comment != now.comment {
            back.push(comment_on(
                &now.table,
                &before.name,
                before.comment.as_deref(),
            ));
        }
    }
    away.append(&mut back);
    let step = "name the foreign keys of partitions";
    run.sessions.transaction(step, &away).await
}

impl ForeignKey {
    fn derived_as(&self, now: &DerivedKey) -> Option<&DerivedKey> {
        self.derived.iter().find(|key| key.between == now.between)
    }
}

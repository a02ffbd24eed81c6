//! What a branch's server has stored, seen by the superuser past the relay.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, ensure};
use tokio_postgres::{Config, SimpleQueryMessage};

use super::{Bench, Way};
use crate::shop::{PASSWORD, PATIENCE, Session};

/// The number in the name of a branch's socket.
const PORT: u16 = 1;

/// Every table, sequence and materialised view of the schema and of the catalogue, as one query.
const EVERYTHING: &str = "\
    SELECT string_agg(format('SELECT %L, count(*), sum(hashtextextended(ROW(t.*)::text, 0)::numeric) FROM %s t', \
      oid::regclass, oid::regclass), ' UNION ALL ' ORDER BY oid::regclass::text) \
    FROM pg_class WHERE relkind IN ('r', 'm', 'S') AND relpersistence <> 't' \
      AND relnamespace IN ('public'::regnamespace, 'pg_catalog'::regnamespace)";

/// What moves whenever something is stored: the end of the log, and what is not written there.
const MARK: &str = "\
    SELECT concat_ws(' ', \
      CASE WHEN NOT pg_is_in_recovery() THEN pg_current_wal_insert_lsn() END, \
      (SELECT count(*) FROM pg_replication_slots), (SELECT count(*) FROM pg_prepared_xacts), \
      (SELECT string_agg(last_value::text, ',' ORDER BY sequencename) FROM pg_sequences), \
      md5(pg_read_file('postgresql.auto.conf')))";

/// The server of a place as it is now; it stays awake.
pub(super) struct Branch {
    directory: PathBuf,
    admin: Session,
    _client: Session,
}

impl Branch {
    /// Enters as a client, so that the server runs and the client's role is there, and as superuser;
    /// nothing is stored from then on but what is asked for.
    pub(super) async fn of(bench: &Bench, way: &Way) -> anyhow::Result<Self> {
        let mut login = bench.shop.login(&format!("corpus@{}", way.place))?;
        login.user(way.user).password(PASSWORD);
        let client = Session::begin(&login).await?;
        let shown = bench
            .shop
            .json(&format!("environment show {}", way.place))?;
        let branch = shown["generation"]["branch"].as_str().context("a branch")?;
        let directory = bench.shop.pool().join("branches").join(branch).join("run");
        let mut login = Config::new();
        login.host_path(&directory).port(PORT);
        let admin = Session::begin(login.user("standin").dbname("corpus")).await?;
        let settings = directory.with_file_name("pgdata/postgresql.auto.conf");
        let mut settings = OpenOptions::new().append(true).open(settings)?;
        settings.write_all(b"autovacuum = off\n")?;
        admin.run("SELECT pg_reload_conf()").await?;
        let began = Instant::now();
        while admin.text("SHOW autovacuum").await? != "off" {
            ensure!(began.elapsed() < PATIENCE, "autovacuum stays on");
        }
        Ok(Self {
            directory,
            admin,
            _client: client,
        })
    }

    /// The server's socket.
    pub(super) fn socket(&self) -> PathBuf {
        self.directory.join(format!(".s.PGSQL.{PORT}"))
    }

    /// Stays the same where nothing was stored.
    pub(super) async fn mark(&self) -> anyhow::Result<String> {
        mark(&self.admin).await
    }

    /// Takes back what the mode append allows, and a setting that a role gives to itself.
    pub(super) async fn undo(&self) -> anyhow::Result<()> {
        let sql = "DELETE FROM acct WHERE id > 2; DELETE FROM log; DELETE FROM child; \
                   ALTER ROLE standin_appender_app RESET ALL";
        self.admin.run(sql).await
    }

    /// A line for each relation, the same while its rows are the same.
    pub(super) async fn rows(&self) -> anyhow::Result<Vec<String>> {
        rows(&self.admin).await
    }
}

/// Stays the same where nothing was stored, as a superuser sees it.
pub(super) async fn mark(admin: &Session) -> anyhow::Result<String> {
    admin.text(MARK).await
}

/// A line for each relation, the same while its rows are the same.
pub(super) async fn rows(admin: &Session) -> anyhow::Result<Vec<String>> {
    let all = admin.text(EVERYTHING).await?;
    let mut lines = Vec::new();
    for message in admin.client.simple_query(&all).await? {
        if let SimpleQueryMessage::Row(row) = message {
            let columns = (0..row.len()).map(|at| row.get(at).unwrap_or("-"));
            lines.push(columns.collect::<Vec<&str>>().join(" "));
        }
    }
    Ok(lines)
}

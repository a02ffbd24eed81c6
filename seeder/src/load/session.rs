//! The load's own sessions: how they are set, and a few that are kept for the next step.

use std::future::Future;
use std::sync::{Mutex, PoisonError};

use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio_postgres::{Client, Config, NoTls};

use super::error::Failure;

/// How a session that fills a database is set.
///
/// Text of COPY is read by these, whatever the database's own settings are. The search path stays,
/// because functions in constraints and triggers may rely on it. Only a superuser may set the
/// language of messages, and the place of an error is read from them.
pub const SETTINGS: &str = "
SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'postgres'; SET TimeZone = 'UTC';
SET xmloption = 'content'; SET lc_monetary = 'C';
SET row_security = off; SET synchronous_commit = off; SET client_min_messages = error;
SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; SET lock_timeout = '60s';
SELECT set_config('lc_messages', 'C', false) FROM pg_roles WHERE rolname = current_user AND rolsuper;
SELECT set_config('session_replication_role', 'origin', false)
 WHERE current_setting('session_replication_role') <> 'origin'";

/// Makes sessions that fill a database and keeps those that are idle.
pub struct Sessions {
    config: Config,
    most: usize,
    idle: Mutex<Vec<Client>>,
}

impl Sessions {
    /// Sessions of a superuser or of the owner of every table, without TLS; `most` steps run at once.
    pub fn new(config: &Config, most: usize) -> Self {
        Self {
            config: config.clone(),
            most: most.max(1),
            idle: Mutex::new(Vec::new()),
        }
    }

    /// A session outside of any transaction. Whoever took it gives it back in that state, or not.
    ///
    /// # Errors
    /// When no session is to be had.
    pub async fn take(&self) -> Result<Client, Failure> {
        const STEP: &str = "connect to the database";
        let idle = self.lock().pop();
        if let Some(client) = idle.filter(|client| !client.is_closed()) {
            return Ok(client);
        }
        let connected = self.config.connect(NoTls).await;
        let (client, connection) = connected.map_err(|error| Failure::new(STEP, &error))?;
        // An error of the connection shows in the client's next call.
        tokio::spawn(connection);
        let set = client.batch_execute(SETTINGS).await;
        set.map_err(|error| Failure::new("set up a session", &error))?;
        Ok(client)
    }

    /// Keeps a session for the next step.
    pub fn give_back(&self, client: Client) {
        self.lock().push(client);
    }

    /// Runs statements that belong together, in one transaction.
    pub(super) async fn transaction(
        &self,
        step: &str,
        statements: &[String],
    ) -> Result<(), Failure> {
        if statements.is_empty() {
            return Ok(());
        }
        // A batch is one implicit transaction (PostgreSQL documentation, "Simple Query").
        let client = self.take().await?;
        let done = client.batch_execute(&statements.join(";\n")).await;
        done.map_err(|error| Failure::new(step, &error))?;
        self.give_back(client);
        Ok(())
    }

    /// Runs a step for each item, as many at once as there may be sessions; the first failure ends
    /// all.
    pub async fn each<I, T, F>(
        &self,
        items: I,
        step: impl Fn(I::Item) -> F,
        mut done: impl FnMut(T),
    ) -> Result<(), Failure>
    where
        I: IntoIterator,
        F: Future<Output = Result<T, Failure>>,
    {
        let mut items = items.into_iter();
        let mut running: FuturesUnordered<F> = items.by_ref().take(self.most).map(&step).collect();
        while let Some(outcome) = running.next().await {
            done(outcome?);
            running.extend(items.next().map(&step));
        }
        Ok(())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Client>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

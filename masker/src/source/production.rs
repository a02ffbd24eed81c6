//! How production is reached, and read-only sessions with settings under which values have one text
//! form.

use std::fmt;
use std::sync::Arc;

use rustls::ClientConfig;
use tokio_postgres::{Client, Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::wire::{Dial, dial};

/// Under these a value's text does not depend on how the login or the database is set up; without
/// `row_security = off` a policy would leave rows out and say nothing (PostgreSQL documentation,
/// "Client Connection Defaults").
const SETTINGS: &str = "SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; \
     SET IntervalStyle = 'postgres'; SET extra_float_digits = 3; SET bytea_output = 'hex'; \
     SET lc_monetary = 'C'; SET search_path = ''; SET row_security = off; \
     SET statement_timeout = 0; SET lock_timeout = '10s'; \
     SET idle_in_transaction_session_timeout = 0; \
     SET default_transaction_read_only = on";

/// Production's address, login and TLS.
#[derive(Clone)]
pub struct Production {
    /// Where and who.
    pub config: Config,
    /// TLS with libpq's meaning of `sslmode`; `None` where it is not spoken.
    pub tls: Option<Arc<ClientConfig>>,
}

impl Production {
    /// A read-only session; its connection ends with it.
    ///
    /// # Errors
    /// When the server cannot be reached, refuses the login, or one of the settings.
    pub async fn connect(&self) -> Result<Client, tokio_postgres::Error> {
        let client = match &self.tls {
            Some(tls) => {
                let connector = MakeRustlsConnect::new(ClientConfig::clone(tls));
                let (client, connection) = self.config.connect(connector).await?;
                // The client's own calls report the same error.
                tokio::spawn(async move { connection.await.ok() });
                client
            }
            None => {
                let (client, connection) = self.config.connect(NoTls).await?;
                tokio::spawn(async move { connection.await.ok() });
                client
            }
        };
        client.batch_execute(SETTINGS).await?;
        Ok(client)
    }
}

impl Production {
    /// What makes its sessions.
    pub(crate) fn dial(&self) -> Arc<dyn Dial> {
        match &self.tls {
            Some(tls) => dial(MakeRustlsConnect::new(ClientConfig::clone(tls))),
            None => dial(NoTls),
        }
    }
}

impl fmt::Debug for Production {
    /// Prints no password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Production({:?})", self.config.get_hosts())
    }
}

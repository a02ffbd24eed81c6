//! How facts are told: errors of the server, digests of values, notices.

use std::sync::Mutex;

use sqlx::postgres::PgDatabaseError;

/// Prints the server's error in full; any other error ends the session.
pub fn fails<T>(step: &str, result: Result<T, sqlx::Error>) -> anyhow::Result<()> {
    let error = match result {
        Ok(_) => {
            println!("{step}: no error");
            return Ok(());
        }
        Err(sqlx::Error::Database(error)) => error,
        Err(error) => return Err(error.into()),
    };
    let said: &PgDatabaseError = error.downcast_ref();
    let (severity, code, message) = (said.severity(), said.code(), said.message());
    let (detail, hint, position) = (said.detail(), said.hint(), said.position());
    println!("{step}: {severity:?} {code} {message} {detail:?} {hint:?} {position:?}");
    Ok(())
}

/// Length and FNV-1a; enough to tell two transcripts apart.
pub fn digest(bytes: &[u8]) -> String {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    let hash = bytes.iter().fold(OFFSET, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(PRIME)
    });
    format!("{} {hash:016x}", bytes.len())
}

/// The logger.
pub static NOTICES: Notices = Notices(Mutex::new(Vec::new()));

/// Keeps the notices that sqlx writes to its log.
pub struct Notices(Mutex<Vec<String>>);

impl Notices {
    /// Those since the last call, with their levels.
    pub fn taken(&self) -> Vec<String> {
        self.0
            .lock()
            .map(|mut kept| std::mem::take(&mut *kept))
            .unwrap_or_default()
    }
}

impl log::Log for Notices {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        metadata.target() == "sqlx::postgres::notice"
    }

    fn log(&self, record: &log::Record<'_>) {
        if self.enabled(record.metadata())
            && let Ok(mut kept) = self.0.lock()
        {
            kept.push(format!("{} {}", record.level(), record.args()));
        }
    }

    fn flush(&self) {}
}

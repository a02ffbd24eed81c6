//! Log lines on standard error: text for people, JSON for programs.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::prelude::*;

/// What a daemon logs unless `STANDIN_LOG` says otherwise (`tracing-subscriber`'s filter syntax).
///
/// A warning of rustls is about a peer's alert: Java, for one, sends "user canceled" with every
/// orderly end.
pub const LOG_SERVING: &str = "info,tokio_postgres=warn,rustls=error";

/// What is logged beside output that is meant for people.
pub const LOG_QUIET: &str = "warn,rustls=error";

/// Begins to log; a second call changes nothing.
pub fn log_to_stderr(json: bool, default: &str) {
    let filter = EnvFilter::try_from_env("STANDIN_LOG");
    let filter = filter.unwrap_or_else(|_| EnvFilter::new(default));
    let layer = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_target(false);
    let registry = tracing_subscriber::registry().with(filter);
    let _already = if json {
        registry.with(layer.json()).try_init()
    } else {
        registry.with(layer.with_ansi(false)).try_init()
    };
}

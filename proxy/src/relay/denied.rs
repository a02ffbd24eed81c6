//! What the guard denied, on its way to whoever keeps record of it.

use std::time::SystemTime;

use rules::config::AccessMode;
use rules::guard::{Denial, Fingerprint};
use rules::name::UserName;
use tokio::sync::mpsc;

/// Denials that may wait to be written down; a client that provokes more loses some, which is
/// counted.
const WAITING_MAX: usize = 4096;

/// One denial. It holds no SQL but names of tables, and no value.
#[derive(Debug, Clone)]
pub struct Denied {
    /// When.
    pub at: SystemTime,
    /// Where: `qa` or `qa.login-fix`.
    pub place: String,
    /// Who.
    pub user: UserName,
    /// What the client calls itself.
    pub application_name: String,
    /// The access mode of the session.
    pub mode: AccessMode,
    /// The rule.
    pub rule: &'static str,
    /// The SQLSTATE.
    pub code: &'static str,
    /// The statement; absent for what is no statement.
    pub fingerprint: Option<Fingerprint>,
    /// The tables that it would write to, as far as they are known.
    pub tables: Vec<String>,
}

/// Where sessions put what was denied them.
#[derive(Clone)]
pub(super) struct Denials(mpsc::Sender<Denied>);

impl Denials {
    pub(super) fn channel() -> (Self, mpsc::Receiver<Denied>) {
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        (Self(sender), receiver)
    }

    /// Counts a denial and passes it on.
    pub(super) fn put(&self, denial: &Denial, denied: Denied) {
        let (rule, mode) = (denial.rule.id(), denial.mode.as_str());
        metrics::counter!("guard_denials_total", "rule" => rule, "access" => mode).increment(1);
        if self.0.try_send(denied).is_err() {
            metrics::counter!("guard_audit_lost_total").increment(1);
        }
    }
}

//! What the daemon tells the environments: their tables and the secrets that these refer to.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use masker::key::MaskKey;
use masker::source::Production;
use rules::config::{Config, Environment};
use rules::mask::MaskRules;
use rules::name::{EnvironmentName, EnvironmentPattern};
use rules::target::Place;

use super::EnvironmentError;

/// The part of the configuration that environments live by, secrets resolved.
#[derive(Clone)]
pub struct Settings {
    /// The tables and what follows from them.
    pub config: Config,
    /// The directory that relative paths of migrations begin at.
    pub directory: PathBuf,
    /// Connection URL of production.
    pub production: Option<String>,
    /// What masked copies of it need.
    pub masking: Option<Arc<Masking>>,
    /// Servers that are not ours, by table.
    pub upstreams: HashMap<EnvironmentPattern, UpstreamAddress>,
}

/// What masked copies of production need.
#[derive(Debug)]
pub struct Masking {
    /// How production is reached.
    pub production: Production,
    /// The key of every replaced value.
    pub key: Arc<MaskKey>,
    /// What becomes of each column.
    pub rules: MaskRules,
}

/// A server that is not ours, and the login for it.
#[derive(Clone, PartialEq, Eq)]
pub struct UpstreamAddress {
    /// Host name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Login role.
    pub user: String,
    /// Its password.
    pub password: Option<String>,
    /// libpq's `sslmode`, `prefer` where the URL says nothing.
    pub sslmode: String,
    /// libpq's `sslrootcert`.
    pub sslrootcert: Option<PathBuf>,
}

impl Settings {
    /// The table of an environment.
    ///
    /// # Errors
    /// When no table has this name or a prefix of it.
    pub fn environment(&self, name: &EnvironmentName) -> Result<&Environment, EnvironmentError> {
        self.config
            .environment_for(name)
            .ok_or_else(|| EnvironmentError::UnknownEnvironment {
                name: name.to_string(),
                suggestion: self.config.suggest_environment(name.as_str()),
            })
    }

    /// Whether a place may vanish by itself, and after how long without use.
    pub(super) fn lifetime(&self, place: &Place) -> Option<std::time::Duration> {
        let environment = self.config.environment_for(&place.environment)?;
        let disposable =
            place.branch.is_some() || matches!(environment.pattern, EnvironmentPattern::Prefix(_));
        environment.branches.ttl.filter(|_| disposable)
    }
}

//! The configuration file and the secrets that it refers to.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use rules::config::{self, Config, Password, Problem, Secret, Source};
use rules::name::UserName;

use super::upstream::{self, UrlError};
use crate::branches::PoolSettings;
use crate::environments;

/// Bytes of a file that a secret may be read from: a certificate chain is the longest.
const SECRET_BYTES_MAX: u64 = 1 << 20;

/// Why the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file cannot be read.
    #[error("read {path:?}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file is wrong.
    #[error("{path:?} has {} problem(s)", problems.len())]
    Wrong {
        /// The file.
        path: PathBuf,
        /// Its problems, in the order of the file.
        problems: Vec<Problem>,
    },
    /// A secret is not where the file says.
    #[error("{key} is {reference:?}, which {reason}")]
    Secret {
        /// The key in the file.
        key: String,
        /// `env:NAME` or `file:path`.
        reference: String,
        /// Why it cannot be used.
        reason: String,
    },
    /// A connection URL is wrong.
    #[error("{key}: {source}")]
    Url {
        /// The key in the file.
        key: String,
        /// What is wrong with it.
        #[source]
        source: UrlError,
    },
}

/// A configuration that was read and checked.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The file, absolute.
    pub path: PathBuf,
    /// The directory that its relative paths begin at.
    pub directory: PathBuf,
    /// What it says.
    pub config: Config,
}

/// Reads and checks a configuration file; secrets are not looked at.
///
/// # Errors
/// When the file cannot be read, or for its problems.
pub fn load(path: &Path) -> Result<Loaded, LoadError> {
    let read = |source| LoadError::Read {
        path: path.to_owned(),
        source,
    };
    let path = std::path::absolute(path).map_err(read)?;
    let text = std::fs::read_to_string(&path).map_err(read)?;
    let config = config::parse(&text).map_err(|problems| LoadError::Wrong {
        path: path.clone(),
        problems,
    })?;
    let directory = path.parent().unwrap_or(Path::new("/")).to_owned();
    Ok(Loaded {
        path,
        directory,
        config,
    })
}

impl Loaded {
    /// The pool's directory, absolute.
    pub fn pool_path(&self) -> PathBuf {
        self.directory.join(&self.config.pool.path)
    }

    /// What the pool is told.
    pub fn pool_settings(&self) -> PoolSettings {
        let config = &self.config;
        PoolSettings {
            path: self.pool_path(),
            bin: config
                .postgres
                .bin
                .iter()
                .map(|bin| self.directory.join(bin))
                .collect(),
            version: config.postgres.version,
            user: config.postgres.user.clone(),
            memory_bytes: config.pool.memory_bytes,
            awake_max: config.pool.awake_max,
            disk_bytes: config.pool.disk_bytes,
            connect_wait: config.limits.connect_wait,
        }
    }

    /// What the environments are told.
    ///
    /// # Errors
    /// When a secret is missing or is no connection URL.
    pub fn environment_settings(&self) -> Result<environments::Settings, LoadError> {
        let production = self.config.production.as_ref();
        let production = production
            .map(|production| self.secret("production.url", &production.url))
            .transpose()?;
        let mut upstreams = HashMap::new();
        for environment in &self.config.environments {
            if let Source::Upstream(secret) = &environment.source {
                let key = format!("environments.{}.source.upstream", environment.pattern);
                let url = self.secret(&key, secret)?;
                let address =
                    upstream::parse(&url).map_err(|source| LoadError::Url { key, source })?;
                upstreams.insert(environment.pattern.clone(), address);
            }
        }
        Ok(environments::Settings {
            config: self.config.clone(),
            directory: self.directory.clone(),
            production,
            upstreams,
        })
    }

    /// Each user's password or verifier as text.
    ///
    /// # Errors
    /// When a secret is missing.
    pub fn passwords(&self) -> Result<HashMap<UserName, String>, LoadError> {
        let of_user = |(name, user): (&UserName, &config::User)| {
            let text = match &user.password {
                Password::Scram(verifier) => verifier.clone(),
                Password::Secret(secret) => {
                    self.secret(&format!("users.{name}.password"), secret)?
                }
            };
            Ok((name.clone(), text))
        };
        self.config.users.iter().map(of_user).collect()
    }

    /// Reads one secret.
    ///
    /// # Errors
    /// When it is missing, empty or too long; the error names the reference, never the value.
    pub fn secret(&self, key: &str, secret: &Secret) -> Result<String, LoadError> {
        let refused = |reason: String| LoadError::Secret {
            key: key.to_owned(),
            reference: secret.to_string(),
            reason,
        };
        let text = match secret {
            Secret::Env(name) => std::env::var(name)
                .map_err(|_| refused("is not set in the environment of this process".to_owned()))?,
            Secret::File(path) => {
                let path = self.directory.join(path);
                let meta = std::fs::metadata(&path);
                let bytes = meta
                    .map_err(|error| refused(format!("cannot be read: {error}")))?
                    .len();
                if bytes > SECRET_BYTES_MAX {
                    return Err(refused(format!("has {bytes} bytes, too many for a secret")));
                }
                let text = std::fs::read_to_string(&path);
                text.map_err(|error| refused(format!("cannot be read: {error}")))?
            }
        };
        let text = text.strip_suffix('\n').unwrap_or(&text);
        let text = text.strip_suffix('\r').unwrap_or(text);
        if text.is_empty() {
            return Err(refused("is empty".to_owned()));
        }
        Ok(text.to_owned())
    }
}

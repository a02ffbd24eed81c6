//! The configuration file and the secrets that it refers to.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use masker::source::Production;
use rules::config::{self, Config, Finding, Password, Places, Problem, Source};
use rules::name::UserName;

use super::address;
use crate::branches::{Check, PoolSettings};
use crate::environments;

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
    #[error("{path:?} has {} problems", problems.len())]
    Wrong {
        /// The file.
        path: PathBuf,
        /// Its problems, in the order of the file.
        problems: Vec<Problem>,
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
    /// Where it says it.
    pub(super) places: Places,
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
    let (config, places) = config::parse_placed(&text).map_err(|problems| LoadError::Wrong {
        path: path.clone(),
        problems,
    })?;
    let directory = path.parent().unwrap_or(Path::new("/")).to_owned();
    Ok(Loaded {
        path,
        directory,
        config,
        places,
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
            check: match config.pool.check {
                config::Check::Answers => Check::Answers,
                config::Check::Integrity => Check::Integrity,
            },
            connect_wait: config.limits.connect_wait,
        }
    }

    /// What the environments are told.
    ///
    /// # Errors
    /// When a secret is missing or is no connection URL.
    pub fn environment_settings(&self) -> Result<environments::Settings, LoadError> {
        let production = self.production_url()?;
        let mut upstreams = HashMap::new();
        for environment in &self.config.environments {
            if let Source::Upstream(secret) = &environment.source {
                let name = environment.pattern.to_string();
                let key = key(&["environments", &name, "source", "upstream"]);
                let url = self.secret(&key, secret);
                let url = url.map_err(|finding| self.wrong(vec![finding]))?;
                let address = address::parse(&url).map_err(|error| {
                    self.wrong(vec![Finding {
                        key,
                        message: format!("\"{secret}\": {error}"),
                        hint: None,
                    }])
                })?;
                upstreams.insert(environment.pattern.clone(), address);
            }
        }
        Ok(environments::Settings {
            config: self.config.clone(),
            directory: self.directory.clone(),
            masking: self.masking(production.as_deref())?,
            production,
            upstreams,
        })
    }

    /// How production is reached; `None` without `[production]`. The masking key is not looked at.
    ///
    /// # Errors
    /// When its URL is missing or is none.
    pub fn production(&self) -> Result<Option<Production>, LoadError> {
        let url = self.production_url()?;
        url.map(|url| self.address_of_production(&url)).transpose()
    }

    fn production_url(&self) -> Result<Option<String>, LoadError> {
        let production = self.config.production.as_ref();
        production
            .map(|production| self.secret(&key(&["production", "url"]), &production.url))
            .transpose()
            .map_err(|finding| self.wrong(vec![finding]))
    }

    fn address_of_production(&self, url: &str) -> Result<Production, LoadError> {
        address::production(url).map_err(|error| {
            self.wrong(vec![Finding {
                key: key(&["production", "url"]),
                message: error.to_string(),
                hint: None,
            }])
        })
    }

    /// How the server of each `upstream` environment is reached, by the environment's name.
    ///
    /// # Errors
    /// When a secret is missing or is no connection URL.
    pub fn upstreams(&self) -> Result<Vec<(&config::Environment, Production)>, LoadError> {
        let mut found = Vec::new();
        for environment in &self.config.environments {
            let Source::Upstream(secret) = &environment.source else {
                continue;
            };
            let name = environment.pattern.to_string();
            let key = key(&["environments", &name, "source", "upstream"]);
            let url = self.secret(&key, secret);
            let url = url.map_err(|finding| self.wrong(vec![finding]))?;
            let address = address::production(&url).map_err(|error| {
                let (message, hint) = (format!("\"{secret}\": {error}"), None);
                self.wrong(vec![Finding { key, message, hint }])
            })?;
            found.push((environment, address));
        }
        Ok(found)
    }

    /// What a masked copy needs: how production is reached, the key, the rules.
    fn masking(
        &self,
        production: Option<&str>,
    ) -> Result<Option<Arc<environments::Masking>>, LoadError> {
        let (Some(rules), Some(url)) = (&self.config.masking, production) else {
            return Ok(None);
        };
        let production = self.address_of_production(url)?;
        let masking_key = self.masking_key(&rules.key);
        Ok(Some(Arc::new(environments::Masking {
            production,
            key: Arc::new(masking_key.map_err(|finding| self.wrong(vec![finding]))?),
            rules: rules.clone(),
        })))
    }

    /// Each user's password or verifier as text.
    ///
    /// # Errors
    /// When a secret is missing.
    pub fn passwords(&self) -> Result<HashMap<UserName, String>, LoadError> {
        let of_user = |(name, user): (&UserName, &config::User)| {
            let text = match &user.password {
                Password::Scram(verifier) => verifier.clone(),
                Password::Secret(secret) => self
                    .secret(&key(&["users", name.as_str(), "password"]), secret)
                    .map_err(|finding| self.wrong(vec![finding]))?,
            };
            Ok((name.clone(), text))
        };
        self.config.users.iter().map(of_user).collect()
    }

    /// The certificate chain and its key, where there are such.
    ///
    /// # Errors
    /// When a file is missing.
    pub(super) fn certificate(&self) -> Result<Option<(String, String)>, LoadError> {
        let Some(tls) = &self.config.listen.tls else {
            return Ok(None);
        };
        let read = |name: &str, secret| {
            let read = self.secret(&key(&["listen", "tls", name]), secret);
            read.map_err(|finding| self.wrong(vec![finding]))
        };
        Ok(Some((read("cert", &tls.cert)?, read("key", &tls.key)?)))
    }

    /// The password of one user in clear, where it can be read.
    pub fn password(&self, name: &UserName) -> Option<String> {
        match &self.config.users.get(name)?.password {
            Password::Scram(_) => None,
            Password::Secret(secret) => self.secret(&[], secret).ok(),
        }
    }

    /// What was found as an error of this file.
    pub(super) fn wrong(&self, findings: Vec<Finding>) -> LoadError {
        LoadError::Wrong {
            path: self.path.clone(),
            problems: self.places.problems(findings),
        }
    }
}

fn key(parts: &[&str]) -> Vec<String> {
    parts.iter().map(|&part| part.to_owned()).collect()
}

//! Questions to a configuration: which table an environment has, who may enter it, what a reload
//! cannot change.

use crate::name::{EnvironmentName, EnvironmentPattern, UserName};

use super::text::nearest;
use super::{AccessMode, Config, Environment, Grant, Source};

/// Why a user may not enter an environment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// The configuration has no such user.
    #[error("user \"{0}\" does not exist")]
    UnknownUser(UserName),
    /// No table matches the environment.
    #[error("environment \"{0}\" does not exist")]
    UnknownEnvironment(EnvironmentName),
    /// None of the user's grants matches.
    #[error("user \"{user}\" may not enter environment \"{environment}\"")]
    NotListed {
        /// Who asked.
        user: UserName,
        /// Where to.
        environment: EnvironmentName,
    },
    /// Only a wildcard matches, and the data is production's, unmasked.
    #[error(
        "environment \"{environment}\" holds unmasked production data, and user \"{user}\" does \
         not list it by name"
    )]
    Unmasked {
        /// Who asked.
        user: UserName,
        /// Where to.
        environment: EnvironmentName,
    },
}

impl Config {
    /// The table of an environment: an exact name first, then the longest prefix that matches.
    ///
    /// No two tables can tie: keys are unique, and of two prefixes of one name one is longer.
    pub fn environment_for(&self, name: &EnvironmentName) -> Option<&Environment> {
        let rank = |environment: &&Environment| match &environment.pattern {
            EnvironmentPattern::One(_) => usize::MAX,
            EnvironmentPattern::Prefix(prefix) => prefix.len(),
        };
        self.environments
            .iter()
            .filter(|environment| environment.pattern.matches(name))
            .max_by_key(rank)
    }

    /// Whether an environment holds production's data unmasked, by itself or through its sources.
    ///
    /// An upstream is not counted: its data is not ours to know.
    pub fn is_raw(&self, environment: &Environment) -> bool {
        let mut at = environment;
        // A checked configuration has no cycle; the bound keeps a hand-made one from hanging.
        for _ in 0..=self.environments.len() {
            match &at.source {
                Source::Environment(next) => match self.environment_for(next) {
                    Some(next) => at = next,
                    None => return true,
                },
                source => return source.is_raw(),
            }
        }
        true
    }

    /// Whether a user may enter an environment.
    ///
    /// Unmasked data is entered only by who lists the environment by its own name: neither `*` nor
    /// a prefix grants it.
    pub fn may_enter(&self, user: &UserName, environment: &EnvironmentName) -> Result<(), Denied> {
        let table = self
            .environment_for(environment)
            .ok_or_else(|| Denied::UnknownEnvironment(environment.clone()));
        let grants = match self.users.get(user) {
            Some(known) => &known.environments,
            None => return Err(Denied::UnknownUser(user.clone())),
        };
        let table = table?;
        let by_name = |grant: &Grant| matches!(grant, Grant::Pattern(EnvironmentPattern::One(one)) if one == environment);
        let matches = |grant: &Grant| match grant {
            Grant::All => true,
            Grant::Pattern(pattern) => pattern.matches(environment),
        };
        if grants.iter().any(by_name) {
            return Ok(());
        }
        let (user, environment) = (user.clone(), environment.clone());
        match grants.iter().any(matches) {
            true if self.is_raw(table) => Err(Denied::Unmasked { user, environment }),
            true => Ok(()),
            false => Err(Denied::NotListed { user, environment }),
        }
    }

    /// What a user may do to the data of an environment: what it allows, and no more than the user may
    /// anywhere. Who is not in the configuration may read at most.
    pub fn access(&self, user: &UserName, environment: &Environment) -> AccessMode {
        let most = self.users.get(user);
        let most = most.map_or(AccessMode::ReadOnly, |user| user.access);
        environment.access.min(most)
    }

    /// The users who may enter an environment, in order, with what each may do there.
    pub fn entrants(&self, name: &EnvironmentName) -> Vec<(UserName, AccessMode)> {
        let Some(environment) = self.environment_for(name) else {
            return Vec::new();
        };
        let users = self.users.keys();
        let may = users.filter(|user| self.may_enter(user, name).is_ok());
        may.map(|user| (user.clone(), self.access(user, environment)))
            .collect()
    }

    /// The least that anybody may do who enters an environment: nothing but the guard stands for it where
    /// the server is not ours.
    pub fn least_access(&self, environment: &Environment) -> AccessMode {
        let entrants = match &environment.pattern {
            EnvironmentPattern::One(name) => self.entrants(name),
            EnvironmentPattern::Prefix(_) => Vec::new(),
        };
        let least = entrants.into_iter().map(|(_, access)| access).min();
        least.map_or(environment.access, |least| least.min(environment.access))
    }

    /// The environment that a mistyped name may have meant.
    pub fn suggest_environment(&self, name: &str) -> Option<String> {
        let known: Vec<String> = self
            .environments
            .iter()
            .map(|environment| environment.pattern.to_string())
            .collect();
        nearest(name, known.iter().map(String::as_str)).map(str::to_owned)
    }

    /// The user that a mistyped name may have meant.
    pub fn suggest_user(&self, name: &str) -> Option<&UserName> {
        let nearest = nearest(name, self.users.keys().map(UserName::as_str))?;
        self.users.keys().find(|user| user.as_str() == nearest)
    }
}

/// The keys that differ and that only a restart of the daemon brings into effect.
pub fn needs_restart(old: &Config, new: &Config) -> Vec<String> {
    let (before, after) = (&old.listen, &new.listen);
    let keys = [
        ("pool.path", old.pool.path != new.pool.path),
        (
            "pool.memory",
            old.pool.memory_bytes != new.pool.memory_bytes,
        ),
        ("pool.disk", old.pool.disk_bytes != new.pool.disk_bytes),
        ("pool.awake_max", old.pool.awake_max != new.pool.awake_max),
        ("pool.check", old.pool.check != new.pool.check),
        ("postgres.bin", old.postgres.bin != new.postgres.bin),
        ("postgres.user", old.postgres.user != new.postgres.user),
        ("listen.postgres", before.postgres != after.postgres),
        ("listen.unix", before.unix != after.unix),
        ("listen.tls", before.tls != after.tls),
        ("listen.domain", before.domain != after.domain),
        (
            "listen.proxy_protocol",
            before.proxy_protocol != after.proxy_protocol,
        ),
    ];
    keys.into_iter()
        .filter(|(_, differs)| *differs)
        .map(|(key, _)| key.to_owned())
        .collect()
}

//! What a client asked for: `database@environment[.branch]`, or a host name through SNI.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::name::{BranchName, EnvironmentName, NameError};

/// One environment, or one named branch of it: everything that has a pointer of its own.
///
/// Written `environment` or `environment.branch`; names hold no dot, so this is unambiguous.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Place {
    /// The environment.
    pub environment: EnvironmentName,
    /// The branch within it; `None` is the environment itself.
    pub branch: Option<BranchName>,
}

/// A database at a place: `shop@qa` or `shop@qa.login-fix`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Target {
    /// The database within the server, at most 63 bytes as in PostgreSQL.
    pub database: String,
    /// Where it is.
    pub place: Place,
}

/// Why a target name was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// There is no `@`.
    #[error("database name {0:?} names no environment")]
    NoEnvironment(String),
    /// Nothing stands before the `@`, or more than 63 bytes do.
    #[error("{0:?} has no database before the \"@\", or one longer than 63 bytes")]
    Database(String),
    /// More than one dot, or a name outside the alphabet.
    #[error("{text:?} is no environment or branch")]
    Place {
        /// What stands behind the `@`.
        text: String,
        /// What is wrong with it.
        #[source]
        source: NameError,
    },
}

/// The longest database name of PostgreSQL in bytes (`NAMEDATALEN` − 1).
pub const DATABASE_BYTES_MAX: usize = 63;

impl Place {
    /// The environment itself.
    pub fn environment(environment: EnvironmentName) -> Self {
        Self {
            environment,
            branch: None,
        }
    }
}

impl std::str::FromStr for Place {
    type Err = TargetError;
    fn from_str(text: &str) -> Result<Self, TargetError> {
        let fail = |source| TargetError::Place {
            text: text.to_owned(),
            source,
        };
        let (environment, branch) = match text.split_once('.') {
            Some((environment, branch)) => (environment, Some(branch)),
            None => (text, None),
        };
        Ok(Self {
            environment: environment.parse().map_err(fail)?,
            branch: branch.map(str::parse).transpose().map_err(fail)?,
        })
    }
}

impl TryFrom<String> for Place {
    type Error = TargetError;
    fn try_from(text: String) -> Result<Self, TargetError> {
        text.parse()
    }
}

impl From<Place> for String {
    fn from(place: Place) -> String {
        place.to_string()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.branch {
            Some(branch) => f.pad(&format!("{}.{branch}", self.environment)),
            None => f.pad(self.environment.as_str()),
        }
    }
}

impl std::str::FromStr for Target {
    type Err = TargetError;
    /// Splits at the last `@`, because a database name may hold one and a place may not.
    fn from_str(text: &str) -> Result<Self, TargetError> {
        let (database, place) = text
            .rsplit_once('@')
            .ok_or_else(|| TargetError::NoEnvironment(text.to_owned()))?;
        if database.is_empty() || database.len() > DATABASE_BYTES_MAX {
            return Err(TargetError::Database(text.to_owned()));
        }
        Ok(Self {
            database: database.to_owned(),
            place: place.parse()?,
        })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}@{}", self.database, self.place))
    }
}

/// The place that a server name asks for: `environment[--branch].domain`.
///
/// Returns `None` when the name is not under `domain` or is no legal place; host names ignore case.
pub fn place_of_server_name(server_name: &str, domain: &str) -> Option<Place> {
    let server_name = server_name.trim_end_matches('.').to_ascii_lowercase();
    let domain = domain.trim_matches('.').to_ascii_lowercase();
    let label = server_name.strip_suffix(&domain)?.strip_suffix('.')?;
    let (environment, branch) = match label.split_once("--") {
        Some((environment, branch)) => (environment, Some(branch)),
        None => (label, None),
    };
    Some(Place {
        environment: environment.parse().ok()?,
        branch: branch.map(str::parse).transpose().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_last_at_sign_separates_database_and_place() {
        let target: Target = "odd@name@qa.fix".parse().expect("a target");
        assert_eq!(target.database, "odd@name");
        assert_eq!(target.place.to_string(), "qa.fix");
    }

    #[test]
    fn wrong_targets_say_what_is_wrong() {
        assert!(matches!(
            "shop".parse::<Target>(),
            Err(TargetError::NoEnvironment(_))
        ));
        assert!(matches!(
            "@qa".parse::<Target>(),
            Err(TargetError::Database(_))
        ));
        for bad in [
            "shop@",
            "shop@qa.",
            "shop@.x",
            "shop@qa.x.y",
            "shop@../qa",
            "shop@QA",
        ] {
            assert!(
                matches!(bad.parse::<Target>(), Err(TargetError::Place { .. })),
                "{bad}"
            );
        }
    }

    #[test]
    fn a_server_name_names_a_place_under_the_domain_only() {
        let place = |name| place_of_server_name(name, "db.example.org").map(|p| p.to_string());
        assert_eq!(place("qa.db.example.org"), Some("qa".into()));
        assert_eq!(
            place("QA--login-fix.DB.example.org."),
            Some("qa.login-fix".into())
        );
        assert_eq!(place("db.example.org"), None);
        assert_eq!(place("qa.evildb.example.org.evil"), None);
        assert_eq!(place("xdb.example.org"), None);
        assert_eq!(place("a.b.db.example.org"), None);
    }

    proptest! {
        #[test]
        fn any_text_parses_or_fails_without_panic(text in ".{0,200}") {
            if let Ok(target) = text.parse::<Target>() {
                prop_assert_eq!(target.to_string().parse::<Target>(), Ok(target));
            }
        }
    }
}

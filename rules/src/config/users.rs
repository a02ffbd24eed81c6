//! `[users.NAME]`: who may connect, where to, and what they may ask of the daemon.

use std::collections::BTreeMap;

use crate::name::{EnvironmentPattern, UserName};

use super::defaults;
use super::environments::{ACCESSES, AccessMode};
use super::secret::{Password, Secret, password};
use super::text::{ProblemKind, Report, Table, Value};

/// `[users.NAME]`.
#[derive(Debug, Clone, PartialEq)]
pub struct User {
    /// How the password is known.
    pub password: Password,
    /// Environments that the user may enter; none where the key is missing.
    pub environments: Vec<Grant>,
    /// What the user may do to the data at most, whatever the environment allows.
    pub access: AccessMode,
    /// What the user may ask of the daemon.
    pub role: Role,
}

/// One entry of a user's `environments`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grant {
    /// `"*"`: every environment, but for unmasked copies.
    All,
    /// A name or prefix; unmasked copies need it to be the name.
    Pattern(EnvironmentPattern),
}

/// What a user may ask of the daemon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// May connect and look.
    Viewer,
    /// May also reset, undo, create and drop branches.
    Operator,
    /// May do everything.
    Admin,
}

/// Most users: each is a table that somebody keeps by hand.
const USERS_MAX: usize = 10_000;

/// The roles as they are written.
const ROLES: [(&str, Role); 3] = [
    (Role::Viewer.as_str(), Role::Viewer),
    (Role::Operator.as_str(), Role::Operator),
    (Role::Admin.as_str(), Role::Admin),
];

impl Role {
    /// The word as it is written in the configuration and shown in listings.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

pub(super) fn users(
    table: Option<Table<'_, '_>>,
    report: &mut Report<'_>,
) -> BTreeMap<UserName, User> {
    let mut users = BTreeMap::new();
    let Some(table) = table else { return users };
    for (name, value) in table.entries(USERS_MAX, report) {
        let name: Option<UserName> = match name.parse() {
            Ok(name) => Some(name),
            Err(error) => {
                let problem = report.key(value.path(), ProblemKind::WrongValue, format!("{error}"));
                problem.expected = Some("a user name of 1 to 63 bytes".to_owned());
                None
            }
        };
        let expected = "a table: [users.NAME]";
        let Some(table) = value.table(expected, report) else {
            continue;
        };
        let user = user(table, report);
        if let Some(name) = name {
            users.insert(name, user);
        }
    }
    users
}

fn user(mut table: Table<'_, '_>, report: &mut Report<'_>) -> User {
    let password = table
        .require("password", "password = \"env:NAME\"", report)
        .and_then(|value| password(&value, report));
    let environments = table
        .get("environments", report)
        .map(|value| grants(&value, report));
    let access = table
        .get("access", report)
        .and_then(|value| value.word(&ACCESSES, report));
    let role = table
        .get("role", report)
        .and_then(|value| value.word(&ROLES, report));
    table.finish(&[], report);
    User {
        // A user without a password is reported, so this one is never returned.
        password: password.unwrap_or(Password::Secret(Secret::Env(String::new()))),
        environments: environments.unwrap_or_default(),
        access: access.unwrap_or(defaults::ACCESS),
        role: role.unwrap_or(defaults::ROLE),
    }
}

fn grants(value: &Value<'_, '_>, report: &mut Report<'_>) -> Vec<Grant> {
    let expected = "an array of environments, such as [\"qa\", \"test-*\"] or [\"*\"]";
    let values = value.array(expected, report).unwrap_or_default();
    let mut grants = Vec::new();
    for value in values {
        let expected = "the name of an environment, a prefix such as \"test-*\", or \"*\"";
        if value.as_str() == Some("*") {
            grants.push(Grant::All);
        } else if let Some(pattern) = value.parsed(expected, report) {
            grants.push(Grant::Pattern(pattern));
        }
    }
    grants
}

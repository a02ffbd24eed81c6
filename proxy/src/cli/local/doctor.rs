//! `standin doctor`

use std::io::ErrorKind;
use std::path::Path;
use std::process::ExitCode;

use rules::config::Problem;
use serde::Serialize;

use super::super::client::Client;
use super::super::failure::Failure;
use super::super::output::{Output, bytes, count, table};
use super::check;
use super::{pool, schemas, upstreams};
use crate::branches::{Account, Driver, Installations, Pressure, Space, Unusable, probe};
use crate::daemon::{self, DaemonError, LoadError, Loaded};
use crate::environments::chain;

/// One thing that was looked at.
#[derive(Debug, Serialize)]
pub(super) struct Finding {
    what: &'static str,
    state: &'static str,
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

impl Finding {
    pub(super) fn good(what: &'static str, detail: impl Into<String>) -> Self {
        Self {
            what,
            state: "good",
            detail: detail.into(),
            hint: None,
        }
    }

    pub(super) fn weak(
        what: &'static str,
        detail: impl Into<String>,
        hint: Option<String>,
    ) -> Self {
        Self {
            what,
            state: "weak",
            detail: detail.into(),
            hint,
        }
    }

    /// What could not be looked at now.
    pub(super) fn unseen(what: &'static str, detail: impl Into<String>, hint: &str) -> Self {
        Self {
            what,
            state: "unseen",
            detail: detail.into(),
            hint: Some(hint.to_owned()),
        }
    }

    pub(super) fn wrong(
        what: &'static str,
        detail: impl Into<String>,
        hint: Option<String>,
    ) -> Self {
        Self {
            what,
            state: "WRONG",
            detail: detail.into(),
            hint,
        }
    }
}

pub(in super::super) fn run(config: &Path, output: &Output) -> Result<ExitCode, Failure> {
    let loaded = daemon::load(config).map_err(check::failure)?;
    let mut findings = vec![Finding::good(
        "configuration",
        loaded.path.display().to_string(),
    )];
    findings.extend(named(&loaded));
    let account = Account::choose(loaded.config.postgres.user.as_deref());
    match &account {
        Ok(account) => {
            findings.push(Finding::good("user of servers", account.name.clone()));
            findings.extend(programs(&loaded, account));
            findings.push(reach(&loaded, account));
        }
        Err(error) => findings.push(Finding::wrong(
            "user of servers",
            chain(error),
            error.hint(),
        )),
    }
    findings.extend(room(&loaded));
    findings.push(cloning(&loaded));
    findings.extend(upstreams::look(&loaded)?);
    let client = Client::at(loaded.pool_path());
    findings.extend(pool::look(&client)?);
    findings.extend(schemas::look(&client)?);
    output.show(&findings, |findings| text(findings));
    let wrong = findings.iter().filter(|finding| finding.state == "WRONG");
    match wrong.count() {
        0 => Ok(ExitCode::SUCCESS),
        // Programs have read it above, and read one document.
        _ if output.is_json() => Ok(ExitCode::FAILURE),
        1 => Err(Failure::failed("1 thing is wrong")),
        count => Err(Failure::failed(format!("{count} things are wrong"))),
    }
}

/// What the configuration names and must be there.
fn named(loaded: &Loaded) -> Vec<Finding> {
    let file = loaded.path.display();
    let told = |problem: &Problem| {
        format!(
            "{file}:{}:{}: {}",
            problem.line, problem.column, problem.message
        )
    };
    let mut findings = Vec::new();
    match daemon::verify(loaded) {
        Ok(()) => {
            let users = count(loaded.config.users.len(), "user");
            findings.push(Finding::good(
                "files and secrets",
                format!("all there, {users}"),
            ));
        }
        Err(DaemonError::Load(LoadError::Wrong { problems, .. })) => {
            findings.extend(problems.iter().map(|problem| {
                Finding::wrong("files and secrets", told(problem), problem.hint.clone())
            }));
        }
        Err(error) => findings.push(Finding::wrong("files and secrets", chain(&error), None)),
    }
    findings.extend(
        loaded
            .open_secrets()
            .iter()
            .map(|problem| Finding::weak("files and secrets", told(problem), problem.hint.clone())),
    );
    findings
}

fn programs(loaded: &Loaded, account: &Account) -> Vec<Finding> {
    let settings = loaded.pool_settings();
    let found = Installations::find(&settings.bin).usable_by(account);
    let mut findings: Vec<Finding> = found
        .iter()
        .map(|one| {
            Finding::good(
                "postgresql",
                format!("{} {}", one.version, one.bin.display()),
            )
        })
        .collect();
    // A stray program elsewhere is no installation, unless somebody says that it is one.
    let configured = |bin: &Path| {
        let mut named = settings.bin.iter();
        named.any(|named| named.canonicalize().is_ok_and(|named| named == bin))
    };
    let unusable = found
        .unusable()
        .filter(|(bin, reason)| !matches!(reason, Unusable::Missing { .. }) || configured(bin));
    findings.extend(unusable.map(|(bin, reason)| {
        Finding::weak("postgresql", format!("{}: {reason}", bin.display()), None)
    }));
    let wanted = match settings.version {
        Some(major) => found.of_major(major).map(drop),
        None => found.newest().map(drop),
    };
    if let Err(error) = wanted {
        findings.push(Finding::wrong(
            "postgresql",
            error.to_string(),
            Some(error.hint()),
        ));
    }
    findings
}

fn reach(loaded: &Loaded, account: &Account) -> Finding {
    let pool = loaded.pool_path();
    match account.barred_from(&pool) {
        None => Finding::good("way to the pool", pool.display().to_string()),
        Some(directory) => {
            let (user, directory) = (&account.name, directory.display());
            let hint = format!("chmod o+x {directory}, or another `pool.path`");
            let detail = format!("user {user} cannot enter {directory}");
            Finding::wrong("way to the pool", detail, Some(hint))
        }
    }
}

/// The room in the pool, or where it would be.
fn room(loaded: &Loaded) -> Option<Finding> {
    let pool = loaded.pool_path();
    let existing = pool.ancestors().find(|ancestor| ancestor.is_dir())?;
    let space = Space::of(existing).ok()?;
    let (free, total) = (bytes(space.free_bytes), bytes(space.total_bytes));
    let detail = format!("{free} of {total} free");
    let hint = "drop branches and snapshots, or grow the pool file: `standin setup --size SIZE`";
    Some(match space.pressure() {
        Pressure::Easy => Finding::good("room", detail),
        Pressure::Collect => Finding::weak("room", detail, Some(hint.to_owned())),
        Pressure::Refuse | Pressure::Critical => {
            let detail = format!("the pool is full, and nothing new is made: {detail}");
            Finding::wrong("room", detail, Some(hint.to_owned()))
        }
    })
}

/// Clones a file in the pool, or where the pool would be.
fn cloning(loaded: &Loaded) -> Finding {
    let pool = loaded.pool_path();
    let existing = pool.ancestors().find(|ancestor| ancestor.is_dir());
    match probe(existing.unwrap_or(Path::new("/"))) {
        Ok(Driver::Copy) => Finding::weak(
            "cloning",
            "this filesystem cannot clone files: branches are full copies",
            Some("`standin setup` as root makes a pool that clones".to_owned()),
        ),
        Ok(driver) => Finding::good("cloning", format!("driver {driver}")),
        Err(error) if error.source.kind() == ErrorKind::StorageFull => {
            Finding::weak("cloning", "not tried: the pool is full", None)
        }
        Err(error) => Finding::wrong("cloning", chain(&error), None),
    }
}

fn text(findings: &[Finding]) -> String {
    let mut table = table(&["what", "state", "found"]);
    for finding in findings {
        table.add_row([finding.what, finding.state, &finding.detail]);
    }
    let mut text = table.to_string();
    for finding in findings {
        if let Some(hint) = &finding.hint {
            text.push_str(&format!("\nhint ({}): {hint}", finding.what));
        }
    }
    text
}

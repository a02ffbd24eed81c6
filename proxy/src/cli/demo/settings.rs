//! The files of the demo: its pool, its configuration, its migrations.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::super::args::Demo;
use super::super::failure::Failure;
use super::super::local::init::{made_up_password, write_secret};
use super::super::local::setup;
use super::super::mask::key;
use super::production::Production;
use crate::branches::Account;
use crate::branches::setup::FileSystem;
use crate::daemon::Served;

/// What the demo brings up, in this order; `test-*` is made by connecting.
pub(super) const ENVIRONMENTS: [&str; 3] = ["prod-copy", "staging", "qa"];

const SCHEMA: &str = include_str!("shop/001_schema.sql");

/// What becomes of production's columns in a copy.
const MASKING: &str = include_str!("shop/masking.toml");

/// Situations that branches of the demo may begin with.
const SCENARIOS: &str = include_str!("shop/scenarios.toml");

/// A demo that is ready to be served.
pub(super) struct Prepared {
    pub(super) config: PathBuf,
    pub(super) pool: PathBuf,
    pub(super) password: String,
    pub(super) port: u16,
    /// Connection URL of production's reader.
    pub(super) production: String,
}

/// The pool's directory: a pool file is made and mounted where that is needed and allowed.
pub(super) fn pool(directory: &Path, account: &Account, demo: &Demo) -> Result<PathBuf, Failure> {
    let pool = directory.join("pool");
    setup::pool(
        &pool,
        Some(setup::size(&demo.size)?),
        FileSystem::Btrfs,
        account,
    )?;
    Ok(pool)
}

/// Writes configuration, passwords and migrations; what is there from an earlier run is replaced,
/// but for the password, which people may have pasted somewhere.
pub(super) fn write(
    directory: &Path,
    pool: &Path,
    production: &Production,
    demo: &Demo,
) -> Result<Prepared, Failure> {
    let password_file = directory.join("app.password");
    let password = match std::fs::read_to_string(&password_file) {
        Ok(text) if !text.trim().is_empty() => text.trim().to_owned(),
        _ => {
            let password = made_up_password();
            write_secret(&password_file, &password)?;
            password
        }
    };
    write_secret(&directory.join("production.url"), production.url())?;
    let path = directory.join("masking.key");
    // Kept from run to run, so that a copy of an earlier one serves again.
    if !path.exists() {
        write_secret(&path, &key::drawn()?)?;
    }
    let migrations = directory.join("migrations");
    std::fs::create_dir_all(&migrations).map_err(failed("make", &migrations))?;
    empty(&migrations)?;
    let schema = migrations.join("001_schema.sql");
    std::fs::write(&schema, SCHEMA).map_err(failed("write", &schema))?;
    let config = directory.join("standin.toml");
    std::fs::write(&config, configuration(pool, demo.port)).map_err(failed("write", &config))?;
    Ok(Prepared {
        config,
        pool: pool.to_owned(),
        password,
        port: demo.port,
        production: production.url().to_owned(),
    })
}

/// Removes what an earlier version or run left: every file of the directory is run.
fn empty(migrations: &Path) -> Result<(), Failure> {
    let entries = std::fs::read_dir(migrations).map_err(failed("read", migrations))?;
    for entry in entries {
        let path = entry.map_err(failed("read", migrations))?.path();
        if path.extension().is_some_and(|extension| extension == "sql") {
            std::fs::remove_file(&path).map_err(failed("remove", &path))?;
        }
    }
    Ok(())
}

fn failed(verb: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Failure + use<> {
    let path = path.display().to_string();
    move |error| Failure::failed(format!("{verb} {path}: {error}"))
}

fn configuration(pool: &Path, port: u16) -> String {
    let (pool, qa) = (pool.display(), port + 1);
    format!(
        r#"# The demo's configuration, written anew at each start of `standin demo`.
[pool]
path = "{pool}"

[listen]
postgres = "127.0.0.1:{port}"

[users.app]
password = "file:app.password"
environments = ["*"]
role = "operator"

[production]
url = "file:production.url"

# A copy of production with its shape and none of its people, proved clean before it is published.
[environments.prod-copy]
source = "production"
branches = {{ create = "on-connect", ttl = "8h", max = 20, spares = 1 }}

# The schema by migrations, its tables filled with made-up rows: the same ones for the same seed.
[environments.staging]
source = {{ migrations = "migrations", database = "shop", seed = 42 }}

[environments.qa]
source = {{ migrations = "migrations", database = "shop", seed = 42 }}
branches = {{ create = "on-connect", ttl = "3d" }}
port = {qa}

# test-1, test-login, …: each is made by connecting to it.
[environments."test-*"]
source = {{ environment = "qa" }}
branches = {{ ttl = "3d" }}

{MASKING}
{SCENARIOS}"#
    )
}

/// What can be connected to: the environment, what it is, and a URL that works when it is pasted.
pub(super) fn addresses(prepared: &Prepared) -> [(&'static str, &'static str, String); 5] {
    let url = |target: &str| prepared.url(target);
    [
        (
            "prod-copy",
            "a copy of production, masked and proved",
            url("shop@prod-copy"),
        ),
        ("staging", "migrations and seed data", url("shop@staging")),
        ("qa", "the same", url("shop@qa")),
        ("", "· on its own port", prepared.own_url("shop")),
        ("test-*", "made when you connect", url("shop@test-1")),
    ]
}

/// What people read when the demo is up.
pub(super) fn welcome(prepared: &Prepared, served: &Served, up: Duration) -> String {
    let url = |target: &str| prepared.url(target);
    let mut table = super::super::output::table(&["environment", "what it is", "connect"]);
    for (name, what, url) in addresses(prepared) {
        table.add_row([name.to_owned(), what.to_owned(), url]);
    }
    let mut text = format!("\n{table}\n");
    for note in &served.notes {
        text.push_str(&format!("\nnote: {note}\n"));
    }
    let program = std::env::current_exe()
        .map_or_else(|_| "standin".to_owned(), |path| path.display().to_string());
    let config = prepared.config.display();
    text.push_str(&format!(
        "\nFive things to try, in another terminal:\n\
         \n  1. A disposable session on a copy of production, alive when the connect returns:\n\
         \x20    psql '{}' -c 'TRUNCATE customers CASCADE' -c 'SELECT count(*) FROM customers'\n\
         \n  2. QA makes a mess, resets it, and thinks better of it:\n\
         \x20    psql '{}' -c 'TRUNCATE customers CASCADE'\n\
         \x20    {program} --config {config} environment reset qa\n\
         \x20    {program} --config {config} environment undo qa\n\
         \n  3. A branch per feature, and what it changed:\n\
         \x20    psql '{}' -c 'ALTER TABLE orders ADD gift boolean'\n\
         \x20    {program} --config {config} branch diff qa.login-fix\n\
         \n  4. A branch with one overdue bill in it, and where to find it:\n\
         \x20    {program} --config {config} branch create qa.late --scenario overdue-invoice\n\
         \x20    {program} --config {config} seed scenarios qa.late\n\
         \n  5. Nothing of production's people is in the copy; what a rule makes of a value, and the proof:\n\
         \x20    {program} --config {config} mask plan --preview 2\n\
         \x20    {program} --config {config} mask verify prod-copy\n\
         \nUp after {:.1} s. Ctrl-C stops the demo; what was changed is there again at the next start.",
        url("shop@prod-copy.my-case"),
        url("shop@qa"),
        url("shop@qa.login-fix"),
        up.as_secs_f64(),
    ));
    text
}

impl Prepared {
    /// The same through qa's own port, where any database name means qa.
    fn own_url(&self, database: &str) -> String {
        let (password, port) = (&self.password, self.port + 1);
        format!("postgres://app:{password}@127.0.0.1:{port}/{database}")
    }

    /// A URL that works when pasted: the `@` within the database name is written `%40`.
    pub(super) fn url(&self, target: &str) -> String {
        let (password, port) = (&self.password, self.port);
        format!(
            "postgres://app:{password}@127.0.0.1:{port}/{}",
            target.replace('@', "%40")
        )
    }
}

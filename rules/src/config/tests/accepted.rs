//! What is legal, and what it comes to mean.

use std::time::Duration;

use super::parsed;
use crate::config::{
    AccessMode, Branches, Check, Config, CreateBranch, Durability, Environment, Grant, Limits,
    Listen, Migrations, Password, Pool, Postgres, Role, Secret, Source, StatementLimits, Tls,
};
use crate::seed::{Builtin, Exclusive, Setting};

#[test]
fn an_empty_file_is_all_defaults() {
    let config = parsed("");
    assert_eq!(config, Config::default());
    assert_eq!(config.pool.path.to_str(), Some(".standin"));
    assert_eq!(
        config.listen.postgres.map(|address| address.to_string()),
        Some("127.0.0.1:6432".into())
    );
    assert_eq!(config.limits.login, Duration::from_secs(15));
    assert_eq!(config.limits.connect_wait, Duration::from_secs(5));
    assert_eq!(config.limits.upstream_connect, Duration::from_secs(5));
    assert_eq!(config.limits.sessions, 10_000);
}

#[test]
fn a_bare_environment_is_all_defaults() {
    let config = parsed("[environments.qa]\nsource = { migrations = \"db\" }\n");
    let source = Source::Migrations {
        migrations: Migrations::Directory("db".into()),
        database: "app".into(),
        seed: None,
    };
    let expected = Environment::new("qa".parse().expect("a name"), source);
    assert_eq!(config.environments, std::slice::from_ref(&expected));
    assert_eq!(expected.durability, Durability::Consistent);
    assert_eq!(expected.branches.durability, Durability::Process);
    assert_eq!(expected.idle, Some(Duration::from_secs(600)));
    assert_eq!((expected.generations, expected.spares), (3, 1));
    let branches = &expected.branches;
    assert_eq!(
        (branches.create, branches.ttl, branches.max, branches.spares),
        (CreateBranch::Command, None, 20, 0)
    );
}

const EVERYTHING: &str = r#"
environments.raw = { source = { mirror = "production", unmasked = true }, refresh = "0 3 * * *" }

[pool]
path = "/var/lib/standin"
size = "20GB"
memory = "512MiB"
disk = "50GB"
awake_max = 7
check = "integrity"
[listen]
postgres = "[::1]:0"
unix = "run"
tls = { cert = "file:cert.pem", key = "env:KEY", required = true }
domain = "DB.example.org"
proxy_protocol = true
[postgres]
bin = ["/opt/pg/bin"]
version = 15
user = "pg"
[production]
url = "file:url"
[users."Ada Lovelace"]
password = "file:ada"
environments = ["*", "raw", "test-*"]
access = "append"
role = "admin"
[environments."test-*"]
source = { migrations = ["make", "-C", ""], files = ["db/migrate", "db/seeds.rb"], database = "shop" }
access = "read-write"
limits = { statement = "30s", idle_in_transaction = "1m", rows = 7, bytes = "1MB", statements = 3 }
idle = "never"
durability = "machine"
generations = 9
spares = 0
[environments."test-*".branches]
create = "on-connect"
ttl = "1d12h"
max = 5
disk = "5GB"
spares = 2
durability = "consistent"
[environments.uat]
source = { upstream = "env:UAT" }
access = "read-only"
port = 6433
[environments.qa]
source = { environment = "raw" }
reset = " 0  6 * * MON-FRI "
[limits]
sessions = 100
sessions_per_user = 20
sessions_per_environment = 30
login = "5s"
connect_wait = "1m"
upstream_connect = "2s"
idle_session = "1h"
idle_in_transaction = "never"
drain = "0s"
"#;

#[test]
fn every_key_reaches_its_value() {
    let config = parsed(EVERYTHING);
    let pool = Pool {
        path: "/var/lib/standin".into(),
        size_bytes: Some(20_000_000_000),
        memory_bytes: Some(512 << 20),
        disk_bytes: Some(50_000_000_000),
        awake_max: 7,
        check: Check::Integrity,
    };
    assert_eq!(config.pool, pool);
    let listen = Listen {
        postgres: Some("[::1]:0".parse().expect("an address")),
        unix: Some("run".into()),
        tls: Some(Tls {
            cert: Secret::File("cert.pem".into()),
            key: Secret::Env("KEY".into()),
            required: true,
        }),
        domain: Some("db.example.org".into()),
        proxy_protocol: true,
    };
    assert_eq!(config.listen, listen);
    let postgres = Postgres {
        bin: vec!["/opt/pg/bin".into()],
        version: Some(15),
        user: Some("pg".into()),
    };
    assert_eq!(config.postgres, postgres);
    let ada = &config.users[&"Ada Lovelace".parse().expect("a user")];
    assert_eq!(ada.password, Password::Secret(Secret::File("ada".into())));
    assert_eq!(ada.role, Role::Admin);
    assert_eq!(ada.access, AccessMode::Append);
    let pattern = |text: &str| Grant::Pattern(text.parse().expect("a pattern"));
    assert_eq!(
        ada.environments,
        [Grant::All, pattern("raw"), pattern("test-*")]
    );
    let seconds = Duration::from_secs;
    let limits = Limits {
        sessions: 100,
        sessions_per_user: 20,
        sessions_per_environment: 30,
        login: seconds(5),
        connect_wait: seconds(60),
        upstream_connect: seconds(2),
        idle_session: Some(seconds(3_600)),
        idle_in_transaction: None,
        drain: Duration::ZERO,
    };
    assert_eq!(config.limits, limits);
}

#[test]
fn every_key_of_an_environment_reaches_its_value_in_the_order_of_the_file() {
    let [raw, test, uat, qa] =
        <[Environment; 4]>::try_from(parsed(EVERYTHING).environments).expect("four environments");
    assert_eq!(raw.source, Source::Mirror);
    assert_eq!(raw.refresh, Some("0 3 * * *".parse().expect("a schedule")));
    let source = Source::Migrations {
        migrations: Migrations::Command {
            words: vec!["make".into(), "-C".into(), String::new()],
            files: vec!["db/migrate".into(), "db/seeds.rb".into()],
        },
        database: "shop".into(),
        seed: None,
    };
    let limits = StatementLimits {
        statement: Some(Duration::from_secs(30)),
        idle_in_transaction: Some(Duration::from_secs(60)),
        rows: Some(7),
        bytes: Some(1_000_000),
        statements: Some(3),
    };
    let expected = Environment {
        limits,
        idle: None,
        durability: Durability::Machine,
        generations: 9,
        spares: 0,
        branches: Branches {
            create: CreateBranch::OnConnect,
            ttl: Some(Duration::from_secs(36 * 3_600)),
            max: 5,
            disk_bytes: Some(5_000_000_000),
            spares: 2,
            durability: Durability::Consistent,
        },
        ..Environment::new("test-*".parse().expect("a pattern"), source)
    };
    assert_eq!(test, expected);
    assert_eq!(uat.source, Source::Upstream(Secret::Env("UAT".into())));
    assert_eq!(uat.port, Some(6433));
    assert_eq!(
        qa.source,
        Source::Environment("raw".parse().expect("a name"))
    );
    assert_eq!(
        qa.reset.map(|reset| reset.to_string()),
        Some("0 6 * * MON-FRI".into())
    );
}

#[test]
fn a_seed_has_a_scale_and_scenarios_and_rules() {
    let text = r#"
[environments.qa]
source = { seed = 42, scale = 2.5, migrations = "m", scenarios = ["overdue"] }

[seed]
as_of = "2026-03-01"
locales = { en_us = 3, de_de = 1 }
mode = "live"
triggers = "fire"

[seed.tables.orders]
rows = 20000
columns = { status = { values = { paid = 8, open = 2 }, nulls = 0.25 }, note = "paragraph" }

[[seed.scenario]]
name = "overdue"
rows = [
  { handle = "acme", table = "customers", set = { plan = "pro" } },
  { handle = "inv", table = "invoices", set = { customer_id = "@acme", total = 12.50, paid = false } },
  { handle = "late", table = "billing.invoices", exclusive = ["due"], set = { customer_id = "@big", due = "as_of-1d12h", paid_at = "null", now = "as_of", note = { text = "@home" }, tag = "as_offline" } },
  { handle = "big", table = "customers" },
]
assert = [{ sql = "select count(*) from invoices where customer_id = :acme", is = 1 }, { sql = "select true; " }]

[[seed.scenario]]
name = "names"
builtin = "unicode-names"
tables = ["customers"]

[[seed.scenario]]
name = "apart"
exclusive = true
rows = [{ handle = "a", table = "t", set = { x = 1 } }, { handle = "b", table = "t", set = { y = "@a" } }]
"#;
    let config = parsed(text);
    let Source::Migrations {
        seed: Some(seed), ..
    } = &config.environments[0].source
    else {
        panic!("no seed");
    };
    assert_eq!((seed.seed, seed.scale_per_mille), (42, 2_500));
    let orders = &config.seed.tables[&"public.orders".parse().expect("a name")];
    assert_eq!(orders.rows, Some(20_000));
    assert_eq!(orders.columns["status"].nulls_per_million, Some(250_000));
    assert_eq!(orders.columns["note"].with.as_deref(), Some("paragraph"));
    let [overdue, names, apart] = &config.seed.scenarios[..] else {
        panic!("three scenarios");
    };
    let text = |text: &str| Setting::Text(text.to_owned());
    let row = &overdue.rows[1];
    assert_eq!(row.set["total"], text("12.50"));
    assert_eq!(row.set["paid"], text("false"));
    assert_eq!(row.set["customer_id"], Setting::Handle("acme".to_owned()));
    assert_eq!(row.exclusive, Exclusive::No);
    let late = &overdue.rows[2];
    assert_eq!(late.table.to_string(), "billing.invoices");
    assert_eq!(late.set["due"], Setting::AsOf(-36 * 3_600));
    assert_eq!(late.set["now"], Setting::AsOf(0));
    assert_eq!(late.set["paid_at"], Setting::Null);
    assert_eq!(late.set["note"], text("@home"));
    assert_eq!(late.set["tag"], text("as_offline"));
    assert_eq!(late.exclusive, Exclusive::Columns(vec!["due".to_owned()]));
    assert_eq!(overdue.assertions[0].is, "1");
    assert_eq!(overdue.assertions[1].is, "true");
    assert_eq!(names.builtin, Some(Builtin::UnicodeNames));
    assert_eq!(names.tables, ["public.customers".parse().expect("a name")]);
    assert_eq!(apart.rows[0].exclusive, Exclusive::Usual);
    assert_eq!(apart.rows[1].exclusive, Exclusive::No);
}

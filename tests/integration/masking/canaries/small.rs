//! A small production of some forty people, its rules, and a daemon that can be ended or made to leak at
//! named points.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use tests::daemon::Build;
use tests::postgres::Scratch;
use tokio_postgres::Client;

use super::eyes::{Found, in_files, in_text};
use crate::shop::{PATIENCE, Shop, names_in};

pub(super) const PEOPLE: i64 = 40;

/// Everything that a rule replaces holds a canary: addresses 1 and up, the others behind them. A superuser
/// reads it, from whom nothing is hidden.
const SCHEMA: &str = "
CREATE TABLE customers (id int PRIMARY KEY, email text NOT NULL UNIQUE, note text, hidden text,
  kind text NOT NULL, remark text, details jsonb NOT NULL, tags text[], words tsvector);
INSERT INTO customers SELECT n, k(n) || '@leak.example', 'note of ' || k(n + 100), k(n + 200),
  'person', k(n + 300), jsonb_build_object('mail', k(n + 400) || '@leak.example', 'by', jsonb_build_object(
    k(n + 500), 'x')), ARRAY[k(n + 600)], to_tsvector('simple', k(n + 700)) FROM generate_series(1, 40) n;
CREATE TABLE audit (note text);
INSERT INTO audit SELECT k(n + 800) FROM generate_series(1, 40) n;
CREATE MATERIALIZED VIEW mailing AS SELECT email FROM customers;
CREATE EXTENSION postgres_fdw;
CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw;
CREATE USER MAPPING FOR PUBLIC SERVER far OPTIONS (user 'x', password 'qzkanar0901');
CREATE FUNCTION told() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE EVENT TRIGGER \"qzkanar0007@leak.example\" ON ddl_command_start EXECUTE FUNCTION told();
CREATE PUBLICATION \"qzkanar0007@leak.example\" FOR TABLE customers;
";

/// A column for each transformer, called like it.
const MEASURED: &str = r#"
CREATE EXTENSION hstore;
CREATE TYPE contact AS (who text, age int);
CREATE TABLE measured AS SELECT n::int AS id, n::int AS customer, n::int AS about,
  timestamptz '2020-01-01 10:00+00' + n * interval '7 days' AS date_shift,
  1000 + n * 7.25 AS noise, point(13 + n / 100.0, 52 + n / 100.0) AS geo,
  '+7391046' || lpad((n + 1000)::text, 4, '0') AS phone,
  'FR767391046' || lpad((n + 1100)::text, 4, '0') || '000000000' AS iban,
  '49297391046' || lpad((n + 1200)::text, 4, '0') || '0' AS card,
  ('10.1.' || n || '.7')::inet AS ip, ('08:00:2b:00:00:' || lpad(to_hex(n), 2, '0'))::macaddr AS mac,
  'https://' || k(n + 1300) || '.example/a' AS url, k(n + 1400) || '.example' AS host,
  '078-05-' || lpad(n::text, 4, '0') AS national_id, md5(n::text)::uuid AS uuid,
  (n * 1000 + 7)::int AS int, k(n + 1500) AS code, 'No. 7391046' || lpad((n + 1600)::text, 4, '0') AS digits,
  k(n + 1700) AS token, 'sk_' || k(n + 1800) AS secret, k(n + 1900) AS template, 'of ' || k(n + 2000) AS lorem,
  k(n + 2100) || '@leak.example' AS email, k(n + 2200) AS username, 'Miss ' || k(n + 2300) AS name,
  k(n + 2400) AS first_name, k(n + 2500) AS last_name, k(n + 2600) || ' Ltd' AS company,
  '1 ' || k(n + 2700) || ' Lane, Ely' AS address, '2 ' || k(n + 2800) || ' Lane' AS street,
  k(n + 2900) AS city, k(n + 3000) AS postcode,
  jsonb_build_object('mail', k(n + 3100) || '@leak.example') AS json, ARRAY[k(n + 3200)] AS "array",
  hstore('who', k(n + 3300)) AS hstore, ROW(k(n + 3400), 20 + n)::contact AS fields,
  daterange(date '2026-01-01' + n::int, date '2026-03-01' + n::int) AS range
  FROM generate_series(1, 40::bigint) n;
ALTER TABLE measured ADD PRIMARY KEY (id), ADD FOREIGN KEY (customer) REFERENCES customers;
DROP FUNCTION k;
ANALYZE;
CREATE ROLE reader LOGIN SUPERUSER;
"#;

/// Gives canaries by number.
pub(super) const CANARY: &str = "CREATE FUNCTION k(n bigint) RETURNS text LANGUAGE sql \
     AS $$ SELECT 'qzkanar' || lpad(n::text, 4, '0') $$;";

const RULES: &str = r##"
[production]
url = "file:production.url"
[masking]
key = "file:masking.key"
locales = { en_us = 1 }
[masking.tables]
audit = "drop"
[masking.tables.customers]
id = "keep"
email = "email"
note = "lorem"
hidden = "null"
kind = "keep"
remark = [{ when = { column = "kind", is = "firm" }, with = "keep" }, { with = "token" }]
details = { with = "json", parts = { "mail" = "token", "by.*" = "keep", "by.*#key" = "token" } }
tags = { with = "array", element = "token" }
words = { with = "derive", sql = "to_tsvector('simple', note)" }
[masking.tables.measured]
id = "keep"
date_shift = "date-shift"
noise = "noise"
geo = "geo"
phone = "phone"
iban = "iban"
card = "card"
ip = "ip"
mac = "mac"
url = "url"
host = "host"
national_id = { with = "national-id", pattern = "999-99-9999" }
uuid = "uuid"
int = "int"
code = "code"
digits = "digits"
token = "token"
secret = "secret"
template = { with = "template", text = "{username} {token}" }
lorem = "lorem"
email = "email"
username = "username"
name = "name"
first_name = "first-name"
last_name = "last-name"
company = "company"
address = "address"
street = "street"
city = "city"
postcode = "postcode"
json = { with = "json", parts = { "mail" = "email" } }
array = { with = "array", element = "token" }
hstore = { with = "hstore", parts = { who = "name" } }
fields = { with = "fields", parts = { who = "name", age = "noise" } }
range = { with = "range", element = "date-shift" }
[[masking.reference]]
from = "measured(about)"
to = "customers(id)"
[environments.copy]
source = "production"
spares = 0
"##;

pub(super) struct Small {
    // Before production: the daemon ends first.
    pub(super) shop: Shop,
    pub(super) source: Client,
    pub(super) production: Scratch,
}

impl Small {
    pub(super) async fn closed() -> anyhow::Result<Self> {
        let production = Scratch::start()?;
        let source = production.database("shop").await?;
        let sql = format!("{CANARY}{SCHEMA}{MEASURED}");
        source.batch_execute(&sql).await?;
        let shop = closed(RULES, &production)?;
        Ok(Self {
            shop,
            source,
            production,
        })
    }
}

/// A daemon that does not run yet, its temporary files in a directory of its own.
pub(super) fn closed(rules: &str, production: &Scratch) -> anyhow::Result<Shop> {
    let shop = Shop::closed(Build::CrashPoints, rules)?;
    let url = format!("postgres://reader@127.0.0.1:{}/shop", production.port());
    shop.write("production.url", &url)?;
    let key = shop.daemon_directory().join("masking.key");
    shop.json(&format!("mask key new {}", key.display()))?;
    let temporary = temporary(&shop);
    std::fs::create_dir(&temporary)?;
    // The programs of the servers' user work in it too.
    std::fs::set_permissions(&temporary, PermissionsExt::from_mode(0o777))?;
    Ok(shop)
}

/// Where the daemon's temporary files are.
pub(super) fn temporary(shop: &Shop) -> PathBuf {
    shop.daemon_directory().join("temporary")
}

/// Waits until nothing unfinished is in the pool, and nothing thrown away.
pub(super) fn emptied(shop: &Shop) -> anyhow::Result<()> {
    let began = Instant::now();
    for place in ["building", "trash"] {
        while !names_in(&shop.pool().join(place))?.is_empty() {
            anyhow::ensure!(began.elapsed() < PATIENCE, "{place} is not emptied");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    Ok(())
}

/// The names of the snapshots.
pub(super) fn snapshots(shop: &Shop) -> anyhow::Result<Vec<String>> {
    names_in(&shop.pool().join("snapshots"))
}

/// Adds the canaries of the pool, of the daemon's temporary files, and of all that it logged.
pub(super) fn around(shop: &mut Shop, found: &mut Found) -> anyhow::Result<()> {
    in_files(&[&shop.pool(), &temporary(shop)], found)?;
    in_text(&shop.daemon().log().join("\n"), "the log", found);
    Ok(())
}

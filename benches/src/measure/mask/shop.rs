//! What is copied: a table of customers alone, or a small schema around one.

use anyhow::Context;
use masker::key::MaskKey;
use rules::mask::MaskRules;
use tests::postgres::{Installation, Scratch};

use super::copy::Rows;

/// The database on either side.
pub(super) const DATABASE: &str = "bench";

/// The table whose rows are timed.
pub(super) const TABLE: &str = "public.customer";

/// Ten columns, about 130 bytes of COPY text a row; the first of the five that are masked is unique.
pub(super) fn customers(rows: u64) -> String {
    format!(
        "CREATE TABLE customer (id bigint PRIMARY KEY, email text NOT NULL UNIQUE, name text NOT NULL, \
         phone text, city text, note text, region int, active bool, balance numeric(12, 2), created timestamptz); \
         INSERT INTO customer SELECT n, 'user' || n || '@corp.example', 'Maria ' || md5(n::text)::varchar(10), \
         '+4930' || (n * 7919::bigint) % 100000000, 'City ' || n % 5000, 'called ' || n % 100 || ' times, likes tea', \
         n % 50, n % 3 > 0, (n * 13 % 1000000) / 100.0, timestamptz '2020-01-01' + n * interval '1 second' \
         FROM generate_series(1, {rows}) n; VACUUM (FREEZE, ANALYZE) customer; CHECKPOINT"
    )
}

/// Orders, their items and events around the customers.
pub(super) fn around(rows: u64) -> String {
    format!(
        "CREATE TABLE product (id int PRIMARY KEY, name text NOT NULL, price numeric(10, 2)); \
         INSERT INTO product SELECT n, 'Product ' || n, n % 1000 FROM generate_series(1, 10000) n; \
         CREATE TABLE orders (id bigserial PRIMARY KEY, customer bigint NOT NULL REFERENCES customer, \
         placed timestamptz NOT NULL, state text NOT NULL, address text NOT NULL); \
         INSERT INTO orders (customer, placed, state, address) SELECT n * 31 % {rows} + 1, \
         timestamptz '2021-01-01' + n * interval '2 seconds', (ARRAY['new', 'paid', 'sent'])[n % 3 + 1], \
         n % 900 || ' Long Street, City ' || n % 5000 FROM generate_series(1, {rows} * 2) n; \
         CREATE INDEX orders_customer ON orders (customer); CREATE INDEX orders_placed ON orders (placed); \
         CREATE TABLE item (orders bigint NOT NULL REFERENCES orders, product int NOT NULL REFERENCES product, \
         count int NOT NULL CHECK (count > 0), price numeric(10, 2), PRIMARY KEY (orders, product)); \
         INSERT INTO item SELECT n / 2 + 1, (n * 7 + n % 2 * 5000) % 10000 + 1, n % 5 + 1, n % 1000 \
         FROM generate_series(0, {rows} * 4 - 1) n; \
         CREATE TABLE event (id bigserial PRIMARY KEY, at timestamptz NOT NULL, kind text, payload jsonb); \
         INSERT INTO event (at, kind, payload) SELECT timestamptz '2022-01-01' + n * interval '1 second', \
         'kind ' || n % 20, jsonb_build_object('orders', n, 'text', md5(n::text)) \
         FROM generate_series(1, {rows} * 2) n; CREATE INDEX event_at ON event (at); \
         VACUUM (FREEZE, ANALYZE); CHECKPOINT"
    )
}

/// Settings of both servers: what fits into memory on either side.
const BOTH: [(&str, &str); 3] = [
    ("shared_buffers", "256MB"),
    ("max_wal_size", "8GB"),
    ("autovacuum", "off"),
];

/// Settings of a server that is filled and not used yet.
const LOADING: [(&str, &str); 3] = [
    ("full_page_writes", "off"),
    ("wal_level", "minimal"),
    ("max_wal_senders", "0"),
];

/// Production, with the tables of some statements in it.
pub(super) async fn production(statements: &[String]) -> anyhow::Result<Scratch> {
    let server = Scratch::start_with(Installation::usual()?, &BOTH)?;
    let client = server.database(DATABASE).await?;
    for sql in statements.iter().flat_map(|sql| sql.split("; ")) {
        client.batch_execute(sql).await?;
    }
    Ok(server)
}

/// A fresh server.
pub(super) async fn target() -> anyhow::Result<Scratch> {
    let settings: Vec<_> = BOTH.iter().chain(&LOADING).copied().collect();
    Scratch::start_with(Installation::usual()?, &settings)
}

/// The key of every copy.
pub(super) fn key() -> anyhow::Result<MaskKey> {
    let bytes: Vec<u8> = (0..32).map(|byte| byte * 7 + 3).collect();
    Ok(MaskKey::read(&bytes)?)
}

/// Five columns of the customers masked, everything else kept.
const RULES: &str = r#"
[masking]
key = "env:KEY"
tables."*"."*" = { with = "keep", why = "it is made up" }
[masking.tables.customer]
email = "email"
name = { with = "name", by = "row" }
phone = "phone"
city = { with = "city", by = "row" }
note = "lorem"
"#;

/// A hundredth of the customers and events, and what they lead to.
const SUBSET: &str = r#"
[masking.subset]
start = [{ table = "customer", where = "id % 100 = 0" }, { table = "event", where = "id % 100 = 0" }]
"#;

/// The rules of a copy.
pub(super) fn rules(of: Rows) -> anyhow::Result<MaskRules> {
    let text = match of {
        Rows::All => RULES.to_owned(),
        Rows::Subset => format!("{RULES}{SUBSET}"),
    };
    let config = rules::config::parse(&text)
        .map_err(|problems| anyhow::anyhow!("the bench's rules: {problems:?}"))?;
    config.masking.context("the bench masks")
}

/// The tables of the subset, each with the statement that one would write by hand for its rows.
pub(super) const BY_HAND: [(&str, &str); 5] = [
    ("customer", "SELECT * FROM customer WHERE id % 100 = 0"),
    ("orders", "SELECT * FROM orders WHERE customer % 100 = 0"),
    (
        "item",
        "SELECT i.* FROM item i JOIN orders o ON o.id = i.orders WHERE o.customer % 100 = 0",
    ),
    (
        "product",
        "SELECT * FROM product WHERE id IN (SELECT i.product FROM item i \
                 JOIN orders o ON o.id = i.orders WHERE o.customer % 100 = 0)",
    ),
    ("event", "SELECT * FROM event WHERE id % 100 = 0"),
];

/// What leaves the subset of a copy of everything.
pub(super) const DELETE: [&str; 6] = [
    "DELETE FROM item i USING orders o WHERE o.id = i.orders AND o.customer % 100 <> 0",
    // Every product that goes has its items looked up, and no index leads there.
    "VACUUM (ANALYZE) item",
    "DELETE FROM orders WHERE customer % 100 <> 0",
    "DELETE FROM customer WHERE id % 100 <> 0",
    "DELETE FROM product p WHERE NOT EXISTS (SELECT FROM item i WHERE i.product = p.id)",
    "DELETE FROM event WHERE id % 100 <> 0",
];

//! A schema that holds a value of production, in a definition, a name or what is set for an object, is
//! refused: channel by channel, each told by its place and without the value.

use std::collections::BTreeSet;

use tests::postgres::Scratch;

use super::eyes::{Found, in_text};
use super::small::{around, closed, snapshots, temporary};

/// Each place as a refusal names it, and what holds the canary `{k}` there.
const CHANNELS: [(&str, &str); 53] = [
    ("comment", "COMMENT ON TABLE plain IS 'of {k}'"),
    ("comment", "COMMENT ON COLUMN plain.a IS '{k}'"),
    ("comment", "COMMENT ON SCHEMA public IS '{k}'"),
    (
        "comment",
        "COMMENT ON CONSTRAINT plain_pkey ON plain IS '{k}'",
    ),
    ("comment", "COMMENT ON FUNCTION plain_function() IS '{k}'"),
    (
        "default of public.defaulted",
        "CREATE TABLE defaulted (a text DEFAULT '{k}')",
    ),
    (
        "default of public.generated",
        "CREATE TABLE generated (a text, b text GENERATED ALWAYS AS (a || '{k}') STORED)",
    ),
    (
        "default of public.domained",
        "CREATE DOMAIN domained AS text DEFAULT '{k}'",
    ),
    (
        "constraint checked_a_check",
        "CREATE TABLE checked (a text CHECK (a <> '{k}'))",
    ),
    (
        "constraint of_domain",
        "CREATE DOMAIN limited AS text CONSTRAINT of_domain CHECK (VALUE <> '{k}')",
    ),
    (
        "constraint excluded_a_excl",
        "CREATE TABLE excluded (a int4range, b text, EXCLUDE USING gist (a WITH &&) WHERE (b <> '{k}'))",
    ),
    (
        "label of public.labelled",
        "CREATE TYPE labelled AS ENUM ('a', '{k}')",
    ),
    (
        "view viewed",
        "CREATE VIEW viewed AS SELECT * FROM plain WHERE a <> '{k}'",
    ),
    (
        "view stored",
        "CREATE MATERIALIZED VIEW stored AS SELECT * FROM plain WHERE a <> '{k}'",
    ),
    (
        "function bodied",
        "CREATE FUNCTION bodied() RETURNS text LANGUAGE sql AS $$ SELECT '{k}' $$",
    ),
    (
        "function sql_bodied",
        "CREATE FUNCTION sql_bodied() RETURNS text LANGUAGE sql RETURN '{k}'",
    ),
    (
        "function commented",
        "CREATE FUNCTION commented() RETURNS int LANGUAGE plpgsql AS $$ BEGIN /* {k} */ RETURN 1; END $$",
    ),
    (
        "function argued",
        "CREATE FUNCTION argued(a text DEFAULT '{k}') RETURNS int LANGUAGE sql AS 'SELECT 1'",
    ),
    (
        "function configured",
        "CREATE FUNCTION configured() RETURNS int LANGUAGE sql SET app.who = '{k}' AS 'SELECT 1'",
    ),
    (
        "function encoded",
        "CREATE FUNCTION encoded() RETURNS text LANGUAGE sql AS $$ SELECT '{hex}' $$",
    ),
    (
        "function proceeded",
        "CREATE PROCEDURE proceeded() LANGUAGE sql AS $$ SELECT '{k}' $$",
    ),
    (
        "aggregate public.added",
        "CREATE AGGREGATE added(text) (SFUNC = textcat, STYPE = text, INITCOND = '{k}')",
    ),
    (
        "trigger conditional",
        "CREATE TRIGGER conditional BEFORE UPDATE ON plain FOR EACH ROW WHEN (new.a <> '{k}') EXECUTE FUNCTION told()",
    ),
    (
        "trigger argued",
        "CREATE TRIGGER argued BEFORE UPDATE ON plain FOR EACH ROW EXECUTE FUNCTION told('{k}')",
    ),
    (
        "policy deciding",
        "CREATE POLICY deciding ON plain USING (a <> '{k}')",
    ),
    (
        "policy checking",
        "CREATE POLICY checking ON plain WITH CHECK (a <> '{k}')",
    ),
    (
        "rule ruled",
        "CREATE RULE ruled AS ON UPDATE TO other DO ALSO DELETE FROM plain WHERE a = '{k}'",
    ),
    (
        "bound of public.listed_1",
        "CREATE TABLE listed (a text) PARTITION BY LIST (a); CREATE TABLE listed_1 PARTITION OF listed FOR VALUES IN ('{k}')",
    ),
    (
        "bound of public.ranged_1",
        "CREATE TABLE ranged (a text) PARTITION BY RANGE (a); CREATE TABLE ranged_1 PARTITION OF ranged FOR VALUES FROM ('a') TO ('{k}')",
    ),
    (
        "partition key of public.keyed",
        "CREATE TABLE keyed (a text) PARTITION BY LIST ((a || '{k}'))",
    ),
    (
        "index public.expressed",
        "CREATE INDEX expressed ON plain ((a || '{k}'))",
    ),
    (
        "index public.partly",
        "CREATE INDEX partly ON plain (a) WHERE a <> '{k}'",
    ),
    (
        "statistics counted",
        "CREATE STATISTICS counted ON (a || '{k}'), id FROM plain",
    ),
    (
        "sequence public.numbered",
        "CREATE SEQUENCE numbered START {n} MINVALUE 5",
    ),
    (
        "server option",
        "CREATE SERVER optional FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '{k}')",
    ),
    (
        "server option",
        "CREATE SERVER typed TYPE '{k}' FOREIGN DATA WRAPPER postgres_fdw",
    ),
    (
        "option of foreign table public.far",
        "CREATE FOREIGN TABLE far (a text) SERVER server OPTIONS (table_name '{k}')",
    ),
    (
        "option of a column of public.far_column",
        "CREATE FOREIGN TABLE far_column (a text OPTIONS (column_name '{k}')) SERVER server",
    ),
    ("name of a schema", "CREATE SCHEMA \"{k}\""),
    ("name of a relation", "CREATE TABLE \"{k}\" (a int)"),
    ("name of a relation", "CREATE INDEX \"{k}\" ON plain (a)"),
    ("name of a relation", "CREATE SEQUENCE \"{k}\""),
    ("name of a column", "CREATE TABLE named (\"{k}\" int)"),
    ("name of a type", "CREATE TYPE \"{k}\" AS ENUM ('a')"),
    (
        "name of a function",
        "CREATE FUNCTION \"{k}\"() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    ),
    (
        "name of a function",
        "CREATE FUNCTION with_argument(\"{k}\" int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
    ),
    (
        "name of a constraint",
        "ALTER TABLE other ADD CONSTRAINT \"{k}\" CHECK (a > 0)",
    ),
    (
        "name of a trigger",
        "CREATE TRIGGER \"{k}\" BEFORE UPDATE ON plain FOR EACH ROW EXECUTE FUNCTION told()",
    ),
    (
        "name of a policy",
        "CREATE POLICY \"{k}\" ON plain USING (true)",
    ),
    (
        "name of a role",
        "CREATE ROLE \"{k}\"; CREATE POLICY to_role ON plain TO \"{k}\" USING (true)",
    ),
    (
        "name of a server",
        "CREATE SERVER \"{k}\" FOREIGN DATA WRAPPER postgres_fdw",
    ),
    ("name of a collation", "CREATE COLLATION \"{k}\" FROM \"C\""),
    (
        "name of a text search configuration",
        "CREATE TEXT SEARCH CONFIGURATION \"{k}\" (COPY = simple)",
    ),
];

const SCHEMA: &str = "
CREATE ROLE reader LOGIN SUPERUSER;
CREATE EXTENSION postgres_fdw;
CREATE SERVER server FOREIGN DATA WRAPPER postgres_fdw;
CREATE TABLE directory (secret text, number text);
CREATE TABLE plain (id int PRIMARY KEY, a text);
CREATE TABLE other (a int);
CREATE FUNCTION plain_function() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION told() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
";

const RULES: &str = r##"
[production]
url = "file:production.url"
[masking]
key = "file:masking.key"
[masking.tables.directory]
secret = "token"
number = "digits"
[masking.tables."*"]
"*" = { with = "keep", why = "nobody is in it" }
[environments.copy]
source = "production"
spares = 0
"##;

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_that_holds_a_value_is_refused_channel_by_channel() -> anyhow::Result<()> {
    let production = Scratch::start()?;
    let client = production.database("shop").await?;
    client.batch_execute(SCHEMA).await?;
    let mut shop = closed(RULES, &production)?;
    let tmp = temporary(&shop).to_string_lossy().into_owned();
    shop.daemon().expect("failed");
    shop.daemon().start_again(&[("TMPDIR", &tmp)])?;
    shop.json("environment build copy")?;
    let clean = snapshots(&shop)?;
    for (number, (place, template)) in CHANNELS.iter().enumerate() {
        let (canary, digits) = (format!("qzkanar{number:04}"), format!("7391046{number:04}"));
        let hex: String = canary.bytes().map(|byte| format!("{byte:02x}")).collect();
        let sql = template.replace("{k}", &canary).replace("{n}", &digits);
        let sql = sql.replace("{hex}", &hex);
        let ran = client.batch_execute(&sql).await;
        ran.map_err(|error| anyhow::anyhow!("{place}: {sql}: {error:?}"))?;
        let known = format!("INSERT INTO directory VALUES ('{canary}', '{digits}')");
        client.batch_execute(&known).await?;
    }
    let (code, said) = shop.fails("environment refresh copy")?;
    assert_eq!(code, 1, "{said}");
    let mut missing: Vec<&str> = Vec::new();
    let places: BTreeSet<&str> = CHANNELS.iter().map(|(place, _)| *place).collect();
    for place in places {
        let of_place = CHANNELS.iter().filter(|(other, _)| *other == place).count();
        let line = said.lines().find_map(|line| {
            let (before, after) = line.split_once(": ")?;
            (before.trim() == place).then_some(after)
        });
        let hits = line.and_then(|line| line.split(' ').next()?.parse::<usize>().ok());
        if hits.is_none_or(|hits| hits < of_place) {
            missing.push(place);
        }
    }
    assert_eq!(missing, Vec::<&str>::new(), "{said}");
    let mut found = Found::new();
    in_text(&said, "what it said", &mut found);
    assert_eq!(snapshots(&shop)?, clean);
    around(&mut shop, &mut found)?;
    assert_eq!(found, Found::new());
    Ok(())
}

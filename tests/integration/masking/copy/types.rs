//! Every built-in type, kept beside a cell that is masked.

use super::{Pair, dump, token};

/// Types of values that nobody can write, because only the server makes them.
const NOT_WRITTEN: [&str; 8] = [
    "gtsvector",
    "pg_brin_bloom_summary",
    "pg_brin_minmax_multi_summary",
    "pg_dependencies",
    "pg_mcv_list",
    "pg_ndistinct",
    "pg_node_tree",
    "cstring",
];

/// A type, from which version on there is one, and values of it.
type Known = (&'static str, u32, &'static [&'static str]);

const TYPES: &[Known] = &[
    ("aclitem", 13, &["postgres=r*w/postgres", "=U/postgres"]),
    ("bit varying", 13, &["1", "", "10101010101"]),
    ("bit", 13, &["1", "0"]),
    ("boolean", 13, &["t", "f"]),
    ("box", 13, &["(1,2),(0,0.1)"]),
    ("bytea", 13, &["\\x00ff5c0a09", "\\x"]),
    ("\"char\"", 13, &["\\", "x", ""]),
    (
        "character varying",
        13,
        &["a\tb\nc\\d\re\u{8}f\u{b}\u{c}", "\\N", "\\."],
    ),
    ("character", 13, &["é", "x"]),
    ("cid", 13, &["7"]),
    ("cidr", 13, &["10.0.0.0/8", "2001:db8::/32"]),
    ("circle", 13, &["<(1,2),3.5>"]),
    (
        "date",
        13,
        &["0044-03-15 BC", "infinity", "2024-02-29", "5874897-12-31"],
    ),
    (
        "double precision",
        13,
        &["0.1", "NaN", "-Infinity", "1e-310", "-0"],
    ),
    ("inet", 13, &["1.2.3.4", "::ffff:1.2.3.4/96", "10.1.2.3/8"]),
    ("int2vector", 13, &["1 2 3"]),
    ("int4range", 13, &["[1,10)", "empty", "(,)", "[5,]"]),
    ("int8range", 13, &["[1,10)", "empty"]),
    ("integer", 13, &["-2147483648", "2147483647"]),
    (
        "interval",
        13,
        &["-1 year 2 mons -3 days 04:05:06.789", "00:00:00"],
    ),
    (
        "json",
        13,
        &["{\"a\" : 1e400, \"a\":\"\\\\u0001\\t\"}", "null"],
    ),
    (
        "jsonb",
        13,
        &[
            "{\"a\": [1, 12345678901234567890.0123, \"\\\"\\\\\"]}",
            "\"\"",
        ],
    ),
    ("jsonpath", 13, &["$.\"a b\"[*]?(@ > 1)"]),
    ("line", 13, &["{1,2,3}"]),
    ("lseg", 13, &["[(0,0),(1,1)]"]),
    ("macaddr", 13, &["08:00:2b:01:02:03"]),
    ("macaddr8", 13, &["08:00:2b:01:02:03:04:05"]),
    ("money", 13, &["-$92,233,720,368,547,758.08", "12.34"]),
    ("name", 13, &["é\\x", ""]),
    (
        "numeric",
        13,
        &["0.000", "NaN", "1e120", "-123456789012345678901234567890.5"],
    ),
    ("numrange", 13, &["[1.50,2.5]", "(-1,)"]),
    ("oid", 13, &["4294967295"]),
    ("oidvector", 13, &["1 2"]),
    ("path", 13, &["((0,0),(1,1))", "[(0,0),(1,1)]"]),
    ("pg_lsn", 13, &["16/B374D848"]),
    ("pg_snapshot", 13, &["10:20:10,14,15"]),
    ("point", 13, &["(1.5,-2)"]),
    ("polygon", 13, &["((0,0),(1,1),(2,0))"]),
    ("real", 13, &["0.1", "NaN", "1e-40"]),
    ("refcursor", 13, &["c1"]),
    (
        "regclass",
        13,
        &["pg_catalog.pg_class", "shop.\"Odd Name\""],
    ),
    ("regcollation", 13, &["\"C\""]),
    ("regconfig", 13, &["english"]),
    ("regdictionary", 13, &["simple"]),
    ("regnamespace", 13, &["shop"]),
    ("regoper", 13, &["pg_catalog.||/"]),
    ("regoperator", 13, &["+(integer,integer)"]),
    ("regproc", 13, &["pg_catalog.now"]),
    ("regprocedure", 13, &["abs(integer)"]),
    ("regrole", 13, &["postgres"]),
    ("regtype", 13, &["integer", "shop.mood"]),
    ("smallint", 13, &["-32768"]),
    ("bigint", 13, &["-9223372036854775808"]),
    (
        "text",
        13,
        &["", "\\N", "NULL", "\t", "🙂\u{feff}", "\u{1}\u{7f}"],
    ),
    ("tid", 13, &["(1,2)"]),
    ("time with time zone", 13, &["04:05:06.789-08:15:30"]),
    ("time without time zone", 13, &["24:00:00"]),
    (
        "timestamp with time zone",
        13,
        &[
            "4713-01-01 00:00:00+00 BC",
            "-infinity",
            "2024-06-01 12:00+05:45",
        ],
    ),
    (
        "timestamp without time zone",
        13,
        &["294276-12-31 23:59:59.999999"],
    ),
    ("tsquery", 13, &["'a b' & !c:*A <2> d"]),
    ("tsrange", 13, &["[2020-01-01,2021-01-01)"]),
    ("tstzrange", 13, &["[2020-01-01 00:00+02,)"]),
    ("daterange", 13, &["[2020-01-01,2021-01-01)", "(,infinity)"]),
    ("tsvector", 13, &["'it''s':1A,2 'b\\\\c':3"]),
    ("txid_snapshot", 13, &["10:20:10,14"]),
    ("uuid", 13, &["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"]),
    ("xid", 13, &["42"]),
    ("xid8", 13, &["18446744073709551615"]),
    ("int4multirange", 14, &["{[1,3),[5,9)}", "{}"]),
    ("int8multirange", 14, &["{[1,3)}"]),
    ("nummultirange", 14, &["{[1.0,3),(5,)}"]),
    ("tsmultirange", 14, &["{[2020-01-01,2021-01-01)}"]),
    ("tstzmultirange", 14, &["{[2020-01-01 00:00+00,)}"]),
    ("datemultirange", 14, &["{[2020-01-01,2021-01-01)}"]),
    ("shop.mood", 13, &["so so", "Bad\\"]),
    ("shop.positive", 13, &["5"]),
    (
        "shop.address",
        13,
        &["(\"a \"\"b\"\" \\\\c\",,\"{1,2}\")", "(,,)"],
    ),
    ("shop.price_range", 13, &["[1.5,2)"]),
];

const OWN: &str = "
CREATE SCHEMA shop;
CREATE TYPE shop.mood AS ENUM ('good', 'so so', E'Bad\\\\');
CREATE DOMAIN shop.positive AS int CHECK (VALUE > 0);
CREATE TYPE shop.address AS (street text, zip varchar(10), floors int[]);
CREATE TYPE shop.price_range AS RANGE (subtype = numeric);
CREATE TABLE shop.\"Odd Name\" (id int);";

/// One row for each value, all other cells NULL, and the same in arrays.
fn ddl(major: u32) -> String {
    let known: Vec<&Known> = TYPES.iter().filter(|(_, from, _)| major >= *from).collect();
    let column = |name: &str, suffix: &str| rules::schema::quoted(&format!("{name}{suffix}"));
    let list = |suffix: &str| -> String {
        let columns = known
            .iter()
            .map(|(name, _, _)| format!(", {} {name}{suffix}", column(name, suffix)));
        columns.collect()
    };
    let mut ddl = format!(
        "{OWN} CREATE TABLE shop.plain (id int GENERATED ALWAYS AS IDENTITY, secret text NOT NULL{}); \
         CREATE TABLE shop.arrays (id serial, secret text NOT NULL{});",
        list(""),
        list("[]")
    );
    for (name, _, values) in known {
        for value in *values {
            let text = value.replace('\'', "''");
            let one = column(name, "");
            let many = column(name, "[]");
            ddl.push_str(&format!(
                "INSERT INTO shop.plain (secret, {one}) VALUES ('who-' || random(), '{text}'); \
                 INSERT INTO shop.arrays (secret, {many}) SELECT 'who-' || random(), \
                 ARRAY['{text}', NULL, '{text}']::{name}[];"
            ));
        }
    }
    ddl.push_str(
        "INSERT INTO shop.plain (secret) VALUES ('all null'); \
         INSERT INTO shop.arrays (secret, \"integer[]\") VALUES ('a', '[2:3][0:1]={{1,2},{NULL,4}}'), \
         ('b', '{}');",
    );
    ddl
}

async fn every_type(from: u32, to: u32) -> anyhow::Result<()> {
    let pair = Pair::start(from, to, &ddl(from)).await?;
    let before = pair.from.connect("shop").await?;
    let listed: Vec<&str> = TYPES.iter().map(|(name, _, _)| *name).collect();
    let unlisted = before
        .query_one(
            "SELECT coalesce(array_agg(format_type(t.oid, NULL)), '{}') FROM pg_type t
              WHERE t.typnamespace = 'pg_catalog'::regnamespace AND t.typtype IN ('b', 'r', 'm')
                AND NOT EXISTS (SELECT FROM pg_type e WHERE e.typarray = t.oid)
                AND NOT format_type(t.oid, NULL) = ANY ($1) AND t.typname <> 'xml'",
            &[&[listed, NOT_WRITTEN.to_vec()].concat()],
        )
        .await?;
    assert_eq!(unlisted.get::<_, Vec<String>>(0), Vec::<String>::new());
    let masked = [
        ("shop.plain.secret", token("plain")),
        ("shop.arrays.secret", token("arrays")),
    ];
    pair.copied(&masked).await?;
    let after = pair.to.connect("shop").await?;
    for (table, suffix) in [("plain", ""), ("arrays", "[]")] {
        let known = TYPES.iter().filter(|(_, since, _)| from >= *since);
        let columns: Vec<String> = known
            .map(|(name, _, _)| rules::schema::quoted(&format!("{name}{suffix}")))
            .collect();
        let columns = columns.join(", ");
        let sql = format!("SELECT id, {columns} FROM shop.{table} ORDER BY id");
        let (one, other) = (dump(&before, &sql).await?, dump(&after, &sql).await?);
        assert!(one.lines().count() > 100 || table == "arrays");
        assert_eq!(one, other, "{table}");
        let secrets = format!("SELECT secret FROM shop.{table} ORDER BY id");
        let secrets = dump(&after, &secrets).await?;
        assert!(
            secrets.lines().all(|secret| secret.len() == 24),
            "{secrets}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn every_type_is_kept_as_it_is() -> anyhow::Result<()> {
    for (from, to) in [(15, 15), (16, 16), (18, 18)] {
        let same = every_type(from, to).await;
        same.map_err(|error| error.context(format!("{from} to {to}")))?;
    }
    Ok(())
}

#[tokio::test]
async fn every_type_is_kept_across_versions() -> anyhow::Result<()> {
    for (from, to) in [(15, 18), (16, 18), (15, 16)] {
        let same = every_type(from, to).await;
        same.map_err(|error| error.context(format!("{from} to {to}")))?;
    }
    Ok(())
}

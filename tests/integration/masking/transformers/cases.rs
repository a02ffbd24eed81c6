//! Types, rules and originals that transformers are tried with.

/// A type, a rule, and an expression over `n` that gives originals.
pub(super) struct Case {
    pub(super) data_type: &'static str,
    pub(super) rule: &'static str,
    pub(super) originals: &'static str,
}

pub(super) const fn case(
    data_type: &'static str,
    rule: &'static str,
    originals: &'static str,
) -> Case {
    Case {
        data_type,
        rule,
        originals,
    }
}

/// Types with modifiers, domains, and values that clients seldom think of.
pub(super) const CASES: &[Case] = &[
    case("smallint", "\"int\"", "(n % 16384) - 8000"),
    case("integer", "\"int\"", "n * 1000 - 100000"),
    case("bigint", "\"int\"", "n * 1000000007::bigint"),
    case("numeric(12,0)", "\"int\"", "n * 7"),
    case("oid", "\"int\"", "n"),
    case("even", "\"int\"", "n * 2"),
    case("uuid", "\"uuid\"", "md5(n::text)::uuid"),
    case(
        "character varying(36)",
        "\"uuid\"",
        "md5(n::text)::uuid::text",
    ),
    case("character(32)", "\"uuid\"", "upper(md5(n::text))"),
    case("text", "\"token\"", "'x' || n"),
    case("bytea", "\"token\"", "decode(md5(n::text), 'hex')"),
    case("bytea", "\"secret\"", "decode(md5(n::text), 'hex')"),
    case("character varying(12)", "\"secret\"", "'key' || n"),
    case("character(9)", "\"code\"", "'AB-' || lpad(n::text, 5, '0')"),
    case("text", "\"code\"", "repeat(md5(n::text) || '-', 9)"),
    case(
        "text",
        "\"digits\"",
        "'No. ' || n || ', ' || repeat(n::text, 40)",
    ),
    case(
        "character varying(20)",
        "{ with = \"template\", text = \"{first-name} {token}\" }",
        "'x' || n",
    ),
    case("state", "{ with = \"static\", value = \"gone\" }", "'new'"),
    case(
        "mood",
        "\"label\"",
        "(ARRAY['sad', 'ok', 'happy'])[n % 3 + 1]::mood",
    ),
    case("boolean", "\"label\"", "n % 2 = 0"),
    case(
        "state",
        "\"label\"",
        "(ARRAY['new', 'paid', 'gone'])[n % 3 + 1]",
    ),
    case("text", "\"lorem\"", "repeat('An original, é. ', n % 50)"),
    case(
        "text",
        "{ with = \"redact\", accept_residual = \"tests\" }",
        "repeat(E'The invoice of Zoë\\tO''Brien, a' || n || '@corp.invalid. ', n % 50)",
    ),
    case(
        "character varying(24)",
        "{ with = \"redact\", accept_residual = \"tests\" }",
        "'Ärger: Zoë ' || n || ' a@b.de'",
    ),
    case("character(60)", "\"password\"", "'x' || n"),
    case("character varying(5)", "\"first-name\"", "'M' || n % 1000"),
    case("short", "\"last-name\"", "'M' || n % 100"),
    case("character varying(20)", "\"name\"", "'Maria ' || n"),
    case("character varying(30)", "\"company\"", "'Corp ' || n"),
    case("character varying(25)", "\"address\"", "'Road ' || n"),
    case("text", "\"street\"", "'Road ' || n"),
    case("character varying(8)", "\"city\"", "'Town' || n"),
    case("character varying(7)", "\"postcode\"", "n"),
    case("character(2)", "\"region\"", "'NY'"),
    case("character(2)", "\"country\"", "'DE'"),
    case("character varying(10)", "\"country\"", "'Germany'"),
    case("character varying(9)", "\"username\"", "'maria' || n"),
    case("address", "\"email\"", "'maria' || n || '@corp.invalid'"),
    case("character varying(14)", "\"email\"", "'m@corp.invalid'"),
    case(
        "text",
        "{ with = \"email\", coarse = true }",
        "'maria' || n || '@corp.invalid'",
    ),
    case("character varying(12)", "\"phone\"", "'+49171' || n"),
    case("bigint", "\"phone\"", "491710000000 + n"),
    case(
        "text",
        "{ with = \"phone\", coarse = true }",
        "'+44171' || n",
    ),
    case(
        "character varying(40)",
        "\"url\"",
        "'https://corp.invalid/a/b?q=' || n",
    ),
    case(
        "character varying(20)",
        "\"host\"",
        "'db' || n || '.corp.invalid'",
    ),
    case(
        "inet",
        "\"ip\"",
        "CASE n % 3 WHEN 0 THEN ('10.1.2.' || n % 256)::inet WHEN 1 THEN ('10.0.0.1/' || n % 33)::inet ELSE ('fe80::' || to_hex(n) || '/' || n % 129)::inet END",
    ),
    case(
        "cidr",
        "\"ip\"",
        "CASE n % 2 WHEN 0 THEN network(('255.255.255.255/' || n % 33)::inet) ELSE network(('ffff::/' || n % 129)::inet) END",
    ),
    case(
        "macaddr",
        "\"mac\"",
        "('08:00:2b:00:00:' || lpad(to_hex(n % 256), 2, '0'))::macaddr",
    ),
    case(
        "macaddr8",
        "\"mac\"",
        "('08:00:2b:00:00:00:00:' || lpad(to_hex(n % 256), 2, '0'))::macaddr8",
    ),
    case(
        "character varying(19)",
        "\"card\"",
        "'4929 0000 0000 ' || lpad(n::text, 4, '0')",
    ),
    case("bigint", "\"card\"", "4929000000000000 + n"),
    case(
        "character varying(27)",
        "\"iban\"",
        "'FR76 3000 6000 ' || n",
    ),
    case(
        "integer",
        "{ with = \"national-id\", pattern = \"99999999\" }",
        "n",
    ),
    case(
        "date",
        "\"date-shift\"",
        "CASE n % 5 WHEN 0 THEN 'infinity'::date WHEN 1 THEN '0044-03-15 BC'::date WHEN 2 THEN '4713-06-01 BC' WHEN 3 THEN '5874897-06-01' ELSE '2020-02-29'::date + n END",
    ),
    case(
        "timestamp(3) with time zone",
        "\"date-shift\"",
        "CASE n % 4 WHEN 0 THEN '-infinity' WHEN 1 THEN '0044-03-15 10:00:00.5+00 BC'::timestamptz WHEN 2 THEN '294276-06-01 23:59:59.999+00' ELSE now() END",
    ),
    case(
        "timestamp without time zone",
        "{ with = \"date-trunc\", unit = \"month\" }",
        "CASE n % 3 WHEN 0 THEN 'infinity' WHEN 1 THEN '4713-06-01 10:00:00 BC'::timestamp ELSE localtimestamp END",
    ),
    case("timestamp with time zone", "\"date-trunc\"", "now()"),
    case(
        "integer",
        "{ with = \"bucket\", size = 1000 }",
        "CASE n % 3 WHEN 0 THEN -2147483648 WHEN 1 THEN 2147483647 ELSE n END",
    ),
    case(
        "numeric(7,2)",
        "{ with = \"bucket\", size = 100 }",
        "n * 1.37 - 300",
    ),
    case(
        "double precision",
        "{ with = \"bucket\", size = 7 }",
        "CASE n % 4 WHEN 0 THEN 'NaN' WHEN 1 THEN '-Infinity' WHEN 2 THEN 1e300 ELSE n * 0.1 END::float8",
    ),
    case(
        "smallint",
        "{ with = \"noise\", part = 1.0 }",
        "CASE n % 3 WHEN 0 THEN -32768 WHEN 1 THEN 32767 ELSE n END",
    ),
    case(
        "bigint",
        "\"noise\"",
        "CASE n % 2 WHEN 0 THEN 9223372036854775807 ELSE -9223372036854775808 END",
    ),
    case(
        "numeric",
        "\"noise\"",
        "CASE n % 3 WHEN 0 THEN 'NaN' WHEN 1 THEN repeat('7', 2000)::numeric ELSE n * 0.000000000001 END",
    ),
    case(
        "numeric(5,2)",
        "{ with = \"noise\", part = 0.5 }",
        "999.99 - n % 10",
    ),
    case("positive", "{ with = \"noise\", part = 0.5 }", "n % 9 + 1"),
    case(
        "real",
        "\"noise\"",
        "CASE n % 3 WHEN 0 THEN 3.4e38 WHEN 1 THEN 1e-45 ELSE n END::float4",
    ),
    case(
        "double precision",
        "\"noise\"",
        "CASE n % 3 WHEN 0 THEN 1.79e308 WHEN 1 THEN -5e-324 ELSE n * 0.1 END::float8",
    ),
    case(
        "money",
        "\"noise\"",
        "((n - 30) * 1234567.89)::numeric::money",
    ),
    case("point", "\"geo\"", "point(n * 1.7 - 100, n - 60)"),
    case(
        "jsonb",
        "{ with = \"json\", parts = { \"a.b[]\" = \"email\", n = \"noise\", at = \"date-shift\", ok = \"label\", \"by.*\" = \"token\", \"by.*#key\" = \"token\", \"rest.**\" = \"keep\", id = \"int\" } }",
        "jsonb_build_object('a', jsonb_build_object('b', jsonb_build_array('m@x.invalid', NULL, 'é\"\\')), 'n', n * 1.5, 'at', now(), 'ok', true, 'by', jsonb_build_object('m' || n, n), 'rest', 12345678901234567890.10, 'id', n)",
    ),
    case(
        "json",
        "{ with = \"json\", parts = { \"**\" = \"token\", \"**#key\" = \"token\" } }",
        "('{ \"a\" : [1, {\"b\":\"\\u00e9\\n\"}], \"a\":null }')::json",
    ),
    case(
        "text[]",
        "{ with = \"array\", element = \"name\" }",
        "CASE n % 4 WHEN 0 THEN '[2:3][0:1]={{a,\"b c\"},{NULL,\"NULL\"}}' WHEN 1 THEN '{}' WHEN 2 THEN '{\"\"}' ELSE ARRAY['q\"\\', '{', n::text] END::text[]",
    ),
    case(
        "even[]",
        "{ with = \"array\", element = \"int\" }",
        "ARRAY[n * 2, NULL]",
    ),
    case(
        "timestamp with time zone[]",
        "{ with = \"array\", element = \"date-shift\" }",
        "ARRAY[now(), NULL, 'infinity']",
    ),
    case(
        "contact",
        "{ with = \"fields\", parts = { who = \"name\", born = \"date-shift\", tags = { with = \"array\", element = \"token\" } } }",
        "CASE n % 2 WHEN 0 THEN ROW('Maria \"M\", \\ ' || n, '1980-01-01', ARRAY['a b', NULL, '\"'])::contact ELSE ROW(NULL, NULL, '{}')::contact END",
    ),
    case(
        "contact[]",
        "{ with = \"array\", element = { with = \"fields\", parts = { who = \"lorem\", born = \"null\", tags = \"keep\" } } }",
        "ARRAY[ROW('a \"b', '1980-01-01', ARRAY['x'])::contact, NULL]",
    ),
    case(
        "daterange",
        "{ with = \"range\", element = \"date-shift\" }",
        "CASE n % 5 WHEN 0 THEN 'empty' WHEN 1 THEN '(,2020-01-01]' WHEN 2 THEN '[2020-01-01,infinity)' WHEN 3 THEN '(,)' ELSE daterange('2020-01-01', '2020-01-01'::date + n) END::daterange",
    ),
    case(
        "tstzrange",
        "{ with = \"range\", element = { with = \"date-trunc\", unit = \"year\" } }",
        "tstzrange(now(), now() + n * interval '9 days')",
    ),
    case(
        "int4range",
        "{ with = \"range\", element = \"noise\" }",
        "int4range((n - 20) * 5, (n - 20) * 5 + 3)",
    ),
    case(
        "nummultirange",
        "{ with = \"range\", element = { with = \"bucket\", size = 10 } }",
        "nummultirange(numrange(n, n + 25), numrange(n + 60, NULL))",
    ),
];

/// For servers that were built with XML.
pub(super) const OF_XML: &[Case] = &[case("xml", "\"lorem\"", "('<a>' || n || '</a>')::xml")];

/// For servers that have the extension.
pub(super) const OF_HSTORE: &[Case] = &[
    case(
        "hstore",
        "{ with = \"hstore\", parts = { who = \"name\", \"*\" = \"token\", \"*#key\" = \"token\" } }",
        "hstore(ARRAY['who', 'a\"\\ ' || n, 'nothing'], ARRAY['Maria', 'x => y', NULL])",
    ),
    case(
        "hstore",
        "{ with = \"hstore\", parts = { \"*\" = \"keep\" } }",
        "hstore(ARRAY['who', 'a\"\\ ' || n, 'nothing'], ARRAY['Maria', 'x => y', NULL])",
    ),
];

/// Rules that keep every part: what comes out is what went in, to the byte.
pub(super) const KEPT: &[(&str, &str, &str)] = &[
    (
        "text[]",
        "{ with = \"array\", element = \"keep\" }",
        "CASE n % 3 WHEN 0 THEN ARRAY['(a)', '[b]', 'c,d', '', 'null', E'\\x0b', E' \\t\\n', '\"', E'\\\\', '{}', NULL] WHEN 1 THEN '[-1:0]={a,b}' ELSE '{}' END::text[]",
    ),
    (
        "contact",
        "{ with = \"fields\", parts = { who = \"keep\", born = \"keep\", tags = \"keep\" } }",
        "ROW((ARRAY['(a)', '[b]', 'c,d', '', 'null', E'\\x0b', E' \\t\\n', '\"', E'\\\\', '{}', NULL])[n % 11 + 1], NULL, ARRAY['a\"b'])::contact",
    ),
    (
        "textrange",
        "{ with = \"range\", element = \"keep\" }",
        "textrange((ARRAY['(a)', '[b]', 'c,d', '', E'\\x0b', E' \\t', '\"', E'\\\\'])[n % 8 + 1], NULL)",
    ),
    (
        "tsmultirange",
        "{ with = \"range\", element = \"keep\" }",
        "tsmultirange(tsrange('2020-01-01', '2020-01-02'), tsrange('2021-01-01', NULL))",
    ),
    (
        "jsonb",
        "{ with = \"json\", parts = { \"**\" = \"keep\" } }",
        "jsonb_build_object('é\"\\', ARRAY[1e400::numeric, -0.10], 'a', NULL)",
    ),
    (
        "json",
        "{ with = \"json\", parts = { \"**\" = \"keep\" } }",
        "'{ \"a\" :1e5, \"a\": \"\\ud83d\\ude00\\/\" , \"b\":[ ] }'::json",
    ),
];

/// The types.
pub(super) const DDL: &str = "
    CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
    CREATE TYPE contact AS (who text, born date, tags text[]);
    CREATE TYPE textrange AS RANGE (subtype = text, collation = \"C\");
    CREATE DOMAIN even AS integer CHECK (VALUE % 2 = 0);
    CREATE DOMAIN short AS text CHECK (length(VALUE) < 8);
    CREATE DOMAIN positive AS integer CHECK (VALUE > 0 AND VALUE < 20);
    CREATE DOMAIN address AS text CHECK (VALUE ~ '^[a-z0-9._-]+@[a-z0-9.-]+[.][a-z]{2,}$' AND VALUE = lower(VALUE));
    CREATE DOMAIN state AS text CHECK (VALUE IN ('new', 'paid', 'gone'));";

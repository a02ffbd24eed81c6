//! Every transformer with a type that it is for, and values of that type.

/// A transformer, a type, a rule, and what values look like.
#[derive(Debug, Clone, Copy)]
pub(super) struct Example {
    pub(super) name: &'static str,
    pub(super) data_type: &'static str,
    pub(super) rule: &'static str,
    /// The value of a number.
    pub(super) value: fn(u64) -> String,
}

const fn example(
    name: &'static str,
    data_type: &'static str,
    rule: &'static str,
    value: fn(u64) -> String,
) -> Example {
    Example {
        name,
        data_type,
        rule,
        value,
    }
}

/// At least one of every transformer that gives values.
pub(super) const EXAMPLES: &[Example] = &[
    example("int", "integer", "\"int\"", |n| (n * 7 + 1).to_string()),
    example("int of 2 bytes", "smallint", "\"int\"", |n| {
        (n + 1).to_string()
    }),
    example("int of numeric", "numeric(12,0)", "\"int\"", |n| {
        format!("-{}", n + 1)
    }),
    example("uuid", "uuid", "\"uuid\"", uuid),
    example("token", "text", "\"token\"", word),
    example("token of bytes", "bytea", "\"token\"", |n| {
        format!("\\x{n:08x}")
    }),
    example("secret", "text", "\"secret\"", |n| {
        format!("sk_live_{n:020}")
    }),
    example("code", "character varying(12)", "\"code\"", |n| {
        format!("AB-{n:04}x")
    }),
    example("code of many letters", "text", "\"code\"", |n| {
        format!("{n:040}-{n}")
    }),
    example("digits", "text", "\"digits\"", |n| {
        format!("Flat {n}, No. {}", n + 100)
    }),
    example(
        "template",
        "text",
        "{ with = \"template\", text = \"{first-name} {{{number}}} {token}\" }",
        word,
    ),
    example(
        "static",
        "text",
        "{ with = \"static\", value = \"gone\" }",
        word,
    ),
    example("label", "public.mood", "\"label\"", |n| {
        ["sad", "ok", "happy"][n as usize % 3].to_owned()
    }),
    example("label of boolean", "boolean", "\"label\"", |n| {
        ["t", "f"][n as usize % 2].to_owned()
    }),
    example("lorem", "text", "\"lorem\"", |n| {
        "An original note. ".repeat(1 + n as usize % 5)
    }),
    example(
        "redact",
        "text",
        "{ with = \"redact\", accept_residual = \"tests\" }",
        |n| format!("Anna Müller writes from maria{n}@corp.invalid, she says"),
    ),
    example("password", "text", "\"password\"", |n| {
        format!("$2b$12${n:053}")
    }),
    example("first-name", "text", "\"first-name\"", word),
    example("last-name", "text", "\"last-name\"", word),
    example("name", "text", "\"name\"", word),
    example(
        "name of a locale",
        "text",
        "{ with = \"name\", locale = \"de-DE\" }",
        word,
    ),
    example("company", "text", "\"company\"", word),
    example("address", "text", "\"address\"", word),
    example("street", "text", "\"street\"", word),
    example("city", "text", "\"city\"", word),
    example("postcode", "text", "\"postcode\"", word),
    example("region", "text", "\"region\"", word),
    example("country", "text", "\"country\"", |n| {
        ["Atlantis", "XQ", "xqz"][n as usize % 3].to_owned()
    }),
    example("username", "text", "\"username\"", word),
    example("email", "text", "\"email\"", |n| {
        format!("maria{n}@corp.invalid")
    }),
    example(
        "email with its domain",
        "text",
        "{ with = \"email\", coarse = true }",
        |n| format!("maria{n}@Corp{}.invalid", n % 5),
    ),
    example("phone", "text", "\"phone\"", |n| format!("+49 171 {n:07}")),
    example(
        "phone of a country",
        "text",
        "{ with = \"phone\", coarse = true }",
        |n| format!("+{} 171 {n:07}", [49, 44, 599][n as usize % 3]),
    ),
    example("phone of numbers", "bigint", "\"phone\"", |n| {
        format!("4917{n:08}")
    }),
    example("url", "text", "\"url\"", |n| {
        format!("HTTP://corp{n}.invalid/a/maria/{n}?q=maria#x")
    }),
    example("host", "text", "\"host\"", |n| {
        format!("db{n}.corp.invalid")
    }),
    example("ip", "inet", "\"ip\"", |n| {
        [
            format!("10.1.{}.{}/24", n / 200, n % 200 + 1),
            format!("fe80::{n:x}"),
        ][n as usize % 2]
            .clone()
    }),
    example("ip of networks", "cidr", "\"ip\"", |n| {
        [format!("10.{}.0.0/16", n % 250), format!("fe80:{n:x}::/48")][n as usize % 2].clone()
    }),
    example("mac", "macaddr", "\"mac\"", |n| {
        format!("08:00:2b:01:{:02x}:{:02x}", n / 256, n % 256)
    }),
    example("mac of 8 bytes", "macaddr8", "\"mac\"", |n| {
        format!("08:00:2b:ff:fe:01:{:02x}:{:02x}", n / 256, n % 256)
    }),
    example("card", "text", "\"card\"", |n| {
        [format!("4929 0000 0000 {n:04}"), format!("349{n:012}")][n as usize % 2].clone()
    }),
    example("card of numbers", "bigint", "\"card\"", |n| {
        format!("492900000000{n:04}")
    }),
    example("iban", "text", "\"iban\"", |n| {
        format!("FR76 3000 6000 0112 3456 {n:04}")
    }),
    example(
        "national-id",
        "text",
        "{ with = \"national-id\", pattern = \"999-99-9999\" }",
        |n| format!("078-05-{n:04}"),
    ),
    example(
        "national-id of a pattern",
        "text",
        "{ with = \"national-id\", pattern = \"A\\\\999-A\" }",
        |n| format!("Z099-{n}"),
    ),
    example("date-shift", "date", "\"date-shift\"", |n| {
        format!("19{:02}-02-{:02}", n % 100, n % 28 + 1)
    }),
    example(
        "date-shift of moments",
        "timestamp with time zone",
        "\"date-shift\"",
        |n| format!("2026-01-{:02} 23:59:{:02}.5+00", n % 31 + 1, n % 60),
    ),
    example(
        "date-trunc",
        "date",
        "{ with = \"date-trunc\", unit = \"month\" }",
        |n| format!("19{:02}-02-{:02}", n % 100, n % 28 + 1),
    ),
    example(
        "date-trunc of moments",
        "timestamp without time zone",
        "{ with = \"date-trunc\", unit = \"year\" }",
        |n| format!("2026-01-{:02} 23:59:{:02}.5", n % 31 + 1, n % 60),
    ),
    example(
        "bucket",
        "integer",
        "{ with = \"bucket\", size = 10 }",
        |n| (n as i64 * 7 - 40).to_string(),
    ),
    example(
        "noise",
        "numeric(10,2)",
        "{ with = \"noise\", part = 0.2 }",
        |n| format!("{}.{:02}", n + 1, n % 100),
    ),
    example("noise of floats", "double precision", "\"noise\"", |n| {
        format!("{n}.5")
    }),
    example("noise of money", "money", "\"noise\"", |n| {
        format!("-${},{:03}.50", n + 1, n)
    }),
    example("geo", "point", "{ with = \"geo\", size = 5000 }", |n| {
        format!("(13.{n},52.{n})")
    }),
    example(
        "json",
        "jsonb",
        "{ with = \"json\", parts = { \"email\" = \"email\", \"tags[]\" = \"token\", \"age\" = \"keep\", \"by.*\" = \"null\", \"by.*#key\" = \"token\" } }",
        |n| {
            format!(
                "{{\"by\": {{\"m{n}\": 1}}, \"age\": {n}, \"tags\": [\"a{n}\", null], \"email\": \"m{n}@corp.invalid\"}}"
            )
        },
    ),
    example(
        "array",
        "text[]",
        "{ with = \"array\", element = \"token\" }",
        |n| format!("{{a{n},NULL,\"b c\"}}"),
    ),
    example(
        "hstore",
        "public.hstore",
        "{ with = \"hstore\", parts = { who = \"name\", age = \"keep\" } }",
        |n| format!("\"age\"=>\"{n}\", \"who\"=>\"Maria {n}\""),
    ),
    example(
        "fields",
        "public.contact",
        "{ with = \"fields\", parts = { who = \"name\", age = \"noise\" } }",
        |n| format!("(\"Maria {n}\",{})", n + 20),
    ),
    example(
        "range",
        "daterange",
        "{ with = \"range\", element = \"date-shift\" }",
        |n| format!("[2026-01-{:02},2026-02-{:02})", n % 28 + 1, n % 28 + 1),
    ),
];

fn word(n: u64) -> String {
    format!("Maria Xq{n}")
}

fn uuid(n: u64) -> String {
    format!("{n:08x}-7a1b-4c2d-8e3f-0123456789ab")
}

//! What transformers give is taken by real servers: each is fed with what the server writes, and the
//! server reads what comes out.

mod cases;

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{SinkExt, TryStreamExt};
use masker::key::{Draws, MaskKey};
use masker::plan::Canonical;
use masker::transform::{Column, Transform, make};
use rules::config::parse;
use rules::mask::{By, Choice, Mask};
use rules::schema::{Name, Schema};
use seeder::key::Key;
use seeder::person::{Locales, People};
use seeder::value::Type;
use tests::postgres::{Installation, Scratch};
use tokio_postgres::Client;

use cases::{CASES, Case, DDL, KEPT, OF_HSTORE, OF_XML, case};

/// The settings that a copy reads production with.
const SETTINGS: &str = "SET extra_float_digits = 3; SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; \
    SET IntervalStyle = 'postgres'; SET bytea_output = 'hex'; SET lc_monetary = 'C'";

const ROWS: usize = 66;

/// A column with its originals, and what a copy knows of it.
struct Lab {
    client: Client,
    schema: Schema,
}

#[tokio::test]
async fn servers_take_what_transformers_give() -> anyhow::Result<()> {
    // What not every server has: a statement that needs it, and its cases.
    let optional = [
        ("CREATE EXTENSION hstore", OF_HSTORE),
        ("SELECT '<a/>'::xml", OF_XML),
    ];
    let mut met = [0; 2];
    for major in [15, 16, 18] {
        let server = Scratch::start_with(Installation::of_major(major)?, &[])?;
        let client = server.database("lab").await?;
        client.batch_execute(SETTINGS).await?;
        client.batch_execute(DDL).await?;
        let mut cases: Vec<&Case> = CASES.iter().collect();
        for ((statement, of_optional), met) in optional.iter().zip(&mut met) {
            if client.batch_execute(statement).await.is_ok() {
                cases.extend(*of_optional);
                *met += 1;
            }
        }
        let kept: Vec<Case> = KEPT
            .iter()
            .map(|(one, two, three)| case(one, two, three))
            .collect();
        cases.extend(&kept);
        for (number, case) in cases.iter().enumerate() {
            let sql = format!(
                "CREATE TABLE o{number} (n int, c {0}); CREATE TABLE m{number} (n int, c {0}); \
                 INSERT INTO o{number} SELECT n, {1} FROM generate_series(1, {ROWS}) n",
                case.data_type, case.originals
            );
            client.batch_execute(&sql).await.map_err(|error| {
                let detail = error.as_db_error().map(ToString::to_string);
                anyhow::anyhow!("{}: {detail:?}", case.originals)
            })?;
        }
        let schema = seeder::introspect(&client).await?;
        let lab = Lab { client, schema };
        for (number, case) in cases.iter().enumerate() {
            lab.check(number, case).await?;
        }
    }
    assert!(!met.contains(&0), "no server has what these need: {met:?}");
    Ok(())
}

impl Lab {
    /// Masks what the server writes, gives it back, and compares what it then writes.
    async fn check(&self, number: usize, case: &Case) -> anyhow::Result<()> {
        let what = format!("{} for {}", case.rule, case.data_type);
        let name = Name::new("public", format!("o{number}"));
        let column = self.schema.tables[&name]
            .column("c")
            .expect("it has the column");
        let data_type = Type::resolve(&column.data_type, &self.schema);
        let tried = Tried::new(case.rule, &data_type, &self.schema, None)
            .map_err(|unfit| anyhow::anyhow!("{what}: {unfit}"))?;
        let originals = self.texts(&format!("o{number}")).await?;
        assert_eq!(originals.len(), ROWS, "{what}");
        let mut masked = Vec::new();
        for (row, original) in originals.iter().enumerate() {
            let Some(text) = original else {
                masked.push(None);
                continue;
            };
            let text = tried
                .mask(text, row)
                .map_err(|reason| anyhow::anyhow!("{what}: row {row} {reason}"))?;
            masked.push(Some(text));
        }
        self.fill(&format!("m{number}"), &masked)
            .await
            .map_err(|error| anyhow::anyhow!("{what}: {error:?} of {masked:?}"))?;
        let is_kept = |kept: &&(&str, &str, &str)| (kept.0, kept.1) == (case.data_type, case.rule);
        if KEPT.iter().any(|kept| is_kept(&kept)) {
            assert_eq!(masked, originals, "{what}");
        }
        // What the server made of it, it writes again: nothing was cut or rounded away.
        let read = self.texts(&format!("m{number}")).await?;
        let nulls = |texts: &[Option<String>]| texts.iter().filter(|text| text.is_none()).count();
        assert_eq!(nulls(&read), nulls(&originals), "{what}");
        if matches!(
            data_type.base(),
            Type::Text { padded: false, .. } | Type::Int { .. } | Type::Uuid
        ) {
            assert_eq!(read, masked, "{what}");
        }
        Ok(())
    }

    /// The texts of a column, in the order of the rows.
    async fn texts(&self, table: &str) -> anyhow::Result<Vec<Option<String>>> {
        let sql = format!("COPY (SELECT c FROM public.{table} ORDER BY n) TO STDOUT");
        let rows: Vec<Bytes> = self.client.copy_out(&sql).await?.try_collect().await?;
        let text = String::from_utf8(rows.concat())?;
        Ok(text.split_terminator('\n').map(unescaped).collect())
    }

    async fn fill(&self, table: &str, texts: &[Option<String>]) -> anyhow::Result<()> {
        let sql = format!("COPY public.{table} (n, c) FROM STDIN");
        let mut sink = std::pin::pin!(self.client.copy_in::<_, Bytes>(&sql).await?);
        for (row, text) in texts.iter().enumerate() {
            let cell = text.as_deref().map_or("\\N".to_owned(), escaped);
            sink.send(Bytes::from(format!("{row}\t{cell}\n"))).await?;
        }
        sink.finish().await?;
        Ok(())
    }
}

fn unescaped(cell: &str) -> Option<String> {
    if cell == "\\N" {
        return None;
    }
    let mut text = String::new();
    let mut letters = cell.chars();
    while let Some(letter) = letters.next() {
        text.push(match letter {
            '\\' => match letters.next() {
                Some('b') => '\u{8}',
                Some('f') => '\u{c}',
                Some('n') => '\n',
                Some('r') => '\r',
                Some('t') => '\t',
                Some('v') => '\u{b}',
                other => other.unwrap_or('\\'),
            },
            plain => plain,
        });
    }
    Some(text)
}

fn escaped(text: &str) -> String {
    let pairs = [('\\', "\\\\"), ('\n', "\\n"), ('\r', "\\r"), ('\t', "\\t")];
    let escape = |letter: char| match pairs.iter().find(|(plain, _)| *plain == letter) {
        Some((_, escaped)) => (*escaped).to_owned(),
        None => letter.to_string(),
    };
    text.chars().map(escape).collect()
}

/// A transformer, used as a copy uses it.
struct Tried {
    transform: Arc<dyn Transform>,
    draws: Draws,
    canonical: Canonical,
    by: By,
}

impl Tried {
    fn new(
        rule: &str,
        data_type: &Type,
        schema: &Schema,
        rows: Option<u64>,
    ) -> Result<Self, String> {
        let rule = mask(rule);
        let key: Vec<u8> = (0..32).map(|byte| byte * 7 + 3).collect();
        let key = MaskKey::read(&key).expect("a key");
        let people = Arc::new(People::new(&Key::derive(1, &["x"]), Locales::default()));
        let made = make(
            &rule,
            &Column {
                schema,
                name: "c",
                data_type,
                checks: &[],
                rows: rows.unwrap_or(1_000),
                unique: rows.is_some(),
                domain: "public.t.c",
                domains: &BTreeMap::new(),
                key: &key,
                people: &people,
            },
        );
        Ok(Self {
            transform: made.map_err(|unfit| format!("{unfit:?}"))?,
            draws: Draws::new(&key, "public.t.c"),
            canonical: Canonical::of(data_type),
            by: rule.by,
        })
    }

    fn mask(&self, text: &str, row: usize) -> Result<String, String> {
        let value = self.canonical.form(text.as_bytes());
        let draw = match self.by {
            By::Value => self.draws.of(self.canonical.tag(), &value),
            _ => self.draws.of(b'r', &row.to_be_bytes()),
        };
        let mut out = Vec::new();
        let masked = self.transform.mask(&value, &draw, &mut out);
        masked.map_err(|refused| refused.reason.to_owned())?;
        String::from_utf8(out).map_err(|_| "is no text any more".to_owned())
    }
}

fn mask(rule: &str) -> Mask {
    let text = format!("[masking]\nkey = \"env:K\"\n[masking.tables.t]\nc = {rule}\n");
    let masking = parse(&text).expect("a rule").masking.expect("given");
    match &masking.tables[0].columns[0].1.cases[0].choice {
        Choice::Mask(mask) => Mask::clone(mask),
        other => panic!("{other:?}"),
    }
}

/// A type, the rule for it, and the value of a row by its number.
type Apart = (&'static str, &'static str, fn(usize) -> String);

/// Unique indexes of expressions take what stays apart, and identity columns go on behind it.
#[tokio::test]
async fn unique_indexes_take_what_stays_apart() -> anyhow::Result<()> {
    const COUNT: usize = 20_000;
    let server = Scratch::start_with(Installation::of_major(15)?, &[])?;
    let client = server.database("lab").await?;
    client.batch_execute(SETTINGS).await?;
    let lab = Lab {
        schema: seeder::introspect(&client).await?,
        client,
    };
    let cases: [Apart; 12] = [
        ("integer", "\"int\"", |n| (n + 1).to_string()),
        ("text", "\"token\"", |n| format!("x{n}")),
        ("character varying(18)", "\"token\"", |n| format!("x{n}")),
        ("character(9)", "\"code\"", |n| format!("AB-{n:06}")),
        ("text", "\"digits\"", |n| format!("{n}")),
        ("character varying(30)", "\"email\"", |n| {
            format!("m{n}@x.invalid")
        }),
        ("character varying(24)", "\"username\"", |n| format!("m{n}")),
        ("text", "\"phone\"", |n| format!("+49171{n:06}")),
        ("inet", "\"ip\"", |n| {
            format!("10.1.{}.{}", n / 256, n % 256)
        }),
        ("macaddr", "\"mac\"", |n| {
            format!("08:00:2b:00:{:02x}:{:02x}", n / 256, n % 256)
        }),
        ("uuid", "\"uuid\"", |n| {
            format!("{n:08x}-7a1b-4c2d-8e3f-0123456789ab")
        }),
        ("text", "\"url\"", |n| format!("https://x.invalid/{n}")),
    ];
    for (number, (name, rule, value)) in cases.iter().enumerate() {
        let data_type = Type::resolve(name, &lab.schema);
        let tried = Tried::new(rule, &data_type, &lab.schema, Some(10_000_000));
        let tried = tried.map_err(|unfit| anyhow::anyhow!("{rule} for {name}: {unfit}"))?;
        let masked = (0..COUNT).map(|n| tried.mask(&value(n), n).map(Some));
        let masked: Vec<Option<String>> = masked
            .collect::<Result<_, _>>()
            .map_err(anyhow::Error::msg)?;
        lab.client
            .batch_execute(&format!("CREATE TABLE m{number} (n int, c {name})"))
            .await?;
        lab.fill(&format!("m{number}"), &masked).await?;
        let index = format!(
            "CREATE UNIQUE INDEX ON m{number} (c); CREATE UNIQUE INDEX ON m{number} (lower(trim(c::text)))"
        );
        lab.client
            .batch_execute(&index)
            .await
            .map_err(|error| anyhow::anyhow!("{rule} for {name}: {error}"))?;
    }
    let next = "ALTER TABLE m0 ALTER c SET NOT NULL, ALTER c ADD GENERATED ALWAYS AS IDENTITY; \
                SELECT setval(pg_get_serial_sequence('m0', 'c'), (SELECT max(c) FROM m0)); \
                INSERT INTO m0 (n) SELECT n FROM generate_series(1, 1000) n";
    lab.client.batch_execute(next).await?;
    Ok(())
}

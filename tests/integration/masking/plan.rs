//! What a plan refuses and says of a real production, and what its copy then keeps.

use std::sync::Arc;

use masker::copy::{Event, Programs};
use masker::key::MaskKey;
use masker::run::{self, Looked, Target};
use masker::shown::shown;
use masker::source::Production;
use rules::mask::MaskRules;
use tests::postgres::{Installation, Scratch};
use tokio_postgres::Client;

/// The usual key.
pub(super) const KEY: u8 = 157;

fn rules(tables: &str) -> anyhow::Result<MaskRules> {
    let text = format!("[masking]\nkey = \"env:K\"\n{tables}");
    let config = rules::config::parse(&text).map_err(|error| anyhow::anyhow!("{error:?}"))?;
    let masking = config.masking;
    masking.ok_or_else(|| anyhow::anyhow!("there are rules"))
}

/// A key for each odd number.
fn key(odd: u8) -> anyhow::Result<Arc<MaskKey>> {
    let bytes: Vec<u8> = (0..32_u8).map(|byte| byte.wrapping_mul(odd)).collect();
    Ok(Arc::new(MaskKey::read(&bytes)?))
}

fn read(from: &Scratch) -> Production {
    Production {
        config: from.config("shop"),
        tls: None,
    }
}

/// Production with a schema in it.
pub(super) async fn production(ddl: &str) -> anyhow::Result<(Scratch, Client)> {
    let production = Scratch::start_with(Installation::of_major(15)?, &[])?;
    let client = production.database("shop").await?;
    client.batch_execute(ddl).await?;
    Ok((production, client))
}

async fn looked(from: &Scratch, tables: &str) -> anyhow::Result<Looked> {
    let opened = run::open(&read(from), &rules(tables)?, &*key(KEY)?).await?;
    Ok(opened.close().await)
}

/// What keeps a copy from being made.
async fn problems(from: &Scratch, tables: &str) -> anyhow::Result<Vec<String>> {
    let looked = looked(from, tables).await?;
    let problems = looked.plan.err().unwrap_or_default();
    Ok(problems.iter().map(ToString::to_string).collect())
}

/// Makes a copy, and gives its server and a session of it.
async fn copied(from: &Scratch, tables: &str) -> anyhow::Result<(Scratch, Client)> {
    copied_by(from, tables, (KEY, 2)).await
}

/// As [`copied`], with another key and number of workers.
pub(super) async fn copied_by(
    from: &Scratch,
    tables: &str,
    (odd, workers): (u8, usize),
) -> anyhow::Result<(Scratch, Client)> {
    let server = Scratch::start_with(Installation::of_major(15)?, &[])?;
    let client = server.database("shop").await?;
    let target = Target {
        config: server.config("shop"),
        directory: Some(server.data_directory()),
        programs: Programs {
            bin: server.installation().bin.clone(),
            libraries: None,
            account: None,
        },
        workers,
    };
    let opened = run::open(&read(from), &rules(tables)?, &*key(odd)?).await?;
    opened
        .copy(key(odd)?, target, Arc::new(|_: &Event| ()))
        .await?;
    Ok((server, client))
}

const PEOPLE: &str =
    "CREATE TABLE people (id int PRIMARY KEY, gender text, kind text, born date, doc json);
INSERT INTO people SELECT n, (ARRAY['female', 'male', 'other'])[1 + n % 3],
  (ARRAY['a', 'b'])[1 + n % 2], date '1970-01-01' + n, json_build_object('name', 'Maria ' || n)
  FROM generate_series(1, 12000) n;
CREATE TABLE few (code text, word text);
INSERT INTO few SELECT 'code-' || n, 'word' FROM generate_series(1, 40) n;
CREATE TABLE none (word text);
";

/// With few values, how often each occurs tells which is which; where nothing was ever counted, a sample
/// tells how many there are.
#[tokio::test]
async fn few_values_by_value_are_refused_whether_they_were_counted_or_not() -> anyhow::Result<()> {
    let (production, client) = production(PEOPLE).await?;
    let tables = "[masking.tables.people]\nid = \"keep\"\nkind = \"keep\"\nborn = \"date-shift\"\n\
        gender = \"token\"\ndoc = { with = \"json\", parts = { name = \"name\" } }\n\
        [masking.tables.few]\ncode = \"token\"\nword = \"token\"\n\
        [masking.tables.none]\nword = \"token\"\n";
    let refused = [
        "public.few.word: it has about 1 different values, and \"token\" by value keeps how often",
        "public.people.gender: it has about 3 different values, and \"token\" by value keeps",
    ];
    for analysed in [false, true] {
        if analysed {
            client.batch_execute("ANALYZE").await?;
        }
        let found = problems(&production, tables).await?;
        let as_expected = found
            .iter()
            .zip(refused)
            .all(|(found, refused)| found.starts_with(refused));
        assert!(
            found.len() == refused.len() && as_expected,
            "analysed: {analysed}\n{found:#?}"
        );
    }
    let reasoned = tables.replace(
        "word = \"token\"\n[masking.tables.none]",
        "word = { with = \"token\", allow_small_domain = \"a test\" }\n[masking.tables.none]",
    );
    let by_row = reasoned.replace(
        "gender = \"token\"",
        "gender = { with = \"token\", by = \"row\" }",
    );
    assert_eq!(problems(&production, &by_row).await?, Vec::<String>::new());
    // By row every value is another, so nothing is left of which there were many.
    let (_server, copy) = copied(&production, &by_row).await?;
    let sql = "SELECT count(DISTINCT gender) FROM people";
    let different: i64 = copy.query_one(sql, &[]).await?.get(0);
    assert_eq!(different, 12_000);
    Ok(())
}

/// Else what was shipped would be before it was ordered, or a hundred days later.
#[tokio::test]
async fn days_of_one_row_move_together() -> anyhow::Result<()> {
    let ddl =
        "CREATE TABLE orders (id int PRIMARY KEY, placed timestamptz, shipped date, billed date);
        INSERT INTO orders SELECT n, timestamptz '2026-01-01 08:00+00' + n * interval '1 hour',
          date '2026-01-04' + n / 24, date '2026-03-01' + n / 24 FROM generate_series(1, 400) n;
        ANALYZE";
    let (production, _client) = production(ddl).await?;
    let tables = "[masking.tables.orders]\nid = \"keep\"\nplaced = \"date-shift\"\n\
        shipped = \"date-shift\"\nbilled = { with = \"date-shift\", by = \"row\", domain = \"bills\" }\n";
    let (_server, copy) = copied(&production, tables).await?;
    let sql = "SELECT count(*) FILTER (WHERE shipped - (placed AT TIME ZONE 'UTC')::date BETWEEN 2 AND 3),
          count(DISTINCT shipped - (date '2026-01-04' + id / 24)),
          count(*) FILTER (WHERE billed - shipped = date '2026-03-01' - date '2026-01-04') FROM orders";
    let row = copy.query_one(sql, &[]).await?;
    let [together, shifts, apart]: [i64; 3] = [row.get(0), row.get(1), row.get(2)];
    assert_eq!(together, 400);
    assert!(shifts > 200, "{shifts} shifts of 364");
    // A domain of its own is another shift.
    assert!(apart < 20, "{apart}");
    Ok(())
}

/// Whatever the types of the columns, and over tables.
#[tokio::test]
async fn what_belongs_to_one_subject_is_of_one_person() -> anyhow::Result<()> {
    let ddl = "CREATE EXTENSION citext;
        CREATE TABLE people (id text PRIMARY KEY, first text, last text, email citext UNIQUE, login text UNIQUE);
        INSERT INTO people SELECT 'Pers-' || n, 'Zebulon' || n, 'Quux' || n, 'Zebulon.' || n || '@corp.invalid', 'quux' || n
          FROM generate_series(1, 400) n;
        CREATE TABLE letters (id int PRIMARY KEY, person text NOT NULL REFERENCES people, addressee char(60),
          address citext, UNIQUE (address));
        INSERT INTO letters SELECT n, 'Pers-' || 1 + n % 400, 'Quux' || 1 + n % 400, n || '@corp.invalid'
          FROM generate_series(1, 900) n;
        ANALYZE";
    let (production, _client) = production(ddl).await?;
    let by = |with: &str, subject: &str| {
        format!("{{ with = \"{with}\", locale = \"en-US\", by = {{ subject = \"{subject}\" }} }}")
    };
    let tables = format!(
        "[masking.tables.people]\nid = \"code\"\nfirst = {}\nlast = {}\nemail = {}\nlogin = {}\n\
         [masking.tables.letters]\nid = \"keep\"\naddressee = {}\naddress = {}\n",
        by("first-name", "id"),
        by("last-name", "id"),
        by("email", "id"),
        by("username", "id"),
        by("last-name", "person"),
        by("email", "person"),
    );
    let (_server, copy) = copied(&production, &tables).await?;
    // What letters of ASCII alone are written as.
    let sql = "SELECT count(*),
          count(*) FILTER (WHERE p.email LIKE left(lower(p.first || '.' || p.last), 16) || '%'),
          count(*) FILTER (WHERE p.login LIKE left(lower(p.last), 12) || '%'),
          count(*) FILTER (WHERE l.addressee = p.last),
          count(*) FILTER (WHERE l.address LIKE left(lower(p.first || '.' || p.last), 16) || '%'),
          count(DISTINCT p.last) FROM letters l JOIN people p ON p.id = l.person
        WHERE p.first ~ '^[A-Z][a-z]+$' AND p.last ~ '^[A-Z][a-z]+$'";
    let row = copy.query_one(sql, &[]).await?;
    let counts: [i64; 6] = std::array::from_fn(|at| row.get(at));
    let [all, email, login, addressee, address, names] = counts;
    assert!(all > 400 && names > 50, "{counts:?}");
    assert_eq!([email, login, addressee, address], [all; 4], "{counts:?}");
    Ok(())
}

#[tokio::test]
async fn a_plan_warns_of_what_may_keep_a_copy_from_being_clean() -> anyhow::Result<()> {
    let ddl = "CREATE TABLE people (id int PRIMARY KEY, a text, b text, photo oid, span int4range,
          CHECK (a <> b), CHECK (length(a) < 99), EXCLUDE USING gist (span WITH &&));
        INSERT INTO people SELECT n, 'a' || n, 'b' || n, lo_from_bytea(0, 'x'), int4range(n, n + 1)
          FROM generate_series(1, 12) n;
        ALTER TABLE people ADD CONSTRAINT late CHECK (id < 5) NOT VALID;
        CREATE TABLE calm (id int PRIMARY KEY); INSERT INTO calm VALUES (1); ANALYZE calm";
    let (production, client) = production(ddl).await?;
    let tables = "[masking.tables.people]\nid = \"keep\"\na = \"token\"\nb = { with = \"name\", by = \"row\" }\n\
        photo = \"keep\"\nspan = { with = \"range\", element = \"noise\", by = \"row\" }\n\
        [masking.tables.calm]\nid = \"keep\"\n";
    let plan = shown(&looked(&production, tables).await?, "key".to_owned());
    assert_eq!(plan.problems, []);
    assert_eq!(
        plan.warnings,
        ["12 large objects of production are in no copy"]
    );
    let table = |name: &str| {
        let found = plan.tables.iter().find(|table| table.name == name);
        found
            .map(|table| table.warnings.clone())
            .unwrap_or_default()
    };
    assert_eq!(table("public.calm"), Vec::<String>::new());
    let begins = [
        "it was never analysed",
        "late is NOT VALID",
        "the CHECK people_check reads a and b, ",
        "the exclusion constraint people_span_excl reads span, ",
        "photo is kept, and the large objects",
    ];
    let warnings = table("public.people");
    let begin = warnings
        .iter()
        .zip(begins)
        .all(|(warning, begin)| warning.starts_with(begin));
    assert!(warnings.len() == begins.len() && begin, "{warnings:#?}");
    // By value, frequencies are told; by row they are not.
    let preserved = |column: &str| {
        let mut columns = plan.tables.iter().flat_map(|table| &table.columns);
        columns
            .find(|found| found.name == column)
            .and_then(|found| found.preserves.clone())
    };
    let equal = "which values are equal and how often";
    assert_eq!(preserved("a").as_deref(), Some(equal));
    assert_eq!(preserved("b"), None);
    assert_eq!(preserved("id").as_deref(), Some("everything"));
    drop(client);
    Ok(())
}

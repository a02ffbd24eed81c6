//! Notes of people, redacted: what a copy holds of them, and what the gate says of a fault.

use std::sync::Arc;

use masker::copy::Programs;
use masker::key::{Draw, MaskKey};
use masker::plan::Action;
use masker::run::{self, Done, MaskError, Placed, Target};
use masker::source::Production;
use masker::transform::{Transform, Unmaskable};
use rules::mask::MaskRules;
use tests::postgres::{Installation, Scratch};
use tokio_postgres::Client;

const NOTES: i64 = 600;

/// Everything that tells who somebody is, glued, spaced and written in other ways, among public words.
/// What must not be left has `canary` in it, or is told by its digits.
const SCHEMA: &str = r"
CREATE TABLE notes (id int PRIMARY KEY, public boolean NOT NULL, note text NOT NULL,
  short varchar(24), memo text, sort char(12));
INSERT INTO notes SELECT n, n % 3 = 0,
  'The customer Canary' || n || ' Summer called (' || 4111111111110000 + n || '), wrote from '
    || 'E-Mail:canary' || n || '@corp.example;' || E'\n' || 'name=Canary' || n || ' token=sk_live_canary'
    || md5(n::text) || ' 12 Canary Street, C A N A R Y, canary%40corp.de <b>Canary' || n || '</b>',
  'canary' || n || '@corp.de',
  CASE WHEN n % 3 = 0 THEN 'public' ELSE 'Canary' || n || 'son called, please call back' END,
  'Canary ' || n
  FROM generate_series(1, 600) n;
CREATE TABLE remarks (id int, at date, remark text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE remarks_old PARTITION OF remarks FOR VALUES FROM ('2000-01-01') TO ('2026-01-01');
CREATE TABLE remarks_new PARTITION OF remarks DEFAULT;
INSERT INTO remarks SELECT n, date '2025-12-01' + n % 60, 'Bitte Canaryhausen' || n || ' anrufen, die Rechnung fehlt'
  FROM generate_series(1, 300) n;
ANALYZE";

const RULES: &str = "\
[masking]
key = \"env:K\"
[masking.tables.notes]
id = \"keep\"
public = \"keep\"
note = { with = \"redact\", accept_residual = \"tests\" }
short = { with = \"redact\", accept_residual = \"tests\", by = \"value\" }
memo = [{ when = { column = \"public\", is = \"t\" }, with = \"keep\" }, { with = \"redact\", accept_residual = \"tests\" }]
sort = { with = \"redact\", accept_residual = \"tests\" }
[masking.tables.remarks]
id = \"keep\"
at = \"keep\"
remark = { with = \"redact\", accept_residual = \"tests\" }
";

fn rules() -> anyhow::Result<MaskRules> {
    let config = rules::config::parse(RULES).map_err(|error| anyhow::anyhow!("{error:?}"))?;
    config
        .masking
        .ok_or_else(|| anyhow::anyhow!("there are rules"))
}

fn key() -> anyhow::Result<Arc<MaskKey>> {
    let bytes: Vec<u8> = (0..32_u8).map(|byte| byte.wrapping_mul(181)).collect();
    Ok(Arc::new(MaskKey::read(&bytes)?))
}

fn read(from: &Scratch) -> Production {
    Production {
        config: from.config("shop"),
        tls: None,
    }
}

/// What a fault puts in the place of a replacement.
type Fault = fn(original: &str, masked: &str) -> String;

/// A transformer with a fault.
#[derive(Debug)]
struct Faulty {
    sound: Arc<dyn Transform>,
    fault: Fault,
}

impl Transform for Faulty {
    fn mask(&self, value: &[u8], draw: &Draw, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        let begin = out.len();
        self.sound.mask(value, draw, out)?;
        let masked = String::from_utf8_lossy(&out[begin..]).into_owned();
        out.truncate(begin);
        let faulty = (self.fault)(&String::from_utf8_lossy(value), &masked);
        out.extend_from_slice(faulty.as_bytes());
        Ok(())
    }
}

/// Copies production, with a fault in what replaces one column of a table.
async fn copied(
    from: &Scratch,
    fault: Option<(&str, &str, Fault)>,
) -> anyhow::Result<(Scratch, Result<Done, MaskError>)> {
    let (rules, key) = (rules()?, key()?);
    let server = Scratch::start_with(Installation::of_major(15)?, &[])?;
    server.database("shop").await?;
    let target = Target {
        config: server.config("shop"),
        directory: Some(server.data_directory()),
        programs: Programs {
            bin: server.installation().bin.clone(),
            libraries: None,
            account: None,
        },
        workers: 2,
    };
    let mut opened = run::open(&read(from), &rules, &key).await?;
    let plan = opened.looked.plan.as_mut();
    let plan = plan.map_err(|problems| anyhow::anyhow!("{problems:?}"))?;
    if let Some((table, column, fault)) = fault {
        let tables = plan.tables.iter_mut();
        let columns = tables
            .filter(|plan| plan.table.name == table)
            .flat_map(|plan| &mut plan.columns);
        let mut changed = 0;
        for case in columns
            .filter(|plan| plan.column == column)
            .flat_map(|plan| &mut plan.cases)
        {
            if let Action::Mask { transform, .. } = &mut case.action {
                let sound = Arc::clone(transform);
                *transform = Arc::new(Faulty { sound, fault });
                changed += 1;
            }
        }
        anyhow::ensure!(changed == 1, "{changed} transformers of {table}.{column}");
    }
    let done = opened.copy(key, target, Arc::new(|_| ())).await;
    Ok((server, done.map(|(done, _)| done)))
}

async fn production() -> anyhow::Result<Scratch> {
    let from = Scratch::start_with(Installation::of_major(15)?, &[])?;
    let client = from.database("shop").await?;
    client.batch_execute(SCHEMA).await?;
    Ok(from)
}

async fn count(client: &Client, sql: &str) -> anyhow::Result<i64> {
    Ok(client.query_one(sql, &[]).await?.get(0))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_has_the_words_of_notes_and_nobody_in_them() -> anyhow::Result<()> {
    let from = production().await?;
    let (server, done) = copied(&from, None).await?;
    let done = done.map_err(|error| anyhow::anyhow!("{error}"))?;
    assert!(done.verified.is_clean());
    let client = server.connect("shop").await?;
    let all = "SELECT count(*) FROM notes";
    assert_eq!(count(&client, all).await?, NOTES);
    for gone in [
        "note ~* 'canary|corp[.]|sk_live|summer'",
        "note ~ '[2-9]'",
        "note ~* 'c a n a r y'",
        "short ~* 'canary|corp[.]'",
        "memo ~* 'canary'",
        "sort ~* 'canary'",
        "note !~ '^The customer [A-Z]'",
        "note !~ ' called \\('",
        "note !~ 'wrote from [^ ]+@example\\.com;\n'",
        "NOT public AND memo !~ '^[A-Z][^ ]+ called, please call back$'",
        "public AND memo <> 'public'",
    ] {
        let sql = format!("SELECT count(*) FROM notes WHERE {gone}");
        assert_eq!(count(&client, &sql).await?, 0, "{gone}");
    }
    let sql = "SELECT count(*) FROM remarks WHERE remark !~ '^[^ ]+ [^ ]+ anrufen, die Rechnung fehlt$' \
               OR remark ~* 'canary'";
    assert_eq!(count(&client, sql).await?, 0);
    assert_eq!(
        count(&client, "SELECT count(*) FROM remarks").await?,
        NOTES / 2
    );
    Ok(())
}

/// A place is looked through again: a word of production's notes in its own column, also of a
/// partition, is a leak; elsewhere it is anybody's.
#[tokio::test(flavor = "multi_thread")]
async fn a_word_of_productions_notes_is_found_in_their_column_later() -> anyhow::Result<()> {
    let from = production().await?;
    let (server, done) = copied(&from, None).await?;
    done.map_err(|error| anyhow::anyhow!("{error}"))?;
    let client = server.connect("shop").await?;
    let leaks = async || -> anyhow::Result<Vec<String>> {
        let (rules, key) = (rules()?, key()?);
        let opened = run::open(&read(&from), &rules, &key).await?;
        let placed = Placed {
            config: server.config("shop"),
            deputy: server.config("shop"),
            directory: None,
            workers: 2,
        };
        let (report, _) = opened.verify(&key, &placed, Arc::new(|_| ())).await?;
        let leaks = report.leaks.iter().map(|leak| leak.place.clone());
        Ok(leaks.collect())
    };
    assert_eq!(leaks().await?, Vec::<String>::new());
    client
        .batch_execute(
            "CREATE TABLE mine (note text); INSERT INTO mine VALUES ('a word: Canaryhausen');
             UPDATE notes SET note = 'nothing to see here' WHERE id = 4",
        )
        .await?;
    assert_eq!(leaks().await?, Vec::<String>::new());
    client
        .batch_execute(
            "UPDATE notes SET note = note || ' (the CANARY)' WHERE id = 4;
             UPDATE remarks SET remark = 'in Canaryhausen' WHERE id = 5",
        )
        .await?;
    let mut found = leaks().await?;
    found.sort();
    let expected = ["public.notes.note", "public.remarks_old.remark"];
    assert_eq!(found, expected);
    Ok(())
}

/// Faults, each of which the gate must see: in a column with a case that keeps, in partitions, in
/// words, numbers and addresses.
#[tokio::test(flavor = "multi_thread")]
async fn a_word_that_a_fault_leaves_stops_the_copy() -> anyhow::Result<()> {
    let from = production().await?;
    let first = |original: &str, masked: &str| {
        let word = original.split(' ').find(|word| word.contains("anary"));
        format!("{} {masked}", word.unwrap_or_default())
    };
    let one_row = |original: &str, masked: &str| match original.contains("anary7 ") {
        true => format!("{masked} Canary7"),
        false => masked.to_owned(),
    };
    let digits = |original: &str, masked: &str| {
        let digits: String = original.chars().filter(char::is_ascii_digit).collect();
        format!("{masked} {}", &digits[digits.len() - 2..])
    };
    let host = |_: &str, masked: &str| masked.replace("@example.com", "@example.org");
    let faults: [(&str, &str, Fault); 5] = [
        ("notes", "note", one_row),
        ("notes", "note", digits),
        ("notes", "note", host),
        ("notes", "memo", first),
        ("remarks", "remark", first),
    ];
    for (table, column, fault) in faults {
        let (_server, done) = copied(&from, Some((table, column, fault))).await?;
        let Err(MaskError::NotClean(report)) = done else {
            anyhow::bail!("{table}.{column}: the copy is clean");
        };
        let place = format!("what redact made of public.{table}.{column}");
        let found = report.leaks.iter().any(|leak| leak.place == place);
        assert!(found, "{place}: {:?}", report.leaks);
        let told = MaskError::NotClean(report).to_string();
        assert!(!told.to_lowercase().contains("canary"), "{told}");
    }
    Ok(())
}

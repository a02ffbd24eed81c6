//! Which rows are seen, what is never told, and what a login may not read.

use std::time::{Duration, Instant};

use masker::detect::Kind;
use masker::discover::{Class, Options, Proposal, toml};

use super::{column, discovered, installations, of, parsed, shown};
use tests::postgres::Scratch;

#[tokio::test]
async fn the_rarest_values_are_seen_at_the_end_of_a_table() -> anyhow::Result<()> {
    for installation in installations() {
        let server = Scratch::start_with(installation, &[])?;
        let client = server.database("shop").await?;
        client
            .batch_execute(
                "CREATE TABLE job (id int, state text, kind text);
                 INSERT INTO job SELECT n, (ARRAY['open','done','failed'])[n % 3 + 1], 'x' FROM generate_series(1, 200000) n;
                 INSERT INTO job VALUES (200001, 'asked zebulon@corp.test', 'x'); ANALYZE",
            )
            .await?;
        let report = discovered(&server.config("shop"), &Options::default()).await?;
        let state = column(&report, "job", "state");
        assert_eq!(state.traces.get(&Kind::Email), Some(&1), "{state:?}");
        assert_eq!(state.counts.distinct, 4);
        assert!(report.tables[0].rarest && report.tables[0].sampled < 10_000);
        // One address among many states makes no column of addresses, and no keeping of it either.
        let text = toml(&report);
        assert!(!text.contains("\"state\" = \"keep\""), "{text}");
        assert!(text.contains("\"state\" is undecided"), "{text}");
        assert!(text.contains("# \"kind\" = \"keep\""), "{text}");
        parsed(&text);
    }
    Ok(())
}

#[tokio::test]
async fn a_sample_is_of_the_whole_table_and_not_of_its_oldest_rows() -> anyhow::Result<()> {
    let (_server, report) = of("CREATE TABLE contact (id int, v text);
         INSERT INTO contact SELECT n, 'legacy-' || n FROM generate_series(1, 80000) n;
         INSERT INTO contact SELECT n, 'p' || n || '@corp.test' FROM generate_series(80001, 200000) n;
         ANALYZE")
    .await?;
    let found = column(&report, "contact", "v");
    let percent: f64 = found
        .why
        .split_whitespace()
        .find_map(|word| word.parse().ok())
        .unwrap_or_default();
    assert_eq!(found.class, Some(Class::Email), "{}", found.why);
    // Of a thousand rows the share strays by less than eight points in all but one of a million runs;
    // whole pages are alike, so twice that is allowed.
    assert!((44.0..=76.0).contains(&percent), "{}", found.why);
    assert!(
        (700..=4_000).contains(&found.counts.values),
        "{:?}",
        found.counts
    );
    Ok(())
}

#[tokio::test]
async fn rows_are_found_on_pages_that_deletes_have_thinned() -> anyhow::Result<()> {
    let server = Scratch::start()?;
    let client = server.database("shop").await?;
    client
        .batch_execute(
            "CREATE TABLE thin (id int, v text) WITH (autovacuum_enabled = off);
             INSERT INTO thin SELECT n, 'p' || n || '@corp.test' FROM generate_series(1, 200000) n;
             DELETE FROM thin WHERE id % 50 <> 0",
        )
        .await?;
    let report = discovered(&server.config("shop"), &Options::default()).await?;
    let found = column(&report, "thin", "v");
    assert_eq!(found.class, Some(Class::Email), "{}", found.why);
    assert!(found.counts.values >= 50, "{:?}", found.counts);
    Ok(())
}

#[tokio::test]
async fn a_login_that_may_only_read_is_enough_and_what_it_may_not_read_is_named()
-> anyhow::Result<()> {
    let server = Scratch::start()?;
    let client = server.database("shop").await?;
    client
        .batch_execute(
            "CREATE ROLE reader LOGIN;
             CREATE SCHEMA inner_part;
             CREATE TABLE person (id int PRIMARY KEY, a text);
             INSERT INTO person SELECT n, 'p' || n || '@corp.test' FROM generate_series(1, 300) n;
             CREATE TABLE closed (email text, b text);
             CREATE TABLE inner_part.t (c text);
             CREATE TABLE policed (d text);
             ALTER TABLE policed ENABLE ROW LEVEL SECURITY;
             GRANT SELECT ON person, policed TO reader;
             ALTER ROLE reader SET default_transaction_read_only = on;
             ALTER ROLE reader SET statement_timeout = '1min';
             ALTER ROLE reader SET search_path = 'nowhere'",
        )
        .await?;
    let mut config = server.config("shop");
    config.user("reader");
    let report = discovered(&config, &Options::default()).await?;
    assert_eq!(column(&report, "person", "a").class, Some(Class::Email));
    let unread: Vec<String> = report
        .unread
        .iter()
        .map(|unread| unread.table.to_string())
        .collect();
    assert_eq!(unread, ["inner_part.t", "public.closed", "public.policed"]);
    assert!(
        report.unread[2].why.contains("row security"),
        "{:?}",
        report.unread
    );
    // By its name, and not sure.
    let closed = column(&report, "closed", "email");
    assert_eq!(
        (closed.class, closed.confidence.word()),
        (Some(Class::Email), "low")
    );
    assert!(
        toml(&report).contains("# not read: public.closed"),
        "{}",
        toml(&report)
    );
    Ok(())
}

#[tokio::test]
async fn a_table_that_takes_too_long_is_named_and_the_next_is_read() -> anyhow::Result<()> {
    let server = Scratch::start()?;
    let client = server.database("shop").await?;
    // A type whose text takes a while: nothing in a schema is quick for sure.
    client
        .batch_execute(
            "CREATE TABLE a_slow (v text);
             INSERT INTO a_slow SELECT (ARRAY['x','y'])[n % 2 + 1] || repeat('z', 600) FROM generate_series(1, 400000) n;
             CREATE TABLE b_quick (v text);
             INSERT INTO b_quick SELECT 'p' || n || '@corp.test' FROM generate_series(1, 100) n; ANALYZE",
        )
        .await?;
    let options = Options {
        table_time: Duration::from_millis(60),
        ..Options::default()
    };
    let before = Instant::now();
    let report = discovered(&server.config("shop"), &options).await?;
    assert!(before.elapsed() < Duration::from_secs(10));
    let unread = report
        .unread
        .iter()
        .find(|unread| unread.table.name == "a_slow");
    let unread = unread.expect("the slow table is named");
    assert!(unread.why.contains("took longer"), "{unread:?}");
    assert_eq!(column(&report, "b_quick", "v").class, Some(Class::Email));
    Ok(())
}

/// Values that must not turn up in any form; each is in a channel of its own.
const CANARIES: &str = "
CREATE TABLE canary (id int PRIMARY KEY, full_name text, mail text, note text, phone text, card text, doc jsonb, raw json, list text[], born date, small text, secret text, bin bytea, many text);
INSERT INTO canary SELECT n, (ARRAY['Anna', 'Zebulon', 'Karl'])[n % 3 + 1] || ' Quillfeather', 'zebulon' || n || '@quillfeather.test',
   'Zebulon Quillfeather called from Quillfeather Manor again about the matter.', '+49 171 5550199', '4111111111111111',
   jsonb_build_object('zebulon@quillfeather.test', 1, 'Quillfeather', 2, 'k', 'Quillfeather', 'zebulon_' || n, 3),
   json_build_array(json_build_object('quillfeather' || n, 'Zebulon')), ARRAY['Zebulon', 'Quillfeather'],
   '1951-03-17', 'quillfeather', 'sk_live_zebulonquillfeather0123456789', 'quillfeather'::bytea, 'quillfeather ' || n
  FROM generate_series(1, 2000) n;
CREATE TABLE rated (doc jsonb);
INSERT INTO rated SELECT jsonb_build_object('ratings', jsonb_build_object('mueller', n, 'jsmith42', 1), 'at', n) FROM generate_series(1, 2000) n;
CREATE TABLE lone (a text, doc jsonb);
INSERT INTO lone VALUES ('Zebulon Quillfeather', '{\"quillfeather\": {\"zebulon\": \"1951-03-17\"}}');
ANALYZE";

#[tokio::test]
async fn no_value_is_in_anything_that_is_told() -> anyhow::Result<()> {
    let (_server, report) = of(CANARIES).await?;
    let told = shown(&report)?.to_lowercase();
    for canary in [
        "zebulon",
        "mueller",
        "jsmith42",
        "quillfeather",
        "5550199",
        "4111",
        "1951",
        "sk_live",
    ] {
        assert!(!told.contains(canary), "{canary} is told");
    }
    // It was looked at all the same.
    assert_eq!(
        column(&report, "canary", "full_name").class,
        Some(Class::Name)
    );
    assert_eq!(
        column(&report, "canary", "secret").class,
        Some(Class::Secret)
    );
    assert!(told.contains("aaaa"), "shapes are told");
    let doc = column(&report, "canary", "doc");
    assert!(doc.parts.iter().any(|part| part.path == "*"), "{doc:?}");
    assert!(matches!(
        doc.proposal,
        Proposal::Choice(_) | Proposal::Open { .. }
    ));
    Ok(())
}

#[tokio::test]
async fn an_error_of_the_server_tells_no_value() -> anyhow::Result<()> {
    // A CHECK-free way to an error while rows are read: text that is no JSON cannot be in `json`, but a
    // document with a NUL cannot be made into jsonb.
    let (_server, report) = of("CREATE TYPE pair AS (a json);
         CREATE TABLE bad (p pair);
         INSERT INTO bad SELECT ROW('{\"quillfeather\": \"\\u0000\"}'::json)::pair FROM generate_series(1, 50)")
    .await?;
    assert!(!shown(&report)?.contains("quillfeather"));
    let why = &report.unread.first().expect("it is named").why;
    assert!(why.contains("SQLSTATE 22P05"), "{why}");
    Ok(())
}

//! Expressions of a subset: what production says against them, and what must not reach it.

use masker::run;
use rules::mask::MaskRules;

use super::{Origin, copied, key, rules};

const SCHEMA: &str = "
CREATE TABLE people (rid int PRIMARY KEY, ssn text);
INSERT INTO people SELECT n, 'canary' || n FROM generate_series(1, 200) n;
CREATE FUNCTION reads(int) RETURNS bool LANGUAGE sql STABLE AS 'SELECT $1 > 3';
CREATE FUNCTION writes(int) RETURNS bool LANGUAGE plpgsql AS 'BEGIN DELETE FROM public.people; RETURN true; END';
CREATE FUNCTION ÄNDERT(int) RETURNS bool LANGUAGE plpgsql AS 'BEGIN DELETE FROM public.people; RETURN true; END';
CREATE FUNCTION writes_with_a_name_of_sixty_three_bytes_which_is_all_that_fits_(int) RETURNS bool LANGUAGE plpgsql
  AS 'BEGIN DELETE FROM public.people; RETURN true; END';
CREATE ROLE reader LOGIN;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader";

fn people(condition: &str) -> MaskRules {
    let subset = format!("start = [{{ table = \"people\", where = {condition:?} }}]");
    rules(&subset, "")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_production_refuses_or_what_could_write_is_told_before_a_row_is_read()
-> anyhow::Result<()> {
    let from = Origin::start(15, SCHEMA).await?;
    let said = async |condition: &str| -> anyhow::Result<Vec<String>> {
        let (rules, key) = (people(condition), key(1));
        let opened = run::open(&from.production(), &rules, &key).await?;
        let looked = opened.close().await;
        let problems = looked.plan.err().unwrap_or_default();
        Ok(problems.iter().map(ToString::to_string).collect())
    };
    for (condition, expected) in [
        (
            "regoin = 'x'",
            "column \"regoin\" does not exist; the table has rid, ssn",
        ),
        (
            "rid + 1",
            "argument of WHERE must be type boolean, not type integer; write what is true or false",
        ),
        ("rid = 'x'", "invalid input syntax for type integer"),
        ("nosuch(rid)", "function nosuch(integer) does not exist"),
        (
            "rid IN (SELECT rid FROM people)",
            "relation \"people\" does not exist",
        ),
        (
            "random() < 0.5",
            "calls random, which may do more than read",
        ),
        (
            "public.writes(rid)",
            "calls writes, which may do more than read",
        ),
        (
            "\"public\" . \"writes\" (rid)",
            "calls writes, which may do more than read",
        ),
        (
            "pg_sleep(1) IS NULL",
            "calls pg_sleep, which may do more than read",
        ),
        (
            "txid_current() > 0",
            "calls txid_current, which may do more than read",
        ),
        ("set_config('a.b', ssn, false) > ''", "calls set_config"),
        ("pg_advisory_lock(1) IS NULL", "calls pg_advisory_lock"),
        ("public.\u{c4}NDERT(rid)", "calls \u{c4}ndert"),
        (
            "public.writes_with_a_name_of_sixty_three_bytes_which_is_all_that_fits_and_more(rid)",
            "calls writes_with_a_name",
        ),
        (
            "count(*) > 1",
            "aggregate functions are not allowed in WHERE",
        ),
    ] {
        let found = said(condition).await?;
        assert!(
            matches!(found.as_slice(), [one] if one.contains(expected)),
            "{condition}: {found:?}"
        );
    }
    for condition in [
        "public.reads(rid)",
        "people.rid > 3 AND ssn ~ ';--'",
        "rid IN (SELECT p.rid FROM public.people p)",
    ] {
        assert_eq!(said(condition).await?, [""; 0], "{condition}");
    }
    Ok(())
}

/// What the server itself keeps from being written, where a volatile function is hidden in a view or an
/// operator.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_hidden_from_the_look_at_names_cannot_write() -> anyhow::Result<()> {
    let ddl = format!(
        "{SCHEMA};
         CREATE FUNCTION writes(int, int) RETURNS bool LANGUAGE sql VOLATILE AS 'SELECT public.writes($1)';
         CREATE OPERATOR public.## (FUNCTION = public.writes, LEFTARG = int, RIGHTARG = int);
         CREATE VIEW hides AS SELECT p.rid FROM people p WHERE public.writes(p.rid);
         GRANT SELECT ON hides TO reader;
         GRANT ALL ON people TO reader"
    );
    let from = Origin::start(15, &ddl).await?;
    for condition in [
        "rid OPERATOR(public.##) 1",
        "rid IN (SELECT h.rid FROM public.hides h)",
    ] {
        let copied = copied(&from.production(), &people(condition), &key(1), 15).await?;
        let Err(error) = copied else {
            anyhow::bail!("{condition} was read");
        };
        let said = error.to_string();
        assert!(said.contains("25006"), "{condition}: {said}");
    }
    let left = super::numbers(&from.client, "SELECT count(*)::int4 FROM people").await?;
    assert_eq!(left, [200]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expression_that_fails_for_a_row_is_told_without_the_row() -> anyhow::Result<()> {
    let from = Origin::start(15, SCHEMA).await?;
    let copied = copied(&from.production(), &people("ssn::int > 3"), &key(1), 15).await?;
    let Err(error) = copied else {
        anyhow::bail!("it was copied");
    };
    let said = format!("{error} {:?} {:?}", error.hint(), error);
    assert!(
        said.contains("ssn::int > 3") && said.contains("22P02"),
        "{said}"
    );
    assert!(!said.contains("canary"), "{said}");
    let left = "SELECT count(*)::int4 FROM pg_stat_activity WHERE usename = 'reader'";
    let left = super::numbers(&from.client, left).await?;
    assert_eq!(left, [0], "a session of production is open");
    Ok(())
}

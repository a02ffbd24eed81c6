//! A shuffled column on real servers: all values are there, each in another row, alike for any number
//! of workers.

use masker::plan::Action;

use super::*;

/// Twelve thousand rows, more than one window, of which some hundred have no salary.
const STAFF: &str = "\
    CREATE TABLE staff (id int PRIMARY KEY, name text NOT NULL, salary numeric(10, 2), band text NOT NULL); \
    INSERT INTO staff SELECT n, 'n' || n, CASE WHEN n % 97 > 0 THEN n * 10 + 0.25 END, \
    CASE WHEN n % 3 = 0 THEN 'paid' ELSE 'held' END FROM generate_series(1, 12000) n; \
    CREATE TABLE lone (id int PRIMARY KEY, salary int NOT NULL)";

const SALARY: &str = "public.staff.salary";

fn shuffle(column: &str, nullable: bool) -> Action {
    Action::Shuffle {
        draws: Draws::new(&key(), column),
        nullable,
        few: false,
    }
}

#[tokio::test]
async fn values_of_a_shuffled_column_all_change_rows() -> anyhow::Result<()> {
    let pair = Pair::start(15, 18, STAFF).await?;
    let everything = "SELECT id, name, salary, band FROM public.staff ORDER BY id";
    let mut first: Option<String> = None;
    for (workers, chunk_bytes) in [(1, 1 << 30), (2, 64 * 1024), (8, 64 * 1024)] {
        pair.emptied().await?;
        let source = pair.source().await?;
        let (schema, facts) = (source.schema().await?, source.facts().await?);
        let way = Way {
            workers,
            chunk_bytes,
            ..Way::default()
        };
        let plan = plan(&schema, &facts, &[(SALARY, shuffle(SALARY, true))]);
        pair.copy(&source, &plan, &way).await?;
        source.close().await;
        let found = dump(&pair.to.connect("shop").await?, everything).await?;
        let expected = first.get_or_insert_with(|| found.clone());
        assert!(*expected == found, "{workers} workers");
    }
    let (from, to) = pair.sessions().await?;
    for same in [
        "SELECT id, name, band FROM public.staff ORDER BY id",
        "SELECT salary, count(*) FROM public.staff GROUP BY 1 ORDER BY 1",
    ] {
        assert_eq!(dump(&from, same).await?, dump(&to, same).await?);
    }
    let copied = first.unwrap_or_default();
    let before = dump(&from, everything).await?;
    let pairs = before.lines().zip(copied.lines());
    let own = pairs.filter(|(one, other)| one == other && !one.contains("\\N"));
    assert_eq!(own.count(), 0, "rows with the salary that was theirs");
    Ok(())
}

#[tokio::test]
async fn a_row_that_is_alone_is_never_left_as_it_was() -> anyhow::Result<()> {
    let pair = Pair::start(15, 15, STAFF).await?;
    let column = "public.lone.salary";
    let fates = [(column, shuffle(column, false))];
    // No row at all is nothing to shuffle.
    pair.copied(&fates).await?;
    pair.emptied().await?;
    let client = pair.from.connect("shop").await?;
    client
        .batch_execute("INSERT INTO lone VALUES (1, 987654)")
        .await?;
    let told = pair.copied(&fates).await.expect_err("is refused");
    let told = format!("{told:#}");
    assert!(told.contains("lone") && told.contains("salary"), "{told}");
    assert!(
        told.contains("fewer than nine others") && !told.contains("987654"),
        "{told}"
    );
    Ok(())
}

#[tokio::test]
async fn a_column_that_others_depend_on_is_not_shuffled() -> anyhow::Result<()> {
    let ddl = "\
        CREATE TABLE team (id int PRIMARY KEY, name text UNIQUE); \
        CREATE TABLE staff (id int PRIMARY KEY, team int REFERENCES team, paid int CHECK (paid > 0), \
        least int, most int, CHECK (least <= most), doc jsonb, state text, active bool, \
        price int, cost int, margin int GENERATED ALWAYS AS (price - cost) STORED CHECK (margin >= 0), \
        during int4range, EXCLUDE USING gist (during WITH &&)); \
        CREATE TABLE part (id int, at date) PARTITION BY RANGE (at)";
    let pair = Pair::start(15, 15, ddl).await?;
    let rules = |of: &str| {
        let text = format!(
            "[masking]\nkey = \"env:KEY\"\n[masking.tables]\n\"*\".\"*\" = {{ with = \"keep\", why = \"it is made up\" }}\n{of}\n"
        );
        let config = rules::config::parse(&text).map_err(|problems| format!("{problems:?}"))?;
        config.masking.ok_or_else(|| "no rules".to_owned())
    };
    let told = async |of: &str| -> anyhow::Result<String> {
        let rules = rules(of).map_err(anyhow::Error::msg)?;
        let opened = masker::run::open(&pair.production(), &rules, &key()).await?;
        let looked = opened.close().await;
        let problems = looked.plan.err().unwrap_or_default();
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        Ok(lines.join("\n"))
    };
    assert_eq!(told("staff.paid = \"shuffle\"").await?, "");
    let why = "staff.active = { with = \"shuffle\", allow_small_domain = \"half of them are\" }";
    assert_eq!(told(why).await?, "");
    for (of, expected) in [
        ("staff.team = \"shuffle\"", "other columns share its values"),
        ("team.name = \"shuffle\"", "is unique"),
        ("staff.id = \"shuffle\"", "is unique"),
        ("staff.least = \"shuffle\"", "stands in one row"),
        ("staff.price = \"shuffle\"", "stands in one row"),
        ("staff.during = \"shuffle\"", "exclusion constraint"),
        ("part.at = \"shuffle\"", "partitions go by it"),
        ("staff.active = \"shuffle\"", "2 different values"),
        (
            "staff.state = \"shuffle\"\nstaff.cost = [{ when = { column = \"state\", is = \"gone\" }, with = \"null\" }, { with = \"keep\" }]",
            "goes by it",
        ),
        (
            "staff.cost = [{ when = { column = \"state\", is = \"gone\" }, with = \"shuffle\" }, { with = \"keep\" }]",
            "without `when`",
        ),
        (
            "staff.doc = { with = \"json\", parts = { a = \"shuffle\" } }",
            "whole cells",
        ),
    ] {
        let found = told(of).await?;
        assert!(found.contains(expected), "{of}: {found}");
    }
    let by = rules("staff.paid = { with = \"shuffle\", by = \"row\" }").expect_err("is refused");
    assert!(by.contains("cannot be chosen"), "{by}");
    Ok(())
}

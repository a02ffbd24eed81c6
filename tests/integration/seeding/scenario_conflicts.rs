//! What keeps a scenario's rows from being: each kind is named with scenario, row, column and constraint,
//! before a row is written.

use seeder::run;
use tests::postgres::Scratch;
use tokio_postgres::Client;

use super::scenarios::{SCHEMA, chain, count, database, job, refused};

/// Table, what the row sets, and what is said of it.
const CASES: &str = r#"
customer |  | there is no such table; did you mean "public.customers"?
plans |  | public.plans: scenario "s", row "a": the table is filled by the migrations
customers | emial = "x" | column "emial" is not there; did you mean "email"?
invoices | doubled = 2 | column "doubled" is computed by the server
customers | vip = "perhaps" | column "vip" is set to what is no value of its type
customers | email = "null" | column "email" is set to NULL and refuses it
customers | full_name = "as_of-1d" | column "full_name" is set to a moment and holds none
invoices | total = 1000000 | column "total" is set to more than numeric(8,2) holds
invoices | total = -1 | column "total" as it is set, no row satisfies invoices_total_check
invoices | status = "paid", paid_at = "null" | column "status", "paid_at" as it is set, no row satisfies paid_when
customers | created_at = "as_of", deleted_at = "as_of-1d" | no row satisfies customers_check
invoices | customer_id = 999999 | column "customer_id" is set to a key that no row of public.customers has (foreign key "invoices_customer_id_fkey")
lines | position = "@b" | column "position" is set to "@b" and is in no foreign key
invoices | customer_id = "@b" | column "customer_id" refers to public.customers, and "@b" is a row of public.staff
staff | id = 1 | column "id" is what a generated row has already in unique key "staff_pkey"
lines | data = "{" | a value is none of its type (SQLSTATE 22P02, column "data")
accounts | plan = "gold" | column "plan" as it is set, no row satisfies accounts_plan_check
profiles | customer_id = 1 | column "customer_id" is what a generated row has already in unique key "profiles_pkey"
"#;

/// Every problem of a scenario with these rows and assertions, one a line.
async fn problems(client: &Client, scenario: &str) -> anyhow::Result<String> {
    let job = job(
        &format!("[[seed.scenario]]\nname = \"s\"\n{scenario}"),
        &["s"],
    )?;
    Ok(match run::plan(client, &job).await {
        Ok(_) => "nothing".to_owned(),
        Err(error) => chain(&error),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_conflict_is_named() -> anyhow::Result<()> {
    let server = Scratch::start()?;
    let client = database(&server, "app", SCHEMA).await?;
    let plans = "CREATE TABLE plans (id int PRIMARY KEY); INSERT INTO plans VALUES (1)";
    client.batch_execute(plans).await?;
    for case in CASES.trim().lines() {
        let parts: Vec<&str> = case.split(" | ").collect();
        let [table, set, expected] = parts[..] else {
            anyhow::bail!("no case: {case}");
        };
        let rows = format!(
            "rows = [{{ handle = \"a\", table = \"{table}\", set = {{ {set} }} }}, \
             {{ handle = \"b\", table = \"staff\" }}]"
        );
        let said = problems(&client, &rows).await?;
        assert!(said.contains(expected), "{table} {{ {set} }}: {said}");
        assert!(said.contains("scenario \"s\", row \"a\""), "{said}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn all_conflicts_are_named_at_once_and_nothing_is_written() -> anyhow::Result<()> {
    let server = Scratch::start()?;
    let client = database(&server, "app", SCHEMA).await?;
    let many = r#"rows = [
        { handle = "a", table = "customers", set = { email = "Same@example.org" } },
        { handle = "b", table = "customers", set = { email = "Same@example.org" } },
        { handle = "c", table = "nobody" },
        { handle = "d", table = "invoices", set = { customer_id = "@c" } },
        { handle = "e", table = "members", set = { account_id = 1, email = "ONE@example.org" } },
        { handle = "f", table = "members", set = { account_id = 2, email = "one@example.org" } },
        { handle = "g", table = "members", set = { account_id = 1, id = 900, boss = 901 } }]
        assert = [{ sql = "select 1 from nowhere" }, { sql = "select id, vip from customers" },
                  { sql = "select :a.nothing" }, { sql = "select :z.id" }]"#;
    let said = problems(&client, &many.replace(", { sql = \"select :z.id\" }", "")).await?;
    for expected in [
        "public.customers: scenario \"s\", row \"b\": column \"email\" is what row \"a\" has already in unique key \"customers_email_key\"",
        "public.nobody: scenario \"s\", row \"c\": there is no such table",
        "public.members: scenario \"s\", row \"f\": column \"email\" is what row \"e\" has already in unique key \"members_email\"",
        "public.members: scenario \"s\", row \"g\": column \"account_id\" is set to a key that no row of public.members has",
    ] {
        assert!(said.contains(expected), "{expected} is missing in {said}");
    }
    assert!(
        !said.contains("row \"d\"") && !said.contains("xample"),
        "{said}"
    );
    let asked = r#"rows = [{ handle = "a", table = "customers" }]
        assert = [{ sql = "select 1 from nowhere" }, { sql = "select id, vip from customers" }]"#;
    let said = problems(&client, asked).await?;
    assert!(
        said.contains("relation \"nowhere\" does not exist"),
        "{said}"
    );
    assert!(said.contains("it gives 2 columns instead of one"), "{said}");
    let asked = "rows = [{ handle = \"a\", table = \"customers\" }]\nassert = [{ sql = \"select :a.emial\" }]";
    let said = problems(&client, asked).await?;
    assert!(said.contains("did you mean \"email\"?"), "{said}");
    let job = job("", &["nul-heavy"])?;
    let said = refused(&server, "app", &job).await;
    assert!(
        said.contains("scenario \"nul-heavy\" does not exist; did you mean \"null-heavy\"?"),
        "{said}"
    );
    let rows = "SELECT (SELECT count(*) FROM customers) + (SELECT count(*) FROM staff)";
    assert_eq!(count(&client, rows).await?, 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assertion_that_does_not_hold_fails_the_run_and_shows_no_text() -> anyhow::Result<()> {
    let server = Scratch::start()?;
    let _client = database(&server, "app", SCHEMA).await?;
    let text = r#"
[[seed.scenario]]
name = "s"
rows = [{ handle = "a", table = "customers", set = { full_name = "Secret Name" } }]
assert = [
  { sql = "select count(*) from customers where id = :a", is = 2 },
  { sql = "select full_name from customers where id = :a", is = "Nobody" },
  { sql = "select '5550100' from customers where id = :a", is = "5550101" },
  { sql = "select 1 / (id - :a) from customers where id = :a", is = 0 },
  { sql = "select vip from customers where id = :a and false" },
  { sql = "select deleted_at < created_at from customers where id = :a", is = "null" },
]
"#;
    let said = refused(&server, "app", &job(text, &["s"])?).await;
    for expected in [
        "assertions of scenarios do not hold",
        "scenario \"s\": select count(*) from customers where id = :a: expected 2, got 1",
        "select full_name from customers where id = :a: expected Nobody, got another text",
        "where id = :a: expected 5550101, got another text",
        "expected 0, got an error (SQLSTATE 22012)",
        "and false: expected true, got no row",
    ] {
        assert!(said.contains(expected), "{expected} is missing in {said}");
    }
    assert!(!said.contains("Secret"), "{said}");
    Ok(())
}

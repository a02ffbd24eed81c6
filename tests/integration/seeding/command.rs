//! `standin seed` on a database that is reached by a URL, without a daemon.

use tests::daemon::{Build, Daemon};
use tests::postgres::Scratch;

const SCHEMA: &str = "\
CREATE TABLE people (id int PRIMARY KEY, email text NOT NULL UNIQUE);
CREATE TABLE orders (
    id int PRIMARY KEY,
    person_id int NOT NULL REFERENCES people (id),
    status text NOT NULL CHECK (status IN ('open', 'paid'))
)";

/// A configuration with a production and a rule for seed data.
const CONFIGURATION: &str = "\
[pool]
path = \"{dir}/pool\"

[users.app]
password = \"file:app.password\"

[production]
url = \"file:production.url\"

[seed.tables.\"public.orders\"]
rows = 70

[environments.qa]
source = { migrations = \"migrations\" }
";

/// Exit code, standard output and standard error of a command.
fn run(daemon: &Daemon, arguments: &[&str]) -> anyhow::Result<(Option<i32>, String, String)> {
    let output = daemon.command(arguments)?;
    Ok((
        output.status.code(),
        String::from_utf8(output.stdout)?,
        String::from_utf8(output.stderr)?,
    ))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_with_a_url_is_planned_filled_audited_and_explained() -> anyhow::Result<()> {
    let server = Scratch::start()?;
    let client = server.database("app").await?;
    client.batch_execute(SCHEMA).await?;
    let daemon = Daemon::new(Build::Plain, CONFIGURATION)?;
    std::fs::write(
        daemon.directory().join("production.url"),
        server.url("other"),
    )?;
    let url = server.url("app");
    let to = ["--url", url.as_str()];

    let plan = daemon.json(&[&["seed", "plan", "--scale", "0.1"], &to[..]].concat())?;
    assert_eq!(plan["tables"][0]["name"], "public.people");
    assert_eq!(plan["tables"][0]["rows"], 100);
    // The rule of the configuration file counts, whatever the scale.
    assert_eq!(plan["tables"][1]["rows"], 70);
    let explain = ["seed", "explain", "orders.status", "7", "--scale", "0.1"];
    let told = daemon.json(&[&explain, &to[..]].concat())?;
    let (code, _, said) = run(
        &daemon,
        &[&["seed", "explain", "x.y", "7"], &to[..]].concat(),
    )?;
    assert_eq!(code, Some(1), "{said}");

    daemon.json(&[&["seed", "run", "--scale", "0.1"], &to[..]].concat())?;
    let id = told["cells"][0][1].as_str().unwrap_or_default();
    let row = client
        .query_one("SELECT status FROM orders WHERE id::text = $1", &[&id])
        .await?;
    assert_eq!(told["value"], row.get::<_, String>(0));
    let (code, said, _) = run(&daemon, &[&["seed", "audit"], &to[..]].concat())?;
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("no violation"), "{said}");

    let orphan = "SET session_replication_role = replica; DELETE FROM people WHERE id IN (SELECT person_id FROM orders LIMIT 1)";
    client.batch_execute(orphan).await?;
    let (code, said, _) = run(&daemon, &[&["seed", "audit"], &to[..]].concat())?;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("orders_person_id_fkey"), "{said}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn production_and_wrong_words_are_refused() -> anyhow::Result<()> {
    let server = Scratch::start()?;
    let client = server.database("app").await?;
    client.batch_execute(SCHEMA).await?;
    let daemon = Daemon::new(Build::Plain, CONFIGURATION)?;
    let url = server.url("app");
    std::fs::write(daemon.directory().join("production.url"), &url)?;
    let (code, _, said) = run(&daemon, &["seed", "run", "--url", &url])?;
    assert_eq!(code, Some(1));
    assert!(said.contains("only ever read"), "{said}");
    let row = client.query_one("SELECT count(*) FROM people", &[]).await?;
    assert_eq!(row.get::<_, i64>(0), 0);

    let secret = "postgres://me:hunter2@:none/";
    for (wrong, word) in [
        (&["seed", "plan"][..], "--url"),
        (
            &["seed", "plan", "qa", "--url", &url][..],
            "cannot be used with",
        ),
        (
            &["seed", "plan", "--url", &url, "--scale", "0"][..],
            "0.001",
        ),
        (&["seed", "plan", "--url", secret][..], "no connection URL"),
    ] {
        let (code, _, said) = run(&daemon, wrong)?;
        assert_eq!(code, Some(2), "{wrong:?}: {said}");
        assert!(said.contains(word), "{wrong:?}: {said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
    let (code, said, _) = run(&daemon, &["seed", "generators"])?;
    assert_eq!(code, Some(0));
    assert!(said.contains("full_name"), "{said}");
    Ok(())
}

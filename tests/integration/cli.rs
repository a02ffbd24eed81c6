//! The command line: JSON for programs, hints for people, exit codes for both.

use std::process::{Command, Output};

use tests::daemon::{Build, Daemon};

use crate::shop::{ITEMS, QA, QA_BRANCHES, Shop, configuration};

/// Runs the binary in a directory of its own, without a harness around it.
fn standin(directory: &std::path::Path, arguments: &[&str]) -> anyhow::Result<Output> {
    let mut command = Command::new(Build::Plain.binary()?);
    Ok(command.args(arguments).current_dir(directory).output()?)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_command_that_asks_the_daemon_answers_in_json() -> anyhow::Result<()> {
    let staging = "[environments.staging]\nsource = { environment = \"qa\" }\nspares = 0\n";
    let mut shop = Shop::open(&format!("{QA_BRANCHES}{staging}"))?;
    // The second creation, asked for by the loop below.
    shop.daemon().expect("already exists");
    for (command, key) in [
        ("check", "/environments"),
        ("status", "/pool/driver"),
        ("environment list", "/0/name"),
        ("environment build qa", "/took_ms"),
        ("environment show qa", "/generation/number"),
        ("environment wake qa", "/done"),
        ("environment reset qa", "/took_ms"),
        ("environment undo qa", "/took_ms"),
        ("environment refresh qa", "/took_ms"),
        ("environment promote qa staging", "/took_ms"),
        ("environment protect qa --for 1h", "/done"),
        ("environment protect qa --off", "/done"),
        ("environment sleep qa", "/done"),
        ("branch create qa.one", "/took_ms"),
        ("branch list", "/0/name"),
        ("branch show qa.one", "/generation/number"),
        ("branch reset qa.one", "/took_ms"),
        ("branch undo qa.one", "/took_ms"),
        ("branch refresh qa.one", "/took_ms"),
        ("branch diff qa.one", "/database"),
        ("branch protect qa.one", "/done"),
        ("branch protect qa.one --off", "/done"),
        ("branch sleep qa.one", "/done"),
        ("branch wake qa.one", "/done"),
        ("branch drop qa.one", "/took_ms"),
        ("snapshot create qa", "/0"),
        ("snapshot list", "/0/id"),
        ("doctor", "/0/state"),
    ] {
        let answer = shop.json(command)?;
        assert!(
            answer.pointer(key).is_some_and(|at| !at.is_null()),
            "{command}: {answer}"
        );
        // For people it is a text that is not JSON.
        if command == "branch drop qa.one" {
            continue;
        }
        let output = shop.daemon().command(&crate::shop::words(command))?;
        assert!(!text(&output.stdout).starts_with('{'), "{command}");
    }
    assert_eq!(shop.json("reload")?, serde_json::json!([]));
    assert_eq!(shop.json("down")?["done"], "the daemon stops");
    assert!(shop.daemon().wait()?.success());
    Ok(())
}

#[test]
fn wrong_usage_and_configuration_exit_with_2_and_refusals_with_1() -> anyhow::Result<()> {
    let shop = Shop::closed(Build::Plain, QA)?;
    for (command, code, said) in [
        ("nonsense", 2, "unrecognized subcommand"),
        ("environment reset", 2, "required arguments"),
        (
            "environment reset QA",
            2,
            "may hold only lower-case letters",
        ),
        (
            "branch create qa/x",
            2,
            "a branch is written environment.name",
        ),
        ("snapshot drop x!", 2, "`standin snapshot list` shows ids"),
        ("environment protect qa --for soon", 2, "soon"),
        ("environment reset qa", 1, "`standin up` starts it"),
        ("status", 1, "no daemon answers"),
        ("init", 1, "is there already"),
    ] {
        let (exit, text) = shop.fails(command)?;
        assert_eq!(exit, code, "{command}: {text}");
        assert!(text.contains(said), "{command}: {text}");
    }
    shop.rewrite(|text| text.replace("[environments.qa]", "[enviroments.qa]"))?;
    for command in ["check", "up", "status", "doctor"] {
        let (exit, text) = shop.fails(command)?;
        assert_eq!(exit, 2, "{command}: {text}");
        assert!(text.contains("did you mean"), "{command}: {text}");
    }
    Ok(())
}

#[test]
fn errors_are_json_where_json_is_asked_for() -> anyhow::Result<()> {
    let mut shop = Shop::closed(Build::Plain, QA)?;
    let output = shop
        .daemon()
        .command(&["environment", "reset", "qa", "--json"])?;
    assert_eq!(output.status.code(), Some(1));
    let failure: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    assert_eq!(failure["kind"], "failed");
    assert_eq!(failure["hints"][0], "`standin up` starts it");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_init_writes_is_usable_as_it_is() -> anyhow::Result<()> {
    let directory = tempfile::tempdir()?;
    let here = directory.path();
    let made = standin(here, &["init"])?;
    assert!(made.status.success(), "{}", text(&made.stderr));
    let checked = standin(here, &["check"])?;
    assert!(checked.status.success(), "{}", text(&checked.stderr));
    let written = std::fs::read_to_string(here.join("standin.toml"))?;
    // Elsewhere and on a free port, but otherwise as written.
    let mut daemon = Daemon::new(
        Build::Plain,
        &written
            .replacen("#path = \".standin\"", "path = \"{dir}/pool\"", 1)
            .replacen(
                "#postgres = \"127.0.0.1:6432\"",
                "postgres = \"127.0.0.1:0\"",
                1,
            ),
    )?;
    let password = std::fs::read_to_string(here.join("app.password"))?;
    std::fs::write(daemon.directory().join("app.password"), &password)?;
    std::fs::create_dir_all(daemon.directory().join("db/migrations"))?;
    let migration = daemon.directory().join("db/migrations/001.sql");
    std::fs::write(migration, "CREATE TABLE items (id int);")?;
    daemon.start_again(&[])?;
    // By a command, because a loaded machine builds for longer than a connection waits.
    daemon.json(&["environment", "build", "qa"])?;
    let url = daemon.url("app", password.trim(), "app@qa")?;
    let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await?;
    let connection = tokio::spawn(connection);
    client.batch_execute("INSERT INTO items VALUES (1)").await?;
    drop(client);
    connection.await??;
    Ok(())
}

#[test]
fn init_with_a_production_keeps_its_url_to_the_owner() -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir()?;
    let here = directory.path();
    let url = "postgres://reader:hunter2@db.example.org/shop";
    let made = standin(here, &["init", "--production", url])?;
    assert!(made.status.success(), "{}", text(&made.stderr));
    assert!(standin(here, &["check"])?.status.success());
    let written = std::fs::read_to_string(here.join("standin.toml"))?;
    assert!(!written.contains("hunter2"));
    for file in ["production.url", "app.password"] {
        let mode = std::fs::metadata(here.join(file))?.permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    let again = standin(here, &["init", "--production", url])?;
    assert_eq!(again.status.code(), Some(1));
    assert!(standin(here, &["init", "--force"])?.status.success());
    let wrong = standin(here, &["init", "--force", "--production", "mysql://x"])?;
    assert_eq!(wrong.status.code(), Some(2));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_daemon_on_the_same_pool_is_refused() -> anyhow::Result<()> {
    let shop = Shop::open(QA)?;
    let pool = shop.pool().to_string_lossy().into_owned();
    let mut second = Daemon::new(Build::Plain, &configuration(&pool, QA))?;
    std::fs::write(second.directory().join("app.password"), "x")?;
    let error = second.start_again(&[]).expect_err("one daemon per pool");
    let said = format!("{error:#}");
    assert!(said.contains("exit status: 1"), "{said}");
    assert!(said.contains("another"), "{said}");
    assert_eq!(shop.items("shop@qa").await?, ITEMS);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn psql_needs_a_target_and_a_user_with_a_password() -> anyhow::Result<()> {
    let shop = Shop::open(QA)?;
    let (code, said) = shop.fails("psql shop")?;
    assert_eq!(code, 2);
    assert!(said.contains("database@environment[.branch]"), "{said}");
    let (code, said) = shop.fails("psql --user eve shop@qa")?;
    assert_eq!(code, 2);
    assert!(said.contains("\"eve\""), "{said}");
    Ok(())
}

//! The command line: JSON for programs, hints for people, exit codes for both.

use std::process::{Command, Output, Stdio};

use anyhow::Context;
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
        ("snapshot create qa", "/id"),
        ("snapshot create qa --verify integrity", "/took_ms"),
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
    assert_eq!(shop.json("reload")?, serde_json::json!({ "restart": [] }));
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
        ("status", 1, "no daemon runs for"),
        ("psql shop@qa", 1, "`standin up` starts it"),
        ("branch create qa.UPPER", 2, "only lower-case letters"),
        ("branch create qa.../x", 2, "only lower-case letters"),
        ("environment show qa.fix", 2, "`standin branch show qa.fix`"),
        ("environment protect qa --for 2x", 2, "30m, 2h"),
        ("setup --remove --yes", 1, "is not mounted from an image"),
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

#[test]
fn wrong_usage_is_json_where_json_is_asked_for() -> anyhow::Result<()> {
    let directory = tempfile::tempdir()?;
    for arguments in [
        &["nonsense", "--json"] as &[_],
        &["--json"],
        &["reset", "--json"],
    ] {
        let output = standin(directory.path(), arguments)?;
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let failure: serde_json::Value = serde_json::from_slice(&output.stdout)?;
        assert_eq!(failure["kind"], "usage", "{failure}");
    }
    Ok(())
}

#[test]
fn what_a_configuration_names_and_is_not_there_is_told_with_its_place() -> anyhow::Result<()> {
    let directory = tempfile::tempdir()?;
    let here = directory.path();
    let names = "[listen]\nunix = \"a/b\"\ntls = { cert = \"file:cert.pem\", key = \"file:key.pem\" }\n\
                [users.app]\npassword = \"env:STANDIN_TEST_NOT_SET\"\nenvironments = [\"*\"]\n\
                [environments.\"test-*\"]\nsource = { migrations = \"nowhere\" }\n";
    std::fs::write(here.join("standin.toml"), names)?;
    for command in ["check", "up"] {
        let output = standin(here, &[command, "--json"])?;
        assert_eq!(output.status.code(), Some(2), "{command}");
        let failure: serde_json::Value = serde_json::from_slice(&output.stdout)?;
        assert_eq!(failure["kind"], "configuration");
        let place = |one: &serde_json::Value| (one["line"].as_u64(), one["column"].as_u64());
        let problems = failure["problems"].as_array().map(Vec::as_slice);
        let places: Vec<_> = problems.unwrap_or_default().iter().map(place).collect();
        let expected = [(2, 8), (3, 16), (3, 39), (5, 12), (8, 25)];
        let expected = expected.map(|(line, column)| (Some(line), Some(column)));
        assert_eq!(places, expected, "{command}: {failure}");
    }
    let doctor = standin(here, &["doctor", "--json"])?;
    assert_eq!(doctor.status.code(), Some(1));
    let said: serde_json::Value = serde_json::from_slice(&doctor.stdout)?;
    let states = |what: &str, state: &str| {
        let said = said.as_array().into_iter().flatten();
        said.filter(|one| one["what"] == what && one["state"] == state)
            .count()
    };
    assert_eq!(states("files and secrets", "WRONG"), 5, "{said}");
    assert_eq!(states("schemas", "unseen"), 1, "{said}");
    let doctor = standin(here, &["doctor"])?;
    assert_eq!(doctor.status.code(), Some(1));
    assert!(text(&doctor.stdout).contains("standin.toml:8:25: \"nowhere\" does not exist"));
    Ok(())
}

#[test]
fn a_password_that_everybody_can_read_is_warned_of() -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir()?;
    let here = directory.path();
    assert!(standin(here, &["init"])?.status.success());
    assert!(!text(&standin(here, &["check"])?.stderr).contains("warning"));
    let open = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(here.join("app.password"), open)?;
    let checked = standin(here, &["check"])?;
    assert!(checked.status.success());
    assert!(text(&checked.stderr).contains("chmod 600"), "{checked:?}");
    Ok(())
}

#[test]
fn a_reader_that_goes_away_ends_a_command_without_a_panic() -> anyhow::Result<()> {
    let directory = tempfile::tempdir()?;
    assert!(standin(directory.path(), &["init"])?.status.success());
    let run = |stdout: Stdio| -> anyhow::Result<Output> {
        let mut command = Command::new(Build::Plain.binary()?);
        command.arg("check").current_dir(directory.path());
        Ok(command
            .stdout(stdout)
            .stderr(Stdio::piped())
            .spawn()?
            .wait_with_output()?)
    };
    let (reader, writer) = std::io::pipe()?;
    drop(reader);
    let closed = run(writer.into())?;
    assert_eq!(closed.status.code(), Some(141));
    assert_eq!(text(&closed.stderr), "");
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full")?;
    let full = run(full.into())?;
    assert_eq!(full.status.code(), Some(1));
    assert!(text(&full.stderr).contains("No space left"), "{full:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_control_socket_is_gone_after_a_clean_stop() -> anyhow::Result<()> {
    let mut shop = Shop::open(QA)?;
    let socket = shop.pool().join("control.sock");
    assert!(socket.exists());
    shop.daemon().stop()?;
    assert!(!socket.exists());
    let (code, said) = shop.fails("environment list")?;
    assert_eq!(code, 1);
    assert!(said.contains("no daemon runs for"), "{said}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_configuration_says_how_snapshots_are_looked_at() -> anyhow::Result<()> {
    let mut shop = Shop::closed(Build::Plain, QA)?;
    shop.rewrite(|text| text.replacen("[pool]", "[pool]\ncheck = \"integrity\"", 1))?;
    shop.daemon().start_again(&[])?;
    shop.json("environment build qa")?;
    let taken = shop.json("snapshot create qa --verify answers")?;
    for line in shop.json("snapshot list")?.as_array().into_iter().flatten() {
        let wanted = if line["id"] == taken["id"] {
            "answers"
        } else {
            "integrity"
        };
        assert_eq!(line["checked"], wanted, "{line}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_directory_of_the_unix_socket_is_made_for_everybody() -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mut shop = Shop::closed(Build::Plain, QA)?;
    shop.rewrite(|text| text.replacen("[listen]", "[listen]\nunix = \"run\"", 1))?;
    shop.daemon().start_again(&[])?;
    let made = std::fs::metadata(shop.daemon().directory().join("run"))?;
    assert_eq!(made.permissions().mode() & 0o777, 0o755);
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
    for url in [
        "mysql://x",
        "postgres://reader:s@/",
        "postgres://reader:s@db.example.org",
    ] {
        let wrong = standin(here, &["init", "--force", "--production", url])?;
        assert_eq!(wrong.status.code(), Some(2), "{url}");
    }
    let socket = "postgres://reader@/shop?host=/run/postgresql";
    let here_too = standin(here, &["init", "--force", "--production", socket])?;
    assert!(here_too.status.success(), "{}", text(&here_too.stderr));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn init_with_a_production_leads_to_copies_of_it() -> anyhow::Result<()> {
    let production = tests::postgres::Scratch::start()?;
    let client = production.database("shop").await?;
    let sql = "CREATE TABLE items (id int); INSERT INTO items SELECT generate_series(1, 7)";
    client.batch_execute(sql).await?;
    let mut daemon = Daemon::new(Build::Plain, "")?;
    std::fs::remove_file(daemon.config_file())?;
    let made = daemon.command(&["init", "--production", &production.url("shop")])?;
    assert!(made.status.success(), "{}", text(&made.stderr));
    let written = std::fs::read_to_string(daemon.config_file())?;
    let port = "#postgres = \"127.0.0.1:6432\"";
    assert!(written.contains(port), "{written}");
    let free = written.replacen(port, "postgres = \"127.0.0.1:0\"", 1);
    std::fs::write(daemon.config_file(), free)?;
    daemon.start_again(&[])?;
    for place in ["prod-copy", "qa"] {
        daemon.json(&["environment", "build", place])?;
        let password = std::fs::read_to_string(daemon.directory().join("app.password"))?;
        let url = daemon.url("app", password.trim(), &format!("shop@{place}"))?;
        let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await?;
        let connection = tokio::spawn(connection);
        let row = client.query_one("SELECT count(*) FROM items", &[]).await?;
        assert_eq!(row.get::<_, i64>(0), 7, "{place}");
        client.batch_execute("DELETE FROM items").await?;
        drop(client);
        connection.await??;
    }
    let left = client.query_one("SELECT count(*) FROM items", &[]).await?;
    assert_eq!(left.get::<_, i64>(0), 7);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_daemon_on_the_same_pool_is_refused() -> anyhow::Result<()> {
    let shop = Shop::open(QA)?;
    let pool = shop.pool().to_string_lossy().into_owned();
    let mut second = Daemon::new(Build::Plain, &configuration(&pool, QA))?;
    std::fs::write(second.directory().join("app.password"), "x")?;
    std::fs::create_dir(second.directory().join("migrations"))?;
    let error = second.start_again(&[]).expect_err("one daemon per pool");
    let said = format!("{error:#}");
    assert!(said.contains("exit status: 1"), "{said}");
    assert!(said.contains("another"), "{said}");
    assert_eq!(shop.items("shop@qa").await?, ITEMS);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_demo_over_a_pool_that_is_served_touches_nothing() -> anyhow::Result<()> {
    let shop = Shop::open(QA)?;
    let pool = shop.pool();
    let directory = pool.parent().context("a directory around the pool")?;
    let before = crate::shop::names_in(directory)?;
    let there = directory.to_string_lossy();
    let demo = standin(directory, &["demo", "--directory", &there])?;
    assert_eq!(demo.status.code(), Some(1));
    let said = text(&demo.stderr);
    assert!(said.contains("holds the demo's pool"), "{said}");
    assert_eq!(crate::shop::names_in(directory)?, before);
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
    let (code, said) = shop.fails("psql --user ap shop@qa")?;
    assert_eq!(code, 2);
    assert!(said.contains("did you mean \"app\"?"), "{said}");
    let (code, said) = shop.fails("psql shop@qaa")?;
    assert_eq!(code, 1);
    assert!(said.contains("does not exist"), "{said}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn psql_enters_with_the_password_of_the_configuration() -> anyhow::Result<()> {
    let mut shop = Shop::closed(Build::Plain, QA)?;
    let port = tests::postgres::free_port()?;
    shop.rewrite(|text| text.replace("127.0.0.1:0", &format!("127.0.0.1:{port}")))?;
    shop.daemon().start_again(&[])?;
    let sql = "SELECT current_database(), count(*) FROM items";
    let psql = ["psql", "shop@qa", "--", "-XAtc", sql];
    let output = shop.daemon().command(&psql)?;
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(text(&output.stdout), format!("shop|{ITEMS}\n"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn listings_say_what_a_crash_may_cost() -> anyhow::Result<()> {
    let other = "[environments.safe]\nsource = { environment = \"qa\" }\nspares = 0\n\
                 durability = \"machine\"\n";
    let mut shop = Shop::open(&format!("{QA_BRANCHES}{other}"))?;
    for place in ["qa", "safe", "qa.one"] {
        shop.items(&format!("shop@{place}")).await?;
    }
    let listed = shop.json("environment list")?;
    assert_eq!(listed[0]["durability"], "consistent");
    assert_eq!(listed[1]["durability"], "machine");
    assert_eq!(shop.json("branch list")?[0]["durability"], "process");
    for (noun, words) in [
        ("environment", &["consistent", "machine"][..]),
        ("branch", &["process"][..]),
    ] {
        let said = shop.daemon().command(&[noun, "list"])?;
        let said = text(&said.stdout);
        assert!(words.iter().all(|word| said.contains(word)), "{said}");
    }
    Ok(())
}

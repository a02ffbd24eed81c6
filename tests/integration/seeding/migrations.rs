//! Environments whose schema a program makes: its lines, its failure, and what is known of its files.

use std::path::Path;
use std::process::Output;

use anyhow::{Context, ensure};
use tests::daemon::Build;

use crate::shop::{Shop, names_in};

/// `qa` with seed 42 from a command, and what is known of its files.
fn qa(words: &[&str], files: &str) -> String {
    let words = words.join("\", \"").replace('\n', " ");
    format!(
        "[environments.qa]\nsource = {{ migrations = [\"{words}\"]{files}, database = \"shop\", \
         seed = 42, scale = 0.1 }}\nspares = 0\n"
    )
}

/// Runs every file of `db`, with a line for each.
const PSQL: [&str; 3] = [
    "sh",
    "-c",
    "for file in db/*.sql; do psql -X -q -v ON_ERROR_STOP=1 -f $file $DATABASE_URL || exit 7; \
     echo ran $file; done",
];

const PEOPLE: &str = "CREATE TABLE people (id int PRIMARY KEY, email text NOT NULL UNIQUE);";

fn open(words: &[&str], files: &str) -> anyhow::Result<Shop> {
    let mut shop = Shop::closed(Build::Plain, &qa(words, files))?;
    std::fs::create_dir(shop.daemon_directory().join("db"))?;
    shop.write("db/001_people.sql", PEOPLE)?;
    shop.daemon().start_again(&[])?;
    Ok(shop)
}

fn run(shop: &mut Shop, words: &[&str]) -> anyhow::Result<Output> {
    shop.daemon().command(words)
}

/// Whether `check` says that the files of a command are not known.
fn warns(shop: &Shop) -> anyhow::Result<bool> {
    let checked = shop.json("check")?;
    Ok(checked["warnings"]
        .to_string()
        .contains("name them: files = "))
}

/// Columns of `people`, as an environment has them.
async fn columns(shop: &Shop) -> anyhow::Result<String> {
    let sql = "SELECT string_agg(attname, ' ' ORDER BY attnum) FROM pg_attribute \
               WHERE attrelid = 'people'::regclass AND attnum > 0";
    shop.enter("shop@qa").await?.text(sql).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_makes_the_schema_and_its_lines_are_shown() -> anyhow::Result<()> {
    let mut shop = open(&PSQL, ", files = \"db\"")?;
    let built = run(&mut shop, &["environment", "build", "qa"])?;
    let told = String::from_utf8_lossy(&built.stderr).into_owned();
    ensure!(built.status.success(), "{told}");
    assert!(told.contains("ran db/001_people.sql"), "{told}");
    let session = shop.enter("shop@qa").await?;
    assert_ne!(session.text("SELECT count(*) FROM people").await?, "0");
    // What the command made is the owner's, as what SQL files make is.
    let owner = "SELECT (tableowner = (SELECT pg_get_userbyid(datdba) FROM pg_database \
                 WHERE datname = current_database()))::text FROM pg_tables WHERE tablename = 'people'";
    assert_eq!(session.text(owner).await?, "true");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_that_fails_is_told_with_its_status_and_nothing_is_published()
-> anyhow::Result<()> {
    let mut shop = open(&PSQL, ", files = \"db\"")?;
    shop.daemon().expect("operation=\"build\"");
    shop.write("db/002_wrong.sql", "CREATE TABLE people (again int);")?;
    let (code, said) = shop.fails("environment build qa")?;
    assert_eq!(code, 1);
    assert!(said.contains("exit status: 7"), "{said}");
    // Its own words came with the progress.
    assert!(said.contains("\"people\" already exists"), "{said}");
    assert_eq!(shop.json("environment show qa")?["state"], "not built");
    assert_eq!(shop.json("snapshot list")?, serde_json::json!([]));
    assert_eq!(names_in(&shop.pool().join("snapshots"))?, [""; 0]);
    assert_eq!(shop.branch_directories()?, [""; 0]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_migration_of_a_command_is_noticed_by_its_files() -> anyhow::Result<()> {
    let shop = open(&PSQL, ", files = [\"db\"]")?;
    shop.json("environment build qa")?;
    assert_eq!(columns(&shop).await?, "id email");
    let qa = shop.json("environment show qa")?;
    assert_eq!(qa["drift"], serde_json::Value::Null);
    let record = shop.json("environment reseed qa")?;
    assert_eq!(record["note"], "unchanged, cloned");
    shop.write("db/002_city.sql", "ALTER TABLE people ADD city text;")?;
    let qa = shop.json("environment show qa")?;
    assert_eq!(qa["drift"], "the migrations have changed since");
    let record = shop.json("environment reseed qa")?;
    assert_eq!(record["note"], serde_json::Value::Null);
    assert_eq!(columns(&shop).await?, "id email city");
    assert!(!warns(&shop)?);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_whose_files_nobody_names_runs_at_every_reseed() -> anyhow::Result<()> {
    let shop = open(&PSQL, "")?;
    shop.json("environment build qa")?;
    let qa = shop.json("environment show qa")?;
    let drift = qa["drift"].as_str().unwrap_or_default();
    assert!(drift.contains("`files`"), "{qa}");
    assert!(warns(&shop)?);
    shop.write("db/002_city.sql", "ALTER TABLE people ADD city text;")?;
    // A reset goes back to what was built.
    shop.json("environment reset qa")?;
    assert_eq!(columns(&shop).await?, "id email");
    let record = shop.json("environment reseed qa")?;
    assert_eq!(record["note"], serde_json::Value::Null);
    assert_eq!(columns(&shop).await?, "id email city");
    shop.json("environment reset qa")?;
    assert_eq!(columns(&shop).await?, "id email city");
    Ok(())
}

#[test]
fn files_that_are_not_there_are_named_before_a_start() -> anyhow::Result<()> {
    let shop = Shop::closed(
        Build::Plain,
        &qa(&PSQL, ", files = [\"migrations\", \"gone\"]"),
    )?;
    let (code, said) = shop.fails("check")?;
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("\"gone\" does not exist"), "{said}");
    Ok(())
}

/// A project of Django, whose settings read `DATABASE_URL`: the host of it is a socket's directory.
const SETTINGS: &str = "\
import os
from urllib.parse import parse_qs, unquote, urlsplit

URL = urlsplit(os.environ['DATABASE_URL'])
QUERY = {key: values[0] for key, values in parse_qs(URL.query).items()}
DATABASES = {'default': {
    'ENGINE': 'django.db.backends.postgresql', 'NAME': unquote(URL.path[1:]), 'USER': URL.username,
    'HOST': QUERY['host'], 'PORT': QUERY['port'], 'OPTIONS': {'options': QUERY['options']}}}
INSTALLED_APPS = ['django.contrib.contenttypes', 'django.contrib.auth', 'django.contrib.sessions']
USE_TZ = True
";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_project_of_django_migrates_and_every_table_of_it_is_filled() -> anyhow::Result<()> {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/venv/bin/python");
    let python = python.to_str().context("a path")?;
    let words = [
        python,
        "-m",
        "django",
        "migrate",
        "--settings",
        "settings",
        "--pythonpath",
        ".",
    ];
    let mut shop = Shop::closed(Build::Plain, &qa(&words, ", files = \"settings.py\""))?;
    shop.write("settings.py", SETTINGS)?;
    shop.daemon().start_again(&[])?;
    let built = run(&mut shop, &["environment", "build", "qa"])?;
    let told = String::from_utf8_lossy(&built.stderr).into_owned();
    ensure!(built.status.success(), "{told}");
    assert!(told.contains("Applying auth.0001_initial... OK"), "{told}");
    let session = shop.enter("shop@qa").await?;
    for table in [
        "auth_user",
        "auth_group",
        "auth_user_groups",
        "django_session",
    ] {
        let rows = session
            .text(&format!("SELECT count(*) FROM {table}"))
            .await?;
        assert_ne!(rows, "0", "{table}");
    }
    let audited = shop.json("seed audit qa")?;
    assert_eq!(audited["findings"], serde_json::json!([]));
    // Compiled files beside the settings are no change.
    assert_eq!(
        shop.json("environment show qa")?["drift"],
        serde_json::Value::Null
    );
    Ok(())
}

//! Whole clients of applications in the modes that allow little: they connect, read the catalogue, query
//! and, where they may, insert; not one of their statements is denied.

use std::path::Path;
use std::process::Stdio;
use std::time::Instant;

use anyhow::ensure;
use tokio::process::Command;

use super::modes::{MODES, denied};
use crate::shop::{PASSWORD, PATIENCE, Shop};

const SCHEMA: &str = include_str!("../../clients/schema.sql");

/// Program, and file of its session.
const CLIENTS: [(&str, &str); 7] = [
    ("venv/bin/python", "django_session.py"),
    ("venv/bin/python", "sqlalchemy_session.py"),
    ("ruby", "active_record_session.rb"),
    ("node", "sequelize_session.js"),
    ("node", "typeorm_session.js"),
    ("node", "prisma_session.js"),
    ("java", "HibernateSession.java"),
];

/// What libhibernate3-java and its companions install.
const JARS: [&str; 11] = [
    "hibernate-core",
    "hibernate-commons-annotations",
    "geronimo-jpa_2.0_spec",
    "geronimo-jta-1.2-spec",
    "antlr",
    "commons-collections3",
    "dom4j",
    "javassist",
    "slf4j-api",
    "slf4j-nop",
    "postgresql",
];

/// Those that are installed: a release of the distribution may lack Hibernate.
fn clients() -> impl Iterator<Item = (&'static str, &'static str)> {
    let hibernate = Path::new("/usr/share/java/hibernate-core.jar").exists();
    let clients = CLIENTS.into_iter();
    clients.filter(move |(program, _)| *program != "java" || hibernate)
}

fn class_path() -> String {
    JARS.map(|jar| format!("/usr/share/java/{jar}.jar"))
        .join(":")
}

fn command(program: &str, file: &str) -> Command {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let installed = package.join("../target");
    let mut command = if program.contains('/') {
        Command::new(installed.join(program))
    } else {
        Command::new(program)
    };
    if program == "java" {
        command.args(["-cp", &class_path()]);
    }
    command
        .arg(package.join("clients").join(file))
        .env("NODE_PATH", installed.join("node/node_modules"))
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}

/// A session that ends well, and what it says.
async fn session(client: (&str, &str), url: &str, mode: &str) -> anyhow::Result<String> {
    let output = command(client.0, client.1)
        .args([url, mode])
        .output()
        .await?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success() && text.ends_with("done\n"),
        "{} {mode}:\n{text}\n{errors}",
        client.1
    );
    Ok(text)
}

/// The lines of the audit log about a place, once there is one.
fn denials(shop: &Shop, place: &str) -> anyhow::Result<Vec<String>> {
    let path = shop.pool().join("audit.jsonl");
    let began = Instant::now();
    loop {
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let lines = text
            .lines()
            .filter(|line| line.contains(&format!(r#""environment":"{place}""#)));
        let lines: Vec<String> = lines.map(str::to_owned).collect();
        if !lines.is_empty() {
            return Ok(lines);
        }
        ensure!(
            began.elapsed() < PATIENCE,
            "no line about {place} in:\n{text}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_of_applications_meet_no_denial_where_little_is_allowed() -> anyhow::Result<()> {
    let mut shop = Shop::open(MODES)?;
    shop.write("migrations/002_clients.sql", SCHEMA)?;
    let endpoint = shop.daemon().endpoint()?.to_owned();
    for (place, mode) in [("ro", "read-only"), ("ao", "append")] {
        shop.json(&format!("environment build {place}"))?;
        let url = format!("postgres://app:{PASSWORD}@{endpoint}/shop@{place}");
        let sessions = clients().map(|client| session(client, &url, mode));
        let ended = futures_util::future::join_all(sessions).await;
        let failed = ended.iter().filter_map(|ended| ended.as_ref().err());
        let failed: Vec<String> = failed.map(ToString::to_string).collect();
        assert!(failed.is_empty(), "{}", failed.join("\n"));
        // A line that is last, and before which there is none.
        let login = shop.enter(&format!("shop@{place}")).await?;
        denied(&login, "DELETE FROM items").await?;
        let lines = denials(&shop, place)?;
        let only = lines.len() == 1 && lines[0].contains("write.change");
        assert!(only, "{}", lines.join("\n"));
    }
    Ok(())
}

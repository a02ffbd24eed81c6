//! What no data directory and no superuser can change.

use rules::config::Durability;
use server::quarantine::pins::pinned;
use server::{Settings, StartError, start};

use crate::scratch::{Scratch, installations};

/// The value of every setting.
async fn shown(server: &server::Server) -> Vec<(String, String)> {
    let client = server.admin("template1").await.expect("a session");
    let rows = client
        .query("SELECT name, setting FROM pg_settings ORDER BY 1", &[])
        .await;
    rows.expect("settings")
        .iter()
        .map(|row| (row.get(0), row.get(1)))
        .collect()
}

/// A legal value that is not `value`.
fn other(name: &str, value: &str) -> &'static str {
    match (name, value) {
        ("recovery_target", _) => "immediate",
        ("recovery_target_time", _) => "2020-01-01",
        ("recovery_target_lsn", _) => "0/1",
        ("recovery_target_xid" | "port", _) => "3",
        ("max_logical_replication_workers", _) => "4",
        ("unix_socket_permissions", _) => "0777",
        ("log_destination", _) => "csvlog",
        ("log_error_verbosity", _) => "verbose",
        ("log_min_error_statement", _) => "error",
        ("log_statement", _) => "all",
        ("log_min_duration_statement" | "log_min_duration_sample", _) => "0",
        ("log_transaction_sample_rate", _) => "1",
        // Builds without it refuse any other value.
        ("bonjour" | "ssl", _) => "off",
        (_, "off") => "on",
        (_, "on") => "off",
        _ => "somewhere",
    }
}

#[tokio::test]
async fn alter_system_cannot_change_a_pinned_setting() {
    for installation in installations().iter() {
        let scratch = Scratch::on(installation);
        let home = scratch.fresh("b").await;
        let server = scratch.start(&home).await;
        let before = shown(&server).await;
        let names: Vec<&str> = pinned(installation.version).map(|(name, _)| name).collect();
        for name in &names {
            assert!(
                before.iter().any(|(known, _)| known == name),
                "{name} is unknown"
            );
        }
        server.stop().await.expect("it stops");
        // As a superuser would have written it, or a copy brought it along.
        let lines: String = names
            .iter()
            .filter_map(|name| before.iter().find(|(known, _)| known == name))
            .map(|(name, value)| format!("{name} = '{}'\n", other(name, value)))
            .collect();
        for file in ["postgresql.auto.conf", "postgresql.conf"] {
            std::fs::write(home.pgdata().join(file), &lines).expect("written");
        }
        let server = scratch.start(&home).await;
        let client = server.admin("template1").await.expect("a session");
        client
            .batch_execute("SELECT pg_reload_conf()")
            .await
            .expect("a reload");
        for (name, value) in shown(&server).await {
            let earlier = before.iter().find(|(known, _)| *known == name);
            let pinned = names.contains(&name.as_str());
            assert!(
                !pinned || earlier == Some(&(name.clone(), value.clone())),
                "{name}: {value}"
            );
        }
        server.stop().await.expect("it stops");
    }
}

#[tokio::test]
async fn durability_is_what_the_server_says_it_is() {
    let scratch = Scratch::new();
    let home = scratch.fresh("b").await;
    for (durability, expected) in [
        (Durability::Process, ("off", "on")),
        (Durability::Consistent, ("on", "off")),
        (Durability::Machine, ("on", "on")),
    ] {
        let settings = Settings {
            durability,
            ..Settings::default()
        };
        let server = scratch.start_with(&home, &settings).await;
        let all = shown(&server).await;
        let value = |name| {
            all.iter()
                .find(|(known, _)| known == name)
                .map(|(_, v)| v.as_str())
        };
        let found = (value("fsync"), value("synchronous_commit"));
        assert_eq!(
            found,
            (Some(expected.0), Some(expected.1)),
            "{durability:?}"
        );
        server.stop().await.expect("it stops");
    }
}

#[tokio::test]
async fn only_harmless_libraries_are_loaded_at_start() {
    let scratch = Scratch::new();
    let home = scratch.fresh("b").await;
    let with = |name: &str| Settings {
        preload: vec![name.to_owned()],
        ..Settings::default()
    };
    let settings = with("pg_cron");
    let refused = start(&scratch.installation, &scratch.account, &home, &settings).await;
    assert!(matches!(refused, Err(StartError::Preload { name }) if name == "pg_cron"));
    let server = scratch.start_with(&home, &with("auto_explain")).await;
    let all = shown(&server).await;
    assert!(all.contains(&(
        "shared_preload_libraries".to_owned(),
        "auto_explain".to_owned()
    )));
    server.stop().await.expect("it stops");
}

#[tokio::test]
async fn a_server_inherits_nothing_of_our_environment() {
    let scratch = Scratch::new();
    let home = scratch.fresh("b").await;
    let server = scratch.start(&home).await;
    let environment = std::fs::read(format!("/proc/{}/environ", server.pid())).expect("readable");
    let environment = String::from_utf8(environment).expect("text");
    let mut names: Vec<&str> = environment
        .split('\0')
        .filter_map(|pair| pair.split('=').next())
        .collect();
    // The server adds what it tells its own children.
    names.retain(|name| !name.is_empty() && !name.starts_with("PG"));
    names.sort_unstable();
    names.dedup();
    let allowed = ["HOME", "LC_ALL", "LD_LIBRARY_PATH", "PATH", "TZ"];
    assert!(names.iter().all(|name| allowed.contains(name)), "{names:?}");
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", server.pid())).expect("readable");
    let fields: Vec<&str> = stat
        .rsplit(')')
        .next()
        .expect("fields")
        .split_whitespace()
        .collect();
    let pid = server.pid().to_string();
    assert_eq!(
        (fields[2], fields[3], fields[4]),
        (pid.as_str(), pid.as_str(), "0")
    );
    server.stop().await.expect("it stops");
}

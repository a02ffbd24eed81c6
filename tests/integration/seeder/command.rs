//! Running a project's own migration command.

use std::time::Duration;

use seeder::migrate::{CommandError, MigrationCommand, hash_command, run_command};
use tests::postgres::Scratch;

fn shell(script: &str) -> MigrationCommand {
    MigrationCommand {
        program: "sh".to_owned(),
        arguments: vec!["-c".to_owned(), script.to_owned()],
        directory: None,
    }
}

async fn run(command: &MigrationCommand, url: &str) -> (Result<(), CommandError>, Vec<String>) {
    let mut lines = Vec::new();
    let result = run_command(command, url, |line| lines.push(line.to_owned())).await;
    (result, lines)
}

#[tokio::test]
async fn a_command_reaches_the_database_through_the_url() -> anyhow::Result<()> {
    let server = Scratch::start()?;
    let client = server.database("shop").await?;
    let command = shell("psql \"$DATABASE_URL\" -qc 'CREATE TABLE made ()' && echo made");
    let (result, lines) = run(&command, &server.url("shop")).await;
    result?;
    assert_eq!(lines, ["made"]);
    client.batch_execute("DROP TABLE made").await?;
    Ok(())
}

#[tokio::test]
async fn both_outputs_are_streamed_and_the_exit_status_is_told() {
    let command = shell("echo out; echo err >&2; printf 'no newline'; exit 7");
    let (result, mut lines) = run(&command, "postgres://").await;
    lines.sort();
    assert_eq!(lines, ["err", "no newline", "out"]);
    let error = result.expect_err("an error");
    assert_eq!(error.to_string(), "\"sh\" ended with exit status: 7");
    let (result, _) = run(&shell("kill -9 $$"), "postgres://").await;
    let error = result.expect_err("an error");
    assert_eq!(error.to_string(), "\"sh\" ended with signal: 9 (SIGKILL)");
}

#[tokio::test]
async fn a_line_without_end_comes_in_pieces() {
    let (result, lines) = run(&shell("head -c 100000 /dev/zero | tr '\\0' x"), "").await;
    assert!(result.is_ok());
    assert_eq!(lines.concat().len(), 100_000);
    assert!(lines.iter().all(|line| line.len() <= 16 * 1024));
}

#[tokio::test]
async fn a_program_that_is_not_there_is_named() {
    let mut command = shell("");
    command.program = "/nowhere/at/all".to_owned();
    let (result, _) = run(&command, "").await;
    let error = result.expect_err("an error");
    assert_eq!(error.to_string(), "start \"/nowhere/at/all\"");
}

#[tokio::test]
async fn a_command_is_gone_once_nobody_waits_for_it() -> anyhow::Result<()> {
    let command = shell("echo $$; exec sleep 600");
    let (told, mut pid) = tokio::sync::mpsc::unbounded_channel();
    let mut running = Box::pin(run_command(&command, "", |line| {
        told.send(line.to_owned()).expect("a receiver");
    }));
    let pid = tokio::select! {
        _ = &mut running => unreachable!("it sleeps for ten minutes"),
        pid = pid.recv() => pid.expect("a line"),
    };
    drop(running);
    let gone = async {
        while std::fs::read_to_string(format!("/proc/{pid}/stat"))
            .is_ok_and(|stat| !stat.contains(") Z "))
        {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), gone).await?;
    Ok(())
}

#[test]
fn the_hash_knows_arguments_and_the_files_beside() -> anyhow::Result<()> {
    let directory = tempfile::tempdir()?;
    std::fs::create_dir(directory.path().join("deep"))?;
    std::fs::write(directory.path().join("deep/one.rb"), "a")?;
    let files = &[directory.path().to_owned()];
    let alone = hash_command(&shell("x"), &[])?;
    assert_ne!(alone, hash_command(&shell("y"), &[])?);
    let beside = hash_command(&shell("x"), files)?;
    assert_ne!(alone, beside);
    assert_eq!(beside, hash_command(&shell("x"), files)?);
    std::fs::write(directory.path().join("deep/one.rb"), "b")?;
    assert_ne!(beside, hash_command(&shell("x"), files)?);
    let changed = hash_command(&shell("x"), files)?;
    let made = directory.path().join("deep/__pycache__");
    std::fs::create_dir(&made)?;
    std::fs::write(made.join("one.pyc"), "made by a run")?;
    assert_eq!(changed, hash_command(&shell("x"), files)?);
    let one = &[directory.path().join("deep/one.rb")];
    let alone = hash_command(&shell("x"), one)?;
    std::fs::write(&one[0], "c")?;
    assert_ne!(alone, hash_command(&shell("x"), one)?);
    assert!(hash_command(&shell("x"), &["/nowhere".into()]).is_err());
    std::os::unix::fs::symlink(directory.path(), directory.path().join("circle"))?;
    assert!(hash_command(&shell("x"), files).is_err());
    Ok(())
}

//! `standin guard` says to SQL what a session would be told, and how it came to that.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use tests::daemon::Build;

/// Runs `standin guard` in an empty directory, with these bytes as its standard input.
fn guard(arguments: &[&str], input: &[u8]) -> anyhow::Result<Output> {
    let directory = tempfile::tempdir()?;
    guard_in(directory.path(), arguments, input)
}

fn guard_in(directory: &Path, arguments: &[&str], input: &[u8]) -> anyhow::Result<Output> {
    let mut process = Command::new(Build::Plain.binary()?)
        .arg("guard")
        .args(arguments)
        .current_dir(directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut stdin = process.stdin.take().expect("was asked for");
    // Who does not read it may be gone already.
    let _ = stdin.write_all(input);
    drop(stdin);
    Ok(process.wait_with_output()?)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn answer(arguments: &[&str], input: &[u8]) -> anyhow::Result<Value> {
    let output = guard(&[arguments, &["--json"]].concat(), input)?;
    Ok(serde_json::from_slice(&output.stdout)?)
}

#[test]
fn each_access_mode_says_what_its_clients_would_be_told() -> anyhow::Result<()> {
    let told = answer(&["DELETE FROM items"], b"")?;
    let codes: Vec<_> = (0..3).map(|at| &told["verdicts"][at]["code"]).collect();
    assert_eq!(codes, [&json!("25006"), &json!("42501"), &Value::Null]);
    assert_eq!(
        told["verdicts"][0],
        json!({
            "access": "read-only",
            "allowed": false,
            "code": "25006",
            "rule": "write.change",
            "message": "cannot execute DELETE in a read-only environment",
            "detail": "Denied by rule \"write.change\" of access mode \"read-only\".",
            "hint": "Connect to an environment with access = \"read-write\", or to a branch of one.",
        })
    );
    assert_eq!(
        told["verdicts"][2],
        json!({ "access": "read-write", "allowed": true })
    );
    let shown = text(&guard(&["DELETE FROM items"], b"")?.stdout);
    let lines: Vec<Vec<&str>> = shown
        .lines()
        .map(|line| line.split_whitespace().take(4).collect())
        .collect();
    assert_eq!(
        lines,
        [
            vec!["ACCESS", "VERDICT", "CODE", "RULE"],
            vec!["read-only", "denied", "25006", "write.change"],
            vec!["append", "denied", "42501", "write.change"],
            vec!["read-write", "allowed"],
        ]
    );
    Ok(())
}

#[test]
fn the_exit_code_is_the_verdict_of_the_mode_that_was_asked() -> anyhow::Result<()> {
    for (mode, sql, code, said) in [
        ("read-only", "SELECT 1", 0, "allowed"),
        ("read-only", "INSERT INTO t VALUES (1)", 1, "write.insert"),
        ("append", "INSERT INTO t VALUES (1)", 0, "allowed"),
        (
            "append",
            "SELECT 1 FOR UPDATE",
            1,
            "Read without FOR UPDATE",
        ),
        ("read-write", "DROP TABLE t", 0, "allowed"),
        ("read-write", "SELECT 1; CHECKPOINT", 1, "42501"),
    ] {
        for shape in [&[] as &[&str], &["--json"], &["--explain"]] {
            let output = guard(&[&["--mode", mode, sql], shape].concat(), b"")?;
            assert_eq!(output.status.code(), Some(code), "{mode}: {sql}");
            assert!(text(&output.stdout).contains(said), "{output:?}");
            assert_eq!(text(&output.stderr), "");
        }
    }
    // Where no mode was asked, the answer was given and that is all.
    assert!(guard(&["CHECKPOINT"], b"")?.status.success());
    Ok(())
}

#[test]
fn sql_comes_by_argument_by_file_and_by_standard_input() -> anyhow::Result<()> {
    let directory = tempfile::tempdir()?;
    let here = directory.path();
    std::fs::write(here.join("a.sql"), "TRUNCATE t")?;
    // The configuration is nobody's concern here.
    std::fs::write(here.join("standin.toml"), "wrong")?;
    for (arguments, input) in [
        (&["TRUNCATE t"] as &[_], ""),
        (&["--file", "a.sql"], "SELECT 1"),
        (&["--file", "-"], "TRUNCATE t"),
        (&["-"], "TRUNCATE t"),
        (&[], "TRUNCATE t"),
        (&["--", "--\nTRUNCATE t"], ""),
    ] {
        let arguments = [&["--mode", "append"], arguments].concat();
        let output = guard_in(here, &arguments, input.as_bytes())?;
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {output:?}");
        assert!(text(&output.stdout).contains("cannot execute TRUNCATE"));
    }
    Ok(())
}

#[test]
fn bytes_that_are_no_text_are_judged_as_they_are() -> anyhow::Result<()> {
    let directory = tempfile::tempdir()?;
    let here = directory.path();
    let sql = b"SELECT '\xe4\xff\x1b[2J'; -- \xfc\nDELETE FROM \xd6";
    std::fs::write(here.join("latin1.sql"), sql)?;
    for (arguments, input) in [
        (&["--file", "latin1.sql"], b"" as &[_]),
        (&["--explain", "-"], sql),
    ] {
        let arguments = [&["--mode", "read-only"], arguments as &[_]].concat();
        let output = guard_in(here, &arguments, input)?;
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let shown = String::from_utf8(output.stdout)?;
        assert!(shown.contains("write.change"), "{shown}");
        assert!(!shown.contains('\u{1b}'), "{shown}");
    }
    let explained = answer(&["--explain"], sql)?;
    assert_eq!(explained["tokens"][1]["text"], r"'\xe4\xff\u{1b}[2J'");
    let last = json!({ "line": 2, "column": 13, "kind": "word", "text": r"\xd6" });
    assert_eq!(explained["tokens"][5], last);
    Ok(())
}

#[test]
fn an_explanation_names_every_rule_with_its_command_and_modes() -> anyhow::Result<()> {
    let sql = "WITH d AS (DELETE FROM t) SELECT nextval('s') FROM d FOR SHARE";
    let told = answer(&["--explain", sql], b"")?;
    let effects = told["effects"].as_array().map(Vec::as_slice);
    let named: Vec<(&str, &str)> = effects
        .unwrap_or_default()
        .iter()
        .map(|effect| {
            let word = |key: &str| effect[key].as_str().unwrap_or_default();
            (word("rule"), word("command"))
        })
        .collect();
    assert_eq!(
        named,
        [
            ("write.change", "DELETE"),
            ("seq.next", ""),
            ("lock.row", "SELECT FOR SHARE"),
        ]
    );
    assert_eq!(
        told["effects"][1]["codes"],
        json!([
            { "access": "read-only", "code": "25006" },
            { "access": "append", "code": null },
            { "access": "read-write", "code": null },
        ])
    );
    assert_eq!(told["known"], true);
    assert_eq!(told["fingerprint"].as_str().map(str::len), Some(16));
    assert_eq!(answer(&["--explain", "MAGIC"], b"")?["known"], false);
    assert!(answer(&[sql], b"")?.get("effects").is_none());
    Ok(())
}

#[test]
fn what_is_too_long_for_a_session_is_told_so() -> anyhow::Result<()> {
    let mut sql = vec![b' '; 16 << 20];
    let output = guard(&["--mode", "append", "--explain"], &sql)?;
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).contains("more than 16 MiB"));
    // With the NUL behind it this is the longest message that is judged.
    sql.pop();
    let output = guard(&["--mode", "append"], &sql)?;
    assert!(output.status.success(), "{output:?}");
    Ok(())
}

#[test]
fn wrong_usage_is_told_with_what_to_do() -> anyhow::Result<()> {
    for (arguments, input, said) in [
        (
            &["x", "--file", "y"] as &[_],
            b"" as &[_],
            "cannot be used with",
        ),
        (
            &["--file", "missing.sql"],
            b"",
            "\"missing.sql\": No such file",
        ),
        (&["--file", "."], b"", "a file of SQL that you may read"),
        (&["--mode", "rw", "x"], b"", "read-only, append, read-write"),
        (&["-"], b"SELECT\n '\0'", "a NUL byte at 2:3"),
    ] {
        let output = guard(arguments, input)?;
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(text(&output.stderr).contains(said), "{output:?}");
        assert_eq!(text(&output.stdout), "");
        let failure = answer(arguments, input)?;
        assert_eq!(failure["kind"], "usage", "{failure}");
    }
    // Standard input cannot be read where it is a directory.
    let output = Command::new(Build::Plain.binary()?)
        .arg("guard")
        .stdin(std::fs::File::open("/")?)
        .output()?;
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("read standard input: Is a directory"));
    Ok(())
}

#[test]
fn what_cannot_be_judged_is_denied_where_the_guard_is_alone() -> anyhow::Result<()> {
    let asked = ["--mode", "read-only", "FROBNICATE t"];
    assert_eq!(guard(&asked, b"")?.status.code(), Some(0));
    let alone = [&["--advisory"], &asked[..]].concat();
    assert_eq!(guard(&alone, b"")?.status.code(), Some(1));
    let told = answer(&alone, b"")?;
    assert_eq!(told["verdicts"][0]["rule"], "unknown");
    let told = answer(&["--advisory", "SELECT 1; FROBNICATE t"], b"")?;
    let codes: Vec<_> = (0..3).map(|at| &told["verdicts"][at]["code"]).collect();
    assert_eq!(codes, [&json!("42501"), &json!("42501"), &Value::Null]);
    Ok(())
}

#[test]
fn a_reader_that_goes_away_ends_the_judgement_without_a_panic() -> anyhow::Result<()> {
    for mode in ["read-only", "read-write"] {
        let (reader, writer) = std::io::pipe()?;
        drop(reader);
        let output = Command::new(Build::Plain.binary()?)
            .args(["guard", "--explain", "--mode", mode, "DELETE FROM t"])
            .stdout(writer)
            .stderr(Stdio::piped())
            .spawn()?
            .wait_with_output()?;
        assert_eq!(output.status.code(), Some(141));
        assert_eq!(text(&output.stderr), "");
    }
    Ok(())
}

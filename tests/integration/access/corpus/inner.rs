//! Each fitting case as the inner part of PREPARE, EXPLAIN ANALYZE, COPY and DECLARE CURSOR, through the
//! relay: a mode answers as it answers the statement alone, and nothing changes that it forbids.

use std::collections::BTreeSet;

use rules::config::AccessMode;

use super::super::client::{Client, Message};
use super::case::{Case, first_error};
use super::forms::Form;
use super::stored::Branch;
use super::{Bench, WAYS, Way};
use crate::shop::PASSWORD;

/// Case, form, columns and code where PostgreSQL does not take a statement within the form, and says so
/// before it looks for rights.
type Within = (&'static str, Form, &'static [&'static str], &'static str);

const RW: &[&str] = &["read_write"];

const WITHIN: [Within; 4] = [
    // "DO INSTEAD rules are not supported for COPY"
    (
        "insert-rule",
        Form::Copied,
        &["append", "read_write"],
        "0A000",
    ),
    // "DECLARE CURSOR must not contain data-modifying statements in WITH"
    ("cte-delete", Form::Cursor, RW, "0A000"),
    // "COPY (SELECT INTO) is not supported"
    ("select-into", Form::Copied, RW, "0A000"),
    // "SELECT ... INTO is not allowed here"
    ("select-into", Form::Cursor, RW, "42601"),
];

/// The grammar has MERGE in COPY from 17 on.
const BEFORE_17: [Within; 2] = [
    ("merge-delete", Form::Copied, RW, "42601"),
    ("merge-insert-only", Form::Copied, RW, "42601"),
];

/// A session that is opened anew when it has ended.
struct Talk<'a> {
    bench: &'a Bench,
    way: &'a Way,
    client: Client,
}

impl<'a> Talk<'a> {
    fn begin(bench: &'a Bench, way: &'a Way) -> Self {
        let client = Self::client(bench, way);
        Self { bench, way, client }
    }

    fn client(bench: &Bench, way: &Way) -> Client {
        let database = format!("corpus@{}", way.place);
        let mut client = Client::tcp(bench.address);
        let pairs = [("user", way.user), ("database", database.as_str())];
        let seen = client.start(&pairs, PASSWORD);
        assert!(seen.last().is_some_and(|last| last.tag == b'Z'), "{seen:?}");
        client
    }

    /// Sends messages in a clean session, within a transaction or not.
    fn ask(&mut self, messages: &[String], in_transaction: bool) -> Vec<Message> {
        let mut seen = Vec::new();
        let begin = ["BEGIN".to_owned()];
        let begin: &[String] = if in_transaction { &begin } else { &[] };
        for sql in begin.iter().chain(messages) {
            seen.extend(self.client.ask(sql));
        }
        let ended = seen.last().is_none_or(|last| last.tag != b'Z');
        if ended {
            self.client = Self::client(self.bench, self.way);
        } else {
            self.client.ask("ROLLBACK");
            self.client.ask("DISCARD ALL");
        }
        seen
    }
}

/// Plays every case in every form in one way; what was otherwise than expected.
async fn differences(bench: &Bench, cases: &[Case], way: &Way) -> anyhow::Result<Vec<String>> {
    let mut wrong = Vec::new();
    let branch = Branch::of(bench, way).await?;
    let before = branch.rows().await?;
    let mut talk = Talk::begin(bench, way);
    let mut played = BTreeSet::new();
    for (case, form) in cases
        .iter()
        .flat_map(|case| Form::ALL.map(|form| (case, form)))
    {
        let sql = case.text("sql").filter(|_| case.startup().is_empty());
        let sql = sql.map(|sql| sql.replace("{db}", "corpus"));
        let messages = sql.and_then(|sql| form.around(&sql, &case.params()));
        let Some(messages) = messages else { continue };
        // What a mode allows is taken back; what it forbids would be kept, and seen below.
        let column = way.columns[way.columns.len() - 1];
        let alone = bench.expected(case, way);
        let taken_back = way.mode == AccessMode::ReadWrite || (alone == "allow" && case.fires());
        let seen = talk.ask(&messages, form == Form::Cursor || taken_back);
        let code = first_error(&seen).unwrap_or_else(|| "allow".to_owned());
        let older = BEFORE_17.iter().filter(|_| bench.major < 17);
        let within = WITHIN.iter().chain(older).find(|(id, other, modes, _)| {
            *id == case.id() && *other == form && modes.contains(&column)
        });
        let expected = within.map_or(alone, |(_, _, _, code)| code);
        if code != expected {
            let (id, place) = (case.id(), way.place);
            wrong.push(format!("{id} {form:?} in {place}: {code}, not {expected}"));
        }
        played.insert((case.id(), format!("{form:?}")));
    }
    assert!(played.len() > 200, "{} forms", played.len());
    if way.mode != AccessMode::ReadWrite {
        let after = branch.rows().await?;
        let differ = before
            .iter()
            .zip(&after)
            .filter(|(before, after)| before != after);
        // Numbers that a sequence has given stay given.
        let changed: Vec<_> = differ.filter(|(before, _)| !is_sequence(before)).collect();
        assert!(changed.is_empty(), "in {}: {changed:?}", way.place);
    }
    Ok(wrong)
}

fn is_sequence(line: &str) -> bool {
    ["sq ", "log_id_seq "]
        .iter()
        .any(|name| line.starts_with(name))
}

async fn a_mode_sees_through_forms_on(major: u32) -> anyhow::Result<()> {
    let bench = Bench::open(major).await?;
    let cases = Case::of_major(major)?;
    let mut wrong = Vec::new();
    for way in &WAYS {
        wrong.extend(differences(&bench, &cases, way).await?);
    }
    assert!(wrong.is_empty(), "on {major}:\n{}", wrong.join("\n"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mode_sees_through_prepare_explain_copy_and_cursors_on_15() -> anyhow::Result<()> {
    a_mode_sees_through_forms_on(15).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mode_sees_through_prepare_explain_copy_and_cursors_on_16() -> anyhow::Result<()> {
    a_mode_sees_through_forms_on(16).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mode_sees_through_prepare_explain_copy_and_cursors_on_18() -> anyhow::Result<()> {
    a_mode_sees_through_forms_on(18).await
}

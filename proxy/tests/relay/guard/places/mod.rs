//! A denied statement at every place of a session.

mod calls;
mod copies;
mod extended;
mod queries;

use rules::config::AccessMode;
use rules::guard::READ_FUNCTIONS;

use super::database::Database;
use super::play::{Part, Step, compare};
use super::{GUARDED, relay, told};
use crate::scripts::frames::{bind, execute, parse};

const DELETE: &str = "delete from items where id = 1";
const COUNT: &str = "select count(*) from journal";

/// Scripts in which the server never comes to read what is denied.
const UNDENIED: [&str; 2] = ["a pipeline that failed before", "a COPY under way"];

type Named = (&'static str, Vec<Step>);

/// A statement that the mode lets pass, and which shows whether it was undone where there is such.
fn work(mode: AccessMode) -> &'static str {
    match mode {
        AccessMode::ReadOnly => "select 'work' as done",
        _ => "insert into journal values (1)",
    }
}

/// Everything in one write, up to as many ReadyForQuery.
fn burst(parts: Vec<Part>, ready: usize) -> Vec<Step> {
    let mut steps = vec![Step::Send(parts)];
    steps.extend(vec![Step::Until(b'Z'); ready]);
    steps
}

/// Each for itself, with a ReadyForQuery awaited behind it.
fn dialogue(parts: Vec<Vec<Part>>) -> Vec<Step> {
    parts
        .into_iter()
        .flat_map(|parts| burst(parts, 1))
        .collect()
}

fn each(parts: Vec<Part>) -> Vec<Step> {
    dialogue(parts.into_iter().map(|part| vec![part]).collect())
}

fn raw(messages: &[Vec<u8>]) -> Part {
    Part::Fine(messages.concat())
}

fn once(sql: &str) -> Part {
    raw(&[parse("", sql), bind("", "", &[]), execute("", 0)])
}

#[test]
fn a_denied_statement_leaves_what_a_syntax_error_at_its_place_leaves() {
    let mut database = Database::new("places");
    for mode in GUARDED {
        let harness = relay(mode);
        let scripts = [
            queries::transactions(mode),
            queries::several(mode),
            queries::bursts(),
            extended::statements(),
            extended::parses(mode),
            extended::pipelines(mode),
            extended::portals(),
            copies::copies(mode),
            calls::calls(mode),
        ];
        for (name, steps) in scripts.iter().flatten() {
            let came = compare(name, (&harness, mode), &mut database, steps);
            let denials = came.iter().filter(|one| one.tag == b'E');
            assert!(
                denials.clone().any(|error| told(error).2.is_some()) || UNDENIED.contains(name),
                "{mode}, {name}: {came:?}"
            );
        }
        harness.wait_until_empty();
    }
}

#[test]
fn the_functions_that_read_large_objects_have_the_numbers_that_the_guard_knows() {
    let mut database = Database::new("functions");
    let names = "'lo_open','lo_close','loread','lo_lseek','lo_tell','lo_lseek64','lo_tell64'";
    let answer = database.run(&format!(
        "select oid from pg_proc where proname in ({names}) order by oid"
    ));
    let rows = answer.iter().filter(|message| message.tag == b'D');
    let numbers: Vec<u32> = rows
        .map(|row| String::from_utf8_lossy(&row.body[6..]).parse().unwrap())
        .collect();
    assert_eq!(numbers, READ_FUNCTIONS);
}

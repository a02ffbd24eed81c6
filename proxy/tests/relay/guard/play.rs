//! Plays a script twice: relayed, and directly with a plain syntax error in the place of whatever is
//! denied. Both must bring back the same bytes, but for the words of the denials.

use rules::config::AccessMode;
use rules::guard::{Denial, Tables, judge, judge_call};

use super::database::Database;
use super::given;
use crate::client::{Client, Message, query};
use crate::harness::Harness;
use crate::scripts::frames::parse;

/// What stands in a denied statement's place; a number follows.
const WORD: &str = "standin_word_";

/// Something that a client sends.
#[derive(Debug, Clone)]
pub(super) enum Part {
    /// It reaches the server as it is.
    Fine(Vec<u8>),
    /// A denied Query.
    Query(String),
    /// A denied Parse: its statement's name and SQL, and its bytes.
    Parse(String, String, Vec<u8>),
    /// A denied FunctionCall.
    Call(u32, Vec<u8>),
}

/// One step of a script.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// Sends in one write.
    Send(Vec<Part>),
    /// Sends byte by byte.
    Bytes(Vec<Part>),
    /// Waits for a message of this tag.
    Until(u8),
    /// Waits for the end of the connection.
    Rest,
}

pub(super) fn fine(sql: &str) -> Part {
    Part::Fine(query(sql))
}

pub(super) fn denied(sql: &str) -> Part {
    Part::Query(sql.to_owned())
}

pub(super) fn denied_parse(name: &str, sql: &str) -> Part {
    Part::Parse(name.to_owned(), sql.to_owned(), parse(name, sql))
}

pub(super) fn denied_call(function: u32, arguments: &[&str]) -> Part {
    Part::Call(function, super::call(function, arguments))
}

impl Part {
    fn relayed(&self) -> Vec<u8> {
        match self {
            Self::Fine(bytes) | Self::Parse(_, _, bytes) | Self::Call(_, bytes) => bytes.clone(),
            Self::Query(sql) => query(sql),
        }
    }

    /// The bytes of the direct session, and the denial that stands for the word in them.
    fn direct(&self, mode: AccessMode, denials: &mut Vec<(Denial, Tables)>) -> Vec<u8> {
        let word = format!("{WORD}{}", denials.len());
        let (sql, twin) = match self {
            Self::Fine(bytes) => return bytes.clone(),
            Self::Query(sql) => (sql.as_bytes(), query(&word)),
            Self::Parse(name, sql, _) => (sql.as_bytes(), parse(name, &word)),
            Self::Call(..) => (&b""[..], query(&word)),
        };
        let verdict = match self {
            Self::Call(function, _) => judge_call(*function, mode),
            _ => judge(sql, mode),
        };
        let denial = verdict.denial();
        let denial = denial.unwrap_or_else(|| panic!("{self:?} passes in {mode}"));
        denials.push((denial, Tables::of(sql)));
        twin
    }
}

/// Asserts that a script brings back the same both ways; what came.
pub(super) fn compare(
    name: &str,
    (harness, mode): (&Harness, AccessMode),
    database: &mut Database,
    steps: &[Step],
) -> Vec<Message> {
    let mut denials = Vec::new();
    database.run("truncate journal");
    let (client, greeting) = database.direct(given(mode));
    let direct = play(client, greeting, steps, |part| {
        part.direct(mode, &mut denials)
    });
    let direct_state = database.state();
    database.run("truncate journal");
    let (client, greeting) = harness.session_with(&[("database", &database.name)]);
    let relayed = play(client, greeting, steps, Part::relayed);
    let relayed_state = database.state();
    let expected: Vec<_> = direct.iter().map(|one| reworded(one, &denials)).collect();
    for (at, (came, expected)) in relayed.iter().zip(&expected).enumerate() {
        assert_eq!(
            came, expected,
            "{mode}, {name}: message {at} of {relayed:?}"
        );
    }
    assert_eq!(relayed.len(), expected.len(), "{mode}, {name}: {relayed:?}");
    assert_eq!(relayed_state, direct_state, "{mode}, {name}");
    relayed
}

fn play(
    mut client: Client,
    greeting: Vec<Message>,
    steps: &[Step],
    mut bytes: impl FnMut(&Part) -> Vec<u8>,
) -> Vec<Message> {
    let mut messages = greeting;
    for message in &mut messages {
        if message.tag == b'K' {
            message.body.clear();
        }
    }
    for step in steps {
        match step {
            Step::Send(parts) => {
                let bytes: Vec<_> = parts.iter().flat_map(&mut bytes).collect();
                client.send(&bytes);
            }
            Step::Bytes(parts) => {
                for byte in parts.iter().flat_map(&mut bytes) {
                    client.send(&[byte]);
                }
            }
            Step::Until(tag) => messages.extend(client.until(*tag)),
            Step::Rest => messages.extend(client.rest()),
        }
    }
    messages
}

/// A message of the direct session as the relayed one must have it.
fn reworded(message: &Message, denials: &[(Denial, Tables)]) -> Message {
    let text = message.field(b'M').filter(|_| message.tag == b'E');
    let number = text.as_deref().and_then(|text| text.split_once(WORD));
    let Some((_, behind)) = number else {
        return message.clone();
    };
    assert_eq!(message.field(b'C').as_deref(), Some("42601"));
    let digits: String = behind.chars().take_while(char::is_ascii_digit).collect();
    let (denial, tables) = &denials[digits.parse::<usize>().unwrap()];
    let detail = match tables.is_empty() {
        true => denial.detail(),
        false => format!("{} It writes {tables}.", denial.detail()),
    };
    let mut body = Vec::new();
    for (name, text) in [
        (b'S', message.field(b'S').unwrap()),
        (b'V', message.field(b'V').unwrap()),
        (b'C', denial.code().to_owned()),
        (b'M', denial.message()),
        (b'D', detail),
        (b'H', denial.hint().to_owned()),
    ] {
        body.push(name);
        body.extend(text.as_bytes());
        body.push(0);
    }
    body.push(0);
    Message { tag: b'E', body }
}

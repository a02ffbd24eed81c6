//! A case of the corpus: what it asks for, and how it is sent.

use anyhow::Context;
use toml::{Table, Value};

use super::super::client::{Client, Message, message};

const CORPUS: &str = include_str!("../../../guard/corpus.toml");

/// How a case's last message is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    Simple,
    Extended,
}

impl Protocol {
    pub(super) const BOTH: [Self; 2] = [Self::Simple, Self::Extended];
}

/// One case.
pub(super) struct Case(Table);

impl Case {
    /// Those that a major version knows.
    pub(super) fn of_major(major: u32) -> anyhow::Result<Vec<Self>> {
        let corpus: Table = CORPUS.parse()?;
        let cases = corpus["case"].as_array().context("a list")?;
        let since = |case: &Table| case.get("since").and_then(Value::as_integer).unwrap_or(0);
        let cases = cases.iter().filter_map(Value::as_table);
        let cases = cases.filter(|case| since(case) <= i64::from(major));
        Ok(cases.cloned().map(Self).collect())
    }

    /// Its name.
    pub(super) fn id(&self) -> &str {
        self.text("id").unwrap_or_default()
    }

    /// A text of it, for example what a mode is expected to answer.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(Value::as_str)
    }

    /// What the database does by itself in a set-up.
    pub(super) fn alone(&self, set_up: &str) -> &str {
        self.0["db_alone"][set_up].as_str().unwrap_or_default()
    }

    /// Whether a rule of the guard fires.
    pub(super) fn fires(&self) -> bool {
        let rules = self.0["rules"].as_array();
        rules.is_some_and(|rules| !rules.is_empty())
    }

    /// What the parameters of its last message are.
    pub(super) fn params(&self) -> Vec<&str> {
        let params = self.0.get("params").and_then(Value::as_array);
        let params = params.into_iter().flatten();
        params.filter_map(Value::as_str).collect()
    }

    /// What it adds to the startup message.
    pub(super) fn startup(&self) -> Vec<(&str, &str)> {
        let asked = self.0.get("startup").and_then(Value::as_table);
        let pairs = asked.into_iter().flatten();
        pairs
            .map(|(name, value)| (name.as_str(), value.as_str().unwrap_or_default()))
            .collect()
    }

    /// Sends all of it in a session that has begun, and gives what came back; a session that ends
    /// on the way takes no more.
    pub(super) fn send(
        &self,
        client: &mut Client,
        protocol: Protocol,
    ) -> anyhow::Result<Vec<Message>> {
        let mut seen = Vec::new();
        let messages = self.messages()?;
        for (number, sql) in messages.iter().enumerate() {
            let last = number + 1 == messages.len();
            let params = Some(self.params()).filter(|params| last && !params.is_empty());
            client.send(&match (&params, protocol) {
                (None, Protocol::Simple) => message(b'Q', &[sql.as_slice(), b"\0"].concat()),
                _ => extended(sql, &params.clone().unwrap_or_default()),
            });
            let data = self.text("copy_data").filter(|_| last);
            let synced = params.is_some() || protocol == Protocol::Extended;
            let answer = until_ready(client, data, synced);
            let ended = answer.last().is_none_or(|last| last.tag != b'Z');
            seen.extend(answer);
            if ended {
                return Ok(seen);
            }
        }
        if let Some(call) = self.0.get("fastpath").and_then(Value::as_table) {
            client.send(&function_call(call));
            seen.extend(client.until(b'Z'));
        }
        Ok(seen)
    }

    fn messages(&self) -> anyhow::Result<Vec<Vec<u8>>> {
        let filled = |sql: &str| sql.replace("{db}", "corpus").into_bytes();
        if let Some(steps) = self.0.get("steps").and_then(Value::as_array) {
            return Ok(steps.iter().filter_map(Value::as_str).map(filled).collect());
        }
        if let Some(hex) = self.text("sql_hex") {
            let bytes = (0..hex.len()).step_by(2);
            let bytes = bytes.map(|at| u8::from_str_radix(&hex[at..at + 2], 16));
            return Ok(vec![bytes.collect::<Result<_, _>>()?]);
        }
        Ok(self.text("sql").map(filled).into_iter().collect())
    }
}

/// The code of the first error.
pub(super) fn first_error(seen: &[Message]) -> Option<String> {
    let error = seen.iter().find(|message| message.tag == b'E');
    error.and_then(|error| error.field(b'C'))
}

/// Parse, Bind, Describe, Execute and Sync with text parameters.
fn extended(sql: &[u8], params: &[&str]) -> Vec<u8> {
    let mut bind = b"\0\0\0\0".to_vec();
    bind.extend(
        u16::try_from(params.len())
            .unwrap_or_default()
            .to_be_bytes(),
    );
    for param in params {
        bind.extend(u32::try_from(param.len()).unwrap_or_default().to_be_bytes());
        bind.extend(param.as_bytes());
    }
    bind.extend(b"\0\0");
    [
        message(b'P', &[b"\0", sql, b"\0\0\0"].concat()),
        message(b'B', &bind),
        message(b'D', b"P\0"),
        message(b'E', b"\0\0\0\0\0"),
        message(b'S', b""),
    ]
    .concat()
}

fn function_call(call: &Table) -> Vec<u8> {
    // set_config(text, text, boolean) is 2078 in every version (pg_proc.dat).
    let arguments = call["args"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str);
    let arguments: Vec<&str> = arguments.collect();
    let mut body = 2078_u32.to_be_bytes().to_vec();
    body.extend(0_u16.to_be_bytes());
    body.extend(
        u16::try_from(arguments.len())
            .unwrap_or_default()
            .to_be_bytes(),
    );
    for argument in arguments {
        body.extend(
            u32::try_from(argument.len())
                .unwrap_or_default()
                .to_be_bytes(),
        );
        body.extend(argument.as_bytes());
    }
    body.extend(0_u16.to_be_bytes());
    message(b'F', &body)
}

/// Messages up to ReadyForQuery; what COPY asks for is given to it.
fn until_ready(client: &mut Client, data: Option<&str>, synced: bool) -> Vec<Message> {
    let mut seen = Vec::new();
    while let Some(next) = client.receive() {
        if next.tag == b'G' {
            client.send(&message(b'd', data.unwrap_or_default().as_bytes()));
            client.send(&message(b'c', b""));
            if synced {
                client.send(&message(b'S', b""));
            }
        }
        let last = next.tag == b'Z';
        seen.push(next);
        if last {
            break;
        }
    }
    seen
}

//! Looks for production's values in every cell of a copy.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use rules::schema::Name;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_postgres::{Client, Config, NoTls};

use super::GateError;
use super::collect::Collected;
use super::form::DIGITS_MAX;
use super::redacted;
use super::report::Leak;
use crate::leak::leaks;

/// Bytes of a cell that are looked at in one go; a longer one is looked at in pieces that overlap.
const CELL_BYTES_MAX: usize = 64 << 20;

/// Everything that has rows of its own: tables, partitions, materialised views.
const RELATIONS: &str = "\
    SELECT n.nspname::text, c.relname::text, rn.nspname::text, r.relname::text, \
           array(SELECT a.attname::text FROM pg_catalog.pg_attribute a \
                 WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
                 ORDER BY a.attnum) \
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
      JOIN pg_catalog.pg_class r ON r.oid = coalesce(pg_catalog.pg_partition_root(c.oid), c.oid) \
      JOIN pg_catalog.pg_namespace rn ON rn.oid = r.relnamespace \
    WHERE c.relkind IN ('r', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema') \
      AND n.nspname !~ '^pg_(toast|temp)' AND (c.relkind = 'r' OR c.relispopulated) \
    ORDER BY c.relpages DESC, 1, 2";

/// What was looked at and what was found.
#[derive(Debug, Default)]
pub(super) struct Scanned {
    pub(super) leaks: Vec<Leak>,
    pub(super) cells: u64,
    pub(super) bytes: u64,
    /// Cells that are not NULL, by table and column.
    pub(super) filled: BTreeMap<(Name, String), u64>,
}

/// Looks at every cell of every table of a database, so many tables side by side; `fresh` where nobody
/// has worked with it since it was loaded.
pub(super) async fn cells(
    config: &Config,
    collected: &Arc<Collected>,
    (workers, fresh): (usize, bool),
) -> Result<Scanned, GateError> {
    let client = connect(config).await?;
    let relations = client
        .query(RELATIONS, &[])
        .await
        .map_err(GateError::Read)?;
    let turns = Arc::new(Semaphore::new(workers.max(1)));
    let mut scans = JoinSet::new();
    for row in relations {
        let (config, collected) = (config.clone(), Arc::clone(collected));
        let turns = Arc::clone(&turns);
        let name = |at: usize| Name::new(row.get::<_, String>(at), row.get::<_, String>(at + 1));
        let of = Relation {
            name: name(0),
            root: name(2),
            columns: row.get(4),
        };
        scans.spawn(async move {
            let _turn = turns.acquire().await.map_err(|_| GateError::Ended)?;
            let client = connect(&config).await?;
            relation(&client, &collected, (&of, fresh)).await
        });
    }
    let mut all = Scanned::default();
    while let Some(scan) = scans.join_next().await {
        let scanned = scan.map_err(|_| GateError::Ended)??;
        all.leaks.extend(scanned.leaks);
        all.cells += scanned.cells;
        all.bytes += scanned.bytes;
        all.filled.extend(scanned.filled);
    }
    all.leaks.sort();
    Ok(all)
}

/// How long a scan may stand still: code of a database's users could be what it reads.
const MOVES_WITHIN: Duration = Duration::from_secs(600);

pub(super) async fn connect(config: &Config) -> Result<Client, GateError> {
    let (client, connection) = config.connect(NoTls).await.map_err(GateError::Read)?;
    // The client's own calls report the same error.
    tokio::spawn(async move { connection.await.ok() });
    Ok(client)
}

/// A relation that has rows of its own.
struct Relation {
    name: Name,
    /// What it is a partition of, else itself.
    root: Name,
    columns: Vec<String>,
}

async fn relation(
    client: &Client,
    collected: &Collected,
    (relation, fresh): (&Relation, bool),
) -> Result<Scanned, GateError> {
    let columns = &relation.columns;
    let mut looking = Looking::new(collected, relation);
    looking.fresh = fresh;
    if !columns.is_empty() {
        let name = relation.name.quoted();
        let listed: Vec<String> = columns
            .iter()
            .map(|name| rules::schema::quoted(name))
            .collect();
        // A query, because COPY of a table leaves generated columns out.
        let sql = format!(
            "COPY (SELECT {} FROM ONLY {name}) TO STDOUT",
            listed.join(", ")
        );
        let stuck = |_| GateError::Stuck {
            table: name.clone(),
        };
        // The largest tables take hours, so what bounds a scan is that it goes on.
        let lift = client.batch_execute("SET statement_timeout = 0").await;
        lift.map_err(GateError::Read)?;
        let stream = tokio::time::timeout(MOVES_WITHIN, client.copy_out(&sql)).await;
        let mut stream = pin!(stream.map_err(stuck)?.map_err(GateError::Read)?);
        let mut line = Vec::new();
        loop {
            let part = tokio::time::timeout(MOVES_WITHIN, stream.next()).await;
            let Some(part) = part.map_err(stuck)? else {
                break;
            };
            let part = part.map_err(GateError::Read)?;
            let mut rest = part.as_ref();
            // A message is no row.
            while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
                if line.is_empty() {
                    looking.line(&rest[..end]);
                } else {
                    line.extend_from_slice(&rest[..end]);
                    looking.line(&line);
                    line.clear();
                }
                rest = &rest[end + 1..];
            }
            line.extend_from_slice(rest);
        }
    }
    Ok(looking.finish(&relation.name, columns))
}

/// The columns of one relation, looked at row by row.
struct Looking<'a> {
    collected: &'a Collected,
    /// Which of the columns are redacted, by their place in the list.
    redacted: Vec<Option<usize>>,
    /// Whether they hold what was loaded and nothing else.
    fresh: bool,
    cell: Vec<u8>,
    /// Hits of words and of numbers by their digits, by column.
    columns: Vec<Hits>,
    cells: u64,
    bytes: u64,
}

#[derive(Clone, Default)]
pub(super) struct Hits {
    /// Cells that are not NULL.
    filled: u64,
    words: u64,
    numbers: [u64; DIGITS_MAX + 1],
    /// Numbers that were looked at, by their digits.
    looked: [u64; DIGITS_MAX + 1],
}

impl<'a> Looking<'a> {
    fn new(collected: &'a Collected, relation: &Relation) -> Self {
        let columns = relation.columns.iter();
        let redacted = columns.map(|column| collected.redacted(&relation.root, column));
        Self {
            collected,
            redacted: redacted.collect(),
            fresh: false,
            cell: Vec::new(),
            columns: vec![Hits::default(); relation.columns.len()],
            cells: 0,
            bytes: 0,
        }
    }

    fn line(&mut self, line: &[u8]) {
        self.bytes += line.len() as u64;
        for (column, field) in line.split(|byte| *byte == b'\t').enumerate() {
            if field == b"\\N" || column >= self.columns.len() {
                continue;
            }
            self.cells += 1;
            if field.contains(&b'\\') {
                let mut cell = std::mem::take(&mut self.cell);
                cell.clear();
                unescape(field, &mut cell);
                self.cell(column, &cell);
                self.cell = cell;
            } else {
                self.cell(column, field);
            }
        }
    }

    fn cell(&mut self, column: usize, cell: &[u8]) {
        let hits = &mut self.columns[column];
        hits.filled += 1;
        let mut at = 0;
        loop {
            let end = cell.len().min(at + CELL_BYTES_MAX);
            look(self.collected, &cell[at..end], hits);
            if end == cell.len() {
                break;
            }
            // No value that is known by its first words is longer than this.
            at = end - 4_096;
        }
        if !leaks("gate.decoded") {
            decoded(cell, &mut |inner| look(self.collected, inner, hits));
        }
        if let Some(place) = self.redacted[column] {
            let collected = self.collected;
            if self.fresh {
                hits.words += redacted::strangers(cell);
            }
            redacted::each_stranger(cell, &mut |word| {
                let hash = collected.hashing.placed(place, word);
                hits.words += u64::from(collected.placed.contains(hash));
            });
        }
    }

    fn finish(self, table: &Name, columns: &[String]) -> Scanned {
        let mut scanned = Scanned {
            cells: self.cells,
            bytes: self.bytes,
            ..Scanned::default()
        };
        for (hits, column) in self.columns.iter().zip(columns) {
            let found = hits.all(self.collected);
            if found > 0 && !leaks("gate.cells") {
                scanned.leaks.push(Leak {
                    place: self.collected.told(&format!("{table}.{column}")),
                    hits: found,
                });
            }
            let place = (table.clone(), column.clone());
            scanned.filled.insert(place, hits.filled);
        }
        scanned
    }
}

impl Hits {
    /// Values that must not be there.
    pub(super) fn all(&self, collected: &Collected) -> u64 {
        self.words + beyond_chance(&collected.numbers, self)
    }
}

/// Looks at a text, and at what it is when it is decoded.
pub(super) fn look_into(collected: &Collected, text: &[u8], hits: &mut Hits) {
    look(collected, text, hits);
    if !leaks("gate.decoded") {
        decoded(text, &mut |inner| look(collected, inner, hits));
    }
}

fn look(collected: &Collected, text: &[u8], hits: &mut Hits) {
    let words_max = collected.words_max;
    collected.hashing.within(text, words_max, &mut |form| {
        hits.looked[form.digits] += u64::from(form.digits > 0);
        if collected.gone.contains(form.hash) {
            match form.digits {
                0 => hits.words += 1,
                digits => hits.numbers[digits] += 1,
            }
        }
    });
}

/// Hits of numbers that chance does not explain: numbers of so many digits meet each other.
fn beyond_chance(known: &[u64; DIGITS_MAX + 1], hits: &Hits) -> u64 {
    let mut beyond = 0;
    for (digits, known) in known.iter().enumerate().skip(1) {
        let found = hits.numbers[digits] as f64;
        let space = 10_f64.powi(digits as i32);
        let expected = hits.looked[digits] as f64 * (*known as f64 / space).min(1.0);
        // Six standard deviations; below one in a million nothing is expected.
        let tolerated = match expected > 1e-6 {
            true => (expected + 6.0 * expected.sqrt()).ceil(),
            false => 0.0,
        };
        if found > tolerated {
            beyond += hits.numbers[digits];
        }
    }
    beyond
}

/// What a cell is when it is read as base64, hexadecimal, percent-encoded or escaped text.
fn decoded(cell: &[u8], each: &mut dyn FnMut(&[u8])) {
    /// Shorter ones hold no value that is looked for.
    const ENCODED_MIN: usize = 12;
    if cell.contains(&b'%') {
        each(&percent_decoded(cell));
    }
    if cell.contains(&b'\\') {
        each(&letters_unescaped(cell));
    }
    let belongs = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=_-".contains(byte);
    for word in cell.split(|byte| !belongs(byte)) {
        if word.len() < ENCODED_MIN {
            continue;
        }
        let hex = word.strip_prefix(b"x").unwrap_or(word);
        if hex.len().is_multiple_of(2) && hex.iter().all(u8::is_ascii_hexdigit) {
            let digit = |byte: u8| (byte as char).to_digit(16).unwrap_or(0) as u8;
            let bytes: Vec<u8> = hex
                .chunks(2)
                .map(|pair| digit(pair[0]) << 4 | digit(pair[1]))
                .collect();
            each(&bytes);
        } else if let Some(bytes) = base64_decoded(word) {
            each(&bytes);
        }
    }
}

fn base64_decoded(word: &[u8]) -> Option<Vec<u8>> {
    use base64::Engine;
    use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let url = word.iter().any(|byte| b"_-".contains(byte));
    let alphabet = match url {
        true => &base64::alphabet::URL_SAFE,
        false => &base64::alphabet::STANDARD,
    };
    GeneralPurpose::new(alphabet, config).decode(word).ok()
}

/// What JSON has behind a backslash put in its place, `\u0061` and `\n`; what `json` stores stays as it was
/// written.
fn letters_unescaped(text: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(text.len());
    let mut units: Vec<u16> = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let digits = text[at..]
            .strip_prefix(b"\\u")
            .and_then(|rest| rest.get(..4));
        let digits = digits.and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.map(|digits| u16::from_str_radix(digits, 16)) {
            Some(Ok(unit)) => {
                units.push(unit);
                at += 6;
            }
            _ => {
                plain.extend(String::from_utf16_lossy(&units).into_bytes());
                units.clear();
                let escaped = text[at..].strip_prefix(b"\\").and_then(|rest| rest.first());
                let (byte, length) = match escaped {
                    Some(b'n' | b't' | b'r' | b'b' | b'f') => (b' ', 2),
                    Some(byte @ (b'"' | b'/' | b'\\')) => (*byte, 2),
                    _ => (text[at], 1),
                };
                plain.push(byte);
                at += length;
            }
        }
    }
    plain.extend(String::from_utf16_lossy(&units).into_bytes());
    plain
}

fn percent_decoded(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let digits = text.get(at + 1..at + 3);
        let digits = digits.and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.map(|digits| u8::from_str_radix(digits, 16)) {
            Some(Ok(byte)) if text[at] == b'%' => {
                bytes.push(byte);
                at += 3;
            }
            _ => {
                bytes.push(text[at]);
                at += 1;
            }
        }
    }
    bytes
}

/// Takes away the escapes of COPY text (PostgreSQL documentation, "COPY", "Text Format").
fn unescape(field: &[u8], out: &mut Vec<u8>) {
    let mut bytes = field.iter();
    while let Some(&byte) = bytes.next() {
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        // The server writes no other escapes than these.
        out.push(match bytes.next() {
            Some(b'n') => b'\n',
            Some(b't') => b'\t',
            Some(b'r') => b'\r',
            Some(b'b') => 8,
            Some(b'f') => 12,
            Some(b'v') => 11,
            Some(&other) => other,
            None => b'\\',
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_is_read() {
        let check = |cell: &str, expected: &str| {
            let mut found = false;
            decoded(cell.as_bytes(), &mut |inner| {
                let inner = String::from_utf8_lossy(inner);
                found |= inner.contains(expected);
            });
            assert!(found, "{cell}");
        };
        check("\\x616e6e61406e6f776865726500", "anna@nowhere");
        check("to YW5uYUBub3doZXJl today", "anna@nowhere");
        check("?q=anna%40nowhere&x=1", "anna@nowhere");
        check(r#"{"to": "\u0061nn\u0061@nowhere"}"#, "anna@nowhere");
        check(r#"["\ud83d\ude00"]"#, "\u{1f600}");
    }

    /// Else the letter behind the backslash would be the first one of the word.
    #[test]
    fn what_json_escapes_is_read_as_it_is_meant() {
        for (written, meant) in [
            (r"Hi\nanna@corp.invalid\t7", "Hi anna@corp.invalid 7"),
            (r"\u0061nna\u0040corp.invalid", "anna@corp.invalid"),
            (r"\ud83d\ude00 a\/b d\\", "\u{1f600} a/b d\\"),
        ] {
            let plain = letters_unescaped(written.as_bytes());
            assert_eq!(String::from_utf8_lossy(&plain), meant, "{written}");
        }
    }
}

//! The guard of one session: judges what its client sends, and lets the server refuse what is denied.
//!
//! A denied message is replaced by one of the same kind whose SQL is a single word that no SQL can
//! be. The server answers with a syntax error at that word, and its answer is given the denial's
//! words on the way back: so transactions, pipelines and COPY go on as behind any error of the
//! server's own, and nothing is predicted here. A FunctionCall has no SQL, so a Query stands in for it:
//! it alone takes the client's unnamed statement along.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::SystemTime;

use rules::config::AccessMode;
use rules::guard::{
    Cache, Denial, Fingerprint, Rule, SQL_BYTES_MAX, Tables, Verdict, judge_call, tripwire,
};

use crate::relay::denied::{Denials, Denied};
use crate::relay::registry::Entry;
use wire::{Act, Need, Report, parse, query};

/// The beginning of the word; no statement of a client begins like this by chance.
const WORD: &str = "standin_denied_";
/// The name of a statement that never comes to be.
const RESERVED: &[u8] = b"standin_denied";
/// The longest error of the server that may hold the word: it is that word and a few more.
pub(super) const ERROR_BYTES_MAX: u32 = 8 * 1024;
/// Denials whose tables are kept until the server answers; behind more in one pipeline the earliest
/// are told without.
const KEPT_MAX: usize = 16;
/// The SQLSTATE of a syntax error.
const SYNTAX_ERROR: &[u8] = b"42601";

/// Judges the messages of one session.
pub(in crate::relay) struct Guard {
    mode: AccessMode,
    /// Whether nothing but the guard stands before the data.
    alone: bool,
    cache: Arc<Cache>,
    denials: Denials,
    /// 16 hexadecimal digits that only this session has.
    secret: String,
    /// Whether the server was ever sent a word of ours.
    has_denied: bool,
    /// The number of the latest denial.
    latest: u8,
    /// The tables of denials that were not answered, by number.
    kept: VecDeque<(u8, Tables)>,
    /// Whether the session was made something else than it began as, and ends.
    pub(super) tripped: bool,
}

impl Guard {
    pub(in crate::relay) fn new(
        (mode, alone): (AccessMode, bool),
        cache: Arc<Cache>,
        denials: Denials,
    ) -> Self {
        Self {
            mode,
            alone,
            cache,
            denials,
            secret: format!("{:016x}", rand::random::<u64>()),
            has_denied: false,
            latest: 0,
            kept: VecDeque::new(),
            tripped: false,
        }
    }

    /// What a message of the client needs to be judged.
    #[inline]
    pub(super) fn need(&self, tag: u8, body: u32) -> Need {
        match tag {
            b'Q' | b'P' if body as usize <= SQL_BYTES_MAX => Need::Whole,
            b'F' if self.mode != AccessMode::ReadWrite && body as usize <= SQL_BYTES_MAX => {
                Need::Whole
            }
            _ => Need::Header,
        }
    }

    /// Judges a message of the client.
    #[inline]
    pub(super) fn judge(&mut self, tag: u8, body: u32, held: &[u8], entry: &Entry) -> Act {
        let verdict = match tag {
            _ if body as usize > SQL_BYTES_MAX && matches!(tag, b'Q' | b'P' | b'F') => {
                Denial::by(Rule::Size, self.mode).map_or(Verdict::Allow, Verdict::Deny)
            }
            b'Q' => self.judge_text(text(held)),
            b'P' => self.judge_text(text(behind_name(held))),
            b'F' if self.mode != AccessMode::ReadWrite => judge_call(function(held), self.mode),
            _ => return Act::Pass,
        };
        match verdict {
            Verdict::Allow => Act::Pass,
            Verdict::Deny(denial) => self.deny(&denial, tag, held, entry),
        }
    }

    #[inline]
    fn judge_text(&self, sql: &[u8]) -> Verdict {
        if self.alone {
            self.cache.judge_alone(sql, self.mode)
        } else {
            self.cache.judge(sql, self.mode)
        }
    }

    /// Denies a message because of a bound, whatever it says.
    #[cold]
    pub(super) fn deny_by(&mut self, bound: Rule, tag: u8, held: &[u8], entry: &Entry) -> Act {
        match Denial::by(bound, self.mode) {
            Some(denial) => self.deny(&denial, tag, held, entry),
            None => Act::Pass,
        }
    }

    #[cold]
    fn deny(&mut self, denial: &Denial, tag: u8, held: &[u8], entry: &Entry) -> Act {
        let sql = match tag {
            b'Q' => text(held),
            b'P' => text(behind_name(held)),
            _ => &[],
        };
        // Where there is too much to do, nothing more is done.
        let tables = match denial.rule {
            Rule::Statements | Rule::Returned | Rule::Size => Tables::default(),
            _ => Tables::of(sql),
        };
        let sql = Some(sql).filter(|sql| !sql.is_empty());
        self.record(denial, sql, &tables, entry);
        self.has_denied = true;
        let number = self.keep(tables);
        let [rule, command] = denial.to_bytes();
        let id = denial.rule.id().replace('.', "_");
        let word = format!(
            "{WORD}{id}_{rule:02x}{command:02x}{number:02x}_{}",
            self.secret
        );
        let name = held.split(|&byte| byte == 0).next();
        Act::Replace(match tag {
            // The name of what is too long to be held is not known, and must be nobody's.
            b'P' if held.is_empty() => parse(RESERVED, &word),
            b'P' => parse(name.unwrap_or_default(), &word),
            // In the place of what has no SQL of its own, under a name that is nobody's.
            b'B' | b'E' => parse(RESERVED, &word),
            _ => query(&word),
        })
    }

    /// Keeps the tables of a denial until it is answered; its number.
    fn keep(&mut self, tables: Tables) -> u8 {
        self.latest = self.latest.wrapping_add(1);
        if !tables.is_empty() {
            self.kept.truncate(KEPT_MAX - 1);
            self.kept.push_front((self.latest, tables));
        }
        self.latest
    }

    fn record(&self, denial: &Denial, sql: Option<&[u8]>, tables: &Tables, entry: &Entry) {
        self.denials.put(
            denial,
            Denied {
                at: SystemTime::now(),
                place: entry.place.clone(),
                user: entry.user.clone(),
                application_name: entry.name(),
                mode: denial.mode,
                rule: denial.rule.id(),
                code: denial.code(),
                fingerprint: sql.map(Fingerprint::of),
                tables: tables.names().to_vec(),
            },
        );
    }

    /// What a message of the server needs to be looked at.
    #[inline]
    pub(super) fn need_reply(&self, tag: u8, body: u32) -> Need {
        if tag == b'E' && self.has_denied && body <= ERROR_BYTES_MAX {
            Need::Whole
        } else {
            Need::Header
        }
    }

    /// Gives the server's answer to a word of ours the words of the denial.
    pub(super) fn reword(&mut self, body: &[u8]) -> Act {
        let field = |wanted: u8| {
            let mut fields = body.split(|&byte| byte == 0);
            fields.find_map(|field| field.strip_prefix(&[wanted]))
        };
        // The server's words may be of any language and encoding; ours are ASCII.
        let ours = || {
            let (code, message) = (field(b'C')?, field(b'M')?);
            let behind = behind(message, WORD.as_bytes())?;
            let length = find(behind, self.secret.as_bytes())?;
            let number = behind[..length].strip_suffix(b"_")?;
            let number = number.get(number.len().checked_sub(6)?..)?;
            let number = std::str::from_utf8(number).ok()?;
            let [_, rule, command, number] = u32::from_str_radix(number, 16).ok()?.to_be_bytes();
            let denial = Denial::from_bytes([rule, command], self.mode)?;
            (code == SYNTAX_ERROR).then_some((denial, number))
        };
        let Some((denial, number)) = ours() else {
            return Act::Pass;
        };
        let at = self.kept.iter().position(|(kept, _)| *kept == number);
        let tables = at.and_then(|at| self.kept.remove(at));
        let detail = match tables {
            Some((_, tables)) => format!("{} It writes {tables}.", denial.detail()),
            None => denial.detail(),
        };
        let report = Report::error(denial.code(), denial.message())
            .detail(detail)
            .hint(denial.hint());
        Act::Replace(report.encode_shown(field(b'S').unwrap_or(b"ERROR")))
    }

    /// Looks at a setting that the server reports. A session that is no longer what it began as gets
    /// the report's place filled with its end.
    pub(super) fn reported(&mut self, body: &[u8], entry: &Entry) -> Act {
        let mut fields = body.split(|&byte| byte == 0);
        let mut field = || std::str::from_utf8(fields.next()?).ok();
        let (Some(name), Some(value)) = (field(), field()) else {
            return Act::Pass;
        };
        let Some(denial) = tripwire(name, value, self.mode) else {
            return Act::Pass;
        };
        self.record(&denial, None, &Tables::default(), entry);
        self.tripped = true;
        let report = Report::fatal(denial.code(), denial.message())
            .detail(denial.detail())
            .hint(denial.hint());
        Act::Replace(report.encode())
    }
}

/// Where a part begins within a whole.
fn find(whole: &[u8], part: &[u8]) -> Option<usize> {
    whole.windows(part.len()).position(|window| window == part)
}

/// What stands behind a part.
fn behind<'a>(whole: &'a [u8], part: &[u8]) -> Option<&'a [u8]> {
    find(whole, part).map(|at| &whole[at + part.len()..])
}

/// The SQL of a message: what stands before its first NUL.
fn text(body: &[u8]) -> &[u8] {
    let end = body.iter().position(|&byte| byte == 0);
    &body[..end.unwrap_or(body.len())]
}

/// What stands behind the name that a Parse begins with.
fn behind_name(body: &[u8]) -> &[u8] {
    let end = body.iter().position(|&byte| byte == 0);
    end.map_or(&[], |end| &body[end + 1..])
}

/// The number of the function that a FunctionCall calls; a message without one calls none.
fn function(body: &[u8]) -> u32 {
    body.first_chunk()
        .map_or(0, |bytes| u32::from_be_bytes(*bytes))
}

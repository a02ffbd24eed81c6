//! Collects the problems of one text, and knows where its keys stand.

use std::collections::BTreeMap;
use std::ops::Range;

use super::places::Places;
use super::problem::{Problem, ProblemKind};

/// How much of a source line a problem shows, in characters.
const SOURCE_CHARS_MAX: usize = 200;

/// How many problems of one text are collected: more help nobody, and each holds its line.
const PROBLEMS_MAX: usize = 100;

/// Bytes of a text, a whole key or value.
pub(super) type Bytes = Range<usize>;

/// The problems of one text so far.
pub(crate) struct Report<'t> {
    text: &'t str,
    /// Where each line begins.
    lines: Vec<usize>,
    found: Vec<(Bytes, Problem)>,
    /// Where the keys and values stand that were visited, by dotted key.
    places: BTreeMap<String, (Bytes, Bytes)>,
    /// Every value that is no table, so that a `#` within one is told from a comment.
    values: Vec<Bytes>,
    /// What may be a secret and is never shown.
    secrets: Vec<Bytes>,
}

impl<'t> Report<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        let begins = text.match_indices('\n').map(|(at, _)| at + 1);
        Self {
            text,
            lines: std::iter::once(0).chain(begins).collect(),
            found: Vec::new(),
            places: BTreeMap::new(),
            values: Vec::new(),
            secrets: Vec::new(),
        }
    }

    /// A report on a text that was read before.
    pub(super) fn again(places: &'t Places) -> Self {
        Self {
            places: places.places.clone(),
            values: places.values.clone(),
            secrets: places.secrets.clone(),
            ..Self::new(&places.text)
        }
    }

    /// What a later report on the same text needs.
    pub(crate) fn into_places(self) -> Places {
        Places {
            text: self.text.to_owned(),
            places: self.places,
            values: self.values,
            secrets: self.secrets,
        }
    }

    /// Remembers where a key and its value stand.
    pub(crate) fn place(&mut self, path: &str, key: Bytes, value: Bytes) {
        self.places.insert(path.to_owned(), (key, value));
    }

    /// Whether a key is there and was visited.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.places.contains_key(path)
    }

    /// Forbids to show these bytes.
    pub(crate) fn hide(&mut self, bytes: Bytes) {
        self.secrets.push(bytes);
    }

    /// Remembers where the values stand.
    pub(crate) fn values(&mut self, values: Vec<Bytes>) {
        self.values = values;
    }

    /// Whether a value may be quoted in words.
    pub(crate) fn may_show(&self, bytes: &Bytes) -> bool {
        let apart = |secret: &Bytes| secret.end <= bytes.start || bytes.end <= secret.start;
        self.secrets.iter().all(apart)
    }

    /// The text that is read.
    pub(crate) fn text(&self) -> &'t str {
        self.text
    }

    /// Whether something is wrong at this key or below it, so that nothing must be built upon it.
    pub(crate) fn is_faulty(&self, path: &str) -> bool {
        self.found.iter().any(|(_, problem)| {
            problem
                .key
                .strip_prefix(path)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        })
    }

    /// Reports something about the value of a key.
    pub(crate) fn value(&mut self, path: &str, kind: ProblemKind, message: String) -> &mut Problem {
        let span = self
            .places
            .get(path)
            .map_or(0..0, |(_, value)| value.clone());
        self.at(span, path, kind, message)
    }

    /// Reports something about a key, such as a table that lacks one.
    pub(crate) fn key(&mut self, path: &str, kind: ProblemKind, message: String) -> &mut Problem {
        let span = self.places.get(path).map_or(0..0, |(key, _)| key.clone());
        self.at(span, path, kind, message)
    }

    /// Reports something about any bytes of the text.
    pub(crate) fn at(
        &mut self,
        span: Bytes,
        path: &str,
        kind: ProblemKind,
        message: String,
    ) -> &mut Problem {
        if self.is_full() {
            self.found.pop();
        }
        let start = self.floor(span.start);
        let line = self.lines.partition_point(|begin| *begin <= start) - 1;
        let begin = self.lines[line];
        let length = self.text[begin..].lines().next().map_or(0, str::len);
        let end = self.floor(span.end.clamp(start, (begin + length).max(start)));
        let problem = Problem {
            line: line + 1,
            column: self.text[begin..start].chars().count() + 1,
            width: self.text[start..end].chars().count().max(1),
            key: path.to_owned(),
            kind,
            message,
            expected: None,
            hint: None,
            source: String::new(),
            indent: 0,
        };
        self.found.push((start..self.floor(span.end), problem));
        &mut self.found.last_mut().expect("one was just pushed").1
    }

    /// Everything that was found, in the order of the text.
    pub(crate) fn into_problems(mut self) -> Vec<Problem> {
        let mut found = std::mem::take(&mut self.found);
        found.sort_by_key(|(span, _)| span.start);
        let broken: Vec<usize> = found
            .iter()
            .filter(|(_, problem)| problem.kind == ProblemKind::Syntax)
            .map(|(span, _)| span.start)
            .collect();
        // The parser has already said what is wrong with a value that it could not read.
        found.retain(|(span, problem)| {
            problem.kind == ProblemKind::Syntax
                || !broken.iter().any(|at| (span.start..=span.end).contains(at))
        });
        let show = |(_, mut problem): (Bytes, Problem)| {
            self.show(&mut problem);
            problem
        };
        found.into_iter().map(show).collect()
    }

    /// Whether further problems would only push others out.
    pub(crate) fn is_full(&self) -> bool {
        self.found.len() == PROBLEMS_MAX
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Fills in the source line, blanked where it must be.
    fn show(&self, problem: &mut Problem) {
        let begin = self.lines[problem.line - 1];
        let line = self.text[begin..].lines().next().unwrap_or_default();
        // A comment may be a setting with its secret that was switched off.
        let within = |at: usize| self.values.iter().any(|value| value.contains(&at));
        let is_comment = |(at, _): &(usize, &str)| !within(begin + at);
        let end = line
            .match_indices('#')
            .find(is_comment)
            .map_or(line.len(), |(at, _)| at);
        let line = line[..end].trim_end();
        let hidden = |at: usize| self.secrets.iter().any(|secret| secret.contains(&at));
        let shown = |(at, c): (usize, char)| match c {
            _ if hidden(begin + at) => '*',
            '\t' => ' ',
            c if c.is_control() => '\u{fffd}',
            c => c,
        };
        let before = problem.column - 1;
        // A caret far to the right would be wrapped by every terminal.
        let skipped = before.saturating_sub(SOURCE_CHARS_MAX / 2);
        problem.indent = before - skipped;
        problem.width = problem.width.min(SOURCE_CHARS_MAX - problem.indent);
        problem.source = line
            .char_indices()
            .map(shown)
            .skip(skipped)
            .take(SOURCE_CHARS_MAX)
            .collect();
    }

    /// The nearest character boundary at or before a byte.
    fn floor(&self, at: usize) -> usize {
        self.text.floor_char_boundary(at.min(self.text.len()))
    }
}

/// Appends a key to a dotted path, quoted where TOML needs it.
pub(crate) fn join(path: &str, key: &str) -> String {
    let bare = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    let key = if !key.is_empty() && key.bytes().all(bare) {
        key.to_owned()
    } else {
        format!("{key:?}")
    };
    if path.is_empty() {
        key
    } else {
        format!("{path}.{key}")
    }
}

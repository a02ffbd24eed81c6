//! Reads tables and values; what is wrong goes to the report, what is right comes back.

use std::ops::{Range, RangeInclusive};
use std::str::FromStr;

use toml::Spanned;
use toml::de::{DeInteger, DeTable, DeValue};

use super::later::Later;
use super::problem::ProblemKind;
use super::report::{Report, join};
use super::similar::nearest;
use super::syntax::{hide, is_secret_key};

/// Longest value that an error quotes, in characters.
const SHOWN_CHARS_MAX: usize = 60;

/// Most elements of an array: far more than any list that people keep by hand.
const ELEMENTS_MAX: usize = 1_000;

/// A table that is read key by key; [`Table::finish`] then reports the keys that nobody asked for.
pub(crate) struct Table<'a, 't> {
    path: String,
    entries: &'a DeTable<'t>,
    known: Vec<&'static str>,
    missing: Vec<(&'static str, &'static str)>,
}

/// A value and where it stands.
pub(crate) struct Value<'a, 't> {
    path: String,
    value: &'a Spanned<DeValue<'t>>,
}

impl<'a, 't> Table<'a, 't> {
    /// The whole text.
    pub(crate) fn root(entries: &'a DeTable<'t>) -> Self {
        Self::new(String::new(), entries)
    }

    fn new(path: String, entries: &'a DeTable<'t>) -> Self {
        Self {
            path,
            entries,
            known: Vec::new(),
            missing: Vec::new(),
        }
    }

    /// Every key in the order of the text.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut keys: Vec<_> = self.entries.iter().map(|(key, _)| key).collect();
        keys.sort_by_key(|key| key.span().start);
        keys.into_iter()
            .map(|key| key.get_ref().to_string())
            .collect()
    }

    /// Whether a key is there, without reading it.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|(name, _)| name.get_ref() == key)
    }

    /// The value of a key that may be absent.
    pub(crate) fn get(
        &mut self,
        key: &'static str,
        report: &mut Report<'_>,
    ) -> Option<Value<'a, 't>> {
        self.known.push(key);
        let (name, value) = self
            .entries
            .iter()
            .find(|(name, _)| name.get_ref() == key)?;
        let path = join(&self.path, key);
        report.place(&path, name.span(), value.span());
        Some(Value { path, value })
    }

    /// The value of a key that must be there; `example` is what its absence is answered with.
    pub(crate) fn require(
        &mut self,
        key: &'static str,
        example: &'static str,
        report: &mut Report<'_>,
    ) -> Option<Value<'a, 't>> {
        let value = self.get(key, report);
        if value.is_none() {
            self.missing.push((key, example));
        }
        value
    }

    /// The entries in the order of the text, at most `max`, for tables whose keys are names that
    /// people give.
    pub(crate) fn entries(
        &self,
        max: usize,
        report: &mut Report<'_>,
    ) -> Vec<(&'a str, Value<'a, 't>)> {
        let mut entries: Vec<_> = self.entries.iter().collect();
        entries.sort_by_key(|(name, _)| name.span().start);
        if entries.len() > max {
            let message = format!("{} has {} entries", self.title(), entries.len());
            let problem = report.key(&self.path, ProblemKind::WrongValue, message);
            problem.expected = Some(format!("at most {max}"));
        }
        let mut found = Vec::new();
        for (name, value) in entries.into_iter().take(max) {
            let key: &'a str = name.get_ref();
            let path = join(&self.path, key);
            report.place(&path, name.span(), value.span());
            found.push((key, Value { path, value }));
        }
        found
    }

    /// Reports unknown keys, keys that come later, and missing ones.
    pub(crate) fn finish(self, later: &[Later], report: &mut Report<'_>) {
        let mut guessed = Vec::new();
        let mut entries: Vec<_> = self.entries.iter().collect();
        entries.sort_by_key(|(name, _)| name.span().start);
        for (name, value) in entries {
            let key: &str = name.get_ref();
            if self.known.contains(&key) || report.is_full() {
                continue;
            }
            let path = join(&self.path, key);
            report.place(&path, name.span(), value.span());
            if let Some(later) = later.iter().find(|later| later.key == key) {
                let message = format!("{} is not available yet", title(&path, value));
                let problem = report.key(&path, ProblemKind::NotAvailable, message);
                problem.hint = Some(later.today.to_owned());
                continue;
            }
            let guess = nearest(key, self.known.iter().copied());
            guessed.extend(guess);
            let harmless = guess.is_some_and(|guess| !is_secret_key(guess));
            if !harmless || matches!(value.get_ref(), DeValue::Table(_)) {
                hide(value, report);
            }
            self.unknown(key, guess, report);
        }
        for (key, example) in &self.missing {
            if !guessed.contains(key) {
                let message = format!("{} has no {key:?}", self.title());
                let problem = report.key(&self.path, ProblemKind::MissingKey, message);
                problem.key = join(&self.path, key);
                problem.hint = Some(format!("add {example}"));
            }
        }
    }

    fn unknown(&self, key: &str, guess: Option<&str>, report: &mut Report<'_>) {
        let message = format!("unknown key {key:?} in {}", self.title());
        let problem = report.key(&join(&self.path, key), ProblemKind::UnknownKey, message);
        problem.expected = Some(format!("one of {}", self.known.join(", ")));
        problem.hint = guess.map(|guess| format!("did you mean {guess:?}?"));
    }

    fn title(&self) -> String {
        match self.path.as_str() {
            "" => "the file".to_owned(),
            path => format!("[{path}]"),
        }
    }
}

/// A key as people write it: `[masking]` or `"listen.smtp"`.
fn title(path: &str, value: &Spanned<DeValue<'_>>) -> String {
    match value.get_ref() {
        DeValue::Table(_) => format!("[{path}]"),
        _ => format!("\"{path}\""),
    }
}

/// Reports a value that the design has and this version cannot do.
pub(crate) fn not_available(path: &str, what: &str, today: &str, report: &mut Report<'_>) {
    let message = format!("{what} is not available yet");
    report.value(path, ProblemKind::NotAvailable, message).hint = Some(today.to_owned());
}

impl<'a, 't> Value<'a, 't> {
    /// The dotted key of the value.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// Reports that the value cannot be what it is; the message begins with the value.
    pub(crate) fn wrong<'r>(
        &self,
        what: &str,
        expected: &str,
        report: &'r mut Report<'_>,
    ) -> &'r mut super::Problem {
        let message = format!("{} {what}", self.shown(report));
        let problem = report.value(&self.path, ProblemKind::WrongValue, message);
        problem.expected = Some(expected.to_owned());
        problem
    }

    /// The value as a table.
    pub(crate) fn table(&self, expected: &str, report: &mut Report<'_>) -> Option<Table<'a, 't>> {
        match self.value.get_ref() {
            DeValue::Table(entries) => Some(Table::new(self.path.clone(), entries)),
            _ => self.wrong_type(expected, report),
        }
    }

    /// The value as a table, where a string has a meaning too.
    pub(crate) fn as_table(&self) -> Option<Table<'a, 't>> {
        match self.value.get_ref() {
            DeValue::Table(entries) => Some(Table::new(self.path.clone(), entries)),
            _ => None,
        }
    }

    /// The value as an array.
    pub(crate) fn array(&self, expected: &str, report: &mut Report<'_>) -> Option<Vec<Self>> {
        let DeValue::Array(array) = self.value.get_ref() else {
            return self.wrong_type(expected, report);
        };
        if array.len() > ELEMENTS_MAX {
            let message = format!("\"{}\" has {} elements", self.path, array.len());
            let problem = report.value(&self.path, ProblemKind::WrongValue, message);
            problem.expected = Some(format!("at most {ELEMENTS_MAX}"));
        }
        let mut values = Vec::new();
        for (position, value) in array.iter().enumerate().take(ELEMENTS_MAX) {
            let path = format!("{}[{position}]", self.path);
            report.place(&path, value.span(), value.span());
            values.push(Value { path, value });
        }
        Some(values)
    }

    /// Whether it is an array.
    pub(crate) fn is_array(&self) -> bool {
        matches!(self.value.get_ref(), DeValue::Array(_))
    }

    /// The text, if it is a string.
    pub(crate) fn as_str(&self) -> Option<&'a str> {
        match self.value.get_ref() {
            DeValue::String(text) => Some(text.as_ref()),
            _ => None,
        }
    }

    /// The text; anything else is of the wrong type.
    pub(crate) fn string(&self, expected: &str, report: &mut Report<'_>) -> Option<&'a str> {
        self.as_str().or_else(|| self.wrong_type(expected, report))
    }

    /// A string without NUL that is not empty, such as a path.
    pub(crate) fn filled(&self, expected: &str, report: &mut Report<'_>) -> Option<&'a str> {
        let text = self.string(expected, report)?;
        if text.trim().is_empty() || text.contains('\0') {
            self.wrong("cannot be used", expected, report);
            return None;
        }
        Some(text)
    }

    /// A string that parses; the error's words become the message.
    pub(crate) fn parsed<T>(&self, expected: &str, report: &mut Report<'_>) -> Option<T>
    where
        T: FromStr<Err: std::fmt::Display>,
    {
        let text = self.string(expected, report)?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                let message = match report.may_show(&self.span()) {
                    true => error.to_string(),
                    false => "this value cannot be used".to_owned(),
                };
                let problem = report.value(&self.path, ProblemKind::WrongValue, message);
                problem.expected = Some(expected.to_owned());
                None
            }
        }
    }

    /// Whether it is `true` or `false`, where other types have a meaning too.
    pub(crate) fn is_boolean(&self) -> bool {
        matches!(self.value.get_ref(), DeValue::Boolean(_))
    }

    /// `true` or `false`.
    pub(crate) fn boolean(&self, report: &mut Report<'_>) -> Option<bool> {
        match self.value.get_ref() {
            DeValue::Boolean(value) => Some(*value),
            _ => self.wrong_type("true or false", report),
        }
    }

    /// A whole number within a range.
    pub(crate) fn number(
        &self,
        range: RangeInclusive<u64>,
        report: &mut Report<'_>,
    ) -> Option<u64> {
        let expected = format!("a whole number from {} to {}", range.start(), range.end());
        let DeValue::Integer(integer) = self.value.get_ref() else {
            return self.wrong_type(&expected, report);
        };
        let number = whole(integer).filter(|number| range.contains(number));
        if number.is_none() {
            self.wrong("is out of range", &expected, report);
        }
        number
    }

    /// A whole number or a fraction within a range, in thousandths; what is finer is cut off.
    pub(crate) fn per_mille(
        &self,
        range: RangeInclusive<u64>,
        report: &mut Report<'_>,
    ) -> Option<u64> {
        let shown = |parts: u64| format!("{}.{:03}", parts / 1_000, parts % 1_000);
        let expected = format!(
            "a number from {} to {}",
            shown(*range.start()),
            shown(*range.end())
        );
        let parts = match self.value.get_ref() {
            DeValue::Integer(integer) => whole(integer).and_then(|n| n.checked_mul(1_000)),
            DeValue::Float(float) => thousandths(float.as_str()),
            _ => return self.wrong_type(&expected, report),
        };
        let parts = parts.filter(|parts| range.contains(parts));
        if parts.is_none() {
            self.wrong("is out of range", &expected, report);
        }
        parts
    }

    /// A whole number or a fraction from `-most` to `most` thousandths, in thousandths.
    pub(crate) fn signed_per_mille(&self, most: u32, report: &mut Report<'_>) -> Option<i32> {
        let shown = format!("{}.{:03}", most / 1_000, most % 1_000);
        let expected = format!("a number from -{shown} to {shown}");
        let text = match self.value.get_ref() {
            DeValue::Integer(_) => format!("{}.0", report.text()[self.span()].replace('_', "")),
            DeValue::Float(float) => float.as_str().to_owned(),
            _ => return self.wrong_type(&expected, report),
        };
        let (sign, size) = match text.strip_prefix('-') {
            Some(size) => (-1, size),
            None => (1, text.strip_prefix('+').unwrap_or(&text)),
        };
        let parts = thousandths(size).filter(|parts| *parts <= u64::from(most));
        if parts.is_none() {
            self.wrong("is out of range", &expected, report);
        }
        parts.map(|parts| sign * parts as i32)
    }

    /// A string, number or boolean in its text form.
    pub(crate) fn literal(&self, report: &mut Report<'_>) -> Option<String> {
        match self.value.get_ref() {
            DeValue::String(text) => Some(text.to_string()),
            DeValue::Integer(_) | DeValue::Float(_) | DeValue::Datetime(_) => {
                Some(report.text()[self.span()].replace('_', ""))
            }
            DeValue::Boolean(value) => Some(value.to_string()),
            _ => self.wrong_type("a string, a number, true or false", report),
        }
    }

    /// A number of things within a range.
    pub(crate) fn count(
        &self,
        range: RangeInclusive<u64>,
        report: &mut Report<'_>,
    ) -> Option<usize> {
        self.number(range, report)
            .and_then(|number| usize::try_from(number).ok())
    }

    /// One of several words.
    pub(crate) fn word<T: Copy>(&self, words: &[(&str, T)], report: &mut Report<'_>) -> Option<T> {
        let names: Vec<&str> = words.iter().map(|(name, _)| *name).collect();
        let quoted: Vec<String> = names.iter().map(|name| format!("{name:?}")).collect();
        let expected = quoted.join(" or ");
        let text = self.string(&expected, report)?;
        let found = words.iter().find(|(name, _)| *name == text);
        if found.is_none() {
            let problem = self.wrong("is unknown", &expected, report);
            problem.hint = nearest(text, names).map(|guess| format!("did you mean {guess:?}?"));
        }
        found.map(|(_, value)| *value)
    }

    /// The bytes of the text that hold the value.
    pub(crate) fn span(&self) -> Range<usize> {
        self.value.span()
    }

    /// Reports the type that was found and answers `None`.
    pub(crate) fn wrong_type<T>(&self, expected: &str, report: &mut Report<'_>) -> Option<T> {
        let found = match self.value.get_ref() {
            DeValue::String(_) => "a string",
            DeValue::Integer(_) => "a number",
            DeValue::Float(_) => "a fraction",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "an array",
            DeValue::Table(_) => "a table",
        };
        let message = format!("\"{}\" is {found}", self.path);
        let problem = report.value(&self.path, ProblemKind::WrongType, message);
        problem.expected = Some(expected.to_owned());
        None
    }

    /// The value as it stands, if it may be shown, else what it is.
    fn shown(&self, report: &Report<'_>) -> String {
        let source = &report.text()[self.span()];
        let short = source.chars().count() <= SHOWN_CHARS_MAX && !source.contains('\n');
        if short && report.may_show(&self.span()) {
            source.to_owned()
        } else {
            "this value".to_owned()
        }
    }
}

/// `0.25` → 250, exactly; signs and exponents are refused.
fn thousandths(text: &str) -> Option<u64> {
    let text = text.replace('_', "");
    let (whole, fraction) = text.split_once('.')?;
    let digits: String = fraction.chars().chain("000".chars()).take(3).collect();
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let whole: u64 = whole.parse().ok()?;
    whole.checked_mul(1_000)?.checked_add(digits.parse().ok()?)
}

/// The value of an integer that is not negative.
fn whole(integer: &DeInteger<'_>) -> Option<u64> {
    u64::from_str_radix(integer.as_str(), integer.radix()).ok()
}

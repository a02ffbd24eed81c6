//! What becomes of one column: a word, a table, or an array of cases.

use crate::config::text::{ProblemKind, Report, Table, Value, nearest};
use crate::mask::{By, Case, Choice, ColumnRule, Condition, Mask, Options, Transformer};

const CASES: &str = "cases: [{ when = { column = \"kind\", is = \"person\" }, with = \"name\" }, { with = \"keep\" }]";

const PARTS_MAX: usize = 1_000;

/// No shift needs more than a century.
const SIZE_MAX: u64 = 1_000_000_000_000;

/// A transformer's name, or `keep`, or `drop`, is short for `{ with = NAME }`.
pub(super) fn rule(value: &Value<'_, '_>, report: &mut Report<'_>) -> Option<ColumnRule> {
    if value.as_str().is_some() {
        return with(value, report).map(|word| ColumnRule::always(plain(word)));
    }
    if let Some(table) = value.as_table() {
        let case = case(table, report)?;
        if case.when.is_some() {
            let problem = value.wrong(
                "has a condition and says nothing of the other rows",
                CASES,
                report,
            );
            problem.hint = Some("write an array of cases, the last without `when`".to_owned());
            return None;
        }
        return Some(ColumnRule { cases: vec![case] });
    }
    let expected = "a transformer's name, \"keep\", \"drop\", a table or an array of cases";
    let values = value.array(expected, report)?;
    let mut cases = Vec::new();
    for value in &values {
        cases.push(case(value.table(CASES, report)?, report)?);
    }
    let last = cases.last().is_some_and(|case| case.when.is_none());
    let early = cases.iter().rev().skip(1).any(|case| case.when.is_none());
    if !last || early {
        let what = "must end with the only case without `when`, which decides about all other rows";
        value.wrong(what, CASES, report);
        return None;
    }
    Some(ColumnRule { cases })
}

#[derive(Clone, Copy)]
enum Word {
    Keep,
    Drop,
    Mask(Transformer),
}

fn with(value: &Value<'_, '_>, report: &mut Report<'_>) -> Option<Word> {
    let expected = "\"keep\", \"drop\" or a transformer's name";
    match value.filled(expected, report)? {
        "keep" => Some(Word::Keep),
        "drop" => Some(Word::Drop),
        name => {
            let found = Transformer::named(name);
            if found.is_none() {
                let problem = value.wrong("is no transformer", expected, report);
                problem.hint = match nearest(name, Transformer::names().chain(["keep", "drop"])) {
                    Some(guess) => Some(format!("did you mean {guess:?}?")),
                    None => Some("`standin mask transformers` lists them".to_owned()),
                };
            }
            found.map(Word::Mask)
        }
    }
}

fn plain(word: Word) -> Choice {
    match word {
        Word::Keep => Choice::Keep { why: None },
        Word::Drop => Choice::Drop,
        Word::Mask(with) => Choice::Mask(Box::new(Mask::plain(with))),
    }
}

fn case(mut table: Table<'_, '_>, report: &mut Report<'_>) -> Option<Case> {
    let when = table.get("when", report);
    let word = table.require("with", "with = \"keep\"", report);
    let why = text(&mut table, "why", report);
    let by = table.get("by", report);
    let domain = text(&mut table, "domain", report);
    let allow_small_domain = text(&mut table, "allow_small_domain", report);
    let options = options(&mut table, report);
    table.finish(&[], report);
    let when = match when {
        Some(when) => Some(condition(&when, report)?),
        None => None,
    };
    let word = word?;
    let choice = match with(&word, report)? {
        Word::Keep => Choice::Keep { why },
        Word::Drop => Choice::Drop,
        Word::Mask(with) => Choice::Mask(Box::new(Mask {
            by: match by {
                Some(by) => self::by(&by, with, report)?,
                None => with.nature().by,
            },
            with,
            domain,
            allow_small_domain,
            options: options?,
        })),
    };
    if let Choice::Mask(mask) = &choice {
        complete(mask, &word, report)?;
    }
    Some(Case { when, choice })
}

/// What a transformer cannot do without.
fn complete(mask: &Mask, word: &Value<'_, '_>, report: &mut Report<'_>) -> Option<()> {
    let options = &mask.options;
    use Transformer as T;
    let missing = match mask.with {
        T::Static => options.text.is_none().then_some("value = \"…\""),
        T::Template => options.text.is_none().then_some("text = \"user-{token}\""),
        T::Derive => options.text.is_none().then_some("sql = \"lower(email)\""),
        T::NationalId => options
            .text
            .is_none()
            .then_some("pattern = \"999-99-9999\""),
        T::Bucket => options.size.is_none().then_some("size = 10"),
        T::Json | T::Hstore | T::Fields => options
            .parts
            .is_empty()
            .then_some("parts = { \"a.b\" = \"name\" }"),
        T::Array | T::Range => options.element.is_none().then_some("element = \"name\""),
        T::Redact => options
            .accept_residual
            .is_none()
            .then_some("accept_residual = \"why public words may stay\""),
        _ => None,
    };
    let Some(missing) = missing else {
        return Some(());
    };
    let message = format!("{:?} needs more to do its work", mask.with.name());
    report
        .value(word.path(), ProblemKind::MissingKey, message)
        .hint = Some(format!("add {missing}"));
    None
}

fn options(table: &mut Table<'_, '_>, report: &mut Report<'_>) -> Option<Options> {
    let mut options = Options::default();
    for key in ["value", "text", "sql", "pattern"] {
        if let Some(value) = table.get(key, report) {
            options.text = Some(value.literal(report)?);
        }
    }
    for key in ["days", "size"] {
        if let Some(value) = table.get(key, report) {
            options.size = Some(value.number(1..=SIZE_MAX, report)?);
        }
    }
    if let Some(value) = table.get("part", report) {
        options.per_mille = Some(value.per_mille(1..=1_000, report)?);
    }
    if let Some(value) = table.get("unit", report) {
        let unit = value.word(&[("month", "month"), ("year", "year")], report)?;
        options.unit = Some(unit.to_owned());
    }
    options.locale = text(table, "locale", report);
    if let Some(value) = table.get("coarse", report) {
        options.coarse = value.boolean(report)?;
    }
    if let Some(value) = table.get("parts", report) {
        let parts = value.table("parts by path: { \"a.b[]\" = \"name\" }", report)?;
        for (path, value) in parts.entries(PARTS_MAX, report) {
            options.parts.insert(path.to_owned(), rule(&value, report)?);
        }
    }
    if let Some(value) = table.get("element", report) {
        options.element = Some(Box::new(rule(&value, report)?));
    }
    options.accept_residual = text(table, "accept_residual", report);
    Some(options)
}

fn by(value: &Value<'_, '_>, with: Transformer, report: &mut Report<'_>) -> Option<By> {
    let by = if let Some(mut table) = value.as_table() {
        let subject = table
            .require("subject", "subject = \"customer_id\"", report)
            .and_then(|value| value.filled("a column", report));
        table.finish(&[], report);
        By::Subject(subject?.to_owned())
    } else {
        match value.word(&[("value", false), ("row", true)], report)? {
            true => By::Row,
            false => By::Value,
        }
    };
    let nature = with.nature();
    if !nature.by_any && by != nature.by {
        let what = format!("cannot be chosen for {:?}", with.name());
        value.wrong(&what, "no `by` at all", report);
        return None;
    }
    Some(by)
}

fn condition(value: &Value<'_, '_>, report: &mut Report<'_>) -> Option<Condition> {
    let expected = "a condition: { column = \"kind\", is = \"person\" }";
    let mut table = value.table(expected, report)?;
    let column = table
        .require("column", "column = \"kind\"", report)
        .and_then(|value| value.filled("a column", report));
    let is = table.get("is", report);
    let is_not = table.get("is_not", report);
    table.finish(&[], report);
    let (values, not) = match (is, is_not) {
        (Some(values), None) => (values, false),
        (None, Some(values)) => (values, true),
        _ => {
            value.wrong("has not exactly one of `is` and `is_not`", expected, report);
            return None;
        }
    };
    let literal = |value: &Value<'_, '_>, report: &mut Report<'_>| -> Option<Option<String>> {
        // TOML has no NULL; a text that is "null" has quotes of its own.
        match value.as_str() {
            Some("null") => Some(None),
            _ => value.literal(report).map(Some),
        }
    };
    let list = match values.is_array() {
        true => {
            let mut list = Vec::new();
            for value in values.array(expected, report)? {
                list.push(literal(&value, report)?);
            }
            list
        }
        false => vec![literal(&values, report)?],
    };
    Some(Condition {
        column: column?.to_owned(),
        is: list,
        not,
    })
}

fn text(table: &mut Table<'_, '_>, key: &'static str, report: &mut Report<'_>) -> Option<String> {
    let value = table.get(key, report)?;
    value.filled("a text", report).map(str::to_owned)
}

//! JSON, XML, words to be searched, pairs and paths.

use std::fmt::Write;

use crate::natural::entry::Entry;
use crate::natural::{Cell, Distinct, Generate};
use crate::value::{Type, Value};
use crate::words::{prose, technical, trade};

use super::Plain;

fn word(cell: &Cell<'_>, part: u32, list: &[&'static str]) -> &'static str {
    list[cell.draw(part).below(list.len() as u64) as usize]
}

fn is_document(data_type: &Type) -> bool {
    matches!(data_type, Type::Json { .. } | Type::Text { max: None, .. })
}

/// Objects that differ in a number; `json` has no equality, `jsonb` and text have.
fn numbered(data_type: &Type) -> Option<Distinct> {
    let object = |rank| Value::Text(format!("{{\"id\": {}}}", rank + 1));
    let comparable = !matches!(data_type, Type::Json { binary: false });
    comparable.then(|| Distinct::new(1 << 53, object))
}

pub(super) fn json_object(entry: &'static Entry, data_type: &Type) -> Option<Box<dyn Generate>> {
    is_document(data_type).then(|| Plain::boxed(entry, settings, numbered(data_type)))
}

fn settings(cell: &Cell<'_>) -> Value {
    let draw = cell.draw(0);
    let mut out = String::with_capacity(120);
    write!(
        out,
        "{{\"source\": \"{}\", \"theme\": \"{}\", \"tags\": [\"{}\", \"{}\"], \"notify\": {}, \"limit\": {}}}",
        word(cell, 1, technical::CHANNELS),
        if draw.chance(600_000) { "light" } else { "dark" },
        word(cell, 2, prose::NOUNS),
        word(cell, 3, prose::NOUNS),
        draw.next().chance(700_000),
        10 * (1 + draw.next().next().below(20)),
    )
    .expect("a String takes every character");
    Value::Text(out)
}

pub(super) fn json_tags(entry: &'static Entry, data_type: &Type) -> Option<Box<dyn Generate>> {
    let make = |cell: &Cell<'_>| {
        let count = 1 + cell.draw(0).below(4) as u32;
        let tags = (1..=count).map(|part| format!("\"{}\"", word(cell, part, prose::NOUNS)));
        Value::Text(format!("[{}]", tags.collect::<Vec<_>>().join(", ")))
    };
    is_document(data_type).then(|| Plain::boxed(entry, make, numbered(data_type)))
}

pub(super) fn json_empty(entry: &'static Entry, data_type: &Type) -> Option<Box<dyn Generate>> {
    let make = |_: &Cell<'_>| Value::Text("{}".to_owned());
    is_document(data_type).then(|| Plain::boxed(entry, make, numbered(data_type)))
}

/// `xml` has no equality.
pub(super) fn xml_note(entry: &'static Entry, data_type: &Type) -> Option<Box<dyn Generate>> {
    let make = |cell: &Cell<'_>| {
        Value::Text(format!(
            "<note><subject>{}</subject><body>{}</body></note>",
            word(cell, 0, prose::SUBJECTS),
            word(cell, 1, prose::REMARKS),
        ))
    };
    matches!(data_type, Type::Xml).then(|| Plain::boxed(entry, make, None))
}

/// Lexemes in alphabetical order, as PostgreSQL keeps them.
pub(super) fn search_words(entry: &'static Entry, data_type: &Type) -> Option<Box<dyn Generate>> {
    let make = |cell: &Cell<'_>| {
        let mut words: Vec<&str> = (0..5).map(|part| word(cell, part, prose::NOUNS)).collect();
        words.sort_unstable();
        words.dedup();
        let lexemes = words.iter().map(|word| format!("'{word}'"));
        Value::Text(lexemes.collect::<Vec<_>>().join(" "))
    };
    let distinct = Distinct::new(1 << 40, |rank| Value::Text(format!("'w{rank}'")));
    matches!(data_type, Type::SearchVector).then(|| Plain::boxed(entry, make, Some(distinct)))
}

pub(super) fn key_values(entry: &'static Entry, data_type: &Type) -> Option<Box<dyn Generate>> {
    let make = |cell: &Cell<'_>| {
        Value::Text(format!(
            "\"size\"=>\"{}\", \"material\"=>\"{}\"",
            word(cell, 0, trade::SIZES),
            word(cell, 1, trade::MATERIALS),
        ))
    };
    let distinct = Distinct::new(1 << 40, |rank| Value::Text(format!("\"id\"=>\"{rank}\"")));
    matches!(data_type, Type::HStore).then(|| Plain::boxed(entry, make, Some(distinct)))
}

pub(super) fn tree_path(entry: &'static Entry, data_type: &Type) -> Option<Box<dyn Generate>> {
    let make = |cell: &Cell<'_>| {
        let depth = 1 + cell.draw(0).below(3) as u32;
        let labels = (1..=depth).map(|part| word(cell, part, prose::NOUNS));
        Value::Text(format!("top.{}", labels.collect::<Vec<_>>().join(".")))
    };
    let distinct = Distinct::new(1 << 40, |rank| Value::Text(format!("top.n{rank}")));
    matches!(data_type, Type::LTree).then(|| Plain::boxed(entry, make, Some(distinct)))
}

//! Values whose type says more than their name: documents, geometry, bits, arrays, ranges.

mod binary;
mod document;
mod geometry;
mod nested;

use crate::value::{Type, Value};

use super::entry::{Entry, Form};
use super::{Cell, Distinct, Generate};

pub(super) use nested::{ArrayColumn, RangeColumn, RecordColumn};

pub(super) const ENTRIES: &[Entry] = &[
    Entry::new(
        "json_object",
        "a small object",
        Form::Made(document::json_object),
    ),
    Entry::new(
        "json_tags",
        "an array of words",
        Form::Made(document::json_tags),
    ),
    Entry::new(
        "json_empty",
        "an empty object",
        Form::Made(document::json_empty),
    ),
    Entry::new(
        "xml_note",
        "a small document",
        Form::Made(document::xml_note),
    ),
    Entry::new(
        "search_words",
        "the words of a sentence as a tsvector",
        Form::Made(document::search_words),
    ),
    Entry::new(
        "key_values",
        "a few pairs of an hstore",
        Form::Made(document::key_values),
    ),
    Entry::new(
        "tree_path",
        "a path of an ltree",
        Form::Made(document::tree_path),
    ),
    Entry::new("binary", "32 bytes", Form::Made(binary::binary)),
    Entry::new("bits", "bits", Form::Made(binary::bits)),
    Entry::person(
        "geometry",
        "a shape near a city, longitude first",
        Form::Made(geometry::geometry),
    ),
];

/// The generator that a type alone suggests, and what it is; `None` for types of the other modules.
pub(super) fn by_type(data_type: &Type) -> Option<(&'static str, &'static str)> {
    Some(match data_type {
        Type::Json { .. } => ("json_object", "a document"),
        Type::Xml => ("xml_note", "a document"),
        Type::SearchVector => ("search_words", "words to be searched"),
        Type::HStore => ("key_values", "pairs of words"),
        Type::LTree => ("tree_path", "a path"),
        Type::Bytes => ("binary", "bytes"),
        Type::Bits { .. } => ("bits", "bits"),
        Type::Geometry(_) => ("geometry", "a shape"),
        _ => return None,
    })
}

/// A generator that is a function.
struct Plain<T> {
    entry: &'static Entry,
    make: T,
    distinct: Option<Distinct>,
}

impl<T: Fn(&Cell<'_>) -> Value + Send + Sync + 'static> Plain<T> {
    fn boxed(entry: &'static Entry, make: T, distinct: Option<Distinct>) -> Box<dyn Generate> {
        Box::new(Self {
            entry,
            make,
            distinct,
        })
    }
}

impl<T: Fn(&Cell<'_>) -> Value + Send + Sync> Generate for Plain<T> {
    fn name(&self) -> &'static str {
        self.entry.name
    }

    fn value(&self, cell: &Cell<'_>) -> Value {
        (self.make)(cell)
    }

    fn distinct(&self) -> Option<Distinct> {
        self.distinct.clone()
    }

    fn of_person(&self) -> bool {
        self.entry.of_person
    }
}

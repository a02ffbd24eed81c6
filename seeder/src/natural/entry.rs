//! A generator before it knows its column: a name, a line about it, and how it makes its values.

use crate::value::Type;

use super::forms::{FlagColumn, MomentColumn, NumberColumn, TextColumn};
use super::{Cell, Distinct, Generate};

/// Adds a text to a buffer, of at most so many characters if there is a sensible shorter form.
pub(super) type Write = fn(&Cell<'_>, usize, &mut String);
/// Texts that are all different, of at most so many characters.
pub(super) type Apart = fn(usize) -> Distinct;

/// A decimal number: `units` × 10^-`scale`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Number {
    pub(super) units: i64,
    pub(super) scale: u32,
}

/// How values come about, and so which types they fit.
#[derive(Debug, Clone, Copy)]
pub(super) enum Form {
    /// Texts; fits character types.
    Text(Write, Apart),
    /// The same for a text that is unique to its person from a length on.
    PersonalText(Write, Apart, usize),
    /// Numbers; fits every numeric type, and text.
    Number(fn(&Cell<'_>) -> Number),
    /// Moments in microseconds since 1970; fits every type of time, text, and integers as seconds.
    Moment(fn(&Cell<'_>) -> i64),
    /// True so often in a million.
    Flag(u32),
    /// Whatever it makes of a type.
    Made(fn(&'static Entry, &Type) -> Option<Box<dyn Generate>>),
}

/// A generator of the list.
#[derive(Debug)]
pub(super) struct Entry {
    /// Its name in a configuration.
    pub(super) name: &'static str,
    /// One line about it.
    pub(super) about: &'static str,
    /// Whether it tells a part of the cell's person.
    pub(super) of_person: bool,
    /// How it makes values.
    pub(super) form: Form,
}

impl Entry {
    pub(super) const fn new(name: &'static str, about: &'static str, form: Form) -> Self {
        Self {
            name,
            about,
            of_person: false,
            form,
        }
    }

    pub(super) const fn person(name: &'static str, about: &'static str, form: Form) -> Self {
        Self {
            name,
            about,
            of_person: true,
            form,
        }
    }

    /// The generator for a column of this type; `None` where the type cannot hold its values.
    pub(super) fn fit(&'static self, data_type: &Type) -> Option<Box<dyn Generate>> {
        match self.form {
            Form::Text(write, apart) => {
                TextColumn::fit(self, (write, apart), usize::MAX, data_type)
            }
            Form::PersonalText(write, apart, room) => {
                TextColumn::fit(self, (write, apart), room, data_type)
            }
            Form::Number(draw) => NumberColumn::fit(self, draw, data_type),
            Form::Moment(pick) => MomentColumn::fit(self, pick, data_type),
            Form::Flag(per_million) => FlagColumn::fit(self, per_million, data_type),
            Form::Made(make) => make(self, data_type.base()),
        }
    }
}

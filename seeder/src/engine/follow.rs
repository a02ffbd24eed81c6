//! Cells that follow from others of their row.

use super::moment;
use super::row::Rows;
use crate::natural::Cell;
use crate::person::Person;
use crate::plan::{Case, Follow, Origin, Slug, Stage, Story};
use crate::value::{Type, Value};
use crate::words::geo::{Country, country_named, currency_of};

impl Rows<'_> {
    /// What a column holds beside the cells that it follows from; `None` where it is as if it followed
    /// from nothing.
    pub(super) fn follow(
        &mut self,
        (table, column): (usize, usize),
        (row, attempt): (u64, u32),
        person: Option<&Person>,
        cells: &[Value],
    ) -> Option<Value> {
        let plan = self.plan;
        let values = &plan.values[table];
        let own = &plan.tables[table].columns[column];
        let draw = own.key.draw(row, attempt, 0);
        match values.makers[column].follow.as_ref()? {
            Follow::State(story) => {
                let null = self.is_null((table, column), (row, attempt));
                let story = &values.stories[*story];
                let state = match self.added(table, row) {
                    // What a scenario sets of its row's life says where in it the row is.
                    Some(added) => {
                        let set = |column: usize| added.value(column).map(|own| !own.is_null());
                        story.state_beside(&set, draw)
                    }
                    None if attempt == 0 => story.state(row, draw),
                    None => story.state(u64::MAX, draw),
                };
                Some(if null { Value::Null } else { state.clone() })
            }
            Follow::Stage(story, stage) => {
                let story = &values.stories[*story];
                let begin = self.begin(story, (table, row), cells);
                let state = (row, &cells[story.state]);
                let span = self.span((story, *stage), (table, row), (begin, plan.as_of_micros));
                let reached = story.reached(*stage, state, span);
                Some(reached.map_or(Value::Null, |micros| moment::value(micros, &own.data_type)))
            }
            Follow::Flag { of, then, natural } => {
                let any = of.iter().any(|other| !cells[*other].is_null());
                (any || !natural).then(|| flag(any == *then, &own.data_type))
            }
            Follow::With(other) => Some(match cells[*other].is_null() {
                true => Value::Null,
                false => self.present((table, column), (row, attempt), person),
            }),
            Follow::After(others) => {
                let moments = others
                    .iter()
                    .filter_map(|other| moment::micros(&cells[*other]));
                let start = moments.max()?;
                let null = self.is_null((table, column), (row, attempt));
                let after = moment::since(draw, start, plan.as_of_micros);
                Some(match null {
                    true => Value::Null,
                    false => moment::value(after, &own.data_type),
                })
            }
            follow => self.beside(follow, (table, column), (row, attempt), (person, cells)),
        }
    }

    /// What a column holds beside others by a rule, or by what the place and the title of its row say.
    fn beside(
        &self,
        follow: &Follow,
        (table, column): (usize, usize),
        (row, attempt): (u64, u32),
        (person, cells): (Option<&Person>, &[Value]),
    ) -> Option<Value> {
        if let Follow::Slug(slug) = follow {
            return self.slug(slug, (table, column), (row, attempt), cells);
        }
        let plan = self.plan;
        let draw = plan.tables[table].columns[column].key.draw(row, attempt, 0);
        let generator = plan.values[table].makers[column].generator.as_ref();
        let told = || self.told((table, column), (row, attempt), person);
        let value = match follow {
            Follow::Given(given) => match given.case(&cells[given.column])? {
                Case::Values(listed, choice) => listed[choice.pick(draw)].clone(),
                Case::Made(generator) => generator.value(&told()),
            },
            Follow::Correlated(correlated) => correlated.value(&cells[correlated.column], draw)?,
            Follow::Country(listed) => {
                let code = person?.locale().country.code;
                let found = listed.iter().find(|(own, _)| *own == code);
                found?.1.clone()
            }
            Follow::Placed(country) => {
                let cell = told();
                let resident = cell.person().living_in(told_country(&cells[*country])?)?;
                generator?.value(&Cell {
                    person: Some(&resident),
                    attempt: 0,
                    ..cell
                })
            }
            Follow::Money(country) => {
                let country = match country {
                    Some(column) => told_country(&cells[*column])?,
                    None => person?.locale().country,
                };
                let currency = currency_of(country.currency)?;
                let text = match generator?.name() {
                    "currency" => currency.name,
                    "currency_symbol" => currency.symbol,
                    _ => currency.code,
                };
                Value::Text(text.to_owned())
            }
            _ => return None,
        };
        match self.is_null((table, column), (row, attempt)) {
            true => Some(Value::Null),
            false => Some(value),
        }
    }

    /// The slug of a row's title, with an ending where no other row may have the same.
    fn slug(
        &self,
        slug: &Slug,
        (table, column): (usize, usize),
        (row, attempt): (u64, u32),
        cells: &[Value],
    ) -> Option<Value> {
        let number = match self.plan.tables[table].columns[column].origin {
            Origin::Free if self.is_null((table, column), (row, attempt)) => {
                return Some(Value::Null);
            }
            Origin::Digit(tuple) => Some(self.rank(table, (tuple, column), row)?),
            _ => {
                let place = self.plan.tables[table].place(row);
                slug.endings.as_ref().map(|endings| endings.apply(place))
            }
        };
        let made = match &cells[slug.title] {
            Value::Text(title) => slug.of(title, number),
            _ => String::new(),
        };
        Some(Value::Text(
            match made.is_empty() || made.starts_with('-') {
                false => made,
                true => slug.of("untitled", number),
            },
        ))
    }

    /// The time in which a stage is reached: for a scenario's row between those of its stages that are
    /// set.
    fn span(
        &self,
        (story, stage): (&Story, usize),
        (table, row): (usize, u64),
        (begin, end): (i64, i64),
    ) -> (i64, i64) {
        let Some(added) = self.added(table, row) else {
            return (begin, end);
        };
        let set = |stage: &Stage| moment::micros(added.value(stage.column)?);
        let earlier = story.stages[..stage].iter().filter_map(set).max();
        let later = story.stages[stage + 1..].iter().filter_map(set).min();
        (earlier.unwrap_or(begin).max(begin), later.unwrap_or(end))
    }

    /// When what a row goes through begins.
    fn begin(&mut self, story: &Story, (table, row): (usize, u64), cells: &[Value]) -> i64 {
        let told = story
            .begin
            .and_then(|column| moment::micros(&cells[column]));
        told.unwrap_or_else(|| self.created(table, row))
    }
}

fn told_country(value: &Value) -> Option<&'static Country> {
    match value {
        Value::Text(text) => country_named(text),
        _ => None,
    }
}

fn flag(truth: bool, data_type: &Type) -> Value {
    match data_type.base() {
        Type::Bool => Value::Bool(truth),
        _ => Value::Int(i64::from(truth)),
    }
}

/// The value of a moment, on trial.
pub(crate) fn stage_value(micros: i64, data_type: &Type) -> Value {
    moment::value(micros, data_type)
}

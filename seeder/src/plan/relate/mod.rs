//! What columns of one row have to do with each other beyond what CHECKs say: a state with its moments,
//! a flag with what it stands for.
//!
//! A column that follows others is made after them. Where CHECKs tie it, what it would be is tried
//! first and the CHECKs decide.

mod computed;
mod correlate;
mod flags;
mod given;
mod life;
mod placed;
mod slug;
mod states;
mod story;
mod trial;

use std::sync::Arc;

use rules::config::nearest;
use rules::schema::ConstraintKind;
use rules::seed::TableRules;

use super::Request;
use super::problem::Problems;
use super::table::TablePlan;
use super::time::{Moment, Start};
use super::values::Values;
use crate::key::Key;
use crate::value::{Type, Value};

pub(super) use computed::{rounded, sums};
pub use correlate::Correlated;
pub(super) use correlate::correlate;
pub use given::{Case, Given};
use placed::Listed;
pub(super) use placed::{listed_countries, restricted};
pub use slug::Slug;
pub use story::{Stage, State, Story};

/// What a column's value follows from, beside its row's number.
#[derive(Debug, Clone)]
pub enum Follow {
    /// It is the state of the row: position in the table's stories.
    State(usize),
    /// The moment at which a stage is reached: story, and position in its stages.
    Stage(usize, usize),
    /// Whether one of these columns holds something.
    Flag {
        /// The columns.
        of: Vec<usize>,
        /// What it is then.
        then: bool,
        /// Whether it is anything where none does, and not just the other.
        natural: bool,
    },
    /// NULL exactly where that column is.
    With(usize),
    /// Not before any of these moments.
    After(Vec<usize>),
    /// What a rule gives beside a value of another column.
    Given(Arc<Given>),
    /// What goes with the rank of another column.
    Correlated(Arc<Correlated>),
    /// The country of the row's person, as the column writes it, by its code.
    Country(Arc<Vec<(&'static str, Value)>>),
    /// Of the country that another column tells.
    Placed(usize),
    /// The money of a country: of the one that a column tells, else of the row's person.
    Money(Option<usize>),
    /// What a title says, in letters that an address may hold.
    Slug(Slug),
}

impl Follow {
    /// The columns that must be there before.
    pub fn reads(&self, stories: &[Story]) -> Vec<usize> {
        match self {
            Self::State(_) | Self::Country(_) => Vec::new(),
            Self::Given(given) => vec![given.column],
            Self::Correlated(correlated) => vec![correlated.column],
            Self::Placed(country) => vec![*country],
            Self::Slug(slug) => vec![slug.title],
            Self::Money(country) => country.iter().copied().collect(),
            Self::Stage(story, _) => {
                let story = &stories[*story];
                story.begin.into_iter().chain([story.state]).collect()
            }
            Self::Flag { of, .. } => of.clone(),
            Self::With(column) => vec![*column],
            Self::After(columns) => columns.clone(),
        }
    }
}

/// Decides which columns of a table follow others.
pub(super) fn relate(
    request: Request<'_>,
    table: &TablePlan,
    values: &mut Values,
    problems: &mut Problems,
) {
    let rules = request.rules.tables.get(&table.name);
    asked(rules, table, values, problems);
    let expressions = expressions(request, table);
    let begun = begun(values);
    let (mut stories, wrong) = states::stories(rules, table, values, &expressions);
    for reason in wrong {
        problems.add(&table.name, reason, "correct its path under [seed.tables]");
    }
    for (column, follow) in flags::flags(rules, table) {
        let reason = reason(&follow, table);
        suppose(values, column, follow, reason);
    }
    let personal = values.personal;
    for (column, follow) in placed::placed(table, values, personal) {
        let reason = format!(
            "{}; {}",
            values.makers[column].reason,
            reason(&follow, table)
        );
        suppose(values, column, follow, reason);
    }
    let (slugs, wrong) = slug::slugs(rules, table, values);
    for reason in wrong {
        problems.add(&table.name, reason, "correct its rule under [seed.tables]");
    }
    for (column, follow) in slugs {
        let reason = format!("the slug of {}", reason(&follow, table));
        suppose(values, column, follow, reason);
    }
    for story in &mut stories {
        trial::prune(story, table, values, request.as_of_micros);
    }
    for (number, story) in stories.iter().enumerate() {
        tell(story, number, table, values);
        let rule = rules.and_then(|own| own.columns.get(&table.columns[story.state].name));
        let nulls = rule.and_then(|rule| rule.nulls_per_million);
        values.makers[story.state].nulls_per_million = nulls.unwrap_or(0);
    }
    values.stories = stories;
    updated(table, values);
    end_after(&begun, values);
}

/// Columns that hold the beginning of something, with its key.
fn begun(values: &Values) -> Vec<(Key, usize)> {
    let makers = values.makers.iter().enumerate();
    let begun = makers.filter_map(|(column, maker)| match maker.moment {
        Some(Moment::Begins(key, _)) => Some((key, column)),
        _ => None,
    });
    begun.collect()
}

/// What has begun when the row's story says so ends after that.
fn end_after(begun: &[(Key, usize)], values: &mut Values) {
    for &(key, start) in begun {
        if values.makers[start].follow.is_none() {
            continue;
        }
        for maker in &mut values.makers {
            if maker.moment == Some(Moment::After(Start::Span(key))) {
                maker.moment = Some(Moment::After(Start::Column(start)));
            }
        }
    }
}

/// Puts what the configuration gives beside other columns into a table.
fn asked(
    rules: Option<&TableRules>,
    table: &TablePlan,
    values: &mut Values,
    problems: &mut Problems,
) {
    for (name, rule) in rules.into_iter().flat_map(|rules| &rules.columns) {
        let Some(column) = table.column(name) else {
            continue;
        };
        match given::given(table, values, column, rule) {
            Ok(Some(follow)) => {
                let other = follow.reads(&[]).first().copied().unwrap_or(column);
                let other = &table.columns[other].name;
                let reason =
                    format!("the configuration gives its values beside those of \"{other}\"");
                set(values, column, follow, reason);
                if rule.nulls_per_million.is_none() {
                    values.makers[column].nulls_per_million = 0;
                }
            }
            Ok(None) => {}
            Err(reason) => problems.add(
                &table.name,
                format!("column \"{name}\": {reason}"),
                "correct its rule under [seed.tables]",
            ),
        }
    }
    for start in 0..table.columns.len() {
        if leads_back(values, start, start) {
            let name = &table.columns[start].name;
            problems.add(
                &table.name,
                format!("column \"{name}\" depends on itself by what others are given"),
                "take one of the rules of the circle away",
            );
        }
    }
}

/// Whether what a column follows from leads to another, or back to itself.
fn leads_back(values: &Values, from: usize, to: usize) -> bool {
    let mut open = vec![from];
    let mut seen = vec![false; values.makers.len()];
    while let Some(column) = open.pop() {
        let follow = values.makers[column].follow.as_ref();
        for other in follow.map_or_else(Vec::new, |follow| follow.reads(&values.stories)) {
            if other == to {
                return true;
            }
            if !std::mem::replace(&mut seen[other], true) {
                open.push(other);
            }
        }
    }
    false
}

/// Lets a column follow others because of its name: never one that a rule decides already, nor one that
/// these others follow from.
fn suppose(values: &mut Values, column: usize, follow: Follow, reason: String) {
    let reads = follow.reads(&values.stories);
    let circle = |&other: &usize| other == column || leads_back(values, other, column);
    if values.makers[column].follow.is_none() && !reads.iter().any(circle) {
        set(values, column, follow, reason);
    }
}

/// Tells people from countries that a column lists, as often as it lists them.
pub(super) fn tell_countries(values: &mut Values, column: usize, countries: &[Listed]) {
    let named = countries
        .iter()
        .map(|(country, value, _)| (country.code, value.clone()));
    let reason = "the country of the row's person, one of those that are listed".to_owned();
    set(
        values,
        column,
        Follow::Country(Arc::new(named.collect())),
        reason,
    );
    values.makers[column].weighted = None;
}

/// A value as a number: moments in microseconds; `None` for what has no size.
fn number(value: &Value) -> Option<f64> {
    use rust_decimal::prelude::ToPrimitive;
    match value {
        Value::Int(number) => Some(*number as f64),
        Value::Decimal(number) => number.to_f64(),
        Value::Float(number) => Some(*number),
        Value::Date(days) => Some(f64::from(*days)),
        Value::Timestamp(micros) | Value::Time(micros) => Some(*micros as f64),
        _ => None,
    }
}

/// That there is no column of a name, and the one that may be meant.
fn unlike_any<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> String {
    match nearest(name, names) {
        Some(near) => format!("there is no column \"{name}\"; did you mean \"{near}\"?"),
        None => format!("there is no column \"{name}\""),
    }
}

/// Expressions in which a state's labels may be declared, in a fixed order.
fn expressions(request: Request<'_>, table: &TablePlan) -> Vec<String> {
    let model = &request.schema.tables[&table.name];
    let mut found = Vec::new();
    for constraint in model.constraints.values() {
        if let ConstraintKind::Check { expression } = &constraint.kind {
            found.push(expression.clone());
        }
    }
    for column in &table.columns {
        let mut data_type = &column.data_type;
        while let Type::Domain { base, checks, .. } = data_type {
            found.extend(checks.iter().map(|(_, expression)| expression.clone()));
            data_type = base;
        }
    }
    // The one with the most in it lists them all.
    found.sort_by_key(|text| std::cmp::Reverse(text.matches('\'').count()));
    found
}

fn set(values: &mut Values, column: usize, follow: Follow, reason: String) {
    let maker = &mut values.makers[column];
    maker.follow = Some(follow);
    maker.moment = None;
    maker.reason = reason;
}

/// Puts a story into the columns that tell it.
fn tell(story: &Story, number: usize, table: &TablePlan, values: &mut Values) {
    let name = |column: usize| table.columns[column].name.as_str();
    let mut reason = "a state that rows go through".to_owned();
    if !story.stages.is_empty() {
        let stages = story.stages.iter().map(|stage| name(stage.column));
        let stages: Vec<&str> = stages.collect();
        reason = format!("{reason}, with {}", stages.join(", "));
    }
    if story.states.iter().any(|state| state.ways.is_empty()) {
        reason.push_str("; CHECKs decide the rest for some");
    }
    set(values, story.state, Follow::State(number), reason);
    for (position, stage) in story.stages.iter().enumerate() {
        let with: Vec<&str> = story
            .states
            .iter()
            .filter(|state| state.ways.iter().any(|way| way.contains(&position)))
            .filter_map(|state| match &state.value {
                Value::Text(text) => Some(text.as_str()),
                _ => None,
            })
            .collect();
        let reason = format!(
            "set once \"{}\" has come so far: {}",
            name(story.state),
            with.join(", ")
        );
        set(
            values,
            stage.column,
            Follow::Stage(number, position),
            reason,
        );
        values.makers[stage.column].nulls_per_million = story.missing_per_million(position);
    }
}

/// A moment of the last change is not before anything else that has happened to the row.
fn updated(table: &TablePlan, values: &mut Values) {
    let stages: Vec<usize> = values
        .stories
        .iter()
        .flat_map(|story| story.stages.iter().map(|stage| stage.column))
        .collect();
    if stages.is_empty() {
        return;
    }
    for column in 0..table.columns.len() {
        let name = table.columns[column].known_as.to_lowercase();
        let changed = ["updat", "modif", "chang"]
            .iter()
            .any(|word| name.contains(word));
        let since = match values.makers[column].moment.filter(|_| changed) {
            Some(Moment::Since(Start::Column(other))) => Some(other),
            Some(Moment::Since(Start::Created)) => values.created,
            _ => None,
        };
        if let Some(created) = since {
            let mut before = stages.clone();
            before.push(created);
            let reason = "between what happened to the row last and the present".to_owned();
            let nulls = values.makers[column].nulls_per_million;
            set(values, column, Follow::After(before), reason);
            values.makers[column].nulls_per_million = nulls;
        }
    }
}

fn reason(follow: &Follow, table: &TablePlan) -> String {
    let names = |columns: &[usize]| {
        let names = columns
            .iter()
            .map(|column| format!("\"{}\"", table.columns[*column].name));
        names.collect::<Vec<_>>().join(" or ")
    };
    match follow {
        Follow::Flag { of, then: true, .. } => format!("whether {} is set", names(of)),
        Follow::Flag { of, .. } => format!("not where {} is set", names(of)),
        Follow::With(of) => format!("set where {} is", names(&[*of])),
        Follow::Placed(country) => format!("in the country of {}", names(&[*country])),
        Follow::Money(Some(country)) => format!("of the country of {}", names(&[*country])),
        Follow::Slug(slug) => names(&[slug.title]),
        Follow::Money(None) => "of the country of the row's person".to_owned(),
        _ => String::new(),
    }
}

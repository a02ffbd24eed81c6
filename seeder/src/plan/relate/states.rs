//! Which columns tell the state of their row, and which moments go with it: by names, or as the
//! configuration says.

use rules::seed::{ColumnRule, StatesRule, TableRules};

use super::life::{Place, comes_with, place_of, place_of_label, plain, same_word};
use super::story::{Stage, State, Story};
use super::unlike_any;
use crate::natural::distribution::Weighted;
use crate::natural::{states_named, words_of};
use crate::plan::table::{ColumnPlan, Origin, TablePlan};
use crate::plan::time::{is_ahead, is_free as is_dated};
use crate::plan::values::Values;
use crate::value::{Type, Value};

/// A column with more labels than this holds no state.
const LABELS_MAX: u64 = 60;

/// Weights of states that nobody has given weights: rows end at the last one mostly.
const WEIGHT_LAST: u32 = 40;
const WEIGHT_FIRST: u32 = 12;
const WEIGHT_BETWEEN: u32 = 9;
const WEIGHT_LEFT: u32 = 5;

/// A label of a state column.
struct Label {
    value: Value,
    plain: String,
    weight: Option<u32>,
}

/// Where a label stands.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Standing {
    /// On the path, at this place.
    On(usize),
    /// Off the path, from any of these places.
    Left(Vec<usize>),
}

/// When a moment is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    /// With this place on the path.
    Place(usize),
    /// With a label off the path.
    Label(usize),
}

/// What is known before CHECKs are asked.
struct Draft {
    column: usize,
    labels: Vec<Label>,
    standing: Vec<Standing>,
    /// Columns of moments.
    stages: Vec<(usize, Target)>,
}

/// Finds the stories of a table; what is wrong with the configuration's comes back.
pub(super) fn stories(
    rules: Option<&TableRules>,
    table: &TablePlan,
    values: &Values,
    expressions: &[String],
) -> (Vec<Story>, Vec<String>) {
    let mut found = Vec::new();
    let mut wrong = Vec::new();
    let mut taken: Vec<usize> = values.created.into_iter().collect();
    let order = state_columns(table);
    for column in order {
        let rule = rules.and_then(|rules| rules.columns.get(&table.columns[column].name));
        let asked = rule.and_then(|rule| rule.states.as_ref());
        let left = asked.is_some_and(|asked| asked.path.is_empty());
        if left || values.makers[column].follow.is_some() && asked.is_none() {
            continue;
        }
        let name = &table.columns[column].name;
        let labels = labels(table, values, column, (rule, expressions));
        let draft = match (asked, labels) {
            (Some(asked), labels) => {
                let labels = labels.unwrap_or_else(|| named_by(asked));
                match told(asked, table, values, (column, labels), (rules, &taken)) {
                    Ok(draft) => Some(draft),
                    Err(reason) => {
                        wrong.push(format!("column \"{name}\": {reason}"));
                        None
                    }
                }
            }
            (None, Some(labels)) => guessed(table, (column, labels), (rules, &taken)),
            (None, None) => None,
        };
        if let Some(story) = draft.and_then(|draft| story(draft, table, values)) {
            taken.extend(story.stages.iter().map(|stage| stage.column));
            found.push(story);
        }
    }
    (found, wrong)
}

/// Columns that may hold a state, those whose names say so first.
fn state_columns(table: &TablePlan) -> Vec<usize> {
    let mut columns: Vec<usize> = (0..table.columns.len())
        .filter(|&column| table.columns[column].origin == Origin::Free)
        .filter(|&column| {
            matches!(
                table.columns[column].data_type.base(),
                Type::Enum(_) | Type::Text { .. }
            )
        })
        .collect();
    columns.sort_by_key(|&column| !is_named(&table.columns[column].known_as));
    columns
}

fn is_named(name: &str) -> bool {
    const STATES: [&str; 7] = [
        "status",
        "state",
        "stage",
        "phase",
        "lifecycle",
        "progress",
        "step",
    ];
    let words = plain(name);
    STATES.contains(&words.rsplit(' ').next().unwrap_or_default())
}

/// The values of a column where they are few: of the configuration, its type, its CHECKs or the
/// generator that its name asks for.
fn labels(
    table: &TablePlan,
    values: &Values,
    column: usize,
    (rule, expressions): (Option<&ColumnRule>, &[String]),
) -> Option<Vec<Label>> {
    let maker = &values.makers[column];
    let label = |value: &Value, weight: Option<u32>| {
        let Value::Text(text) = value else {
            return None;
        };
        Some(Label {
            plain: plain(text),
            value: value.clone(),
            weight,
        })
    };
    if let Some((listed, _)) = &maker.weighted {
        let weights = rule
            .iter()
            .flat_map(|rule| &rule.values)
            .map(|(_, weight)| *weight);
        return listed
            .iter()
            .zip(weights)
            .map(|(value, weight)| label(value, Some(weight)))
            .collect();
    }
    if rule.is_some_and(|rule| rule.with.is_some()) {
        return None;
    }
    let group = maker.group.map(|group| &values.groups[group]);
    let listed = match (group, table.columns[column].data_type.base()) {
        (Some(group), _) => {
            let mut listed = group.members(column, LABELS_MAX)?;
            declared(&mut listed, &table.columns[column].data_type, expressions);
            listed
        }
        (None, Type::Enum(labels)) => labels.iter().cloned().map(Value::Text).collect(),
        // What the configuration lists is more than what a name suggests.
        (None, _) if rule.is_some_and(|rule| rule.states.is_some()) => return None,
        (None, _) => {
            let generator = maker.generator.as_ref()?;
            let room = match table.columns[column].data_type.base() {
                Type::Text { max: Some(max), .. } => *max as usize,
                _ => usize::MAX,
            };
            let listed = states_named(generator.name())?.iter();
            let fitting = listed.filter(|text| text.len() <= room);
            fitting
                .map(|text| Value::Text((*text).to_owned()))
                .collect()
        }
    };
    let fits = (2..=LABELS_MAX as usize).contains(&listed.len());
    fits.then(|| listed.iter().map(|value| label(value, None)).collect())?
}

/// The labels that a rule lists.
fn named_by(asked: &StatesRule) -> Vec<Label> {
    let texts = asked.path.iter().chain(asked.leave.keys());
    let labels = texts.map(|text| Label {
        plain: plain(text),
        value: Value::Text(text.clone()),
        weight: None,
    });
    labels.collect()
}

/// Puts labels into the order in which the type or the CHECKs declare them.
fn declared(listed: &mut [Value], data_type: &Type, expressions: &[String]) {
    let place = |value: &Value| {
        let Value::Text(text) = value else {
            return (usize::MAX, usize::MAX);
        };
        if let Type::Enum(labels) = data_type.base() {
            return (
                0,
                labels
                    .iter()
                    .position(|own| own == text)
                    .unwrap_or(usize::MAX),
            );
        }
        let quoted = format!("'{}'", text.replace('\'', "''"));
        let mut places = expressions.iter().enumerate();
        places
            .find_map(|(number, text)| Some((number, text.find(&quoted)?)))
            .unwrap_or((usize::MAX, usize::MAX))
    };
    listed.sort_by_key(place);
}

/// Moments that may be stages: they may be missing, and no rule says what they are.
fn free_moments<'t>(
    table: &'t TablePlan,
    (rules, taken): (Option<&'t TableRules>, &'t [usize]),
) -> impl Iterator<Item = usize> + 't {
    (0..table.columns.len()).filter(move |&column| {
        let own = &table.columns[column];
        let rule = rules.and_then(|rules| rules.columns.get(&own.name));
        let ruled = rule.is_some_and(|rule| {
            let given = rule.given.is_some() || rule.correlate.is_some() || rule.is.is_some();
            let listed = rule.with.is_some() || !rule.values.is_empty();
            given || listed || rule.nulls_per_million.is_some()
        });
        let free = !ruled && !taken.contains(&column);
        is_dated(own) && own.nullable && !is_ahead(&own.known_as) && free
    })
}

/// The words of a column's name without those that only say that it is a moment, and without the
/// table's own noun.
fn stems(table: &TablePlan, column: &ColumnPlan) -> Vec<String> {
    const MOMENT: [&str; 8] = [
        "at",
        "on",
        "date",
        "time",
        "timestamp",
        "ts",
        "datetime",
        "day",
    ];
    let plain = plain(&column.known_as);
    let mut words: Vec<&str> = plain.split(' ').collect();
    while words.len() > 1 && MOMENT.contains(&words[words.len() - 1]) {
        words.pop();
    }
    while words.len() > 1 && MOMENT.contains(&words[0]) {
        words.remove(0);
    }
    let mut stems = vec![words.join(" ")];
    let noun = words_of(&table.name.name).pop();
    if words.len() > 1 && noun.as_deref() == Some(words[0]) {
        stems.push(words[1..].join(" "));
    }
    stems
}

/// What names say together.
fn guessed(
    table: &TablePlan,
    (column, labels): (usize, Vec<Label>),
    kept: (Option<&TableRules>, &[usize]),
) -> Option<Draft> {
    let places = label_places(&labels);
    let known = places.iter().flatten().count();
    let named = is_named(&table.columns[column].known_as);
    let standing = standing(&labels, &places, &table.columns[column].data_type);
    let heights = heights(&standing, &places);
    let mut stages = Vec::new();
    let mut direct = 0;
    for moment in free_moments(table, kept) {
        let stems = stems(table, &table.columns[moment]);
        let of = |fits: &dyn Fn(&str, &str) -> bool| {
            let mut labels = labels.iter();
            labels.position(|label| stems.iter().any(|stem| fits(stem, &label.plain)))
        };
        let label = of(&same_word);
        let by_height = || {
            let height = stems.iter().find_map(|stem| match place_of(stem)? {
                Place::On(height) => Some(height),
                Place::Leaves(..) => None,
            })?;
            let place = heights.iter().position(|own| *own >= height)?;
            (known * 2 >= labels.len()).then_some(Target::Place(place))
        };
        direct += usize::from(label.is_some());
        let named = label.map(|label| target(&standing, label));
        let found = named.or_else(by_height);
        let found = found.or_else(|| of(&comes_with).map(|label| target(&standing, label)));
        stages.extend(found.map(|target| (moment, target)));
    }
    let telling = direct >= 2 || named && (direct >= 1 || known * 2 >= labels.len());
    telling.then_some(Draft {
        column,
        labels,
        standing,
        stages,
    })
}

/// Where labels stand by what each is called; what is not known and declared behind one that leaves the
/// path leaves it too.
fn label_places(labels: &[Label]) -> Vec<Option<Place>> {
    let mut left = false;
    let places = labels.iter().map(|label| {
        let place = place_of_label(&label.plain);
        left |= matches!(place, Some(Place::Leaves(..)));
        place.or(left.then_some(Place::Leaves(5, 34)))
    });
    places.collect()
}

/// Where each label stands by what it is called and the order in which labels are declared.
fn standing(labels: &[Label], places: &[Option<Place>], data_type: &Type) -> Vec<Standing> {
    let on = |at: &usize| !matches!(places[*at], Some(Place::Leaves(..)));
    let mut path: Vec<usize> = (0..labels.len()).filter(on).collect();
    let height = |at: usize| match places[at] {
        Some(Place::On(height)) => Some(height),
        _ => None,
    };
    let known: Vec<u8> = path.iter().filter_map(|&at| height(at)).collect();
    let rises = known.is_sorted();
    let by_letters = labels.is_sorted_by(|a, b| a.plain <= b.plain);
    let trusted = matches!(data_type.base(), Type::Enum(_)) && !by_letters;
    if !rises && !trusted {
        // What is not known stays behind what it stands behind.
        let mut last = 0;
        let mut keyed: Vec<(u8, usize)> = Vec::new();
        for &at in &path {
            last = height(at).unwrap_or(last);
            keyed.push((last, at));
        }
        keyed.sort_by_key(|(height, _)| *height);
        path = keyed.into_iter().map(|(_, at)| at).collect();
    }
    let mut last = 0;
    let heights: Vec<u8> = path
        .iter()
        .map(|&at| {
            last = height(at).unwrap_or(last);
            last
        })
        .collect();
    (0..labels.len())
        .map(
            |at| match (path.iter().position(|own| *own == at), places[at]) {
                (Some(place), _) => Standing::On(place),
                (None, Some(Place::Leaves(low, high))) => {
                    let within = |place: &usize| (low..=high).contains(&heights[*place]);
                    let mut from: Vec<usize> = (0..path.len()).filter(within).collect();
                    if from.is_empty() && !path.is_empty() {
                        from.push(0);
                    }
                    Standing::Left(from)
                }
                (None, _) => Standing::Left(Vec::new()),
            },
        )
        .collect()
}

/// The heights of the places on the path.
fn heights(standing: &[Standing], places: &[Option<Place>]) -> Vec<u8> {
    let mut path: Vec<(usize, Option<Place>)> = Vec::new();
    for (standing, place) in standing.iter().zip(places) {
        if let Standing::On(at) = standing {
            path.push((*at, *place));
        }
    }
    path.sort_by_key(|(at, _)| *at);
    let mut last = 0;
    path.into_iter()
        .map(|(_, place)| {
            if let Some(Place::On(height)) = place {
                last = last.max(height);
            }
            last
        })
        .collect()
}

/// What the configuration says.
fn told(
    asked: &StatesRule,
    table: &TablePlan,
    values: &Values,
    (column, labels): (usize, Vec<Label>),
    kept: (Option<&TableRules>, &[usize]),
) -> Result<Draft, String> {
    let text = |label: &Label| match &label.value {
        Value::Text(text) => text.clone(),
        _ => String::new(),
    };
    let known: Vec<String> = labels.iter().map(text).collect();
    for state in asked.path.iter().chain(asked.leave.keys()) {
        if !known.contains(state) {
            return Err(format!(
                "it never holds \"{state}\", only {}",
                known.join(", ")
            ));
        }
    }
    let place = |state: &String| asked.path.iter().position(|own| own == state);
    let standing: Vec<Standing> = known
        .iter()
        .map(|state| match (place(state), asked.leave.get(state)) {
            (Some(place), _) => Standing::On(place),
            (None, Some(from)) if from.is_empty() => {
                Standing::Left((0..asked.path.len()).collect())
            }
            (None, Some(from)) => Standing::Left(from.iter().filter_map(place).collect()),
            (None, None) => Standing::Left(Vec::new()),
        })
        .collect();
    let mut stages: Vec<(usize, Target)> = Vec::new();
    for (state, name) in &asked.at {
        let at = known.iter().position(|own| own == state);
        let moment = table.column(name).ok_or_else(|| {
            let names = table.columns.iter().map(|column| column.name.as_str());
            unlike_any(name, names)
        })?;
        let own = &table.columns[moment];
        if !is_dated(own) || !own.nullable || values.created == Some(moment) {
            return Err(format!(
                "column \"{name}\" cannot be empty until \"{state}\" is reached: it holds no moment, or \
                 never NULL"
            ));
        }
        if values.makers[moment].follow.is_some() {
            return Err(format!(
                "column \"{name}\" has a rule of its own, which says what it holds"
            ));
        }
        stages.extend(at.map(|at| (moment, target(&standing, at))));
    }
    for moment in free_moments(table, kept) {
        let stems = stems(table, &table.columns[moment]);
        let named = |label: &Label| stems.iter().any(|stem| same_word(&label.plain, stem));
        let label = labels.iter().position(named);
        let given = stages.iter().any(|(own, _)| *own == moment);
        stages.extend(
            label
                .filter(|_| !given)
                .map(|at| (moment, target(&standing, at))),
        );
    }
    Ok(Draft {
        column,
        labels,
        standing,
        stages,
    })
}

fn target(standing: &[Standing], label: usize) -> Target {
    match &standing[label] {
        Standing::On(place) => Target::Place(*place),
        Standing::Left(_) => Target::Label(label),
    }
}

/// The story of a draft: which stages each state has reached.
fn story(draft: Draft, table: &TablePlan, values: &Values) -> Option<Story> {
    let Draft {
        column,
        labels,
        standing,
        mut stages,
    } = draft;
    stages.sort_by_key(|(moment, target)| match target {
        Target::Place(place) => (*place, *moment),
        Target::Label(_) => (usize::MAX, *moment),
    });
    let until = |place: usize| {
        let own = stages.iter().enumerate();
        own.filter(move |(_, (_, target))| matches!(target, Target::Place(at) if *at <= place))
            .map(|(stage, _)| stage)
            .collect::<Vec<usize>>()
    };
    let last = standing
        .iter()
        .filter_map(|standing| match standing {
            Standing::On(place) => Some(*place),
            Standing::Left(_) => None,
        })
        .max();
    let mut states = Vec::new();
    for (at, (label, standing)) in labels.iter().zip(&standing).enumerate() {
        let own = stages
            .iter()
            .position(|(_, target)| *target == Target::Label(at));
        let mut ways: Vec<Vec<usize>> = match standing {
            Standing::On(place) => vec![until(*place)],
            Standing::Left(from) if from.is_empty() => vec![Vec::new()],
            Standing::Left(from) => from.iter().map(|place| until(*place)).collect(),
        };
        if matches!(standing, Standing::Left(_)) {
            ways.iter_mut().for_each(|way| way.extend(own));
        }
        ways.dedup();
        let weight = match standing {
            Standing::On(place) if Some(*place) == last => WEIGHT_LAST,
            Standing::On(0) => WEIGHT_FIRST,
            Standing::On(_) => WEIGHT_BETWEEN,
            Standing::Left(_) => WEIGHT_LEFT,
        };
        states.push(State {
            value: label.value.clone(),
            weight: label.weight.unwrap_or(weight),
            ways,
        });
    }
    let weights: Vec<u32> = states.iter().map(|state| state.weight).collect();
    let stages = stages.into_iter().map(|(column, _)| Stage {
        column,
        days: matches!(table.columns[column].data_type.base(), Type::Date),
    });
    Some(Story {
        state: column,
        stages: stages.collect(),
        begin: values.created,
        key: table.columns[column].key.part("story"),
        choice: Weighted::new(&weights)?,
        states,
    })
}

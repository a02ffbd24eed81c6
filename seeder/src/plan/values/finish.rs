//! What follows once keys and foreign keys have taken their columns: whose data a row holds, when it came
//! to be, what CHECKs make of places and pairs.

use std::collections::BTreeMap;

use super::{Maker, PersonOf, Values};
use crate::person::{Locales, People};
use crate::plan::relate::{listed_countries, restricted, tell_countries};
use crate::plan::table::{Choice, Digit, Origin, ParentPlan, SlotPart, SlotPlan, TablePlan};
use crate::plan::time::{Moment, Start, created, moments};
use crate::plan::tries::Tries;
use crate::plan::unlike::{Unlike, unlike};
use crate::value::Value;

/// Decides what follows from the origins of the columns; `tied` has the distinct values of columns that
/// are tied to others.
pub(in crate::plan) fn finish(
    tables: &mut [TablePlan],
    values: &mut [Values],
    (position, mut tied): (usize, BTreeMap<usize, Unlike>),
    locales: &Locales,
) {
    let tries = Tries::of(&tables[position], &values[position].groups);
    loosen(&mut tables[position], &values[position], &tries);
    stretch(&mut tables[position], &values[position]);
    order_twins(tables, values, position);
    let table = &tables[position];
    let by_rule = |column: usize| is_ruled(&values[position].makers[column]);
    let moments = moments(table, &by_rule);
    let created = created(table);
    let person = person_of(tables, values, position, locales);
    for (column, moment) in moments.into_iter().enumerate() {
        let unlike = tied
            .remove(&column)
            .or_else(|| match table.columns[column].origin {
                Origin::Distinct | Origin::Digit(_) | Origin::Tied(_) => {
                    unlike(&table.columns[column].key, &values[position], column)
                }
                _ => None,
            });
        let own_person = matches!(person, PersonOf::Own(_));
        let maker = &mut values[position].makers[column];
        let by_person = maker
            .generator
            .as_ref()
            .is_some_and(|generator| generator.distinct_by_person());
        maker.unlike = match table.columns[column].origin {
            Origin::Distinct
                if own_person && by_person && maker.group.is_none() && maker.weighted.is_none() =>
            {
                Some(Unlike::Person)
            }
            _ => unlike,
        };
        if let Some(moment) = moment {
            live((table, created), maker, moment);
        }
    }
    let own = &mut values[position];
    if matches!(person, PersonOf::Own(_))
        && let Some((column, countries)) = listed_countries(table, own)
        && restricted(locales, &countries).is_some()
    {
        tell_countries(own, column, &countries);
    }
    own.person = person;
    own.personal = own.makers.iter().any(|maker| {
        let generator = maker.generator.as_ref();
        generator.is_some_and(|generator| generator.of_person())
    });
    own.created = created;
    own.order = order(table, own);
    own.retries = retries(table, own);
}

/// Lets a column hold a moment of its row's life, unless a rule says what it holds.
fn live(
    (table, created): (&TablePlan, Option<usize>),
    maker: &mut Maker,
    (moment, nulls): (Moment, u32),
) {
    if is_ruled(maker) {
        return;
    }
    maker.moment = Some(moment);
    maker.nulls_per_million = nulls;
    let shown = |start| start_shown(table, start, created);
    maker.reason = match moment {
        Moment::Created => "when the row came to be, not before what it refers to".to_owned(),
        Moment::Since(start) => format!("between {} and the present", shown(start)),
        Moment::Begins(_, start) | Moment::After(start) => {
            format!("in the weeks after {}", shown(start))
        }
    };
}

/// Whether a rule says what a column holds.
fn is_ruled(maker: &Maker) -> bool {
    maker.weighted.is_some() || maker.reason == "the configuration names it"
}

/// Whether CHECKs read parents that may be chosen again for them.
fn retries(table: &TablePlan, values: &Values) -> bool {
    let by_parent = |column: &usize| matches!(table.columns[*column].origin, Origin::Parent(_));
    let mut groups = values.groups.iter();
    groups.any(|group| group.columns().iter().any(by_parent))
        && table.parents.iter().any(|link| {
            matches!(
                link.choice,
                Choice::Uniform | Choice::Spread(..) | Choice::Earlier | Choice::Within { .. }
            )
        })
}

/// How a moment's beginning is told.
fn start_shown(table: &TablePlan, start: Start, created: Option<usize>) -> String {
    let quoted = |column: usize| format!("\"{}\"", table.columns[column].name);
    match (start, created) {
        (Start::Column(column), _) | (Start::Created, Some(column)) => quoted(column),
        (Start::Created, None) => "the row came to be".to_owned(),
        (Start::Span(_), _) => "it began".to_owned(),
    }
}

/// Foreign keys that a CHECK ties to others are often NULL: "one of these three" needs it.
fn loosen(table: &mut TablePlan, values: &Values, tries: &Tries) {
    // Those that are tried together have a place of their own each; others count for nothing.
    let mut places = vec![0; tries.count];
    for (link, count) in table.parents.iter_mut().zip(&tries.links) {
        let tied = link
            .null_columns
            .iter()
            .any(|&column| values.makers[column].group.is_some());
        if let Some(count) = count.filter(|_| tied && link.nulls_per_million > 0) {
            link.nulls_per_million = 500_000;
            link.pattern = Some(places[count]);
            places[count] += 1;
        }
    }
}

/// Learns whether CHECKs want one of two digits of the same table before the other.
fn order_twins(tables: &mut [TablePlan], plan: &[Values], position: usize) {
    for tuple in 0..tables[position].tuples.len() {
        let table = &tables[position];
        let [Digit::Parent(first), Digit::Parent(second), ..] = table.tuples[tuple].digits[..]
        else {
            continue;
        };
        let columns = [first, second].map(|link| table.parents[link].columns[0]);
        let group = plan[position].makers[columns[0].0].group;
        let parent = &tables[table.parents[first].parent];
        let Origin::Serial { start, step } = parent.columns[columns[0].1].origin else {
            continue;
        };
        let (true, Some(group)) = (table.tuples[tuple].apart, group) else {
            continue;
        };
        let accepts = |places: [i64; 2]| {
            let mut cells = vec![Value::Null; table.columns.len()];
            for ((column, there), place) in columns.into_iter().zip(places) {
                let data_type = &parent.columns[there].data_type;
                cells[column] = crate::engine::number(start + place * step, data_type);
            }
            plan[position].groups[group].accepts(&cells)
        };
        let ascends = match (accepts([0, 1]), accepts([1, 0])) {
            (true, false) => Some(true),
            (false, true) => Some(false),
            _ => None,
        };
        tables[position].tuples[tuple].ascends = ascends;
    }
}

/// Makes places on a line longer until CHECKs on them are satisfied.
fn stretch(table: &mut TablePlan, values: &Values) {
    const FACTORS: [i64; 6] = [1, 7, 30, 90, 365, 3_650];
    for slot in 0..table.slots.len() {
        let columns: Vec<(usize, SlotPart)> = (0..table.columns.len())
            .filter_map(|column| match table.columns[column].origin {
                Origin::Slot(own, part) if own == slot => Some((column, part)),
                _ => None,
            })
            .collect();
        let tied = columns
            .iter()
            .find_map(|(column, _)| values.makers[*column].group);
        let Some(group) = tied.map(|group| &values.groups[group]) else {
            continue;
        };
        let fits = |factor: i64| {
            let mut cells = vec![Value::Null; table.columns.len()];
            (0..16).all(|place| {
                for &(column, part) in &columns {
                    let plan = &SlotPlan {
                        factor,
                        ..table.slots[slot].clone()
                    };
                    let data_type = &table.columns[column].data_type;
                    cells[column] = crate::engine::place(plan, place, part, data_type);
                }
                group.accepts(&cells)
            })
        };
        if let Some(factor) = FACTORS.into_iter().find(|factor| fits(*factor)) {
            table.slots[slot].factor = factor;
        }
    }
}

/// Columns that are computed for each row, those first that others begin at.
fn order(table: &TablePlan, values: &Values) -> Vec<usize> {
    let depth = |column: usize| {
        let mut depth = 0;
        let mut at = column;
        while let Some(Moment::Begins(_, start) | Moment::Since(start) | Moment::After(start)) =
            values.makers[at].moment
            && let Start::Column(other) = start
        {
            depth += 1;
            at = other;
            if depth > table.columns.len() {
                break;
            }
        }
        depth
    };
    let mut order: Vec<usize> = (0..table.columns.len())
        .filter(|&column| table.columns[column].origin == Origin::Free)
        .collect();
    order.sort_by_key(|&column| (depth(column), column));
    order
}

/// Words of foreign keys to the person whose data a row holds.
const PERSONS: [&str; 10] = [
    "user", "customer", "person", "account", "member", "owner", "employee", "contact", "profile",
    "patient",
];

/// By foreign keys alone: a table has a person whether or not a column of it or of its parents shows
/// one, so that such a column changes no other.
fn person_of(
    tables: &[TablePlan],
    values: &[Values],
    position: usize,
    locales: &Locales,
) -> PersonOf {
    let table = &tables[position];
    let via = |is: &dyn Fn(&ParentPlan) -> bool| {
        let earlier = |link: &ParentPlan| tables[link.parent].level < table.level;
        table
            .parents
            .iter()
            .position(|link| earlier(link) && is(link))
    };
    let named = |link: &ParentPlan| {
        let column = &table.columns[link.columns[0].0].known_as;
        PERSONS.iter().any(|word| column.contains(word))
    };
    // What belongs to somebody's order belongs to him too.
    let owned = |link: &ParentPlan| matches!(values[link.parent].person, PersonOf::Via(..));
    match via(&named).or_else(|| via(&owned)) {
        Some(link) => PersonOf::Via(link, People::new(&table.key, locales.clone())),
        None => {
            let listed = listed_countries(table, &values[position]);
            let mixture = listed.and_then(|(_, countries)| restricted(locales, &countries));
            let mixture = mixture.unwrap_or_else(|| locales.clone());
            PersonOf::Own(People::new(&table.key, mixture))
        }
    }
}

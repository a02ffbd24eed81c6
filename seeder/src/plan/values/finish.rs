//! What follows once keys and foreign keys have taken their columns: whose data a row holds, when it came
//! to be, what CHECKs make of places and pairs.

use super::{Maker, PersonOf, Unlike, Values, unlike};
use crate::person::{Locales, People};
use crate::plan::relate::{listed_countries, restricted, tell_countries};
use crate::plan::table::{Choice, Digit, Origin, SlotPart, SlotPlan, TablePlan};
use crate::plan::time::{Moment, moments};
use crate::value::Value;

/// Decides what follows from the origins of the columns.
pub(in crate::plan) fn finish(
    tables: &mut [TablePlan],
    values: &mut [Values],
    position: usize,
    locales: &Locales,
) {
    loosen(&mut tables[position], &values[position]);
    stretch(&mut tables[position], &values[position]);
    order_twins(tables, values, position);
    let table = &tables[position];
    let moments = moments(table);
    let person = person_of(tables, values, position, locales);
    for (column, moment) in moments.into_iter().enumerate() {
        let unlike = match table.columns[column].origin {
            Origin::Distinct | Origin::Digit(_) => {
                unlike(&table.columns[column].key, &values[position], column)
            }
            _ => None,
        };
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
            live(table, maker, moment);
        }
    }
    let made = |maker: &Maker| maker.moment == Some(Moment::Created);
    values[position].created = values[position].makers.iter().position(made);
    let own = &mut values[position];
    if matches!(person, PersonOf::Own(_))
        && let Some((column, countries)) = listed_countries(table, own)
        && restricted(locales, &countries).is_some()
    {
        tell_countries(own, column, &countries);
    }
    own.person = person;
    own.order = order(table, own);
    own.retries = own.groups.iter().any(|group| {
        group
            .columns()
            .iter()
            .any(|&column| matches!(table.columns[column].origin, Origin::Parent(_)))
    }) && table.parents.iter().any(|link| {
        matches!(
            link.choice,
            Choice::Uniform | Choice::Spread(..) | Choice::Earlier | Choice::Within { .. }
        )
    });
}

/// Lets a column hold a moment of its row's life, unless a rule says what it holds.
fn live(table: &TablePlan, maker: &mut Maker, (moment, nulls): (Moment, u32)) {
    if maker.weighted.is_some() || maker.reason == "the configuration names it" {
        return;
    }
    maker.moment = Some(moment);
    maker.nulls_per_million = nulls;
    let name = |column: usize| &table.columns[column].name;
    maker.reason = match moment {
        Moment::Created => "when the row came to be, not before what it refers to".to_owned(),
        Moment::Since(other) => format!("between \"{}\" and the present", name(other)),
        Moment::After(other) => format!("in the weeks after \"{}\"", name(other)),
    };
}

/// Foreign keys that a CHECK ties to others are often NULL: "one of these three" needs it.
fn loosen(table: &mut TablePlan, values: &Values) {
    for link in &mut table.parents {
        let tied = link
            .null_columns
            .iter()
            .any(|&column| values.makers[column].group.is_some());
        if tied && link.nulls_per_million > 0 {
            link.nulls_per_million = 500_000;
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
        while let Some(Moment::Since(other) | Moment::After(other)) = values.makers[at].moment {
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

fn person_of(
    tables: &[TablePlan],
    values: &[Values],
    position: usize,
    locales: &Locales,
) -> PersonOf {
    let table = &tables[position];
    let personal = values[position].makers.iter().any(|maker| {
        maker
            .generator
            .as_ref()
            .is_some_and(|generator| generator.of_person())
    });
    if !personal {
        return PersonOf::Nobody;
    }
    let via = table.parents.iter().position(|link| {
        let known = !matches!(values[link.parent].person, PersonOf::Nobody);
        let earlier = tables[link.parent].level < table.level;
        let column = &table.columns[link.columns[0].0].name;
        let named = PERSONS.iter().any(|word| column.contains(word));
        let one = matches!(link.choice, Choice::Once(_));
        known && earlier && (named || one)
    });
    match via {
        Some(link) => PersonOf::Via(link),
        None => {
            let listed = listed_countries(table, &values[position]);
            let mixture = listed.and_then(|(_, countries)| restricted(locales, &countries));
            let mixture = mixture.unwrap_or_else(|| locales.clone());
            PersonOf::Own(People::new(&table.key, mixture))
        }
    }
}

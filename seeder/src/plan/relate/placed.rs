//! Countries and what goes with them: currency, language, time zone, telephone, address.

use super::Follow;
use super::life::plain;
use crate::person::Locales;
use crate::plan::table::{Origin, TablePlan};
use crate::plan::values::{Maker, Values};
use crate::value::{Type, Value};
use crate::words::geo::{Country, country_named};
use crate::words::{Locale, locales};

/// More countries than this are the world, which no list of a column restricts.
const COUNTRIES_MAX: u64 = 300;

/// Generators whose values are of a place.
const OF_PLACE: [&str; 15] = [
    "street_address",
    "street_name",
    "house_number",
    "address_line2",
    "full_address",
    "city",
    "postcode",
    "region",
    "region_code",
    "latitude",
    "longitude",
    "time_zone",
    "locale",
    "language_code",
    "phone",
];

/// Generators whose values are of a country's money.
const OF_MONEY: [&str; 3] = ["currency_code", "currency", "currency_symbol"];

/// A country, how a column writes it, and how often it is asked for.
pub(in crate::plan) type Listed = (&'static Country, Value, Option<u32>);

/// The countries that a column lists, with how it writes each and how often, where all of them are
/// countries that people can be from.
pub(in crate::plan) fn listed_countries(
    table: &TablePlan,
    values: &Values,
) -> Option<(usize, Vec<Listed>)> {
    let columns = country_columns(table, &values.makers);
    let [column] = columns[..] else {
        return None;
    };
    if table.columns[column].origin != Origin::Free {
        return None;
    }
    let maker = &values.makers[column];
    let group = maker.group.map(|group| &values.groups[group]);
    let found: Vec<(Value, Option<u32>)> = match (
        &maker.weighted,
        group,
        table.columns[column].data_type.base(),
    ) {
        (Some((listed, choice)), ..) => {
            let shares = choice.shares();
            listed
                .iter()
                .cloned()
                .zip(shares.into_iter().map(Some))
                .collect()
        }
        (None, Some(group), _) => {
            let members = group.members(column, COUNTRIES_MAX)?;
            members.into_iter().map(|value| (value, None)).collect()
        }
        (None, None, Type::Enum(labels)) => {
            let labels = labels.iter().cloned();
            labels.map(|label| (Value::Text(label), None)).collect()
        }
        _ => return None,
    };
    let mut countries = Vec::new();
    for (value, weight) in found {
        let Value::Text(text) = &value else {
            return None;
        };
        let country = country_named(text)?;
        locales().iter().find(|locale| locale.country == country)?;
        countries.push((country, value, weight));
    }
    (!countries.is_empty()).then_some((column, countries))
}

/// The same mixture of locales with people from these countries alone; `None` where it has none.
pub(in crate::plan) fn restricted(mixture: &Locales, countries: &[Listed]) -> Option<Locales> {
    let of = |locale: &Locale| countries.iter().find(|(own, ..)| *own == locale.country);
    let together = |country: &Country| {
        let own = mixture
            .shares()
            .filter(|(locale, _)| locale.country == country);
        own.map(|(_, weight)| weight).sum::<u64>().max(1)
    };
    let shares = mixture.shares().filter_map(|(locale, weight)| {
        let (country, _, asked) = of(locale)?;
        let share = match asked {
            // A country's share is divided among its languages as they are.
            Some(asked) => u64::from(*asked) * 1_000_000 * weight / together(country),
            None => weight * 1_000,
        };
        Some((locale, share.max(1)))
    });
    Locales::of_shares(shares)
}

/// Columns that tell a country in letters.
fn country_columns(table: &TablePlan, makers: &[Maker]) -> Vec<usize> {
    let tells = |column: &usize| {
        let own = &table.columns[*column];
        let words = plain(&own.known_as);
        let named = words.split(' ').any(|word| word == "country");
        let text = matches!(own.data_type.base(), Type::Text { .. } | Type::Enum(_));
        let made = makers[*column]
            .generator
            .as_ref()
            .map(|generator| generator.name());
        named && text && !matches!(made, Some("uuid"))
    };
    (0..table.columns.len()).filter(tells).collect()
}

/// What columns of a place and of money follow.
pub(super) fn placed(table: &TablePlan, values: &Values, personal: bool) -> Vec<(usize, Follow)> {
    let countries = country_columns(table, &values.makers);
    let mut found = Vec::new();
    for column in 0..table.columns.len() {
        let maker = &values.makers[column];
        let name = maker
            .generator
            .as_ref()
            .map_or("", |generator| generator.name());
        let ruled = maker.weighted.is_some() || maker.follow.is_some();
        let decided = table.columns[column].origin != Origin::Free;
        if ruled
            || decided
            || !matches!(
                table.columns[column].data_type.base(),
                Type::Text { .. } | Type::Decimal { .. } | Type::Float { .. }
            )
        {
            continue;
        }
        let country = nearest(table, &countries, column);
        let own = country.filter(|country| !is_of_person(table, values, *country));
        if OF_PLACE.contains(&name)
            && let Some(country) = own
        {
            found.push((column, Follow::Placed(country)));
        } else if OF_MONEY.contains(&name) && (own.is_some() || personal) {
            found.push((column, Follow::Money(own)));
        }
    }
    found
}

/// Whether a column tells the country of the row's person.
fn is_of_person(table: &TablePlan, values: &Values, column: usize) -> bool {
    let maker = &values.makers[column];
    let made = maker
        .generator
        .as_ref()
        .is_some_and(|generator| generator.of_person());
    let told = matches!(maker.follow, Some(Follow::Country(_)));
    let free = table.columns[column].origin == Origin::Free;
    let open = maker.weighted.is_none()
        && maker.group.is_none_or(|group| {
            values.groups[group]
                .members(column, COUNTRIES_MAX)
                .is_none()
        });
    told || made && free && open
}

/// The country whose column is called most like another: `billing_country` for `billing_city`.
fn nearest(table: &TablePlan, countries: &[usize], column: usize) -> Option<usize> {
    let own = plain(&table.columns[column].known_as);
    let alike = |country: &usize| {
        let other = plain(&table.columns[*country].known_as);
        let both = own.split(' ').zip(other.split(' '));
        both.take_while(|(a, b)| a == b).count()
    };
    let others = countries
        .iter()
        .copied()
        .filter(|country| *country != column);
    others.max_by_key(|country| (alike(country), std::cmp::Reverse(*country)))
}

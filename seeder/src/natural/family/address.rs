//! Parts of addresses, all of one person's place.

use crate::natural::apart::{Piece, Style, code, listed, words};
use crate::natural::entry::{Entry, Form, Number};
use crate::natural::{Cell, Distinct};
use crate::person::push_number;
use crate::words::geo::{COUNTRIES, LANGUAGES};
use crate::words::{locales, prose, trade};

use super::one_of;

pub(super) const ENTRIES: &[Entry] = &[
    Entry::person(
        "street_address",
        "street and house number",
        Form::Text(street_line, places_apart),
    ),
    Entry::person("street_name", "a street", Form::Text(street, places_apart)),
    Entry::person("house_number", "a house number", Form::Number(house_number)),
    Entry::person(
        "address_line2",
        "a flat, a floor, a suite",
        Form::Text(second_line, places_apart),
    ),
    Entry::person(
        "full_address",
        "street, postcode and city in one line",
        Form::Text(full_address, places_apart),
    ),
    Entry::person("city", "a city", Form::Text(city, cities_apart)),
    Entry::person(
        "postcode",
        "a postcode of the city",
        Form::Text(postcode, code),
    ),
    Entry::person(
        "region",
        "a state or province",
        Form::Text(region, regions_apart),
    ),
    Entry::person(
        "region_code",
        "a state's abbreviation",
        Form::Text(region_code, code),
    ),
    Entry::person(
        "country",
        "a country's English name",
        Form::Text(country, countries_apart),
    ),
    Entry::person(
        "country_code",
        "a country's ISO 3166 code of two or three letters",
        Form::Text(country_code, country_codes_apart),
    ),
    Entry::person(
        "latitude",
        "a latitude near the city",
        Form::Number(latitude),
    ),
    Entry::person(
        "longitude",
        "a longitude near the city",
        Form::Number(longitude),
    ),
    Entry::person(
        "time_zone",
        "an IANA time zone",
        Form::Text(time_zone, zones_apart),
    ),
    Entry::person(
        "locale",
        "a language tag: de-DE",
        Form::Text(locale, locale_tags_apart),
    ),
    Entry::person(
        "language_code",
        "a language's ISO 639-1 code",
        Form::Text(language_code, languages_apart),
    ),
    Entry::new(
        "language",
        "a language's English name",
        Form::Text(language, language_names_apart),
    ),
    Entry::new(
        "world_country",
        "any country of the world",
        Form::Text(world_country, countries_apart),
    ),
    Entry::new(
        "continent",
        "a continent",
        Form::Text(continent, continents_apart),
    ),
];

const CONTINENTS: &[&str] = &[
    "Europe",
    "Asia",
    "North America",
    "South America",
    "Africa",
    "Oceania",
    "Antarctica",
];

fn street_line(cell: &Cell<'_>, max: usize, out: &mut String) {
    let person = cell.person();
    person.write_street_line(out);
    if out.len() > max {
        out.clear();
        out.push_str(person.street_name());
    }
}

fn street(cell: &Cell<'_>, _max: usize, out: &mut String) {
    out.push_str(cell.person().street_name());
}

fn house_number(cell: &Cell<'_>) -> Number {
    Number {
        units: cell.person().house_number() as i64,
        scale: 0,
    }
}

fn second_line(cell: &Cell<'_>, _max: usize, out: &mut String) {
    out.push_str(one_of(
        cell.draw(1),
        &["Apt. ", "Suite ", "Unit ", "Floor "],
    ));
    push_number(cell.person().unit_number(), out);
}

fn full_address(cell: &Cell<'_>, _max: usize, out: &mut String) {
    let person = cell.person();
    person.write_street_line(out);
    out.push_str(", ");
    person.write_postcode(out);
    out.push(' ');
    out.push_str(person.place().city);
}

fn city(cell: &Cell<'_>, _max: usize, out: &mut String) {
    out.push_str(cell.person().place().city);
}

fn postcode(cell: &Cell<'_>, _max: usize, out: &mut String) {
    cell.person().write_postcode(out);
}

fn region(cell: &Cell<'_>, max: usize, out: &mut String) {
    let place = cell.person().place();
    out.push_str(if max < 4 {
        place.region_code
    } else {
        place.region
    });
}

fn region_code(cell: &Cell<'_>, _max: usize, out: &mut String) {
    out.push_str(cell.person().place().region_code);
}

fn country(cell: &Cell<'_>, max: usize, out: &mut String) {
    let country = cell.person().locale().country;
    out.push_str(match max {
        ..=2 => country.code,
        3 => country.code3,
        _ => country.name,
    });
}

fn country_code(cell: &Cell<'_>, max: usize, out: &mut String) {
    let country = cell.person().locale().country;
    out.push_str(if max == 3 {
        country.code3
    } else {
        country.code
    });
}

fn latitude(cell: &Cell<'_>) -> Number {
    Number {
        units: cell.person().position().0,
        scale: 6,
    }
}

fn longitude(cell: &Cell<'_>) -> Number {
    Number {
        units: cell.person().position().1,
        scale: 6,
    }
}

fn time_zone(cell: &Cell<'_>, _max: usize, out: &mut String) {
    out.push_str(cell.person().place().time_zone);
}

fn locale(cell: &Cell<'_>, max: usize, out: &mut String) {
    let locale = cell.person().locale();
    out.push_str(if max < 5 {
        locale.language()
    } else {
        locale.tag
    });
}

fn language_code(cell: &Cell<'_>, _max: usize, out: &mut String) {
    out.push_str(cell.person().locale().language());
}

fn language(cell: &Cell<'_>, _max: usize, out: &mut String) {
    out.push_str(super::early_of(cell.draw(0), LANGUAGES).name);
}

fn world_country(cell: &Cell<'_>, max: usize, out: &mut String) {
    let country = one_of(cell.draw(0), COUNTRIES);
    out.push_str(match max {
        ..=2 => country.code,
        3 => country.code3,
        _ => country.name,
    });
}

fn continent(cell: &Cell<'_>, _max: usize, out: &mut String) {
    out.push_str(super::early_of(cell.draw(0), CONTINENTS));
}

/// Cities of every locale, then made-up ones.
fn cities_apart(max: usize) -> Distinct {
    listed(locales().iter().flat_map(|l| l.places).map(|p| p.city), max)
}

fn regions_apart(max: usize) -> Distinct {
    listed(
        locales().iter().flat_map(|l| l.places).map(|p| p.region),
        max,
    )
}

fn zones_apart(max: usize) -> Distinct {
    listed(
        locales().iter().flat_map(|l| l.places).map(|p| p.time_zone),
        max,
    )
}

fn locale_tags_apart(max: usize) -> Distinct {
    listed(locales().iter().map(|locale| locale.tag), max)
}

fn countries_apart(max: usize) -> Distinct {
    match max {
        ..=2 => listed(COUNTRIES.iter().map(|country| country.code), max),
        3 => listed(COUNTRIES.iter().map(|country| country.code3), max),
        _ => listed(COUNTRIES.iter().map(|country| country.name), max),
    }
}

fn country_codes_apart(max: usize) -> Distinct {
    match max {
        3 => listed(COUNTRIES.iter().map(|country| country.code3), max),
        _ => listed(COUNTRIES.iter().map(|country| country.code), max),
    }
}

fn languages_apart(max: usize) -> Distinct {
    listed(LANGUAGES.iter().map(|language| language.code), max)
}

fn language_names_apart(max: usize) -> Distinct {
    listed(LANGUAGES.iter().map(|language| language.name), max)
}

fn continents_apart(max: usize) -> Distinct {
    listed(CONTINENTS.iter().copied(), max)
}

fn places_apart(max: usize) -> Distinct {
    const PIECES: &[Piece] = &[
        Piece::Words(prose::QUALITIES),
        Piece::Fixed(" "),
        Piece::Words(trade::CODE_NAMES),
        Piece::Fixed(" "),
        Piece::Words(&[
            "Street", "Road", "Lane", "Avenue", "Square", "Hill", "Court", "Way",
        ]),
    ];
    words(PIECES, Style::Plain, max)
}

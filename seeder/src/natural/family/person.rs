//! How people are called.

use crate::natural::Cell;
use crate::natural::Distinct;
use crate::natural::apart::{Piece, Style, fixed_code, words};
use crate::natural::entry::{Entry, Form};
use crate::value::Value;
use crate::words::locales;

use super::one_of;

pub(super) const ENTRIES: &[Entry] = &[
    Entry::person(
        "full_name",
        "given and family name in the order of their locale",
        Form::Text(full_name, names_apart),
    ),
    Entry::person("given_name", "a given name", Form::Text(given, names_apart)),
    Entry::person(
        "family_name",
        "a family name",
        Form::Text(family, names_apart),
    ),
    Entry::person(
        "middle_name",
        "a second given name, or its initial",
        Form::Text(middle, names_apart),
    ),
    Entry::person(
        "name_title",
        "a form of address",
        Form::Text(title, names_apart),
    ),
    Entry::person(
        "initials",
        "initials of the name",
        Form::Text(initials, super::super::apart::code),
    ),
    Entry::person(
        "username",
        "a user name, unique to the person",
        Form::PersonalText(username, usernames_apart, 9),
    ),
    Entry::person(
        "nickname",
        "the given name in lower case with a number",
        Form::Text(nickname, usernames_apart),
    ),
    Entry::new(
        "gender",
        "a gender as forms offer it",
        Form::Text(gender, genders_apart),
    ),
    Entry::new(
        "name_suffix",
        "Jr., III and the like",
        Form::Text(suffix, names_apart),
    ),
    Entry::new(
        "marital_status",
        "single, married …",
        Form::Text(marital, names_apart),
    ),
    Entry::new(
        "blood_group",
        "a blood group",
        Form::Text(blood, super::super::apart::code),
    ),
];

fn full_name(cell: &Cell<'_>, max: usize, out: &mut String) {
    let person = cell.person();
    person.write_full_name(out);
    if out.len() > max {
        out.clear();
        out.push_str(person.family().text);
    }
}

fn given(cell: &Cell<'_>, _max: usize, out: &mut String) {
    out.push_str(cell.person().given().text);
}

fn family(cell: &Cell<'_>, _max: usize, out: &mut String) {
    out.push_str(cell.person().family().text);
}

fn middle(cell: &Cell<'_>, max: usize, out: &mut String) {
    let person = cell.person();
    let draw = cell.draw(1);
    let names = &person.locale().given;
    let name = names[draw.below(names.len() as u64) as usize].text;
    if max < 3 || draw.next().chance(400_000) {
        out.extend(name.chars().take(1));
        out.push('.');
    } else {
        out.push_str(name);
    }
}

fn title(cell: &Cell<'_>, _max: usize, out: &mut String) {
    out.push_str(cell.person().title());
}

fn initials(cell: &Cell<'_>, _max: usize, out: &mut String) {
    let person = cell.person();
    for name in [person.given(), person.family()] {
        out.extend(name.ascii.chars().take(1).map(|c| c.to_ascii_uppercase()));
    }
}

fn username(cell: &Cell<'_>, max: usize, out: &mut String) {
    cell.person().write_username(max, out);
}

fn nickname(cell: &Cell<'_>, _max: usize, out: &mut String) {
    out.push_str(&cell.person().given().ascii);
    crate::person::push_number(1 + cell.draw(1).below(99), out);
}

fn gender(cell: &Cell<'_>, max: usize, out: &mut String) {
    let roll = cell.draw(0).below(100);
    let (word, letter) = match roll {
        0..49 => ("female", 'F'),
        49..98 => ("male", 'M'),
        98 => ("non_binary", 'X'),
        _ => ("undisclosed", 'U'),
    };
    if max < word.len() || max < 6 {
        out.push(letter);
    } else {
        out.push_str(word);
    }
}

fn suffix(cell: &Cell<'_>, _max: usize, out: &mut String) {
    out.push_str(one_of(
        cell.draw(0),
        &["Jr.", "Sr.", "II", "III", "PhD", "MD"],
    ));
}

fn marital(cell: &Cell<'_>, _max: usize, out: &mut String) {
    out.push_str(super::early_of(
        cell.draw(0),
        crate::words::technical::MARITAL_STATES,
    ));
}

fn blood(cell: &Cell<'_>, _max: usize, out: &mut String) {
    out.push_str(super::early_of(
        cell.draw(0),
        crate::words::technical::BLOOD_GROUPS,
    ));
}

/// American given and family names; the list of given names is the longest one.
fn names_apart(max: usize) -> Distinct {
    let american = &locales()[0];
    if max < 16 {
        return super::super::apart::code(max);
    }
    let (givens, families) = (american.given.len() as u64, american.family.len() as u64);
    let block = givens * families;
    let unrank = move |rank: u64| {
        let pair = rank % block;
        let given = &american.given[(pair % givens) as usize];
        let family = &american.family[(pair / givens) as usize];
        let mut name = format!("{} {}", given.text, family.text);
        if rank >= block {
            name.push(' ');
            crate::person::push_number(rank / block + 1, &mut name);
        }
        if name.chars().count() > max {
            // A code in parentheses is no name, hence equal to none of the others.
            let code = format!("({})", fixed_code(rank, 8));
            name = code;
        }
        Value::Text(name)
    };
    Distinct::new(block * 999_999, unrank).in_blocks(block)
}

fn usernames_apart(max: usize) -> Distinct {
    const PIECES: &[Piece] = &[
        Piece::Words(crate::words::prose::QUALITIES),
        Piece::Fixed("_"),
        Piece::Words(crate::words::trade::CODE_NAMES),
        Piece::Digits(3),
    ];
    words(PIECES, Style::Slug, max)
}

fn genders_apart(max: usize) -> Distinct {
    super::super::apart::listed(crate::words::technical::GENDERS.iter().copied(), max)
}

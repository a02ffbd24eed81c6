//! Companies and the work in them.

use crate::natural::apart::{self, Piece, Style, listed};
use crate::natural::entry::{Entry, Form};
use crate::natural::{Cell, Distinct};
use crate::person::push_number;
use crate::value::Value;
use crate::words::{self, trade};

use super::{early_of, join, one_of};

pub(super) const ENTRIES: &[Entry] = &[
    Entry::person(
        "company",
        "a company's name",
        Form::Text(company, companies_apart),
    ),
    Entry::new(
        "department",
        "a department",
        Form::Text(department, departments_apart),
    ),
    Entry::new("team", "a team's name", Form::Text(team, teams_apart)),
    Entry::new(
        "job_title",
        "a job title",
        Form::Text(job_title, job_titles_apart),
    ),
    Entry::new(
        "profession",
        "a profession",
        Form::Text(profession, professions_apart),
    ),
    Entry::new(
        "industry",
        "an industry",
        Form::Text(industry, industries_apart),
    ),
    Entry::new(
        "slogan",
        "what a company says of itself",
        Form::Text(slogan, slogans_apart),
    ),
    Entry::new(
        "tax_id",
        "a tax number of no country (XX and nine digits)",
        Form::Text(tax_id, tax_ids_apart),
    ),
];

/// A family's name or two, or a name from nowhere, and what the company is about.
fn company(cell: &Cell<'_>, max: usize, out: &mut String) {
    let person = cell.person();
    let draw = cell.draw(1);
    let venture = one_of(draw, trade::VENTURES);
    let form = one_of(draw.next(), person.locale().company_forms);
    let style = draw.next().next();
    match style.below(10) {
        0..5 => join(&[person.family().text, venture, form], " ", out),
        5..7 => {
            let families = &person.locale().family;
            let other = families[style.next().below(families.len() as u64) as usize].text;
            join(&[person.family().text, "&", other, form], " ", out);
        }
        _ => join(
            &[one_of(style.next(), trade::CODE_NAMES), venture, form],
            " ",
            out,
        ),
    }
    if out.chars().count() > max {
        out.clear();
        join(&[person.family().text, form], " ", out);
    }
}

fn department(cell: &Cell<'_>, _max: usize, out: &mut String) {
    out.push_str(early_of(cell.draw(0), trade::DEPARTMENTS));
}

fn team(cell: &Cell<'_>, _max: usize, out: &mut String) {
    out.push_str(one_of(cell.draw(0), trade::CODE_NAMES));
}

fn job_title(cell: &Cell<'_>, max: usize, out: &mut String) {
    let draw = cell.draw(0);
    let field = one_of(draw, words::JOB_FIELDS);
    let position = one_of(draw.next(), words::POSITIONS);
    if max > 40 && draw.next().next().chance(400_000) {
        join(
            &[
                one_of(draw.next().next().next(), words::SENIORITIES),
                field,
                position,
            ],
            " ",
            out,
        );
    } else {
        join(&[field, position], " ", out);
    }
}

fn profession(cell: &Cell<'_>, _max: usize, out: &mut String) {
    out.push_str(one_of(cell.draw(0), words::PROFESSIONS));
}

fn industry(cell: &Cell<'_>, _max: usize, out: &mut String) {
    out.push_str(early_of(cell.draw(0), words::INDUSTRIES));
}

fn slogan(cell: &Cell<'_>, _max: usize, out: &mut String) {
    let draw = cell.draw(0);
    let parts = [
        one_of(draw, words::SLOGAN_VERBS),
        one_of(draw.next(), words::SLOGAN_ADJECTIVES),
        one_of(draw.next().next(), words::SLOGAN_NOUNS),
    ];
    join(&parts, " ", out);
}

/// ISO 3166-1 leaves XX to its users, so no register knows the number.
fn tax_id(cell: &Cell<'_>, _max: usize, out: &mut String) {
    out.push_str("XX");
    push_number(100_000_000 + cell.draw(0).below(900_000_000), out);
}

fn tax_ids_apart(max: usize) -> Distinct {
    let digits = max.saturating_sub(2).clamp(1, 12);
    let prefix = if max > 2 { "XX" } else { "" };
    Distinct::new(10_u64.pow(digits as u32), move |rank| {
        Value::Text(format!("{prefix}{rank:0digits$}"))
    })
}

/// A name from nowhere, what the company is about, and its form.
fn companies_apart(max: usize) -> Distinct {
    const PIECES: &[Piece] = &[
        Piece::Words(trade::CODE_NAMES),
        Piece::Fixed(" "),
        Piece::Words(trade::VENTURES),
        Piece::Fixed(" "),
        Piece::Words(&[
            "Inc.", "LLC", "Ltd", "Group", "GmbH", "Corp.", "S.A.", "Partners", "Holding", "Co.",
            "B.V.", "AG",
        ]),
    ];
    apart::words(PIECES, Style::Plain, max)
}

fn departments_apart(max: usize) -> Distinct {
    listed(trade::DEPARTMENTS.iter().copied(), max)
}

fn teams_apart(max: usize) -> Distinct {
    listed(trade::CODE_NAMES.iter().copied(), max)
}

fn job_titles_apart(max: usize) -> Distinct {
    const PIECES: &[Piece] = &[
        Piece::Words(words::SENIORITIES),
        Piece::Fixed(" "),
        Piece::Words(words::JOB_FIELDS),
        Piece::Fixed(" "),
        Piece::Words(words::POSITIONS),
    ];
    apart::words(PIECES, Style::Plain, max)
}

fn professions_apart(max: usize) -> Distinct {
    listed(words::PROFESSIONS.iter().copied(), max)
}

fn industries_apart(max: usize) -> Distinct {
    listed(words::INDUSTRIES.iter().copied(), max)
}

fn slogans_apart(max: usize) -> Distinct {
    const PIECES: &[Piece] = &[
        Piece::Words(words::SLOGAN_VERBS),
        Piece::Fixed(" "),
        Piece::Words(words::SLOGAN_ADJECTIVES),
        Piece::Fixed(" "),
        Piece::Words(words::SLOGAN_NOUNS),
    ];
    apart::words(PIECES, Style::Plain, max)
}

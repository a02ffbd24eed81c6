//! How people and companies are reached; nobody is.

use crate::natural::apart::{Piece, Style, code, slug, words};
use crate::natural::entry::{Entry, Form};
use crate::natural::{Cell, Distinct};
use crate::person::{push_base36, push_number};
use crate::value::Value;
use crate::words::{prose, trade};

use super::one_of;

pub(super) const ENTRIES: &[Entry] = &[
    Entry::person(
        "email",
        "an e-mail address of a reserved domain, unique to the person",
        Form::PersonalText(email, emails_apart, 19),
    ),
    Entry::new(
        "company_email",
        "a shared mailbox of a reserved domain",
        Form::Text(mailbox, emails_apart),
    ),
    Entry::person(
        "phone",
        "a telephone number of a fictional range",
        Form::Text(phone, phones_apart),
    ),
    Entry::new(
        "url",
        "a web address of a reserved domain",
        Form::Text(url, urls_apart),
    ),
    Entry::new(
        "domain",
        "a reserved domain name",
        Form::Text(domain, domains_apart),
    ),
    Entry::person(
        "avatar_url",
        "the address of a portrait",
        Form::Text(avatar, urls_apart),
    ),
    Entry::new(
        "image_url",
        "the address of a picture",
        Form::Text(image, urls_apart),
    ),
    Entry::person(
        "social_handle",
        "a name with @ in front",
        Form::Text(handle, handles_apart),
    ),
];

fn email(cell: &Cell<'_>, max: usize, out: &mut String) {
    cell.person().write_email(max, out);
}

/// Half a host could be somebody's: what does not fit gives way to a shorter one, or to none.
pub(super) fn shorten(max: usize, shorter: &[&str], out: &mut String) {
    if out.chars().count() <= max {
        return;
    }
    out.clear();
    if let Some(text) = shorter.iter().find(|text| text.len() <= max) {
        out.push_str(text);
    }
}

fn mailbox(cell: &Cell<'_>, max: usize, out: &mut String) {
    const BOXES: &[&str] = &[
        "info", "office", "hello", "sales", "support", "accounts", "team", "contact",
    ];
    out.push_str(one_of(cell.draw(0), BOXES));
    out.push('@');
    push_domain(cell, out);
    shorten(max, &["info@example.com", "a@b.example", "info", "a"], out);
}

fn phone(cell: &Cell<'_>, max: usize, out: &mut String) {
    cell.person().write_phone(out);
    if out.len() > max {
        out.retain(|letter| letter.is_ascii_digit());
        if out.len() > max {
            let excess = out.len() - max;
            out.drain(..excess);
        }
    }
}

/// A company's host below `.example`.
pub(super) fn push_domain(cell: &Cell<'_>, out: &mut String) {
    let draw = cell.draw(7);
    let name = one_of(draw, trade::CODE_NAMES);
    let venture = one_of(draw.next(), trade::VENTURES);
    out.push_str(&slug(name));
    out.push('-');
    out.push_str(&slug(venture));
    out.push_str(".example");
}

fn domain(cell: &Cell<'_>, max: usize, out: &mut String) {
    push_domain(cell, out);
    shorten(max, &["example.com", "a.example", "example", "a"], out);
}

const SHORT_URLS: &[&str] = &["https://example.com/", "//example.com", "example", "a"];

fn url(cell: &Cell<'_>, max: usize, out: &mut String) {
    out.push_str("https://");
    push_domain(cell, out);
    let draw = cell.draw(0);
    if max > 60 {
        out.push('/');
        out.push_str(one_of(draw, prose::NOUNS));
        out.push('/');
        out.push_str(one_of(draw.next(), prose::NOUNS));
    }
    shorten(max, SHORT_URLS, out);
}

fn avatar(cell: &Cell<'_>, max: usize, out: &mut String) {
    out.push_str("https://example.com/avatars/");
    cell.person().write_username(usize::MAX, out);
    out.push_str(".png");
    shorten(max, SHORT_URLS, out);
}

fn image(cell: &Cell<'_>, max: usize, out: &mut String) {
    let draw = cell.draw(0);
    out.push_str("https://example.com/images/");
    out.push_str(one_of(draw, prose::NOUNS));
    out.push('-');
    push_number(draw.next().below(100_000), out);
    out.push_str(".jpg");
    shorten(max, SHORT_URLS, out);
}

fn handle(cell: &Cell<'_>, max: usize, out: &mut String) {
    out.push('@');
    cell.person().write_username(max.saturating_sub(1), out);
}

/// An adjective and a name at a reserved domain.
fn emails_apart(max: usize) -> Distinct {
    const PIECES: &[Piece] = &[
        Piece::Words(prose::QUALITIES),
        Piece::Fixed("."),
        Piece::Words(trade::CODE_NAMES),
    ];
    const DOMAIN: &str = "@example.com";
    if max < DOMAIN.len() + 6 {
        // Too short for a local part and a domain of its own: whatever is unique.
        return code(max);
    }
    let room = if max == usize::MAX {
        max
    } else {
        max - DOMAIN.len()
    };
    words(PIECES, Style::Slug, room).map(|value| suffixed(value, DOMAIN))
}

pub(super) fn suffixed(value: Value, suffix: &str) -> Value {
    match value {
        Value::Text(mut text) => {
            text.push_str(suffix);
            Value::Text(text)
        }
        other => other,
    }
}

fn prefixed(value: Value, prefix: &str) -> Value {
    match value {
        Value::Text(text) => Value::Text(format!("{prefix}{text}")),
        other => other,
    }
}

/// Numbers behind +999, a country code that the ITU's list of E.164 codes gives to nobody.
fn phones_apart(max: usize) -> Distinct {
    let (prefix, digits) = match max {
        14.. => ("+999", (max - 4).min(12)),
        11..14 => ("999", max - 3),
        _ => ("", max.max(1)),
    };
    let size = 10_u64.pow(digits as u32);
    Distinct::new(size, move |rank| {
        Value::Text(format!("{prefix}{rank:0digits$}"))
    })
}

fn urls_apart(max: usize) -> Distinct {
    const PIECES: &[Piece] = &[
        Piece::Words(prose::QUALITIES),
        Piece::Fixed("-"),
        Piece::Words(prose::NOUNS),
    ];
    const HOST: &str = "https://example.com/";
    if max < HOST.len() + 6 {
        return code(max);
    }
    let room = if max == usize::MAX {
        max
    } else {
        max - HOST.len()
    };
    words(PIECES, Style::Slug, room).map(|value| prefixed(value, HOST))
}

fn domains_apart(max: usize) -> Distinct {
    const PIECES: &[Piece] = &[
        Piece::Words(trade::CODE_NAMES),
        Piece::Fixed("-"),
        Piece::Words(trade::VENTURES),
    ];
    const ROOT: &str = ".example";
    if max < ROOT.len() + 6 {
        return code(max);
    }
    let room = if max == usize::MAX {
        max
    } else {
        max - ROOT.len()
    };
    words(PIECES, Style::Slug, room).map(|value| suffixed(value, ROOT))
}

fn handles_apart(max: usize) -> Distinct {
    if max < 4 {
        return code(max);
    }
    Distinct::new(
        36_u64.pow(max.saturating_sub(2).clamp(1, 10) as u32),
        |rank| {
            let mut out = "@u".to_owned();
            push_base36(rank, &mut out);
            Value::Text(out)
        },
    )
}

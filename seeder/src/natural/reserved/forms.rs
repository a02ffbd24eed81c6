//! The same in other forms, for CHECKs that the usual one does not satisfy: a number without its
//! blanks, a web address without its path.

use super::{Reach, TRUNK, digits_of, is_american, kind};
use crate::key::Draw;
use crate::natural::Distinct;
use crate::natural::apart::{Piece, Style, code, words};
use crate::natural::family::TEST_CARDS;
use crate::person::{fill_digits, push_base36};
use crate::value::Value;
use crate::words::{prose, trade};

/// What files at a web address end in.
const EXTENSIONS: [&str; 11] = [
    "png", "jpg", "jpeg", "webp", "svg", "gif", "pdf", "html", "json", "xml", "mp4",
];

/// A number of each plan: calling code, and the rest.
const NUMBERS: [(&str, &str); 6] = [
    ("1", "21255501##"),
    ("44", "2079460###"),
    ("44", "1614960###"),
    ("49", "3023125###"),
    ("33", "19900####"),
    ("33", "63998####"),
];

/// Digits of an international number without its prefix, the longest first (ITU-T E.164).
const NUMBER_DIGITS: std::ops::RangeInclusive<usize> = 7..=15;

/// Other forms of a text, the most alike first; none of a text that reaches nobody by its kind.
pub(crate) fn forms(text: &str) -> Vec<String> {
    match kind(text) {
        Some(Reach::Phone) => {
            let digits = digits_of(text);
            let codes = TRUNK.iter().chain(&["999", "1"]);
            let code = codes.copied().find(|code| digits.starts_with(code));
            let code = code.unwrap_or_default();
            phone_forms(code, &digits[code.len()..])
        }
        Some(Reach::Mail) => mail_forms(text),
        Some(Reach::Url) => url_forms(text),
        Some(Reach::Host) => host_forms(text),
        Some(Reach::Card) => card_forms(&digits_of(text)),
        Some(Reach::Address) | None => Vec::new(),
    }
}

fn phone_forms(code: &str, rest: &str) -> Vec<String> {
    let mut forms = vec![
        format!("+{code}{rest}"),
        format!("{code}{rest}"),
        format!("00{code}{rest}"),
        format!("+{code} {rest}"),
        format!("+{code}-{rest}"),
        format!("+{code}.{rest}"),
    ];
    if TRUNK.contains(&code) {
        forms.push(format!("0{rest}"));
    }
    if code == "1" && is_american(rest) {
        let (area, exchange, line) = (&rest[..3], &rest[3..6], &rest[6..]);
        forms.extend([
            rest.to_owned(),
            format!("{area}-{exchange}-{line}"),
            format!("({area}) {exchange}-{line}"),
            format!("({area}){exchange}-{line}"),
            format!("{area}.{exchange}.{line}"),
            format!("{area} {exchange} {line}"),
            format!("1-{area}-{exchange}-{line}"),
            format!("+1-{area}-{exchange}-{line}"),
            format!("+1 {area} {exchange} {line}"),
            format!("+1 ({area}) {exchange}-{line}"),
        ]);
    }
    forms
}

fn mail_forms(text: &str) -> Vec<String> {
    let (local, domain) = text.split_once('@').unwrap_or((text, "example.com"));
    let alone = |keep: fn(&char) -> bool| -> String { local.chars().filter(keep).collect() };
    let plain = alone(char::is_ascii_alphanumeric);
    let letters = alone(char::is_ascii_alphabetic);
    let mut forms = vec![text.to_lowercase(), format!("{plain}@{domain}")];
    for domain in ["example.com", "example.org", "mail.example.com"] {
        forms.extend([local, &plain, &letters].map(|local| format!("{local}@{domain}")));
    }
    forms.extend([
        text.to_uppercase(),
        format!("mailto:{text}"),
        format!("{local} <{text}>"),
    ]);
    forms
}

fn url_forms(text: &str) -> Vec<String> {
    let (_, rest) = text.split_once("://").unwrap_or(("", text));
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let stem = path.rsplit_once('.').map_or(path, |(stem, _)| stem);
    let last = stem.rsplit('/').next().unwrap_or(stem);
    let mut forms = Vec::new();
    for scheme in ["https", "http"] {
        forms.extend([
            format!("{scheme}://{host}/{path}"),
            format!("{scheme}://{host}/{stem}"),
            format!("{scheme}://{host}/{last}"),
            format!("{scheme}://{host}/"),
            format!("{scheme}://{host}"),
            format!("{scheme}://www.{host}/"),
            format!("{scheme}://www.{host}"),
            format!("{scheme}://{host}:8443"),
        ]);
        let files = EXTENSIONS.map(|end| format!("{scheme}://{host}/{stem}.{end}"));
        forms.extend(files);
    }
    forms
        .extend(["ftp", "ws", "wss", "ssh", "git"].map(|other| format!("{other}://{host}/{path}")));
    forms.extend([format!("{host}/{path}"), host.to_owned()]);
    forms
}

fn host_forms(text: &str) -> Vec<String> {
    let slug = text.split('.').next().unwrap_or(text);
    vec![
        text.to_lowercase(),
        format!("{slug}.example.com"),
        format!("www.{slug}.example.com"),
        format!("{slug}.example.org"),
        format!("{slug}.example"),
        format!("{slug}.test"),
        format!("{slug}.example."),
        "example.com".to_owned(),
    ]
}

fn card_forms(digits: &str) -> Vec<String> {
    let groups = |separator: &str| -> String {
        let groups: Vec<&str> = (0..digits.len())
            .step_by(4)
            .map(|at| &digits[at..(at + 4).min(digits.len())])
            .collect();
        groups.join(separator)
    };
    vec![digits.to_owned(), groups(" "), groups("-")]
}

/// Texts of a kind in many forms, for where nothing else is known.
pub(crate) fn spares(reach: Reach, draw: Draw) -> Vec<String> {
    let number = draw.below(1_000_000_000);
    let mut name = "u".to_owned();
    push_base36(number, &mut name);
    match reach {
        Reach::Phone => {
            let mut found = Vec::new();
            let mut add = |code: &str, pattern: &str| {
                let mut rest = String::new();
                fill_digits(pattern, number, &mut rest);
                found.extend(phone_forms(code, &rest));
            };
            for (code, pattern) in NUMBERS {
                add(code, pattern);
            }
            for digits in NUMBER_DIGITS.rev() {
                add("999", &"#".repeat(digits - 3));
            }
            found
        }
        Reach::Mail => mail_forms(&format!("{name}@u.example")),
        Reach::Url => {
            let mut found = url_forms(&format!("https://{name}.example/{name}"));
            found.extend(url_forms(&format!("https://example.com/{name}")));
            found.push(format!("git@example.com:{name}/{name}.git"));
            found
        }
        Reach::Host => host_forms(&format!("{name}.example")),
        Reach::Address => vec![format!("192.0.2.{}", 1 + number % 254)],
        Reach::Card => TEST_CARDS
            .iter()
            .flat_map(|card| card_forms(card))
            .collect(),
    }
}

/// Texts of a kind that are all different, form by form.
pub(crate) fn apart(reach: Reach) -> Vec<Distinct> {
    match reach {
        Reach::Phone => NUMBER_DIGITS
            .rev()
            .flat_map(|digits| {
                let width = digits - 3;
                ["+", "", "00"].map(|prefix| {
                    Distinct::new(10_u64.pow(width as u32), move |rank| {
                        Value::Text(format!("{prefix}999{rank:0width$}"))
                    })
                })
            })
            .collect(),
        Reach::Mail => around(&[
            ("", "@example.com"),
            ("", "@example.org"),
            ("", "@u.example"),
        ]),
        Reach::Url => around(&[
            ("https://example.com/", ""),
            ("https://", ".example"),
            ("https://", ".example/"),
            ("http://example.com/", ""),
            ("http://", ".example"),
            ("https://example.com/", ".png"),
            ("https://example.com/", ".jpg"),
            ("https://example.com/", ".webp"),
            ("https://example.com/", ".html"),
            ("https://", ".example.com"),
        ]),
        Reach::Host => around(&[("", ".example"), ("", ".example.com"), ("", ".test")]),
        Reach::Address | Reach::Card => Vec::new(),
    }
}

/// Words, then codes, between a beginning and an end.
fn around(ends: &[(&'static str, &'static str)]) -> Vec<Distinct> {
    const PIECES: &[Piece] = &[
        Piece::Words(prose::QUALITIES),
        Piece::Fixed("-"),
        Piece::Words(trade::CODE_NAMES),
    ];
    let middles = [words(PIECES, Style::Slug, 40), code(10), code(6)];
    let mut found = Vec::new();
    for middle in middles {
        for &(before, after) in ends {
            let middle = middle.clone();
            found.push(middle.map(move |value| match value {
                Value::Text(text) => Value::Text(format!("{before}{text}{after}")),
                other => other,
            }));
        }
    }
    found
}

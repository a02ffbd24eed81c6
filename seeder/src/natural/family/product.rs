//! What is sold.

use crate::natural::apart::{Piece, Style, fixed_code, listed, slug, words};
use crate::natural::entry::{Entry, Form};
use crate::natural::{Cell, Distinct};
use crate::person::push_number;
use crate::value::Value;
use crate::words::trade;

use super::{early_of, join, one_of};

pub(super) const ENTRIES: &[Entry] = &[
    Entry::new(
        "product",
        "a product's name",
        Form::Text(product, products_apart),
    ),
    Entry::new(
        "product_description",
        "a sentence or two about a product",
        Form::Text(description, products_apart),
    ),
    Entry::new(
        "sku",
        "a stock number: OAK-LAM-00417",
        Form::Text(sku, skus_apart),
    ),
    Entry::new(
        "category",
        "a category of a shop",
        Form::Text(category, categories_apart),
    ),
    Entry::new(
        "brand",
        "a brand that nobody owns",
        Form::Text(brand, brands_apart),
    ),
    Entry::new(
        "colour",
        "a colour's name",
        Form::Text(colour, colours_apart),
    ),
    Entry::new(
        "colour_hex",
        "a colour as #rrggbb",
        Form::Text(colour_hex, hexes_apart),
    ),
    Entry::new(
        "material",
        "a material",
        Form::Text(material, materials_apart),
    ),
    Entry::new("size", "a size of clothes", Form::Text(size, sizes_apart)),
    Entry::new("unit", "a unit of measure", Form::Text(unit, units_apart)),
    Entry::new(
        "ean",
        "a bar code of the range for use within a shop, with its check digit",
        Form::Text(ean, eans_apart),
    ),
    Entry::new(
        "isbn",
        "a book number of an agency that does not exist, with its check digit",
        Form::Text(isbn, isbns_apart),
    ),
];

fn product(cell: &Cell<'_>, max: usize, out: &mut String) {
    let draw = cell.draw(0);
    let adjective = one_of(draw, trade::ADJECTIVES);
    let material = one_of(draw.next(), trade::MATERIALS);
    let thing = one_of(draw.next().next(), trade::PRODUCTS);
    join(&[adjective, material, thing], " ", out);
    if out.len() > max {
        out.clear();
        join(&[material, thing], " ", out);
    }
}

fn description(cell: &Cell<'_>, max: usize, out: &mut String) {
    let draw = cell.draw(0);
    let thing = one_of(draw, trade::PRODUCTS).to_lowercase();
    let material = one_of(draw.next(), trade::MATERIALS).to_lowercase();
    let adjective = one_of(draw.next().next(), trade::ADJECTIVES).to_lowercase();
    let opening = one_of(draw.next().next().next(), &["This", "Our", "The new"]);
    join(
        &[
            opening,
            " ",
            &thing,
            " of ",
            &material,
            ", ",
            &adjective,
            " and made to last.",
        ],
        "",
        out,
    );
    if max > 160 {
        let close = [
            "Easy to clean.",
            "Ships within two days.",
            "Designed for every day.",
            "Two years of warranty.",
            "Comes in four colours.",
        ];
        out.push(' ');
        out.push_str(one_of(cell.draw(1), &close));
    }
}

/// Three letters of the material, three of the thing, a number.
fn sku(cell: &Cell<'_>, max: usize, out: &mut String) {
    let draw = cell.draw(0);
    for word in [
        one_of(draw, trade::MATERIALS),
        one_of(draw.next(), trade::PRODUCTS),
    ] {
        if max >= 13 {
            out.extend(word.chars().take(3).map(|c| c.to_ascii_uppercase()));
            out.push('-');
        }
    }
    let digits = max.min(5);
    let number = draw.next().next().below(10_u64.pow(digits as u32));
    let start = out.len();
    push_number(number, out);
    while out.len() - start < digits {
        out.insert(start, '0');
    }
}

fn category(cell: &Cell<'_>, _max: usize, out: &mut String) {
    out.push_str(early_of(cell.draw(0), trade::CATEGORIES));
}

fn brand(cell: &Cell<'_>, _max: usize, out: &mut String) {
    out.push_str(early_of(cell.draw(0), trade::BRANDS));
}

fn colour(cell: &Cell<'_>, _max: usize, out: &mut String) {
    out.push_str(one_of(cell.draw(0), trade::COLOURS).0);
}

fn colour_hex(cell: &Cell<'_>, max: usize, out: &mut String) {
    let code = one_of(cell.draw(0), trade::COLOURS).1;
    out.push_str(if max < 7 { &code[1..] } else { code });
}

fn material(cell: &Cell<'_>, _max: usize, out: &mut String) {
    out.push_str(one_of(cell.draw(0), trade::MATERIALS));
}

fn size(cell: &Cell<'_>, _max: usize, out: &mut String) {
    const WEIGHTED: &[&str] = &["M", "L", "S", "M", "XL", "L", "XS", "XXL", "S"];
    out.push_str(one_of(cell.draw(0), WEIGHTED));
}

fn unit(cell: &Cell<'_>, _max: usize, out: &mut String) {
    out.push_str(early_of(cell.draw(0), trade::UNITS));
}

/// Prefixes 200 to 299 are for numbers within a company, never of goods in trade (GS1 General
/// Specifications, "GS1 Prefixes").
fn ean(cell: &Cell<'_>, max: usize, out: &mut String) {
    out.push_str(&ean_of(cell.draw(0).below(100_000_000_000), max));
}

fn ean_of(rank: u64, max: usize) -> String {
    if max < 13 {
        let digits = max.clamp(1, 12);
        return format!("{:0digits$}", rank % 10_u64.pow(digits as u32));
    }
    checked(format!("2{rank:011}"))
}

/// Adds the check digit of EAN and ISBN: weights 1 and 3 by turns.
fn checked(mut digits: String) -> String {
    let sum: u32 = digits
        .bytes()
        .enumerate()
        .map(|(at, digit)| u32::from(digit - b'0') * if at % 2 == 0 { 1 } else { 3 })
        .sum();
    digits.push(char::from(b'0' + ((10 - sum % 10) % 10) as u8));
    digits
}

/// Group 978-99999 has no agency (International ISBN Agency, "Range message").
fn isbn(cell: &Cell<'_>, max: usize, out: &mut String) {
    out.push_str(&isbn_of(cell.draw(0).below(10_000), max));
}

fn isbn_of(rank: u64, max: usize) -> String {
    if max < 13 {
        return ean_of(rank, max);
    }
    checked(format!("97899999{rank:04}"))
}

fn eans_apart(max: usize) -> Distinct {
    let digits = if max < 13 { max.clamp(1, 11) } else { 11 };
    Distinct::new(10_u64.pow(digits as u32), move |rank| {
        Value::Text(ean_of(rank, max))
    })
}

/// Books beyond the ten thousand of the group have a number of a shop.
fn isbns_apart(max: usize) -> Distinct {
    const GROUP: u64 = 10_000;
    if max < 13 {
        return eans_apart(max);
    }
    let size = GROUP + 100_000_000_000;
    Distinct::new(size, move |rank| {
        Value::Text(match rank.checked_sub(GROUP) {
            None => isbn_of(rank, max),
            Some(rest) => ean_of(rest, max),
        })
    })
    .in_blocks(GROUP)
}

fn products_apart(max: usize) -> Distinct {
    const PIECES: &[Piece] = &[
        Piece::Words(trade::ADJECTIVES),
        Piece::Fixed(" "),
        Piece::Words(trade::MATERIALS),
        Piece::Fixed(" "),
        Piece::Words(trade::PRODUCTS),
    ];
    words(PIECES, Style::Plain, max)
}

fn skus_apart(max: usize) -> Distinct {
    if max < 13 {
        let digits = max.clamp(1, 12) as u32;
        return Distinct::new(36_u64.pow(digits.min(10)), move |rank| {
            Value::Text(fixed_code(rank, digits.min(10)).to_uppercase())
        });
    }
    // Letters that say the material, letters that say the thing, at least five digits.
    let digits = (max - 8).min(9);
    let letters: Vec<String> = trade::MATERIALS
        .iter()
        .map(|word| letters_of(word))
        .collect();
    let mut letters = letters;
    letters.sort_unstable();
    letters.dedup();
    let groups = letters.len() as u64;
    let unrank = move |rank: u64| {
        let first = &letters[(rank % groups) as usize];
        let second = &letters[(rank / groups % groups) as usize];
        let number = rank / groups / groups;
        let number = if number < 100_000 {
            format!("{number:05}")
        } else {
            number.to_string()
        };
        Value::Text(format!("{first}-{second}-{number}"))
    };
    let size = groups * groups * 10_u64.pow(digits as u32);
    Distinct::new(size, unrank).in_blocks(groups * groups * 100_000)
}

fn letters_of(word: &str) -> String {
    slug(word)
        .chars()
        .take(3)
        .map(|c| c.to_ascii_uppercase())
        .collect()
}

fn categories_apart(max: usize) -> Distinct {
    listed(trade::CATEGORIES.iter().copied(), max)
}

fn brands_apart(max: usize) -> Distinct {
    listed(trade::BRANDS.iter().copied(), max)
}

fn colours_apart(max: usize) -> Distinct {
    listed(trade::COLOURS.iter().map(|colour| colour.0), max)
}

fn hexes_apart(max: usize) -> Distinct {
    if max < 7 {
        let width = max.clamp(1, 6);
        return Distinct::new(16_u64.pow(width as u32), move |rank| {
            Value::Text(format!("{rank:0width$x}"))
        });
    }
    Distinct::new(1 << 24, |rank| Value::Text(format!("#{rank:06x}")))
}

fn materials_apart(max: usize) -> Distinct {
    listed(trade::MATERIALS.iter().copied(), max)
}

fn sizes_apart(max: usize) -> Distinct {
    listed(trade::SIZES.iter().copied(), max)
}

fn units_apart(max: usize) -> Distinct {
    listed(trade::UNITS.iter().copied(), max)
}

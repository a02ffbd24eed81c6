//! What holds for every generator: golden values, bounds, distinctness, nothing routable.

mod golden;
mod routable;

use std::collections::HashSet;

use super::*;
use crate::key::Key;
use crate::person::{Locales, People, Person};
use crate::value::write_text;

/// 2026-01-01 00:00 UTC.
const AS_OF: i64 = 1_767_225_600_000_000;

fn text(max: Option<u32>) -> Type {
    Type::Text {
        max,
        padded: false,
        caseless: false,
    }
}

/// Types that between them hold the values of every generator.
fn types() -> Vec<Type> {
    let mut types = vec![
        text(None),
        Type::Bool,
        Type::Decimal {
            precision: Some(12),
            scale: Some(2),
        },
        Type::Date,
        Type::Interval,
        Type::Uuid,
        Type::Json { binary: true },
        Type::Inet,
        Type::Cidr,
        Type::MacAddress { bytes: 6 },
        Type::Xml,
        Type::SearchVector,
        Type::HStore,
        Type::LTree,
        Type::Bytes,
        Type::Bits {
            length: Some(12),
            varying: false,
        },
    ];
    types.extend(["point", "box", "circle"].map(|kind| Type::Geometry(kind.to_owned())));
    types.extend(
        [i16::MAX.into(), i32::MAX.into(), i64::MAX].map(|max| Type::Int { min: -max - 1, max }),
    );
    types.extend([0, 6].map(|precision| Type::Timestamp {
        zone: true,
        precision,
    }));
    types.push(Type::Time {
        zone: false,
        precision: 6,
    });
    types.extend([32, 64].map(|bits| Type::Float { bits }));
    types
}

/// The type that a generator's values are shown in.
fn own_type(name: &str) -> Type {
    types()
        .into_iter()
        .find(|data_type| named(name, data_type).is_ok())
        .expect("some type holds its values")
}

fn people() -> People {
    People::new(&Key::derive(42, &["public", "users"]), Locales::default())
}

/// The first values of a generator, each of a row with a person.
fn values(generate: &dyn Generate, count: u64) -> Vec<Value> {
    let people = people();
    let key = Key::derive(42, &["public", "users", generate.name()]);
    let cells = (0..count).map(|row| {
        let person = people.person(row);
        let mut cell = Cell::new(&key, row, AS_OF);
        cell.person = Some(&person);
        generate.value(&cell)
    });
    cells.collect()
}

fn shown(value: &Value, data_type: &Type) -> String {
    let mut out = Vec::new();
    write_text(value, data_type, &mut out);
    String::from_utf8(out).expect("UTF-8")
}

#[test]
fn names_are_unique_and_described() {
    let names = names();
    let unique: HashSet<_> = names.iter().map(|(name, _)| name).collect();
    assert_eq!(unique.len(), names.len());
    assert!(names.iter().all(|(_, about)| !about.is_empty()));
}

#[test]
fn a_misspelled_name_brings_its_neighbour() {
    let error = named("emial", &text(None))
        .err()
        .expect("no such generator");
    assert_eq!(
        error.to_string(),
        "no generator \"emial\"; is \"email\" meant?"
    );
    let error = named("email", &Type::Bool).err().expect("not in a boolean");
    assert_eq!(
        error.to_string(),
        "generator \"email\" makes no values of this type"
    );
    let error = named("qqqq", &text(None)).err().expect("no such generator");
    assert_eq!(error.to_string(), "no generator \"qqqq\"");
}

#[test]
fn every_type_but_unknown_ones_gets_a_generator() {
    let mut all = types();
    let nested: Vec<Type> = all
        .iter()
        .flat_map(|inner| {
            let inner = Box::new(inner.clone());
            [
                Type::Array(inner.clone()),
                Type::Range(inner.clone()),
                Type::Multirange(inner.clone()),
                Type::Record(vec![("email".to_owned(), *inner)]),
            ]
        })
        .collect();
    all.extend(nested);
    all.push(Type::Enum(vec!["a".to_owned(), "b".to_owned()]));
    for data_type in &all {
        for column in [
            "x",
            "email",
            "price",
            "created_at",
            "status",
            "name",
            "is_a",
        ] {
            let choice = infer("users", column, data_type);
            let choice = choice.unwrap_or_else(|| panic!("{data_type:?} {column}"));
            for value in values(&*choice.generator, 20) {
                assert!(!value.is_null(), "{data_type:?} {column}");
            }
        }
    }
    let other = Type::Other("x".to_owned());
    assert!(infer("users", "email", &other).is_none());
}

#[test]
fn every_label_of_an_enumeration_occurs() {
    let labels: Vec<String> = (0..30).map(|label| format!("l{label}")).collect();
    let choice = infer("t", "c", &Type::Enum(labels)).expect("a choice");
    let seen: HashSet<String> = values(&*choice.generator, 30)
        .iter()
        .map(|value| shown(value, &text(None)))
        .collect();
    assert_eq!(seen.len(), 30);
}

/// Every generator in every length from 1 up: never longer, never empty.
#[test]
fn texts_keep_to_their_length() {
    for (name, _) in names() {
        for max in (1..60).chain([100, 255]) {
            let Ok(generate) = named(name, &text(Some(max))) else {
                continue;
            };
            for value in values(&*generate, 12) {
                let text = shown(&value, &text(None));
                let length = text.chars().count();
                assert!(length <= max as usize, "{name}({max}): {text:?}");
                assert!(length > 0, "{name}({max}) is empty");
                assert!(!text.contains('\0'));
            }
        }
    }
}

#[test]
fn numbers_keep_to_their_bounds() {
    for (name, _) in names() {
        for (precision, scale) in [(1, 0), (3, 2), (4, 4), (5, -2), (2, 4), (38, 10)] {
            let data_type = Type::Decimal {
                precision: Some(precision),
                scale: Some(scale),
            };
            let Ok(generate) = named(name, &data_type) else {
                continue;
            };
            let bound = 10_f64.powi(i32::from(precision) - i32::from(scale));
            let distinct = generate.distinct().expect("numbers have an equality");
            let ranks = [0, distinct.size() / 2, distinct.size() - 1];
            let more = ranks.map(|rank| distinct.unrank(rank));
            for value in values(&*generate, 50).into_iter().chain(more) {
                let Value::Decimal(number) = value else {
                    panic!("{name}: {value:?}");
                };
                let size: f64 = number.abs().to_string().parse().expect("a number");
                assert!(
                    size < bound,
                    "{name} numeric({precision},{scale}): {number}"
                );
            }
        }
        let small = Type::Int {
            min: i16::MIN.into(),
            max: i16::MAX.into(),
        };
        if let Ok(generate) = named(name, &small) {
            for value in values(&*generate, 200) {
                let Value::Int(number) = value else {
                    panic!("{name}: {value:?}");
                };
                assert!(i16::try_from(number).is_ok(), "{name}: {number}");
            }
        }
    }
}

/// Distinct in lower case, within the length, whatever that is; in keyed order and by plain rank.
#[test]
fn distinct_values_are_distinct() {
    for (name, _) in names() {
        let mut widths = vec![text(None)];
        widths.extend([1, 2, 3, 5, 8, 11, 16, 20, 24, 32, 64].map(|max| text(Some(max))));
        let own = own_type(name);
        if !matches!(own, Type::Text { .. }) {
            widths.push(own);
        }
        for data_type in widths {
            let Ok(generate) = named(name, &data_type) else {
                continue;
            };
            let Some(distinct) = generate.distinct() else {
                continue;
            };
            check_distinct(name, &distinct, &data_type);
        }
    }
}

fn check_distinct(name: &str, distinct: &Distinct, data_type: &Type) {
    let size = distinct.size();
    let ranked = distinct.under(&Key::derive(5, &[name]));
    let mut seen = HashSet::new();
    // A stretch at the start, in the middle and at the end of the ranks, and the first rows.
    let stretch = 300;
    let starts = [0, size / 2, size.saturating_sub(stretch)];
    let ranks: HashSet<u64> = starts
        .into_iter()
        .flat_map(|start| start..size.min(start + stretch))
        .chain((0..size.min(600)).filter_map(|row| ranked.rank(row)))
        .collect();
    for rank in ranks {
        let value = distinct.unrank(rank);
        let shown = shown(&value, data_type);
        if let Type::Text { max: Some(max), .. } = data_type {
            let length = shown.chars().count();
            assert!(
                length <= *max as usize && length > 0,
                "{name}({max}) {shown:?}"
            );
        }
        let lower = shown.to_lowercase();
        assert!(seen.insert(lower), "{name} {data_type:?}: {shown:?} twice");
    }
}

/// A table makes no person for columns that do not ask for one.
#[test]
fn what_depends_on_the_person_says_so() {
    let key = Key::derive(42, &["x"]);
    let people = People::new(&key, Locales::default());
    let every = names()
        .into_iter()
        .flat_map(|(name, _)| types().into_iter().map(move |data_type| (name, data_type)));
    for (name, data_type) in every {
        let Ok(generate) = named(name, &data_type) else {
            continue;
        };
        let with = |person: Option<&Person>, row| {
            let cell = Cell {
                person,
                ..Cell::new(&key, row, AS_OF)
            };
            generate.value(&cell)
        };
        let depends = (0..50).any(|row| with(Some(&people.person(row)), row) != with(None, row));
        assert!(generate.of_person() || !depends, "{name} {data_type:?}");
    }
}

#[test]
fn what_claims_to_be_distinct_by_person_is() {
    for (name, _) in names() {
        for data_type in [text(None), text(Some(30)), text(Some(20)), text(Some(10))] {
            let Ok(generate) = named(name, &data_type) else {
                continue;
            };
            if generate.distinct_by_person() {
                assert!(generate.of_person());
                let mut seen = HashSet::new();
                for value in values(&*generate, 20_000) {
                    let text = shown(&value, &data_type).to_lowercase();
                    assert!(seen.insert(text), "{name} {value:?}");
                }
            }
        }
    }
}

#[test]
fn moments_are_on_their_side_of_the_present() {
    let zoned = Type::Timestamp {
        zone: true,
        precision: 6,
    };
    for (name, past) in [
        ("past", true),
        ("recent", true),
        ("birth_date", true),
        ("future", false),
    ] {
        let generate = named(name, &zoned).expect("moments");
        for value in values(&*generate, 500) {
            let Value::Timestamp(micros) = value else {
                panic!("{value:?}");
            };
            assert_eq!(micros <= AS_OF, past, "{name}");
        }
    }
}

#[test]
fn check_digits_are_right() {
    let ibans = named("iban", &text(None)).expect("texts");
    for value in values(&*ibans, 50) {
        let iban = shown(&value, &text(None));
        let moved = format!("{}{}", &iban[4..], &iban[..4]);
        let rest = moved.chars().fold(0_u64, |rest, letter| {
            let digit = u64::from(letter.to_digit(36).expect("a digit or letter"));
            (rest * if digit > 9 { 100 } else { 10 } + digit) % 97
        });
        assert_eq!(rest, 1, "{iban}");
    }
    let eans = named("ean", &text(None)).expect("texts");
    for value in values(&*eans, 50) {
        let ean = shown(&value, &text(None));
        let digits = ean.bytes().enumerate();
        let sum: u32 = digits
            .map(|(at, digit)| u32::from(digit - b'0') * if at % 2 == 0 { 1 } else { 3 })
            .sum();
        assert_eq!((ean.len(), sum % 10), (13, 0), "{ean}");
    }
}

#[test]
fn configured_choices_numbers_and_moments_keep_to_what_was_asked() {
    let labels = vec![
        (Value::Text("new".to_owned()), 3),
        (Value::Text("old".to_owned()), 1),
    ];
    let choice = choices(labels).expect("weights");
    let new = values(&*choice, 4_000)
        .iter()
        .filter(|value| **value == Value::Text("new".to_owned()))
        .count();
    assert!((2_850..3_150).contains(&new), "{new}");
    assert!(choices(vec![(Value::Null, 0)]).is_none());

    let decimal = Type::Decimal {
        precision: Some(8),
        scale: Some(2),
    };
    let bell = Distribution::Normal(distribution::Normal {
        mean: 50.0,
        deviation: 40.0,
    });
    let generate = numbers(bell, Some((10.0, 90.0)), &decimal).expect("a numeric type");
    for value in values(&*generate, 1_000) {
        let Value::Decimal(number) = value else {
            panic!("{value:?}");
        };
        assert!((10..=90).contains(&i64::try_from(number.trunc()).expect("small")));
    }
    let generate = moments(AS_OF - 1_000, AS_OF, &Type::Date).expect("a type of time");
    for value in values(&*generate, 100) {
        assert!(matches!(value, Value::Date(20_453 | 20_454)), "{value:?}");
    }
    assert!(moments(0, 1, &Type::Bool).is_none());
}

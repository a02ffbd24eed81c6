//! What every transformer keeps, and what it never does.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use proptest::prelude::*;
use rules::config::parse;
use rules::mask::{Choice, Mask, Transformer};
use rules::schema::{CompositeField, Domain, DomainCheck, Name, Schema};
use seeder::key::Key;
use seeder::person::{Locales, People};
use seeder::value::Type;

use super::{Column, Transform, Unfit, make};
use crate::key::{Draws, MaskKey};

/// A transformer of a rule for a type, and how it is used.
struct Bench {
    transform: Arc<dyn Transform>,
    draws: Draws,
}

fn schema() -> Schema {
    let mut schema = Schema::default();
    let field = |name: &str, data_type: &str| CompositeField {
        name: name.to_owned(),
        data_type: data_type.to_owned(),
        collation: None,
    };
    schema.composites.insert(
        Name::new("public", "contact"),
        vec![field("who", "text"), field("age", "integer")],
    );
    let check = DomainCheck {
        name: "small".to_owned(),
        definition: "CHECK ((length(VALUE) < 6))".to_owned(),
    };
    let domain = Domain {
        base: "text".to_owned(),
        not_null: false,
        default: None,
        collation: None,
        checks: vec![check],
    };
    schema.domains.insert(Name::new("public", "short"), domain);
    schema.enums.insert(
        Name::new("public", "mood"),
        vec!["sad".to_owned(), "ok".to_owned(), "happy".to_owned()],
    );
    schema
}

fn rule(text: &str) -> Mask {
    let text = format!("[masking]\nkey = \"env:K\"\n[masking.tables.t]\nc = {text}\n");
    let masking = parse(&text).expect("a legal rule").masking.expect("given");
    match &masking.tables[0].columns[0].1.cases[0].choice {
        Choice::Mask(mask) => Mask::clone(mask),
        other => panic!("{other:?}"),
    }
}

fn made(data_type: &str, text: &str, rows: Option<u64>, seed: u8) -> Result<Bench, Unfit> {
    let schema = schema();
    let data_type = Type::resolve(data_type, &schema);
    let secret: Vec<u8> = (0..64).map(|n| n ^ seed.wrapping_mul(7) ^ 0x80).collect();
    let key = MaskKey::read(&secret).expect("a key");
    let people = Arc::new(People::new(&Key::derive(1, &["x"]), Locales::default()));
    let column = Column {
        schema: &schema,
        name: "c",
        data_type: &data_type,
        checks: &[],
        rows: rows.unwrap_or(1_000),
        unique: rows.is_some(),
        domain: "t.c",
        key: &key,
        people: &people,
    };
    Ok(Bench {
        transform: make(&rule(text), &column)?,
        draws: Draws::new(&key, "t.c"),
    })
}

impl Bench {
    fn of(data_type: &str, text: &str) -> Self {
        match made(data_type, text, None, 1) {
            Ok(bench) => bench,
            Err(unfit) => panic!("{text} for {data_type}: {unfit:?}"),
        }
    }

    fn mask(&self, value: &str) -> Result<String, &'static str> {
        let mut out = Vec::new();
        let draw = self.draws.of(b't', value.as_bytes());
        let done = self.transform.mask(value.as_bytes(), &draw, &mut out);
        done.map_err(|refused| refused.reason)?;
        Ok(String::from_utf8(out).expect("text"))
    }

    #[track_caller]
    fn gives(&self, value: &str) -> String {
        self.mask(value).expect("a replacement")
    }
}

const OF_TEXT: [&str; 25] = [
    "first-name",
    "last-name",
    "name",
    "username",
    "email",
    "phone",
    "company",
    "address",
    "street",
    "city",
    "region",
    "postcode",
    "country",
    "url",
    "host",
    "ip",
    "mac",
    "card",
    "iban",
    "national-id",
    "token",
    "secret",
    "lorem",
    "code",
    "password",
];

#[test]
fn a_value_is_replaced_alike_under_one_key_and_otherwise_under_another() {
    let value = "Xq7-Maria.Schmidt42@corp.example";
    for name in OF_TEXT {
        let text = format!("\"{name}\"");
        let [one, again, other] = [1, 1, 2].map(|seed| {
            let made = made("text", &text, None, seed);
            made.unwrap_or_else(|unfit| panic!("{name}: {unfit:?}"))
                .gives(value)
        });
        assert_eq!(one, again, "{name}");
        assert!(!one.contains("Maria") && !one.is_empty(), "{name}: {one}");
        if !matches!(
            name,
            "password" | "country" | "region" | "card" | "city" | "postcode"
        ) {
            assert_ne!(one, other, "{name}");
        }
        assert_eq!(
            Bench::of("text", &text).mask("").ok(),
            Some(String::new()),
            "{name}"
        );
    }
}

#[test]
fn what_replaces_fits_the_length_of_the_type() {
    for name in OF_TEXT {
        for max in [1, 3, 8, 20, 60] {
            let data_type = format!("character varying({max})");
            let Ok(bench) = made(&data_type, &format!("\"{name}\""), None, 3) else {
                continue;
            };
            for number in 0..50 {
                let value: String = format!("{number:0>60}").chars().take(max).collect();
                let masked = bench.gives(&value);
                assert!(
                    masked.chars().count() <= max,
                    "{name} in {data_type}: {masked}"
                );
            }
        }
    }
}

#[test]
fn values_of_unique_keys_stay_apart() {
    for (data_type, name) in [
        ("text", "email"),
        ("character varying(60)", "email"),
        ("text", "username"),
        ("text", "token"),
    ] {
        let bench = made(data_type, &format!("\"{name}\""), Some(10_000_000), 1)
            .unwrap_or_else(|unfit| panic!("{unfit:?}"));
        let masked: HashSet<String> = (0..100_000)
            .map(|n| bench.gives(&format!("u{n}@x.org")).to_lowercase())
            .collect();
        assert_eq!(masked.len(), 100_000, "{name}");
    }
    for (data_type, name) in [
        ("character varying(20)", "email"),
        ("character varying(12)", "token"),
        ("text", "name"),
        ("text", "lorem"),
        ("text", "secret"),
    ] {
        let refused = made(data_type, &format!("\"{name}\""), Some(10_000_000), 1);
        assert!(refused.is_err(), "{name} in {data_type}");
    }
}

#[test]
fn every_small_integer_has_one_of_its_own() {
    let bench = Bench::of("smallint", "\"int\"");
    let masked: BTreeSet<i64> = (-16_384..=16_384)
        .map(|n: i64| bench.gives(&n.to_string()).parse().expect("an integer"))
        .collect();
    assert_eq!(masked.len(), 32_769);
    assert!(masked.iter().all(|n| n.abs() <= 16_384));
    assert_eq!(bench.gives("0"), "0");
    assert!(bench.gives("-5").starts_with('-'));
    assert!(bench.mask("16385").is_err(), "beyond the space");
    let bench = Bench::of("integer", "\"int\"");
    let masked: HashSet<String> = (1..200_000)
        .map(|n: i64| bench.gives(&n.to_string()))
        .collect();
    assert_eq!(masked.len(), 199_999);
    assert!(
        masked
            .iter()
            .all(|n| n.parse::<i64>().is_ok_and(|n| n <= 1 << 30))
    );
}

#[test]
fn equal_numbers_stay_equal_whatever_their_type() {
    // The narrowest type decides about the space, so both sides of a foreign key are made alike.
    let (one, other) = (
        Bench::of("numeric(9,0)", "\"int\""),
        Bench::of("numeric(9,0)", "\"int\""),
    );
    assert_eq!(one.gives("42"), other.gives("42.000"));
    assert!(one.mask("42.5").is_err());
}

#[test]
fn uuids_keep_their_version_and_stay_apart() {
    let bench = Bench::of("uuid", "\"uuid\"");
    let mut met = HashSet::new();
    for n in 0_u128..20_000 {
        let hex = format!(
            "{:032x}",
            n << 64 | 0x4000_u128 << 64 | 0x8000_0000_0000_0000 | n
        );
        let uuid = [
            &hex[..8],
            &hex[8..12],
            &hex[12..16],
            &hex[16..20],
            &hex[20..],
        ]
        .join("-");
        let masked = bench.gives(&uuid);
        assert_eq!(masked[14..15], uuid[14..15], "{uuid} {masked}");
        assert_eq!(
            u8::from_str_radix(&masked[19..20], 16).expect("hex") >> 2,
            2
        );
        assert!(met.insert(masked));
    }
}

#[test]
fn codes_keep_their_pattern_and_stay_apart() {
    let bench = Bench::of("text", "\"code\"");
    let mut met = HashSet::new();
    for a in 'A'..='Z' {
        for n in 0..1_000 {
            let masked = bench.gives(&format!("{a}-{n:03}x"));
            assert!(masked.len() == 6 && &masked[1..2] == "-", "{masked}");
            assert!(masked.ends_with(|letter: char| letter.is_ascii_lowercase()));
            assert!(met.insert(masked));
        }
    }
    assert!(bench.mask("Ä-001").is_err(), "a letter that would stay");
    let long = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789".repeat(5);
    let (one, other) = (bench.gives(&long), bench.gives(&long.replace('9', "8")));
    assert!(one.len() == long.len() && one != other && one != long);
    let digits = Bench::of("text", "\"digits\"");
    let masked = digits.gives("Flat 12, 3rd");
    assert!(
        masked.starts_with("Flat ") && masked.ends_with("rd"),
        "{masked}"
    );
}

#[test]
fn days_are_shifted_and_never_stay() {
    let bench = Bench::of("date", "{ with = \"date-shift\", days = 3 }");
    let mut met = BTreeSet::new();
    for n in 0..300 {
        let mut out = Vec::new();
        let draw = bench.draws.of(b't', format!("row {n}").as_bytes());
        bench
            .transform
            .mask(b"2026-03-01", &draw, &mut out)
            .expect("shifts");
        met.insert(String::from_utf8(out).expect("text"));
    }
    let days = ["02-26", "02-27", "02-28", "03-02", "03-03", "03-04"];
    assert_eq!(
        met.into_iter().collect::<Vec<_>>(),
        days.map(|day| format!("2026-{day}"))
    );
    let stamp = Bench::of("timestamp with time zone", "\"date-shift\"");
    assert!(
        stamp
            .gives("2026-03-01 12:34:56.789+00")
            .ends_with(" 12:34:56.789+00")
    );
    assert_eq!(stamp.gives("infinity"), "infinity");
    assert!(stamp.mask("0044-03-15 00:00:00+00 BC").is_err());
    let month = Bench::of("date", "{ with = \"date-trunc\", unit = \"month\" }");
    assert_eq!(month.gives("2026-03-17"), "2026-03-01");
}

#[test]
fn numbers_keep_their_scale() {
    let noise = Bench::of("numeric(10,2)", "{ with = \"noise\", part = 0.1 }");
    let masked: f64 = noise.gives("100.00").parse().expect("a number");
    assert!((90.0..=110.0).contains(&masked));
    assert_eq!(noise.gives("NaN"), "NaN");
    let bucket = Bench::of("integer", "{ with = \"bucket\", size = 10 }");
    assert_eq!(bucket.gives("47"), "40");
    assert_eq!(bucket.gives("-3"), "-10");
}

#[test]
fn labels_are_those_of_the_type() {
    let bench = Bench::of("public.mood", "\"label\"");
    let met: BTreeSet<String> = (0..100).map(|n| bench.gives(&n.to_string())).collect();
    assert_eq!(met.into_iter().collect::<Vec<_>>(), ["happy", "ok", "sad"]);
    assert!(made("text", "\"label\"", None, 1).is_err());
}

#[test]
fn a_check_of_the_domain_is_kept_or_the_value_refused() {
    let bench = Bench::of("public.short", "\"first-name\"");
    let mut refused = 0;
    for n in 0..200 {
        match bench.mask(&n.to_string()) {
            Ok(masked) => assert!(masked.chars().count() < 6, "{masked}"),
            Err(_) => refused += 1,
        }
    }
    assert_eq!(refused, 0);
    assert!(Bench::of("public.short", "\"address\"").mask("x").is_err());
}

#[test]
fn documents_are_masked_by_path_and_nothing_else_changes() {
    let parts = "{ with = \"json\", parts = { \"user.email\" = \"email\", \"tags[]\" = \"token\", \"user.age\" = \"keep\", \"meta.**\" = \"keep\", \"*.secret\" = \"null\" } }";
    let bench = Bench::of("jsonb", parts);
    let masked = bench.gives("{ \"user\" : {\"email\":\"maria@corp.example\", \"age\": 1e400,\"age\":12345678901234567890.10}, \"tags\":[\"a\",null], \"meta\":{\"x\":[true]}, \"a\":{\"secret\":\"s\"} }");
    assert!(
        !masked.contains("maria") && !masked.contains("\"a\",null"),
        "{masked}"
    );
    assert!(
        masked.contains("\"age\": 1e400,\"age\":12345678901234567890.10"),
        "{masked}"
    );
    assert!(
        masked.contains("\"meta\":{\"x\":[true]}, \"a\":{\"secret\":null} }"),
        "{masked}"
    );
    assert!(masked.contains(",null]"), "{masked}");
    assert_eq!(
        bench.mask("{\"other\":1}"),
        Err("has a path that no rule decides about")
    );
    assert!(bench.mask("{\"user\":").is_err() && bench.mask("").is_err());
    assert!(bench.mask(&"[".repeat(100_000)).is_err());
}

#[test]
fn parts_of_composites_and_ranges_are_masked() {
    let bench = Bench::of(
        "public.contact",
        "{ with = \"fields\", parts = { who = \"name\", age = \"keep\" } }",
    );
    let masked = bench.gives("(\"Maria \"\"M\"\" Schmidt\",42)");
    assert!(
        masked.ends_with(",42)") && !masked.contains("Maria"),
        "{masked}"
    );
    assert_eq!(bench.gives("(,)"), "(,)");
    assert!(bench.mask("(a)").is_err() && bench.mask("(a,1,2)").is_err());
    let refused = made(
        "public.contact",
        "{ with = \"fields\", parts = { who = \"name\" } }",
        None,
        1,
    );
    assert!(refused.is_err_and(|unfit| unfit.message.contains("\"age\"")));
    let range = Bench::of(
        "daterange",
        "{ with = \"range\", element = \"date-shift\" }",
    );
    let masked = range.gives("[2026-01-01,2026-01-11)");
    let days: Vec<jiff::civil::Date> = masked[1..masked.len() - 1]
        .split(',')
        .map(|day| day.parse().expect("a day"))
        .collect();
    assert_eq!((days[1] - days[0]).get_days(), 10);
    assert_eq!(range.gives("empty"), "empty");
    assert_eq!(range.gives("(,)"), "(,)");
}

#[test]
fn what_does_not_fit_is_refused() {
    for (data_type, text) in [
        ("text", "\"int\""),
        ("integer", "\"uuid\""),
        ("integer", "\"token\""),
        ("text", "\"date-shift\""),
        ("text", "{ with = \"noise\" }"),
        ("integer", "\"lorem\""),
        ("boolean", "\"email\""),
        ("text", "{ with = \"json\", parts = { a = \"keep\" } }"),
        ("text", "\"shuffle\""),
    ] {
        assert!(
            made(data_type, text, None, 1).is_err(),
            "{text} for {data_type}"
        );
    }
    assert!(Transformer::names().count() > 40);
}

proptest! {
    #[test]
    fn an_array_whose_elements_stay_keeps_its_text(elements in proptest::collection::vec(proptest::option::of(".{0,8}"), 0..5)) {
        let bench = Bench::of("text[]", "{ with = \"array\", element = \"keep\" }");
        let quoted = elements.iter().map(|element| match element {
            None => "NULL".to_owned(),
            Some(text) => {
                let special = text.is_empty() || text.eq_ignore_ascii_case("null")
                    || text.chars().any(|letter| "\"\\{},()[]".contains(letter) || (letter as u32) < 128 && (letter as u8).is_ascii_whitespace());
                match special {
                    true => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
                    false => text.clone(),
                }
            }
        });
        let text = format!("[2:3]={{{}}}", quoted.collect::<Vec<_>>().join(","));
        prop_assert_eq!(bench.gives(&text), text);
    }

    #[test]
    fn no_text_makes_a_transformer_panic_or_give_it_back(value in ".{0,40}") {
        let meant = value.chars().filter(char::is_ascii_alphanumeric).count();
        // One for one, a short value is its own replacement by chance: one letter once in 26 times.
        let least = |name: &str| if name == "code" { 8 } else { 1 };
        for name in OF_TEXT {
            let masked = Bench::of("text", &format!("\"{name}\"")).mask(&value);
            let Ok(masked) = masked else { continue };
            prop_assert_eq!(masked.is_empty(), value.is_empty(), "{}", name);
            let long = value.chars().count() >= 8;
            prop_assert!(!long || meant < least(name) || masked != value, "{}", name);
        }
    }
}

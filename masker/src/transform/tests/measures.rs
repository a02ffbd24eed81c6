//! Numbers, days and places: how far they move.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

fn of_rows(tried: &Tried, value: &str, rows: u64) -> BTreeSet<String> {
    (0..rows)
        .map(|row| tried.of_row(value.as_bytes(), row).expect("is masked"))
        .collect()
}

#[test]
fn days_are_shifted_and_never_stay() {
    let tried = tried("date", "{ with = \"date-shift\", days = 3 }");
    let days = ["02-26", "02-27", "02-28", "03-02", "03-03", "03-04"];
    let met: Vec<String> = of_rows(&tried, "2026-03-01", 300).into_iter().collect();
    assert_eq!(met, days.map(|day| format!("2026-{day}")));
    let moment = super::tried("timestamp with time zone", "\"date-shift\"");
    assert!(
        moment
            .gives("2026-03-01 12:34:56.789+00")
            .ends_with(" 12:34:56.789+00")
    );
    for value in [
        "0044-03-15 00:00:00+00 BC",
        "12026-03-01 00:00:00+00",
        "4713-11-24 00:00:00+00 BC",
        "0001-01-01 00:00:00+00",
    ] {
        let met = of_rows(&moment, value, 50);
        assert!(
            met.len() > 25 && met.iter().all(|masked| masked.contains(" 00:00:00+00")),
            "{value}"
        );
    }
    assert!(
        moment
            .gives("0044-03-15 12:00:00+00 BC")
            .ends_with(" 12:00:00+00 BC")
    );
    let century = super::tried("date", "{ with = \"date-shift\", days = 36500 }");
    let end = (0..50).filter(|row| century.of_row(b"5874897-12-31", *row).is_err());
    assert!((10..40).contains(&end.count()));
    assert!(century.mask("yesterday").is_err() && century.mask("2026-02-30").is_err());
}

#[test]
fn moments_of_one_subject_keep_their_distance() {
    let tried = tried("date", "\"date-shift\"");
    for row in 0..50 {
        let of = |value: &str| tried.of_row(value.as_bytes(), row).expect("is shifted");
        let days = |text: &str| match seeder::value::Value::read(text, &Type::Date) {
            Some(seeder::value::Value::Date(days)) => days,
            other => panic!("{other:?}"),
        };
        assert_eq!(days(&of("2026-03-05")) - days(&of("2026-02-25")), 8);
    }
}

#[test]
fn moments_are_cut_to_their_month_or_year() {
    let month = tried(
        "timestamp with time zone",
        "{ with = \"date-trunc\", unit = \"month\" }",
    );
    assert_eq!(
        month.gives("2026-03-17 12:34:56.5+00"),
        "2026-03-01 00:00:00+00"
    );
    assert_eq!(
        month.gives("0044-03-15 12:00:00+00 BC"),
        "0044-03-01 00:00:00+00 BC"
    );
    let year = tried("date", "\"date-trunc\"");
    assert_eq!(year.gives("2026-03-17"), "2026-01-01");
    assert!(year.mask("4714-11-25 BC").is_err());
}

#[test]
fn noise_stays_within_its_part_and_its_type() {
    let tried = tried("numeric(10,2)", "{ with = \"noise\", part = 0.1 }");
    for masked in of_rows(&tried, "100.00", 500) {
        let number: f64 = masked.parse().expect("a number");
        assert!(
            (90.0..=110.0).contains(&number) && masked.contains('.'),
            "{masked}"
        );
    }
    for (data_type, value, least, most) in [
        ("smallint", "32767", 29_490.0, 32_766.0),
        ("smallint", "-32768", -32_767.0, -29_490.0),
        ("numeric(3,0)", "999", 899.0, 998.0),
        ("numeric(2,4)", "0.0099", 0.0089, 0.0099),
        ("numeric(3,-2)", "99900", 89_900.0, 99_800.0),
        ("integer", "1", 0.0, 2.0),
        ("integer", "-3", -4.0, -2.0),
        ("real", "3.4e+38", 3.0e38, 3.4028235e38),
        ("double precision", "1.7e+308", 1.5e308, f64::MAX),
        ("money", "$1,000.00", 900.0, 1_100.0),
        ("money", "-$1,000.00", -1_100.0, -900.0),
    ] {
        let noise = super::tried(data_type, "{ with = \"noise\", part = 0.1 }");
        for masked in of_rows(&noise, value, 200) {
            let number: f64 = masked.parse().expect("a number");
            assert!(
                (least..=most).contains(&number),
                "{value} of {data_type} became {masked}"
            );
        }
    }
    assert_eq!(super::tried("integer", "\"noise\"").gives("0"), "0");
    let long = "9".repeat(100_000);
    assert!(super::tried("numeric", "\"noise\"").gives(&long).len() >= 99_999);
    assert!(super::tried("numeric", "\"noise\"").mask("1e5").is_err());
}

#[test]
fn buckets_begin_at_or_below_their_values() {
    let tried = tried("integer", "{ with = \"bucket\", size = 10 }");
    for (value, expected) in [
        ("47", "40"),
        ("40", "40"),
        ("-3", "-10"),
        ("-10", "-10"),
        ("0", "0"),
        ("-2147483648", "-2147483648"),
    ] {
        assert_eq!(tried.gives(value), expected);
    }
    let decimal = super::tried("numeric(5,2)", "{ with = \"bucket\", size = 100 }");
    assert_eq!(decimal.gives("199.99"), "100");
    assert_eq!(decimal.gives("-0.01"), "-100");
    assert!(decimal.mask("-999.99").is_err());
    let float = super::tried("double precision", "{ with = \"bucket\", size = 5 }");
    assert_eq!(float.gives("12.5"), "1e1");
    assert_eq!(float.gives("-0.5"), "-5e0");
}

#[test]
fn points_stay_within_their_cell() {
    let tried = tried("point", "{ with = \"geo\", size = 10000 }");
    let mut met = BTreeSet::new();
    for row in 0..300 {
        let masked = tried.of_row(b"(13.4,52.5)", row).expect("is moved");
        let (x, y) = masked[1..masked.len() - 1]
            .split_once(',')
            .expect("two numbers");
        let (x, y): (f64, f64) = (x.parse().expect("a number"), y.parse().expect("a number"));
        let north = (y - 52.5).abs() * 111_320.0;
        let east = (x - 13.4).abs() * 111_320.0 * y.to_radians().cos();
        assert!(north <= 10_000.0 && east <= 10_100.0, "{north} {east}");
        // The cell of what was moved is the cell that it was in.
        assert_eq!(
            ((y * 11.132).floor(), (52.5_f64 * 11.132).floor()).0,
            (52.5_f64 * 11.132).floor()
        );
        met.insert(masked);
    }
    assert_eq!(met.len(), 300);
    let far = tried.gives("(1000000.5,-7000000)");
    assert!(far.starts_with('('));
    let pole = tried.gives("(0,90)");
    assert!(pole.contains(",8.9") || pole.contains(",9e1"), "{pole}");
    for value in ["", "(1)", "1,2", "(a,b)", "(1,2,3)"] {
        assert!(value.is_empty() || tried.mask(value).is_err(), "{value}");
    }
}

#[test]
fn points_of_postgis_keep_their_form() {
    let tried = tried("public.geometry(Point,4326)", "\"geo\"");
    // POINT(13.4 52.5) in EPSG:4326.
    let value = "0101000020E6100000CDCCCCCCCCCC2A400000000000404A40";
    let masked = tried.gives(value);
    assert_eq!((masked.len(), &masked[..18]), (value.len(), &value[..18]));
    assert_ne!(masked, value);
    let double = |at: usize| {
        let bytes: Vec<u8> = (0..8)
            .map(|n| {
                u8::from_str_radix(&masked[at + 2 * n..at + 2 * n + 2], 16).expect("hexadecimal")
            })
            .collect();
        f64::from_le_bytes(bytes.try_into().expect("8 bytes"))
    };
    assert!((double(18) - 13.4).abs() < 0.02 && (double(34) - 52.5).abs() < 0.01);
    // A line, a point with a height, and what is torn.
    for value in [
        "0102000020E6100000",
        "01010000A0E6100000CDCCCCCCCCCC2A400000000000404A400000000000000000",
        "01",
        "zz",
        "010100",
    ] {
        assert!(tried.mask(value).is_err(), "{value}");
    }
}

proptest! {
    /// With one draw, the greater of two numbers stays it: ranges depend on that.
    #[test]
    fn noise_keeps_the_order(one in -2_000_i64..2_000, other in -2_000_i64..2_000, row in 0..1_000_u64) {
        let tried = tried("bigint", "{ with = \"noise\", part = 0.3 }");
        let of = |number: i64| tried.of_row(number.to_string().as_bytes(), row).expect("is masked").parse::<i64>().expect("an integer");
        prop_assert_eq!(of(one.min(other)).min(of(one.max(other))), of(one.min(other)));
        prop_assert!(one == 0 || of(one) != one);
    }
}

//! Values that nobody expects: empty, huge, torn, no text at all.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::catalogue::EXAMPLES;
use super::*;

/// All examples, made once.
static ALL: LazyLock<Vec<(&str, &str, Tried)>> = LazyLock::new(|| {
    let made = |example: &super::catalogue::Example| {
        let tried = tried(example.data_type, example.rule);
        (example.name, example.data_type, tried)
    };
    EXAMPLES.iter().map(made).collect()
});

/// What replaces a value, or why nothing does: never a panic, and never the value.
fn outcome(tried: &Tried, value: &[u8]) -> Result<Vec<u8>, &'static str> {
    let draw = tried.draws.of(b't', value);
    let mut out = Vec::new();
    let done = tried.transform.mask(value, &draw, &mut out);
    done.map(|()| out).map_err(|refused| refused.reason)
}

#[test]
fn empty_texts_stay_empty() {
    for example in EXAMPLES
        .iter()
        .filter(|example| example.data_type == "text")
    {
        let masked = tried(example.data_type, example.rule).gives("");
        assert_eq!(
            masked.is_empty(),
            example.name != "static",
            "{}",
            example.name
        );
    }
}

#[test]
fn bytes_that_are_no_text_are_replaced_or_refused() {
    for example in EXAMPLES {
        let tried = tried(example.data_type, example.rule);
        for value in [
            &b"\xff\xfe"[..],
            b"a\xc3",
            b"{\xff}",
            b"(\xff,1)",
            b"\"\xff\"",
            b"12\xff",
            b"\0",
        ] {
            if let Ok(masked) = outcome(&tried, value) {
                assert!(
                    !masked.contains(&0xff) && !masked.ends_with(b"\xc3"),
                    "{}",
                    example.name
                );
                assert!(std::str::from_utf8(&masked).is_ok(), "{}", example.name);
            }
        }
    }
}

#[test]
fn a_megabyte_is_masked_in_time() {
    const MEGABYTE: usize = 1 << 20;
    let texts = ["ä", "{", "\"", "A9-", "/", "{a,"];
    for (name, _, tried) in ALL.iter() {
        for text in texts {
            let value = text.repeat(MEGABYTE / text.len());
            let start = Instant::now();
            let _ = outcome(tried, value.as_bytes());
            // Not built for speed; a function of the square of the length would take hours.
            assert!(
                start.elapsed() < Duration::from_secs(30),
                "{name} of {text:?}"
            );
        }
    }
}

#[test]
fn the_ends_of_time_and_number_stay() {
    for (data_type, rule, values) in [
        ("date", "\"date-shift\"", &["infinity", "-infinity"][..]),
        (
            "timestamp with time zone",
            "{ with = \"date-trunc\" }",
            &["infinity", "-infinity"],
        ),
        (
            "double precision",
            "\"noise\"",
            &["NaN", "Infinity", "-Infinity"],
        ),
        (
            "numeric",
            "{ with = \"bucket\", size = 10 }",
            &["NaN", "Infinity", "-Infinity"],
        ),
        (
            "daterange",
            "{ with = \"range\", element = \"date-shift\" }",
            &["empty", "(,)", "[-infinity,infinity)"],
        ),
        ("point", "\"geo\"", &["(NaN,NaN)"]),
    ] {
        let tried = tried(data_type, rule);
        for value in values {
            assert_eq!(tried.gives(value), *value, "{rule}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_text_makes_a_transformer_panic_or_give_it_back(value in "\\PC{0,40}|[\\{\\}\\[\\]()\",:\\\\a1.=>\\- ]{0,30}") {
        for (name, data_type, tried) in ALL.iter() {
            let Ok(masked) = outcome(tried, value.as_bytes()) else { continue };
            prop_assert!(std::str::from_utf8(&masked).is_ok());
            if *data_type != "text" || *name == "static" {
                continue;
            }
            prop_assert_eq!(masked.is_empty(), value.is_empty(), "{}", name);
            // One for one, a short value is its own replacement by chance: one letter once in 26 times.
            let meant = |letter: &char| match *name {
                "digits" => letter.is_ascii_digit(),
                "code" | "code of many letters" => letter.is_ascii_alphanumeric(),
                _ => true,
            };
            let short = value.chars().filter(meant).count() < 8;
            // Marks and public words stay.
            let stays = short || *name == "redact";
            prop_assert!(stays || masked != value.as_bytes(), "{}", name);
        }
    }

    #[test]
    fn no_bytes_make_a_transformer_panic(value in proptest::collection::vec(any::<u8>(), 0..40)) {
        for (_, _, tried) in ALL.iter() {
            let _ = outcome(tried, &value);
        }
    }

    /// Of a text whose letters are all replaced, no run of letters is left.
    #[test]
    fn no_part_of_a_text_is_left(value in "[A-Za-z]{12,40}") {
        for (name, data_type, tried) in ALL.iter() {
            if *data_type != "text" || *name == "digits" {
                continue;
            }
            if let Ok(masked) = outcome(tried, value.as_bytes()) {
                let masked = String::from_utf8(masked).expect("text").to_lowercase();
                let value = value.to_lowercase();
                let run = (0..value.len() - 7).find(|at| masked.contains(&value[*at..at + 8]));
                prop_assert_eq!(run, None, "{}", name);
            }
        }
    }
}

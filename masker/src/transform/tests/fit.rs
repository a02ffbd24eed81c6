//! What replaces is of the column's type and length.

use super::catalogue::EXAMPLES;
use super::*;

const OF_TEXT: [&str; 24] = [
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
    "token",
    "secret",
    "lorem",
    "code",
    "password",
];

#[test]
fn what_replaces_fits_the_length_of_the_type() {
    for name in OF_TEXT {
        for max in [1, 2, 3, 8, 12, 16, 18, 20, 22, 32, 42, 60] {
            for data_type in [
                format!("character varying({max})"),
                format!("character({max})"),
            ] {
                let rule = format!("\"{name}\"");
                let Ok(tried) = asked(&data_type, &rule).made() else {
                    continue;
                };
                for n in 0..30 {
                    let value = match name {
                        "ip" => format!("10.0.{n}.1"),
                        "mac" => format!("08002b0100{n:02}"),
                        _ => format!("{n:0>60}").chars().take(max).collect(),
                    };
                    let masked = tried.gives(&value);
                    assert!(
                        masked.chars().count() <= max,
                        "{name} in {data_type}: {masked}"
                    );
                    assert!(!masked.is_empty(), "{name} in {data_type}");
                    assert!(
                        !masked.ends_with(' '),
                        "{name} in {data_type}: lost by padding"
                    );
                }
            }
        }
    }
}

#[test]
fn ip_of_six_fits_where_only_four_has_room() {
    let tried = tried("character varying(18)", "\"ip\"");
    assert_eq!(tried.gives("fe80::1"), "2001:db8::1");
}

#[test]
fn what_does_not_fit_is_refused() {
    for (data_type, rule) in [
        ("text", "\"int\""),
        ("numeric(5,2)", "\"int\""),
        ("integer", "\"uuid\""),
        ("character varying(31)", "\"uuid\""),
        ("integer", "\"token\""),
        ("integer", "\"code\""),
        ("bigint", "\"digits\""),
        ("text", "\"date-shift\""),
        ("time without time zone", "\"date-shift\""),
        ("text", "\"date-trunc\""),
        ("text", "\"noise\""),
        ("text", "{ with = \"bucket\", size = 10 }"),
        ("integer", "{ with = \"bucket\", size = 1 }"),
        ("integer", "\"lorem\""),
        ("boolean", "\"email\""),
        ("integer", "\"name\""),
        ("integer", "\"phone\""),
        ("character varying(15)", "\"card\""),
        ("character varying(21)", "\"iban\""),
        ("character varying(59)", "\"password\""),
        ("character varying(10)", "\"email\""),
        ("character varying(1)", "\"country\""),
        ("text", "\"geo\""),
        ("polygon", "\"geo\""),
        ("text", "\"label\""),
        ("text", "\"shuffle\""),
        (
            "integer",
            "{ with = \"national-id\", pattern = \"9999999999\" }",
        ),
        ("bigint", "{ with = \"national-id\", pattern = \"99-99\" }"),
        ("text", "{ with = \"national-id\", pattern = \"none\" }"),
        (
            "character varying(10)",
            "{ with = \"national-id\", pattern = \"999-99-9999\" }",
        ),
        ("text", "{ with = \"name\", locale = \"tlh\" }"),
        (
            "character varying(3)",
            "{ with = \"static\", value = \"gone\" }",
        ),
        ("integer", "{ with = \"static\", value = \"gone\" }"),
        ("smallint", "{ with = \"static\", value = \"70000\" }"),
        ("public.mood", "{ with = \"static\", value = \"gone\" }"),
        (
            "public.short",
            "{ with = \"static\", value = \"too long\" }",
        ),
        ("text", "{ with = \"template\", text = \"{nothing}\" }"),
        ("text", "{ with = \"template\", text = \"a } b\" }"),
        (
            "character varying(3)",
            "{ with = \"template\", text = \"long\" }",
        ),
        ("text", "{ with = \"json\", parts = { a = \"keep\" } }"),
        ("box[]", "{ with = \"array\", element = \"keep\" }"),
        ("integer", "{ with = \"array\", element = \"keep\" }"),
        ("integer", "{ with = \"range\", element = \"noise\" }"),
        ("int4range", "{ with = \"range\", element = \"int\" }"),
        ("text", "{ with = \"hstore\", parts = { a = \"keep\" } }"),
    ] {
        let refused = asked(data_type, rule).refused();
        assert!(
            !refused.message.is_empty() && !refused.hint.is_empty(),
            "{rule} for {data_type}"
        );
    }
}

#[test]
fn templates_are_filled() {
    let tried = tried(
        "text",
        "{ with = \"template\", text = \"{{{first-name}}} {number}-{token}{token}\" }",
    );
    let masked = tried.gives("Maria");
    assert!(masked.starts_with('{') && masked.contains("} "), "{masked}");
    let tokens = masked.rsplit('-').next().expect("a dash");
    assert_eq!(tokens.len(), 16);
    assert_ne!(tokens[..8], tokens[8..]);
    let short = super::tried(
        "character varying(10)",
        "{ with = \"template\", text = \"{last-name}{first-name}{number}\" }",
    );
    for n in 0..100 {
        let masked = short.gives(&n.to_string());
        assert!(
            masked.chars().count() <= 10 && masked[masked.len() - 6..].parse::<u32>().is_ok(),
            "{masked}"
        );
    }
}

#[test]
fn codes_of_countries_and_regions_stay_codes() {
    let country = tried("text", "\"country\"");
    assert_eq!(country.gives("DE").len(), 2);
    assert_eq!(country.gives("de"), country.gives("de").to_lowercase());
    assert_eq!(country.gives("DEU").len(), 3);
    assert!(country.gives("Germany").len() > 3);
    let region = tried("text", "\"region\"");
    assert!(region.gives("NY").len() <= 3 && region.gives("New York").len() > 3);
}

#[test]
fn values_of_one_person_agree() {
    let (first, last, email) = (
        tried("text", "{ with = \"first-name\", by = \"row\" }"),
        tried("text", "{ with = \"last-name\", by = \"row\" }"),
        tried("text", "{ with = \"email\", by = \"row\" }"),
    );
    let ascii = |text: &str| {
        text.to_lowercase()
            .chars()
            .filter(char::is_ascii_lowercase)
            .collect::<String>()
    };
    let agree = (0..200).filter(|row| {
        let of = |tried: &Tried| tried.of_row(b"x", *row).expect("a name");
        let email = of(&email);
        email.contains(&ascii(&of(&first))) && email.contains(&ascii(&of(&last)))
    });
    // Names in letters other than ASCII are written in ASCII another way.
    assert!(agree.count() > 100);
}

#[test]
fn a_value_is_never_what_replaces_it() {
    for example in EXAMPLES {
        // Constant for their kind, chosen of few, or bijections of few values.
        let by_design = [
            "static",
            "password",
            "date-trunc",
            "bucket",
            "int of 2 bytes",
            "label",
            "region",
            "country",
            "card",
        ];
        if by_design.contains(&example.name.split(" of ").next().unwrap_or_default())
            || by_design.contains(&example.name)
        {
            continue;
        }
        let tried = tried(example.data_type, example.rule);
        for n in 0..300 {
            let value = (example.value)(n);
            let masked = tried.of_row(value.as_bytes(), n).expect("is masked");
            assert!(masked != value, "{}: {value}", example.name);
        }
    }
    // Of short texts and small numbers too.
    for (data_type, rule, value) in [
        ("integer", "\"noise\"", "1"),
        ("integer", "\"noise\"", "3"),
        ("text", "\"lorem\"", "a"),
        ("text", "\"first-name\"", "Hayden"),
    ] {
        let with = format!("{{ with = {rule}, by = \"row\" }}");
        let tried = super::tried(data_type, &with);
        for row in 0..500 {
            assert_ne!(
                tried.of_row(value.as_bytes(), row).as_deref(),
                Ok(value),
                "{rule}"
            );
        }
    }
}

/// Of two labels, one that is never the value's own would be the other one.
#[test]
fn what_is_chosen_of_few_does_not_depend_on_the_value() {
    for (data_type, rule, value) in [
        ("boolean", "\"label\"", "t"),
        ("public.mood", "\"label\"", "ok"),
        ("text", "{ with = \"country\", by = \"row\" }", "US"),
    ] {
        let tried = tried(data_type, rule);
        let other = if data_type == "boolean" { "f" } else { value };
        let of = |value: &str, row| tried.of_row(value.as_bytes(), row).expect("is masked");
        let same = (0..1_000).filter(|row| of(value, *row) == value).count();
        assert!((20..700).contains(&same), "{rule}: {same}");
        assert!(
            (0..100).all(|row| of(value, row) == of(other, row)),
            "{rule}"
        );
    }
}

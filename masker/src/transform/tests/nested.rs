//! Documents, arrays, composites, hstore and ranges: what is kept is kept to the byte.

use proptest::prelude::*;

use super::*;

fn special(text: &str, marks: &str) -> bool {
    text.is_empty()
        || text
            .chars()
            .any(|letter| marks.contains(letter) || matches!(letter, ' ' | '\t'..='\r'))
}

/// An element as `array_out` writes it.
fn element(text: &Option<String>) -> String {
    match text {
        None => "NULL".to_owned(),
        Some(text) if special(text, "\"\\{},") || text.eq_ignore_ascii_case("null") => {
            format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
        }
        Some(text) => text.clone(),
    }
}

/// A field as `record_out` writes it.
fn field(text: &Option<String>) -> String {
    match text {
        None => String::new(),
        Some(text) if special(text, "\"\\(),") => {
            format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\"\""))
        }
        Some(text) => text.clone(),
    }
}

fn hstore(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A document with blanks and whatever escapes a client likes.
fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just("\"\\ud800 \\u00e9\\/\"".to_owned()),
        Just("-0.0e-400".to_owned()),
        "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,9})?([eE][+-]?[0-9]{1,3})?",
        "\\PC{0,6}".prop_map(|text| serde_json::Value::from(text).to_string()),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4)
                .prop_map(|all| format!("[ {} ]", all.join("\t,"))),
            proptest::collection::vec(("[a-c]{1,2}", inner), 0..4).prop_map(|all| {
                let members = all
                    .iter()
                    .map(|(key, value)| format!("\"{key}\" :\n{value}"));
                format!("{{{}}}", members.collect::<Vec<_>>().join(" , "))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn an_array_whose_elements_stay_keeps_its_text(elements in proptest::collection::vec(proptest::option::of("\\PC{0,8}|[ \"\\\\{},()\\[\\]\u{b}]{1,4}|NULL|null"), 0..6)) {
        let tried = tried("text[]", "{ with = \"array\", element = \"keep\" }");
        let row = elements.iter().map(element).collect::<Vec<_>>().join(",");
        for text in [format!("{{{row}}}"), format!("[2:9]={{{row}}}"), format!("{{{{{row}}},{{{row}}}}}")] {
            prop_assert_eq!(tried.gives(&text), text);
        }
    }

    #[test]
    fn a_composite_whose_fields_stay_keeps_its_text(who in proptest::option::of("\\PC{0,8}|[ \"\\\\{},()]{1,4}"), tags in proptest::collection::vec(proptest::option::of("\\PC{0,4}|[\"\\\\,]{1,3}"), 0..3)) {
        let contact = tried("public.contact", "{ with = \"fields\", parts = { who = \"keep\", age = \"keep\" } }");
        let inner = format!("({},42)", field(&who));
        prop_assert_eq!(contact.gives(&inner), inner.clone());
        // Two layers of quotes, and three with the array within.
        let inside = "{ with = \"fields\", parts = { lead = { with = \"fields\", parts = { who = \"keep\", age = \"keep\" } }, tags = { with = \"array\", element = \"keep\" } } }";
        let tags = format!("{{{}}}", tags.iter().map(element).collect::<Vec<_>>().join(","));
        let text = format!("({},{})", field(&Some(inner)), field(&Some(tags)));
        prop_assert_eq!(tried("public.team", inside).gives(&text), text);
    }

    #[test]
    fn an_hstore_whose_values_stay_keeps_its_text(pairs in proptest::collection::vec(("\\PC{0,6}|[\"\\\\=>, ]{1,3}", proptest::option::of("\\PC{0,6}|NULL|[\"\\\\=>, ]{1,3}")), 0..5)) {
        let tried = tried("public.hstore", "{ with = \"hstore\", parts = { \"*\" = \"keep\" } }");
        let pairs = pairs.iter().map(|(key, value)| {
            let value = value.as_ref().map_or("NULL".to_owned(), |value| hstore(value));
            format!("{}=>{value}", hstore(key))
        });
        let text = pairs.collect::<Vec<_>>().join(", ");
        prop_assert_eq!(tried.gives(&text), text);
    }

    #[test]
    fn a_document_whose_leaves_stay_keeps_its_text(text in json()) {
        let tried = tried("json", "{ with = \"json\", parts = { \"**\" = \"keep\" } }");
        prop_assert_eq!(tried.gives(&text), text);
    }

    /// With every leaf replaced, a document stays one of the same shape.
    #[test]
    fn a_document_whose_leaves_are_replaced_stays_one(text in json()) {
        let tried = tried("json", "{ with = \"json\", parts = { \"**\" = \"token\", \"**#key\" = \"keep\" } }");
        let masked = tried.gives(&text);
        fn shape(value: &serde_json::Value) -> String {
            match value {
                serde_json::Value::Array(all) => format!("[{}]", all.iter().map(shape).collect::<String>()),
                serde_json::Value::Object(all) => all.iter().map(|(key, value)| format!("{{{key}{}}}", shape(value))).collect(),
                serde_json::Value::Null => "-".to_owned(),
                serde_json::Value::String(text) if text.is_empty() => "-".to_owned(),
                _ => "x".to_owned(),
            }
        }
        // A lone surrogate and a float beyond f64 are no documents for the parser of the test.
        if let (Ok(before), Ok(after)) = (serde_json::from_str(&text), serde_json::from_str::<serde_json::Value>(&masked)) {
            let before: serde_json::Value = before;
            prop_assert_eq!(shape(&before).replace('-', ""), shape(&after).replace('-', ""));
        }
    }
}

#[test]
fn documents_are_masked_by_path_and_nothing_else_changes() {
    let parts = "{ with = \"json\", parts = { \"user.email\" = \"email\", \"tags[]\" = \"token\", \"user.age\" = \"keep\", \"meta.**\" = \"keep\", \"*.secret\" = \"null\", \"*#key\" = \"token\", \"ok\" = \"label\", \"id\" = \"int\" } }";
    let tried = tried("json", parts);
    let masked = tried.gives(
        "{ \"user\" : {\"email\":\"maria@corp.invalid\", \"age\": 1e400,\"age\":12345678901234567890.10}, \
         \"tags\":[\"a\",null,7], \"meta\":{\"x\":[true]}, \"maria\":{\"secret\":\"s\"}, \"ok\":true, \"id\":12, \"id\":\"12\" }",
    );
    for gone in ["maria", "\"a\"", "[7", "\"s\"", ":12,", "\"12\""] {
        assert!(!masked.contains(gone), "{gone}: {masked}");
    }
    for kept in [
        "\"age\": 1e400,\"age\":12345678901234567890.10}",
        "\"meta\":{\"x\":[true]}",
        ":{\"secret\":null}",
        ",null,",
    ] {
        assert!(masked.contains(kept), "{kept}: {masked}");
    }
    assert!(
        masked.contains("\"ok\":false") || masked.contains("\"ok\":true"),
        "{masked}"
    );
    let ids: Vec<&str> = masked
        .split("\"id\":")
        .skip(1)
        .map(|rest| rest.split([',', ' ']).next().expect("a value"))
        .collect();
    assert_eq!(
        format!("\"{}\"", ids[0]),
        ids[1],
        "one number, as a number and as a text"
    );
}

#[test]
fn what_no_rule_decides_about_is_refused() {
    let tried = tried(
        "jsonb",
        "{ with = \"json\", parts = { \"a.b\" = \"token\", \"list[].x\" = \"token\" } }",
    );
    for text in [
        "{\"other\":1}",
        "{\"a\":1}",
        "{\"a\":{\"c\":null}}",
        "{\"maria\":null}",
        "{\"maria\":{}}",
        "{\"maria\":[]}",
        "[1]",
        "\"maria\"",
        "7",
        "{\"list\":[{\"y\":1}]}",
        "{\"list\":[1]}",
        "{\"list\":{\"x\":1}}",
        "{\"a\":{\"b\":{\"c\":1}}}",
    ] {
        assert_eq!(
            tried.mask(text),
            Err("has a path that no rule decides about"),
            "{text}"
        );
    }
    for text in [
        "{}",
        "[]",
        "null",
        "{\"a\":{}}",
        "{\"a\":null}",
        "{\"list\":[]}",
        "{\"list\":[null,{}]}",
    ] {
        assert!(tried.mask(text).is_ok() || text.starts_with("[]"), "{text}");
    }
    for text in [
        "{\"a\":",
        "{",
        "x y",
        "{\"a\" 1}",
        "[1 2]",
        "\"a",
        "\"\\",
        "{\"a\":{\"b\":\"\\x\"}}",
        "1 1",
        "{\"a\":{\"b\":\"\\u12\"}}",
        "{,}",
    ] {
        assert!(tried.mask(text).is_err(), "{text}");
    }
    let deep = super::tried(
        "jsonb",
        "{ with = \"json\", parts = { \"**\" = \"keep\" } }",
    );
    assert!(deep.mask(&"[".repeat(100_000)).is_err());
    assert!(
        deep.mask(&format!("{}{}", "[".repeat(150), "]".repeat(150)))
            .is_ok()
    );
}

/// `{"a@b.c": …}`: a key that a star stands for may be an original.
#[test]
fn keys_are_decided_about() {
    let refused = asked(
        "jsonb",
        "{ with = \"json\", parts = { \"by.*\" = \"token\" } }",
    )
    .refused();
    assert!(refused.hint.contains("\"by.*#key\""), "{}", refused.hint);
    asked(
        "jsonb",
        "{ with = \"json\", parts = { \"by.*\" = \"token\", \"by.*#key\" = \"null\" } }",
    )
    .refused();
    asked(
        "jsonb",
        "{ with = \"json\", parts = { \"by\" = \"token\", \"by#key\" = \"token\" } }",
    )
    .refused();
    asked(
        "jsonb",
        "{ with = \"json\", parts = { \"a..b\" = \"token\" } }",
    )
    .refused();
    let tried = tried(
        "jsonb",
        "{ with = \"json\", parts = { \"by.*\" = \"token\", \"by.*#key\" = \"email\", \"by.total\" = \"keep\" } }",
    );
    let masked = tried.gives("{\"by\": {\"maria@corp.invalid\": \"x\", \"total\": 1}}");
    assert!(
        !masked.contains("maria") && masked.contains("\"total\": 1"),
        "{masked}"
    );
    assert!(masked.contains(".example"), "{masked}");
    let dotted = super::tried(
        "jsonb",
        "{ with = \"json\", parts = { '\"a.b\".\"*\"' = \"keep\" } }",
    );
    assert_eq!(dotted.gives("{\"a.b\":{\"*\":1}}"), "{\"a.b\":{\"*\":1}}");
    assert!(dotted.mask("{\"a.b\":{\"c\":1}}").is_err());
    let hstore = super::tried(
        "public.hstore",
        "{ with = \"hstore\", parts = { \"*\" = \"null\", \"*#key\" = \"token\" } }",
    );
    let masked = hstore.gives("\"maria\"=>\"x\", \"b\"=>NULL");
    assert!(
        !masked.contains("maria") && masked.ends_with("=>NULL") && masked.contains("\"=>NULL, \""),
        "{masked}"
    );
}

#[test]
fn torn_text_forms_are_refused() {
    for (data_type, rule, texts) in [
        (
            "text[]",
            "{ with = \"array\", element = \"token\" }",
            &["", "x", "{\"a", "{\"a\\"][..],
        ),
        (
            "public.contact",
            "{ with = \"fields\", parts = { who = \"name\", age = \"keep\" } }",
            &["", "(a)", "(a,1,2)", "a,1", "(\"a,1)", "(a,1"],
        ),
        (
            "public.hstore",
            "{ with = \"hstore\", parts = { a = \"name\" } }",
            &[
                "a",
                "\"a\"",
                "\"a\"=>",
                "\"a\"=>\"x",
                "\"a\"=>\"x\",\"a\"=>\"y\"",
                "\"b\"=>\"x\"",
                "\"a\"=>x",
            ],
        ),
        (
            "daterange",
            "{ with = \"range\", element = \"date-shift\" }",
            &["", "x", "[x,y)", "[2026-01-01,\"2026)"],
        ),
    ] {
        let tried = tried(data_type, rule);
        for text in texts.iter().filter(|text| !text.is_empty()) {
            assert!(tried.mask(text).is_err(), "{text} of {data_type}");
        }
    }
}

#[test]
fn nested_quoting() {
    let tried = tried(
        "public.contact[]",
        "{ with = \"array\", element = { with = \"fields\", parts = { who = \"token\", age = \"keep\" } } }",
    );
    let masked = tried.gives("{\"(\\\"Maria \\\"\\\"M\\\"\\\" Schmidt\\\",42)\",NULL,\"(,)\"}");
    assert!(
        !masked.contains("Maria") && masked.ends_with(",42)\",NULL,\"(,)\"}"),
        "{masked}"
    );
    let null = super::tried(
        "public.contact",
        "{ with = \"fields\", parts = { who = \"null\", age = \"keep\" } }",
    );
    assert_eq!(null.gives("(\"Maria, M\",42)"), "(,42)");
    let refused = asked(
        "public.contact",
        "{ with = \"fields\", parts = { who = \"name\" } }",
    )
    .refused();
    assert!(refused.message.contains("\"age\""));
    asked(
        "public.contact",
        "{ with = \"fields\", parts = { who = \"name\", age = \"keep\", x = \"keep\" } }",
    )
    .refused();
}

#[test]
fn ranges_keep_their_length_and_their_form() {
    let tried = tried(
        "daterange",
        "{ with = \"range\", element = \"date-shift\" }",
    );
    let masked = tried.gives("[2026-01-01,2026-01-11)");
    let days: Vec<i32> = masked[1..masked.len() - 1]
        .split(',')
        .map(|day| match seeder::value::Value::read(day, &Type::Date) {
            Some(seeder::value::Value::Date(days)) => days,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(days[1] - days[0], 10);
    assert!(
        tried.gives("[2026-01-01,)").ends_with(",)")
            && tried.gives("(,2026-01-01]").starts_with("(,")
    );
    let moments = super::tried(
        "tsmultirange",
        "{ with = \"range\", element = \"date-shift\" }",
    );
    let masked = moments.gives(
        "{[\"2026-01-01 10:00:00\",\"2026-01-01 11:00:00\"),[\"2026-02-01 10:00:00\",infinity)}",
    );
    assert!(
        masked.contains(" 10:00:00\",\"") && masked.ends_with(" 10:00:00\",infinity)}"),
        "{masked}"
    );
    let numbers = super::tried(
        "int4range",
        "{ with = \"range\", element = { with = \"bucket\", size = 100 } }",
    );
    assert_eq!(numbers.gives("[123,567)"), "[100,500)");
}

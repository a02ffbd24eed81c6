//! What is known of values, of their parts and of redacted texts, and what is not.

use super::*;

/// Else a column with an empty text in it would never be proved.
#[test]
fn an_empty_value_that_stays_is_no_leak() {
    let bytes: Vec<u8> = (0..32).collect();
    let key = MaskKey::read(&bytes).expect("a key");
    let watched = Watched {
        table: Name::new("public", "t"),
        column: "c".to_owned(),
        with: Transformer::Email,
        redacts: false,
        redacted: false,
        kept: false,
        put: false,
    };
    let mut collector = Collector::new(&key, vec![watched]);
    collector.see((0, None), b"", Some(b""));
    collector.see((0, None), b"maria@corp.invalid", Some(b"x@example.com"));
    assert_eq!(collector.columns[0].seen.unchanged, 0);
    collector.see(
        (0, None),
        b"maria@corp.invalid",
        Some(b"maria@corp.invalid"),
    );
    let seen = collector.columns[0].seen;
    assert_eq!((seen.values, seen.unchanged), (3, 1));
}

/// Else what does nothing could not be told from a table of `infinity`, or of nothing owed.
#[test]
fn a_measure_without_one_stays_and_no_other() {
    use Transformer as T;
    for (with, value, expected) in [
        (T::DateShift, "infinity", true),
        (T::DateShift, "2026-01-01", false),
        (T::Noise, "0.00", true),
        (T::Noise, "NaN", true),
        (T::Noise, "0.10", false),
        (T::Int, "0", true),
        (T::Int, "10", false),
        (T::Geo, "(NaN,-Infinity)", true),
        (T::Geo, "(0,0)", false),
        (T::Geo, "0101000000000000000000F87F000000000000F87F", true),
        (T::Token, "0", false),
        (T::Email, "", true),
    ] {
        assert_eq!(
            stays(with, value.as_bytes()),
            expected,
            "{with:?} {value:?}"
        );
    }
}

/// Else a schema of which only names are masked would have nothing to look for in files.
#[test]
fn values_of_lists_are_looked_for_in_files_unless_they_are_replacements_too() {
    let mut collector = redacting(false);
    let watched = &mut collector.columns[0].watched;
    (watched.with, watched.redacts, watched.redacted) = (Transformer::Name, false, false);
    for (original, replacement) in [
        ("Zebulon Quux", "Maria Ellis"),
        ("Maria Ellis", "Anna Green"),
        ("Bo Li", "Zoe Adler"),
    ] {
        collector.see((0, None), original.as_bytes(), Some(replacement.as_bytes()));
    }
    let document = (
        br#"{"kind": "x", "who": "y"}"#,
        br#"{"kind": "x", "who": "z"}"#,
    );
    collector.see((0, Some(Transformer::Json)), document.0, Some(document.1));
    let samples = collector.finish().samples;
    let expected = Sample {
        bytes: b"Zebulon Quux".to_vec(),
        alone: true,
    };
    assert_eq!(samples, [expected]);
}

#[test]
fn what_is_in_any_file_by_chance_is_not_looked_for_there() {
    for (value, expected) in [
        ("maria@corp.invalid", true),
        ("Мария Иванова", true),
        ("+49 30 1234567", true),
        ("4111111111111111", true),
        ("030123456789", false),
        ("2026-01-01", false),
        ("Bo Li", false),
    ] {
        assert_eq!(is_told_in_files(value.as_bytes()), expected, "{value}");
    }
}

/// What some rows keep may turn up; what the others had may not, unless it is one of these.
#[test]
fn of_a_column_that_some_rows_keep_the_other_values_are_looked_for() {
    let mut collector = redacting(true);
    let watched = &mut collector.columns[0].watched;
    (watched.with, watched.redacts) = (Transformer::Token, false);
    for value in ["Zebulon & Sons", "public house"] {
        collector.see((0, None), value.as_bytes(), Some(b"q"));
    }
    collector.see_kept(0, b"a public house");
    let collected = collector.finish();
    for (value, expected) in [("Zebulon & Sons", true), ("public house", false)] {
        let mut known = false;
        collected
            .hashing
            .of_value(value.as_bytes(), &mut |form: Form| {
                known |= collected.gone.contains(form.hash);
            });
        assert_eq!(known, expected, "{value}");
    }
}

#[test]
fn what_is_not_looked_for_is_told() {
    use Transformer as T;
    let mut collector = redacting(false);
    let watched = &mut collector.columns[0].watched;
    (watched.with, watched.redacts, watched.redacted) = (T::Phone, false, false);
    let told = |collector: &Collector| {
        let collected = collector.clone().finish();
        let told = collected.unlooked().map(|one| (one.place, one.why));
        told.collect::<Vec<_>>()
    };
    collector.see((0, None), b"+49 30 1234567", Some(b"x"));
    collector.see((0, None), b"", Some(b""));
    assert!(told(&collector).is_empty());
    collector.see((0, None), b"1234567", Some(b"x"));
    let own = ("public.t.c".to_owned(), Why::Short);
    assert_eq!(told(&collector), std::slice::from_ref(&own));
    collector.see_part(0, T::City, (b"Bad Homburg", Some(b"Ely")));
    let part = ("parts of public.t.c".to_owned(), Why::Common);
    assert_eq!(told(&collector), [own, part]);
}

fn redacting(kept: bool) -> Collector {
    let bytes: Vec<u8> = (0..32).collect();
    let key = MaskKey::read(&bytes).expect("a key");
    let watched = Watched {
        table: Name::new("public", "t"),
        column: "c".to_owned(),
        with: Transformer::Redact,
        redacts: true,
        redacted: !kept,
        kept,
        put: false,
    };
    Collector::new(&key, vec![watched])
}

/// A text of public words stays, which is no leak; a stranger in one is, whatever was there before.
#[test]
fn what_redact_gives_is_judged_by_itself() {
    for kept in [false, true] {
        let mut collector = redacting(kept);
        let text = b"please call back";
        collector.see_redacted(0, text, text);
        let original = b"Zebulon Quux, zebulon@corp.invalid";
        collector.see_redacted(0, original, b"Amet Odit, modi@example.com");
        let seen = collector.columns[0].seen;
        assert_eq!((seen.values, seen.unchanged, seen.strangers), (2, 0, 0));
        collector.see_redacted(0, original, b"Amet Quux, modi@example.com");
        assert_eq!(collector.columns[0].seen.strangers, 1);
    }
}

/// Of a text that becomes NULL in one row, the words may stay in another.
#[test]
fn what_redact_keeps_is_no_leak_of_a_row_that_does_not_have_it() {
    let mut collector = redacting(false);
    collector.columns[0].watched.with = Transformer::Null;
    let mut collector = Collector::new(
        &MaskKey::read(&(0..32).collect::<Vec<u8>>()).expect("a key"),
        vec![collector.columns.remove(0).watched],
    );
    collector.see((0, None), b"please call back", None);
    collector.see_redacted(0, b"please call back today", b"please call back today");
    let collected = collector.finish();
    let mut left = false;
    let value = b"please call back";
    collected.hashing.of_value(value, &mut |form: Form| {
        left |= collected.gone.contains(form.hash);
    });
    assert!(!left);
}

/// Its words are looked for in the column, its addresses everywhere; those that some rows keep
/// nowhere.
#[test]
fn words_of_a_redacted_text_are_looked_for_in_its_column() {
    let found = |kept: bool| {
        let mut collector = redacting(kept);
        let original = b"Zebulon Quux, zebulon@corp.invalid";
        collector.see_redacted(0, original, b"Amet Odit, modi@example.com");
        let mut other = redacting(kept);
        other.absorb(&collector);
        let collected = other.finish();
        let placed = |column, word| {
            let hash = collected.hashing.placed(column, word);
            collected.placed.contains(hash)
        };
        let mut address = false;
        let value = b"zebulon@corp.invalid";
        collected.hashing.of_value(value, &mut |form: Form| {
            address |= collected.gone.contains(form.hash);
        });
        [
            placed(0, "zebulon"),
            placed(1, "zebulon"),
            placed(0, "amet"),
            address,
        ]
    };
    assert_eq!(found(false), [true, false, false, true]);
    assert_eq!(found(true), [false; 4]);
}

/// Keys that are called like columns, states, and what one case of a rule draws from a list stand
/// elsewhere by intent.
#[test]
fn what_stands_elsewhere_by_intent_is_no_leak() {
    let mut collector = redacting(false);
    let watched = &mut collector.columns[0].watched;
    (watched.with, watched.redacts, watched.redacted) = (Transformer::Email, false, false);
    for word in [&b"customer_id"[..], b"pending"] {
        collector.see_part(0, Transformer::Token, (word, Some(b"q")));
    }
    collector.see((0, Some(Transformer::City)), b"Stuttgart", Some(b"Lisboa"));
    collector.see(
        (0, Some(Transformer::Email)),
        b"a@corp.invalid",
        Some(b"b@example.com"),
    );
    let collected = collector.finish();
    for (value, expected) in [
        ("customer_id", 0),
        ("pending", 0),
        ("Stuttgart", 0),
        ("a@corp.invalid", 1),
    ] {
        let mut known = 0;
        collected
            .hashing
            .of_value(value.as_bytes(), &mut |form: Form| {
                known += usize::from(collected.gone.contains(form.hash));
            });
        assert_eq!(known, expected, "{value}");
    }
}

/// Else a leaf that stays, or turns up elsewhere, would hide behind the others of its document.
#[test]
fn a_part_is_known_by_itself() {
    let bytes: Vec<u8> = (0..32).collect();
    let key = MaskKey::read(&bytes).expect("a key");
    let watched = Watched {
        table: Name::new("public", "t"),
        column: "c".to_owned(),
        with: Transformer::Json,
        redacts: false,
        redacted: false,
        kept: false,
        put: false,
    };
    let mut collector = Collector::new(&key, vec![watched]);
    collector.see(
        (0, None),
        br#"{"a":"anna@corp.invalid","b":1}"#,
        Some(br#"{"a":"q","b":1}"#),
    );
    collector.see_part(0, Transformer::Token, (b"anna@corp.invalid", Some(b"q")));
    collector.see_part(0, Transformer::Token, (b"same", Some(b"same")));
    let parts = collector.columns[0].parts[&Transformer::Token];
    assert_eq!((parts.values, parts.unchanged), (2, 1));
    let collected = collector.clone().finish();
    let mut hits = 0;
    let text = b"wrote to anna@corp.invalid";
    collected
        .hashing
        .within(text, collected.words_max, &mut |form| {
            hits += usize::from(collected.gone.contains(form.hash));
        });
    assert_eq!(hits, 1);
    let told = |text: &str| collected.told(text);
    assert_eq!(told("TABLE public.t"), "TABLE public.t");
    assert_eq!(told("VIEW \"anna@corp.invalid\" x"), "VIEW (hidden) x");
    collector.see_part(0, Transformer::Token, (b"gruber7", Some(b"q")));
    let collected = collector.finish();
    assert_eq!(collected.told("index public.gruber7"), "index (hidden)");
}

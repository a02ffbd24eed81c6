//! Detectors of what could reach somebody, over the output of every generator.

use super::super::reserved::reaches;
use super::*;

#[test]
fn the_detectors_find_what_is_routable() {
    for text in [
        "anna@gmail.com",
        "see https://github.com/x",
        "10.0.0.1",
        "8.8.8.8/32",
        "2a00:1450::1",
        "+49 30 1234567",
        "4539578763621486",
    ] {
        assert!(reaches(text, None).is_some(), "{text}");
    }
    for text in [
        "anna@de.example",
        "192.0.2.7",
        "+1 212-555-0142",
        "4242424242424242",
    ] {
        assert_eq!(reaches(text, None), None);
    }
}

#[test]
fn no_routable_value() {
    let rows = if cfg!(debug_assertions) { 300 } else { 5_000 };
    for (name, _) in names() {
        for data_type in types().into_iter().chain([text(Some(30)), text(Some(16))]) {
            let Ok(generate) = named(name, &data_type) else {
                continue;
            };
            let distinct = generate.distinct();
            let ranked = distinct.map(|distinct| distinct.under(&Key::derive(9, &[name])));
            let more = (0..rows).filter_map(|row| ranked.as_ref()?.value(row));
            for value in values(&*generate, rows).into_iter().chain(more) {
                let text = shown(&value, &data_type);
                assert_eq!(reaches(&text, None), None, "{name} {data_type:?}: {text}");
            }
        }
    }
}

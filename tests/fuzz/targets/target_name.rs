//! Any bytes are a target name or an error, and what is one prints as it was read.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rules::target::{Target, place_of_server_name};

fuzz_target!(|text: &str| {
    if let Ok(target) = text.parse::<Target>() {
        assert_eq!(target.to_string(), text);
        assert_eq!(target.to_string().parse(), Ok(target));
    }
    if let Some(place) = place_of_server_name(text, "db.example.org") {
        assert_eq!(place.to_string().parse(), Ok(place));
    }
});

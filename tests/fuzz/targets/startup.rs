//! Any first packet parses or fails, and what parses is the same after it was built anew.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::{First, parse_first, startup_message};

fuzz_target!(|bytes: &[u8]| {
    let Ok(First::Startup(startup)) = parse_first(bytes) else {
        return;
    };
    assert!(!startup.user.is_empty());
    // An empty name would end the packet, and these names mean more than a setting.
    let special = ["", "user", "database", "options", "replication"];
    let plain = |name: &str| !special.contains(&name) && !name.starts_with("_pq_.");
    let settings: Vec<_> = startup
        .settings
        .iter()
        .filter(|(name, _)| plain(name))
        .cloned()
        .collect();
    let pairs = settings
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    let packet = startup_message([("user", startup.user.as_str())].into_iter().chain(pairs));
    let Ok(First::Startup(again)) = parse_first(&packet[4..]) else {
        panic!("the packet built anew does not parse");
    };
    assert_eq!(again.settings, settings);
});

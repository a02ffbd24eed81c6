//! Any text is a configuration, or a list of problems that can be shown.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rules::config::{needs_restart, parse};

fuzz_target!(|text: &str| match parse(text) {
    Ok(config) => {
        assert!(needs_restart(&config, &config).is_empty());
        for environment in &config.environments {
            config.is_raw(environment);
        }
    }
    Err(problems) => {
        assert!(!problems.is_empty());
        for problem in problems {
            assert!(problem.line >= 1 && problem.column >= 1 && problem.width >= 1);
            assert!(!problem.rendered("standin.toml").to_string().is_empty());
        }
    }
});

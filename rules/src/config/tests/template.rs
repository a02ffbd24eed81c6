//! The first configuration is true: it passes, and what it shows as defaults are the defaults.

use super::{parsed, rendered};
use crate::config::{Config, Problem, Secret, parse, template};

fn both() -> [String; 2] {
    let url = Secret::Env("PRODUCTION_URL".to_owned());
    let password = Secret::File("app.password".into());
    [template(None, &password), template(Some(&url), &password)]
}

/// Takes the `#` from every setting that is commented out.
fn uncommented(text: &str) -> String {
    let line = |line: &str| match line.strip_prefix('#') {
        Some(setting) if !setting.is_empty() && !setting.starts_with(' ') => setting.to_owned(),
        _ => line.to_owned(),
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_template_passes() {
    let [plain, mirrored] = both();
    assert_eq!(parsed(&plain).environments.len(), 2);
    assert_eq!(parsed(&mirrored).environments.len(), 2);
}

/// Forgets what the template shows as an example rather than as a default.
fn without_examples(mut config: Config) -> Config {
    config.pool.size_bytes = None;
    config.pool.memory_bytes = None;
    config.pool.disk_bytes = None;
    config.listen.unix = None;
    config.listen.tls = None;
    config.listen.domain = None;
    config.postgres = Default::default();
    config.seed.locales.clear();
    config.seed.tables.clear();
    config.seed.scenarios.clear();
    config.masking = None;
    for environment in &mut config.environments {
        environment.reset = None;
        environment.refresh = None;
        environment.port = None;
        environment.limits = Default::default();
        environment.branches.disk_bytes = None;
    }
    config
}

#[test]
fn what_the_template_shows_as_defaults_are_the_defaults() {
    for text in both() {
        let shown = parsed(&uncommented(&text));
        assert_ne!(shown, parsed(&text), "nothing was uncommented");
        assert_eq!(without_examples(shown), parsed(&text));
    }
}

#[test]
fn the_template_shows_every_key() {
    let text = both().join("\n");
    // An unknown key in a table is answered with the keys that the table has.
    let probe = "zzzzzz = 1\n[pool]\nzzzzzz = 1\n[listen]\nzzzzzz = 1\n[listen.tls]\nzzzzzz = 1\n\
                 [postgres]\nzzzzzz = 1\n[users.a]\nzzzzzz = 1\n[production]\nzzzzzz = 1\n\
                 [limits]\nzzzzzz = 1\n[environments.a]\nzzzzzz = 1\n[environments.a.source]\n\
                 zzzzzz = 1\n[environments.a.branches]\nzzzzzz = 1\n\
                 [seed]\nzzzzzz = 1\n[masking]\nzzzzzz = 1\n";
    let problems = parse(probe).expect_err("unknown keys");
    let unknown: Vec<&Problem> = problems
        .iter()
        .filter(|problem| problem.message.starts_with("unknown key"))
        .collect();
    assert_eq!(
        unknown.len(),
        probe.matches("zzzzzz").count(),
        "{}",
        rendered(&problems)
    );
    for problem in unknown {
        let expected = problem.expected.as_deref().expect("the keys of the table");
        for key in expected.trim_start_matches("one of ").split(", ") {
            // The source of an upstream has no place in a first configuration.
            let shown = text.contains(&format!("{key} =")) || text.contains(&format!("[{key}"));
            assert!(shown || key == "upstream", "{key} is not in the template");
        }
    }
}

#[test]
fn the_template_is_quiet_about_what_does_not_exist() {
    for text in both() {
        for later in ["gateway", "ladder", "drill", "smtp", "http_proxy"] {
            assert!(!text.contains(later), "{later}");
        }
    }
}

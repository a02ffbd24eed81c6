//! The startup packet's `options`: command-line switches of a server process.
//!
//! PostgreSQL's `pg_split_opts` and `process_postgres_switches`: white space separates, `\` escapes
//! the next character, and of the switches only the spellings of a setting are taken.

/// Why `options` was refused; the messages are PostgreSQL's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OptionsError {
    /// A switch without its value.
    #[error("{0} requires a value")]
    NoValue(String),
    /// A switch that sets nothing.
    #[error("invalid command-line argument for server process: {0}")]
    Unknown(String),
}

/// The settings of an `options` string in their order, names with `-` turned into `_`.
pub fn settings_of_options(options: &str) -> Result<Vec<(String, String)>, OptionsError> {
    let mut settings = Vec::new();
    let mut words = split(options).into_iter();
    while let Some(word) = words.next() {
        let (switch, setting) = if let Some(long) = word.strip_prefix("--") {
            (format!("--{long}"), long.to_owned())
        } else if word == "-c" {
            let setting = words
                .next()
                .ok_or_else(|| OptionsError::NoValue("-c".into()))?;
            (format!("-c {setting}"), setting)
        } else if let Some(short) = word.strip_prefix("-c") {
            (format!("-c {short}"), short.to_owned())
        } else {
            return Err(OptionsError::Unknown(word));
        };
        let (name, value) = setting
            .split_once('=')
            .ok_or(OptionsError::NoValue(switch))?;
        settings.push((name.replace('-', "_"), value.to_owned()));
    }
    Ok(settings)
}

/// Splits as `pg_split_opts` does; `isspace` of the C locale.
fn split(options: &str) -> Vec<String> {
    let is_space = |c: char| matches!(c, ' ' | '\t' | '\n' | '\u{b}' | '\u{c}' | '\r');
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = options.chars();
    while let Some(c) = chars.next() {
        if is_space(c) {
            words.extend(word.take());
            continue;
        }
        let word = word.get_or_insert_default();
        match c {
            // A backslash at the end escapes nothing and is dropped.
            '\\' => word.extend(chars.next()),
            c => word.push(c),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(options: &str, expected: &[(&str, &str)]) {
        let settings = settings_of_options(options).expect("legal options");
        let settings: Vec<_> = settings
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        assert_eq!(settings, expected, "{options:?}");
    }

    #[test]
    fn every_spelling_of_a_setting_is_read() {
        check("", &[]);
        check("  \t\n", &[]);
        check("-c work_mem=4MB", &[("work_mem", "4MB")]);
        check("-cwork_mem=4MB", &[("work_mem", "4MB")]);
        check("--work-mem=4MB", &[("work_mem", "4MB")]);
        check("-c work-mem=4MB", &[("work_mem", "4MB")]);
        check("--a=1  --a=2", &[("a", "1"), ("a", "2")]);
        check(
            r"-c application_name=a\ b\\c",
            &[("application_name", r"a b\c")],
        );
        check("-c a=b=c -c d=", &[("a", "b=c"), ("d", "")]);
        check("-c\\ a=1", &[(" a", "1")]);
        check("-c a=1\\", &[("a", "1")]);
        check("-c a=-c", &[("a", "-c")]);
    }

    #[test]
    fn what_sets_nothing_is_refused_in_the_words_of_postgres() {
        let message = |options| settings_of_options(options).unwrap_err().to_string();
        assert_eq!(message("-c"), "-c requires a value");
        assert_eq!(message("-c work_mem"), "-c work_mem requires a value");
        assert_eq!(message("--work-mem"), "--work-mem requires a value");
        assert_eq!(
            message("work_mem=1"),
            "invalid command-line argument for server process: work_mem=1"
        );
        assert_eq!(
            message("-B 10"),
            "invalid command-line argument for server process: -B"
        );
    }
}

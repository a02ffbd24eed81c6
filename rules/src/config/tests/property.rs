//! What holds for every text, every legal configuration and every typing mistake in one.

use proptest::prelude::*;

use super::generated::{configs, toml_of};
use super::{parsed, rendered};
use crate::config::{ProblemKind, parse};

/// One mistyped key: `line` of the text, the key, and what became of it.
#[derive(Debug)]
struct Typo {
    text: String,
    line: usize,
    key: String,
}

/// Mistypes one letter of one key of a text; `None` where the line has no key to mistype.
fn mistype(text: &str, line: usize, key: usize, letter: usize, act: u8) -> Option<Typo> {
    let lines: Vec<&str> = text.lines().collect();
    let line = line % lines.len();
    let keys = keys_of(lines[line]);
    let &(start, end) = keys.get(key.checked_rem(keys.len())?)?;
    let key = &lines[line][start..end];
    let mut letters: Vec<char> = key.chars().collect();
    let at = letter % letters.len();
    match act {
        0 => drop(letters.remove(at)),
        1 => letters.insert(at, 'q'),
        2 if letters[at] != 'q' => letters[at] = 'q',
        _ if at + 1 < letters.len() && letters[at] != letters[at + 1] => letters.swap(at, at + 1),
        _ => return None,
    }
    let wrong: String = letters.into_iter().collect();
    let mut changed: Vec<String> = lines.iter().map(|&line| line.to_owned()).collect();
    changed[line].replace_range(start..end, &wrong);
    Some(Typo {
        text: changed.join("\n"),
        line: line + 1,
        key: key.to_owned(),
    })
}

/// Where the keys of a line stand: those before `=`, also within inline tables, and the first word
/// of a header.
fn keys_of(line: &str) -> Vec<(usize, usize)> {
    if let Some(header) = line.strip_prefix('[') {
        let end = header.find(['.', ']']).unwrap_or(header.len());
        return vec![(1, end + 1)];
    }
    let mut keys = Vec::new();
    let (mut in_string, mut escaped, mut word) = (false, false, None);
    for (at, c) in line.char_indices() {
        let is_key = c.is_ascii_lowercase() || c == '_';
        match c {
            _ if escaped => escaped = false,
            '\\' if in_string => escaped = true,
            '"' => in_string = !in_string,
            _ if in_string => {}
            '=' => keys.extend(word.take()),
            _ if is_key => word = Some((word.map_or(at, |(start, _)| start), at + 1)),
            ' ' => {}
            _ => word = None,
        }
    }
    keys
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn any_text_is_a_configuration_or_a_list_of_problems(text in "(?s).{0,300}") {
        if let Err(problems) = parse(&text) {
            prop_assert!(!problems.is_empty());
            rendered(&problems);
        }
    }

    #[test]
    fn any_text_that_looks_like_toml_is_one_too(parts in prop::collection::vec(prop::sample::select(vec![
        "[", "]", "{", "}", "\"", "'", "=", ",", "\n", ".", " ", "\u{e4}", "\t", "\\", "#", "\r\n",
        "pool", "listen", "users", "environments", "source", "mirror", "production", "branches",
        "[environments.a]\n", "[users.a]\n", "source = ", "password = ", "true", "1", "\"env:A\"",
        "\"\"\"", "\"*\"", "{ environment = \"a\" }", "port = 1\n",
    ]), 0..40)) {
        if let Err(problems) = parse(&parts.concat()) {
            prop_assert!(!problems.is_empty());
            for problem in &problems {
                prop_assert!(problem.line >= 1 && problem.column >= 1 && problem.width >= 1);
            }
            rendered(&problems);
        }
    }

    #[test]
    fn a_legal_configuration_is_read_as_it_was_written(config in configs()) {
        let text = toml_of(&config);
        prop_assert_eq!(parsed(&text), config, "{}", text);
    }

    #[test]
    fn line_ends_and_comments_change_nothing(config in configs()) {
        let text = toml_of(&config).replace('\n', " # \"[=\r\n\r\n");
        prop_assert_eq!(parsed(&text), config, "{}", text);
    }

    #[test]
    fn a_mistyped_key_is_found_on_its_line_with_the_key_that_was_meant(
        config in configs(), line: usize, key: usize, letter: usize, act in 0..4_u8,
    ) {
        let Some(typo) = mistype(&toml_of(&config), line, key, letter, act) else {
            return Err(TestCaseError::reject("no key to mistype"));
        };
        let problems = parse(&typo.text).err().unwrap_or_default();
        let hint = Some(format!("did you mean {:?}?", typo.key));
        let found = problems.iter().any(|problem| {
            problem.kind == ProblemKind::UnknownKey
                && problem.line == typo.line
                && problem.hint == hint
        });
        prop_assert!(found, "{typo:?}\n{}", rendered(&problems));
        // One slip, one problem: but for a table that others refer to.
        if !typo.text.lines().nth(typo.line - 1).unwrap_or_default().starts_with('[') {
            prop_assert_eq!(problems.len(), 1, "{:?}\n{}", typo, rendered(&problems));
        }
    }
}

//! Words of SQL, spelled in any way that PostgreSQL reads alike.

use rand::RngExt;
use rand::rngs::StdRng;

/// Comments and blanks that stand for one blank.
const GAPS: &[&str] = &[
    " ",
    " ",
    " ",
    "\n",
    "\t",
    "\r",
    "\u{c}",
    "\u{b}",
    "/**/",
    "/* /* x */ */",
    "-- x\n",
    "--\r",
    " /*'*/ ",
    "/*\"*/",
    "/*;*/",
    "-- $$\n",
    "/* -- */",
    "/*$a$*/",
];

/// Spells words one after the other.
pub fn spelled(words: &[String], random: &mut StdRng) -> String {
    let mut sql = String::new();
    for (at, word) in words.iter().enumerate() {
        if at > 0 {
            gap(&mut sql, word, random);
        }
        spell(word, &mut sql, random);
    }
    sql
}

fn gap(sql: &mut String, next: &str, random: &mut StdRng) {
    let tight = |text: &str| text.chars().all(|letter| "(),;.[]".contains(letter));
    let before = sql
        .chars()
        .next_back()
        .is_some_and(|letter| "(),;.[]".contains(letter));
    if (before || tight(next)) && random.random_bool(0.6) {
        return;
    }
    for _ in 0..random.random_range(1..=2) {
        sql.push_str(GAPS[random.random_range(0..GAPS.len())]);
    }
}

fn spell(word: &str, sql: &mut String, random: &mut StdRng) {
    if let Some(text) = word.strip_prefix('\'') {
        return string(text.trim_end_matches('\''), sql, random);
    }
    // A name that may be quoted is written as `~name`.
    if let Some(name) = word.strip_prefix('~') {
        return match random.random_range(0..10) {
            0..=1 => sql.push_str(&format!("\"{name}\"")),
            2 => sql.push_str(&format!("U&\"{}\"", escaped(name))),
            _ => cased(name, sql, random),
        };
    }
    cased(word, sql, random);
}

fn cased(word: &str, sql: &mut String, random: &mut StdRng) {
    let style = random.random_range(0..4);
    for letter in word.chars() {
        match style {
            0 => sql.extend(letter.to_uppercase()),
            1 if random.random_bool(0.5) => sql.extend(letter.to_uppercase()),
            _ => sql.push(letter),
        }
    }
}

fn escaped(text: &str) -> String {
    text.chars()
        .map(|letter| format!("\\{:04x}", letter as u32))
        .collect()
}

fn string(text: &str, sql: &mut String, random: &mut StdRng) {
    let spelled = match random.random_range(0..8) {
        0 => format!("E'{text}'"),
        1 => format!(
            "e'\\x{:02x}{}'",
            text.bytes().next().unwrap_or(b'x'),
            text.get(1..).unwrap_or("")
        ),
        2 => format!("$${text}$$"),
        3 => format!("$q1${text}$q1$"),
        4 => format!("U&'{}'", escaped(text)),
        5 => match text.split_at_checked(text.len() / 2) {
            Some((one, two)) => format!("'{one}' \n '{two}'"),
            None => format!("'{text}'"),
        },
        6 => format!("N'{text}'"),
        _ => format!("'{text}'"),
    };
    sql.push_str(&spelled);
}

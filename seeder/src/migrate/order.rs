//! Which files of a directory are migrations, and in which order they run.

use std::cmp::Ordering;
use std::io;
use std::path::{Path, PathBuf};

/// The migration files directly in `directory`, in the order in which they run.
///
/// Files end in `.sql`. The second half of a pair, `*.down.sql`, takes a migration back and is left
/// out; Flyway's repeatable migrations, `R__*.sql`, run after all others.
pub(super) fn files(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        let name = file_name(&path);
        let forward = name.ends_with(".sql") && !name.ends_with(".down.sql");
        if forward && !name.starts_with('.') && path.is_file() {
            found.push(path);
        }
    }
    found.sort_by(|a, b| by_turn(&file_name(a), &file_name(b)));
    Ok(found)
}

/// The last part of a path as text.
pub(super) fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

fn by_turn(a: &str, b: &str) -> Ordering {
    let repeatable = |name: &str| name.starts_with("R__");
    repeatable(a)
        .cmp(&repeatable(b))
        .then_with(|| natural(a, b))
}

/// Compares names with runs of digits as numbers: `1 < 2 < 10`, `V1_9 < V1_10`.
///
/// A total order: names that differ only in leading zeros fall back to their bytes.
pub(super) fn natural(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a.as_bytes(), b.as_bytes());
    loop {
        let (Some(&x), Some(&y)) = (left.first(), right.first()) else {
            return left.len().cmp(&right.len()).then_with(|| a.cmp(b));
        };
        if x.is_ascii_digit() && y.is_ascii_digit() {
            let (m, n) = (digits(left), digits(right));
            let (number, other) = (trimmed(&left[..m]), trimmed(&right[..n]));
            let by_value = number
                .len()
                .cmp(&other.len())
                .then_with(|| number.cmp(other));
            if by_value.is_ne() {
                return by_value;
            }
            (left, right) = (&left[m..], &right[n..]);
        } else if x != y {
            return x.cmp(&y);
        } else {
            (left, right) = (&left[1..], &right[1..]);
        }
    }
}

fn digits(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

fn trimmed(digits: &[u8]) -> &[u8] {
    let zeros = digits.iter().take_while(|byte| **byte == b'0').count();
    &digits[zeros..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_names_count_as_numbers() {
        let mut names = [
            "R__views.sql",
            "V10__j.sql",
            "V2__b.sql",
            "V1.10__d.sql",
            "V1.9__c.sql",
            "V1__a.sql",
            "20240101_x.sql",
            "003_c.sql",
            "1_a.sql",
            "02_b.sql",
        ];
        names.sort_by(|a, b| by_turn(a, b));
        assert_eq!(
            names,
            [
                "1_a.sql",
                "02_b.sql",
                "003_c.sql",
                "20240101_x.sql",
                "V1.9__c.sql",
                "V1.10__d.sql",
                "V1__a.sql",
                "V2__b.sql",
                "V10__j.sql",
                "R__views.sql",
            ]
        );
    }

    #[test]
    fn names_longer_than_any_integer_are_ordered_too() {
        let long = format!("1{}.sql", "0".repeat(100));
        assert_eq!(natural("9.sql", &long), Ordering::Less);
        assert_eq!(natural("01.sql", "1.sql"), Ordering::Less);
        assert_eq!(natural("1.sql", "1.sql"), Ordering::Equal);
    }
}

//! Days as people and machines write them.

/// A day, and whether a time stands behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Day {
    pub(super) year: u16,
    pub(super) timed: bool,
}

/// Reads `2024-01-31`, `2024/01/31`, `31.01.2024`, `31/01/2024`, `1/31/2024`, perhaps with a time.
pub(super) fn day(text: &str) -> Option<Day> {
    if !(8..=40).contains(&text.len()) || !text.is_ascii() {
        return None;
    }
    let end = text.find([' ', 'T']).unwrap_or(text.len());
    let (date, time) = text.split_at(end);
    let separator = date.bytes().find(|byte| !byte.is_ascii_digit())?;
    if !matches!(separator, b'-' | b'/' | b'.') {
        return None;
    }
    let mut fields = date.split(char::from(separator));
    let mut number = || -> Option<(usize, u16)> {
        let field = fields.next()?;
        Some((field.len(), field.parse().ok()?))
    };
    let (first, second, third) = (number()?, number()?, number()?);
    if number().is_some() {
        return None;
    }
    let legal = |month: u16, day: u16| (1..=12).contains(&month) && (1..=31).contains(&day);
    let year = match (first.0, third.0) {
        (4, 1..=2) if legal(second.1, third.1) => first.1,
        (1..=2, 4) if legal(second.1, first.1) || legal(first.1, second.1) => third.1,
        _ => return None,
    };
    let timed = time.len() > 5 && time.as_bytes()[1].is_ascii_digit();
    ((1000..=2999).contains(&year) && (timed || time.is_empty())).then_some(Day { year, timed })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_in_every_usual_order() {
        let year = |text: &str| day(text).map(|day| (day.year, day.timed));
        for text in [
            "1984-02-29",
            "29.02.1984",
            "2/29/1984",
            "29/02/1984",
            "1984/2/29",
        ] {
            assert_eq!(year(text), Some((1984, false)), "{text}");
        }
        assert_eq!(year("1984-02-29 10:00:00+00"), Some((1984, true)));
        assert_eq!(year("1984-02-29T10:00:00Z"), Some((1984, true)));
        for text in [
            "1984-13-01",
            "123-45-6789",
            "10.1.2.3",
            "1984-02-29x",
            "12345678",
            "32.01.1984",
        ] {
            assert_eq!(year(text), None, "{text}");
        }
    }
}

//! Telephone numbers: with a calling code (ITU-T E.164), or as a country writes its own.

/// ITU-T E.164: at most fifteen digits, calling code included.
const DIGITS_MAX: usize = 15;
const DIGITS_MIN: usize = 8;

/// A number with the calling code of a country: `+49 171 1234567`, `0049171…`.
pub(super) fn is_international(text: &str) -> bool {
    let text = text.strip_prefix("tel:").unwrap_or(text);
    let (plus, rest) = match text.strip_prefix('+') {
        Some(rest) => (true, rest),
        None => match text.strip_prefix("00").or_else(|| text.strip_prefix("(+")) {
            Some(rest) => (text.starts_with('('), rest),
            None => return false,
        },
    };
    let Some((digits, length, _)) = written(rest) else {
        return false;
    };
    let least = if plus { DIGITS_MIN } else { DIGITS_MIN + 2 };
    (least..=DIGITS_MAX).contains(&length) && is_calling_code(&digits[..3], length)
}

/// A number as bare digits with a calling code, as integers hold it: only where the length is the
/// country's.
pub(super) fn is_bare(digits: &[u8]) -> bool {
    let head = |length: usize| {
        digits[..length.min(digits.len())]
            .iter()
            .fold(0_u32, |number, &digit| number * 10 + u32::from(digit))
    };
    match digits.len() {
        11 if digits[0] == 1 => digits[1] >= 2 && digits[4] >= 2,
        11 if digits[0] == 7 => matches!(digits[1], 3..=4 | 8 | 9 | 7),
        11 => matches!(
            head(2),
            32 | 33 | 34 | 36 | 41 | 45 | 46 | 47 | 48 | 61 | 65
        ),
        12 => {
            matches!(
                head(2),
                30 | 39 | 40 | 44 | 49 | 51 | 57 | 62 | 63 | 84 | 90 | 91 | 98
            ) || matches!(head(3), 351 | 353 | 358 | 380 | 420 | 421 | 966 | 971 | 972)
        }
        13 => matches!(head(2), 49 | 52 | 54 | 55 | 86) && digits[2] != 0,
        _ => false,
    }
}

/// A number as it is written within a country: with brackets, in groups, or with a zero before it.
pub(super) fn is_local(text: &str) -> bool {
    let Some((digits, length, groups)) = written(text) else {
        return false;
    };
    if !(7..=13).contains(&length) {
        return false;
    }
    let zero = digits[0] == 0 && digits[1] != 0;
    match groups.count {
        1 => zero && (9..=11).contains(&length),
        _ if groups.brackets => true,
        // A Social Security number, a postal code and a range are written so too.
        2 => zero && length >= 8 || length >= 8 && groups.widest <= 5 && groups.narrowest >= 4,
        3 => {
            let american = groups.first == 3 && length == 10;
            let nines = length == 9 && groups.narrowest == 3;
            zero && length >= 8 || american || nines
        }
        _ => {
            (length >= 8 && groups.widest <= 4)
                && (zero || length == 9 || length == 8 || groups.first == 1)
        }
    }
}

/// How digits are grouped.
struct Groups {
    count: usize,
    first: usize,
    widest: usize,
    narrowest: usize,
    brackets: bool,
}

/// The digits of what is written like a number, perhaps with an extension behind it.
fn written(text: &str) -> Option<([u8; 20], usize, Groups)> {
    let (mut digits, mut length) = ([0_u8; 20], 0);
    let mut widths = [0_usize; 10];
    let (mut group, mut brackets, mut fresh) = (0, false, true);
    let mut bytes = text.bytes().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'0'..=b'9' => {
                if fresh && length > 0 {
                    group += 1;
                }
                fresh = false;
                *digits.get_mut(length)? = byte - b'0';
                *widths.get_mut(group)? += 1;
                length += 1;
            }
            b' ' | b'-' | b'.' | b'/' => fresh = true,
            b'(' | b')' => (fresh, brackets) = (true, true),
            // An extension: `x123`, `ext. 45`.
            b'x' | b'e' | b'#' if length >= 7 => {
                let rest: Vec<u8> = bytes.collect();
                let tail = rest.iter().filter(|byte| byte.is_ascii_digit()).count();
                let word = rest
                    .iter()
                    .all(|byte| byte.is_ascii_digit() || b"xt. ".contains(byte));
                return (word && (1..=6).contains(&tail))
                    .then(|| finish(digits, length, &widths[..=group], true));
            }
            _ => return None,
        }
    }
    (length > 0).then(|| finish(digits, length, &widths[..=group], brackets))
}

fn finish(
    digits: [u8; 20],
    length: usize,
    widths: &[usize],
    brackets: bool,
) -> ([u8; 20], usize, Groups) {
    let groups = Groups {
        count: widths.len(),
        first: widths[0],
        widest: widths.iter().copied().max().unwrap_or(0),
        narrowest: widths.iter().copied().min().unwrap_or(0),
        brackets,
    };
    (digits, length, groups)
}

/// Whether digits begin with a code that is given to somebody, or kept for tests (+999).
fn is_calling_code(digits: &[u8], length: usize) -> bool {
    let two = digits[0] * 10 + digits[1];
    match digits[0] {
        1 => length == 11,
        7 => length == 11,
        _ => matches!(
            two,
            20 | 27
                | 30..=34
                | 36
                | 39..=41
                | 43..=49
                | 51..=58
                | 60..=66
                | 81
                | 82
                | 84
                | 86
                | 90..=95
                | 98
                | 21..=26
                | 29
                | 35
                | 37
                | 38
                | 42
                | 50
                | 59
                | 67..=69
                | 80
                | 85
                | 87
                | 88
                | 96
                | 97
                | 99
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_told_from_dates_and_codes() {
        for text in [
            "+49 171 1234567",
            "+1 (555) 123-4567",
            "0044 20 7946 0018",
            "+999 81 3 555 1234",
            "tel:+33612345678",
            "+1-555-123-4567 x22",
        ] {
            assert!(is_international(text), "{text}");
        }
        for text in [
            "+5",
            "+1 555",
            "0012",
            "+123456789012345678",
            "00000000001234",
            "1.5e+10",
        ] {
            assert!(!is_international(text), "{text}");
        }
        for text in [
            "(555) 123-4567",
            "0171 1234567",
            "06 12 34 56 78",
            "612 345 678",
            "01onal",
        ] {
            assert_eq!(is_local(text), !text.contains('o'), "{text}");
        }
        for text in [
            "2024-01-31",
            "31.01.2024",
            "123-45-6789",
            "12-345",
            "100-0001",
            "12345678",
            "0000123456",
        ] {
            assert!(!is_local(text), "{text}");
        }
    }
}

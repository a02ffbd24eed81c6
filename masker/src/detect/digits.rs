//! Cards and accounts: numbers with a check digit of their own.

/// Digits of a number without what separates them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Digits {
    buffer: [u8; Self::MAX],
    length: usize,
}

impl Digits {
    /// No number that is looked for has more.
    const MAX: usize = 24;

    /// The digits of a text in which there is nothing else but single separators between them.
    pub(super) fn of(text: &str, separators: &[u8]) -> Option<Self> {
        let mut found = Self {
            buffer: [0; Self::MAX],
            length: 0,
        };
        let mut separated = true;
        for &byte in text.as_bytes() {
            if byte.is_ascii_digit() {
                *found.buffer.get_mut(found.length)? = byte - b'0';
                found.length += 1;
                separated = false;
            } else if separated || !separators.contains(&byte) {
                return None;
            } else {
                separated = true;
            }
        }
        (!separated).then_some(found)
    }

    pub(super) fn as_slice(&self) -> &[u8] {
        &self.buffer[..self.length]
    }
}

/// ISO/IEC 7812-1, annex B.
pub(super) fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, &digit)| match (at % 2, digit) {
            (0, digit) => u32::from(digit),
            (_, digit @ 0..=4) => u32::from(digit) * 2,
            (_, digit) => u32::from(digit) * 2 - 9,
        })
        .sum();
    sum.is_multiple_of(10)
}

/// Ranges of the first six digits, with the lengths that their issuers use.
#[rustfmt::skip]
const ISSUERS: &[(u32, u32, &[usize])] = &[
    (220_000, 220_499, &[16]),             // Mir
    (222_100, 272_099, &[16]),             // Mastercard
    (300_000, 305_999, &[14]),             // Diners Club
    (340_000, 349_999, &[15]),             // American Express
    (352_800, 358_999, &[16]),             // JCB
    (360_000, 369_999, &[14]),             // Diners Club
    (370_000, 379_999, &[15]),             // American Express
    (380_000, 399_999, &[14]),             // Diners Club
    (400_000, 499_999, &[13, 16, 19]),     // Visa
    (501_800, 501_899, &[12, 13, 15, 16, 18, 19]), // Maestro
    (502_000, 502_099, &[12, 13, 15, 16, 18, 19]),
    (503_800, 503_899, &[12, 13, 15, 16, 18, 19]),
    (510_000, 559_999, &[16]),             // Mastercard
    (589_300, 589_399, &[12, 13, 15, 16, 18, 19]),
    (601_100, 601_199, &[16, 19]),         // Discover
    (620_000, 629_999, &[16, 17, 18, 19]), // UnionPay
    (630_400, 630_499, &[12, 13, 15, 16, 18, 19]),
    (644_000, 659_999, &[16, 19]),         // Discover
    (675_900, 675_999, &[12, 13, 15, 16, 18, 19]),
    (676_100, 676_399, &[12, 13, 15, 16, 18, 19]),
];

/// Whether digits are a card number: length and range of an issuer, Luhn digit right.
pub(super) fn is_card(digits: &[u8]) -> bool {
    if !(12..=19).contains(&digits.len()) {
        return false;
    }
    let issuer = digits[..6]
        .iter()
        .fold(0, |number, &digit| number * 10 + u32::from(digit));
    let known = ISSUERS.iter().any(|(low, high, lengths)| {
        (*low..=*high).contains(&issuer) && lengths.contains(&digits.len())
    });
    known && luhn(digits) && digits[1..].iter().any(|digit| *digit != digits[0])
}

/// Lengths of account numbers by country (SWIFT, IBAN Registry).
#[rustfmt::skip]
const IBAN_LENGTHS: &[(&[u8; 2], usize)] = &[
    (b"AD", 24), (b"AE", 23), (b"AL", 28), (b"AT", 20), (b"AZ", 28), (b"BA", 20), (b"BE", 16),
    (b"BG", 22), (b"BH", 22), (b"BI", 27), (b"BR", 29), (b"BY", 28), (b"CH", 21), (b"CR", 22),
    (b"CY", 28), (b"CZ", 24), (b"DE", 22), (b"DJ", 27), (b"DK", 18), (b"DO", 28), (b"EE", 20),
    (b"EG", 29), (b"ES", 24), (b"FI", 18), (b"FK", 18), (b"FO", 18), (b"FR", 27), (b"GB", 22),
    (b"GE", 22), (b"GI", 23), (b"GL", 18), (b"GR", 27), (b"GT", 28), (b"HR", 21), (b"HU", 28),
    (b"IE", 22), (b"IL", 23), (b"IQ", 23), (b"IS", 26), (b"IT", 27), (b"JO", 30), (b"KW", 30),
    (b"KZ", 20), (b"LB", 28), (b"LC", 32), (b"LI", 21), (b"LT", 20), (b"LU", 20), (b"LV", 21),
    (b"LY", 25), (b"MC", 27), (b"MD", 24), (b"ME", 22), (b"MK", 19), (b"MN", 20), (b"MR", 27),
    (b"MT", 31), (b"MU", 30), (b"NI", 28), (b"NL", 18), (b"NO", 15), (b"OM", 23), (b"PK", 24),
    (b"PL", 28), (b"PS", 29), (b"PT", 25), (b"QA", 29), (b"RO", 24), (b"RS", 22), (b"RU", 33),
    (b"SA", 24), (b"SC", 31), (b"SD", 18), (b"SE", 24), (b"SI", 19), (b"SK", 24), (b"SM", 27),
    (b"SO", 23), (b"ST", 25), (b"SV", 28), (b"TL", 23), (b"TN", 24), (b"TR", 26), (b"UA", 29),
    (b"VA", 22), (b"VG", 24), (b"XK", 20), (b"YE", 30),
];

/// Whether a text is an account number of a country that has them, check digits right (ISO 7064,
/// MOD 97-10); blanks and dashes between groups are allowed.
pub(super) fn is_iban(text: &str) -> bool {
    let mut compact = [0_u8; 34];
    let mut length = 0;
    for byte in text.bytes().filter(|byte| !matches!(byte, b' ' | b'-')) {
        let Some(place) = compact.get_mut(length) else {
            return false;
        };
        *place = byte.to_ascii_uppercase();
        length += 1;
    }
    let compact = &compact[..length];
    let Some((country, rest)) = compact.split_first_chunk::<2>() else {
        return false;
    };
    let expected = IBAN_LENGTHS.binary_search_by(|(code, _)| (*code).cmp(country));
    if !expected.is_ok_and(|at| IBAN_LENGTHS[at].1 == length) {
        return false;
    }
    if !rest.iter().all(u8::is_ascii_alphanumeric) || !rest[..2].iter().all(u8::is_ascii_digit) {
        return false;
    }
    let turned = compact[4..].iter().chain(&compact[..4]);
    let rest = turned.fold(0_u32, |rest, &byte| match byte {
        b'0'..=b'9' => (rest * 10 + u32::from(byte - b'0')) % 97,
        _ => (rest * 100 + u32::from(byte - b'A') + 10) % 97,
    });
    rest == 1
}

/// Whether a text is a book's number of ten characters with the check character X, or of thirteen
/// digits (ISO 2108).
pub(super) fn is_isbn(text: &str) -> bool {
    let mut digits = [0_u32; 13];
    let mut length = 0;
    for byte in text.bytes().filter(|byte| !matches!(byte, b'-' | b' ')) {
        let value = match byte {
            b'0'..=b'9' => u32::from(byte - b'0'),
            b'X' | b'x' if length == 9 => 10,
            _ => return false,
        };
        let Some(place) = digits.get_mut(length) else {
            return false;
        };
        *place = value;
        length += 1;
    }
    match length {
        10 => {
            let sum: u32 = (0..10).map(|at| digits[at] * (10 - at as u32)).sum();
            digits[9] == 10 && sum.is_multiple_of(11)
        }
        13 => {
            let sum: u32 = (0..13).map(|at| digits[at] * [1, 3][at % 2]).sum();
            digits[..2] == [9, 7] && digits[2] >= 8 && sum.is_multiple_of(10)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(text: &str) -> bool {
        Digits::of(text, b" -").is_some_and(|digits| is_card(digits.as_slice()))
    }

    #[test]
    fn cards_need_an_issuer_and_a_right_last_digit() {
        for text in [
            "4111 1111 1111 1111",
            "5555-5555-5555-4444",
            "378282246310005",
            "6011111111111117",
            "30569309025904",
            "3530111333300000",
        ] {
            assert!(card(text), "{text}");
        }
        for text in [
            "4111111111111112",
            "1234567812345670",
            "0000000000000000",
            "4111  111111111111",
            "411111111111111",
        ] {
            assert!(!card(text), "{text}");
        }
    }

    #[test]
    fn accounts_need_their_country_and_length() {
        for text in [
            "DE89 3704 0044 0532 0130 00",
            "gb82west12345698765432",
            "FR1420041010050500013M02606",
            "NO9386011117947",
        ] {
            assert!(is_iban(text), "{text}");
        }
        for text in [
            "DE88370400440532013000",
            "XX89370400440532013000",
            "DE8937040044053201300",
            "DE",
            "DEX9370400440532013000",
        ] {
            assert!(!is_iban(text), "{text}");
        }
        assert!(
            IBAN_LENGTHS.is_sorted_by_key(|(code, _)| code),
            "it is searched by halves"
        );
    }

    #[test]
    fn books_are_no_people() {
        assert!(is_isbn("080442957X") && is_isbn("978-3-16-148410-0"));
        assert!(!is_isbn("0804429570") && !is_isbn("4006381333931"));
    }
}

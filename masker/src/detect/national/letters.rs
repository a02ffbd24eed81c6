//! Rules over numbers with letters in them, or with separators that are part of them.

use super::rules::china_check;

/// A text without blanks, dashes and points, letters in upper case.
struct Compact {
    buffer: [u8; 20],
    length: usize,
}

impl Compact {
    fn of(text: &[u8]) -> Option<Self> {
        let mut compact = Self {
            buffer: [0; 20],
            length: 0,
        };
        for byte in text.iter().filter(|byte| !b" -.".contains(byte)) {
            *compact.buffer.get_mut(compact.length)? = byte.to_ascii_uppercase();
            compact.length += 1;
        }
        Some(compact)
    }

    /// Whether it is written so: `9` a digit, `A` a letter, `*` either.
    fn fits(&self, pattern: &[u8]) -> bool {
        self.length == pattern.len()
            && pattern
                .iter()
                .zip(&self.buffer)
                .all(|(pattern, byte)| match pattern {
                    b'9' => byte.is_ascii_digit(),
                    b'A' => byte.is_ascii_uppercase(),
                    _ => byte.is_ascii_alphanumeric(),
                })
    }

    fn number(&self, from: usize, to: usize) -> u64 {
        let digits = self.buffer[from..to].iter();
        digits.fold(0, |number, byte| number * 10 + u64::from(byte - b'0'))
    }
}

/// `219-09-9999`: without separators any nine digits would do (Social Security Administration,
/// "Social Security Number Randomization").
pub(super) fn united_states(text: &[u8]) -> bool {
    let shaped = text.len() == 11
        && text.iter().enumerate().all(|(at, byte)| match at {
            3 | 6 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    shaped
        && &text[..3] != b"000"
        && &text[..3] != b"666"
        && text[0] != b'9'
        && &text[4..6] != b"00"
        && &text[7..] != b"0000"
}

/// `AB123456C`; some prefixes are never given (HM Revenue & Customs, NIM39110).
pub(super) fn britain(text: &[u8]) -> bool {
    let Some(compact) = Compact::of(text).filter(|compact| compact.fits(b"AA999999A")) else {
        return false;
    };
    let [first, second, ..] = compact.buffer;
    let unused: [&[u8]; 7] = [b"BG", b"GB", b"KN", b"NK", b"NT", b"TN", b"ZZ"];
    !b"DFIQUV".contains(&first)
        && !b"DFIOQUV".contains(&second)
        && !unused.contains(&&compact.buffer[..2])
        && (b'A'..=b'D').contains(&compact.buffer[8])
}

/// `12345678Z`, for foreigners `X1234567L`.
pub(super) fn spain(text: &[u8]) -> bool {
    const LETTERS: &[u8; 23] = b"TRWAGMYFPDXBNJZSQVHLCKE";
    let Some(mut compact) = Compact::of(text) else {
        return false;
    };
    if compact.fits(b"A9999999A") {
        match compact.buffer[0] {
            first @ b'X'..=b'Z' => compact.buffer[0] = first - b'X' + b'0',
            _ => return false,
        }
    }
    compact.fits(b"99999999A") && LETTERS[(compact.number(0, 8) % 23) as usize] == compact.buffer[8]
}

/// The tax code of sixteen characters (Decreto Ministeriale 23/12/1976).
pub(super) fn italy(text: &[u8]) -> bool {
    const ODD: [u32; 26] = [
        1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24,
        23,
    ];
    let Some(compact) = Compact::of(text).filter(|compact| compact.fits(b"AAAAAA**A**A***A"))
    else {
        return false;
    };
    let value = |byte: u8| match byte {
        b'0'..=b'9' => usize::from(byte - b'0'),
        _ => usize::from(byte - b'A'),
    };
    let sum: u32 = compact.buffer[..15]
        .iter()
        .enumerate()
        .map(|(at, &byte)| match at % 2 {
            0 => ODD[value(byte)],
            _ => value(byte) as u32,
        })
        .sum();
    u32::from(compact.buffer[15] - b'A') == sum % 26
}

pub(super) fn ireland(text: &[u8]) -> bool {
    let Some(compact) = Compact::of(text) else {
        return false;
    };
    let second = match compact.length {
        9 if compact.fits(b"9999999AA") && compact.buffer[8] != b'W' => {
            u64::from(compact.buffer[8] - b'A' + 1)
        }
        9 if compact.fits(b"9999999AA") => 0,
        _ => return false,
    };
    let sum: u64 = (0..7)
        .map(|at| u64::from(compact.buffer[at] - b'0') * (8 - at as u64))
        .sum();
    let check = (sum + second * 9) % 23;
    compact.buffer[7]
        == if check == 0 {
            b'W'
        } else {
            b'A' + check as u8 - 1
        }
}

/// `131052-308T`: the sign tells the century.
pub(super) fn finland(text: &[u8]) -> bool {
    const LETTERS: &[u8; 31] = b"0123456789ABCDEFHJKLMNPRSTUVWXY";
    if text.len() != 11 || !b"+-ABCDEFYXWVU".contains(&text[6]) {
        return false;
    }
    let digits = text[..6].iter().chain(&text[7..10]);
    if !digits.clone().all(u8::is_ascii_digit) {
        return false;
    }
    let number = digits.fold(0_u64, |number, byte| number * 10 + u64::from(byte - b'0'));
    LETTERS[(number % 31) as usize] == text[10].to_ascii_uppercase()
}

/// CURP: the check digit over the alphabet with Ñ between N and O.
pub(super) fn mexico(text: &[u8]) -> bool {
    let Some(compact) = Compact::of(text).filter(|compact| compact.fits(b"AAAA999999AAAAAA*9"))
    else {
        return false;
    };
    let value = |byte: u8| match byte {
        b'0'..=b'9' => u32::from(byte - b'0'),
        b'A'..=b'N' => u32::from(byte - b'A') + 10,
        _ => u32::from(byte - b'A') + 11,
    };
    let sum: u32 = (0..17)
        .map(|at| value(compact.buffer[at]) * (18 - at as u32))
        .sum();
    (10 - sum % 10) % 10 == u32::from(compact.buffer[17] - b'0')
        && b"HMX".contains(&compact.buffer[10])
}

/// `12.345.678-5`: the dash is part of it.
pub(super) fn chile(text: &[u8]) -> bool {
    let Some((check, body)) = text.split_last().filter(|(_, body)| body.ends_with(b"-")) else {
        return false;
    };
    let mut digits = 0;
    let mut sum = 0;
    for byte in body.iter().rev().filter(|byte| !b"-.".contains(byte)) {
        if !byte.is_ascii_digit() {
            return false;
        }
        sum += u32::from(byte - b'0') * (2 + digits % 6);
        digits += 1;
    }
    let expected = match 11 - sum % 11 {
        11 => b'0',
        10 => b'K',
        digit => b'0' + digit as u8,
    };
    matches!(digits, 7 | 8) && check.to_ascii_uppercase() == expected
}

/// `ABCPE1234F`: the fourth letter tells the kind of taxpayer.
pub(super) fn india_tax(text: &[u8]) -> bool {
    let compact = Compact::of(text).filter(|compact| compact.fits(b"AAAAA9999A"));
    text.len() == 10 && compact.is_some_and(|compact| b"ABCFGHJLPT".contains(&compact.buffer[3]))
}

pub(super) fn singapore(text: &[u8]) -> bool {
    let Some(compact) = Compact::of(text).filter(|compact| compact.fits(b"A9999999A")) else {
        return false;
    };
    let (letters, offset): (&[u8; 11], u64) = match compact.buffer[0] {
        b'S' => (b"JZIHGFEDCBA", 0),
        b'T' => (b"JZIHGFEDCBA", 4),
        b'F' => (b"XWUTRQPNMLK", 0),
        b'G' => (b"XWUTRQPNMLK", 4),
        _ => return false,
    };
    let digits = compact.buffer[1..8].iter();
    let weights = [2, 7, 6, 5, 4, 3, 2];
    let sum: u64 = digits
        .zip(weights)
        .map(|(digit, weight)| u64::from(digit - b'0') * weight)
        .sum();
    letters[((sum + offset) % 11) as usize] == compact.buffer[8]
}

pub(super) fn taiwan(text: &[u8]) -> bool {
    // What a letter counts, in the order of the alphabet.
    const LETTERS: [u64; 26] = [
        10, 11, 12, 13, 14, 15, 16, 17, 34, 18, 19, 20, 21, 22, 35, 23, 24, 25, 26, 27, 28, 29, 32,
        30, 31, 33,
    ];
    let Some(compact) = Compact::of(text).filter(|compact| compact.fits(b"A999999999")) else {
        return false;
    };
    let letter = LETTERS[usize::from(compact.buffer[0] - b'A')];
    let digits = compact.buffer[1..10].iter();
    let weights = [8, 7, 6, 5, 4, 3, 2, 1, 1];
    let sum: u64 = digits
        .zip(weights)
        .map(|(digit, weight)| u64::from(digit - b'0') * weight)
        .sum();
    matches!(compact.buffer[1], b'1' | b'2' | b'8' | b'9')
        && (letter / 10 + letter % 10 * 9 + sum).is_multiple_of(10)
}

/// The number of eighteen characters whose check is X.
pub(super) fn china(text: &[u8]) -> bool {
    let Some(compact) = Compact::of(text).filter(|compact| compact.fits(b"99999999999999999A"))
    else {
        return false;
    };
    let mut digits = [0; 17];
    for (digit, byte) in digits.iter_mut().zip(&compact.buffer) {
        *digit = byte - b'0';
    }
    compact.buffer[17] == b'X' && china_check(&digits) == 10
}

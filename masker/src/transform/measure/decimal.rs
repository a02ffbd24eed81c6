//! Decimals of any length (a `numeric` has up to 131,072 digits before the point and 16,383 behind it):
//! as many operations as noise and classes need.

use crate::transform::Unmaskable;

/// More digits than a `numeric` has (PostgreSQL documentation, "Numeric Types").
const DIGITS_MAX: usize = 150_000;

const NO_NUMBER: Unmaskable = Unmaskable::new("is no decimal number");

/// A decimal: digits without the point, and how many of them stand behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Decimal {
    pub(super) negative: bool,
    /// Each 0 to 9, the most significant first; at least one more than `scale`.
    digits: Vec<u8>,
    scale: usize,
}

impl Decimal {
    /// Reads a plain decimal, as `numeric` is written.
    pub(super) fn read(text: &str) -> Result<Self, Unmaskable> {
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let all = whole.bytes().chain(fraction.bytes());
        let plain = all.clone().all(|digit| digit.is_ascii_digit());
        if whole.is_empty() || !plain || whole.len() + fraction.len() > DIGITS_MAX {
            return Err(NO_NUMBER);
        }
        Ok(Self {
            negative,
            digits: all.map(|digit| digit - b'0').collect(),
            scale: fraction.len(),
        })
    }

    pub(super) fn scale(&self) -> usize {
        self.scale
    }

    pub(super) fn is_zero(&self) -> bool {
        self.digits.iter().all(|digit| *digit == 0)
    }

    /// The power of ten that it is below: digits before the point, or less than none for zeros behind
    /// it; `None` for 0.
    pub(super) fn power(&self) -> Option<i64> {
        let zeros = self.digits.iter().position(|digit| *digit != 0)?;
        Some(self.digits.len() as i64 - self.scale as i64 - zeros as i64)
    }

    /// Times `millionths` / 1,000,000.
    pub(super) fn times(&self, millionths: u64) -> Self {
        let mut carry: u64 = 0;
        let mut digits = vec![0; self.digits.len()];
        for (at, digit) in self.digits.iter().enumerate().rev() {
            let product = u64::from(*digit) * millionths + carry;
            digits[at] = (product % 10) as u8;
            carry = product / 10;
        }
        let mut front = Vec::new();
        while carry > 0 {
            front.push((carry % 10) as u8);
            carry /= 10;
        }
        // As many digits more as the scale grows, so that one is left before the point.
        front.extend([0; 7]);
        front.reverse();
        front.extend(digits);
        Self {
            negative: self.negative,
            digits: front,
            scale: self.scale + 6,
        }
    }

    /// Rounded half away from zero to so many digits behind the point; fewer than none are zeros
    /// before it.
    pub(super) fn rounded(mut self, scale: i32) -> Self {
        let kept = self.digits.len() as i64 - self.scale as i64 + i64::from(scale);
        let up = match usize::try_from(kept) {
            Ok(at) if at < self.digits.len() => {
                let up = self.digits[at] >= 5;
                self.digits[at..].fill(0);
                up.then_some(at)
            }
            Ok(_) => None,
            Err(_) => {
                self.digits.fill(0);
                None
            }
        };
        if let Some(at) = up {
            self.add_unit(at);
        }
        let wanted = usize::try_from(scale).unwrap_or(0);
        while self.scale > wanted {
            self.digits.pop();
            self.scale -= 1;
        }
        self.digits
            .extend(std::iter::repeat_n(0, wanted - self.scale));
        self.scale = wanted;
        // Without zeros in front, so that equal numbers are equal.
        let zeros = self.digits.iter().take_while(|digit| **digit == 0).count();
        let front = zeros.min(self.digits.len() - wanted - 1);
        self.digits.drain(..front);
        self
    }

    /// One more in magnitude at the digit before a place.
    fn add_unit(&mut self, place: usize) {
        for at in (0..place).rev() {
            match self.digits[at] {
                9 => self.digits[at] = 0,
                _ => {
                    self.digits[at] += 1;
                    return;
                }
            }
        }
        self.digits.insert(0, 1);
    }

    /// One more or less in magnitude at the last digit that a scale leaves.
    pub(super) fn nudged(mut self, scale: i32, more: bool) -> Self {
        let place = self.digits.len() as i64 - self.scale as i64 + i64::from(scale);
        let place = usize::try_from(place).unwrap_or(0).min(self.digits.len());
        if more {
            self.add_unit(place);
            return self;
        }
        for at in (0..place).rev() {
            match self.digits[at] {
                0 => self.digits[at] = 9,
                _ => {
                    self.digits[at] -= 1;
                    break;
                }
            }
        }
        self
    }

    /// The greatest multiple of a size that is not above it.
    pub(super) fn floor(&self, size: u64) -> Self {
        let whole = self.digits.len() - self.scale;
        let mut rest: u128 = 0;
        for digit in &self.digits[..whole] {
            rest = (rest * 10 + u128::from(*digit)) % u128::from(size);
        }
        let exact = rest == 0 && self.digits[whole..].iter().all(|digit| *digit == 0);
        let mut floored = Self {
            negative: self.negative,
            digits: self.digits[..whole].to_vec(),
            scale: 0,
        };
        floored.subtract(rest);
        if self.negative && !exact {
            floored.add(u128::from(size));
        }
        floored
    }

    fn subtract(&mut self, mut number: u128) {
        let mut borrow = 0;
        for digit in self.digits.iter_mut().rev() {
            let less = (number % 10) as u8 + borrow;
            borrow = u8::from(*digit < less);
            *digit = *digit + 10 * borrow - less;
            number /= 10;
        }
    }

    fn add(&mut self, mut number: u128) {
        for digit in self.digits.iter_mut().rev() {
            number += u128::from(*digit);
            *digit = (number % 10) as u8;
            number /= 10;
        }
        while number > 0 {
            self.digits.insert(0, (number % 10) as u8);
            number /= 10;
        }
    }

    /// Appends it, without zeros in front.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        if self.negative && !self.is_zero() {
            out.push(b'-');
        }
        let whole = self.digits.len() - self.scale;
        let zeros = self.digits.iter().take_while(|digit| **digit == 0);
        let skipped = zeros.count().min(whole - 1);
        for (at, digit) in self.digits.iter().enumerate().skip(skipped) {
            if at == whole {
                out.push(b'.');
            }
            out.push(b'0' + digit);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Decimal {
        Decimal::read(text).expect("a number")
    }

    fn written(number: &Decimal) -> String {
        let mut out = Vec::new();
        number.write(&mut out);
        String::from_utf8(out).expect("digits")
    }

    #[test]
    fn only_plain_decimals_are_read() {
        for text in ["", "-", ".5", "1e5", "NaN", "1.2.3", "+1", "١"] {
            assert!(Decimal::read(text).is_err(), "{text}");
        }
        for text in ["0", "-0.50", "12345678901234567890.1234567890123456789"] {
            assert_eq!(written(&read(text)), text);
        }
    }

    #[test]
    fn numbers_are_rounded_half_away_from_zero() {
        for (text, scale, expected) in [
            ("1.25", 1, "1.3"),
            ("-1.25", 1, "-1.3"),
            ("9.99", 1, "10.0"),
            ("0.04", 1, "0.0"),
            ("5", 2, "5.00"),
            ("1250", -2, "1300"),
            ("949", -3, "1000"),
            ("49", -2, "0"),
            ("50", -2, "100"),
            ("49", -9, "0"),
        ] {
            assert_eq!(written(&read(text).rounded(scale)), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn products_and_floors_are_those_of_integers(number in -(1_i128 << 70)..1 << 70, millionths in 0..2_000_000_u64, size in 1..1_000_000_000_u64) {
            let decimal = read(&number.to_string());
            let product = decimal.times(millionths).rounded(6);
            let exact = number * i128::from(millionths);
            let expected = format!("{}{}.{:06}", if exact < 0 { "-" } else { "" }, exact.abs() / 1_000_000, exact.abs() % 1_000_000);
            prop_assert_eq!(written(&product), expected);
            let floored = number.div_euclid(i128::from(size)) * i128::from(size);
            prop_assert_eq!(written(&decimal.floor(size)), floored.to_string());
            let more = if number < 0 { number - 1 } else { number + 1 };
            prop_assert_eq!(written(&decimal.nudged(0, true)), more.to_string());
        }
    }
}

//! Amounts that people write: `8h`, `20GB`.
//!
//! Both types parse what they print, so a listing's value can be pasted into the configuration or a
//! command line.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A span of time with its units: `500ms`, `15s`, `10m`, `8h`, `3d`, `2w`, or several, the largest
/// first: `1h30m`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(pub Duration);

/// A number of bytes with its unit: `512MiB` (1,024 each step) or `20GB` (1,000 each step).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes(pub u64);

/// Why an amount was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnitError {
    /// There is no text.
    #[error("an amount cannot be empty")]
    Empty,
    /// A number stands without a unit.
    #[error("{0:?} has no unit")]
    NoUnit(String),
    /// A unit stands without a number, or the number has signs or several points.
    #[error("{0:?} does not begin with a number")]
    NoNumber(String),
    /// The unit is unknown.
    #[error("unit {0:?} is unknown")]
    UnknownUnit(String),
    /// A unit comes after a smaller or equal one.
    #[error("unit {0:?} must come before smaller units and only once")]
    Order(String),
    /// The amount does not fit, or a fraction leaves less than the smallest unit.
    #[error("{0:?} is too large or too fine")]
    Range(String),
}

/// Units of time in milliseconds, the largest first.
const TIMES: [(&str, u64); 6] = [
    ("w", 604_800_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// Units of size in bytes, the largest first.
const SIZES: [(&str, u64); 9] = [
    ("TB", 1_000_000_000_000),
    ("TiB", 1 << 40),
    ("GB", 1_000_000_000),
    ("GiB", 1 << 30),
    ("MB", 1_000_000),
    ("MiB", 1 << 20),
    ("kB", 1_000),
    ("KiB", 1 << 10),
    ("B", 1),
];

impl FromStr for Span {
    type Err = UnitError;
    fn from_str(text: &str) -> Result<Self, UnitError> {
        let mut rest = text.trim();
        if rest.is_empty() {
            return Err(UnitError::Empty);
        }
        let mut total_ms = 0_u64;
        let mut before = u64::MAX;
        while !rest.is_empty() {
            let (number, unit, behind) = leading(rest)?;
            let &(_, unit_ms) = TIMES
                .iter()
                .find(|(name, _)| *name == unit)
                .ok_or_else(|| UnitError::UnknownUnit(unit.to_owned()))?;
            if unit_ms >= before {
                return Err(UnitError::Order(unit.to_owned()));
            }
            before = unit_ms;
            total_ms = number
                .parse::<u64>()
                .ok()
                .and_then(|number| number.checked_mul(unit_ms))
                .and_then(|ms| ms.checked_add(total_ms))
                .ok_or_else(|| UnitError::Range(text.to_owned()))?;
            rest = behind.trim_start();
        }
        Ok(Self(Duration::from_millis(total_ms)))
    }
}

impl fmt::Display for Span {
    /// Prints at most two units, so `1d 2h 3m` becomes `1d2h`; what two units cannot hold is cut
    /// off unless the alternate form `{:#}` asks for all.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = u64::try_from(self.0.as_millis()).unwrap_or(u64::MAX);
        let mut text = String::new();
        let mut units_left = if f.alternate() { TIMES.len() } else { 2 };
        for (name, unit_ms) in TIMES {
            // Weeks are read but not shown: people compare days.
            let shown = name != "w" && rest >= unit_ms;
            if shown && units_left > 0 {
                text.push_str(&format!("{}{name}", rest / unit_ms));
                rest %= unit_ms;
                units_left -= 1;
            }
        }
        f.pad(if text.is_empty() { "0s" } else { &text })
    }
}

impl FromStr for Bytes {
    type Err = UnitError;
    fn from_str(text: &str) -> Result<Self, UnitError> {
        if text.trim().is_empty() {
            return Err(UnitError::Empty);
        }
        let (number, unit, behind) = leading(text.trim())?;
        if !behind.is_empty() {
            return Err(UnitError::UnknownUnit(format!("{unit}{behind}")));
        }
        // `KB` and `kb` are what people type for kB; case carries no other meaning here.
        let &(_, unit_bytes) = SIZES
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(unit))
            .ok_or_else(|| UnitError::UnknownUnit(unit.to_owned()))?;
        scaled(number, unit_bytes)
            .map(Self)
            .ok_or_else(|| UnitError::Range(text.to_owned()))
    }
}

impl fmt::Display for Bytes {
    /// Prints exactly where at most four digits and a unit can, else rounds to one decimal of a power
    /// of two; the alternate form `{:#}` is always exact.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exact = SIZES
            .iter()
            .find(|(_, unit)| self.0.is_multiple_of(*unit) && self.0 > 0)
            .map(|(name, unit)| (self.0 / unit, name));
        let text = match exact {
            None => "0B".to_owned(),
            Some((number, name)) if number < 10_000 || f.alternate() => format!("{number}{name}"),
            Some(_) => {
                let (name, unit) = SIZES
                    .iter()
                    .filter(|(name, _)| name.contains('i') || *name == "B")
                    .find(|(_, unit)| self.0 >= *unit)
                    .expect("every size is at least one byte");
                // Tenths in integers: a float would lose bytes above 2^53.
                let tenths = (u128::from(self.0) * 10 + u128::from(*unit) / 2) / u128::from(*unit);
                format!("{}.{}{name}", tenths / 10, tenths % 10)
            }
        };
        f.pad(&text)
    }
}

/// Splits `10m30s` into `10`, `m` and `30s`; white space may stand before the unit.
fn leading(text: &str) -> Result<(&str, &str, &str), UnitError> {
    let is_digit = |c: char| c.is_ascii_digit() || c == '.';
    let digits = text.find(|c| !is_digit(c)).unwrap_or(text.len());
    let (number, rest) = text.split_at(digits);
    if number.is_empty() {
        return Err(UnitError::NoNumber(text.to_owned()));
    }
    let rest = rest.trim_start();
    let letters = rest.find(is_digit).unwrap_or(rest.len());
    let (unit, behind) = rest.split_at(letters);
    let unit = unit.trim_end();
    if unit.is_empty() {
        return Err(UnitError::NoUnit(number.to_owned()));
    }
    Ok((number, unit, behind))
}

/// Multiplies a decimal number with a unit; `None` unless the result is whole and fits.
fn scaled(number: &str, unit: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if number.ends_with('.') || whole.is_empty() || fraction.len() > 12 {
        return None;
    }
    let whole = whole.parse::<u64>().ok()?.checked_mul(unit)?;
    if fraction.is_empty() {
        return Some(whole);
    }
    let scale = 10_u128.pow(u32::try_from(fraction.len()).ok()?);
    let parts = fraction.parse::<u128>().ok()?.checked_mul(unit.into())?;
    whole.checked_add(u64::try_from(parts / scale).ok()?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_span_reads_its_units() {
        let check = |text: &str, ms| {
            assert_eq!(
                text.parse(),
                Ok(Span(Duration::from_millis(ms))),
                "{text:?}"
            );
        };
        check("500ms", 500);
        check("15s", 15_000);
        check("10m", 600_000);
        check("8h", 28_800_000);
        check("3d", 259_200_000);
        check("2w", 1_209_600_000);
        check("1h30m", 5_400_000);
        check(" 1 h 30 m ", 5_400_000);
        check("0s", 0);
    }

    #[test]
    fn a_span_without_sense_says_why() {
        let check = |text: &str, error| assert_eq!(text.parse::<Span>(), Err(error), "{text:?}");
        check("", UnitError::Empty);
        check("10", UnitError::NoUnit("10".into()));
        check("h", UnitError::NoNumber("h".into()));
        check("-1h", UnitError::NoNumber("-1h".into()));
        check("8 hours", UnitError::UnknownUnit("hours".into()));
        check("30m1h", UnitError::Order("h".into()));
        check("1h1h", UnitError::Order("h".into()));
        check("1.5h", UnitError::Range("1.5h".into()));
        check(
            "99999999999999999999d",
            UnitError::Range("99999999999999999999d".into()),
        );
        check(
            "999999999999999999d",
            UnitError::Range("999999999999999999d".into()),
        );
    }

    #[test]
    fn a_size_reads_its_units() {
        let check = |text: &str, bytes| assert_eq!(text.parse(), Ok(Bytes(bytes)), "{text:?}");
        check("0B", 0);
        check("20GB", 20_000_000_000);
        check("512MiB", 536_870_912);
        check("1.5 GB", 1_500_000_000);
        check("1.5KB", 1_500);
        check("2tib", 2 << 40);
        for bad in [
            "", "20", "GB", "20XB", "1..5GB", "1.GB", ".5GB", "20GBx", "20GB5", "-1GB",
        ] {
            assert!(bad.parse::<Bytes>().is_err(), "{bad:?} was accepted");
        }
        assert_eq!(
            "20000000TiB".parse::<Bytes>(),
            Err(UnitError::Range("20000000TiB".into()))
        );
    }

    #[test]
    fn people_see_few_digits() {
        let span = |ms| Span(Duration::from_millis(ms)).to_string();
        assert_eq!(span(0), "0s");
        assert_eq!(span(42), "42ms");
        assert_eq!(span(90_061_001), "1d1h");
        assert_eq!(
            format!("{:#}", Span(Duration::from_millis(90_061_001))),
            "1d1h1m1s1ms"
        );
        assert_eq!(span(1_209_600_000), "14d");
        assert_eq!(Bytes(0).to_string(), "0B");
        assert_eq!(Bytes(1_234).to_string(), "1234B");
        assert_eq!(Bytes(536_870_912).to_string(), "512MiB");
        assert_eq!(Bytes(20_000_000_000).to_string(), "20GB");
        assert_eq!(Bytes(1_449_551_462).to_string(), "1.3GiB");
        assert_eq!(Bytes(u64::MAX).to_string(), "16777216.0TiB");
        assert_eq!(format!("{:#}", Bytes(1_449_551_462)), "1449551462B");
        assert_eq!(format!("[{:>6}]", Bytes(5)), "[    5B]");
    }

    proptest! {
        #[test]
        fn amounts_parse_what_they_print_exactly(ms in 0..u64::MAX / 2, bytes: u64) {
            let span = Span(Duration::from_millis(ms));
            prop_assert_eq!(format!("{span:#}").parse(), Ok(span));
            prop_assert_eq!(format!("{:#}", Bytes(bytes)).parse(), Ok(Bytes(bytes)));
        }

        #[test]
        fn amounts_for_people_parse_and_are_near(ms in 0..u64::MAX / 2, bytes: u64) {
            let span: Span = Span(Duration::from_millis(ms)).to_string().parse().expect("a span");
            prop_assert!(span.0.as_millis() <= u128::from(ms));
            prop_assert!(span.0.as_millis() * 25 >= u128::from(ms) * 24);
            if bytes < u64::MAX / 2 {
                let near: Bytes = Bytes(bytes).to_string().parse().expect("a size");
                prop_assert!(near.0.abs_diff(bytes) <= bytes / 15, "{bytes} became {near:#}");
            }
        }

        #[test]
        fn any_text_is_an_amount_or_an_error(text in "[0-9.a-zA-Z äß-]{0,40}") {
            let _ = text.parse::<Span>();
            let _ = text.parse::<Bytes>();
        }
    }
}

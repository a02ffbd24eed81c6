//! The text form of numbers, days, times and UUIDs: what most cells are, so nothing is formatted by way
//! of another buffer.

use rust_decimal::Decimal;

use super::Type;
use super::text::print;

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

/// Adds a whole number.
pub(super) fn integer(value: i64, out: &mut Vec<u8>) {
    if value < 0 {
        out.push(b'-');
    }
    let mut digits = [0; 20];
    let start = digits_of(value.unsigned_abs(), &mut digits);
    out.extend_from_slice(&digits[start..]);
}

/// Writes the digits at the end of an array, which 2⁶⁴ just fills; where they begin.
fn digits_of(value: u64, digits: &mut [u8; 20]) -> usize {
    let mut at = digits.len();
    let mut rest = value;
    while rest >= 100 {
        at -= 2;
        digits[at..at + 2].copy_from_slice(&two((rest % 100) as i64));
        rest /= 100;
    }
    if rest >= 10 {
        at -= 2;
        digits[at..at + 2].copy_from_slice(&two(rest as i64));
    } else {
        at -= 1;
        digits[at] = b'0' + rest as u8;
    }
    at
}

/// Adds a decimal with all digits of its scale.
pub(super) fn decimal(value: Decimal, out: &mut Vec<u8>) {
    let (mantissa, scale) = (value.mantissa().unsigned_abs(), value.scale() as usize);
    let (Ok(mantissa), true) = (u64::try_from(mantissa), scale < 19) else {
        return print(out, format_args!("{value}"));
    };
    if value.is_sign_negative() {
        out.push(b'-');
    }
    let mut digits = [b'0'; 20];
    let start = digits_of(mantissa, &mut digits).min(digits.len() - scale - 1);
    let point = digits.len() - scale;
    out.extend_from_slice(&digits[start..point]);
    if scale > 0 {
        out.push(b'.');
        out.extend_from_slice(&digits[point..]);
    }
}

/// The last two digits of a number that is not negative.
#[inline]
fn two(value: i64) -> [u8; 2] {
    [b'0' + (value / 10 % 10) as u8, b'0' + (value % 10) as u8]
}

/// Adds a day of the proleptic Gregorian calendar, by the algorithm of Hinnant ("chrono-compatible
/// low-level date algorithms", days_from_civil and its inverse); years before 1 end with ` BC`.
pub(super) fn date(days: i64, out: &mut Vec<u8>) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let ([m1, m2], [d1, d2]) = (two(month), two(day));
    if (1_000..10_000).contains(&year) {
        let ([y1, y2], [y3, y4]) = (two(year / 100), two(year % 100));
        out.extend_from_slice(&[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2]);
        return;
    }
    let shown = if year > 0 { year } else { 1 - year };
    print(out, format_args!("{shown:04}"));
    out.extend_from_slice(&[b'-', m1, m2, b'-', d1, d2]);
    if year <= 0 {
        out.extend_from_slice(b" BC");
    }
}

/// Adds a time of day of so many microseconds; their fraction of a second only where there is one.
pub(super) fn time(micros: i64, out: &mut Vec<u8>) {
    let seconds = micros / SECOND;
    let [[h1, h2], [m1, m2], [s1, s2]] =
        [seconds / 3_600, seconds / 60 % 60, seconds % 60].map(two);
    out.extend_from_slice(&[h1, h2, b':', m1, m2, b':', s1, s2]);
    let fraction = micros % SECOND;
    if fraction != 0 {
        let [[f1, f2], [f3, f4], [f5, f6]] =
            [fraction / 10_000, fraction / 100 % 100, fraction % 100].map(two);
        out.extend_from_slice(&[b'.', f1, f2, f3, f4, f5, f6]);
    }
}

/// Adds a moment, in UTC where its type has a zone.
pub(super) fn timestamp(micros: i64, data_type: &Type, out: &mut Vec<u8>) {
    date(micros.div_euclid(DAY), out);
    // The era stands behind the time.
    let before_christ = out.ends_with(b" BC");
    if before_christ {
        out.truncate(out.len() - 3);
    }
    out.push(b' ');
    time(micros.rem_euclid(DAY), out);
    if matches!(data_type.base(), Type::Timestamp { zone: true, .. }) {
        out.extend_from_slice(b"+00");
    }
    if before_christ {
        out.extend_from_slice(b" BC");
    }
}

/// Adds a UUID in lower case.
pub(super) fn uuid(bits: u128, out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let mut text = [b'-'; 36];
    let mut at = 0;
    for byte in bits.to_be_bytes() {
        if matches!(at, 8 | 13 | 18 | 23) {
            at += 1;
        }
        text[at] = HEX[usize::from(byte >> 4)];
        text[at + 1] = HEX[usize::from(byte & 15)];
        at += 2;
    }
    out.extend_from_slice(&text);
}

#[cfg(test)]
mod tests {
    use jiff::civil::Date;
    use proptest::prelude::*;

    use super::super::days_since_epoch;
    use super::*;

    fn text(write: impl Fn(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).expect("UTF-8")
    }

    proptest! {
        #[test]
        fn numbers_are_written_as_everybody_does(number: i64, scale in 0_u32..29, small in -200_i64..200) {
            for number in [number, small, i64::MIN, i64::MAX] {
                prop_assert_eq!(text(|out| integer(number, out)), number.to_string());
                let number = Decimal::from_i128_with_scale(i128::from(number), scale);
                prop_assert_eq!(text(|out| decimal(number, out)), number.to_string());
                prop_assert_eq!(text(|out| decimal(-number, out)), (-number).to_string());
            }
            prop_assert_eq!(text(|out| decimal(Decimal::MAX, out)), Decimal::MAX.to_string());
        }
    }

    #[test]
    fn days_are_written_as_the_calendar_says() {
        for days in (-719_162..2_932_896).step_by(97) {
            let expected = Date::constant(1970, 1, 1)
                .checked_add(jiff::Span::new().days(days))
                .expect("within the calendar");
            let written = text(|out| date(i64::from(days), out));
            assert_eq!(written, expected.to_string());
            assert_eq!(days_since_epoch(expected), days);
        }
    }

    #[test]
    fn timestamps_before_the_epoch_count_down() {
        let zoned = Type::Timestamp {
            zone: true,
            precision: 6,
        };
        let written = |micros| text(|out| timestamp(micros, &zoned, out));
        assert_eq!(written(-1), "1969-12-31 23:59:59.999999+00");
        assert_eq!(written(0), "1970-01-01 00:00:00+00");
        // The day before 0001-01-01.
        assert_eq!(written(-719_163 * DAY), "0001-12-31 00:00:00+00 BC");
    }

    #[test]
    fn uuids_have_four_hyphens() {
        let bits = 0x0123_4567_89ab_cdef_fedc_ba98_7654_3210;
        let written = text(|out| uuid(bits, out));
        assert_eq!(written, "01234567-89ab-cdef-fedc-ba9876543210");
    }
}

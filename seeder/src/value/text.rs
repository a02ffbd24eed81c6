//! The text form of values, as PostgreSQL reads it, and its form in a COPY stream (PostgreSQL
//! documentation, "COPY", section "Text Format").

use std::io::Write;

use jiff::civil::Date;

use super::{Type, Value};

/// Writes a cell of a COPY stream in text format: `\N` for NULL, backslash escapes otherwise.
pub fn write_copy(value: &Value, data_type: &Type, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.extend_from_slice(b"\\N"),
        Value::Text(text) => escape(text.as_bytes(), out),
        // These never hold a backslash, tabulator or line end.
        Value::Bool(_) | Value::Int(_) | Value::Decimal(_) | Value::Date(_) | Value::Uuid(_) => {
            write_text(value, data_type, out);
        }
        Value::Timestamp(_) | Value::Time(_) | Value::Float(_) => {
            write_text(value, data_type, out);
        }
        other => {
            let mut text = Vec::new();
            write_text(other, data_type, &mut text);
            escape(&text, out);
        }
    }
}

/// Copies runs of plain bytes whole; UTF-8 has no byte of a multibyte character below 0x80.
fn escape(text: &[u8], out: &mut Vec<u8>) {
    let mut plain = 0;
    for (at, byte) in text.iter().enumerate() {
        let letter = match byte {
            b'\\' => b'\\',
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            _ => continue,
        };
        out.extend_from_slice(&text[plain..at]);
        out.extend_from_slice(&[b'\\', letter]);
        plain = at + 1;
    }
    out.extend_from_slice(&text[plain..]);
}

/// Writes the text form that the type's input function reads; NULL, which has none, writes nothing.
pub fn write_text(value: &Value, data_type: &Type, out: &mut Vec<u8>) {
    match value {
        Value::Null => {}
        Value::Bool(value) => out.push(if *value { b't' } else { b'f' }),
        Value::Int(value) => integer(*value, out),
        Value::Decimal(value) => print(out, format_args!("{value}")),
        Value::Float(value) => print(out, format_args!("{value}")),
        Value::Text(text) => out.extend_from_slice(text.as_bytes()),
        Value::Bytes(bytes) => {
            out.extend_from_slice(b"\\x");
            for byte in bytes {
                print(out, format_args!("{byte:02x}"));
            }
        }
        Value::Date(days) => date(i64::from(*days), out),
        Value::Time(micros) => {
            time(*micros, out);
            if matches!(data_type.base(), Type::Time { zone: true, .. }) {
                out.extend_from_slice(b"+00");
            }
        }
        Value::Timestamp(micros) => timestamp(*micros, data_type, out),
        Value::Interval {
            months,
            days,
            micros,
        } => {
            print(
                out,
                format_args!("{months} mons {days} days {micros} microseconds"),
            );
        }
        Value::Uuid(bits) => uuid(*bits, out),
        Value::Array(elements) => array(elements, data_type, out),
        Value::Range(bounds) => range(bounds, data_type, out),
        Value::EmptyRange => out.extend_from_slice(b"empty"),
        Value::Multirange(ranges) => {
            out.push(b'{');
            for (position, range) in ranges.iter().enumerate() {
                if position > 0 {
                    out.push(b',');
                }
                write_text(range, data_type, out);
            }
            out.push(b'}');
        }
        Value::Record(fields) => record(fields, data_type, out),
    }
}

fn print(out: &mut Vec<u8>, arguments: std::fmt::Arguments<'_>) {
    out.write_fmt(arguments).expect("a Vec takes every byte");
}

fn integer(value: i64, out: &mut Vec<u8>) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    let mut rest = value.unsigned_abs();
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if value < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(&digits[at..]);
}

fn two(value: i64, out: &mut Vec<u8>) {
    out.extend_from_slice(&[b'0' + (value / 10 % 10) as u8, b'0' + (value % 10) as u8]);
}

/// The proleptic Gregorian calendar, by the algorithm of Hinnant ("chrono-compatible low-level date
/// algorithms", days_from_civil and its inverse); years before 1 are written with ` BC`.
fn date(days: i64, out: &mut Vec<u8>) {
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
    let (shown, before_christ) = if year > 0 {
        (year, false)
    } else {
        (1 - year, true)
    };
    if (1_000..10_000).contains(&shown) {
        two(shown / 100, out);
        two(shown % 100, out);
    } else {
        print(out, format_args!("{shown:04}"));
    }
    out.push(b'-');
    two(month, out);
    out.push(b'-');
    two(day, out);
    if before_christ {
        out.extend_from_slice(b" BC");
    }
}

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

fn time(micros: i64, out: &mut Vec<u8>) {
    let seconds = micros / SECOND;
    two(seconds / 3_600, out);
    out.push(b':');
    two(seconds / 60 % 60, out);
    out.push(b':');
    two(seconds % 60, out);
    let fraction = micros % SECOND;
    if fraction != 0 {
        out.push(b'.');
        two(fraction / 10_000, out);
        two(fraction / 100 % 100, out);
        two(fraction % 100, out);
    }
}

fn timestamp(micros: i64, data_type: &Type, out: &mut Vec<u8>) {
    let start = out.len();
    date(micros.div_euclid(DAY), out);
    // The era stands behind the time.
    let before_christ = out.ends_with(b" BC");
    if before_christ {
        out.truncate(out.len() - 3);
    }
    debug_assert!(out.len() > start);
    out.push(b' ');
    time(micros.rem_euclid(DAY), out);
    if matches!(data_type.base(), Type::Timestamp { zone: true, .. }) {
        out.extend_from_slice(b"+00");
    }
    if before_christ {
        out.extend_from_slice(b" BC");
    }
}

fn uuid(bits: u128, out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    for position in 0..32 {
        if matches!(position, 8 | 12 | 16 | 20) {
            out.push(b'-');
        }
        out.push(HEX[(bits >> (124 - 4 * position)) as usize & 15]);
    }
}

fn array(elements: &[Value], data_type: &Type, out: &mut Vec<u8>) {
    let element_type = match data_type.base() {
        Type::Array(element) => element,
        other => other,
    };
    out.push(b'{');
    for (position, element) in elements.iter().enumerate() {
        if position > 0 {
            out.push(b',');
        }
        if element.is_null() {
            out.extend_from_slice(b"NULL");
        } else {
            quoted(element, element_type, out);
        }
    }
    out.push(b'}');
}

fn record(fields: &[Value], data_type: &Type, out: &mut Vec<u8>) {
    let empty = Vec::new();
    let types = match data_type.base() {
        Type::Record(types) => types,
        _ => &empty,
    };
    out.push(b'(');
    for (position, field) in fields.iter().enumerate() {
        if position > 0 {
            out.push(b',');
        }
        if !field.is_null() {
            quoted(
                field,
                types.get(position).map_or(data_type, |(_, kind)| kind),
                out,
            );
        }
    }
    out.push(b')');
}

fn range(bounds: &(Value, Value), data_type: &Type, out: &mut Vec<u8>) {
    let subtype = match data_type.base() {
        Type::Range(subtype) | Type::Multirange(subtype) => subtype,
        other => other,
    };
    let (lower, upper) = bounds;
    out.push(if lower.is_null() { b'(' } else { b'[' });
    if !lower.is_null() {
        quoted(lower, subtype, out);
    }
    out.push(b',');
    if !upper.is_null() {
        quoted(upper, subtype, out);
    }
    out.push(b')');
}

/// An element within an array, range or record: in double quotes always, which is allowed always.
fn quoted(value: &Value, data_type: &Type, out: &mut Vec<u8>) {
    let mut text = Vec::new();
    write_text(value, data_type, &mut text);
    let plain = !text.is_empty()
        && text
            .iter()
            .all(|byte| byte.is_ascii_digit() || *byte == b'-');
    if plain {
        out.extend_from_slice(&text);
        return;
    }
    out.push(b'"');
    for byte in text {
        if byte == b'"' || byte == b'\\' {
            out.push(b'\\');
        }
        out.push(byte);
    }
    out.push(b'"');
}

/// Days since 1970-01-01 of a calendar day.
pub fn days_since_epoch(date: Date) -> i32 {
    let epoch = Date::constant(1970, 1, 1);
    let span = date.since(epoch).expect("a difference in days always fits");
    span.get_days()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &Value, data_type: &Type) -> String {
        let mut out = Vec::new();
        write_text(value, data_type, &mut out);
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn days_are_written_as_the_calendar_says() {
        for days in (-719_162..2_932_896).step_by(97) {
            let expected = Date::constant(1970, 1, 1)
                .checked_add(jiff::Span::new().days(days))
                .expect("within the calendar");
            assert_eq!(text(&Value::Date(days), &Type::Date), expected.to_string());
            assert_eq!(days_since_epoch(expected), days);
        }
    }

    #[test]
    fn timestamps_before_the_epoch_count_down() {
        let zoned = Type::Timestamp {
            zone: true,
            precision: 6,
        };
        assert_eq!(
            text(&Value::Timestamp(-1), &zoned),
            "1969-12-31 23:59:59.999999+00"
        );
        assert_eq!(text(&Value::Timestamp(0), &zoned), "1970-01-01 00:00:00+00");
    }

    #[test]
    fn what_a_copy_stream_reads_as_syntax_is_escaped() {
        let plain = Type::Text {
            max: None,
            padded: false,
            caseless: false,
        };
        let mut out = Vec::new();
        write_copy(&Value::Text("a\tb\\c\nd\re".to_owned()), &plain, &mut out);
        assert_eq!(out, b"a\\tb\\\\c\\nd\\re");
    }

    #[test]
    fn nested_values_are_quoted_for_each_level() {
        let plain = Type::Text {
            max: None,
            padded: false,
            caseless: false,
        };
        let array = Type::Array(Box::new(plain));
        let value = Value::Array(vec![
            Value::Text("a\"b".to_owned()),
            Value::Null,
            Value::Text("NULL".to_owned()),
        ]);
        assert_eq!(text(&value, &array), r#"{"a\"b",NULL,"NULL"}"#);
    }
}

//! The text form of values, as PostgreSQL reads it.

use std::io::Write;

use jiff::civil::Date;

use super::scalar::{date, decimal, integer, time, timestamp, uuid};
use super::{Type, Value};

/// Writes the text form that the type's input function reads; NULL, which has none, writes nothing.
pub fn write_text(value: &Value, data_type: &Type, out: &mut Vec<u8>) {
    match value {
        Value::Null => {}
        Value::Bool(value) => out.push(if *value { b't' } else { b'f' }),
        Value::Int(value) => integer(*value, out),
        Value::Decimal(value) => decimal(*value, out),
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

pub(super) fn print(out: &mut Vec<u8>, arguments: std::fmt::Arguments<'_>) {
    out.write_fmt(arguments).expect("a Vec takes every byte");
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

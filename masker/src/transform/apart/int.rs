//! `int`: integers above 0 among themselves, and the same below 0; 0 stays.

use std::sync::Arc;

use rules::mask::Transformer;
use rust_decimal::prelude::ToPrimitive;
use seeder::value::{Type, Value};

use super::permutation;
use crate::key::Draw;
use crate::permute::Permutation;
use crate::transform::{Column, Made, Transform, Unfit, Unmaskable, checks};

/// Integers that are looked at one by one for the least and the greatest.
const LISTED_MAX: u64 = 4_096;

const OUTSIDE: &str =
    "is outside of the integers that its CHECKs and its type leave for a replacement one for one";

const NO_INTEGER: Unmaskable = Unmaskable::new("is no integer");

/// Integers from a first one on that are replaced by each other.
#[derive(Debug)]
struct Space {
    first: u128,
    permutation: Permutation,
}

#[derive(Debug)]
struct Int {
    /// By magnitude; `None` where a CHECK allows none.
    above: Option<Space>,
    below: Option<Space>,
    beyond: Unmaskable,
}

/// Bits of the integers of a type, and what is said of greater ones.
///
/// The space never depends on the data, else the next copy had other values. The upper half of the
/// type stays free, so that a sequence goes on behind the greatest value.
fn bits(data_type: &Type) -> Option<(u32, &'static str)> {
    Some(match data_type.base() {
        Type::Int { max, .. } if *max <= i64::from(i16::MAX) => (
            14,
            "is beyond 2^14, up to which a smallint is replaced one for one",
        ),
        Type::Int { max, .. } if *max <= i64::from(u32::MAX) => (
            30,
            "is beyond 2^30, up to which an integer is replaced one for one",
        ),
        // Below 2⁵³, for clients that read JSON.
        Type::Int { .. } => (
            52,
            "is beyond 2^52, up to which a bigint is replaced one for one",
        ),
        Type::Decimal { precision, scale } if scale.unwrap_or(0) <= 0 => {
            let digits = precision.map_or(15, |digits| u32::from(digits).min(15));
            let bits = 63 - (10_u64.pow(digits) - 1).leading_zeros();
            (
                bits,
                "is beyond the power of 2 below which a numeric is replaced one for one",
            )
        }
        _ => return None,
    })
}

/// The transformer of a column of integers.
pub(in crate::transform) fn int(column: &Column<'_>) -> Made {
    let Some((bits, beyond)) = bits(column.data_type) else {
        return Err(Unfit::of_type(
            Transformer::Int,
            column,
            "int is for integers",
        ));
    };
    let (least, greatest, by_checks) = ends(column);
    let space = |first: u128, last: u128, side: &str| {
        let top = 1 << bits;
        let (first, last) = match last {
            // A CHECK says where they end.
            _ if last < top => (first, last),
            _ if first <= top / 2 => (first, top),
            // A CHECK has them begin where there is no room left.
            _ => (first, last),
        };
        (first <= last).then(|| Space {
            first,
            permutation: permutation(column, &format!("int/{side}/{first}"), last - first + 1),
        })
    };
    let magnitude = |value: i128| value.max(0).unsigned_abs();
    Ok(Arc::new(Int {
        above: space(magnitude(least).max(1), magnitude(greatest), "above"),
        below: space(magnitude(-greatest).max(1), magnitude(-least), "below"),
        beyond: Unmaskable::new(if by_checks { OUTSIDE } else { beyond }),
    }))
}

/// The least and the greatest integer that type and CHECKs allow, and whether it is CHECKs that do.
fn ends(column: &Column<'_>) -> (i128, i128, bool) {
    const MOST: i128 = 1 << 100;
    let (least, greatest) = match column.data_type.base() {
        Type::Int { min, max } => (i128::from(*min), i128::from(*max)),
        _ => (-MOST, MOST),
    };
    let Some(allowed) = checks::allowed(column) else {
        return (least, greatest, false);
    };
    let whole = |value: Value| match value {
        Value::Int(number) => Some(i128::from(number)),
        Value::Decimal(number) => number.trunc().to_i128(),
        _ => None,
    };
    let of_checks = match allowed.size() {
        // Few are listed, whatever their order.
        size @ 1..=LISTED_MAX => {
            let all: Option<Vec<i128>> =
                (0..size).map(|rank| whole(allowed.unrank(rank))).collect();
            all.and_then(|all| Some((*all.iter().min()?, *all.iter().max()?)))
        }
        _ => {
            let ends = allowed.ends();
            ends.and_then(|(least, greatest)| Some((whole(least)?, whole(greatest)?)))
        }
    };
    match of_checks {
        Some((low, high)) if (low, high) != (least, greatest) => {
            (low.max(least), high.min(greatest), true)
        }
        _ => (least, greatest, false),
    }
}

impl Transform for Int {
    fn mask(&self, value: &[u8], _: &Draw, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        let (negative, digits) = match value {
            [b'-', rest @ ..] => (true, rest),
            rest => (false, rest),
        };
        let mut number: u128 = 0;
        let (whole, fraction) = match memchr::memchr(b'.', digits) {
            Some(point) => (&digits[..point], &digits[point + 1..]),
            None => (digits, &[][..]),
        };
        if whole.is_empty() || fraction.iter().any(|digit| *digit != b'0') {
            return Err(NO_INTEGER);
        }
        for digit in whole {
            if !digit.is_ascii_digit() {
                return Err(NO_INTEGER);
            }
            number = number.saturating_mul(10) + u128::from(digit - b'0');
            if number > u128::from(u64::MAX) {
                return Err(self.beyond);
            }
        }
        if number == 0 {
            out.push(b'0');
            return Ok(());
        }
        let side = if negative { &self.below } else { &self.above };
        let inside = |space: &&Space| {
            number >= space.first && number - space.first < space.permutation.size()
        };
        let space = side.as_ref().filter(inside).ok_or(self.beyond)?;
        let replaced = space.permutation.of(number - space.first) + space.first;
        if negative {
            out.push(b'-');
        }
        push_number(replaced, out);
        Ok(())
    }
}

fn push_number(mut number: u128, out: &mut Vec<u8>) {
    let mut digits = [0; 39];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

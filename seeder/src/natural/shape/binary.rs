//! Bytes and bits.

use crate::key::splitmix;
use crate::natural::entry::Entry;
use crate::natural::{Cell, Distinct, Generate};
use crate::value::{Type, Value};

use super::Plain;

/// Most bits of a `bit varying`.
const VARYING_BITS: u32 = 16;

pub(super) fn binary(entry: &'static Entry, data_type: &Type) -> Option<Box<dyn Generate>> {
    let make = |cell: &Cell<'_>| {
        let bytes = (0..2).flat_map(|part| cell.draw(part).bits().to_be_bytes());
        Value::Bytes(bytes.collect())
    };
    let distinct = Distinct::new(1 << 60, |rank| {
        let mixed = splitmix(rank);
        Value::Bytes([mixed.to_be_bytes(), splitmix(mixed).to_be_bytes()].concat())
    });
    matches!(data_type, Type::Bytes).then(|| Plain::boxed(entry, make, Some(distinct)))
}

pub(super) fn bits(entry: &'static Entry, data_type: &Type) -> Option<Box<dyn Generate>> {
    let Type::Bits { length, varying } = *data_type else {
        return None;
    };
    let bound = length.unwrap_or(VARYING_BITS);
    let width = if varying {
        bound.min(VARYING_BITS)
    } else {
        bound
    };
    let make = move |cell: &Cell<'_>| {
        let digits = (0..width.div_ceil(128)).flat_map(|part| {
            let draw = cell.draw(part).bits();
            (0..128).map(move |at| if draw >> at & 1 == 1 { '1' } else { '0' })
        });
        Value::Text(digits.take(width as usize).collect())
    };
    // Of a varying type, as many bits as it takes: 16 would be few.
    let digits = if varying { length.unwrap_or(48) } else { bound } as usize;
    let distinct = Distinct::new(1 << digits.min(60), move |rank| {
        Value::Text(format!("{rank:0digits$b}"))
    });
    Some(Plain::boxed(entry, make, Some(distinct)))
}

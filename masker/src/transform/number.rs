//! Numbers: some percent more or less, or the lower bound of their class.

use std::str::FromStr;
use std::sync::Arc;

use rules::mask::{Mask, Transformer};
use rust_decimal::Decimal;
use seeder::value::Type;

use super::{Column, Made, Transform, Unmaskable, unfit};
use crate::key::Draw;

/// Thousandths to either side, unless a rule says otherwise.
const NOISE_PER_MILLE: u64 = 100;

#[derive(Debug)]
enum Change {
    Noise(u64),
    Bucket(Decimal),
}

#[derive(Debug)]
struct Number {
    change: Change,
    /// Digits behind the point; `None` for as many as the value has.
    scale: Option<u32>,
}

pub(super) fn make(mask: &Mask, column: &Column<'_>) -> Made {
    let scale = match column.data_type.base() {
        Type::Int { .. } => Some(0),
        Type::Decimal { scale, .. } => scale.map(|scale| scale.max(0) as u32),
        Type::Float { .. } => None,
        _ => return Err(unfit(mask.with, column, "it is for numbers")),
    };
    let change = match mask.with {
        Transformer::Bucket => Change::Bucket(Decimal::from(mask.options.size.unwrap_or(1))),
        _ => Change::Noise(mask.options.per_mille.unwrap_or(NOISE_PER_MILLE)),
    };
    Ok(Arc::new(Number { change, scale }))
}

impl Transform for Number {
    fn mask(&self, value: &[u8], draw: &Draw, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        let text = std::str::from_utf8(value).map_err(|_| super::NO_TEXT)?;
        if matches!(text, "NaN" | "Infinity" | "-Infinity") {
            out.extend_from_slice(value);
            return Ok(());
        }
        let wrong = Unmaskable {
            reason: "is a number of more digits than can be changed",
        };
        let number = Decimal::from_str(text).or_else(|_| Decimal::from_scientific(text));
        let number = number.map_err(|_| wrong)?;
        let changed = match &self.change {
            Change::Bucket(size) => (number / size).floor().checked_mul(*size).ok_or(wrong)?,
            Change::Noise(part) => {
                // Millionths from -part to part.
                let span = 2 * part * 1_000;
                let step = draw.below(span + 1, 0) as i64 - (part * 1_000) as i64;
                let factor = Decimal::new(1_000_000 + step, 6);
                number.checked_mul(factor).ok_or(wrong)?
            }
        };
        let scale = self.scale.unwrap_or_else(|| number.scale());
        let changed = changed.round_dp(scale);
        out.extend_from_slice(changed.to_string().as_bytes());
        Ok(())
    }
}

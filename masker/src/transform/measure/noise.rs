//! `noise`: some percent more or less, and at least one of the last digit; 0 stays.

use std::sync::Arc;

use rules::mask::{Mask, Transformer};

use super::decimal::Decimal;
use super::number::{Number, Value};
use crate::key::Draw;
use crate::transform::{Column, Made, Transform, Unfit, Unmaskable, text_of};

/// Thousandths to either side, unless a rule says otherwise.
const PER_MILLE: u64 = 100;

const MILLION: u64 = 1_000_000;

const FULL: Unmaskable = Unmaskable::new("is at the end of its type, whatever is added");

#[derive(Debug)]
struct Noise {
    number: Number,
    /// Millionths to either side.
    most: u64,
}

/// The transformer of numbers.
pub(in crate::transform) fn noise(mask: &Mask, column: &Column<'_>) -> Made {
    let number = Number::of(column.data_type)
        .ok_or_else(|| Unfit::of_type(Transformer::Noise, column, "noise is for numbers"))?;
    let per_mille = mask.options.per_mille.unwrap_or(PER_MILLE).clamp(1, 1_000);
    Ok(Arc::new(Noise {
        number,
        most: per_mille * 1_000,
    }))
}

impl Transform for Noise {
    fn mask(&self, value: &[u8], draw: &Draw, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        // From 1 to `most` millionths, to either side.
        let step = 1 + draw.below(self.most, 0);
        let more = draw.bits(1) & 1 == 1;
        match self.number.read(text_of(value)?)? {
            Value::Beyond => out.extend_from_slice(value),
            Value::Float(number) => {
                let changed = |more| number * (factor(step, more) as f64 / MILLION as f64);
                let written = self.number.write_float(changed(more), out);
                written
                    .or_else(|| self.number.write_float(changed(false), out))
                    .ok_or(FULL)?;
            }
            Value::Exact(number) => {
                let fits = |more| {
                    let changed = self.changed(&number, step, more);
                    self.number.holds(&changed).then_some(changed)
                };
                fits(more).or_else(|| fits(false)).ok_or(FULL)?.write(out);
            }
        }
        Ok(())
    }
}

fn factor(step: u64, more: bool) -> u64 {
    if more { MILLION + step } else { MILLION - step }
}

impl Noise {
    /// The change grows with the number, so that of two numbers with one draw the greater stays it.
    fn changed(&self, number: &Decimal, step: u64, more: bool) -> Decimal {
        let scale = self.number.scale(number);
        let changed = number.times(factor(step, more)).rounded(scale);
        let same = number.clone().rounded(scale);
        if changed != same || same.is_zero() {
            return changed;
        }
        same.nudged(scale, more)
    }
}

//! `bucket`: the lower bound of the class that a number is in.

use std::sync::Arc;

use rules::mask::{Mask, Transformer};

use super::number::{Number, Value};
use crate::key::Draw;
use crate::transform::{Column, Made, Transform, Unfit, Unmaskable, text_of};

#[derive(Debug)]
struct Bucket {
    number: Number,
    size: u64,
}

/// The transformer of numbers.
pub(in crate::transform) fn bucket(mask: &Mask, column: &Column<'_>) -> Made {
    let number = Number::of(column.data_type)
        .ok_or_else(|| Unfit::of_type(Transformer::Bucket, column, "bucket is for numbers"))?;
    let size = mask.options.size.unwrap_or(1).max(1);
    let whole = match number {
        Number::Int { .. } => true,
        Number::Decimal { scale, .. } => scale.is_some_and(|scale| scale <= 0),
        _ => false,
    };
    if whole && size == 1 {
        return Err(Unfit::new(
            "classes of one number each would leave integers as they are",
            "write size = 10, or as many as a class has",
        ));
    }
    Ok(Arc::new(Bucket { number, size }))
}

impl Transform for Bucket {
    fn mask(&self, value: &[u8], _: &Draw, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        match self.number.read(text_of(value)?)? {
            Value::Beyond => out.extend_from_slice(value),
            Value::Float(number) => {
                let size = self.size as f64;
                let floored = (number / size).floor() * size;
                let written = self.number.write_float(floored, out);
                written.ok_or(Unmaskable::new("is in a class that begins below its type"))?;
            }
            Value::Exact(number) => {
                let floored = number.floor(self.size);
                match (self.number, self.number.holds(&floored)) {
                    (_, true) => floored.write(out),
                    // The lowest class begins where the type does.
                    (Number::Int { min, .. }, false) => {
                        out.extend_from_slice(min.to_string().as_bytes());
                    }
                    _ => return Err(Unmaskable::new("is in a class that begins below its type")),
                }
            }
        }
        Ok(())
    }
}

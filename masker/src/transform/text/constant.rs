//! `static`: the same value everywhere.

use std::sync::Arc;

use rules::mask::Mask;
use seeder::value::{Type, Value};

use crate::key::Draw;
use crate::transform::checks::Checks;
use crate::transform::{Column, Made, Transform, Unfit, Unmaskable};

#[derive(Debug)]
struct Constant {
    text: Vec<u8>,
}

/// The transformer of a text, which type and CHECKs take as far as that is known here.
pub(in crate::transform) fn constant(mask: &Mask, column: &Column<'_>) -> Made {
    let text = mask.options.text.clone().unwrap_or_default();
    let fits = match column.data_type.base() {
        Type::Text { max, .. } => max.is_none_or(|max| text.chars().count() <= max as usize),
        // What is written in more ways than one is the server's to read.
        Type::Date | Type::Timestamp { .. } | Type::Bool | Type::Float { .. } => true,
        other => Value::read(&text, other).is_some() || !is_strict(other),
    };
    if !fits {
        return Err(Unfit::new(
            format!("{text:?} is no value of its type"),
            "write another value = \"…\"",
        ));
    }
    let checks = Checks::of(column);
    let all = (1_u64 << checks.len().min(63)) - 1;
    if checks.truths(text.as_bytes()) & all != all {
        return Err(Unfit::new(
            format!(
                "{text:?} is refused by its CHECKs: {}",
                checks.expressions()
            ),
            "write another value = \"…\"",
        ));
    }
    Ok(Arc::new(Constant {
        text: text.into_bytes(),
    }))
}

/// Types whose values have one text form each, which is read here.
fn is_strict(data_type: &Type) -> bool {
    matches!(data_type, Type::Int { .. } | Type::Uuid | Type::Enum(_))
}

impl Transform for Constant {
    fn mask(&self, _: &[u8], _: &Draw, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        out.extend_from_slice(&self.text);
        Ok(())
    }
}

//! Replacements that satisfy the CHECKs of their column and of its domain.

use std::sync::Arc;

use seeder::check::{self, Check, Columns, Truth};
use seeder::value::{Type, Value};

use super::{Column, Made, Transform, Unmaskable};
use crate::key::Draw;

/// Draws that are tried for one value.
const ATTEMPTS_MAX: u32 = 64;

#[derive(Debug)]
struct Proved {
    inner: Arc<dyn Transform>,
    data_type: Type,
    checks: Vec<Check>,
}

/// Puts the CHECKs that read nothing but the column behind a transformer; the server judges the others.
pub(super) fn proved(inner: Arc<dyn Transform>, column: &Column<'_>) -> Made {
    let mut checks = Vec::new();
    let mut add = |name: &str, data_type: &Type, expression: &str| {
        let of_column = check::Column {
            name,
            data_type,
            not_null: false,
            c_collation: false,
        };
        checks.extend(Check::compile(expression, &Columns::new(vec![of_column])).ok());
    };
    for expression in column.checks {
        add(column.name, column.data_type, expression);
    }
    let mut data_type = column.data_type;
    while let Type::Domain {
        base,
        checks: of_domain,
        ..
    } = data_type
    {
        for (_, expression) in of_domain {
            add("VALUE", data_type, expression);
        }
        data_type = base;
    }
    if checks.is_empty() {
        return Ok(inner);
    }
    Ok(Arc::new(Proved {
        inner,
        data_type: column.data_type.clone(),
        checks,
    }))
}

impl Transform for Proved {
    fn mask(&self, value: &[u8], draw: &Draw, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        let begin = out.len();
        let mut own = draw.clone();
        for attempt in 0..ATTEMPTS_MAX {
            self.inner.mask(value, &own, out)?;
            let text = std::str::from_utf8(&out[begin..]).map_err(|_| super::NO_TEXT)?;
            let masked = Value::read(text, &self.data_type);
            let row = [masked.unwrap_or_else(|| Value::Text(text.to_owned()))];
            if self
                .checks
                .iter()
                .all(|check| check.eval(&row) != Truth::False)
            {
                return Ok(());
            }
            out.truncate(begin);
            own = draw.again(attempt);
        }
        Err(Unmaskable {
            reason: "has no replacement that a CHECK of its column accepts",
        })
    }
}

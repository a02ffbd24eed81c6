//! `fields`: each field of a composite; all of them are decided about.

use std::sync::Arc;

use rules::mask::Mask;
use seeder::value::Type;

use super::part::{Done, Part, Place, part};
use super::quote::{Quoting, TORN};
use crate::key::Draw;
use crate::transform::{Column, Made, Parted, Parts, Unfit, Unmaskable};

#[derive(Debug)]
struct Fields {
    parts: Vec<Part>,
}

/// The transformer of composites.
pub(in crate::transform) fn fields(mask: &Mask, column: &Column<'_>) -> Made {
    let Type::Record(types) = column.data_type.base() else {
        return Err(Unfit::of_type(
            mask.with,
            column,
            "fields is for composite types",
        ));
    };
    let given = &mask.options.parts;
    if let Some(unknown) = given
        .keys()
        .find(|key| types.iter().all(|(name, _)| name != *key))
    {
        let names: Vec<&str> = types.iter().map(|(name, _)| name.as_str()).collect();
        return Err(Unfit::new(
            format!("its type has no field {unknown:?}"),
            format!("it has {}", names.join(", ")),
        ));
    }
    let mut parts = Vec::new();
    for (name, data_type) in types {
        let rule = given.get(name).ok_or_else(|| {
            Unfit::new(
                format!("its field {name:?} is not decided about"),
                format!("add {name} to parts"),
            )
        })?;
        let path = format!(".{name}");
        let path = path.as_str();
        parts.push(part(rule, Place { path, data_type }, column)?);
    }
    Ok(Arc::new(Fields { parts }))
}

impl Parted for Fields {
    fn replace(
        &self,
        value: &[u8],
        draw: &Draw,
        out: &mut Vec<u8>,
        each: Parts<'_>,
    ) -> Result<(), Unmaskable> {
        let inner = value
            .strip_prefix(b"(")
            .and_then(|inner| inner.strip_suffix(b")"));
        let inner = inner.ok_or(TORN)?;
        out.push(b'(');
        let mut at = 0;
        let (mut field, mut masked) = (Vec::new(), Vec::new());
        for (number, part) in self.parts.iter().enumerate() {
            if number > 0 {
                (inner.get(at) == Some(&b',')).then_some(()).ok_or(TORN)?;
                out.push(b',');
                at += 1;
            }
            // Nothing at all is NULL; an empty text is in quotes.
            if at == inner.len() || inner[at] == b',' {
                continue;
            }
            field.clear();
            at = Quoting::Fields.read(inner, at, &mut field)?;
            masked.clear();
            let draw = (draw, number as u32);
            if let Done::Text = part.apply(&field, draw, &mut masked, each)? {
                Quoting::Fields.write(&masked, out);
            }
        }
        (at == inner.len()).then_some(()).ok_or(TORN)?;
        out.push(b')');
        Ok(())
    }
}

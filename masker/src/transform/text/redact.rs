//! `redact`: what detectors find in a text replaced by the like of it that is nobody's; the rest stays.
//!
//! What no detector finds is in the copy as it was, which is why a rule says that this is accepted.

use std::collections::BTreeMap;
use std::sync::Arc;

use rules::mask::{Mask, Transformer};
use seeder::value::Type;

use crate::detect::{ENTITIES_MAX, Kind, within};
use crate::key::Draw;
use crate::transform::{Column, Made, Transform, Unfit, Unmaskable, make, text_of};

const CROWDED: Unmaskable =
    Unmaskable::new("holds more addresses, numbers and names than are looked for in one text");

/// Kinds that have a transformer of their own; what else is found becomes letters that open nothing.
const OWN: [(Kind, Transformer); 9] = [
    (Kind::Email, Transformer::Email),
    (Kind::Url, Transformer::Url),
    (Kind::Ip, Transformer::Ip),
    (Kind::Iban, Transformer::Iban),
    (Kind::Card, Transformer::Card),
    (Kind::Phone, Transformer::Phone),
    (Kind::LocalPhone, Transformer::Phone),
    (Kind::Name, Transformer::Name),
    (Kind::Street, Transformer::Street),
];

const TEXT: Type = Type::Text {
    max: None,
    padded: false,
    caseless: false,
};

#[derive(Debug)]
struct Redact {
    own: BTreeMap<Kind, Arc<dyn Transform>>,
    others: Arc<dyn Transform>,
    /// Characters that there is room for.
    max: usize,
}

/// The transformer of texts.
pub(in crate::transform) fn redact(mask: &Mask, column: &Column<'_>) -> Made {
    let max = match column.data_type.base() {
        Type::Text { max, .. } => max.map_or(usize::MAX, |max| max as usize),
        _ => {
            let hint = "redact is for text";
            return Err(Unfit::of_type(Transformer::Redact, column, hint));
        }
    };
    let of_text = Column {
        data_type: &TEXT,
        unique: false,
        checks: &[],
        ..*column
    };
    let made = |with| {
        let mut own = Mask::plain(with);
        own.options.locale.clone_from(&mask.options.locale);
        make(&own, &of_text)
    };
    let own = OWN.iter().map(|(kind, with)| Ok((*kind, made(*with)?)));
    Ok(Arc::new(Redact {
        own: own.collect::<Result<_, Unfit>>()?,
        others: made(Transformer::Secret)?,
        max,
    }))
}

impl Transform for Redact {
    fn mask(&self, value: &[u8], draw: &Draw, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        let text = text_of(value)?;
        let found = within(text);
        if found.len() >= ENTITIES_MAX {
            return Err(CROWDED);
        }
        let begin = out.len();
        let mut done = 0;
        // What occurs again becomes the same again.
        let mut met: BTreeMap<&str, u32> = BTreeMap::new();
        for found in &found {
            out.extend_from_slice(&value[done..found.range.start]);
            let entity = &text[found.range.clone()];
            let next = met.len() as u32;
            let number = *met.entry(entity).or_insert(next);
            let draw = draw.again(number);
            let kept = out.len();
            let own = self.own.get(&found.kind);
            let masked = own.is_some_and(|own| own.mask(entity.as_bytes(), &draw, out).is_ok());
            // What its own transformer does not read the detector did: it becomes letters.
            if !masked {
                out.truncate(kept);
                self.others.mask(entity.as_bytes(), &draw, out)?;
            }
            done = found.range.end;
        }
        out.extend_from_slice(&value[done..]);
        self.cut(begin, out)
    }
}

impl Redact {
    /// Cuts what was appended to the type's length, by whole characters.
    fn cut(&self, begin: usize, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        let end = text_of(&out[begin..])?
            .char_indices()
            .nth(self.max)
            .map(|(at, _)| at);
        if let Some(end) = end {
            out.truncate(begin + end);
        }
        Ok(())
    }
}

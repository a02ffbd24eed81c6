//! `region`: the region that the person lives in, as a code where the value is one.

use std::sync::Arc;

use rules::mask::{Mask, Transformer};
use seeder::person::People;

use super::{cut, people, person, text_max};
use crate::key::Draw;
use crate::transform::{Column, Made, Transform, Unfit, Unmaskable};

/// Characters that a region's code has at most.
const CODE_MAX: usize = 3;

#[derive(Debug)]
struct Region {
    people: Arc<People>,
    max: usize,
}

/// The transformer of names and codes of regions.
pub(in crate::transform) fn region(mask: &Mask, column: &Column<'_>) -> Made {
    let max = text_max(column)
        .ok_or_else(|| Unfit::of_type(Transformer::Region, column, "it is for text"))?;
    let people = people(mask, column)?;
    Ok(Arc::new(Region { people, max }))
}

impl Transform for Region {
    fn mask(&self, value: &[u8], draw: &Draw, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        let person = person(&self.people, draw);
        let place = person.place();
        let coded = value.len() <= CODE_MAX || self.max <= CODE_MAX;
        let mut text = if coded {
            place.region_code
        } else {
            place.region
        }
        .to_owned();
        cut(&mut text, self.max);
        out.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

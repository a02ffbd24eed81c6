//! What becomes of a part of a value: of an element, a field, a leaf.

use std::sync::Arc;

use rules::mask::{Choice, ColumnRule, Transformer};
use seeder::value::Type;

use super::{Column, Transform, Unfit, Unmaskable, make};
use crate::key::Draw;

/// What becomes of a part.
#[derive(Debug, Clone)]
pub(super) enum Part {
    Keep,
    Null,
    Mask(Arc<dyn Transform>),
}

/// The result of a part.
pub(super) enum Done {
    /// It stays, or was appended.
    Text,
    Null,
}

/// What a rule makes of parts of a type.
pub(super) fn part(
    rule: &ColumnRule,
    data_type: &Type,
    column: &Column<'_>,
) -> Result<Part, Unfit> {
    let [case] = rule.cases.as_slice() else {
        return Err(Unfit {
            message: "parts of a value have one choice, without `when`".to_owned(),
            hint: "write the condition for the whole column".to_owned(),
        });
    };
    match &case.choice {
        Choice::Keep { .. } => Ok(Part::Keep),
        Choice::Drop => Ok(Part::Null),
        Choice::Mask(mask) if mask.with == Transformer::Null => Ok(Part::Null),
        Choice::Mask(mask) => {
            let part = Column {
                data_type,
                unique: false,
                checks: &[],
                ..*column
            };
            make(mask, &part).map(Part::Mask)
        }
    }
}

impl Part {
    pub(super) fn apply(
        &self,
        value: &[u8],
        draw: &Draw,
        out: &mut Vec<u8>,
    ) -> Result<Done, Unmaskable> {
        match self {
            Self::Keep => {
                out.extend_from_slice(value);
                Ok(Done::Text)
            }
            Self::Null => Ok(Done::Null),
            Self::Mask(transform) => transform.mask(value, draw, out).map(|()| Done::Text),
        }
    }
}

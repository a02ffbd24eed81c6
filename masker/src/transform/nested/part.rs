//! What becomes of a part of a value: of an element, a field, a leaf.

use std::sync::Arc;

use rules::mask::{By, Choice, ColumnRule, Mask, Transformer};
use seeder::value::Type;

use crate::key::{Draw, Draws};
use crate::leak::leaks;
use crate::plan::Canonical;
use crate::transform::{Column, Parts, Transform, Unfit, Unmaskable, make};

/// What becomes of a part.
#[derive(Debug, Clone)]
pub(super) enum Part {
    Keep,
    Null,
    Mask(Masked),
}

/// How a part is replaced.
#[derive(Debug, Clone)]
pub(super) struct Masked {
    pub(super) with: Transformer,
    transform: Arc<dyn Transform>,
    canonical: Canonical,
    /// By value: equal parts stay equal wherever they are. Else a part follows from the draw of the
    /// whole.
    draws: Option<Draws>,
}

/// The result of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Done {
    /// It stays, or was appended.
    Text,
    Null,
}

/// Where a part is, and what it is of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    /// What is put behind the name of the column's domain, so that parts of two places have nothing to
    /// do with each other.
    pub(super) path: &'a str,
    pub(super) data_type: &'a Type,
}

/// The one choice of a part's rule.
pub(super) fn choice(rule: &ColumnRule) -> Result<&Choice, Unfit> {
    match rule.cases.as_slice() {
        [case] if case.when.is_none() => Ok(&case.choice),
        _ => Err(Unfit::new(
            "parts of a value have one choice, without `when`",
            "write the condition for the whole column",
        )),
    }
}

/// What a rule makes of the parts of a place.
pub(super) fn part(
    rule: &ColumnRule,
    place: Place<'_>,
    column: &Column<'_>,
) -> Result<Part, Unfit> {
    let mask = match choice(rule)? {
        Choice::Keep { .. } => return Ok(Part::Keep),
        Choice::Drop => return Ok(Part::Null),
        Choice::Mask(mask) if mask.with == Transformer::Null => return Ok(Part::Null),
        Choice::Mask(mask) => mask,
    };
    masked(mask, place, column)
        .map(Part::Mask)
        .map_err(|unfit| Unfit {
            message: format!("{}: {}", place.path, unfit.message),
            ..unfit
        })
}

fn masked(mask: &Mask, place: Place<'_>, column: &Column<'_>) -> Result<Masked, Unfit> {
    if let By::Subject(_) = mask.by {
        return Err(Unfit::new(
            "a part of a value has no columns that could be its subject",
            "write by = { subject = \"COLUMN\" } for the whole column, and by = \"row\" for the part",
        ));
    }
    if mask.with == Transformer::Redact {
        return Err(Unfit::new(
            "\"redact\" is for whole columns: the gate looks at whole values of what it gives",
            "take lorem, token or null for the part",
        ));
    }
    let own = format!("{}{}", column.domain, place.path);
    let named = mask.domain.as_deref();
    let shared = named.and_then(|domain| column.domains.get(domain));
    let own_column = Column {
        data_type: place.data_type,
        unique: false,
        checks: &[],
        domain: named.unwrap_or(&own),
        ..*column
    };
    // What a domain's columns have is made as they make it, so that it is the same.
    let of_part = match shared {
        Some(shared) => Column {
            data_type: &shared.data_type,
            unique: shared.unique,
            rows: shared.rows,
            checks: &shared.checks,
            ..own_column
        },
        None => own_column,
    };
    Ok(Masked {
        with: mask.with,
        transform: make(mask, &of_part)?,
        canonical: Canonical::of(of_part.data_type),
        draws: (mask.by == By::Value).then(|| Draws::new(column.key, of_part.domain)),
    })
}

impl Part {
    /// Appends what becomes of a part; `number` tells the parts of one whole apart.
    pub(super) fn apply(
        &self,
        value: &[u8],
        (whole, number): (&Draw, u32),
        out: &mut Vec<u8>,
        each: Parts<'_>,
    ) -> Result<Done, Unmaskable> {
        match self {
            Self::Keep => {
                out.extend_from_slice(value);
                Ok(Done::Text)
            }
            Self::Null => {
                each(Transformer::Null, value, None);
                Ok(Done::Null)
            }
            Self::Mask(masked) => {
                let form = masked.canonical.form(value);
                let draw = match &masked.draws {
                    Some(draws) => draws.of(masked.canonical.tag(), &form),
                    None => whole.again(number),
                };
                masked.replace((value, &form), &draw, out, each)?;
                Ok(Done::Text)
            }
        }
    }

    /// As `apply`, by the draw of the whole itself: parts that belong together change alike.
    pub(super) fn apply_alike(
        &self,
        value: &[u8],
        whole: &Draw,
        out: &mut Vec<u8>,
        each: Parts<'_>,
    ) -> Result<Done, Unmaskable> {
        match self {
            Self::Mask(masked) => {
                masked.replace((value, value), whole, out, each)?;
                Ok(Done::Text)
            }
            _ => self.apply(value, (whole, 0), out, each),
        }
    }
}

impl Masked {
    /// Appends what replaces a part, which is given as it stands and in its canonical form.
    fn replace(
        &self,
        (value, form): (&[u8], &[u8]),
        draw: &Draw,
        out: &mut Vec<u8>,
        each: Parts<'_>,
    ) -> Result<(), Unmaskable> {
        let start = out.len();
        if leaks("mask.part") {
            out.extend_from_slice(value);
        } else {
            self.transform.mask_parts(form, draw, out, each)?;
        }
        // Of what has parts itself, they have been seen.
        if !self.has_parts() {
            each(self.with, value, Some(&out[start..]));
        }
        Ok(())
    }

    fn has_parts(&self) -> bool {
        use Transformer as T;
        matches!(
            self.with,
            T::Json | T::Array | T::Hstore | T::Fields | T::Range
        )
    }
}

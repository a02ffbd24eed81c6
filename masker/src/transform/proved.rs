//! Replacements that keep the CHECKs which the value kept, and are not the value itself where there are
//! many.

use std::sync::Arc;

use rules::mask::{Mask, Transformer};
use seeder::key::Key;
use seeder::value::write_text;

use super::checks::{self, Checks};
use super::{Column, Made, Parted, Parts, Transform, Unfit, Unmaskable};
use crate::key::{Draw, Draws};

/// Draws that are tried for one value until CHECKs hold.
const ATTEMPTS_MAX: u32 = 256;

/// Draws that are tried until a replacement differs from the value: where all are the same, nothing
/// else fits.
const EQUAL_MAX: u32 = 16;

/// Steps along a bijection until CHECKs hold. One that holds for a thousandth of the values is not
/// met within them once in 10⁴³ values.
const STEPS_MAX: u32 = 100_000;

/// Values that a transformer is tried on before a row moves.
const TRIALS: u64 = 64;

const REFUSED: Unmaskable =
    Unmaskable::new("has no replacement that a CHECK of its column accepts");

/// How a replacement comes about, and so what else can be tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    /// From a draw: another draw gives another one, until it is not the value.
    Drawn,
    /// From a draw and a short list, or with parts that stay. That it is the value by chance tells nothing; that it never is
    /// would: of two labels it would be the other one.
    Chosen,
    /// A bijection of values onto themselves: the next step of its cycle is another one.
    Walked,
    /// From the value alone.
    Once,
}

fn how(with: Transformer) -> How {
    use Transformer as T;
    match with {
        T::Int | T::Uuid | T::Code | T::Digits => How::Walked,
        // A text of public words alone stays.
        T::Label | T::Country | T::Region | T::Redact => How::Chosen,
        T::Static | T::Password | T::DateTrunc | T::Bucket | T::Mac => How::Once,
        // Parts have been made to differ from what they were.
        T::Json | T::Array | T::Hstore | T::Fields | T::Range => How::Once,
        _ => How::Drawn,
    }
}

#[derive(Debug)]
struct Proved {
    inner: Arc<dyn Transform>,
    how: How,
    /// Whether an empty text is replaced too.
    replaces_empty: bool,
    checks: Checks,
}

/// Puts the CHECKs that read nothing but the column behind a transformer, and tries it on values that
/// they allow; the server judges the other CHECKs.
pub(super) fn proved(mask: &Mask, inner: Arc<dyn Transform>, column: &Column<'_>) -> Made {
    let proved = Proved {
        inner,
        how: how(mask.with),
        replaces_empty: mask.with == Transformer::Static,
        checks: Checks::of(column),
    };
    if proved.refuses_all(column) {
        return Err(Unfit::new(
            format!(
                "{:?} gives no value that its CHECKs accept: {}",
                mask.with.name(),
                proved.checks.expressions()
            ),
            "take a transformer that keeps them, such as code, label, bucket or static",
        ));
    }
    Ok(Arc::new(proved))
}

impl Parted for Proved {
    fn replace(
        &self,
        value: &[u8],
        draw: &Draw,
        out: &mut Vec<u8>,
        each: Parts<'_>,
    ) -> Result<(), Unmaskable> {
        if value.is_empty() && !self.replaces_empty {
            return Ok(());
        }
        // What a CHECK that is not valid refused before, it may refuse again.
        let wanted = match self.checks.is_empty() {
            true => 0,
            false => self.checks.truths(value),
        };
        match self.how {
            How::Drawn | How::Chosen => self.drawn(value, wanted, draw, out),
            How::Walked => self.walked(value, wanted, draw, out),
            How::Once => {
                let begin = out.len();
                self.inner.mask_parts(value, draw, out, each)?;
                let holds = self.holds(&out[begin..], wanted);
                holds.then_some(()).ok_or(REFUSED)
            }
        }
    }
}

impl Proved {
    fn drawn(
        &self,
        value: &[u8],
        wanted: u64,
        draw: &Draw,
        out: &mut Vec<u8>,
    ) -> Result<(), Unmaskable> {
        let begin = out.len();
        let mut own = draw.clone();
        for attempt in 0..ATTEMPTS_MAX {
            self.inner.mask(value, &own, out)?;
            let masked = &out[begin..];
            let enough = self.how == How::Chosen || masked != value || attempt >= EQUAL_MAX;
            if enough && self.holds(masked, wanted) {
                return Ok(());
            }
            out.truncate(begin);
            own = draw.again(attempt);
        }
        Err(REFUSED)
    }

    /// Goes on until exactly those CHECKs hold which held for the value: on the values that are alike
    /// in this, what is met first is a bijection again.
    fn walked(
        &self,
        value: &[u8],
        wanted: u64,
        draw: &Draw,
        out: &mut Vec<u8>,
    ) -> Result<(), Unmaskable> {
        if self.checks.is_empty() {
            return self.inner.mask(value, draw, out);
        }
        let mut at = value.to_vec();
        let mut next = Vec::with_capacity(value.len());
        for _ in 0..STEPS_MAX {
            next.clear();
            self.inner.mask(&at, draw, &mut next)?;
            if self.checks.truths(&next) == wanted {
                out.extend_from_slice(&next);
                return Ok(());
            }
            std::mem::swap(&mut at, &mut next);
        }
        Err(REFUSED)
    }

    fn holds(&self, masked: &[u8], wanted: u64) -> bool {
        self.checks.is_empty() || self.checks.truths(masked) & wanted == wanted
    }

    /// Whether CHECKs refused what was made of every value that was tried.
    fn refuses_all(&self, column: &Column<'_>) -> bool {
        if self.checks.is_empty() {
            return false;
        }
        let Some(allowed) = checks::allowed(column) else {
            return false;
        };
        let draws = Draws::new(column.key, column.domain);
        let key = Key::derive(0, &["trial"]);
        let mut refused = 0;
        let (mut value, mut masked) = (Vec::new(), Vec::new());
        for trial in 0..TRIALS {
            value.clear();
            masked.clear();
            write_text(
                &allowed.sample(key.draw(trial, 0, 0)),
                column.data_type,
                &mut value,
            );
            // What is empty, or NULL, stays so.
            if value.is_empty() {
                continue;
            }
            let draw = draws.of(b'?', &trial.to_be_bytes());
            match self.mask(&value, &draw, &mut masked) {
                Ok(()) => return false,
                // Other reasons are those of made-up values.
                Err(reason) => refused += u32::from(reason == REFUSED),
            }
        }
        refused > 0
    }
}

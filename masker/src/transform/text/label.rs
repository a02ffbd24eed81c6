//! `label`: one of the values that the column may have, by its type or its CHECKs.

use std::sync::Arc;

use rules::mask::{By, Mask};
use seeder::value::{Type, write_text};

use crate::key::Draw;
use crate::permute::Permutation;
use crate::transform::apart::permutation;
use crate::transform::checks::{self, Checks};
use crate::transform::{Column, Made, Transform, Unfit, Unmaskable};

/// Longer lists are no labels.
const LABELS_MAX: u64 = 1_000;

#[derive(Debug)]
struct Label {
    labels: Vec<Vec<u8>>,
    /// By value: a label becomes one label, so that they stay apart.
    permutation: Option<Permutation>,
}

/// The transformer of enumerations, booleans, and columns whose CHECKs list what they hold.
pub(in crate::transform) fn label(mask: &Mask, column: &Column<'_>) -> Made {
    let labels = labels(column);
    if labels.len() < 2 {
        return Err(Unfit::new(
            "\"label\" needs an enumeration, a boolean, or a CHECK that lists at least two values",
            "take static, or null",
        ));
    }
    let by_value = mask.by == By::Value;
    let size = labels.len() as u128;
    Ok(Arc::new(Label {
        labels,
        permutation: by_value.then(|| permutation(column, "label", size)),
    }))
}

fn labels(column: &Column<'_>) -> Vec<Vec<u8>> {
    let of_type: Vec<Vec<u8>> = match column.data_type.base() {
        Type::Enum(labels) => labels.iter().map(|label| label.clone().into()).collect(),
        Type::Bool => vec![b"f".to_vec(), b"t".to_vec()],
        _ => return listed(column),
    };
    let checks = Checks::of(column);
    let all = (1_u64 << checks.len().min(63)) - 1;
    let allowed = |label: &Vec<u8>| checks.truths(label) & all == all;
    of_type.into_iter().filter(allowed).collect()
}

/// The values that CHECKs list.
fn listed(column: &Column<'_>) -> Vec<Vec<u8>> {
    let allowed = checks::allowed(column);
    let few = allowed.filter(|allowed| allowed.exact() && allowed.size() <= LABELS_MAX);
    let Some(few) = few else {
        return Vec::new();
    };
    let written = |rank| {
        let mut text = Vec::new();
        write_text(&few.unrank(rank), column.data_type, &mut text);
        text
    };
    (0..few.size()).map(written).collect()
}

impl Transform for Label {
    fn mask(&self, value: &[u8], draw: &Draw, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        let chosen = match &self.permutation {
            Some(permutation) => {
                let at = self.labels.iter().position(|label| label == value);
                let at = at.ok_or(Unmaskable::new(
                    "is none of the values that its CHECKs list",
                ))?;
                permutation.of(at as u128) as usize
            }
            None => draw.below(self.labels.len() as u64, 0) as usize,
        };
        out.extend_from_slice(&self.labels[chosen]);
        Ok(())
    }
}

//! Columns that say again what a moment says: `is_deleted` beside `deleted_at`, `active` beside
//! `deactivated_at`, a reason beside what it is the reason of.

use rules::seed::TableRules;

use super::Follow;
use super::life::{plain, same_word};
use crate::plan::table::{ColumnPlan, Origin, TablePlan};
use crate::plan::time::is_free;
use crate::value::Type;

/// Words of flags that are true until one of the moments of [`ENDS`] comes.
const ACTIVE: [&str; 4] = ["active", "enabled", "live", "current"];

/// Moments at which a row stops being active.
const ENDS: [&str; 8] = [
    "deleted",
    "deactivated",
    "disabled",
    "archived",
    "suspended",
    "terminated",
    "cancelled",
    "banned",
];

/// Words behind those of a moment, in columns that hold something only once it has come.
const ABOUT: [&str; 7] = [
    "reason",
    "note",
    "comment",
    "code",
    "message",
    "reference",
    "ip",
];

/// What columns of flags and remarks follow.
pub(super) fn flags(rules: Option<&TableRules>, table: &TablePlan) -> Vec<(usize, Follow)> {
    let ruled = |column: &ColumnPlan| {
        let rule = rules.and_then(|rules| rules.columns.get(&column.name));
        rule.is_some_and(|rule| rule.with.is_some() || !rule.values.is_empty())
    };
    let moments: Vec<(usize, String)> = (0..table.columns.len())
        .filter(|&column| is_free(&table.columns[column]) && table.columns[column].nullable)
        .map(|column| (column, moment(&table.columns[column].known_as)))
        .collect();
    let mut found = Vec::new();
    for (position, column) in table.columns.iter().enumerate() {
        if column.origin != Origin::Free || ruled(column) {
            continue;
        }
        let follow = match column.data_type.base() {
            Type::Bool => flag(&column.known_as, &moments),
            Type::Text { .. } if column.nullable => about(&column.known_as, &moments),
            _ => None,
        };
        found.extend(follow.map(|follow| (position, follow)));
    }
    found
}

/// A moment's words without those that only say that it is one.
fn moment(name: &str) -> String {
    let plain = plain(name);
    let ends = [" at", " on", " date", " time"];
    let cut = ends.iter().find_map(|end| plain.strip_suffix(end));
    let cut = cut.unwrap_or(&plain);
    cut.strip_prefix("date ").unwrap_or(cut).to_owned()
}

fn flag(name: &str, moments: &[(usize, String)]) -> Option<Follow> {
    let plain = plain(name);
    let bare = ["is ", "has ", "was "]
        .iter()
        .find_map(|start| plain.strip_prefix(start))
        .unwrap_or(&plain);
    if let Some((of, _)) = moments.iter().find(|(_, moment)| same_word(moment, bare)) {
        return Some(Follow::Flag {
            of: vec![*of],
            then: true,
            natural: false,
        });
    }
    let ends = moments
        .iter()
        .filter(|(_, moment)| ENDS.iter().any(|end| same_word(moment, end)));
    let of: Vec<usize> = ends.map(|(column, _)| *column).collect();
    (ACTIVE.contains(&bare) && !of.is_empty()).then_some(Follow::Flag {
        of,
        then: false,
        natural: true,
    })
}

fn about(name: &str, moments: &[(usize, String)]) -> Option<Follow> {
    let plain = plain(name);
    let (of, word) = plain.rsplit_once(' ')?;
    let about = ABOUT.contains(&word);
    let found = moments
        .iter()
        .find(|(_, moment)| about && same_word(moment, of));
    found.map(|(of, _)| Follow::With(*of))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_and_remarks_find_their_moments() {
        let moments: Vec<(usize, String)> = ["deleted_at", "email_verified_at", "cancelled_on"]
            .iter()
            .enumerate()
            .map(|(at, name)| (at, moment(name)))
            .collect();
        let of = |name: &str| match flag(name, &moments) {
            Some(Follow::Flag { of, then, .. }) => Some((of, then)),
            _ => None,
        };
        assert_eq!(of("is_deleted"), Some((vec![0], true)));
        assert_eq!(of("emailVerified"), Some((vec![1], true)));
        assert_eq!(of("active"), Some((vec![0, 2], false)));
        assert_eq!(of("is_default"), None);
        let with = |name: &str| match about(name, &moments) {
            Some(Follow::With(of)) => Some(of),
            _ => None,
        };
        assert_eq!(with("cancellation_reason"), Some(2));
        assert_eq!(with("cancel_note"), Some(2));
        assert_eq!(with("note"), None);
        assert_eq!(with("shipping_note"), None);
    }
}

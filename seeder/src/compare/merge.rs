//! Merges two streams of rows in one order and tells where they part.

use std::cmp::Ordering;

use super::side::{Item, Plan, Side, Stream};
use super::{CompareError, RowChange};

/// How many rows differ, and how.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Totals {
    pub(super) added: u64,
    pub(super) removed: u64,
    pub(super) changed: u64,
}

/// Counts the rows of one table that differ.
pub(super) async fn totals(
    first: &Side<'_>,
    second: &Side<'_>,
    plan: &Plan,
) -> Result<Totals, CompareError> {
    let mut totals = Totals::default();
    merge(first, second, plan, |_, change, count| {
        match change {
            RowChange::Added => totals.added += count,
            RowChange::Removed => totals.removed += count,
            RowChange::Changed => totals.changed += count,
        }
        true
    })
    .await?;
    Ok(totals)
}

/// Gives each row that differs, in order, until `more` says that it has enough.
pub(super) async fn differences(
    first: &Side<'_>,
    second: &Side<'_>,
    plan: &Plan,
    mut more: impl FnMut(&str, RowChange) -> bool,
) -> Result<(), CompareError> {
    merge(first, second, plan, |item, change, _| {
        more(&item.place.shown(), change)
    })
    .await
}

async fn merge(
    first: &Side<'_>,
    second: &Side<'_>,
    plan: &Plan,
    mut found: impl FnMut(&Item, RowChange, u64) -> bool,
) -> Result<(), CompareError> {
    let (mut old, mut new) = tokio::try_join!(first.stream(plan), second.stream(plan))?;
    let (mut left, mut right) = tokio::try_join!(old.next(), new.next())?;
    loop {
        let order = match (&left, &right) {
            (Some(left), Some(right)) => left.place.cmp(&right.place),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => break,
        };
        let goes_on = match (&left, &right) {
            (Some(item), _) if order.is_lt() => found(item, RowChange::Removed, item.count),
            (_, Some(item)) if order.is_gt() => found(item, RowChange::Added, item.count),
            (Some(left), Some(right)) => match left.count.cmp(&right.count) {
                Ordering::Less => found(right, RowChange::Added, right.count - left.count),
                Ordering::Greater => found(left, RowChange::Removed, left.count - right.count),
                Ordering::Equal if left.hash != right.hash => found(right, RowChange::Changed, 1),
                Ordering::Equal => true,
            },
            _ => true,
        };
        if !goes_on {
            break;
        }
        (left, right) = advance(order, (&mut old, left), (&mut new, right)).await?;
    }
    tokio::try_join!(old.close(), new.close()).map(|_| ())
}

/// Steps on the side that is behind, or both where they are level.
async fn advance(
    order: Ordering,
    (old, left): (&mut Stream<'_, '_>, Option<Item>),
    (new, right): (&mut Stream<'_, '_>, Option<Item>),
) -> Result<(Option<Item>, Option<Item>), CompareError> {
    match order {
        Ordering::Less => Ok((old.next().await?, right)),
        Ordering::Greater => Ok((left, new.next().await?)),
        Ordering::Equal => tokio::try_join!(old.next(), new.next()),
    }
}

//! What has been computed lately. Everything kept here is a function of its place alone, so that it
//! spares time and changes no value.

use crate::key::splitmix;

/// A row of a table, or a part of it such as one of its foreign keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) table: usize,
    pub(super) part: usize,
    pub(super) row: u64,
}

/// The last of the values whose places share a slot: a bound of memory without any order to keep.
#[derive(Debug)]
pub(super) struct Memo<V, const SLOTS: usize> {
    slots: Vec<Option<(Place, V)>>,
}

impl<V, const SLOTS: usize> Memo<V, SLOTS> {
    pub(super) fn new() -> Self {
        Self { slots: Vec::new() }
    }

    #[inline]
    pub(super) fn find(&self, place: Place) -> Option<&V> {
        let (known, value) = self.slots.get(Self::slot(place))?.as_ref()?;
        (*known == place).then_some(value)
    }

    /// Keeps a value in the stead of another, which comes back.
    pub(super) fn keep(&mut self, place: Place, value: V) -> Option<V> {
        if self.slots.is_empty() {
            self.slots.resize_with(SLOTS, || None);
        }
        let former = self.slots[Self::slot(place)].replace((place, value));
        former.map(|(_, value)| value)
    }

    #[inline]
    fn slot(place: Place) -> usize {
        let names = (place.table as u64) << 48 ^ (place.part as u64) << 40;
        splitmix(place.row ^ names) as usize % SLOTS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_at_its_place_alone() {
        let place = |part, row| Place {
            table: 3,
            part,
            row,
        };
        let mut memo: Memo<u64, 16> = Memo::new();
        assert_eq!(memo.find(place(0, 0)), None);
        for row in 0..1_000 {
            memo.keep(place(1, row), row);
            assert_eq!(memo.find(place(1, row)), Some(&row));
            assert_eq!(memo.find(place(2, row)), None);
        }
        let kept = (0..1_000).filter(|row| memo.find(place(1, *row)).is_some());
        assert_eq!(kept.count(), 16);
    }
}

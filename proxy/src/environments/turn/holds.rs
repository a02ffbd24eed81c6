//! What operations under way keep from the collector, counted: two may hold the same snapshot.

use std::hash::Hash;

use dashmap::DashMap;

/// Things that are held, and how often.
pub(in super::super) struct Holds<T: Eq + Hash>(DashMap<T, usize>);

impl<T: Eq + Hash> Default for Holds<T> {
    fn default() -> Self {
        Self(DashMap::new())
    }
}

impl<T: Clone + Eq + Hash> Holds<T> {
    /// Holds a thing once more.
    pub(super) fn hold(&self, thing: &T) {
        *self.0.entry(thing.clone()).or_insert(0) += 1;
    }

    /// Gives one hold back.
    pub(super) fn release(&self, thing: &T) {
        if let Some(mut count) = self.0.get_mut(thing) {
            *count = count.saturating_sub(1);
        }
        self.0.remove_if(thing, |_, count| *count == 0);
    }

    /// Whether a thing is held.
    pub(in super::super) fn contains(&self, thing: &T) -> bool {
        self.0.contains_key(thing)
    }

    /// Everything that is held by now.
    pub(in super::super) fn all(&self) -> Vec<T> {
        self.0.iter().map(|held| held.key().clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_two_hold_stays_until_both_have_let_go() {
        let holds = Holds::default();
        holds.hold(&"snapshot");
        holds.hold(&"snapshot");
        holds.release(&"snapshot");
        assert_eq!(holds.all(), ["snapshot"]);
        holds.release(&"snapshot");
        assert!(holds.all().is_empty());
        holds.release(&"snapshot");
        assert!(holds.all().is_empty());
    }
}

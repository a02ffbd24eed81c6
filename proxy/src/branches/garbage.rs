//! Decides what is garbage: what nothing refers to. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::{BranchId, SnapshotId};

/// One branch as the decision sees it.
#[derive(Debug, Clone, Default)]
pub(super) struct BranchNode {
    /// The snapshot that it is reset to and compared with.
    pub(super) base: Option<SnapshotId>,
    /// It may not go, whoever refers to it: protected, held, a spare, alive, being used, too young
    /// to be claimed.
    pub(super) pinned: bool,
}

/// Everything in a pool, and what refers to it from outside.
#[derive(Debug, Clone, Default)]
pub(super) struct Graph {
    pub(super) branches: BTreeMap<BranchId, BranchNode>,
    /// Snapshots; `true` for one that may not go, whoever refers to it.
    pub(super) snapshots: BTreeMap<SnapshotId, bool>,
    pub(super) wanted_branches: BTreeSet<BranchId>,
    pub(super) wanted_snapshots: BTreeSet<SnapshotId>,
}

/// What nothing refers to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Garbage {
    pub(super) branches: Vec<BranchId>,
    pub(super) snapshots: Vec<SnapshotId>,
}

/// Finds the garbage of a pool.
pub(super) fn garbage(graph: &Graph) -> Garbage {
    let stays =
        |id: &BranchId, node: &BranchNode| node.pinned || graph.wanted_branches.contains(id);
    let mut wanted = graph.wanted_snapshots.clone();
    let mut branches = Vec::new();
    for (id, node) in &graph.branches {
        if stays(id, node) {
            wanted.extend(node.base.clone());
        } else {
            branches.push(id.clone());
        }
    }
    let unwanted =
        |(id, pinned): (&SnapshotId, &bool)| (!pinned && !wanted.contains(id)).then(|| id.clone());
    Garbage {
        branches,
        snapshots: graph.snapshots.iter().filter_map(unwanted).collect(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn branch(number: usize) -> BranchId {
        id('b', number).try_into().expect("an id")
    }

    fn snapshot(number: usize) -> SnapshotId {
        id('s', number).try_into().expect("an id")
    }

    fn id(prefix: char, number: usize) -> String {
        let letters = b"abcdefghjkmnpqrstuvwxyz023456789";
        let (high, low) = (letters[number / 32], letters[number % 32]);
        format!("{prefix}aaaaaaaaaa{}{}", high as char, low as char)
    }

    prop_compose! {
        fn graphs()(
            branches in prop::collection::vec((prop::option::of(0..40usize), any::<bool>()), 0..40),
            snapshots in prop::collection::vec(any::<bool>(), 0..40),
            wanted_branches in prop::collection::btree_set(0..40usize, 0..10),
            wanted_snapshots in prop::collection::btree_set(0..40usize, 0..10),
        ) -> Graph {
            let nodes = branches.into_iter().enumerate().map(|(number, (base, pinned))| {
                (branch(number), BranchNode { base: base.map(snapshot), pinned })
            });
            Graph {
                branches: nodes.collect(),
                snapshots: snapshots.into_iter().enumerate()
                    .map(|(number, pinned)| (snapshot(number), pinned)).collect(),
                wanted_branches: wanted_branches.into_iter().map(branch).collect(),
                wanted_snapshots: wanted_snapshots.into_iter().map(snapshot).collect(),
            }
        }
    }

    proptest! {
        #[test]
        fn gc_never_takes_a_reachable_thing(graph in graphs()) {
            let found = garbage(&graph);
            for id in &found.branches {
                prop_assert!(!graph.branches[id].pinned);
                prop_assert!(!graph.wanted_branches.contains(id));
            }
            for id in &found.snapshots {
                prop_assert!(!graph.snapshots[id]);
                prop_assert!(!graph.wanted_snapshots.contains(id));
                let users = graph.branches.iter().filter(|(branch, node)| {
                    node.base.as_ref() == Some(id) && !found.branches.contains(branch)
                });
                prop_assert_eq!(users.count(), 0);
            }
        }

        #[test]
        fn what_nothing_refers_to_goes(graph in graphs()) {
            let found = garbage(&graph);
            for (id, node) in &graph.branches {
                let referred = node.pinned || graph.wanted_branches.contains(id);
                prop_assert_eq!(!referred, found.branches.contains(id));
            }
            let mut after = graph.clone();
            after.branches.retain(|id, _| !found.branches.contains(id));
            after.snapshots.retain(|id, _| !found.snapshots.contains(id));
            prop_assert_eq!(garbage(&after), Garbage::default());
        }
    }
}

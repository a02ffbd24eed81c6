//! What is seen of a copy's rows while they pass: what the gate looks for afterwards.

use std::sync::{Arc, Mutex, PoisonError};

use rules::mask::Transformer;

use crate::copy::{Batch, Witness};
use crate::key::MaskKey;
use crate::plan::{Action, TablePlan};
use crate::verify::{Collector, Watched};

/// Collects what is replaced, from several threads at once.
pub(super) struct Watching {
    shared: Arc<Shared>,
}

struct Shared {
    empty: Collector,
    /// Where a table's columns are among the collector's; `None` for those that are kept.
    places: Vec<Vec<Option<usize>>>,
    /// Collectors that no thread has at hand.
    idle: Mutex<Vec<Collector>>,
}

impl Watching {
    pub(super) fn new(key: &MaskKey, tables: &[TablePlan]) -> Self {
        let mut watched = Vec::new();
        let mut places = Vec::new();
        for table in tables {
            let mut of_table = Vec::new();
            for column in &table.columns {
                let actions = column.cases.iter().map(|case| &case.action);
                let with = actions.clone().find_map(|action| match action {
                    Action::Mask { with, .. } => Some(*with),
                    Action::Null => Some(Transformer::Null),
                    Action::Static(_) => Some(Transformer::Static),
                    // How many rows got what they had; its values are there by intent.
                    Action::Shuffle { few: false, .. } => Some(Transformer::Shuffle),
                    Action::Keep | Action::Shuffle { .. } => None,
                });
                // What some rows keep cannot be missing from the copy.
                let kept = actions.clone().any(|action| matches!(action, Action::Keep));
                of_table.push(with.filter(|_| !kept).map(|with| {
                    watched.push(Watched {
                        table: table.table.clone(),
                        column: column.column.clone(),
                        with,
                    });
                    watched.len() - 1
                }));
            }
            places.push(of_table);
        }
        Self {
            shared: Arc::new(Shared {
                empty: Collector::new(key, watched),
                places,
                idle: Mutex::default(),
            }),
        }
    }

    pub(super) fn witness(&self) -> Witness {
        let shared = Arc::clone(&self.shared);
        Arc::new(move |batch: &Batch<'_>| {
            let idle = || shared.idle.lock().unwrap_or_else(PoisonError::into_inner);
            let taken = idle().pop();
            let mut collector = taken.unwrap_or_else(|| shared.empty.clone());
            for cell in batch.cells() {
                if let Some(place) = shared.places[batch.table][cell.column] {
                    collector.see(place, cell.original, cell.masked);
                }
            }
            idle().push(collector);
        })
    }

    pub(super) fn finish(&self) -> Collector {
        let mut idle = self
            .shared
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let mut all = self.shared.empty.clone();
        for collector in idle.drain(..) {
            all.absorb(&collector);
        }
        all
    }
}

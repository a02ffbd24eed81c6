//! What is seen of a copy's rows while they pass: what the gate looks for afterwards.

use std::sync::{Arc, Mutex, PoisonError};

use rules::mask::{Choice, Decided, Rows, Transformer};

use crate::copy::{Replaced, ReplacedPart, See, Witness};
use crate::key::MaskKey;
use crate::plan::{Action, TablePlan};
use crate::verify::{Collector, Unlooked, Watched, Why};

use super::Looked;

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
                let redacts = actions.clone().any(is_redact);
                let others = actions.clone().filter(|action| !is_redact(action));
                let with = others.clone().find_map(|action| match action {
                    Action::Mask { with, .. } => Some(*with),
                    Action::Null => Some(Transformer::Null),
                    Action::Static(_) => Some(Transformer::Static),
                    // How many rows got what they had; its values are there by intent.
                    Action::Shuffle { few: false, .. } => Some(Transformer::Shuffle),
                    Action::Keep | Action::Shuffle { .. } => None,
                });
                let kept = actions.clone().any(|action| matches!(action, Action::Keep));
                let nulls = |action| matches!(action, &Action::Null);
                let redacted = redacts && others.clone().all(nulls);
                let with = with.or(redacts.then_some(Transformer::Redact));
                of_table.push(with.map(|with| {
                    watched.push(Watched {
                        table: table.table.clone(),
                        column: column.column.clone(),
                        with,
                        redacts,
                        redacted,
                        kept,
                        put: actions.clone().any(puts),
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
        Arc::new(move |table| {
            let idle = shared
                .idle
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .pop();
            Box::new(Collecting {
                table,
                collector: Some(idle.unwrap_or_else(|| shared.empty.clone())),
                shared: Arc::clone(&shared),
            })
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

/// A collector at work, which is idle again afterwards.
struct Collecting {
    table: usize,
    collector: Option<Collector>,
    shared: Arc<Shared>,
}

impl See for Collecting {
    fn cell(&mut self, cell: Replaced<'_>) {
        let place = self.shared.places[self.table][cell.column];
        let (Some(place), Some(collector)) = (place, &mut self.collector) else {
            return;
        };
        match (cell.with, cell.masked) {
            (Some(Transformer::Redact), Some(masked)) => {
                collector.see_redacted(place, cell.original, masked);
            }
            (with, masked) => collector.see((place, with), cell.original, masked),
        }
    }

    fn kept(&mut self, column: usize, value: &[u8]) {
        let place = self.shared.places[self.table][column];
        if let (Some(place), Some(collector)) = (place, &mut self.collector) {
            collector.see_kept(place, value);
        }
    }

    fn part(&mut self, part: ReplacedPart<'_>) {
        let place = self.shared.places[self.table][part.column];
        if let (Some(place), Some(collector)) = (place, &mut self.collector) {
            collector.see_part(place, part.with, (part.original, part.masked));
        }
    }
}

impl Drop for Collecting {
    fn drop(&mut self) {
        let idle = || {
            self.shared
                .idle
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
        };
        if let Some(collector) = self.collector.take() {
            idle().push(collector);
        }
    }
}

/// What of production a copy has in no form that could be looked for, beside what a collector tells.
pub(super) fn unlooked(looked: &Looked, tables: &[TablePlan]) -> Vec<Unlooked> {
    let mut all = Vec::new();
    let mut note = |place: String, why: Why| all.push(Unlooked { place, why });
    for table in tables {
        for column in &table.columns {
            let mut actions = column.cases.iter().map(|case| &case.action);
            if actions.any(|action| matches!(action, Action::Shuffle { .. })) {
                note(format!("{}.{}", table.table, column.column), Why::Shuffled);
            }
        }
        for derived in &table.derived {
            note(format!("{}.{}", table.table, derived.column), Why::Unread);
        }
    }
    for (name, decision) in &looked.decisions.tables {
        if decision.rows == Rows::Drop {
            note(name.to_string(), Why::Unread);
            continue;
        }
        for column in &decision.columns {
            if let Decided::Rule(rule) = &column.decided
                && rule.cases.iter().all(|case| case.choice == Choice::Drop)
            {
                note(format!("{name}.{}", column.column), Why::Unread);
            }
        }
    }
    all
}

/// Whether values come to stand where there was NULL.
fn puts(action: &Action) -> bool {
    matches!(action, Action::Static(_) | Action::Shuffle { .. })
}

fn is_redact(action: &Action) -> bool {
    matches!(
        action,
        Action::Mask {
            with: Transformer::Redact,
            ..
        }
    )
}

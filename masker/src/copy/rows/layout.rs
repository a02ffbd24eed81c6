//! In which order the columns of a table are read, and what becomes of each.

use rules::mask::Transformer;

use crate::leak::leaks;
use crate::plan::{Action, Basis, Canonical, ColumnPlan, TablePlan};

use super::cell;

/// Of fewer cells one could guess whose they were.
const CELLS_MIN: usize = 10;

/// The columns of a table as they are read: first those that are replaced or looked at, the others
/// behind them.
#[derive(Debug)]
pub(crate) struct Layout {
    /// Names of the columns that are read, in reading order.
    pub(crate) read: Vec<String>,
    /// Names of the columns that are written, in writing order.
    pub(crate) written: Vec<String>,
    /// What becomes of the first ones.
    pub(super) heads: Vec<Head>,
    /// Whether any pass as they are behind those.
    pub(super) tail: bool,
    /// Which of the first ones are the primary key, in key order.
    pub(super) key: Vec<usize>,
    /// Whether a value that is replaced must be UTF-8 still: the server does not see to it.
    pub(super) unchecked: bool,
    /// Which of the first ones are shuffled.
    pub(super) shuffled: Vec<usize>,
    /// Cells that change rows with each other, at least.
    pub(super) cells_min: usize,
}

/// A column that is taken apart.
#[derive(Debug)]
pub(super) struct Head {
    /// Its place among the plan's columns; `None` where it is read and not written.
    pub(super) column: Option<usize>,
    /// The first that holds decides; the last has no condition.
    pub(super) cases: Vec<Case>,
}

#[derive(Debug)]
pub(super) struct Case {
    pub(super) when: Option<When>,
    pub(super) fate: Fate,
}

/// A condition over raw cells.
#[derive(Debug)]
pub(super) struct When {
    pub(super) head: usize,
    pub(super) is: Vec<Vec<u8>>,
    pub(super) not: bool,
}

/// What becomes of a cell, with places among the first columns.
#[derive(Debug)]
pub(super) enum Fate {
    Keep,
    /// This raw cell.
    Put(Vec<u8>),
    /// The raw cell of another row.
    Shuffle {
        draws: crate::key::Draws,
        /// Whether it may be NULL where there are too few others.
        nullable: bool,
    },
    Mask {
        with: Transformer,
        transform: std::sync::Arc<dyn crate::transform::Transform>,
        draws: crate::key::Draws,
        basis: Basis,
        canonical: Canonical,
    },
}

/// Why a plan cannot be followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LayoutError {
    /// A place among the columns that are read lies outside of them.
    #[error("it names a column that is not read")]
    Place,
    /// A rule goes by the primary key, and there is none.
    #[error("a rule goes by the row, and the table has no primary key")]
    NoKey,
    /// The last case has a condition.
    #[error("a column has no case for every row")]
    Open,
    /// Nothing of it is copied.
    #[error("none of its columns is copied")]
    Nothing,
}

impl Layout {
    /// Orders the columns of a plan; `has_columns` says whether the table has any that can be
    /// written, `unchecked` whether its encoding lets any byte pass.
    pub(crate) fn new(
        plan: &TablePlan,
        has_columns: bool,
        unchecked: bool,
    ) -> Result<Self, LayoutError> {
        if plan.columns.is_empty() && has_columns {
            return Err(LayoutError::Nothing);
        }
        let count = plan.columns.len() + plan.read_only.len();
        let used = used(plan);
        if used.iter().any(|place| *place >= count) {
            return Err(LayoutError::Place);
        }
        // Whatever a rule looks at is taken apart; of the others, only what it replaces.
        let first: Vec<usize> = (0..count)
            .filter(|place| {
                let own = plan.columns.get(*place);
                used.contains(place) || own.is_some_and(|column| !is_kept(column))
            })
            .collect();
        let place = |place: usize| first.iter().position(|first| *first == place);
        let rest = (0..plan.columns.len()).filter(|place| !first.contains(place));
        let rest: Vec<&String> = rest.map(|place| &plan.columns[place].column).collect();
        let name = |place: &usize| match plan.columns.get(*place) {
            Some(column) => &column.column,
            None => &plan.read_only[*place - plan.columns.len()],
        };
        let written = first.iter().filter(|place| **place < plan.columns.len());
        let heads: Result<Vec<Head>, LayoutError> =
            first.iter().map(|at| head(plan, *at, &place)).collect();
        let heads = heads?;
        let is_shuffled = |head: &Head| {
            let mut cases = head.cases.iter();
            cases.any(|case| matches!(case.fate, Fate::Shuffle { .. }))
        };
        let shuffled = (0..heads.len()).filter(|place| is_shuffled(&heads[*place]));
        let key: Option<Vec<usize>> = plan.key.iter().map(|key| place(*key)).collect();
        Ok(Self {
            shuffled: shuffled.collect(),
            cells_min: CELLS_MIN,
            read: first
                .iter()
                .map(name)
                .chain(rest.iter().copied())
                .cloned()
                .collect(),
            written: written
                .map(name)
                .chain(rest.iter().copied())
                .cloned()
                .collect(),
            heads,
            tail: !rest.is_empty(),
            // Where no rule goes by it, it may lie among the others.
            key: key.unwrap_or_default(),
            unchecked,
        })
    }

    /// Whether rows pass as they are.
    pub(crate) fn passes(&self) -> bool {
        self.heads.is_empty()
    }

    /// Whether cells change rows, which asks for rows in windows.
    pub(crate) fn shuffles(&self) -> bool {
        !self.shuffled.is_empty()
    }

    /// Lets few cells change rows: of the first rows, of which nobody is shown more than the shape.
    pub(crate) fn of_few(&mut self) {
        self.cells_min = 0;
    }

    /// What replaces a column of the plan, by the rule's name.
    pub(crate) fn with(&self, column: usize) -> Option<Transformer> {
        let head = self.heads.iter().find(|head| head.column == Some(column))?;
        head.cases.iter().find_map(|case| match case.fate {
            Fate::Mask { with, .. } => Some(with),
            Fate::Shuffle { .. } => Some(Transformer::Shuffle),
            Fate::Keep | Fate::Put(_) => None,
        })
    }
}

fn is_kept(column: &ColumnPlan) -> bool {
    let mut cases = column.cases.iter();
    cases.all(|case| matches!(case.action, Action::Keep))
}

/// The places that rules look at.
fn used(plan: &TablePlan) -> Vec<usize> {
    let mut used = Vec::new();
    // Conditions of a column that is kept either way decide nothing.
    let columns = plan.columns.iter().filter(|column| !is_kept(column));
    for case in columns.flat_map(|column| &column.cases) {
        used.extend(case.when.as_ref().map(|when| when.column));
        if let Action::Mask { basis, .. } = &case.action {
            match basis {
                Basis::Value => {}
                Basis::Row => used.extend(&plan.key),
                Basis::Subject(place, _) => used.push(*place),
            }
        }
    }
    used
}

fn head(
    plan: &TablePlan,
    at: usize,
    place: &impl Fn(usize) -> Option<usize>,
) -> Result<Head, LayoutError> {
    let Some(column) = plan.columns.get(at) else {
        return Ok(Head {
            column: None,
            cases: Vec::new(),
        });
    };
    if column.cases.last().is_none_or(|case| case.when.is_some()) {
        return Err(LayoutError::Open);
    }
    let mut cases = Vec::new();
    for case in &column.cases {
        let when = match &case.when {
            None => None,
            // Kept either way, so that its condition is not read.
            Some(_) if is_kept(column) => continue,
            Some(when) => Some(When {
                head: place(when.column).ok_or(LayoutError::Place)?,
                is: when.is.iter().map(|value| raw(value.as_deref())).collect(),
                not: when.not,
            }),
        };
        let fate = match &case.action {
            Action::Keep => Fate::Keep,
            _ if leaks("mask.column") && column.column == "email" => Fate::Keep,
            Action::Null => Fate::Put(cell::NULL.to_vec()),
            Action::Static(text) => Fate::Put(raw(Some(text))),
            Action::Shuffle {
                draws, nullable, ..
            } => Fate::Shuffle {
                draws: draws.clone(),
                nullable: *nullable,
            },
            Action::Mask {
                with,
                transform,
                draws,
                basis,
                canonical,
            } => Fate::Mask {
                with: *with,
                transform: transform.clone(),
                draws: draws.clone(),
                basis: match basis {
                    Basis::Row if plan.key.is_empty() => return Err(LayoutError::NoKey),
                    Basis::Subject(subject, form) => {
                        Basis::Subject(place(*subject).ok_or(LayoutError::Place)?, *form)
                    }
                    basis => basis.clone(),
                },
                canonical: *canonical,
            },
        };
        cases.push(Case { when, fate });
    }
    Ok(Head {
        column: Some(at),
        cases,
    })
}

/// A value as COPY writes it.
fn raw(value: Option<&[u8]>) -> Vec<u8> {
    let Some(text) = value else {
        return cell::NULL.to_vec();
    };
    let mut raw = Vec::with_capacity(text.len());
    cell::escape(text, &mut raw);
    raw
}

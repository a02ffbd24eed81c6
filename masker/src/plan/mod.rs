//! What a copy does with each cell, made from decisions before a row moves.

mod canonical;
mod make;
mod shuffle;
mod spread;

use std::collections::BTreeMap;
use std::sync::Arc;

use rules::mask::{Decisions, Problem, Transformer};
use rules::schema::{Name, Schema};
use seeder::person::People;

use crate::key::{Draws, MaskKey};
use crate::transform::Transform;

pub use canonical::Canonical;
pub use make::make;

/// What a plan is made from.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// Production's schema.
    pub schema: &'a Schema,
    /// What becomes of each column.
    pub decisions: &'a Decisions,
    /// What production's statistics say.
    pub figures: &'a BTreeMap<Name, Figures>,
    /// The key.
    pub key: &'a MaskKey,
    /// Whom names are drawn from.
    pub people: &'a Arc<People>,
}

/// What production's statistics say of a table, its partitions together.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Figures {
    /// Rows, as estimated.
    pub rows: u64,
    /// Different values of each column, as estimated (`pg_stats.n_distinct`); a column that was
    /// never analysed is not there.
    pub distinct: BTreeMap<String, u64>,
}

/// What a copy does, table by table.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Tables whose rows are copied; the others have none in the copy.
    pub tables: Vec<TablePlan>,
}

/// Everything that keeps a copy from being made; at least one.
pub type Problems = Vec<Problem>;

/// What becomes of the rows of a table.
#[derive(Debug, Clone)]
pub struct TablePlan {
    /// The table; of a partitioned one the root, through which rows are loaded.
    pub table: Name,
    /// What is read: the table itself, or the leaves of its partitions.
    pub leaves: Vec<Name>,
    /// The columns that are copied, in the table's order: neither generated, dropped nor derived
    /// ones.
    pub columns: Vec<ColumnPlan>,
    /// Columns that conditions, subjects and rows need, beside those that are copied: they are read
    /// after them, and not written.
    pub read_only: Vec<String>,
    /// Columns that the copy computes from the masked row as it is loaded; production's are not read.
    pub derived: Vec<Derived>,
    /// Where the primary key is among the columns that are read, in key order; empty without one.
    pub key: Vec<usize>,
    /// Rows as estimated by production's statistics.
    pub rows: u64,
}

/// A column that the copy computes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Derived {
    /// The column.
    pub column: String,
    /// An SQL expression over the columns that are copied, with every name outside of `pg_catalog`
    /// qualified.
    pub expression: String,
}

/// What becomes of a column's cells.
#[derive(Debug, Clone)]
pub struct ColumnPlan {
    /// The column.
    pub column: String,
    /// The first whose condition holds decides; the last has none.
    pub cases: Vec<CasePlan>,
}

/// What becomes of a cell, and when.
#[derive(Debug, Clone)]
pub struct CasePlan {
    /// When; `None` for always.
    pub when: Option<When>,
    /// What.
    pub action: Action,
}

/// A condition on another cell of the row, in production's values.
#[derive(Debug, Clone)]
pub struct When {
    /// Where it is among the columns that are read.
    pub column: usize,
    /// Values in their text form; `None` is NULL.
    pub is: Vec<Option<Vec<u8>>>,
    /// Whether it is the other values that are meant.
    pub not: bool,
}

/// What becomes of a cell.
#[derive(Debug, Clone)]
pub enum Action {
    /// It stays.
    Keep,
    /// NULL.
    Null,
    /// This text, also where the original is NULL.
    Static(Vec<u8>),
    /// What another row of the table holds, NULL among it.
    Shuffle {
        /// The draws of the domain.
        draws: Draws,
        /// Whether a cell that has too few others around it may be NULL instead.
        nullable: bool,
        /// Whether the rule says why most rows may get the value that they had.
        few: bool,
    },
    /// A transformer's; NULL stays NULL.
    Mask {
        /// The rule's name for it.
        with: Transformer,
        /// Which.
        transform: Arc<dyn Transform>,
        /// The draws of the domain.
        draws: Draws,
        /// What they are of.
        basis: Basis,
        /// The canonical form of the values that draws are of.
        canonical: Canonical,
    },
}

/// What draws are of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Basis {
    /// The cell's own value.
    Value,
    /// The primary key of the row.
    Row,
    /// The cell at this place among the columns that are read, in its own canonical form.
    Subject(usize, Canonical),
}

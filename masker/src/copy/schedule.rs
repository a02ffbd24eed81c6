//! What is copied in one go by one worker, and in which order.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64};

use rules::schema::{Name, quoted};

use crate::plan::{Action, TablePlan};
use crate::source::{Leaf, Source};
use crate::subset::{Picked, Run, Tids};

use super::error::CopyError;
use super::report::Way;
use super::rows::Layout;
use super::target::PartitionKey;

/// From this version on a range of blocks is read without reading the whole table.
const RANGES_FROM: u32 = 140_000;

/// Whatever lets any byte pass, so that nobody vouches for what a text is.
const UNCHECKED: &str = "SQL_ASCII";

/// A table on its way.
pub(super) struct Table {
    /// Its place in the plan.
    pub(super) index: usize,
    pub(super) name: Name,
    pub(super) layout: Layout,
    /// Its columns by their place in the plan.
    pub(super) columns: Vec<String>,
    /// The columns that are computed, with their expressions.
    pub(super) derived: Vec<(String, String)>,
    pub(super) leaves: Vec<Leaf>,
    /// The rows of each leaf that are copied; `None` for all.
    picked: Vec<Option<Arc<Tids>>>,
    /// The encoding that its rows are sent in.
    encoding: String,
    /// Rows as estimated.
    pub(super) of: u64,
    pub(super) rows: AtomicU64,
    pub(super) bytes: AtomicU64,
    /// How its rows are written: the number of a [`Way`].
    pub(super) way: AtomicU8,
}

/// What one worker copies in one go.
pub(super) struct Unit {
    pub(super) table: Arc<Table>,
    pub(super) way: Way,
    /// Where its rows go.
    pub(super) into: Name,
    pub(super) parts: Vec<Part>,
    /// Bytes in production; an estimate, for the order only.
    bytes: u64,
}

/// A table or leaf of production, or some of its blocks.
pub(super) struct Part {
    leaf: Name,
    /// From a block on, up to another; to the end where there is none.
    blocks: Option<(u64, Option<u64>)>,
    /// No more rows than these, whichever come first.
    rows_max: Option<u64>,
    /// Those of its rows that are copied; `None` for all.
    rows: Option<(Arc<Tids>, Run)>,
}

/// Rows that one statement reads by their places, which are some 400 kB of it.
const PICKED_ROWS: usize = 1 << 15;

/// How tables are cut.
pub(super) struct Cut {
    pub(super) workers: u64,
    /// What is cut off a table that would keep one worker busy when the others are done.
    pub(super) chunk_bytes: u64,
    /// Of production.
    pub(super) version: u32,
}

/// Checks a plan against production's snapshot; `first` for the first rows alone, which nobody keeps.
pub(super) async fn tables(
    source: &Source,
    plans: &[TablePlan],
    picked: Option<&Picked>,
    first: bool,
) -> Result<Vec<Arc<Table>>, CopyError> {
    let names: Vec<&Name> = plans.iter().flat_map(|plan| &plan.leaves).collect();
    let found = source.leaves(&names).await?;
    let mut found: BTreeMap<Name, Leaf> = found
        .into_iter()
        .map(|leaf| (leaf.name.clone(), leaf))
        .collect();
    let plans = plans.iter().enumerate();
    plans
        .map(|(index, plan)| {
            let mut table = table(index, plan, source.encoding(), &mut found)?;
            if let Some(picked) = picked {
                table.pick(picked);
            }
            if first {
                table.layout.of_few();
            }
            Ok(Arc::new(table))
        })
        .collect()
}

fn table(
    index: usize,
    plan: &TablePlan,
    encoding: &str,
    found: &mut BTreeMap<Name, Leaf>,
) -> Result<Table, CopyError> {
    let fail = |reason: String| CopyError::Plan {
        table: plan.table.clone(),
        reason,
    };
    let mut leaves = Vec::new();
    for name in &plan.leaves {
        let leaf = found.remove(name).filter(|leaf| leaf.has_rows);
        let leaf = leaf.ok_or_else(|| fail(format!("production has no rows in {name}")))?;
        let plain = plan.columns.iter().map(|column| &column.column);
        for column in plain.chain(&plan.read_only) {
            if !leaf.columns.contains(column) {
                let column = quoted(column);
                return Err(fail(format!(
                    "production has no {column} to read in {name}"
                )));
            }
        }
        leaves.push(leaf);
    }
    let has_columns = leaves.iter().any(|leaf| !leaf.columns.is_empty());
    let layout = Layout::new(plan, has_columns, encoding == UNCHECKED);
    let layout = layout.map_err(|error| fail(error.to_string()))?;
    // Text that is replaced is UTF-8 here; what passes needs no conversion, which might not be there.
    let encoding = match layout.passes() {
        false if encoding != UNCHECKED => "UTF8",
        _ => encoding,
    };
    let derived = plan.derived.iter();
    Ok(Table {
        index,
        name: plan.table.clone(),
        encoding: encoding.to_owned(),
        columns: plan.columns.iter().map(|c| c.column.clone()).collect(),
        derived: derived
            .map(|derived| (derived.column.clone(), derived.expression.clone()))
            .collect(),
        picked: vec![None; leaves.len()],
        leaves,
        layout,
        of: plan.rows,
        rows: AtomicU64::new(0),
        bytes: AtomicU64::new(0),
        way: AtomicU8::new(0),
    })
}

/// The first rows of each leaf, each leaf by itself.
pub(super) fn first_rows(tables: &[Arc<Table>], rows_max: u64) -> VecDeque<Unit> {
    let leaves = tables
        .iter()
        .flat_map(|table| table.leaves.iter().map(move |leaf| (table, leaf)));
    let unit = |(table, leaf): (&Arc<Table>, &Leaf)| Unit {
        table: table.clone(),
        way: Way::Plain,
        into: leaf.name.clone(),
        parts: vec![Part {
            leaf: leaf.name.clone(),
            blocks: None,
            rows_max: Some(rows_max),
            rows: None,
        }],
        bytes: leaf.bytes,
    };
    leaves.map(unit).collect()
}

/// Cuts tables into units, the longest first.
pub(super) fn units(
    tables: &[Arc<Table>],
    plans: &[TablePlan],
    keys: &BTreeMap<Name, PartitionKey>,
    cut: &Cut,
) -> VecDeque<Unit> {
    let all = tables.iter().flat_map(|table| &table.leaves);
    let all: u64 = all.map(|leaf| leaf.bytes).sum();
    // What one worker copies if all take the same.
    let share = (all / cut.workers.max(1)).max(cut.chunk_bytes);
    let mut units = Vec::new();
    for (table, plan) in tables.iter().zip(plans) {
        let key = keys.get(&table.name);
        if !table.derived.is_empty() {
            units.push(Unit {
                way: Way::Derived,
                into: table.name.clone(),
                parts: table.whole(),
                bytes: table.leaves.iter().map(|leaf| leaf.bytes).sum(),
                table: table.clone(),
            });
            continue;
        }
        // A leaf takes only rows that belong to it, and theirs do not change.
        let by_root = key.is_some_and(|key| key.moves(plan));
        for (leaf, picked) in table.leaves.iter().zip(&table.picked) {
            let into = match by_root {
                true => table.name.clone(),
                false => leaf.name.clone(),
            };
            let pieces = match picked {
                Some(rows) => cut.pieces(leaf, rows, share),
                // Rows change cells with those around them, whatever the number of workers.
                None if table.layout.shuffles() => vec![vec![Part::whole(leaf)]],
                None => cut
                    .parts(leaf, share)
                    .into_iter()
                    .map(|part| vec![part])
                    .collect(),
            };
            let way = match by_root || pieces.len() > 1 {
                true => Way::Plain,
                false => Way::Frozen,
            };
            let count = pieces.len() as u64;
            units.extend(pieces.into_iter().map(|parts| Unit {
                table: table.clone(),
                way,
                into: into.clone(),
                parts,
                bytes: leaf.bytes / count,
            }));
        }
    }
    // Stable, so that the parts of a table stay in their order.
    units.sort_by_key(|unit| std::cmp::Reverse(unit.bytes));
    units.into()
}

impl Cut {
    /// The parts of a leaf; several only where it would outlast everything else.
    fn parts(&self, leaf: &Leaf, share: u64) -> Vec<Part> {
        let part = |blocks| Part {
            leaf: leaf.name.clone(),
            blocks,
            rows_max: None,
            rows: None,
        };
        let possible = self.workers > 1 && leaf.heap && self.version >= RANGES_FROM;
        if !possible || leaf.bytes <= share || leaf.blocks < 2 {
            return vec![part(None)];
        }
        let count = leaf.bytes.div_ceil(self.chunk_bytes).clamp(2, leaf.blocks);
        let step = leaf.blocks.div_ceil(count);
        let starts = (0..leaf.blocks).step_by(usize::try_from(step).unwrap_or(usize::MAX));
        starts
            .map(|from| {
                let to = from + step;
                // The last one has no end: blocks that were added since hold no row of the snapshot,
                // but the count may be of before.
                part(Some((from, (to < leaf.blocks).then_some(to))))
            })
            .collect()
    }
}

impl Cut {
    /// The rows of a leaf that are copied, in statements, and these in as many pieces as its bytes
    /// would be cut into.
    fn pieces(&self, leaf: &Leaf, rows: &Arc<Tids>, share: u64) -> Vec<Vec<Part>> {
        let mut parts = picked_parts(leaf, rows);
        let count = match self.workers > 1 && leaf.bytes > share {
            true => leaf.bytes.div_ceil(self.chunk_bytes),
            false => 1,
        };
        let each = parts
            .len()
            .div_ceil(usize::try_from(count).unwrap_or(usize::MAX));
        let mut pieces = Vec::new();
        while !parts.is_empty() {
            let rest = parts.split_off(each.clamp(1, parts.len()));
            pieces.push(std::mem::replace(&mut parts, rest));
        }
        pieces
    }
}

fn picked_parts(leaf: &Leaf, rows: &Arc<Tids>) -> Vec<Part> {
    let runs = rows.runs(PICKED_ROWS).into_iter();
    runs.map(|run| Part {
        leaf: leaf.name.clone(),
        blocks: None,
        rows_max: None,
        rows: Some((Arc::clone(rows), run)),
    })
    .collect()
}

impl PartitionKey {
    /// Whether rows may belong to another partition in the copy.
    fn moves(&self, plan: &TablePlan) -> bool {
        let kept = |name: &String| {
            let column = plan.columns.iter().find(|column| column.column == *name);
            column.is_some_and(|column| {
                let mut cases = column.cases.iter();
                cases.all(|case| matches!(case.action, Action::Keep))
            })
        };
        self.loose || !self.columns.iter().all(kept)
    }
}

impl Part {
    /// All of a leaf.
    fn whole(leaf: &Leaf) -> Self {
        Self {
            leaf: leaf.name.clone(),
            blocks: None,
            rows_max: None,
            rows: None,
        }
    }

    /// The statement that reads it.
    pub(super) fn read(&self, table: &Table) -> String {
        let leaf = self.leaf.quoted();
        let columns = list(&table.layout.read);
        let what = match (self.blocks, self.rows_max) {
            _ if let Some((rows, run)) = &self.rows => {
                let (places, blocks) = (rows.literal(*run), run.blocks());
                format!(
                    "(SELECT {columns} FROM ONLY {leaf} WHERE {blocks} AND ctid = ANY({places}))"
                )
            }
            (None, Some(most)) => format!("(SELECT {columns} FROM ONLY {leaf} LIMIT {most})"),
            // An empty list in parentheses is a syntax error; there is nothing to name then.
            (None, None) if columns.is_empty() => leaf,
            (None, None) => format!("{leaf} ({columns})"),
            (Some((from, to)), _) => {
                let to = to.map_or_else(String::new, |to| format!(" AND ctid < '({to},0)'::tid"));
                format!("(SELECT {columns} FROM ONLY {leaf} WHERE ctid >= '({from},0)'::tid{to})")
            }
        };
        format!(
            "COPY {what} TO STDOUT (FORMAT text, ENCODING '{}')",
            table.encoding
        )
    }

    /// Whether it is all of its leaf.
    pub(super) fn is_whole(&self) -> bool {
        self.blocks.is_none()
    }

    /// Refuses another number of rows than were chosen in the same snapshot.
    pub(super) fn complete(&self, table: &Table, read: u64) -> Result<(), CopyError> {
        let of = self.rows.as_ref().map_or(read, |(_, run)| run.count);
        match of == read {
            true => Ok(()),
            false => Err(CopyError::Missing {
                table: table.name.clone(),
                read,
                of,
            }),
        }
    }
}

impl Table {
    /// Leaves out the rows that a subset has not.
    fn pick(&mut self, picked: &Picked) {
        let leaves = self.leaves.iter();
        self.picked = leaves.map(|leaf| picked.of(&leaf.name).cloned()).collect();
        if let Some(rows) = picked.tables().get(&self.name) {
            self.of = *rows;
        }
    }

    /// Everything that is copied of it, leaf by leaf.
    fn whole(&self) -> Vec<Part> {
        let leaves = self.leaves.iter().zip(&self.picked);
        leaves
            .flat_map(|(leaf, picked)| match picked {
                Some(rows) => picked_parts(leaf, rows),
                None => vec![Part::whole(leaf)],
            })
            .collect()
    }

    /// The statement that writes rows into a table.
    pub(super) fn write(&self, into: &str, frozen: bool) -> String {
        let columns = match list(&self.layout.written) {
            columns if columns.is_empty() => columns,
            columns => format!(" ({columns})"),
        };
        let freeze = if frozen { ", FREEZE" } else { "" };
        let encoding = &self.encoding;
        format!("COPY {into}{columns} FROM STDIN (FORMAT text, ENCODING '{encoding}'{freeze})")
    }

    /// The columns that are written, for SQL.
    pub(super) fn written(&self) -> String {
        list(&self.layout.written)
    }
}

fn list(columns: &[String]) -> String {
    let columns: Vec<String> = columns.iter().map(|column| quoted(column)).collect();
    columns.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn leaf(blocks: u64, bytes: u64) -> Leaf {
        Leaf {
            name: Name::new("public", "t"),
            has_rows: true,
            heap: true,
            blocks,
            bytes,
            columns: Vec::new(),
        }
    }

    fn cut(workers: u64) -> Cut {
        Cut {
            workers,
            chunk_bytes: 1_000,
            version: RANGES_FROM,
        }
    }

    #[test]
    fn a_table_is_cut_only_where_it_outlasts_the_others() {
        let check = |cut: &Cut, leaf: &Leaf, share, expected| {
            assert_eq!(cut.parts(leaf, share).len(), expected, "{leaf:?}");
        };
        let large = leaf(100, 10_000);
        check(&cut(2), &large, 5_000, 10);
        check(&cut(2), &large, 10_000, 1);
        check(&cut(1), &large, 5_000, 1);
        check(&cut(2), &leaf(1, 10_000), 5_000, 1);
        // What is stored out of line has no blocks here.
        check(&cut(2), &leaf(3, 10_000), 5_000, 3);
        let other = Leaf {
            heap: false,
            ..large.clone()
        };
        check(&cut(2), &other, 5_000, 1);
        let older = Cut {
            version: RANGES_FROM - 1,
            ..cut(2)
        };
        check(&older, &large, 5_000, 1);
    }

    proptest! {
        #[test]
        fn every_block_is_in_one_part(blocks in 1_u64..5_000, bytes in 0_u64..1_000_000, share in 0_u64..9_000) {
            let parts = cut(3).parts(&leaf(blocks, bytes), share);
            let mut next = Some(0);
            for part in &parts {
                let (from, to) = part.blocks.unwrap_or((0, None));
                prop_assert_eq!(next, Some(from));
                prop_assert!(to.is_none_or(|to| from < to && to < blocks));
                next = to;
            }
            // The last one has no end.
            prop_assert_eq!(next, None);
        }
    }
}

//! Blocks without a parent: rows laid out by patient, some of whom have never been admitted, cannot
//! each have an admission of their patient. Laid out by admission they can.

use crate::plan::table::{Choice, TablePlan};

/// Lays a table out by a foreign key instead of another that it implies, where the parents of the one
/// are too few for every block of the other.
pub(in crate::plan) fn fill_blocks(tables: &mut [TablePlan], position: usize) {
    let Some((layout, wider, down)) = implied(tables, position) else {
        return;
    };
    // Every way over this table becomes longer by as many steps as lie between the two parents.
    for table in 0..tables.len() {
        for link in 0..tables[table].parents.len() {
            let Choice::Within { up, down: to } = tables[table].parents[link].choice else {
                continue;
            };
            let parent = tables[table].parents[link].parent;
            let longer =
                |from, steps| steps + down * usize::from(passes(tables, from, steps, position));
            let (up, down) = (longer(table, up), longer(parent, to));
            tables[table].parents[link].choice = Choice::Within { up, down };
        }
    }
    let table = &mut tables[position];
    table.layout = Some(wider);
    table.parents[wider].choice = Choice::Layout;
    table.parents[layout].choice = Choice::Within {
        up: 1 + down,
        down: 0,
    };
}

/// The layout's foreign key, one that decides all of its columns through a parent with fewer rows, and
/// the steps from that parent to the layout's.
fn implied(tables: &[TablePlan], position: usize) -> Option<(usize, usize, usize)> {
    let table = &tables[position];
    let layout = table.layout?;
    let blocks = tables[table.parents[layout].parent].rows;
    let within = |column: &usize, link: usize| {
        let columns = &table.parents[link].columns;
        columns.iter().any(|(own, _)| own == column)
    };
    (0..table.parents.len()).find_map(|wider| {
        let plan = &table.parents[wider];
        let Choice::Within { up: 1, down } = plan.choice else {
            return None;
        };
        let mut columns = table.parents[layout].columns.iter();
        let implies = columns.all(|(own, _)| within(own, wider));
        let too_few = (1..blocks).contains(&tables[plan.parent].rows);
        let always = plan.null_columns.is_empty() && plan.own_columns.is_empty();
        let above = down > 0 && plan.parent != position;
        (implies && too_few && always && above).then_some((layout, wider, down))
    })
}

/// Whether so many steps of layout up from a table lead over another and further.
fn passes(tables: &[TablePlan], from: usize, steps: usize, over: usize) -> bool {
    let mut at = from;
    for _ in 0..steps {
        if at == over {
            return true;
        }
        let Some(layout) = tables[at].layout else {
            return false;
        };
        at = tables[at].parents[layout].parent;
    }
    false
}

//! What follows from a table's plan for every row of it, looked up once.

use std::sync::OnceLock;

use super::ancestry::SCENARIO_ROWS;
use crate::check::Group;
use crate::key::Key;
use crate::plan::{Follow, Moment, Origin, Plan, Start, TablePlan, Tries, Values};

/// The programs of a plan's tables, each made when its first row is.
#[derive(Debug)]
pub(crate) struct Programs {
    generated: Vec<OnceLock<Program>>,
    /// The same for rows of scenarios, where other CHECKs hold for them.
    added: Vec<OnceLock<Program>>,
}

impl Programs {
    /// The programs of so many tables.
    pub(crate) fn new(tables: usize) -> Self {
        let programs = || (0..tables).map(|_| OnceLock::new()).collect();
        Self {
            generated: programs(),
            added: programs(),
        }
    }

    pub(super) fn of(&self, plan: &Plan, table: usize, row: u64) -> &Program {
        let apart = row >= SCENARIO_ROWS && plan.values[table].added_groups.is_some();
        let programs = match apart {
            true => &self.added,
            false => &self.generated,
        };
        programs[table].get_or_init(|| Program::new(plan, table, row))
    }
}

/// How a table's rows are made.
#[derive(Debug)]
pub(super) struct Program {
    /// By column: the foreign keys that it is a part of, in the order in which they are asked.
    pub(super) links: Vec<Vec<Part>>,
    /// By column: what its moment begins at.
    pub(super) starts: Vec<Option<Start>>,
    /// What is done after the columns that nothing else is read for, in order.
    pub(super) tasks: Vec<Task>,
    /// How tries are counted.
    pub(super) tries: Tries,
    /// What is known of its groups of CHECKs, in their order.
    pub(super) ties: Vec<Tie>,
    /// Whether rows hold a person's data.
    pub(super) personal: bool,
    /// By column: whether others depend on its value, so that it is made before any cell is written.
    pub(super) made: Vec<bool>,
    /// Steps to those columns alone.
    before: Steps,
    /// The same with the columns that rows of other tables refer to.
    kept: Steps,
    /// Steps to every column.
    whole: Steps,
}

/// A column's part in a foreign key.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    /// Position in the table's `parents`.
    pub(super) link: usize,
    /// Position of the column in the parent.
    pub(super) there: usize,
    /// Whether it is NULL in a row without parent.
    pub(super) nullable: bool,
    /// Which count of tries chooses another parent; `None` for none of them.
    pub(super) count: Option<usize>,
}

/// What is made after what it reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Task {
    /// A group of CHECKs.
    Group(usize),
    /// A column that follows from others.
    Column(usize),
}

/// A group of CHECKs.
#[derive(Debug)]
pub(super) struct Tie {
    /// The key of its draws in a row's first try.
    pub(super) key: Key,
    /// Columns that follow from others, with what they read of the group: tried together before the
    /// CHECKs decide.
    pub(super) proposed: Vec<usize>,
    /// Those of them that hold a state, tried alone next.
    pub(super) states: Vec<usize>,
    /// Columns that must hold a value.
    pub(super) required: Vec<usize>,
    /// Columns whose moment begins at another.
    pub(super) started: Vec<usize>,
}

/// As much of a row as is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Want {
    /// Columns that others depend on.
    Made,
    /// These, and what rows of other tables refer to.
    Kept,
    /// Every column.
    Whole,
}

/// Columns by what their values come from, each list in its order.
#[derive(Debug)]
pub(super) struct Steps {
    /// Of parents.
    pub(super) parents: Vec<usize>,
    /// Of the row's number.
    pub(super) keys: Vec<usize>,
    /// Of generators and CHECKs.
    pub(super) free: Vec<usize>,
    /// Which columns among the tasks are wanted.
    pub(super) late: Vec<bool>,
}

impl Program {
    fn new(plan: &Plan, table: usize, row: u64) -> Self {
        let own = &plan.tables[table];
        let values = &plan.values[table];
        let columns = 0..own.columns.len();
        let groups = values.groups_of(row);
        let group = |column: usize| {
            let tied = |group: &Group| group.columns().contains(&column);
            groups.iter().rposition(tied)
        };
        let tied: Vec<Option<usize>> = columns.clone().map(group).collect();
        let tries = Tries::of(own, groups);
        let starts: Vec<Option<Start>> = columns
            .clone()
            .map(|column| start(values, column))
            .collect();
        let links: Vec<Vec<Part>> = columns
            .clone()
            .map(|column| parts((own, &tries), column))
            .collect();
        let reads: Vec<Vec<usize>> = columns
            .clone()
            .map(|column| reads(values, column))
            .collect();
        let read = |column: usize| reads.iter().flatten().any(|own| *own == column);
        let follows = |column: usize| values.makers[column].follow.is_some();
        let made: Vec<bool> = columns
            .clone()
            .map(|column| {
                let tried = links[column].iter().any(|part| part.count.is_some());
                tied[column].is_some() || tried || read(column) || follows(column)
            })
            .collect();
        let order = Order::new(values, &reads, (&tied, groups));
        let referred = |column: usize| {
            let mut links = plan.tables.iter().flat_map(|child| &child.parents);
            let there = |&(_, there): &(usize, usize)| there == column;
            links.any(|link| link.parent == table && link.columns.iter().any(there))
        };
        let late = order.late.clone();
        let steps =
            |wanted: &dyn Fn(usize) -> bool| Steps::new((own, values), &links, &late, wanted);
        Self {
            before: steps(&|column| made[column]),
            kept: steps(&|column| made[column] || referred(column)),
            whole: steps(&|_| true),
            ties: ties((own, values), (groups, &tries), (&starts, &order)),
            tries,
            tasks: order.tasks,
            personal: values.hold_person(),
            links,
            starts,
            made,
        }
    }

    /// Steps to as much of a row as is wanted.
    pub(super) fn steps(&self, want: Want) -> &Steps {
        match want {
            Want::Made => &self.before,
            Want::Kept => &self.kept,
            Want::Whole => &self.whole,
        }
    }

    /// Whether a column is among what rows of other tables refer to, or what others depend on.
    pub(super) fn keeps(&self, column: usize) -> bool {
        let Steps {
            parents,
            keys,
            free,
            late,
        } = &self.kept;
        let mut lists = [parents, keys, free].into_iter();
        late[column] || lists.any(|columns| columns.contains(&column))
    }
}

impl Steps {
    fn new(
        (table, values): (&TablePlan, &Values),
        links: &[Vec<Part>],
        late: &[bool],
        wanted: &dyn Fn(usize) -> bool,
    ) -> Self {
        let columns = || (0..table.columns.len()).filter(|column| wanted(*column));
        let follows = |column: usize| values.makers[column].follow.is_some();
        Self {
            parents: columns()
                .filter(|&column| !links[column].is_empty())
                .collect(),
            keys: columns()
                .filter(|&column| is_key(&table.columns[column].origin) && !follows(column))
                .collect(),
            free: values
                .order
                .iter()
                .copied()
                .filter(|column| wanted(*column) && !late[*column])
                .collect(),
            late: (0..table.columns.len())
                .map(|column| late[column] && wanted(column))
                .collect(),
        }
    }

    /// Whether there is nothing to do.
    pub(super) fn is_empty(&self) -> bool {
        let early = self.parents.is_empty() && self.keys.is_empty() && self.free.is_empty();
        early && !self.late.contains(&true)
    }
}

/// The columns that a column is read from.
fn reads(values: &Values, column: usize) -> Vec<usize> {
    match &values.makers[column].follow {
        Some(follow) => follow.reads(&values.stories),
        None => match start(values, column) {
            Some(Start::Column(other)) => vec![other],
            _ => Vec::new(),
        },
    }
}

/// What a column's moment begins at.
fn start(values: &Values, column: usize) -> Option<Start> {
    match values.makers[column].moment {
        Some(Moment::Begins(_, start) | Moment::Since(start) | Moment::After(start)) => Some(start),
        _ => None,
    }
}

/// The order in which groups and columns are made that read others.
struct Order {
    tasks: Vec<Task>,
    /// By column: whether it is made after what nothing else is read for.
    late: Vec<bool>,
    /// By column: how many columns stand between it and what it reads, at most.
    depths: Vec<usize>,
}

impl Order {
    fn new(
        values: &Values,
        reads: &[Vec<usize>],
        (tied, groups): (&[Option<usize>], &[Group]),
    ) -> Self {
        let count = reads.len();
        let group = |column: usize| tied[column];
        // What reads in a circle stays where the rounds leave it.
        let mut late: Vec<bool> = (0..count)
            .map(|column| group(column).is_none() && values.makers[column].follow.is_some())
            .collect();
        let mut depths = vec![0; count];
        let mut levels = vec![0; groups.len()];
        let mut own = vec![0; count];
        for _ in 0..count {
            for column in 0..count {
                let waits = |&other: &usize| group(other).is_some() || late[other];
                let moved = group(column).is_none() && reads[column].iter().any(waits);
                late[column] |= moved;
                let level = |other: &usize| match group(*other) {
                    Some(number) if Some(number) == group(column) => 0,
                    Some(number) => levels[number] + 1,
                    None => usize::from(late[*other]) * (own[*other] + 1),
                };
                let above = reads[column]
                    .iter()
                    .map(level)
                    .max()
                    .unwrap_or(0)
                    .min(count);
                match group(column) {
                    Some(number) => levels[number] = above.max(levels[number]),
                    None => own[column] = above,
                }
                let deeper = reads[column].iter().map(|other| depths[*other] + 1).max();
                depths[column] = deeper.unwrap_or(0).min(count);
            }
        }
        let groups = (0..levels.len()).map(|number| (levels[number], Task::Group(number)));
        let columns = (0..count).filter(|column| late[*column]);
        let columns = columns.map(|column| (own[column], Task::Column(column)));
        let mut tasks: Vec<(usize, Task)> = groups.chain(columns).collect();
        tasks.sort_by_key(|(level, _)| *level);
        Self {
            tasks: tasks.into_iter().map(|(_, task)| task).collect(),
            late,
            depths,
        }
    }

    /// The columns of a group that follow from others, with what they read of it.
    fn proposed(&self, table: &TablePlan, values: &Values, group: &Group) -> Vec<usize> {
        let columns = group.columns();
        let mut proposed: Vec<usize> = columns
            .iter()
            .copied()
            .filter(|column| values.makers[*column].follow.is_some())
            .collect();
        let mut at = 0;
        while at < proposed.len() {
            for column in reads(values, proposed[at]) {
                let inside = columns.contains(&column) && !proposed.contains(&column);
                if inside && table.columns[column].origin == Origin::Free {
                    proposed.push(column);
                }
            }
            at += 1;
        }
        proposed.sort_by_key(|column| (self.depths[*column], *column));
        proposed
    }
}

/// Whether a value follows from the row's number alone.
fn is_key(origin: &Origin) -> bool {
    match origin {
        Origin::Serial { .. }
        | Origin::Distinct
        | Origin::Digit(_)
        | Origin::Tied(_)
        | Origin::Ordinal { .. }
        | Origin::Slot(..) => true,
        Origin::Generated | Origin::Parent(_) | Origin::Free => false,
    }
}

fn parts((table, tries): (&TablePlan, &Tries), column: usize) -> Vec<Part> {
    let links = table.parents.iter().enumerate();
    let taken = links.filter(|(_, link)| !link.own_columns.contains(&column));
    let parts = taken.flat_map(|(position, link)| {
        let of_column = link.columns.iter().filter(move |(own, _)| *own == column);
        of_column.map(move |&(_, there)| Part {
            link: position,
            there,
            nullable: link.null_columns.contains(&column),
            count: tries.links[position],
        })
    });
    parts.collect()
}

fn ties(
    (table, values): (&TablePlan, &Values),
    (groups, tries): (&[Group], &Tries),
    (starts, order): (&[Option<Start>], &Order),
) -> Vec<Tie> {
    let ties = groups.iter().enumerate().map(|(number, group)| {
        let columns = group.columns().iter().copied();
        let required = |column: &usize| {
            let column = &table.columns[*column];
            !column.nullable && !column.generated
        };
        let proposed = order.proposed(table, values, group);
        let states = proposed.iter().copied().filter(|column| {
            let follow = &values.makers[*column].follow;
            matches!(follow, Some(Follow::State(_)))
        });
        Tie {
            key: group_key(tries, number, 0),
            states: states.collect(),
            proposed,
            required: columns.clone().filter(required).collect(),
            started: columns.filter(|column| starts[*column].is_some()).collect(),
        }
    });
    ties.collect()
}

/// The key of a group's draws in a try.
pub(super) fn group_key(tries: &Tries, group: usize, attempt: u32) -> Key {
    tries.keys[group].part(&attempt.to_string())
}

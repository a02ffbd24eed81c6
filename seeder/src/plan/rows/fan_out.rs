//! How many children each parent has: what the configuration says, else what is believable of the
//! obvious parent.

use rules::config::nearest;
use rules::schema::{ConstraintKind, ReferentialAction};
use rules::seed::{Children, Distribution, PerRule};

use super::room::{Room, least_needed};
use super::{PER_PARENT, ROWS_MAX, is_short_list, scaled};
use crate::natural::distribution::{Counts, FanOut};
use crate::natural::words_of;
use crate::plan::Request;
use crate::plan::problem::Problems;
use crate::plan::table::{Choice, TablePlan};

/// Fewer parents than this all look alike.
pub(super) const PARENTS_MIN: u64 = 20;

/// Parents of which a CHECK leaves some are known beforehand up to so many; with more of them a row
/// tries another, which a row that is laid out cannot.
const PARENTS_TIED_MAX: u64 = 1_000_000;

/// Words at the end of a table's name that say that its rows are parts of something, which has one at
/// least.
const PARTS: [&str; 9] = [
    "item", "line", "detail", "entry", "posting", "leg", "step", "page", "part",
];

/// Lays the rows of a table out by a parent with a number of children of its own each, where the
/// configuration asks for it or a parent is obvious.
pub(in crate::plan) fn fan_out(
    request: Request<'_>,
    tables: &mut [TablePlan],
    position: usize,
    room: &Room<'_>,
    problems: &mut Problems,
) {
    let own = request.rules.tables.get(&tables[position].name);
    match own.and_then(|own| own.per.as_ref()) {
        Some(rule) => {
            if let Err(reason) = asked(request, tables, position, (rule, room)) {
                problems.add(
                    &tables[position].name.clone(),
                    format!("per: {reason}"),
                    "correct it under [seed.tables]",
                );
            }
        }
        None if own.is_none_or(|own| own.rows.is_none()) => {
            let mean = own.and_then(|own| own.per_parent);
            inferred(request, tables, position, (mean, room));
        }
        None => {}
    }
}

/// What a rule asks for; the reason where it cannot be.
fn asked(
    request: Request<'_>,
    tables: &mut [TablePlan],
    position: usize,
    (rule, room): (&PerRule, &Room<'_>),
) -> Result<(), String> {
    let link = named(request, tables, position, rule)?;
    let table = &tables[position];
    let plan = &table.parents[link];
    let parent = &tables[plan.parent];
    if plan.parent == position {
        return Err("rows cannot be laid out by rows of the same table".to_owned());
    }
    if parent.level >= table.level {
        return Err(format!("{} refers back to this table", parent.name));
    }
    if let Some(laid) = table.layout.filter(|laid| *laid != link) {
        return Err(format!(
            "rows are laid out by foreign key \"{}\" already, which shares columns with others",
            table.parents[laid].constraint
        ));
    }
    if !matches!(plan.choice, Choice::Uniform | Choice::Layout) {
        return Err(format!(
            "foreign key \"{}\" follows from others of the table",
            plan.constraint
        ));
    }
    let part = is_part(table, parent);
    let counts = counts_of(&rule.children, part).ok_or("all of its weights are 0")?;
    let (least, most) = counts.ends();
    let (cap, key) = room.children(tables, position, link)?;
    if most > cap {
        return Err(format!(
            "{most} rows for one parent are asked for, and {key} has room for {cap}"
        ));
    }
    if let Some(other) = least_needed(tables, position).filter(|_| least == 0) {
        return Err(format!(
            "rows of {} need one for each parent at least: min = 1",
            tables[other].name
        ));
    }
    let because = |shown: String| format!("the configuration says {shown}");
    lay_out(tables, (position, link), counts, because).ok_or_else(|| {
        format!("no table has room for so many rows for each row of {}", {
            &tables[tables[position].parents[link].parent].name
        })
    })?;
    tables[position].parents[link].nulls_per_million = 0;
    Ok(())
}

/// The foreign key that a rule names.
fn named(
    request: Request<'_>,
    tables: &[TablePlan],
    position: usize,
    rule: &PerRule,
) -> Result<usize, String> {
    let table = &tables[position];
    let fits = |link: &usize| {
        let plan = &table.parents[*link];
        let by_parent = rule.parent.as_ref();
        let by_column = rule.column.as_ref();
        by_parent.is_none_or(|name| tables[plan.parent].name == *name)
            && by_column.is_none_or(|name| {
                let mut columns = plan.columns.iter();
                columns.any(|(own, _)| table.columns[*own].name == *name)
            })
    };
    let found: Vec<usize> = (0..table.parents.len()).filter(fits).collect();
    match (found.as_slice(), &rule.parent) {
        ([one], _) => Ok(*one),
        ([], _) => Err(unknown(tables, position, rule)),
        (several, _) if rule.column.is_some() => Ok(several[0]),
        (_, Some(name)) => Err(format!(
            "several foreign keys refer to {name}: name a column of one, column = \"{}\"",
            table.columns[table.parents[found[0]].columns[0].0].name
        )),
        (several, None) => {
            let obvious = obvious(request, tables, position);
            Ok(obvious.unwrap_or(several[0]))
        }
    }
}

fn unknown(tables: &[TablePlan], position: usize, rule: &PerRule) -> String {
    let table = &tables[position];
    let mut names: Vec<String> = table
        .parents
        .iter()
        .map(|link| tables[link.parent].name.to_string())
        .collect();
    names.sort();
    names.dedup();
    let parent = rule.parent.as_ref().map(ToString::to_string);
    let wanted = match (&parent, &rule.column) {
        (Some(parent), Some(column)) => format!("to {parent} with column \"{column}\""),
        (Some(parent), None) => format!("to {parent}"),
        (None, Some(column)) => format!("with column \"{column}\""),
        (None, None) => "at all".to_owned(),
    };
    let near = parent.as_deref().and_then(|parent| {
        let found = nearest(parent, names.iter().map(String::as_str));
        found.filter(|found| *found != parent)
    });
    let near = near.map(|near| format!("did you mean {near}?"));
    let known = match names.is_empty() {
        true => "it refers to nothing".to_owned(),
        false => format!("it refers to {}", names.join(", ")),
    };
    let hint = near.unwrap_or(known);
    format!("the table has no foreign key {wanted}; {hint}")
}

/// What is believable: most parents have few children, few have many.
fn inferred(
    request: Request<'_>,
    tables: &mut [TablePlan],
    position: usize,
    (mean, room): (Option<u64>, &Room<'_>),
) -> Option<()> {
    let link = obvious(request, tables, position)?;
    let table = &tables[position];
    let plan = &table.parents[link];
    let parents = plan.choices(tables[plan.parent].rows);
    let tied = plan.columns.iter().any(|(own, _)| (room.tied)(*own));
    if parents < PARENTS_MIN || table.rows == 0 || tied && parents > PARENTS_TIED_MAX {
        return None;
    }
    let (cap, _) = room.children(tables, position, link).ok()?;
    let part = is_part(table, &tables[plan.parent]);
    let least = u64::from(part || least_needed(tables, position).is_some());
    let mean_per_mille = match mean {
        Some(mean) => mean * 1_000,
        None => {
            let most = scaled(ROWS_MAX, request.seed).max(parents);
            (PER_PARENT * 1_000).min((u128::from(most) * 1_000 / u128::from(parents)) as u64)
        }
    };
    if cap < 2 || mean_per_mille <= least * 1_000 {
        return None;
    }
    let mut counts = Counts::about(least, mean_per_mille, Distribution::Zipf);
    if counts.ends().1 > cap {
        counts = Counts::between(least, cap, Distribution::Zipf);
    }
    let because = |shown: String| match mean {
        Some(_) => format!("the configuration says {shown}"),
        None => format!("{shown}, few have many"),
    };
    lay_out(tables, (position, link), counts, because)
}

/// Puts the numbers of children into the plan; `None` where they are too many.
fn lay_out(
    tables: &mut [TablePlan],
    (position, link): (usize, usize),
    counts: Counts,
    because: impl Fn(String) -> String,
) -> Option<()> {
    let plan = &tables[position].parents[link];
    let parents = plan.choices(tables[plan.parent].rows);
    let name = tables[plan.parent].name.clone();
    let shown = shown(&counts, &name.to_string());
    let fan_out = FanOut::new(&plan.key.part("children"), parents, counts)?;
    let table = &mut tables[position];
    table.rows = fan_out.total();
    table.rows_because = because(shown);
    table.layout = Some(link);
    table.parents[link].choice = Choice::Layout;
    table.fan_out = Some(fan_out);
    Some(())
}

fn shown(counts: &Counts, parent: &str) -> String {
    match counts.ends() {
        (least, most) if least == most => format!("{least} for each row of {parent}"),
        (least, most) => format!(
            "{least} to {most} for each row of {parent}, {:.1} on average",
            counts.mean()
        ),
    }
}

fn counts_of(children: &Children, part: bool) -> Option<Counts> {
    match children {
        Children::Between {
            min,
            max,
            distribution,
        } => Some(Counts::between(*min, *max, *distribution)),
        Children::About {
            min,
            mean_per_mille,
            distribution,
        } => {
            let fits = part && *mean_per_mille >= 1_000;
            let min = min.unwrap_or(u64::from(fits));
            Some(Counts::about(min, *mean_per_mille, *distribution))
        }
        Children::Weighted(shares) => {
            let ranges = shares.iter().map(|share| (share.low, share.high));
            let weights = shares.iter().map(|share| share.weight);
            Counts::weighted(ranges.collect(), weights.collect())
        }
    }
}

/// Whether a row is a part of its parent, which has one at least.
fn is_part(table: &TablePlan, parent: &TablePlan) -> bool {
    let words = words_of(&table.name.name);
    let whole = words_of(&parent.name.name);
    let last = words.last().is_some_and(|w| PARTS.contains(&w.as_str()));
    last && words.len() > 1 && whole.last().is_some_and(|noun| words.contains(noun))
}

/// The foreign key whose parent a row belongs to, more than to any other.
fn obvious(request: Request<'_>, tables: &[TablePlan], position: usize) -> Option<usize> {
    let table = &tables[position];
    if let Some(laid) = table.layout {
        let earlier = tables[table.parents[laid].parent].level < table.level;
        return earlier.then_some(laid);
    }
    let fits = |link: &usize| {
        let plan = &table.parents[*link];
        let parent = &tables[plan.parent];
        plan.parent != position
            && parent.level < table.level
            && matches!(plan.choice, Choice::Uniform)
            && plan.eligible.is_none()
            && plan.own_columns.is_empty()
            && !is_spread(request, table, *link)
            && !is_short_list(tables, plan.parent)
    };
    let links = (0..table.parents.len()).filter(fits);
    links.max_by_key(|&link| {
        let rows = tables[table.parents[link].parent].rows;
        (
            belongs(request, tables, position, link),
            rows,
            usize::MAX - link,
        )
    })
}

/// Whether a rule says how the choices of a foreign key are spread.
fn is_spread(request: Request<'_>, table: &TablePlan, link: usize) -> bool {
    let own = request.rules.tables.get(&table.name);
    let first = &table.columns[table.parents[link].columns[0].0].name;
    let rule = own.and_then(|own| own.columns.get(first));
    rule.is_some_and(|rule| rule.distribution.is_some())
}

/// How much says that a row belongs to a parent.
fn belongs(request: Request<'_>, tables: &[TablePlan], position: usize, link: usize) -> u32 {
    let table = &tables[position];
    let plan = &table.parents[link];
    let model = &request.schema.tables[&table.name];
    let constraint = model.constraints.get(&plan.constraint);
    let cascades = constraint.is_some_and(|constraint| {
        matches!(
            constraint.kind,
            ConstraintKind::ForeignKey {
                on_delete: ReferentialAction::Cascade,
                ..
            }
        )
    });
    let words = words_of(&table.name.name);
    let whole = words_of(&tables[plan.parent].name.name);
    let named = words.len() > 1
        && whole
            .last()
            .is_some_and(|noun| words[..words.len() - 1].contains(noun));
    let sure = plan.nulls_per_million == 0;
    4 * u32::from(named) + 2 * u32::from(cascades) + 2 * u32::from(sure)
}

/// Takes numbers of children back that a unique key has cut: parents have equally many then.
pub(in crate::plan) fn keep(table: &mut TablePlan) {
    if table
        .fan_out
        .as_ref()
        .is_some_and(|fan| table.rows < fan.total())
    {
        table.fan_out = None;
    }
}

//! `per` of a table: how many of its rows each row of a parent gets.

use crate::config::text::{ProblemKind, Report, Table, Value, join};
use crate::schema::Name;
use crate::seed::{Children, Distribution, PerRule, Share, TableRules};

use super::{DISTRIBUTIONS, VALUES_MAX, table_name};

/// More children of one parent than this are a mistake: no table has as many rows.
const CHILDREN_MAX: u64 = 1 << 32;

/// Most children on average that are told from a mistake.
const MEAN_MAX: u64 = 1_000_000;

/// `per`, and `per_parent` as a short form of it.
pub(super) fn per(table: &mut Table<'_, '_>, rules: &mut TableRules, report: &mut Report<'_>) {
    let short = table.get("per_parent", report);
    let long = table.get("per", report);
    if let Some(value) = &short {
        rules.per_parent = value.number(1..=MEAN_MAX, report);
    }
    if let Some(value) = &long {
        let expected = "how many rows each parent gets: { parent = \"customers\", max = 20 }";
        rules.per = value
            .table(expected, report)
            .and_then(|table| per_rule(table, value.path(), report));
    }
    let Some(first) = long.as_ref().or(short.as_ref()) else {
        return;
    };
    let other = match (rules.rows, &short, &long) {
        (Some(_), ..) => "\"rows\"",
        (None, Some(_), Some(_)) => "\"per_parent\"",
        _ => return,
    };
    let message = format!("{other} decides how many rows there are, and so does this");
    report
        .key(first.path(), ProblemKind::Conflict, message)
        .hint = Some("keep one of the two".to_owned());
}

fn per_rule(mut table: Table<'_, '_>, path: &str, report: &mut Report<'_>) -> Option<PerRule> {
    let parent = table.get("parent", report);
    let parent = parent.map(|value| {
        let name = value
            .filled("the name of a table", report)
            .map(table_name)?;
        if name.is_none() {
            let expected = "a name such as \"public.customers\"";
            value.wrong("is no table's name", expected, report);
        }
        name
    });
    let column = table.get("column", report);
    let column = column.and_then(|value| value.filled("a column of the foreign key", report));
    let children = children(&mut table, path, report);
    table.finish(&[], report);
    let parent: Option<Name> = match parent {
        Some(named) => Some(named?),
        None => None,
    };
    Some(PerRule {
        parent,
        column: column.map(str::to_owned),
        children: children?,
    })
}

/// One of `count`, `counts`, `mean` and `max`.
fn children(table: &mut Table<'_, '_>, path: &str, report: &mut Report<'_>) -> Option<Children> {
    let count = table.get("count", report);
    let counts = table.get("counts", report);
    let mean = table.get("mean", report);
    let min = table.get("min", report);
    let max = table.get("max", report);
    let word = table.get("distribution", report);
    let ways = [&count, &counts, &mean, &max];
    let given = ways.iter().filter(|way| way.is_some()).count();
    if given != 1 {
        let message = match given {
            0 => "nothing says how many rows each parent gets".to_owned(),
            _ => "two keys say how many rows each parent gets".to_owned(),
        };
        let problem = report.key(path, ProblemKind::Conflict, message);
        problem.expected = Some("one of count, counts, mean, max".to_owned());
        return None;
    }
    let alone = count.is_some() || counts.is_some();
    for value in [&min, &word].into_iter().flatten().filter(|_| alone) {
        let message = "this goes with \"mean\" or \"max\" alone".to_owned();
        let problem = report.key(value.path(), ProblemKind::Conflict, message);
        problem.hint = Some("remove this key".to_owned());
    }
    let distribution = match &word {
        Some(word) => word.word(&DISTRIBUTIONS, report)?,
        None => Distribution::Zipf,
    };
    let least = match &min {
        Some(min) => Some(min.number(0..=CHILDREN_MAX, report)?),
        None => None,
    };
    if let Some(count) = count {
        let count = count.number(0..=CHILDREN_MAX, report)?;
        return Some(Children::Weighted(vec![Share {
            low: count,
            high: count,
            weight: 1,
        }]));
    }
    if let Some(counts) = counts {
        return shares(&counts, report).map(Children::Weighted);
    }
    if let Some(mean) = mean {
        let mean_per_mille = mean.per_mille(1..=MEAN_MAX * 1_000, report)?;
        if least.is_some_and(|least| least * 1_000 > mean_per_mille) {
            mean.wrong("is below \"min\"", "an average above it", report);
            return None;
        }
        return Some(Children::About {
            min: least,
            mean_per_mille,
            distribution,
        });
    }
    let most = max?;
    let (min, max) = (least.unwrap_or(0), most.number(0..=CHILDREN_MAX, report)?);
    if min > max {
        most.wrong("is below \"min\"", &format!("{min} or more"), report);
        return None;
    }
    Some(Children::Between {
        min,
        max,
        distribution,
    })
}

/// `{ "0" = 30, "1" = 40, "2..5" = 30 }`
fn shares(value: &Value<'_, '_>, report: &mut Report<'_>) -> Option<Vec<Share>> {
    let expected = "numbers of rows with their weights: { \"0\" = 3, \"1..5\" = 6 }";
    let mut found: Vec<Share> = Vec::new();
    let entries = value.table(expected, report)?.entries(VALUES_MAX, report);
    for (text, weight) in &entries {
        let Some((low, high)) = range(text) else {
            let message = format!("{text:?} is no number of rows");
            let path = join(value.path(), text);
            let problem = report.key(&path, ProblemKind::WrongValue, message);
            problem.expected = Some("a number, or two as in \"2..5\"".to_owned());
            continue;
        };
        if let Some(weight) = weight.number(1..=1_000_000, report) {
            found.push(Share {
                low,
                high,
                weight: weight as u32,
            });
        }
    }
    if entries.is_empty() {
        value.wrong("is empty", expected, report);
    }
    (!found.is_empty() && found.len() == entries.len()).then_some(found)
}

/// `7`, or `2..5` with both ends.
fn range(text: &str) -> Option<(u64, u64)> {
    let number = |text: &str| text.trim().parse::<u64>().ok();
    let (low, high) = match text.split_once("..") {
        Some((low, high)) => (number(low)?, number(high)?),
        None => (number(text)?, number(text)?),
    };
    (low <= high && high <= CHILDREN_MAX).then_some((low, high))
}

//! What CHECKs leave of a story: rows on trial, each with a state and the moments of one way.

use super::story::Story;
use crate::check::{Group, RowKey};
use crate::engine::stage_value;
use crate::key::Key;
use crate::plan::table::TablePlan;
use crate::plan::values::Values;
use crate::value::Value;

/// Rows for each way of each state.
const ROWS: u64 = 6;

/// How long before the present rows on trial begin, in microseconds.
const AGE: i64 = 200 * 86_400_000_000;

/// Takes the ways from a story that CHECKs do not let pass. A state of which none is left keeps what
/// the CHECKs ask for.
pub(super) fn prune(story: &mut Story, table: &TablePlan, values: &Values, as_of: i64) {
    let mut columns = vec![story.state];
    columns.extend(story.stages.iter().map(|stage| stage.column));
    let groups: Vec<&Group> = values
        .groups
        .iter()
        .filter(|group| {
            group
                .columns()
                .iter()
                .any(|column| columns.contains(column))
        })
        .collect();
    if groups.is_empty() {
        return;
    }
    for state in 0..story.states.len() {
        let passes = |way: &Vec<usize>| {
            let value = &story.states[state].value;
            (0..ROWS).all(|row| {
                let mut cells = cells(story, (way, value), (table, row), as_of);
                groups
                    .iter()
                    .all(|group| fills(group, story, &mut cells, row))
            })
        };
        let mut ways: Vec<Vec<usize>> = story.states[state].ways.clone();
        ways.retain(passes);
        if ways.is_empty() {
            ways = others(story, state);
            ways.retain(passes);
            ways.truncate(1);
        }
        story.states[state].ways = ways;
    }
}

/// Ways that names do not suggest: the stages of the state alone, one less or one more, none.
fn others(story: &Story, state: usize) -> Vec<Vec<usize>> {
    let longest = story.states[state].ways.iter().max_by_key(|way| way.len());
    let longest = longest.cloned().unwrap_or_default();
    let mut found: Vec<Vec<usize>> = Vec::new();
    for left in 0..longest.len() {
        let mut way = longest.clone();
        way.remove(left);
        found.push(way);
    }
    found.extend(longest.last().map(|last| vec![*last]));
    found.push(Vec::new());
    for more in 0..story.stages.len() {
        if !longest.contains(&more) {
            let mut way = longest.clone();
            way.push(more);
            way.sort_unstable();
            found.push(way);
        }
    }
    found
}

/// A row with nothing but its story.
fn cells(
    story: &Story,
    (way, state): (&[usize], &Value),
    (table, row): (&TablePlan, u64),
    as_of: i64,
) -> Vec<Value> {
    let mut cells = vec![Value::Null; table.columns.len()];
    let begin = as_of - AGE;
    cells[story.state] = state.clone();
    if let Some(column) = story.begin {
        cells[column] = stage_value(begin, &table.columns[column].data_type);
    }
    let moments = story.moments(way, row, (begin, as_of));
    for (stage, micros) in way.iter().zip(moments) {
        let column = story.stages[*stage].column;
        cells[column] = stage_value(micros, &table.columns[column].data_type);
    }
    cells
}

/// Whether the rest of a group can be filled around a row's story.
fn fills(group: &Group, story: &Story, cells: &mut [Value], row: u64) -> bool {
    let told = |column: usize| {
        column == story.state
            || Some(column) == story.begin
            || story.stages.iter().any(|stage| stage.column == column)
    };
    let key = Key::derive(0, &["trial of a story"]);
    let filled = group.fill(cells, &told, &mut |_, _, _| None, RowKey { key, row });
    filled.is_ok()
}

//! Exclusion constraints over ranges: rows get places on a line that never overlap.

use rules::schema::{ConstraintKind, Schema};

use super::problem::Problems;
use super::table::{Choice, Origin, SlotPart, SlotPlan, TablePlan};
use crate::value::Type;

/// An element of an exclusion constraint.
struct Element<'d> {
    text: &'d str,
    operator: &'d str,
}

/// Makes the rows of every exclusion constraint disjoint.
pub(super) fn exclude(schema: &Schema, table: &mut TablePlan, problems: &mut Problems) {
    for (name, constraint) in &schema.tables[&table.name].constraints {
        if !matches!(constraint.kind, ConstraintKind::Exclusion { .. }) {
            continue;
        }
        let elements = elements(&constraint.definition);
        if !unlike(table, &elements).is_empty() {
            continue;
        }
        let ranges = elements.iter().filter(|element| element.operator == "&&");
        let places = ranges.filter_map(|element| parts(table, element.text));
        let Some(parts) = places.min_by_key(Vec::len) else {
            problems.add(
                &table.name,
                format!(
                    "exclusion constraint \"{name}\" is {}",
                    constraint.definition
                ),
                "only ranges that must not overlap (&&) are understood; drop it in the seeded \
                 environment, or leave the table empty with rows = 0",
            );
            continue;
        };
        let by_parent = elements
            .iter()
            .filter(|element| element.operator == "=")
            .filter_map(|element| table.column(element.text.trim_matches('"')))
            .find_map(|column| lone_link(table, column));
        if let Some(link) = by_parent.filter(|_| table.layout.is_none()) {
            table.layout = Some(link);
            table.parents[link].choice = Choice::Layout;
            table.parents[link].nulls_per_million = 0;
        }
        let slot = SlotPlan {
            constraint: name.clone(),
            key: table.key.part(name),
            by_parent: by_parent.is_some() && table.layout == by_parent,
            factor: 1,
        };
        let number = table.slots.len();
        table.slots.push(slot);
        for (column, part) in parts {
            table.columns[column].origin = Origin::Slot(number, part);
        }
    }
}

/// The columns of an exclusion constraint that different values satisfy: those that must not be equal,
/// and addresses that must not overlap, which single hosts do not.
pub(super) fn distinct_columns(table: &TablePlan, definition: &str) -> Vec<usize> {
    unlike(table, &elements(definition))
}

fn unlike(table: &TablePlan, elements: &[Element<'_>]) -> Vec<usize> {
    let columns: Option<Vec<usize>> = elements
        .iter()
        .map(|element| {
            let name = element.text.split(' ').next()?.trim_matches('"');
            let column = table.column(name)?;
            let address = matches!(
                table.columns[column].data_type.base(),
                Type::Inet | Type::Cidr
            );
            (element.operator == "=" || element.operator == "&&" && address).then_some(column)
        })
        .collect();
    columns.unwrap_or_default()
}

/// A foreign key of this column alone that chooses freely.
fn lone_link(table: &TablePlan, column: usize) -> Option<usize> {
    table.parents.iter().position(|link| {
        let alone = link.columns.len() == 1 && link.columns[0].0 == column;
        alone && matches!(link.choice, Choice::Uniform | Choice::Layout)
    })
}

/// The columns that make an element's range, and what of the range each holds.
fn parts(table: &TablePlan, text: &str) -> Option<Vec<(usize, SlotPart)>> {
    let free = |name: &str| {
        let column = table.column(name.trim().trim_matches('"'))?;
        (table.columns[column].origin == Origin::Free).then_some(column)
    };
    if let Some(column) = free(text) {
        let is_range = match table.columns[column].data_type.base() {
            Type::Range(_) => true,
            Type::Geometry(kind) => matches!(kind.as_str(), "box" | "circle" | "polygon"),
            _ => false,
        };
        return is_range.then(|| vec![(column, SlotPart::Whole)]);
    }
    let (function, arguments) = text.split_once('(')?;
    const RANGES: [&str; 6] = [
        "int4range",
        "int8range",
        "numrange",
        "tsrange",
        "tstzrange",
        "daterange",
    ];
    if !RANGES.contains(&function.trim()) {
        return None;
    }
    let mut arguments = arguments.strip_suffix(')')?.split(',');
    let (start, end) = (free(arguments.next()?)?, free(arguments.next()?)?);
    (start != end).then(|| vec![(start, SlotPart::Start), (end, SlotPart::End)])
}

/// `EXCLUDE USING gist (room WITH =, period WITH &&) WHERE (…)`, element by element.
fn elements(definition: &str) -> Vec<Element<'_>> {
    let Some(list) = definition.find('(').map(|open| &definition[open + 1..]) else {
        return Vec::new();
    };
    let (mut found, mut depth, mut start) = (Vec::new(), 0_i32, 0);
    for (at, c) in list.char_indices() {
        match c {
            '(' => depth += 1,
            ')' if depth == 0 => {
                found.push(&list[start..at]);
                break;
            }
            ')' => depth -= 1,
            ',' if depth == 0 => {
                found.push(&list[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    let split = |element: &'_ str| -> Option<(usize, usize)> {
        let at = element.rfind(" WITH ")?;
        Some((at, at + " WITH ".len()))
    };
    found
        .into_iter()
        .filter_map(|element| {
            let (end, operator) = split(element)?;
            Some(Element {
                text: element[..end].trim(),
                operator: element[operator..].trim(),
            })
        })
        .collect()
}

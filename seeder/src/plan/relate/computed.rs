//! Columns that are computed from others by what they are called: what a line of an order costs, what
//! an invoice comes to.

use rules::seed::TableRules;

use super::life::plain;
use crate::plan::table::{ColumnPlan, Origin, TablePlan};
use crate::value::Type;

/// What a line costs.
const LINE_TOTALS: [&str; 10] = [
    "line total",
    "total price",
    "total",
    "line amount",
    "amount",
    "subtotal",
    "sub total",
    "total amount",
    "extended price",
    "item total",
];
/// How many there are on a line.
const QUANTITIES: [&str; 4] = ["quantity", "qty", "units", "count"];
/// What one of them costs.
const PRICES: [&str; 7] = [
    "unit price",
    "price",
    "price each",
    "item price",
    "price per unit",
    "unit cost",
    "price at purchase",
];
/// What a document comes to.
const TOTALS: [&str; 7] = [
    "total",
    "total amount",
    "grand total",
    "amount total",
    "total price",
    "total due",
    "amount due",
];
/// What its lines come to.
const SUBTOTALS: [&str; 6] = [
    "subtotal",
    "sub total",
    "subtotal amount",
    "net total",
    "net amount",
    "items total",
];
/// What is added to that.
const ADDED: [&str; 13] = [
    "tax",
    "tax amount",
    "tax total",
    "vat",
    "vat amount",
    "shipping",
    "shipping cost",
    "shipping amount",
    "shipping total",
    "freight",
    "handling",
    "tip",
    "shipping fee",
];
/// What is taken away.
const TAKEN: [&str; 5] = [
    "discount",
    "discount amount",
    "discount total",
    "total discount",
    "rebate",
];

/// Columns with the expressions that they are equal to, and those that they are computed from.
pub(in crate::plan) fn sums(
    rules: Option<&TableRules>,
    table: &TablePlan,
) -> Vec<(usize, String, Vec<usize>)> {
    let free = |column: &ColumnPlan| {
        let rule = rules.and_then(|rules| rules.columns.get(&column.name));
        let ruled = rule.is_some_and(|rule| {
            rule.with.is_some()
                || !rule.values.is_empty()
                || rule.is.is_some()
                || rule.given.is_some()
        });
        let counted = matches!(
            column.data_type.base(),
            Type::Int { .. } | Type::Decimal { .. }
        );
        counted && column.origin == Origin::Free && !column.generated && !ruled
    };
    let find = |names: &[&str]| {
        names.iter().find_map(|name| {
            let named = |column: &ColumnPlan| plain(&column.known_as) == *name && free(column);
            table.columns.iter().position(named)
        })
    };
    let all = |names: &[&str]| {
        let columns = table.columns.iter().enumerate();
        let named = columns.filter(|(_, column)| {
            names.contains(&plain(&column.known_as).as_str()) && free(column)
        });
        named.map(|(column, _)| column).collect::<Vec<usize>>()
    };
    let taken = all(&TAKEN);
    let mut found = Vec::new();
    let lines = (find(&QUANTITIES), find(&PRICES));
    if let (Some(quantity), Some(price)) = lines
        && let Some(total) = find(&LINE_TOTALS)
    {
        let product = format!("{} * {}", name(table, quantity), name(table, price));
        let expression = parts(table, product, &[], &taken);
        let mut from = vec![quantity, price];
        from.extend(&taken);
        found.extend(rounded(table, total, &expression).map(|text| (total, text, from)));
    } else if let (Some(subtotal), Some(total)) = (find(&SUBTOTALS), find(&TOTALS)) {
        let added = all(&ADDED);
        if !added.is_empty() || !taken.is_empty() {
            let expression = parts(table, name(table, subtotal), &added, &taken);
            let mut from = vec![subtotal];
            from.extend(added.iter().chain(&taken));
            found.extend(rounded(table, total, &expression).map(|text| (total, text, from)));
        }
    }
    found.retain(|(total, _, from)| !from.contains(total));
    found
}

fn name(table: &TablePlan, column: usize) -> String {
    format!("\"{}\"", table.columns[column].name.replace('"', "\"\""))
}

fn parts(table: &TablePlan, first: String, added: &[usize], taken: &[usize]) -> String {
    let part = |column: &usize| match table.columns[*column].nullable {
        true => format!("coalesce({}, 0)", name(table, *column)),
        false => name(table, *column),
    };
    let mut text = first;
    for column in added {
        text = format!("{text} + {}", part(column));
    }
    for column in taken {
        text = format!("{text} - {}", part(column));
    }
    text
}

/// The expression with as many digits as the column holds.
pub(in crate::plan) fn rounded(
    table: &TablePlan,
    column: usize,
    expression: &str,
) -> Option<String> {
    match table.columns[column].data_type.base() {
        Type::Decimal {
            scale: Some(scale), ..
        } => Some(format!("round({expression}, {scale})")),
        Type::Decimal { scale: None, .. } | Type::Int { .. } => Some(expression.to_owned()),
        _ => None,
    }
}

//! CHECKs of a table, of its parents, partitions and rules, as one list that is solved together.

use rules::schema::{Column, ConstraintKind, Schema};
use rules::seed::{SeedRules, TableRules};

use super::problem::Problems;
use super::relate::{rounded, sums};
use super::table::TablePlan;
use super::values::Values;
use super::{Request, bounds};
use crate::check;
use crate::value::Type;

/// Begins the names of conditions that say what a column is computed from.
const IS: &str = "is of ";

/// Conditions on a table's rows with their names: its own, those of its partitions and of the rules.
fn conditions(schema: &Schema, rules: &SeedRules, table: &TablePlan) -> Vec<(String, String)> {
    let model = &schema.tables[&table.name];
    let mut conditions = Vec::new();
    // A child table obeys its parents' CHECKs, which the catalogue lists at the parents alone.
    let mut families = vec![model];
    while let Some(member) = families.pop() {
        for (name, constraint) in &member.constraints {
            if let ConstraintKind::Check { expression } = &constraint.kind {
                conditions.push((name.clone(), computed(expression, &model.columns)));
            }
        }
        families.extend(
            member
                .inherits
                .iter()
                .filter_map(|parent| schema.tables.get(parent)),
        );
    }
    if let Some(condition) = bounds::condition(schema, &table.name) {
        conditions.push(("bounds of the partitions".to_owned(), condition));
    }
    let own = rules.tables.get(&table.name);
    for (name, rule) in own.into_iter().flat_map(|own| &own.columns) {
        let quoted = format!("\"{}\"", name.replace('"', "\"\""));
        let literal = |text: &str| format!("'{}'", text.replace('\'', "''"));
        if let Some(min) = &rule.min {
            conditions.push((
                format!("min of {name}"),
                format!("{quoted} >= {}", literal(min)),
            ));
        }
        if let Some(max) = &rule.max {
            conditions.push((
                format!("max of {name}"),
                format!("{quoted} <= {}", literal(max)),
            ));
        }
        if let Some(is) = &rule.is {
            let rounded = table
                .column(name)
                .and_then(|column| rounded(table, column, &format!("({is})")));
            let is = rounded.unwrap_or_else(|| is.clone());
            conditions.push((format!("{IS}{name}"), format!("{quoted} = ({is})")));
        }
    }
    conditions
}

/// An expression with generated columns replaced by what they are computed from.
fn computed(expression: &str, columns: &[Column]) -> String {
    let mut text = expression.to_owned();
    for column in columns {
        let Some(generated) = &column.generated else {
            continue;
        };
        let mut replaced = String::new();
        let mut rest = text.as_str();
        while let Some(at) = rest.find(&column.name) {
            let (before, after) = rest.split_at(at);
            let after = &after[column.name.len()..];
            let part = |c: char| c == '_' || c == '\'' || c.is_alphanumeric();
            let whole =
                !before.ends_with(part) && !after.starts_with(part) && !after.starts_with('(');
            let (before, after) = match (before.strip_suffix('"'), after.strip_prefix('"')) {
                (Some(before), Some(after)) => (before, after),
                _ => (before, after),
            };
            replaced.push_str(before);
            match whole {
                true => replaced.push_str(&format!("({})", generated.expression)),
                false => replaced.push_str(&column.name),
            }
            rest = after;
        }
        replaced.push_str(rest);
        text = replaced;
    }
    text
}

/// The columns of a table as CHECKs see them.
pub(crate) fn columns_of<'t>(
    as_of_micros: i64,
    table: &'t TablePlan,
    model: &rules::schema::Table,
) -> check::Columns<'t> {
    let columns = table.columns.iter().zip(&model.columns);
    let columns = columns.map(|(column, own)| check::Column {
        name: &column.name,
        data_type: &column.data_type,
        not_null: !column.nullable,
        c_collation: own
            .collation
            .as_deref()
            .is_some_and(|name| name.contains("\"C\"")),
    });
    check::Columns::new(columns.collect()).at(as_of_micros)
}

pub(super) fn solve(
    request: Request<'_>,
    table: &TablePlan,
    values: &mut Values,
    problems: &mut Problems,
) {
    let mut conditions = conditions(request.schema, request.rules, table);
    let groups = solved(request, table, values, (&conditions, problems));
    values.contradicted = contradicted(table, &groups, &conditions);
    take(values, groups);
    // Rows of scenarios are made without what keeps the others from being like them.
    let apart = crate::scenario::apart(request, table, values, problems);
    if !apart.is_empty() {
        conditions.extend(apart);
        let own = std::mem::take(&mut values.groups);
        let groups = solved(request, table, values, (&conditions, problems));
        take(values, groups);
        values.added_groups = Some(own);
    }
}

fn take(values: &mut Values, groups: Vec<check::Group>) {
    for (number, group) in groups.iter().enumerate() {
        for &column in group.columns() {
            values.makers[column].group = Some(number);
        }
    }
    values.groups = groups;
}

/// The groups that satisfy the conditions; what is not solved is named.
fn solved(
    request: Request<'_>,
    table: &TablePlan,
    values: &mut Values,
    (conditions, problems): (&[(String, String)], &mut Problems),
) -> Vec<check::Group> {
    let Request { schema, rules, .. } = request;
    let columns = columns_of(request.as_of_micros, table, &schema.tables[&table.name]);
    let own = rules.tables.get(&table.name);
    let solved = match with_sums(own, table, values, (&columns, conditions)) {
        Some(solved) => solved,
        None => check::solve(&columns, &constraints(conditions)),
    };
    let has_rule = |column: usize| {
        let rule = own.and_then(|own| own.columns.get(&table.columns[column].name));
        rule.is_some_and(|rule| rule.with.is_some() || !rule.values.is_empty())
    };
    for unsolved in solved.unsolved {
        // Who gives values says that they pass; the server judges.
        if let check::Unsolved::NotUnderstood {
            constraint,
            expression,
            ..
        } = &unsolved
        {
            let named = super::keys::columns_in(expression, table);
            if !constraint.starts_with(IS) && !named.is_empty() && named.into_iter().all(has_rule) {
                continue;
            }
        }
        let (reason, hint) = told(&unsolved, table, conditions);
        problems.add(&table.name, reason, &hint);
    }
    solved.groups
}

/// What is not solved, with its expressions, and what the configuration can say about it.
fn told(
    unsolved: &check::Unsolved,
    table: &TablePlan,
    conditions: &[(String, String)],
) -> (String, String) {
    match unsolved {
        check::Unsolved::NotUnderstood {
            constraint,
            expression,
            reason,
        } => {
            let name = read_by(table, constraint, expression).map(|column| {
                let name = &table.columns[column].name;
                format!("columns.{} = {{ values = {{ \"…\" = 1 }} }}", bare(name))
            });
            let rule = name.unwrap_or_else(|| "columns".to_owned());
            (
                format!("{constraint}: not solved: {reason}: CHECK ({expression})"),
                format!("give its values: [seed.tables.\"{}\"] {rule}", table.name),
            )
        }
        check::Unsolved::Unsatisfiable { constraints } => {
            let constraints = constraints.iter().map(String::as_str);
            (
                format!(
                    "no row can satisfy {}",
                    shown(constraints, table, conditions)
                ),
                "correct the schema, or the rule that says one of these".to_owned(),
            )
        }
    }
}

/// Constraints by name, with their expressions.
fn shown<'n>(
    names: impl Iterator<Item = &'n str>,
    table: &TablePlan,
    conditions: &[(String, String)],
) -> String {
    let expression = |name: &str| {
        let own = conditions.iter().find(|(own, _)| own == name);
        let domains = table
            .columns
            .iter()
            .flat_map(|column| checks(&column.data_type));
        let mut domains = domains.filter(|(own, _)| own == name);
        let found = own.or_else(|| domains.next());
        found.map(|(_, expression)| format!("{name}: CHECK ({expression})"))
    };
    let each = names.map(|name| expression(name).unwrap_or_else(|| name.to_owned()));
    each.collect::<Vec<_>>().join(" and ")
}

/// The CHECKs of the domains that a type is made of.
fn checks(data_type: &Type) -> &[(String, String)] {
    match data_type {
        Type::Domain { checks, .. } => checks,
        _ => &[],
    }
}

/// The first column that a constraint of the table, or of a column's domain, reads.
fn read_by(table: &TablePlan, constraint: &str, expression: &str) -> Option<usize> {
    let own = super::keys::columns_in(expression, table);
    let of_domain = |column: &super::table::ColumnPlan| {
        let mut checks = checks(&column.data_type).iter();
        checks.any(|(name, text)| name == constraint && text == expression)
    };
    own.first()
        .copied()
        .or_else(|| table.columns.iter().position(of_domain))
}

/// A key of TOML.
fn bare(name: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    match !name.is_empty() && name.chars().all(bare) {
        true => name.to_owned(),
        false => format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\"")),
    }
}

/// Columns that are NULL in every row since their CHECKs contradict one another, with these.
fn contradicted(
    table: &TablePlan,
    groups: &[check::Group],
    conditions: &[(String, String)],
) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for group in groups {
        for &column in group.null_escape() {
            let mut domain = group.domain(column).into_iter();
            if !domain.any(|domain| domain.nulls() == check::Nulls::Required) {
                continue;
            }
            let named = |name: &&str| {
                let mut own = conditions.iter().filter(|(own, _)| own == name);
                let reads =
                    |expression: &str| super::keys::columns_in(expression, table).contains(&column);
                own.next().is_none_or(|(_, expression)| reads(expression))
            };
            let names = shown(group.constraints().filter(named), table, conditions);
            found.push((column, format!("nothing but NULL satisfies {names}")));
        }
    }
    found
}

fn constraints(conditions: &[(String, String)]) -> Vec<check::Constraint<'_>> {
    conditions
        .iter()
        .map(|(name, expression)| check::Constraint { name, expression })
        .collect()
}

/// Solves the conditions together with what names say of sums and products; `None` where there is
/// nothing of the kind, or rows could not be made so.
fn with_sums(
    own: Option<&TableRules>,
    table: &TablePlan,
    values: &mut Values,
    (columns, conditions): (&check::Columns<'_>, &[(String, String)]),
) -> Option<check::Solved> {
    let sums = sums(own, table);
    if sums.is_empty() {
        return None;
    }
    let name = |column: usize| format!("sum \"{}\"", table.columns[column].name);
    let mut all = conditions.to_vec();
    for (column, expression, _) in &sums {
        let quoted = table.columns[*column].name.replace('"', "\"\"");
        all.push((name(*column), format!("\"{quoted}\" = ({expression})")));
    }
    let solved = check::solve(columns, &constraints(&all));
    let told = |own: &str| sums.iter().any(|(column, ..)| name(*column) == own);
    let kept = solved.groups.iter().all(|group| {
        let touched = group.constraints().any(told);
        !touched || group.proven() && group.null_escape().is_empty()
    });
    let lost = solved.unsolved.iter().any(|unsolved| match unsolved {
        check::Unsolved::Unsatisfiable { constraints } => constraints.iter().any(|own| told(own)),
        check::Unsolved::NotUnderstood { constraint, .. } => told(constraint),
    });
    if lost || !kept {
        return None;
    }
    let unsaid = |column: usize| {
        let rule = own.and_then(|own| own.columns.get(&table.columns[column].name));
        rule.is_none_or(|rule| rule.nulls_per_million.is_none())
    };
    for (column, expression, from) in sums {
        values.makers[column].reason = format!("by its name {expression}");
        for column in from
            .into_iter()
            .chain([column])
            .filter(|column| unsaid(*column))
        {
            values.makers[column].nulls_per_million = 0;
        }
    }
    Some(solved)
}

//! The CHECKs that a column's values satisfy: asked about a value, and solved for what they allow.

use seeder::check::{self, Check, Columns, Constraint, Domain, Group, Truth};
use seeder::value::{Type, Value};

use super::Column;

/// The CHECKs that read nothing but the column, its domain's among them.
#[derive(Debug, Clone)]
pub(super) struct Checks {
    data_type: Type,
    checks: Vec<Check>,
    /// The expressions, for people.
    expressions: Vec<String>,
}

impl Checks {
    /// Those of a column that were understood; the server judges the others as rows are loaded.
    pub(super) fn of(column: &Column<'_>) -> Self {
        let mut found = Self {
            data_type: column.data_type.clone(),
            checks: Vec::new(),
            expressions: Vec::new(),
        };
        if !is_read(column.data_type) {
            return found;
        }
        for check in column.checks {
            found.add(&check.column, column.data_type, &check.expression);
        }
        let mut data_type = column.data_type;
        while let Type::Domain { base, checks, .. } = data_type {
            for (_, expression) in checks {
                found.add("VALUE", base, expression);
            }
            data_type = base;
        }
        found
    }

    fn add(&mut self, name: &str, data_type: &Type, expression: &str) {
        if let Ok(check) = Check::compile(expression, &single(name, data_type)) {
            self.checks.push(check);
            self.expressions.push(expression.to_owned());
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.checks.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.checks.len()
    }

    pub(super) fn expressions(&self) -> String {
        self.expressions.join(", ")
    }

    /// Which of them hold for a value's text, a bit each. All do for what cannot be read here: it is
    /// left to the server.
    pub(super) fn truths(&self, text: &[u8]) -> u64 {
        let text = std::str::from_utf8(text).ok();
        let Some(value) = text.and_then(|text| Value::read(text, &self.data_type)) else {
            return u64::MAX;
        };
        let row = [value];
        let holds = |check: &Check| check.eval(&row) != Truth::False;
        let truths = self.checks.iter().take(64).map(holds).enumerate();
        truths.fold(0, |all, (at, holds)| all | u64::from(holds) << at)
    }
}

/// Whether values of a type are read as what they are.
fn is_read(data_type: &Type) -> bool {
    matches!(
        data_type.base(),
        Type::Bool
            | Type::Int { .. }
            | Type::Decimal { .. }
            | Type::Float { .. }
            | Type::Text { .. }
            | Type::Date
            | Type::Timestamp { .. }
            | Type::Uuid
            | Type::Enum(_)
    )
}

fn single<'a>(name: &'a str, data_type: &'a Type) -> Columns<'a> {
    Columns::new(vec![check::Column {
        name,
        data_type,
        not_null: true,
        c_collation: false,
    }])
}

/// What CHECKs allow a column to hold, as far as they were understood; `None` where there are none.
pub(super) fn allowed(column: &Column<'_>) -> Option<Domain> {
    let mut domains = Vec::new();
    let names = column.checks.iter().map(|check| check.column.as_str());
    let names: std::collections::BTreeSet<&str> = names.chain(["VALUE"]).collect();
    for name in names {
        let of_name = column.checks.iter().filter(|check| check.column == name);
        let constraints: Vec<Constraint<'_>> = of_name
            .filter(|check| {
                Check::compile(&check.expression, &single(name, column.data_type)).is_ok()
            })
            .map(|check| Constraint {
                name: "check",
                expression: &check.expression,
            })
            .collect();
        // Without a constraint, the CHECKs of the type's own domain are solved.
        let group = Group::new(&single(name, column.data_type), &constraints).ok();
        domains.extend(group.and_then(|group| group.domain(0).cloned()));
    }
    // The smallest set: columns of one domain that are called otherwise have CHECKs of their own.
    domains.into_iter().min_by_key(Domain::size)
}

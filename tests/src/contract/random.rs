//! Random schemas: tables, columns and constraints as people write them.

use super::dice::Dice;
use super::model::{Check, Column, Foreign, Model, Table, Unique};

/// Names of tables with what their foreign keys are called.
const TABLES: [(&str, &str); 14] = [
    ("users", "user_id"),
    ("customers", "customer_id"),
    ("orders", "order_id"),
    ("order_items", "item_id"),
    ("products", "product_id"),
    ("tickets", "ticket_id"),
    ("patients", "patient_id"),
    ("things", "thing_id"),
    ("companies", "company_id"),
    ("statuses", "status_id"),
    ("events", "event_id"),
    ("addresses", "address_id"),
    ("memberships", "membership_id"),
    ("books", "book_id"),
];

/// Other names of foreign keys.
const ROLES: [&str; 5] = [
    "owner_id",
    "author_id",
    "created_by",
    "parent_id",
    "account_id",
];

/// Columns by name and type.
const COLUMNS: [(&str, &str); 64] = [
    ("first_name", "text"),
    ("last_name", "character varying(60)"),
    ("full_name", "text"),
    ("email", "text"),
    ("contact_email", "character varying(120)"),
    ("username", "character varying(40)"),
    ("phone", "text"),
    ("city", "text"),
    ("state", "text"),
    ("postcode", "character varying(12)"),
    ("country", "text"),
    ("street", "text"),
    ("birth_date", "date"),
    ("gender", "text"),
    ("salary", "numeric(10,2)"),
    ("name", "text"),
    ("title", "character varying(80)"),
    ("description", "text"),
    ("status", "text"),
    ("code", "character varying(20)"),
    ("slug", "text"),
    ("sku", "text"),
    ("notes", "text"),
    ("iso", "character varying(2)"),
    ("locale", "text"),
    ("created_at", "timestamp with time zone"),
    ("joined_at", "timestamp without time zone"),
    ("ordered_at", "timestamp with time zone"),
    ("hired_on", "date"),
    ("updated_at", "timestamp with time zone"),
    ("deleted_at", "timestamp with time zone"),
    ("cancelled_at", "timestamp with time zone"),
    ("start_date", "date"),
    ("end_date", "date"),
    ("started_at", "timestamp with time zone"),
    ("finished_at", "timestamp with time zone"),
    ("begins_on", "date"),
    ("valid_from", "date"),
    ("valid_to", "date"),
    ("check_in", "date"),
    ("check_out", "timestamp with time zone"),
    ("expires_at", "timestamp with time zone"),
    ("due_date", "date"),
    ("last_login", "timestamp with time zone"),
    ("paid_at", "timestamp with time zone"),
    ("opens_at", "time without time zone"),
    ("price", "numeric(10,2)"),
    ("cost", "numeric(10,2)"),
    ("quantity", "integer"),
    ("stock", "integer"),
    ("rating", "smallint"),
    ("sort_order", "integer"),
    ("line_no", "integer"),
    ("version", "integer"),
    ("score", "double precision"),
    ("is_active", "boolean"),
    ("token", "uuid"),
    ("settings", "jsonb"),
    ("tags", "text[]"),
    ("address", "inet"),
    ("grade", "public.grade"),
    ("attachment", "bytea"),
    ("company_name", "text"),
    ("home", "point"),
];

/// CHECKs over one column of a type.
const CHECKS: [(&str, &str); 9] = [
    ("integer", "({0} > 0)"),
    ("integer", "(({0} >= 1) AND ({0} <= 500))"),
    ("smallint", "(({0} >= 1) AND ({0} <= 5))"),
    ("numeric(10,2)", "({0} >= (0)::numeric)"),
    ("text", "(char_length({0}) >= 3)"),
    ("text", "({0} = lower({0}))"),
    (
        "text",
        "({0} = ANY (ARRAY['open'::text, 'paid'::text, 'void'::text]))",
    ),
    ("date", "({0} >= '2020-01-01'::date)"),
    ("bigint", "({0} > 3)"),
];

/// CHECKs over two columns of one type.
const PAIRS: [(&str, &str); 6] = [
    ("date", "({0} <= {1})"),
    ("timestamp with time zone", "({0} <= {1})"),
    ("numeric(10,2)", "({0} >= {1})"),
    ("integer", "({0} >= {1})"),
    ("bigint", "({0} <> {1})"),
    ("text", "(({0} IS NULL) = ({1} IS NULL))"),
];

/// Percent of CHECKs that may be ones whose solution is an automaton: planning takes long with them.
const PATTERNS: usize = 15;

/// Most rows that a table gets by a rule, and 20 more.
const ROWS_MAX: usize = 100;

impl Model {
    /// A random schema.
    pub fn random(dice: &mut Dice) -> Self {
        let mut model = Self {
            scale_per_mille: 20 + dice.below(40) as u64,
            tables: Vec::new(),
        };
        for _ in 0..2 + dice.below(4) {
            if let Some(table) = table(&model, dice) {
                model.tables.push(table);
            }
        }
        if dice.percent(15) {
            share_tenant(&mut model);
        }
        model
    }
}

/// A table of a name that is free.
pub(super) fn table(model: &Model, dice: &mut Dice) -> Option<Table> {
    let free: Vec<&str> = TABLES
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| model.table(name).is_none())
        .collect();
    let mut table = Table {
        name: (*dice.pick(&free)?).to_owned(),
        rows: dice.percent(70).then(|| 20 + dice.below(ROWS_MAX) as u64),
        columns: Vec::new(),
        primary: Vec::new(),
        uniques: Vec::new(),
        indexes: Vec::new(),
        checks: Vec::new(),
        foreign: Vec::new(),
    };
    let (name, data_type, identity) = match dice.below(10) {
        0 => ("uid", "uuid", false),
        1 => ("key", "text", false),
        2 | 3 => ("id", "integer", false),
        _ => ("id", "bigint", true),
    };
    table.columns.push(Column {
        identity,
        ..plain(name, data_type, false)
    });
    table.primary = vec![name.to_owned()];
    for _ in 0..dice.below(3) {
        if let Some((column, foreign)) = reference(model, &table, dice) {
            table.columns.push(column);
            table.foreign.push(foreign);
        }
    }
    for _ in 0..2 + dice.below(6) {
        table.columns.extend(column(&table, dice));
    }
    if dice.percent(35) {
        table.uniques.extend(unique(&table, dice));
    }
    for _ in 0..dice.below(3) {
        table.checks.extend(check(&table, dice));
    }
    Some(table)
}

fn plain(name: &str, data_type: &'static str, nullable: bool) -> Column {
    Column {
        name: name.to_owned(),
        data_type,
        nullable,
        identity: false,
        default: None,
        was: None,
    }
}

/// A column that the table has not.
pub(super) fn column(table: &Table, dice: &mut Dice) -> Option<Column> {
    let free: Vec<&(&str, &'static str)> = COLUMNS
        .iter()
        .filter(|(name, _)| table.column(name).is_none())
        .collect();
    let (name, data_type) = dice.pick(&free)?;
    Some(plain(name, data_type, dice.percent(50)))
}

/// A column that refers to another table, or to its own.
pub(super) fn reference(
    model: &Model,
    table: &Table,
    dice: &mut Dice,
) -> Option<(Column, Foreign)> {
    let mut targets: Vec<&Table> = model
        .tables
        .iter()
        .filter(|one| one.name != table.name)
        .collect();
    if dice.percent(12) {
        targets = vec![table];
    }
    let target = *dice.pick(&targets)?;
    let [key] = &target.primary[..] else {
        return None;
    };
    let usual = TABLES.iter().find(|(name, _)| *name == target.name)?.1;
    let name = match dice.percent(70) && target.name != table.name {
        true => usual,
        false => dice.pick(&ROLES)?,
    };
    if table.column(name).is_some() {
        return None;
    }
    let column = plain(name, target.column(key)?.data_type, dice.percent(40));
    let foreign = Foreign {
        name: format!("{}_{name}_fkey", table.name),
        columns: vec![name.to_owned()],
        table: target.name.clone(),
        referenced: vec![key.clone()],
    };
    Some((column, foreign))
}

/// A unique key over one or two columns.
pub(super) fn unique(table: &Table, dice: &mut Dice) -> Option<Unique> {
    let fit = |column: &&Column| {
        let data_type = column.data_type;
        !column.identity
            && !matches!(
                data_type,
                "jsonb" | "text[]" | "bytea" | "boolean" | "point"
            )
    };
    let fit: Vec<&Column> = table.columns.iter().filter(fit).collect();
    let mut columns = vec![dice.pick(&fit)?.name.clone()];
    if dice.percent(45) {
        let second = dice.pick(&fit)?.name.clone();
        if second != columns[0] {
            columns.push(second);
        }
    }
    let name = format!("{}_{}_key", table.name, columns.join("_"));
    let free = table.uniques.iter().all(|other| other.name != name);
    free.then_some(Unique {
        name,
        columns,
        index: dice.percent(40),
    })
}

/// A CHECK over one or two columns.
pub(super) fn check(table: &Table, dice: &mut Dice) -> Option<Check> {
    let of = |data_type: &str| -> Vec<&Column> {
        let columns = table.columns.iter();
        columns
            .filter(|column| column.data_type == data_type)
            .collect()
    };
    let two = dice.percent(40);
    let patterns = dice.percent(PATTERNS);
    let forms: Vec<(&str, &str)> = match two {
        true => PAIRS
            .into_iter()
            .filter(|(of_type, _)| of(of_type).len() > 1)
            .collect(),
        false => CHECKS
            .into_iter()
            .filter(|(of_type, _)| !of(of_type).is_empty())
            .collect(),
    };
    let forms: Vec<(&str, &str)> = forms
        .into_iter()
        .filter(|(_, form)| patterns || !form.contains("char_length") && !form.contains("lower"))
        .collect();
    let (data_type, form) = *dice.pick(&forms)?;
    let columns = of(data_type);
    let first = dice.below(columns.len());
    let second = (first + 1) % columns.len();
    let mut expression = form.replace("{0}", &columns[first].name);
    let mut read = vec![columns[first].name.clone()];
    if two {
        expression = expression.replace("{1}", &columns[second].name);
        read.push(columns[second].name.clone());
    }
    let name = format!("{}_{}_check", table.name, read.join("_"));
    let free = table.checks.iter().all(|other| other.name != name);
    free.then_some(Check {
        name,
        columns: read,
        expression,
    })
}

/// Makes a table, one that it refers to and one that both refer to share a column: a tenant.
fn share_tenant(model: &mut Model) {
    let Some((parent, child)) = chain(model) else {
        return;
    };
    let up = model.tables[parent].foreign[0].clone();
    let tenant = up.columns[0].clone();
    let there = model.tables[parent].primary[0].clone();
    let name = model.tables[parent].name.clone();
    if model.tables[child].column(&tenant).is_some() {
        return;
    }
    if let Some(column) = model.tables[parent]
        .columns
        .iter_mut()
        .find(|one| one.name == tenant)
    {
        column.nullable = false;
    }
    let data_type = model.tables[parent]
        .column(&tenant)
        .map_or("bigint", |one| one.data_type);
    model.tables[parent].uniques.push(Unique {
        name: format!("{name}_tenant_key"),
        columns: vec![tenant.clone(), there.clone()],
        index: false,
    });
    let child = &mut model.tables[child];
    let Some(own) = child
        .foreign
        .iter_mut()
        .find(|foreign| foreign.table == name)
    else {
        return;
    };
    child.columns.push(plain(&tenant, data_type, false));
    own.columns.insert(0, tenant.clone());
    own.referenced.insert(0, tenant.clone());
    let tenant_key = Foreign {
        name: format!("{}_{tenant}_fkey", child.name),
        columns: vec![tenant],
        ..up
    };
    child.foreign.push(tenant_key);
}

/// Positions of a table that refers to another, and of one that refers to it.
fn chain(model: &Model) -> Option<(usize, usize)> {
    let alone = |table: &Table| {
        table.foreign.len() == 1 && table.foreign[0].table != table.name && table.uniques.is_empty()
    };
    (0..model.tables.len()).find_map(|parent| {
        let own = &model.tables[parent];
        let child = model
            .tables
            .iter()
            .position(|table| alone(table) && table.foreign[0].table == own.name)?;
        alone(own).then_some((parent, child))
    })
}

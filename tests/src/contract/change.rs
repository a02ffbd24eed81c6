//! One change of a schema, as SQL and on a model.

use super::dice::Dice;
use super::model::{Check, Column, Foreign, Model, Table, Unique};
use super::random;

/// A change. Names are those of the model before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// `ADD COLUMN`, at times with a foreign key.
    AddColumn(String, Column, Option<Foreign>),
    /// `DROP COLUMN … CASCADE`.
    DropColumn(String, String),
    /// `RENAME COLUMN`, declared with `was`.
    RenameColumn(String, String, String),
    /// `CREATE TABLE`.
    AddTable(Table),
    /// `DROP TABLE` of one that no other refers to.
    DropTable(String),
    /// `CREATE INDEX` by name and column.
    AddIndex(String, String, String),
    /// A unique constraint or index.
    AddUnique(String, Unique),
    /// A constraint or index less, by name.
    Drop(String, String),
    /// A CHECK.
    AddCheck(String, Check),
    /// `SET NOT NULL`, or `DROP NOT NULL`.
    Nullable(String, String, bool),
    /// `SET DEFAULT`.
    SetDefault(String, String, &'static str),
    /// A table's rows, by a rule.
    Rows(String, u64),
    /// The scale of all that has no rule.
    Scale(u64),
}

impl Change {
    /// A random change of a model; `None` where the dice fell on one that it has nothing for.
    pub fn random(model: &Model, dice: &mut Dice) -> Option<Self> {
        let table = dice.pick(&model.tables)?;
        let name = table.name.clone();
        let columns: Vec<&Column> = table
            .columns
            .iter()
            .filter(|column| !table.primary.contains(&column.name))
            .collect();
        Some(match dice.below(19) {
            0..=2 => Self::AddColumn(name, random::column(table, dice)?, None),
            3 => {
                let (column, foreign) = random::reference(model, table, dice)?;
                Self::AddColumn(name, column, Some(foreign))
            }
            4 | 5 => Self::DropColumn(name, dice.pick(&columns)?.name.clone()),
            6 => {
                let old = dice.pick(&columns)?.name.clone();
                let new = format!("renamed_{}", dice.below(100));
                Self::RenameColumn(name, old, new)
            }
            7 => Self::AddTable(random::table(model, dice)?),
            8 => Self::DropTable(name),
            9 => {
                let column = &dice.pick(&table.columns)?.name;
                Self::AddIndex(name.clone(), format!("{name}_{column}_idx"), column.clone())
            }
            10 | 11 => Self::AddUnique(name, random::unique(table, dice)?),
            12 => {
                let named: Vec<String> = columns
                    .iter()
                    .flat_map(|one| table.built_on(&one.name))
                    .collect();
                Self::Drop(name, dice.pick(&named)?.clone())
            }
            13 | 14 => Self::AddCheck(name, random::check(table, dice)?),
            15 => {
                let column = dice.pick(&columns)?;
                Self::Nullable(name, column.name.clone(), !column.nullable)
            }
            16 => {
                let text = |column: &&&Column| column.data_type == "text";
                let texts: Vec<&&Column> = columns.iter().filter(text).collect();
                Self::SetDefault(name, dice.pick(&texts)?.name.clone(), "'none'::text")
            }
            17 => Self::Rows(name, 20 + dice.below(300) as u64),
            _ => Self::Scale(model.scale_per_mille * (2 + dice.below(2) as u64)),
        })
    }

    /// What kind of change it is.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::AddColumn(_, _, None) => "column added",
            Self::AddColumn(_, _, Some(_)) => "foreign key added",
            Self::DropColumn(..) => "column dropped",
            Self::RenameColumn(..) => "column renamed",
            Self::AddTable(_) => "table added",
            Self::DropTable(_) => "table dropped",
            Self::AddIndex(..) => "index added",
            Self::AddUnique(..) => "unique key added",
            Self::Drop(..) => "constraint dropped",
            Self::AddCheck(..) => "CHECK added",
            Self::Nullable(..) => "NOT NULL set or dropped",
            Self::SetDefault(..) => "default set",
            Self::Rows(..) | Self::Scale(_) => "rows scaled",
        }
    }

    /// The model after it; `None` where the model has not what it is about.
    pub fn apply(&self, before: &Model) -> Option<Model> {
        let mut model = before.clone();
        match self {
            Self::AddTable(table) => {
                if model.table(&table.name).is_some() {
                    return None;
                }
                model.tables.push(table.clone());
            }
            Self::DropTable(name) => {
                let mut others = model.tables.iter().filter(|table| table.name != *name);
                let alone = others.all(|table| table.foreign.iter().all(|one| one.table != *name));
                let more = model.tables.len() > 1 && model.table(name).is_some();
                (alone && more).then_some(())?;
                model.tables.retain(|table| table.name != *name);
            }
            Self::Scale(scale) => model.scale_per_mille = *scale,
            Self::RenameColumn(table, old, new) => rename(&mut model, table, (old, new))?,
            Self::DropColumn(table, column) => {
                drop_column(&mut model, table, column)?;
            }
            Self::Drop(table, constraint) => drop_constraint(&mut model, table, constraint)?,
            other => other.of_table(&mut model)?,
        }
        model.is_whole().then_some(model)
    }

    /// Changes that touch one table alone.
    fn of_table(&self, model: &mut Model) -> Option<()> {
        let (Self::AddColumn(name, ..)
        | Self::AddIndex(name, ..)
        | Self::AddUnique(name, _)
        | Self::AddCheck(name, _)
        | Self::Nullable(name, ..)
        | Self::SetDefault(name, ..)
        | Self::Rows(name, _)) = self
        else {
            return None;
        };
        let table = model.tables.iter_mut().find(|table| table.name == *name)?;
        match self {
            Self::AddColumn(_, column, foreign) => {
                table.columns.push(column.clone());
                table.foreign.extend(foreign.clone());
            }
            Self::AddIndex(_, index, column) => table.indexes.push((index.clone(), column.clone())),
            Self::AddUnique(_, unique) => table.uniques.push(unique.clone()),
            Self::AddCheck(_, check) => table.checks.push(check.clone()),
            Self::Nullable(_, column, nullable) => {
                let column = table.columns.iter_mut().find(|one| one.name == *column)?;
                (column.nullable != *nullable).then_some(())?;
                column.nullable = *nullable;
            }
            Self::SetDefault(_, column, default) => {
                let column = table.columns.iter_mut().find(|one| one.name == *column)?;
                column.default = Some(default);
            }
            Self::Rows(_, rows) => table.rows = Some(*rows),
            _ => return None,
        }
        Some(())
    }

    /// The statements that do it; none for a rule.
    pub fn sql(&self, before: &Model) -> String {
        let alter = |table: &str, what: String| format!("ALTER TABLE {table} {what};\n");
        match self {
            Self::AddColumn(table, column, foreign) => {
                let add = alter(table, format!("ADD COLUMN {}", column.ddl()));
                let foreign = foreign.as_ref().map(|foreign| foreign.ddl(table));
                add + &foreign.unwrap_or_default()
            }
            Self::DropColumn(table, column) => {
                alter(table, format!("DROP COLUMN {column} CASCADE"))
            }
            Self::RenameColumn(table, old, new) => {
                alter(table, format!("RENAME COLUMN {old} TO {new}"))
            }
            Self::AddTable(table) => table.ddl(),
            Self::DropTable(table) => format!("DROP TABLE {table};\n"),
            Self::AddIndex(table, index, column) => {
                format!("CREATE INDEX {index} ON {table} ({column});\n")
            }
            Self::AddUnique(table, unique) => unique.ddl(table),
            Self::Drop(table, name) => {
                let own = before.table(table);
                let index = own.is_some_and(|own| own.has_index(name));
                match index {
                    true => format!("DROP INDEX {name};\n"),
                    false => alter(table, format!("DROP CONSTRAINT {name} CASCADE")),
                }
            }
            Self::AddCheck(table, check) => check.ddl(table),
            Self::Nullable(table, column, nullable) => {
                let word = if *nullable { "DROP" } else { "SET" };
                alter(table, format!("ALTER COLUMN {column} {word} NOT NULL"))
            }
            Self::SetDefault(table, column, default) => alter(
                table,
                format!("ALTER COLUMN {column} SET DEFAULT {default}"),
            ),
            Self::Rows(..) | Self::Scale(_) => String::new(),
        }
    }
}

impl Table {
    fn has_index(&self, name: &str) -> bool {
        let unique = self.uniques.iter().any(|one| one.index && one.name == name);
        unique || self.indexes.iter().any(|(index, _)| index == name)
    }
}

impl Model {
    /// Whether every reference is to a key that is there, and nothing is there twice.
    pub(super) fn is_whole(&self) -> bool {
        let mut names: Vec<&str> = Vec::new();
        for table in &self.tables {
            names.extend(table.uniques.iter().map(|one| one.name.as_str()));
            names.extend(table.indexes.iter().map(|(name, _)| name.as_str()));
            let mut columns: Vec<&str> =
                table.columns.iter().map(|one| one.name.as_str()).collect();
            columns.sort_unstable();
            if columns.windows(2).any(|pair| pair[0] == pair[1]) || columns.len() < 2 {
                return false;
            }
            let keyed = |foreign: &Foreign| {
                self.table(&foreign.table).is_some_and(|there| {
                    let unique = there
                        .uniques
                        .iter()
                        .any(|one| one.columns == foreign.referenced);
                    unique || there.primary == foreign.referenced
                })
            };
            if !table.foreign.iter().all(keyed) {
                return false;
            }
        }
        names.sort_unstable();
        names.windows(2).all(|pair| pair[0] != pair[1])
    }
}

fn rename(model: &mut Model, table: &str, (old, new): (&str, &str)) -> Option<()> {
    let named = |columns: &mut Vec<String>| {
        for column in columns.iter_mut().filter(|column| *column == old) {
            new.clone_into(column);
        }
    };
    for other in &mut model.tables {
        for foreign in other.foreign.iter_mut().filter(|one| one.table == table) {
            named(&mut foreign.referenced);
        }
    }
    let own = model.tables.iter_mut().find(|one| one.name == table)?;
    let column = own.columns.iter_mut().find(|column| column.name == old)?;
    new.clone_into(&mut column.name);
    column.was = Some(old.to_owned());
    named(&mut own.primary);
    for unique in &mut own.uniques {
        named(&mut unique.columns);
    }
    for check in own
        .checks
        .iter_mut()
        .filter(|check| check.columns.iter().any(|own| own == old))
    {
        check.expression = replaced(&check.expression, old, new);
        named(&mut check.columns);
    }
    for foreign in &mut own.foreign {
        named(&mut foreign.columns);
        if foreign.table == table {
            named(&mut foreign.referenced);
        }
    }
    for (_, column) in own.indexes.iter_mut().filter(|(_, column)| column == old) {
        new.clone_into(column);
    }
    Some(())
}

/// An expression with a column's name replaced where it is a word of its own.
fn replaced(expression: &str, old: &str, new: &str) -> String {
    let part = |c: char| c == '_' || c.is_alphanumeric();
    let (mut out, mut rest) = (String::new(), expression);
    while let Some(at) = rest.find(old) {
        let (before, after) = (&rest[..at], &rest[at + old.len()..]);
        let whole = !before.ends_with(part) && !after.starts_with(part);
        out += before;
        out += if whole { new } else { old };
        rest = after;
    }
    out + rest
}

/// Takes a column with everything that is built on it; what other tables refer to stays.
fn drop_column(model: &mut Model, table: &str, column: &str) -> Option<()> {
    let referred = |foreign: &Foreign| {
        foreign.table == table && foreign.referenced.iter().any(|there| there == column)
    };
    if model
        .tables
        .iter()
        .any(|other| other.foreign.iter().any(referred))
    {
        return None;
    }
    let own = model.tables.iter_mut().find(|one| one.name == table)?;
    for name in own.built_on(column) {
        remove(own, &name);
    }
    let before = own.columns.len();
    own.columns.retain(|one| one.name != column);
    (own.columns.len() < before && !own.primary.iter().any(|key| key == column)).then_some(())
}

fn drop_constraint(model: &mut Model, table: &str, name: &str) -> Option<()> {
    let own = model.tables.iter_mut().find(|one| one.name == table)?;
    remove(own, name).then_some(())
}

fn remove(table: &mut Table, name: &str) -> bool {
    let count = |table: &Table| {
        table.uniques.len() + table.checks.len() + table.foreign.len() + table.indexes.len()
    };
    let before = count(table);
    table.uniques.retain(|one| one.name != name);
    table.checks.retain(|one| one.name != name);
    table.foreign.retain(|one| one.name != name);
    table.indexes.retain(|(index, _)| index != name);
    count(table) < before
}

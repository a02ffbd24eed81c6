//! A small schema, as DDL and as what is read from a catalogue.

use std::collections::BTreeMap;

use rules::config::Seed;
use rules::schema::{
    Constraint, ConstraintKind, Identity, Index, MatchType, Name, ReferentialAction, RowSecurity,
    Schema, TableKind,
};
use rules::seed::SeedRules;

/// The labels of the one enumeration.
const LABELS: [&str; 3] = ["low", "middle", "high"];

/// A schema and how many rows it gets. Every name is a plain word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// How many rows tables get that say nothing, in thousandths of what is usual.
    pub scale_per_mille: u64,
    /// Tables, those that are referred to first.
    pub tables: Vec<Table>,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its name in `public`.
    pub name: String,
    /// Rows by a rule.
    pub rows: Option<u64>,
    /// Columns in their order.
    pub columns: Vec<Column>,
    /// The primary key's columns.
    pub primary: Vec<String>,
    /// Unique constraints and indexes.
    pub uniques: Vec<Unique>,
    /// Columns of plain indexes, by the index's name.
    pub indexes: Vec<(String, String)>,
    /// CHECKs.
    pub checks: Vec<Check>,
    /// Foreign keys.
    pub foreign: Vec<Foreign>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type as `format_type` shows it.
    pub data_type: &'static str,
    /// Whether NULL is allowed.
    pub nullable: bool,
    /// Whether the server numbers it.
    pub identity: bool,
    /// Its default.
    pub default: Option<&'static str>,
    /// Its former name, by a rule.
    pub was: Option<String>,
}

/// A unique key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unique {
    /// Its name.
    pub name: String,
    /// Its columns.
    pub columns: Vec<String>,
    /// Whether it is an index and no constraint.
    pub index: bool,
}

/// A CHECK.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Its name.
    pub name: String,
    /// The columns that it reads.
    pub columns: Vec<String>,
    /// What must not be false, as `pg_get_expr` shows it.
    pub expression: String,
}

/// A foreign key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foreign {
    /// Its name.
    pub name: String,
    /// Its columns.
    pub columns: Vec<String>,
    /// The table that it refers to.
    pub table: String,
    /// The columns there.
    pub referenced: Vec<String>,
}

impl Table {
    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Names of everything but columns that is built on a column.
    pub fn built_on(&self, column: &str) -> Vec<String> {
        let has = |columns: &[String]| columns.iter().any(|own| own == column);
        let uniques = self.uniques.iter().filter(|one| has(&one.columns));
        let checks = self.checks.iter().filter(|one| has(&one.columns));
        let foreign = self.foreign.iter().filter(|one| has(&one.columns));
        let indexes = self.indexes.iter().filter(|(_, own)| own == column);
        let names = uniques.map(|one| &one.name);
        let names = names.chain(checks.map(|one| &one.name));
        let names = names.chain(foreign.map(|one| &one.name));
        names
            .chain(indexes.map(|(name, _)| name))
            .cloned()
            .collect()
    }

    /// Statements that make it.
    pub fn ddl(&self) -> String {
        let columns: Vec<String> = self.columns.iter().map(Column::ddl).collect();
        let mut sql = format!("CREATE TABLE {} ({});\n", self.name, columns.join(", "));
        if !self.primary.is_empty() {
            let (name, key) = (&self.name, self.primary.join(", "));
            let constraint = format!("CONSTRAINT {name}_pkey PRIMARY KEY ({key})");
            sql += &format!("ALTER TABLE {name} ADD {constraint};\n");
        }
        for unique in &self.uniques {
            sql += &unique.ddl(&self.name);
        }
        for (index, column) in &self.indexes {
            sql += &format!("CREATE INDEX {index} ON {} ({column});\n", self.name);
        }
        for check in &self.checks {
            sql += &check.ddl(&self.name);
        }
        for foreign in &self.foreign {
            sql += &foreign.ddl(&self.name);
        }
        sql
    }

    fn read(&self) -> rules::schema::Table {
        let mut constraints: BTreeMap<String, Constraint> = BTreeMap::new();
        let mut add = |name: String, kind: ConstraintKind, definition: String| {
            constraints.insert(name, Constraint { kind, definition });
        };
        if !self.primary.is_empty() {
            let columns = self.primary.clone();
            let definition = format!("PRIMARY KEY ({})", columns.join(", "));
            let kind = ConstraintKind::PrimaryKey { columns };
            add(format!("{}_pkey", self.name), kind, definition);
        }
        for unique in self.uniques.iter().filter(|unique| !unique.index) {
            let columns = unique.columns.clone();
            let definition = format!("UNIQUE ({})", columns.join(", "));
            add(
                unique.name.clone(),
                ConstraintKind::Unique { columns },
                definition,
            );
        }
        for check in &self.checks {
            let expression = check.expression.clone();
            let definition = format!("CHECK ({expression})");
            add(
                check.name.clone(),
                ConstraintKind::Check { expression },
                definition,
            );
        }
        for foreign in &self.foreign {
            add(foreign.name.clone(), foreign.kind(), foreign.definition());
        }
        let plain = self.indexes.iter().map(|(index, column)| {
            let columns = std::slice::from_ref(column);
            (index.clone(), index_of(&self.name, index, columns, false))
        });
        let unique = self.uniques.iter().filter(|unique| unique.index);
        let unique = unique.map(|one| {
            let index = index_of(&self.name, &one.name, &one.columns, true);
            (one.name.clone(), index)
        });
        rules::schema::Table {
            kind: TableKind::Ordinary,
            unlogged: false,
            partition_by: None,
            partition_of: None,
            inherits: Vec::new(),
            row_security: RowSecurity::Off,
            columns: self.columns.iter().map(Column::read).collect(),
            indexes: plain.chain(unique).collect(),
            constraints,
            triggers: BTreeMap::new(),
            policies: BTreeMap::new(),
        }
    }
}

fn index_of(table: &str, name: &str, columns: &[String], unique: bool) -> Index {
    let word = if unique { "UNIQUE " } else { "" };
    let keys = columns.join(", ");
    Index {
        definition: format!("CREATE {word}INDEX {name} ON public.{table} USING btree ({keys})"),
        unique,
        keys: columns.to_vec(),
        predicate: None,
        valid: true,
    }
}

impl Column {
    /// Its definition in `CREATE TABLE` and `ADD COLUMN`.
    pub fn ddl(&self) -> String {
        let identity = match self.identity {
            true => " GENERATED BY DEFAULT AS IDENTITY",
            false => "",
        };
        let null = if self.nullable { "" } else { " NOT NULL" };
        let default = self.default.map(|value| format!(" DEFAULT {value}"));
        let default = default.unwrap_or_default();
        format!("{} {}{identity}{null}{default}", self.name, self.data_type)
    }

    fn read(&self) -> rules::schema::Column {
        rules::schema::Column {
            name: self.name.clone(),
            data_type: self.data_type.to_owned(),
            nullable: self.nullable,
            default: self.default.map(str::to_owned),
            identity: self.identity.then_some(Identity::ByDefault),
            generated: None,
            collation: None,
            inherited: false,
        }
    }
}

impl Unique {
    /// The statement that adds it.
    pub fn ddl(&self, table: &str) -> String {
        let (name, columns) = (&self.name, self.columns.join(", "));
        match self.index {
            true => format!("CREATE UNIQUE INDEX {name} ON {table} ({columns});\n"),
            false => format!("ALTER TABLE {table} ADD CONSTRAINT {name} UNIQUE ({columns});\n"),
        }
    }
}

impl Check {
    /// The statement that adds it.
    pub fn ddl(&self, table: &str) -> String {
        let (name, expression) = (&self.name, &self.expression);
        format!("ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({expression});\n")
    }
}

impl Foreign {
    /// The statement that adds it.
    pub fn ddl(&self, table: &str) -> String {
        let definition = self.definition();
        format!(
            "ALTER TABLE {table} ADD CONSTRAINT {} {definition};\n",
            self.name
        )
    }

    fn definition(&self) -> String {
        let (own, there) = (self.columns.join(", "), self.referenced.join(", "));
        format!(
            "FOREIGN KEY ({own}) REFERENCES public.{}({there})",
            self.table
        )
    }

    fn kind(&self) -> ConstraintKind {
        ConstraintKind::ForeignKey {
            columns: self.columns.clone(),
            references: Name::new("public", self.table.as_str()),
            referenced: self.referenced.clone(),
            matching: MatchType::Simple,
            on_update: ReferentialAction::NoAction,
            on_delete: ReferentialAction::NoAction,
        }
    }
}

impl Model {
    /// The table of that name.
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == name)
    }

    /// Statements that make it.
    pub fn ddl(&self) -> String {
        let labels = LABELS.map(|label| format!("'{label}'")).join(", ");
        let mut sql = format!("CREATE TYPE public.grade AS ENUM ({labels});\n");
        for table in &self.tables {
            sql += &table.ddl();
        }
        sql
    }

    /// What is read from a database that holds it.
    pub fn schema(&self) -> Schema {
        let labels = LABELS.map(str::to_owned).to_vec();
        let tables = self.tables.iter();
        Schema {
            schemas: ["public".to_owned()].into(),
            enums: [(Name::new("public", "grade"), labels)].into(),
            tables: tables
                .map(|table| (Name::new("public", table.name.as_str()), table.read()))
                .collect(),
            ..Schema::default()
        }
    }

    /// The rules that go with it.
    pub fn rules(&self) -> SeedRules {
        let mut rules = SeedRules::default();
        for table in &self.tables {
            let own = rules.tables.entry(Name::new("public", table.name.as_str()));
            let own = own.or_default();
            own.rows = table.rows;
            for column in &table.columns {
                if let Some(was) = &column.was {
                    let rule = own.columns.entry(column.name.clone()).or_default();
                    rule.was = Some(was.clone());
                }
            }
        }
        rules
    }

    /// Seed and scale.
    pub fn seed(&self) -> Seed {
        Seed {
            seed: 42,
            scale_per_mille: self.scale_per_mille,
            scenarios: Vec::new(),
        }
    }
}

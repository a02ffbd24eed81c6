//! A schema as a flat list of objects and facts, so that one loop can compare all kinds.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::name::{Name, shown};
use super::table::{Column, Constraint, ConstraintKind, Identity, Table, TableKind};
use super::types::Domain;
use super::{Routine, Schema, Sequence, Trigger};

/// Kinds of objects that stand on their own, in the order in which a diff lists them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A namespace.
    Schema,
    /// An extension.
    Extension,
    /// A domain.
    Domain,
    /// An enumeration.
    Enum,
    /// A composite type.
    Composite,
    /// A range type.
    Range,
    /// A sequence.
    Sequence,
    /// A table of any kind.
    Table,
    /// A view or materialised view.
    View,
    /// A function, procedure or aggregate.
    Routine,
}

/// A part of an object that stands on its own, with the part's name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// A column of a table.
    Column(String),
    /// A constraint of a table.
    Constraint(String),
    /// An index of a table.
    Index(String),
    /// A trigger of a table or view.
    Trigger(String),
    /// A row security policy of a table.
    Policy(String),
    /// The identity arguments of a routine.
    Arguments(String),
}

/// What a change is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Object {
    /// What it is.
    pub kind: Kind,
    /// Its name; schemas and extensions have an empty `schema`.
    pub name: Name,
    /// The part of it, where the change is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<Part>,
}

/// Named facts about one object; an absent fact is an unset one.
pub(super) type Facts = BTreeMap<&'static str, String>;

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        match &self.part {
            None if name.schema.is_empty() => {
                write!(f, "{} {}", self.kind.word(), shown(&name.name))
            }
            None => write!(f, "{} {name}", self.kind.word()),
            Some(Part::Arguments(arguments)) => {
                write!(f, "{} {name}({arguments})", self.kind.word())
            }
            Some(part) => {
                let (word, part) = part.word_and_name();
                write!(f, "{word} {name}.{}", shown(part))
            }
        }
    }
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Schema => "schema",
            Self::Extension => "extension",
            Self::Domain => "domain",
            Self::Enum => "enum",
            Self::Composite => "composite type",
            Self::Range => "range type",
            Self::Sequence => "sequence",
            Self::Table => "table",
            Self::View => "view",
            Self::Routine => "routine",
        }
    }
}

impl Part {
    fn word_and_name(&self) -> (&'static str, &str) {
        match self {
            Self::Column(name) => ("column", name),
            Self::Constraint(name) => ("constraint", name),
            Self::Index(name) => ("index", name),
            Self::Trigger(name) => ("trigger", name),
            Self::Policy(name) => ("policy", name),
            Self::Arguments(name) => ("arguments", name),
        }
    }
}

/// Every object of a schema with its facts.
pub(super) fn objects(schema: &Schema) -> BTreeMap<Object, Facts> {
    let mut all = Flat::default();
    for name in &schema.schemas {
        all.add(Kind::Schema, &Name::new("", name), Facts::new());
    }
    for (name, extension) in &schema.extensions {
        let facts = Facts::from([
            ("version", extension.version.clone()),
            ("schema", extension.schema.clone()),
        ]);
        all.add(Kind::Extension, &Name::new("", name), facts);
    }
    all.add_types(schema);
    for (name, sequence) in &schema.sequences {
        all.add(Kind::Sequence, name, sequence_facts(sequence));
    }
    for (name, table) in &schema.tables {
        all.add_table(name, table);
    }
    for (name, view) in &schema.views {
        let mut facts = Facts::from([
            ("materialized", view.materialized.to_string()),
            ("definition", view.definition.clone()),
        ]);
        put(&mut facts, "options", list(&view.options));
        put(&mut facts, "indexes", list(&view.indexes));
        all.add(Kind::View, name, facts);
        all.add_triggers(Kind::View, name, &view.triggers);
    }
    for (name, overloads) in &schema.routines {
        for (arguments, routine) in overloads {
            let part = Part::Arguments(arguments.clone());
            all.add_part(Kind::Routine, name, part, routine_facts(routine));
        }
    }
    all.0
}

#[derive(Default)]
struct Flat(BTreeMap<Object, Facts>);

impl Flat {
    fn add(&mut self, kind: Kind, name: &Name, facts: Facts) {
        let name = name.clone();
        let part = None;
        self.0.insert(Object { kind, name, part }, facts);
    }

    fn add_part(&mut self, kind: Kind, name: &Name, part: Part, facts: Facts) {
        let (name, part) = (name.clone(), Some(part));
        self.0.insert(Object { kind, name, part }, facts);
    }

    fn add_types(&mut self, schema: &Schema) {
        for (name, domain) in &schema.domains {
            self.add(Kind::Domain, name, domain_facts(domain));
        }
        for (name, labels) in &schema.enums {
            let facts = Facts::from([("labels", list(labels).unwrap_or_default())]);
            self.add(Kind::Enum, name, facts);
        }
        for (name, fields) in &schema.composites {
            let fields: Vec<String> = fields
                .iter()
                .map(|field| {
                    let collation = field.collation.as_ref();
                    let collation = collation.map_or(String::new(), |c| format!(" COLLATE {c}"));
                    format!("{} {}{collation}", shown(&field.name), field.data_type)
                })
                .collect();
            let facts = Facts::from([("fields", fields.join(", "))]);
            self.add(Kind::Composite, name, facts);
        }
        for (name, range) in &schema.ranges {
            let mut facts = Facts::from([
                ("subtype", range.subtype.clone()),
                ("operator class", range.operator_class.clone()),
            ]);
            put(&mut facts, "collation", range.collation.clone());
            put(&mut facts, "canonical", range.canonical.clone());
            put(&mut facts, "difference", range.difference.clone());
            put(&mut facts, "multirange", range.multirange.clone());
            self.add(Kind::Range, name, facts);
        }
    }

    fn add_table(&mut self, name: &Name, table: &Table) {
        self.add(Kind::Table, name, table_facts(table));
        for column in &table.columns {
            let part = Part::Column(column.name.clone());
            self.add_part(Kind::Table, name, part, column_facts(column));
        }
        for (constraint, body) in &table.constraints {
            let part = Part::Constraint(constraint.clone());
            self.add_part(Kind::Table, name, part, constraint_facts(body));
        }
        for (index, body) in &table.indexes {
            let mut facts = Facts::from([
                ("definition", body.definition.clone()),
                ("unique", body.unique.to_string()),
                ("keys", list(&body.keys).unwrap_or_default()),
                ("valid", body.valid.to_string()),
            ]);
            put(&mut facts, "predicate", body.predicate.clone());
            self.add_part(Kind::Table, name, Part::Index(index.clone()), facts);
        }
        self.add_triggers(Kind::Table, name, &table.triggers);
        for (policy, body) in &table.policies {
            let mut facts = Facts::from([
                ("permissive", body.permissive.to_string()),
                ("command", body.command.clone()),
            ]);
            put(&mut facts, "roles", list(&body.roles));
            put(&mut facts, "using", body.using.clone());
            put(&mut facts, "with check", body.with_check.clone());
            self.add_part(Kind::Table, name, Part::Policy(policy.clone()), facts);
        }
    }

    fn add_triggers(&mut self, kind: Kind, on: &Name, triggers: &BTreeMap<String, Trigger>) {
        for (trigger, body) in triggers {
            let facts = Facts::from([
                ("definition", body.definition.clone()),
                ("state", format!("{:?}", body.state).to_lowercase()),
            ]);
            self.add_part(kind, on, Part::Trigger(trigger.clone()), facts);
        }
    }
}

fn table_facts(table: &Table) -> Facts {
    let mut facts = Facts::from([
        (
            "row security",
            format!("{:?}", table.row_security).to_lowercase(),
        ),
        ("unlogged", table.unlogged.to_string()),
        (
            "kind",
            match table.kind {
                TableKind::Ordinary => "ordinary".to_owned(),
                TableKind::Foreign => "foreign".to_owned(),
            },
        ),
    ]);
    put(&mut facts, "partition by", table.partition_by.clone());
    if let Some(of) = &table.partition_of {
        facts.insert("partition of", format!("{} {}", of.parent, of.bound));
    }
    let parents: Vec<String> = table.inherits.iter().map(Name::to_string).collect();
    put(
        &mut facts,
        "inherits",
        (!parents.is_empty()).then(|| parents.join(", ")),
    );
    facts
}

fn column_facts(column: &Column) -> Facts {
    let mut facts = Facts::from([
        ("type", column.data_type.clone()),
        ("nullable", column.nullable.to_string()),
        ("inherited", column.inherited.to_string()),
    ]);
    put(&mut facts, "default", column.default.clone());
    let identity = column.identity.map(|identity| match identity {
        Identity::Always => "always".to_owned(),
        Identity::ByDefault => "by default".to_owned(),
    });
    put(&mut facts, "identity", identity);
    if let Some(generated) = &column.generated {
        let kind = format!("{:?}", generated.kind).to_lowercase();
        facts.insert("generated", format!("({}) {kind}", generated.expression));
    }
    put(&mut facts, "collation", column.collation.clone());
    facts
}

fn constraint_facts(constraint: &Constraint) -> Facts {
    let definition = constraint.definition.clone();
    let mut facts = Facts::from([("definition", definition)]);
    let (kind, columns) = match &constraint.kind {
        ConstraintKind::PrimaryKey { columns } => ("primary key", columns.clone()),
        ConstraintKind::Unique { columns } => ("unique", columns.clone()),
        ConstraintKind::Exclusion { columns } => ("exclusion", columns.clone()),
        ConstraintKind::Check { expression } => ("check", vec![expression.clone()]),
        ConstraintKind::ForeignKey {
            columns,
            references,
            referenced,
            matching,
            on_update,
            on_delete,
        } => {
            let target = format!("{references}({})", list(referenced).unwrap_or_default());
            facts.insert("references", target);
            facts.insert(
                "actions",
                format!("{matching:?} {on_update:?} {on_delete:?}").to_lowercase(),
            );
            ("foreign key", columns.clone())
        }
    };
    facts.insert("kind", kind.to_owned());
    facts.insert("covers", list(&columns).unwrap_or_default());
    facts
}

fn domain_facts(domain: &Domain) -> Facts {
    let mut facts = Facts::from([
        ("base", domain.base.clone()),
        ("not null", domain.not_null.to_string()),
    ]);
    put(&mut facts, "default", domain.default.clone());
    put(&mut facts, "collation", domain.collation.clone());
    let checks: Vec<String> = domain
        .checks
        .iter()
        .map(|check| format!("{} {}", shown(&check.name), check.definition))
        .collect();
    put(
        &mut facts,
        "checks",
        (!checks.is_empty()).then(|| checks.join(", ")),
    );
    facts
}

fn sequence_facts(sequence: &Sequence) -> Facts {
    let mut facts = Facts::from([
        ("type", sequence.data_type.clone()),
        ("start", sequence.start.to_string()),
        ("minimum", sequence.minimum.to_string()),
        ("maximum", sequence.maximum.to_string()),
        ("increment", sequence.increment.to_string()),
        ("cache", sequence.cache.to_string()),
        ("cycle", sequence.cycle.to_string()),
    ]);
    put(&mut facts, "owned by", sequence.owned_by.clone());
    facts
}

fn routine_facts(routine: &Routine) -> Facts {
    let mut facts = Facts::from([
        ("kind", format!("{:?}", routine.kind).to_lowercase()),
        ("language", routine.language.clone()),
        ("body sha256", routine.body_sha256.clone()),
    ]);
    put(&mut facts, "returns", routine.returns.clone());
    facts
}

fn put(facts: &mut Facts, fact: &'static str, value: Option<String>) {
    if let Some(value) = value {
        facts.insert(fact, value);
    }
}

/// Names joined so that two different lists never look alike.
fn list(names: &[String]) -> Option<String> {
    let shown: Vec<String> = names.iter().map(|name| shown(name)).collect();
    (!shown.is_empty()).then(|| shown.join(", "))
}

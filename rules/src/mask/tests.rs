//! Decisions: what follows from rules for a schema, and what is refused.

use std::collections::BTreeMap;

use super::*;
use crate::schema::{
    Column, Constraint, ConstraintKind, Generated, GeneratedKind, Index, MatchType, Name,
    PartitionOf, ReferentialAction, RowSecurity, Schema, Table, TableKind,
};

fn table(columns: &[&str], constraints: &[(&str, ConstraintKind)]) -> Table {
    let column = |name: &&str| Column {
        name: name.trim_end_matches('?').to_owned(),
        data_type: "text".to_owned(),
        nullable: name.ends_with('?'),
        default: None,
        identity: None,
        generated: None,
        collation: None,
        inherited: false,
    };
    let constraint = |(name, kind): &(&str, ConstraintKind)| {
        let constraint = Constraint {
            kind: kind.clone(),
            definition: String::new(),
        };
        ((*name).to_owned(), constraint)
    };
    Table {
        kind: TableKind::Ordinary,
        unlogged: false,
        partition_by: None,
        partition_of: None,
        inherits: Vec::new(),
        row_security: RowSecurity::Off,
        columns: columns.iter().map(column).collect(),
        constraints: constraints.iter().map(constraint).collect(),
        indexes: BTreeMap::new(),
        triggers: BTreeMap::new(),
        policies: BTreeMap::new(),
    }
}

fn primary(column: &str) -> (&'static str, ConstraintKind) {
    let columns = vec![column.to_owned()];
    ("pk", ConstraintKind::PrimaryKey { columns })
}

fn foreign(column: &str, to: &str, target: &str) -> (&'static str, ConstraintKind) {
    let kind = ConstraintKind::ForeignKey {
        columns: vec![column.to_owned()],
        references: Name::new("public", to),
        referenced: vec![target.to_owned()],
        matching: MatchType::Simple,
        on_update: ReferentialAction::NoAction,
        on_delete: ReferentialAction::NoAction,
    };
    ("fk", kind)
}

/// Customers, orders that refer to them, and a log.
fn shop() -> Schema {
    let mut schema = Schema::default();
    let mut add = |name: &str, table| schema.tables.insert(Name::new("public", name), table);
    add(
        "customers",
        table(&["id", "email?", "kind?"], &[primary("id")]),
    );
    add(
        "orders",
        table(
            &["id", "customer?"],
            &[primary("id"), foreign("customer", "customers", "id")],
        ),
    );
    add("log", table(&["line?"], &[]));
    schema
}

fn rules(text: &str) -> MaskRules {
    let text = format!("[masking]\nkey = \"env:K\"\n{text}");
    let config = crate::config::parse(&text).expect("legal rules");
    config.masking.expect("given")
}

const ALL: &str = "[masking.tables.customers]\nid = \"int\"\nemail = \"email\"\nkind = \"keep\"\n\
                   [masking.tables.orders]\nid = \"keep\"\n[masking.tables.log]\nline = \"lorem\"\n";

fn decided<'d>(decisions: &'d Decisions, table: &str, column: &str) -> &'d ColumnDecision {
    let columns = &decisions.tables[&Name::new("public", table)].columns;
    let found = columns.iter().find(|found| found.column == column);
    found.expect("a decision for every column")
}

/// What is said of a schema under rules, each as `table.column: message`.
fn said(schema: &Schema, text: &str) -> Vec<String> {
    let decisions = decide(schema, &rules(text));
    let problems = decisions.problems.iter().map(ToString::to_string);
    problems.collect()
}

#[track_caller]
fn refused(schema: &Schema, text: &str, expected: &[&str]) {
    let found = said(schema, text);
    let begin = |(found, expected): (&String, &&str)| found.starts_with(*expected);
    assert!(
        found.len() == expected.len() && found.iter().zip(expected).all(begin),
        "expected {expected:#?}\nfound {found:#?}"
    );
}

fn with(name: &str) -> ColumnRule {
    ColumnRule::always(Choice::Mask(Box::new(Mask::plain(
        Transformer::named(name).expect("a transformer"),
    ))))
}

#[test]
fn a_column_is_decided_about_by_the_column_that_it_refers_to() {
    let decisions = decide(&shop(), &rules(&ALL.replace("\"lorem\"", "\"token\"")));
    assert_eq!(decisions.problems, []);
    let customer = decided(&decisions, "orders", "customer");
    assert_eq!(customer.decided, Decided::Rule(with("int")));
    let to = "public.customers.id".to_owned();
    assert_eq!(customer.origin, Origin::Reference { to: to.clone() });
    assert_eq!(customer.domain, to);
    assert_eq!(decided(&decisions, "customers", "id").domain, to);
    assert_eq!(
        decided(&decisions, "orders", "id").domain,
        "public.orders.id"
    );
}

#[test]
fn a_column_without_a_decision_stops_the_copy() {
    let without = ALL
        .replace("email = \"email\"\n", "")
        .replace("\"lorem\"", "\"token\"");
    refused(
        &shop(),
        &without,
        &["public.customers.email: no rule decides about it"],
    );
    let null = format!("unlisted = \"null\"\n{without}");
    let decisions = decide(&shop(), &rules(&null));
    assert_eq!(decisions.problems, []);
    let email = decided(&decisions, "customers", "email");
    assert_eq!(
        (&email.decided, &email.origin),
        (&Decided::Rule(with("null")), &Origin::Unlisted)
    );
    let id = null.replace("id = \"int\"\n", "");
    let mut schema = shop();
    refused(
        &schema,
        &id,
        &["public.customers.id: no rule decides about it, and it must not be NULL"],
    );
    let customers = schema.tables.get_mut(&Name::new("public", "customers"));
    customers.expect("there").columns.push(Column {
        name: "born".to_owned(),
        ..shop().tables[&Name::new("public", "customers")].columns[1].clone()
    });
    refused(
        &schema,
        &ALL.replace("\"lorem\"", "\"token\""),
        &["public.customers.born: no rule"],
    );
}

#[test]
fn what_says_more_wins_and_a_pattern_keeps_nothing_without_a_reason() {
    let text = "[masking.tables.\"*\"]\n\"*\" = { with = \"keep\", why = \"test\" }\n\"*mail\" = \"token\"\n\
                [masking.tables.customers]\nid = \"int\"\n[masking.tables.\"cust*\"]\nemail = \"email\"\n";
    let decisions = decide(&shop(), &rules(text));
    assert_eq!(decisions.problems, []);
    assert_eq!(
        decided(&decisions, "customers", "email").decided,
        Decided::Rule(with("email"))
    );
    assert_eq!(
        decided(&decisions, "customers", "id").decided,
        Decided::Rule(with("int"))
    );
    let why = Choice::Keep {
        why: Some("test".to_owned()),
    };
    assert_eq!(
        decided(&decisions, "log", "line").decided,
        Decided::Rule(ColumnRule::always(why))
    );
    let text = "[masking.tables.\"*\"]\n\"*\" = \"keep\"\n";
    let found = said(&shop(), text);
    assert_eq!(found.len(), 6, "{found:#?}");
    assert!(
        found[0].contains("keeps it and does not say why"),
        "{found:#?}"
    );
}

#[test]
fn both_sides_of_a_foreign_key_are_masked_alike() {
    let tables = ALL.replace("\"lorem\"", "\"token\"");
    let orders = tables.replace(
        "[masking.tables.orders]\n",
        "[masking.tables.orders]\ncustomer = \"keep\"\n",
    );
    refused(
        &shop(),
        &orders,
        &["public.orders.customer: it is keep and refers to public.customers.id, which is int"],
    );
    let dropped = tables.replace(
        "[masking.tables.orders]\n",
        "[masking.tables.orders]\ncustomer = \"drop\"\n",
    );
    refused(&shop(), &dropped, &[]);
    let row = tables.replace("id = \"int\"", "id = { with = \"token\", by = \"row\" }");
    refused(
        &shop(),
        &row,
        &[
            "public.customers.id: a foreign key holds it together",
            "public.orders.customer: a foreign key holds it together",
        ],
    );
    let domains = tables
        .replace("id = \"int\"", "id = { with = \"int\", domain = \"a\" }")
        .replace(
            "[masking.tables.orders]\n",
            "[masking.tables.orders]\ncustomer = { with = \"int\", domain = \"b\" }\n",
        );
    refused(
        &shop(),
        &domains,
        &["public.customers.id: foreign keys join the domains a and b"],
    );
    let reference =
        format!("{tables}[[masking.reference]]\nfrom = \"log(line)\"\nto = \"customers(email)\"\n");
    refused(
        &shop(),
        &reference,
        &["public.log.line: it is token and refers to public.customers.email, which is email"],
    );
}

/// Else equal values would become two, and rows lose their parents.
#[test]
fn columns_that_are_one_are_masked_with_the_same_options() {
    let tables = ALL.replace("\"lorem\"", "\"token\"");
    let reference = "[[masking.reference]]\nfrom = \"log(line)\"\nto = \"customers(email)\"\n";
    for (one, other) in [
        (
            "{ with = \"template\", text = \"a-{token}\" }",
            "{ with = \"template\", text = \"b-{token}\" }",
        ),
        (
            "{ with = \"static\", value = \"a\" }",
            "{ with = \"static\", value = \"b\" }",
        ),
        (
            "{ with = \"name\", locale = \"de-DE\" }",
            "{ with = \"name\", locale = \"en-US\" }",
        ),
        ("\"phone\"", "{ with = \"phone\", coarse = true }"),
    ] {
        let of = |one: &str, other: &str| {
            let text = tables.replace("email = \"email\"", &format!("email = {one}"));
            text.replace("line = \"token\"", &format!("line = {other}"))
        };
        let refers = |text: String| format!("{text}{reference}");
        let found = said(&shop(), &refers(of(one, other)));
        let told = found.iter().any(|line| {
            line.starts_with("public.log.line: it is ") && line.contains("with other options")
        });
        assert!(told, "{one} {other}: {found:#?}");
        for alike in [one, other] {
            let found = said(&shop(), &refers(of(alike, alike)));
            assert!(
                !found.iter().any(|line| line.contains("other options")),
                "{found:#?}"
            );
        }
        // One domain that rules name is as much one.
        let domain = |rule: &str| match rule.strip_suffix(" }") {
            Some(rule) => format!("{rule}, domain = \"d\" }}"),
            None => format!("{{ with = {rule}, domain = \"d\" }}"),
        };
        let found = said(&shop(), &of(&domain(one), &domain(other)));
        let told = "public.log.line: it is";
        let told = found
            .iter()
            .any(|line| line.starts_with(told) && line.contains("in the domain \"d\""));
        assert!(told, "{one} {other}: {found:#?}");
    }
}

#[test]
fn a_unique_key_needs_a_transformer_that_keeps_values_apart() {
    let tables = ALL.replace("\"lorem\"", "\"token\"");
    let name = tables.replace("id = \"int\"", "id = \"name\"");
    refused(
        &shop(),
        &name,
        &["public.customers.id: pk is unique, and \"name\" may give two rows one value"],
    );
    let mut schema = shop();
    let index = Index {
        definition: "CREATE UNIQUE INDEX one ON log (lower(line))".to_owned(),
        unique: true,
        keys: vec!["lower(line)".to_owned()],
        predicate: None,
        valid: true,
    };
    let log = schema
        .tables
        .get_mut(&Name::new("public", "log"))
        .expect("there");
    log.indexes.insert("one".to_owned(), index);
    refused(&schema, &tables, &[]);
    refused(
        &schema,
        &tables.replace("line = \"token\"", "line = \"company\""),
        &["public.log.line: one is unique"],
    );
    refused(
        &schema,
        &tables.replace("line = \"token\"", "line = \"null\""),
        &[],
    );
    let cases = "line = [{ when = { column = \"line\", is = \"null\" }, with = \"token\" }, { with = \"keep\" }]";
    refused(
        &schema,
        &tables.replace("line = \"token\"", cases),
        &["public.log.line: one is unique, and cases"],
    );
}

#[test]
fn rows_are_told_apart_by_a_primary_key() {
    refused(
        &shop(),
        ALL,
        &["public.log.line: its values depend on the row, and the table has no primary key"],
    );
}

#[test]
fn rules_that_name_nothing_are_refused() {
    let tables = ALL.replace("\"lorem\"", "\"token\"");
    let text = format!("{tables}[masking.tables.custmers]\nid = \"int\"\n");
    refused(
        &shop(),
        &text,
        &[
            "public.custmers: no table of production matches this rule; did you mean \"public.customers\"?",
        ],
    );
    let text = tables.replace("email =", "emial = \"drop\"\nemail =");
    refused(
        &shop(),
        &text,
        &[
            "public.customers.emial: no column of production matches this rule; did you mean \"email\"?",
        ],
    );
}

#[test]
fn partitions_are_masked_like_their_table_and_generated_columns_by_nobody() {
    let mut schema = shop();
    let mut part = schema.tables[&Name::new("public", "log")].clone();
    part.partition_of = Some(PartitionOf {
        parent: Name::new("public", "log"),
        bound: "DEFAULT".to_owned(),
    });
    schema.tables.insert(Name::new("public", "log_1"), part);
    let generated = Generated {
        expression: "upper(line)".to_owned(),
        kind: GeneratedKind::Stored,
    };
    let log = schema
        .tables
        .get_mut(&Name::new("public", "log"))
        .expect("there");
    let mut loud = log.columns[0].clone();
    loud.name = "loud".to_owned();
    loud.generated = Some(generated);
    log.columns.push(loud);
    let tables = ALL.replace("\"lorem\"", "\"token\"");
    let decisions = decide(&schema, &rules(&tables));
    assert_eq!(decisions.problems, []);
    assert!(!decisions.tables.contains_key(&Name::new("public", "log_1")));
    assert_eq!(
        decided(&decisions, "log", "loud").decided,
        Decided::Generated
    );
    let text = format!("{tables}loud = \"token\"\n");
    refused(
        &schema,
        &text,
        &["public.log.loud: the server computes this column"],
    );
    let text = format!("{tables}[masking.tables.log_1]\nline = \"token\"\n");
    refused(
        &schema,
        &text,
        &[
            "public.log_1: it names a partition, which is masked like its table; write the rule for public.log",
        ],
    );
}

#[test]
fn a_table_without_rows_needs_no_decisions() {
    let text = ALL.replace(
        "[masking.tables.log]\nline = \"lorem\"",
        "[masking.tables]\nlog = \"drop\"",
    );
    // A table cannot be opened twice, so the short form goes first.
    let text = format!(
        "[masking.tables]\nlog = \"drop\"\n{}",
        text.replace("[masking.tables]\nlog = \"drop\"", "")
    );
    let decisions = decide(&shop(), &rules(&text));
    assert_eq!(decisions.problems, []);
    let log = &decisions.tables[&Name::new("public", "log")];
    assert_eq!(
        (log.rows, &log.columns[0].origin),
        (Rows::Drop, &Origin::NoRows)
    );
}

#[test]
fn stars_stand_for_any_letters() {
    let matches = |pattern: &str, name: &str| Pattern::new(pattern).matches(name);
    assert!(
        matches("*", "") && matches("a*", "a") && matches("*b", "ab") && matches("a*b*c", "a1bb2c")
    );
    assert!(
        !matches("a*b", "a")
            && !matches("ab*ba", "aba")
            && !matches("a", "ab")
            && !matches("", "a")
    );
}

#[test]
fn transformers_have_names_of_their_own() {
    for name in Transformer::names() {
        let transformer = Transformer::named(name).expect("a name of the list");
        assert_eq!(transformer.name(), name);
    }
}

//! The properties of `diff`, over schemas drawn from a small pool of names so that they overlap.

use std::collections::{BTreeMap, HashSet};

use proptest::collection::{btree_map, btree_set, vec};
use proptest::option;
use proptest::prelude::*;

use super::*;

fn identifier() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "b", "c", "Odd", "with \"quote\"", "with.dot", ""])
        .prop_map(str::to_owned)
}

fn name() -> impl Strategy<Value = Name> {
    (identifier(), identifier()).prop_map(|(schema, name)| Name { schema, name })
}

fn text() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["x", "y", "z > 1"]).prop_map(str::to_owned)
}

fn column() -> impl Strategy<Value = Column> {
    let identity = prop::sample::select(vec![Identity::Always, Identity::ByDefault]);
    let kind = prop::sample::select(vec![GeneratedKind::Stored, GeneratedKind::Virtual]);
    let generated = (text(), kind).prop_map(|(expression, kind)| Generated { expression, kind });
    (
        identifier(),
        text(),
        any::<bool>(),
        option::of(text()),
        option::of(identity),
        option::of(generated),
        option::of(text()),
    )
        .prop_map(
            |(name, data_type, nullable, default, identity, generated, collation)| Column {
                name,
                data_type,
                nullable,
                default,
                identity,
                generated,
                collation,
                inherited: false,
            },
        )
}

fn constraint() -> impl Strategy<Value = Constraint> {
    let columns = || vec(identifier(), 0..3);
    let kind = prop_oneof![
        columns().prop_map(|columns| ConstraintKind::PrimaryKey { columns }),
        columns().prop_map(|columns| ConstraintKind::Unique { columns }),
        columns().prop_map(|columns| ConstraintKind::Exclusion { columns }),
        text().prop_map(|expression| ConstraintKind::Check { expression }),
        (columns(), name(), columns()).prop_map(|(columns, references, referenced)| {
            ConstraintKind::ForeignKey {
                columns,
                references,
                referenced,
                matching: MatchType::Simple,
                on_update: ReferentialAction::NoAction,
                on_delete: ReferentialAction::SetNull,
            }
        }),
    ];
    (kind, text()).prop_map(|(kind, definition)| Constraint { kind, definition })
}

fn trigger() -> impl Strategy<Value = Trigger> {
    let states = vec![TriggerState::Origin, TriggerState::Disabled];
    (text(), prop::sample::select(states))
        .prop_map(|(definition, state)| Trigger { definition, state })
}

fn table() -> impl Strategy<Value = Table> {
    let index =
        (text(), any::<bool>(), option::of(text())).prop_map(|(text, unique, predicate)| Index {
            keys: vec![text.clone()],
            definition: text,
            unique,
            predicate,
            valid: true,
        });
    let policy = (any::<bool>(), option::of(text())).prop_map(|(permissive, using)| Policy {
        permissive,
        command: "ALL".to_owned(),
        roles: vec!["public".to_owned()],
        using,
        with_check: None,
    });
    (
        any::<bool>(),
        option::of(text()),
        vec(column(), 0..4),
        btree_map(identifier(), constraint(), 0..3),
        btree_map(identifier(), index, 0..2),
        btree_map(identifier(), trigger(), 0..2),
        btree_map(identifier(), policy, 0..2),
    )
        .prop_map(
            |(unlogged, partition_by, columns, constraints, indexes, triggers, policies)| {
                let mut seen = BTreeSet::new();
                let own = |column: &Column| seen.insert(column.name.clone());
                Table {
                    kind: TableKind::Ordinary,
                    unlogged,
                    partition_by,
                    partition_of: None,
                    inherits: Vec::new(),
                    row_security: RowSecurity::Off,
                    columns: columns.into_iter().filter(own).collect(),
                    constraints,
                    indexes,
                    triggers,
                    policies,
                }
            },
        )
}

fn routines() -> impl Strategy<Value = BTreeMap<Name, BTreeMap<String, Routine>>> {
    let routine = (option::of(text()), text()).prop_map(|(returns, body_sha256)| Routine {
        kind: RoutineKind::Function,
        returns,
        language: "sql".to_owned(),
        body_sha256,
    });
    btree_map(name(), btree_map(text(), routine, 1..3), 0..3)
}

fn schema() -> impl Strategy<Value = Schema> {
    let domain =
        (text(), any::<bool>(), option::of(text())).prop_map(|(base, not_null, default)| Domain {
            base,
            not_null,
            default,
            collation: None,
            checks: Vec::new(),
        });
    let view = (
        text(),
        any::<bool>(),
        btree_map(identifier(), trigger(), 0..2),
    )
        .prop_map(|(definition, materialized, triggers)| View {
            materialized,
            definition,
            options: Vec::new(),
            indexes: Vec::new(),
            triggers,
        });
    (
        btree_set(identifier(), 0..3),
        btree_map(name(), domain, 0..3),
        btree_map(name(), vec(identifier(), 0..3), 0..3),
        btree_map(name(), table(), 0..4),
        btree_map(name(), view, 0..3),
        routines(),
    )
        .prop_map(
            |(schemas, domains, enums, tables, views, routines)| Schema {
                schemas,
                domains,
                enums,
                tables,
                views,
                routines,
                ..Schema::default()
            },
        )
}

fn backwards(change: &Change) -> Change {
    Change {
        object: change.object.clone(),
        difference: match change.difference.clone() {
            Difference::Added => Difference::Removed,
            Difference::Removed => Difference::Added,
            Difference::Altered {
                fact,
                before,
                after,
            } => Difference::Altered {
                fact,
                before: after,
                after: before,
            },
        },
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn equal_schemas_have_no_changes_and_others_have_some(a in schema(), b in schema()) {
        prop_assert!(diff(&a, &a).is_empty());
        prop_assert_eq!(diff(&a, &b).is_empty(), a == b);
    }

    #[test]
    fn one_fact_altered_is_told(schema in schema(), other in column(), at in any::<prop::sample::Index>()) {
        let mut changed = schema.clone();
        let columns: Vec<&mut Column> =
            changed.tables.values_mut().flat_map(|table| &mut table.columns).collect();
        prop_assume!(!columns.is_empty());
        let count = columns.len();
        if let Some(column) = columns.into_iter().nth(at.index(count)) {
            *column = Column { name: column.name.clone(), ..other };
        }
        prop_assert_eq!(diff(&schema, &changed).is_empty(), schema == changed);
    }

    #[test]
    fn the_way_back_is_the_opposite_of_the_way_there(a in schema(), b in schema()) {
        let there: Vec<Change> = diff(&a, &b).iter().map(backwards).collect();
        prop_assert_eq!(there, diff(&b, &a));
    }

    #[test]
    fn changes_come_in_order_and_each_once(a in schema(), b in schema()) {
        let changes = diff(&a, &b);
        prop_assert!(changes.is_sorted_by(|x, y| x.object <= y.object));
        let distinct: HashSet<&Change> = changes.iter().collect();
        prop_assert_eq!(distinct.len(), changes.len());
    }

    #[test]
    fn names_survive_being_text(name in name()) {
        prop_assert_eq!(name.to_string().parse::<Name>(), Ok(name));
    }

    #[test]
    fn any_text_is_a_name_or_an_error(text in ".{0,40}") {
        if let Ok(name) = text.parse::<Name>() {
            prop_assert_eq!(name.to_string().parse::<Name>(), Ok(name));
        }
    }
}

#[test]
fn what_children_inherit_is_told_once() {
    let column = |inherited| Column {
        name: "source".to_owned(),
        data_type: "text".to_owned(),
        nullable: true,
        default: None,
        identity: None,
        generated: None,
        collation: None,
        inherited,
    };
    let table = |partition_of, columns| Table {
        kind: TableKind::Ordinary,
        unlogged: false,
        partition_by: None,
        partition_of,
        inherits: Vec::new(),
        row_security: RowSecurity::Off,
        columns,
        constraints: BTreeMap::new(),
        indexes: BTreeMap::new(),
        triggers: BTreeMap::new(),
        policies: BTreeMap::new(),
    };
    let parent = Name::new("public", "event");
    let of = || {
        Some(PartitionOf {
            parent: parent.clone(),
            bound: "DEFAULT".to_owned(),
        })
    };
    let schema = |of_parent: Vec<Column>, of_child: Vec<Column>| Schema {
        tables: BTreeMap::from([
            (parent.clone(), table(None, of_parent)),
            (Name::new("public", "rest"), table(of(), of_child)),
        ]),
        ..Schema::default()
    };
    let before = schema(Vec::new(), Vec::new());
    let after = schema(vec![column(false)], vec![column(true)]);
    assert_eq!(
        render(&diff(&before, &after)),
        "+ column public.event.source\n"
    );
    assert_eq!(
        render(&diff(&after, &before)),
        "- column public.event.source\n"
    );
    let own = schema(Vec::new(), vec![column(false)]);
    assert_eq!(
        render(&diff(&before, &own)),
        "+ column public.rest.source\n"
    );
}

//! Columns in which equal values must stay equal.

use std::collections::{BTreeMap, BTreeSet};

use crate::schema::{ConstraintKind, Name, Schema};

use super::rule::Reference;

/// A column of a table; of a partitioned one, its root.
pub(super) type Place = (Name, String);

/// Columns that foreign keys, declared or not, hold together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain {
    /// What its subkey is derived from: the name that a rule gives, else the column that the others
    /// refer to. Names only, so that a restored production keeps its values.
    pub name: String,
    /// The columns, in order.
    pub members: BTreeSet<(Name, String)>,
}

/// One column that refers to another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Link {
    pub(super) from: Place,
    pub(super) to: Place,
}

/// Every pair of columns that a foreign key or a reference of the rules holds together.
pub(super) fn links(schema: &Schema, references: &[Reference]) -> BTreeSet<Link> {
    let place = |table: &Name, column: &String| (schema.root_of(table).clone(), column.clone());
    let mut links = BTreeSet::new();
    for (name, table) in &schema.tables {
        for constraint in table.constraints.values() {
            let ConstraintKind::ForeignKey {
                columns,
                references,
                referenced,
                ..
            } = &constraint.kind
            else {
                continue;
            };
            for (column, target) in columns.iter().zip(referenced) {
                links.insert(Link {
                    from: place(name, column),
                    to: place(references, target),
                });
            }
        }
        for parent in &table.inherits {
            let columns = schema.tables.get(parent).map(|parent| &parent.columns);
            for column in columns.into_iter().flatten() {
                links.insert(Link {
                    from: place(name, &column.name),
                    to: place(parent, &column.name),
                });
            }
        }
    }
    for reference in references {
        for (column, target) in reference.columns.iter().zip(&reference.referenced) {
            links.insert(Link {
                from: place(&reference.table, column),
                to: place(&reference.references, target),
            });
        }
    }
    links
}

/// The members of each domain with more than one, each under its smallest member.
pub(super) fn groups(links: &BTreeSet<Link>) -> BTreeMap<Place, BTreeSet<Place>> {
    let mut leader: BTreeMap<Place, Place> = BTreeMap::new();
    for link in links {
        let (from, to) = (find(&mut leader, &link.from), find(&mut leader, &link.to));
        // The smaller leads, so that the order of the links does not matter.
        let (small, great) = if from < to { (from, to) } else { (to, from) };
        leader.insert(great, small.clone());
        leader.entry(small.clone()).or_insert(small);
    }
    let all: Vec<Place> = leader.keys().cloned().collect();
    let mut groups: BTreeMap<Place, BTreeSet<Place>> = BTreeMap::new();
    for place in all {
        let head = find(&mut leader, &place);
        groups.entry(head).or_default().insert(place);
    }
    groups
}

fn find(leader: &mut BTreeMap<Place, Place>, place: &Place) -> Place {
    let mut at = place.clone();
    // Each step goes to a smaller place, so it ends.
    while let Some(next) = leader.get(&at).filter(|next| **next != at) {
        at = next.clone();
    }
    if at != *place {
        leader.insert(place.clone(), at.clone());
    }
    at
}

/// The column that the others refer to: the smallest that refers to none, else the smallest.
pub(super) fn head<'p>(members: &'p BTreeSet<Place>, links: &BTreeSet<Link>) -> Option<&'p Place> {
    let refers = |place: &Place| {
        links
            .iter()
            .any(|link| link.from == *place && link.to != *place)
    };
    members
        .iter()
        .find(|place| !refers(place))
        .or_else(|| members.first())
}

/// What a domain of one column, or the head of several, is called.
pub(super) fn name_of((table, column): &Place) -> String {
    format!("{table}.{column}")
}

//! What differs between two schemas, in one order, as lines that people read.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use super::Schema;
use super::name::{Name, shown};
use super::object::{Facts, Kind, Object, Part, objects};

/// One difference between two schemas.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Change {
    /// What differs.
    pub object: Object,
    /// How.
    #[serde(flatten)]
    pub difference: Difference,
}

/// How an object differs.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "kebab-case")]
pub enum Difference {
    /// Only the second schema has it.
    Added,
    /// Only the first schema has it.
    Removed,
    /// Both have it, with another fact.
    Altered {
        /// Which fact.
        fact: String,
        /// In the first schema; `None` where it is unset.
        before: Option<String>,
        /// In the second schema; `None` where it is unset.
        after: Option<String>,
    },
}

/// The changes that lead from `before` to `after`: by kind, then name, then part.
///
/// A table that is added or removed stands for its columns, constraints, indexes, triggers and
/// policies. A change of a column that children inherit is listed once, at the parent. Equal
/// schemas have no changes, and different ones have at least one.
pub fn diff(before: &Schema, after: &Schema) -> Vec<Change> {
    let (old, new) = (objects(before), objects(after));
    let every: BTreeSet<&Object> = old.keys().chain(new.keys()).collect();
    let mut changes = Vec::new();
    for object in every {
        match (old.get(object), new.get(object)) {
            (Some(old), Some(new)) => {
                alter(object, old, new, &mut changes);
                if object.kind == Kind::Table && object.part.is_none() {
                    changes.extend(reordered(&object.name, before, after));
                }
            }
            (None, Some(_)) => lone(object, &new, &old, Difference::Added, &mut changes),
            (Some(_), None) => lone(object, &old, &new, Difference::Removed, &mut changes),
            (None, None) => {}
        }
    }
    without_inherited(changes, before, after)
}

/// One line per change.
pub fn render(changes: &[Change]) -> String {
    changes.iter().map(|change| format!("{change}\n")).collect()
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let object = &self.object;
        match &self.difference {
            Difference::Added => write!(f, "+ {object}"),
            Difference::Removed => write!(f, "- {object}"),
            Difference::Altered {
                fact,
                before,
                after,
            } => {
                let (before, after) = (one_line(before), one_line(after));
                write!(f, "~ {object}: {fact} {before} → {after}")
            }
        }
    }
}

/// A fact on one line: a view's definition comes with line breaks.
fn one_line(fact: &Option<String>) -> String {
    let words = fact.iter().flat_map(|fact| fact.split_whitespace());
    let words: Vec<&str> = words.collect();
    match fact {
        Some(_) => words.join(" "),
        None => "none".to_owned(),
    }
}

/// Lists an object that one side lacks, unless its whole table is lacking there as well.
fn lone(
    object: &Object,
    here: &BTreeMap<Object, Facts>,
    there: &BTreeMap<Object, Facts>,
    difference: Difference,
    changes: &mut Vec<Change>,
) {
    if object.part.is_some() {
        let whole = Object {
            part: None,
            ..object.clone()
        };
        if here.contains_key(&whole) && !there.contains_key(&whole) {
            return;
        }
    }
    changes.push(Change {
        object: object.clone(),
        difference,
    });
}

/// Lists the facts that differ; a definition says all that the other facts say, so it comes alone.
fn alter(object: &Object, old: &Facts, new: &Facts, changes: &mut Vec<Change>) {
    const WHOLE: &str = "definition";
    let differs = |fact: &&&'static str| old.get(**fact) != new.get(**fact);
    let every: BTreeSet<&&'static str> = old.keys().chain(new.keys()).collect();
    let whole = every.contains(&WHOLE) && differs(&&WHOLE);
    for fact in every.iter().copied().filter(|fact| differs(fact)) {
        if whole && *fact != WHOLE && *fact != "state" {
            continue;
        }
        changes.push(Change {
            object: object.clone(),
            difference: Difference::Altered {
                fact: (*fact).to_owned(),
                before: old.get(fact).cloned(),
                after: new.get(fact).cloned(),
            },
        });
    }
}

/// The order of those columns that both tables have, where it is not the same.
fn reordered(table: &Name, before: &Schema, after: &Schema) -> Option<Change> {
    let columns = |schema: &Schema| -> Vec<String> {
        let table = schema.tables.get(table);
        let columns = table.map_or(&[][..], |table| &table.columns[..]);
        columns.iter().map(|column| column.name.clone()).collect()
    };
    let (old, new) = (columns(before), columns(after));
    let common = |these: &[String], those: &[String]| -> Vec<String> {
        let both = these.iter().filter(|column| those.contains(column));
        both.map(|column| shown(column)).collect()
    };
    let (old, new) = (common(&old, &new), common(&new, &old));
    (old != new).then(|| Change {
        object: Object {
            kind: Kind::Table,
            name: table.clone(),
            part: None,
        },
        difference: Difference::Altered {
            fact: "column order".to_owned(),
            before: Some(old.join(", ")),
            after: Some(new.join(", ")),
        },
    })
}

/// Drops the changes of columns that a parent table shows just so.
fn without_inherited(changes: Vec<Change>, before: &Schema, after: &Schema) -> Vec<Change> {
    let all: HashSet<&Change> = changes.iter().collect();
    let shown_by = |parent: &Name, change: &Change| {
        let mut same = change.clone();
        same.object.name = parent.clone();
        all.contains(&same)
    };
    let inherited = |change: &Change| {
        let Some(Part::Column(column)) = &change.object.part else {
            return false;
        };
        [before, after].iter().any(|schema| {
            let Some(table) = schema.tables.get(&change.object.name) else {
                return false;
            };
            let from_parent = table.column(column).is_some_and(|column| column.inherited);
            let partition = table.partition_of.iter().map(|of| &of.parent);
            let mut parents = table.inherits.iter().chain(partition);
            from_parent && parents.any(|parent| shown_by(parent, change))
        })
    };
    let keep: Vec<bool> = changes.iter().map(|change| !inherited(change)).collect();
    let kept = changes.into_iter().zip(keep);
    kept.filter_map(|(change, keep)| keep.then_some(change))
        .collect()
}

//! The order in which tables are filled: parents before children, and what refers to each other at
//! once.

use std::collections::{BTreeMap, BTreeSet};

use crate::schema::{ConstraintKind, Name, Schema};

/// Tables that refer to each other in a circle, or one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// In the order of their names.
    pub tables: Vec<Name>,
    /// 0 where it refers to nothing else, else one more than the highest that it refers to.
    pub level: usize,
}

/// Every component of the tables that rows go into, by level, then by name.
///
/// Rows go into tables that store them: partitions are filled through their root and foreign tables
/// not at all. A partition's own foreign keys count for its root.
pub fn order(schema: &Schema) -> Vec<Component> {
    let graph = graph(schema);
    let mut search = Search {
        graph: &graph,
        numbers: BTreeMap::new(),
        stack: Vec::new(),
        found: Vec::new(),
    };
    for table in graph.keys() {
        if !search.numbers.contains_key(table) {
            search.visit(table);
        }
    }
    let mut levels: BTreeMap<&Name, usize> = BTreeMap::new();
    let mut components = Vec::new();
    // Tarjan's algorithm finds a component after everything that it refers to.
    for tables in &search.found {
        let level = tables
            .iter()
            .flat_map(|table| &graph[*table])
            .filter_map(|parent| levels.get(parent))
            .max()
            .map_or(0, |highest| highest + 1);
        levels.extend(tables.iter().map(|table| (*table, level)));
        let tables = tables.iter().map(|table| (*table).clone()).collect();
        components.push(Component { tables, level });
    }
    components.sort_by(|a, b| (a.level, &a.tables).cmp(&(b.level, &b.tables)));
    components
}

/// Parents of each table, without itself.
fn graph(schema: &Schema) -> BTreeMap<Name, BTreeSet<Name>> {
    let mut graph: BTreeMap<Name, BTreeSet<Name>> = BTreeMap::new();
    for (name, table) in &schema.tables {
        if table.kind == crate::schema::TableKind::Foreign {
            continue;
        }
        let child = schema.root_of(name);
        let parents = graph.entry(child.clone()).or_default();
        for constraint in table.constraints.values() {
            if let ConstraintKind::ForeignKey { references, .. } = &constraint.kind {
                let parent = schema.root_of(references);
                if parent != child {
                    parents.insert(parent.clone());
                }
            }
        }
    }
    let known: BTreeSet<Name> = graph.keys().cloned().collect();
    for parents in graph.values_mut() {
        parents.retain(|parent| known.contains(parent));
    }
    graph
}

/// Tarjan's strongly connected components, without recursion: a chain of foreign keys may be long.
struct Search<'g> {
    graph: &'g BTreeMap<Name, BTreeSet<Name>>,
    /// Index and lowest index reached; `usize::MAX` as the latter once the component is known.
    numbers: BTreeMap<&'g Name, (usize, usize)>,
    stack: Vec<&'g Name>,
    found: Vec<Vec<&'g Name>>,
}

impl<'g> Search<'g> {
    fn visit(&mut self, start: &'g Name) {
        let mut way = vec![(start, self.graph[start].iter())];
        self.enter(start);
        while let Some((table, parents)) = way.last_mut() {
            let table = *table;
            match parents.next() {
                Some(parent) if !self.numbers.contains_key(parent) => {
                    self.enter(parent);
                    way.push((parent, self.graph[parent].iter()));
                }
                Some(parent) => self.reach(table, self.numbers[parent].1),
                None => {
                    way.pop();
                    let (index, low) = self.numbers[table];
                    if let Some((child, _)) = way.last() {
                        let child = *child;
                        self.reach(child, low);
                    }
                    if index == low {
                        self.close(table);
                    }
                }
            }
        }
    }

    fn enter(&mut self, table: &'g Name) {
        let index = self.numbers.len();
        self.numbers.insert(table, (index, index));
        self.stack.push(table);
    }

    fn reach(&mut self, table: &'g Name, low: usize) {
        if let Some(numbers) = self.numbers.get_mut(table) {
            numbers.1 = numbers.1.min(low);
        }
    }

    fn close(&mut self, table: &'g Name) {
        let start = self
            .stack
            .iter()
            .rposition(|other| *other == table)
            .expect("a table is on the stack until its component is known");
        let mut component = self.stack.split_off(start);
        for member in &component {
            if let Some(numbers) = self.numbers.get_mut(member) {
                numbers.1 = usize::MAX;
            }
        }
        component.sort();
        self.found.push(component);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::schema::{Constraint, MatchType, ReferentialAction, RowSecurity, Table, TableKind};

    fn table(parents: &[usize]) -> Table {
        let constraints = parents.iter().enumerate().map(|(position, parent)| {
            let kind = ConstraintKind::ForeignKey {
                columns: vec!["x".to_owned()],
                references: name(*parent),
                referenced: vec!["id".to_owned()],
                matching: MatchType::Simple,
                on_update: ReferentialAction::NoAction,
                on_delete: ReferentialAction::NoAction,
            };
            let definition = String::new();
            (format!("fk{position}"), Constraint { kind, definition })
        });
        Table {
            kind: TableKind::Ordinary,
            unlogged: false,
            partition_by: None,
            partition_of: None,
            inherits: Vec::new(),
            row_security: RowSecurity::Off,
            columns: Vec::new(),
            constraints: constraints.collect(),
            indexes: BTreeMap::new(),
            triggers: BTreeMap::new(),
            policies: BTreeMap::new(),
        }
    }

    fn name(index: usize) -> Name {
        Name::new("public", format!("t{index:02}"))
    }

    fn schema(edges: &[(usize, usize)], tables: usize) -> Schema {
        let mut schema = Schema::default();
        for index in 0..tables {
            let parents: Vec<usize> = edges
                .iter()
                .filter(|(child, _)| *child == index)
                .map(|(_, parent)| *parent)
                .collect();
            schema.tables.insert(name(index), table(&parents));
        }
        schema
    }

    #[test]
    fn two_circles_that_share_a_table_are_one_component() {
        let components = order(&schema(&[(0, 1), (1, 0), (1, 2), (2, 1), (3, 2)], 5));
        let shown: Vec<(usize, usize)> = components
            .iter()
            .map(|component| (component.level, component.tables.len()))
            .collect();
        assert_eq!(shown, [(0, 3), (0, 1), (1, 1)]);
    }

    proptest! {
        #[test]
        fn parents_come_first_or_at_once(edges in proptest::collection::vec((0_usize..12, 0_usize..12), 0..40)) {
            let components = order(&schema(&edges, 12));
            let at = |index: usize| {
                components
                    .iter()
                    .position(|component| component.tables.contains(&name(index)))
                    .expect("every table is in a component")
            };
            let listed: usize = components.iter().map(|component| component.tables.len()).sum();
            prop_assert_eq!(listed, 12);
            for (child, parent) in edges {
                let (child, parent) = (at(child), at(parent));
                prop_assert!(child == parent || components[parent].level < components[child].level);
            }
        }
    }
}

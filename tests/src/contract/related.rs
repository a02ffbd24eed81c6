//! What a plan says that columns of one row have to do with each other, and by which parent rows are
//! laid out: what is a relation before or after a change may change with it.
//!
//! A column `status` and its moments tell one story, a city is of the country beside it, a total is what
//! its parts come to: a column more may be one more part. The plan is asked, for such relations are found
//! by names; cells of columns that have no part in one stay bound.

use std::collections::BTreeSet;

use seeder::plan::{Follow, Moment, Start, TablePlan, Values};

use super::allowed::Pair;

/// A column that is made of others, and these.
type Relation = (String, BTreeSet<String>);

/// The relations of a table in both plans.
pub(super) struct Related {
    before: BTreeSet<Relation>,
    after: BTreeSet<Relation>,
    /// Whether its rows hold other people's data: of the countries that a column lists.
    pub(super) other_people: bool,
    /// Whether its rows are laid out otherwise.
    pub(super) laid_anew: bool,
}

impl Related {
    pub(super) fn of(pair: &Pair<'_>, table: &str) -> Self {
        let (old, new) = (pair.old.planned(table), pair.new.planned(table));
        let before = old.map(relations).unwrap_or_default();
        let after = new.map(relations).unwrap_or_default();
        let was = |name: &String| pair.was(table, name);
        let after = after.iter().map(|(column, read)| {
            let read = read.iter().map(was).collect();
            (was(column), read)
        });
        let laid = |of: Option<(&TablePlan, &Values)>| {
            let (own, _) = of?;
            let link = &own.parents[own.layout?];
            let ends = own.fan_out.as_ref().map(|fan_out| fan_out.counts().ends());
            Some((link.constraint.clone(), ends))
        };
        Self {
            other_people: old.and_then(country) != new.and_then(country),
            laid_anew: laid(old) != laid(new),
            before,
            after: after.collect(),
        }
    }

    /// Columns that are made of others than before.
    pub(super) fn changed(&self) -> BTreeSet<String> {
        let differ = self.before.symmetric_difference(&self.after);
        differ.map(|(column, _)| column.clone()).collect()
    }

    /// Columns that are made of one.
    pub(super) fn made_of(&self, column: &str) -> Vec<String> {
        let both = self.before.iter().chain(&self.after);
        let made = both.filter(|(_, read)| read.contains(column));
        made.map(|(column, _)| column.clone()).collect()
    }
}

/// The column that tells the country of each row's person, and how many it lists.
fn country((own, values): (&TablePlan, &Values)) -> Option<(String, usize)> {
    let mut makers = own.columns.iter().zip(&values.makers);
    makers.find_map(|(column, maker)| match &maker.follow {
        Some(Follow::Country(listed)) => Some((column.known_as.clone(), listed.len())),
        _ => None,
    })
}

fn relations((own, values): (&TablePlan, &Values)) -> BTreeSet<Relation> {
    let names = |columns: &[usize]| -> BTreeSet<String> {
        let names = columns
            .iter()
            .map(|column| own.columns[*column].name.clone());
        names.collect()
    };
    let mut found = BTreeSet::new();
    for (column, maker) in own.columns.iter().zip(&values.makers) {
        if let Some(Moment::Begins(_, start) | Moment::Since(start) | Moment::After(start)) =
            maker.moment
            && let Start::Column(other) = start
        {
            found.insert((column.name.clone(), names(&[other])));
        }
        let Some(follow) = &maker.follow else {
            continue;
        };
        let mut read = follow.reads(&values.stories);
        if let Follow::State(story) | Follow::Stage(story, _) = follow {
            let story = &values.stories[*story];
            read.extend(story.stages.iter().map(|stage| stage.column));
            read.push(story.state);
        }
        found.insert((column.name.clone(), names(&read)));
    }
    for group in &values.groups {
        let columns = names(group.columns());
        found.extend(
            columns
                .iter()
                .map(|column| (column.clone(), columns.clone())),
        );
    }
    found
}

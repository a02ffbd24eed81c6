//! Columns in which equal values must stay equal are masked alike, options and all.

use std::collections::{BTreeMap, BTreeSet};

use crate::mask::domain::{Link, Place, groups, name_of};
use crate::mask::rule::{By, Choice, ColumnRule, Mask};
use crate::mask::transformer::{Options, Transformer};

use super::check::{mask_of, problem};
use super::{Decided, Decisions, Problem, ProblemKind};

/// Columns that foreign keys hold together, and those for which rules name one domain.
pub(super) fn alike(links: &BTreeSet<Link>, decisions: &Decisions, problems: &mut Vec<Problem>) {
    by_value(links, decisions, problems);
    linked(links, decisions, problems);
    named(decisions, problems);
}

fn rule_of<'d>(place: &Place, decisions: &'d Decisions) -> Option<&'d ColumnRule> {
    let columns = &decisions.tables.get(&place.0)?.columns;
    let column = columns.iter().find(|column| column.column == place.1)?;
    match &column.decided {
        Decided::Rule(rule) => Some(rule),
        Decided::Generated | Decided::Not => None,
    }
}

/// What foreign keys hold together depends on nothing but the value.
fn by_value(links: &BTreeSet<Link>, decisions: &Decisions, problems: &mut Vec<Problem>) {
    for place in groups(links).into_values().flatten() {
        let rule = rule_of(&place, decisions);
        let masks = rule.into_iter().flat_map(|rule| &rule.cases);
        for mask in masks.filter_map(|case| mask_of(&case.choice)) {
            if mask.with != Transformer::Null && mask.by != By::Value {
                let text = (
                    "a foreign key holds it together with other columns, so its values must \
                     depend on nothing but the value"
                        .to_owned(),
                    "write by = \"value\"".to_owned(),
                );
                conflict(&place, text, problems);
            }
        }
    }
}

/// Both ends of a foreign key.
fn linked(links: &BTreeSet<Link>, decisions: &Decisions, problems: &mut Vec<Problem>) {
    for link in links {
        let ends = (rule_of(&link.from, decisions), rule_of(&link.to, decisions));
        let (Some(from), Some(to)) = ends else {
            continue;
        };
        // What is NULL refers to nothing, so only what is left must agree.
        let agreeing = |rule: &ColumnRule| -> Vec<Agreeing> {
            let choices = rule.cases.iter().map(|case| &case.choice);
            choices.filter_map(agreeing).collect()
        };
        let (from, to) = (agreeing(from), agreeing(to));
        if from.is_empty() || from == to {
            continue;
        }
        let target = name_of(&link.to);
        let (own, other) = (names(&from), names(&to));
        let message = match &*other {
            "" => format!("it is {own} and refers to {target}, which is not copied"),
            other if other == own => {
                format!("it is {own} and refers to {target}, which is {own} with other options")
            }
            other => format!("it is {own} and refers to {target}, which is {other}"),
        };
        let hint = "what a foreign key holds together is masked alike: take one of the rules out";
        conflict(&link.from, (message, hint.to_owned()), problems);
    }
}

/// Columns for which rules name one domain, and one transformer by their value.
fn named(decisions: &Decisions, problems: &mut Vec<Problem>) {
    let mut first: BTreeMap<(&str, Transformer), (Place, Agreeing)> = BTreeMap::new();
    for (table, decision) in &decisions.tables {
        for column in &decision.columns {
            let Decided::Rule(rule) = &column.decided else {
                continue;
            };
            let masks = rule.cases.iter().filter_map(|case| mask_of(&case.choice));
            for mask in masks.filter(|mask| mask.by == By::Value) {
                let Some(domain) = &mask.domain else {
                    continue;
                };
                let (place, own) = ((table.clone(), column.column.clone()), of_mask(mask));
                let key = (domain.as_str(), mask.with);
                let (other, as_there) = first.entry(key).or_insert((place.clone(), own.clone()));
                if own != *as_there {
                    let message = format!(
                        "it is {} in the domain {domain:?}, and so is {}, with other options",
                        own.name,
                        name_of(other)
                    );
                    let hint = "equal values of one domain become one: give both the same options";
                    conflict(&place, (message, hint.to_owned()), problems);
                }
            }
        }
    }
}

fn conflict(place: &Place, text: (String, String), problems: &mut Vec<Problem>) {
    let table = place.0.to_string();
    problems.push(problem(&table, Some(&place.1), ProblemKind::Conflict, text));
}

/// What equal values become equal by.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Agreeing {
    name: &'static str,
    options: Options,
}

/// What must be the same on both sides of a foreign key; `None` for what refers to nothing.
fn agreeing(choice: &Choice) -> Option<Agreeing> {
    match choice {
        Choice::Keep { .. } => Some(Agreeing {
            name: "keep",
            options: Options::default(),
        }),
        Choice::Drop => None,
        Choice::Mask(mask) if mask.with == Transformer::Null => None,
        Choice::Mask(mask) => Some(of_mask(mask)),
    }
}

/// Reasons change no value.
fn of_mask(mask: &Mask) -> Agreeing {
    Agreeing {
        name: mask.with.name(),
        options: Options {
            accept_residual: None,
            ..mask.options.clone()
        },
    }
}

fn names(agreeing: &[Agreeing]) -> String {
    let names: Vec<&str> = agreeing.iter().map(|one| one.name).collect();
    names.join(" or ")
}

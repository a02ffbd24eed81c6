//! Rows on trial: which branches of a group fill them, and what is left of a group where none does.

use super::branch::{Base, Branch, renumbered};
use super::{Group, RowKey, Rule, Unsolved};
use crate::key::Key;
use crate::value::Value;

/// Rows that are filled on trial before a group counts as solved.
const TRIALS: u64 = 24;

impl Group {
    /// Keeps the branches on which every trial row is found; where there are none the ones that find
    /// most, and the group is not proven then.
    pub(super) fn try_branches(&mut self) {
        let all = std::mem::take(&mut self.branches);
        let mut tried = Vec::new();
        for branch in all {
            self.branches = vec![branch];
            let filled = self.filled_on_trial();
            tried.extend(self.branches.drain(..).map(|branch| (filled, branch)));
        }
        // One that needs luck for most rows is worse than none, unless there is no better one.
        let most = tried.iter().map(|(filled, _)| *filled).max().unwrap_or(0);
        let kept = tried.into_iter().filter(|(filled, _)| *filled == most);
        self.branches = kept.map(|(_, branch)| branch).collect();
        self.proven = most == TRIALS;
    }

    fn filled_on_trial(&self) -> u64 {
        let key = Key::derive(0, &["trial"]);
        let mut row = vec![Value::Null; self.width];
        let filled = (0..TRIALS).filter(|&number| {
            let of = RowKey { key, row: number };
            let fill = self.fill(&mut row, &|_| false, &mut |_, _, _| None, of);
            fill.is_ok()
        });
        filled.count() as u64
    }

    /// The constraints that hold now and not for good, where these are why no row is found.
    pub(super) fn passing(&self) -> Vec<Unsolved> {
        let clocked = self.rules.iter().filter(|rule| rule.reads_clock);
        let each = clocked.map(|rule| Unsolved::NotUnderstood {
            constraint: rule.name.clone(),
            expression: rule.expression.clone(),
            reason: "rows that satisfy it now do not satisfy it for good".to_owned(),
        });
        each.collect()
    }
}

/// The branch of types alone: whatever is put in a column is tried.
pub(super) fn open_branch(base: &Base, rules: &[Rule]) -> Branch {
    let mut domains = base.domains.clone();
    for rule in rules {
        if let [column] = rule.node.columns()[..]
            && let Some(position) = base.position(column)
        {
            domains[position].filter(renumbered(&rule.node, column));
        }
    }
    for domain in &mut domains {
        // A domain that cannot be prepared still says what its members are.
        domain.prepare();
    }
    Branch {
        order: (0..domains.len()).collect(),
        domains,
        atoms: Vec::new(),
        escaped: Vec::new(),
    }
}

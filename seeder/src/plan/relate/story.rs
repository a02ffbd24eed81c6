//! The states of a table's rows, and the moments at which each has been reached.

use crate::key::{Draw, Key};
use crate::natural::distribution::Weighted;
use crate::value::Value;

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

/// Between two states lie so many days at most.
const GAP_DAYS: i64 = 10;

/// Parts of the story's draws: which way a row has gone, then how long each step took.
const PART_WAY: u32 = 0;
const PART_STEP: u32 = 1;

/// What the rows of a table go through.
#[derive(Debug, Clone)]
pub struct Story {
    /// The column that holds the state.
    pub state: usize,
    /// Every state.
    pub states: Vec<State>,
    /// The columns of moments, in the order in which they are reached.
    pub stages: Vec<Stage>,
    /// The column of the moment at which rows begin; `None` where no column holds it.
    pub begin: Option<usize>,
    pub(super) key: Key,
    pub(super) choice: Weighted,
}

/// A state that rows may be in.
#[derive(Debug, Clone)]
pub struct State {
    /// As the column holds it.
    pub value: Value,
    /// How often, in proportion to the others.
    pub weight: u32,
    /// The stages that rows in this state have reached, in order; of several ways each row has gone
    /// one. Empty where CHECKs allow none that is known.
    pub ways: Vec<Vec<usize>>,
}

/// A column of the moment at which a state is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stage {
    /// The column.
    pub column: usize,
    /// Whether it holds days, of which each is another.
    pub days: bool,
}

impl Story {
    /// The state of a row: the first ones go through all of them.
    pub fn state(&self, row: u64, draw: Draw) -> &Value {
        let place = usize::try_from(row).ok();
        let first = place.filter(|place| *place < self.states.len());
        let place = first.unwrap_or_else(|| self.choice.pick(draw));
        &self.states[place].value
    }

    /// A state whose ways are as some columns are set; any, where none is.
    pub fn state_beside(&self, set: &dyn Fn(usize) -> Option<bool>, draw: Draw) -> &Value {
        let as_set = |way: &Vec<usize>| {
            let stages = self.stages.iter().enumerate();
            let mut set = stages.filter_map(|(at, stage)| Some((at, set(stage.column)?)));
            set.all(|(at, there)| way.contains(&at) == there)
        };
        let fitting = self.states.iter().filter(|own| own.ways.iter().any(as_set));
        let fitting: Vec<&State> = fitting.collect();
        let weights: Vec<u32> = fitting.iter().map(|own| own.weight).collect();
        match Weighted::new(&weights) {
            Some(choice) => &fitting[choice.pick(draw)].value,
            None => self.state(u64::MAX, draw),
        }
    }

    /// When a row in a state has reached a stage, from `begin` on and before `end`; `None` where it has
    /// not.
    pub fn reached(
        &self,
        stage: usize,
        (row, state): (u64, &Value),
        (begin, end): (i64, i64),
    ) -> Option<i64> {
        let way = self.way(row, state)?;
        let place = way.iter().position(|own| *own == stage)?;
        Some(self.moments(way, row, (begin, end))[place])
    }

    /// The way that a row in a state has gone; `None` for a state that is not known.
    pub fn way(&self, row: u64, state: &Value) -> Option<&[usize]> {
        let state = self.states.iter().find(|own| own.value == *state)?;
        let draw = self.key.draw(row, 0, PART_WAY);
        match state.ways.len() {
            0 => None,
            count => Some(&state.ways[draw.below(count as u64) as usize]),
        }
    }

    /// The moments of a way, each after the one before: short steps are more frequent, and all of them
    /// shorter where the present is near.
    pub(super) fn moments(&self, way: &[usize], row: u64, (begin, end): (i64, i64)) -> Vec<i64> {
        let steps: Vec<i64> = (PART_STEP..)
            .zip(way)
            .map(|(part, &stage)| {
                let share = self.key.draw(row, 0, part).fraction();
                let least = if self.stages[stage].days {
                    DAY
                } else {
                    60 * SECOND
                };
                least + ((GAP_DAYS * DAY) as f64 * share * share) as i64
            })
            .collect();
        let all: i64 = steps.iter().sum();
        let room = (end - SECOND - begin).max(0);
        let shrink = |sum: i64| match all > room {
            true => (i128::from(sum) * i128::from(room) / i128::from(all.max(1))) as i64,
            false => sum,
        };
        let mut sum = 0;
        let moments = steps.into_iter().map(|step| {
            sum += step;
            let moment = begin + shrink(sum);
            (moment - moment.rem_euclid(SECOND)).max(begin)
        });
        moments.collect()
    }

    /// How many of a million rows have not reached a stage.
    pub(super) fn missing_per_million(&self, stage: usize) -> u32 {
        let (mut without, mut all) = (0.0, 0.0);
        for state in &self.states {
            let ways = state.ways.len().max(1) as f64;
            let missing = state
                .ways
                .iter()
                .filter(|way| !way.contains(&stage))
                .count() as f64;
            without += f64::from(state.weight) * missing / ways;
            all += f64::from(state.weight);
        }
        (without / all * 1_000_000.0) as u32
    }
}

//! Texts: bounds of their length and patterns, joined into one automaton over printable ASCII.
//!
//! The automaton is deterministic, so every text has one path: counting paths gives the size of the
//! set and a bijection from ranks to texts, however the patterns overlap.

use std::collections::BTreeMap;
use std::sync::Arc;

use regex_automata::dfa::Automaton as _;
use regex_automata::util::primitives::StateID;
use regex_automata::{Anchored, Input};

use crate::check::pattern::Pattern;
use crate::key::Draw;

/// More states are not explored: what needs them is not solved.
const STATES_MAX: usize = 2_048;
/// Lengths beyond the shortest one that are made.
const LENGTHS: usize = 24;
/// An alphabet is rich enough once it gives so many texts.
const ENOUGH: u64 = 1 << 40;
const FIRST: u8 = b' ';
const LETTERS: usize = 95;
const DEAD: u32 = u32::MAX;

/// A set of texts.
#[derive(Debug, Clone)]
pub(in crate::check) struct Text {
    pub(super) min: usize,
    pub(super) max: Option<usize>,
    patterns: Vec<Arc<Pattern>>,
    automaton: Option<Arc<Automaton>>,
}

impl Text {
    pub(super) fn new(max: Option<usize>) -> Self {
        Self {
            min: 0,
            max,
            patterns: Vec::new(),
            automaton: None,
        }
    }

    pub(in crate::check) fn require(&mut self, pattern: Arc<Pattern>) {
        self.patterns.push(pattern);
        self.automaton = None;
    }

    pub(in crate::check) fn bound(&mut self, min: usize, max: Option<usize>) {
        self.min = self.min.max(min);
        self.max = match (self.max, max) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        self.automaton = None;
    }

    pub(super) fn contains(&self, text: &str) -> bool {
        let length = text.chars().count();
        length >= self.min
            && self.max.is_none_or(|max| length <= max)
            && self.patterns.iter().all(|pattern| pattern.accepts(text))
    }

    /// Builds the automaton; false where it is too large.
    pub(super) fn prepare(&mut self) -> bool {
        if self.automaton.is_none() {
            self.automaton = Automaton::new(&self.patterns, self.min, self.max).map(Arc::new);
        }
        self.automaton.is_some()
    }

    /// Whether no text is left, as far as that is seen without the automaton.
    pub(super) fn is_empty(&self) -> bool {
        match &self.automaton {
            Some(automaton) => automaton.size() == 0,
            None => self.max.is_some_and(|max| max < self.min),
        }
    }

    pub(super) fn size(&self) -> u64 {
        self.automaton
            .as_ref()
            .map_or(0, |automaton| automaton.size())
    }

    pub(super) fn unrank(&self, rank: u64) -> String {
        self.automaton
            .as_ref()
            .map(|a| a.unrank(rank))
            .unwrap_or_default()
    }

    pub(super) fn sample(&self, draw: Draw) -> String {
        self.automaton
            .as_ref()
            .map(|a| a.sample(draw))
            .unwrap_or_default()
    }
}

/// The joined automaton with its counts.
#[derive(Debug)]
struct Automaton {
    /// By state: letters of the alphabet with the state behind each, none of them dead.
    next: Vec<Vec<(u8, u32)>>,
    alphabet: Vec<u8>,
    /// By letters still to come, then by state: texts that end accepted.
    counts: Vec<Vec<u64>>,
    /// Lengths that have texts, ascending.
    lengths: Vec<usize>,
}

/// Where one pattern stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum At {
    State(StateID),
    Matched,
    Never,
}

impl Automaton {
    fn new(patterns: &[Arc<Pattern>], min: usize, max: Option<usize>) -> Option<Self> {
        let (next, accepted) = explore(patterns)?;
        let shortest = shortest(&next, &accepted, min).unwrap_or(min);
        let longest = max
            .unwrap_or(usize::MAX)
            .min(shortest.saturating_add(LENGTHS));
        let lengths = min..=longest;
        let mut best: Option<Self> = None;
        for alphabet in alphabets() {
            let counts = count(&next, &accepted, &alphabet, longest);
            let feasible = lengths.clone().filter(|&n| counts[n][0] > 0).collect();
            let found = Self {
                next: Vec::new(),
                alphabet,
                counts,
                lengths: feasible,
            };
            let better = best.as_ref().is_none_or(|best| found.size() > best.size());
            let enough = found.size() >= ENOUGH;
            if better {
                best = Some(found);
            }
            if enough {
                break;
            }
        }
        let mut best = best?;
        best.next = next
            .chunks_exact(LETTERS)
            .map(|state| {
                let letters = best.alphabet.iter();
                let steps = letters.map(|&letter| (letter, state[usize::from(letter)]));
                steps.filter(|(_, to)| *to != DEAD).collect()
            })
            .collect();
        Some(best)
    }

    fn size(&self) -> u64 {
        let sizes = self.lengths.iter().map(|&length| self.counts[length][0]);
        sizes.fold(0, u64::saturating_add)
    }

    fn unrank(&self, rank: u64) -> String {
        let mut rest = rank;
        for &length in &self.lengths {
            let count = self.counts[length][0];
            if rest < count {
                return self.walk(length, |automaton, state, left| {
                    let mut chosen = None;
                    for (letter, to, count) in automaton.steps(state, left) {
                        chosen = Some((letter, to));
                        if rest < count {
                            break;
                        }
                        rest -= count;
                    }
                    chosen
                });
            }
            rest -= count;
        }
        String::new()
    }

    fn sample(&self, draw: Draw) -> String {
        if self.lengths.is_empty() {
            return String::new();
        }
        let usual = self.lengths.partition_point(|&length| length < 6);
        let choice = match &self.lengths[usual..] {
            [] => &self.lengths[..],
            longer => &longer[..longer.len().min(10)],
        };
        let length = choice[draw.below(choice.len() as u64) as usize];
        let mut draw = draw;
        self.walk(length, |automaton, state, left| {
            draw = draw.next();
            let steps = automaton.steps(state, left);
            let total: u64 = steps.map(|(letter, ..)| weight(letter)).sum();
            let mut rest = draw.below(total.max(1));
            let mut chosen = None;
            for (letter, to, _) in automaton.steps(state, left) {
                chosen = Some((letter, to));
                let weight = weight(letter);
                if rest < weight {
                    break;
                }
                rest -= weight;
            }
            chosen
        })
    }

    /// Letters that may come next with `left` more behind them, the state behind each, and how many
    /// texts that leaves.
    fn steps(&self, state: u32, left: usize) -> impl Iterator<Item = (u8, u32, u64)> {
        let counts = &self.counts[left];
        let steps = self.next[state as usize].iter();
        steps
            .map(|&(letter, to)| (letter, to, counts[to as usize]))
            .filter(|(.., count)| *count > 0)
    }

    /// A path of that length; `choose` takes one of the steps from a state with so many letters left.
    fn walk(
        &self,
        length: usize,
        mut choose: impl FnMut(&Self, u32, usize) -> Option<(u8, u32)>,
    ) -> String {
        let mut text = String::with_capacity(length);
        let mut state = 0;
        for left in (0..length).rev() {
            let Some((letter, to)) = choose(self, state, left) else {
                break;
            };
            state = to;
            text.push(char::from(FIRST + letter));
        }
        text
    }
}

fn weight(letter: u8) -> u64 {
    match FIRST + letter {
        b'a'..=b'z' => 12,
        b'0'..=b'9' => 3,
        b'A'..=b'Z' => 4,
        b' ' | b'-' | b'_' | b'.' => 2,
        _ => 1,
    }
}

/// From the plainest to all of printable ASCII.
fn alphabets() -> Vec<Vec<u8>> {
    let of = |member: &dyn Fn(u8) -> bool| -> Vec<u8> {
        (0..LETTERS as u8)
            .filter(|letter| member(FIRST + letter))
            .collect()
    };
    vec![
        of(&|c| c.is_ascii_lowercase() || c.is_ascii_digit()),
        of(&|c| c.is_ascii_alphanumeric()),
        of(&|c| c.is_ascii_alphanumeric() || b"-_. @/:+#,".contains(&c)),
        of(&|_| true),
    ]
}

/// The transitions of the joined automaton, and which states accept.
fn explore(patterns: &[Arc<Pattern>]) -> Option<(Vec<u32>, Vec<bool>)> {
    let start: Option<Vec<At>> = patterns
        .iter()
        .map(|pattern| {
            let input = Input::new("").anchored(Anchored::No);
            let state = pattern.automaton().start_state_forward(&input).ok()?;
            Some(settle(pattern, state))
        })
        .collect();
    let start = start?;
    let mut numbers = BTreeMap::from([(start.clone(), 0_u32)]);
    let mut states = vec![start];
    let (mut next, mut accepted) = (Vec::new(), Vec::new());
    let mut at = 0;
    while at < states.len() {
        let state = states[at].clone();
        accepted.push(accepts(patterns, &state));
        for letter in 0..LETTERS as u8 {
            let to = step(patterns, &state, FIRST + letter);
            if hopeless(patterns, &to) {
                next.push(DEAD);
                continue;
            }
            let fresh = states.len() as u32;
            let number = *numbers.entry(to.clone()).or_insert(fresh);
            if number == fresh {
                states.push(to);
            }
            next.push(number);
        }
        at += 1;
        if states.len() > STATES_MAX {
            return None;
        }
    }
    Some((next, accepted))
}

fn settle(pattern: &Pattern, state: StateID) -> At {
    let automaton = pattern.automaton();
    if automaton.is_match_state(state) {
        At::Matched
    } else if automaton.is_dead_state(state) {
        At::Never
    } else {
        At::State(state)
    }
}

fn step(patterns: &[Arc<Pattern>], state: &[At], byte: u8) -> Vec<At> {
    let each = patterns.iter().zip(state).map(|(pattern, at)| match at {
        At::State(state) => settle(pattern, pattern.automaton().next_state(*state, byte)),
        settled => *settled,
    });
    each.collect()
}

fn accepts(patterns: &[Arc<Pattern>], state: &[At]) -> bool {
    patterns.iter().zip(state).all(|(pattern, at)| {
        let matched = match at {
            At::State(state) => {
                let end = pattern.automaton().next_eoi_state(*state);
                pattern.automaton().is_match_state(end)
            }
            At::Matched => true,
            At::Never => false,
        };
        matched != pattern.negated
    })
}

fn hopeless(patterns: &[Arc<Pattern>], state: &[At]) -> bool {
    let each = patterns.iter().zip(state);
    each.into_iter().any(|(pattern, at)| match at {
        At::Matched => pattern.negated,
        At::Never => !pattern.negated,
        At::State(_) => false,
    })
}

/// The length of a shortest accepted text of at least `min` characters.
fn shortest(next: &[u32], accepted: &[bool], min: usize) -> Option<usize> {
    let mut here = vec![false; accepted.len()];
    here[0] = true;
    for length in 0..=min + accepted.len() {
        if length >= min && here.iter().zip(accepted).any(|(here, ok)| *here && *ok) {
            return Some(length);
        }
        let mut there = vec![false; accepted.len()];
        for (state, _) in here.iter().enumerate().filter(|(_, here)| **here) {
            for &to in &next[state * LETTERS..(state + 1) * LETTERS] {
                if to != DEAD {
                    there[to as usize] = true;
                }
            }
        }
        here = there;
    }
    None
}

fn count(next: &[u32], accepted: &[bool], alphabet: &[u8], longest: usize) -> Vec<Vec<u64>> {
    let mut counts = Vec::with_capacity(longest + 1);
    counts.push(accepted.iter().map(|&ok| u64::from(ok)).collect::<Vec<_>>());
    for left in 1..=longest {
        let before = &counts[left - 1];
        let row = (0..accepted.len()).map(|state| {
            let letters =
                alphabet.iter().map(
                    |&letter| match next[state * LETTERS + usize::from(letter)] {
                        DEAD => 0,
                        to => before[to as usize],
                    },
                );
            letters.fold(0, u64::saturating_add)
        });
        let row = row.collect();
        counts.push(row);
    }
    counts
}

//! Choices that follow from a number, so that a failure can be made again.

use seeder::key::Key;

/// A sequence of choices.
#[derive(Debug, Clone)]
pub struct Dice {
    key: Key,
    thrown: u64,
}

impl Dice {
    /// The sequence of a seed and a number in its run.
    pub fn new(seed: u64, number: u64) -> Self {
        Self {
            key: Key::derive(seed, &["contract", &number.to_string()]),
            thrown: 0,
        }
    }

    /// A number below a bound, which must not be 0.
    pub fn below(&mut self, bound: usize) -> usize {
        self.thrown += 1;
        self.key.draw(self.thrown, 0, 0).below(bound as u64) as usize
    }

    /// Whether something of so many percent happens.
    pub fn percent(&mut self, share: usize) -> bool {
        self.below(100) < share
    }

    /// One of several; none of none.
    pub fn pick<'o, T>(&mut self, options: &'o [T]) -> Option<&'o T> {
        match options.len() {
            0 => None,
            count => options.get(self.below(count)),
        }
    }
}

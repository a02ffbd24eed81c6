//! `card`: a number that payment services publish for tests, written as the value was.

use std::sync::Arc;

use rules::mask::Transformer;
use seeder::natural::TEST_CARDS;
use seeder::value::Type;

use crate::key::Draw;
use crate::transform::{Column, Made, Transform, Unfit, Unmaskable};

/// Digits of the longest.
const DIGITS: u32 = 16;

#[derive(Debug)]
struct Card {
    /// Characters that there is room for.
    max: usize,
    /// Whether it is a number rather than a text.
    number: bool,
}

/// The transformer of card numbers.
pub(in crate::transform) fn card(column: &Column<'_>) -> Made {
    let (max, number) = match column.data_type.base() {
        Type::Text { max, .. } if max.is_none_or(|max| max >= DIGITS) => {
            (max.map_or(usize::MAX, |max| max as usize), false)
        }
        Type::Int { max, .. } if *max > 10_i64.pow(DIGITS) => (usize::MAX, true),
        Type::Decimal { precision, .. }
            if precision.is_none_or(|digits| u32::from(digits) >= DIGITS) =>
        {
            (usize::MAX, true)
        }
        _ => {
            let hint = "card is for bigint and for text of at least 16 characters";
            return Err(Unfit::of_type(Transformer::Card, column, hint));
        }
    };
    Ok(Arc::new(Card { max, number }))
}

impl Transform for Card {
    fn mask(&self, value: &[u8], draw: &Draw, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
        let alike: Vec<&str> = TEST_CARDS
            .iter()
            .copied()
            .filter(|card| card.len() == digits)
            .collect();
        if alike.is_empty() {
            out.extend_from_slice(draw.choose(TEST_CARDS, 0).as_bytes());
            return Ok(());
        }
        let mut card = draw.choose(&alike, 0).bytes();
        // Blanks and dashes between groups stay; anything else could tell something.
        let grouped = value
            .iter()
            .all(|byte| byte.is_ascii_digit() || b" -".contains(byte));
        if self.number || !grouped || value.len() > self.max {
            out.extend(card);
            return Ok(());
        }
        for byte in value {
            match byte.is_ascii_digit() {
                true => out.extend(card.next()),
                false => out.push(*byte),
            }
        }
        Ok(())
    }
}

//! `phone`: a number of a range that regulators keep free for fiction; in unique columns one behind a
//! country code that no country has.

use std::sync::Arc;

use rules::mask::{Mask, Transformer};
use seeder::person::{People, Person};
use seeder::value::Type;
use seeder::words::locales;

use super::{people, person, text_max};
use crate::key::Draw;
use crate::permute::Permutation;
use crate::transform::apart::permutation;
use crate::transform::{Column, Made, Transform, Unfit, Unmaskable, text_of};

/// A country code that is not assigned (ITU-T E.164, list of assigned codes: 999 is reserved).
const NOWHERE: &str = "999";

/// Digits behind it where values are drawn: 15 in all, as E.164 allows.
const DRAWN_DIGITS: u32 = 12;

/// Digits of numbers that are replaced one for one; with the country code they are three more than
/// E.164 allows, else numbers of all countries would not stay apart.
const APART_DIGITS: u32 = 15;

#[derive(Debug)]
struct Phone {
    people: Arc<People>,
    max: usize,
    form: Form,
}

#[derive(Debug)]
enum Form {
    /// The person's own.
    Own,
    /// Of the value's country.
    Coarse,
    /// Digits alone, for integers.
    Digits,
    /// One for one.
    Apart(Permutation),
}

/// The transformer of telephone numbers.
pub(in crate::transform) fn phone(mask: &Mask, column: &Column<'_>) -> Made {
    let with = Transformer::Phone;
    let digits = match column.data_type.base() {
        Type::Int { max, .. } => *max > 10_i64.pow(15),
        Type::Decimal { precision, .. } => precision.is_none_or(|digits| digits >= 15),
        _ => false,
    };
    let max = match text_max(column) {
        Some(max) => max,
        None if digits => usize::MAX,
        None => return Err(Unfit::of_type(with, column, "it is for text and bigint")),
    };
    let form = match (column.unique, digits, mask.options.coarse) {
        (true, true, _) => {
            return Err(Unfit::new(
                "a number of telephone does not stay apart from others in a type of numbers",
                "take int, which is one for one",
            ));
        }
        (true, false, _) => {
            let needed = 1 + NOWHERE.len() + APART_DIGITS as usize;
            if max < needed {
                return Err(Unfit::new(
                    format!(
                        "numbers of all countries need {needed} characters to stay apart, and the \
                         type has room for {max}"
                    ),
                    "take digits, whose numbers may be somebody's",
                ));
            }
            Form::Apart(permutation(column, "phone", 10_u128.pow(APART_DIGITS)))
        }
        (false, true, _) => Form::Digits,
        (false, false, true) => Form::Coarse,
        (false, false, false) => Form::Own,
    };
    let people = people(mask, column)?;
    Ok(Arc::new(Phone { people, max, form }))
}

impl Transform for Phone {
    fn mask(&self, value: &[u8], draw: &Draw, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        let mut text = String::with_capacity(24);
        match &self.form {
            Form::Own => person(&self.people, draw).write_phone(&mut text),
            Form::Coarse => match compatriot(text_of(value)?, draw, &self.people) {
                Some(person) => person.write_phone(&mut text),
                None => nowhere(draw, "+", &mut text),
            },
            Form::Digits => nowhere(draw, "", &mut text),
            Form::Apart(permutation) => apart(text_of(value)?, permutation, &mut text)?,
        }
        if text.len() > self.max {
            text.retain(|letter| letter.is_ascii_digit());
            // What is left is the last digits, which are the fictional ones.
            let excess = text.len().saturating_sub(self.max);
            text.drain(..excess);
        }
        out.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

/// A number of no country.
fn nowhere(draw: &Draw, plus: &str, text: &mut String) {
    let number = draw.below(10_u64.pow(DRAWN_DIGITS), 1);
    text.push_str(&format!("{plus}{NOWHERE}{number:012}"));
}

/// A person of the country that the number is of.
fn compatriot(value: &str, draw: &Draw, people: &People) -> Option<Person> {
    let international = value
        .strip_prefix('+')
        .or_else(|| value.strip_prefix("00"))?;
    let digits: String = international.chars().filter(char::is_ascii_digit).collect();
    let countries = locales().iter();
    let code = countries
        .map(|locale| locale.calling_code)
        .filter(|code| digits.starts_with(code))
        .max_by_key(|code| code.len())?;
    // Most draws are of another country; the chance that none of so many is of this one is small,
    // and the number is one of no country then.
    (0..256)
        .map(|attempt| person(people, &draw.again(attempt)))
        .find(|person| person.locale().calling_code == code)
}

/// One for one: a number with a plus becomes one with a plus, one without one without.
fn apart(value: &str, permutation: &Permutation, text: &mut String) -> Result<(), Unmaskable> {
    let (plus, digits) = match value.strip_prefix('+') {
        Some(digits) => ("+", digits),
        None => ("", value),
    };
    // Two spellings of one number are two texts, and a unique key has both.
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err(Unmaskable::new(
            "is no number of digits alone, with or without a plus, as a unique key needs it",
        ));
    }
    // Zeros in front count: a number begins with a 1 of its own. With a plus there are none.
    let zeros = plus.is_empty();
    let most = if zeros {
        APART_DIGITS - 1
    } else {
        APART_DIGITS
    } as usize;
    if digits.len() > most || (!zeros && digits.starts_with('0')) {
        return Err(Unmaskable::new(
            "has more digits than a telephone number, or a 0 behind the plus",
        ));
    }
    let number: u128 = digits.parse().unwrap_or_default();
    let number = if zeros {
        number + 10_u128.pow(digits.len() as u32)
    } else {
        number
    };
    let replaced = permutation.of(number);
    text.push_str(&format!("{plus}{NOWHERE}{replaced:015}"));
    Ok(())
}

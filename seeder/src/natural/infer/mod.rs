//! Which generator a column wants, by what it is called, where it stands and what it is of.

mod rules;
mod tokens;

use crate::value::Type;

use super::Generate;
use super::family::{EnumColumn, entry, states_of};
use super::shape::{ArrayColumn, RangeColumn, RecordColumn, by_type};
use rules::Class;
use tokens::tokens;

/// A generator and why it was chosen.
pub struct Choice {
    /// What makes the values.
    pub generator: Box<dyn Generate>,
    /// The reason: `name "email" is an e-mail address`.
    pub reason: String,
}

impl std::fmt::Debug for Choice {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Choice")
            .field("generator", &self.generator.name())
            .field("reason", &self.reason)
            .finish()
    }
}

/// The words of a name, in lower case and singular, translated into English where that is known:
/// `OrderItems` is `order item`; `strEmailAddress` and `Vorname` come apart.
pub fn words_of(name: &str) -> Vec<String> {
    tokens(name)
}

/// Chooses the generator of a column; `None` only for a type that nobody here knows.
///
/// `table` and `column` are bare names, `order_items` and `unit_price`, in any style of writing. Other
/// columns of the table count for nothing: whoever adds one must not change what is there.
pub fn infer(table: &str, column: &str, data_type: &Type) -> Option<Choice> {
    match data_type {
        Type::Domain { base, name, .. } => {
            let choice = infer(table, column, base)?;
            // A domain called `email` says more than a column called `value`.
            let by_domain = choice
                .reason
                .starts_with("type")
                .then(|| infer(table, &name.name, base).filter(|c| !c.reason.starts_with("type")));
            Some(by_domain.flatten().unwrap_or(choice))
        }
        Type::Enum(labels) => Some(Choice {
            generator: Box::new(EnumColumn::new(labels)?),
            reason: format!("type has {} labels", labels.len()),
        }),
        Type::Array(element) => {
            let inner = infer(table, column, element)?;
            Some(Choice {
                generator: Box::new(ArrayColumn::new(inner.generator)),
                reason: format!("{}; none to three of them", inner.reason),
            })
        }
        Type::Range(subtype) => range(table, column, subtype, false),
        Type::Multirange(subtype) => range(table, column, subtype, true),
        Type::Record(fields) => {
            let fields: Option<Vec<_>> = fields
                .iter()
                .map(|(name, field)| infer(column, name, field).map(|c| c.generator))
                .collect();
            Some(Choice {
                generator: Box::new(RecordColumn::new(fields?)),
                reason: "type is composite, each field by its name".to_owned(),
            })
        }
        simple => by_name(table, column, simple).or_else(|| by_type_alone(simple)),
    }
}

fn range(table: &str, column: &str, subtype: &Type, several: bool) -> Option<Choice> {
    let bound = infer(table, column, subtype)?;
    Some(Choice {
        generator: Box::new(RangeColumn::new(bound.generator, subtype.clone(), several)),
        reason: format!("type is a range; lower bound: {}", bound.reason),
    })
}

/// By the rules over the column's words, the longest matching end first; then by the table's.
fn by_name(table: &str, column: &str, data_type: &Type) -> Option<Choice> {
    let class = Class::of(data_type)?;
    let words = tokens(column);
    let table_words = tokens(table);
    let chosen = |name: &str, reason: String| {
        let generator = entry(name)?.fit(data_type)?;
        Some(Choice { generator, reason })
    };
    let because = |name: &str| {
        let about = entry(name).map_or("", |entry| entry.about);
        format!("name \"{column}\" is {about}")
    };
    if class == Class::Text && rules::is_state(&words, &table_words) {
        let kind = words[..words.len() - 1].to_vec();
        if let Some(states) = states_of(&kind).or_else(|| states_of(&table_words)) {
            return chosen(states, because(states));
        }
    }
    if class == Class::Text && rules::is_bare_name(&words) {
        let (name, why) = rules::of_table(&table_words, &words);
        return chosen(name, format!("name \"{column}\" in \"{table}\" is {why}"));
    }
    let name = rules::by_words(class, &words)?;
    chosen(name, because(name))
}

fn by_type_alone(data_type: &Type) -> Option<Choice> {
    let (name, what) = match data_type {
        Type::Bool => ("flag", "a truth"),
        Type::Int { max, .. } if *max < 40_000 => ("small_number", "a small integer"),
        Type::Int { .. } => ("integer", "an integer"),
        Type::Decimal { .. } | Type::Money => ("amount", "a decimal number"),
        Type::Float { .. } => ("measure", "a number with a fraction"),
        Type::Text { max, .. } => match max {
            Some(..=3) => ("code", "a very short text"),
            Some(..=80) => ("label", "a short text"),
            _ => ("title", "a text"),
        },
        Type::Date => ("past_day", "a day"),
        Type::Timestamp { .. } => ("past", "a moment"),
        Type::Time { .. } => ("time_of_day", "a time of day"),
        Type::Interval => ("duration", "a duration"),
        Type::Uuid => ("uuid", "a UUID"),
        Type::Inet => ("ip_address", "an address"),
        Type::Cidr => ("cidr", "a network"),
        Type::MacAddress { .. } => ("mac_address", "a hardware address"),
        other => by_type(other)?,
    };
    let generator = entry(name)?.fit(data_type)?;
    Some(Choice {
        generator,
        reason: format!("type is {what}"),
    })
}

#[cfg(test)]
mod tests;

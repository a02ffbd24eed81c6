//! Slugs that say what the title beside them says.

use rules::seed::TableRules;

use super::life::plain;
use super::{Follow, unlike_any};
use crate::key::{Key, Permutation};
use crate::natural::slug_of;
use crate::plan::table::{Origin, TablePlan};
use crate::plan::values::Values;
use crate::value::{Type, Value};

/// Words at the end of the names of slugs.
const SLUGS: [&str; 4] = ["slug", "permalink", "url key", "url slug"];

/// What a slug may be made of, the best first.
const TITLES: [&str; 9] = [
    "title",
    "name",
    "headline",
    "label",
    "subject",
    "display name",
    "full title",
    "product name",
    "display title",
];

/// Endings that tell rows with one title apart: 36⁶ of them.
const ENDING: u32 = 6;

/// Letters of a title that a slug has room for, at least.
const TITLE_MIN: usize = 8;

/// How a slug is made.
#[derive(Debug, Clone)]
pub struct Slug {
    /// The title.
    pub title: usize,
    /// Letters of the slug, at most.
    pub max: usize,
    /// Endings by the row's number; `None` where rows may share a slug, or the key gives the number.
    pub endings: Option<Permutation>,
}

impl Slug {
    /// The slug of a title, with an ending that no other row has where there is one.
    pub fn of(&self, title: &str, ending: Option<u64>) -> String {
        let mut text = slug_of(title);
        let ending = ending.map(|number| format!("-{}", code(number)));
        let room = self.max - ending.as_ref().map_or(0, String::len).min(self.max);
        if text.len() > room {
            text.truncate(room);
            // Whole words where one ends in the last third.
            if let Some(at) = text.rfind('-').filter(|at| *at >= room - room / 3) {
                text.truncate(at);
            }
        }
        text.truncate(text.trim_end_matches('-').len());
        text.extend(ending);
        text
    }
}

/// A number in letters and digits, of the same width up to 36⁶.
fn code(number: u64) -> String {
    let mut text = String::new();
    crate::person::push_base36(number, &mut text);
    let missing = (ENDING as usize).saturating_sub(text.len());
    format!("{}{text}", "0".repeat(missing))
}

/// The slugs of a table; what is wrong with the configuration's comes back.
pub(super) fn slugs(
    rules: Option<&TableRules>,
    table: &TablePlan,
    values: &Values,
) -> (Vec<(usize, Follow)>, Vec<String>) {
    let (mut found, mut wrong) = (Vec::new(), Vec::new());
    for column in 0..table.columns.len() {
        let own = &table.columns[column];
        let rule = rules.and_then(|rules| rules.columns.get(&own.name));
        let asked = rule.and_then(|rule| rule.of.as_deref());
        let title = match asked {
            Some(name) => match table.column(name).filter(|title| *title != column) {
                Some(title) => Some(title),
                None => {
                    let names = table.columns.iter().map(|column| column.name.as_str());
                    wrong.push(format!(
                        "column \"{}\": {}",
                        own.name,
                        unlike_any(name, names)
                    ));
                    None
                }
            },
            None if rule.is_some_and(|rule| rule.with.is_some() || !rule.values.is_empty()) => None,
            None => titled(table, values, column),
        };
        let Some(title) = title else {
            continue;
        };
        match slug(table, values, column, title) {
            Some(slug) => found.push((column, Follow::Slug(slug))),
            None if asked.is_some() => wrong.push(format!(
                "column \"{}\" has no room for the slug of another, or its CHECKs do not allow it",
                own.name
            )),
            None => {}
        }
    }
    (found, wrong)
}

/// The title that a column is the slug of, by their names.
fn titled(table: &TablePlan, values: &Values, column: usize) -> Option<usize> {
    let own = plain(&table.columns[column].known_as);
    let generator = values.makers[column].generator.as_ref()?;
    let end = SLUGS.iter().find_map(|end| own.strip_suffix(end))?;
    if generator.name() != "slug" || !(end.is_empty() || end.ends_with(' ')) {
        return None;
    }
    let texts = |name: &str| {
        table.columns.iter().position(|other| {
            plain(&other.known_as) == name && matches!(other.data_type.base(), Type::Text { .. })
        })
    };
    let mut names = TITLES.iter();
    // `product_slug` is of `product_name` before it is of `name`.
    let before = TITLES
        .iter()
        .find_map(|title| texts(&format!("{end}{title}")));
    before.or_else(|| names.find_map(|name| texts(name)))
}

fn slug(table: &TablePlan, values: &Values, column: usize, title: usize) -> Option<Slug> {
    let own = &table.columns[column];
    let Type::Text { max, .. } = own.data_type.base() else {
        return None;
    };
    let max = max.map_or(usize::MAX, |max| max as usize);
    let endings = match own.origin {
        Origin::Free | Origin::Digit(_) => None,
        Origin::Distinct => Some(Permutation::new(
            own.key.part("endings"),
            36_u64.pow(ENDING).max(table.rows.next_power_of_two() * 4),
        )),
        _ => return None,
    };
    // Places of a key may need more letters than endings of rows.
    let room = match own.origin {
        Origin::Digit(_) => 13,
        Origin::Distinct => ENDING as usize + 1,
        _ => 0,
    };
    let slug = Slug {
        title,
        max,
        endings,
    };
    let fits = max >= room + TITLE_MIN && passes(&slug, table, values, column);
    fits.then_some(slug)
}

/// Whether CHECKs let slugs pass, and ask nothing of other columns where each row's is another.
fn passes(slug: &Slug, table: &TablePlan, values: &Values, column: usize) -> bool {
    let Some(group) = values.makers[column]
        .group
        .map(|group| &values.groups[group])
    else {
        return true;
    };
    let alone = group.columns() == [column];
    let key = Key::derive(0, &["slugs on trial"]);
    let keyed = table.columns[column].origin != Origin::Free;
    let trial = (0..32_u64).all(|row| {
        let draw = key.draw(row, 0, 0);
        let title = ["Quick Brown Fox", "A1", "Über uns", "O'Neill & Sons, Ltd."];
        let title = title[draw.below(4) as usize];
        let text = slug.of(title, keyed.then(|| draw.below(36_u64.pow(ENDING))));
        group
            .domain(column)
            .is_some_and(|domain| domain.contains(&Value::Text(text)))
    });
    trial && (alone || !keyed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_say_what_titles_say_and_end_apart() {
        let slug = Slug {
            title: 0,
            max: 24,
            endings: None,
        };
        assert_eq!(slug.of("O'Neill & Söhne: Büro", None), "o-neill-sohne-buro");
        assert_eq!(
            slug.of("Quick Brown Fox", Some(35)),
            "quick-brown-fox-00000z"
        );
        assert_eq!(
            slug.of("One very long title indeed", Some(0)),
            "one-very-long-000000"
        );
        assert_eq!(slug.of("東京", None), "dong-jing");
        assert_eq!(slug.of("!", Some(1)), "-000001");
    }
}

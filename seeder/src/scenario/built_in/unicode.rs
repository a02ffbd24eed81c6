//! Names in many scripts.

use super::{Wishes, texts};
use crate::plan::Plan;
use crate::value::{Type, Value};

/// What breaks programs that take a name for ASCII: marks, apostrophes and hyphens; letters that are
/// composed of two characters, or change their number in upper case; scripts without case and from
/// right to left; joiners, signs beyond the first plane, and blanks that are none of the usual.
const NAMES: [&str; 10] = [
    "Zoë Ångström-Łukasiewicz",
    "Siobhán O’Brien D'Arcy",
    "Ze\u{301}no e\u{308} Nguye\u{302}\u{303}n",
    "İpek Şahin Weiß ǅ",
    "李小龍",
    "محمد بن سلمان",
    "אֵיתָן כֹּהֵן",
    "अनुष्का शर्मा ถนอม",
    "👩\u{200d}👩\u{200d}👧\u{200d}👦 𝒜𝓃𝓃𝒶 🏳\u{fe0f}\u{200d}🌈",
    "Ann\u{a0}Lee\u{2009}Ma\u{ad}ri\u{200b}e",
];

/// Generators of columns that people, firms and places write their names into, and of free text.
const GENERATORS: [&str; 25] = [
    "address_line2",
    "brand",
    "city",
    "comment",
    "company",
    "family_name",
    "full_address",
    "full_name",
    "given_name",
    "job_title",
    "label",
    "middle_name",
    "nickname",
    "paragraph",
    "product",
    "product_description",
    "project",
    "sentence",
    "slogan",
    "street_address",
    "street_name",
    "subject",
    "task",
    "team",
    "title",
];

/// A row for each name.
pub(super) fn wishes(plan: &Plan, table: usize) -> Vec<Wishes> {
    let named = texts(plan, table).filter(|&column| {
        let generator = plan.values[table].makers[column].generator.as_ref();
        generator.is_some_and(|generator| GENERATORS.contains(&generator.name()))
    });
    let columns: Vec<usize> = named.collect();
    if columns.is_empty() {
        return Vec::new();
    }
    let row = |name: &&str| {
        let wish = |column: &usize| {
            let data_type = &plan.tables[table].columns[*column].data_type;
            (*column, Value::Text(fitted(name, data_type)))
        };
        columns.iter().map(wish).collect()
    };
    NAMES.iter().map(row).collect()
}

/// As much of a name as the column has room for.
fn fitted(name: &str, data_type: &Type) -> String {
    match data_type.base() {
        Type::Text { max: Some(max), .. } => name.chars().take(*max as usize).collect(),
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_generator_that_is_named_is_one() {
        let known: Vec<&str> = crate::natural::names()
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        for name in GENERATORS {
            assert!(known.contains(&name), "{name}");
        }
    }
}

//! Documents by their leaves: paths as the transformer `json` takes them.
//!
//! A key can be an original as well as a value can: what does not look like the name of a field, or is
//! one of many, is `*` and is never told.

use std::collections::BTreeMap;

use serde_json::Value;

use super::judge::{SMALLEST_CELL, Tally, is_person, like_person};

/// Paths of one column.
const PATHS_MAX: usize = 200;

/// Deeper leaves are not looked at.
const DEPTH_MAX: usize = 12;

/// Fields of one object; where there are more, keys are values.
const FIELDS_MAX: usize = 64;

/// Longer names are no names of fields.
const KEY_MAX: usize = 40;

/// Text of one column's documents that is kept until they are counted.
const KEPT_MAX: usize = 1 << 20;

/// Documents of a column.
#[derive(Default)]
pub(super) struct Documents {
    values: Vec<Value>,
    bytes: usize,
    /// NULLs and documents that were too great.
    pub(super) absent: u32,
}

/// A leaf: its path, its last key, and what its values are.
pub(super) struct Leaf {
    pub(super) path: String,
    pub(super) key: String,
    pub(super) tally: Tally,
}

impl Documents {
    pub(super) fn add(&mut self, text: Option<&str>) {
        let Some(text) = text else {
            self.absent += 1;
            return;
        };
        if self.bytes + text.len() > KEPT_MAX {
            return;
        }
        if let Ok(value) = serde_json::from_str(text) {
            self.bytes += text.len();
            self.values.push(value);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    /// Every leaf that documents have.
    pub(super) fn leaves(&self) -> Vec<Leaf> {
        let mut found = Vec::new();
        let values: Vec<&Value> = self.values.iter().collect();
        walk(&values, &Path::default(), &mut found);
        found
    }
}

#[derive(Clone, Default)]
struct Path {
    text: String,
    key: String,
    depth: usize,
}

impl Path {
    fn field(&self, key: &str) -> Self {
        let dot = if self.text.is_empty() { "" } else { "." };
        Self {
            text: format!("{}{dot}{key}", self.text),
            // Elements are called as their array is.
            key: if key == "*" {
                self.key.clone()
            } else {
                key.to_owned()
            },
            depth: self.depth + 1,
        }
    }

    fn elements(&self) -> Self {
        Self {
            text: format!("{}[]", self.text),
            key: self.key.clone(),
            depth: self.depth + 1,
        }
    }
}

fn walk(values: &[&Value], path: &Path, found: &mut Vec<Leaf>) {
    if path.depth > DEPTH_MAX || found.len() >= PATHS_MAX {
        return;
    }
    let mut tally = Tally::new();
    let mut fields: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    let mut elements: Vec<&Value> = Vec::new();
    let mut objects = 0;
    for value in values {
        match value {
            Value::Null => tally.null(),
            Value::Bool(_) => {}
            Value::Number(number) => tally.add(&number.to_string()),
            Value::String(text) => tally.add(text),
            Value::Array(values) => elements.extend(values),
            Value::Object(members) => {
                objects += 1;
                for (key, value) in members {
                    fields.entry(key).or_default().push(value);
                }
            }
        }
    }
    let scalars = values
        .iter()
        .any(|value| !value.is_object() && !value.is_array());
    if scalars && path.depth > 0 {
        found.push(Leaf {
            path: path.text.clone(),
            key: path.key.clone(),
            tally,
        });
    }
    if !elements.is_empty() {
        walk(&elements, &path.elements(), found);
    }
    // Names of fields come again; keys that are values hardly do, and are like each other.
    let least = (objects / 50).max(SMALLEST_CELL as usize);
    let people = fields.keys().filter(|key| like_person(key)).count();
    let many = fields.len() > FIELDS_MAX || people * 2 > fields.len();
    let mut others: Vec<&Value> = Vec::new();
    for (key, values) in fields {
        if !many && is_field(key) && values.len() >= least {
            walk(&values, &path.field(key), found);
        } else {
            others.extend(values);
        }
    }
    if !others.is_empty() {
        walk(&others, &path.field("*"), found);
    }
}

/// Whether a key is written as names of fields are, and is nothing that a detector knows.
fn is_field(key: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '$');
    let digits = key.bytes().filter(u8::is_ascii_digit).count();
    key.len() <= KEY_MAX
        && key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && key.chars().all(legal)
        && digits <= 3
        && !is_person(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(documents: &[&str]) -> Vec<String> {
        let mut all = Documents::default();
        for _ in 0..SMALLEST_CELL / 2 {
            documents.iter().for_each(|text| all.add(Some(text)));
        }
        all.leaves().into_iter().map(|leaf| leaf.path).collect()
    }

    #[test]
    fn leaves_have_paths_and_keys_that_are_values_have_none() {
        let document = r#"{"user":{"email":"a@b.example","tags":["x",{"note":"y"}]},"n":1}"#;
        assert_eq!(
            paths(&[document, document]),
            ["n", "user.email", "user.tags[]", "user.tags[].note"]
        );
        let keyed = r#"{"maria@corp.example":{"age":3},"0171234567":{"age":4}}"#;
        assert_eq!(paths(&[keyed, keyed]), ["*.age"]);
        // A key that is there once could be a person's name.
        assert_eq!(
            paths(&[r#"{"zebulon":1,"kind":2}"#, r#"{"kind":3}"#]),
            ["kind", "*"]
        );
        assert_eq!(paths(&[r#"{"Anna":1}"#, r#"{"Anna":1}"#]), ["*"]);
        // Names in small letters tell by their company, for fields are called like persons, too.
        let rated = r#"{"ratings":{"mueller":5,"jsmith42":3}}"#;
        assert_eq!(paths(&[rated, rated]), ["ratings.*"]);
        let priced = r#"{"currency":"EUR","mark":2,"price":3}"#;
        assert_eq!(paths(&[priced, priced]), ["currency", "mark", "price"]);
    }
}

//! What every transformer keeps, and what it never does.

mod catalogue;
mod checks;
mod codes;
mod fit;
mod golden;
mod hostile;
mod measures;
mod nested;
mod parts;
mod reserved;
mod unique;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use rules::config::parse;
use rules::mask::{By, Choice, Mask};
use rules::schema::{CompositeField, Domain, DomainCheck, Name, Schema};
use seeder::key::Key;
use seeder::person::{Locales, People};
use seeder::value::Type;

use super::{Column, ColumnCheck, Shared, Transform, Unfit, make};
use crate::key::{Draws, MaskKey};
use crate::plan::Canonical;

/// What a transformer is made for.
#[derive(Debug, Clone)]
pub(super) struct Asked<'a> {
    pub(in crate::transform) data_type: &'a str,
    pub(in crate::transform) rule: &'a str,
    /// CHECKs over the column `c`.
    pub(in crate::transform) checks: &'a [&'a str],
    /// Rows of a unique column; `None` where values need not stay apart.
    pub(in crate::transform) rows: Option<u64>,
    pub(in crate::transform) domain: &'a str,
    /// Keys of different seeds have nothing to do with each other.
    pub(in crate::transform) seed: u8,
    pub(in crate::transform) domains: BTreeMap<String, Shared>,
}

/// A transformer that was made, and how the copy would use it.
pub(super) struct Tried {
    pub(in crate::transform) transform: Arc<dyn Transform>,
    pub(in crate::transform) draws: Draws,
    pub(in crate::transform) canonical: Canonical,
    pub(in crate::transform) by: By,
}

pub(super) fn asked<'a>(data_type: &'a str, rule: &'a str) -> Asked<'a> {
    Asked {
        data_type,
        rule,
        checks: &[],
        rows: None,
        domain: "public.t.c",
        seed: 1,
        domains: BTreeMap::new(),
    }
}

/// For a column that no unique key has.
#[track_caller]
pub(super) fn tried(data_type: &str, rule: &str) -> Tried {
    asked(data_type, rule).tried()
}

/// For a column of a unique key.
#[track_caller]
fn unique(data_type: &str, rule: &str, rows: u64) -> Tried {
    let rows = Some(rows);
    Asked {
        rows,
        ..asked(data_type, rule)
    }
    .tried()
}

impl Asked<'_> {
    #[track_caller]
    pub(in crate::transform) fn tried(&self) -> Tried {
        match self.made() {
            Ok(tried) => tried,
            Err(unfit) => panic!("{} for {}: {unfit:?}", self.rule, self.data_type),
        }
    }

    #[track_caller]
    pub(in crate::transform) fn refused(&self) -> Unfit {
        match self.made() {
            Ok(_) => panic!("{} fits {}", self.rule, self.data_type),
            Err(unfit) => unfit,
        }
    }

    pub(in crate::transform) fn made(&self) -> Result<Tried, Unfit> {
        let schema = schema();
        let data_type = Type::resolve(self.data_type, &schema);
        let key = key(self.seed);
        let people = people();
        let checks: Vec<ColumnCheck> = self
            .checks
            .iter()
            .map(|expression| ColumnCheck {
                column: "c".to_owned(),
                expression: (*expression).to_owned(),
            })
            .collect();
        let column = Column {
            schema: &schema,
            name: "c",
            data_type: &data_type,
            checks: &checks,
            rows: self.rows.unwrap_or(1_000),
            unique: self.rows.is_some(),
            domain: self.domain,
            domains: &self.domains,
            key: &key,
            people: &people,
        };
        let rule = rule(self.rule);
        Ok(Tried {
            transform: make(&rule, &column)?,
            draws: Draws::new(&key, self.domain),
            canonical: Canonical::of(&data_type),
            by: rule.by,
        })
    }
}

impl Tried {
    /// What replaces a value of the row 0.
    pub(in crate::transform) fn mask(&self, value: &str) -> Result<String, &'static str> {
        self.of_row(value.as_bytes(), 0)
    }

    /// What replaces a value of a row, by what the rule goes by.
    pub(in crate::transform) fn of_row(
        &self,
        value: &[u8],
        row: u64,
    ) -> Result<String, &'static str> {
        let value = self.canonical.form(value);
        let draw = match self.by {
            By::Value => self.draws.of(self.canonical.tag(), &value),
            _ => self.draws.of(b'r', &row.to_be_bytes()),
        };
        let mut out = b"before ".to_vec();
        let done = self.transform.mask(&value, &draw, &mut out);
        done.map_err(|refused| refused.reason)?;
        assert_eq!(&out[..7], b"before ");
        Ok(String::from_utf8(out.split_off(7)).expect("what replaces is text"))
    }

    #[track_caller]
    pub(in crate::transform) fn gives(&self, value: &str) -> String {
        match self.mask(value) {
            Ok(masked) => masked,
            Err(reason) => panic!("{value:?} {reason}"),
        }
    }
}

/// The people of all tests.
fn people() -> Arc<People> {
    static PEOPLE: LazyLock<Arc<People>> =
        LazyLock::new(|| Arc::new(People::new(&Key::derive(1, &["x"]), Locales::default())));
    Arc::clone(&PEOPLE)
}

fn key(seed: u8) -> MaskKey {
    let secret: Vec<u8> = (0..64).map(|n| n ^ seed.wrapping_mul(7) ^ 0x80).collect();
    MaskKey::read(&secret).expect("a key")
}

/// The transformer of a rule as a configuration writes it.
pub(super) fn rule(text: &str) -> Mask {
    let text = format!("[masking]\nkey = \"env:K\"\n[masking.tables.t]\nc = {text}\n");
    let parsed = parse(&text).unwrap_or_else(|problem| panic!("{text}: {problem:?}"));
    let masking = parsed.masking.expect("given");
    match &masking.tables[0].columns[0].1.cases[0].choice {
        Choice::Mask(mask) => Mask::clone(mask),
        other => panic!("{other:?}"),
    }
}

fn schema() -> Schema {
    let mut schema = Schema::default();
    let field = |name: &str, data_type: &str| CompositeField {
        name: name.to_owned(),
        data_type: data_type.to_owned(),
        collation: None,
    };
    let composites = [
        (
            "contact",
            vec![field("who", "text"), field("age", "integer")],
        ),
        (
            "team",
            vec![field("lead", "public.contact"), field("tags", "text[]")],
        ),
    ];
    for (name, fields) in composites {
        schema.composites.insert(Name::new("public", name), fields);
    }
    let domain = |base: &str, check: &str| Domain {
        base: base.to_owned(),
        not_null: false,
        default: None,
        collation: None,
        checks: vec![DomainCheck {
            name: "check".to_owned(),
            definition: format!("CHECK ({check})"),
        }],
    };
    let domains = [
        ("short", domain("text", "(length(VALUE) < 6)")),
        ("even", domain("integer", "((VALUE % 2) = 0)")),
    ];
    for (name, domain) in domains {
        schema.domains.insert(Name::new("public", name), domain);
    }
    schema.enums.insert(
        Name::new("public", "mood"),
        ["sad", "ok", "happy"].map(str::to_owned).to_vec(),
    );
    schema
}

//! From classes to decisions that the plan accepts.

use std::collections::BTreeMap;
use std::path::PathBuf;

use rules::config::Secret;
use rules::mask::{
    By, Choice, ColumnRule, Mask, MaskRules, Options, Pattern, Problem, ProblemKind, Rows,
    TableRule, Transformer, Unlisted, decide,
};
use rules::schema::{Name, Schema};
use seeder::value::Type;

use crate::detect::Schemes;
use crate::key::MaskKey;
use crate::plan::{self, Figures, Request};

use super::class::Class;

/// Days to either side of a day of birth.
const DAYS: u64 = 90;

/// Thousandths to either side of an amount and of a position.
const PER_MILLE: u64 = 100;

/// Metres of the cell that a position stays in.
const CELL_METRES: u64 = 1_000;

/// What is put behind a path to say what becomes of the keys that its star stands for.
const KEYS: &str = "#key";

/// Attempts at a set of decisions: more than any column has alternatives.
const ROUNDS_MAX: usize = 12;

/// A column that is decided about, with what may become of it, the best first.
pub(super) struct Candidate {
    pub(super) table: Name,
    pub(super) column: String,
    /// What foreign keys hold together with it gets the same choice.
    pub(super) domain: String,
    pub(super) choices: Vec<Choice>,
    /// Which of the choices is tried.
    pub(super) at: usize,
    /// Why the last one did not do.
    pub(super) problem: Option<String>,
}

/// What a plan is tried with.
pub(super) struct Trial<'a> {
    pub(super) schema: &'a Schema,
    pub(super) figures: &'a BTreeMap<Name, Figures>,
    /// Rules that there are already.
    pub(super) rules: Option<&'a MaskRules>,
    /// The domain of each column, by table and column.
    pub(super) domains: &'a BTreeMap<(String, String), String>,
}

/// What may become of values of a class, the best first.
pub(super) fn choices(class: Class, data_type: &Type, scheme: Option<usize>) -> Vec<Choice> {
    use Transformer as T;
    let plain = |with: T| Mask::plain(with);
    let masks: Vec<Mask> = match class {
        Class::Email => vec![plain(T::Email), plain(T::Token)],
        Class::Phone => vec![plain(T::Phone), plain(T::Digits), plain(T::Int)],
        Class::Card => vec![plain(T::Card), plain(T::Digits), plain(T::Int)],
        Class::Iban => vec![plain(T::Iban), plain(T::Code)],
        Class::NationalId => {
            let pattern = scheme.map_or("", Schemes::pattern);
            let text = (!pattern.is_empty()).then(|| pattern.to_owned());
            let national =
                text.map(|text| with(T::NationalId, |options| options.text = Some(text)));
            let others = [plain(T::Code), plain(T::Digits), plain(T::Int)];
            national.into_iter().chain(others).collect()
        }
        Class::Ip => vec![plain(T::Ip)],
        Class::Mac => vec![plain(T::Mac)],
        Class::Secret => vec![plain(T::Secret), plain(T::Token)],
        Class::Password => vec![plain(T::Password), plain(T::Secret)],
        Class::FirstName => vec![plain(T::FirstName)],
        Class::LastName => vec![plain(T::LastName)],
        Class::Name => vec![plain(T::Name)],
        Class::Username => vec![plain(T::Username), plain(T::Token)],
        Class::Company => vec![plain(T::Company)],
        Class::Street => vec![plain(T::Street)],
        Class::Address => vec![plain(T::Address)],
        Class::City => vec![plain(T::City)],
        Class::Postcode => vec![plain(T::Postcode), plain(T::Digits), plain(T::Int)],
        Class::BirthDate => vec![
            with(T::DateShift, |options| options.size = Some(DAYS)),
            with(T::DateTrunc, |options| {
                options.unit = Some("year".to_owned());
            }),
            with(T::Noise, |options| options.per_mille = Some(1)),
        ],
        Class::Location => vec![
            with(T::Geo, |options| options.size = Some(CELL_METRES)),
            with(T::Noise, |options| options.per_mille = Some(PER_MILLE)),
        ],
        Class::Trait => vec![plain(T::Label)],
        Class::Income => vec![with(T::Noise, |options| {
            options.per_mille = Some(PER_MILLE);
        })],
        Class::Url => vec![plain(T::Url), plain(T::Token)],
        Class::Text => vec![plain(T::Lorem)],
    };
    let number = matches!(data_type.base(), Type::Int { .. } | Type::Decimal { .. });
    let masks = masks
        .into_iter()
        .filter(|mask| number || mask.with != T::Int)
        .flat_map(both_ways);
    let null = plain(T::Null);
    masks
        .chain([null])
        .map(|mask| Choice::Mask(Box::new(mask)))
        .collect()
}

fn with(transformer: Transformer, set: impl FnOnce(&mut Options)) -> Mask {
    let mut mask = Mask::plain(transformer);
    set(&mut mask.options);
    mask
}

/// A transformer as it is by itself, and by row and by value where that can be chosen: frequencies
/// may tell, and a table may have no key.
fn both_ways(mask: Mask) -> Vec<Mask> {
    let others = [By::Row, By::Value].into_iter();
    let others = others.filter(|by| mask.with.nature().by_any && *by != mask.by);
    let mut ways: Vec<Mask> = others.map(|by| Mask { by, ..mask.clone() }).collect();
    ways.insert(0, mask);
    ways
}

/// The choices for a document, an array or a composite with such parts, the best first; none for other
/// types. By row where frequencies would tell, if every part can be made so.
pub(super) fn nested(data_type: &Type, parts: &[(String, Choice)]) -> Vec<Choice> {
    let of_row = parts.iter().map(|(path, choice)| {
        let choice = by_row(choice)?;
        Some((path.clone(), choice))
    });
    let of_row: Option<Vec<(String, Choice)>> = of_row.collect();
    let of_value = whole(data_type, parts).map(|mask| Choice::Mask(Box::new(mask)));
    let of_row = of_row.and_then(|parts| whole(data_type, &parts));
    let of_row = of_row.and_then(|mask| by_row(&Choice::Mask(Box::new(mask))));
    of_value.into_iter().chain(of_row).collect()
}

/// A choice as it is made of the row; `None` where it is by value alone.
fn by_row(choice: &Choice) -> Option<Choice> {
    match choice {
        Choice::Mask(mask) if mask.with == Transformer::Null => Some(choice.clone()),
        Choice::Mask(mask) if mask.by == By::Row || mask.with.nature().by_any => {
            let by = By::Row;
            Some(Choice::Mask(Box::new(Mask {
                by,
                ..Mask::clone(mask)
            })))
        }
        _ => None,
    }
}

fn whole(data_type: &Type, parts: &[(String, Choice)]) -> Option<Mask> {
    let rule = |choice: &Choice| ColumnRule::always(choice.clone());
    let mask = match data_type.base() {
        Type::Json { .. } => with(Transformer::Json, |options| {
            let token = Choice::Mask(Box::new(Mask::plain(Transformer::Token)));
            let keys = parts.iter().flat_map(|(path, _)| keys_of(path));
            options.parts = keys
                .map(|keys| (keys, rule(&token)))
                .chain(
                    parts
                        .iter()
                        .map(|(path, choice)| (path.clone(), rule(choice))),
                )
                .collect();
        }),
        Type::Array(_) => {
            let (_, choice) = parts.iter().find(|(path, _)| path == "[]")?;
            with(Transformer::Array, |options| {
                options.element = Some(Box::new(rule(choice)));
            })
        }
        Type::Record(_) => with(Transformer::Fields, |options| {
            options.parts = parts
                .iter()
                .map(|(path, choice)| (path.clone(), rule(choice)))
                .collect();
        }),
        _ => return None,
    };
    Some(mask)
}

/// The paths of the keys that stars of a path stand for: such keys look like values, so they are
/// replaced as values are.
fn keys_of(path: &str) -> impl Iterator<Item = String> + '_ {
    let stars = path.match_indices('*');
    stars.map(|(at, _)| format!("{}{KEYS}", &path[..=at]))
}

/// Settles on choices that the plan accepts: where it objects, the next is tried. A candidate that
/// has none left stays undecided, and says why.
pub(super) fn settle(candidates: &mut [Candidate], trial: &Trial<'_>) {
    for round in 0.. {
        let mut objections: BTreeMap<String, String> = BTreeMap::new();
        for problem in problems(candidates, trial) {
            let place = (problem.table, problem.column.unwrap_or_default());
            if let Some(domain) = trial.domains.get(&place) {
                objections.entry(domain.clone()).or_insert(problem.message);
            }
        }
        let mut moved = false;
        for candidate in candidates.iter_mut() {
            let left = candidate.at < candidate.choices.len();
            if let (Some(message), true) = (objections.get(&candidate.domain), left) {
                candidate.problem = Some(message.clone());
                // What is still objected to after so many rounds is nothing to propose.
                candidate.at = match round < ROUNDS_MAX {
                    true => candidate.at + 1,
                    false => candidate.choices.len(),
                };
                moved = true;
            }
        }
        if !moved {
            return;
        }
    }
}

/// What a plan has against the rules that there are together with the candidates; that columns are
/// undecided is not against them.
pub(super) fn problems(candidates: &[Candidate], trial: &Trial<'_>) -> Vec<Problem> {
    let rules = rules(candidates, trial);
    let decisions = decide(trial.schema, &rules);
    // Masks nothing: whether a transformer fits does not depend on the key.
    let bytes: Vec<u8> = (0..32).map(|byte| byte * 7 + 3).collect();
    let Ok(key) = MaskKey::read(&bytes) else {
        return decisions.problems;
    };
    let Ok(people) = crate::run::people(&rules, &key) else {
        return decisions.problems;
    };
    let people = std::sync::Arc::new(people);
    let plan = plan::make(Request {
        schema: trial.schema,
        decisions: &decisions,
        figures: trial.figures,
        key: &key,
        people: &people,
    });
    let problems = plan.err().unwrap_or_default();
    problems
        .into_iter()
        .filter(|problem| problem.kind != ProblemKind::Undecided)
        .collect()
}

fn rules(candidates: &[Candidate], trial: &Trial<'_>) -> MaskRules {
    let mut rules = trial.rules.cloned().unwrap_or_else(empty);
    rules.unlisted = Unlisted::Refuse;
    let mut tables: BTreeMap<&Name, TableRule> = BTreeMap::new();
    for candidate in candidates {
        let Some(choice) = candidate.choices.get(candidate.at) else {
            continue;
        };
        let rule = tables.entry(&candidate.table).or_insert_with(|| TableRule {
            schema: Pattern::new(&candidate.table.schema),
            table: Pattern::new(&candidate.table.name),
            rows: Rows::Copy,
            columns: Vec::new(),
        });
        let column = Pattern::new(&candidate.column);
        rule.columns
            .push((column, ColumnRule::always(choice.clone())));
    }
    rules.tables.extend(tables.into_values());
    rules
}

/// Rules that say nothing.
pub(super) fn empty() -> MaskRules {
    MaskRules {
        key: Secret::File(PathBuf::from("masking.key")),
        unlisted: Unlisted::Refuse,
        locales: BTreeMap::new(),
        tables: Vec::new(),
        references: Vec::new(),
        subset: None,
    }
}

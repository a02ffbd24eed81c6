//! One table: its rows sampled, each column judged.

use std::collections::BTreeMap;

use rules::mask::{Choice, Transformer};
use rules::schema::{Name, Table};
use seeder::load::Failure;
use seeder::value::Type;

use crate::detect::Kind;

use super::class::{Class, Confidence};
use super::judge::{Hint, Judged, Tally, Verdict, classify, hint, in_text};
use super::leaves::{Documents, Leaf};
use super::propose::{choices, nested};
use super::report::PartReport;
use super::sample::{self, Read, Sampled, Way};
use super::session::{Refusal, Session};

/// A column with fewer different values among those sampled may hide rare ones.
const FEW_DISTINCT: u32 = 200;

/// Kinds inside of texts are told as traces from so many texts on.
const TRACES_MIN: u32 = 1;

/// What is known of a table beside its schema.
pub(super) struct Known<'a> {
    pub(super) name: &'a Name,
    pub(super) table: &'a Table,
    pub(super) types: &'a [Type],
    /// What has the rows, with their pages.
    pub(super) leaves: &'a [(Name, u64)],
    pub(super) rows: u64,
    pub(super) comments: &'a BTreeMap<String, String>,
    pub(super) year: u16,
}

/// How a table is looked at.
#[derive(Clone, Copy)]
pub(super) struct Effort {
    pub(super) rows: u64,
    pub(super) seed: u64,
}

/// What was seen of a table.
pub(super) struct Seen {
    pub(super) sampled: u64,
    pub(super) rarest: bool,
    /// Why not all was seen.
    pub(super) refusals: Vec<(&'static str, Refusal)>,
    tallies: Vec<Tally>,
    documents: BTreeMap<usize, Documents>,
}

/// A column that was judged.
pub(super) struct JudgedColumn {
    pub(super) verdict: Verdict,
    pub(super) parts: Vec<PartReport>,
    pub(super) traces: BTreeMap<Kind, u32>,
    pub(super) choices: Vec<Choice>,
}

impl Seen {
    /// A table of which nothing was read.
    pub(super) fn nothing(columns: usize) -> Self {
        Self {
            sampled: 0,
            rarest: false,
            refusals: Vec::new(),
            tallies: (0..columns).map(|_| Tally::new()).collect(),
            documents: BTreeMap::new(),
        }
    }

    pub(super) fn tally(&self, at: usize) -> &Tally {
        &self.tallies[at]
    }
}

/// Samples the rows of a table.
pub(super) async fn look(
    session: &Session<'_>,
    known: &Known<'_>,
    reads: &[Read],
    effort: Effort,
) -> Result<Seen, Failure> {
    let mut seen = Seen::nothing(known.table.columns.len());
    let sampled = Sampled {
        leaves: known.leaves,
        rows: known.rows,
        wanted: effort.rows,
    };
    if reads.is_empty() || known.leaves.iter().all(|(_, pages)| *pages == 0) {
        return Ok(seen);
    }
    let (tallies, documents) = (&mut seen.tallies, &mut seen.documents);
    let taken = sample::sample(session, &sampled, reads, effort.seed, |at, value| {
        add(&reads[at], value, tallies, documents);
    });
    match taken.await? {
        Ok(rows) => seen.sampled = rows,
        Err(refusal) => seen.refusals.push(("its rows", refusal)),
    }
    // A table that was read as a whole hides nothing, but the estimate may be behind.
    let whole = known
        .leaves
        .iter()
        .all(|(_, pages)| *pages <= sample::SMALL_PAGES);
    let few = |read: &&Read| {
        let tally = &seen.tallies[read.at];
        read.way == Way::Text && tally.distinct < FEW_DISTINCT && is_text(&known.types[read.at])
    };
    let asked: Vec<Read> = match whole {
        true => Vec::new(),
        false => reads.iter().filter(few).cloned().collect(),
    };
    if asked.is_empty() || known.leaves.len() > sample::RARE {
        seen.rarest = whole;
        return Ok(seen);
    }
    let (tallies, documents) = (&mut seen.tallies, &mut seen.documents);
    let taken = sample::rarest(session, known.leaves, &asked, |at, value| {
        add(&asked[at], value, tallies, documents);
    });
    match taken.await? {
        Ok(()) => seen.rarest = true,
        Err(refusal) => seen.refusals.push(("its rarest values", refusal)),
    }
    Ok(seen)
}

fn is_text(data_type: &Type) -> bool {
    matches!(
        data_type.base(),
        Type::Text { .. } | Type::Other(_) | Type::Xml | Type::LTree
    )
}

fn add(
    read: &Read,
    value: Option<&str>,
    tallies: &mut [Tally],
    documents: &mut BTreeMap<usize, Documents>,
) {
    match (read.way, value) {
        (Way::Text, Some(value)) => tallies[read.at].add(value),
        (Way::Text, None) => tallies[read.at].null(),
        (Way::Document | Way::Made, value) => documents.entry(read.at).or_default().add(value),
    }
}

/// Judges a column of a table by what was seen.
pub(super) fn judge_column(known: &Known<'_>, seen: &Seen, at: usize) -> JudgedColumn {
    let column = &known.table.columns[at];
    let data_type = &known.types[at];
    let mut hint = hint(&known.name.name, &column.name);
    if hint.class.is_none() {
        let said = known
            .comments
            .get(&column.name)
            .and_then(|comment| in_text(comment));
        hint = Hint {
            class: said,
            strong: said.is_some() || hint.strong,
            against: hint.against && said.is_none(),
        };
    }
    let judged = Judged {
        table: &known.name.name,
        column: &column.name,
        data_type,
        hint,
        tally: &seen.tallies[at],
        year: known.year,
    };
    if let Some(documents) = seen.documents.get(&at) {
        return of_documents(judged, documents);
    }
    let verdict = classify(judged);
    let choices = match verdict.class {
        Some(class) => choices(class, data_type, verdict.scheme),
        None => Vec::new(),
    };
    let traces = match verdict.class {
        None => traces(&seen.tallies[at]),
        Some(_) => BTreeMap::new(),
    };
    JudgedColumn {
        verdict,
        parts: Vec::new(),
        traces,
        choices,
    }
}

/// Kinds that lead to a person, in a column that is of no class.
fn traces(tally: &Tally) -> BTreeMap<Kind, u32> {
    let telling = Kind::ALL.into_iter().filter(|kind| kind.tells());
    telling
        .map(|kind| (kind, tally.kind(kind) + tally.inside(kind)))
        .filter(|(_, count)| *count >= TRACES_MIN)
        .collect()
}

fn of_documents(judged: Judged<'_>, documents: &Documents) -> JudgedColumn {
    let leaves = documents.leaves();
    let mut parts = Vec::new();
    let mut chosen: Vec<(String, Choice)> = Vec::new();
    for leaf in &leaves {
        let part = part(judged, leaf);
        if let Some(choice) = &part.choice {
            chosen.push((part.path.clone(), choice.clone()));
        }
        parts.push(part);
    }
    let named = judged.hint.class.filter(|_| judged.hint.strong);
    let best = parts.iter().filter(|part| part.class.is_some());
    let confidence = best.clone().map(|part| part.confidence).max();
    let class = best
        .max_by_key(|part| part.confidence)
        .and_then(|part| part.class);
    let why = match class {
        Some(_) => {
            let sensitive = parts.iter().filter(|part| part.class.is_some()).count();
            format!("{sensitive} of {} leaves are about people", parts.len())
        }
        None if parts.is_empty() && documents.len() == 0 => "no documents were seen".to_owned(),
        None => format!("{} leaves, none of a known kind", parts.len()),
    };
    let class = class.or_else(|| named.filter(|_| documents.len() == 0));
    let choices = match chosen.is_empty() {
        true => Vec::new(),
        false => nested(judged.data_type, &chosen),
    };
    JudgedColumn {
        verdict: Verdict {
            class,
            confidence: confidence.unwrap_or(Confidence::Low),
            why,
            scheme: None,
        },
        parts,
        traces: BTreeMap::new(),
        choices,
    }
}

fn part(column: Judged<'_>, leaf: &Leaf) -> PartReport {
    let text = Type::Text {
        max: None,
        padded: false,
        caseless: false,
    };
    let element = match column.data_type.base() {
        Type::Array(element) => element.base(),
        _ => &text,
    };
    // Elements are called as the column is; leaves of documents by their key.
    let own = if leaf.key.is_empty() {
        column.hint
    } else {
        hint(column.column, &leaf.key)
    };
    let verdict = classify(Judged {
        table: column.column,
        column: if leaf.key.is_empty() {
            column.column
        } else {
            &leaf.key
        },
        data_type: element,
        hint: own,
        tally: &leaf.tally,
        year: column.year,
    });
    // What a text may be is listed nowhere but at a column: in a part there is nothing to choose from.
    let listed = matches!(element.base(), Type::Bool | Type::Enum(_));
    let fits = |choice: &Choice| {
        listed || !matches!(choice, Choice::Mask(mask) if mask.with == Transformer::Label)
    };
    let first = |class: Class| {
        choices(class, element, verdict.scheme)
            .into_iter()
            .find(fits)
    };
    PartReport {
        path: leaf.path.clone(),
        class: verdict.class,
        confidence: verdict.confidence,
        choice: verdict.class.and_then(first),
        why: verdict.why,
    }
}

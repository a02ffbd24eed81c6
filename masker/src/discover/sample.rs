//! Rows from anywhere in a table, and the rarest values of columns with few.
//!
//! Pages are chosen by chance and read by their row identifiers, which costs the same in the middle of
//! a table as at its beginning (PostgreSQL documentation, "Using EXPLAIN", Tid Scan). The oldest rows,
//! which a bare LIMIT would give, are a table's least typical.

use std::collections::BTreeSet;

use rules::schema::{Name, quoted};
use seeder::load::Failure;
use seeder::value::Type;
use tokio_postgres::Row;

use super::session::{Refusal, Session};

/// Pages of a small table: it is read as a whole.
pub(super) const SMALL_PAGES: u64 = 32;

/// Pages that are read of a greater one in one round; each may cost a seek.
const PAGES_MAX: u64 = 250;

/// Rounds for a table whose pages have fewer rows than its statistics say.
const ROUNDS_MAX: usize = 3;

/// Row identifiers on a page: 8 kB by the 28 bytes that the shortest row takes.
const ROWS_A_PAGE_MAX: u64 = 291;

/// Columns of one query: with [`TEXT_MAX`] this bounds what is in flight.
const COLUMNS_MAX: usize = 100;

/// GROUPING takes at most 31 arguments (PostgreSQL documentation, "Aggregate Functions").
const GROUPED_MAX: usize = 16;

/// Rare values that are asked for, of each column.
pub(super) const RARE: usize = 100;

/// Characters of a value that are looked at.
const TEXT_MAX: usize = 2_048;

/// Bytes of a document that is looked at; greater ones are passed over.
const DOCUMENT_BYTES_MAX: usize = 65_536;

/// Partitions whose rows are sampled: chosen by chance where there are more.
const LEAVES_MAX: usize = 12;

/// How a column's values are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Read {
    /// Its place in the table.
    pub(super) at: usize,
    /// Its name.
    pub(super) column: String,
    /// How.
    pub(super) way: Way,
}

/// How values are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// As text.
    Text,
    /// As a document.
    Document,
    /// As a document that is made of an array, a composite or an hstore.
    Made,
}

impl Way {
    /// How values of a type are read; `None` for types whose values tell nothing.
    pub(super) fn of(data_type: &Type) -> Option<Self> {
        Some(match data_type.base() {
            Type::Text { .. } | Type::Xml | Type::LTree | Type::Other(_) => Self::Text,
            Type::Int { .. } | Type::Decimal { .. } | Type::Date | Type::Timestamp { .. } => {
                Self::Text
            }
            Type::Json { .. } => Self::Document,
            Type::Array(_) | Type::Record(_) | Type::HStore => Self::Made,
            _ => return None,
        })
    }
}

impl Read {
    /// The expression of its text, over the row `t`.
    fn expression(&self) -> String {
        let column = format!("t.{}", quoted(&self.column));
        match self.way {
            Way::Text => format!("left({column}::text, {TEXT_MAX})"),
            Way::Document => bounded(&format!("{column}::text")),
            Way::Made => bounded(&format!("to_jsonb({column})::text")),
        }
    }
}

fn bounded(text: &str) -> String {
    format!("CASE WHEN octet_length({text}) <= {DOCUMENT_BYTES_MAX} THEN {text} END")
}

/// A table as it is sampled.
pub(super) struct Sampled<'a> {
    /// What has the rows, with the pages of each.
    pub(super) leaves: &'a [(Name, u64)],
    /// Rows of all together, as estimated.
    pub(super) rows: u64,
    /// Rows that are wanted.
    pub(super) wanted: u64,
}

/// Takes a sample, a value at a time: the column's place among `reads`, and its text.
///
/// Gives the number of rows.
pub(super) async fn sample(
    session: &Session<'_>,
    table: &Sampled<'_>,
    reads: &[Read],
    seed: u64,
    mut each: impl FnMut(usize, Option<&str>),
) -> Result<Result<u64, Refusal>, Failure> {
    let mut draws = Draws(seed);
    let leaves = chosen(table.leaves, &mut draws);
    let pages: u64 = leaves.iter().map(|(_, pages)| *pages).sum();
    let density = (table.rows / pages.max(1)).clamp(1, ROWS_A_PAGE_MAX);
    let mut rows = 0;
    for (leaf, leaf_pages) in leaves {
        let wanted = share(table.wanted, *leaf_pages, pages);
        let mut got = 0;
        let mut seen = BTreeSet::new();
        for _ in 0..ROUNDS_MAX {
            let small = *leaf_pages <= SMALL_PAGES;
            let filter = match small {
                true => String::new(),
                false => {
                    let size = (*leaf_pages, density);
                    let places = rows_of(size, wanted - got, &mut draws, &mut seen);
                    // A row that is read twice would count twice, and what is there once would not.
                    let Some(places) = places else { break };
                    places
                }
            };
            let mut counted = 0;
            for (batch, columns) in reads.chunks(COLUMNS_MAX).enumerate() {
                let list: Vec<String> = columns.iter().map(Read::expression).collect();
                let sql = format!(
                    "SELECT {} FROM ONLY {} t{filter}",
                    list.join(", "),
                    leaf.quoted()
                );
                let first = batch * COLUMNS_MAX;
                // A small table may still have more rows than are wanted, on pages of short ones.
                let taken = session.rows(&sql, 0.6, |row| {
                    values(row, first, columns.len(), &mut each);
                });
                match taken.await? {
                    Ok(count) => counted = count,
                    Err(refusal) => return Ok(Err(refusal)),
                }
            }
            got += counted;
            if small || got * 2 >= wanted {
                break;
            }
        }
        rows += got;
    }
    Ok(Ok(rows))
}

fn share(wanted: u64, pages: u64, all: u64) -> u64 {
    (wanted * pages)
        .div_ceil(all.max(1))
        .clamp(1, wanted.max(1))
}

fn values(row: &Row, first: usize, columns: usize, each: &mut impl FnMut(usize, Option<&str>)) {
    for at in 0..columns {
        // What is no text in UTF-8 is passed over.
        if let Ok(value) = row.try_get::<_, Option<&str>>(at) {
            each(first + at, value);
        }
    }
}

/// The leaves that are read: all, or some by chance.
fn chosen<'l>(leaves: &'l [(Name, u64)], draws: &mut Draws) -> Vec<&'l (Name, u64)> {
    let mut filled: Vec<&(Name, u64)> = leaves.iter().filter(|(_, pages)| *pages > 0).collect();
    while filled.len() > LEAVES_MAX {
        filled.swap_remove(draws.below(filled.len() as u64) as usize);
    }
    filled
}

/// A condition that picks rows of pages by chance, of places that were not picked before; `None` where
/// all were.
fn rows_of(
    (pages, density): (u64, u64),
    wanted: u64,
    draws: &mut Draws,
    seen: &mut BTreeSet<(u64, u64)>,
) -> Option<String> {
    let visited = pages.min(PAGES_MAX.max(wanted / density));
    // Twice as many as are wanted, since not every identifier has a row.
    let a_page = (wanted * 2)
        .div_ceil(visited.max(1))
        .clamp(1, ROWS_A_PAGE_MAX);
    let highest = (density + density / 4 + 1).max(a_page).min(ROWS_A_PAGE_MAX);
    let mut tids = String::new();
    for step in 0..visited {
        // One page of each part of the table, so that no part goes unseen.
        let (from, to) = (pages * step / visited, pages * (step + 1) / visited);
        let page = from + draws.below((to - from).max(1));
        let skip = draws.below(highest);
        for row in 0..a_page.min(highest) {
            let row = (skip + row * (highest / a_page).max(1)) % highest + 1;
            if !seen.insert((page, row)) {
                continue;
            }
            tids.push_str(if tids.is_empty() { "" } else { "," });
            tids.push_str(&format!("\"({page},{row})\""));
        }
    }
    (!tids.is_empty()).then(|| format!(" WHERE t.ctid = ANY ('{{{tids}}}'::tid[])"))
}

/// Takes the rarest values of some columns, in one pass over the table.
pub(super) async fn rarest(
    session: &Session<'_>,
    leaves: &[(Name, u64)],
    reads: &[Read],
    mut each: impl FnMut(usize, Option<&str>),
) -> Result<Result<(), Refusal>, Failure> {
    for (batch, columns) in reads.chunks(GROUPED_MAX).enumerate() {
        let sql = rarest_query(leaves, columns);
        let all = (1_u32 << columns.len()) - 1;
        let taken = session.rows(&sql, 0.8, |row| {
            let (Ok(mask), Ok(value)) =
                (row.try_get::<_, i32>(0), row.try_get::<_, Option<&str>>(1))
            else {
                return;
            };
            // GROUPING has a bit for each column that a row is not grouped by, the last one lowest.
            let grouped = all & !mask.unsigned_abs();
            let place = columns
                .len()
                .checked_sub(1 + grouped.trailing_zeros() as usize);
            if let Some(place) = place {
                each(batch * GROUPED_MAX + place, value);
            }
        });
        if let Err(refusal) = taken.await? {
            return Ok(Err(refusal));
        }
    }
    Ok(Ok(()))
}

fn rarest_query(leaves: &[(Name, u64)], columns: &[Read]) -> String {
    let list: Vec<String> = columns
        .iter()
        .enumerate()
        // Columns of different collations have none together.
        .map(|(at, read)| format!("({}) COLLATE \"C\" AS c{at}", read.expression()))
        .collect();
    let list = list.join(", ");
    let from: Vec<String> = leaves
        .iter()
        .map(|(leaf, _)| format!("SELECT {list} FROM ONLY {} t", leaf.quoted()))
        .collect();
    let from = from.join(" UNION ALL ");
    let names: Vec<String> = (0..columns.len()).map(|at| format!("c{at}")).collect();
    let sets: Vec<String> = names.iter().map(|name| format!("({name})")).collect();
    let (names, sets) = (names.join(", "), sets.join(", "));
    format!(
        "SELECT g, v FROM (SELECT g, v, row_number() OVER (PARTITION BY g ORDER BY n, md5(v)) AS r \
           FROM (SELECT GROUPING({names})::int4 AS g, coalesce({names}) AS v, count(*) AS n \
                   FROM ({from}) s GROUP BY GROUPING SETS ({sets})) x WHERE v IS NOT NULL) y \
         WHERE r <= {RARE}"
    )
}

/// SplitMix64 (Steele, Lea, Flood).
pub(super) struct Draws(pub(super) u64);

impl Draws {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        ((u128::from(bits) * u128::from(end)) >> 64) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_of_a_table_is_visited() {
        let mut seen = BTreeSet::new();
        let size = (1_000_000, 60);
        let sql = rows_of(size, 1_000, &mut Draws(7), &mut seen).expect("places");
        let pages: Vec<u64> = sql
            .split("\"(")
            .skip(1)
            .filter_map(|tid| tid.split(',').next()?.parse().ok())
            .collect();
        assert!(pages.iter().all(|page| *page < 1_000_000));
        for tenth in 0..10 {
            let part = tenth * 100_000_u64..(tenth + 1) * 100_000;
            assert!(pages.iter().filter(|page| part.contains(*page)).count() >= 100);
        }
        assert!(pages.len() as u64 <= 2 * 1_000 + PAGES_MAX);
    }

    #[test]
    fn no_place_is_read_twice() {
        let (mut draws, mut seen) = (Draws(7), BTreeSet::new());
        let mut places = Vec::new();
        // Forty pages that are mostly dead: all places are asked for at once, and none again.
        while let Some(sql) = rows_of((40, 1), 1_000, &mut draws, &mut seen) {
            let found = sql.split('"').filter(|part| part.starts_with('('));
            places.extend(found.map(str::to_owned));
        }
        let all: BTreeSet<&String> = places.iter().collect();
        assert_eq!(all.len(), places.len());
        assert!(places.len() >= 1_000, "{}", places.len());
    }
}

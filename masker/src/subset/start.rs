//! The rows that a subset begins with.

use std::hash::Hasher;

use rules::mask::{PERCENT, Start, Take};
use rules::schema::{Name, Schema, quoted};
use seeder::load::Failure;
use siphasher::sip::SipHasher24;
use tokio_postgres::SimpleQueryMessage;

use crate::key::MaskKey;

use super::join::{below, only};
use super::tids::place;
use super::{Collecting, Request, SubsetError, Way};

/// Rows that are fetched at once.
const FETCH_ROWS: usize = 10_000;

const CURSOR: &str = "\"standin start\"";

/// How many of a thousand thousandths of a percent there are in all.
const SHARES: u64 = 100 * PERCENT;

/// The statements that read the rows that may be taken, each giving object id, place and what tells
/// the row from others.
///
/// Each is one statement of the extended protocol, so that an expression cannot become a second one.
pub(super) fn statements(schema: &Schema, start: &Start) -> Vec<String> {
    let table = &schema.tables[&start.table];
    let key = table.primary_key().unwrap_or_default();
    let alias = quoted(&start.table.name);
    let condition = match &start.condition {
        // On lines of their own, so that nothing at its end takes the parenthesis with it.
        Some(condition) => format!(" WHERE (\n{condition}\n)"),
        None => String::new(),
    };
    let mut what = "SELECT tableoid, ctid".to_owned();
    let read = |what: &str, from: &str, tail: &str| {
        format!("{what} FROM {from} AS {alias}{condition}{tail}")
    };
    if let Take::Newest { rows, by } = &start.take {
        let mut order = vec![format!("{} DESC NULLS LAST", quoted(by))];
        order.extend(key.iter().map(|column| quoted(column)));
        let order = order.join(", ");
        let from = match table.partition_by.is_some() {
            true => start.table.quoted(),
            false => only(&start.table),
        };
        let tail = format!(" ORDER BY {order}, tableoid, ctid LIMIT {rows}");
        return vec![read(&what, &from, &tail)];
    }
    if matches!(start.take, Take::Share(_)) {
        for column in key {
            // In hexadecimal, whatever the encoding is.
            what.push_str(&format!(
                ", encode(convert_to(({})::text, getdatabaseencoding()), 'hex')",
                quoted(column)
            ));
        }
    }
    let leaves = below(schema, &start.table);
    leaves
        .iter()
        .map(|leaf| read(&what, &only(leaf), ""))
        .collect()
}

impl Collecting<'_> {
    /// Adds the rows of one entry.
    pub(super) async fn start(
        &mut self,
        request: &Request<'_>,
        start: &Start,
    ) -> Result<(), SubsetError> {
        let client = request.source.client();
        let doing = match &start.condition {
            Some(condition) => format!("choose rows of {} where {condition}", start.table),
            None => format!("choose rows of {}", start.table),
        };
        let failed =
            |error: tokio_postgres::Error| SubsetError::Read(Failure::new(doing.as_str(), &error));
        let sampled = match start.take {
            Take::Share(share) => Some(Sample::new(request.key, &start.table, share)),
            Take::All | Take::Newest { .. } => None,
        };
        for sql in statements(request.schema, start) {
            let declare = format!("DECLARE {CURSOR} NO SCROLL CURSOR FOR {sql}");
            client.execute(&declare, &[]).await.map_err(failed)?;
            loop {
                let fetch = format!("FETCH FORWARD {FETCH_ROWS} FROM {CURSOR}");
                let fetched = client.simple_query(&fetch).await.map_err(failed)?;
                let (mut rows, mut last) = (0, None);
                for message in &fetched {
                    let SimpleQueryMessage::Row(row) = message else {
                        continue;
                    };
                    rows += 1;
                    let (oid, tid) = (row.get(0).unwrap_or_default(), row.get(1));
                    let tid = tid.unwrap_or_default();
                    let leaf = self.leaves.by_oid(oid).ok_or(SubsetError::Place)?;
                    let at = place(tid.as_bytes()).ok_or(SubsetError::Place)?;
                    let key = (2..row.len()).map(|at| row.get(at).unwrap_or_default());
                    let identity = match row.len() {
                        2 => vec![self.leaves.all[leaf].name.name.as_str(), tid],
                        _ => key.collect(),
                    };
                    if sampled
                        .as_ref()
                        .is_none_or(|sample| sample.takes(&identity))
                    {
                        self.add(leaf, at, Way::Down)?;
                        last = Some(leaf);
                    }
                }
                if let Some(leaf) = last {
                    self.tell(leaf);
                }
                if rows < FETCH_ROWS {
                    break;
                }
            }
            let close = format!("CLOSE {CURSOR}");
            client.batch_execute(&close).await.map_err(failed)?;
        }
        Ok(())
    }
}

/// A fair share of a table's rows: which ones follows from the key and what tells a row from others,
/// and nobody without the key can say which were taken.
struct Sample {
    key: [u8; 16],
    /// Of [`SHARES`].
    share: u64,
}

impl Sample {
    fn new(key: &MaskKey, table: &Name, share: u64) -> Self {
        let subkey = key.derive("subset", &table.to_string());
        let mut half = [0; 16];
        half.copy_from_slice(&subkey[..16]);
        Self { key: half, share }
    }

    fn takes(&self, identity: &[&str]) -> bool {
        let mut hasher = SipHasher24::new_with_key(&self.key);
        for part in identity {
            // Lengths go first, so that no two identities have the same bytes.
            hasher.write_u64(part.len() as u64);
            hasher.write(part.as_bytes());
        }
        // The upper half of the product is below SHARES, without bias that matters.
        let drawn = (u128::from(hasher.finish()) * u128::from(SHARES)) >> 64;
        drawn < u128::from(self.share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(first: u8) -> MaskKey {
        let bytes: Vec<u8> = (0..32).map(|byte| byte * 7 + first).collect();
        MaskKey::read(&bytes).expect("a key")
    }

    #[test]
    fn a_share_is_fair_and_follows_from_key_and_table() {
        let taken = |key: &MaskKey, table: &str, share: u64| -> Vec<u32> {
            let sample = Sample::new(key, &Name::new("public", table), share);
            let rows = 0..100_000_u32;
            rows.filter(|row| sample.takes(&[&row.to_string()]))
                .collect()
        };
        let (own, other) = (key(3), key(5));
        let tenth = taken(&own, "a", 10 * PERCENT);
        // Six standard deviations of a binomial distribution.
        assert!((9_430..=10_570).contains(&tenth.len()), "{}", tenth.len());
        assert_eq!(tenth, taken(&own, "a", 10 * PERCENT));
        let more = taken(&own, "a", 20 * PERCENT);
        assert!(tenth.iter().all(|row| more.contains(row)), "a share grows");
        for apart in [
            taken(&own, "b", 10 * PERCENT),
            taken(&other, "a", 10 * PERCENT),
        ] {
            let both = apart.iter().filter(|row| tenth.contains(row)).count();
            assert!((800..=1_200).contains(&both), "{both}");
        }
        assert_eq!(taken(&own, "a", SHARES).len(), 100_000);
    }

    #[test]
    fn parts_of_an_identity_do_not_run_together() {
        let sample = Sample::new(&key(3), &Name::new("public", "a"), SHARES / 2);
        let pairs = (0..1_000).map(|n| (n.to_string(), format!("{n}x")));
        let differ =
            pairs.filter(|(a, b)| sample.takes(&[a, b]) != sample.takes(&[&format!("{a}{b}"), ""]));
        assert!(differ.count() > 300);
    }
}

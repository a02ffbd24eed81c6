//! What rows say that fits together nowhere but in names: a child is not earlier than its parent, a change
//! not earlier than the row, an address is of the name beside it.
//!
//! No constraint demands it, and whoever changed rows may have had reasons: for information.

use rules::schema::{Name, quoted};

use super::catalogue::{Catalogue, Column, ForeignKey, Relation};
use super::{AuditError, Findings, Kind, Session};
use crate::plan::CREATED;

/// What columns of moments begin with that are met in a row's life, never before it.
const LATER: [&str; 20] = [
    "updated",
    "modified",
    "changed",
    "deleted",
    "cancelled",
    "canceled",
    "archived",
    "closed",
    "revoked",
    "completed",
    "finished",
    "paid",
    "shipped",
    "delivered",
    "resolved",
    "confirmed",
    "verified",
    "approved",
    "rejected",
    "refunded",
];

const GIVEN: [&str; 4] = ["given_name", "first_name", "firstname", "forename"];
const FAMILY: [&str; 4] = ["family_name", "last_name", "lastname", "surname"];
const FULL: [&str; 2] = ["full_name", "fullname"];
const CALLED: [&str; 6] = [
    "email",
    "e_mail",
    "email_address",
    "username",
    "user_name",
    "login",
];

/// Counts rows that do not fit together.
pub(super) async fn check(
    session: Session<'_>,
    catalogue: &Catalogue,
    findings: &mut Findings,
) -> Result<(), AuditError> {
    for key in &catalogue.foreign_keys {
        if let Some(condition) = earlier_than_parent(catalogue, key) {
            let sql = key.pairs(&condition);
            let place = (&key.table, key.constraint.as_str());
            super::keys::count(session, Kind::EarlierThanParent, place, &sql, findings).await?;
        }
    }
    for relation in &catalogue.relations {
        let conditions = earlier_than_row(relation).chain(other_name(relation));
        for (kind, column, condition) in conditions.collect::<Vec<_>>() {
            let from = relation.name.quoted();
            let sql = format!("SELECT count(*) FROM ONLY {from} c WHERE {condition}");
            let place = (&relation.name, column.as_str());
            super::keys::count(session, kind, place, &sql, findings).await?;
        }
    }
    Ok(())
}

/// The column that says when rows of a relation came to be.
fn created(relation: &Relation) -> Option<&Column> {
    let named = |word: &&str| {
        let mut columns = relation.columns.iter().filter(|column| is_moment(column));
        columns.find(|column| column.name.eq_ignore_ascii_case(word))
    };
    CREATED.iter().find_map(named)
}

fn is_moment(column: &Column) -> bool {
    is_day(column) || column.data_type.starts_with("timestamp")
}

fn is_day(column: &Column) -> bool {
    column.data_type == "date"
}

/// Whether a moment is before another; those of which one is a day are compared by days.
fn before((alias, column): (&str, &Column), (other, later): (&str, &Column)) -> String {
    let day = match is_day(column) || is_day(later) {
        true => "::pg_catalog.date",
        false => "",
    };
    let of = |alias: &str, column: &Column| format!("{alias}.{}{day}", quoted(&column.name));
    format!("{} < {}", of(alias, column), of(other, later))
}

fn earlier_than_parent(catalogue: &Catalogue, key: &ForeignKey) -> Option<String> {
    let of = |name: &Name| catalogue.relations.iter().find(|one| one.name == *name);
    let child = created(of(&key.table)?)?;
    let parent = created(of(&key.target)?)?;
    // Of two that refer to each other, either may have come first: a customer knows its last order.
    let back = |other: &ForeignKey| other.table == key.target && other.target == key.table;
    let mutual = key.table != key.target && catalogue.foreign_keys.iter().any(back);
    (!mutual && !key.period).then(|| before(("c", child), ("p", parent)))
}

fn earlier_than_row(relation: &Relation) -> impl Iterator<Item = (Kind, String, String)> {
    let created = created(relation);
    let later = |column: &&Column| {
        let name = column.name.to_lowercase();
        let word = name.split('_').next().unwrap_or(&name);
        is_moment(column) && LATER.contains(&word)
    };
    let columns = relation.columns.iter().filter(later);
    let columns = columns.filter_map(move |column| Some((column, created?)));
    columns.map(|(column, created)| {
        let condition = before(("c", column), ("c", created));
        (Kind::EarlierThanRow, column.name.clone(), condition)
    })
}

/// Addresses and user names in which the names beside them are not; those in other letters than ASCII's
/// are written in them in a way of their own, and the short form is of the row's number alone.
fn other_name(relation: &Relation) -> impl Iterator<Item = (Kind, String, String)> {
    let column = |words: &[&str]| {
        let named = |column: &&Column| words.contains(&column.name.to_lowercase().as_str());
        relation.columns.iter().find(named)
    };
    let names = match (column(&GIVEN), column(&FAMILY), column(&FULL)) {
        (Some(given), Some(family), _) => vec![given, family],
        (_, _, Some(full)) => vec![full],
        _ => Vec::new(),
    };
    let names: Vec<String> = names
        .iter()
        .map(|column| format!("c.{}::pg_catalog.text", quoted(&column.name)))
        .collect();
    let called = relation
        .columns
        .iter()
        .filter(|column| CALLED.contains(&column.name.to_lowercase().as_str()));
    let called = called.filter(|_| !names.is_empty()).map(|column| {
        let own = format!(
            "pg_catalog.lower(pg_catalog.split_part(c.{}::pg_catalog.text, '@', 1))",
            quoted(&column.name)
        );
        let words = names.iter().map(|name| {
            let missing = |place: i8| {
                let word = format!("pg_catalog.split_part({name}, ' ', {place})");
                format!("pg_catalog.strpos({own}, pg_catalog.lower({word})) = 0")
            };
            format!(
                "({name} ~ '^[A-Za-z ]+$' AND ({} OR {}))",
                missing(1),
                missing(-1)
            )
        });
        let words: Vec<String> = words.collect();
        let condition = format!("{own} !~ '^u[0-9a-z]*$' AND ({})", words.join(" OR "));
        (Kind::OtherName, column.name.clone(), condition)
    });
    called.collect::<Vec<_>>().into_iter()
}

//! Conditions between rows: foreign keys by anti-join, unique keys by grouping, exclusions by
//! self-join.

use rules::schema::{Name, quoted};

use super::catalogue::{Catalogue, Exclusion, ForeignKey, Unique};
use super::{AuditError, EXCLUSION_ROWS_MAX, Findings, Kind, Session};

/// Comparisons that a sampled exclusion without an equality may take: rows are compared without the
/// constraint's own index, whose word is not taken.
const SAMPLE_COMPARISONS_MAX: u64 = 6_000_000;

/// Rows of a sample, at least and at most.
const SAMPLE_ROWS: (u64, u64) = (10, 1_000);

/// Counts rows whose parent is missing.
pub(super) async fn foreign(
    session: Session<'_>,
    catalogue: &Catalogue,
    findings: &mut Findings,
) -> Result<(), AuditError> {
    for key in &catalogue.foreign_keys {
        let sql = key.orphans();
        let place = (&key.table, key.constraint.as_str());
        count(session, Kind::ForeignKey, place, &sql, findings).await?;
    }
    Ok(())
}

/// Counts rows beyond the first of each key.
pub(super) async fn unique(
    session: Session<'_>,
    catalogue: &Catalogue,
    findings: &mut Findings,
) -> Result<(), AuditError> {
    for unique in &catalogue.uniques {
        let sql = unique.repeated();
        let place = (&unique.table, unique.index.as_str());
        count(session, Kind::Unique, place, &sql, findings).await?;
    }
    Ok(())
}

/// Counts pairs of rows that exclude each other, or those of a sample in a long table.
pub(super) async fn exclusion(
    session: Session<'_>,
    catalogue: &Catalogue,
    findings: &mut Findings,
) -> Result<(), AuditError> {
    for exclusion in &catalogue.exclusions {
        let relation = exclusion.relation;
        let mut relations = catalogue.relations.iter();
        let named = relations.find(|found| found.oid == relation);
        let figures = findings.tables.iter().find(|figures| {
            let named = named.map(|found| &found.name);
            named == Some(&figures.table)
        });
        let rows = figures.map_or(0, |figures| figures.rows);
        let kind = if rows <= EXCLUSION_ROWS_MAX {
            Kind::Exclusion
        } else {
            Kind::ExclusionSample
        };
        let sql = exclusion.pairs(rows);
        let place = (&exclusion.table, exclusion.constraint.as_str());
        count(session, kind, place, &sql, findings).await?;
    }
    Ok(())
}

pub(super) async fn count(
    session: Session<'_>,
    kind: Kind,
    (table, name): (&Name, &str),
    sql: &str,
    findings: &mut Findings,
) -> Result<(), AuditError> {
    findings.checked(kind);
    match session.counts(sql).await? {
        Some(counts) if counts[0] == 0 => {}
        Some(counts) => findings.found(kind, table, name, counts[0]),
        None => findings.found(Kind::Unchecked, table, name, 0),
    }
    Ok(())
}

fn from(table: &Name, partitioned: bool) -> String {
    let only = if partitioned { "" } else { "ONLY " };
    format!("{only}{}", table.quoted())
}

impl ForeignKey {
    /// Counts pairs of a row, `c`, and its parent, `p`, for which a condition holds.
    pub(super) fn pairs(&self, condition: &str) -> String {
        let child = from(&self.table, self.partitioned);
        let parent = from(&self.target, self.target_partitioned);
        let equal = self.equal(self.columns.len());
        format!("SELECT count(*) FROM {child} c JOIN {parent} p ON {equal} WHERE {condition}")
    }

    /// MATCH SIMPLE: a NULL in the key, and it is not checked. MATCH FULL: all of it NULL, or none
    /// (PostgreSQL documentation, "CREATE TABLE").
    fn orphans(&self) -> String {
        let child = |column: &String| format!("c.{}", quoted(column));
        let columns: Vec<String> = self.columns.iter().map(child).collect();
        let nulls = format!("num_nulls({})", columns.join(", "));
        let missing = if self.period {
            self.uncovered()
        } else {
            let parent = from(&self.target, self.target_partitioned);
            let equal = self.equal(self.columns.len());
            format!("NOT EXISTS (SELECT FROM {parent} p WHERE {equal})")
        };
        let mixed = if self.full_match {
            format!("{nulls} NOT IN (0, {}) OR ", columns.len())
        } else {
            String::new()
        };
        let table = from(&self.table, self.partitioned);
        format!("SELECT count(*) FROM {table} c WHERE {mixed}({nulls} = 0 AND {missing})")
    }

    /// The first elements of the key compared by the key's own operators.
    fn equal(&self, elements: usize) -> String {
        let pairs = (0..elements).map(|at| {
            let collation = self.collations[at].as_ref();
            let collation = collation.map_or(String::new(), |name| format!(" COLLATE {name}"));
            let (parent, child) = (quoted(&self.targets[at]), quoted(&self.columns[at]));
            let operator = &self.operators[at];
            let (of_parent, of_child) = (&self.parent_casts[at], &self.child_casts[at]);
            format!("p.{parent}{of_parent} OPERATOR({operator}) c.{child}{of_child}{collation}")
        });
        let pairs: Vec<String> = pairs.collect();
        if pairs.is_empty() {
            "true".to_owned()
        } else {
            pairs.join(" AND ")
        }
    }

    /// PERIOD, from PostgreSQL 18 on: the parents' periods together must cover the child's.
    fn uncovered(&self) -> String {
        let last = self.columns.len() - 1;
        let (parent, child) = (quoted(&self.targets[last]), quoted(&self.columns[last]));
        let from = from(&self.target, self.target_partitioned);
        let equal = self.equal(last);
        format!(
            "NOT coalesce(c.{child} OPERATOR(pg_catalog.<@) \
             (SELECT range_agg(p.{parent}) FROM {from} p WHERE {equal}), false)"
        )
    }
}

impl Unique {
    fn repeated(&self) -> String {
        let keys = self.keys.join(", ");
        let mut conditions: Vec<String> = Vec::new();
        conditions.extend(self.predicate.as_ref().map(|p| format!("({p})")));
        if !self.nulls_equal {
            conditions.push(format!("num_nulls({keys}) = 0"));
        }
        let filter = if conditions.is_empty() {
            String::new()
        } else {
            format!(" WHERE {}", conditions.join(" AND "))
        };
        let table = from(&self.table, self.partitioned);
        format!(
            "SELECT coalesce(sum(n - 1), 0)::int8 FROM (SELECT count(*) AS n FROM {table}{filter} \
             GROUP BY {keys} HAVING count(*) > 1) g"
        )
    }
}

impl Exclusion {
    fn pairs(&self, rows: u64) -> String {
        let keys: Vec<String> = self
            .keys
            .iter()
            .enumerate()
            .map(|(at, key)| format!("{key} AS k{at}"))
            .collect();
        let filter = self.predicate.as_ref();
        let filter = filter.map_or(String::new(), |p| format!(" WHERE {p}"));
        let side = format!(
            "SELECT ctid AS place, {} FROM ONLY {}{filter}",
            keys.join(", "),
            self.table.quoted()
        );
        let meets: Vec<String> = self
            .operators
            .iter()
            .enumerate()
            .map(|(at, operator)| format!("a.k{at} OPERATOR({operator}) b.k{at}"))
            .collect();
        let meets = meets.join(" AND ");
        if rows <= EXCLUSION_ROWS_MAX {
            return format!(
                "SELECT count(*) FROM ({side}) a JOIN ({side}) b ON a.place < b.place AND {meets}"
            );
        }
        let hashes = self.operators.iter().any(|name| name.ends_with(".="));
        let sample = if hashes {
            SAMPLE_ROWS.1
        } else {
            (SAMPLE_COMPARISONS_MAX / rows).clamp(SAMPLE_ROWS.0, SAMPLE_ROWS.1)
        };
        // Keyed by the row's place, so that two audits of one database look at the same rows.
        format!(
            "SELECT count(*) FROM (SELECT * FROM ({side}) s \
               ORDER BY hashtextextended(place::text, 0), place LIMIT {sample}) a \
             JOIN ({side}) b ON a.place <> b.place AND {meets}"
        )
    }
}

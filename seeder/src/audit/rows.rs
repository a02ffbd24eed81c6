//! Conditions of single rows: NOT NULL, CHECK, domains, generated columns, bounds of partitions; all
//! of a table in one scan.

use rules::schema::quoted;

use super::catalogue::{Catalogue, Relation};
use super::domains::Types;
use super::{AuditError, Findings, Kind, Session, TableFigures};

/// PostgreSQL allows 1,664 result columns; expressions may be long, so fewer at once.
const PROBES_MAX: usize = 200;

/// What is counted in a scan.
struct Probe {
    kind: Kind,
    name: String,
    /// True for a row that must not be.
    condition: String,
}

/// Counts the rows of every table, and those among them that no constraint allows.
pub(super) async fn check(
    session: Session<'_>,
    catalogue: &Catalogue,
    findings: &mut Findings,
) -> Result<(), AuditError> {
    for relation in &catalogue.relations {
        let from = format!("ONLY {} standin_row", relation.name.quoted());
        let probes = probes(relation, &catalogue.types);
        let rows = match session
            .counts(&format!("SELECT count(*) FROM {from}"))
            .await?
        {
            Some(counts) => counts[0],
            None => {
                findings.found(Kind::Unchecked, &relation.name, "*", 0);
                continue;
            }
        };
        findings.tables.push(TableFigures {
            table: relation.name.clone(),
            partition_of: relation.partition_of.clone(),
            rows,
            bytes: relation.bytes,
        });
        if relation.partition_of.is_some() {
            findings.checked(Kind::EmptyPartition);
            if rows == 0 {
                let name = &relation.name;
                findings.found(Kind::EmptyPartition, name, "*", 0);
            }
        }
        for probes in probes.chunks(PROBES_MAX) {
            scan(session, relation, &from, probes, findings).await?;
        }
    }
    Ok(())
}

/// Counts for all conditions at once; one by one where the server refuses that, to name the culprit.
async fn scan(
    session: Session<'_>,
    relation: &Relation,
    from: &str,
    probes: &[Probe],
    findings: &mut Findings,
) -> Result<(), AuditError> {
    let counts: Vec<String> = probes
        .iter()
        .map(|probe| format!("count(*) FILTER (WHERE {})", probe.condition))
        .collect();
    let together = format!("SELECT {} FROM {from}", counts.join(", "));
    let together = session.counts(&together).await?;
    for (number, (probe, count)) in probes.iter().zip(&counts).enumerate() {
        findings.checked(probe.kind);
        let found = match &together {
            Some(found) => Some(found[number]),
            None => {
                let alone = session
                    .counts(&format!("SELECT {count} FROM {from}"))
                    .await?;
                alone.map(|found| found[0])
            }
        };
        match found {
            Some(0) => {}
            Some(count) => findings.found(probe.kind, &relation.name, &probe.name, count),
            None => findings.found(Kind::Unchecked, &relation.name, &probe.name, 0),
        }
    }
    Ok(())
}

fn probes(relation: &Relation, types: &Types) -> Vec<Probe> {
    let mut probes = Vec::new();
    for column in &relation.columns {
        let value = format!("standin_row.{}", quoted(&column.name));
        let mut probe = |kind, name: &str, condition| {
            probes.push(Probe {
                kind,
                name: name.to_owned(),
                condition,
            });
        };
        if column.not_null {
            // IS NULL would be answered from the constraint, from PostgreSQL 17 on.
            let condition = format!("num_nulls({value}) > 0");
            probe(Kind::NotNull, &column.name, condition);
        }
        if let Some(expression) = &column.generated {
            let data_type = &column.data_type;
            let condition =
                format!("{value}::text IS DISTINCT FROM (({expression})::{data_type})::text");
            probe(Kind::Generated, &column.name, condition);
        }
        for refused in types.refusals(&value, column.type_oid) {
            let name = format!("{}: {}", column.name, refused.by);
            probe(Kind::Domain, &name, refused.condition);
        }
    }
    for (name, expression) in &relation.checks {
        probes.push(Probe {
            kind: Kind::Check,
            name: name.clone(),
            condition: format!("NOT ({expression})"),
        });
    }
    if let Some(bound) = &relation.bound {
        probes.push(Probe {
            kind: Kind::PartitionBound,
            name: "*".to_owned(),
            condition: format!("NOT ({bound})"),
        });
    }
    probes
}

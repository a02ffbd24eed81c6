//! What is wrong with the schema rather than with rows: sequences, flags, differences from before.

use rules::schema::{Part, Schema, diff};

use super::catalogue::Catalogue;
use super::{AuditError, Finding, Findings, Kind, Session};
use crate::load::sequence;

/// Finds sequences that would give a number which their column has already.
pub(super) async fn sequences(
    session: Session<'_>,
    catalogue: &Catalogue,
    findings: &mut Findings,
) -> Result<(), AuditError> {
    let oids: Vec<u32> = catalogue.relations.iter().map(|found| found.oid).collect();
    let failed = |error: tokio_postgres::Error| AuditError::new("read sequences", &error);
    let sequences = sequence::used_by(session.client, &oids).await;
    for sequence in sequences.map_err(failed)? {
        findings.checked(Kind::Sequence);
        let position = sequence.position(session.client).await.map_err(failed)?;
        if let Some(behind) = sequence.behind(&position) {
            findings.found(Kind::Sequence, &sequence.name, "*", behind);
        }
    }
    Ok(())
}

/// Passes on what the catalogue says of itself.
pub(super) fn flags(catalogue: &Catalogue, findings: &mut Findings) {
    let lists = [
        (Kind::NotValidated, &catalogue.not_validated),
        (Kind::InvalidIndex, &catalogue.invalid_indexes),
        (Kind::Unenforced, &catalogue.unenforced),
    ];
    for (kind, list) in lists {
        for (table, name) in list {
            findings.found(kind, table, name, 0);
        }
    }
}

/// Tells what differs from the schema before.
pub(super) fn compare(before: &Schema, now: &Schema, findings: &mut Findings) {
    for difference in diff(before, now) {
        let kind = match difference.object.part {
            Some(Part::Trigger(_)) => Kind::TriggerState,
            _ => Kind::Schema,
        };
        findings.findings.push(Finding {
            kind,
            table: None,
            name: difference.object.to_string(),
            count: 0,
            expected: None,
            got: None,
        });
    }
}

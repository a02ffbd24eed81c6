//! References that no foreign key declares: how many rows refer to none, which is asked of production and
//! of the copy.

use rules::mask::Reference;
use rules::schema::quoted;
use tokio_postgres::{Client, Error};

/// A reference, and how many rows of production refer to none by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Referring {
    reference: Reference,
    orphans: u64,
}

impl Referring {
    /// Counts in production, in the session that the copy is read in.
    ///
    /// # Errors
    /// When production does not answer.
    pub(crate) async fn of(client: &Client, references: &[Reference]) -> Result<Vec<Self>, Error> {
        let mut counted = Vec::new();
        for reference in references {
            counted.push(Self {
                reference: reference.clone(),
                orphans: orphans(client, reference).await?,
            });
        }
        Ok(counted)
    }

    /// What is wrong where a copy has more of them.
    pub(super) async fn violated(&self, copy: &Client) -> Result<Option<String>, Error> {
        let (reference, before) = (&self.reference, self.orphans);
        let found = orphans(copy, reference).await?;
        let told = || {
            format!(
                "{}({}) has {found} rows without the one of {} that they refer to, and production has {before}",
                reference.table,
                reference.columns.join(", "),
                reference.references,
            )
        };
        Ok((found > before).then(told))
    }
}

/// As texts, because the types need not be one; what is equal as text is so in the copy too.
async fn orphans(client: &Client, reference: &Reference) -> Result<u64, Error> {
    let pairs = reference.columns.iter().zip(&reference.referenced);
    let equal = pairs.map(|(child, parent)| {
        format!(
            "p.{}::text OPERATOR(pg_catalog.=) c.{}::text",
            quoted(parent),
            quoted(child)
        )
    });
    let there = reference
        .columns
        .iter()
        .map(|column| format!("c.{} IS NOT NULL", quoted(column)));
    let sql = format!(
        "SELECT pg_catalog.count(*) FROM {} c WHERE {} AND NOT EXISTS (SELECT FROM {} p WHERE {})",
        reference.table.quoted(),
        there.collect::<Vec<_>>().join(" AND "),
        reference.references.quoted(),
        equal.collect::<Vec<_>>().join(" AND "),
    );
    let row = client.query_one(&sql, &[]).await?;
    Ok(row.get::<_, i64>(0).unsigned_abs())
}

//! Asks a cluster that was just started whether it is whole, without reading all of it.
//!
//! Every database answers a query that reads its catalogue, and the file of every relation is there
//! and long enough. It does not read the pages: that is what [`super::amcheck`] is for.

use std::collections::BTreeMap;

use tokio_postgres::Client;

use super::process::{AdminError, Server};
use super::roles::{RolesError, databases};

/// Relations that are told by name; a lost directory has thousands.
const NAMED_MAX: usize = 3;
/// The database that new ones are made from: it must answer as those of clients do.
const TEMPLATE: &str = "template1";

/// Lengths of the main files of all relations, by database and object identifier.
///
/// Relations without a file of their own, and those that a restart empties, are not in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lengths(BTreeMap<(String, u32), Length>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Length {
    name: String,
    bytes: Option<i64>,
    /// An index or a sequence: even without a row it has a first page.
    has_page: bool,
}

/// Why a cluster is not whole.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    /// A database does not let us in.
    #[error("enter a database to look at it")]
    Login(#[from] AdminError),
    /// The databases could not be listed.
    #[error("list the databases to look at")]
    Databases(#[from] RolesError),
    /// A database did not answer.
    #[error("read the catalogue of database {database:?}")]
    Statement {
        /// The database.
        database: String,
        /// What the server said.
        #[source]
        source: tokio_postgres::Error,
    },
    /// Files are missing or too short.
    #[error("{count} files are missing or too short: {named}")]
    Short {
        /// How many.
        count: usize,
        /// The first of them: database and relation.
        named: String,
    },
}

/// Makes every database answer, and notes how long the files of its relations are.
pub async fn lengths(server: &Server) -> Result<Lengths, AnswerError> {
    let known = databases(server).await?;
    let names = known.iter().map(|database| database.name.as_str());
    let mut lengths = Lengths::default();
    for database in names.chain([TEMPLATE]) {
        let client = server.admin_plain(database).await?;
        let fail = |source| AnswerError::Statement {
            database: database.to_owned(),
            source,
        };
        read(&client, database, &mut lengths).await.map_err(fail)?;
    }
    Ok(lengths)
}

async fn read(
    client: &Client,
    database: &str,
    lengths: &mut Lengths,
) -> Result<(), tokio_postgres::Error> {
    // Without storage: views, composite types, partitioned and foreign tables.
    let relations = "SELECT c.oid, c.oid::regclass::text, c.relkind IN ('i', 'S'), \
        CASE WHEN (pg_stat_file(pg_relation_filepath(c.oid), true)).size IS NOT NULL \
        THEN pg_relation_size(c.oid) END FROM pg_class c \
        WHERE c.relkind IN ('r', 'm', 't', 'i', 'S') AND c.relpersistence = 'p'";
    for row in client.query(relations, &[]).await? {
        let length = Length {
            name: format!("{database}.{}", row.get::<_, String>(1)),
            has_page: row.get(2),
            bytes: row.get(3),
        };
        let key = (database.to_owned(), row.get(0));
        lengths.0.insert(key, length);
    }
    Ok(())
}

impl Lengths {
    /// Demands that every file is there, and none is shorter than it was `before`.
    pub fn demand_whole(&self, before: Option<&Self>) -> Result<(), AnswerError> {
        let mut short = self.0.iter().filter(|(key, now)| {
            let before = before.and_then(|before| before.0.get(*key));
            let before = before.and_then(|before| before.bytes).unwrap_or(0);
            let least = before.max(i64::from(now.has_page));
            now.bytes.is_none_or(|bytes| bytes < least)
        });
        let count = short.clone().count();
        if count == 0 {
            return Ok(());
        }
        let named: Vec<&str> = short
            .by_ref()
            .take(NAMED_MAX)
            .map(|(_, length)| length.name.as_str())
            .collect();
        Err(AnswerError::Short {
            count,
            named: named.join(", "),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Length, Lengths};

    fn lengths(bytes: Option<i64>, has_page: bool) -> Lengths {
        let name = "shop.item".to_owned();
        let length = Length {
            name,
            bytes,
            has_page,
        };
        Lengths([(("shop".to_owned(), 1), length)].into())
    }

    #[test]
    fn what_is_missing_empty_or_shorter_is_not_whole() {
        let check = |now: &Lengths, before: Option<&Lengths>, whole| {
            assert_eq!(
                now.demand_whole(before).is_ok(),
                whole,
                "{now:?} {before:?}"
            );
        };
        check(&lengths(Some(0), false), None, true);
        check(&lengths(Some(0), true), None, false);
        check(&lengths(None, false), None, false);
        let before = lengths(Some(16384), false);
        check(&lengths(Some(8192), false), Some(&before), false);
        check(&lengths(Some(16384), false), Some(&before), true);
        check(&lengths(Some(24576), false), Some(&before), true);
        check(&Lengths::default(), Some(&before), true);
    }
}

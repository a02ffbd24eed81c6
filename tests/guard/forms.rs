//! Statements as the inner part of others, by PostgreSQL's grammar (`PreparableStmt`, `ExplainableStmt`,
//! `SelectStmt` in gram.y). The guard's own tests and the integration tests take these from one place.

use super::{Kind, Lexer};

/// What stands around a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// PREPARE, then EXECUTE.
    Prepared,
    /// EXPLAIN ANALYZE.
    Explained,
    /// COPY (...) TO STDOUT.
    Copied,
    /// DECLARE CURSOR, then FETCH.
    Cursor,
}

impl Form {
    pub(crate) const ALL: [Self; 4] = [Self::Prepared, Self::Explained, Self::Copied, Self::Cursor];

    /// The messages, to be sent one after the other within a transaction where `Cursor`; `None` where
    /// the text is not one statement or the grammar takes no such statement there.
    pub(crate) fn around(self, sql: &str, params: &[&str]) -> Option<Vec<String>> {
        let (statement, words) = statement(sql)?;
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let reads = matches!(
            words.first(),
            Some(&("select" | "values" | "table" | "with"))
        );
        let writes = matches!(
            words.first(),
            Some(&("insert" | "update" | "delete" | "merge"))
        );
        let makes = matches!(words[..], ["create", "table", ..]) && words.contains(&"as");
        let takes = match self {
            Self::Prepared => reads || writes,
            Self::Explained => reads || writes || makes || words.first() == Some(&"refresh"),
            Self::Copied => reads || writes,
            Self::Cursor => reads,
        };
        if !takes || (!params.is_empty() && self != Self::Prepared) {
            return None;
        }
        let returning = if writes && !words.contains(&"returning") {
            " RETURNING *"
        } else {
            ""
        };
        Some(match self {
            Self::Prepared => {
                let values: Vec<String> = params.iter().map(|value| format!("'{value}'")).collect();
                let values = match values.as_slice() {
                    [] => String::new(),
                    values => format!("({})", values.join(", ")),
                };
                vec![
                    format!("PREPARE inner_form AS {statement}"),
                    format!("EXECUTE inner_form{values}"),
                ]
            }
            Self::Explained => vec![format!("EXPLAIN ANALYZE {statement}")],
            // What ends in a comment must not swallow the bracket.
            Self::Copied => vec![format!("COPY ({statement}{returning}\n) TO STDOUT")],
            Self::Cursor => vec![
                format!("DECLARE inner_form CURSOR FOR {statement}"),
                "FETCH ALL FROM inner_form".to_owned(),
            ],
        })
    }
}

/// The only statement of a text, and its words in lower case.
fn statement(sql: &str) -> Option<(&str, Vec<String>)> {
    let mut lexer = Lexer::new(sql.as_bytes());
    let (mut words, mut end) = (Vec::new(), None);
    loop {
        let token = lexer.advance();
        match token.kind {
            Kind::End => break,
            Kind::Semicolon => end = end.or(Some(token.start)),
            // A second statement.
            _ if end.is_some() => return None,
            Kind::Word => {
                let word = String::from_utf8_lossy(lexer.text(token));
                words.push(word.to_lowercase());
            }
            _ => {}
        }
    }
    let statement = sql.get(..end.unwrap_or(sql.len()))?;
    Some((statement, words))
}

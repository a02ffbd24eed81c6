//! `[masking.subset]`: which rows of production a copy begins with, and where it stops.

use std::fmt;

use serde::{Deserialize, Serialize};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, Tokenizer, Whitespace};

use crate::schema::Name;

/// What people write by hand; a longer list belongs into a table.
pub const EXPRESSION_BYTES_MAX: usize = 8 << 10;

/// Tokens of an expression: a chain of operators makes a tree as deep as it is long, which is dropped
/// by recursion.
const TOKENS_MAX: usize = 2_048;

/// A percent in the unit that shares are counted in.
pub const PERCENT: u64 = 1_000;

/// Which rows of production are copied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subset {
    /// Rows to begin with, at least one entry; entries of one table add up.
    pub start: Vec<Start>,
    /// References whose children are not pulled in.
    pub not_followed: Vec<Unfollowed>,
    /// Tables that are copied whole though they are reached.
    pub whole: Vec<Name>,
}

/// Rows of one table to begin with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    /// The table; of a partitioned one, its root.
    pub table: Name,
    /// Which of its rows may be taken; `None` for all.
    pub condition: Option<Expression>,
    /// How many of these are taken.
    pub take: Take,
}

/// How many of the rows that may be taken are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Take {
    /// Each.
    All,
    /// Those with the greatest values of a column.
    Newest {
        /// How many, at most.
        rows: u64,
        /// The column.
        by: String,
    },
    /// A share, in thousandths of a percent; which ones follows from the key and the row.
    Share(u64),
}

/// A reference by the table that refers and its columns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unfollowed {
    /// The table that refers.
    pub table: Name,
    /// Its columns, in any order.
    pub columns: Vec<String>,
}

impl fmt::Display for Unfollowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({})", self.table, self.columns.join(", "))
    }
}

/// One SQL expression over the columns of a row.
///
/// What production's server makes of it is for the server to say; here it is sure that it is one
/// expression and stays one between parentheses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Expression(String);

/// Why a text is no expression that is sent to production.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExpressionError {
    /// It is longer than what is read.
    #[error("is longer than {EXPRESSION_BYTES_MAX} bytes")]
    Long,
    /// It holds what no condition needs and what could end it early.
    #[error("holds {0}, which has no place in a condition")]
    Holds(&'static str),
    /// It cannot be read.
    #[error("cannot be read as one SQL expression: {0}")]
    Unread(String),
    /// Something follows.
    #[error("goes on after the expression, from {0:?} on")]
    More(String),
}

impl Expression {
    /// Reads a text.
    ///
    /// # Errors
    /// When it is not one expression, or holds comments, parameters, `;` or dollar quotes.
    pub fn read(text: &str) -> Result<Self, ExpressionError> {
        if text.len() > EXPRESSION_BYTES_MAX {
            return Err(ExpressionError::Long);
        }
        if text.contains('\0') {
            return Err(ExpressionError::Holds("a NUL"));
        }
        let tokens = tokens(text).map_err(ExpressionError::Unread)?;
        if tokens.len() > TOKENS_MAX {
            return Err(ExpressionError::Long);
        }
        if let Some(what) = tokens.iter().find_map(misplaced) {
            return Err(ExpressionError::Holds(what));
        }
        if tokens.windows(3).any(is_escaped_name) {
            return Err(ExpressionError::Holds("a name in Unicode escapes"));
        }
        let dialect = PostgreSqlDialect {};
        let mut parser = Parser::new(&dialect).with_tokens(tokens);
        let read = parser.parse_expr();
        read.map_err(|error| ExpressionError::Unread(error.to_string()))?;
        match parser.peek_token().token {
            Token::EOF => Ok(Self(text.to_owned())),
            more => Err(ExpressionError::More(more.to_string())),
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Functions that it may call, by schema, where one is given, and name: every name before a
    /// parenthesis, so that key words may be among them.
    pub fn calls(&self) -> Vec<(Option<String>, String)> {
        let mut tokens = tokens(&self.0).unwrap_or_default();
        tokens.retain(|token| !matches!(token, Token::Whitespace(_)));
        let name = |at: usize| match tokens.get(at) {
            Some(Token::Word(word)) if word.quote_style.is_some() => Some(word.value.clone()),
            // The server lowers no letter beyond ASCII in an encoding of several bytes.
            Some(Token::Word(word)) => Some(word.value.to_ascii_lowercase()),
            _ => None,
        };
        let opened = (1..tokens.len()).filter(|at| tokens[*at] == Token::LParen);
        opened
            .filter_map(|at| {
                let schema = match at >= 3 && tokens[at - 2] == Token::Period {
                    true => name(at - 3),
                    false => None,
                };
                Some((schema, name(at - 1)?))
            })
            .collect()
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let dialect = PostgreSqlDialect {};
    let read = Tokenizer::new(&dialect, text).tokenize();
    read.map_err(|error| error.to_string())
}

/// What could be read in another way by the server than here.
fn misplaced(token: &Token) -> Option<&'static str> {
    match token {
        Token::SemiColon => Some("\";\""),
        Token::Placeholder(_) => Some("a parameter"),
        Token::DollarQuotedString(_) => Some("a dollar quote"),
        Token::Whitespace(
            Whitespace::SingleLineComment { .. } | Whitespace::MultiLineComment(_),
        ) => Some("a comment"),
        _ => None,
    }
}

/// Whether tokens are `U&"…"`, which is one name to the server and an operation here.
fn is_escaped_name(tokens: &[Token]) -> bool {
    let [Token::Word(first), Token::Ampersand, Token::Word(last)] = tokens else {
        return false;
    };
    first.value.eq_ignore_ascii_case("u")
        && first.quote_style.is_none()
        && last.quote_style.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_expression_is_read_and_nothing_more() {
        for good in [
            "region = 'EU'",
            "created_at > now() - interval '1 year' AND NOT deleted",
            "id IN (SELECT customer FROM public.orders WHERE total > 10)",
            "name ~ '^a;b--c' OR \"a;b\" IS NULL",
            "tags @> ARRAY['x']::text[]",
        ] {
            assert_eq!(
                Expression::read(good).map(|read| read.0),
                Ok(good.to_owned())
            );
        }
        use ExpressionError as E;
        let refused = |text: &str| Expression::read(text).expect_err("refused");
        assert_eq!(refused("true; DROP TABLE x"), E::Holds("\";\""));
        assert_eq!(refused("true -- and"), E::Holds("a comment"));
        assert_eq!(refused("true /* and */"), E::Holds("a comment"));
        assert!(matches!(refused("true /* and"), E::Unread(_)));
        assert_eq!(refused("a = '\0'"), E::Holds("a NUL"));
        let escaped = E::Holds("a name in Unicode escapes");
        assert_eq!(refused("public.u&\"\\0077rites\"(id)"), escaped);
        assert!(Expression::read("u & \"b\" > 0 AND c = U&'\\0061'").is_ok());
        assert_eq!(refused("id = $1"), E::Holds("a parameter"));
        assert_eq!(refused("a = $x$;$x$"), E::Holds("a dollar quote"));
        assert_eq!(refused("true) UNION SELECT (true"), E::More(")".to_owned()));
        assert_eq!(refused("true ORDER BY 1"), E::More("ORDER".to_owned()));
        assert!(matches!(refused("region = "), E::Unread(_)));
        assert!(matches!(refused("'open"), E::Unread(_)));
        assert_eq!(refused(&"a".repeat(9_000)), E::Long);
        assert_eq!(refused(&"1+".repeat(1_500)), E::Long);
    }

    #[test]
    fn depth_is_bounded() {
        for deep in [
            "(",
            "NOT ",
            "- ",
            "a[",
            "CASE WHEN ",
            "ARRAY[",
            "EXISTS (SELECT ",
            "f(",
            "CAST(",
            "+",
        ] {
            let text: String = deep.repeat(2_000).chars().take(8_000).collect();
            assert!(Expression::read(&text).is_err(), "{deep}");
        }
        for long in [
            "a".to_owned() + &"::a".repeat(1_000),
            "a".to_owned() + &"[1]".repeat(600),
            "a::int".to_owned() + &"[]".repeat(900),
            "1".to_owned() + &" OR 1".repeat(500),
        ] {
            // Whatever is made of it, it is made within the stack.
            drop(Expression::read(&long));
        }
    }

    #[test]
    fn functions_are_told_by_their_names() {
        let calls = |text: &str| Expression::read(text).expect("read").calls();
        let plain = |name: &str| (None, name.to_owned());
        assert_eq!(calls("Random () < 0.1"), [plain("random")]);
        assert_eq!(
            calls("audit.\"Seen\"(id) AND (a OR b)"),
            [(Some("audit".to_owned()), "Seen".to_owned()), plain("and")]
        );
        assert_eq!(calls("region = 'random()'"), []);
        assert_eq!(calls("\u{c4}b(1)"), [plain("\u{c4}b")]);
    }
}

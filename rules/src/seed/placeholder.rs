//! `:as_of`, `:handle` and `:handle.column` in the SQL of an assertion.

use std::ops::Range;

use crate::guard::{Kind, Lexer, Token};

/// The placeholder of the moment that the data is as of.
pub const AS_OF: &str = "as_of";

/// A place in SQL that a value is put into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placeholder<'s> {
    /// Its bytes, colon included.
    pub span: Range<usize>,
    /// `as_of`, or the handle of a row.
    pub name: &'s str,
    /// A column of that row; without one its primary key is meant.
    pub column: Option<&'s str>,
}

/// Every placeholder, in the order of the text.
///
/// A colon counts where a name follows it at once and no other colon stands before it: `x::text` is a
/// cast, `a[1:n]` is not, and is written `a[1: n]`. Strings, quoted names and comments hold none.
pub fn placeholders(sql: &str) -> Vec<Placeholder<'_>> {
    let mut lexer = Lexer::new(sql.as_bytes());
    let mut found: Vec<Placeholder<'_>> = Vec::new();
    let mut before = [None::<Token>; 2];
    loop {
        let token = lexer.advance();
        if matches!(token.kind, Kind::End | Kind::Broken) {
            return found;
        }
        let text = &sql[token.start..token.end];
        if let ([earlier, Some(last)], Kind::Word) = (before, token.kind) {
            let touches = last.end == token.start;
            let doubled =
                earlier.is_some_and(|earlier| is(sql, earlier, ":") && earlier.end == last.start);
            if touches && is(sql, last, ":") && !doubled {
                found.push(Placeholder {
                    span: last.start..token.end,
                    name: text,
                    column: None,
                });
            } else if let Some(open) = found.last_mut()
                && touches
                && is(sql, last, ".")
                && open.span.end == last.start
                && open.column.is_none()
            {
                open.column = Some(text);
                open.span.end = token.end;
            }
        }
        before = [before[1], Some(token)];
    }
}

fn is(sql: &str, token: Token, text: &str) -> bool {
    &sql[token.start..token.end] == text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn casts_strings_and_comments_hold_none() {
        let check = |sql: &str, expected: &[(&str, Option<&str>)]| {
            let found = placeholders(sql);
            let names: Vec<_> = found.iter().map(|one| (one.name, one.column)).collect();
            assert_eq!(names, expected, "{sql}");
        };
        check("select :acme", &[("acme", None)]);
        check(
            "x < :as_of and y=:a.email",
            &[("as_of", None), ("a", Some("email"))],
        );
        check("select x::text, ':no', \":no\", $$:no$$ -- :no", &[]);
        check("select a[1: n] /* :no */ = :b::int", &[("b", None)]);
        check("(:a,:b)", &[("a", None), ("b", None)]);
        check(":a.b.c", &[("a", Some("b"))]);
        check(": a, :1", &[]);
    }

    proptest! {
        #[test]
        fn spans_stand_in_the_text_and_begin_with_a_colon(sql in "[:a-z. '\"$\\-/*ü]{0,40}") {
            let mut end = 0;
            for one in placeholders(&sql) {
                prop_assert!(one.span.start >= end && one.span.end <= sql.len());
                prop_assert!(sql[one.span.clone()].starts_with(':'));
                end = one.span.end;
            }
        }
    }
}

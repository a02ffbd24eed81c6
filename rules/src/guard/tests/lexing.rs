//! Where tokens end.

use crate::guard::{Kind, Lexer};

fn cut(sql: &str) -> Vec<(Kind, &str)> {
    let mut lexer = Lexer::new(sql.as_bytes());
    let mut tokens = Vec::new();
    loop {
        let token = lexer.advance();
        if token.kind == Kind::End {
            return tokens;
        }
        tokens.push((token.kind, &sql[token.start..token.end]));
    }
}

fn texts(sql: &str) -> Vec<&str> {
    cut(sql).into_iter().map(|(_, text)| text).collect()
}

#[test]
fn comments_end_where_postgresql_ends_them() {
    assert_eq!(texts("a--b\rc"), ["a", "c"]);
    assert_eq!(texts("a--b\nc"), ["a", "c"]);
    assert_eq!(texts("a/*x/*y*/z*/b"), ["a", "b"]);
    assert_eq!(texts("1+--x\n2"), ["1", "+", "2"]);
    assert_eq!(texts("1+/*x*/2"), ["1", "+", "2"]);
    assert_eq!(texts("a*/**/b"), ["a", "*", "b"]);
    assert_eq!(
        cut("a /* x /* y */"),
        [(Kind::Word, "a"), (Kind::Broken, "/* x /* y */")]
    );
}

#[test]
fn strings_end_where_postgresql_ends_them() {
    assert_eq!(
        cut(r"'a\' b"),
        [(Kind::Literal, r"'a\'"), (Kind::Word, "b")]
    );
    assert_eq!(cut(r"E'a\' b'"), [(Kind::String, r"E'a\' b'")]);
    assert_eq!(cut("'a''b'"), [(Kind::Literal, "'a''b'")]);
    assert_eq!(cut("'a' \n 'b'"), [(Kind::String, "'a' \n 'b'")]);
    assert_eq!(cut("'a' --x\n 'b'"), [(Kind::String, "'a' --x\n 'b'")]);
    assert_eq!(cut("'a' 'b'").len(), 2);
    assert_eq!(cut("'a' /*\n*/ 'b'").len(), 2);
    // The first part says how the others are read.
    assert_eq!(cut("e'a'\n'b\\'c'").len(), 1);
    assert_eq!(cut("'a'\ne'b'").len(), 2);
    assert_eq!(cut("xe'a\\'").len(), 2);
    for prefix in ["N", "B", "X", "U&", "n", "b", "x", "u&"] {
        let text = format!(r"{prefix}'1\' a");
        let tokens = cut(&text);
        assert_eq!(tokens[0].0, Kind::String, "{text}");
        assert_eq!(tokens.len(), 2, "{text}");
    }
    assert_eq!(cut("'a").len(), 1);
    assert_eq!(cut("'a")[0].0, Kind::Broken);
}

#[test]
fn dollars_quote_only_where_no_name_runs() {
    assert_eq!(cut("$$a;b$$"), [(Kind::String, "$$a;b$$")]);
    assert_eq!(cut("$a$ $A$ $$ $a$").len(), 1);
    assert_eq!(texts("a$b$c"), ["a$b$c"]);
    assert_eq!(texts("1$a$;$a$"), ["1", "$a$;$a$"]);
    assert_eq!(texts("$1$a$;$a$"), ["$1", "$a$;$a$"]);
    assert_eq!(texts("$é$;$é$"), ["$é$;$é$"]);
    assert_eq!(texts("$1a"), ["$1", "a"]);
    assert_eq!(cut("$a$ x $a")[0].0, Kind::Broken);
    // The closing tag may begin with the dollar at which another one failed.
    assert_eq!(texts("$a$ $a$a$ b"), ["$a$ $a$", "a$", "b"]);
}

#[test]
fn names_and_numbers_end_where_postgresql_ends_them() {
    assert_eq!(texts("1FROM t"), ["1", "FROM", "t"]);
    assert_eq!(texts("1.5e3x .5 1.e"), ["1.5e3", "x", ".5", "1.", "e"]);
    assert_eq!(texts("0x1F 1_000"), ["0", "x1F", "1", "_000"]);
    assert_eq!(cut("U&\"a\"\"b\" u & \"c\"")[0].0, Kind::UnicodeQuoted);
    assert_eq!(texts("\"a;b\"\"c\" d"), ["\"a;b\"\"c\"", "d"]);
    assert_eq!(
        texts("a.b(c,d)[1]::e"),
        [
            "a", ".", "b", "(", "c", ",", "d", ")", "[", "1", "]", ":", ":", "e"
        ]
    );
    assert_eq!(texts("aU&'x'"), ["aU", "&", "'x'"]);
    assert_eq!(texts("a\u{b}b\u{c}c"), ["a", "b", "c"]);
}

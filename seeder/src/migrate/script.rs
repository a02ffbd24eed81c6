//! A SQL file as a list of statements, and what in it a server would not understand.
//!
//! Lexical rules from the PostgreSQL documentation, section "Lexical Structure": quotes, `E''`,
//! dollar quotes, nested comments; and from psql: the body of a `BEGIN ATOMIC … END` routine belongs
//! to its statement. Never decides whether a statement is legal: the server does.

/// One statement of a file, by byte offsets, without the semicolon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Its first byte that is neither blank nor comment.
    pub start: usize,
    /// One behind its last byte.
    pub end: usize,
    /// Whether it opens or ends a transaction.
    pub control: Option<Control>,
}

/// What a statement does to the transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    /// `BEGIN`, `START TRANSACTION`.
    Open,
    /// `COMMIT`, `END`, `ROLLBACK`, `ABORT`; not `ROLLBACK TO`.
    Close,
}

/// What in a file only another tool understands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// A backslash outside quotes: a command for psql.
    #[error(
        "{command:?} is a command of psql and no SQL: take it out, or run the files by psql in a \
         migrations command"
    )]
    Backslash {
        /// The command with its backslash.
        command: String,
    },
    /// Rows behind the statement, as in a dump.
    #[error(
        "COPY … FROM STDIN takes rows from the client, and a file has none to give: use INSERT, or \
         run the file by psql in a migrations command"
    )]
    CopyFromStdin,
    /// A marker of another tool, behind which stands what takes the migration back.
    #[error(
        "the line {marker:?} belongs to {tool}: running the whole file would take the migration \
         back again, so run {tool} itself as a migrations command"
    )]
    Marker {
        /// The line.
        marker: String,
        /// Whose it is.
        tool: &'static str,
    },
    /// A quote or comment without an end.
    #[error("{what} has no end")]
    Unclosed {
        /// What was opened.
        what: &'static str,
    },
}

/// The line that keeps a file out of a transaction.
pub(super) const NO_TRANSACTION: &str = "-- standin: no transaction";

/// A file cut into statements.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Script {
    pub(super) statements: Vec<Statement>,
    pub(super) no_transaction: bool,
}

/// Cuts a file into statements; a problem comes with its byte offset.
pub(super) fn parse(text: &str) -> Result<Script, (usize, Problem)> {
    let mut scan = Scan::new(text);
    while scan.at < text.len() {
        scan.step()?;
    }
    scan.finish_statement()?;
    Ok(Script {
        statements: scan.statements,
        no_transaction: text
            .lines()
            .any(|line| line.trim().eq_ignore_ascii_case(NO_TRANSACTION)),
    })
}

/// Words that decide about a statement's nature, and no more: `CREATE FUNCTION f() … BEGIN ATOMIC`
/// is not bounded, so what psql looks at is kept in flags.
const WORDS_KEPT: usize = 4;

struct Scan<'a> {
    text: &'a str,
    at: usize,
    statements: Vec<Statement>,
    /// First byte of the current statement, and one behind its last.
    start: Option<usize>,
    end: usize,
    words: Vec<String>,
    last_words: [String; 2],
    parentheses: usize,
    /// Depth of `BEGIN ATOMIC` and the `CASE`s within it.
    atomic: usize,
    from_stdin: bool,
}

impl<'a> Scan<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            statements: Vec::new(),
            start: None,
            end: 0,
            words: Vec::new(),
            last_words: Default::default(),
            parentheses: 0,
            atomic: 0,
            from_stdin: false,
        }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// Takes one token.
    fn step(&mut self) -> Result<(), (usize, Problem)> {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else {
            return Ok(());
        };
        match first {
            '-' if rest.starts_with("--") => self.line_comment(),
            '/' if rest.starts_with("/*") => self.block_comment(),
            '\'' => self.quoted('\'', false),
            '"' => self.quoted('"', false),
            '$' => self.dollar(),
            '\\' => Err((self.at, backslash(rest))),
            ';' if self.parentheses == 0 && self.atomic == 0 => {
                self.finish_statement()?;
                self.at += 1;
                Ok(())
            }
            c if c.is_whitespace() || c == '\u{feff}' => {
                self.at += c.len_utf8();
                Ok(())
            }
            c if c.is_alphabetic() || c == '_' => self.word(),
            c if c.is_ascii_digit() => {
                let length = rest
                    .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.'))
                    .unwrap_or(rest.len());
                self.take(length);
                Ok(())
            }
            c => {
                match c {
                    '(' => self.parentheses += 1,
                    ')' => self.parentheses = self.parentheses.saturating_sub(1),
                    _ => {}
                }
                self.take(c.len_utf8());
                Ok(())
            }
        }
    }

    /// Makes the next bytes part of the current statement.
    fn take(&mut self, bytes: usize) {
        self.start.get_or_insert(self.at);
        self.at += bytes;
        self.end = self.at;
    }

    fn line_comment(&mut self) -> Result<(), (usize, Problem)> {
        let line = self.rest().lines().next().unwrap_or_default();
        for (marker, tool) in [
            ("-- migrate:down", "dbmate"),
            ("-- +goose down", "goose"),
            ("-- +migrate down", "sql-migrate"),
        ] {
            if line.trim().to_ascii_lowercase().starts_with(marker) {
                let marker = line.trim().to_owned();
                return Err((self.at, Problem::Marker { marker, tool }));
            }
        }
        self.at += line.len();
        Ok(())
    }

    fn block_comment(&mut self) -> Result<(), (usize, Problem)> {
        let begin = self.at;
        let bytes = self.text.as_bytes();
        let (mut at, mut depth) = (begin, 0_usize);
        while at < bytes.len() {
            match bytes.get(at..at + 2) {
                Some(b"/*") => (depth, at) = (depth + 1, at + 2),
                Some(b"*/") => (depth, at) = (depth - 1, at + 2),
                _ => at += 1,
            }
            if depth == 0 {
                self.at = at;
                return Ok(());
            }
        }
        Err((begin, Problem::Unclosed { what: "a comment" }))
    }

    fn quoted(&mut self, quote: char, escapes: bool) -> Result<(), (usize, Problem)> {
        let mut inside = self.rest().char_indices().skip(1).peekable();
        while let Some((at, c)) = inside.next() {
            if c == '\\' && escapes {
                inside.next();
            } else if c == quote && inside.next_if(|(_, next)| *next == quote).is_none() {
                self.take(at + 1);
                return Ok(());
            }
        }
        let what = if quote == '"' {
            "a quoted name"
        } else {
            "a string"
        };
        Err((self.at, Problem::Unclosed { what }))
    }

    /// A dollar-quoted string, or a parameter such as `$1`.
    fn dollar(&mut self) -> Result<(), (usize, Problem)> {
        let rest = self.rest();
        let tag = rest[1..].find('$').map(|end| &rest[..end + 2]);
        let legal = |tag: &&str| {
            let name = &tag[1..tag.len() - 1];
            !name.starts_with(|c: char| c.is_ascii_digit())
                && name.chars().all(|c| c.is_alphanumeric() || c == '_')
        };
        let Some(tag) = tag.filter(legal) else {
            self.take(1);
            return Ok(());
        };
        match rest[tag.len()..].find(tag) {
            Some(end) => {
                self.take(tag.len() + end + tag.len());
                Ok(())
            }
            None => Err((
                self.at,
                Problem::Unclosed {
                    what: "a dollar-quoted string",
                },
            )),
        }
    }

    fn word(&mut self) -> Result<(), (usize, Problem)> {
        let rest = self.rest();
        let length = rest
            .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$'))
            .unwrap_or(rest.len());
        let word = rest[..length].to_ascii_uppercase();
        if word == "E" && rest[length..].starts_with('\'') {
            self.take(1);
            return self.quoted('\'', true);
        }
        self.take(length);
        self.note(word);
        Ok(())
    }

    fn note(&mut self, word: String) {
        let before = self.last_words[1].as_str();
        match word.as_str() {
            "ATOMIC" if before == "BEGIN" && self.words.first().is_some_and(|w| w == "CREATE") => {
                self.atomic = 1;
            }
            "CASE" if self.atomic > 0 => self.atomic += 1,
            "END" if self.atomic > 0 => self.atomic -= 1,
            "STDIN" if before == "FROM" && self.parentheses == 0 => self.from_stdin = true,
            _ => {}
        }
        if self.words.len() < WORDS_KEPT {
            self.words.push(word.clone());
        }
        self.last_words.swap(0, 1);
        self.last_words[1] = word;
    }

    fn finish_statement(&mut self) -> Result<(), (usize, Problem)> {
        let words = std::mem::take(&mut self.words);
        self.last_words = Default::default();
        (self.parentheses, self.atomic) = (0, 0);
        let from_stdin = std::mem::take(&mut self.from_stdin);
        let Some(start) = self.start.take() else {
            return Ok(());
        };
        if from_stdin && words.first().is_some_and(|word| word == "COPY") {
            return Err((start, Problem::CopyFromStdin));
        }
        self.statements.push(Statement {
            start,
            end: self.end,
            control: control(&words),
        });
        Ok(())
    }
}

fn control(words: &[String]) -> Option<Control> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["BEGIN", ..] | ["START", "TRANSACTION", ..] => Some(Control::Open),
        ["ROLLBACK", "TO", ..]
        | ["ROLLBACK", "WORK" | "TRANSACTION", "TO", ..]
        | ["ROLLBACK" | "COMMIT", "PREPARED", ..] => None,
        ["COMMIT" | "END" | "ROLLBACK" | "ABORT", ..] => Some(Control::Close),
        _ => None,
    }
}

fn backslash(rest: &str) -> Problem {
    let command = rest.split_whitespace().next().unwrap_or("\\");
    Problem::Backslash {
        command: command.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn statements(text: &str) -> Vec<&str> {
        let script = parse(text).expect("a script");
        let text = script.statements.iter().map(|s| &text[s.start..s.end]);
        text.collect()
    }

    #[test]
    fn semicolons_that_end_nothing_are_left_alone() {
        for whole in [
            "SELECT 'a;b', \"c;d\", $$e;f$$, $tag$ $$;$$ $tag$",
            "SELECT 'it''s; fine', \"a\"\"b;\"",
            "SELECT E'\\';', 'x\\'",
            "SELECT 1 /* ; /* ; */ ; */ + 2 -- ;\n + 3",
            "CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)",
            "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END",
            "CREATE OR REPLACE PROCEDURE p() LANGUAGE sql BEGIN ATOMIC INSERT INTO t VALUES (1); END",
            "PREPARE p AS SELECT $1 + $2",
            "SELECT a$b$c FROM x",
            "SELECT name FROM prices WHERE e'\\'' = ''",
        ] {
            let text = format!("  {whole} ;\nSELECT 2;");
            assert_eq!(statements(&text), [whole, "SELECT 2"]);
        }
    }

    #[test]
    fn empty_statements_and_comments_are_no_statements() {
        assert!(statements(" ;; -- a\n/* b */ ;").is_empty());
        assert_eq!(statements("\u{feff}SELECT 1"), ["SELECT 1"]);
    }

    #[test]
    fn transaction_control_is_told_from_its_look_alikes() {
        let controls = |text: &str| -> Vec<Option<Control>> {
            let script = parse(text).expect("a script");
            script.statements.iter().map(|s| s.control).collect()
        };
        let (open, close) = (Some(Control::Open), Some(Control::Close));
        assert_eq!(
            controls("begin; START TRANSACTION; commit; End; ROLLBACK; Abort WORK"),
            [open, open, close, close, close, close]
        );
        assert_eq!(
            controls(
                "SAVEPOINT s; ROLLBACK TO s; ROLLBACK WORK TO SAVEPOINT s; COMMIT PREPARED 'x'; START; SELECT begin"
            ),
            [None; 6]
        );
        assert_eq!(controls("DO $$ BEGIN COMMIT; END $$"), [None]);
    }

    #[test]
    fn the_line_against_a_transaction_stands_on_its_own() {
        let marked = |text: &str| parse(text).expect("a script").no_transaction;
        assert!(marked("SELECT 1;\n  -- Standin: no transaction \n"));
        assert!(!marked("SELECT 1; -- standin: no transaction"));
    }

    proptest! {
        #[test]
        fn any_text_is_cut_or_refused_and_nothing_but_blanks_is_lost(
            text in "([ a;'\"$(){}/*\\\\ü\n-]|--|/\\*|\\*/|BEGIN|ATOMIC|CASE|END|CREATE|E'){0,40}"
        ) {
            if let Ok(script) = parse(&text) {
                let mut end = 0;
                for statement in &script.statements {
                    prop_assert!(end <= statement.start && statement.start < statement.end);
                    prop_assert!(text.get(statement.start..statement.end).is_some());
                    end = statement.end;
                }
            }
        }

        #[test]
        fn statements_joined_are_cut_into_themselves(
            parts in prop::collection::vec("SELECT ('[a;]{0,3}'|\"[b;]{1,3}\"|[$][$][;']{0,3}[$][$]|[(];[)]|E'[\\\\]';')", 1..6)
        ) {
            let text = parts.join(";\n");
            prop_assert_eq!(statements(&text), parts);
        }
    }
}

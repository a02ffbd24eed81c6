//! Finds what statements would do, by their tokens alone.
//!
//! One pass, no tree, memory bounded by the depth of brackets: [`Reader`] sees every token once and
//! keeps what an open bracket means; the files beside it know the commands whose words matter.
//!
//! Most command words are legal names of columns and aliases. So a word is a command only where a
//! statement begins: at the front, behind EXPLAIN, PREPARE .. AS, DECLARE .. FOR, COPY (, a list of
//! WITH, and in the brackets of such a list.

mod call;
mod command;
mod frame;
mod function;
mod keyword;
mod name;
mod query;
mod set;
mod setting;

pub use self::command::Command;
pub use self::keyword::Keyword;
pub use self::setting::{Setting, is_safe_encoding};

use self::frame::{Call, Frame, Frames, State};
use super::lexer::{Kind, Lexer, Token};
use super::rule::{RULES, Rule, Rules};

/// What the statements of one message would do.
#[derive(Debug, Clone, Copy)]
pub struct Finding {
    /// The rules that they touch.
    pub rules: Rules,
    /// Whether every statement begins with a command that the guard knows and ends as SQL can.
    pub is_known: bool,
    commands: [Option<Command>; RULES],
}

/// A token and the keyword that it is, if it is one.
#[derive(Debug, Clone, Copy)]
struct Word {
    token: Token,
    key: Option<Keyword>,
}

/// Reads a message and notes what it sees.
struct Reader<'a> {
    lexer: Lexer<'a>,
    /// The tokens before the present one, the latest first.
    before: [Word; 4],
    frames: Frames,
    /// The word with which the statement begins.
    first: Option<Keyword>,
    /// Where the latest command of a query begins.
    command_at: Option<usize>,
    /// Whether the statement is only explained.
    muted: bool,
    finding: Finding,
}

/// Finds what one message of SQL would do. Never fails; takes time linear in its length.
pub fn inspect(sql: &[u8]) -> Finding {
    let mut reader = Reader::new(sql);
    if !is_of_pg_dump(sql) {
        while reader.statement() {}
    }
    reader.finding
}

/// Whether a message is the one by which `pg_dump` hides relations from itself where the server knows
/// how (PostgreSQL's `pg_dump.c`, `set_restrict_relation_kind`): it computes a setting's name, which can
/// only be the one that stands at its end.
fn is_of_pg_dump(sql: &[u8]) -> bool {
    const FRONT: &[u8] = b"SELECT set_config(name, '";
    const END: &[u8] =
        b"', false) FROM pg_settings WHERE name = 'restrict_nonsystem_relation_kind'";
    let kinds = sql
        .strip_prefix(FRONT)
        .and_then(|rest| rest.strip_suffix(END));
    let is_word = |byte: &u8| byte.is_ascii_lowercase() || matches!(byte, b',' | b' ' | b'-');
    kinds.is_some_and(|kinds| kinds.iter().all(is_word))
}

impl Finding {
    /// The command that broke a rule, where it was a command.
    pub fn command(&self, rule: Rule) -> Option<Command> {
        self.commands[rule as usize]
    }
}

impl Word {
    fn is(self, key: Keyword) -> bool {
        self.key == Some(key)
    }

    fn ends_statement(self) -> bool {
        self.token.ends_statement()
    }
}

impl<'a> Reader<'a> {
    fn new(sql: &'a [u8]) -> Self {
        let nothing = Word {
            token: Token {
                kind: Kind::Semicolon,
                start: 0,
                end: 0,
            },
            key: None,
        };
        Self {
            lexer: Lexer::new(sql),
            before: [nothing; 4],
            frames: Frames::default(),
            first: None,
            command_at: None,
            muted: false,
            finding: Finding {
                rules: Rules::default(),
                is_known: true,
                commands: [None; RULES],
            },
        }
    }

    /// Reads one statement; `false` at the end of the message.
    fn statement(&mut self) -> bool {
        self.frames.clear();
        (self.first, self.muted) = (None, false);
        let mut word = self.next();
        while word.token.kind == Kind::Open {
            word = self.next();
        }
        let mut begins = Some(word).filter(|word| !word.ends_statement());
        while let Some(first) = begins {
            begins = self.begin(first);
        }
        while !self.before[0].ends_statement() {
            self.next();
        }
        self.before[0].token.kind == Kind::Semicolon
    }

    /// Reads one token and notes what it means where it stands. Behind the end of a statement it
    /// stays there.
    fn next(&mut self) -> Word {
        let token = self.lexer.advance();
        let key = match token.kind {
            Kind::Word => Keyword::of(self.lexer.text(token)),
            _ => None,
        };
        let word = Word { token, key };
        self.observe(word);
        let [one, two, three, _] = self.before;
        self.before = [word, one, two, three];
        word
    }

    /// The token after the present one, without reading it.
    fn peek(&self) -> Word {
        let token = self.lexer.clone().advance();
        let key = match token.kind {
            Kind::Word => Keyword::of(self.lexer.text(token)),
            _ => None,
        };
        Word { token, key }
    }

    fn text(&self, token: Token) -> &'a [u8] {
        self.lexer.text(token)
    }

    /// Notes that a rule is touched, and by which command.
    fn note(&mut self, rule: Rule, command: Option<Command>) {
        // What is only explained does not run; how a name reads is not known all the same.
        if self.muted && rule != Rule::LexUident {
            return;
        }
        if !self.finding.rules.contains(rule) {
            self.finding.rules.insert(rule);
            self.finding.commands[rule as usize] = command;
        }
    }

    fn observe(&mut self, word: Word) {
        self.frames.argument(word.token);
        match word.token.kind {
            Kind::Open => self.open(),
            Kind::Close => self.close(),
            Kind::Comma => self.comma(),
            Kind::OpenList => self
                .frames
                .push(Frame::new(State::Plain, Call::None, false)),
            Kind::CloseList => drop(self.frames.pop()),
            Kind::UnicodeQuoted => self.note(Rule::LexUident, None),
            Kind::Quoted => {
                self.attribute(word);
                self.frames.top().begun();
            }
            Kind::Word => {
                self.attribute(word);
                self.word(word);
            }
            Kind::Semicolon | Kind::End => {}
            Kind::Broken => self.finding.is_known = false,
            _ => self.frames.top().begun(),
        }
    }
}

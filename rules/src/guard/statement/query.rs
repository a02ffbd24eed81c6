//! Words within queries: writing CTEs, row locks, INTO.

use super::frame::State;
use super::{Command, Keyword, Reader, Word};
use crate::guard::Rule;
use crate::guard::lexer::Kind;

impl Reader<'_> {
    /// A word without quotes, at any place.
    pub(super) fn word(&mut self, word: Word) {
        let state = self.frames.top().state;
        let Some(key) = word.key else {
            return self.frames.top().begun();
        };
        match state {
            State::Statement => self.begins_statement(word),
            State::Opened => {
                self.frames.top().state = match key {
                    Keyword::Select | Keyword::Values | Keyword::Table => State::Query,
                    Keyword::With => State::With,
                    _ => State::Plain,
                };
            }
            State::With => self.follows_with(word, key),
            State::Query => self.in_query(key),
            State::Plain => {}
        }
    }

    /// The first word of a statement, or of what may stand in its place.
    fn begins_statement(&mut self, word: Word) {
        let Some(key) = word.key else { return };
        self.command_at = Some(word.token.start);
        self.frames.top().state = match key {
            Keyword::With => State::With,
            Keyword::Select | Keyword::Values | Keyword::Table => State::Query,
            Keyword::Insert => {
                self.note(Rule::WriteInsert, Some(Command::Insert));
                State::Query
            }
            Keyword::Update => self.changes(Command::Update),
            Keyword::Delete => self.changes(Command::Delete),
            Keyword::Merge => self.changes(Command::Merge),
            _ => State::Plain,
        };
    }

    fn changes(&mut self, command: Command) -> State {
        self.note(Rule::WriteChange, Some(command));
        State::Query
    }

    /// A word of a list of WITH, outside its brackets, or the command behind it. The columns of
    /// SEARCH and CYCLE may be called like commands, so a command counts by the word after it, and
    /// where that says nothing both are looked for.
    fn follows_with(&mut self, word: Word, key: Keyword) {
        if self.is_label() || self.is_entry_name() {
            return;
        }
        let next = match key {
            Keyword::Insert | Keyword::Merge => Keyword::Into,
            Keyword::Delete => Keyword::From,
            Keyword::Update => return self.note(Rule::WriteChange, Some(Command::Update)),
            Keyword::Select | Keyword::Table => {
                self.frames.top().state = State::Query;
                return;
            }
            _ => return,
        };
        if self.peek().is(next) {
            self.begins_statement(word);
        }
    }

    fn in_query(&mut self, key: Keyword) {
        let [one, two, three, _] = self.before;
        let locks = match key {
            Keyword::Into if !self.is_label() => {
                // SELECT INTO with nothing to select makes a table without columns.
                let writes = one.is(Keyword::Insert) || one.is(Keyword::Merge);
                if !writes || self.command_at != Some(one.token.start) {
                    self.note(Rule::WriteDdl, Some(Command::SelectInto));
                }
                return;
            }
            Keyword::Update if one.is(Keyword::Do) => {
                self.note(Rule::WriteChange, Some(Command::OnConflictDoUpdate));
                return;
            }
            Keyword::Update if one.is(Keyword::For) => Command::ForUpdate,
            Keyword::Share if one.is(Keyword::For) => Command::ForShare,
            Keyword::Share if one.is(Keyword::Key) && two.is(Keyword::For) => Command::ForKeyShare,
            Keyword::Update
                if one.is(Keyword::Key) && two.is(Keyword::No) && three.is(Keyword::For) =>
            {
                Command::ForNoKeyUpdate
            }
            _ => return,
        };
        self.note(Rule::LockRow, Some(locks));
    }

    /// Whether the present word names an entry of a list of WITH, or is a column of one: no command
    /// stands there.
    fn is_entry_name(&self) -> bool {
        let [one, two, ..] = self.before;
        // RECURSIVE is a legal name as well, of a column behind SEARCH and CYCLE too.
        let recursive = one.is(Keyword::Recursive) && two.is(Keyword::With);
        recursive || one.token.kind == Kind::Comma || one.is(Keyword::With)
    }

    /// Whether the present word is a label: behind AS or a dot every word is one.
    fn is_label(&self) -> bool {
        self.before[0].is(Keyword::As) || self.before[0].token.kind == Kind::Dot
    }
}

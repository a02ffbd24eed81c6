//! Commands: the first word of a statement, and the words behind it that matter.

use super::frame::State;
use super::{Keyword, Reader, Word};
use crate::guard::Rule;
use crate::guard::lexer::Kind;

macro_rules! commands {
    ($($name:ident $text:literal)*) => {
        /// A command, to be named in a message.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Command {
            $(#[doc = concat!("`", $text, "`")] $name,)*
        }

        impl Command {
            const ALL: &[Self] = &[$(Self::$name),*];

            /// The command of a number.
            pub(in crate::guard) fn of(number: u8) -> Option<Self> {
                Self::ALL.get(usize::from(number)).copied()
            }

            /// The command as it is written in messages.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

commands! {
    Alter "ALTER" AlterSystem "ALTER SYSTEM" Analyze "ANALYZE" Call "CALL" Checkpoint "CHECKPOINT"
    Cluster "CLUSTER" Comment "COMMENT" CommitPrepared "COMMIT PREPARED" CopyFile "COPY with a file"
    CopyFrom "COPY FROM" Create "CREATE" Delete "DELETE" Do "DO" Drop "DROP"
    ForKeyShare "SELECT FOR KEY SHARE" ForNoKeyUpdate "SELECT FOR NO KEY UPDATE"
    ForShare "SELECT FOR SHARE" ForUpdate "SELECT FOR UPDATE" Grant "GRANT" Import "IMPORT"
    Insert "INSERT" Load "LOAD" Lock "LOCK TABLE" Merge "MERGE" Notify "NOTIFY"
    OnConflictDoUpdate "INSERT ON CONFLICT DO UPDATE" PrepareTransaction "PREPARE TRANSACTION"
    Reassign "REASSIGN OWNED" Refresh "REFRESH MATERIALIZED VIEW" Reindex "REINDEX"
    Revoke "REVOKE" RollbackPrepared "ROLLBACK PREPARED" SecurityLabel "SECURITY LABEL"
    SelectInto "SELECT INTO" Truncate "TRUNCATE" Update "UPDATE" Vacuum "VACUUM"
}

impl Reader<'_> {
    /// Reads the command that begins with `first`; the first word of the statement within it, if
    /// there is one.
    pub(super) fn begin(&mut self, first: Word) -> Option<Word> {
        let Some(key) = first.key else {
            self.finding.is_known = false;
            return None;
        };
        self.first = Some(key);
        match key {
            Keyword::Explain => return self.explain(),
            Keyword::Prepare => return self.prepare(),
            Keyword::Declare => return self.behind(Keyword::For),
            Keyword::Copy => self.copy(),
            Keyword::Create | Keyword::Alter | Keyword::Drop => self.define(key),
            Keyword::Grant => self.grant(Command::Grant),
            Keyword::Revoke => self.grant(Command::Revoke),
            Keyword::Lock => self.lock(),
            Keyword::Set => self.set(),
            Keyword::Reset => self.reset(),
            Keyword::Begin | Keyword::Start => self.transaction_modes(),
            Keyword::Commit => self.second_phase(Command::CommitPrepared),
            Keyword::Rollback => self.second_phase(Command::RollbackPrepared),
            Keyword::Security => self.note(Rule::WriteDdl, Some(Command::SecurityLabel)),
            Keyword::Import => {
                self.note(Rule::WriteDdl, Some(Command::Import));
                self.note(Rule::Egress, Some(Command::Import));
            }
            key => match simple(key) {
                Some((rule, command)) => self.note(rule, Some(command)),
                None => self.finding.is_known &= is_known(key),
            },
        }
        None
    }

    /// EXPLAIN runs nothing, but with any word ANALYZE among its options.
    fn explain(&mut self) -> Option<Word> {
        let mut runs = false;
        loop {
            let next = self.peek();
            match next.key {
                Some(Keyword::Analyze | Keyword::Analyse) => runs = true,
                Some(Keyword::Verbose) => {}
                _ if next.token.kind == Kind::Open && self.opens_options() => {
                    self.next();
                    runs |= self.options_run();
                    break;
                }
                _ => break,
            }
            self.next();
        }
        // Options that never end are no EXPLAIN, and what follows them is judged for itself.
        if self.before[0].ends_statement() {
            return None;
        }
        self.muted = !runs;
        self.statement_begins()
    }

    /// Whether the bracket behind EXPLAIN holds options and no query.
    fn opens_options(&self) -> bool {
        let mut ahead = self.lexer.clone();
        ahead.advance();
        let first = ahead.advance();
        let key = Keyword::of(ahead.text(first)).filter(|_| first.kind == Kind::Word);
        let query = [
            Keyword::Select,
            Keyword::With,
            Keyword::Values,
            Keyword::Table,
        ];
        first.kind != Kind::Open && !key.is_some_and(|key| query.contains(&key))
    }

    /// Reads the options of EXPLAIN; whether one of them is ANALYZE, whatever its value.
    fn options_run(&mut self) -> bool {
        let mut runs = false;
        while !self.frames.is_bottom() {
            let word = self.next();
            if word.ends_statement() {
                break;
            }
            let quoted = word.token.kind == Kind::Quoted
                && matches!(self.text(word.token), b"\"analyze\"" | b"\"analyse\"");
            runs |= quoted || matches!(word.key, Some(Keyword::Analyze | Keyword::Analyse));
        }
        runs
    }

    /// A statement begins with the next word, or behind brackets with it.
    fn statement_begins(&mut self) -> Option<Word> {
        self.frames.top().state = State::Statement;
        let mut word = self.next();
        while word.token.kind == Kind::Open {
            word = self.next();
        }
        Some(word).filter(|word| !word.ends_statement())
    }

    /// The statement behind a word that stands outside of brackets.
    fn behind(&mut self, key: Keyword) -> Option<Word> {
        loop {
            let word = self.next();
            if word.ends_statement() {
                return None;
            }
            if word.is(key) && self.frames.is_bottom() {
                return self.statement_begins();
            }
        }
    }

    fn prepare(&mut self) -> Option<Word> {
        if self.peek().is(Keyword::Transaction) {
            self.note(Rule::TwoPhase, Some(Command::PrepareTransaction));
            return None;
        }
        self.behind(Keyword::As)
    }

    fn second_phase(&mut self, command: Command) {
        if self.peek().is(Keyword::Prepared) {
            self.note(Rule::TwoPhase, Some(command));
        }
    }

    /// COPY of a table or a query, to or from the client or the server's files.
    fn copy(&mut self) {
        // A table may be called like a command, so only a bracket holds a statement.
        if self.peek().token.kind == Kind::Open {
            self.frames.top().state = State::Statement;
        }
        loop {
            let word = self.next();
            if word.ends_statement() {
                return;
            }
            let from = word.is(Keyword::From);
            let label = self.before[1].token.kind == Kind::Dot;
            if !(from || word.is(Keyword::To)) || !self.frames.is_bottom() || label {
                continue;
            }
            if from {
                self.note(Rule::WriteInsert, Some(Command::CopyFrom));
            }
            let place = self.next();
            if !matches!(place.key, Some(Keyword::Stdin | Keyword::Stdout)) {
                self.note(Rule::Host, Some(Command::CopyFile));
            }
            return;
        }
    }

    /// CREATE, ALTER and DROP: most change a schema, some reach further.
    fn define(&mut self, key: Keyword) {
        let command = match key {
            Keyword::Create => Command::Create,
            Keyword::Alter => Command::Alter,
            _ => Command::Drop,
        };
        if key == Keyword::Alter && self.peek().is(Keyword::System) {
            return self.note(Rule::Host, Some(Command::AlterSystem));
        }
        self.note(Rule::WriteDdl, Some(command));
        let word = self.next();
        let reaches = match word.key {
            Some(Keyword::Role | Keyword::Group) => Some(Rule::RoleAlter),
            Some(Keyword::User) if !self.peek().is(Keyword::Mapping) => Some(Rule::RoleAlter),
            // What leads outside may be taken away.
            _ if key == Keyword::Drop => None,
            Some(Keyword::User | Keyword::Server | Keyword::Subscription | Keyword::Foreign) => {
                Some(Rule::Egress)
            }
            Some(Keyword::Tablespace) => Some(Rule::Host),
            _ => None,
        };
        if let Some(rule) = reaches {
            self.note(rule, Some(command));
        }
        self.languages(command);
    }

    /// Code in a language that may do anything on the host is as good as the host.
    fn languages(&mut self, command: Command) {
        while !self.before[0].ends_statement() {
            let word = self.next();
            if word.is(Keyword::Language) {
                let name = self.peek().token;
                let text = self.text(name);
                let name = text.trim_ascii_start();
                let name = name
                    .strip_prefix(b"'")
                    .or(name.strip_prefix(b"\""))
                    .unwrap_or(name);
                let name = name
                    .strip_suffix(b"'")
                    .or(name.strip_suffix(b"\""))
                    .unwrap_or(name);
                let native = [b"c".as_slice(), b"internal"];
                let native = native.iter().any(|known| known.eq_ignore_ascii_case(name));
                let untrusted = name.len() > 3
                    && name[..2].eq_ignore_ascii_case(b"pl")
                    && name
                        .last()
                        .is_some_and(|last| last.eq_ignore_ascii_case(&b'u'));
                if native || untrusted {
                    self.note(Rule::Host, Some(command));
                }
            }
        }
    }

    /// GRANT and REVOKE: without ON they change who is a member of which role.
    fn grant(&mut self, command: Command) {
        self.note(Rule::WriteDdl, Some(command));
        loop {
            let word = self.next();
            if word.ends_statement() {
                return self.note(Rule::RoleAlter, Some(command));
            }
            if word.is(Keyword::On) && self.frames.is_bottom() {
                return;
            }
        }
    }

    /// LOCK without a mode is ACCESS EXCLUSIVE.
    fn lock(&mut self) {
        let mut mode = [None; 3];
        let mut read = 0;
        let mut reading = false;
        loop {
            let word = self.next();
            if word.ends_statement() || (reading && word.is(Keyword::Mode)) {
                break;
            }
            if reading && read < mode.len() {
                mode[read] = word.key;
                read += 1;
            }
            reading |= word.is(Keyword::In);
        }
        let rule = match mode {
            [Some(Keyword::Access), Some(Keyword::Share), None] => return,
            [
                Some(Keyword::Row),
                Some(Keyword::Share | Keyword::Exclusive),
                None,
            ] => Rule::LockWeak,
            _ => Rule::LockStrong,
        };
        self.note(rule, Some(Command::Lock));
    }
}

/// Commands that break one rule, whatever follows.
fn simple(key: Keyword) -> Option<(Rule, Command)> {
    Some(match key {
        Keyword::Truncate => (Rule::WriteChange, Command::Truncate),
        Keyword::Vacuum => (Rule::Maint, Command::Vacuum),
        Keyword::Analyze | Keyword::Analyse => (Rule::Maint, Command::Analyze),
        Keyword::Cluster => (Rule::Maint, Command::Cluster),
        Keyword::Reindex => (Rule::Maint, Command::Reindex),
        Keyword::Refresh => (Rule::Maint, Command::Refresh),
        Keyword::Comment => (Rule::WriteDdl, Command::Comment),
        Keyword::Reassign => (Rule::WriteDdl, Command::Reassign),
        Keyword::Do => (Rule::CodeDo, Command::Do),
        Keyword::Call => (Rule::CodeCall, Command::Call),
        Keyword::Notify => (Rule::Notify, Command::Notify),
        Keyword::Checkpoint => (Rule::Host, Command::Checkpoint),
        Keyword::Load => (Rule::Host, Command::Load),
        _ => return None,
    })
}

/// Commands that pass, or whose words are judged where they stand.
fn is_known(key: Keyword) -> bool {
    matches!(
        key,
        Keyword::Select
            | Keyword::Values
            | Keyword::Table
            | Keyword::With
            | Keyword::Insert
            | Keyword::Update
            | Keyword::Delete
            | Keyword::Merge
            | Keyword::Show
            | Keyword::Fetch
            | Keyword::Move
            | Keyword::Close
            | Keyword::Execute
            | Keyword::Deallocate
            | Keyword::Discard
            | Keyword::Listen
            | Keyword::Unlisten
            | Keyword::Savepoint
            | Keyword::Release
            | Keyword::End
            | Keyword::Abort
    )
}

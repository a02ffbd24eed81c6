//! The rules, and what each says in which mode.

use crate::config::AccessMode;

/// A rule of the guard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Rule {
    /// INSERT, COPY FROM, an inserting CTE.
    WriteInsert,
    /// UPDATE, DELETE, MERGE, TRUNCATE, DO UPDATE.
    WriteChange,
    /// Statements that change a schema or rights, temporary tables included.
    WriteDdl,
    /// CREATE, ALTER and DROP of roles, and membership in them.
    RoleAlter,
    /// VACUUM, ANALYZE, CLUSTER, REINDEX, REFRESH.
    Maint,
    /// Functions that write large objects.
    LoWrite,
    /// Functions that write to the log of changes.
    Wal,
    /// `nextval`
    SeqNext,
    /// `setval`
    SeqSet,
    /// FOR UPDATE and its siblings.
    LockRow,
    /// Making a transaction or session read-write.
    TxReadWrite,
    /// A session that was made read-write behind the guard's back.
    Tripwire,
    /// LOCK above ACCESS SHARE.
    LockWeak,
    /// LOCK above ROW EXCLUSIVE.
    LockStrong,
    /// DO.
    CodeDo,
    /// CALL.
    CodeCall,
    /// A FunctionCall message.
    Fastpath,
    /// Becoming another role.
    RoleSet,
    /// `set_config` of a setting whose name cannot be read off the text.
    GucDynamic,
    /// Settings under which the same bytes would be other SQL.
    GucLex,
    /// `U&"..."`, a name that cannot be read off the text.
    LexUident,
    /// Functions that run SQL text which they are given.
    SqlText,
    /// Cancelling or ending other sessions.
    SessionSignal,
    /// Prepared transactions.
    TwoPhase,
    /// NOTIFY.
    Notify,
    /// The server's files, configuration, slots, backups.
    Host,
    /// Other servers.
    Egress,
    /// SQL that cannot be judged where only the guard stands before the data.
    Unknown,
    /// A message larger than the guard reads.
    Size,
    /// More statements under way than the environment lets run at once.
    Statements,
    /// More of a statement that has returned more than the environment lets one return.
    Returned,
}

/// Number of rules.
pub(super) const RULES: usize = Rule::Returned as usize + 1;

/// The SQLSTATE of a write where nothing may be written: `read_only_sql_transaction`.
const READ_ONLY: Option<&str> = Some("25006");
/// `insufficient_privilege`
const DENIED: Option<&str> = Some("42501");

/// `too_many_connections`, the nearest that there is.
const TOO_MANY: Option<&str> = Some("53300");
/// `program_limit_exceeded`
const TOO_MUCH: Option<&str> = Some("54000");

/// What a rule is called and says: read-only, append, read-write.
struct Text {
    id: &'static str,
    codes: [Option<&'static str>; 3],
    what: &'static str,
}

impl Rule {
    /// Every rule.
    pub fn all() -> impl Iterator<Item = Self> {
        ALL.iter().copied()
    }

    /// The rule of a number.
    pub(super) fn of(number: u8) -> Option<Self> {
        ALL.get(usize::from(number)).copied()
    }

    /// The name by which messages, metrics and the audit log know it.
    pub fn id(self) -> &'static str {
        self.text().id
    }

    /// The SQLSTATE with which the rule denies; `None` where it lets pass.
    pub fn code(self, mode: AccessMode) -> Option<&'static str> {
        let column = match mode {
            AccessMode::ReadOnly => 0,
            AccessMode::Append => 1,
            AccessMode::ReadWrite => 2,
        };
        self.text().codes[column]
    }

    /// What is denied, to follow "cannot".
    pub fn what(self) -> &'static str {
        self.text().what
    }

    fn text(self) -> &'static Text {
        &TEXTS[self as usize]
    }
}

macro_rules! rules {
    ($($rule:ident $id:literal [$($code:expr),*] $what:literal)*) => {
        const ALL: [Rule; RULES] = [$(Rule::$rule),*];
        const TEXTS: [Text; RULES] = [$(Text { id: $id, codes: [$($code),*], what: $what }),*];
    };
}

rules! {
    WriteInsert "write.insert" [READ_ONLY, None, None] "insert rows"
    WriteChange "write.change" [READ_ONLY, DENIED, None] "change or delete rows"
    WriteDdl "write.ddl" [READ_ONLY, DENIED, None] "change the schema"
    RoleAlter "role.alter" [READ_ONLY, DENIED, DENIED] "change roles"
    Maint "maint" [READ_ONLY, DENIED, None] "maintain tables"
    LoWrite "lo.write" [READ_ONLY, DENIED, None] "write large objects"
    Wal "wal" [READ_ONLY, DENIED, None] "write to the log of changes"
    SeqNext "seq.next" [READ_ONLY, None, None] "advance sequences"
    SeqSet "seq.set" [READ_ONLY, DENIED, None] "set sequences"
    LockRow "lock.row" [READ_ONLY, DENIED, None] "lock rows"
    TxReadWrite "tx.rw" [READ_ONLY, None, None] "make a transaction read-write"
    Tripwire "tripwire" [READ_ONLY, None, None] "go on in a session that was made read-write"
    LockWeak "lock.weak" [DENIED, None, None] "lock tables above ACCESS SHARE"
    LockStrong "lock.strong" [DENIED, DENIED, None] "lock tables above ROW EXCLUSIVE"
    CodeDo "code.do" [DENIED, DENIED, None] "run code by DO"
    CodeCall "code.call" [DENIED, DENIED, None] "call procedures"
    Fastpath "fastpath" [DENIED, DENIED, None] "call functions by FunctionCall messages"
    RoleSet "role.set" [DENIED, DENIED, None] "become another role"
    GucDynamic "guc.dynamic" [DENIED, DENIED, None] "set a setting whose name is computed"
    GucLex "guc.lex" [DENIED, DENIED, None] "change how SQL text is read"
    LexUident "lex.uident" [DENIED, DENIED, None] "use names with Unicode escapes"
    SqlText "sqltext" [DENIED, DENIED, None] "call functions that run SQL text"
    SessionSignal "session.signal" [DENIED, DENIED, None] "cancel or end sessions"
    TwoPhase "twophase" [DENIED, DENIED, None] "use prepared transactions"
    Notify "notify" [DENIED, None, None] "notify other sessions"
    Host "host" [DENIED, DENIED, DENIED] "reach files or controls of the server"
    Egress "egress" [DENIED, DENIED, DENIED] "reach other servers"
    Unknown "unknown" [DENIED, DENIED, None] "run a statement that cannot be judged"
    Size "size" [DENIED, DENIED, None] "run a statement of more than 16 MiB"
    Statements "limit.statements" [TOO_MANY, TOO_MANY, TOO_MANY] "run more statements at once"
    Returned "limit.returned" [TOO_MUCH, TOO_MUCH, TOO_MUCH] "go on with a statement that returned too much"
}

/// A set of rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rules(u32);

impl Rules {
    /// Adds a rule.
    pub fn insert(&mut self, rule: Rule) {
        self.0 |= 1 << rule as u8;
    }

    /// Whether it holds a rule.
    pub fn contains(self, rule: Rule) -> bool {
        self.0 & (1 << rule as u8) != 0
    }

    /// Whether it holds none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The rules in their order.
    pub fn iter(self) -> impl Iterator<Item = Rule> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let index = rest.trailing_zeros() as usize;
            rest &= rest.wrapping_sub(1);
            ALL.get(index).copied()
        })
    }

    /// The rule that denies in `mode`: writes where nothing may be written go before all else.
    pub fn denies(self, mode: AccessMode) -> Option<Rule> {
        let denying = |rule: &Rule| rule.code(mode).is_some();
        let write = |rule: &Rule| rule.code(mode) == READ_ONLY;
        self.iter()
            .find(write)
            .or_else(|| self.iter().find(denying))
    }
}

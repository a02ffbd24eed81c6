//! The keywords that the guard looks for.

/// The longest keyword below.
const KEYWORD_BYTES_MAX: usize = 15;

macro_rules! keywords {
    ($($name:ident $lower:literal)*) => {
        /// A keyword that means something to the guard.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Keyword {
            $(#[doc = concat!("`", stringify!($name), "`")] $name,)*
        }

        fn find(lower: &[u8]) -> Option<Keyword> {
            match lower {
                $($lower => Some(Keyword::$name),)*
                _ => None,
            }
        }
    };
}

keywords! {
    Abort b"abort" Access b"access" Aggregate b"aggregate" Alter b"alter" Analyse b"analyse"
    Analyze b"analyze" As b"as" Authorization b"authorization" Begin b"begin" Call b"call"
    Characteristics b"characteristics" Checkpoint b"checkpoint" Close b"close" Cluster b"cluster"
    Comment b"comment" Commit b"commit" Constraints b"constraints" Copy b"copy" Create b"create"
    Deallocate b"deallocate" Declare b"declare" Default b"default" Delete b"delete"
    Discard b"discard" Do b"do" Drop b"drop" End b"end" Exclusive b"exclusive" Execute b"execute"
    Explain b"explain" Fetch b"fetch" For b"for" Foreign b"foreign" From b"from"
    Function b"function" Grant b"grant" Group b"group" Import b"import" In b"in" Insert b"insert"
    Into b"into" Key b"key" Language b"language" Listen b"listen" Load b"load" Local b"local"
    Lock b"lock" Mapping b"mapping" Materialized b"materialized" Merge b"merge" Mode b"mode"
    Move b"move" Names b"names" No b"no" None b"none" Notify b"notify" On b"on" Only b"only"
    Prepare b"prepare" Prepared b"prepared" Procedure b"procedure" Program b"program" Read b"read"
    Reassign b"reassign" Recursive b"recursive" Refresh b"refresh" Reindex b"reindex" Release b"release" Reset b"reset"
    Revoke b"revoke" Role b"role" Rollback b"rollback" Routine b"routine" Row b"row"
    Savepoint b"savepoint" Schema b"schema" Security b"security" Select b"select"
    Server b"server" Session b"session" Set b"set" Share b"share" Show b"show" Start b"start"
    Stdin b"stdin" Stdout b"stdout" Subscription b"subscription" System b"system" Table b"table"
    Tablespace b"tablespace" Time b"time" To b"to" Transaction b"transaction"
    Truncate b"truncate" Unlisten b"unlisten" Update b"update" User b"user" Vacuum b"vacuum"
    Values b"values" Verbose b"verbose" With b"with" Write b"write"
}

impl Keyword {
    /// The keyword that a word without quotes is; PostgreSQL folds ASCII letters only for this.
    pub fn of(word: &[u8]) -> Option<Self> {
        let mut lower = [0; KEYWORD_BYTES_MAX];
        let lower = lower.get_mut(..word.len())?;
        lower.copy_from_slice(word);
        lower.make_ascii_lowercase();
        find(lower)
    }
}

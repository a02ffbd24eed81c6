//! Statements at random, as words: many that do something, hidden in many that do not.

use rand::RngExt;
use rand::rngs::StdRng;

/// Words that are commands and may be names all the same (`sql/kwlist.h`, UNRESERVED_KEYWORD).
const NAMES: &[&str] = &[
    "~t",
    "~u",
    "~a",
    "~b",
    "~update",
    "~delete",
    "~insert",
    "~truncate",
    "~lock",
    "~set",
    "~call",
    "~copy",
    "~merge",
    "~reset",
    "~share",
    "~key",
    "~of",
    "~nowait",
    "~role",
    "~session",
    "~values_",
    "~prepare",
    "~execute",
    "~explain",
    "~declare",
    "~cursor",
    "~load",
    "~notify",
    "~vacuum",
    "~skip",
    "~recursive",
    "~materialized",
    "~read",
    "~write",
    "~matched",
    "~source",
    "~program",
    "~public",
];

const FUNCTIONS: &[&str] = &[
    "nextval",
    "setval",
    "lo_creat",
    "lo_unlink",
    "lo_import",
    "pg_read_file",
    "pg_ls_dir",
    "pg_terminate_backend",
    "pg_notify",
    "query_to_xml",
    "pg_reload_conf",
    "pg_logical_emit_message",
    "pg_switch_wal",
    "dblink",
    "dblink_exec",
    "count",
    "lower",
    "now",
    "f",
    "update",
    "set",
    "lock",
];

/// Makes words.
pub struct Grammar<'r> {
    pub random: &'r mut StdRng,
    words: Vec<String>,
    depth: u32,
}

impl<'r> Grammar<'r> {
    /// The words of one to three statements.
    pub fn message(random: &'r mut StdRng) -> Vec<String> {
        let mut grammar = Self {
            random,
            words: Vec::new(),
            depth: 0,
        };
        let at = grammar.below(5);
        let count = [1, 1, 1, 2, 3][at];
        for at in 0..count {
            if at > 0 {
                grammar.say(";");
            }
            grammar.statement();
        }
        if grammar.chance(10) {
            grammar.say(";");
        }
        grammar.words
    }

    fn below(&mut self, bound: usize) -> usize {
        self.random.random_range(0..bound)
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// Adds words that blanks part.
    fn say(&mut self, words: &str) {
        self.words.extend(words.split(' ').map(str::to_owned));
    }

    /// Adds one of them.
    fn pick(&mut self, of: &[&str]) {
        let at = self.below(of.len());
        self.say(of[at]);
    }

    fn name(&mut self) {
        let at = self.below(NAMES.len());
        self.say(NAMES[at]);
    }

    fn relation(&mut self) {
        if self.chance(30) {
            self.say("~public .");
        }
        self.name();
    }

    fn statement(&mut self) {
        match self.below(24) {
            0..=8 => self.select(),
            9..=11 => self.written(),
            12 => {
                self.pick(&[
                    "explain",
                    "explain analyze",
                    "explain ( analyze , verbose )",
                    "explain verbose",
                ]);
                self.inner();
            }
            13 => {
                self.say("prepare ~p as");
                self.inner();
            }
            14 => {
                self.pick(&[
                    "declare ~c cursor for",
                    "declare ~c insensitive cursor with hold for",
                ]);
                self.select();
            }
            15 => {
                self.say("create");
                self.pick(&["table", "temp table", "unlogged table", "materialized view"]);
                self.relation();
                self.say("as");
                self.select();
            }
            16 => {
                self.say("copy (");
                match self.chance(60) {
                    true => self.select(),
                    false => {
                        self.written();
                        self.say("returning 1");
                    }
                }
                self.say(") to stdout");
            }
            17 => {
                self.say("copy");
                self.relation();
                self.pick(&["to stdout", "from stdin", "to program 'x'", "from 'x'"]);
            }
            18 => self.setting(),
            19 => {
                self.say("lock table");
                self.relation();
                self.pick(&[
                    "",
                    "in access share mode",
                    "in row exclusive mode",
                    "in access exclusive mode",
                ]);
            }
            20 => {
                self.pick(&[
                    "truncate",
                    "truncate table",
                    "vacuum",
                    "analyze",
                    "reindex table",
                    "cluster",
                ]);
                self.relation();
            }
            21 => {
                self.pick(&[
                    "call",
                    "drop table",
                    "comment on table ~t is 'x' ; drop view",
                    "alter table ~t add column",
                ]);
                self.name();
                if self.words.iter().any(|word| word == "call") {
                    self.say("( )");
                } else if self.words.last().is_some() && self.words.iter().any(|word| word == "add")
                {
                    self.say("int");
                }
            }
            22 => self.pick(&[
                "notify ~c",
                "listen ~c",
                "checkpoint",
                "load 'x'",
                "do 'x'",
                "discard all",
                "show all",
            ]),
            _ => self.pick(&[
                "begin",
                "commit",
                "begin read write",
                "start transaction isolation level serializable , read write",
                "set transaction read write",
                "set session characteristics as transaction read write",
                "commit and chain",
                "prepare transaction 'x'",
                "rollback prepared 'x'",
                "savepoint ~s",
            ]),
        }
        self.words.retain(|word| !word.is_empty());
    }

    /// What may stand behind EXPLAIN and PREPARE.
    fn inner(&mut self) {
        match self.chance(50) {
            true => self.select(),
            false => self.written(),
        }
    }

    fn setting(&mut self) {
        self.pick(&["set", "set local", "set session", "reset"]);
        let resets = self.words.last().is_some_and(|word| word == "reset");
        self.pick(&[
            "transaction_read_only",
            "default_transaction_read_only",
            "~session_replication_role",
            "~work_mem",
            "~standard_conforming_strings",
            "~role",
            "client_encoding",
            "~search_path",
        ]);
        if !resets {
            self.pick(&["to", "="]);
            self.pick(&["off", "'off'", "on", "default", "'sjis'", "~a"]);
        }
    }

    /// INSERT, UPDATE, DELETE or MERGE, with CTEs at times.
    fn written(&mut self) {
        self.with(15);
        match self.below(4) {
            0 => {
                self.say("insert into");
                self.relation();
                match self.below(3) {
                    0 => self.say("default values"),
                    1 => {
                        self.say("values (");
                        self.expression();
                        self.say(")");
                    }
                    _ => self.select(),
                }
                if self.chance(30) {
                    self.say("on conflict");
                    self.pick(&["do nothing", "( a ) do update set a = 1"]);
                }
            }
            1 => {
                self.say("update");
                self.relation();
                self.say("set a =");
                self.expression();
            }
            2 => {
                self.say("delete from");
                self.relation();
                if self.chance(50) {
                    self.say("where");
                    self.expression();
                }
            }
            _ => {
                self.say("merge into");
                self.relation();
                self.say("using");
                self.relation();
                self.say("on true when matched then");
                self.pick(&["delete", "do nothing", "update set a = 1"]);
            }
        }
    }

    fn with(&mut self, percent: usize) {
        if self.depth > 3 || !self.chance(percent) {
            return;
        }
        self.depth += 1;
        self.pick(&["with", "with recursive"]);
        for at in 0..=self.below(2) {
            if at > 0 {
                self.say(",");
            }
            self.name();
            if self.chance(30) {
                self.say("( a )");
            }
            self.pick(&["as (", "as materialized (", "as not materialized ("]);
            match self.chance(60) {
                true => {
                    self.written();
                    if self.chance(70) {
                        self.say("returning 1");
                    }
                }
                false => self.select(),
            }
            self.say(")");
            if self.chance(10) {
                self.say("search depth first by a set ~o");
            }
        }
        self.depth -= 1;
    }

    fn select(&mut self) {
        if self.depth > 4 {
            return self.say("select 1");
        }
        self.depth += 1;
        self.with(25);
        match self.below(8) {
            0 => {
                self.say("values (");
                self.expression();
                self.say(")");
            }
            1 => {
                self.say("table");
                self.relation();
            }
            2 => {
                self.say("(");
                self.select();
                self.say(")");
            }
            3 => {
                self.plain();
                self.pick(&["union all", "except", "intersect"]);
                self.plain();
            }
            _ => self.plain(),
        }
        if self.chance(15) {
            self.say("order by 1");
        }
        if self.chance(12) {
            self.say("for");
            self.pick(&["update", "share", "no key update", "key share"]);
            if self.chance(40) {
                self.say("of ~t");
            }
            if self.chance(30) {
                self.pick(&["nowait", "skip locked"]);
            }
        }
        self.depth -= 1;
    }

    fn plain(&mut self) {
        self.say("select");
        if self.chance(10) {
            self.say("distinct");
        }
        self.expression();
        if self.chance(30) {
            self.pick(&["as", ""]);
            self.name();
        }
        if self.chance(8) {
            self.pick(&["into", "into temp", "into table", "into unlogged"]);
            self.relation();
        }
        if self.chance(70) {
            self.say("from");
            self.item();
            if self.chance(25) {
                self.pick(&[",", "cross join", ", lateral"]);
                match self.words.last().is_some_and(|word| word == "lateral") {
                    true => {
                        self.say("(");
                        self.select();
                        self.say(")");
                    }
                    false => self.item(),
                }
            }
        }
        if self.chance(40) {
            self.say("where");
            self.expression();
        }
    }

    fn item(&mut self) {
        match self.below(6) {
            0 => {
                self.say("(");
                self.select();
                self.say(")");
            }
            1 => self.call(),
            2 => {
                self.say("rows from (");
                self.call();
                self.say(")");
            }
            _ => self.relation(),
        }
        if self.chance(30) {
            self.pick(&["as", ""]);
            self.name();
        }
    }

    fn call(&mut self) {
        if self.chance(30) {
            self.say("~pg_catalog .");
        }
        let at = self.below(FUNCTIONS.len());
        let name = format!("~{}", FUNCTIONS[at]);
        self.say(&name);
        self.say("(");
        if self.chance(60) {
            self.expression();
        }
        self.say(")");
    }

    fn expression(&mut self) {
        if self.depth > 5 {
            return self.say("1");
        }
        self.depth += 1;
        match self.below(16) {
            0..=2 => self.pick(&["1", "'x'", "1.5e3", "null", "$1", "'update'"]),
            3..=4 => self.name(),
            5..=7 => self.call(),
            8 => {
                self.say("(");
                self.select();
                self.say(")");
            }
            9 => {
                self.say("exists (");
                self.select();
                self.say(")");
            }
            10 => {
                self.say("array (");
                self.select();
                self.say(")");
            }
            11 => {
                self.say("case when");
                self.expression();
                self.say("then");
                self.expression();
                self.say("else 1 end");
            }
            12 => {
                self.expression();
                self.pick(&["+", "||", "=", "<>", "and", "::text ||", "-"]);
                self.expression();
            }
            13 => {
                self.say("row (");
                self.expression();
                self.say(",");
                self.expression();
                self.say(")");
            }
            14 => {
                self.say("coalesce (");
                self.expression();
                self.say(", 1 )");
            }
            _ => {
                self.say("cast (");
                self.expression();
                self.say("as text )");
            }
        }
        self.depth -= 1;
    }
}

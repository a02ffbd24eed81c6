//! Settings in startup packets.

pub(super) type Settings = &'static [(&'static str, &'static str)];

/// Startup packets that begin a session.
pub(super) const STARTUPS: &[(&str, Settings)] = &[
    ("application name", &[("application_name", "a name")]),
    (
        "application name not ascii",
        &[("application_name", "näme")],
    ),
    ("upper case name", &[("Work_Mem", "6MB")]),
    ("setting", &[("work_mem", "6MB")]),
    (
        "same key twice",
        &[("work_mem", "6MB"), ("work_mem", "7MB")],
    ),
    (
        "date style",
        &[("datestyle", "ISO, DMY"), ("timezone", "Asia/Tokyo")],
    ),
    ("client encoding", &[("client_encoding", "LATIN1")]),
    ("client encoding quoted", &[("client_encoding", "'utf-8'")]),
    ("role", &[("role", "owner")]),
    ("setting with a dot", &[("my.own", "x y")]),
    ("options", &[("options", "-c work_mem=6MB -c my.own=z")]),
    ("options without a blank", &[("options", "-cwork_mem=6MB")]),
    ("options long", &[("options", "--work-mem=6MB")]),
    ("options escaped", &[("options", "-c my.own=a\\ b\\\\c")]),
    (
        "options twice",
        &[("options", "-c work_mem=6MB -c work_mem=8MB")],
    ),
    (
        "options before key",
        &[("options", "-c work_mem=6MB"), ("work_mem", "9MB")],
    ),
    (
        "options behind key",
        &[("work_mem", "9MB"), ("options", "-c work_mem=6MB")],
    ),
    ("options empty", &[("options", "")]),
    ("replication off", &[("replication", "off")]),
    ("search path", &[("search_path", "pg_catalog, public")]),
    (
        "geqo off",
        &[("options", "-c geqo=off"), ("extra_float_digits", "3")],
    ),
];

/// Startup packets that the server refuses.
pub(super) const FAILING_STARTUPS: &[(&str, Settings)] = &[
    ("unknown setting", &[("no_such_setting", "1")]),
    (
        "unknown setting in options",
        &[("options", "-c no_such_setting=1")],
    ),
    ("bad value", &[("work_mem", "lots")]),
    ("bad encoding", &[("client_encoding", "klingon")]),
    ("setting of the server", &[("shared_buffers", "1GB")]),
    ("setting of a superuser", &[("log_statement", "all")]),
    ("unknown role", &[("role", "nobody_at_all")]),
];

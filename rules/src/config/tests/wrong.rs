//! One value at a time that cannot be.

use super::check;
use crate::config::{Finding, Problem, parse_placed};

#[test]
fn text_that_is_no_toml() {
    check("[pool\n", &["1:6: unclosed table, expected `]`"]);
    check("[pool]\npath\n", &["2:5: key with no value, expected `=`"]);
    check("[pool]\n[pool]\n", &["2:2: duplicate key"]);
    check(
        "[pool]\npath = \"a\"\npath = \"b\"\nawake_max = 0\n",
        &[
            "3:1: duplicate key",
            "4:13: 0 is out of range; expected a whole number from 1 to 10000",
        ],
    );
}

#[test]
fn a_value_that_the_parser_could_not_read_is_reported_once() {
    check(
        "[users.a]\npassword = \"env:A\"\nrole = admin\n",
        &["3:8: string values must be quoted, expected literal string"],
    );
}

#[test]
fn mistakes_that_move_keys_between_tables_hide_what_they_would_cause() {
    check(
        "[users.a\npassword = \"env:A\"\n",
        &["1:9: unclosed table, expected `]`"],
    );
}

#[test]
fn unknown_keys_with_the_nearest_one() {
    check(
        "[pol]\n",
        &[
            "1:2: unknown key \"pol\" in the file; expected one of pool, listen, postgres, users, \
           production, environments, limits, seed, masking; did you mean \"pool\"?",
        ],
    );
    check(
        "[pool]\nawake-max = 3\n",
        &[
            "2:1: unknown key \"awake-max\" in [pool]; expected one of path, size, memory, disk, \
           awake_max, check; did you mean \"awake_max\"?",
        ],
    );
    check(
        "[limits]\nstatements = 1\n",
        &[
            "2:1: unknown key \"statements\" in [limits]; expected one of sessions, \
           sessions_per_user, sessions_per_environment, login, connect_wait, upstream_connect, \
           idle_session, idle_in_transaction, drain",
        ],
    );
    check(
        "[environments.qa]\nsource = { migrations = \"m\" }\nbranches = { tll = \"8h\" }\n",
        &[
            "3:14: unknown key \"tll\" in [environments.qa.branches]; expected one of create, ttl, \
           max, disk, spares, durability; did you mean \"ttl\"?",
        ],
    );
}

#[test]
fn columns_count_characters() {
    check(
        "environments.\"ä\".source = { migrations = \"m\" }\n",
        &["1:14: name \"ä\" may hold only lower-case letters"],
    );
    check(
        "pool = { path = \"äöü\", awake_max = 0 }\n",
        &["1:36: 0 is out of range"],
    );
}

#[test]
fn missing_keys_point_at_their_table() {
    check(
        "[users.ada]\n[production]\n[environments.qa]\n[listen.tls]\ncert = \"file:c\"\n",
        &[
            "1:8: [users.ada] has no \"password\"; add password = \"env:NAME\"",
            "2:2: [production] has no \"url\"; add url = \"env:PRODUCTION_URL\"",
            "3:15: [environments.qa] has no \"source\"; add source = { migrations = \
             \"db/migrations\" }",
            "4:9: [listen.tls] has no \"key\"; add key = \"file:key.pem\"",
        ],
    );
}

#[test]
fn wrong_types_say_what_is_expected() {
    check(
        "pool = 1\n",
        &["1:8: \"pool\" is a number; expected a table: [pool]"],
    );
    check(
        "[pool]\npath = 1.5\nsize = 20\nawake_max = \"3\"\n",
        &[
            "2:8: \"pool.path\" is a fraction; expected a directory",
            "3:8: \"pool.size\" is a number; expected a size of at least 1GB with its unit, such \
             as \"20GB\" or \"512MiB\"",
            "4:13: \"pool.awake_max\" is a string; expected a whole number from 1 to 10000",
        ],
    );
    check(
        "[listen]\nproxy_protocol = 1\ntls = true\nunix = 2026-01-01\npostgres = []\n",
        &[
            "2:18: \"listen.proxy_protocol\" is a number; expected true or false",
            "3:7: \"listen.tls\" is true or false; expected a table: { cert = \"file:cert.pem\", \
             key = \"file:key.pem\" }",
            "4:8: \"listen.unix\" is a date; expected a directory",
            "5:12: \"listen.postgres\" is an array; expected an address and port, such as \
             \"127.0.0.1:6432\", or \"off\"",
        ],
    );
    check(
        "users.a = 1\nenvironments.qa = \"x\"\n",
        &[
            "1:11: \"users.a\" is a number; expected a table: [users.NAME]",
            "2:19: \"environments.qa\" is a string; expected a table: [environments.NAME]",
        ],
    );
}

#[test]
fn the_pool_has_bounds() {
    check(
        "[pool]\npath = \" \"\nsize = \"1MB\"\nmemory = \"4 gigs\"\nawake_max = 10001\n",
        &[
            "2:8: \" \" cannot be used; expected a directory",
            "3:8: \"1MB\" is too small; expected a size of at least 1GB",
            "4:10: unit \"gigs\" is unknown; expected a size of at least 64MB",
            "5:13: 10001 is out of range",
        ],
    );
}

#[test]
fn addresses_are_numbers() {
    check(
        "[listen]\npostgres = \"localhost:6432\"\n",
        &[
            "2:12: \"localhost:6432\" is no address with a port; expected an address and port, such \
           as \"127.0.0.1:6432\", or \"off\"; write \"127.0.0.1:6432\"",
        ],
    );
    check(
        "[listen]\npostgres = \"127.0.0.1\"\n",
        &["2:12: \"127.0.0.1\" is no address with a port"],
    );
    for bad in ["-a.b", "a..b", "a b", "", ".a", "ä.org"] {
        check(
            &format!(
                "listen.tls = {{ cert = \"file:c\", key = \"file:k\" }}\nlisten.domain = {bad:?}\n"
            ),
            &[&format!(
                "2:17: {bad:?} is no host name; expected a host name, such as \"db.example.org\""
            )],
        );
    }
}

#[test]
fn versions_are_those_that_are_supported() {
    for version in [12, 19] {
        check(
            &format!("[postgres]\nversion = {version}\n"),
            &[&format!(
                "2:11: {version} is out of range; expected a whole number from 13 to 18"
            )],
        );
    }
    check(
        "[postgres]\nbin = \"/usr/bin\"\n",
        &["2:7: \"postgres.bin\" is a string; expected an array of directories"],
    );
    check(
        "[postgres]\nbin = [\"\"]\n",
        &["2:8: \"\" cannot be used; expected a directory"],
    );
}

#[test]
fn words_are_suggested() {
    check(
        "[users.ada]\npassword = \"env:A\"\nrole = \"operater\"\n",
        &[
            "3:8: \"operater\" is unknown; expected \"viewer\" or \"operator\" or \"admin\"; did \
           you mean \"operator\"?",
        ],
    );
    check(
        "[environments.qa]\nsource = { migrations = \"m\" }\ndurability = \"consistant\"\n\
         branches = { create = \"onconnect\" }\naccess = \"rw\"\n",
        &[
            "3:14: \"consistant\" is unknown; expected \"process\" or \"consistent\" or \
             \"machine\"; did you mean \"consistent\"?",
            "4:23: \"onconnect\" is unknown; expected \"command\" or \"on-connect\"; did you mean \
             \"on-connect\"?",
            "5:10: \"rw\" is unknown; expected \"read-write\" or \"append\" or \"read-only\"",
        ],
    );
}

#[test]
fn names_are_checked_where_they_stand() {
    check(
        "[environments.QA]\nsource = { migrations = \"m\" }\nport = 0\n",
        &[
            "1:15: name \"QA\" may hold only lower-case letters, digits and single dashes inside \
             (a-z, 0-9, -); expected a name such as qa, or a prefix such as \"test-*\"",
            "3:8: 0 is out of range; expected a whole number from 1 to 65535",
        ],
    );
    check(
        "[users.\"\"]\npassword = \"env:A\"\n",
        &["1:8: a name cannot be empty; expected a user name of 1 to 63 bytes"],
    );
    check(
        "[users.a]\npassword = \"env:A\"\nenvironments = [\"../qa\", 1]\n",
        &[
            "3:17: name \"../qa\" may hold only lower-case letters",
            "3:26: \"users.a.environments[1]\" is a number; expected the name of an environment, \
             a prefix such as \"test-*\", or \"*\"",
        ],
    );
}

#[test]
fn amounts_have_units_and_bounds() {
    check(
        "[environments.qa]\nsource = { migrations = \"m\" }\nidle = \"10\"\ngenerations = 2\n\
         spares = -1\nbranches = { ttl = \"0s\", max = 0, spares = 17 }\n",
        &[
            "3:8: \"10\" has no unit; expected a time of at least 1s with its unit, such as \
             \"8h\", or \"never\"",
            "4:15: 2 is out of range; expected a whole number from 3 to 100",
            "5:10: -1 is out of range; expected a whole number from 0 to 16",
            "6:20: \"0s\" is out of range",
            "6:32: 0 is out of range; expected a whole number from 1 to 10000",
            "6:44: 17 is out of range",
        ],
    );
    check(
        "[limits]\nlogin = \"0s\"\nconnect_wait = \"2h\"\nidle_session = \"99999d\"\n\
         sessions = 99999999999999999999999\n",
        &[
            "2:9: \"0s\" is out of range; expected a time from 1s to 1h with its unit",
            "3:16: \"2h\" is out of range",
            "4:16: \"99999d\" is out of range",
            "5:12: 99999999999999999999999 is out of range",
        ],
    );
}

#[test]
fn schedules_have_five_fields_and_come() {
    let environment = "[environments.qa]\nsource = { migrations = \"m\" }\n";
    for (schedule, message) in [
        (
            "0 6 * *",
            "a schedule has exactly five fields, this one has 4",
        ),
        (
            "0 0 6 * * *",
            "a schedule has exactly five fields, this one has 6",
        ),
        (
            "@daily",
            "a schedule has exactly five fields, this one has 1",
        ),
        ("0 25 * * *", "the hour \"25\" is not within 0-23"),
        ("0 0 31 2 *", "\"0 0 31 2 *\" never comes"),
    ] {
        check(
            &format!("{environment}reset = \"{schedule}\"\n"),
            &[&format!(
                "3:9: {message}; expected minute, hour, day of month, month, day of week in UTC, \
                 such as \"0 6 * * 1-5\""
            )],
        );
    }
}

#[test]
fn a_source_is_one_thing() {
    let check = |source: &str, expected: &str| {
        check(
            &format!("[environments.qa]\nsource = {source}\n"),
            &[expected],
        );
    };
    check(
        "1",
        "2:10: \"environments.qa.source\" is a number; expected a table, such as { \
               migrations = \"db/migrations\" }",
    );
    check(
        "{}",
        "2:10: \"environments.qa.source\" names no source; expected one of migrations, \
                mirror, environment, upstream",
    );
    check(
        "{ migrations = \"m\", upstream = \"env:U\" }",
        "2:10: \"environments.qa.source\" names 2 sources: migrations, upstream; expected one of \
         migrations, mirror, environment, upstream",
    );
    check(
        "{ migration = \"m\" }",
        "2:12: unknown key \"migration\" in [environments.qa.source]; expected one of migrations, \
         files, database, mirror, unmasked, environment, upstream, seed, scale, scenarios; did you mean \
         \"migrations\"?",
    );
    check(
        "{ migrations = [] }",
        "2:25: [] names no program; expected a directory of .sql files, or \
          a command as an array: [\"npm\", \"run\", \"migrate\"]",
    );
    check(
        "{ migrations = [\"\"] }",
        "2:26: \"\" cannot be used; expected a program",
    );
    check(
        "{ migrations = [\"a\", 1] }",
        "2:31: \"environments.qa.source.migrations[1]\" is a \
          number; expected an argument",
    );
    check(
        "{ migrations = \"m\", database = \"postgres\" }",
        "2:41: \"postgres\" cannot be made; \
          expected a database name of 1 to 63 bytes, not one of PostgreSQL's own",
    );
    check(
        "{ upstream = \"env:U\", database = \"d\" }",
        "2:32: \"database\" belongs to \
          \"migrations\" only; remove database",
    );
    check(
        "{ migrations = \"m\", files = \"db\" }",
        "2:30: \"files\" belongs to a command only; all of a directory is read; remove files",
    );
    check(
        "{ migrations = [\"m\"], files = [\"\"] }",
        "2:41: \"\" cannot be used; expected a file or directory, or several: [\"db/migrate\", \
         \"db/seeds.rb\"]",
    );
    check(
        "{ migrations = \"m\", unmasked = true }",
        "2:30: \"unmasked\" belongs to \"mirror\" \
          only; remove unmasked",
    );
    check(
        "{ mirror = \"staging\", unmasked = true }",
        "2:21: \"staging\" is unknown; expected \
          \"production\"",
    );
}

#[test]
fn a_file_beyond_all_measure_is_not_read() {
    let text = "#".repeat(super::super::CONFIG_BYTES_MAX + 1);
    check(
        &text,
        &["1:1: the file has 1048577 bytes; expected at most 1048576"],
    );
}

#[test]
fn more_problems_than_anybody_reads_are_not_collected() {
    let text: String = (0..1_000).map(|n| format!("key{n} = 1\n")).collect();
    let problems = super::parse(&text).expect_err("unknown keys");
    assert_eq!(problems.len(), 100);
}

#[test]
fn lists_beyond_any_that_people_keep_are_refused() {
    let tables = |table: &str, body: &str, count: usize| -> String {
        (0..count)
            .map(|n| format!("[{table}.t{n}]\n{body}\n"))
            .collect()
    };
    let source = "source = { migrations = \"m\" }";
    super::parsed(&tables("environments", source, 1_000));
    check(
        &tables("environments", source, 1_001),
        &["1:2: [environments] has 1001 entries; expected at most 1000"],
    );
    check(
        &tables("users", "password = \"env:A\"", 10_001),
        &["1:2: [users] has 10001 entries; expected at most 10000"],
    );
    check(
        &format!("[postgres]\nbin = [{}]\n", "\"a\", ".repeat(1_001)),
        &["2:7: \"postgres.bin\" has 1001 elements; expected at most 1000"],
    );
}

#[test]
fn a_problem_far_to_the_right_is_shown_with_what_stands_around_it() {
    let text = format!(
        "pool = {{ path = \"{}\", awake_max = 0 }}\n",
        "x".repeat(70_000)
    );
    let problems = super::parse(&text).expect_err("a wrong number");
    let shown = super::rendered(&problems);
    assert_eq!(problems[0].column, 70_033);
    let lines: Vec<&str> = shown.lines().collect();
    assert!(lines.iter().all(|line| line.len() < 300), "{shown}");
    let caret = lines[4].find('^').expect("a caret");
    assert_eq!(lines[3].as_bytes()[caret], b'0', "{shown}");
}

#[test]
fn a_problem_looks_as_a_compiler_prints_it() {
    let problems =
        super::parse("[users.ada]\npassword = \"env:A\"\n\trol = 1 # x\n").expect_err("a typo");
    assert_eq!(
        super::rendered(&problems),
        "error: unknown key \"rol\" in [users.ada]\n --> standin.toml:3:2\n  |\n3 |  rol = 1\n  |  ^^^ \
         expected one of password, environments, access, role\n  = hint: did you mean \"role\"?"
    );
}

#[test]
fn what_turns_out_to_be_missing_later_is_told_with_its_place() {
    let text = "[users.\"o'hara\"]\npassword = \"env:P\" # old: hunter2\n[environments.qa]\n\
                source = { migrations = \"m\" }\n";
    let (_, places) = parse_placed(text).expect("a configuration");
    let finding = |key: &[&str], message: &str| Finding {
        key: key.iter().map(|&key| key.to_owned()).collect(),
        message: message.to_owned(),
        hint: Some("make it".to_owned()),
    };
    let problems = places.problems(vec![
        finding(
            &["environments", "qa", "source", "migrations"],
            "\"m\" is no directory",
        ),
        finding(&["users", "o'hara", "password"], "P is not set"),
    ]);
    let found: Vec<String> = problems.iter().map(Problem::to_string).collect();
    assert_eq!(
        found,
        [
            "2:12: P is not set; make it",
            "4:25: \"m\" is no directory; make it"
        ]
    );
    assert!(!super::rendered(&problems).contains("hunter2"));
    assert!(!format!("{places:?}").contains("hunter2"));
}

//! What is wrong with a scenario, each kind with its place.

use super::check;

/// A configuration with one scenario of these lines, which begin at line 3.
fn scenario(lines: &str, expected: &[&str]) {
    check(
        &format!("[[seed.scenario]]\nname = \"late\"\n{lines}\n"),
        expected,
    );
}

#[test]
fn names_and_keys() {
    check(
        "[[seed.scenario]]\nname = \"Over due\"\n[[seed.scenario]]\nrows = []\n\
         [[seed.scenario]]\nname = \"null-heavy\"\nrows = []\n\
         [[seed.scenario]]\nname = \"a\"\n[[seed.scenario]]\nname = \"b\"\nbuiltin = \"null-heavi\"\n\
         [[seed.scenario]]\nname = \"c\"\nrow = []\nassert = []\n",
        &[
            "2:8: \"Over due\" is no scenario's name; expected lowercase letters",
            "3:1: [seed.scenario[1]] has no \"name\"; add name = \"overdue-invoice\"",
            "6:8: \"null-heavy\" is the name of a built-in scenario; call it otherwise",
            "9:8: scenario \"a\" adds nothing and asks nothing; add rows",
            "12:11: \"null-heavi\" is unknown; expected \"dst-edge\" or \"future-dates\" or \
             \"max-length-text\" or \"null-heavy\" or \"unicode-names\"; did you mean \
             \"null-heavy\"?",
            "15:1: unknown key \"row\" in [seed.scenario[5]]; expected one of name, builtin, tables, \
             rows, exclusive, assert; did you mean \"rows\"?",
        ],
    );
    check(
        "[[seed.scenario]]\nname = \"a\"\nrows = []\n[[seed.scenario]]\nname = \"a\"\nrows = []\n",
        &["4:1: two scenarios are called \"a\""],
    );
}

#[test]
fn what_is_built_in_has_its_own_rows() {
    scenario(
        "builtin = \"dst-edge\"\nrows = []\ntables = []",
        &[
            "4:1: scenario \"late\" is built in and has rows already",
            "5:10: [] names no table",
        ],
    );
    scenario(
        "rows = []\ntables = [\"a.b.c\"]",
        &[
            "4:1: \"tables\" belongs to \"builtin\" only; each row names its own table",
            "4:11: \"a.b.c\" is no table's name",
        ],
    );
}

#[test]
fn handles_and_references() {
    scenario(
        "rows = [\n{ handle = \"a\", table = \"t\", set = { x = \"@acne\" } },\n\
         { handle = \"acme\", table = \"t\" },\n{ handle = \"acme\", table = \"t\" },\n\
         { handle = \"inv-1\", table = \"t\" },\n{ handle = \"as_of\", table = \"t\" },\n\
         { table = \"t\" },\n{ handle = \"b\" },\n{ handle = \"c\", table = \"t\", set = { x = [] } }]",
        &[
            "4:42: no row of scenario \"late\" is called \"acne\"; did you mean \"@acme\"?",
            "6:12: two rows of scenario \"late\" are called \"acme\"",
            "7:12: \"inv-1\" is no handle; expected letters, digits and _",
            "8:12: \"as_of\" is taken",
            "9:1: [seed.scenario[0].rows[5]] has no \"handle\"",
            "10:1: [seed.scenario[0].rows[6]] has no \"table\"",
            "11:42: \"seed.scenario[0].rows[7].set.x\" is an array",
        ],
    );
}

#[test]
fn counts() {
    scenario(
        "rows = [{ handle = \"a\", table = \"t\", count = 0 },\n\
         { handle = \"b\", table = \"t\", count = 2, set = { x = \"@c\" } },\n\
         { handle = \"b_2\", table = \"t\" },\n{ handle = \"c\", table = \"t\", count = 3 }]",
        &[
            "3:46: 0 is out of range; expected a whole number from 1 to 2000",
            "4:53: no row of scenario \"late\" is called \"c\"; did you mean \"@c_1\"?",
            "5:12: two rows of scenario \"late\" are called \"b_2\"",
        ],
    );
    scenario(
        "rows = [{ handle = \"a\", table = \"t\", count = 2000 }, { handle = \"b\", table = \"t\" }]",
        &["3:8: scenario \"late\" has 2001 rows; expected at most 2000"],
    );
}

#[test]
fn a_circle_of_references_is_shown() {
    scenario(
        "rows = [{ handle = \"a\", table = \"t\", set = { x = \"@b\" } },\n\
         { handle = \"b\", table = \"t\", set = { y = \"@c\" } },\n\
         { handle = \"c\", table = \"t\", set = { z = \"@b\" } }]",
        &[
            "4:42: rows of scenario \"late\" refer to each other in a circle: b -> c -> b; leave \
             one of the columns out",
        ],
    );
    scenario(
        "rows = [{ handle = \"a\", table = \"t\", set = { x = \"@a\" } }]",
        &["3:50: rows of scenario \"late\" refer to each other in a circle: a -> a"],
    );
}

#[test]
fn moments() {
    scenario(
        "rows = [{ handle = \"a\", table = \"t\", set = { x = \"as_of-30\", y = \"as_of + 1y\", \
         z = \"as_of-20000000d\" } }]",
        &[
            "3:50: \"as_of-30\" is no moment; expected as_of with an amount of time",
            "3:66: \"as_of + 1y\" is no moment",
            "3:84: \"as_of-20000000d\" is no moment",
        ],
    );
}

#[test]
fn what_is_kept_out() {
    scenario(
        "exclusive = true\nrows = [{ handle = \"a\", table = \"t\" }]",
        &["3:13: true keeps nothing out: no row sets a column to a value"],
    );
    scenario(
        "rows = [{ handle = \"a\", table = \"t\", set = { paid_at = \"null\" }, exclusive = \
         [\"payed_at\"] },\n{ handle = \"b\", table = \"t\", set = { up = \"@a\" }, exclusive = [\"up\"] }]",
        &[
            "3:79: \"payed_at\" is not set by this row; expected a column of \"set\"; did you mean \
             \"paid_at\"?",
            "4:64: \"up\" is a reference",
        ],
    );
}

#[test]
fn questions() {
    let ask = |sql: &str, expected: &str| {
        scenario(
            &format!(
                "rows = [{{ handle = \"acme\", table = \"t\" }}]\nassert = [{{ sql = \"{sql}\" }}]"
            ),
            &[&format!("4:19: {expected}")],
        );
    };
    ask(
        "select :acne",
        "no row of scenario \"late\" is called \"acne\"; did you mean \":acme\"?",
    );
    ask(
        "select 1; select 2",
        "\"select 1; select 2\" is not one query",
    );
    ask(" -- nothing", "\" -- nothing\" is not one query");
    ask("select 'x", "\"select 'x\" is not one query");
    ask("delete from t", "\"delete from t\" is not one query");
    ask(
        "with x as (delete from t returning 1) select 1",
        "an assertion only reads",
    );
    ask("select * from t for update", "an assertion only reads");
    ask("commit and chain", "\"commit and chain\" is not one query");
    scenario(
        "assert = [{ is = 1 }, { sql = \"select 1\", is = [] }]",
        &[
            "3:11: [seed.scenario[0].assert[0]] has no \"sql\"",
            "3:48: \"seed.scenario[0].assert[1].is\" is an array",
        ],
    );
}

#[test]
fn choices_of_environments() {
    let text = "[environments.qa]\nsource = { migrations = \"m\", seed = 1, scenarios = [\"lade\", \
                \"null-heavy\", \"null-heavy\", 1] }\n\
                [environments.dev]\nsource = { migrations = \"m\", seed = 1, scenarios = [\"lade\", \
                \"null-heavy\", \"null-heavy\"] }\n\
                [[seed.scenario]]\nname = \"late\"\nrows = []\n";
    check(
        text,
        &[
            "2:89: \"environments.qa.source.scenarios[3]\" is a number",
            "4:53: scenario \"lade\" does not exist; expected one of late, dst-edge, future-dates, \
             max-length-text, null-heavy, unicode-names; did you mean \"late\"?",
            "4:75: scenario \"null-heavy\" is chosen twice; remove one of them",
        ],
    );
}

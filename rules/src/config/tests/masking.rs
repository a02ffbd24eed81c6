//! `[masking]`.

use super::{check, parsed};
use crate::mask::{By, Choice, Rows, Transformer, Unlisted};

const HEAD: &str = "[masking]\nkey = \"file:masking.key\"\n";

#[test]
fn everything_that_masking_says() {
    let config = parsed(&format!(
        "{HEAD}unlisted = \"null\"\nlocales = {{ en = 3 }}\n\
         [masking.tables.customers]\nid = \"keep\"\nemail = \"email\"\n\
         born = {{ with = \"date-shift\", by = {{ subject = \"id\" }}, days = 30 }}\n\
         contact = [{{ when = {{ column = \"kind\", is = [\"person\", \"null\"] }}, with = \"name\" }}, \
         {{ with = \"keep\", why = \"names of firms are public\" }}]\n\
         [masking.tables.\"audit.*\"]\nrows = \"drop\"\n\
         [masking.tables.\"*.log_*\"]\n\"*_ip\" = \"ip\"\n\
         [[masking.reference]]\nfrom = \"orders(customer, region)\"\nto = \"crm.customers(id, region)\"\n"
    ));
    let masking = config.masking.expect("given");
    assert_eq!(masking.unlisted, Unlisted::Null);
    let [customers, audit, logs] = masking.tables.as_slice() else {
        panic!("{:?}", masking.tables);
    };
    assert!(customers.schema.matches("public") && !customers.table.matches("customer"));
    assert_eq!(customers.columns.len(), 4);
    assert_eq!(
        customers.columns[0].1.cases[0].choice,
        Choice::Keep { why: None }
    );
    let Choice::Mask(born) = &customers.columns[2].1.cases[0].choice else {
        panic!("masked");
    };
    assert_eq!(
        (born.with, born.options.size),
        (Transformer::DateShift, Some(30))
    );
    assert_eq!(born.by, By::Subject("id".to_owned()));
    let contact = &customers.columns[3].1.cases;
    let when = contact[0].when.as_ref().expect("a condition");
    assert_eq!(when.is, [Some("person".to_owned()), None]);
    assert!(contact[1].when.is_none());
    assert_eq!(audit.rows, Rows::Drop);
    assert!(logs.schema.matches("any") && logs.table.matches("log_2026"));
    let reference = &masking.references[0];
    assert_eq!(reference.references.to_string(), "crm.customers");
    assert_eq!(reference.columns, ["customer", "region"]);
}

#[test]
fn what_is_wrong_in_a_rule_is_named_where_it_stands() {
    check(
        "[masking]\n",
        &["1:2: [masking] has no \"key\"; add key = \"file:masking.key\""],
    );
    let rule = |text: &str, expected: &str| {
        check(
            &format!("{HEAD}[masking.tables.customers]\n{text}\n"),
            &[expected],
        );
    };
    rule(
        "a = \"emial\"",
        "4:5: \"emial\" is no transformer; expected \"keep\", \"drop\" or a transformer's name; did you mean \"email\"?",
    );
    rule(
        "a = { with = \"bucket\" }",
        "4:14: \"bucket\" needs more to do its work; add size = 10",
    );
    rule(
        "a = { with = \"redact\" }",
        "4:14: \"redact\" needs more to do its work; add accept_residual",
    );
    rule(
        "a = { with = \"int\", by = \"row\" }",
        "4:26: \"row\" cannot be chosen for \"int\"",
    );
    rule(
        "a = { with = \"name\", when = { column = \"b\", is = 1 } }",
        "4:5: { with = \"name\", when = { column = \"b\", is = 1 } } has a condition and says nothing of the other rows",
    );
    rule(
        "a = [{ with = \"name\" }, { with = \"keep\" }]",
        "4:5: [{ with = \"name\" }, { with = \"keep\" }] must end with the only case",
    );
    rule(
        "a = [{ with = \"name\", when = { column = \"b\" } }, { with = \"keep\" }]",
        "4:30: { column = \"b\" } has not exactly one of `is` and `is_not`",
    );
    rule(
        "a = { with = \"keep\", wy = \"x\" }",
        "4:22: unknown key \"wy\"",
    );
}

#[test]
fn a_reference_has_as_many_columns_on_both_sides() {
    check(
        &format!("{HEAD}[[masking.reference]]\nfrom = \"a(b, c)\"\nto = \"d(e)\"\n"),
        &[
            "5:6: \"d(e)\" has another number of columns; expected 2 columns, as many as \"from\" has",
        ],
    );
    check(
        &format!("{HEAD}[[masking.reference]]\nfrom = \"a\"\nto = \"d(e)\"\n"),
        &["4:8: \"a\" names no columns of a table"],
    );
}

#[test]
fn a_masked_copy_needs_production_a_key_and_decisions() {
    check(
        "[environments.copy]\nsource = \"production\"\n",
        &[
            "2:10: there is no [production] to copy",
            "2:10: there is no [masking], and production is never copied unmasked; `standin mask \
             key new` makes a key",
        ],
    );
    parsed(&format!(
        "[production]\nurl = \"env:P\"\n{HEAD}[environments.copy]\nsource = \"production\"\n\
         refresh = \"0 3 * * *\"\n"
    ));
}

#[test]
fn a_subset_says_where_it_begins_and_where_it_stops() {
    use crate::mask::{Take, Unfollowed};
    use crate::schema::Name;
    let config = parsed(&format!(
        "{HEAD}[masking.subset]\nstart = [\n\
         {{ table = \"customers\", where = \"region = 'EU'\" }},\n\
         {{ table = \"orders\", newest = 1000, by = \"placed_at\", where = \"NOT test\" }},\n\
         {{ table = \"log.events\", percent = 0.5 }},\n]\n\
         not_followed = [\"audit_log(customer_id, at)\"]\nwhole = [\"countries\"]\n"
    ));
    let subset = config.masking.and_then(|masking| masking.subset);
    let subset = subset.expect("given");
    let [customers, orders, events] = subset.start.as_slice() else {
        panic!("{:?}", subset.start);
    };
    assert_eq!(customers.table, Name::new("public", "customers"));
    assert_eq!(customers.take, Take::All);
    let condition = customers
        .condition
        .as_ref()
        .map(|condition| condition.as_str());
    assert_eq!(condition, Some("region = 'EU'"));
    let by = "placed_at".to_owned();
    assert_eq!(orders.take, Take::Newest { rows: 1000, by });
    assert!(orders.condition.is_some());
    assert_eq!(events.take, Take::Share(500));
    assert_eq!(events.table, Name::new("log", "events"));
    let audit = Unfollowed {
        table: Name::new("public", "audit_log"),
        columns: vec!["customer_id".to_owned(), "at".to_owned()],
    };
    assert_eq!(subset.not_followed, [audit]);
    assert_eq!(subset.whole, [Name::new("public", "countries")]);
}

#[test]
fn what_is_wrong_in_a_subset_is_named_where_it_stands() {
    let subset = |text: &str, expected: &str| {
        check(&format!("{HEAD}[masking.subset]\n{text}\n"), &[expected]);
    };
    subset(
        "whole = []",
        "3:10: [masking.subset] has no \"start\"; add start = [{ table = \"customers\", where = \"region = 'EU'\" }]",
    );
    subset("start = []", "4:9: [] begins with no row");
    subset(
        "start = [{ table = \"a\", percent = 1 }]\nwhol = []",
        "5:1: unknown key \"whol\" in [masking.subset]; expected one of start, not_followed, whole; did you mean \"whole\"?",
    );
    let start = |text: &str, expected: &str| subset(&format!("start = [{{ {text} }}]"), expected);
    start(
        "percent = 1",
        "4:10: [masking.subset.start[0]] has no \"table\"; add table = \"customers\"",
    );
    start(
        "table = \"a\", were = \"true\"",
        "4:25: unknown key \"were\" in [masking.subset.start[0]]; expected one of table, where, newest, by, percent; did you mean \"where\"?",
    );
    start(
        "table = \"a\"",
        "4:10: { table = \"a\" } does not say which rows",
    );
    start(
        "table = \"a\", newest = 3, percent = 1",
        "4:10: { table = \"a\", newest = 3, percent = 1 } has both `newest` and `percent`",
    );
    start(
        "table = \"a\", newest = 3",
        "4:10: { table = \"a\", newest = 3 } does not say by which column rows are new",
    );
    start(
        "table = \"a\", percent = 3, by = \"x\"",
        "4:10: { table = \"a\", percent = 3, by = \"x\" } has `by` without `newest`",
    );
    start(
        "table = \"a\", percent = 101",
        "4:35: 101 is out of range; expected a number from 0.001 to 100.000",
    );
    start(
        "table = \"a\", percent = 0",
        "4:35: 0 is out of range; expected a number from 0.001 to 100.000",
    );
    start(
        "table = \"a\", newest = 0, by = \"x\"",
        "4:34: 0 is out of range; expected a whole number from 1 to 1000000000",
    );
    start(
        "table = \"a\", where = \"true; DROP TABLE a\"",
        "4:33: \"true; DROP TABLE a\" holds \";\", which has no place in a condition",
    );
    start(
        "table = \"a\", where = \"true) OR (true\"",
        "4:33: \"true) OR (true\" goes on after the expression, from \")\" on",
    );
    start(
        "table = \"a b\", percent = 1",
        "4:20: \"a b\" names no table; expected a table: \"customers\" or \"crm.customers\"",
    );
    subset(
        "start = [{ table = \"a\", percent = 1 }]\nnot_followed = [\"a\"]",
        "5:17: \"a\" names no columns of a table",
    );
}

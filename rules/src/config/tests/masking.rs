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

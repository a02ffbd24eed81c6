//! CHECKs hold for what replaces a value, and bijections stay such.

use std::collections::BTreeSet;

use super::*;

fn checked<'a>(data_type: &'a str, rule: &'a str, checks: &'a [&'a str]) -> Asked<'a> {
    Asked {
        checks,
        ..asked(data_type, rule)
    }
}

#[test]
fn drawn_values_satisfy_checks() {
    for n in 0..300_u32 {
        let name = tried("public.short", "\"first-name\"").gives(&format!("M{}", n % 100));
        assert!(name.chars().count() < 6, "{name}");
    }
    let asked = checked("text", "\"city\"", &["(length(c) < 7)"]);
    let tried = asked.tried();
    for n in 0..300 {
        assert!(tried.gives(&format!("x{n}")).chars().count() < 7);
    }
}

#[test]
fn bijections_walk_until_checks_hold() {
    let even = tried("public.even", "\"int\"");
    let masked: BTreeSet<i64> = (1..=3_000)
        .map(|n: i64| {
            even.gives(&(n * 2).to_string())
                .parse()
                .expect("an integer")
        })
        .collect();
    assert_eq!(masked.len(), 3_000);
    assert!(masked.iter().all(|n| n % 2 == 0));
    // What a CHECK that is not valid let pass stays such, and meets none of the others.
    let odd: BTreeSet<i64> = (0..3_000)
        .map(|n: i64| {
            even.gives(&(n * 2 + 1).to_string())
                .parse()
                .expect("an integer")
        })
        .collect();
    assert!(odd.len() == 3_000 && odd.iter().all(|n| n % 2 == 1));
    let asked = checked("text", "\"code\"", &["(c ~ '^[ABC]-[0-9]{2}$'::text)"]);
    let tried = asked.tried();
    let codes: Vec<String> = (0..300)
        .map(|n| format!("{}-{:02}", ["A", "B", "C"][n / 100], n % 100))
        .collect();
    let masked: BTreeSet<String> = codes.iter().map(|code| tried.gives(code)).collect();
    assert_eq!(masked, codes.into_iter().collect());
}

#[test]
fn what_checks_never_accept_is_refused_before_a_row_moves() {
    for (data_type, rule, check) in [
        ("text", "\"email\"", "(c ~ '^[0-9]+$'::text)"),
        ("text", "\"address\"", "(length(c) < 4)"),
        ("text", "\"token\"", "(c = upper(c))"),
        (
            "integer",
            "{ with = \"bucket\", size = 100 }",
            "((c % 100) = 7)",
        ),
    ] {
        let checks = [check];
        let refused = checked(data_type, rule, &checks).refused();
        assert!(refused.message.contains(check), "{}", refused.message);
    }
    assert!(
        asked("public.short", "\"address\"")
            .refused()
            .message
            .contains("length(VALUE)")
    );
}

#[test]
fn checks_of_other_columns_and_unknown_ones_are_left_to_the_server() {
    for check in ["(c < d)", "(my.check(c))", "(c IS NOT NULL)"] {
        let checks = [check];
        checked("text", "\"token\"", &checks).tried().gives("x");
    }
    // Values that are not read here, and CHECKs over them.
    let checks = ["(cardinality(c) > 0)"];
    checked(
        "text[]",
        "{ with = \"array\", element = \"token\" }",
        &checks,
    )
    .tried()
    .gives("{a}");
}

#[test]
fn values_that_cannot_be_read_are_left_to_the_server() {
    let checks = ["(c > (0)::numeric)"];
    let tried = checked("numeric", "\"noise\"", &checks).tried();
    assert_eq!(tried.gives("NaN"), "NaN");
    assert!(
        tried
            .gives("123456789012345678901234567890123456789012.5")
            .len()
            > 40
    );
}

#[test]
fn labels_are_what_checks_list() {
    let checks = ["(c = ANY (ARRAY['new'::text, 'paid'::text, 'gone'::text]))"];
    let asked = checked("text", "\"label\"", &checks);
    let tried = asked.tried();
    let met: BTreeSet<String> = (0..200)
        .map(|row| tried.of_row(b"paid", row).expect("a label"))
        .collect();
    assert_eq!(met.into_iter().collect::<Vec<_>>(), ["gone", "new", "paid"]);
    let rule = "{ with = \"label\", by = \"value\" }";
    let tried = checked("text", rule, &checks).tried();
    let met: BTreeSet<String> = ["new", "paid", "gone"]
        .map(|label| tried.gives(label))
        .into_iter()
        .collect();
    assert_eq!(met.len(), 3);
    let met: BTreeSet<String> = (0..200)
        .map(|row| {
            super::tried("public.mood", "\"label\"")
                .of_row(b"none", row)
                .expect("a label")
        })
        .collect();
    assert_eq!(met.into_iter().collect::<Vec<_>>(), ["happy", "ok", "sad"]);
}

/// Both sides of a foreign key are made with the CHECKs of both, so that each keeps its own.
#[test]
fn columns_of_one_domain_may_have_checks_of_their_own() {
    let schema = schema();
    let data_type = Type::resolve("integer", &schema);
    let key = key(1);
    let people = people();
    let check = |column: &str, expression: &str| ColumnCheck {
        column: column.to_owned(),
        expression: expression.to_owned(),
    };
    let checks = [
        check("id", "((id % 3) = 0)"),
        check("customer", "((customer % 2) = 0)"),
    ];
    let column = Column {
        schema: &schema,
        name: "id",
        data_type: &data_type,
        checks: &checks,
        rows: 1_000,
        unique: true,
        domain: "public.customers.id",
        domains: &BTreeMap::new(),
        key: &key,
        people: &people,
    };
    let transform = make(&rule("\"int\""), &column).expect("fits");
    let draw = Draws::new(&key, "x").of(b't', b"");
    let mut met = BTreeSet::new();
    for n in (3..3_000).step_by(3) {
        let mut out = Vec::new();
        transform
            .mask(n.to_string().as_bytes(), &draw, &mut out)
            .expect("is masked");
        let masked: i64 = String::from_utf8(out)
            .expect("digits")
            .parse()
            .expect("an integer");
        assert_eq!((masked % 3, masked % 2 == 0), (0, n % 2 == 0), "{n}");
        assert!(met.insert(masked));
    }
}

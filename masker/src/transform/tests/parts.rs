//! Parts of values: linked with columns where a rule says so, and with nothing else.

use super::*;

/// The e-mail of a document is the e-mail of the column, so that they can be joined.
#[test]
fn a_part_shares_the_domain_that_it_names() {
    let mut domains = BTreeMap::new();
    let shared = |data_type: &str, unique| Shared {
        data_type: Type::resolve(data_type, &schema()),
        columns: 1,
        rows: 5_000_000,
        unique,
        checks: Vec::new(),
    };
    domains.insert(
        "public.users.email".to_owned(),
        shared("character varying(60)", true),
    );
    domains.insert("public.users.id".to_owned(), shared("integer", true));
    let column = Asked {
        domain: "public.users.email",
        rows: Some(5_000_000),
        ..asked("character varying(60)", "\"email\"")
    }
    .tried();
    let ids = Asked {
        domain: "public.users.id",
        rows: Some(5_000_000),
        ..asked("integer", "\"int\"")
    }
    .tried();
    let document = Asked {
        domain: "public.events.body",
        domains,
        ..asked("jsonb", "{ with = \"json\", parts = { to = { with = \"email\", domain = \"public.users.email\" }, id = { with = \"int\", domain = \"public.users.id\" } } }")
    }
    .tried();
    for n in 0..50 {
        let email = format!("maria{n}@corp.invalid");
        let id = (n + 1).to_string();
        let masked = document.gives(&format!("{{\"to\":\"{email}\",\"id\":{id}}}"));
        let expected = format!(
            "{{\"to\":\"{}\",\"id\":{}}}",
            column.gives(&email),
            ids.gives(&id)
        );
        assert_eq!(masked, expected);
    }
}

#[test]
fn equal_parts_stay_equal_within_their_place_only() {
    let tried = tried(
        "jsonb",
        "{ with = \"json\", parts = { a = \"token\", b = \"token\", \"list[]\" = \"token\", r = { with = \"token\", by = \"row\" } } }",
    );
    let one = tried.gives("{\"a\":\"x\",\"b\":\"x\",\"list\":[\"x\",\"x\"],\"r\":\"x\"}");
    let leaves: Vec<&str> = one.split('"').filter(|part| part.len() == 26).collect();
    assert_eq!(leaves.len(), 5, "{one}");
    assert!(leaves[0] != leaves[1] && leaves[1] != leaves[2] && leaves[2] == leaves[3]);
    // In another document the same, but for what goes by the row.
    let other = tried.gives("{\"b\":\"x\",\"a\":\"x\",\"r\":\"x\",\"list\":[\"x\"]}");
    let others: Vec<&str> = other.split('"').filter(|part| part.len() == 26).collect();
    assert_eq!(
        (others[0], others[1], others[3]),
        (leaves[1], leaves[0], leaves[2])
    );
    assert_ne!(others[2], leaves[4]);
}

#[test]
fn parts_have_one_choice_and_no_subject() {
    for rule in [
        "{ with = \"array\", element = { with = \"token\", by = { subject = \"id\" } } }",
        "{ with = \"array\", element = [{ when = { column = \"a\", is = \"b\" }, with = \"token\" }, { with = \"keep\" }] }",
        "{ with = \"array\", element = { with = \"derive\", sql = \"1\" } }",
    ] {
        asked("text[]", rule).refused();
    }
    // A part's own type decides what fits it.
    let refused = asked("integer[]", "{ with = \"array\", element = \"email\" }").refused();
    assert!(refused.message.starts_with("[]: "), "{}", refused.message);
}

#[test]
fn parts_of_a_row_differ_from_each_other() {
    let tried = tried(
        "text[]",
        "{ with = \"array\", by = \"row\", element = { with = \"token\", by = \"row\" } }",
    );
    let masked = tried.of_row(b"{a,a,a}", 1).expect("is masked");
    let inner = &masked[1..masked.len() - 1];
    let all: std::collections::BTreeSet<&str> = inner.split(',').collect();
    assert_eq!(all.len(), 3);
    assert_eq!(tried.of_row(b"{a,a,a}", 1), Ok(masked.clone()));
    assert_ne!(tried.of_row(b"{a,a,a}", 2), Ok(masked));
}

#[test]
fn moments_in_documents_keep_their_form() {
    let tried = tried(
        "jsonb",
        "{ with = \"json\", parts = { at = \"date-shift\", born = { with = \"date-trunc\", unit = \"year\" }, sum = \"noise\" } }",
    );
    let masked = tried.gives(
        "{\"at\":\"2026-01-31T12:00:00.5Z\",\"born\":\"1980-05-17T01:02:03+02:00\",\"sum\":12.50}",
    );
    assert!(
        masked.contains("T12:00:00.5Z\"") && !masked.contains("2026-01-31"),
        "{masked}"
    );
    assert!(
        masked.contains("\"born\":\"1980-01-01T00:00:00+02:00\""),
        "{masked}"
    );
    assert!(
        !masked.contains("12.50") && !masked.contains("\"sum\":\""),
        "{masked}"
    );
}

//! Names of columns from schemas in use, and what they are taken for.

use super::*;

fn text(max: Option<u32>) -> Type {
    Type::Text {
        max,
        padded: false,
        caseless: false,
    }
}

fn chosen(table: &str, column: &str, data_type: &Type) -> &'static str {
    let choice = infer(table, column, data_type).expect("a choice");
    choice.generator.name()
}

#[test]
fn texts_are_read_by_their_name() {
    for (table, column, expected) in [
        ("users", "email", "email"),
        ("users", "strEmailAddress", "email"),
        ("users", "billing_email", "email"),
        ("users", "FirstName", "given_name"),
        ("kunden", "vorname", "given_name"),
        ("users", "username", "username"),
        ("users", "encrypted_password", "password_hash"),
        ("users", "name", "full_name"),
        ("products", "name", "product"),
        ("companies", "name", "company"),
        ("countries", "name", "world_country"),
        ("countries", "code", "country_code"),
        ("categories", "name", "category"),
        ("tbl_Tags", "Name", "tag"),
        ("things", "name", "label"),
        ("addresses", "address_line_2", "address_line2"),
        ("addresses", "addressLine1", "street_address"),
        ("addresses", "state", "region"),
        ("addresses", "zip", "postcode"),
        ("orders", "status", "order_status"),
        ("jobs", "state", "job_status"),
        ("customers", "state", "region"),
        ("orders", "shipping_state", "region"),
        ("things", "state", "region"),
        ("people", "marital_status", "marital_status"),
        ("payments", "payment_status", "payment_status"),
        ("posts", "body", "paragraph"),
        ("posts", "title", "title"),
        ("reviews", "comment", "comment"),
        ("sessions", "user_agent", "user_agent"),
        ("sessions", "ip", "ip_address"),
        ("orders", "currency", "currency_code"),
        ("files", "mime_type", "mime_type"),
        ("things", "qwertz", "title"),
    ] {
        assert_eq!(
            chosen(table, column, &text(Some(100))),
            expected,
            "{table}.{column}"
        );
    }
}

#[test]
fn numbers_moments_and_truths_are_read_by_their_name() {
    let integer = Type::Int {
        min: i32::MIN.into(),
        max: i32::MAX.into(),
    };
    let decimal = Type::Decimal {
        precision: Some(10),
        scale: Some(2),
    };
    let zoned = Type::Timestamp {
        zone: true,
        precision: 6,
    };
    for (column, data_type, expected) in [
        ("price_cents", &integer, "amount_minor"),
        ("quantity", &integer, "quantity"),
        ("qty", &integer, "quantity"),
        ("num_items", &integer, "count"),
        ("order_no", &integer, "integer"),
        ("sort_order", &integer, "position"),
        ("rating", &integer, "rating"),
        ("unknown", &integer, "integer"),
        ("unit_price", &decimal, "price"),
        ("tax_rate", &decimal, "tax_rate"),
        ("lat", &decimal, "latitude"),
        ("unknown", &decimal, "amount"),
        ("weight_kg", &decimal, "weight"),
        ("height_cm", &decimal, "length"),
        ("created_at", &zoned, "past"),
        ("expires_at", &zoned, "future"),
        ("last_login", &zoned, "recent"),
        ("date_of_birth", &Type::Date, "birth_date"),
        ("is_active", &Type::Bool, "mostly_true"),
        ("deleted", &Type::Bool, "rarely_true"),
        ("has_children", &Type::Bool, "flag"),
        ("anything", &Type::Interval, "duration"),
        ("id", &Type::Uuid, "uuid"),
    ] {
        assert_eq!(chosen("things", column, data_type), expected, "{column}");
    }
}

#[test]
fn the_reason_says_what_was_read() {
    let choice = infer("users", "email", &text(None)).expect("a choice");
    assert!(
        choice
            .reason
            .starts_with("name \"email\" is an e-mail address"),
        "{choice:?}"
    );
}

/// A rule that names no generator, or one that its class cannot hold, would be silent.
#[test]
fn every_rule_names_a_generator() {
    for (_, name) in rules::every() {
        assert!(entry(name).is_some(), "{name}");
    }
}

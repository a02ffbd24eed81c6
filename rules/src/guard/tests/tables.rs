//! Tables that a denied statement is said to write to.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use crate::guard::Tables;

fn check(sql: &str, expected: &[&str]) {
    assert_eq!(Tables::of(sql.as_bytes()).names(), expected, "{sql}");
}

#[test]
fn tables_are_named_as_the_statement_writes_them() {
    check("INSERT INTO public.Orders VALUES (1)", &["public.Orders"]);
    check(
        "insert into \"My Table\" select * from other",
        &["\"My Table\""],
    );
    check(
        "UPDATE orders o SET a = 1 FROM other WHERE true",
        &["orders"],
    );
    check("DELETE FROM ONLY orders USING other", &["orders"]);
    check(
        "MERGE INTO a USING b ON a.i = b.i WHEN MATCHED THEN DELETE",
        &["a"],
    );
    check("TRUNCATE a, b.c", &["a", "b.c"]);
    check("COPY a FROM STDIN", &["a"]);
    check("COPY a TO STDOUT", &[]);
    check("DROP TABLE a, b", &["a", "b"]);
    check("ALTER TABLE a ADD COLUMN b int", &["a"]);
    check("CREATE TABLE a AS SELECT * FROM b", &["a"]);
    check("CREATE INDEX i ON a (b)", &["a"]);
    check("SELECT * INTO a FROM b", &["a"]);
    check("EXPLAIN ANALYZE DELETE FROM a", &["a"]);
    check("PREPARE p AS DELETE FROM a", &["a"]);
    check(
        "SELECT 1; DELETE FROM a; DELETE FROM a; DELETE FROM b",
        &["a", "b"],
    );
    check(
        "WITH x AS (DELETE FROM a RETURNING *), y AS (SELECT 1) INSERT INTO b SELECT * FROM x",
        &["a", "b"],
    );
    check("SELECT * FROM a FOR UPDATE", &[]);
    check("VACUUM a", &[]);
    check("DELETE FROM a WHERE '", &[]);
    assert_eq!(Tables::of(b"DELETE FROM \xff").names(), [""; 0]);
}

#[test]
fn no_value_and_no_flood_of_names_comes_along() {
    check("DELETE FROM 's3cr3t'", &[]);
    check("UPDATE a SET b = 's3cr3t' WHERE c = $$s3cr3t$$", &["a"]);
    check(&format!("DELETE FROM {}", "a".repeat(200)), &[]);
    let many: Vec<String> = (0..100).map(|number| format!("t{number}")).collect();
    let tables = Tables::of(format!("TRUNCATE {}", many.join(", ")).as_bytes());
    assert_eq!(tables.names(), &many[..8]);
    assert_eq!(tables.to_string(), "t0, t1, t2, t3, t4, t5, t6, t7");
}

#[test]
fn what_is_deep_or_long_costs_neither_stack_nor_time() {
    let nests = [
        ("(", ")"),
        ("(SELECT ", ")"),
        ("((1)+(", "))"),
        ("f(", ")"),
        ("CASE WHEN ", " THEN 1 END"),
        ("NOT ", ""),
        ("- ", ""),
        ("ARRAY[", "]"),
        ("1+", ""),
        ("a.", ""),
        ("EXISTS (SELECT ", ")"),
        ("1 IN (", ")"),
        ("CAST(", " AS int)"),
    ];
    let heads = [
        "DELETE FROM t WHERE ",
        "SELECT ",
        "SELECT * FROM ",
        "UPDATE t SET a = ",
    ];
    let tried = std::thread::Builder::new()
        .stack_size(1 << 20)
        .spawn(move || {
            for (open, close) in nests {
                for head in heads {
                    for depth in [5, 11, 12, 20, 23, 24, 25, 100, 500, 1000, 5000, 200_000] {
                        let sql = format!("{head}{}1{}", open.repeat(depth), close.repeat(depth));
                        let began = Instant::now();
                        let _tables = Tables::of(sql.as_bytes());
                        let took = began.elapsed();
                        assert!(took < Duration::from_secs(1), "{open} {depth}: {took:?}");
                    }
                }
            }
            let unions = "SELECT 1".to_owned() + &" UNION SELECT 1".repeat(600);
            assert!(Tables::of(unions.as_bytes()).is_empty());
        });
    tried.expect("a thread").join().expect("no panic");
}

proptest! {
    #[test]
    fn any_text_is_taken_without_panic(
        words in prop::collection::vec(
            prop_oneof![
                "[a-z(),.;*='\"$ -]{0,6}",
                prop::sample::select(vec![
                    "INSERT INTO", "UPDATE", "DELETE FROM", "MERGE INTO", "WITH", "AS (", "SELECT",
                    "SET", "VALUES", "COPY", "FROM STDIN", "TRUNCATE", "CREATE TABLE", "ON CONFLICT",
                ]).prop_map(str::to_owned),
            ],
            0..40,
        ),
    ) {
        let tables = Tables::of(words.join(" ").as_bytes());
        prop_assert!(tables.names().len() <= 8);
    }
}

//! What an audit finds, and what it does not find in sound data.

use std::time::Duration;

use seeder::audit::{Assertion, Audit, AuditError, Finding, audit};
use tests::postgres::{Installation, Scratch};
use tokio_postgres::Client;

/// Sound rows under every kind of constraint.
const SOUND: &str = r#"
CREATE SCHEMA other;
CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE DOMAIN small AS positive CHECK (VALUE < 100) NOT NULL;
CREATE DOMAIN word AS text CONSTRAINT "no VALUE" CHECK (VALUE <> 'the VALUE');
CREATE TYPE address AS (street word, number positive);
CREATE FUNCTION public.is_even(int) RETURNS bool IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN RETURN twice($1) % 4 = 0; END $$;
CREATE FUNCTION public.twice(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1 * 2';
CREATE TABLE parent (id bigint PRIMARY KEY, a int NOT NULL, b int, code text UNIQUE, UNIQUE (a, b));
CREATE TABLE child (id serial PRIMARY KEY, parent int CONSTRAINT simple REFERENCES parent,
    a int, b int, c int, d int, small small, homes address[], tags word[], home address,
    total int GENERATED ALWAYS AS (a + b) STORED,
    CONSTRAINT full_key FOREIGN KEY (a, b) REFERENCES parent (a, b) MATCH FULL,
    CONSTRAINT part_key FOREIGN KEY (c, d) REFERENCES parent (a, b),
    CONSTRAINT even CHECK (is_even(id)), CONSTRAINT order_ab CHECK (a <= b));
ALTER TABLE child ADD CONSTRAINT late CHECK (d <> 777) NOT VALID;
CREATE UNIQUE INDEX lower_code ON parent (lower(code)) WHERE b > 0;
CREATE TABLE single (x int, y int);
CREATE TABLE part (id int NOT NULL, k int, PRIMARY KEY (id)) PARTITION BY RANGE (id);
CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (10);
CREATE TABLE part_2 PARTITION OF part FOR VALUES FROM (10) TO (20);
CREATE TABLE part_3 PARTITION OF part FOR VALUES FROM (20) TO (30);
CREATE TABLE base (id int PRIMARY KEY, x int CONSTRAINT x_small CHECK (x < 10));
CREATE TABLE derived (more int NOT NULL) INHERITS (base);
CREATE TABLE other.booking (room int, period int4range, EXCLUDE USING gist (int4range(room, room, '[]') WITH &&, period WITH &&) WHERE (room > 0));
CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER stamp BEFORE INSERT ON single FOR EACH ROW EXECUTE FUNCTION stamp();
INSERT INTO parent SELECT i, i, i + 1, 'c' || i FROM generate_series(1, 100) i;
INSERT INTO parent VALUES (200, 200, NULL, NULL), (201, 200, NULL, NULL);
INSERT INTO child (id, parent, a, b, c, d, small, homes, tags, home)
    SELECT i * 2, i, i, i + 1, nullif(i, 7), i + 1, 5, '{"(x,1)","(,)"}', '{a,NULL}', '(s,3)' FROM generate_series(1, 90) i;
INSERT INTO child (id, small) VALUES (200, 1);
INSERT INTO part SELECT i, i FROM generate_series(0, 19) i;
INSERT INTO derived VALUES (1, 2, 3); INSERT INTO base VALUES (1, 2);
INSERT INTO other.booking SELECT i % 5, int4range(i * 10, i * 10 + 5) FROM generate_series(1, 100) i;
INSERT INTO other.booking VALUES (0, '[1,9)'), (0, '[1,9)'), (1, 'empty'), (1, 'empty');
SELECT setval('child_id_seq', 200);
"#;

/// One violation: how it is planted, and the finding that tells it.
type Planted = (&'static str, &'static str);

const PLANTED: [Planted; 29] = [
    (
        "SET session_replication_role = replica; INSERT INTO child (id, parent, small) VALUES (300, 999, 1)",
        "rows without parent: public.child.simple (1)",
    ),
    (
        "SET session_replication_role = replica; INSERT INTO child (id, a, b, small) VALUES (300, 50, 60, 1)",
        "rows without parent: public.child.full_key (1)",
    ),
    (
        "SET session_replication_role = replica; INSERT INTO child (id, a, small) VALUES (300, 1, 1)",
        "rows without parent: public.child.full_key (1)",
    ),
    (
        "SET session_replication_role = replica; INSERT INTO child (id, c, d, small) VALUES (300, 1, 1, 1), (302, 2, 2, 1)",
        "rows without parent: public.child.part_key (2)",
    ),
    (
        "UPDATE pg_index SET indisunique = false WHERE indexrelid = 'parent_pkey'::regclass; INSERT INTO parent VALUES (1, 5000, 1, 'x'); \
         UPDATE pg_index SET indisunique = true WHERE indexrelid = 'parent_pkey'::regclass",
        "repeated keys: public.parent.parent_pkey (1)",
    ),
    (
        "UPDATE pg_index SET indisunique = false WHERE indexrelid = 'parent_a_b_key'::regclass; INSERT INTO parent VALUES (900, 1, 2, 'x'); \
         UPDATE pg_index SET indisunique = true WHERE indexrelid = 'parent_a_b_key'::regclass",
        "repeated keys: public.parent.parent_a_b_key (1)",
    ),
    (
        "UPDATE pg_index SET indisunique = false WHERE indexrelid = 'lower_code'::regclass; INSERT INTO parent VALUES (900, 900, 2, 'C5'); \
         UPDATE pg_index SET indisunique = true WHERE indexrelid = 'lower_code'::regclass",
        "repeated keys: public.parent.lower_code (1)",
    ),
    (
        "UPDATE pg_index SET indisunique = false WHERE indexrelid = 'part_1_pkey'::regclass; INSERT INTO part VALUES (3, 3), (3, 3); \
         UPDATE pg_index SET indisunique = true WHERE indexrelid = 'part_1_pkey'::regclass",
        "repeated keys: public.part.part_pkey (2)",
    ),
    (
        "ALTER TABLE child DROP CONSTRAINT even; INSERT INTO child (id, small) VALUES (301, 1); \
         ALTER TABLE child ADD CONSTRAINT even CHECK (is_even(id)) NOT VALID; UPDATE pg_constraint SET convalidated = true WHERE conname = 'even'",
        "rows that fail a check: public.child.even (1)",
    ),
    (
        "ALTER TABLE child DROP CONSTRAINT late; INSERT INTO child (id, small, d) VALUES (300, 1, 777); ALTER TABLE child ADD CONSTRAINT late CHECK (d <> 777) NOT VALID",
        "rows that fail a check: public.child.late (1)",
    ),
    (
        "ALTER TABLE base DROP CONSTRAINT x_small; INSERT INTO derived VALUES (9, 99, 9); ALTER TABLE base ADD CONSTRAINT x_small CHECK (x < 10) NOT VALID",
        "rows that fail a check: public.derived.x_small (1)",
    ),
    (
        "ALTER TABLE derived ALTER more DROP NOT NULL; INSERT INTO derived VALUES (9, 9, NULL), (9, 9, NULL); \
         UPDATE pg_attribute SET attnotnull = true WHERE attrelid = 'derived'::regclass AND attname = 'more'",
        "missing values: public.derived.more (2)",
    ),
    (
        "ALTER TABLE parent ALTER a DROP NOT NULL; INSERT INTO parent VALUES (900, NULL, 2, 'x'); \
         UPDATE pg_attribute SET attnotnull = true WHERE attrelid = 'parent'::regclass AND attname = 'a'",
        "missing values: public.parent.a (1)",
    ),
    (
        "ALTER DOMAIN positive DROP CONSTRAINT positive_check; UPDATE child SET small = -5 WHERE id = 2; \
         ALTER DOMAIN positive ADD CONSTRAINT positive_check CHECK (VALUE > 0) NOT VALID",
        "values that a domain refuses: public.child.small: positive positive_check (1)",
    ),
    (
        "ALTER DOMAIN small DROP NOT NULL; UPDATE child SET small = NULL WHERE id < 6; UPDATE pg_type SET typnotnull = true WHERE typname = 'small'",
        "values that a domain refuses: public.child.small: small NOT NULL (2)",
    ),
    (
        "ALTER DOMAIN word DROP CONSTRAINT \"no VALUE\"; UPDATE child SET tags = '{a,the VALUE}' WHERE id < 8; \
         ALTER DOMAIN word ADD CONSTRAINT \"no VALUE\" CHECK (VALUE <> 'the VALUE') NOT VALID",
        "values that a domain refuses: public.child.tags: word no VALUE (3)",
    ),
    (
        "ALTER DOMAIN positive DROP CONSTRAINT positive_check; UPDATE child SET homes = '{\"(x,1)\",\"(y,-1)\"}' WHERE id = 2; \
         ALTER DOMAIN positive ADD CONSTRAINT positive_check CHECK (VALUE > 0) NOT VALID",
        "values that a domain refuses: public.child.homes: positive positive_check (1)",
    ),
    (
        "ALTER DOMAIN positive DROP CONSTRAINT positive_check; UPDATE child SET home = '(x,0)' WHERE id = 2; \
         ALTER DOMAIN positive ADD CONSTRAINT positive_check CHECK (VALUE > 0) NOT VALID",
        "values that a domain refuses: public.child.home: positive positive_check (1)",
    ),
    (
        "CREATE TABLE moved AS SELECT * FROM other.booking; INSERT INTO moved VALUES (1, '[60,70)'), (1, '[62,63)'); DROP TABLE other.booking; \
         ALTER TABLE moved ADD CONSTRAINT clash EXCLUDE USING gist (int4range(room, room, '[]') WITH &&, period WITH &&) WHERE (room > 99); \
         UPDATE pg_index SET indpred = NULL WHERE indexrelid = 'clash'::regclass",
        "rows that exclude each other: public.moved.clash (4)",
    ),
    (
        "CREATE TABLE moved AS SELECT i % 10 AS room, int4range(0, 10) AS period FROM generate_series(1, 6000) i; \
         ALTER TABLE moved ADD CONSTRAINT clash EXCLUDE USING gist (int4range(room, room, '[]') WITH &&, period WITH &&) WHERE (room > 99); \
         UPDATE pg_index SET indpred = NULL WHERE indexrelid = 'clash'::regclass",
        "rows of a sample that exclude others: public.moved.clash (599000)",
    ),
    (
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'lower_code'::regclass",
        "invalid index: public.parent.lower_code",
    ),
    (
        "SELECT setval('child_id_seq', 10)",
        "sequence behind its column: public.child_id_seq.* (190)",
    ),
    (
        "UPDATE pg_class SET relispartition = false WHERE relname = 'part_2'; INSERT INTO part_2 VALUES (500, 1); \
         UPDATE pg_class SET relispartition = true WHERE relname = 'part_2'",
        "rows in the wrong partition: public.part_2.* (1)",
    ),
    (
        "UPDATE pg_attribute SET attgenerated = '' WHERE attname = 'total'; UPDATE child SET total = 0 WHERE id = 2; \
         UPDATE pg_attribute SET attgenerated = 's' WHERE attname = 'total'",
        "generated values that are not their expression's: public.child.total (1)",
    ),
    (
        "ALTER TABLE child DISABLE TRIGGER ALL",
        "foreign key that is not enforced: public.child.simple",
    ),
    (
        "ALTER TABLE single DISABLE TRIGGER stamp",
        "trigger in another state: trigger public.single.stamp",
    ),
    (
        "ALTER TABLE child DROP CONSTRAINT simple",
        "schema differs: constraint public.child.simple",
    ),
    (
        "INSERT INTO single VALUES (1, 1)",
        "assertion failed: single is empty: expected t, got false",
    ),
    (
        "CREATE OR REPLACE FUNCTION is_even(int) RETURNS bool IMMUTABLE LANGUAGE sql AS 'SELECT 1 / ($1 - $1) > 0'",
        "could not be checked: public.child.even",
    ),
];

async fn audited(client: &Client, before: &rules::schema::Schema) -> anyhow::Result<Vec<Finding>> {
    let assertions = [Assertion {
        name: "single is empty".to_owned(),
        sql: "SELECT count(*) = 0 FROM single".to_owned(),
        expected: "t".to_owned(),
    }];
    let request = Audit {
        before: Some(before),
        assertions: &assertions,
        ..Audit::default()
    };
    let findings = audit(client, &request).await?;
    Ok(findings.violations().cloned().collect())
}

#[tokio::test]
async fn every_planted_violation_is_found_and_sound_rows_have_none() -> anyhow::Result<()> {
    for installation in Installation::all() {
        let major = installation.major;
        let server = Scratch::start_with(installation, &[])?;
        let client = server.database("sound").await?;
        client.batch_execute(SOUND).await?;
        let before = seeder::introspect(&client).await?;
        assert_eq!(audited(&client, &before).await?, [], "on {major}");
        drop(client);
        let admin = server.connect("postgres").await?;
        for (number, (sql, expected)) in PLANTED.iter().enumerate() {
            let name = format!("planted_{number}");
            let create = format!("CREATE DATABASE {name} TEMPLATE sound STRATEGY file_copy");
            admin.batch_execute(&create).await?;
            let client = server.connect(&name).await?;
            let planted = client
                .batch_execute(&format!("SET allow_system_table_mods = on; {sql}"))
                .await;
            planted.map_err(|error| anyhow::anyhow!("{error:?} on {major}: {sql}"))?;
            let client = server.connect(&name).await?;
            let found = audited(&client, &before).await?;
            let found: Vec<String> = found.iter().map(Finding::to_string).collect();
            assert!(
                found.iter().any(|found| found == expected),
                "on {major}: {sql}\n{expected}\nfound: {found:#?}"
            );
            drop(client);
        }
    }
    Ok(())
}

/// What names say, each with rows that fit and one that does not.
const COHERENT: &str = "
CREATE TABLE people (id int PRIMARY KEY, first_name text, last_name text, email text, username text,
    created_at timestamptz, updated_at timestamptz, deleted_on date);
CREATE TABLE orders (id int PRIMARY KEY, person_id int REFERENCES people, created_at timestamptz);
INSERT INTO people VALUES
    (1, 'Ann', 'Lee', 'ann.lee@example.com', 'ann_lee7', '2024-05-05 10:00Z', '2024-05-05 10:00Z', '2024-05-05'),
    (2, 'Zoë', 'Ek', 'zoe.ek@example.com', 'u1', '2024-05-05 10:00Z', NULL, NULL);
INSERT INTO orders VALUES (1, 1, '2024-05-05 10:00Z'), (2, NULL, '2020-01-01Z');
";

#[tokio::test]
async fn rows_that_do_not_fit_together_are_told_for_information() -> anyhow::Result<()> {
    let server = Scratch::start()?;
    let client = server.database("coherent").await?;
    client.batch_execute(COHERENT).await?;
    let request = Audit {
        coherence: true,
        ..Audit::default()
    };
    assert_eq!(audit(&client, &request).await?.findings, []);
    let planted = "INSERT INTO orders VALUES (3, 1, '2024-05-05 09:59Z'), (4, 2, '2023-01-01Z');
        INSERT INTO people VALUES
            (3, 'Max', 'Roe', 'ann.roe@example.com', 'max.roe', '2024-05-05Z', '2024-05-04Z', '2024-05-04'),
            (4, 'Max', 'Roe', 'max.roe@example.com', 'someone', '2024-05-05Z', '2024-05-06Z', NULL)";
    client.batch_execute(planted).await?;
    let found = audit(&client, &request).await?;
    let told: Vec<String> = found.findings.iter().map(Finding::to_string).collect();
    let expected = [
        "rows earlier than their parent: public.orders.orders_person_id_fkey (2)",
        "moments earlier than their row: public.people.updated_at (1)",
        "moments earlier than their row: public.people.deleted_on (1)",
        "addresses of another name: public.people.email (1)",
        "addresses of another name: public.people.username (1)",
    ];
    assert_eq!(told, expected);
    assert_eq!(found.violations().count(), 0);
    // Who asks for constraints alone is told of constraints alone.
    assert_eq!(audit(&client, &Audit::default()).await?.findings, []);
    Ok(())
}

#[tokio::test]
async fn code_that_never_ends_is_given_up_also_where_code_took_the_bound_away() -> anyhow::Result<()>
{
    let server = Scratch::start_with(Installation::of_major(15)?, &[])?;
    let client = server.database("slow").await?;
    client
        .batch_execute(
            "CREATE TABLE slow (i int); INSERT INTO slow VALUES (1);
             CREATE FUNCTION unbound(int) RETURNS bool LANGUAGE plpgsql AS
               $$BEGIN PERFORM set_config('statement_timeout', '0', true); RETURN true; END$$;
             CREATE FUNCTION endless(int) RETURNS bool LANGUAGE plpgsql AS
               $$BEGIN PERFORM pg_sleep(3600); RETURN true; END$$;
             ALTER TABLE slow ADD CONSTRAINT a CHECK (unbound(i)) NOT VALID,
               ADD CONSTRAINT b CHECK (endless(i)) NOT VALID",
        )
        .await?;
    let request = Audit {
        within: Duration::from_secs(1),
        ..Audit::default()
    };
    let audited =
        tokio::time::timeout(Duration::from_secs(120), audit(&client, &request)).await??;
    let unchecked = audited.violations().map(Finding::to_string);
    let unchecked: Vec<String> = unchecked.collect();
    assert_eq!(unchecked, ["could not be checked: public.slow.b"]);

    let catching = "CREATE FUNCTION catching(int) RETURNS bool LANGUAGE plpgsql AS
           $$BEGIN LOOP BEGIN PERFORM pg_sleep(3600); EXCEPTION WHEN query_canceled THEN NULL; END;
             END LOOP; END$$;
         ALTER TABLE slow ADD CONSTRAINT c CHECK (catching(i)) NOT VALID";
    client.batch_execute(catching).await?;
    let audited = tokio::time::timeout(Duration::from_secs(120), audit(&client, &request)).await?;
    assert!(
        matches!(audited, Err(AuditError::Endless { .. })),
        "{audited:?}"
    );
    Ok(())
}

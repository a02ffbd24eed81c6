//! What is proposed, and that the plan accepts it.

use masker::discover::{Class, toml};
use rules::mask::{Choice, Decided, decide};

use super::{choices, column, discovered, installations, of, only_undecided, parsed, proposed};
use tests::postgres::Scratch;

/// People and their things, with names that tell, mislead and say nothing.
const SHOP: &str = r#"
CREATE TYPE home AS (street text, town text);
CREATE TABLE country (code char(2) PRIMARY KEY, name text);
INSERT INTO country VALUES ('DE', 'Germany'), ('FR', 'France');
CREATE TABLE customer (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  c1 text UNIQUE NOT NULL,
  code text,
  phone text,
  iban varchar(34),
  birthday date,
  "Vor name" text,
  status text,
  country char(2) REFERENCES country,
  tags text[],
  home home,
  profile jsonb,
  note text,
  x7 text,
  salary numeric(10,2),
  search tsvector,
  lowered text GENERATED ALWAYS AS (lower(c1)) STORED
);
COMMENT ON COLUMN customer.x7 IS 'Login of the customer in the old shop';
INSERT INTO customer (c1, code, phone, iban, birthday, "Vor name", status, country, tags, home, profile, note, x7, salary, search)
SELECT 'person' || n || '@corp' || n % 7 || '.test', (ARRAY['Anna','Bernd','Clara','David','Emma','Frank','Greta','Heinz','Ida','Jonas','Karin','Lukas','Marie','Nils','Olga','Paul','Rosa','Simon','Tina','Uwe'])[n % 20 + 1] || ' ' ||
       (ARRAY['Müller','Schmidt','Fischer','Weber','Wagner','Becker','Schulz','Hoffmann','Koch','Richter','Klein','Wolf','Schröder','Neumann','Zimmermann','Krüger'])[n % 16 + 1],
       '+49 171 ' || 1000000 + n, 'DE89370400440532013000', date '1950-01-01' + n % 18000,
       (ARRAY['Anna','Bernd','Clara','David','Emma','Frank','Greta','Heinz'])[n % 8 + 1],
       (ARRAY['active','inactive'])[n % 2 + 1], (ARRAY['DE','FR'])[n % 2 + 1],
       ARRAY['tag' || n % 5 || '@list.test', 'b' || n || '@list.test'],
       ROW((ARRAY['Lindenstraße','Hauptstraße','Bahnhofstraße'])[n % 3 + 1] || ' ' || n % 90 + 1, 'Berlin')::home,
       jsonb_build_object('contact', jsonb_build_object('mail', 'x' || n || '@mail.test'), 'plan', 'pro', 'visits', n),
       'Called Anna Müller about order ' || n || ', she wants it sent to another flat.', 'u' || n, 3000 + n % 900, to_tsvector('simple', 'x' || n)
  FROM generate_series(1, 5000) n;
CREATE TABLE login (mail text NOT NULL REFERENCES customer (c1), at timestamptz DEFAULT now(), from_where inet);
INSERT INTO login SELECT c1, now(), '10.1.2.3'::inet + id FROM customer LIMIT 900;
CREATE TABLE visit (id int NOT NULL, day date NOT NULL, who text) PARTITION BY RANGE (day);
CREATE TABLE visit_1 PARTITION OF visit FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE visit_2 PARTITION OF visit FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
INSERT INTO visit SELECT n, date '2024-01-01' + n % 700, '0171 ' || 1000000 + n FROM generate_series(1, 4000) n;
CREATE TABLE audit_event (id int, old_row jsonb);
CREATE TABLE "Odd "" name" ("a""b" text, "c\d" text);
ANALYZE;
"#;

#[tokio::test]
async fn columns_are_proposed_by_what_they_hold_and_the_plan_accepts_them() -> anyhow::Result<()> {
    for installation in installations() {
        let server = Scratch::start_with(installation, &[])?;
        server.database("shop").await?.batch_execute(SHOP).await?;
        let report = discovered(&server.config("shop"), &super::Options::default()).await?;
        for (name, class) in [
            ("c1", Class::Email),
            ("code", Class::Name),
            ("phone", Class::Phone),
            ("iban", Class::Iban),
            ("birthday", Class::BirthDate),
            ("Vor name", Class::FirstName),
            ("tags", Class::Email),
            ("note", Class::Text),
            ("x7", Class::Username),
            ("salary", Class::Income),
        ] {
            let found = column(&report, "customer", name);
            assert_eq!(found.class, Some(class), "{name}: {}", found.why);
        }
        for (table, name, expected) in [
            ("customer", "id", "-"),
            ("customer", "c1", "email"),
            ("customer", "status", "-"),
            ("customer", "country", "as public.country.code"),
            ("customer", "lowered", "-"),
            ("customer", "tags", "array"),
            ("customer", "home", "fields"),
            ("customer", "profile", "json"),
            ("login", "mail", "as public.customer.c1"),
            ("login", "from_where", "ip"),
            ("visit", "who", "phone"),
        ] {
            let found = column(&report, table, name);
            let told = (&found.why, &found.proposal);
            assert_eq!(
                proposed(&report, table, name),
                expected,
                "{table}.{name}: {told:?}"
            );
        }
        assert_eq!(report.unread, []);
        let text = toml(&report);
        only_undecided(&server, &parsed(&text)).await?;
    }
    Ok(())
}

#[tokio::test]
async fn what_is_written_is_what_was_proposed_and_keeps_nothing() -> anyhow::Result<()> {
    let (server, report) = of(SHOP).await?;
    let text = toml(&report);
    let rules = parsed(&text);
    let schema = seeder::introspect(&server.connect("shop").await?).await?;
    let decisions = decide(&schema, &rules);
    let expected = choices(&report);
    let mut found = std::collections::BTreeMap::new();
    for (name, table) in &decisions.tables {
        for column in &table.columns {
            let Decided::Rule(rule) = &column.decided else {
                continue;
            };
            let choice = &rule.cases[0].choice;
            assert!(
                !matches!(choice, Choice::Keep { .. }),
                "{name}.{}",
                column.column
            );
            let follows = matches!(column.origin, rules::mask::Origin::Reference { .. });
            if !follows {
                found.insert((name.name.clone(), column.column.clone()), choice.clone());
            }
        }
    }
    assert_eq!(found, expected);
    // What is not decided stands there as a comment, once.
    assert!(text.contains("\n# \"id\" = \"keep\""), "{text}");
    assert!(text.contains("\"contact.mail\" = \"email\""), "{text}");
    assert!(text.contains("# \"plan\" = \"keep\""), "{text}");
    // And uncommenting it is legal.
    parsed(
        &text
            .replace("\n# \"", "\n\"")
            .lines()
            .filter(|line| !line.contains(" follows ") && !line.contains(" is undecided "))
            .collect::<Vec<_>>()
            .join("\n"),
    );
    Ok(())
}

#[tokio::test]
async fn a_column_that_others_refer_to_is_decided_by_what_they_hold() -> anyhow::Result<()> {
    // Nothing is in the table that is referred to but what its name says; the values are the others'.
    let (server, report) = of("CREATE TABLE mailbox (k text PRIMARY KEY);
         CREATE TABLE sent (id int PRIMARY KEY, \"to\" text REFERENCES mailbox);
         INSERT INTO mailbox SELECT 'p' || n || '@corp.test' FROM generate_series(1, 500) n;
         INSERT INTO sent SELECT n, 'p' || n || '@corp.test' FROM generate_series(1, 500) n")
    .await?;
    assert_eq!(proposed(&report, "mailbox", "k"), "email");
    assert_eq!(proposed(&report, "sent", "to"), "as public.mailbox.k");
    only_undecided(&server, &parsed(&toml(&report))).await
}

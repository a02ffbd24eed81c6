//! A later run: what is new, gone or of another type.

use masker::discover::{ChangeKind, Options, Since, toml};
use rules::mask::MaskRules;

use super::{discovered, only_undecided, parsed, proposed};
use tests::postgres::Scratch;

const BEFORE: &str = "
CREATE TABLE customer (id int PRIMARY KEY, email text, gone text, age int);
CREATE TABLE old_table (a text);
INSERT INTO customer SELECT n, 'p' || n || '@corp.test', 'x', n FROM generate_series(1, 200) n;";

const MIGRATION: &str = "
ALTER TABLE customer DROP gone, ADD mobile text, ALTER age TYPE text;
UPDATE customer SET mobile = '+49 171 ' || 1000000 + id;
DROP TABLE old_table;
CREATE TABLE message (id int PRIMARY KEY, body text);
INSERT INTO message SELECT n, 'Please call Anna Müller on +49 171 5550199, number ' || n FROM generate_series(1, 50) n;";

/// Rules as a person would have made them of the first run.
const RULES: &str = "
[masking.tables.\"public.customer\"]
id = \"keep\"
email = \"email\"
gone = \"null\"
age = \"keep\"
[masking.tables.\"public.old_table\"]
a = \"lorem\"
";

async fn after_a_migration(
    server: &Scratch,
    rules: &MaskRules,
    with_types: bool,
) -> anyhow::Result<(Vec<String>, String)> {
    let client = server.database("shop").await?;
    client.batch_execute(BEFORE).await?;
    let first = discovered(&server.config("shop"), &Options::default()).await?;
    let types = first.types();
    client.batch_execute(MIGRATION).await?;
    let options = Options {
        since: Since {
            rules: Some(rules),
            types: with_types.then_some(&types),
        },
        ..Options::default()
    };
    let report = discovered(&server.config("shop"), &options).await?;
    assert_eq!(proposed(&report, "customer", "mobile"), "phone");
    assert_eq!(proposed(&report, "message", "body"), "lorem");
    let changes = report.changes.iter().map(|change| {
        let column = change.column.as_deref().unwrap_or("*");
        let kind = match &change.kind {
            ChangeKind::New => "new".to_owned(),
            ChangeKind::Gone => "gone".to_owned(),
            ChangeKind::Retyped { before, now } => format!("{before} to {now}"),
            ChangeKind::Unfit { problem } => problem.clone(),
        };
        format!("{}.{column}: {kind}", change.table)
    });
    let changes = changes.collect();
    let patch = toml(&report);
    client.batch_execute("DROP TABLE message").await.ok();
    Ok((changes, patch))
}

#[tokio::test]
async fn a_later_run_tells_what_changed_and_proposes_only_what_is_new() -> anyhow::Result<()> {
    let server = Scratch::start()?;
    let rules = parsed(RULES);
    let (changes, patch) = after_a_migration(&server, &rules, true).await?;
    assert_eq!(
        changes,
        [
            "public.customer.age: integer to text",
            "public.customer.gone: gone",
            "public.customer.mobile: new",
            "public.message.*: new",
            "public.old_table.*: gone",
        ]
    );
    // Only what the rules say nothing of, and with the rules it is a configuration.
    assert!(
        !patch.contains("email") && patch.contains("\"mobile\" = \"phone\""),
        "{patch}"
    );
    assert!(
        patch.contains("# of another type: public.customer.age was integer and is text"),
        "{patch}"
    );
    let mut both = parsed(&patch);
    let kept = rules
        .tables
        .iter()
        .filter(|table| table.table.as_str() == "customer");
    both.tables.extend(kept.cloned().map(|mut table| {
        table
            .columns
            .retain(|(column, _)| column.as_str() != "gone");
        table
    }));
    both.tables
        .retain(|table| table.table.as_str() != "message");
    only_undecided(&server, &both).await
}

#[tokio::test]
async fn rules_alone_tell_what_is_new_and_gone() -> anyhow::Result<()> {
    let server = Scratch::start()?;
    let (changes, _) = after_a_migration(&server, &parsed(RULES), false).await?;
    assert_eq!(
        changes,
        [
            "public.customer.gone: gone",
            "public.customer.mobile: new",
            "public.message.*: new",
            "public.old_table.*: gone",
        ]
    );
    Ok(())
}

#[tokio::test]
async fn a_rule_that_does_not_fit_a_new_type_is_told() -> anyhow::Result<()> {
    let server = Scratch::start()?;
    let client = server.database("shop").await?;
    client
        .batch_execute("CREATE TABLE t (id int PRIMARY KEY, a boolean)")
        .await?;
    let rules = parsed("[masking.tables.\"public.t\"]\nid = \"keep\"\na = \"email\"\n");
    let options = Options {
        since: Since {
            rules: Some(&rules),
            types: None,
        },
        ..Options::default()
    };
    let report = discovered(&server.config("shop"), &options).await?;
    let [change] = report.changes.as_slice() else {
        panic!("{:?}", report.changes);
    };
    assert_eq!(change.column.as_deref(), Some("a"));
    assert!(
        matches!(change.kind, ChangeKind::Unfit { .. }),
        "{change:?}"
    );
    Ok(())
}

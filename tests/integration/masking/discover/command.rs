//! `standin mask discover` as people run it: no rules yet, then rules, then a migration.

use std::path::Path;

use anyhow::{Context, ensure};
use tests::daemon::Build;
use tests::postgres::Scratch;

use crate::shop::{QA, Shop, words};

/// People in columns whose names tell nothing, in a document, and as the keys of one.
const SCHEMA: &str = "\
CREATE TABLE visitor (id int PRIMARY KEY, a text NOT NULL UNIQUE, who text, seat point, state text NOT NULL DEFAULT 'open', doc jsonb, by jsonb);
INSERT INTO visitor SELECT n, 'zebulon' || n || '@quillfeather.test', 'Anna Müller',
  point(13 + n / 1000.0, 52), (ARRAY['open','done'])[n % 2 + 1],
  jsonb_build_object('mail', 'zebulon' || n || '@quillfeather.test', 'visits', n),
  jsonb_build_object('zebulon' || n || '@quillfeather.test', jsonb_build_object('mail', 'z' || n || '@quillfeather.test'))
  FROM generate_series(1, 400) n;
CREATE TABLE stay (visitor int REFERENCES visitor, login text REFERENCES visitor (a), days int NOT NULL);
INSERT INTO stay SELECT n, 'zebulon' || n || '@quillfeather.test', n % 9 FROM generate_series(1, 300) n;
ANALYZE;
";

const MIGRATION: &str = "\
ALTER TABLE stay ALTER days TYPE text;
ALTER TABLE visitor DROP state, ADD phone text;
UPDATE visitor SET phone = '+49 171 ' || 5550000 + id;
CREATE TABLE note (id int PRIMARY KEY, note text);
";

async fn opened() -> anyhow::Result<(Shop, Scratch)> {
    let production = Scratch::start()?;
    let client = production.database("shop").await?;
    client.batch_execute(SCHEMA).await?;
    let grant = "CREATE ROLE reader LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader; \
                 ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO reader";
    client.batch_execute(grant).await?;
    let tables = format!("{QA}[production]\nurl = \"file:production.url\"\n");
    let shop = Shop::closed(Build::Plain, &tables)?;
    let url = format!("postgres://reader@127.0.0.1:{}/shop", production.port());
    shop.write("production.url", &url)?;
    Ok((shop, production))
}

/// What a command prints; nothing of it, nor of what it says beside it, may be a value.
fn printed(shop: &mut Shop, command: &str) -> anyhow::Result<String> {
    let output = shop.daemon().command(&words(command))?;
    let text = String::from_utf8(output.stdout)?;
    let said = String::from_utf8(output.stderr)?;
    ensure!(output.status.success(), "{command}: {said}");
    let told = format!("{text}{said}").to_lowercase();
    for value in ["zebulon", "quillfeather", "müller", "5550001", "13.001"] {
        ensure!(!told.contains(value), "{command} tells {value}");
    }
    Ok(text)
}

/// Proposed rules with every decision that is left to a person: keep what may be, and none of the rest.
fn decided(rules: &str) -> String {
    let line = |line: &str| match line.strip_prefix("# \"") {
        Some(_) if line.contains(" follows ") => String::new(),
        Some(rest) if line.contains(" is undecided ") => {
            let name = rest.split('"').next().unwrap_or_default();
            format!("\"{name}\" = \"null\"")
        }
        Some(rest) => format!("\"{rest}"),
        None => line.to_owned(),
    };
    rules.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn proposed_rules_are_a_configuration_that_the_plan_accepts() -> anyhow::Result<()> {
    let (mut shop, _production) = opened().await?;
    let rules = printed(&mut shop, "mask discover --toml")?;
    for line in [
        "[masking]",
        "\"a\" = \"email\"   # text; high: ",
        "\"seat\" = { with = \"geo\", size = 1000 }",
        "\"mail\" = \"email\"   # high: ",
        "# \"visits\" = \"keep\"",
        "\"*.mail\" = \"email\"",
        "\"*#key\" = \"token\"   # its keys look like values",
        "# \"state\" = \"keep\"   # why: text",
        "# \"login\" follows public.visitor.a",
    ] {
        ensure!(
            rules.lines().any(|found| found.starts_with(line)),
            "no {line} in\n{rules}"
        );
    }
    // As it is, it says nothing wrong, and leaves to a person what a person has to decide.
    let key = shop.daemon_directory().join("masking.key");
    shop.json(&format!("mask key new {}", key.display()))?;
    let before = std::fs::read_to_string(shop.daemon_directory().join("standin.toml"))?;
    shop.rewrite(|text| format!("{text}\n{rules}"))?;
    let (code, _) = shop.fails("mask plan")?;
    ensure!(code == 1);
    let plan = shop.daemon().command(&words("mask plan --json"))?;
    let plan: serde_json::Value = serde_json::from_slice(&plan.stdout)?;
    let problems = plan["problems"].as_array().context("problems")?;
    ensure!(!problems.is_empty());
    for problem in problems {
        ensure!(problem["kind"] == "undecided", "{problem}");
    }
    // With what a person decides it is whole.
    shop.rewrite(|_| format!("{before}\n{}", decided(&rules)))?;
    shop.json("mask plan")?;
    let again = printed(&mut shop, "mask discover")?;
    ensure!(again.contains("0 proposed, 0 for you to decide"), "{again}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_run_says_what_a_migration_changed() -> anyhow::Result<()> {
    let (mut shop, production) = opened().await?;
    let rules = printed(&mut shop, "mask discover --toml")?;
    let seen = printed(&mut shop, "mask discover --json")?;
    shop.write("seen.json", &seen)?;
    let seen = shop.daemon_directory().join("seen.json");
    shop.rewrite(|text| format!("{text}\n{}", decided(&rules)))?;
    let same = printed(
        &mut shop,
        &format!("mask discover --since {}", seen.display()),
    )?;
    ensure!(
        !same.contains("new: ") && !same.contains("gone: "),
        "{same}"
    );
    let client = production.connect("shop").await?;
    client.batch_execute(MIGRATION).await?;
    let since = printed(
        &mut shop,
        &format!("mask discover --since {}", seen.display()),
    )?;
    for line in [
        "of another type: public.stay.days was integer and is text",
        "gone: public.visitor.state",
        "new: public.visitor.phone",
        "new: public.note",
    ] {
        ensure!(
            since.lines().any(|found| found == line),
            "no {line} in\n{since}"
        );
    }
    // Without what was seen, the rules alone tell all but the type.
    let patch = printed(&mut shop, "mask discover --toml")?;
    for line in [
        "# gone: public.visitor.state; take its rule out",
        "# new: public.visitor.phone",
        "\"phone\" = \"phone\"",
    ] {
        ensure!(
            patch.lines().any(|found| found.starts_with(line)),
            "no {line} in\n{patch}"
        );
    }
    ensure!(
        !patch.contains("[masking]\n") && !patch.contains("\"a\" ="),
        "{patch}"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_use_is_told() -> anyhow::Result<()> {
    let (shop, production) = opened().await?;
    let check = |command: &str, code: i32, words: &str| -> anyhow::Result<()> {
        let (found, said) = shop.fails(command)?;
        ensure!(
            found == code && said.contains(words),
            "{command}: {found} {said}"
        );
        Ok(())
    };
    check("mask discover --rows 0", 2, "0")?;
    check("mask discover --since nowhere.json", 1, "read nowhere.json")?;
    shop.write("seen.json", "{}")?;
    let seen: &Path = &shop.daemon_directory().join("seen.json");
    check(
        &format!("mask discover --since {}", seen.display()),
        1,
        "is no report of discovery",
    )?;
    let client = production.connect("shop").await?;
    client
        .batch_execute("REVOKE SELECT ON stay FROM reader")
        .await?;
    let report = shop.json("mask discover")?;
    let unread = report["unread"].as_array().context("unread")?;
    ensure!(
        unread.len() == 1
            && unread[0]["why"]
                .as_str()
                .is_some_and(|why| why.contains("GRANT SELECT")),
        "{unread:?}"
    );
    shop.rewrite(|text| text.replace("[production]\nurl = \"file:production.url\"\n", ""))?;
    check("mask discover", 2, "has no [production]")?;
    Ok(())
}

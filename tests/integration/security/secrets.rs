//! Secrets stay where they were put.

use std::path::Path;

use tests::daemon::Build;
use tests::postgres::Scratch;

use crate::shop::Shop;

/// Whether a text is in any file below a directory, data directories left out.
fn found_below(directory: &Path, text: &str) -> anyhow::Result<Option<String>> {
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            if entry.file_name() != "pgdata"
                && let Some(found) = found_below(&path, text)?
            {
                return Ok(Some(found));
            }
        } else if entry.file_type()?.is_file()
            && String::from_utf8_lossy(&std::fs::read(&path)?).contains(text)
        {
            return Ok(Some(path.display().to_string()));
        }
    }
    Ok(None)
}

/// Looks at the variables of the servers, which the daemon's own must not be among.
fn servers_were_told_none(shop: &Shop, secrets: &[&str]) -> anyhow::Result<()> {
    let servers = shop.servers()?;
    assert!(!servers.is_empty());
    for server in servers {
        let variables = std::fs::read(format!("/proc/{server}/environ"))?;
        let variables = String::from_utf8_lossy(&variables);
        assert!(variables.contains("LC_ALL=C"), "{variables}");
        for secret in secrets {
            assert!(!variables.contains(secret), "{variables}");
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn secrets_are_in_no_log_listing_manifest_or_command_line() -> anyhow::Result<()> {
    const SECRET: &str = "tell-nobody-of-this-login";
    const OPERATORS: &str = "a-password-in-a-variable";
    let production = Scratch::start()?;
    let client = production.database("shop").await?;
    client
        .batch_execute(&format!(
            "CREATE ROLE reader LOGIN SUPERUSER PASSWORD '{SECRET}'; CREATE TABLE items (id int)"
        ))
        .await?;
    let tables = "[production]\nurl = \"file:production.url\"\n\n[environments.copy]\n\
                  source = { mirror = \"production\", unmasked = true }\nspares = 0\n";
    let mut shop = Shop::closed(Build::Plain, tables)?;
    let url = format!(
        "postgres://reader:{SECRET}@127.0.0.1:{}/shop",
        production.port()
    );
    shop.write("production.url", &url)?;
    shop.rewrite(|text| text.replace("file:app.password", "env:APP_PASSWORD"))?;
    shop.daemon().start_again(&[("APP_PASSWORD", OPERATORS)])?;
    let mut lines_seen = 0;
    std::thread::scope(|scope| -> anyhow::Result<()> {
        let daemon = &*shop.daemon();
        let copy = scope.spawn(|| daemon.json(&["environment", "build", "copy"]));
        while !copy.is_finished() {
            for entry in std::fs::read_dir("/proc")? {
                let process = entry?.path();
                // A process may end between the listing and the look.
                let Ok(line) = std::fs::read(process.join("cmdline")) else {
                    continue;
                };
                let line = String::from_utf8_lossy(&line);
                lines_seen += 1;
                assert!(!line.contains(SECRET), "{line}");
                let variables = std::fs::read(process.join("environ")).unwrap_or_default();
                assert!(
                    !String::from_utf8_lossy(&variables).contains(SECRET),
                    "{line}"
                );
            }
        }
        copy.join().expect("no panic")?;
        Ok(())
    })?;
    assert!(lines_seen > 0);
    servers_were_told_none(&shop, &[SECRET, OPERATORS])?;
    for secret in [SECRET, OPERATORS] {
        for command in [
            "status",
            "environment show copy",
            "snapshot list",
            "doctor",
            "check",
        ] {
            // Some say that our own process lacks the variable, and that is no secret either.
            let output = shop.daemon().command(&crate::shop::words(command))?;
            let answer = String::from_utf8([output.stdout, output.stderr].concat())?;
            assert!(!answer.is_empty(), "{command}");
            assert!(!answer.contains(secret), "{command}");
        }
        let log = shop.daemon().log().join("\n");
        assert!(!log.contains(secret), "{log}");
        assert_eq!(found_below(&shop.pool(), secret)?, None);
    }
    Ok(())
}

/// Whatever is logged: the key itself, what it is written as, and where else it could be.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_masking_key_is_in_no_log_manifest_or_command_line() -> anyhow::Result<()> {
    let production = Scratch::start()?;
    let client = production.database("shop").await?;
    client
        .batch_execute(
            "CREATE ROLE reader LOGIN; CREATE TABLE items (id int, name text); \
             INSERT INTO items SELECT n, 'name ' || n FROM generate_series(1, 50) n; \
             GRANT SELECT ON items TO reader; ANALYZE",
        )
        .await?;
    let tables = "[production]\nurl = \"file:production.url\"\n[masking]\nkey = \"env:MASKING_KEY\"\n\
                  [masking.tables.items]\nid = \"int\"\nname = \"token\"\n\
                  [environments.copy]\nsource = \"production\"\nspares = 0\n";
    let mut shop = Shop::closed(Build::Plain, tables)?;
    let url = format!("postgres://reader@127.0.0.1:{}/shop", production.port());
    shop.write("production.url", &url)?;
    let key: String = (0..32_u32)
        .map(|n| format!("{:02x}", (n * 197 + 11) & 0xff))
        .collect();
    shop.daemon()
        .start_again(&[("MASKING_KEY", &key), ("STANDIN_LOG", "trace")])?;
    shop.json("environment build copy")?;
    shop.json("mask verify copy")?;
    let session = shop.enter("shop@copy").await?;
    assert_eq!(session.text("SELECT count(*) FROM items").await?, "50");
    servers_were_told_none(&shop, &[&key])?;
    let log = shop.daemon().log().join("\n").to_lowercase();
    assert!(log.contains("trace"), "nothing is logged at that level");
    let bytes: Vec<u8> = (0..32_u32).map(|n| ((n * 197 + 11) & 0xff) as u8).collect();
    // As text, as `Debug` of bytes shows it, and in part.
    for form in [
        key[..24].to_owned(),
        format!("{:?}", &bytes[..8]).replace(']', ""),
    ] {
        assert!(!log.contains(&form), "the log holds {form}");
        assert_eq!(found_below(&shop.pool(), &form)?, None);
    }
    Ok(())
}

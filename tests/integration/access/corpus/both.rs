//! Guard, roles and standby together, through the relay: every client sees the code of its mode, and
//! nothing changes that the mode forbids.

use super::super::client::Client;
use super::case::{Case, Protocol, first_error};
use super::{Bench, WAYS, Way};
use crate::shop::PASSWORD;

impl Bench {
    /// The first error's code in a case, or "allow".
    fn play(&self, case: &Case, way: &Way, protocol: Protocol) -> anyhow::Result<String> {
        let database = format!("corpus@{}", way.place);
        let mut pairs = vec![("user", way.user), ("database", database.as_str())];
        pairs.extend(case.startup());
        let mut client = Client::tcp(self.address);
        let mut seen = client.start(&pairs, PASSWORD);
        if seen.last().is_some_and(|last| last.tag == b'Z') {
            seen.extend(case.send(&mut client, protocol)?);
        }
        Ok(first_error(&seen).unwrap_or_else(|| "allow".to_owned()))
    }

    /// What a mode must not change, as text.
    async fn state(&self, place: &str) -> anyhow::Result<String> {
        let session = self.shop.enter(&format!("corpus@{place}")).await?;
        session
            .text(
                "SELECT concat_ws(' ', \
                 (SELECT string_agg(a::text, ',' ORDER BY id) FROM acct a WHERE id <= 2), \
                 (SELECT string_agg(d::text, ',') FROM doc d), \
                 (SELECT count(*) FROM pg_class), (SELECT count(*) FROM pg_proc), \
                 (SELECT count(*) FROM pg_roles WHERE rolname !~ '^standin'), \
                 (SELECT count(*) FROM pg_namespace WHERE nspname !~ '^pg_temp|^pg_toast_temp'), \
                 (SELECT count(*) FROM pg_largeobject_metadata), \
                 (SELECT string_agg(relacl::text, ',' ORDER BY oid) FROM pg_class \
                  WHERE relnamespace = 'public'::regnamespace))",
            )
            .await
    }
}

async fn the_corpus_holds_on(major: u32) -> anyhow::Result<()> {
    let bench = Bench::open(major).await?;
    let cases = Case::of_major(major)?;
    let before = [bench.state("copy").await?, bench.state("ao").await?];
    let (mut wrong, mut played) = (Vec::new(), 0);
    for way in &WAYS {
        for protocol in Protocol::BOTH {
            for case in &cases {
                let expected = bench.expected(case, way);
                let code = bench.play(case, way, protocol)?;
                played += 1;
                // A message of several statements has no extended form.
                let several = protocol == Protocol::Extended && code == "42601";
                if code != expected && !several {
                    let id = case.id();
                    wrong.push(format!(
                        "{id} {protocol:?} in {} as {}: {code}, not {expected}",
                        way.place, way.user
                    ));
                }
                if way.user == "app" && code == "allow" && case.fires() && way.place != "copy" {
                    bench
                        .shop
                        .json(&format!("environment reset {}", way.place))?;
                }
            }
        }
    }
    assert!(wrong.is_empty(), "on {major}:\n{}", wrong.join("\n"));
    let after = [bench.state("copy").await?, bench.state("ao").await?];
    assert_eq!(before, after);
    assert!(played > 1000, "{played} cases");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_corpus_holds_on_15() -> anyhow::Result<()> {
    the_corpus_holds_on(15).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_corpus_holds_on_16() -> anyhow::Result<()> {
    the_corpus_holds_on(16).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_corpus_holds_on_18() -> anyhow::Result<()> {
    the_corpus_holds_on(18).await
}

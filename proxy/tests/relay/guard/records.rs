//! What is told of each denial.

use proxy::relay::Denied;
use rules::config::AccessMode;
use tokio::sync::mpsc::Receiver;

use super::database::Database;
use super::{call, relay};
use crate::client::{Client, query};
use crate::harness::PASSWORD;
use crate::scripts::frames::{parse, sync};

/// What no record may hold.
const SECRET: &str = "s3cr3t";

/// The record of the denial that the client has just been told of: it is made before that.
fn record(denied: &mut Receiver<Denied>) -> Denied {
    let record = denied.try_recv().unwrap();
    assert_eq!(record.place, "qa.fix");
    assert_eq!(record.user.as_str(), "app");
    let shown = format!("{record:?}");
    assert!(!shown.contains(SECRET), "{shown}");
    record
}

#[test]
fn every_denial_is_told_of_once_and_without_its_text() {
    let database = Database::new("records");
    let harness = relay(AccessMode::ReadOnly);
    let mut denied = harness.relay.denied().unwrap();
    assert!(harness.relay.denied().is_none());
    let name = ("application_name", "nightly");
    let (mut client, _) = harness.session_with(&[("database", &database.name), name]);

    let mut prints = Vec::new();
    for value in ["1", "23", "'s3cr3t'", "E'\\'s3cr3t'", "$$s3cr3t$$", "$1"] {
        client.ask(&format!("delete from items where id = {value}"));
        let record = record(&mut denied);
        assert_eq!((record.rule, record.code), ("write.change", "25006"));
        assert_eq!(record.application_name, "nightly");
        assert_eq!(record.mode, AccessMode::ReadOnly);
        assert_eq!(record.tables, ["items"]);
        prints.push(record.fingerprint.unwrap());
    }
    client.send(&[parse("s", "DELETE  from items where id=9"), sync()].concat());
    client.until(b'Z');
    prints.push(record(&mut denied).fingerprint.unwrap());
    prints.dedup();
    assert_eq!(prints.len(), 1);

    client.ask("set application_name = 'hourly'");
    client.ask("update items set name = 's3cr3t'");
    let other = record(&mut denied);
    assert_eq!(other.application_name, "hourly");
    assert_ne!(other.fingerprint.unwrap(), prints[0]);

    client.send(&call(957, &["-1"]));
    client.until(b'Z');
    let called = record(&mut denied);
    assert_eq!((called.rule, called.code), ("fastpath", "42501"));
    assert_eq!((called.fingerprint, called.tables.len()), (None, 0));

    client.send(&query(
        "select escape('set default_transaction_read_only = off')",
    ));
    client.rest();
    let tripped = record(&mut denied);
    assert_eq!((tripped.rule, tripped.code), ("tripwire", "25006"));
    assert_eq!(tripped.fingerprint, None);
    assert!(denied.try_recv().is_err());
}

#[test]
fn each_denial_names_the_tables_that_it_would_have_written_to() {
    let harness = relay(AccessMode::ReadOnly);
    let mut client = harness.session();
    let detail = |messages: &[crate::client::Message]| {
        let error = messages.iter().find(|message| message.tag == b'E');
        error
            .and_then(|error| error.field(b'D'))
            .unwrap_or_default()
    };
    let told = detail(&client.ask("delete from public.orders where id = 's3cr3t'"));
    let rule = "Denied by rule \"write.change\" of access mode \"read-only\".";
    assert_eq!(told, format!("{rule} It writes public.orders."));
    let told = detail(&client.ask("update \"a b\" set c = 1; truncate d"));
    assert_eq!(told, format!("{rule} It writes \"a b\", d."));
    // What is not understood is denied all the same, without them.
    assert_eq!(detail(&client.ask("delete from a where ~~~ ((")), rule);
    // In a pipeline each has its own, and the earliest none where there are too many.
    let statements = (0..20).map(|number| parse("", &format!("delete from t{number}")));
    let pipeline: Vec<Vec<u8>> = statements.flat_map(|one| [one, sync()]).collect();
    client.send(&pipeline.concat());
    let told: Vec<String> = (0..20).map(|_| detail(&client.until(b'Z'))).collect();
    for (number, told) in told.iter().enumerate() {
        let own = format!("{rule} It writes t{number}.");
        let may_lack = number < 4;
        assert!(
            *told == own || (may_lack && *told == rule),
            "{number}: {told}"
        );
    }
    assert_eq!(told[19], format!("{rule} It writes t19."));
}

#[test]
fn a_session_that_was_not_begun_is_told_of() {
    let harness = relay(AccessMode::Append);
    let mut denied = harness.relay.denied().unwrap();
    let mut client = Client::tcp(harness.address);
    let asked = [
        ("user", "app"),
        ("database", "postgres"),
        ("application_name", "nightly"),
        ("role", SECRET),
    ];
    client.start(&asked, PASSWORD);
    let record = record(&mut denied);
    assert_eq!((record.rule, record.code), ("role.set", "42501"));
    assert_eq!(record.application_name, "nightly");
    assert_eq!(
        (record.mode, record.fingerprint),
        (AccessMode::Append, None)
    );
    assert!(denied.try_recv().is_err());
}

#[test]
fn denials_that_nobody_takes_hold_up_nobody() {
    let database = Database::new("untaken");
    let harness = relay(AccessMode::ReadOnly);
    let (mut client, _) = harness.session_with(&[("database", &database.name)]);
    let many = query("delete from items").repeat(100);
    for _ in 0..60 {
        client.send(&many);
        for _ in 0..100 {
            assert_eq!(client.until(b'Z').len(), 2);
        }
    }
    let mut denied = harness.relay.denied().unwrap();
    let told = std::iter::from_fn(|| denied.try_recv().ok()).count();
    assert_eq!(told, 4096);
}

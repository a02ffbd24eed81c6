//! `standin snapshot …`

use rules::target::Place;

use super::super::args::{Snapshot, Verify};
use super::super::client::Client;
use super::super::failure::Failure;
use super::super::output::{Output, ago, bytes, table};
use crate::admin::api::{Order, Taken};
use crate::branches::{Check, SnapshotId};
use crate::environments::SnapshotLine;

pub(in super::super) async fn run(
    client: &Client,
    verb: Snapshot,
    output: &Output,
) -> Result<(), Failure> {
    match verb {
        Snapshot::List => {
            let lines: Vec<SnapshotLine> = client.get("/v1/snapshots").await?;
            output.show(&lines, |lines| list(lines));
            Ok(())
        }
        Snapshot::Create { place, verify } => {
            let place: Place = place.parse().map_err(|error: rules::target::TargetError| {
                Failure::wrong_name(&error).hint("`standin environment list` shows places")
            })?;
            let noun = if place.branch.is_some() {
                "branches"
            } else {
                "environments"
            };
            let path = format!("/v1/{noun}/{place}/snapshot");
            let order = Order {
                check: verify.map(|verify| match verify {
                    Verify::Answers => Check::Answers,
                    Verify::Integrity => Check::Integrity,
                }),
                ..Order::default()
            };
            let bar = output.progress_at(&place.to_string());
            let taken: Taken = client.follow(&path, &order, bar).await?;
            output.show(&taken, |taken| {
                format!("{} ({})", taken.id, super::done(&taken.record))
            });
            Ok(())
        }
        Snapshot::Drop { snapshot } => {
            let id = SnapshotId::try_from(snapshot)
                .map_err(|error| Failure::usage(error).hint("`standin snapshot list` shows ids"))?;
            client
                .post::<()>(&format!("/v1/snapshots/{id}/drop"), &Order::default())
                .await?;
            output.done(format!("{id} is dropped"));
            Ok(())
        }
    }
}

fn list(lines: &[SnapshotLine]) -> String {
    let headings = [
        "snapshot",
        "source",
        "taken",
        "postgresql",
        "size",
        "files",
        "databases",
        "checked",
        "used by",
    ];
    let mut table = table(&headings);
    for line in lines {
        let kept = if line.kept { " · kept" } else { "" };
        let raw = if line.raw { " · RAW" } else { "" };
        table.add_row([
            line.id.clone(),
            format!("{}{raw}{kept}", line.source),
            ago(line.taken),
            line.major.to_string(),
            bytes(line.bytes),
            line.files.to_string(),
            line.databases.join(", "),
            line.checked.to_string(),
            line.used_by.join(", "),
        ]);
    }
    table.to_string()
}

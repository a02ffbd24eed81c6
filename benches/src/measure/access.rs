//! `pgbench -S` through a read-only environment, a standby with roles of its own, beside a read-write
//! one: what a hot standby and the guard's other mode cost.

use serde_json::json;
use tests::volume::Format;

use crate::Effort;
use crate::report::{Bound, Report, Samples};
use crate::rival::pgbench::{Destination, Load};
use crate::site::{DATABASE, Site, derived, filled};

const COLUMNS: &[&str] = &[
    "clients", "access", "n", "tps p50", "tps min", "tps max", "ratio",
];

/// The environments that are measured in turns.
const PLACES: [(&str, &str); 2] = [("read-only", "ro"), ("read-write", "base")];

pub(super) async fn run(effort: Effort) -> anyhow::Result<Report> {
    let read_only = derived("ro", "base", "access = \"read-only\"\nspares = 0");
    let tables = format!("{}{read_only}", filled("base", effort.of(10, 1)));
    let site = Site::start(Format::Btrfs, &tables)?;
    site.run(&["environment", "build", "base"])?;
    site.run(&["environment", "build", "ro"])?;
    let (host, port) = site.address()?;
    let (user, password) = Site::login();
    let destination = |place: &str| Destination {
        host: host.clone(),
        port,
        user: user.to_owned(),
        password: password.to_owned(),
        database: format!("{DATABASE}@{place}"),
    };
    let mut report = Report::new("access", COLUMNS);
    for clients in [1, 16] {
        let load = Load {
            clients,
            protocol: "simple",
            seconds: effort.of(6, 3),
        };
        let mut rates: [Vec<f64>; 2] = Default::default();
        for _ in 0..effort.of(5, 1) {
            for ((_, place), rates) in PLACES.iter().zip(&mut rates) {
                rates.push(load.run(&destination(place))?.per_second);
            }
        }
        let rates = rates.map(Samples::from_iter);
        let [ours, theirs] = &rates;
        for ((access, _), rates) in PLACES.iter().zip(&rates) {
            report.row(vec![
                json!(clients.to_string()),
                json!(access),
                json!(effort.of(5, 1)),
                json!(rates.p50()),
                json!(rates.percentile(0)),
                json!(rates.percentile(100)),
                json!(rates.p50() / theirs.p50()),
            ]);
        }
        report.target(
            format!("{clients} clients: read-only / read-write"),
            ours.p50() / theirs.p50(),
            Bound::AtLeast(0.97),
        );
    }
    site.stop()?.into_iter().for_each(|line| report.note(line));
    Ok(report)
}

//! `pgbench -S` through Standin and PgBouncer over the same unix socket, and directly.

use serde_json::json;
use tests::volume::Format;

use crate::Effort;
use crate::process::processor_time;
use crate::report::{Bound, Report, Samples};
use crate::rival::pgbench::{Destination, Load};
use crate::rival::pgbouncer::PgBouncer;
use crate::site::{DATABASE, ROLE, Site, filled};

/// What runs in turns.
const WAYS: [&str; 3] = ["standin", "pgbouncer", "direct"];

const COLUMNS: &[&str] = &[
    "clients",
    "protocol",
    "way",
    "tps p50",
    "tps min",
    "tps max",
    "ratio",
    "µs CPU each",
];

pub(super) async fn run(effort: Effort) -> anyhow::Result<Report> {
    let site = Site::start(Format::Btrfs, &filled("base", effort.of(10, 1)))?;
    site.run(&["environment", "build", "base"])?;
    let bed = Bed::new(&site)?;
    let mut report = Report::new("pgbench", COLUMNS);
    for clients in [16, 64] {
        for protocol in ["simple", "prepared"] {
            let load = Load {
                clients,
                protocol,
                seconds: effort.of(6, 3),
            };
            throughput(&bed, load, effort.of(3, 1), &mut report)?;
        }
    }
    for protocol in ["simple", "prepared"] {
        let load = Load {
            clients: 1,
            protocol,
            seconds: effort.of(5, 2),
        };
        latency(&bed, load, effort.of(3, 1), &mut report)?;
    }
    site.stop()?.into_iter().for_each(|line| report.note(line));
    Ok(report)
}

/// The branch and the ways to it.
struct Bed {
    standin: Destination,
    standin_pid: u32,
    direct: Destination,
    sockets: std::path::PathBuf,
}

impl Bed {
    fn new(site: &Site) -> anyhow::Result<Self> {
        let sockets = site.directory("base")?.join("run");
        let (host, port) = site.address()?;
        let (user, password) = Site::login();
        Ok(Self {
            standin: Destination {
                host,
                port,
                user: user.to_owned(),
                password: password.to_owned(),
                database: format!("{DATABASE}@base"),
            },
            standin_pid: site.pid()?,
            direct: Destination {
                host: sockets.to_string_lossy().into_owned(),
                port: 1,
                user: ROLE.to_owned(),
                password: String::new(),
                database: DATABASE.to_owned(),
            },
            sockets,
        })
    }

    /// Does something over one of [`WAYS`]; PgBouncer runs only meanwhile, so that the server
    /// connections that it keeps do not stand in anybody's way.
    fn over<T>(
        &self,
        way: &str,
        work: impl FnOnce(&Destination, Option<u32>) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        match way {
            "standin" => work(&self.standin, Some(self.standin_pid)),
            "pgbouncer" => {
                let pgbouncer = PgBouncer::start(&self.sockets)?;
                work(pgbouncer.destination(), Some(pgbouncer.pid()))
            }
            _ => work(&self.direct, None),
        }
    }
}

fn throughput(bed: &Bed, load: Load, rounds: usize, report: &mut Report) -> anyhow::Result<()> {
    let mut rates: [Vec<f64>; 3] = Default::default();
    let mut costs: [Vec<f64>; 3] = Default::default();
    for _ in 0..rounds {
        for ((way, rates), costs) in WAYS.iter().zip(&mut rates).zip(&mut costs) {
            let (outcome, cost) = bed.over(way, |to, pid| {
                let spent = || pid.map(processor_time).transpose();
                let before = spent()?;
                let outcome = load.run(to)?;
                let cost = spent()?.zip(before).map(|(after, before)| after - before);
                Ok((outcome, cost))
            })?;
            rates.push(outcome.per_second);
            costs.extend(cost.map(|cost| cost.as_secs_f64() * 1e6 / outcome.transactions));
        }
    }
    let rates = rates.map(Samples::from_iter);
    let costs = costs.map(Samples::from_iter);
    let [ours, theirs, _] = &rates;
    for ((way, rates), costs) in WAYS.iter().zip(&rates).zip(&costs) {
        let cost = (*way != "direct").then(|| costs.p50());
        report.row(vec![
            json!(load.clients.to_string()),
            json!(load.protocol),
            json!(way),
            json!(rates.p50()),
            json!(rates.percentile(0)),
            json!(rates.percentile(100)),
            json!(rates.p50() / theirs.p50()),
            json!(cost),
        ]);
    }
    let what = format!("{} clients, {}", load.clients, load.protocol);
    let ratio = ours.p50() / theirs.p50();
    report.target(
        format!("{what}: tps / PgBouncer"),
        ratio,
        Bound::AtLeast(1.0),
    );
    let [ours, theirs, _] = &costs;
    let ratio = ours.p50() / theirs.p50();
    report.target(
        format!("{what}: CPU / PgBouncer"),
        ratio,
        Bound::AtMost(1.0),
    );
    Ok(())
}

fn latency(bed: &Bed, load: Load, rounds: usize, report: &mut Report) -> anyhow::Result<()> {
    let mut medians: [Vec<f64>; 3] = Default::default();
    let mut tails: [Vec<f64>; 3] = Default::default();
    for _ in 0..rounds {
        for ((way, medians), tails) in WAYS.iter().zip(&mut medians).zip(&mut tails) {
            let latencies = bed.over(way, |to, _| load.latencies(to))?;
            medians.push(latencies.p50());
            tails.push(latencies.p99());
        }
    }
    let [ours, theirs, direct] = medians.map(|all| Samples::from_iter(all).p50());
    let [our_tail, their_tail, direct_tail] = tails.map(|all| Samples::from_iter(all).p50());
    let protocol = load.protocol;
    report.note(format!(
        "1 client, {protocol}, latency p50/p99 µs: standin {ours:.0}/{our_tail:.0}, \
         pgbouncer {theirs:.0}/{their_tail:.0}, direct {direct:.0}/{direct_tail:.0}"
    ));
    report.target(
        format!("1 client, {protocol}: added µs / PgBouncer's"),
        (ours - direct) / (theirs - direct),
        Bound::AtMost(1.0),
    );
    Ok(())
}

//! Reset: the pause of a client that reconnects in a loop, and the whole command.

use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

use tests::volume::Format;
use tokio_postgres::Config;

use super::{SCALE, SCALE_QUICK};
use crate::Effort;
use crate::client::first_row;
use crate::report::{Bound, Report, Samples, TIMES};
use crate::rival::mitosis::Mitosis;
use crate::site::{Site, derived, filled};

/// How long the client runs before and after a reset.
const MARGIN: Duration = Duration::from_millis(150);

pub(super) async fn run(effort: Effort) -> anyhow::Result<Report> {
    let scale = effort.of(SCALE, SCALE_QUICK);
    let environments = [
        filled("base", scale),
        derived("ready", "base", "spares = 1"),
        derived("bare", "base", "spares = 0"),
    ];
    let site = Site::start(Format::Btrfs, &environments.concat())?;
    for environment in ["base", "ready", "bare"] {
        site.run(&["environment", "build", environment])?;
    }
    let rival = Mitosis::find();
    let rival = rival.map(|program| Mitosis::start(program, &site.volume(), scale));
    let rival = rival.transpose()?;
    let (mut ready, mut bare) = (Seen::default(), Seen::default());
    let mut fresh = Vec::new();
    for _ in 0..effort.of(100, 5) {
        site.spares(1).await?;
        ready.reset(&site, "ready").await?;
        bare.reset(&site, "bare").await?;
        if let Some(rival) = &rival {
            fresh.push(rival.clone("reset", &["--fresh"])?.1);
        }
    }
    let mut report = Report::new("reset", TIMES);
    let pause: Samples = ready.pauses.iter().copied().collect();
    let usual: Samples = ready.usual.iter().copied().collect();
    let command: Samples = ready.commands.iter().copied().collect();
    report.row(usual.row("between two answers, no reset", None));
    report.row(pause.row("longest between two answers at a reset", Some(&usual)));
    let bare_pause: Samples = bare.pauses.iter().copied().collect();
    report.row(bare_pause.row("the same, no spare of its own", Some(&usual)));
    report.row(command.row("standin environment reset, whole command", None));
    let bare_command: Samples = bare.commands.iter().copied().collect();
    report.row(bare_command.row("the same, no spare of its own", Some(&command)));
    if let Some(rival) = rival {
        let fresh: Samples = fresh.into_iter().collect();
        report.row(fresh.row("mitosis clone --fresh, whole command", Some(&command)));
        let ratio = command.p50() / fresh.p50();
        report.target("command / mitosis", ratio, Bound::AtMost(0.5));
        rival.destroy("reset")?;
        rival.stop()?;
    }
    report.target("pause p99 ms", pause.p99(), Bound::AtMost(50.0));
    let refused = ready.refused + bare.refused;
    report.note(format!(
        "connects refused or broken off at a reset: {refused}"
    ));
    site.stop()?.into_iter().for_each(|line| report.note(line));
    Ok(report)
}

/// What clients saw at resets.
#[derive(Default)]
struct Seen {
    pauses: Vec<Duration>,
    usual: Vec<Duration>,
    commands: Vec<Duration>,
    refused: usize,
}

impl Seen {
    /// Resets while a client reconnects in a loop.
    async fn reset(&mut self, site: &Site, environment: &str) -> anyhow::Result<()> {
        let config = site.config(environment)?;
        first_row(&config).await?;
        let stop = Cell::new(false);
        let answers = RefCell::new(Vec::new());
        let reset = async {
            tokio::time::sleep(MARGIN).await;
            let begun = Instant::now();
            let took = site.timed(&["environment", "reset", environment]).await;
            let done = Instant::now();
            tokio::time::sleep(MARGIN).await;
            stop.set(true);
            took.map(|took| (begun, done, took))
        };
        let (refused, reset) = tokio::join!(reconnect(&config, &stop, &answers), reset);
        let (begun, done, took) = reset?;
        self.commands.push(took);
        self.refused += refused;
        let answers = answers.borrow();
        let gaps = answers.windows(2).map(|pair| match *pair {
            [one, next] => (next, next.duration_since(one)),
            _ => (begun, Duration::ZERO),
        });
        let mut longest = Duration::ZERO;
        for (at, gap) in gaps {
            if at < begun {
                self.usual.push(gap);
            } else if at < done + MARGIN {
                longest = longest.max(gap);
            }
        }
        self.pauses.push(longest);
        Ok(())
    }
}

/// Connects, reads one row, goes; again and again. Gives how often that failed.
async fn reconnect(config: &Config, stop: &Cell<bool>, answers: &RefCell<Vec<Instant>>) -> usize {
    let mut refused = 0;
    while !stop.get() {
        match first_row(config).await {
            Ok(_) => answers.borrow_mut().push(Instant::now()),
            Err(_) => refused += 1,
        }
    }
    refused
}

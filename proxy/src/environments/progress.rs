//! What long work says while it goes on.

use std::fmt;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use seeder::load::{Event, Phase};
use serde::{Deserialize, Serialize};

use crate::branches;

/// One line of progress.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// What is being done.
    pub step: String,
    /// How far it is, in words that change all the time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Bytes done so far, where they are counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done_bytes: Option<u64>,
    /// Bytes in all, where they are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_bytes: Option<u64>,
}

impl Progress {
    /// A step without a count.
    pub fn step(step: impl Into<String>) -> Self {
        Self {
            step: step.into(),
            detail: None,
            done_bytes: None,
            total_bytes: None,
        }
    }

    /// A step and how far it is.
    fn at(step: &str, detail: String) -> Self {
        Self {
            detail: Some(detail),
            ..Self::step(step)
        }
    }
}

/// Makes lines of what a load of seed data tells; rows are told of now and then only.
#[derive(Debug)]
pub struct LoadProgress {
    told: Mutex<Instant>,
}

/// How often a load says how far it is.
const TOLD_EVERY: Duration = Duration::from_millis(200);

impl Default for LoadProgress {
    fn default() -> Self {
        Self {
            told: Mutex::new(Instant::now()),
        }
    }
}

impl LoadProgress {
    /// Whether it is time to say how far it is.
    fn is_due(&self) -> bool {
        let mut told = self.told.lock().expect("nothing panics while it is held");
        let due = told.elapsed() >= TOLD_EVERY;
        if due {
            *told = Instant::now();
        }
        due
    }

    /// The line of an event, where it is worth one.
    pub fn line(&self, event: &Event) -> Option<Progress> {
        match event {
            Event::Phase(phase) => Some(Progress::step(phase_text(*phase))),
            Event::Kept { table } => Some(Progress::step(format!("{table} has rows already"))),
            Event::Rows {
                table, rows, of, ..
            } => {
                let detail = || format!("{table}, {rows} of {of} rows");
                let step = phase_text(Phase::Copy);
                self.is_due().then(|| Progress::at(step, detail()))
            }
        }
    }
}

/// Makes lines of what a masked copy tells; rows are told of now and then only.
#[derive(Debug, Default)]
pub struct CopyProgress {
    load: LoadProgress,
    only_read: bool,
}

impl CopyProgress {
    /// For work that reads production's rows and copies none.
    pub fn reading() -> Self {
        Self {
            only_read: true,
            ..Self::default()
        }
    }

    fn text(&self, phase: masker::copy::Phase) -> &'static str {
        match self.only_read {
            true => "read and mask rows",
            false => copy_text(phase),
        }
    }

    /// The line of an event, where it is worth one.
    pub fn line(&self, event: &masker::copy::Event) -> Option<Progress> {
        match event {
            masker::copy::Event::Collected(found) => self.load.is_due().then(|| {
                Progress::step(format!("collect rows: {} of {}", found.rows, found.table))
            }),
            masker::copy::Event::Phase(phase) => Some(Progress::step(self.text(*phase))),
            masker::copy::Event::Rows(moved) => {
                let step = self.text(masker::copy::Phase::Rows);
                let due = self.load.is_due();
                due.then(|| Progress::at(step, moved_text(moved)))
            }
        }
    }
}

fn copy_text(phase: masker::copy::Phase) -> &'static str {
    use masker::copy::Phase;
    match phase {
        Phase::Dump => "dump production's schema",
        Phase::Schema => "restore the schema",
        Phase::Rows => "copy and mask rows",
        Phase::Constraints => "make indexes and constraints",
        Phase::Sequences => "move sequences",
        Phase::Vacuum => "vacuum and analyse",
    }
}

fn moved_text(moved: &masker::copy::Moved) -> String {
    let left = moved.left().map_or_else(String::new, |left| {
        format!(", about {} s left", left.as_secs() + 1)
    });
    format!(
        "{}, {} of about {} rows and {:.1} MB of all tables, {:.0} rows/s, {:.1} MB/s{left}",
        moved.table,
        moved.all_rows,
        moved.all_of,
        moved.all_bytes as f64 / 1e6,
        moved.rows_per_second(),
        moved.bytes_per_second() / 1e6,
    )
}

fn phase_text(phase: Phase) -> &'static str {
    match phase {
        Phase::Prepare => "set foreign keys and triggers aside",
        Phase::Copy => "load rows",
        Phase::ForeignKeys => "validate foreign keys",
        Phase::Sequences => "move sequences",
        Phase::Vacuum => "vacuum and analyse",
        Phase::Refresh => "refresh materialised views",
        Phase::Restore => "put triggers back",
    }
}

impl From<branches::Progress> for Progress {
    fn from(progress: branches::Progress) -> Self {
        Self {
            step: progress.phase.to_owned(),
            detail: None,
            done_bytes: Some(progress.done_bytes).filter(|done| *done > 0),
            total_bytes: progress.total_bytes,
        }
    }
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.step)?;
        if let Some(detail) = &self.detail {
            write!(f, ": {detail}")?;
        }
        let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
        match (self.done_bytes, self.total_bytes) {
            (Some(done), Some(total)) => write!(f, " {:.1} of {:.1} MiB", mib(done), mib(total)),
            (Some(done), None) => write!(f, " {:.1} MiB", mib(done)),
            (None, _) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use masker::copy::Moved;
    use rules::schema::Name;

    use super::*;

    #[test]
    fn a_copy_says_rows_bytes_rate_and_the_time_left() {
        let mut moved = Moved {
            table: Name::new("public", "orders"),
            rows: 10,
            of: 20,
            all_rows: 250_000,
            all_of: 1_000_000,
            all_bytes: 42_000_000,
            elapsed: Duration::from_secs(10),
        };
        let line = Progress::at(copy_text(masker::copy::Phase::Rows), moved_text(&moved));
        assert_eq!(
            line.to_string(),
            "copy and mask rows: public.orders, 250000 of about 1000000 rows and 42.0 MB of all tables, \
             25000 rows/s, 4.2 MB/s, about 31 s left"
        );
        moved.all_rows = 0;
        assert!(!moved_text(&moved).contains("left"), "no rate yet");
    }
}

//! What a measurement found: a table that lines up, and its targets with whether they are met.

use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};

/// Measured times, in milliseconds, sorted.
#[derive(Debug, Clone, Default)]
pub(crate) struct Samples {
    sorted: Vec<f64>,
}

impl FromIterator<Duration> for Samples {
    fn from_iter<I: IntoIterator<Item = Duration>>(times: I) -> Self {
        times
            .into_iter()
            .map(|time| time.as_secs_f64() * 1_000.0)
            .collect()
    }
}

impl FromIterator<f64> for Samples {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        let mut sorted: Vec<f64> = values.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        Self { sorted }
    }
}

impl Samples {
    /// The value that `percent` of all samples do not exceed (nearest rank).
    pub(crate) fn percentile(&self, percent: usize) -> f64 {
        let rank = (self.sorted.len() * percent).div_ceil(100).max(1);
        self.sorted.get(rank - 1).copied().unwrap_or(f64::NAN)
    }

    pub(crate) fn p50(&self) -> f64 {
        self.percentile(50)
    }

    pub(crate) fn p99(&self) -> f64 {
        self.percentile(99)
    }

    /// Cells for [`TIMES`], with the ratio of the medians where there is something to compare with.
    pub(crate) fn row(&self, what: &str, against: Option<&Samples>) -> Vec<Value> {
        let ratio = against.map(|other| self.p50() / other.p50());
        vec![
            json!(what),
            json!(self.sorted.len()),
            json!(self.p50()),
            json!(self.p99()),
            json!(self.percentile(0)),
            json!(self.percentile(100)),
            json!(ratio),
        ]
    }
}

/// Columns of times; the ratio is of medians, to the row that the report names.
pub(crate) const TIMES: &[&str] = &["ms", "n", "p50", "p99", "min", "max", "ratio"];

/// One measurement's outcome.
#[derive(Debug)]
pub(crate) struct Report {
    name: String,
    columns: &'static [&'static str],
    rows: Vec<Vec<Value>>,
    targets: Vec<Target>,
    notes: Vec<String>,
}

#[derive(Debug)]
struct Target {
    what: String,
    found: f64,
    bound: Bound,
}

/// Which side of a number is good.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Bound {
    AtMost(f64),
    AtLeast(f64),
}

impl Bound {
    fn is_met(self, found: f64) -> bool {
        match self {
            Self::AtMost(most) => found <= most,
            Self::AtLeast(least) => found >= least,
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(most) => write!(f, "≤ {most}"),
            Self::AtLeast(least) => write!(f, "≥ {least}"),
        }
    }
}

impl Report {
    /// An empty table.
    pub(crate) fn new(name: &str, columns: &'static [&'static str]) -> Self {
        Self {
            name: name.to_owned(),
            columns,
            rows: Vec::new(),
            targets: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Adds a row, one cell a column.
    pub(crate) fn row(&mut self, cells: Vec<Value>) {
        self.rows.push(cells);
    }

    /// Holds a figure against its target.
    pub(crate) fn target(&mut self, what: impl Into<String>, found: f64, bound: Bound) {
        self.targets.push(Target {
            what: what.into(),
            found,
            bound,
        });
    }

    /// Says what the table does not.
    pub(crate) fn note(&mut self, text: impl Into<String>) {
        self.notes.push(text.into());
    }

    /// The same for programs.
    pub(crate) fn json(&self) -> Value {
        let row = |cells: &Vec<Value>| -> Value {
            let named = self.columns.iter().zip(cells);
            named
                .map(|(column, cell)| ((*column).to_owned(), cell.clone()))
                .collect::<serde_json::Map<String, Value>>()
                .into()
        };
        let target = |target: &Target| {
            json!({
                "what": target.what,
                "found": target.found,
                "target": target.bound.to_string(),
                "met": target.bound.is_met(target.found),
            })
        };
        json!({
            "measurement": self.name,
            "rows": self.rows.iter().map(row).collect::<Vec<_>>(),
            "targets": self.targets.iter().map(target).collect::<Vec<_>>(),
            "notes": self.notes,
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.name)?;
        let mut lines = vec![
            self.columns
                .iter()
                .map(|column| (*column).to_owned())
                .collect(),
        ];
        lines.extend(
            self.rows
                .iter()
                .map(|row| row.iter().map(cell).collect::<Vec<_>>()),
        );
        let width = |column: usize| {
            let cells = lines.iter().filter_map(|line| line.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.columns.len()).map(width).collect();
        for line in &lines {
            for (column, (cell, width)) in line.iter().zip(&widths).enumerate() {
                match column {
                    0 => write!(f, "  {cell:<width$}")?,
                    _ => write!(f, "  {cell:>width$}")?,
                }
            }
            writeln!(f)?;
        }
        for target in &self.targets {
            let verdict = match target.bound.is_met(target.found) {
                true => "met",
                false => "MISSED",
            };
            let (what, bound) = (&target.what, target.bound);
            let found = number(target.found);
            writeln!(f, "  {verdict}: {what} {bound}, found {found}")?;
        }
        self.notes
            .iter()
            .try_for_each(|note| writeln!(f, "  {note}"))
    }
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Number(count) if count.is_u64() => count.to_string(),
        other => other.as_f64().map_or_else(|| other.to_string(), number),
    }
}

/// Three or more digits that say something.
fn number(value: f64) -> String {
    match value.abs() {
        size if size >= 1_000.0 => format!("{value:.0}"),
        size if size >= 100.0 => format!("{value:.1}"),
        size if size >= 10.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

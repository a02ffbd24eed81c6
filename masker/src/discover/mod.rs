//! Discovery: proposes what becomes of each column, from its name, type, comment, foreign keys and
//! a sample of its values.
//!
//! Reads production and nothing else, read-only and bounded in time and memory. No value leaves this
//! process: a report holds counts, classes and shapes. Never proposes to keep a column: what is not
//! recognised stays undecided, for a person to decide.

mod class;
mod drift;
mod judge;
mod leaves;
mod propose;
mod report;
mod run;
mod sample;
mod session;
mod shown;
mod table;
mod toml;

pub use class::{Class, Confidence};
pub use drift::Since;
pub use judge::{Finding, judge};
pub use report::{
    Change, ChangeKind, ColumnReport, Counts, PartReport, Proposal, Report, TableReport, Unread,
};
pub use run::{DiscoverError, Options, Progress, discover};
pub use shown::{HEADS, Line, lines};
pub use toml::toml;

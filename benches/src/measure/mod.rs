//! What is measured, one file each.

mod access;
mod branch;
mod copy;
mod crowd;
mod idle;
mod mask;
mod pgbench;
mod reset;
mod seed;
mod sessions;

use clap::ValueEnum;

use branch::{cold, generations, scale, wake, warm};

use crate::Effort;
use crate::report::Report;

/// `pgbench -i -s 95` makes 1.4 GB.
const SCALE: u32 = 95;

/// The scale of a quick run.
const SCALE_QUICK: u32 = 5;

/// A measurement by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Measurement {
    /// Connect by name to a branch that does not exist: first row, on XFS.
    ColdXfs,
    /// The same on btrfs.
    ColdBtrfs,
    /// The same with ten times the data.
    Scale,
    /// Branches of branches, with rows rewritten in each.
    Generations,
    /// A new branch where a spare stands by.
    Warm,
    /// The pause of a client at a reset, and the whole command.
    Reset,
    /// The first row of a branch that sleeps.
    Wake,
    /// Memory and disk of a branch that nobody uses.
    Idle,
    /// `pgbench -S` through Standin, PgBouncer and directly.
    Pgbench,
    /// `pgbench -S` through a read-only and a read-write environment.
    Access,
    /// COPY of 1 GB, both ways, plain and TLS.
    Copy,
    /// Memory of sessions that do nothing.
    Sessions,
    /// Rows made and thrown away, beside seedgen.
    SeedGenerate,
    /// Five million users made and loaded, beside COPY of the same bytes.
    SeedLoad,
    /// Memory of a load of few rows and of many.
    SeedMemory,
    /// An environment of thirty tables and a million rows made from nothing.
    SeedCold,
    /// Reset of gigabytes of seed data beside megabytes.
    SeedReset,
    /// Many branches at once, and listing many.
    Crowd,
    /// A masked copy beside plain ones.
    MaskCopy,
    /// A masked copy of a hundredth of the rows.
    MaskSubset,
    /// What a thousand columns hold.
    MaskDiscover,
}

impl Measurement {
    /// The name on the command line.
    pub(crate) fn name(self) -> String {
        let value = self.to_possible_value();
        value.map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// Measures.
    pub(crate) async fn run(self, effort: Effort) -> anyhow::Result<Report> {
        use tests::volume::Format;
        match self {
            Self::ColdXfs => cold::run(Format::Xfs, "cold-xfs", effort).await,
            Self::ColdBtrfs => cold::run(Format::Btrfs, "cold-btrfs", effort).await,
            Self::Scale => scale::run(effort).await,
            Self::Generations => generations::run(effort).await,
            Self::Access => access::run(effort).await,
            Self::Warm => warm::run(effort).await,
            Self::Reset => reset::run(effort).await,
            Self::Wake => wake::run(effort).await,
            Self::Idle => idle::run(effort).await,
            Self::Pgbench => pgbench::run(effort).await,
            Self::Copy => copy::run(effort).await,
            Self::Sessions => sessions::run(effort).await,
            Self::SeedGenerate => seed::generate::run_all(effort).await,
            Self::SeedLoad => seed::load::run_all(effort).await,
            Self::SeedMemory => seed::memory::run_all(effort).await,
            Self::SeedCold => seed::cold::run_all(effort).await,
            Self::SeedReset => seed::reset::run_all(effort).await,
            Self::Crowd => crowd::run(effort).await,
            Self::MaskCopy => mask::copy::run(effort).await,
            Self::MaskSubset => mask::subset::run(effort).await,
            Self::MaskDiscover => mask::discover::run(effort).await,
        }
    }
}

//! The arguments of `standin seed`.

use clap::{Args, Subcommand};

use crate::environments::SeedChange;

#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub(in super::super) enum Seed {
    /// Show what would be made: order, rows and where each column comes from, with reasons.
    Plan(Plan),
    /// Fill the empty tables of a database that you reach by a URL.
    Run(Run),
    /// Check every constraint of the catalogue against the rows that are there.
    Audit(Audit),
    /// Show where one cell comes from, with its row.
    Explain(Explain),
    /// List scenarios, or those of an environment or branch with the keys of their rows.
    Scenarios(Scenarios),
    /// List the generators that rules under [seed.tables] may name.
    Generators,
}

const EXAMPLES: &str = "\
Examples:
  standin seed plan qa                                 what a reseed of qa would make
  standin seed plan qa --scale 10                      the same with ten times the rows
  standin seed plan --url postgres:///shop?host=/run/postgresql
  standin seed run --url postgres://me@localhost/shop  fill what is empty there
  standin seed audit qa                                every constraint, asked again
  standin seed explain orders.status 17 qa             why row 17 of orders has this status
  standin seed scenarios                               what `scenarios = [\"…\"]` may name
  standin seed scenarios qa --json                     the keys of its rows, for tests
  standin seed plan qa --scenario overdue-invoice      whether the schema allows its rows
  standin seed generators                              what `with = \"…\"` may name

Exit codes: 0 done, 1 refused, failed or violated, 2 wrong usage or configuration.";

/// Which schema: an environment's, or that of a database.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(super) struct Chosen {
    /// The environment; the daemon runs its migrations aside and publishes nothing.
    #[arg(value_name = "ENVIRONMENT")]
    pub(super) environment: Option<String>,
    /// Connection URL of a database, over TCP or a unix socket, without TLS.
    #[arg(long, value_name = "URL")]
    pub(super) url: Option<String>,
}

/// What to plan with in place of what the configuration says.
#[derive(Debug, Args)]
pub(super) struct Changed {
    /// Everything random follows from it [default: the environment's; 42 with --url].
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// How many times the usual number of rows [default: the environment's; 1 with --url].
    #[arg(long = "scale", value_name = "FACTOR", value_parser = per_mille)]
    scale_per_mille: Option<u64>,
    /// One more scenario, of [[seed.scenario]] or built in; may be given several times.
    #[arg(long = "scenario", value_name = "NAME")]
    scenarios: Vec<String>,
}

impl Changed {
    pub(super) fn change(&self) -> SeedChange {
        SeedChange {
            seed: self.seed,
            scale_per_mille: self.scale_per_mille,
            scenarios: self.scenarios.clone(),
        }
    }
}

#[derive(Debug, Args)]
pub(in super::super) struct Plan {
    #[command(flatten)]
    pub(super) chosen: Chosen,
    #[command(flatten)]
    pub(super) changed: Changed,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Tables that hold rows keep them. Foreign keys are set aside while rows are loaded and validated
afterwards, unless `mode = \"live\"` under [seed]. A run that fails leaves the tables empty again,
or says what it could not put back. The production of the configuration is refused.")]
pub(in super::super) struct Run {
    /// Connection URL of the database, over TCP or a unix socket, without TLS.
    #[arg(long, value_name = "URL")]
    pub(super) url: String,
    #[command(flatten)]
    pub(super) changed: Changed,
    /// Threads that make rows [default: one each core].
    #[arg(long, value_name = "COUNT")]
    pub(super) workers: Option<std::num::NonZeroUsize>,
}

#[derive(Debug, Args)]
pub(in super::super) struct Scenarios {
    /// The environment or branch; without one, what the configuration has and what is built in.
    #[arg(value_name = "PLACE")]
    pub(super) place: Option<String>,
}

#[derive(Debug, Args)]
pub(in super::super) struct Audit {
    #[command(flatten)]
    pub(super) chosen: Chosen,
    /// The database, where an environment has several.
    #[arg(long, conflicts_with = "url")]
    pub(super) database: Option<String>,
}

#[derive(Debug, Args)]
pub(in super::super) struct Explain {
    /// The column: table.column or schema.table.column.
    #[arg(value_name = "TABLE.COLUMN")]
    pub(super) column: String,
    /// The row's number, from 0 in the order of making.
    pub(super) row: u64,
    #[command(flatten)]
    pub(super) chosen: Chosen,
    #[command(flatten)]
    pub(super) changed: Changed,
}

/// Reads a scale, in thousandths.
fn per_mille(text: &str) -> Result<u64, String> {
    // A thousand rows a table, ten million fold, are more than a table can hold.
    const SCALE_MAX: f64 = 10_000_000.0;
    let expected = || "a factor from 0.001 to 10000000, such as 0.1 or 10".to_owned();
    let factor: f64 = text.parse().map_err(|_| expected())?;
    let in_bounds = (0.001..=SCALE_MAX).contains(&factor);
    in_bounds
        .then_some((factor * 1_000.0).round() as u64)
        .ok_or_else(expected)
}

#[cfg(test)]
mod tests {
    use super::per_mille;

    #[test]
    fn a_scale_is_a_factor_within_bounds() {
        assert_eq!(per_mille("1"), Ok(1_000));
        assert_eq!(per_mille("0.001"), Ok(1));
        assert_eq!(per_mille("2.5"), Ok(2_500));
        for wrong in ["0", "-1", "NaN", "inf", "1e9", "x"] {
            assert!(per_mille(wrong).is_err(), "{wrong}");
        }
    }
}

//! The arguments of `standin mask`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// More rows of a table say no more, and take their time.
const ROWS_MAX: u64 = 100_000;

#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub(in super::super) enum Mask {
    /// Make the key that every replaced value follows from.
    #[command(subcommand)]
    Key(Key),
    /// Propose what becomes of each column, by its name and a sample of production's values.
    Discover(Discover),
    /// Show what becomes of each column of production, and what is still undecided.
    Plan(Plan),
    /// Say how the decision about one column comes about.
    Explain(Explain),
    /// List the transformers that rules under [masking.tables] may name.
    Transformers,
    /// Read and mask production as a copy would, and count; nothing is written.
    Copy(Copy),
    /// Look for production's values in an environment or branch as it is now.
    Verify(Verify),
}

const EXAMPLES: &str = "\
Examples:
  standin mask key new masking.key          32 random bytes that only you can read
  standin mask discover                     what columns seem to hold, and what may become of them
  standin mask discover --toml              the same as rules for the configuration
  standin mask plan                         every column with its decision, domain and what it keeps
  standin mask plan --undecided             only what keeps a copy from being made
  standin mask explain customers.email      which rule decides, and why
  standin mask plan --preview 3             and for three values of each column its shape and what replaces it
  standin mask copy --dry-run               rows, bytes and replaced values of a copy, without making one
  standin mask verify prod-copy.my-case     whether anything of production is in a branch, asked again
  standin mask transformers                 what `with = \"…\"` may name
  standin environment refresh prod-copy     a new masked copy, proved, then published

Production is only read, by the login of [production].
Exit codes: 0 done, 1 refused or failed, 2 wrong usage or configuration.";

#[derive(Debug, Subcommand)]
pub(in super::super) enum Key {
    /// Write a new key into a file that only you can read.
    New(NewKey),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Whoever has the key and a copy can find out which value was whose: keep it as you keep a password.
A new key means new values everywhere. An existing file is never replaced.")]
pub(in super::super) struct NewKey {
    /// The file.
    #[arg(value_name = "FILE", default_value = "masking.key")]
    pub(super) file: PathBuf,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  standin mask discover                        what each column seems to hold, how sure that is, why
  standin mask discover --toml > rules.toml    rules to put below [masking]; what is not sure is a comment
  standin mask discover --json > seen.json     for programs, and for a later run
  standin mask discover --since seen.json      what is new, gone or of another type since then

[production] is enough; no key is needed. What the configuration decides about is left alone, and a rule
whose column is gone, or whose type it does not fit any more, is named. Nothing is proposed to be kept:
what is not recognised stays undecided, for you to decide. Production is only read, a sample of each
table, and no value is shown or written: names, counts, and shapes such as Aaaa99.
Exit codes: 0 done, 1 refused or failed, 2 wrong usage or configuration.")]
pub(in super::super) struct Discover {
    /// Print rules for the configuration rather than a table for people.
    #[arg(long)]
    pub(super) toml: bool,
    /// Rows of each table that are looked at, about.
    #[arg(long, value_name = "COUNT", default_value_t = 1_000,
          value_parser = clap::value_parser!(u64).range(1..=ROWS_MAX))]
    pub(super) rows: u64,
    /// What an earlier run printed with --json: its schema is compared with today's.
    #[arg(long, value_name = "FILE")]
    pub(super) since: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(in super::super) struct Plan {
    /// Show only what keeps a copy from being made.
    #[arg(long)]
    pub(super) undecided: bool,
    /// Show for so many values of each column that is replaced the shape of what production has and
    /// what a copy would hold; reads the first rows of each table.
    #[arg(long, value_name = "N", conflicts_with = "undecided")]
    pub(super) preview: Option<usize>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Everything is read and masked as in a copy, so that whatever would stop one by a value is told now.
A copy itself is made, proved and published by `standin environment build` and `refresh`.")]
pub(in super::super) struct Copy {
    /// Write nothing; without it nothing is done here.
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Tables that are read at the same time; as many as there are cores without it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=16))]
    pub(super) workers: Option<u16>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Production is read once more, and every value that a copy would replace is looked for in the place: its
cells, schema, statistics and files. What people wrote there since is looked at like everything else.
Exits 1 where something is found; places and numbers are told, never values.")]
pub(in super::super) struct Verify {
    /// The environment or branch: environment or environment.branch.
    #[arg(value_name = "PLACE")]
    pub(super) place: String,
}

#[derive(Debug, Args)]
pub(in super::super) struct Explain {
    /// The column: table.column or schema.table.column.
    #[arg(value_name = "TABLE.COLUMN")]
    pub(super) column: String,
}

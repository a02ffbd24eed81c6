//! The arguments of `standin mask`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub(in super::super) enum Mask {
    /// Make the key that every replaced value follows from.
    #[command(subcommand)]
    Key(Key),
    /// Show what becomes of each column of production, and what is still undecided.
    Plan(Plan),
    /// Say how the decision about one column comes about.
    Explain(Explain),
    /// List the transformers that rules under [masking.tables] may name.
    Transformers,
}

const EXAMPLES: &str = "\
Examples:
  standin mask key new masking.key          32 random bytes that only you can read
  standin mask plan                         every column with its decision, domain and what it keeps
  standin mask plan --undecided             only what keeps a copy from being made
  standin mask explain customers.email      which rule decides, and why
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
pub(in super::super) struct Plan {
    /// Show only what keeps a copy from being made.
    #[arg(long)]
    pub(super) undecided: bool,
}

#[derive(Debug, Args)]
pub(in super::super) struct Explain {
    /// The column: table.column or schema.table.column.
    #[arg(value_name = "TABLE.COLUMN")]
    pub(super) column: String,
}

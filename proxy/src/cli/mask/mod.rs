//! `standin mask …`: the key, what becomes of each column, and why; rehearsals and proofs.
//!
//! Production is read from here, with the login of the configuration; nothing is written there.

pub(super) mod arguments;
mod discover;
pub(super) mod key;
mod prove;
mod show;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use masker::run::{self, MaskError, Opened, PreviewTable};
use masker::shown::{self, Shown, ShownColumn};
use rules::mask::Transformer;
use serde::Serialize;

use super::failure::Failure;
use super::local::check;
use super::output::Output;
use super::runtime;
use crate::daemon;
use crate::environments::{Masking, chain};
use arguments::{Key, Mask};

pub(super) fn run(config: &Path, verb: Mask, output: &Output) -> Result<ExitCode, Failure> {
    match verb {
        Mask::Key(Key::New(asked)) => key::new(&asked, output)?,
        Mask::Discover(asked) => runtime()?.block_on(discover::run(config, &asked, output))?,
        Mask::Transformers => output.show(&transformers(), |all| show::transformers(all)),
        Mask::Plan(asked) => {
            let planned = runtime()?.block_on(planned(config, asked.preview))?;
            output.show(&planned, |planned| show::plan(planned, asked.undecided));
            if !planned.shown.problems.is_empty() {
                return Ok(ExitCode::FAILURE);
            }
        }
        Mask::Copy(asked) => prove::rehearse(config, &asked, output)?,
        Mask::Verify(asked) => return prove::verify(config, &asked, output),
        Mask::Explain(asked) => {
            let shown = runtime()?.block_on(looked(config))?;
            let (table, column) = find(&shown, &asked.column)?;
            let explained = Explained {
                table: table.to_owned(),
                column: column.clone(),
                sharing: sharing(&shown, column),
                problems: shown
                    .problems
                    .iter()
                    .filter(|problem| problem.table == table)
                    .filter(|problem| problem.column.as_ref() == Some(&column.name))
                    .cloned()
                    .collect(),
            };
            output.show(&explained, show::explained);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// One transformer, for programs.
#[derive(Debug, Serialize)]
struct Listed {
    name: &'static str,
    /// A paragraph.
    does: &'static str,
    /// Options, as a rule has them.
    takes: &'static str,
    by: String,
    unique: &'static str,
    preserves: String,
}

fn transformers() -> Vec<Listed> {
    let all = Transformer::names().filter_map(Transformer::named);
    all.map(|one| {
        let nature = one.nature();
        Listed {
            name: one.name(),
            does: one.does(),
            takes: one.takes(),
            by: format!("{:?}", nature.by).to_lowercase(),
            unique: match nature.unique {
                rules::mask::Unique::Bijection => "one for one",
                rules::mask::Unique::Token => "with enough room",
                rules::mask::Unique::No => "no",
            },
            preserves: rules::mask::Mask::plain(one).preserves().join(", "),
        }
    })
    .collect()
}

/// Why a column is masked as it is.
#[derive(Debug, Serialize)]
struct Explained {
    table: String,
    column: ShownColumn,
    /// Columns of the same domain.
    sharing: Vec<String>,
    problems: Vec<rules::mask::Problem>,
}

fn find<'s>(shown: &'s Shown, name: &str) -> Result<(&'s str, &'s ShownColumn), Failure> {
    let (table, column) = name.rsplit_once('.').ok_or_else(|| {
        Failure::usage(format!("{name:?} is no column")).hint("it is written table.column")
    })?;
    let full = match table.contains('.') {
        true => table.to_owned(),
        false => format!("public.{table}"),
    };
    let found = shown.tables.iter().find(|other| other.name == full);
    let found = found.ok_or_else(|| {
        Failure::failed(format!("production has no table {full}"))
            .hint("`standin mask plan` lists them; a partition is masked like its table")
    })?;
    let column = found.columns.iter().find(|other| other.name == column);
    let column = column.ok_or_else(|| {
        let names: Vec<&str> = found
            .columns
            .iter()
            .map(|column| column.name.as_str())
            .collect();
        Failure::failed(format!("{full} has no such column"))
            .hint(format!("it has {}", names.join(", ")))
    })?;
    Ok((&found.name, column))
}

fn sharing(shown: &Shown, column: &ShownColumn) -> Vec<String> {
    let Some(domain) = &column.domain else {
        return Vec::new();
    };
    let of = |table: &shown::ShownTable| {
        let columns = table.columns.iter();
        let columns = columns.filter(|other| other.domain.as_ref() == Some(domain));
        columns
            .map(|other| format!("{}.{}", table.name, other.name))
            .collect::<Vec<_>>()
    };
    shown.tables.iter().flat_map(of).collect()
}

/// A plan, and pairs of values where they were asked for.
#[derive(Debug, Serialize)]
struct Planned {
    #[serde(flatten)]
    shown: Shown,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    preview: Vec<PreviewTable>,
}

/// Looks at production.
async fn looked(config: &Path) -> Result<Shown, Failure> {
    Ok(planned(config, None).await?.shown)
}

async fn planned(config: &Path, preview: Option<usize>) -> Result<Planned, Failure> {
    let (masking, opened) = opened(config).await?;
    // Without a plan there is nothing to show; what is wrong with it is shown instead.
    let preview = match preview {
        Some(pairs) if opened.looked.plan.is_ok() => opened.preview(pairs).await,
        _ => Ok(Vec::new()),
    };
    let looked = opened.close().await;
    Ok(Planned {
        shown: shown::shown(&looked, masking.key.id()),
        preview: preview.map_err(|error| failure(&error))?,
    })
}

async fn opened(config: &Path) -> Result<(Arc<Masking>, Opened), Failure> {
    let masking = masking(config)?;
    let opened = run::open(&masking.production, &masking.rules, &masking.key).await;
    let opened = opened.map_err(|error| failure(&error))?;
    Ok((masking, opened))
}

fn masking(config: &Path) -> Result<Arc<Masking>, Failure> {
    let loaded = daemon::load(config).map_err(check::failure)?;
    let settings = loaded.environment_settings().map_err(check::failure)?;
    settings.masking.ok_or_else(|| {
        Failure::configuration("the configuration has no [production] with [masking]").hint(
            "`standin mask key new` makes a key; the template of `standin init --production URL` \
             shows the tables",
        )
    })
}

fn failure(error: &MaskError) -> Failure {
    let failed = Failure::failed(chain(error));
    error.hint().into_iter().fold(failed, Failure::hint)
}

//! The life of a masked copy: look at production, decide, plan; copy; prove; sign.

mod figures;
mod preview;
mod rehearse;
mod watching;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use rules::mask::{Decisions, MaskRules, Problem, Reached, Reference, Rows, Subset, decide};
use rules::schema::{Name, Schema, TableKind};
use seeder::key::Key;
use seeder::person::{Locales, People, UnknownLocale};
use tokio_postgres::Config;

use crate::copy::{self, CopyError, Job, Programs, Progress};
use crate::facts::Facts;
use crate::key::MaskKey;
use crate::leak::leaks;
use crate::plan::{self, Figures, Plan, Request};
use crate::source::{LOCK_WAIT, Production, Source, SourceError};
use crate::step::step;
use crate::subset::{self, Picked, SubsetError};
use crate::verify::{self, Gate, GateError, Loaded, LookedFor, Referring};

pub use preview::{PreviewColumn, PreviewTable};
pub use rehearse::{Placed, Rehearsed, RehearsedColumn, RehearsedTable};

pub(crate) use figures::figures;
use watching::{Watching, unlooked};

/// Why no masked copy was made; nothing of one may be used then.
#[derive(Debug, thiserror::Error)]
pub enum MaskError {
    /// Production could not be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The statistics could not be read.
    #[error("read production's statistics")]
    Statistics(#[source] tokio_postgres::Error),
    /// Rows could not be counted that refer to none.
    #[error("count rows of production by the references of the rules")]
    References(#[source] tokio_postgres::Error),
    /// A locale of the rules is unknown.
    #[error(transparent)]
    Locale(#[from] UnknownLocale),
    /// Columns are undecided, or decisions do not fit.
    #[error("the rules do not fit production:\n{}", lines(.0))]
    Plan(Vec<Problem>),
    /// The rows of a subset could not be found.
    #[error(transparent)]
    Subset(#[from] SubsetError),
    /// Rows or the schema could not be copied.
    #[error(transparent)]
    Copy(#[from] CopyError),
    /// The copy could not be looked at.
    #[error("verify the copy")]
    Gate(#[from] GateError),
    /// Something of production is in the copy, or something of its shape is not.
    #[error("the copy is not clean:\n{}", found(.0))]
    NotClean(Box<verify::Report>),
}

impl MaskError {
    /// What to do about it, in one sentence.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Source(error) => error.hint(),
            Self::Statistics(_) | Self::References(_) => None,
            Self::Locale(_) => Some("`locales` under [masking] names it"),
            Self::Plan(_) => {
                Some("`standin mask plan` shows every column; write rules under [masking.tables]")
            }
            Self::Subset(error) => error.hint(),
            Self::Copy(error) => error.hint(),
            Self::Gate(_) => Some("nothing was published"),
            Self::NotClean(_) => Some(
                "nothing was published; mask the columns that still hold what others hide, under \
                 one domain",
            ),
        }
    }
}

/// Production's schema, what is decided about it, and what a copy would do.
#[derive(Debug)]
pub struct Looked {
    /// The schema.
    pub schema: Schema,
    /// What else is known of production.
    pub facts: Facts,
    /// One decision for every column.
    pub decisions: Decisions,
    /// Rows and different values, as production's statistics have them, else as a sample has.
    pub figures: BTreeMap<Name, Figures>,
    /// The plan, or everything that keeps a copy from being made.
    pub plan: Result<Plan, Vec<Problem>>,
}

/// A snapshot of production that is held, and what is known of it.
pub struct Opened {
    source: Source,
    /// Which rows are copied; `None` for all.
    subset: Option<Subset>,
    /// References that no foreign key declares.
    references: Vec<Reference>,
    /// What was looked at.
    pub looked: Looked,
}

/// Takes a snapshot of production, and plans; reads no row.
///
/// # Errors
/// When production cannot be read; what is wrong with the rules is in the plan.
pub fn open<'a>(
    production: &'a Production,
    rules: &'a MaskRules,
    key: &'a MaskKey,
) -> BoxFuture<'a, Result<Opened, MaskError>> {
    Box::pin(opened(production, rules, key))
}

async fn opened(
    production: &Production,
    rules: &MaskRules,
    key: &MaskKey,
) -> Result<Opened, MaskError> {
    let source = Source::open(production, LOCK_WAIT).await?;
    let schema = source.schema().await?;
    let facts = source.facts().await?;
    let mut figures = figures(&source, &schema, &facts).await?;
    let people = Arc::new(people(rules, key)?);
    let decisions = decide(&schema, rules);
    // What the login may not read is told by the copy, and by the plan.
    if facts.refused.is_empty() {
        figures::sampled(&source, &decisions, &mut figures).await?;
    }
    let mut plan = plan::make(Request {
        schema: &schema,
        decisions: &decisions,
        figures: &figures,
        key,
        people: &people,
    });
    if let (Some(subset), Some(reach)) = (&rules.subset, &decisions.subset) {
        let problems = subset::check(&source, &schema, subset, reach).await?;
        if !problems.is_empty() {
            plan = Err([plan.err().unwrap_or_default(), problems].concat());
        }
    }
    step("mask.planned");
    let looked = Looked {
        schema,
        facts,
        decisions,
        figures,
        plan,
    };
    Ok(Opened {
        source,
        subset: rules.subset.clone(),
        references: rules.references.clone(),
        looked,
    })
}

/// Where a copy goes.
#[derive(Debug, Clone)]
pub struct Target {
    /// An empty database of a fresh cluster, as its superuser.
    pub config: Config,
    /// Its data directory, in which production's values are looked for; `None` where it is out of
    /// reach.
    pub directory: Option<PathBuf>,
    /// The programs of its PostgreSQL.
    pub programs: Programs,
    /// Tables, or parts of one, at the same time.
    pub workers: usize,
}

/// What was done and proved.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Done {
    /// The copy.
    pub copy: copy::Report,
    /// The proof.
    pub verified: verify::Report,
}

impl Opened {
    /// Ends the snapshot; production's session is closed when this returns.
    pub async fn close(self) -> Looked {
        self.source.close().await;
        self.looked
    }

    /// Copies the snapshot into an empty database and proves that nothing of production is in it.
    ///
    /// When the future is dropped, the work ends and production's sessions are closed. Whatever takes
    /// the processor's time is spread over threads from within, so any thread may drive it.
    ///
    /// # Errors
    /// Whatever keeps the copy from being made, whole or clean; the target is to be thrown away.
    pub fn copy(
        self,
        key: Arc<MaskKey>,
        target: Target,
        progress: Progress,
    ) -> BoxFuture<'static, Result<(Done, Looked), MaskError>> {
        Box::pin(async move { self.work(&key, &target, progress).await })
    }

    async fn work(
        self,
        key: &MaskKey,
        target: &Target,
        progress: Progress,
    ) -> Result<(Done, Looked), MaskError> {
        let plan = match &self.looked.plan {
            Ok(plan) => plan,
            Err(problems) => return Err(MaskError::Plan(problems.clone())),
        };
        let picked = self.picked(key, &progress).await?;
        let watching = Watching::new(key, &plan.tables);
        let job = Job {
            plan: &plan.tables,
            picked: picked.as_ref(),
            target: &target.config,
            programs: &target.programs,
            workers: target.workers,
            chunk_bytes: copy::CHUNK_BYTES,
            witness: Some(watching.witness()),
            progress,
        };
        let copied = copy::copy(&self.source, &job).await;
        let references = match copied {
            Ok(_) => Referring::of(self.source.client(), &self.references).await,
            Err(_) => Ok(Vec::new()),
        };
        // Production is let go before the copy is looked at: that takes its time.
        self.source.close().await;
        step("mask.released");
        let mut copied = copied?;
        let references = references.map_err(MaskError::References)?;
        let rows = self.looked.rows(&copied, picked.as_ref());
        let roots = self.looked.roots();
        let gate = Gate {
            config: &target.config,
            // A copy that was just loaded belongs to its superuser, and so do its rows until then.
            deputy: &target.config,
            directory: target.directory.as_deref(),
            loaded: Some(Loaded {
                rows: &rows,
                roots: &roots,
                references: &references,
            }),
            workers: target.workers,
        };
        let unlooked = unlooked(&self.looked, &plan.tables);
        let looked_for = LookedFor::new(watching.finish(), unlooked);
        let verified = verify::verify(&gate, &looked_for).await?;
        step("mask.verified");
        // What is not in the copy is told by name, and a name may be a value.
        for name in copied
            .left_out
            .iter_mut()
            .filter(|_| !leaks("manifest.left-out"))
        {
            *name = looked_for.told(name);
        }
        if !verified.is_clean() {
            return Err(MaskError::NotClean(Box::new(verified)));
        }
        let done = Done {
            copy: copied,
            verified,
        };
        Ok((done, self.looked))
    }
}

impl Opened {
    /// The rows of the subset.
    async fn picked(
        &self,
        key: &MaskKey,
        progress: &Progress,
    ) -> Result<Option<Picked>, SubsetError> {
        let (Some(subset), Some(reach)) = (&self.subset, &self.looked.decisions.subset) else {
            return Ok(None);
        };
        let request = subset::Request {
            source: &self.source,
            schema: &self.looked.schema,
            subset,
            reach,
            key,
            bytes_max: subset::BYTES_MAX,
            progress,
        };
        subset::collect(&request).await.map(Some)
    }
}

impl Looked {
    /// Rows that a copy is to have by table.
    fn rows(&self, copied: &copy::Report, picked: Option<&Picked>) -> BTreeMap<Name, u64> {
        let copied = copied.tables.iter();
        let mut rows: BTreeMap<Name, u64> = copied
            .map(|table| (table.table.clone(), table.rows))
            .collect();
        // Of a subset the rows that were found are to be there, not those that happened to arrive.
        rows.extend(picked.iter().flat_map(|picked| picked.tables().clone()));
        rows.extend(self.empty().map(|table| (table.clone(), 0)));
        rows
    }

    /// Tables that a subset leaves empty, and those whose rows are not copied at all.
    fn empty(&self) -> impl Iterator<Item = &Name> {
        let reach = self.decisions.subset.iter();
        let reached = reach.flat_map(|reach| &reach.tables);
        let reached = reached
            .filter(|(_, reached)| matches!(reached, Reached::Empty))
            .map(|(name, _)| name);
        let decided = self.decisions.tables.iter();
        let dropped = decided
            .filter(|(_, decision)| decision.rows != Rows::Copy)
            .map(|(name, _)| name);
        let ordinary = |name: &&Name| self.schema.tables[*name].kind == TableKind::Ordinary;
        reached.chain(dropped).filter(ordinary)
    }

    /// The root of every partition.
    fn roots(&self) -> BTreeMap<Name, Name> {
        let tables = self.schema.tables.keys();
        let with_root = tables.map(|name| (name.clone(), self.schema.root_of(name).clone()));
        with_root.filter(|(name, root)| name != root).collect()
    }
}

/// Whom names are drawn from: a crowd of the copy's own, which tells nothing of the key.
pub(crate) fn people(rules: &MaskRules, key: &MaskKey) -> Result<People, UnknownLocale> {
    let shares: Vec<(&str, u32)> = rules
        .locales
        .iter()
        .map(|(name, weight)| (name.as_str(), *weight))
        .collect();
    let locales = match shares.is_empty() {
        true => Locales::default(),
        false => Locales::weighted(&shares)?,
    };
    let subkey = key.derive("people", "");
    let seed = u64::from_be_bytes(subkey[..8].try_into().expect("8 of 32 bytes"));
    Ok(People::new(
        &Key::derive(seed, &["mask", "people"]),
        locales,
    ))
}

fn lines(problems: &[Problem]) -> String {
    /// More are a list for `standin mask plan`.
    const SHOWN_MAX: usize = 20;
    let mut lines: Vec<String> = problems
        .iter()
        .take(SHOWN_MAX)
        .map(ToString::to_string)
        .collect();
    if problems.len() > SHOWN_MAX {
        lines.push(format!("and {} more", problems.len() - SHOWN_MAX));
    }
    lines.join("\n")
}

fn found(report: &verify::Report) -> String {
    let leaks = report.leaks.iter();
    let mut lines: Vec<String> = leaks
        .map(|leak| format!("{}: {} values of production", leak.place, leak.hits))
        .collect();
    for column in &report.unchanged {
        lines.push(format!(
            "{}: {} of {} values were replaced by themselves",
            column.place, column.unchanged, column.values
        ));
    }
    lines.extend(report.violations.iter().cloned());
    lines.join("\n")
}

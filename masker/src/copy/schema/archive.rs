//! A dump of production's schema in memory.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Seek};
use std::os::fd::OwnedFd;

use rustix::fs::MemfdFlags;

use crate::leak::leaks;
use crate::source::Source;
use crate::step::step;
use crate::wire::{Dial, Gate};

use super::asked::{without_kept, without_positions};
use super::list;
use super::program::{ProgramError, Programs, Run, as_it_is};

const DUMP: &str = "pg_dump";
const RESTORE: &str = "pg_restore";

/// Schemas of ten thousand tables dump to some tens of megabytes.
const ARCHIVE_BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// What no part of a copy takes from production.
const WITHOUT: [&str; 6] = [
    "--no-owner",
    "--no-privileges",
    "--no-tablespaces",
    "--no-security-labels",
    "--no-publications",
    "--no-subscriptions",
];

/// A dump of a schema, and what is restored of it.
pub(crate) struct Archive<'a> {
    programs: &'a Programs,
    file: File,
    list: String,
    /// What is left out, by kind and name.
    pub(crate) left_out: Vec<String>,
}

/// A part of a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    /// What rows need.
    Before,
    /// What is quicker, or only right, once the rows are there.
    After,
}

impl<'a> Archive<'a> {
    /// Dumps the schema of production's snapshot; materialised views that stay empty are given by
    /// object id.
    pub(crate) async fn dump(
        source: &Source,
        programs: &'a Programs,
        empty: &BTreeSet<u32>,
    ) -> Result<Self, ProgramError> {
        let fail = |source| ProgramError::Run {
            program: DUMP,
            source,
        };
        let major = major(programs).await?;
        let gate = Gate::open(programs.account).map_err(fail)?;
        let file = rustix::fs::memfd_create("standin-schema", MemfdFlags::CLOEXEC);
        let mut file = File::from(file.map_err(|error| fail(error.into()))?);
        let mut arguments: Vec<String> = [
            "--format=custom",
            "--compress=0",
            "--section=pre-data",
            "--section=post-data",
            "--no-password",
            // Large objects; the long name has changed in 16.
            "-B",
        ]
        .iter()
        .chain(&WITHOUT)
        .filter(|without| **without != "--no-publications" || !leaks("dump.publication"))
        .map(|argument| (*argument).to_owned())
        .collect();
        arguments.push(format!("--snapshot={}", source.snapshot()));
        let lock_wait_ms = source.lock_wait().as_millis().max(1);
        arguments.push(format!("--lock-wait-timeout={lock_wait_ms}"));
        if major >= 18 {
            arguments.push("--no-statistics".to_owned());
        }
        let run = Run {
            programs,
            program: DUMP,
            step: "dump production's schema",
            arguments,
            stdin: None,
            stdout: Some(OwnedFd::from(file.try_clone().map_err(fail)?)),
            edit: without_positions,
        };
        let dial = || {
            step("mask.dumping");
            source.wire()
        };
        run.behind(&gate, &dial).await?;
        step("mask.dumped");
        if file.metadata().map_err(fail)?.len() > ARCHIVE_BYTES_MAX {
            return Err(fail(io::Error::other("the schema takes more than 1 GiB")));
        }
        file.rewind().map_err(fail)?;
        let mut archive = Self {
            programs,
            file,
            list: String::new(),
            left_out: Vec::new(),
        };
        archive.edit(empty).await?;
        Ok(archive)
    }

    async fn edit(&mut self, empty: &BTreeSet<u32>) -> Result<(), ProgramError> {
        let run = self.run("list production's schema", vec!["--list".to_owned()])?;
        let printed = run.alone().await?;
        let edited = list::edit(&String::from_utf8_lossy(&printed), empty);
        let edited = edited.map_err(|entry| ProgramError::Failed {
            program: RESTORE,
            reason: format!("the schema has an object of an unknown kind: {entry}"),
        })?;
        (self.list, self.left_out) = (edited.list, edited.left_out);
        Ok(())
    }

    /// Restores one part over as many sessions as `jobs`.
    pub(crate) async fn restore(
        &self,
        section: Section,
        jobs: usize,
        (dial, config): (&dyn Dial, &tokio_postgres::Config),
    ) -> Result<(), ProgramError> {
        let fail = |source| ProgramError::Run {
            program: RESTORE,
            source,
        };
        let gate = Gate::open(self.programs.account).map_err(fail)?;
        // Names only, no statement: those stay in memory.
        let list = gate.directory().join("list");
        std::fs::write(&list, &self.list).map_err(fail)?;
        if let Some((uid, gid)) = self.programs.account {
            std::os::unix::fs::chown(&list, Some(uid), Some(gid)).map_err(fail)?;
        }
        let (name, doing) = match section {
            Section::Before => ("pre-data", "restore the schema"),
            Section::After => ("post-data", "restore indexes and constraints"),
        };
        let without = WITHOUT.iter();
        let without = without.filter(|w| **w != "--no-publications" || !leaks("dump.publication"));
        let mut arguments: Vec<String> = without.map(|&w| w.to_owned()).collect();
        arguments.extend([
            format!("--section={name}"),
            format!("--use-list={}", list.display()),
            format!("--jobs={}", jobs.max(1)),
            "--exit-on-error".to_owned(),
            "--no-password".to_owned(),
            "--dbname=standin".to_owned(),
        ]);
        let run = self.run(doing, arguments)?;
        let dial = || {
            step("mask.restoring");
            dial.wire(config)
        };
        run.behind(&gate, &dial).await?;
        Ok(())
    }

    fn run(&self, step: &'static str, mut arguments: Vec<String>) -> Result<Run<'_>, ProgramError> {
        // Opened anew by that name, so that each session of the program has a place of its own in it.
        arguments.push("/proc/self/fd/0".to_owned());
        let file = self.file.try_clone();
        let file = file.map_err(|source| ProgramError::Run {
            program: RESTORE,
            source,
        })?;
        Ok(Run {
            programs: self.programs,
            program: RESTORE,
            step,
            arguments,
            stdin: Some(OwnedFd::from(file)),
            stdout: None,
            edit: without_kept,
        })
    }
}

/// The major version of the programs.
async fn major(programs: &Programs) -> Result<u32, ProgramError> {
    let run = Run {
        programs,
        program: DUMP,
        step: "ask for the version",
        arguments: vec!["--version".to_owned()],
        stdin: None,
        stdout: None,
        edit: as_it_is,
    };
    let printed = run.alone().await?;
    // `pg_dump (PostgreSQL) 15.18 (Debian …)`
    let printed = String::from_utf8_lossy(&printed);
    let version = printed.split_whitespace().nth(2);
    let digits = version.and_then(|version| version.split(|c: char| !c.is_ascii_digit()).next());
    let major = digits.and_then(|digits| digits.parse().ok());
    major.ok_or_else(|| ProgramError::Failed {
        program: DUMP,
        reason: "it does not say its version".to_owned(),
    })
}

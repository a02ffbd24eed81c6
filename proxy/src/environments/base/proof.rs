//! Whether anything of production is in a place as it is now: the gate of a masked copy, asked again.

use std::io::ErrorKind;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use masker::manifest::{Manifest, ManifestError, rules_hash};
use masker::run::{self, Placed};
use masker::verify;
use rules::target::Place;
use serde::{Deserialize, Serialize};

use super::super::pointer::Operation;
use super::super::turn::{Caller, Report, Turn};
use super::super::{CopyProgress, EnvironmentError, Environments, Masking};
use super::masked::{SignError, signing_key};
use crate::branches::{Lease, SnapshotId};

/// What a look through a place found.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Proof {
    /// The place.
    pub place: String,
    /// The database that was looked through.
    pub database: String,
    /// What is said about the snapshot that the place came from.
    pub manifest: ManifestLine,
    /// What was looked at and found.
    pub report: verify::Report,
}

/// What the manifest beside a snapshot is worth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum ManifestLine {
    /// The snapshot is no masked copy.
    None,
    /// This instance signed it, and nobody changed it since.
    Signed {
        /// When the copy was made, as RFC 3339 has it.
        made_at: String,
        /// The masking key's id.
        key_id: String,
        /// Whether rules and key are those of the configuration now.
        current: bool,
    },
    /// It is not to be trusted.
    Broken {
        /// Why.
        reason: String,
    },
}

impl Proof {
    /// Whether nothing was found and nothing was forged.
    pub fn is_clean(&self) -> bool {
        self.report.is_clean() && !matches!(self.manifest, ManifestLine::Broken { .. })
    }
}

impl Environments {
    /// Looks for every value of production that a masked copy would replace in a place as it is now.
    ///
    /// # Errors
    /// When the place does not exist, nothing is configured to read production with, the rules do
    /// not fit production as it is now, or one of both does not answer.
    pub fn mask_verify<'a>(
        &'a self,
        place: &'a Place,
        caller: &'a Caller,
        report: &'a Report,
    ) -> BoxFuture<'a, Result<Proof, EnvironmentError>> {
        Box::pin(async move {
            let mut turn = self.turn(place, Operation::Verify, caller, report).await?;
            let pointer = turn.pointer();
            self.forget_if_empty(&turn);
            let pointer = pointer?;
            let masking = self.masking(&turn, Operation::Verify.passive())?;
            turn.step("start");
            let wake = |source| EnvironmentError::Wake {
                place: place.to_string(),
                source,
            };
            let lease = self.inner.pool.enter(&pointer.current.branch).await;
            let lease = lease.map_err(wake)?;
            self.looked_through(&mut turn, (&pointer.current.base, &lease), &masking)
                .await
        })
    }

    async fn looked_through(
        &self,
        turn: &mut Turn,
        (base, lease): (&SnapshotId, &Lease),
        masking: &Masking,
    ) -> Result<Proof, EnvironmentError> {
        const VERIFY: &str = "verify the data";
        let manifest = self.manifest_of(base, masking).await;
        let manifest = manifest.map_err(turn.failed("read the manifest"))?;
        turn.step("look at production");
        let opened = run::open(&masking.production, &masking.rules, &masking.key).await;
        let opened = opened.map_err(turn.failed(VERIFY))?;
        let database = opened.looked.facts.database.name.clone();
        let database = self.one_database(turn, Some(&database), lease)?;
        let (lines, report) = (CopyProgress::reading(), turn.report.clone());
        let progress = Arc::new(move |event: &masker::copy::Event| {
            if let Some(line) = lines.line(event) {
                report.send(line);
            }
        });
        let deputy = lease.deputy_config(&database).await;
        let placed = Placed {
            config: lease.server().admin_config(&database),
            deputy: deputy.map_err(turn.failed("connect"))?,
            directory: Some(lease.server().home().pgdata()),
            workers: std::thread::available_parallelism().map_or(1, usize::from),
        };
        let verified = opened.verify(&masking.key, &placed, progress).await;
        let (report, _) = verified.map_err(turn.failed(VERIFY))?;
        Ok(Proof {
            place: turn.place.to_string(),
            database,
            manifest,
            report,
        })
    }

    async fn manifest_of(
        &self,
        base: &SnapshotId,
        masking: &Masking,
    ) -> Result<ManifestLine, SignError> {
        let notes = self.notes_of(base).await;
        let noted = match notes {
            Ok(notes) => notes.masking,
            // What is no longer what it was written as is no proof.
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::InvalidData | ErrorKind::UnexpectedEof
                ) =>
            {
                let reason = ManifestError::Form.to_string();
                return Ok(ManifestLine::Broken { reason });
            }
            Err(error) => return Err(error.into()),
        };
        let Some(noted) = noted else {
            return Ok(ManifestLine::None);
        };
        let key = signing_key(self.inner.pool.root())?;
        Ok(match noted.open(&key) {
            Ok(manifest) => signed(manifest, masking),
            Err(error) => ManifestLine::Broken {
                reason: error.to_string(),
            },
        })
    }
}

fn signed(manifest: Manifest, masking: &Masking) -> ManifestLine {
    let rules = manifest.rules == rules_hash(&masking.rules);
    ManifestLine::Signed {
        current: rules && manifest.key_id == masking.key.id(),
        made_at: manifest.made_at,
        key_id: manifest.key_id,
    }
}

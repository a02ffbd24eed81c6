//! The mode in which foreign keys stay: parents first, and the tables of a cycle in one transaction.

use super::Run;
use super::copy;
use super::error::Failure;
use super::pipeline::Pipeline;
use super::report::Watch;

/// Loads parents before children.
pub(super) async fn units(
    run: &Run<'_>,
    pipeline: &Pipeline,
    watch: &mut Watch<'_>,
) -> Result<(), Failure> {
    copy::levels(run, pipeline, watch).await
}

//! Branches: cold, warm, of sleepers, of more data and of many generations.

pub(super) mod cold;
pub(super) mod generations;
pub(super) mod scale;
pub(super) mod wake;
pub(super) mod warm;

use super::{SCALE, SCALE_QUICK};

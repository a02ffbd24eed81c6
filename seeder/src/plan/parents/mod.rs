//! Which rows a row may refer to, and how one of them is chosen.

mod blocks;
mod eligible;
mod links;
mod overlap;

pub(super) use blocks::fill_blocks;
pub(super) use eligible::restrict;
pub(super) use links::link;
pub(super) use overlap::overlap;

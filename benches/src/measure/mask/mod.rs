//! Masked copies of production.

pub(super) mod copy;
pub(super) mod discover;
mod plain;
mod shop;
pub(super) mod subset;

//! Masked copies of production.

pub(super) mod copy;
mod plain;
mod shop;
mod subset;

//! Whom Standin is measured beside: started here, gone with the value that holds them.

pub(crate) mod mitosis;
pub(crate) mod pganonymize;
pub(crate) mod pgbench;
pub(crate) mod pgbouncer;
pub(crate) mod seedgen;

//! The seeder on real servers.

mod checks;
mod command;
mod compare;
mod introspect;
mod load;
mod migrate;

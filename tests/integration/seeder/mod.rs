//! The seeder on real servers.

mod audit;
mod checks;
mod command;
mod compare;
mod introspect;
mod load;
mod migrate;

//! The seeder on real servers.

mod command;
mod compare;
mod introspect;
mod load;
mod migrate;

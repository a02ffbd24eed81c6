//! The integration tests, one module per concern, all on real PostgreSQL.

mod access;
mod cli;
mod drivers;
mod environments;
mod harness;
mod house;
mod load;
mod masking;
mod relay;
mod reload;
mod security;
mod seeder;
mod seeding;
mod setup;
mod shop;
mod upstream;
mod versions;

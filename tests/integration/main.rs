//! The integration tests, one module per concern, all on real PostgreSQL.

mod drivers;
mod harness;
mod house;
mod seeder;

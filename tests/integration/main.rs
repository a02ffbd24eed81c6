//! The integration tests, one module per concern, all on real PostgreSQL.

mod drivers;
mod house;
mod seeder;

//! The integration tests, one module per concern, all on real PostgreSQL.

mod house;
mod seeder;

//! One PostgreSQL server over one data directory, on the real thing.
//!
//! `life` start, stop, adoption, what a kill leaves · `settings` what cannot be changed ·
//! `roles` databases and logins.

mod life;
mod roles;
mod scratch;

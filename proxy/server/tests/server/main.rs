//! One PostgreSQL server over one data directory, on the real thing.
//!
//! `life` start, stop, adoption, what a kill leaves · `settings` what cannot be changed ·
//! `answers` whether a cluster is whole · `backup` copies of a server at work · `mirror` copies of a
//! running server · `roles` databases and logins · `deputy` our own login without a superuser's rights ·
//! `planted` code of clients that our own sessions meet · `access` rights of access modes.

mod access;
mod answers;
mod backup;
mod deputy;
mod life;
mod mirror;
mod planted;
mod roles;
mod scratch;
mod settings;
mod source;

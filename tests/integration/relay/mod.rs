//! The daemon's relay: what a stop, a reload and a scrape mean to sessions, and what big messages
//! cost.

mod certificates;
mod memory;
mod stop;
mod users;

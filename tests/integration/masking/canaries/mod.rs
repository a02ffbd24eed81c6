//! Known values of production, planted wherever a copy could carry them along, and looked for in all
//! that a copy is and says, by eyes that share nothing with the gate's own.
//!
//! A canary is [`eyes::MARK`] and four digits, or [`eyes::NUMBER`] and four digits.

mod clean;
mod crash;
mod eyes;
mod faults;
mod leaks;
mod refused;
mod small;
mod wide;

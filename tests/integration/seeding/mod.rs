//! Seed data: schemas of many kinds filled with no rules, proven by the server that holds them.

mod command;
mod contract;
mod environments;
mod fill;
mod golden;
mod matrix;
mod migrations;
mod reach;
mod realism;
mod scenario_conflicts;
mod scenario_environments;
mod scenarios;

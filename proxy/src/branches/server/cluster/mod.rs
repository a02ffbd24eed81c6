//! Clusters that are not running: made fresh, worked on in single-user mode, read for their state.

mod control;
mod initialise;
mod single;

pub use control::{ClusterState, ControlData, ControlError, control_data};
pub use initialise::{CONFIGURATION_FRESH, InitError, initialise};

//! Clusters that are not running: made fresh, worked on in single-user mode, read for their state.

mod control;
mod initialise;
mod single;

pub use control::{ClusterState, ControlData, ControlError, control_data};
pub use initialise::{CONFIGURATION_MARK, InitError, initialise};
pub use single::SingleUserError;

pub(super) use initialise::write_configuration;
pub(super) use single::SingleUser;

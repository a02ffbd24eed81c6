//! Makes a copy of a running server unable to act on the world, before its first normal start.

pub mod pins;

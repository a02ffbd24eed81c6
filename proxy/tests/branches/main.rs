//! Pools on real file systems with real PostgreSQL: loopback XFS and btrfs, and full copies.

mod budget;
#[cfg(feature = "crash-points")]
mod crash;
mod full;
mod lifecycle;
mod live;
mod place;
mod room;
mod seal;
mod trust;
mod values;

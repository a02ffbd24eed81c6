//! Pools on real file systems with real PostgreSQL: loopback XFS and btrfs, and full copies.

mod lifecycle;
mod live;
mod place;

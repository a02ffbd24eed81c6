//! One PostgreSQL server over one data directory: find the installation, make or copy a cluster,
//! start, wait for ready, stop, adopt.
//!
//! Never knows pools, snapshots or manifests: it is told directories.

//! The `standin` binary.
fn main() {}

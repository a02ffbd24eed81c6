//! Servers of a test's own: that ask for passwords, die, or are none.

mod deaths;
mod fakes;
mod passwords;

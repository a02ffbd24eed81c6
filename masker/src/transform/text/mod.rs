//! Texts: fixed ones, composed ones, words without meaning, one of a few.

mod constant;
mod label;
mod lorem;
mod password;
mod redact;
mod template;

pub(super) use constant::constant;
pub(super) use label::label;
pub(super) use lorem::lorem;
pub(super) use password::password;
pub(super) use redact::redact;
pub(super) use template::template;

//! What must hold of the configuration as a whole.

mod template;

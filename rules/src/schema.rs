//! The model of a schema: what introspection reads and what a diff compares.

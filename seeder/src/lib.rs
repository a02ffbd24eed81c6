//! Introspection and migrations.

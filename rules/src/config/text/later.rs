//! Keys that the design has and this version cannot do yet.

/// A key that is refused with what works instead, rather than called unknown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Later {
    /// The key within its table.
    pub(crate) key: &'static str,
    /// What works today.
    pub(crate) today: &'static str,
}

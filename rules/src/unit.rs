//! Amounts that people write: `8h`, `20GB`.

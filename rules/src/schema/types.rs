//! Types that a schema defines.

use serde::{Deserialize, Serialize};

/// A domain over another type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Domain {
    /// The type below, with its modifier; may be a domain itself.
    pub base: String,
    /// Whether NULL is refused.
    pub not_null: bool,
    /// The default expression.
    pub default: Option<String>,
    /// The collation, where it is not the base type's own.
    pub collation: Option<String>,
    /// CHECKs, in order of their names.
    pub checks: Vec<DomainCheck>,
}

/// One CHECK of a domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainCheck {
    /// The constraint's name.
    pub name: String,
    /// `CHECK (…)`, with `NOT VALID` where it is not.
    pub definition: String,
}

/// One field of a composite type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompositeField {
    /// The field's name.
    pub name: String,
    /// Its type, with the modifier.
    pub data_type: String,
    /// The collation, where it is not the type's own.
    pub collation: Option<String>,
}

/// A range type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RangeType {
    /// The type of its bounds.
    pub subtype: String,
    /// The collation of its bounds.
    pub collation: Option<String>,
    /// The operator class that orders them.
    pub operator_class: String,
    /// The function that makes a range canonical.
    pub canonical: Option<String>,
    /// The function that tells how far apart two bounds are.
    pub difference: Option<String>,
    /// The multirange type, from PostgreSQL 14 on.
    pub multirange: Option<String>,
}

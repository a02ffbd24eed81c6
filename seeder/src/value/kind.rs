//! The type of a column, with everything below it resolved.

use rules::schema::Name;

/// A type, as far as making and writing a value of it needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    /// `boolean`.
    Bool,
    /// `smallint`, `integer`, `bigint`: 16, 32 or 64 bits; `oid` is 32 bits without a sign.
    Int {
        /// Smallest value.
        min: i64,
        /// Greatest value.
        max: i64,
    },
    /// `numeric(precision, scale)`; both `None` without a modifier.
    Decimal {
        /// Digits in all.
        precision: Option<u16>,
        /// Digits behind the point.
        scale: Option<i16>,
    },
    /// `money`: two digits behind the point.
    Money,
    /// `real` (32) or `double precision` (64).
    Float {
        /// Bits.
        bits: u8,
    },
    /// Character types.
    Text {
        /// Most characters; `None` without a bound.
        max: Option<u32>,
        /// Whether `char(n)` pads it.
        padded: bool,
        /// Whether upper and lower case are equal (`citext`).
        caseless: bool,
    },
    /// `bytea`.
    Bytes,
    /// `date`.
    Date,
    /// `time` and `timetz`.
    Time {
        /// With a zone; values are written in UTC.
        zone: bool,
        /// Digits of a second's fraction, 6 without a modifier.
        precision: u8,
    },
    /// `timestamp` and `timestamptz`.
    Timestamp {
        /// With a zone; values are written in UTC.
        zone: bool,
        /// Digits of a second's fraction, 6 without a modifier.
        precision: u8,
    },
    /// `interval`.
    Interval,
    /// `uuid`.
    Uuid,
    /// `json`, `jsonb`.
    Json {
        /// `jsonb`.
        binary: bool,
    },
    /// `bit(n)`, `bit varying(n)`.
    Bits {
        /// Bits; `None` is `bit varying` without a bound.
        length: Option<u32>,
        /// `bit varying`.
        varying: bool,
    },
    /// `inet`.
    Inet,
    /// `cidr`.
    Cidr,
    /// `macaddr` (6 bytes), `macaddr8` (8 bytes).
    MacAddress {
        /// Bytes.
        bytes: u8,
    },
    /// `xml`.
    Xml,
    /// `tsvector`.
    SearchVector,
    /// `point`, `line`, `lseg`, `box`, `path`, `polygon`, `circle`, by that name.
    Geometry(String),
    /// `hstore`.
    HStore,
    /// `ltree`.
    LTree,
    /// An enumeration: its labels in sort order.
    Enum(Vec<String>),
    /// An array of any number of dimensions; we make one.
    Array(Box<Type>),
    /// A range over a type; discrete ones (`int4`, `int8`, `date`) are canonical as `[)`.
    Range(Box<Type>),
    /// A multirange over a type.
    Multirange(Box<Type>),
    /// A composite: names and types of its fields.
    Record(Vec<(String, Type)>),
    /// A domain: its name, the type below (maybe a domain), whether it refuses NULL, its CHECKs as
    /// expressions over `VALUE`.
    Domain {
        /// Its name.
        name: Name,
        /// The type below.
        base: Box<Type>,
        /// `NOT NULL`.
        not_null: bool,
        /// Name and expression of each CHECK, over `VALUE`.
        checks: Vec<(String, String)>,
    },
    /// A type that nobody here knows how to make a value of.
    Other(String),
}

impl Type {
    /// The type that stores the values: what is below every domain.
    pub fn base(&self) -> &Self {
        match self {
            Self::Domain { base, .. } => base.base(),
            other => other,
        }
    }

    /// Whether the type itself refuses NULL, by a domain's `NOT NULL`.
    pub fn refuses_null(&self) -> bool {
        match self {
            Self::Domain { base, not_null, .. } => *not_null || base.refuses_null(),
            _ => false,
        }
    }
}

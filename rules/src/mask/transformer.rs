//! The transformers by name, and what each is like.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::rule::{By, ColumnRule};

/// What replaces a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Transformer {
    /// NULL.
    Null,
    /// The same value everywhere.
    Static,
    /// Text with placeholders: `user-{token}`, `{first-name}`, `{number}`.
    Template,
    /// An integer of the same sign; one for one.
    Int,
    /// A UUID of the same version; one for one.
    Uuid,
    /// Letters and digits that mean nothing.
    Token,
    /// Letters and digits replaced by their like; one for one.
    Code,
    /// Digits replaced, everything else as it is; one for one.
    Digits,
    /// A first name.
    FirstName,
    /// A family name.
    LastName,
    /// A whole name.
    Name,
    /// A user name.
    Username,
    /// An address at a reserved domain.
    Email,
    /// A number that nobody has.
    Phone,
    /// A company's name.
    Company,
    /// A whole address in one line.
    Address,
    /// Street and number.
    Street,
    /// A town.
    City,
    /// A region of a country.
    Region,
    /// A postal code.
    Postcode,
    /// A country's code or name.
    Country,
    /// A URL at a reserved host.
    Url,
    /// A host of a reserved domain.
    Host,
    /// An address of a reserved network.
    Ip,
    /// A locally administered hardware address.
    Mac,
    /// A card number for tests.
    Card,
    /// An account number of a bank that does not exist.
    Iban,
    /// A national number by its pattern.
    NationalId,
    /// The same number of days for all times of a subject.
    DateShift,
    /// The first moment of the month or year.
    DateTrunc,
    /// The lower bound of a class of values.
    Bucket,
    /// Some percent more or less.
    Noise,
    /// A point of the same cell of a grid.
    Geo,
    /// One of the values that the column may have.
    Label,
    /// The value of another row of the table.
    Shuffle,
    /// Words without meaning, of the same length.
    Lorem,
    /// Public words stay, everything else in a text is replaced.
    Redact,
    /// A secret that opens nothing.
    Secret,
    /// The hash of one documented password.
    Password,
    /// Each leaf of a document by its path.
    Json,
    /// Each element of an array.
    Array,
    /// Each value of an hstore by its key.
    Hstore,
    /// Each field of a composite.
    Fields,
    /// Both bounds of a range.
    Range,
    /// An SQL expression over the masked row, in the copy.
    Derive,
}

/// What only some transformers are told.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Options {
    /// `static`: the value; `template`: the text; `derive`: the expression; `national-id`: the
    /// pattern, `9` for a digit, `A` for a letter.
    pub text: Option<String>,
    /// `date-shift`: days to either side; `bucket`: the width; `geo`: metres of a cell.
    pub size: Option<u64>,
    /// `noise`: thousandths to either side.
    pub per_mille: Option<u64>,
    /// `date-trunc`: `month` or `year`.
    pub unit: Option<String>,
    /// Names and places: the locale; `None` for those of the configuration.
    pub locale: Option<String>,
    /// `email`: whether the domain's name stays, with `.example` behind it; `phone`: whether the
    /// country does.
    pub coarse: bool,
    /// `json`, `hstore`, `fields`: parts by path, with what becomes of each; `a.*#key` is for the keys
    /// that a star stands for.
    pub parts: BTreeMap<String, ColumnRule>,
    /// `array`, `range`: what becomes of each element.
    pub element: Option<Box<ColumnRule>>,
    /// `redact`: why public words may stay, in their order.
    pub accept_residual: Option<String>,
}

/// How a transformer goes with unique columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unique {
    /// Two values never become one.
    Bijection,
    /// They do with a probability that shrinks with the room there is.
    Token,
    /// They may.
    No,
}

/// What a transformer is like, whatever the column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nature {
    /// What its result depends on unless a rule says otherwise.
    pub by: By,
    /// Whether that can be chosen.
    pub by_any: bool,
    /// Whether two values may become one.
    pub unique: Unique,
    /// What a copy still tells of the original, whatever the result depends on.
    pub preserves: &'static str,
}

use Transformer as T;

const ALL: [(&str, Transformer); 45] = [
    ("null", T::Null),
    ("static", T::Static),
    ("template", T::Template),
    ("int", T::Int),
    ("uuid", T::Uuid),
    ("token", T::Token),
    ("code", T::Code),
    ("digits", T::Digits),
    ("first-name", T::FirstName),
    ("last-name", T::LastName),
    ("name", T::Name),
    ("username", T::Username),
    ("email", T::Email),
    ("phone", T::Phone),
    ("company", T::Company),
    ("address", T::Address),
    ("street", T::Street),
    ("city", T::City),
    ("region", T::Region),
    ("postcode", T::Postcode),
    ("country", T::Country),
    ("url", T::Url),
    ("host", T::Host),
    ("ip", T::Ip),
    ("mac", T::Mac),
    ("card", T::Card),
    ("iban", T::Iban),
    ("national-id", T::NationalId),
    ("date-shift", T::DateShift),
    ("date-trunc", T::DateTrunc),
    ("bucket", T::Bucket),
    ("noise", T::Noise),
    ("geo", T::Geo),
    ("label", T::Label),
    ("shuffle", T::Shuffle),
    ("lorem", T::Lorem),
    ("redact", T::Redact),
    ("secret", T::Secret),
    ("password", T::Password),
    ("json", T::Json),
    ("array", T::Array),
    ("hstore", T::Hstore),
    ("fields", T::Fields),
    ("range", T::Range),
    ("derive", T::Derive),
];

impl Transformer {
    /// Every name, in the order of the documentation.
    pub fn names() -> impl Iterator<Item = &'static str> {
        ALL.iter().map(|(name, _)| *name)
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<Self> {
        let found = ALL.iter().find(|(other, _)| *other == name);
        found.map(|(_, transformer)| *transformer)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        let found = ALL.iter().find(|(_, other)| *other == self);
        found.map_or("", |(name, _)| name)
    }

    /// What it is like.
    pub fn nature(self) -> Nature {
        let nature = |by, by_any, unique, preserves| Nature {
            by,
            by_any,
            unique,
            preserves,
        };
        match self {
            T::Null | T::Static => nature(By::Value, false, Unique::No, "which values are NULL"),
            T::Template => nature(By::Value, true, Unique::Token, "nothing"),
            T::Int => nature(By::Value, false, Unique::Bijection, "the sign"),
            T::Uuid => nature(By::Value, false, Unique::Bijection, "the version"),
            T::Token | T::Username | T::Host => nature(By::Value, true, Unique::Token, "nothing"),
            T::Secret => nature(By::Row, true, Unique::Token, "the length"),
            T::Email => nature(By::Value, true, Unique::Token, "nothing"),
            T::Code => nature(By::Value, false, Unique::Bijection, "length and pattern"),
            T::Digits => nature(By::Value, false, Unique::Bijection, "all but the digits"),
            T::Url => nature(
                By::Value,
                true,
                Unique::Token,
                "scheme and depth of the path",
            ),
            T::Phone => nature(By::Value, true, Unique::Token, "nothing"),
            T::FirstName
            | T::LastName
            | T::Name
            | T::Company
            | T::Address
            | T::Street
            | T::City
            | T::Region
            | T::Postcode
            | T::Country => nature(By::Value, true, Unique::No, "nothing"),
            T::Ip => nature(By::Value, true, Unique::Token, "family and prefix"),
            T::Mac => nature(By::Value, false, Unique::Bijection, "nothing"),
            T::Card => nature(By::Value, true, Unique::No, "how many digits there are"),
            T::Iban => nature(By::Value, true, Unique::No, "nothing"),
            T::NationalId => nature(By::Value, true, Unique::No, "the pattern"),
            T::DateShift => nature(
                By::Row,
                true,
                Unique::No,
                "intervals of a row or a subject, the time of the day",
            ),
            T::DateTrunc | T::Bucket => nature(By::Value, false, Unique::No, "the class"),
            T::Noise => nature(By::Row, true, Unique::No, "the magnitude"),
            T::Geo => nature(By::Row, true, Unique::No, "the cell"),
            T::Label => nature(By::Row, true, Unique::No, "which values there are"),
            T::Shuffle => nature(
                By::Value,
                false,
                Unique::No,
                "which values there are, how often",
            ),
            T::Lorem => nature(By::Row, true, Unique::No, "the length"),
            T::Redact => nature(
                By::Row,
                true,
                Unique::No,
                "public words, their order, marks, lengths",
            ),
            T::Password => nature(By::Value, false, Unique::No, "which values are NULL"),
            T::Json | T::Array | T::Hstore | T::Fields | T::Range => {
                nature(By::Value, true, Unique::No, "the shape")
            }
            T::Derive => nature(By::Value, false, Unique::No, "what the expression keeps"),
        }
    }
}

//! What a value can be, and sets of that.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a value can be by itself, without its column's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Kind {
    /// An e-mail address (RFC 5321, as people have them).
    Email,
    /// A URL with a scheme.
    Url,
    /// An IPv4 or IPv6 address, a network too.
    Ip,
    /// A hardware address of 48 or 64 bits.
    Mac,
    /// A UUID.
    Uuid,
    /// An account number whose check digits are right (ISO 13616).
    Iban,
    /// A card number: Luhn digit right, known issuer range (ISO/IEC 7812).
    Card,
    /// A telephone number with its country (ITU-T E.164).
    Phone,
    /// What is written like a telephone number within a country.
    LocalPhone,
    /// A national number that its country's rule accepts.
    NationalId,
    /// A token that opens something: a JWT, a private key, a key with a known prefix.
    Secret,
    /// The hash of a password.
    PasswordHash,
    /// A digest in hexadecimal.
    Digest,
    /// Letters and digits without order, twenty or more.
    Opaque,
    /// A book's number.
    Isbn,
    /// A day.
    Date,
    /// A day with a time.
    Moment,
    /// A number and nothing else.
    Number,
    /// A postal code in a form that only postal codes have.
    Postcode,
    /// A user name made of a person's name.
    Username,
    /// Street and house number.
    Street,
    /// An address in one line or several.
    Address,
    /// A company, by its legal form.
    Company,
    /// A person's name in text.
    Name,
    /// Several words of running text.
    Prose,
}

impl Kind {
    /// Every kind, in order.
    pub const ALL: [Self; 25] = {
        use Kind as K;
        [
            K::Email,
            K::Url,
            K::Ip,
            K::Mac,
            K::Uuid,
            K::Iban,
            K::Card,
            K::Phone,
            K::LocalPhone,
            K::NationalId,
            K::Secret,
            K::PasswordHash,
            K::Digest,
            K::Opaque,
            K::Isbn,
            K::Date,
            K::Moment,
            K::Number,
            K::Postcode,
            K::Username,
            K::Street,
            K::Address,
            K::Company,
            K::Name,
            K::Prose,
        ]
    };

    /// What people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Email => "e-mail address",
            Self::Url => "URL",
            Self::Ip => "IP address",
            Self::Mac => "hardware address",
            Self::Uuid => "UUID",
            Self::Iban => "IBAN",
            Self::Card => "card number",
            Self::Phone => "telephone number",
            Self::LocalPhone => "local telephone number",
            Self::NationalId => "national number",
            Self::Secret => "secret",
            Self::PasswordHash => "password hash",
            Self::Digest => "digest",
            Self::Opaque => "opaque token",
            Self::Isbn => "book number",
            Self::Date => "date",
            Self::Moment => "moment",
            Self::Number => "number",
            Self::Postcode => "postal code",
            Self::Username => "user name",
            Self::Street => "street",
            Self::Address => "address",
            Self::Company => "company",
            Self::Name => "name",
            Self::Prose => "prose",
        }
    }

    /// Whether one such value among many others is a reason not to keep them: it leads to a person
    /// or opens something, and hardly occurs by chance.
    pub fn tells(self) -> bool {
        matches!(
            self,
            Self::Email
                | Self::Ip
                | Self::Mac
                | Self::Iban
                | Self::Card
                | Self::Phone
                | Self::Secret
                | Self::PasswordHash
                | Self::Name
        )
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A set of kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Kinds(u32);

impl Kinds {
    /// Whether a kind is in it.
    pub fn has(self, kind: Kind) -> bool {
        self.0 & (1 << kind as u8) != 0
    }

    /// Adds a kind.
    pub fn add(&mut self, kind: Kind) {
        self.0 |= 1 << kind as u8;
    }

    /// Whether nothing is in it.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Its kinds, in order.
    pub fn iter(self) -> impl Iterator<Item = Kind> {
        Kind::ALL.into_iter().filter(move |kind| self.has(*kind))
    }
}

impl FromIterator<Kind> for Kinds {
    fn from_iter<I: IntoIterator<Item = Kind>>(kinds: I) -> Self {
        let mut set = Self::default();
        kinds.into_iter().for_each(|kind| set.add(kind));
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_own_place_in_a_set() {
        for (at, kind) in Kind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, at);
            let set = Kinds::from_iter([kind]);
            assert_eq!(set.iter().collect::<Vec<_>>(), [kind]);
        }
    }
}

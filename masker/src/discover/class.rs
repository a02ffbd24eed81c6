//! What a column holds, as far as it concerns people and secrets.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a column holds. What is in none of these classes may still be a secret: nobody but a person
/// decides that a column is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// E-mail addresses.
    Email,
    /// Telephone numbers.
    Phone,
    /// Card numbers.
    Card,
    /// Account numbers.
    Iban,
    /// National numbers of persons and taxpayers.
    NationalId,
    /// IP addresses.
    Ip,
    /// Hardware addresses.
    Mac,
    /// Tokens, keys.
    Secret,
    /// Hashes of passwords.
    Password,
    /// Given names.
    FirstName,
    /// Family names.
    LastName,
    /// Whole names.
    Name,
    /// User names.
    Username,
    /// Companies.
    Company,
    /// Street and house number.
    Street,
    /// Whole addresses.
    Address,
    /// Towns.
    City,
    /// Postal codes.
    Postcode,
    /// Days of birth.
    BirthDate,
    /// Positions on the map.
    Location,
    /// What nobody has to know of a person: sex, faith, health, origin.
    Trait,
    /// What a person earns.
    Income,
    /// URLs.
    Url,
    /// Running text, in which anything may stand.
    Text,
}

impl Class {
    /// Every class, in order.
    pub const ALL: [Self; 24] = {
        use Class as C;
        [
            C::Email,
            C::Phone,
            C::Card,
            C::Iban,
            C::NationalId,
            C::Ip,
            C::Mac,
            C::Secret,
            C::Password,
            C::FirstName,
            C::LastName,
            C::Name,
            C::Username,
            C::Company,
            C::Street,
            C::Address,
            C::City,
            C::Postcode,
            C::BirthDate,
            C::Location,
            C::Trait,
            C::Income,
            C::Url,
            C::Text,
        ]
    };

    /// Its word in reports: `birth-date`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Card => "card",
            Self::Iban => "iban",
            Self::NationalId => "national-id",
            Self::Ip => "ip",
            Self::Mac => "mac",
            Self::Secret => "secret",
            Self::Password => "password",
            Self::FirstName => "first-name",
            Self::LastName => "last-name",
            Self::Name => "name",
            Self::Username => "username",
            Self::Company => "company",
            Self::Street => "street",
            Self::Address => "address",
            Self::City => "city",
            Self::Postcode => "postcode",
            Self::BirthDate => "birth-date",
            Self::Location => "location",
            Self::Trait => "trait",
            Self::Income => "income",
            Self::Url => "url",
            Self::Text => "text",
        }
    }

    /// The class of that word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.word() == word)
    }

    /// Whether its values carry a check digit, so that chance explains none of them.
    pub fn has_checksum(self) -> bool {
        matches!(self, Self::Card | Self::Iban | Self::NationalId)
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// How sure a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// The name alone says so, or few values do.
    Low,
    /// Values say so without proof, or name and values agree in part.
    Medium,
    /// Nearly all values are in a form that chance does not make, or the type says so.
    High,
}

impl Confidence {
    /// Its word in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_lead_back_to_their_class() {
        for class in Class::ALL {
            assert_eq!(Class::named(class.word()), Some(class));
        }
    }
}

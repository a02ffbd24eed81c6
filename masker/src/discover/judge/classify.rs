//! From a column's name, type and counts to its class. Values outweigh the name in both directions;
//! the name decides where there are no values, and which of two readings is meant.

use seeder::value::Type;

use crate::detect::{Kind, Schemes};

use crate::discover::class::{Class, Confidence};

use super::names::{Hint, is_catalogue, is_version};
use super::tally::Tally;

/// Shares of different values from which on a column is of a class. A form that hardly occurs by
/// chance needs few; a check digit that every tenth number has needs nearly all.
const FORMED: f32 = 0.5;
const FORMED_WITH_NAME: f32 = 0.2;
const CHECKED: f32 = 0.85;
const CHECKED_WITH_NAME: f32 = 0.5;

/// A class, how sure, and why in words that hold no value.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::discover) struct Verdict {
    pub(in crate::discover) class: Option<Class>,
    pub(in crate::discover) confidence: Confidence,
    pub(in crate::discover) why: String,
    /// The national number, where it is one.
    pub(in crate::discover) scheme: Option<usize>,
}

/// What is judged.
#[derive(Clone, Copy)]
pub(in crate::discover) struct Judged<'a> {
    pub(in crate::discover) table: &'a str,
    pub(in crate::discover) column: &'a str,
    pub(in crate::discover) data_type: &'a Type,
    pub(in crate::discover) hint: Hint,
    pub(in crate::discover) tally: &'a Tally,
    /// The year of the server's clock.
    pub(in crate::discover) year: u16,
}

pub(super) fn verdict(
    class: Class,
    confidence: Confidence,
    why: impl Into<String>,
) -> Option<Verdict> {
    Some(Verdict {
        class: Some(class),
        confidence,
        why: why.into(),
        scheme: None,
    })
}

/// Judges a column.
pub(in crate::discover) fn classify(judged: Judged<'_>) -> Verdict {
    let found = match judged.data_type.base() {
        Type::Text { .. } | Type::Other(_) | Type::Xml | Type::LTree => judged.text(),
        Type::Int { .. } | Type::Decimal { .. } => judged.number(),
        Type::Float { .. } | Type::Money => judged.named_number(),
        Type::Date | Type::Timestamp { .. } => judged.day(),
        Type::Inet | Type::Cidr => verdict(Class::Ip, Confidence::High, "its type holds addresses"),
        Type::MacAddress { .. } => verdict(
            Class::Mac,
            Confidence::High,
            "its type holds hardware addresses",
        ),
        Type::Geometry(_) => verdict(
            Class::Location,
            Confidence::Medium,
            "its type holds positions",
        ),
        Type::SearchVector => verdict(
            Class::Text,
            Confidence::High,
            "its lexemes are the words of other columns",
        ),
        Type::Bool | Type::Enum(_) | Type::Bytes | Type::Bits { .. } => judged.of_trait(),
        _ => None,
    };
    found.unwrap_or_else(|| Verdict {
        class: None,
        confidence: Confidence::Low,
        why: judged.nothing(),
        scheme: None,
    })
}

/// `998 of 1,000 values are e-mail addresses`, without grammar: `e-mail address: 99 % of values`.
pub(super) fn share(what: &str, rate: f32) -> String {
    let percent = (rate * 100.0).round();
    format!("{what}: {percent} % of different values")
}

impl Judged<'_> {
    fn nothing(&self) -> String {
        match (self.tally.values, self.tally.nulls) {
            (0, 0) => "no values were seen".to_owned(),
            (0, _) => "only NULLs were seen".to_owned(),
            _ => format!(
                "{} different values seen, none of a known kind",
                self.tally.distinct
            ),
        }
    }

    pub(super) fn named(&self, class: Class) -> bool {
        self.hint.class == Some(class)
    }

    /// The confidence of a share, raised by a name that agrees.
    pub(super) fn sure(&self, class: Class, rate: f32) -> Confidence {
        match (rate >= 0.9, self.named(class)) {
            (true, _) if self.tally.distinct >= 20 || self.named(class) => Confidence::High,
            (_, true) => Confidence::Medium,
            (true, false) => Confidence::Medium,
            (false, false) => Confidence::Medium,
        }
    }

    /// A form that chance does not make.
    fn formed(&self, class: Class, kind: Kind) -> Option<Verdict> {
        let rate = self.tally.rate(kind);
        let least = if self.named(class) {
            FORMED_WITH_NAME
        } else {
            FORMED
        };
        (rate >= least)
            .then(|| verdict(class, self.sure(class, rate), share(kind.name(), rate)))
            .flatten()
    }

    fn text(&self) -> Option<Verdict> {
        if self.tally.distinct == 0 {
            return self.by_name("its name; no values were seen");
        }
        // Prose may hold one of each; it is no column of addresses for that.
        let texts = self.tally.prose as f32 / self.tally.distinct as f32;
        if texts < 0.5 {
            let found = self
                .by_form()
                .or_else(|| self.national())
                .or_else(|| self.phone());
            if found.is_some() {
                return found;
            }
        }
        if self.is_plain() {
            return None;
        }
        if self.tally.rate(Kind::Date) + self.tally.rate(Kind::Moment) > 0.7 {
            return self.day();
        }
        self.prose(texts)
            .or_else(|| self.places_of_people())
            .or_else(|| self.of_trait())
            .or_else(|| self.words())
            .or_else(|| self.opaque())
            .or_else(|| self.rest())
    }

    /// Numbers of the machine: no name makes a person of them.
    fn is_plain(&self) -> bool {
        let uuids = self.tally.rate(Kind::Uuid) > 0.6;
        let isbns = self.tally.rate(Kind::Isbn) > 0.6;
        uuids && !self.named(Class::Secret) || isbns
    }

    fn by_form(&self) -> Option<Verdict> {
        let numbers = self.tally.versions * 10 >= self.tally.distinct * 9;
        let version = is_version(self.column) || numbers && !self.named(Class::Ip);
        self.formed(Class::Password, Kind::PasswordHash)
            .or_else(|| self.formed(Class::Secret, Kind::Secret))
            .or_else(|| self.formed(Class::Email, Kind::Email))
            .or_else(|| self.formed(Class::Url, Kind::Url))
            .or_else(|| self.formed(Class::Ip, Kind::Ip).filter(|_| !version))
            .or_else(|| self.formed(Class::Mac, Kind::Mac))
            .or_else(|| self.formed(Class::Iban, Kind::Iban))
            .or_else(|| self.formed(Class::Card, Kind::Card))
    }

    fn national(&self) -> Option<Verdict> {
        let (scheme, count) = self.tally.scheme()?;
        let rate = count as f32 / self.tally.distinct as f32;
        let named = self.named(Class::NationalId);
        let least = if named { CHECKED_WITH_NAME } else { CHECKED };
        let checked = Schemes::has_checksum(scheme);
        // Book numbers have the check digit of the NHS, and an X for every eleventh.
        let books = self.tally.kind(Kind::Isbn) > 0 || self.hint.against && !checked;
        let enough = self.tally.distinct >= 8 || named;
        if rate < least || books && !named || !enough {
            return None;
        }
        let sure = match checked && (rate >= 0.95 || named) {
            true => Confidence::High,
            false => Confidence::Medium,
        };
        Some(Verdict {
            class: Some(Class::NationalId),
            confidence: sure,
            why: share(Schemes::name(scheme), rate),
            scheme: Some(scheme),
        })
    }

    fn phone(&self) -> Option<Verdict> {
        let world = self.tally.rate(Kind::Phone);
        let local = self.tally.rate(Kind::LocalPhone);
        let rate = world + local;
        let named = self.named(Class::Phone);
        let dashed_codes = self.hint.against && world < 0.5;
        let least = match (named, world >= 0.2) {
            (true, _) => 0.3,
            (false, true) => 0.6,
            (false, false) => 0.8,
        };
        // What is written in groups and keeps one country's check digit is that number.
        (rate >= least && !dashed_codes)
            .then(|| {
                verdict(
                    Class::Phone,
                    self.sure(Class::Phone, rate),
                    share("telephone number", rate),
                )
            })
            .flatten()
            .or_else(|| {
                let digits = self.tally.numeric as f32 / self.tally.distinct as f32;
                let bare = self.tally.lettered * 4 < self.tally.distinct;
                (named && self.hint.strong && bare && digits >= 0.5)
                    .then(|| {
                        verdict(
                            Class::Phone,
                            Confidence::Medium,
                            share("its name, and digits", digits),
                        )
                    })
                    .flatten()
            })
    }

    fn prose(&self, texts: f32) -> Option<Verdict> {
        let tally = self.tally;
        let inside = tally.entities() as f32 / tally.searched.max(1) as f32;
        let long = tally.distinct > 0 && tally.mean_bytes() > 30.0;
        let named = self.named(Class::Text);
        let address = tally.rate(Kind::Address) + tally.rate(Kind::Street);
        if address >= 0.4 {
            return None;
        }
        if texts >= 0.3 && (inside >= 0.02 || named && !is_catalogue(self.table, self.column)) {
            let found = share("running text", texts);
            let entities = match tally.entities() {
                0 => String::new(),
                _ => format!(
                    ", {} of {} texts name persons or addresses",
                    tally.entities(),
                    tally.searched
                ),
            };
            let sure = if inside >= 0.02 {
                Confidence::High
            } else {
                Confidence::Medium
            };
            return verdict(Class::Text, sure, format!("{found}{entities}"));
        }
        let varied = tally.distinct >= 20 && tally.distinct * 2 > tally.values;
        let unnamed = self.hint.class.is_none() && !is_catalogue(self.table, self.column);
        if texts >= 0.6 && long && varied && unnamed && !self.hint.against {
            return verdict(Class::Text, Confidence::Low, share("running text", texts));
        }
        None
    }

    fn places_of_people(&self) -> Option<Verdict> {
        if self.is_enumerated() {
            return None;
        }
        let street = self.tally.rate(Kind::Street);
        let address = self.tally.rate(Kind::Address);
        let numbered = self.tally.numbered as f32 / self.tally.distinct as f32;
        let both = street + address;
        let named =
            self.named(Class::Street) || self.named(Class::Address) || self.named(Class::City);
        let least = if named { 0.25 } else { 0.45 };
        if both >= least {
            let class = match self.hint.class {
                Some(class @ (Class::Street | Class::Address)) if self.hint.strong => class,
                _ if address >= street => Class::Address,
                _ => Class::Street,
            };
            return verdict(class, self.sure(class, both), share("street", both));
        }
        let addressed = self.named(Class::Street) || self.named(Class::Address);
        if numbered >= 0.5 && (addressed || numbered + address >= 0.8 && both >= 0.12) {
            return verdict(
                Class::Street,
                Confidence::Medium,
                share("words with a house number", numbered),
            );
        }
        let company = self.tally.rate(Kind::Company);
        let least = if self.named(Class::Company) { 0.1 } else { 0.3 };
        if company >= least {
            let class = Class::Company;
            return verdict(
                class,
                self.sure(class, company),
                share("legal form of a company", company),
            );
        }
        let code = self.tally.rate(Kind::Postcode);
        if code >= 0.8 && !self.hint.against {
            return verdict(
                Class::Postcode,
                self.sure(Class::Postcode, code),
                share("postal code", code),
            );
        }
        None
    }

    fn of_trait(&self) -> Option<Verdict> {
        let named = self.named(Class::Trait);
        if let Type::Enum(labels) = self.data_type.base() {
            let mut tally = Tally::new();
            labels.iter().for_each(|label| tally.add(label));
            let most = tally.traits * 2 >= tally.distinct && tally.distinct > 0;
            return (named || most)
                .then(|| verdict(Class::Trait, Confidence::Medium, "its labels or its name"))
                .flatten();
        }
        if !matches!(self.data_type.base(), Type::Text { .. }) {
            return named
                .then(|| verdict(Class::Trait, Confidence::Low, "its name"))
                .flatten();
        }
        let rate = self.tally.traits as f32 / self.tally.distinct.max(1) as f32;
        let few = self.tally.distinct <= 60;
        if few && rate >= 0.6 && self.tally.traits >= 2 && !self.hint.against {
            let sure = if named {
                Confidence::High
            } else {
                Confidence::Medium
            };
            return verdict(Class::Trait, sure, share("traits of persons", rate));
        }
        let plausible = self.tally.longest <= 60 && self.tally.numeric * 2 < self.tally.distinct;
        (named && plausible)
            .then(|| verdict(Class::Trait, Confidence::Medium, "its name"))
            .flatten()
    }

    /// Few values that come again and again.
    pub(super) fn is_enumerated(&self) -> bool {
        self.tally.distinct < 12 && self.tally.values > 4 * self.tally.distinct
    }

    pub(super) fn by_name(&self, why: &str) -> Option<Verdict> {
        let class = self.hint.class.filter(|_| self.hint.strong)?;
        verdict(class, Confidence::Low, why)
    }

    fn number(&self) -> Option<Verdict> {
        let tally = self.tally;
        if tally.distinct == 0 {
            let fits = |class| {
                matches!(
                    class,
                    Class::Phone
                        | Class::Card
                        | Class::NationalId
                        | Class::Income
                        | Class::Location
                )
            };
            let found = self.hint.class.is_some_and(fits);
            return found
                .then(|| self.by_name("its name; no values were seen"))
                .flatten();
        }
        let cards = tally.rate(Kind::Card);
        if cards >= FORMED {
            return verdict(
                Class::Card,
                self.sure(Class::Card, cards),
                share("card number", cards),
            );
        }
        if let Some(found) = self.national() {
            return Some(found);
        }
        let phones = tally.rate(Kind::LocalPhone);
        let digits = tally.numeric as f32 / tally.distinct as f32;
        let named = self.named(Class::Phone) && self.hint.strong;
        if phones >= 0.9 && tally.distinct >= 20 && !self.hint.against || named && digits >= 0.6 {
            let why = share("digits of telephone numbers", phones.max(digits));
            return verdict(Class::Phone, Confidence::Medium, why);
        }
        let numbered = tally.shortest >= 7 && tally.longest <= 15;
        if self.named(Class::NationalId) && self.hint.strong && numbered {
            return verdict(
                Class::NationalId,
                Confidence::Low,
                "its name, and long numbers",
            );
        }
        if self.named(Class::BirthDate) && tally.shortest == 4 && tally.longest == 4 {
            return verdict(Class::BirthDate, Confidence::Medium, "its name, and years");
        }
        if self.named(Class::Postcode)
            && self.hint.strong
            && tally.longest <= 7
            && tally.shortest >= 3
        {
            return verdict(
                Class::Postcode,
                Confidence::Medium,
                "its name, and short numbers",
            );
        }
        self.named_number()
    }

    fn named_number(&self) -> Option<Verdict> {
        let class = self.hint.class?;
        let fits = match class {
            Class::Income => self.hint.strong,
            Class::Location => {
                self.hint.strong || !matches!(self.data_type.base(), Type::Int { .. })
            }
            Class::Trait => self.hint.strong,
            _ => false,
        };
        fits.then(|| verdict(class, Confidence::Medium, "its name"))
            .flatten()
    }

    fn day(&self) -> Option<Verdict> {
        let named = self.named(Class::BirthDate);
        let (days, at) = self.tally.years();
        if days == 0 {
            return named
                .then(|| self.by_name("its name; no values were seen"))
                .flatten();
        }
        let (early, middle, late) = (at(20), at(500), at(980));
        let year = self.year;
        // Nobody alive was born longer ago than that, and most who are in a database are grown up.
        let lived = early >= year.saturating_sub(110) && late <= year;
        if named {
            let sure = if lived {
                Confidence::High
            } else {
                Confidence::Medium
            };
            return (early >= 1800 && late <= year)
                .then(|| verdict(Class::BirthDate, sure, "its name, and days of the past"))
                .flatten();
        }
        let grown = late + 3 <= year && (18..=75).contains(&(year.saturating_sub(middle)));
        let spread = at(900).saturating_sub(at(100)) >= 20;
        let timed = self.tally.rate(Kind::Moment) > 0.5;
        let others = self.hint.against || self.hint.class.is_some();
        let known = self.tally.distinct >= 20;
        (lived && grown && spread && known && !others && !timed)
            .then(|| {
                verdict(
                    Class::BirthDate,
                    Confidence::Low,
                    "days that lie as days of birth do",
                )
            })
            .flatten()
    }
}

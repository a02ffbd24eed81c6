//! What each locale is made of, as written: name lists, places, streets, numbers in fictional ranges.
//!
//! Names come from the crate `fake` 5.1.0 (MIT or Apache-2.0) where its list is rich enough, else from
//! lists written here. Places are real cities with their region, postcodes, zone and position.

mod east;
mod english;
mod french;
mod german;
mod iberian;
mod italian;
mod levant;

/// Given or family names as a source lists them.
pub(super) enum Names {
    /// As written; the ASCII form is derived.
    Plain(&'static [&'static [&'static str]]),
    /// With a reading in Latin letters.
    Read(&'static [(&'static str, &'static str)]),
}

/// A city with what belongs to it.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// The city.
    pub city: &'static str,
    /// State, province or the like.
    pub region: &'static str,
    /// The region's abbreviation.
    pub region_code: &'static str,
    /// Postcodes of it: `#` stands for a digit.
    pub postcode: &'static str,
    /// IANA time zone.
    pub time_zone: &'static str,
    /// Latitude in thousandths of a degree.
    pub latitude: i32,
    /// Longitude in thousandths of a degree.
    pub longitude: i32,
    /// Telephone numbers: `#` stands for a digit.
    pub phone: &'static str,
}

/// A locale as written.
pub(super) struct Source {
    /// BCP 47.
    pub(super) tag: &'static str,
    /// ISO 3166-1 alpha-2.
    pub(super) country: &'static str,
    /// The country's calling code, shown within fictional numbers.
    pub(super) calling_code: &'static str,
    /// Share among people of the default mixture.
    pub(super) weight: u32,
    /// Given names.
    pub(super) given: Names,
    /// Family names.
    pub(super) family: Names,
    /// What a full name looks like: `{g}` given, `{f}` family.
    pub(super) full_name: &'static str,
    /// Street and house number: `{s}` street, `{n}` number.
    pub(super) street_line: &'static str,
    /// Streets.
    pub(super) streets: &'static [&'static str],
    /// Cities.
    pub(super) places: &'static [Place],
    /// Forms of address.
    pub(super) titles: &'static [&'static str],
    /// What a company is called after its name.
    pub(super) company_forms: &'static [&'static str],
    /// Mail domains, of this locale alone and reserved by RFC 2606 or RFC 6761.
    pub(super) domains: &'static [&'static str],
}

/// The locales; a locale's position is part of its user names, so new ones go to the end.
pub(super) const SOURCES: &[&Source] = &[
    &english::UNITED_STATES,
    &english::UNITED_KINGDOM,
    &german::GERMANY,
    &german::NETHERLANDS,
    &french::FRANCE,
    &italian::ITALY,
    &iberian::SPAIN,
    &iberian::PORTUGAL,
    &iberian::BRAZIL,
    &levant::TURKIYE,
    &levant::SAUDI_ARABIA,
    &east::JAPAN,
    &east::CHINA,
    &east::TAIWAN,
];

/// Short spelling for the tables of places.
const fn place(
    city: &'static str,
    region: (&'static str, &'static str),
    time_zone: &'static str,
    position: (i32, i32),
    (postcode, phone): (&'static str, &'static str),
) -> Place {
    Place {
        city,
        region: region.0,
        region_code: region.1,
        postcode,
        time_zone,
        latitude: position.0,
        longitude: position.1,
        phone,
    }
}

//! Where a person lives.

use super::contact::{fill_digits, push_number};
use super::{Part, Person, fill_template};

/// How far from a city's centre people live, in millionths of a degree.
const SPREAD: u64 = 120_000;

impl Person {
    /// The street without the number.
    pub fn street_name(&self) -> &'static str {
        self.choose(Part::Street, self.locale.streets)
    }

    /// The house number, small ones more often.
    pub fn house_number(&self) -> u64 {
        let roll = self.roll(Part::House, 180 * 180);
        1 + roll * roll / (180 * 180 * 180)
    }

    /// Adds street and house number in the locale's order.
    pub fn write_street_line(&self, out: &mut String) {
        let mut number = String::new();
        push_number(self.house_number(), &mut number);
        let fill = |part: &str| match part {
            "s" => self.street_name(),
            _ => number.as_str(),
        };
        fill_template(self.locale.street_line, fill, out);
    }

    /// The number of a flat or suite.
    pub fn unit_number(&self) -> u64 {
        1 + self.roll(Part::Unit, 60)
    }

    /// Adds the postcode, which is of the city.
    pub fn write_postcode(&self, out: &mut String) {
        let digits = self.roll(Part::Postcode, 1_000_000);
        fill_digits(self.place().postcode, digits, out);
    }

    /// Latitude and longitude in millionths of a degree, near the city.
    pub fn position(&self) -> (i64, i64) {
        let place = self.place();
        let near = |thousandths: i32, part| {
            let offset = self.roll(part, SPREAD) as i64 - SPREAD as i64 / 2;
            i64::from(thousandths) * 1_000 + offset
        };
        (
            near(place.latitude, Part::Latitude),
            near(place.longitude, Part::Longitude),
        )
    }
}

//! Columns of words: names of persons and towns, user names, and what the name says where the values do
//! not speak against it.

use crate::detect::Kind;
use crate::discover::class::{Class, Confidence};

use super::classify::{Judged, Verdict, share, verdict};

/// Means over the values of a few words.
struct Means {
    given: f32,
    family: f32,
    place: f32,
    common: f32,
    /// Values whose words begin with capital letters, or have none.
    capitals: f32,
    /// Values of two words and more.
    several: f32,
    /// Values with a word that is listed as a name.
    listed: f32,
    /// How much they are towns, by the list or by their letters.
    towns: f32,
    /// How otherwise their last words are than their first, between given and family name.
    differs: f32,
    /// Whether they are of a script with capital letters, and use small ones too.
    cased: bool,
}

impl Means {
    /// `None` for columns of something else than a few words, and of a few values.
    fn of(judged: &Judged<'_>) -> Option<Self> {
        let tally = judged.tally;
        let wordy = tally.wordy as f32;
        // What is called a name or a town may be the same in many rows.
        let called = judged.of_people() || judged.named(Class::City);
        let named = called && tally.listed * 2 > tally.wordy;
        let few = (tally.distinct < 3 || judged.is_enumerated()) && !named;
        let others = tally.wordy == 0
            || wordy < 0.6 * tally.distinct as f32
            || tally.countries * 2 > tally.wordy;
        if few || others {
            return None;
        }
        let [given, family, place, common] = tally.shares.map(|sum| sum / wordy);
        let share = |count: u32| count as f32 / wordy;
        let ends = |sums: [f32; 4]| (sums[0] - sums[1]) / wordy;
        Some(Self {
            given,
            family,
            place,
            common,
            capitals: share(tally.capitals),
            several: share(tally.several),
            listed: share(tally.listed),
            towns: share(tally.places).max(place),
            differs: (ends(tally.first) - ends(tally.last)).abs(),
            cased: tally.caseless * 10 < tally.wordy && tally.shouted * 2 < tally.wordy,
        })
    }

    fn person(&self) -> f32 {
        self.given + self.family
    }
}

/// What a name that agrees is worth.
const AGREES: f32 = 0.2;

impl Judged<'_> {
    fn hinted(&self, classes: &[Class]) -> bool {
        self.hint
            .class
            .is_some_and(|class| classes.contains(&class))
    }

    fn of_people(&self) -> bool {
        self.hinted(&[Class::Name, Class::FirstName, Class::LastName])
    }

    /// Names of persons and towns, by the words.
    pub(super) fn words(&self) -> Option<Verdict> {
        let means = Means::of(self)?;
        let users = self.tally.rate(Kind::Username);
        if means.capitals < 0.6 && (users >= 0.3 || self.named(Class::Username)) {
            return None;
        }
        let bonus = |agrees: bool| if agrees { AGREES } else { 0.0 };
        let others = self.hinted(&[Class::City, Class::Company]);
        let person = means.person() + bonus(self.of_people()) - bonus(others);
        let town = means.towns + bonus(self.named(Class::City)) - bonus(self.of_people());
        if let Some(found) = self.called_after_people(&means) {
            return Some(found);
        }
        if town >= 0.45 && town > person {
            let sure = self.sure(Class::City, means.towns);
            return verdict(Class::City, sure, share("towns", means.towns));
        }
        self.persons(&means, person)
    }

    /// Companies and streets are called after people; whole names are people all the same.
    fn called_after_people(&self, means: &Means) -> Option<Verdict> {
        let class = self.hint.class.filter(|_| self.hint.strong)?;
        let whole = means.several > 0.7 && means.person() > 0.85 && means.listed > 0.8;
        let could = matches!(class, Class::Company | Class::Street) && means.capitals >= 0.5;
        (could && !whole)
            .then(|| {
                verdict(
                    class,
                    Confidence::Medium,
                    "its name, and words that it could be",
                )
            })
            .flatten()
    }

    fn persons(&self, means: &Means, score: f32) -> Option<Verdict> {
        let (people, common) = (self.of_people(), means.common);
        let (person, known) = (means.person(), self.tally.distinct >= 20);
        // A name that speaks of something else asks for more.
        let proved = person >= 0.65 && means.listed >= 0.25 && common <= 0.2
            || person >= 0.75 && common < 0.05;
        if self.hint.against && (!proved || !known) {
            return None;
        }
        // Names of a country that no list knows: nothing but capital letters and few common words.
        let foreign =
            means.cased && common < 0.2 && means.capitals > 0.9 && known && !self.hint.against;
        let least = if means.several > 0.5 { 0.55 } else { 0.62 };
        if foreign && score < least && means.place > means.given.max(means.family) {
            let why = share("words that towns are like", means.place);
            return verdict(Class::City, Confidence::Low, why);
        }
        let least = if foreign { 0.52 } else { least };
        let least_listed = if means.cased { 0.05 } else { 0.12 };
        let strange = means.capitals < 0.5 || means.listed < least_listed && !foreign;
        if score < least || strange && !people {
            return None;
        }
        let sure = match people {
            true => Confidence::High,
            false if common < 0.2 && known => Confidence::Medium,
            false => Confidence::Low,
        };
        verdict(
            self.which_name(means)?,
            sure,
            share("names of persons", person),
        )
    }

    /// Given names may be two, as family names may; they are whole names when they end otherwise than
    /// they begin.
    fn which_name(&self, means: &Means) -> Option<Class> {
        if means.several >= 0.5 && (means.differs > 0.15 || means.several > 0.85) {
            Some(Class::Name)
        } else if self.hinted(&[Class::FirstName, Class::LastName]) {
            self.hint.class
        } else if means.given >= means.family {
            Some(Class::FirstName)
        } else {
            Some(Class::LastName)
        }
    }

    /// User names and tokens, which are one word.
    pub(super) fn opaque(&self) -> Option<Verdict> {
        let users = self.tally.rate(Kind::Username);
        let least = if self.named(Class::Username) {
            0.1
        } else {
            0.3
        };
        let one_word = self.tally.blanks * 10 < self.tally.distinct;
        if users >= least
            && one_word
            && !(self.hint.against && users < 0.5)
            && !self.is_enumerated()
        {
            let class = Class::Username;
            return verdict(class, self.sure(class, users), share("user name", users));
        }
        let opaque = self.tally.rate(Kind::Opaque);
        let digest = self.tally.rate(Kind::Digest);
        let named = self.named(Class::Secret) || self.named(Class::Password);
        let strong = named && self.hint.strong;
        let long = self.tally.mean_bytes() >= 31.0;
        if opaque >= 0.6 && (named || long) && !self.hint.against
            || opaque + digest >= 0.5 && strong
        {
            let class = if self.named(Class::Password) {
                Class::Password
            } else {
                Class::Secret
            };
            let sure = if strong {
                Confidence::High
            } else {
                Confidence::Medium
            };
            return verdict(class, sure, share("opaque token", opaque + digest));
        }
        None
    }

    /// What the name says, where the values do not speak against it.
    pub(super) fn rest(&self) -> Option<Verdict> {
        let tally = self.tally;
        let class = self.hint.class.filter(|_| self.hint.strong)?;
        let wordy = tally.wordy as f32 / tally.distinct as f32;
        let letters = wordy >= 0.6;
        let capitals = tally.capitals * 2 >= tally.wordy;
        let shares = tally.shares.map(|sum| sum / tally.wordy.max(1) as f32);
        let varied = tally.distinct >= 12 || tally.values < 100;
        let one_word = tally.blanks * 10 < tally.distinct;
        let fits = match class {
            Class::Name | Class::FirstName | Class::LastName => {
                letters && capitals && varied && shares[3] < 0.6
            }
            Class::City => letters && capitals && varied && shares[3] < 0.75,
            Class::Company => {
                letters && capitals && varied && shares[3] < 0.9 && tally.prose * 2 < tally.distinct
            }
            Class::Street | Class::Address => {
                varied && tally.mean_bytes() >= 6.0 && tally.numeric * 2 < tally.distinct
            }
            Class::Username => one_word && varied && tally.longest <= 40,
            Class::Postcode => {
                tally.digited * 2 > tally.distinct
                    && tally.longest <= 10
                    && tally.shortest >= 3
                    && tally.kind(Kind::Date) == 0
            }
            Class::Password => one_word && tally.shortest >= 4 && varied,
            Class::Secret => one_word && tally.shortest >= 8 && varied,
            Class::NationalId => {
                let digits = tally.shortest >= 6 && tally.longest <= 20 && varied;
                digits && tally.blanks * 2 < tally.distinct && wordy < 0.5
            }
            Class::Iban => {
                tally.shortest >= 8 && tally.longest <= 34 && tally.numeric * 2 > tally.distinct
            }
            Class::Text => tally.mean_bytes() >= 12.0 && tally.prose > 0,
            Class::Location => {
                tally.rate(Kind::Number) >= 0.5 || tally.numeric * 2 > tally.distinct
            }
            Class::Income => tally.rate(Kind::Number) >= 0.5,
            _ => false,
        };
        fits.then(|| {
            verdict(
                class,
                Confidence::Low,
                "its name, and nothing in the values speaks against it",
            )
        })
        .flatten()
    }
}

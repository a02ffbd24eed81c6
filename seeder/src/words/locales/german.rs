//! German and Dutch.
//!
//! Telephone numbers: the Bundesnetzagentur sets a thousand numbers apart in each of five cities,
//! 30 23125, 40 66969, 69 90009, 89 99998 and 221 4710, and a hundred in each of two mobile networks,
//! 171 39200 and 176 040690 ("Rufnummern für Medienproduktionen (Drama Numbers)", Mitteilung 148/2021,
//! Amtsblatt 7/2021). The Netherlands have no such range: theirs stand behind +999, a country code
//! that the ITU's list of E.164 codes gives to no country and no service.

use fake::locales::{DE_DE, Data, NL_NL};

use super::{Names, Source, place};

#[rustfmt::skip]
pub(super) const GERMANY: Source = Source {
    tag: "de-DE",
    country: "DE",
    calling_code: "49",
    weight: 11,
    given: Names::Plain(&[GERMAN_GIVEN, DE_DE::NAME_FIRST_NAME]),
    family: Names::Plain(&[GERMAN_FAMILIES, DE_DE::NAME_LAST_NAME]),
    full_name: "{g} {f}",
    street_line: "{s} {n}",
    streets: &["Hauptstraße", "Bahnhofstraße", "Schulstraße", "Gartenstraße", "Dorfstraße", "Bergstraße", "Lindenstraße", "Kirchstraße", "Waldstraße", "Ringstraße", "Goethestraße", "Schillerstraße", "Mozartstraße", "Rosenweg", "Wiesenweg", "Am Markt", "Mühlenweg", "Birkenweg", "Lessingstraße", "Beethovenstraße"],
    places: &[
        place("Berlin", ("Berlin", "BE"), "Europe/Berlin", (52_520, 13_405), ("10###", "+49 30 23125###")),
        place("Hamburg", ("Hamburg", "HH"), "Europe/Berlin", (53_551, 9_994), ("20###", "+49 40 66969###")),
        place("München", ("Bayern", "BY"), "Europe/Berlin", (48_137, 11_575), ("80###", "+49 89 99998###")),
        place("Köln", ("Nordrhein-Westfalen", "NW"), "Europe/Berlin", (50_938, 6_957), ("50###", "+49 221 4710###")),
        place("Frankfurt am Main", ("Hessen", "HE"), "Europe/Berlin", (50_111, 8_682), ("60###", "+49 69 90009###")),
        place("Stuttgart", ("Baden-Württemberg", "BW"), "Europe/Berlin", (48_776, 9_183), ("70###", "+49 171 39200##")),
        place("Leipzig", ("Sachsen", "SN"), "Europe/Berlin", (51_340, 12_375), ("04###", "+49 171 39200##")),
        place("Bremen", ("Bremen", "HB"), "Europe/Berlin", (53_079, 8_802), ("28###", "+49 176 040690##")),
        place("Hannover", ("Niedersachsen", "NI"), "Europe/Berlin", (52_376, 9_732), ("30###", "+49 176 040690##")),
        place("Nürnberg", ("Bayern", "BY"), "Europe/Berlin", (49_452, 11_077), ("90###", "+49 171 39200##")),
        place("Dresden", ("Sachsen", "SN"), "Europe/Berlin", (51_050, 13_738), ("01###", "+49 176 040690##")),
        place("Kiel", ("Schleswig-Holstein", "SH"), "Europe/Berlin", (54_323, 10_123), ("24###", "+49 171 39200##")),
    ],
    titles: &["Herr", "Frau", "Dr."],
    company_forms: &["GmbH", "AG", "KG", "GmbH & Co. KG", "e.K."],
    domains: &["de.example", "postfach.example"],
};

#[rustfmt::skip]
const GERMAN_GIVEN: &[&str] = &["Anna", "Lukas", "Marie", "Jonas", "Lena", "Leon", "Laura", "Finn", "Julia", "Paul", "Katharina", "Maximilian", "Sophie", "Felix", "Hannah", "Elias", "Mia", "Noah", "Emilia", "Ben", "Clara", "Moritz", "Johanna", "Jakob", "Charlotte", "Anton", "Frieda", "Emil", "Ida", "Theo", "Greta", "Matteo", "Mathilda", "Henri", "Lotte", "Oskar", "Nele", "Tobias", "Stefanie", "Sebastian", "Sabine", "Matthias", "Petra", "Jürgen", "Monika", "Wolfgang", "Ursula", "Günter", "Renate", "Jörg", "Heike", "Björn", "Kerstin", "Torsten", "Anke", "Sören", "Birgit", "Uwe", "Gülsen", "Yusuf"];

#[rustfmt::skip]
const GERMAN_FAMILIES: &[&str] = &["Müller", "Schmidt", "Schneider", "Fischer", "Weber", "Meyer", "Wagner", "Becker", "Schulz", "Hoffmann", "Schäfer", "Koch", "Bauer", "Richter", "Klein", "Wolf", "Schröder", "Neumann", "Schwarz", "Zimmermann", "Braun", "Krüger", "Hofmann", "Hartmann", "Lange", "Schmitt", "Werner", "Schmitz", "Krause", "Meier", "Lehmann", "Schmid", "Schulze", "Maier", "Köhler", "Herrmann", "König", "Walter", "Mayer", "Huber", "Kaiser", "Fuchs", "Peters", "Lang", "Scholz", "Möller", "Weiß", "Jung", "Hahn", "Schubert", "Vogel", "Friedrich", "Keller", "Günther", "Frank", "Berger", "Winkler", "Roth", "Beck", "Lorenz", "Baumann", "Franke", "Albrecht", "Schuster", "Simon", "Ludwig", "Böhm", "Winter", "Kraus", "Martin", "Schumacher", "Krämer", "Vogt", "Stein", "Jäger", "Otto", "Sommer", "Groß", "Seidel", "Heinrich", "Brandt", "Haas", "Schreiber", "Graf", "Dietrich", "Ziegler", "Kuhn", "Kühn", "Pohl", "Engel"];

#[rustfmt::skip]
pub(super) const NETHERLANDS: Source = Source {
    tag: "nl-NL",
    country: "NL",
    calling_code: "31",
    weight: 4,
    given: Names::Plain(&[NL_NL::NAME_FIRST_NAME]),
    family: Names::Plain(&[NL_NL::NAME_LAST_NAME]),
    full_name: "{g} {f}",
    street_line: "{s} {n}",
    streets: &["Kerkstraat", "Dorpsstraat", "Schoolstraat", "Molenweg", "Stationsweg", "Nieuwstraat", "Julianastraat", "Wilhelminastraat", "Beatrixstraat", "Hoofdstraat", "Marktplein", "Eikenlaan", "Beukenlaan", "Lindelaan", "Prinsengracht", "Singel"],
    places: &[
        place("Amsterdam", ("Noord-Holland", "NH"), "Europe/Amsterdam", (52_373, 4_893), ("10## AB", "+999 31 20 555 ####")),
        place("Rotterdam", ("Zuid-Holland", "ZH"), "Europe/Amsterdam", (51_924, 4_478), ("30## CD", "+999 31 10 555 ####")),
        place("Den Haag", ("Zuid-Holland", "ZH"), "Europe/Amsterdam", (52_078, 4_288), ("25## EG", "+999 31 70 555 ####")),
        place("Utrecht", ("Utrecht", "UT"), "Europe/Amsterdam", (52_091, 5_122), ("35## HK", "+999 31 30 555 ####")),
        place("Eindhoven", ("Noord-Brabant", "NB"), "Europe/Amsterdam", (51_441, 5_470), ("56## LM", "+999 31 40 555 ####")),
        place("Groningen", ("Groningen", "GR"), "Europe/Amsterdam", (53_219, 6_567), ("97## NP", "+999 31 50 555 ####")),
        place("Tilburg", ("Noord-Brabant", "NB"), "Europe/Amsterdam", (51_556, 5_092), ("50## RS", "+999 31 13 555 ####")),
        place("Maastricht", ("Limburg", "LI"), "Europe/Amsterdam", (50_851, 5_691), ("62## TV", "+999 31 43 555 ####")),
        place("Arnhem", ("Gelderland", "GE"), "Europe/Amsterdam", (51_985, 5_899), ("68## WX", "+999 31 26 555 ####")),
        place("Zwolle", ("Overijssel", "OV"), "Europe/Amsterdam", (52_517, 6_083), ("80## ZB", "+999 31 38 555 ####")),
    ],
    titles: &["Dhr.", "Mevr.", "Dr."],
    company_forms: &["B.V.", "N.V.", "VOF", "Holding"],
    domains: &["nl.example", "postbus.example"],
};

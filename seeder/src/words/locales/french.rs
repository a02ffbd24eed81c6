//! French.
//!
//! Telephone numbers: ARCEP's plan of numbers (decision 2018-0881 as amended) sets six blocks of ten
//! thousand apart for audiovisual works: 01 99 00, 02 61 91, 03 53 01, 04 65 71, 05 36 49 and, for
//! mobile telephones, 06 39 98.

use fake::locales::{Data, FR_FR};

use super::{Names, Source, place};

#[rustfmt::skip]
pub(super) const FRANCE: Source = Source {
    tag: "fr-FR",
    country: "FR",
    calling_code: "33",
    weight: 9,
    given: Names::Plain(&[FR_FR::NAME_FIRST_NAME]),
    family: Names::Plain(&[FR_FR::NAME_LAST_NAME]),
    full_name: "{g} {f}",
    street_line: "{n} {s}",
    streets: &["rue de la Paix", "rue Victor Hugo", "avenue de la République", "rue du Moulin", "place de l'Église", "rue des Écoles", "boulevard Voltaire", "rue Pasteur", "avenue Jean Jaurès", "rue du Château", "rue des Lilas", "impasse des Cerisiers", "rue de Verdun", "allée des Tilleuls", "chemin des Vignes", "quai de la Gare", "rue Gambetta", "rue Émile Zola"],
    places: &[
        place("Paris", ("Île-de-France", "IDF"), "Europe/Paris", (48_857, 2_352), ("750##", "+33 1 99 00 ## ##")),
        place("Versailles", ("Île-de-France", "IDF"), "Europe/Paris", (48_802, 2_130), ("780##", "+33 1 99 00 ## ##")),
        place("Rennes", ("Bretagne", "BRE"), "Europe/Paris", (48_117, -1_678), ("350##", "+33 2 61 91 ## ##")),
        place("Nantes", ("Pays de la Loire", "PDL"), "Europe/Paris", (47_218, -1_554), ("440##", "+33 2 61 91 ## ##")),
        place("Lille", ("Hauts-de-France", "HDF"), "Europe/Paris", (50_629, 3_057), ("590##", "+33 3 53 01 ## ##")),
        place("Strasbourg", ("Grand Est", "GES"), "Europe/Paris", (48_573, 7_752), ("670##", "+33 3 53 01 ## ##")),
        place("Lyon", ("Auvergne-Rhône-Alpes", "ARA"), "Europe/Paris", (45_764, 4_836), ("690##", "+33 4 65 71 ## ##")),
        place("Marseille", ("Provence-Alpes-Côte d'Azur", "PAC"), "Europe/Paris", (43_296, 5_370), ("130##", "+33 4 65 71 ## ##")),
        place("Nice", ("Provence-Alpes-Côte d'Azur", "PAC"), "Europe/Paris", (43_710, 7_262), ("060##", "+33 4 65 71 ## ##")),
        place("Toulouse", ("Occitanie", "OCC"), "Europe/Paris", (43_604, 1_444), ("310##", "+33 5 36 49 ## ##")),
        place("Bordeaux", ("Nouvelle-Aquitaine", "NAQ"), "Europe/Paris", (44_838, -579), ("330##", "+33 5 36 49 ## ##")),
        place("Dijon", ("Bourgogne-Franche-Comté", "BFC"), "Europe/Paris", (47_322, 5_041), ("210##", "+33 6 39 98 ## ##")),
    ],
    titles: &["M.", "Mme", "Dr"],
    company_forms: &["SARL", "SA", "SAS", "et Fils", "EURL"],
    domains: &["fr.example", "courriel.example"],
};

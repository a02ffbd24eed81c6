//! Italian.
//!
//! No range of telephone numbers that is set apart for fiction is known: numbers stand behind +999, a
//! country code that the ITU's list of E.164 codes gives to no country and no service.

use fake::locales::{Data, IT_IT};

use super::{Names, Source, place};

#[rustfmt::skip]
pub(super) const ITALY: Source = Source {
    tag: "it-IT",
    country: "IT",
    calling_code: "39",
    weight: 6,
    given: Names::Plain(&[IT_IT::NAME_FIRST_NAME]),
    family: Names::Plain(&[ITALIAN_FAMILIES, IT_IT::NAME_LAST_NAME]),
    full_name: "{g} {f}",
    street_line: "{s} {n}",
    streets: &["Via Roma", "Via Garibaldi", "Corso Italia", "Via Mazzini", "Via Dante", "Piazza del Duomo", "Via Verdi", "Via Cavour", "Via Marconi", "Viale Europa", "Via Manzoni", "Via Leopardi", "Via Vittorio Veneto", "Via della Stazione", "Via Galileo Galilei", "Corso Vittorio Emanuele"],
    places: &[
        place("Roma", ("Lazio", "RM"), "Europe/Rome", (41_903, 12_496), ("001##", "+999 39 06 555 ####")),
        place("Milano", ("Lombardia", "MI"), "Europe/Rome", (45_464, 9_190), ("201##", "+999 39 02 555 ####")),
        place("Torino", ("Piemonte", "TO"), "Europe/Rome", (45_070, 7_687), ("101##", "+999 39 011 555 ###")),
        place("Napoli", ("Campania", "NA"), "Europe/Rome", (40_852, 14_268), ("801##", "+999 39 081 555 ###")),
        place("Bologna", ("Emilia-Romagna", "BO"), "Europe/Rome", (44_495, 11_343), ("401##", "+999 39 051 555 ###")),
        place("Firenze", ("Toscana", "FI"), "Europe/Rome", (43_770, 11_256), ("501##", "+999 39 055 555 ###")),
        place("Venezia", ("Veneto", "VE"), "Europe/Rome", (45_440, 12_316), ("301##", "+999 39 041 555 ###")),
        place("Genova", ("Liguria", "GE"), "Europe/Rome", (44_406, 8_946), ("161##", "+999 39 010 555 ###")),
        place("Palermo", ("Sicilia", "PA"), "Europe/Rome", (38_116, 13_361), ("901##", "+999 39 091 555 ###")),
        place("Bari", ("Puglia", "BA"), "Europe/Rome", (41_117, 16_872), ("701##", "+999 39 080 555 ###")),
    ],
    titles: &["Sig.", "Sig.ra", "Dott.", "Dott.ssa"],
    company_forms: &["S.r.l.", "S.p.A.", "e figli", "Group"],
    domains: &["it.example", "posta.example"],
};

#[rustfmt::skip]
const ITALIAN_FAMILIES: &[&str] = &["Rossi", "Russo", "Ferrari", "Esposito", "Romano", "Ricci", "Marino", "Greco", "Gallo", "Costa", "Fontana", "Mancini", "Rizzo", "Lombardi", "Moretti", "Barbieri", "Mariani", "Rinaldi", "Leone", "Longo", "Gentile", "Martinelli", "Vitale", "Serra", "Ferri", "Bellini", "Testa", "Grassi", "Pellegrini", "Palumbo", "Sanna", "Fabbri", "Montanari", "Guerra", "Palmieri", "Bernardi", "Martini", "Giordano", "Sorrentino", "Donati"];

//! Public words: what may stay of a text, and what may stand in the place of what does not.
//!
//! Data alone. Who keeps words and who looks at what was kept read the same lists and have nothing
//! else in common.

/// Words of four languages, each a text of one list.
pub(crate) const LISTS: [&str; 5] = [
    include_str!("english.txt"),
    include_str!("french.txt"),
    include_str!("german.txt"),
    NOUNS,
    include_str!("spanish.txt"),
];

/// Nouns of German and its words of polite address, which are written with a capital letter wherever
/// they stand.
pub(crate) const NOUNS: &str = include_str!("german-nouns.txt");

/// Words of grammar, whose reading as a name is uncommon.
pub(crate) const FUNCTION: &str = include_str!("function.txt");

/// What French puts before an apostrophe.
pub(crate) const ELISIONS: [&str; 12] = [
    "c", "d", "j", "jusqu", "l", "lorsqu", "m", "n", "puisqu", "qu", "s", "t",
];

/// Given names that stand for given names, by length; known as the names of nobody in particular.
pub(crate) const GIVEN: [&str; 24] = [
    "Kim", "Lou", "Noa", "Sam", "Alex", "Cary", "Jody", "Toni", "Casey", "Jamie", "Robin", "Sasha",
    "Jordan", "Marlon", "Morgan", "Sidney", "Addison", "Camille", "Lindsay", "Raphael", "Courtney",
    "Gabriele", "Kimberly", "Vivienne",
];

/// Family names that stand for family names, by length: those of specimen forms, and frequent ones.
pub(crate) const FAMILY: [&str; 24] = [
    "Doe",
    "Lee",
    "Roe",
    "Zhu",
    "Cruz",
    "Rudd",
    "Webb",
    "Wong",
    "Lopez",
    "Nowak",
    "Novak",
    "Rossi",
    "Durand",
    "Jansen",
    "Stiles",
    "Torres",
    "Bianchi",
    "Bloggs",
    "Dupont",
    "Svensson",
    "Kowalski",
    "Petersen",
    "Mustermann",
    "Hernandez",
];

/// The host of URLs that stand for others, and of longer addresses (RFC 2606 §3).
pub(crate) const HOST: &str = "example.com";

/// The host of shorter addresses (RFC 2606 §2).
pub(crate) const SHORT_HOST: &str = "x.test";

/// The words of a list; lines that begin with `#` say what it is.
pub(crate) fn words(list: &'static str) -> impl Iterator<Item = &'static str> {
    let lines = list.lines().filter(|line| !line.starts_with('#'));
    lines.flat_map(str::split_ascii_whitespace)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use seeder::words::locales;

    use super::*;

    /// Words that people are called too: they stay in lower case alone.
    const ALSO_NAMES: &str = "\
        al an bas block bon bureau can come ella era esta every general grand han hand judge \
        junior legal line little loan long ma machen major man may mi nie page pages paquet \
        parent porte post ran sala sales schaden si su tu unique vida vos wanting will";

    #[test]
    fn lists_are_sorted_in_lower_case_and_long_enough() {
        let least = [4_000, 900, 700, 500, 900];
        for (list, least) in LISTS.into_iter().zip(least) {
            let all: Vec<&str> = words(list).collect();
            assert!(all.len() >= least, "{} words", all.len());
            assert!(all.is_sorted());
            for word in all {
                assert_eq!(word, word.to_lowercase());
                let letters = word.chars().filter(|letter| !"'-".contains(*letter));
                assert!(letters.clone().all(char::is_alphabetic), "{word}");
            }
        }
    }

    #[test]
    fn no_word_is_a_name_that_people_of_the_seeder_bear() {
        let function: BTreeSet<&str> = words(FUNCTION).collect();
        let names = locales().iter().flat_map(|locale| {
            let names = locale.given.iter().chain(&locale.family);
            names.flat_map(|name| [name.text.to_lowercase(), name.ascii.clone()])
        });
        let names: BTreeSet<String> = names.collect();
        let both = LISTS.into_iter().flat_map(words);
        let both = both.filter(|word| names.contains(*word) && !function.contains(word));
        let both: BTreeSet<&str> = both.collect();
        let known: BTreeSet<&str> = ALSO_NAMES.split_ascii_whitespace().collect();
        assert_eq!(both, known);
    }

    #[test]
    fn no_word_tells_of_health_or_belief() {
        let all: BTreeSet<&str> = LISTS.into_iter().flat_map(words).collect();
        for word in [
            "ill",
            "sick",
            "hospital",
            "patient",
            "disabled",
            "treatment",
            "dead",
            "pregnant",
            "black",
            "doctor",
            "religion",
            "church",
            "krank",
            "krankenhaus",
            "arzt",
            "schwanger",
            "kirche",
            "malade",
            "hôpital",
            "enceinte",
            "enfermo",
            "hospital",
            "embarazada",
            "iglesia",
        ] {
            assert!(!all.contains(word), "{word}");
        }
    }

    #[test]
    fn no_word_says_a_number() {
        let all: BTreeSet<&str> = LISTS.into_iter().flat_map(words).collect();
        for number in [
            "zero", "two", "nine", "ten", "zwei", "neun", "deux", "neuf", "dos",
        ] {
            assert!(!all.contains(number), "{number}");
        }
    }
}

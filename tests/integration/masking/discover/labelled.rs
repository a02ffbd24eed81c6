//! The labelled columns: how often discovery is right.
//!
//! What the figures mean: the columns were written by the same hands as the detectors, and half of them
//! (even lines) were looked at while thresholds were chosen, so the odd half is the one to believe. Words are
//! of other sources than the detectors' lists (`labelled/SOURCES.md`), but people are called what they are
//! called: the share of words that both have is printed. Real databases have other proportions of classes.

use std::collections::BTreeMap;

use masker::discover::{Class, judge};
use rules::schema::Schema;
use seeder::value::Type;
use tests::labelled::{LabelledColumn, Lists, Naming, columns};

/// Values of each column.
const VALUES: usize = 300;

/// Days of birth lie before it.
const YEAR: u16 = 2026;

/// True and false finds, and what was missed.
#[derive(Debug, Clone, Copy, Default)]
struct Score {
    right: u32,
    wrong: u32,
    missed: u32,
}

impl Score {
    fn add(&mut self, expected: Option<Class>, found: Option<Class>) {
        if expected == found {
            self.right += u32::from(expected.is_some());
        } else {
            self.wrong += u32::from(found.is_some());
            self.missed += u32::from(expected.is_some());
        }
    }

    fn precision(self) -> f64 {
        f64::from(self.right) / f64::from((self.right + self.wrong).max(1))
    }

    fn recall(self) -> f64 {
        f64::from(self.right) / f64::from((self.right + self.missed).max(1))
    }

    fn f1(self) -> f64 {
        let both = 2 * self.right;
        f64::from(both) / f64::from((both + self.wrong + self.missed).max(1))
    }
}

fn judged(lists: &Lists, number: usize, column: &LabelledColumn) -> Option<Class> {
    let values = lists.values(column, number as u64, VALUES);
    let data_type = Type::resolve(column.data_type, &Schema::default());
    let place = (column.table, column.column);
    judge(place, &data_type, YEAR, values.iter().map(String::as_str)).class
}

/// A line for each class and each way of naming.
fn scores(classes: &BTreeMap<Option<Class>, Score>, namings: &BTreeMap<Naming, Score>) -> String {
    let mut told = String::new();
    for (class, score) in classes {
        let word = class.map_or("none", Class::word);
        told += &format!(
            "{word:12} right {:4} wrong {:3} missed {:3} precision {:.3} recall {:.3}\n",
            score.right,
            score.wrong,
            score.missed,
            score.precision(),
            score.recall()
        );
    }
    for (naming, score) in namings {
        told += &format!("names that are {naming:?}: F1 {:.4}\n", score.f1());
    }
    told
}

#[test]
fn discovery_is_right_about_labelled_columns() {
    let lists = Lists::read();
    let columns = columns();
    let mut classes: BTreeMap<Option<Class>, Score> = BTreeMap::new();
    let mut namings: BTreeMap<Naming, Score> = BTreeMap::new();
    let (mut all, mut unseen, mut about_people) =
        (Score::default(), Score::default(), Score::default());
    let mut mistakes = Vec::new();
    for (number, column) in columns.iter().enumerate() {
        let expected = Class::named(column.label);
        let found = judged(&lists, number, column);
        all.add(expected, found);
        namings
            .entry(column.naming)
            .or_default()
            .add(expected, found);
        if number % 2 == 1 {
            unseen.add(expected, found);
        }
        // Whichever class: what counts is that it is not taken for nothing.
        let any = |class: Option<Class>| class.map(|_| Class::Text);
        about_people.add(any(expected), any(found));
        if expected == found {
            classes.entry(expected).or_default().right += 1;
        } else {
            classes.entry(expected).or_default().missed += 1;
            classes.entry(found).or_default().wrong += 1;
            let word = found.map_or("none", Class::word);
            let LabelledColumn {
                table,
                column,
                label,
                specification,
                ..
            } = column;
            mistakes.push(format!(
                "{table}.{column}: {label} taken for {word}: {specification}"
            ));
        }
    }
    let mut told = scores(&classes, &namings);
    told += &format!(
        "all {} columns: F1 {:.4}; the half that no threshold was chosen by: F1 {:.4}; about people or not: \
         precision {:.4} recall {:.4}\n",
        columns.len(),
        all.f1(),
        unseen.f1(),
        about_people.precision(),
        about_people.recall()
    );
    // Figures belong to the run, whether it fails or not.
    eprintln_lines(&told);
    eprintln_lines(&mistakes.join("\n"));
    assert!(all.f1() >= 0.97 && unseen.f1() >= 0.96, "{told}");
    for class in Class::ALL.into_iter().filter(|class| class.has_checksum()) {
        let score = classes[&Some(class)];
        assert!(score.recall() >= 0.99, "{class}: {told}");
    }
    // No class is carried by the others.
    for class in Class::ALL {
        let score = classes[&Some(class)];
        assert!(
            score.precision() >= 0.85 && score.recall() >= 0.8,
            "{class}: {told}"
        );
    }
}

#[allow(
    clippy::print_stderr,
    reason = "a test's figures are for whoever runs it"
)]
fn eprintln_lines(text: &str) {
    eprintln!("{text}");
}

#[test]
fn the_set_is_large_and_its_names_tell_too_little() {
    let columns = columns();
    let telling = columns
        .iter()
        .filter(|column| column.naming == Naming::Telling)
        .count();
    assert!(columns.len() >= 1_000, "{}", columns.len());
    assert!(
        telling * 10 <= columns.len() * 7,
        "{telling} of {}",
        columns.len()
    );
    for class in Class::ALL {
        let of_class = columns
            .iter()
            .filter(|column| column.label == class.word())
            .count();
        assert!(of_class >= 9, "{class}: {of_class}");
    }
    let known =
        |column: &&LabelledColumn| column.label == "none" || Class::named(column.label).is_some();
    assert!(columns.iter().all(|column| known(&column)));
    // Every list that a column asks for is there: no value is empty.
    let lists = Lists::read();
    for (number, column) in columns.iter().enumerate() {
        let values = lists.values(column, number as u64, 20);
        assert!(
            values.iter().all(|value| !value.is_empty()),
            "{}",
            column.specification
        );
        assert_eq!(
            values,
            lists.values(column, number as u64, 20),
            "the same values each time"
        );
    }
}

/// The score means little where the detectors know the words: this tells how many they know.
#[test]
fn most_words_of_some_locales_are_in_no_list_of_the_detectors() {
    let mut told = String::new();
    let (mut strange, mut locales) = (0, 0);
    for (name, words) in Lists::read()
        .iter()
        .filter(|(name, _)| name.ends_with("/family"))
    {
        let known = words
            .iter()
            .filter(|word| masker::detect::read(word).words.listed > 0)
            .count();
        told += &format!("{name} {known}/{} ", words.len());
        locales += 1;
        strange += usize::from(known * 2 < words.len());
    }
    eprintln_lines(&told);
    assert!(
        locales >= 40 && strange >= 15,
        "{strange} of {locales}: {told}"
    );
}

/// Damage to a detector shows in the score: a gate that cannot fail is none.
#[test]
fn shuffled_labels_fail_the_gate() {
    let lists = Lists::read();
    let columns = columns();
    let mut score = Score::default();
    for (number, column) in columns.iter().enumerate().step_by(7) {
        let other = &columns[(number + 100) % columns.len()];
        score.add(Class::named(other.label), judged(&lists, number, column));
    }
    assert!(score.f1() < 0.5, "{score:?}");
}
